/* A port shared by all programs of this machine, joined to a group of each family on every
 * interface.
 *
 * The IPv4 socket is bound to the group itself: what is sent to our address and this port is not
 * ours. With IPv6 that is not possible on several interfaces at once; who uses it looks at the
 * source. Nothing leaves the link: TTL and hop limit are 1. Programs of one machine hear each other
 * (loop).
 *
 * Not here: when interfaces are to be looked at again. */

#include "config.h"

#include "udpnat-multicast.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "udpnat-sockaddr.h"
#include "udpnat-socket-private.h"

struct _UdpnatMulticast
{
  UdpnatAddress   group_ipv4;
  UdpnatAddress   group_ipv6;
  UdpnatAddress   only; /* unset: all */
  UdpnatSocket   *socket;
  UdpnatInterface interfaces[UDPNAT_INTERFACES_MAX];
  guint           n_interfaces;
};

static void
configure (GSocket *socket,
           guint8   family)
{
  /* Whoever shares the port must say so, too. */
  g_socket_set_option (socket, SOL_SOCKET, SO_REUSEADDR, TRUE, NULL);
  if (family == UDPNAT_FAMILY_IPV4)
    {
      g_socket_set_option (socket, IPPROTO_IP, IP_MULTICAST_TTL, 1, NULL);
      g_socket_set_option (socket, IPPROTO_IP, IP_MULTICAST_LOOP, TRUE, NULL);
    }
  else
    {
      g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, TRUE, NULL);
      g_socket_set_option (socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, NULL);
      g_socket_set_option (socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, TRUE, NULL);
    }
}

static GSocket *
open_family (const UdpnatAddress *group,
             GError             **error)
{
  gboolean is_ipv4 = group->family == UDPNAT_FAMILY_IPV4;
  g_autoptr (GSocket) socket = NULL;
  UdpnatAddress bound = *group;
  struct sockaddr_storage name = { 0 };
  socklen_t n_name;

  socket = g_socket_new (is_ipv4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6,
                         G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, error);
  if (socket == NULL)
    return NULL;
  configure (socket, group->family);
  if (!is_ipv4)
    memset (bound.ip, 0, sizeof bound.ip);
  n_name = udpnat_sockaddr_from_address (&name, &bound);
  if (bind (g_socket_get_fd (socket), (struct sockaddr *) &name, n_name) == 0)
    return g_steal_pointer (&socket);
  g_set_error (error, UDPNAT_IO_ERROR,
               errno == EADDRINUSE ? UDPNAT_IO_ERROR_PORT_IN_USE : UDPNAT_IO_ERROR_FAILED,
               /* Translators: a port, and what went wrong, in words of the system */
               _("People on this network cannot be found: UDP port %u: %s."), group->port,
               g_strerror (errno));
  return NULL;
}

static gboolean
open_pair (UdpnatMulticast *self,
           GError         **error)
{
  UdpnatSocketPair pair = { .port = self->group_ipv4.port };
  g_autoptr (GError) local_error = NULL;
  gboolean is_any = !udpnat_address_is_set (&self->only);

  if (is_any || self->only.family == UDPNAT_FAMILY_IPV4)
    pair.ipv4 = open_family (&self->group_ipv4, &local_error);
  if (is_any || self->only.family == UDPNAT_FAMILY_IPV6)
    pair.ipv6 = open_family (&self->group_ipv6, local_error == NULL ? &local_error : NULL);
  if (pair.ipv4 == NULL && pair.ipv6 == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  self->socket = udpnat_socket_new_for_pair (&pair);
  return TRUE;
}

/**
 * udpnat_multicast_new:
 * @group_ipv4: an IPv4 group
 * @group_ipv6: a link-local IPv6 group
 * @port: of both
 * @only_ip: (nullable): an address of this machine: only its family, and only on its network
 *
 * Opens the port, without any interface: see udpnat_multicast_refresh().
 *
 * Returns: (transfer full) (nullable): %NULL with an error of %UDPNAT_IO_ERROR or %G_IO_ERROR when
 *   neither family works
 */
UdpnatMulticast *
udpnat_multicast_new (const char *group_ipv4,
                      const char *group_ipv6,
                      guint16     port,
                      const char *only_ip,
                      GError    **error)
{
  g_autoptr (UdpnatMulticast) self = g_new0 (UdpnatMulticast, 1);

  if (!udpnat_address_parse_ip (&self->group_ipv4, group_ipv4, port) ||
      !udpnat_address_parse_ip (&self->group_ipv6, group_ipv6, port))
    g_assert_not_reached ();
  /* "All addresses" of one family is no address. */
  if (only_ip != NULL && (!udpnat_address_parse_ip (&self->only, only_ip, 0) ||
                          udpnat_address_get_scope (&self->only) == UDPNAT_SCOPE_UNUSABLE))
    self->only = UDPNAT_ADDRESS_NONE;
  if (!open_pair (self, error))
    return NULL;
  udpnat_socket_set_interfaces (self->socket, NULL, 0);
  return g_steal_pointer (&self);
}

void
udpnat_multicast_free (UdpnatMulticast *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->socket, udpnat_socket_free);
  g_free (self);
}

/** udpnat_multicast_get_socket: Returns: (transfer none): what moves the datagrams */
UdpnatSocket *
udpnat_multicast_get_socket (UdpnatMulticast *self)
{
  return self->socket;
}

/* Failures are no news: it is joined already, or the interface has just gone. */
static void
join (UdpnatMulticast       *self,
      const UdpnatInterface *interface)
{
  GSocket *ipv4 = udpnat_socket_get_ipv4 (self->socket);
  GSocket *ipv6 = udpnat_socket_get_ipv6 (self->socket);

  if (interface->has_ipv4 && ipv4 != NULL)
    {
      struct ip_mreqn request = { .imr_ifindex = (int) interface->index };

      memcpy (&request.imr_multiaddr, self->group_ipv4.ip, 4);
      setsockopt (g_socket_get_fd (ipv4), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
    }
  if (interface->has_ipv6 && ipv6 != NULL)
    {
      struct ipv6_mreq request = { .ipv6mr_interface = interface->index };

      memcpy (&request.ipv6mr_multiaddr, self->group_ipv6.ip, 16);
      setsockopt (g_socket_get_fd (ipv6), IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request);
    }
}

static gboolean
is_same (const UdpnatInterface *a,
         const UdpnatInterface *b)
{
  return a->index == b->index && a->has_ipv4 == b->has_ipv4 && a->has_ipv6 == b->has_ipv6 &&
         udpnat_address_equal_ip (&a->ipv4, &b->ipv4);
}

/**
 * udpnat_multicast_refresh:
 *
 * Looks which interfaces there are, and joins the groups on those. Cheap enough to be called before
 * each thing that is said.
 *
 * Returns: whether anything has changed since the last time
 */
gboolean
udpnat_multicast_refresh (UdpnatMulticast *self)
{
  const UdpnatAddress *only = udpnat_address_is_set (&self->only) ? &self->only : NULL;
  UdpnatInterface found[UDPNAT_INTERFACES_MAX];
  guint n_found = udpnat_interfaces_get_multicast (only, found, G_N_ELEMENTS (found));
  gboolean is_changed = n_found != self->n_interfaces;

  for (guint i = 0; i < n_found; i++)
    {
      is_changed |= i >= self->n_interfaces || !is_same (&found[i], &self->interfaces[i]);
      self->interfaces[i] = found[i];
      join (self, &found[i]);
    }
  self->n_interfaces = n_found;
  udpnat_socket_set_interfaces (self->socket, found, n_found);
  return is_changed;
}

/** udpnat_multicast_count_interfaces: Returns: how many were found; 0: nobody can hear us */
guint
udpnat_multicast_count_interfaces (const UdpnatMulticast *self)
{
  return self->n_interfaces;
}
