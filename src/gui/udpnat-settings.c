/* The window's own settings (the core's are in the profile). A program that was not installed finds
 * their schema in its build tree, so that it can be started by a double click there too. */

#include "config.h"

#include "udpnat-settings.h"

/* The same for the development profile. */
#define SCHEMA_ID "io.github.udpnat.Udpnat"

static GSettingsSchemaSource *
open_build_tree (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = program != NULL ? g_path_get_dirname (program) : g_strdup (".");
  g_autofree char *data = g_build_filename (folder, "..", "..", "data", NULL);

  return g_settings_schema_source_new_from_directory (data,
                                                      g_settings_schema_source_get_default (), TRUE,
                                                      NULL);
}

/**
 * udpnat_settings_new: Returns: (transfer full) (nullable): %NULL when the program is installed
 * without its schema */
GSettings *
udpnat_settings_new (void)
{
  GSettingsSchemaSource *installed = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;

  if (installed != NULL)
    schema = g_settings_schema_source_lookup (installed, SCHEMA_ID, TRUE);
  if (schema == NULL)
    {
      g_autoptr (GSettingsSchemaSource) built = open_build_tree ();

      if (built != NULL)
        schema = g_settings_schema_source_lookup (built, SCHEMA_ID, FALSE);
    }
  return schema != NULL ? g_settings_new_full (schema, NULL, NULL) : NULL;
}
