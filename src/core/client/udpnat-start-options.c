/* The part of the command line that window and terminal have in common. The original program's
 * options (--sip, --sport, --cip, --cport) mean what they meant. */

#include "config.h"

#include "udpnat-start-options.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-profile.h"
#include "udpnat-server-address.h"

/* How many ports after 8900 are tried when it is taken. */
#define MORE_PORTS 100
/* The server's address when only its port is given: this machine, as in the original. */
#define DEFAULT_HOST "127.0.0.1"

/* What stands on the command line, while it is read. */
typedef struct
{
  UdpnatStartOptions *options; /* borrowed */
  char               *server;
  char               *invite;
  char               *sip;
  int                 sport;
  char               *cip;
  int                 cport;
  char               *name;
  char               *profile;
  char               *proxy;
} Parser;

static void
parser_free (gpointer data)
{
  Parser *self = data;

  g_free (self->server);
  g_free (self->invite);
  g_free (self->sip);
  g_free (self->cip);
  g_free (self->name);
  g_free (self->profile);
  g_free (self->proxy);
  g_free (self);
}

static gboolean
check_port (const char *option,
            int         port,
            GError    **error)
{
  if (port >= 0 && port <= 65535) /* 0: not given */
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("%s: a port is a number from 1 to 65535, not %d"), option, port);
  return FALSE;
}

static gboolean
check_numbers (Parser  *self,
               GError **error)
{
  if (!check_port ("--sport", self->sport, error) || !check_port ("--cport", self->cport, error))
    return FALSE;
  if (self->sip != NULL && !g_hostname_is_ip_address (self->sip))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("--sip: “%s” is not an IP address; for a host name use --server"), self->sip);
  else if (self->cip != NULL && !g_hostname_is_ip_address (self->cip))
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 _("--cip: “%s” is not an IP address"), self->cip);
  else
    return TRUE;
  return FALSE;
}

/* @servers: (nullable): with commas between them */
static gboolean
are_servers (const char *servers)
{
  g_auto (GStrv) places = g_strsplit (servers != NULL ? servers : "", ",", -1);

  if (servers != NULL && *servers == '\0')
    return FALSE;
  for (guint i = 0; places[i] != NULL; i++)
    {
      g_autoptr (GSocketConnectable) address = NULL;

      address = g_network_address_parse (places[i], UDPNAT_SERVER_PORT, NULL);
      if (address == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_server (Parser  *self,
             GError **error)
{
  UdpnatStartOptions *options = self->options;
  g_autoptr (GSocketConnectable) address = NULL;
  char *comma;

  if (self->server == NULL)
    {
      /* 0.0.0.0, the original's default, means "this machine". */
      options->server_host = g_strdup (g_strcmp0 (self->sip, "0.0.0.0") == 0 ? DEFAULT_HOST
                                                                             : self->sip);
      options->server_port = self->sport;
      return TRUE;
    }
  if (self->sip != NULL || self->sport != 0)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _("--server and --sip/--sport say the same: give one of them"));
      return FALSE;
    }
  comma = strchr (self->server, ',');
  if (comma != NULL)
    {
      options->other_servers = g_strdup (comma + 1);
      *comma = '\0';
    }
  address = g_network_address_parse (self->server, UDPNAT_SERVER_PORT, NULL);
  if (address == NULL || !are_servers (options->other_servers))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("--server: “%s” is not HOST or HOST:PORT"),
                   address == NULL ? self->server : options->other_servers);
      return FALSE;
    }
  options->server_host = g_strdup (g_network_address_get_hostname (G_NETWORK_ADDRESS (address)));
  options->server_port = g_network_address_get_port (G_NETWORK_ADDRESS (address));
  return TRUE;
}

/* A link says to which server, a code alone is for the one that is used anyway. */
static gboolean
take_invitation (Parser  *self,
                 GError **error)
{
  UdpnatStartOptions *options = self->options;
  g_autoptr (UdpnatInvitationLink) invitation = NULL;

  if (self->invite == NULL)
    return TRUE;
  invitation = udpnat_invitation_link_parse (self->invite, NULL);
  if (invitation == NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           _("--invite: give the link, which begins with “udpnat:@”, or the code, "
                             "which has 24 letters and digits"));
      return FALSE;
    }
  if (invitation->server_host != NULL)
    {
      if (options->server_host != NULL || options->server_port != 0)
        {
          g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                               _("--invite: the link says which server; leave the other out"));
          return FALSE;
        }
      options->server_host = g_strdup (invitation->server_host);
      options->server_port = invitation->server_port;
    }
  options->invitation = g_steal_pointer (&invitation);
  return TRUE;
}

/* Of the kinds that GIO can use. Names are the proxy's to resolve with all of them, so it does not
 * know the word for that. */
static gboolean
take_proxy (Parser  *self,
            GError **error)
{
  static const char *const schemes[] = { "http", "https", "socks4", "socks5", "socks5h", NULL };
  g_autoptr (GUri) uri = NULL;

  if (self->proxy == NULL)
    return TRUE;
  if (g_str_equal (self->proxy, "none"))
    {
      self->options->proxy = g_strdup ("direct://");
      return TRUE;
    }
  uri = g_uri_parse (self->proxy, G_URI_FLAGS_NONE, NULL);
  if (uri == NULL || !g_strv_contains (schemes, g_uri_get_scheme (uri)) ||
      g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   _("--proxy: “%s” is not none, http://HOST:PORT or socks5://HOST:PORT"),
                   self->proxy);
      return FALSE;
    }
  self->options->proxy = g_str_equal (g_uri_get_scheme (uri), "socks5h")
                         ? g_strconcat ("socks5", self->proxy + strlen ("socks5h"), NULL)
                         : g_steal_pointer (&self->proxy);
  return TRUE;
}

static gboolean
parsed_cb (GOptionContext *context,
           GOptionGroup   *group,
           gpointer        data,
           GError        **error)
{
  Parser *self = data;
  UdpnatStartOptions *options = self->options;

  if (!check_numbers (self, error) || !take_server (self, error) ||
      !take_invitation (self, error) || !take_proxy (self, error))
    return FALSE;
  options->bind_ip = g_steal_pointer (&self->cip);
  options->port = self->cport != 0 ? self->cport : UDPNAT_CLIENT_PORT;
  options->n_more_ports = self->cport != 0 ? 0 : MORE_PORTS;
  options->name = g_steal_pointer (&self->name);
  if (self->profile != NULL)
    {
      g_free (options->profile);
      options->profile = g_steal_pointer (&self->profile);
    }
  return TRUE;
}

/** udpnat_start_options_new: what holds when nothing is given */
UdpnatStartOptions *
udpnat_start_options_new (void)
{
  UdpnatStartOptions *self = g_new0 (UdpnatStartOptions, 1);

  self->port = UDPNAT_CLIENT_PORT;
  self->n_more_ports = MORE_PORTS;
  self->profile = udpnat_profile_get_default_path ();
  return self;
}

void
udpnat_start_options_free (UdpnatStartOptions *self)
{
  if (self == NULL)
    return;
  g_free (self->server_host);
  udpnat_invitation_link_free (self->invitation);
  g_free (self->other_servers);
  g_free (self->bind_ip);
  g_free (self->name);
  g_free (self->profile);
  g_free (self->proxy);
  g_free (self);
}

/**
 * udpnat_start_options_create_group:
 * @self: filled by g_option_context_parse(); must live until then
 *
 * Errors of the parsing are %G_OPTION_ERROR, in words for the user, without a full stop.
 *
 * Returns: (transfer full): for g_option_context_set_main_group()
 */
GOptionGroup *
udpnat_start_options_create_group (UdpnatStartOptions *self)
{
  Parser *parser = g_new0 (Parser, 1);
  GOptionGroup *group = g_option_group_new ("start", NULL, NULL, parser, parser_free);
  const GOptionEntry entries[] = {
    { "server", 0, 0, G_OPTION_ARG_STRING, &parser->server,
      N_("The rendezvous server; others after it, with commas, for when it does not answer"),
      N_("HOST[:PORT]") },
    { "invite", 0, 0, G_OPTION_ARG_STRING, &parser->invite,
      N_("An invitation to the server: its link, or its code"), N_("LINK") },
    { "sip", 0, 0, G_OPTION_ARG_STRING, &parser->sip,
      N_("The server's IP address (127.0.0.1)"), N_("IP") },
    { "sport", 0, 0, G_OPTION_ARG_INT, &parser->sport,
      N_("The server's port (8848)"), N_("PORT") },
    { "cip", 0, 0, G_OPTION_ARG_STRING, &parser->cip, N_("Own IP address to use (all)"), N_("IP") },
    { "cport", 0, 0, G_OPTION_ARG_INT, &parser->cport,
      N_("Own port to use (8900, or the next free one)"), N_("PORT") },
    { "name", 0, 0, G_OPTION_ARG_STRING, &parser->name, N_("Your name"), N_("NAME") },
    { "profile", 0, 0, G_OPTION_ARG_FILENAME, &parser->profile,
      N_("Folder of your identity, contacts and history"), N_("DIR") },
    { "proxy", 0, 0, G_OPTION_ARG_STRING, &parser->proxy,
      N_("Proxy to the server where UDP does not pass, or none"), N_("URL") },
    { NULL }
  };

  parser->options = self;
  g_option_group_add_entries (group, entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_group_set_parse_hooks (group, NULL, parsed_cb);
  return group;
}

/**
 * udpnat_start_options_dup_server: Returns: (transfer full) (nullable): "host:port"; %NULL when the
 * command line names no server */
char *
udpnat_start_options_dup_server (const UdpnatStartOptions *self)
{
  const char *host = self->server_host != NULL ? self->server_host : DEFAULT_HOST;
  guint port = self->server_port != 0 ? self->server_port : UDPNAT_SERVER_PORT;

  if (self->server_host == NULL && self->server_port == 0)
    return NULL;
  return udpnat_server_address_format (host, (guint16) port);
}
