/* Which addresses this machine has: what a client offers to others as "host" candidates.
 *
 * Ranked, because only the first few are used (UDPNAT_CANDIDATES_MAX): the interface that the
 * default route leaves by comes first, then other networks, then tunnels, and last what is made of
 * software alone. Bridges of containers and of virtual machines whose names give them away are left
 * out: their addresses are the same on every second machine and lead nowhere from outside. So are
 * loopback, and link-local addresses, which mean nothing without an interface that only we know.
 *
 * Beacons (PROTOCOL.md section 16) go out by interfaces rather than addresses; those are listed
 * here as well.
 *
 * Not here: watching for changes (GNetworkMonitor does) and the addresses that others see
 * (rendezvous).
 */

#include "config.h"

#include "udpnat-interfaces.h"

#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "udpnat-hex.h"
#include "udpnat-sockaddr.h"

/* More than any sane machine has: a host of a thousand containers, each with a bridge and a cable.
 * The limit is for time; among so many the good one is found by its rank, wherever it stands. */
#define INTERFACES_SEEN_MAX 4096

typedef enum
{
  RANK_DEFAULT_SOURCE, /* the very address that packets to the internet leave with */
  RANK_DEFAULT_INTERFACE,
  RANK_OTHER,
  RANK_TUNNEL,
  RANK_VIRTUAL,
  RANK_LEFT_OUT,
} Rank;

typedef struct
{
  UdpnatAddress address;
  const char   *interface; /* borrowed from getifaddrs() */
  Rank          rank;
} Found;

static gboolean
address_from_entry (const struct ifaddrs *entry,
                    UdpnatAddress        *out_address)
{
  struct sockaddr_storage name = { 0 };

  if (entry->ifa_addr == NULL)
    return FALSE;
  /* What getifaddrs() gives is only as long as its family needs. */
  if (entry->ifa_addr->sa_family == AF_INET)
    memcpy (&name, entry->ifa_addr, sizeof (struct sockaddr_in));
  else if (entry->ifa_addr->sa_family == AF_INET6)
    memcpy (&name, entry->ifa_addr, sizeof (struct sockaddr_in6));
  return udpnat_sockaddr_to_address (&name, out_address);
}

/* Asks the kernel which address it would send from. Connecting a UDP socket only looks up the
 * route: nothing is sent, and the target is a documentation address (RFC 5737, RFC 3849) that
 * nobody has anyway. */
static gboolean
find_default_source (const char    *documentation_ip,
                     UdpnatAddress *out_address)
{
  struct sockaddr_storage name = { 0 };
  socklen_t n_name;
  UdpnatAddress target;
  gboolean found;
  int fd;

  if (!udpnat_address_parse_ip (&target, documentation_ip, 9))
    g_assert_not_reached ();
  n_name = udpnat_sockaddr_from_address (&name, &target);

  fd = socket (name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return FALSE;
  found = connect (fd, (struct sockaddr *) &name, n_name) == 0;
  n_name = sizeof name;
  found = found && getsockname (fd, (struct sockaddr *) &name, &n_name) == 0
          && udpnat_sockaddr_to_address (&name, out_address);
  close (fd);
  return found;
}

/* getifaddrs() does not tell that an IPv6 address is on its way out (a temporary one that has
 * been replaced, RFC 8981) or not usable yet. The kernel's table does: address, index, prefix,
 * scope and flags in hexadecimal, and a name. */
static gboolean
is_ipv6_stale (const UdpnatAddress *address)
{
  g_autofree char *contents = NULL;
  g_auto (GStrv) lines = NULL;
  char wanted[33] = "";

  if (!g_file_get_contents ("/proc/net/if_inet6", &contents, NULL, NULL))
    return FALSE;
  udpnat_hex_write (address->ip, sizeof address->ip, wanted);

  lines = g_strsplit (contents, "\n", INTERFACES_SEEN_MAX);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      guint flags;

      if (!g_str_has_prefix (lines[i], wanted))
        continue;
      if (sscanf (lines[i] + 32, "%*x %*x %*x %x", &flags) == 1)
        return (flags & (IFA_F_DEPRECATED | IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
    }
  return FALSE;
}

static Rank
rank_by_name (const char *interface)
{
  static const char *const left_out[] = { "docker", "br-", "veth", "virbr" };
  static const char *const tunnels[] = { "tun", "tap", "wg" };

  for (guint i = 0; i < G_N_ELEMENTS (left_out); i++)
    if (g_str_has_prefix (interface, left_out[i]))
      return RANK_LEFT_OUT;
  for (guint i = 0; i < G_N_ELEMENTS (tunnels); i++)
    if (g_str_has_prefix (interface, tunnels[i]))
      return RANK_TUNNEL;
  return RANK_OTHER;
}

/* Returns: what drives the interface, "" when the kernel does not say. Unlike /sys, this is about
 * the network namespace that we are in. */
static void
find_driver (int         fd,
             const char *interface,
             char        out_driver[32])
{
  struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
  struct ifreq request = { 0 };

  g_strlcpy (request.ifr_name, interface, sizeof request.ifr_name);
  request.ifr_data = (char *) &info;
  if (fd < 0 || ioctl (fd, SIOCETHTOOL, &request) != 0)
    info.driver[0] = '\0';
  g_strlcpy (out_driver, info.driver, sizeof info.driver);
}

/* Names are anybody's choice (cni0, lxcbr0, podman1): drivers are not. */
static Rank
rank_by_driver (int         fd,
                const char *interface)
{
  static const char *const virtual[] = { "bridge", "dummy", "openvswitch", "veth", "vxlan" };
  static const char *const tunnels[] = { "tun", "wireguard", "ipip", "sit", "gre" };
  char driver[32];

  find_driver (fd, interface, driver);
  for (guint i = 0; i < G_N_ELEMENTS (virtual); i++)
    if (g_str_equal (driver, virtual[i]))
      return RANK_VIRTUAL;
  for (guint i = 0; i < G_N_ELEMENTS (tunnels); i++)
    if (g_str_equal (driver, tunnels[i]))
      return RANK_TUNNEL;
  return RANK_OTHER;
}

static Rank
rank_entry (const struct ifaddrs *entry,
            int                   fd)
{
  Rank rank = rank_by_name (entry->ifa_name);

  if (rank == RANK_OTHER && (entry->ifa_flags & IFF_POINTOPOINT) != 0)
    return RANK_TUNNEL;
  return rank == RANK_OTHER ? rank_by_driver (fd, entry->ifa_name) : rank;
}

static gboolean
is_offered (const UdpnatAddress *address)
{
  UdpnatScope scope = udpnat_address_get_scope (address);

  if (scope != UDPNAT_SCOPE_PRIVATE && scope != UDPNAT_SCOPE_GLOBAL)
    return FALSE;
  return address->family != UDPNAT_FAMILY_IPV6 || !is_ipv6_stale (address);
}

/* Returns: (transfer full): of Found; all of them, for the last may be the best */
static GArray *
collect (const struct ifaddrs *list)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (Found));
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  guint n_seen = 0;

  for (const struct ifaddrs *entry = list; entry != NULL && n_seen < INTERFACES_SEEN_MAX;
       entry = entry->ifa_next, n_seen++)
    {
      const guint wanted = IFF_UP | IFF_RUNNING;
      Found one = { .interface = entry->ifa_name };

      if ((entry->ifa_flags & (wanted | IFF_LOOPBACK)) != wanted)
        continue;
      if (!address_from_entry (entry, &one.address) || !is_offered (&one.address))
        continue;
      one.rank = rank_entry (entry, fd);
      g_array_append_val (found, one);
    }
  if (fd >= 0)
    close (fd);
  return found;
}

/* What the default route uses counts whatever it is called: a router's LAN bridge may well be
 * "br-lan". */
static void
raise_default_route (GArray     *array,
                     const char *documentation_ip)
{
  Found *found = (Found *) array->data;
  guint n_found = array->len;
  const char *interface = NULL;
  UdpnatAddress source;

  if (!find_default_source (documentation_ip, &source))
    return;
  for (guint i = 0; i < n_found; i++)
    if (udpnat_address_equal_ip (&found[i].address, &source))
      {
        found[i].rank = RANK_DEFAULT_SOURCE;
        interface = found[i].interface;
      }
  for (guint i = 0; i < n_found && interface != NULL; i++)
    if (found[i].rank != RANK_DEFAULT_SOURCE && g_str_equal (found[i].interface, interface))
      found[i].rank = RANK_DEFAULT_INTERFACE;
}

/* One address may stand on two interfaces (a bridge and its port, a tunnel pair). */
static gboolean
is_listed (const UdpnatAddress *addresses,
           guint                n_addresses,
           const UdpnatAddress *address)
{
  for (guint i = 0; i < n_addresses; i++)
    if (udpnat_address_equal_ip (&addresses[i], address))
      return TRUE;
  return FALSE;
}

/**
 * udpnat_interfaces_get_addresses:
 * @out_addresses: (array length=n_max): addresses with port 0, best first, each only once
 * @n_max: room in @out_addresses
 *
 * Lists the addresses that others may be able to reach this machine at: those of interfaces that
 * are up and running, without loopback, link-local and stale ones.
 *
 * Returns: how many were written; 0 without any network
 */
guint
udpnat_interfaces_get_addresses (UdpnatAddress *out_addresses,
                                 guint          n_max)
{
  g_autoptr (GArray) found = NULL;
  struct ifaddrs *list = NULL;
  guint n_written = 0;

  if (getifaddrs (&list) != 0)
    return 0;
  found = collect (list);
  raise_default_route (found, "192.0.2.1");
  raise_default_route (found, "2001:db8::1");

  for (Rank rank = RANK_DEFAULT_SOURCE; rank < RANK_LEFT_OUT; rank++)
    for (guint i = 0; i < found->len && n_written < n_max; i++)
      {
        const Found *one = &g_array_index (found, Found, i);

        if (one->rank == rank && !is_listed (out_addresses, n_written, &one->address))
          out_addresses[n_written++] = one->address;
      }

  freeifaddrs (list);
  return n_written;
}

/** udpnat_interfaces_has_route: Returns: whether packets of @family have a way to the Internet, as
 * far as this machine knows */
gboolean
udpnat_interfaces_has_route (UdpnatFamily family)
{
  UdpnatAddress source;

  return find_default_source (family == UDPNAT_FAMILY_IPV6 ? "2001:db8::1" : "192.0.2.1",
                              &source) &&
         udpnat_address_get_scope (&source) != UDPNAT_SCOPE_LINK_LOCAL;
}

/* ---- Networks to be heard on ---- */

static UdpnatInterface *
ensure_interface (UdpnatInterface *interfaces,
                  guint           *n_interfaces,
                  guint            n_max,
                  const char      *name)
{
  guint32 index = if_nametoindex (name);

  for (guint i = 0; i < *n_interfaces; i++)
    if (interfaces[i].index == index)
      return &interfaces[i];
  if (index == 0 || *n_interfaces == n_max)
    return NULL;
  interfaces[*n_interfaces] = (UdpnatInterface) { .index = index };
  return &interfaces[(*n_interfaces)++];
}

/* Not loopback; and no tunnel, behind which there is another network than ours. */
static gboolean
is_heard (const struct ifaddrs *entry)
{
  const guint wanted = IFF_UP | IFF_RUNNING | IFF_MULTICAST;

  return (entry->ifa_flags & (wanted | IFF_LOOPBACK | IFF_POINTOPOINT)) == wanted &&
         rank_by_name (entry->ifa_name) == RANK_OTHER;
}

static void
note_address (UdpnatInterface     *interface,
              const UdpnatAddress *address)
{
  if (address->family == UDPNAT_FAMILY_IPV6)
    interface->has_ipv6 |= udpnat_address_get_scope (address) == UDPNAT_SCOPE_LINK_LOCAL;
  else if (!interface->has_ipv4)
    {
      interface->has_ipv4 = TRUE;
      interface->ipv4 = *address;
    }
}

/**
 * udpnat_interfaces_get_multicast:
 * @only: (nullable): an address of this machine: its interface and its family only
 * @out_interfaces: (array length=n_max): each once
 *
 * Lists the interfaces that are up and can send to groups, without loopback, tunnels, and bridges
 * of containers and virtual machines.
 *
 * Returns: how many were written
 */
guint
udpnat_interfaces_get_multicast (const UdpnatAddress *only,
                                 UdpnatInterface     *out_interfaces,
                                 guint                n_max)
{
  struct ifaddrs *list = NULL;
  guint n_interfaces = 0;
  guint n_seen = 0;

  if (getifaddrs (&list) != 0)
    return 0;
  for (const struct ifaddrs *entry = list; entry != NULL && n_seen < INTERFACES_SEEN_MAX;
       entry = entry->ifa_next, n_seen++)
    {
      UdpnatInterface *interface;
      UdpnatAddress address;

      if (!is_heard (entry) || !address_from_entry (entry, &address) ||
          (only != NULL && (only->family != address.family ||
                            memcmp (only->ip, address.ip, sizeof address.ip) != 0)))
        continue;
      interface = ensure_interface (out_interfaces, &n_interfaces, n_max, entry->ifa_name);
      if (interface != NULL)
        note_address (interface, &address);
    }
  freeifaddrs (list);
  return n_interfaces;
}
