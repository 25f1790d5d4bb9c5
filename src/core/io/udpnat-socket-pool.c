/* Sockets by the dozen, for a machine that looks for a port: it may want 256 at once and keep one.
 *
 * An epoll(7) instance of its own holds them all, so that GLib's poll, which goes through every
 * descriptor each time, sees one. A socket is of one family, which the first datagram decides: two
 * descriptors each would be half of what a process may have.
 *
 * Not here: which of them is for what; that is the machine's. */

#include "config.h"

#include "udpnat-socket-pool.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct _UdpnatSocketPool
{
  GHashTable *sockets; /* id → owned UdpnatSocket */
  int         epoll_fd; /* -1: the system gives none, and no socket will open */
  UdpnatNat64Prefix nat64; /* n_bits 0: IPv4 is IPv4 */
};

/* Returns: (transfer full): a pool without any socket */
UdpnatSocketPool *
udpnat_socket_pool_new (void)
{
  UdpnatSocketPool *self = g_new0 (UdpnatSocketPool, 1);

  self->sockets = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) udpnat_socket_free);
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  return self;
}

/** udpnat_socket_pool_free: closes all of them */
void
udpnat_socket_pool_free (UdpnatSocketPool *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->sockets);
  if (self->epoll_fd >= 0)
    close (self->epoll_fd);
  g_free (self);
}

/**
 * udpnat_socket_pool_get_fd:
 *
 * Returns: what to poll for input; it stays the pool's. -1: there never will be any
 */
int
udpnat_socket_pool_get_fd (const UdpnatSocketPool *self)
{
  return self->epoll_fd;
}

/** udpnat_socket_pool_get_count: Returns: how many are open */
guint
udpnat_socket_pool_get_count (const UdpnatSocketPool *self)
{
  return g_hash_table_size (self->sockets);
}

static void
close_ipv4 (UdpnatSocketPool *self)
{
  GHashTableIter iter;
  gpointer socket;

  g_hash_table_iter_init (&iter, self->sockets);
  while (g_hash_table_iter_next (&iter, NULL, &socket))
    if (udpnat_socket_get_ipv4 (socket) != NULL)
      g_hash_table_iter_remove (&iter);
}

/**
 * udpnat_socket_pool_set_nat64: as udpnat_socket_set_nat64(). With it, sockets for IPv4 are of no
 * more use, and closed; the next datagram opens another. */
void
udpnat_socket_pool_set_nat64 (UdpnatSocketPool        *self,
                              const UdpnatNat64Prefix *prefix)
{
  GHashTableIter iter;
  gpointer socket;

  self->nat64 = *prefix;
  if (prefix->n_bits != 0)
    close_ipv4 (self);
  g_hash_table_iter_init (&iter, self->sockets);
  while (g_hash_table_iter_next (&iter, NULL, &socket))
    udpnat_socket_set_nat64 (socket, prefix);
}

/* ---- Receiving ---- */

/**
 * udpnat_socket_pool_receive_batch:
 * @out_datagrams: (array length=n_max): filled from the start, with `socket` and `local_port`
 *
 * Takes what has arrived, without waiting, as udpnat_socket_receive_batch() does.
 *
 * Returns: how many were written
 */
guint
udpnat_socket_pool_receive_batch (UdpnatSocketPool *self,
                                  UdpnatDatagram   *out_datagrams,
                                  guint             n_max)
{
  struct epoll_event events[UDPNAT_SOCKET_BATCH];
  int n_events;
  guint n_total = 0;

  if (g_hash_table_size (self->sockets) == 0)
    return 0;

  n_events = epoll_wait (self->epoll_fd, events, G_N_ELEMENTS (events), 0);
  for (int i = 0; i < n_events && n_total < n_max; i++)
    {
      UdpnatSocketId id = (UdpnatSocketId) events[i].data.u32;
      UdpnatSocket *socket = g_hash_table_lookup (self->sockets, GUINT_TO_POINTER ((guint) id));
      guint n_received = udpnat_socket_receive_batch (socket, out_datagrams + n_total,
                                                      n_max - n_total);

      for (guint j = 0; j < n_received; j++)
        out_datagrams[n_total + j].socket = id;
      n_total += n_received;
    }
  return n_total;
}

/* ---- Sending ---- */

static gboolean
watch (UdpnatSocketPool *self,
       UdpnatSocketId    id,
       UdpnatSocket     *socket)
{
  int fds[2];
  guint n_fds = udpnat_socket_get_fds (socket, fds);

  for (guint i = 0; i < n_fds; i++)
    {
      struct epoll_event event = { .events = EPOLLIN, .data.u32 = id };

      if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fds[i], &event) != 0)
        return FALSE;
    }
  return TRUE;
}

/* Returns: (nullable) (transfer none): the socket @id, opened now if need be */
static UdpnatSocket *
ensure_socket (UdpnatSocketPool    *self,
               UdpnatSocketId       id,
               const UdpnatAddress *to)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatSocket) socket = NULL;
  UdpnatSocket *known = g_hash_table_lookup (self->sockets, GUINT_TO_POINTER ((guint) id));
  gboolean is_ipv6 = to->family == UDPNAT_FAMILY_IPV6 || self->nat64.n_bits != 0;

  if (known != NULL || g_hash_table_size (self->sockets) == UDPNAT_FURTHER_SOCKETS_MAX)
    return known;

  socket = udpnat_socket_new (is_ipv6 ? "::" : "0.0.0.0", 0, 0, &error);
  if (socket == NULL || !watch (self, id, socket))
    {
      g_debug ("socket %u cannot be opened: %s", id, error != NULL ? error->message : "epoll");
      return NULL;
    }
  udpnat_socket_set_nat64 (socket, &self->nat64);
  known = socket;
  g_hash_table_insert (self->sockets, GUINT_TO_POINTER ((guint) id), g_steal_pointer (&socket));
  return known;
}

/**
 * udpnat_socket_pool_send:
 * @datagrams: (array length=n_datagrams): each with its `socket`, at least %UDPNAT_SOCKET_FURTHER
 *
 * Sends without waiting; opens and closes sockets on the way.
 */
void
udpnat_socket_pool_send (UdpnatSocketPool     *self,
                         const UdpnatDatagram *datagrams,
                         guint                 n_datagrams)
{
  for (guint i = 0; i < n_datagrams; i++)
    {
      const UdpnatDatagram *datagram = &datagrams[i];
      UdpnatSocket *socket;

      g_assert (datagram->socket >= UDPNAT_SOCKET_FURTHER);
      if (datagram->n_data == 0)
        {
          /* The kernel takes a closed descriptor out of the epoll instance by itself. */
          g_hash_table_remove (self->sockets, GUINT_TO_POINTER ((guint) datagram->socket));
          continue;
        }
      socket = ensure_socket (self, datagram->socket, &datagram->remote);
      if (socket != NULL)
        udpnat_socket_send (socket, datagram, 1);
    }
}
