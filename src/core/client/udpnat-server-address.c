/* What people type for a server: a host name or an address, perhaps with a port; or the link of a
 * friend, which says the server as well. */

#include "config.h"

#include "udpnat-server-address.h"

#include <gio/gio.h>
#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-link.h"

static char *
dup_server_of_link (const char *text)
{
  g_autoptr (UdpnatLink) link = udpnat_link_parse (text, NULL);

  if (link == NULL || link->server_host == NULL)
    return NULL;
  return g_strdup_printf (strchr (link->server_host, ':') != NULL ? "[%s]:%u" : "%s:%u",
                          link->server_host, link->server_port);
}

/**
 * udpnat_server_address_normalize:
 *
 * Returns: (transfer full) (nullable): "host" or "host:port", as udpnat_client_set_home_server()
 *   has it; %NULL when it can be no address. Whether there is a server is not asked
 */
char *
udpnat_server_address_normalize (const char *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  g_autoptr (GSocketConnectable) address = NULL;
  GNetworkAddress *network;

  if (g_str_has_prefix (stripped, "udpnat:"))
    return dup_server_of_link (stripped);
  if (*stripped == '\0' || strpbrk (stripped, " \t\r\n/@?#") != NULL)
    return NULL;
  address = g_network_address_parse (stripped, UDPNAT_SERVER_PORT, NULL);
  if (address == NULL)
    return NULL;
  network = G_NETWORK_ADDRESS (address);
  if (*g_network_address_get_hostname (network) == '\0' ||
      g_network_address_get_port (network) == 0)
    return NULL;
  return g_steal_pointer (&stripped);
}
