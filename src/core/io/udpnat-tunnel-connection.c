/* TCP promises everything in order, however late; datagrams promise nothing. So this is as good as
 * UDP and no better: what cannot leave soon is dropped, and the sessions inside repeat it.
 *
 * Nothing here waits: udpnat-tunnel-loop.c looks at the socket and at the clock. Not here: who
 * connects to whom (udpnat-tunnel-dialer.c, udpnat-tunnel-listener.c), and what datagrams are. */

#include "config.h"

#include "udpnat-tunnel-connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "udpnat-limits.h"
#include "udpnat-tunnel-frames.h"
#include "udpnat-tunnel-tls-private.h"

#define RECORD_MAX_BYTES 16384 /* RFC 8446, 5.1 */
/* In one dispatch, so that a flood leaves the rest of the program its turn. */
#define RECORDS_MAX 8
/* A connection whose packets nobody acknowledges is over after so long: the session inside has
 * looked for another way long before. */
#define UNACKNOWLEDGED_MS 15000
/* What the kernel keeps and has not sent; the rest stays here, where it can be dropped. */
#define UNSENT_BYTES 16384

typedef enum
{
  STATE_HANDSHAKING, /* TCP is up, TLS is not */
  STATE_OPEN,
  STATE_BROKEN, /* and the owner has not been told */
  STATE_CLOSED,
} State;

struct _UdpnatTunnelConnection
{
  GSocketConnection          *stream;
  gnutls_session_t            session;
  State                       state;
  UdpnatTunnelReader          reader;
  GByteArray                 *out;            /* framed */
  gsize                       n_out_done;     /* of @out, handed to TLS */
  gboolean                    is_record_left; /* TLS has a record that the socket did not take */
  gint64                      idle_us;        /* 0: may be silent for ever */
  gint64                      heard_us;       /* monotonic, as all times here */
  gint64                      deadline_us;    /* of the handshake, or when to look at @heard_us */
  UdpnatTunnelConnectionFuncs funcs;
  UdpnatTunnelWatch           watch;

  /* borrowed */
  gpointer  user_data;
  gboolean *out_is_freed; /* (nullable): while the owner is told something */
};

/* ---- Waiting ---- */

static void
break_off (UdpnatTunnelConnection *self,
           int                     code)
{
  if (code != 0)
    g_debug ("tunnel: %s", gnutls_strerror (code));
  self->state = STATE_BROKEN;
  udpnat_tunnel_watch_set_time (&self->watch, 0);
}

static void
set_deadline (UdpnatTunnelConnection *self,
              gint64                  deadline_us)
{
  self->deadline_us = deadline_us;
  udpnat_tunnel_watch_set_time (&self->watch, deadline_us);
}

/* Returns: whether it is over */
static gboolean
check_deadline (UdpnatTunnelConnection *self,
                gint64                  now_us)
{
  if (now_us < self->deadline_us)
    return FALSE;
  if (self->state == STATE_HANDSHAKING || now_us >= self->heard_us + self->idle_us)
    return TRUE;
  set_deadline (self, self->heard_us + self->idle_us);
  return FALSE;
}

/* ---- Out ---- */

/* Returns: what TLS took; 0: the socket is full; negative: it is over */
static gssize
send_record (UdpnatTunnelConnection *self)
{
  gsize n_left = self->out->len - self->n_out_done;
  gssize n = self->is_record_left
               ? gnutls_record_send (self->session, NULL, 0)
               : gnutls_record_send (self->session, self->out->data + self->n_out_done,
                                     MIN (n_left, RECORD_MAX_BYTES));

  self->is_record_left = n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED;
  return self->is_record_left ? 0 : n;
}

static void
flush (UdpnatTunnelConnection *self)
{
  gssize n = 1;

  while (n > 0 && self->n_out_done < self->out->len)
    {
      n = send_record (self);
      self->n_out_done += (gsize) MAX (n, 0);
    }
  if (n < 0)
    {
      break_off (self, (int) n);
      return;
    }
  /* Bytes are moved only when that is half of them. */
  if (self->n_out_done * 2 >= self->out->len)
    {
      g_byte_array_remove_range (self->out, 0, (guint) self->n_out_done);
      self->n_out_done = 0;
    }
  udpnat_tunnel_watch_want_out (&self->watch, self->out->len > 0);
}

/**
 * udpnat_tunnel_connection_send:
 *
 * Sends a datagram, or keeps it until that is possible.
 *
 * Returns: %FALSE when it was dropped, because the other side does not read
 */
gboolean
udpnat_tunnel_connection_send (UdpnatTunnelConnection *self,
                               const guint8           *data,
                               gsize                   n_data)
{
  guint8 header[UDPNAT_TUNNEL_HEADER_BYTES];

  if (self->state > STATE_OPEN
      || self->out->len - self->n_out_done + n_data > UDPNAT_TUNNEL_QUEUE_BYTES)
    return FALSE;
  udpnat_tunnel_write_header (n_data, header);
  g_byte_array_append (self->out, header, sizeof header);
  g_byte_array_append (self->out, data, (guint) n_data);
  if (self->state == STATE_OPEN && !self->is_record_left)
    flush (self);
  return TRUE;
}

/* ---- In ---- */

/* Returns: %FALSE when the owner has freed the connection */
static gboolean
take_datagrams (UdpnatTunnelConnection *self,
                const guint8           *data,
                gsize                   n_data)
{
  gboolean is_freed = FALSE;

  self->out_is_freed = &is_freed;
  while (self->state == STATE_OPEN)
    {
      const guint8 *frame;
      gsize n_frame;

      switch (udpnat_tunnel_reader_next (&self->reader, &data, &n_data, &frame, &n_frame))
        {
        case UDPNAT_TUNNEL_READ_MORE:
          self->out_is_freed = NULL;
          return TRUE;
        case UDPNAT_TUNNEL_READ_MALFORMED:
          break_off (self, 0);
          break;
        case UDPNAT_TUNNEL_READ_FRAME:
          self->funcs.datagram (self, frame, n_frame, self->user_data);
          if (is_freed)
            return FALSE;
          break;
        }
    }
  self->out_is_freed = NULL;
  return TRUE;
}

static gboolean
receive (UdpnatTunnelConnection *self,
         gint64                  now_us)
{
  guint8 record[RECORD_MAX_BYTES];

  for (guint i = 0; i < RECORDS_MAX && self->state == STATE_OPEN; i++)
    {
      gssize n = gnutls_record_recv (self->session, record, sizeof record);

      if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
        return TRUE;
      if (n <= 0)
        {
          break_off (self, (int) n);
          return TRUE;
        }
      self->heard_us = now_us;
      if (!take_datagrams (self, record, (gsize) n))
        return FALSE;
    }
  /* Poll knows nothing of what TLS has read already. */
  if (gnutls_record_check_pending (self->session) > 0)
    udpnat_tunnel_watch_set_time (&self->watch, 0);
  return TRUE;
}

/* ---- The handshake ---- */

/* Returns: %FALSE when the owner has freed the connection */
static gboolean
tell_opened (UdpnatTunnelConnection *self)
{
  gboolean is_freed = FALSE;

  if (self->funcs.opened == NULL)
    return TRUE;
  self->out_is_freed = &is_freed;
  self->funcs.opened (self, self->user_data);
  if (!is_freed)
    self->out_is_freed = NULL;
  return !is_freed;
}

/* Returns: likewise */
static gboolean
shake_hands (UdpnatTunnelConnection *self,
             gint64                  now_us)
{
  int code = gnutls_handshake (self->session);

  if (code < 0)
    {
      if (gnutls_error_is_fatal (code))
        break_off (self, code);
      else
        udpnat_tunnel_watch_want_out (&self->watch,
                                      gnutls_record_get_direction (self->session) == 1);
      return TRUE;
    }
  self->state = STATE_OPEN;
  self->heard_us = now_us;
  set_deadline (self, self->idle_us > 0 ? now_us + self->idle_us : UDPNAT_TIME_NEVER);
  flush (self);
  return tell_opened (self);
}

/* ---- Whatever there is to do ---- */

static void
end (UdpnatTunnelConnection *self)
{
  self->state = STATE_CLOSED;
  udpnat_tunnel_watch_stop (&self->watch);
  self->funcs.closed (self, self->user_data);
}

static void
work (gpointer user_data,
      gint64   now_us)
{
  UdpnatTunnelConnection *self = user_data;

  udpnat_tunnel_watch_set_time (&self->watch, self->deadline_us);
  if (self->state == STATE_HANDSHAKING && !shake_hands (self, now_us))
    return;
  if (self->state == STATE_OPEN && self->out->len > 0)
    flush (self);
  if (self->state == STATE_OPEN && !receive (self, now_us))
    return;
  if (self->state == STATE_BROKEN || check_deadline (self, now_us))
    end (self);
}

static void
set_up_socket (GSocket *socket)
{
  const int fd = g_socket_get_fd (socket);
  const int patience_ms = UNACKNOWLEDGED_MS;
  const int unsent_bytes = UNSENT_BYTES;

  g_socket_set_blocking (socket, FALSE);
  g_socket_set_timeout (socket, 0);
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
  setsockopt (fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
}

/**
 * udpnat_tunnel_connection_new:
 * @loop: borrowed; must outlive the connection
 * @stream: connected; a reference is taken
 * @tls: borrowed; decides which side this is, and must outlive the connection
 * @host: (nullable): whom a client asks for
 * @idle_us: closed when nothing has come for so long; 0 for never
 */
UdpnatTunnelConnection *
udpnat_tunnel_connection_new (UdpnatTunnelLoop                  *loop,
                              GSocketConnection                 *stream,
                              UdpnatTunnelTls                   *tls,
                              const char                        *host,
                              gint64                             idle_us,
                              const UdpnatTunnelConnectionFuncs *funcs,
                              gpointer                           user_data)
{
  UdpnatTunnelConnection *self = g_new0 (UdpnatTunnelConnection, 1);
  GSocket *socket = g_socket_connection_get_socket (stream);

  set_up_socket (socket);
  self->stream = g_object_ref (stream);
  self->session = udpnat_tunnel_tls_start (tls, g_socket_get_fd (socket), host);
  self->out = g_byte_array_new ();
  self->idle_us = idle_us;
  self->funcs = *funcs;
  self->user_data = user_data;
  udpnat_tunnel_watch_start (&self->watch, loop, g_socket_get_fd (socket), work, self);
  udpnat_tunnel_watch_want_out (&self->watch, TRUE); /* a client begins */
  set_deadline (self, g_get_monotonic_time () + UDPNAT_TUNNEL_HANDSHAKE_US);
  return self;
}

/** udpnat_tunnel_connection_free: what the socket takes at once is still sent */
void
udpnat_tunnel_connection_free (UdpnatTunnelConnection *self)
{
  if (self == NULL)
    return;
  if (self->state == STATE_OPEN)
    {
      flush (self);
      gnutls_bye (self->session, GNUTLS_SHUT_WR);
    }
  if (self->state != STATE_CLOSED)
    udpnat_tunnel_watch_stop (&self->watch);
  if (self->out_is_freed != NULL)
    *self->out_is_freed = TRUE;
  gnutls_deinit (self->session);
  g_object_unref (self->stream);
  g_byte_array_unref (self->out);
  g_free (self);
}

/** udpnat_tunnel_connection_set_idle: @idle_us: as of udpnat_tunnel_connection_new() */
void
udpnat_tunnel_connection_set_idle (UdpnatTunnelConnection *self,
                                   gint64                  idle_us)
{
  self->idle_us = idle_us;
  if (self->state == STATE_OPEN)
    set_deadline (self, idle_us > 0 ? self->heard_us + idle_us : UDPNAT_TIME_NEVER);
}

/** udpnat_tunnel_connection_is_open: Returns: whether TLS is up and nothing has gone wrong */
gboolean
udpnat_tunnel_connection_is_open (const UdpnatTunnelConnection *self)
{
  return self->state == STATE_OPEN;
}
