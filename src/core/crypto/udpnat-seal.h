#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_SEAL_KEY_BYTES 32
#define UDPNAT_SEAL_TAG_BYTES 16

void     udpnat_seal (const guint8  key[UDPNAT_SEAL_KEY_BYTES],
                      guint64       number,
                      const guint8 *ad,
                      gsize         n_ad,
                      const guint8 *plain,
                      gsize         n_plain,
                      guint8       *out);
gboolean udpnat_open (const guint8  key[UDPNAT_SEAL_KEY_BYTES],
                      guint64       number,
                      const guint8 *ad,
                      gsize         n_ad,
                      const guint8 *sealed,
                      gsize         n_sealed,
                      guint8       *out_plain) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
