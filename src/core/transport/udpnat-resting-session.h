#pragma once

#include "udpnat-session.h"

#include "udpnat-keyset.h"

G_BEGIN_DECLS

/**
 * UdpnatRestingSession:
 * @id: low half, high half
 * @sent: bytes of each stream
 * @received: likewise
 * @sent_left: how far each stream may go beyond those, in pages
 * @received_left: likewise
 * @rtt: smoothed, in units of 64 us; 0 when not known
 *
 * What is left of a session between client and server while nothing happens but keepalives, in as
 * few bytes as it takes: a server has very many of these. Packets can be opened and sealed; for all
 * that streams want it has to be woken. A session that a server answers begins like this, too: it
 * may never be more. Its index leads to who holds it
 * (udpnat_index_table_lookup_holder()).
 */
typedef struct
{
  UdpnatRestingKeys keys;
  guint32           id[2];
  guint32           sent[UDPNAT_STREAMS_SERVER_MAX];
  guint32           received[UDPNAT_STREAMS_SERVER_MAX];
  guint8            sent_left[UDPNAT_STREAMS_SERVER_MAX];
  guint8            received_left[UDPNAT_STREAMS_SERVER_MAX];
  guint16           rtt;
} UdpnatRestingSession;

gboolean       udpnat_session_rest            (UdpnatSession              *self,
                                               gint64                      now_us,
                                               UdpnatRestingSession       *out_resting)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_resting_session_answer  (UdpnatRestingSession       *self,
                                               UdpnatIndexTable           *indexes,
                                               guint32                     holder,
                                               UdpnatHs1                  *hs1,
                                               gint64                      now_us,
                                               const guint8               *frames,
                                               gsize                       n_frames,
                                               guint8                     *out_hs2,
                                               gsize                      *out_n);
UdpnatSession *udpnat_session_new_woken       (const UdpnatSessionConfig  *config,
                                               const UdpnatPublicKey      *remote,
                                               gint64                      now_us,
                                               UdpnatRestingSession       *resting)
  G_GNUC_WARN_UNUSED_RESULT;

guint64        udpnat_resting_session_get_id  (const UdpnatRestingSession *self);
gboolean       udpnat_resting_session_open    (const UdpnatRestingSession *self,
                                               gint64                      now_us,
                                               const UdpnatDataView       *view,
                                               guint8                     *out_frames)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_resting_session_mark    (UdpnatRestingSession       *self,
                                               const UdpnatDataView       *view);
gsize          udpnat_resting_session_seal    (UdpnatRestingSession       *self,
                                               gint64                      now_us,
                                               const guint8               *frames,
                                               gsize                       n_frames,
                                               gsize                       n_carried,
                                               guint8                     *out);
void           udpnat_resting_session_clear   (UdpnatRestingSession       *self,
                                               UdpnatIndexTable           *indexes);

G_END_DECLS
