#include "config.h"

#include <locale.h>

#include "udpnat-cli.h"

int
main (int    argc,
      char **argv)
{
  g_autoptr (UdpnatCliOptions) options = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_done;

  setlocale (LC_ALL, "");
  options = udpnat_cli_options_parse (&argc, &argv, &is_done, &error);
  if (options != NULL)
    return udpnat_cli_run (options);
  if (is_done)
    return 0;
  g_printerr ("udpnat-cli: %s. See udpnat-cli --help.\n", error->message);
  return 2;
}
