#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_SIPHASH_KEY_BYTES 16

guint64 udpnat_siphash (const guint8  key[UDPNAT_SIPHASH_KEY_BYTES],
                        const guint8 *data,
                        gsize         n_data);

G_END_DECLS
