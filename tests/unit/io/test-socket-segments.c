/* Datagrams that leave or arrive joined in one message (UDP_SEGMENT, UDP_GRO) are the same
 * datagrams. On the loopback interface. */

#include "config.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "udpnat-socket.h"

#define N_MAX 300

typedef struct
{
  UdpnatSocket   *from;
  UdpnatSocket   *to;
  UdpnatDatagram *sent;
  UdpnatDatagram *received;
  guint           n_sent;
} Fixture;

static UdpnatSocket *
open_one (void)
{
  g_autoptr (GError) error = NULL;
  UdpnatSocket *socket = udpnat_socket_new ("127.0.0.1", 0, 0, &error);
  int n_buffer = 4 << 20;

  g_assert_no_error (error);
  setsockopt (g_socket_get_fd (udpnat_socket_get_ipv4 (socket)), SOL_SOCKET, SO_RCVBUFFORCE,
              &n_buffer, sizeof n_buffer);
  return socket;
}

static void
setup (Fixture      *self,
       gconstpointer user_data)
{
  self->from = open_one ();
  self->to = open_one ();
  self->sent = g_new0 (UdpnatDatagram, N_MAX);
  self->received = g_new0 (UdpnatDatagram, N_MAX);
}

static void
teardown (Fixture      *self,
          gconstpointer user_data)
{
  udpnat_socket_free (self->from);
  udpnat_socket_free (self->to);
  g_free (self->sent);
  g_free (self->received);
}

/* Every byte depends on the datagram and on its place in it. */
static void
add_to (Fixture            *self,
        const UdpnatSocket *to,
        gsize               n_data)
{
  UdpnatDatagram *datagram = &self->sent[self->n_sent];

  g_assert_true (udpnat_address_parse_ip (&datagram->remote, "127.0.0.1",
                                          udpnat_socket_get_port (to)));
  datagram->n_data = n_data;
  for (gsize i = 0; i < n_data; i++)
    datagram->data[i] = (guint8) (self->n_sent * 31 + i);
  self->n_sent++;
}

static void
add (Fixture *self,
     gsize    n_data)
{
  add_to (self, self->to, n_data);
}

/* @n_at_once: room that the receiver has in each call */
static guint
receive_all (Fixture *self,
             guint    n_at_once)
{
  guint n_received = 0, n;

  do
    {
      n = udpnat_socket_receive_batch (self->to, self->received + n_received,
                                       MIN (n_at_once, N_MAX - n_received));
      n_received += n;
    }
  while (n > 0);
  g_assert_false (udpnat_socket_has_input (self->to));
  return n_received;
}

static void
check_all (Fixture *self,
           guint    n_at_once)
{
  udpnat_socket_send (self->from, self->sent, self->n_sent);
  g_assert_cmpuint (udpnat_socket_get_stats (self->from).sent, ==, self->n_sent);
  g_assert_cmpuint (receive_all (self, n_at_once), ==, self->n_sent);
  for (guint i = 0; i < self->n_sent; i++)
    {
      g_assert_cmpmem (self->received[i].data, self->received[i].n_data,
                       self->sent[i].data, self->sent[i].n_data);
      g_assert_cmpuint (self->received[i].remote.port, ==, udpnat_socket_get_port (self->from));
      g_assert_cmpuint (self->received[i].local_port, ==, udpnat_socket_get_port (self->to));
    }
  g_assert_cmpuint (udpnat_socket_get_stats (self->to).received, ==, self->n_sent);
}

/* Shorter ones end a message; longer ones begin another; so do empty ones. */
static void
add_mixture (Fixture *self)
{
  const gsize sizes[] = { 1000, 1000, 1000, 300, 300, 1200, 1200, 7, 0, 7, 7, 64, 64, 65, 64 };

  for (guint i = 0; i < 10 * G_N_ELEMENTS (sizes); i++)
    add (self, sizes[i % G_N_ELEMENTS (sizes)]);
}

static void
test_cut (Fixture      *self,
          gconstpointer user_data)
{
  add_mixture (self);
  check_all (self, N_MAX);
}

/* More than one message may hold, of bytes and of datagrams. */
static void
test_cut_many (Fixture      *self,
               gconstpointer user_data)
{
  for (guint i = 0; i < N_MAX; i++)
    add (self, i < 150 ? UDPNAT_DATAGRAM_MAX_BYTES : 20);
  check_all (self, N_MAX);
}

static void
test_joined (Fixture      *self,
             gconstpointer user_data)
{
  udpnat_socket_join_input (self->to);
  add_mixture (self);
  check_all (self, N_MAX);
}

/* What the caller has no room for waits, and it is told so. */
static void
test_joined_waits (Fixture      *self,
                   gconstpointer user_data)
{
  udpnat_socket_join_input (self->to);
  for (guint i = 0; i < 100; i++)
    add (self, i % 50 == 49 ? 500 : 1100);
  udpnat_socket_send (self->from, self->sent, 1);
  g_assert_false (udpnat_socket_has_input (self->to));
  g_assert_cmpuint (receive_all (self, 1), ==, 1);

  udpnat_socket_send (self->from, self->sent, self->n_sent);
  g_assert_cmpuint (udpnat_socket_receive_batch (self->to, self->received, 3), ==, 3);
  g_assert_true (udpnat_socket_has_input (self->to));
  g_assert_cmpuint (receive_all (self, 7), ==, 97);
  g_assert_cmpmem (self->received[96].data, self->received[96].n_data,
                   self->sent[99].data, self->sent[99].n_data);
}

/* The kernel does hand over several at once: else the rest of this file tests nothing. */
static void
test_is_joined (Fixture      *self,
                gconstpointer user_data)
{
  int fd = g_socket_get_fd (udpnat_socket_get_ipv4 (self->to));
  int on = 1;
  static guint8 data[65536];

  if (setsockopt (fd, IPPROTO_UDP, 104 /* UDP_GRO */, &on, sizeof on) != 0)
    {
      g_test_skip ("this kernel joins no datagrams");
      return;
    }
  for (guint i = 0; i < 10; i++)
    add (self, 1000);
  udpnat_socket_send (self->from, self->sent, self->n_sent);
  g_assert_cmpint (recv (fd, data, sizeof data, MSG_DONTWAIT), ==, 10000);
}

static void
test_joined_oversize (Fixture      *self,
                      gconstpointer user_data)
{
  const guint8 data[UDPNAT_DATAGRAM_MAX_BYTES + 1] = { 0 };
  struct sockaddr_in target = {
    .sin_family = AF_INET,
    .sin_port = htons (udpnat_socket_get_port (self->to)),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };

  udpnat_socket_join_input (self->to);
  add (self, UDPNAT_DATAGRAM_MAX_BYTES);
  udpnat_socket_send (self->from, self->sent, 1);
  g_assert_cmpint (sendto (g_socket_get_fd (udpnat_socket_get_ipv4 (self->from)), data, sizeof data,
                           0, (struct sockaddr *) &target, sizeof target), ==, sizeof data);
  udpnat_socket_send (self->from, self->sent, 1);
  g_assert_cmpuint (receive_all (self, N_MAX), ==, 2);
  g_assert_cmpuint (udpnat_socket_get_stats (self->to).oversize, ==, 1);
}

/* A kernel that refuses to cut, as it does without checksums: all go one by one. */
static void
test_not_cut (Fixture      *self,
              gconstpointer user_data)
{
  int on = 1;

  g_assert_cmpint (setsockopt (g_socket_get_fd (udpnat_socket_get_ipv4 (self->from)), SOL_SOCKET,
                               SO_NO_CHECK, &on, sizeof on), ==, 0);
  add_mixture (self);
  check_all (self, N_MAX);
  g_assert_cmpuint (udpnat_socket_get_stats (self->from).failed, ==, 0);
}

/* Those to others in between do not break the order of any. */
static void
test_two_targets (Fixture      *self,
                  gconstpointer user_data)
{
  g_autoptr (UdpnatSocket) other = open_one ();
  g_autofree UdpnatDatagram *others = g_new0 (UdpnatDatagram, N_MAX);

  for (guint i = 0; i < 60; i++)
    add_to (self, i / 3 % 2 == 0 ? self->to : other, 400);
  udpnat_socket_send (self->from, self->sent, self->n_sent);
  g_assert_cmpuint (receive_all (self, N_MAX), ==, 30);
  g_assert_cmpuint (udpnat_socket_receive_batch (other, others, N_MAX), ==, 30);
  for (guint i = 0; i < 60; i++)
    {
      const UdpnatDatagram *in = i / 3 % 2 == 0 ? self->received : others;

      in += i / 6 * 3 + i % 3;
      g_assert_cmpmem (in->data, in->n_data, self->sent[i].data, self->sent[i].n_data);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/io-socket-segments/" name, Fixture, NULL, setup, \
                                        function, teardown)
  ADD ("cut", test_cut);
  ADD ("cut-many", test_cut_many);
  ADD ("is-joined", test_is_joined);
  ADD ("joined", test_joined);
  ADD ("joined-waits", test_joined_waits);
  ADD ("joined-oversize", test_joined_oversize);
  ADD ("not-cut", test_not_cut);
  ADD ("two-targets", test_two_targets);
#undef ADD
  return g_test_run ();
}
