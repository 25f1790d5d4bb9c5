/* What people type for a server: a host name or an address, perhaps with a port; or the link of a
 * friend, which says the server as well. */

#include "config.h"

#include "udpnat-server-address.h"

#include <gio/gio.h>
#include <string.h>

#include "udpnat-address.h"
#include "udpnat-limits.h"
#include "udpnat-link.h"

#define HOST_NAME_MAX_BYTES 254 /* with the dot at the end that is mostly left out */
#define LABEL_MAX_BYTES 63

/** udpnat_server_address_format: Returns: (transfer full): "host:port"; @host: a name, or an IP
 * address without brackets */
char *
udpnat_server_address_format (const char *host,
                              guint16     port)
{
  return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}

static char *
dup_server_of_link (const char *text)
{
  g_autoptr (UdpnatLink) link = udpnat_link_parse (text, NULL);

  if (link == NULL || link->server_host == NULL)
    return NULL;
  return udpnat_server_address_format (link->server_host, link->server_port);
}

/* RFC 1035 section 2.3.4, in the form that is asked for, and the underscore that some have. */
static gboolean
is_host_name (const char *text)
{
  g_autofree char *ascii = g_hostname_to_ascii (text);
  g_auto (GStrv) labels = NULL;

  if (ascii == NULL || *ascii == '\0' || strlen (ascii) > HOST_NAME_MAX_BYTES)
    return FALSE;
  if (g_str_has_suffix (ascii, "."))
    ascii[strlen (ascii) - 1] = '\0';
  labels = g_strsplit (ascii, ".", -1);
  for (guint i = 0; labels[i] != NULL; i++)
    if (*labels[i] == '\0' || strlen (labels[i]) > LABEL_MAX_BYTES ||
        labels[i][strspn (labels[i], G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_")] != '\0')
      return FALSE;
  return TRUE;
}

/* GIO takes whatever has two colons for an IPv6 address. */
static gboolean
is_host (const char *host)
{
  UdpnatAddress address;

  return strchr (host, ':') != NULL ? udpnat_address_parse_ip (&address, host, 0)
                                    : is_host_name (host);
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
  g_autofree char *linked = NULL;
  g_autoptr (GSocketConnectable) address = NULL;
  GNetworkAddress *network;
  const char *host;

  if (g_str_has_prefix (stripped, "udpnat:"))
    linked = dup_server_of_link (stripped);
  if (linked != NULL)
    return g_steal_pointer (&linked);
  /* A link that names no server; or a machine of that name, and a port. */
  if (*stripped == '\0' || strpbrk (stripped, " \t\r\n/@?#") != NULL)
    return NULL;
  address = g_network_address_parse (stripped, UDPNAT_SERVER_PORT, NULL);
  if (address == NULL)
    return NULL;
  network = G_NETWORK_ADDRESS (address);
  host = g_network_address_get_hostname (network);
  if (g_network_address_get_port (network) == 0 || !is_host (host))
    return NULL;
  return g_steal_pointer (&stripped);
}
