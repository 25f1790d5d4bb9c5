#include "config.h"

#include <glib/gi18n.h>
#include <locale.h>

#include "udpnat-application.h"

/* A program that was not installed finds its translations in its build tree. */
static char *
dup_locale_folder (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : g_strdup (".");
  g_autofree char *root = g_build_filename (folder, "..", "..", NULL);
  g_autofree char *mark = g_build_filename (root, "build.ninja", NULL);

  return g_file_test (mark, G_FILE_TEST_EXISTS) ? g_build_filename (root, "po", NULL)
                                                : g_strdup (LOCALEDIR);
}

static void
set_up_translations (void)
{
  g_autofree char *folder = dup_locale_folder ();

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, folder);
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
