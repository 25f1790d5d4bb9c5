/* UdpnatSocket on the loopback interface: opening and its errors, and moving datagrams. */

#include "config.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "udpnat-clock.h"
#include "udpnat-io-error.h"
#include "udpnat-sockaddr.h"
#include "udpnat-socket.h"
#include "udpnat-system-random.h"

static UdpnatSocket *
open_on (const char *ip)
{
  g_autoptr (GError) error = NULL;
  UdpnatSocket *socket = udpnat_socket_new (ip, 0, 0, &error);

  g_assert_no_error (error);
  g_assert_nonnull (socket);
  return socket;
}

static gboolean
has_ipv6 (void)
{
  g_autoptr (UdpnatSocket) socket = udpnat_socket_new ("::1", 0, 0, NULL);

  return socket != NULL;
}

static UdpnatDatagram *
datagram_to (const char         *ip,
             const UdpnatSocket *target,
             gsize               n_data,
             guint8              fill)
{
  UdpnatDatagram *datagram = g_new0 (UdpnatDatagram, 1);

  g_assert_true (udpnat_address_parse_ip (&datagram->remote, ip, udpnat_socket_get_port (target)));
  datagram->n_data = n_data;
  memset (datagram->data, fill, n_data);
  return datagram;
}

/* Loopback delivers within the sending call, so nothing here waits. */
static guint
receive (UdpnatSocket   *socket,
         UdpnatDatagram *out_datagrams,
         guint           n_max)
{
  return udpnat_socket_receive_batch (socket, out_datagrams, n_max);
}

/* ---- Opening ---- */

static void
test_any_port (void)
{
  g_autoptr (UdpnatSocket) socket = open_on (NULL);
  int fds[2];

  g_assert_cmpuint (udpnat_socket_get_port (socket), !=, 0);
  g_assert_nonnull (udpnat_socket_get_ipv4 (socket));
  g_assert_cmpuint (udpnat_socket_get_fds (socket, fds), ==, has_ipv6 () ? 2 : 1);
  g_assert_cmpint (fds[0], ==, g_socket_get_fd (udpnat_socket_get_ipv4 (socket)));
}

static void
test_both_families_share_port (void)
{
  g_autoptr (UdpnatSocket) socket = NULL;
  g_autoptr (GSocketAddress) address = NULL;

  if (!has_ipv6 ())
    {
      g_test_skip ("this machine has no IPv6");
      return;
    }
  socket = open_on (NULL);
  address = g_socket_get_local_address (udpnat_socket_get_ipv6 (socket), NULL);
  g_assert_cmpuint (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)),
                    ==, udpnat_socket_get_port (socket));
}

static void
test_single_families (void)
{
  g_autoptr (UdpnatSocket) ipv4 = open_on ("0.0.0.0");
  g_autoptr (UdpnatSocket) ipv6 = NULL;

  g_assert_null (udpnat_socket_get_ipv6 (ipv4));
  if (!has_ipv6 ())
    {
      g_test_skip ("this machine has no IPv6");
      return;
    }
  ipv6 = open_on ("::");
  g_assert_null (udpnat_socket_get_ipv4 (ipv6));
  g_assert_nonnull (udpnat_socket_get_ipv6 (ipv6));
}

static void
test_port_in_use (void)
{
  g_autoptr (UdpnatSocket) first = open_on ("127.0.0.1");
  g_autoptr (GError) error = NULL;
  g_autofree char *port = g_strdup_printf ("%u", udpnat_socket_get_port (first));

  g_assert_null (udpnat_socket_new ("127.0.0.1", udpnat_socket_get_port (first), 0, &error));
  g_assert_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_PORT_IN_USE);
  g_assert_nonnull (strstr (error->message, port));
  g_assert_nonnull (strstr (error->message, "choose another port"));
}

static void
test_port_in_use_by_either_family (void)
{
  g_autoptr (UdpnatSocket) first = NULL;
  g_autoptr (GError) error = NULL;

  if (!has_ipv6 ())
    {
      g_test_skip ("this machine has no IPv6");
      return;
    }
  first = open_on ("::");
  g_assert_null (udpnat_socket_new (NULL, udpnat_socket_get_port (first), 0, &error));
  g_assert_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_PORT_IN_USE);
}

static void
test_next_port (void)
{
  g_autoptr (UdpnatSocket) first = open_on ("127.0.0.1");
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatSocket) second = NULL;

  /* Others may have some of the following ports. */
  second = udpnat_socket_new ("127.0.0.1", udpnat_socket_get_port (first), 20, &error);
  if (udpnat_socket_get_port (first) > G_MAXUINT16 - 20)
    {
      g_test_skip ("the system chose one of the last ports");
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (udpnat_socket_get_port (second), >, udpnat_socket_get_port (first));
  g_assert_cmpuint (udpnat_socket_get_port (second), <=, udpnat_socket_get_port (first) + 20);
}

static void
test_no_port_above_the_last (void)
{
  g_autoptr (UdpnatSocket) first = udpnat_socket_new ("127.0.0.1", G_MAXUINT16, 0, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (udpnat_socket_new ("127.0.0.1", G_MAXUINT16, 100, &error));
  g_assert_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_PORT_IN_USE);
}

static void
test_bad_ip (gconstpointer ip)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (udpnat_socket_new (ip, 0, 0, &error));
  g_assert_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_ADDRESS_INVALID);
  g_assert_nonnull (strstr (error->message, ip));
  g_assert_nonnull (strstr (error->message, "0.0.0.0"));
}

static void
test_free_null (void)
{
  udpnat_socket_free (NULL);
}

/* ---- Moving datagrams ---- */

static void
check_exchange (const char *ip)
{
  g_autoptr (UdpnatSocket) a = open_on (ip);
  g_autoptr (UdpnatSocket) b = open_on (ip);
  g_autofree UdpnatDatagram *sent = datagram_to (ip, b, UDPNAT_DATAGRAM_MAX_BYTES, 0x5a);
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 1);

  udpnat_socket_send (a, sent, 1);
  g_assert_cmpuint (receive (b, received, 1), ==, 1);
  g_assert_cmpmem (received->data, received->n_data, sent->data, sent->n_data);
  g_assert_cmpuint (received->remote.port, ==, udpnat_socket_get_port (a));
  g_assert_true (udpnat_address_equal_ip (&received->remote, &sent->remote));
  g_assert_cmpuint (received->ttl, ==, 0);
  g_assert_cmpint (received->socket, ==, UDPNAT_SOCKET_MAIN);
  g_assert_cmpuint (udpnat_socket_get_stats (a).sent, ==, 1);
  g_assert_cmpuint (udpnat_socket_get_stats (b).received, ==, 1);
  g_assert_cmpuint (receive (b, received, 1), ==, 0);
}

static void
test_exchange_ipv4 (void)
{
  check_exchange ("127.0.0.1");
}

static void
test_exchange_ipv6 (void)
{
  if (!has_ipv6 ())
    g_test_skip ("this machine has no IPv6");
  else
    check_exchange ("::1");
}

/* One batch with both families, to one program that has both. */
static void
test_mixed_batch (void)
{
  g_autoptr (UdpnatSocket) a = NULL;
  g_autoptr (UdpnatSocket) b = NULL;
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 8);
  g_autofree UdpnatDatagram *sent = g_new0 (UdpnatDatagram, 4);
  guint n_ipv4 = 0;

  if (!has_ipv6 ())
    {
      g_test_skip ("this machine has no IPv6");
      return;
    }
  a = open_on (NULL);
  b = open_on (NULL);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree UdpnatDatagram *one = datagram_to (i % 2 == 0 ? "127.0.0.1" : "::1", b, 1, i);

      sent[i] = *one;
    }
  udpnat_socket_send (a, sent, 4);
  g_assert_cmpuint (receive (b, received, 8), ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      gboolean is_ipv4 = received[i].remote.family == UDPNAT_FAMILY_IPV4;

      g_assert_cmpuint (received[i].data[0] % 2, ==, is_ipv4 ? 0 : 1);
      n_ipv4 += is_ipv4;
    }
  g_assert_cmpuint (n_ipv4, ==, 2);
}

static void
test_empty_datagram (void)
{
  g_autoptr (UdpnatSocket) a = open_on ("127.0.0.1");
  g_autoptr (UdpnatSocket) b = open_on ("127.0.0.1");
  g_autofree UdpnatDatagram *sent = datagram_to ("127.0.0.1", b, 0, 0);
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 1);

  received->n_data = 77;
  udpnat_socket_send (a, sent, 1);
  g_assert_cmpuint (receive (b, received, 1), ==, 1);
  g_assert_cmpuint (received->n_data, ==, 0);
}

/* Sent past our own limit, as a stranger can. */
static void
send_raw (const UdpnatSocket *from,
          const UdpnatSocket *to,
          gsize               n_data,
          guint8              fill)
{
  g_autofree guint8 *data = g_malloc (n_data);
  struct sockaddr_in target = {
    .sin_family = AF_INET,
    .sin_port = htons (udpnat_socket_get_port (to)),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };

  memset (data, fill, n_data);
  g_assert_cmpint (sendto (g_socket_get_fd (udpnat_socket_get_ipv4 (from)), data, n_data, 0,
                           (struct sockaddr *) &target, sizeof target), ==, n_data);
}

static void
test_oversize (void)
{
  g_autoptr (UdpnatSocket) a = open_on ("127.0.0.1");
  g_autoptr (UdpnatSocket) b = open_on ("127.0.0.1");
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 8);

  send_raw (a, b, UDPNAT_DATAGRAM_MAX_BYTES, 1);
  send_raw (a, b, UDPNAT_DATAGRAM_MAX_BYTES + 1, 2);
  send_raw (a, b, 9000, 3);
  send_raw (a, b, 5, 4);
  g_assert_cmpuint (receive (b, received, 8), ==, 2);
  g_assert_cmpuint (received[0].n_data, ==, UDPNAT_DATAGRAM_MAX_BYTES);
  g_assert_cmpuint (received[0].data[0], ==, 1);
  g_assert_cmpuint (received[1].n_data, ==, 5);
  g_assert_cmpuint (received[1].data[0], ==, 4);
  g_assert_cmpuint (received[1].data[4], ==, 4);
  g_assert_cmpuint (udpnat_socket_get_stats (b).oversize, ==, 2);
  g_assert_cmpuint (udpnat_socket_get_stats (b).received, ==, 2);
}

static void
test_more_than_one_batch (void)
{
  const guint n_sent = 2 * UDPNAT_SOCKET_BATCH + 3;
  g_autoptr (UdpnatSocket) a = open_on ("127.0.0.1");
  g_autoptr (UdpnatSocket) b = open_on ("127.0.0.1");
  g_autofree UdpnatDatagram *sent = g_new0 (UdpnatDatagram, n_sent);
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, n_sent);
  guint n_received = 0;

  for (guint i = 0; i < n_sent; i++)
    {
      g_autofree UdpnatDatagram *one = datagram_to ("127.0.0.1", b, 1, i);

      sent[i] = *one;
    }
  udpnat_socket_send (a, sent, n_sent);
  g_assert_cmpuint (udpnat_socket_get_stats (a).sent, ==, n_sent);

  g_assert_cmpuint (receive (b, received, n_sent), ==, UDPNAT_SOCKET_BATCH);
  n_received = UDPNAT_SOCKET_BATCH;
  n_received += receive (b, received + n_received, n_sent - n_received);
  n_received += receive (b, received + n_received, n_sent - n_received);
  g_assert_cmpuint (n_received, ==, n_sent);
  for (guint i = 0; i < n_sent; i++)
    g_assert_cmpuint (received[i].data[0], ==, i);
}

/* The kernel refuses port 0; what comes before and after must not suffer. */
static void
test_failure_spares_the_rest (void)
{
  g_autoptr (UdpnatSocket) a = open_on ("127.0.0.1");
  g_autoptr (UdpnatSocket) b = open_on ("127.0.0.1");
  g_autofree UdpnatDatagram *sent = g_new0 (UdpnatDatagram, 5);
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 5);

  for (guint i = 0; i < 5; i++)
    {
      g_autofree UdpnatDatagram *one = datagram_to ("127.0.0.1", b, 1, i);

      sent[i] = *one;
      if (i == 0 || i == 2 || i == 3)
        sent[i].remote.port = 0;
    }
  udpnat_socket_send (a, sent, 5);
  g_assert_cmpuint (udpnat_socket_get_stats (a).failed, ==, 3);
  g_assert_cmpuint (udpnat_socket_get_stats (a).sent, ==, 2);
  g_assert_cmpuint (receive (b, received, 5), ==, 2);
  g_assert_cmpuint (received[0].data[0], ==, 1);
  g_assert_cmpuint (received[1].data[0], ==, 4);
}

static void
test_missing_family_counts_as_failed (void)
{
  g_autoptr (UdpnatSocket) socket = open_on ("127.0.0.1");
  g_autofree UdpnatDatagram *datagram = datagram_to ("2001:db8::1", socket, 1, 0);

  udpnat_socket_send (socket, datagram, 1);
  g_assert_cmpuint (udpnat_socket_get_stats (socket).failed, ==, 1);
}

/* Nobody listens there any more: the ICMP error must neither stop receiving nor eat the next
 * datagram. */
static void
test_closed_port_is_ignored (void)
{
  g_autoptr (UdpnatSocket) a = open_on ("127.0.0.1");
  g_autoptr (UdpnatSocket) b = open_on ("127.0.0.1");
  g_autoptr (UdpnatSocket) gone = open_on ("127.0.0.1");
  g_autofree UdpnatDatagram *lost = datagram_to ("127.0.0.1", gone, 1, 0);
  g_autofree UdpnatDatagram *sent = datagram_to ("127.0.0.1", b, 1, 0);
  g_autofree UdpnatDatagram *received = g_new0 (UdpnatDatagram, 1);

  /* Errors are reported only on request; ask for them, so that there is one to survive. */
  g_assert_true (g_socket_set_option (udpnat_socket_get_ipv4 (a), IPPROTO_IP, IP_RECVERR, 1, NULL));
  g_clear_pointer (&gone, udpnat_socket_free);
  udpnat_socket_send (a, lost, 1);
  udpnat_socket_send (a, sent, 1);
  g_assert_cmpuint (receive (b, received, 1), ==, 1);
  udpnat_socket_send (a, lost, 1);
  udpnat_socket_send (b, (sent->remote.port = udpnat_socket_get_port (a), sent), 1);
  g_assert_cmpuint (receive (a, received, 1), ==, 1);
}

/* ---- TTL ---- */

static int
receive_ttl (GSocket *socket,
             int      level,
             int      type)
{
  union
  {
    struct cmsghdr header;
    guint8         bytes[256];
  } control;
  guint8 data[16];
  struct iovec buffer = { .iov_base = data, .iov_len = sizeof data };
  struct msghdr message = {
    .msg_iov = &buffer,
    .msg_iovlen = 1,
    .msg_control = &control,
    .msg_controllen = sizeof control,
  };

  g_assert_cmpint (recvmsg (g_socket_get_fd (socket), &message, MSG_DONTWAIT), ==, 1);
  for (struct cmsghdr *c = CMSG_FIRSTHDR (&message); c != NULL; c = CMSG_NXTHDR (&message, c))
    if (c->cmsg_level == level && c->cmsg_type == type)
      {
        int ttl;

        memcpy (&ttl, CMSG_DATA (c), sizeof ttl);
        return ttl;
      }
  return -1;
}

/* Three in one batch: with the default, with 4, with the default again. */
static void
check_ttl (const char *ip,
           int         level,
           int         receive_option,
           int         type)
{
  g_autoptr (UdpnatSocket) a = open_on (ip);
  g_autoptr (UdpnatSocket) b = open_on (ip);
  GSocket *socket = udpnat_socket_get_ipv4 (b) != NULL ? udpnat_socket_get_ipv4 (b)
                                                       : udpnat_socket_get_ipv6 (b);
  g_autofree UdpnatDatagram *sent = g_new0 (UdpnatDatagram, 4);
  int normal;

  g_assert_true (g_socket_set_option (socket, level, receive_option, 1, NULL));
  for (guint i = 0; i < 4; i++)
    {
      g_autofree UdpnatDatagram *one = datagram_to (ip, b, 1, i);

      sent[i] = *one;
    }
  sent[1].ttl = UDPNAT_OPEN_TTL;
  sent[2].ttl = 255;
  udpnat_socket_send (a, sent, 4);
  normal = receive_ttl (socket, level, type);
  g_assert_cmpint (normal, >, UDPNAT_OPEN_TTL);
  g_assert_cmpint (receive_ttl (socket, level, type), ==, UDPNAT_OPEN_TTL);
  g_assert_cmpint (receive_ttl (socket, level, type), ==, 255);
  g_assert_cmpint (receive_ttl (socket, level, type), ==, normal);
}

static void
test_ttl_ipv4 (void)
{
  check_ttl ("127.0.0.1", IPPROTO_IP, IP_RECVTTL, IP_TTL);
}

static void
test_ttl_ipv6 (void)
{
  if (!has_ipv6 ())
    g_test_skip ("this machine has no IPv6");
  else
    check_ttl ("::1", IPPROTO_IPV6, IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT);
}

/* ---- Addresses of the system ---- */

static void
test_sockaddr_keeps_scope (void)
{
  struct sockaddr_storage name = { 0 };
  UdpnatAddress address;
  UdpnatAddress back;
  const guint8 link_local[16] = { 0xfe, 0x80, [15] = 1 };

  udpnat_address_init_ipv6 (&address, link_local, 8900);
  address.scope_id = 7;
  g_assert_cmpuint (udpnat_sockaddr_from_address (&name, &address),
                    ==, sizeof (struct sockaddr_in6));
  g_assert_true (udpnat_sockaddr_to_address (&name, &back));
  g_assert_true (udpnat_address_equal (&address, &back));
  g_assert_cmpuint (back.scope_id, ==, 7);
}

static void
test_sockaddr_unmaps_ipv4 (void)
{
  struct sockaddr_in6 mapped = {
    .sin6_family = AF_INET6,
    .sin6_port = htons (8900),
    .sin6_addr.s6_addr = { [10] = 0xff, 0xff, 192, 0, 2, 7 },
  };
  struct sockaddr_storage name = { 0 };
  UdpnatAddress address;
  UdpnatAddress expected;

  memcpy (&name, &mapped, sizeof mapped);
  g_assert_true (udpnat_sockaddr_to_address (&name, &address));
  g_assert_true (udpnat_address_parse_ip (&expected, "192.0.2.7", 8900));
  g_assert_true (udpnat_address_equal (&address, &expected));
}

static void
test_sockaddr_refuses_others (void)
{
  struct sockaddr_storage name = { .ss_family = AF_UNIX };
  UdpnatAddress address;

  g_assert_false (udpnat_sockaddr_to_address (&name, &address));
}

/* ---- Clock and random ---- */

static void
test_clock (void)
{
  gint64 before_us = udpnat_clock_get_now_us ();
  gint64 after_us = udpnat_clock_get_now_us ();

  g_assert_cmpint (before_us, >, 0);
  g_assert_cmpint (after_us, >=, before_us);
  /* Boot time is monotonic time plus sleep. */
  g_assert_cmpint (udpnat_clock_get_now_us () + 1, >=, g_get_monotonic_time () - UDPNAT_MSEC (50));
  /* 2020-01-01: a clock in other units would be far off. */
  g_assert_cmpint (udpnat_clock_get_wall_us (), >, G_GINT64_CONSTANT (1577836800) * G_USEC_PER_SEC);
}

static void
test_random_fills_all (void)
{
  UdpnatRandom random = udpnat_system_random ();
  guint8 bytes[1024 + 1] = { 0 };
  gboolean seen[256] = { FALSE };
  guint n_seen = 0;

  bytes[1024] = 0xa5;
  random.fill (random.user_data, bytes, 1024);
  g_assert_cmpuint (bytes[1024], ==, 0xa5);
  for (guint i = 0; i < 1024; i++)
    n_seen += !seen[bytes[i]], seen[bytes[i]] = TRUE;
  /* About 251 of 256 values are expected; 200 is out of reach of chance. */
  g_assert_cmpuint (n_seen, >, 200);
  random.fill (random.user_data, bytes, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/io-socket/open/any-port", test_any_port);
  g_test_add_func ("/io-socket/open/both-families-share-port", test_both_families_share_port);
  g_test_add_func ("/io-socket/open/single-families", test_single_families);
  g_test_add_func ("/io-socket/open/port-in-use", test_port_in_use);
  g_test_add_func ("/io-socket/open/port-in-use-by-either-family",
                   test_port_in_use_by_either_family);
  g_test_add_func ("/io-socket/open/next-port-when-taken", test_next_port);
  g_test_add_func ("/io-socket/open/no-port-above-the-last", test_no_port_above_the_last);
  g_test_add_data_func ("/io-socket/open/ip-is-a-word", "banana", test_bad_ip);
  g_test_add_data_func ("/io-socket/open/ip-with-port", "127.0.0.1:8900", test_bad_ip);
  g_test_add_data_func ("/io-socket/open/ip-too-large", "256.0.0.1", test_bad_ip);
  g_test_add_data_func ("/io-socket/open/ip-not-of-this-machine", "192.0.2.77", test_bad_ip);
  g_test_add_func ("/io-socket/free/null", test_free_null);
  g_test_add_func ("/io-socket/exchange/ipv4", test_exchange_ipv4);
  g_test_add_func ("/io-socket/exchange/ipv6", test_exchange_ipv6);
  g_test_add_func ("/io-socket/exchange/mixed-batch", test_mixed_batch);
  g_test_add_func ("/io-socket/exchange/more-than-one-batch", test_more_than_one_batch);
  g_test_add_func ("/io-socket/receive/empty-datagram", test_empty_datagram);
  g_test_add_func ("/io-socket/receive/oversize-dropped-and-counted", test_oversize);
  g_test_add_func ("/io-socket/send/failure-spares-the-rest", test_failure_spares_the_rest);
  g_test_add_func ("/io-socket/send/missing-family-counts-as-failed",
                   test_missing_family_counts_as_failed);
  g_test_add_func ("/io-socket/send/closed-port-is-ignored", test_closed_port_is_ignored);
  g_test_add_func ("/io-socket/ttl/ipv4", test_ttl_ipv4);
  g_test_add_func ("/io-socket/ttl/ipv6", test_ttl_ipv6);
  g_test_add_func ("/io-socket/sockaddr/keeps-scope", test_sockaddr_keeps_scope);
  g_test_add_func ("/io-socket/sockaddr/unmaps-ipv4", test_sockaddr_unmaps_ipv4);
  g_test_add_func ("/io-socket/sockaddr/refuses-others", test_sockaddr_refuses_others);
  g_test_add_func ("/io-clock/now-and-wall", test_clock);
  g_test_add_func ("/io-random/fills-all", test_random_fills_all);

  return g_test_run ();
}
