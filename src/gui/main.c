#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>

#include "udpnat-application.h"

static void
set_up_translations (void)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (UdpnatApplicationOptions) options = NULL;
  g_autoptr (UdpnatApplication) application = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_done;

  set_up_translations ();
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
