/* TCP ports for those whose network lets no UDP through: which ones, and with which certificate.
 *
 * All but a certificate that was named and is not to be had the server can do without, and says so.
 */

#include "config.h"

#include "udpnat-server-tunnel.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

#include "udpnat-limits.h"
#include "udpnat-server-error.h"
#include "udpnat-server-log.h"

#define CERTIFICATE_FILE "tunnel.pem"
#define CERTIFICATE_MAX_BYTES (1 << 20) /* with its chain; no file that was meant is larger */

/* ---- The certificate ---- */

static char *
read_file (const char *path,
           GError    **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = NULL;
  gsize n_text;

  if (g_file_get_contents (path, &text, &n_text, &local_error) && n_text <= CERTIFICATE_MAX_BYTES)
    return g_steal_pointer (&text);
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
               /* Translators: a file, and why. */
               _("%s cannot be read: %s."), path,
               /* Translators: a file. The full stop comes after it. */
               local_error != NULL ? local_error->message : _("It is too large"));
  return NULL;
}

static UdpnatTunnelTls *
load_named (const UdpnatServerConfig *config,
            GError                  **error)
{
  g_autofree char *certificate = read_file (config->tls_cert, error);
  g_autofree char *key = certificate != NULL ? read_file (config->tls_key, error) : NULL;
  g_autoptr (GError) local_error = NULL;
  UdpnatTunnelTls *tls;

  if (key == NULL)
    return NULL;
  tls = udpnat_tunnel_tls_new_server (certificate, key, &local_error);
  if (tls == NULL)
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE,
                 /* Translators: two files, and a sentence that says why. */
                 _("%s and %s are no certificate with its key: %s"), config->tls_cert,
                 config->tls_key, local_error->message);
  return tls;
}

/* Clients do not look at it, but what looks at connections may remember it: so it is kept. */
static UdpnatTunnelTls *
load_own (UdpnatStateDir *state_dir)
{
  g_autofree char *path = udpnat_state_dir_dup_file (state_dir, CERTIFICATE_FILE);
  g_autofree char *kept = NULL;
  g_autofree char *made = NULL;
  UdpnatTunnelTls *tls = NULL;

  if (g_file_get_contents (path, &kept, NULL, NULL))
    tls = udpnat_tunnel_tls_new_server (kept, kept, NULL);
  if (tls != NULL)
    return tls;
  made = udpnat_tunnel_tls_make_self_signed ();
  if (made == NULL)
    return NULL;
  /* Without it another one is made the next time, which nobody needs to know. */
  (void) g_file_set_contents_full (path, made, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
  return udpnat_tunnel_tls_new_server (made, made, NULL);
}

/* ---- Ports ---- */

static void
listen_or_warn (UdpnatTunnelListener     *listener,
                const UdpnatServerConfig *config,
                guint16                   port)
{
  g_autoptr (GError) error = NULL;

  if (!udpnat_tunnel_listener_listen (listener, config->ip, port, &error))
    /* Translators: the port, and why. */
    udpnat_server_log_warn (_("TCP port %u cannot be had: %s. Those whose network blocks UDP "
                              "cannot connect there."), port, error->message);
}

static void
open_ports (UdpnatTunnelListener     *listener,
            const UdpnatServerConfig *config,
            guint16                   udp_port)
{
  if (config->is_tunnel_chosen)
    {
      for (guint i = 0; i < config->n_tunnel_ports; i++)
        listen_or_warn (listener, config, config->tunnel_ports[i]);
      return;
    }
  listen_or_warn (listener, config, udp_port);
  /* Most servers are not allowed it, or have a web server there: no reason for words. Clients of
   * another port would not look there. */
  if (udp_port == UDPNAT_SERVER_PORT
      && !udpnat_tunnel_listener_listen (listener, config->ip, UDPNAT_TUNNEL_PORT, NULL))
    g_debug ("no port %d", UDPNAT_TUNNEL_PORT);
}

/**
 * udpnat_server_tunnel_check:
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_USAGE when a certificate that was named is no good
 */
gboolean
udpnat_server_tunnel_check (const UdpnatServerConfig *config,
                            GError                  **error)
{
  UdpnatTunnelTls *tls;

  if (config->tls_cert == NULL)
    return TRUE;
  tls = load_named (config, error);
  if (tls == NULL)
    return FALSE;
  udpnat_tunnel_tls_free (tls);
  return TRUE;
}

/**
 * udpnat_server_tunnel_open:
 * @udp_port: of the server's main socket
 * @out_listener: (out) (transfer full) (nullable): %NULL when there is to be none
 *
 * Warns on stderr when a port that was asked for cannot be had.
 *
 * Returns: %FALSE with %UDPNAT_SERVER_ERROR_USAGE when a certificate that was named is no good
 */
gboolean
udpnat_server_tunnel_open (const UdpnatServerConfig *config,
                           UdpnatStateDir           *state_dir,
                           guint16                   udp_port,
                           UdpnatTunnelListener    **out_listener,
                           GError                  **error)
{
  UdpnatTunnelTls *tls;

  *out_listener = NULL;
  if (config->is_tunnel_chosen && config->n_tunnel_ports == 0)
    return TRUE;
  tls = config->tls_cert != NULL ? load_named (config, error) : load_own (state_dir);
  if (tls == NULL)
    {
      if (config->tls_cert == NULL)
        udpnat_server_log_warn (_("running without TCP: no certificate could be made."));
      return config->tls_cert == NULL;
    }
  *out_listener = udpnat_tunnel_listener_new (tls);
  open_ports (*out_listener, config, udp_port);
  return TRUE;
}
