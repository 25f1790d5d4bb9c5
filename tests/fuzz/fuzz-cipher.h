#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * FuzzCipherFunc:
 * @is_handshake: what is sealed belongs to a handshake, or to a letter
 * @plain: (array length=n_plain): about to be sealed; may be changed
 */
typedef void (*FuzzCipherFunc) (gboolean is_handshake,
                                guint8  *plain,
                                gsize    n_plain,
                                gpointer user_data);

/* See fuzz-cipher.c. */
void fuzz_cipher_set_on   (gboolean       is_on);
void fuzz_cipher_set_func (FuzzCipherFunc func,
                           gpointer       user_data);

G_END_DECLS
