/* What people type for a person: a name, or `name@server` for somebody at another server. A *place*
 * is that server in the one form in which it is compared and kept: in ASCII and lower case, and
 * with the port only if it is not the usual one. */

#include "config.h"

#include "udpnat-person-address.h"

#include <gio/gio.h>
#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-server-address.h"

/** udpnat_place_from_host: @host: a host name, or an IP address without brackets */
char *
udpnat_place_from_host (const char *host,
                        guint16     port)
{
  g_autofree char *ascii = g_hostname_to_ascii (host);
  g_autofree char *lower = g_ascii_strdown (ascii != NULL ? ascii : host, -1);

  if (port != UDPNAT_SERVER_PORT)
    return udpnat_server_address_format (lower, port);
  return g_strdup_printf (strchr (lower, ':') != NULL ? "[%s]" : "%s", lower);
}

/**
 * udpnat_place_normalize:
 *
 * Returns: (transfer full) (nullable): the place; %NULL when @server can be no address
 */
char *
udpnat_place_normalize (const char *server)
{
  g_autofree char *normal = udpnat_server_address_normalize (server);
  g_autoptr (GSocketConnectable) address = NULL;

  if (normal == NULL)
    return NULL;
  address = g_network_address_parse (normal, UDPNAT_SERVER_PORT, NULL);
  if (address == NULL)
    return NULL;
  return udpnat_place_from_host (g_network_address_get_hostname (G_NETWORK_ADDRESS (address)),
                                 g_network_address_get_port (G_NETWORK_ADDRESS (address)));
}

/**
 * udpnat_person_address_normalize:
 *
 * Returns: (transfer full) (nullable): an allowed name, or `name@place` with one; %NULL when @text
 *   can be neither
 */
char *
udpnat_person_address_normalize (const char *text)
{
  g_autofree char *name = NULL;
  g_autofree char *place = NULL;
  const char *server;

  if (strchr (text, '@') == NULL)
    return udpnat_name_normalize (text);
  if (!udpnat_name_split (text, &name, &server))
    return NULL;
  place = udpnat_place_normalize (server);
  return place != NULL ? g_strdup_printf ("%s@%s", name, place) : NULL;
}
