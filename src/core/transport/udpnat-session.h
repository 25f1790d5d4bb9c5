#pragma once

#include "udpnat-handshake.h"
#include "udpnat-index-table.h"
#include "udpnat-machine.h"
#include "udpnat-session-event.h"

G_BEGIN_DECLS

/**
 * UdpnatSession:
 *
 * One encrypted conversation with one static key: handshakes, keys, loss recovery, streams. Knows
 * no addresses: the owner decides where outputs go. Frames that are not its own come out as events.
 *
 * Driven like a #UdpnatMachine: feed packets and time, then pop events, then outputs, until there
 * are none. @now_us never decreases from call to call.
 */
typedef struct _UdpnatSession UdpnatSession;

/**
 * UdpnatSessionConfig:
 * @identity: borrowed
 * @indexes: borrowed; the session enters itself there
 * @owner: borrowed; see udpnat_session_get_owner()
 * @holder: who is to hold what is left of it when it rests, by number; 0: it never does
 * @max_packet_bytes: longest datagram the session may make, %UDPNAT_HS1_MIN_BYTES to
 *   %UDPNAT_DATAGRAM_BASE_BYTES; between peers, with the latter, it looks for more
 */
typedef struct
{
  UdpnatRole            role;
  const UdpnatIdentity *identity;
  UdpnatIndexTable     *indexes;
  UdpnatRandom          random;
  gpointer              owner;
  guint32               holder;
  gsize                 max_packet_bytes;
} UdpnatSessionConfig;

/**
 * UdpnatSessionState:
 * @UDPNAT_SESSION_STATE_NEW: nothing sent yet
 * @UDPNAT_SESSION_STATE_INITIATED: our first HS1 is out
 * @UDPNAT_SESSION_STATE_ANSWERED: we sent HS2; nothing under the new keys has come yet
 * @UDPNAT_SESSION_STATE_ESTABLISHED: both sides have proven the keys at least once; they may have
 *   expired since
 * @UDPNAT_SESSION_STATE_CLOSED: by either side; only a last CLOSE may still be popped
 */
typedef enum
{
  UDPNAT_SESSION_STATE_NEW,
  UDPNAT_SESSION_STATE_INITIATED,
  UDPNAT_SESSION_STATE_ANSWERED,
  UDPNAT_SESSION_STATE_ESTABLISHED,
  UDPNAT_SESSION_STATE_CLOSED,
} UdpnatSessionState;

/**
 * UdpnatSessionOutputKind:
 * @UDPNAT_SESSION_OUTPUT_HANDSHAKE: an HS1; to be sent on every path
 * @UDPNAT_SESSION_OUTPUT_HS2: to be sent where the HS1 that it answers came from
 * @UDPNAT_SESSION_OUTPUT_DATA: to be sent on the chosen path
 */
typedef enum
{
  UDPNAT_SESSION_OUTPUT_HANDSHAKE,
  UDPNAT_SESSION_OUTPUT_HS2,
  UDPNAT_SESSION_OUTPUT_DATA,
} UdpnatSessionOutputKind;

/* Life */
UdpnatSession         *udpnat_session_new_initiator      (const UdpnatSessionConfig  *config,
                                                          const UdpnatPublicKey      *remote,
                                                          gint64                      now_us)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatSession         *udpnat_session_new_responder      (const UdpnatSessionConfig  *config,
                                                          UdpnatHs1                  *hs1,
                                                          gint64                      now_us,
                                                          const guint8               *frames,
                                                          gsize                       n_frames)
  G_GNUC_WARN_UNUSED_RESULT;
void                   udpnat_session_free               (UdpnatSession              *self);
gpointer               udpnat_session_get_owner          (const UdpnatSession        *self);
const UdpnatPublicKey *udpnat_session_get_remote_key     (const UdpnatSession        *self);
guint64                udpnat_session_get_id             (const UdpnatSession        *self);
guint32                udpnat_session_get_remote_index   (const UdpnatSession        *self);
UdpnatSessionState     udpnat_session_get_state          (const UdpnatSession        *self);
void                   udpnat_session_close              (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                          guint16                     reason,
                                                          const char                 *text);

/* Handshakes */
void                   udpnat_session_start_handshake    (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                    const guint8 timestamp[UDPNAT_TIMESTAMP_BYTES],
                                                          const guint8               *early_frames,
                                                          gsize                       n_early);
void                   udpnat_session_start_resumption   (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                    const guint8 timestamp[UDPNAT_TIMESTAMP_BYTES],
                                                          const UdpnatTicket         *ticket,
                                                          const guint8               *frames,
                                                          gsize                       n_frames);
guint32                udpnat_session_get_resuming_index (const UdpnatSession        *self);
gsize                  udpnat_session_get_early_max      (const UdpnatSession        *self);
void                   udpnat_session_set_cookie         (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                          const guint8 cookie[UDPNAT_COOKIE_BYTES]);
gboolean               udpnat_session_is_handshaking     (const UdpnatSession        *self);
void                   udpnat_session_cancel_handshake   (UdpnatSession              *self);
void                   udpnat_session_repeat_handshake   (UdpnatSession              *self,
                                                          gint64                      now_us);
gboolean               udpnat_session_needs_handshake    (const UdpnatSession        *self,
                                                          gint64                      now_us);
gboolean               udpnat_session_accept_rekey       (UdpnatSession              *self,
                                                          UdpnatHs1                  *hs1,
                                                          gint64                      now_us,
                                                          const guint8               *frames,
                                                          gsize                       n_frames)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean               udpnat_session_is_repeat          (const UdpnatSession        *self,
                                                    const guint8 ephemeral[UDPNAT_EPHEMERAL_BYTES]);
void                   udpnat_session_repeat_hs2         (UdpnatSession              *self);
gboolean               udpnat_session_can_send           (const UdpnatSession        *self,
                                                          gint64                      now_us);

/* In, out, time */
UdpnatRxResult         udpnat_session_handle_packet      (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                          guint8                     *data,
                                                          gsize                       n_data);
gint64                 udpnat_session_next_deadline      (const UdpnatSession        *self);
void                   udpnat_session_handle_deadline    (UdpnatSession              *self,
                                                          gint64                      now_us);
gboolean               udpnat_session_pop_output         (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                          UdpnatSessionOutputKind    *out_kind,
                                                          guint8                     *out,
                                                          gsize                      *out_n);
gboolean               udpnat_session_pop_event          (UdpnatSession              *self,
                                                          UdpnatSessionEvent         *out_event);
gsize                  udpnat_session_seal_carrier       (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                          const guint8               *frames,
                                                          gsize                       n_frames,
                                                          gsize                       n_carried,
                                                          guint8                     *out);
gsize                  udpnat_session_seal_frames        (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                          const guint8               *frames,
                                                          gsize                       n_frames,
                                                          guint8                     *out);
void                   udpnat_session_hurry              (UdpnatSession              *self);
void                   udpnat_session_ping               (UdpnatSession              *self,
                                                          gint64                      now_us);

/* Streams */
gsize                  udpnat_session_stream_write       (UdpnatSession              *self,
                                                          guint32                     stream,
                                                          const guint8               *data,
                                                          gsize                       n_data);
gsize                  udpnat_session_stream_get_space   (const UdpnatSession        *self,
                                                          guint32                     stream);
gsize                  udpnat_session_stream_unacked     (const UdpnatSession        *self,
                                                          guint32                     stream);
const guint8          *udpnat_session_stream_peek        (const UdpnatSession        *self,
                                                          guint32                     stream,
                                                          gsize                      *out_n);
void                   udpnat_session_stream_consume     (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                          guint32                     stream,
                                                          gsize                       n_consumed);

/* Path */
void                   udpnat_session_reset_path         (UdpnatSession              *self,
                                                          gint64                      now_us,
                                                          gint64                      rtt_us);
void                   udpnat_session_set_max_packet     (UdpnatSession              *self,
                                                          gsize max_packet_bytes);
void                   udpnat_session_set_rate           (UdpnatSession              *self,
                                                          gint64                      rate);
void                   udpnat_session_set_held           (UdpnatSession              *self,
                                                          gboolean                    is_held);
gint64                 udpnat_session_get_rtt            (const UdpnatSession        *self);
gint64                 udpnat_session_get_last_received  (const UdpnatSession        *self);
guint64                udpnat_session_get_packets_sent   (const UdpnatSession        *self);
guint64                udpnat_session_get_events_dropped (const UdpnatSession        *self);
gint64                 udpnat_session_get_unanswered_since (const UdpnatSession      *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatSession, udpnat_session_free)

G_END_DECLS
