/* UdpnatSocketPool on loopback. */

#include "config.h"

#include <fcntl.h>
#include <poll.h>

#include "udpnat-socket-pool.h"

typedef struct
{
  UdpnatSocketPool *pool;
  UdpnatSocket     *stranger;
  UdpnatDatagram   *out; /* one */
  UdpnatDatagram   *in;  /* UDPNAT_FURTHER_SOCKETS_MAX + 8 */
} Fixture;

#define ROOM (UDPNAT_FURTHER_SOCKETS_MAX + 8)

static void
set_up (Fixture      *self,
        gconstpointer ip)
{
  g_autoptr (GError) error = NULL;

  self->pool = udpnat_socket_pool_new ();
  self->stranger = udpnat_socket_new (ip, 0, 0, &error);
  g_assert_no_error (error);
  self->out = g_new0 (UdpnatDatagram, 1);
  self->in = g_new0 (UdpnatDatagram, ROOM);
  if (!udpnat_address_parse_ip (&self->out->remote, ip, udpnat_socket_get_port (self->stranger)))
    g_assert_not_reached ();
}

static void
tear_down (Fixture      *self,
           gconstpointer ip)
{
  udpnat_socket_pool_free (self->pool);
  udpnat_socket_free (self->stranger);
  g_free (self->out);
  g_free (self->in);
}

static void
send_by (Fixture       *self,
         UdpnatSocketId id,
         gsize          n_data)
{
  self->out->socket = id;
  self->out->n_data = n_data;
  self->out->data[0] = (guint8) id;
  udpnat_socket_pool_send (self->pool, self->out, 1);
}

static guint
receive_at_stranger (Fixture *self)
{
  guint n_total = 0;
  guint n_received;

  do
    {
      n_received = udpnat_socket_receive_batch (self->stranger, self->in + n_total,
                                                ROOM - n_total);
      n_total += n_received;
    }
  while (n_received > 0 && n_total < ROOM);
  return n_total;
}

static gboolean
is_readable (Fixture *self)
{
  struct pollfd fd = { .fd = udpnat_socket_pool_get_fd (self->pool), .events = POLLIN };

  return poll (&fd, 1, 0) == 1;
}

static void
test_each_has_a_port (Fixture      *self,
                      gconstpointer ip)
{
  send_by (self, UDPNAT_SOCKET_FURTHER, 1);
  send_by (self, UDPNAT_SOCKET_FURTHER + 7, 1);
  send_by (self, UDPNAT_SOCKET_FURTHER, 1);
  g_assert_cmpuint (udpnat_socket_pool_get_count (self->pool), ==, 2);
  g_assert_cmpuint (receive_at_stranger (self), ==, 3);
  g_assert_cmpuint (self->in[0].remote.port, ==, self->in[2].remote.port);
  g_assert_cmpuint (self->in[0].remote.port, !=, self->in[1].remote.port);
}

static void
test_answer_names_its_socket (Fixture      *self,
                              gconstpointer ip)
{
  guint16 port;

  send_by (self, UDPNAT_SOCKET_FURTHER + 1, 1);
  send_by (self, UDPNAT_SOCKET_FURTHER + 3, 1);
  g_assert_cmpuint (receive_at_stranger (self), ==, 2);
  g_assert_false (is_readable (self));

  port = self->in[1].remote.port;
  udpnat_socket_send (self->stranger, &self->in[1], 1);
  g_assert_true (is_readable (self));
  g_assert_cmpuint (udpnat_socket_pool_receive_batch (self->pool, self->in, ROOM), ==, 1);
  g_assert_cmpuint (self->in[0].socket, ==, UDPNAT_SOCKET_FURTHER + 3);
  g_assert_cmpuint (self->in[0].local_port, ==, port);
  g_assert_cmpuint (self->in[0].n_data, ==, 1);
  g_assert_false (is_readable (self));
  g_assert_cmpuint (udpnat_socket_pool_receive_batch (self->pool, self->in, ROOM), ==, 0);
}

/* How many descriptors this process has; by asking for each, so that asking opens none. */
static guint
count_descriptors (void)
{
  guint n = 0;

  for (int fd = 0; fd < 4096; fd++)
    if (fcntl (fd, F_GETFD) >= 0)
      n++;
  return n;
}

static void
test_empty_datagram_closes (Fixture      *self,
                            gconstpointer ip)
{
  const guint n_before = count_descriptors ();
  guint16 port;

  send_by (self, UDPNAT_SOCKET_FURTHER, 1);
  g_assert_cmpuint (receive_at_stranger (self), ==, 1);
  port = self->in[0].remote.port;
  g_assert_cmpuint (count_descriptors (), ==, n_before + 1);

  send_by (self, UDPNAT_SOCKET_FURTHER, 0);
  g_assert_cmpuint (udpnat_socket_pool_get_count (self->pool), ==, 0);
  g_assert_cmpuint (count_descriptors (), ==, n_before);
  g_assert_cmpuint (receive_at_stranger (self), ==, 0);

  /* What never was open may be closed as well; and the number can be used again. */
  send_by (self, UDPNAT_SOCKET_FURTHER + 9, 0);
  send_by (self, UDPNAT_SOCKET_FURTHER, 1);
  g_assert_cmpuint (receive_at_stranger (self), ==, 1);
  g_assert_cmpuint (self->in[0].remote.port, !=, port);
}

static void
test_no_more_than_the_limit (Fixture      *self,
                             gconstpointer ip)
{
  for (guint i = 0; i < UDPNAT_FURTHER_SOCKETS_MAX + 3; i++)
    {
      send_by (self, UDPNAT_SOCKET_FURTHER + i, 1);
      if (i % 32 == 0) /* its receive buffer may be small */
        g_assert_cmpuint (receive_at_stranger (self), >, 0);
    }
  g_assert_cmpuint (udpnat_socket_pool_get_count (self->pool), ==, UDPNAT_FURTHER_SOCKETS_MAX);

  send_by (self, UDPNAT_SOCKET_FURTHER, 0);
  send_by (self, UDPNAT_SOCKET_FURTHER + UDPNAT_FURTHER_SOCKETS_MAX, 1);
  g_assert_cmpuint (udpnat_socket_pool_get_count (self->pool), ==, UDPNAT_FURTHER_SOCKETS_MAX);
}

#define ADD(name, ip, test) \
  g_test_add ("/socket-pool/" name, Fixture, ip, set_up, test, tear_down)

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD ("sockets/each-has-a-port", "127.0.0.1", test_each_has_a_port);
  ADD ("sockets/ipv6-has-one-too", "::1", test_each_has_a_port);
  ADD ("receive/answer-names-its-socket", "127.0.0.1", test_answer_names_its_socket);
  ADD ("close/empty-datagram-closes", "127.0.0.1", test_empty_datagram_closes);
  ADD ("limit/no-more-than-the-limit", "127.0.0.1", test_no_more_than_the_limit);

  return g_test_run ();
}
