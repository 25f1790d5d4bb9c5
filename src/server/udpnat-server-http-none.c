/* In place of udpnat-server-http.c where libsoup is not there. */

#include "config.h"

#include "udpnat-server-http.h"

#include <glib/gi18n.h>

#include "udpnat-server-error.h"

gboolean
udpnat_server_http_open (const UdpnatServerConfig *config,
                         UdpnatServerHttpFunc      ask,
                         gpointer                  user_data,
                         UdpnatServerHttp        **out_http,
                         GError                  **error)
{
  *out_http = NULL;
  if (config->status_ip == NULL)
    return TRUE;
  g_set_error_literal (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_STATUS,
                       _("--status-address cannot be used: this udpnat-server was built without "
                         "libsoup."));
  return FALSE;
}

void
udpnat_server_http_free (UdpnatServerHttp *self)
{
}

const char *
udpnat_server_http_get_address (const UdpnatServerHttp *self)
{
  g_assert_not_reached ();
}
