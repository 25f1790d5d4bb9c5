#include "config.h"

#include <glib/gi18n.h>

#include "udpnat-application.h"
#include "udpnat-locale.h"

int
main (int    argc,
      char **argv)
{
  g_autoptr (UdpnatApplicationOptions) options = NULL;
  g_autoptr (UdpnatApplication) application = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_done;

  udpnat_locale_set_up ();
  options = udpnat_application_options_parse (&argc, &argv, &is_done, &error);
  if (is_done)
    return 0;
  if (options == NULL)
    {
      g_printerr (_("udpnat: %s. See udpnat --help."), error->message);
      g_printerr ("\n");
      return 2;
    }
  application = udpnat_application_new (g_steal_pointer (&options));
  return udpnat_application_start_up (application);
}
