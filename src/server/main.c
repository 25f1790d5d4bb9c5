/* udpnat-server: the headless server. Exit status: 0 when asked to stop, 1 when it cannot work, 2
 * for a wrong command line.
 */

#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "udpnat-identity.h"
#include "udpnat-server-app.h"
#include "udpnat-server-config.h"

#define EXIT_USAGE 2

static int
run (const UdpnatServerConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatServerApp) app = NULL;

  if (!udpnat_crypto_init ())
    {
      g_printerr ("udpnat-server: The cryptographic library does not work on this machine.\n");
      return EXIT_FAILURE;
    }
  app = udpnat_server_app_new (config, &error);
  if (app == NULL)
    {
      g_printerr ("udpnat-server: %s\n", error->message);
      return EXIT_FAILURE;
    }
  udpnat_server_app_run (app);
  return EXIT_SUCCESS;
}

int
main (int    argc,
      char **argv)
{
  g_auto (UdpnatServerConfig) config = { 0 };
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  /* The reader of our output may leave; that is no reason to. */
  signal (SIGPIPE, SIG_IGN);
  /* Key and names are nobody else's business. */
  umask (0077);

  if (!udpnat_server_config_parse (&config, argv, &error))
    {
      g_printerr ("udpnat-server: %s Try: udpnat-server --help\n", error->message);
      return EXIT_USAGE;
    }
  if (config.print_version)
    {
      g_print ("udpnat-server %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }
  return run (&config);
}
