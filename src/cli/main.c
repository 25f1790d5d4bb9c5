#include "config.h"

#include <glib/gi18n.h>

#include "udpnat-cli.h"
#include "udpnat-locale.h"

int
main (int    argc,
      char **argv)
{
  g_autoptr (UdpnatCliOptions) options = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_done;

  udpnat_locale_set_up ();
  options = udpnat_cli_options_parse (&argc, &argv, &is_done, &error);
  if (options != NULL)
    return udpnat_cli_run (options);
  if (is_done)
    return 0;
  g_printerr (_("udpnat-cli: %s. See udpnat-cli --help."), error->message);
  g_printerr ("\n");
  return 2;
}
