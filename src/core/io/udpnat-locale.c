/* The language of the user, for the three programs. */

#include "config.h"

#include "udpnat-locale.h"

#include <glib.h>
#include <libintl.h>
#include <locale.h>

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

/**
 * udpnat_locale_set_up:
 *
 * Takes locale and language from the environment (setlocale(3), gettext(3)). Once, first thing in
 * main(), while there is one thread only.
 */
void
udpnat_locale_set_up (void)
{
  g_autofree char *folder = dup_locale_folder ();

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, folder);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}
