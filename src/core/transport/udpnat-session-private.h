#pragma once

#include "udpnat-ack-tracker.h"
#include "udpnat-keyset.h"
#include "udpnat-pacer.h"
#include "udpnat-path-mtu.h"
#include "udpnat-receive-stream.h"
#include "udpnat-recovery.h"
#include "udpnat-send-stream.h"
#include "udpnat-session.h"

G_BEGIN_DECLS

/* The session's parts see each other here and nowhere else:
 *
 *   udpnat-session.c           life, time, what is asked of it
 *   udpnat-session-keys.c      own handshakes, answers, keysets
 *   udpnat-session-frames.c    packets and frames that come in
 *   udpnat-session-output.c    packets that go out
 *   udpnat-session-streams.c   streams
 *   udpnat-session-events.c    event queue
 *   udpnat-resting-session.c   what is left of it while nothing happens */

/* Our own HS1 while it waits for HS2. */
typedef struct
{
  guint32      index;
  UdpnatRole   role;
  UdpnatNoise *noise; /* NULL: the remote key is unusable, so nothing is sent */
  guint8       ephemeral_secret[UDPNAT_EPHEMERAL_BYTES];
  UdpnatTicket ticket; /* of a resumption */
  guint8       timestamp[UDPNAT_TIMESTAMP_BYTES];
  gsize        max_bytes;
  guint8      *frames;
  gsize        n_frames;
  guint8       hs1[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize        n_hs1;
  gint64       started_us;
  gint64       retry_us;
  gint64       interval_us;
  gint64       first_sent_us;
  guint        n_sent;
  gboolean     is_queued;
  /* One COOKIE for each HS1 that the clock sent, or forged ones would make us a reflector. */
  gboolean     may_take_cookie;
} UdpnatSessionHandshake;

/* Our HS2, for peers that repeat their HS1. */
typedef struct
{
  gboolean is_set;
  gboolean is_queued;
  guint    n_sent;
  guint8   ephemeral[UDPNAT_EPHEMERAL_BYTES]; /* of the HS1; kept when the bytes are gone */
  gsize    n_hs1;
  guint8  *hs2;
  gsize    n_hs2;
} UdpnatSessionAnswer;

typedef struct
{
  UdpnatSendStream    *send;
  UdpnatReceiveStream *receive;
  gboolean             is_limit_wanted;   /* a STREAM-WINDOW is to be sent */
  gboolean             is_readable_queued;
} UdpnatSessionStream;

struct _UdpnatSession
{
  UdpnatSessionConfig     config;
  UdpnatPublicKey         remote_key;
  guint64                 id;
  UdpnatSessionState      state;

  /* keys */
  UdpnatKeyset           *current;  /* confirmed; NULL before, and when expired */
  UdpnatKeyset           *next;     /* answered by us, not yet confirmed */
  UdpnatKeyset           *previous; /* receives only */
  gint64                  previous_until_us;
  gboolean                is_rekey_due;
  gboolean                is_rekey_judged; /* for the keys now in use */
  gint64                  last_used_us;    /* DATA sealed or opened; UDPNAT_TIME_NEVER: never yet */
  UdpnatSessionHandshake *handshake;
  UdpnatSessionAnswer     answer;
  guint8                  cookie[UDPNAT_COOKIE_BYTES];
  gint64                  cookie_until_us;
  /* What an address that has proved nothing may still be sent; G_MAXINT64: no limit. */
  gint64                  allowance_bytes;
  gboolean                is_held; /* there is no way for data now */

  /* packets */
  guint64                 next_number;
  guint64                 n_packets_sent;
  UdpnatRecovery         *recovery;
  UdpnatAckTracker        acks;
  UdpnatPathMtu           mtu;
  UdpnatPacer             pacer;
  gint64             rate; /* bytes/s that are never exceeded; 0: none */
  gint64                  pacer_us; /* when it lets the next packet go; UDPNAT_TIME_NEVER: it is
                                     * not what is waited for */
  guint                   n_probes;
  gboolean                is_ping_wanted;
  gboolean                is_close_wanted;
  guint16                 close_reason;
  char                   *close_text;
  gint64                  last_received_us;
  gint64                  unanswered_since_us;

  /* streams: index is the stream's number; NULL where there is none */
  GPtrArray              *streams;
  guint                   turn; /* which of the streams >= 2 is next */
  gsize                   n_spare_window; /* by which their windows may grow, all together */

  /* events */
  GQueue                  events;
  gpointer                popped_event;
  guint64                 n_events_dropped;
};

/* udpnat-session.c */
UdpnatSession       *udpnat_session_new_established    (const UdpnatSessionConfig *config,
                                                        const UdpnatPublicKey  *remote,
                                                        gint64                  now_us,
                                                        guint64                 id);
void                 udpnat_session_set_state          (UdpnatSession          *self,
                                                        UdpnatSessionState      state);
gboolean             udpnat_session_has_pending        (const UdpnatSession    *self);
void                 udpnat_session_reset_streams      (UdpnatSession          *self);
void                 udpnat_session_probe              (UdpnatSession          *self);

/* udpnat-session-keys.c */
UdpnatKeyset        *udpnat_session_get_send_keyset    (const UdpnatSession    *self);
UdpnatKeyset        *udpnat_session_find_keyset        (const UdpnatSession    *self,
                                                        guint32                 local_index);
void                 udpnat_session_drop_keyset        (UdpnatSession          *self,
                                                        UdpnatKeyset          **keyset);
void                 udpnat_session_confirm_keyset     (UdpnatSession          *self,
                                                        gint64                  now_us);
void                 udpnat_session_answer             (UdpnatSession          *self,
                                                        UdpnatHs1              *hs1,
                                                        gint64                  now_us,
                                                        gboolean                is_continued,
                                                        const guint8           *frames,
                                                        gsize                   n_frames);
void                 udpnat_session_forget_answer      (UdpnatSession          *self);
void                 udpnat_session_handle_retry       (UdpnatSession          *self,
                                                        gint64                  now_us);
void                 udpnat_session_handle_key_age     (UdpnatSession          *self,
                                                        gint64                  now_us);
gint64               udpnat_session_next_key_deadline  (const UdpnatSession    *self);
UdpnatRxResult       udpnat_session_handle_hs2         (UdpnatSession          *self,
                                                        gint64                  now_us,
                                                        const guint8           *data,
                                                        gsize                   n_data);
UdpnatRxResult       udpnat_session_handle_cookie      (UdpnatSession          *self,
                                                        gint64                  now_us,
                                                        const guint8           *data,
                                                        gsize                   n_data);
gboolean             udpnat_session_pop_handshake      (UdpnatSession          *self,
                                                        gint64                  now_us,
                                                        guint8                 *out,
                                                        gsize                  *out_n);

/* udpnat-session-frames.c */
UdpnatRxResult       udpnat_session_handle_data        (UdpnatSession          *self,
                                                        gint64                  now_us,
                                                        guint8                 *data,
                                                        gsize                   n_data);
void                 udpnat_session_handle_hs2_frames  (UdpnatSession          *self,
                                                        const guint8           *frames,
                                                        gsize                   n_frames);
void                 udpnat_session_settle             (UdpnatSession          *self,
                                                        gint64                  now_us);

/* udpnat-session-output.c */
gboolean             udpnat_session_pop_data           (UdpnatSession          *self,
                                                        gint64                  now_us,
                                                        guint8                 *out,
                                                        gsize                  *out_n);

/* udpnat-session-streams.c */
void                 udpnat_session_stream_free        (UdpnatSessionStream    *stream);
UdpnatSessionStream *udpnat_session_find_stream        (const UdpnatSession    *self,
                                                        guint32                 stream);
UdpnatSessionStream *udpnat_session_ensure_stream      (UdpnatSession          *self,
                                                        guint32                 stream);
void                 udpnat_session_put_stream         (UdpnatSession          *self,
                                                        guint32                 number,
                                                        UdpnatSendStream       *send,
                                                        UdpnatReceiveStream    *receive);
void                 udpnat_session_requeue            (UdpnatSession          *self,
                                                        const UdpnatSentPacket *packet);
gsize                udpnat_session_count_sendable     (const UdpnatSession    *self);

/* udpnat-session-events.c */
void                 udpnat_session_push_event         (UdpnatSession            *self,
                                                        const UdpnatSessionEvent *event);
void                 udpnat_session_clear_events       (UdpnatSession            *self);

G_END_DECLS
