/* Whom a request is for. A page from elsewhere can have a browser ask us by a name of its own that
 * it has given our address (DNS rebinding), and would read the answer: so only requests are
 * answered that name us by the very address that they came to, or by "localhost" where that is the
 * way. Whatever port they name is of no matter: it may be that of an SSH tunnel. */

#include "config.h"

#include "udpnat-server-http.h"

#include <string.h>

#include "udpnat-address.h"

/* Returns: (transfer full) (nullable): what stands before the port */
static char *
dup_name (const char *host)
{
  const char *colon = strrchr (host, ':');
  const char *end = host + strlen (host);

  if (*host == '[')
    {
      const char *bracket = strchr (host, ']');

      if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
        return NULL;
      return g_strndup (host + 1, (gsize) (bracket - host - 1));
    }
  if (colon != NULL)
    end = colon;
  return g_strndup (host, (gsize) (end - host));
}

/**
 * udpnat_server_http_is_own_host:
 * @host: (nullable): as in the request, with a port or without
 * @local_ip: the address that the request came to
 */
gboolean
udpnat_server_http_is_own_host (const char *host,
                                const char *local_ip)
{
  g_autofree char *name = host != NULL ? dup_name (host) : NULL;
  UdpnatAddress local, named;

  if (name == NULL || !udpnat_address_parse_ip (&local, local_ip, 0))
    return FALSE;
  if (g_ascii_strcasecmp (name, "localhost") == 0)
    return udpnat_address_get_scope (&local) == UDPNAT_SCOPE_LOOPBACK;
  return udpnat_address_parse_ip (&named, name, 0) && udpnat_address_equal_ip (&named, &local);
}
