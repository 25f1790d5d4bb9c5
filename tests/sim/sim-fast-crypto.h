#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* See sim-fast-crypto.c. */
void     sim_fast_crypto_set_on (gboolean is_on);
gboolean sim_fast_crypto_is_on  (void);

G_END_DECLS
