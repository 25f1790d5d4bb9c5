/* Which ports are opened on which addresses, and what the server can do without. */

#include "config.h"

#include "udpnat-server-sockets.h"

#include <glib/gi18n.h>

#include "udpnat-server-log.h"

static guint
choose_alt_port (const UdpnatServerConfig *config,
                 guint16                   main_port)
{
  return config->alt_port == UDPNAT_SERVER_ALT_PORT_NEXT ? main_port + 1u
                                                         : (guint) config->alt_port;
}

static gboolean
open_one (UdpnatServerSockets *self,
          UdpnatSocketId       id,
          const char          *ip,
          guint                port,
          GError             **error)
{
  self->by_id[id] = udpnat_socket_new (ip, (guint16) port, 0, error);
  return self->by_id[id] != NULL;
}

/* NAT tests compare what the four of them see: with one missing the others are of no use. */
static gboolean
open_four (UdpnatServerSockets      *self,
           const UdpnatServerConfig *config,
           guint                     alt_port,
           GError                  **error)
{
  if (alt_port > G_MAXUINT16)
    {
      g_set_error_literal (error, UDPNAT_IO_ERROR, UDPNAT_IO_ERROR_FAILED,
                           _("There is no port after 65535: choose another --port or "
                             "--alt-port."));
      return FALSE;
    }
  return open_one (self, UDPNAT_SOCKET_ALT, config->ip, alt_port, error)
         && open_one (self, UDPNAT_SOCKET_ALT_IP, config->alt_ip,
                      udpnat_server_sockets_get_port (self, UDPNAT_SOCKET_MAIN), error)
         && open_one (self, UDPNAT_SOCKET_ALT_IP_ALT, config->alt_ip,
                      udpnat_server_sockets_get_port (self, UDPNAT_SOCKET_ALT), error);
}

static void
open_second_port (UdpnatServerSockets      *self,
                  const UdpnatServerConfig *config,
                  guint                     alt_port)
{
  g_autoptr (GError) error = NULL;

  if (alt_port > 0 && alt_port <= G_MAXUINT16
      && open_one (self, UDPNAT_SOCKET_ALT, config->ip, alt_port, &error))
    return;
  if (error != NULL)
    /* Translators: a sentence that says why. */
    udpnat_server_log_warn (_("running without a second port: %s Clients cannot tell what kind of "
                              "router they have, and connect directly less often."),
                            error->message);
  else
    udpnat_server_log_warn (_("running without a second port. Clients cannot tell what kind of "
                              "router they have, and connect directly less often."));
}

/**
 * udpnat_server_sockets_open:
 * @self: (out caller-allocates): on failure too it has to be closed
 *
 * Opens what @config asks for. Warns on stderr when there is no second port, unless a second
 * address was asked for.
 *
 * Returns: %FALSE with %UDPNAT_IO_ERROR
 */
gboolean
udpnat_server_sockets_open (UdpnatServerSockets      *self,
                            const UdpnatServerConfig *config,
                            GError                  **error)
{
  guint alt_port;

  *self = (UdpnatServerSockets) { { NULL } };
  if (!open_one (self, UDPNAT_SOCKET_MAIN, config->ip, config->port, error))
    return FALSE;
  alt_port = choose_alt_port (config, udpnat_server_sockets_get_port (self, UDPNAT_SOCKET_MAIN));
  if (config->alt_ip != NULL)
    return open_four (self, config, alt_port, error);
  open_second_port (self, config, alt_port);
  return TRUE;
}

void
udpnat_server_sockets_close (UdpnatServerSockets *self)
{
  for (guint i = 0; i < UDPNAT_N_NAMED_SOCKETS; i++)
    g_clear_pointer (&self->by_id[i], udpnat_socket_free);
}

/** udpnat_server_sockets_get_port: Returns: 0 when there is no such socket */
guint16
udpnat_server_sockets_get_port (const UdpnatServerSockets *self,
                                UdpnatSocketId             id)
{
  return self->by_id[id] != NULL ? udpnat_socket_get_port (self->by_id[id]) : 0;
}

/**
 * udpnat_server_sockets_get_addresses:
 * @config: what they were opened with
 * @out_addresses: unset unless there are two IP addresses, since a server that listens on all of a
 *   machine's does not know by which it was reached
 */
void
udpnat_server_sockets_get_addresses (const UdpnatServerSockets *self,
                                     const UdpnatServerConfig  *config,
                                     UdpnatAddress out_addresses[UDPNAT_N_NAMED_SOCKETS])
{
  for (guint i = 0; i < UDPNAT_N_NAMED_SOCKETS; i++)
    {
      gboolean is_alt_ip = i == UDPNAT_SOCKET_ALT_IP || i == UDPNAT_SOCKET_ALT_IP_ALT;

      out_addresses[i] = UDPNAT_ADDRESS_NONE;
      if (config->alt_ip != NULL
          && !udpnat_address_parse_ip (&out_addresses[i], is_alt_ip ? config->alt_ip : config->ip,
                                       udpnat_server_sockets_get_port (self, i)))
        g_assert_not_reached (); /* they are open */
    }
}
