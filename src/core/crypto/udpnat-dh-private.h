#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

gboolean udpnat_dh_compute (const guint8           secret[UDPNAT_KEY_BYTES],
                            const UdpnatPublicKey *remote,
                            guint8                 out_shared[UDPNAT_KEY_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
