/* udpnat-server: the headless server. Exit status: 0 when asked to stop, 1 when it cannot work or a
 * configuration that was to be checked is wrong, 2 for a wrong command line or configuration, 3
 * when a server was to be asked or told something and none is running.
 */

#include "config.h"

#include <glib/gi18n.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "udpnat-allow-list.h"
#include "udpnat-columns.h"
#include "udpnat-identity.h"
#include "udpnat-locale.h"
#include "udpnat-redis.h"
#include "udpnat-server-app.h"
#include "udpnat-server-ask.h"
#include "udpnat-server-config.h"
#include "udpnat-server-drain.h"
#include "udpnat-server-error.h"
#include "udpnat-server-log.h"
#include "udpnat-server-notify.h"
#include "udpnat-server-order.h"
#include "udpnat-server-status.h"
#include "udpnat-server-tunnel.h"

#define EXIT_USAGE 2
#define EXIT_NOT_RUNNING 3 /* as of init scripts (LSB) */
#define STATE_COLUMNS 7    /* "offline" */

static int
run (const UdpnatServerConfig *config)
{
  g_autoptr (GError) error = NULL;
  /* Before there are threads: it changes the environment. */
  g_autoptr (UdpnatServerNotify) notify = udpnat_server_notify_new_from_environment ();
  g_autoptr (UdpnatServerApp) app = NULL;

  if (!udpnat_crypto_init ())
    {
      udpnat_server_log_warn (_("The cryptographic library does not work on this machine."));
      return EXIT_FAILURE;
    }
  app = udpnat_server_app_new (config, notify, &error);
  if (app == NULL)
    {
      udpnat_server_log_warn ("%s", error->message);
      return EXIT_FAILURE;
    }
  udpnat_server_app_run (app);
  return EXIT_SUCCESS;
}

static int
print_refusal (const GError *error)
{
  udpnat_server_log_warn ("%s", error->message);
  return g_error_matches (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NOT_RUNNING)
           ? EXIT_NOT_RUNNING : EXIT_FAILURE;
}

static int
print_status (const UdpnatServerConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = udpnat_server_ask (config->state_dir, &error);

  if (text != NULL)
    {
      g_print ("%s", text);
      return EXIT_SUCCESS;
    }
  return print_refusal (error);
}

/* Returns: (transfer full) (nullable): the name of a line: the last, behind key, day and state */
static char *
print_name (const char *line)
{
  g_auto (GStrv) parts = g_strsplit (line, "  ", 4);
  g_autofree char *state = NULL;

  if (g_strv_length (parts) != 4)
    {
      g_print ("%s\n", line);
      return NULL;
    }
  /* Translators: of somebody, in a column of a list. */
  state = udpnat_columns_pad (g_str_equal (parts[2], "online") ? C_("person", "online")
                                                              : C_("person", "offline"),
                             STATE_COLUMNS);
  g_strchug (parts[3]);
  g_print ("%s  %s  %s  %s\n", parts[0], parts[1], state, parts[3]);
  return g_strdup (parts[3]);
}

/* Returns: (transfer full) (nullable): the last name of the answer; %NULL when there is none */
static char *
print_part (char *answer)
{
  g_auto (GStrv) lines = g_strsplit (g_strchomp (answer), "\n", -1);
  char *last = NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_free (last);
      last = print_name (lines[i]);
    }
  return last;
}

/* In parts, so that the server has time for others. */
static int
print_names (const UdpnatServerConfig *config)
{
  g_autofree char *after = g_strdup ("");

  while (after != NULL)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *order = g_strconcat ("names\t", after, NULL);
      g_autofree char *text = udpnat_server_order (config->state_dir, order, &error);

      if (text == NULL)
        return print_refusal (error);
      g_free (after);
      after = *text != '\0' ? print_part (text) : NULL;
    }
  return EXIT_SUCCESS;
}

static int
give_order (const UdpnatServerConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  if (g_str_equal (config->order, "names"))
    return print_names (config);
  text = udpnat_server_order (config->state_dir, config->order, &error);
  if (text == NULL)
    return print_refusal (error);
  g_print ("%s", text);
  return EXIT_SUCCESS;
}

static void
take_listed (const char            *name,
             const UdpnatPublicKey *key,
             gpointer               user_data)
{
}

static int
drain (const UdpnatServerConfig *config)
{
  g_autoptr (GError) error = NULL;

  if (udpnat_server_drain (config->state_dir, &error))
    return EXIT_SUCCESS;
  udpnat_server_log_warn ("%s", error->message);
  return g_error_matches (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_NOT_RUNNING)
           ? EXIT_NOT_RUNNING : EXIT_FAILURE;
}

static int
check_config (const UdpnatServerConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_auto (UdpnatRedisAddress) directory = { 0 };
  g_autofree char *text = NULL;

  if (!udpnat_server_tunnel_check (config, &error)
      || (config->directory != NULL
          && !udpnat_redis_address_load (&directory, config->directory,
                                         config->directory_password_file, config->directory_ca,
                                         &error))
      || (config->allow_list != NULL
          && !udpnat_allow_list_read (config->allow_list, take_listed, NULL, &error)))
    {
      udpnat_server_log_warn ("%s", error->message);
      return EXIT_FAILURE;
    }
  text = udpnat_server_config_to_text (config);
  g_print ("%s", text);
  return EXIT_SUCCESS;
}

/* A line for each fault. */
static void
print_faults (const GError *error)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    udpnat_server_log_warn ("%s", lines[i]);
  if (g_error_matches (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_USAGE))
    g_printerr ("%s\n", _("Try: udpnat-server --help"));
}

int
main (int    argc,
      char **argv)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  udpnat_locale_set_up ();
  /* The reader of our output may leave; that is no reason to. */
  signal (SIGPIPE, SIG_IGN);
  /* Key and names are nobody else's business. */
  umask (0077);

  if (!udpnat_server_config_parse (&config, argv, &error))
    {
      print_faults (error);
      return config.check_config ? EXIT_FAILURE : EXIT_USAGE;
    }
  if (config.print_version)
    {
      g_print ("udpnat-server %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  if (config.check_config)
    return check_config (&config);
  if (config.drain)
    return drain (&config);
  if (config.order != NULL)
    return give_order (&config);
  return config.print_status ? print_status (&config) : run (&config);
}
