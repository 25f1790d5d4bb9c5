#pragma once

#include "udpnat-session.h"

#include "udpnat-keyset.h"

G_BEGIN_DECLS

/**
 * UdpnatRestingStream:
 *
 * A stream on which nothing is on its way: how far it has come in each direction, and may go.
 */
typedef struct
{
  guint64 sent : 45;
  guint64 sent_left : 19;
  guint64 received : 45;
  guint64 received_left : 19;
} UdpnatRestingStream;

/**
 * UdpnatRestingSession:
 * @next: (nullable) (owned): keys that the peer has been given and has not used yet
 * @rtt_us: smoothed; 0 when not known
 *
 * What is left of a session between client and server while nothing happens but keepalives: a
 * server has many of these. Packets can be opened and sealed; for all that streams want it has to
 * be woken. Its indexes lead to who holds it (udpnat_index_table_lookup_holder()).
 */
typedef struct
{
  UdpnatRestingKeys   keys;
  UdpnatRestingKeys  *next;
  guint64             id;
  UdpnatRestingStream streams[UDPNAT_STREAMS_SERVER_MAX];
  guint32             rtt_us;
} UdpnatRestingSession;

gboolean       udpnat_session_rest            (UdpnatSession              *self,
                                               gint64                      now_us,
                                               gpointer                    holder,
                                               UdpnatRestingSession       *out_resting)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatSession *udpnat_session_new_woken       (const UdpnatSessionConfig  *config,
                                               const UdpnatPublicKey      *remote,
                                               gint64                      now_us,
                                               UdpnatRestingSession       *resting)
  G_GNUC_WARN_UNUSED_RESULT;

gboolean       udpnat_resting_session_open    (const UdpnatRestingSession *self,
                                               gint64                      now_us,
                                               const UdpnatDataView       *view,
                                               guint8                     *out_frames)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_resting_session_mark    (UdpnatRestingSession       *self,
                                               UdpnatIndexTable           *indexes,
                                               const UdpnatDataView       *view);
gsize          udpnat_resting_session_seal    (UdpnatRestingSession       *self,
                                               gint64                      now_us,
                                               const guint8               *frames,
                                               gsize                       n_frames,
                                               guint8                     *out);
void           udpnat_resting_session_clear   (UdpnatRestingSession       *self,
                                               UdpnatIndexTable           *indexes);

G_END_DECLS
