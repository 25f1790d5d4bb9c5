/* Opening and binding a UDP port on IPv4, IPv6 or both, and saying well why it did not work.
 *
 * bind(2) is called directly, because GIO folds "no such address here" and "not supported" into one
 * error, and the user has to do something else about each.
 */

#include "config.h"

#include "udpnat-socket-pair.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "udpnat-io-error.h"
#include "udpnat-sockaddr.h"

/* Room for a burst of some 450 full datagrams (each is charged 2.3 KB) while the program is busy
 * elsewhere. The kernel silently caps it at net.core.rmem_max. */
#define BUFFER_BYTES (1024 * 1024)
/* With port 0 the kernel picks the IPv4 port; the same number may be taken on IPv6. Then it
 * picks again. */
#define ANY_PORT_TRIES 16

typedef enum
{
  OPENED,
  FAMILY_MISSING, /* this machine has no such protocol, or no such address */
  PORT_TAKEN,
  OPEN_FAILED,
} Opened;

static void
set_bind_error (GError             **error,
                const UdpnatAddress *address,
                int                  code)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES];
  const guint port = address->port;

  udpnat_address_to_string (address, text);
  if (code == EADDRINUSE)
    g_set_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_PORT_IN_USE,
                 _("UDP port %u is already in use on this machine. "
                   "Stop the program that uses it, or choose another port."), port);
  else if (code == EADDRNOTAVAIL)
    g_set_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_ADDRESS_INVALID,
                 _("This machine does not have the address %s. "
                   "Use one of its own addresses, or 0.0.0.0 for all."), text);
  else if (code == EACCES || code == EPERM)
    g_set_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_PERMISSION,
                 _("The system does not allow this program to use UDP port %u. "
                   "Choose a port from 1024 up."), port);
  else
    g_set_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_FAILED,
                 _("Cannot listen on %s: %s."), text, g_strerror (code));
}

static void
configure (GSocket *socket,
           guint8   family)
{
  /* Best effort, all of them: smaller buffers lose a packet more in a burst, nothing worse. */
  g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES, NULL);
  g_socket_set_option (socket, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES, NULL);
  /* A datagram that is too long for the path must not arrive in pieces: its sender tries how long
   * it may be (RFC 8899). Whatever ICMP says of that, anybody can forge. */
  if (family == UDPNAT_FAMILY_IPV4)
    g_socket_set_option (socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE, NULL);
  else
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE, NULL);
  /* Two sockets with one port instead of one for both: no mapped addresses, and IPv4 works where
   * IPv6 is switched off. */
  if (family == UDPNAT_FAMILY_IPV6)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, TRUE, NULL);
}

static guint16
read_port (GSocket *socket)
{
  struct sockaddr_storage name = { 0 };
  socklen_t n_name = sizeof name;
  UdpnatAddress address;

  if (getsockname (g_socket_get_fd (socket), (struct sockaddr *) &name, &n_name) != 0)
    return 0;
  if (!udpnat_sockaddr_to_address (&name, &address))
    return 0;
  return address.port;
}

static Opened
open_family (const UdpnatAddress *address,
             GSocket            **out_socket,
             GError             **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GSocket) socket = NULL;
  struct sockaddr_storage name = { 0 };
  socklen_t n_name = udpnat_sockaddr_from_address (&name, address);

  socket = g_socket_new (address->family == UDPNAT_FAMILY_IPV4 ? G_SOCKET_FAMILY_IPV4
                                                               : G_SOCKET_FAMILY_IPV6,
                         G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, &local_error);
  if (socket == NULL)
    {
      g_set_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_FAILED,
                   _("Cannot open a network socket: %s."), local_error->message);
      return g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) ? FAMILY_MISSING
                                                                                 : OPEN_FAILED;
    }
  configure (socket, address->family);

  if (bind (g_socket_get_fd (socket), (struct sockaddr *) &name, n_name) != 0)
    {
      int code = errno;

      set_bind_error (error, address, code);
      if (code == EADDRNOTAVAIL || code == EAFNOSUPPORT)
        return FAMILY_MISSING;
      return code == EADDRINUSE ? PORT_TAKEN : OPEN_FAILED;
    }
  *out_socket = g_steal_pointer (&socket);
  return OPENED;
}

static Opened
open_single (UdpnatSocketPair    *self,
             const UdpnatAddress *address,
             GError             **error)
{
  GSocket **socket = address->family == UDPNAT_FAMILY_IPV4 ? &self->ipv4 : &self->ipv6;
  Opened opened = open_family (address, socket, error);

  if (opened == OPENED)
    self->port = read_port (*socket);
  return opened;
}

/* IPv4 first. A family that this machine does not have is left out; without either there is
 * nothing to work with. */
static Opened
open_both (UdpnatSocketPair *self,
           guint16           port,
           GError          **error)
{
  static const guint8 any[16] = { 0 };
  g_autoptr (GError) local_error = NULL;
  UdpnatAddress address;
  Opened opened;

  udpnat_address_init_ipv4 (&address, any, port);
  opened = open_single (self, &address, &local_error);
  if (opened != OPENED && opened != FAMILY_MISSING)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return opened;
    }
  g_clear_error (&local_error);

  udpnat_address_init_ipv6 (&address, any, opened == OPENED ? self->port : port);
  opened = open_single (self, &address, &local_error);
  if (opened == OPENED || (opened == FAMILY_MISSING && self->ipv4 != NULL))
    return OPENED;
  g_clear_object (&self->ipv4);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return opened;
}

static gboolean
parse_ip (const char    *ip,
          UdpnatAddress *out_address,
          GError       **error)
{
  if (udpnat_address_parse_ip (out_address, ip, 0))
    return TRUE;
  g_set_error (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_ADDRESS_INVALID,
               _("“%s” is not an IP address. Write one like 192.0.2.7 or 2001:db8::7, without a "
                 "port, or 0.0.0.0 for all."), ip);
  return FALSE;
}

/*
 * udpnat_socket_pair_open:
 * @self: (out caller-allocates): must be empty; on failure it stays so
 *
 * See udpnat_socket_new() for the arguments.
 */
gboolean
udpnat_socket_pair_open (UdpnatSocketPair *self,
                         const char       *ip,
                         guint16           port,
                         guint             n_more_ports,
                         GError          **error)
{
  UdpnatAddress address = UDPNAT_ADDRESS_NONE;
  guint n_tries = ANY_PORT_TRIES;

  if (port != 0)
    n_tries = 1 + MIN (n_more_ports, (guint) (G_MAXUINT16 - port));
  if (ip != NULL && !parse_ip (ip, &address, error))
    return FALSE;

  for (guint i = 0; i < n_tries; i++)
    {
      g_autoptr (GError) local_error = NULL;
      Opened opened;

      address.port = port == 0 ? 0 : port + i;
      opened = ip != NULL ? open_single (self, &address, &local_error)
                          : open_both (self, address.port, &local_error);
      if (opened == OPENED)
        return TRUE;
      if (opened != PORT_TAKEN || i + 1 == n_tries)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
  g_assert_not_reached ();
}
