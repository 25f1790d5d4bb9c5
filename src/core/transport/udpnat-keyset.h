#pragma once

#include "udpnat-noise.h"
#include "udpnat-packet.h"
#include "udpnat-replay.h"
#include "udpnat-seal.h"
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

/**
 * UdpnatRestingKeys:
 * @expiry_s: from then on they must not be used; in whole seconds, never later than they say
 *   themselves
 * @next_number: least that may still be sealed
 * @received: the newest that were opened
 *
 * A keyset of a responder that wears hardly at all, in as few bytes as it takes. A value; wipe it.
 */
typedef struct
{
  guint8           send_key[UDPNAT_SEAL_KEY_BYTES];
  guint8           receive_key[UDPNAT_SEAL_KEY_BYTES];
  guint32          local_index;
  guint32          remote_index;
  guint32          expiry_s;
  guint32          next_number;
  UdpnatReplayTail received;
} UdpnatRestingKeys;

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
                                               gsize               n_frames,
                                               gsize               n_carried);
gboolean      udpnat_keyset_open              (UdpnatKeyset         *self,
                                               const UdpnatDataView *view,
                                               guint8               *out_frames)
  G_GNUC_WARN_UNUSED_RESULT;

gboolean      udpnat_keyset_rest              (const UdpnatKeyset *self,
                                               guint64             next_number,
                                               UdpnatRestingKeys  *out_keys);
UdpnatKeyset *udpnat_keyset_new_resting       (const UdpnatRestingKeys *keys,
                                               gint64              life_us)
  G_GNUC_WARN_UNUSED_RESULT;

void          udpnat_resting_keys_init        (UdpnatRestingKeys  *self,
                                               UdpnatNoise        *noise,
                                               guint32             local_index,
                                               guint32             remote_index,
                                               gint64              life_us,
                                               gint64              now_us);
gboolean      udpnat_resting_keys_are_usable  (const UdpnatRestingKeys *self,
                                               gint64                now_us)
  G_GNUC_WARN_UNUSED_RESULT;
gsize         udpnat_resting_keys_seal        (UdpnatRestingKeys    *self,
                                               guint8               *packet,
                                               gsize                 n_frames,
                                               gsize                 n_carried);
gboolean      udpnat_resting_keys_open        (const UdpnatRestingKeys *self,
                                               const UdpnatDataView *view,
                                               guint8               *out_frames)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatKeyset, udpnat_keyset_free)

G_END_DECLS
