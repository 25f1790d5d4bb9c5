/* Whoever connects costs memory before they have proved anything, so there is a limit on all of
 * them together and on those from one address, and who says nothing does not stay. What they send
 * is limited where datagrams are, by the machine: their address tells it which IP they come from.
 */

#include "config.h"

#include "udpnat-tunnel-listener.h"

#include <netinet/in.h>
#include <string.h>

#include "udpnat-sockaddr.h"
#include "udpnat-tunnel-connection.h"

#define BACKLOG 128
#define ACCEPTS_MAX 16 /* in one dispatch */
/* After the system would not give us a descriptor. */
#define PAUSE_MS 1000

typedef struct
{
  GSocket *socket;
  GSource *source; /* accepts, or waits until it may */

  /* borrowed */
  UdpnatTunnelListener *listener;
} Port;

typedef struct
{
  UdpnatTunnelConnection *connection;
  UdpnatAddress           address;

  /* borrowed */
  UdpnatTunnelListener *listener;
} Guest;

struct _UdpnatTunnelListener
{
  UdpnatTunnel     tunnel; /* first */
  UdpnatTunnelLoop *loop;
  UdpnatTunnelTls *tls;
  GPtrArray       *ports;  /* of Port */
  GHashTable      *guests; /* Guest by the number of its connection */
  guint32          last_number;
};

/* ---- Guests ---- */

static void
guest_free (Guest *guest)
{
  udpnat_tunnel_connection_free (guest->connection);
  g_free (guest);
}

static void
datagram_cb (UdpnatTunnelConnection *connection,
             const guint8           *data,
             gsize                   n_data,
             gpointer                user_data)
{
  Guest *guest = user_data;
  UdpnatDatagram datagram;

  datagram.socket = UDPNAT_SOCKET_TUNNEL;
  datagram.local_port = 0;
  datagram.ttl = 0;
  datagram.remote = guest->address;
  datagram.n_data = n_data;
  memcpy (datagram.data, data, n_data);
  (void) udpnat_tunnel_deliver (&guest->listener->tunnel, &datagram);
}

static void
closed_cb (UdpnatTunnelConnection *connection,
           gpointer                user_data)
{
  Guest *guest = user_data;

  g_hash_table_remove (guest->listener->guests, GUINT_TO_POINTER (guest->address.scope_id));
}

static const UdpnatTunnelConnectionFuncs funcs = {
  .datagram = datagram_cb,
  .closed = closed_cb,
};

/* One subscriber has one IPv4 address or at least an IPv6 /64; addresses of tunnels hold both in
 * sixteen bytes. */
static gboolean
is_same_source (const UdpnatAddress *a,
                const UdpnatAddress *b)
{
  UdpnatAddress end;

  udpnat_address_get_end (a, &end);
  return memcmp (a->ip, b->ip, end.family == UDPNAT_FAMILY_IPV4 ? 16 : 8) == 0;
}

static gboolean
has_room (const UdpnatTunnelListener *self,
          const UdpnatAddress        *address)
{
  GHashTableIter iter;
  gpointer guest;
  guint n_same = 0;

  if (g_hash_table_size (self->guests) >= UDPNAT_TUNNEL_CONNECTIONS_MAX)
    return FALSE;
  g_hash_table_iter_init (&iter, self->guests);
  while (g_hash_table_iter_next (&iter, NULL, &guest))
    n_same += is_same_source (&((Guest *) guest)->address, address) ? 1 : 0;
  return n_same < UDPNAT_TUNNEL_CONNECTIONS_PER_SOURCE;
}

static gboolean
read_end (GSocket       *socket,
          UdpnatAddress *out_end)
{
  g_autoptr (GSocketAddress) remote = g_socket_get_remote_address (socket, NULL);
  struct sockaddr_storage native;

  return remote != NULL && g_socket_address_to_native (remote, &native, sizeof native, NULL)
         && udpnat_sockaddr_to_address (&native, out_end);
}

static void
welcome (UdpnatTunnelListener *self,
         GSocket              *socket)
{
  g_autoptr (GSocketConnection) stream = NULL;
  UdpnatAddress address, end;
  Guest *guest;

  if (!read_end (socket, &end))
    return;
  do
    self->last_number++;
  while (self->last_number == 0
         || g_hash_table_contains (self->guests, GUINT_TO_POINTER (self->last_number)));
  udpnat_address_init_tunnel (&address, &end, self->last_number);
  if (!has_room (self, &address))
    return;
  stream = g_socket_connection_factory_create_connection (socket);
  guest = g_new0 (Guest, 1);
  guest->listener = self;
  guest->address = address;
  guest->connection = udpnat_tunnel_connection_new (self->loop, stream, self->tls, NULL,
                                                    UDPNAT_TUNNEL_IDLE_US, &funcs, guest);
  g_hash_table_insert (self->guests, GUINT_TO_POINTER (self->last_number), guest);
}

static void
send_datagram (UdpnatTunnel         *tunnel,
               const UdpnatDatagram *datagram)
{
  UdpnatTunnelListener *self = (UdpnatTunnelListener *) tunnel;
  Guest *guest;

  guest = g_hash_table_lookup (self->guests, GUINT_TO_POINTER (datagram->remote.scope_id));
  if (guest != NULL && datagram->n_data > 0)
    (void) udpnat_tunnel_connection_send (guest->connection, datagram->data, datagram->n_data);
}

/* ---- Ports ---- */

static void watch (Port *port);

static gboolean
resume_cb (gpointer user_data)
{
  watch (user_data);
  return G_SOURCE_REMOVE;
}

static void
stop_watching (Port *port)
{
  if (port->source != NULL)
    g_source_destroy (port->source);
  g_clear_pointer (&port->source, g_source_unref);
}

static gboolean
accept_cb (GSocket     *socket,
           GIOCondition condition,
           gpointer     user_data)
{
  Port *port = user_data;

  for (guint i = 0; i < ACCEPTS_MAX; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);

      if (accepted != NULL)
        {
          welcome (port->listener, accepted);
          continue;
        }
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES))
        {
          stop_watching (port);
          port->source = g_timeout_source_new (PAUSE_MS);
          g_source_set_callback (port->source, resume_cb, port, NULL);
          g_source_attach (port->source, g_main_context_get_thread_default ());
        }
      break;
    }
  return G_SOURCE_CONTINUE;
}

static void
watch (Port *port)
{
  stop_watching (port);
  port->source = g_socket_create_source (port->socket, G_IO_IN, NULL);
  g_source_set_callback (port->source, G_SOURCE_FUNC (accept_cb), port, NULL);
  g_source_attach (port->source, g_main_context_get_thread_default ());
}

static void
port_free (Port *port)
{
  stop_watching (port);
  g_object_unref (port->socket);
  g_free (port);
}

static GSocket *
open_socket (const char *ip,
             guint16     port,
             GError    **error)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (ip);
  g_autoptr (GSocketAddress) name = g_inet_socket_address_new (address, port);
  GSocketFamily family = g_inet_address_get_family (address);
  g_autoptr (GSocket) socket = g_socket_new (family, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                             error);

  if (socket == NULL)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (family == G_SOCKET_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, 1, NULL);
  if (!g_socket_bind (socket, name, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

static gboolean
listen_on (UdpnatTunnelListener *self,
           const char           *ip,
           guint16               number,
           GError              **error)
{
  GSocket *socket = open_socket (ip, number, error);
  Port *port;

  if (socket == NULL)
    return FALSE;
  port = g_new0 (Port, 1);
  port->socket = socket;
  port->listener = self;
  watch (port);
  g_ptr_array_add (self->ports, port);
  return TRUE;
}

/**
 * udpnat_tunnel_listener_listen:
 * @ip: (nullable): %NULL for all addresses of both families
 *
 * May be called for several ports. With @ip %NULL one family is enough.
 *
 * Returns: %FALSE with an error of GIO
 */
gboolean
udpnat_tunnel_listener_listen (UdpnatTunnelListener *self,
                               const char           *ip,
                               guint16               port,
                               GError              **error)
{
  gboolean has_ipv4;

  if (ip != NULL)
    return listen_on (self, ip, port, error);
  has_ipv4 = listen_on (self, "0.0.0.0", port, error);
  return listen_on (self, "::", port, NULL) || has_ipv4;
}

/* ---- Life ---- */

/** udpnat_tunnel_listener_new: @tls: (transfer full): of a server */
UdpnatTunnelListener *
udpnat_tunnel_listener_new (UdpnatTunnelTls *tls)
{
  UdpnatTunnelListener *self = g_new0 (UdpnatTunnelListener, 1);

  self->tunnel.send = send_datagram;
  self->loop = udpnat_tunnel_loop_new ();
  self->tls = tls;
  self->ports = g_ptr_array_new_with_free_func ((GDestroyNotify) port_free);
  self->guests = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) guest_free);
  return self;
}

void
udpnat_tunnel_listener_free (UdpnatTunnelListener *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->ports);
  g_hash_table_unref (self->guests);
  udpnat_tunnel_tls_free (self->tls);
  udpnat_tunnel_loop_free (self->loop);
  g_free (self);
}

/** udpnat_tunnel_listener_get_tunnel: Returns: (transfer none): for the machine source */
UdpnatTunnel *
udpnat_tunnel_listener_get_tunnel (UdpnatTunnelListener *self)
{
  return &self->tunnel;
}

/** udpnat_tunnel_listener_get_count: Returns: how many connections there are now */
guint
udpnat_tunnel_listener_get_count (const UdpnatTunnelListener *self)
{
  return g_hash_table_size (self->guests);
}
