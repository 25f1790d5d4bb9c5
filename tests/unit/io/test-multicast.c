/* The port that all programs of a machine share. Nothing is sent here: with loopback as the only
 * address there is no interface. Real networks are in tests/netlab. */

#include "config.h"

#include <sys/socket.h>

#include "udpnat-interfaces.h"
#include "udpnat-multicast.h"

/* Not udpnat's own, so that a program that runs is not in the way. */
#define PORT 18850
#define GROUP_IPV4 "239.255.88.51"
#define GROUP_IPV6 "ff12::8851"

static UdpnatMulticast *
open_on (const char *only_ip)
{
  g_autoptr (GError) error = NULL;
  UdpnatMulticast *multicast = udpnat_multicast_new (GROUP_IPV4, GROUP_IPV6, PORT, only_ip,
                                                     &error);

  g_assert_no_error (error);
  g_assert_nonnull (multicast);
  return multicast;
}

static void
test_shared (void)
{
  g_autoptr (UdpnatMulticast) first = open_on (NULL);
  g_autoptr (UdpnatMulticast) second = open_on (NULL);

  g_assert_nonnull (udpnat_socket_get_ipv4 (udpnat_multicast_get_socket (first)));
  g_assert_nonnull (udpnat_socket_get_ipv4 (udpnat_multicast_get_socket (second)));
}

static void
test_loopback_is_no_network (void)
{
  g_autoptr (UdpnatMulticast) multicast = open_on ("127.0.0.1");
  UdpnatSocket *socket = udpnat_multicast_get_socket (multicast);
  UdpnatDatagram datagram = { .n_data = 5 };

  g_assert_false (udpnat_multicast_refresh (multicast));
  g_assert_cmpuint (udpnat_multicast_count_interfaces (multicast), ==, 0);
  g_assert_null (udpnat_socket_get_ipv6 (socket));
  if (!udpnat_address_parse_ip (&datagram.remote, GROUP_IPV4, PORT))
    g_assert_not_reached ();
  udpnat_socket_send (socket, &datagram, 1);
  g_assert_cmpuint (udpnat_socket_get_stats (socket).sent, ==, 0);
}

/* What is sent to our own address is not for the group. */
static void
test_only_the_group (void)
{
  g_autoptr (UdpnatMulticast) multicast = open_on ("127.0.0.1");
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatSocket) other = udpnat_socket_new ("127.0.0.1", 0, 0, &error);
  UdpnatDatagram datagram = { .n_data = 5 };
  UdpnatDatagram received;

  g_assert_no_error (error);
  if (!udpnat_address_parse_ip (&datagram.remote, "127.0.0.1", PORT))
    g_assert_not_reached ();
  udpnat_socket_send (other, &datagram, 1);
  g_assert_cmpuint (udpnat_socket_receive_batch (udpnat_multicast_get_socket (multicast),
                                                 &received, 1), ==, 0);
}

static void
test_port_kept_by_another (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatSocket) other = udpnat_socket_new (NULL, PORT, 0, &error);
  g_autoptr (UdpnatMulticast) multicast = NULL;

  g_assert_no_error (error);
  multicast = udpnat_multicast_new (GROUP_IPV4, GROUP_IPV6, PORT, NULL, &error);
  if (multicast != NULL)
    {
      /* Bound to a group, IPv4 does not collide; then IPv6 is what is left out. */
      g_assert_null (udpnat_socket_get_ipv6 (udpnat_multicast_get_socket (multicast)));
      return;
    }
  g_assert_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_PORT_IN_USE);
}

static void
test_interfaces (void)
{
  UdpnatInterface found[UDPNAT_INTERFACES_MAX];
  guint n_found = udpnat_interfaces_get_multicast (NULL, found, G_N_ELEMENTS (found));

  g_assert_cmpuint (n_found, <=, G_N_ELEMENTS (found));
  for (guint i = 0; i < n_found; i++)
    {
      g_assert_cmpuint (found[i].index, !=, 0);
      g_assert_cmpint (udpnat_address_get_scope (&found[i].ipv4), !=, UDPNAT_SCOPE_LOOPBACK);
      g_assert_cmpint (found[i].has_ipv4, ==, udpnat_address_is_set (&found[i].ipv4));
      for (guint j = 0; j < i; j++)
        g_assert_cmpuint (found[i].index, !=, found[j].index);
    }
  g_assert_cmpuint (udpnat_interfaces_get_multicast (NULL, found, 0), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io-multicast/open/port-is-shared", test_shared);
  g_test_add_func ("/io-multicast/open/loopback-is-no-network", test_loopback_is_no_network);
  g_test_add_func ("/io-multicast/open/port-kept-by-another", test_port_kept_by_another);
  g_test_add_func ("/io-multicast/receive/only-what-is-for-the-group", test_only_the_group);
  g_test_add_func ("/io-multicast/interfaces/each-once-and-no-loopback", test_interfaces);
  return g_test_run ();
}
