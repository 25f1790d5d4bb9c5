/* What udpnat_interfaces_get_addresses() may never list, whatever machine the test runs on. */

#include "config.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "udpnat-interfaces.h"
#include "udpnat-sockaddr.h"

#define LIST_MAX 64

static void
test_only_usable_ones (void)
{
  UdpnatAddress list[LIST_MAX];
  guint n_list = udpnat_interfaces_get_addresses (list, LIST_MAX);

  g_assert_cmpuint (n_list, <=, LIST_MAX);
  for (guint i = 0; i < n_list; i++)
    {
      UdpnatScope scope = udpnat_address_get_scope (&list[i]);

      g_assert_true (scope == UDPNAT_SCOPE_PRIVATE || scope == UDPNAT_SCOPE_GLOBAL);
      g_assert_cmpuint (list[i].port, ==, 0);
      g_assert_cmpuint (list[i].scope_id, ==, 0);
    }
}

static void
test_each_once (void)
{
  UdpnatAddress list[LIST_MAX];
  guint n_list = udpnat_interfaces_get_addresses (list, LIST_MAX);

  for (guint i = 0; i < n_list; i++)
    for (guint j = i + 1; j < n_list; j++)
      g_assert_false (udpnat_address_equal_ip (&list[i], &list[j]));
}

static void
test_room_is_kept (void)
{
  UdpnatAddress list[LIST_MAX];
  UdpnatAddress few[2];
  guint n_list = udpnat_interfaces_get_addresses (list, LIST_MAX);

  g_assert_cmpuint (udpnat_interfaces_get_addresses (NULL, 0), ==, 0);
  memset (few, 0xee, sizeof few);
  g_assert_cmpuint (udpnat_interfaces_get_addresses (few, 1), ==, MIN (n_list, 1));
  g_assert_cmpuint (few[1].family, ==, 0xee);
  if (n_list > 0)
    g_assert_true (udpnat_address_equal (&few[0], &list[0]));
}

static void
test_default_route_first (void)
{
  struct sockaddr_storage name = { 0 };
  socklen_t n_name;
  UdpnatAddress list[LIST_MAX];
  UdpnatAddress target;
  UdpnatAddress source;
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  g_assert_true (udpnat_address_parse_ip (&target, "192.0.2.1", 9));
  n_name = udpnat_sockaddr_from_address (&name, &target);
  if (connect (fd, (struct sockaddr *) &name, n_name) != 0)
    {
      close (fd);
      g_test_skip ("this machine has no default route");
      return;
    }
  n_name = sizeof name;
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &name, &n_name), ==, 0);
  close (fd);
  g_assert_true (udpnat_sockaddr_to_address (&name, &source));
  if (udpnat_address_get_scope (&source) == UDPNAT_SCOPE_LINK_LOCAL)
    {
      g_test_skip ("the default route leaves from a link-local address");
      return;
    }
  g_assert_cmpuint (udpnat_interfaces_get_addresses (list, 1), ==, 1);
  g_assert_true (udpnat_address_equal_ip (&list[0], &source)
                 || list[0].family == UDPNAT_FAMILY_IPV6);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/io-interfaces/list/only-usable-ones", test_only_usable_ones);
  g_test_add_func ("/io-interfaces/list/each-once", test_each_once);
  g_test_add_func ("/io-interfaces/list/room-is-kept", test_room_is_kept);
  g_test_add_func ("/io-interfaces/rank/default-route-first", test_default_route_first);

  return g_test_run ();
}
