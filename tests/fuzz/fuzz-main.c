/* The main program of a target that was built without libFuzzer: runs it once over every file of
 * its corpus and prints TAP.
 *
 *     fuzz-frame PATH…      files, or folders of them */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static guint n_run;

static void
run_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *contents = NULL;
  g_autofree char   *name = g_path_get_basename (path);
  g_autofree guint8 *exact = NULL;
  gsize              n;

  if (!g_file_get_contents (path, &contents, &n, &error))
    {
      printf ("Bail out! %s\n", error->message);
      exit (1);
    }
  /* Not a byte more than the input has, so that AddressSanitizer sees the first one too many. */
  exact = g_memdup2 (contents, n);
  LLVMFuzzerTestOneInput (exact != NULL ? exact : (const guint8 *) "", n);
  printf ("ok %u %s\n", ++n_run, name);
  fflush (stdout);
}

static gint
compare_paths (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static void
run_folder (const char *path,
            GDir       *folder)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  const char           *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (paths, g_build_filename (path, name, NULL));
  g_ptr_array_sort (paths, compare_paths);
  for (guint i = 0; i < paths->len; i++)
    run_file (g_ptr_array_index (paths, i));
}

int
main (int    argc,
      char **argv)
{
  printf ("TAP version 13\n");
  for (int i = 1; i < argc; i++)
    {
      GDir *folder = g_dir_open (argv[i], 0, NULL);

      if (folder == NULL)
        {
          run_file (argv[i]);
          continue;
        }
      run_folder (argv[i], folder);
      g_dir_close (folder);
    }
  printf ("1..%u\n", n_run);
  return n_run > 0 ? 0 : 1;
}
