#pragma once

#include "udpnat-noise.h"
#include "udpnat-packet.h"
#include "udpnat-replay.h"
#include "udpnat-time.h"

G_BEGIN_DECLS

/**
 * UdpnatKeyset:
 *
 * What one handshake gave: a key for each direction, the indexes that go with them, their age, and
 * which packet numbers were opened with them. Takes no index out of the index table: its session
 * does.
 */
typedef struct _UdpnatKeyset UdpnatKeyset;

UdpnatKeyset *udpnat_keyset_new               (UdpnatNoise        *noise,
                                               guint32             local_index,
                                               guint32             remote_index,
                                               gboolean            is_initiator,
                                               gint64              life_us,
                                               gint64              now_us)
  G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_keyset_free              (UdpnatKeyset       *self);
guint32       udpnat_keyset_get_local_index   (const UdpnatKeyset *self);
guint32       udpnat_keyset_get_remote_index  (const UdpnatKeyset *self);
gint64        udpnat_keyset_get_created       (const UdpnatKeyset *self);
gint64        udpnat_keyset_get_expiry        (const UdpnatKeyset *self);
gint64        udpnat_keyset_get_rekey_time    (const UdpnatKeyset *self);
gboolean      udpnat_keyset_is_usable         (const UdpnatKeyset *self,
                                               gint64              now_us);
gboolean      udpnat_keyset_is_worn           (const UdpnatKeyset *self);
gsize         udpnat_keyset_seal              (UdpnatKeyset       *self,
                                               guint64             number,
                                               guint8             *packet,
                                               gsize               n_frames);
gboolean      udpnat_keyset_open              (UdpnatKeyset         *self,
                                               const UdpnatDataView *view,
                                               guint8               *out_frames)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatKeyset, udpnat_keyset_free)

G_END_DECLS
