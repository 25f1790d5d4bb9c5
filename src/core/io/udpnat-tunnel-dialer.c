/* At the server's port and, for one with the usual port, at that of the web at once: on either
 * there may be somebody else's server, which would take TLS and then know nothing of us. So both
 * get what is sent until one has answered with something that makes sense to the machine; what is
 * sent twice is a repetition there, as with UDP.
 *
 * GSocketClient knows proxies: HTTP CONNECT, SOCKS 4 and 5. Which ones is asked of GProxyResolver
 * as for a page of https. What asks the desktop is part of glib-networking and knows little of the
 * environment (libproxy 0.4 ignores all_proxy), so that is looked at here. */

#include "config.h"

#include "udpnat-tunnel-dialer.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-tunnel-connection.h"

#define CONNECT_TIMEOUT_S 10
/* Open, and not a word: that is not our server. */
#define SILENCE_US UDPNAT_SEC (10)
#define N_ATTEMPTS 2
#define FAILURES_MAX 16 /* that are counted */

typedef struct
{
  GCancellable           *cancellable; /* (nullable): while TCP is being set up */
  UdpnatTunnelConnection *connection;  /* (nullable): from then on */

  /* borrowed */
  UdpnatTunnelDialer *dialer; /* (nullable): not wanted any more */
} Attempt;

struct _UdpnatTunnelDialer
{
  UdpnatTunnel     tunnel; /* first */
  UdpnatTunnelLoop *loop;
  UdpnatTunnelTls *tls;
  GProxyResolver  *proxy; /* (nullable): not asked for yet */
  char            *host; /* nullable */
  guint16          port;
  Attempt         *attempts[N_ATTEMPTS]; /* nullable */
  Attempt         *winner; /* (nullable): the one of @attempts that has answered */
  GQueue           waiting; /* of GBytes, while nobody has */
  UdpnatAddress    remote;  /* as our owner calls the server */
  guint            n_failures; /* in a row */
  gint64           retry_us;   /* monotonic */
};

/* ---- Attempts ---- */

/* One whose TCP is on its way is freed when that has ended. */
static void
drop_attempt (Attempt *attempt)
{
  if (attempt == NULL)
    return;
  attempt->dialer = NULL;
  g_clear_pointer (&attempt->connection, udpnat_tunnel_connection_free);
  if (attempt->cancellable != NULL)
    g_cancellable_cancel (attempt->cancellable);
  else
    g_free (attempt);
}

static void
clear_waiting (UdpnatTunnelDialer *self)
{
  g_queue_clear_full (&self->waiting, (GDestroyNotify) g_bytes_unref);
}

static void
drop_all (UdpnatTunnelDialer *self)
{
  self->winner = NULL;
  for (guint i = 0; i < N_ATTEMPTS; i++)
    g_clear_pointer (&self->attempts[i], drop_attempt);
  clear_waiting (self);
}

static gboolean
has_attempt (const UdpnatTunnelDialer *self)
{
  for (guint i = 0; i < N_ATTEMPTS; i++)
    if (self->attempts[i] != NULL)
      return TRUE;
  return FALSE;
}

/* A tunnel that has worked may be had again at once. */
static void
end_attempt (UdpnatTunnelDialer *self,
             Attempt            *attempt)
{
  const gboolean was_winner = self->winner == attempt;

  for (guint i = 0; i < N_ATTEMPTS; i++)
    if (self->attempts[i] == attempt)
      self->attempts[i] = NULL;
  drop_attempt (attempt);
  if (has_attempt (self))
    return;
  self->winner = NULL;
  clear_waiting (self);
  if (was_winner)
    {
      UdpnatDatagram closed = { .socket = UDPNAT_SOCKET_TUNNEL, .remote = self->remote };

      (void) udpnat_tunnel_deliver (&self->tunnel, &closed);
      return;
    }
  self->retry_us = g_get_monotonic_time ()
                   + MIN (UDPNAT_TUNNEL_RETRY_MIN_US << self->n_failures,
                          UDPNAT_TUNNEL_RETRY_MAX_US);
  self->n_failures = MIN (self->n_failures + 1, FAILURES_MAX);
}

static void
send_by (UdpnatTunnelDialer *self,
         const guint8       *data,
         gsize               n_data)
{
  for (guint i = 0; i < N_ATTEMPTS; i++)
    {
      Attempt *attempt = self->attempts[i];

      if (attempt != NULL && attempt->connection != NULL
          && udpnat_tunnel_connection_is_open (attempt->connection))
        (void) udpnat_tunnel_connection_send (attempt->connection, data, n_data);
    }
}

static void
opened_cb (UdpnatTunnelConnection *connection,
           gpointer                user_data)
{
  Attempt *attempt = user_data;

  for (GList *link = attempt->dialer->waiting.head; link != NULL; link = link->next)
    {
      gsize n_data;
      const guint8 *data = g_bytes_get_data (link->data, &n_data);

      (void) udpnat_tunnel_connection_send (connection, data, n_data);
    }
}

static void
win (UdpnatTunnelDialer *self,
     Attempt            *attempt)
{
  self->winner = attempt;
  self->n_failures = 0;
  self->retry_us = 0;
  udpnat_tunnel_connection_set_idle (attempt->connection, 0);
  for (guint i = 0; i < N_ATTEMPTS; i++)
    if (self->attempts[i] != attempt)
      g_clear_pointer (&self->attempts[i], drop_attempt);
  clear_waiting (self);
}

static void
datagram_cb (UdpnatTunnelConnection *connection,
             const guint8           *data,
             gsize                   n_data,
             gpointer                user_data)
{
  Attempt *attempt = user_data;
  UdpnatTunnelDialer *self = attempt->dialer;
  UdpnatDatagram datagram = { .socket = UDPNAT_SOCKET_TUNNEL, .remote = self->remote };

  datagram.n_data = n_data;
  memcpy (datagram.data, data, n_data);
  if (udpnat_tunnel_deliver (&self->tunnel, &datagram) == UDPNAT_RX_OK && self->winner == NULL)
    win (self, attempt);
}

static void
closed_cb (UdpnatTunnelConnection *connection,
           gpointer                user_data)
{
  Attempt *attempt = user_data;

  end_attempt (attempt->dialer, attempt);
}

static const UdpnatTunnelConnectionFuncs funcs = {
  .opened = opened_cb,
  .datagram = datagram_cb,
  .closed = closed_cb,
};

static void
connected_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Attempt *attempt = user_data;
  UdpnatTunnelDialer *self = attempt->dialer;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) stream
    = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  g_clear_object (&attempt->cancellable);
  if (self == NULL)
    g_free (attempt);
  else if (stream == NULL)
    {
      g_debug ("tunnel to %s: %s", self->host, error->message);
      end_attempt (self, attempt);
    }
  else
    attempt->connection = udpnat_tunnel_connection_new (self->loop, stream, self->tls, self->host,
                                                        SILENCE_US, &funcs, attempt);
}

static Attempt *
attempt_new (UdpnatTunnelDialer *self,
             guint16             port)
{
  g_autofree char *uri = g_strdup_printf (strchr (self->host, ':') != NULL ? "https://[%s]:%u"
                                                                           : "https://%s:%u",
                                          self->host, port);
  g_autoptr (GSocketConnectable) address = g_network_address_parse_uri (uri, port, NULL);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  Attempt *attempt;

  if (address == NULL)
    return NULL;
  attempt = g_new0 (Attempt, 1);
  attempt->dialer = self;
  attempt->cancellable = g_cancellable_new ();
  g_socket_client_set_timeout (client, CONNECT_TIMEOUT_S);
  g_socket_client_set_proxy_resolver (client, udpnat_tunnel_dialer_get_proxy (self));
  g_socket_client_connect_async (client, address, attempt->cancellable, connected_cb, attempt);
  return attempt;
}

static void
dial (UdpnatTunnelDialer *self)
{
  self->attempts[0] = attempt_new (self, self->port);
  /* A host may have several servers. Who has not met one before could not tell them apart. */
  if (self->port == UDPNAT_SERVER_PORT)
    self->attempts[1] = attempt_new (self, UDPNAT_TUNNEL_PORT);
}

/* ---- Sending ---- */

static void
keep_waiting (UdpnatTunnelDialer   *self,
              const UdpnatDatagram *datagram)
{
  if (self->waiting.length >= UDPNAT_TUNNEL_WAITING_MAX)
    g_bytes_unref (g_queue_pop_head (&self->waiting));
  g_queue_push_tail (&self->waiting, g_bytes_new (datagram->data, datagram->n_data));
}

static void
send_datagram (UdpnatTunnel         *tunnel,
               const UdpnatDatagram *datagram)
{
  UdpnatTunnelDialer *self = (UdpnatTunnelDialer *) tunnel;

  self->remote = datagram->remote;
  if (datagram->n_data == 0)
    {
      drop_all (self);
      self->n_failures = 0;
      self->retry_us = 0;
      return;
    }
  if (!has_attempt (self) && (self->host == NULL || g_get_monotonic_time () < self->retry_us))
    return;
  if (self->winner == NULL)
    keep_waiting (self, datagram);
  if (has_attempt (self))
    send_by (self, datagram->data, datagram->n_data);
  else
    dial (self);
}

/* ---- Proxies ---- */

static char *
find_proxy (void)
{
  const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                "http_proxy" };
  const char *value = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names) && (value == NULL || *value == '\0'); i++)
    value = g_getenv (names[i]);
  if (value == NULL || *value == '\0')
    return NULL;
  /* Names are the proxy's to resolve anyway; GIO does not know the word. */
  if (g_str_has_prefix (value, "socks5h://"))
    return g_strconcat ("socks5", value + strlen ("socks5h"), NULL);
  return strstr (value, "://") != NULL ? g_strdup (value) : g_strconcat ("http://", value, NULL);
}

/* What the environment names is the wish of whoever started the program; else it is up to the
 * desktop. */
static GProxyResolver *
find_resolver (void)
{
  g_autofree char *proxy = find_proxy ();
  const char *direct = g_getenv ("no_proxy");
  g_auto (GStrv) hosts = g_strsplit (direct != NULL ? direct : "", ",", -1);

  if (proxy == NULL)
    return g_object_ref (g_proxy_resolver_get_default ());
  for (guint i = 0; hosts[i] != NULL; i++)
    if (g_str_equal (g_strstrip (hosts[i]), "*"))
      return g_simple_proxy_resolver_new ("direct://", NULL);
  return g_simple_proxy_resolver_new (proxy, hosts);
}

/** udpnat_tunnel_dialer_set_proxy: @resolver: what to ask instead of the system */
void
udpnat_tunnel_dialer_set_proxy (UdpnatTunnelDialer *self,
                                GProxyResolver     *resolver)
{
  g_set_object (&self->proxy, resolver);
}

/** udpnat_tunnel_dialer_get_proxy: Returns: (transfer none): what is asked for proxies. Modules are
 * loaded for it, so most programs never do */
GProxyResolver *
udpnat_tunnel_dialer_get_proxy (UdpnatTunnelDialer *self)
{
  if (self->proxy == NULL)
    self->proxy = find_resolver ();
  return self->proxy;
}

/* ---- Life ---- */

UdpnatTunnelDialer *
udpnat_tunnel_dialer_new (void)
{
  UdpnatTunnelDialer *self = g_new0 (UdpnatTunnelDialer, 1);

  self->tunnel.send = send_datagram;
  self->loop = udpnat_tunnel_loop_new ();
  self->tls = udpnat_tunnel_tls_new_client ();
  return self;
}

void
udpnat_tunnel_dialer_free (UdpnatTunnelDialer *self)
{
  if (self == NULL)
    return;
  drop_all (self);
  g_clear_object (&self->proxy);
  udpnat_tunnel_tls_free (self->tls);
  udpnat_tunnel_loop_free (self->loop);
  g_free (self->host);
  g_free (self);
}

/** udpnat_tunnel_dialer_set_server: @host: (nullable): a name or an IP address; what was open stays
 * so until it is closed */
void
udpnat_tunnel_dialer_set_server (UdpnatTunnelDialer *self,
                                 const char         *host,
                                 guint16             port)
{
  g_free (self->host);
  self->host = g_strdup (host);
  self->port = port;
}

/** udpnat_tunnel_dialer_get_tunnel: Returns: (transfer none): for the machine source */
UdpnatTunnel *
udpnat_tunnel_dialer_get_tunnel (UdpnatTunnelDialer *self)
{
  return &self->tunnel;
}
