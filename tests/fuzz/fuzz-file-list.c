/* Lists of folders: what is taken keeps the rules, said again here in the slow way, and is written
 * to the same bytes. */

#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "udpnat-file-list.h"
#include "udpnat-file-name.h"
#include "udpnat-limits.h"

/* Each folder above a path, and the path itself, are what they were before. */
static void
check_path (GHashTable *is_file,
            const char *path,
            gboolean    is_folder)
{
  g_auto (GStrv)      names = g_strsplit (path, "/", -1);
  g_autoptr (GString) above = g_string_new (NULL);

  for (guint i = 0; names[i] != NULL; i++)
    {
      gboolean is_last = names[i + 1] == NULL;

      g_assert_true (udpnat_file_name_is_valid (names[i], strlen (names[i])));
      g_assert_cmpstr (names[i], !=, ".");
      g_assert_cmpstr (names[i], !=, "..");
      g_string_append_printf (above, i > 0 ? "/%s" : "%s", names[i]);
      if (is_last)
        g_assert_false (g_hash_table_contains (is_file, above->str));
      else
        g_assert_false (GPOINTER_TO_INT (g_hash_table_lookup (is_file, above->str)));
      g_hash_table_replace (is_file, g_strdup (above->str),
                            GINT_TO_POINTER (is_last && !is_folder));
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autoptr (GBytes)         bytes = g_bytes_new (data, n_data);
  g_autoptr (UdpnatFileList) list = udpnat_file_list_parse (bytes);
  g_autoptr (GHashTable)     is_file = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                              NULL);
  g_autoptr (GByteArray)     again = g_byte_array_new ();
  guint64                    size = 0;
  guint                      n_files = 0;

  if (list == NULL)
    return 0;
  for (guint i = 0; i < udpnat_file_list_get_n_entries (list); i++)
    {
      UdpnatFileListEntry entry;
      g_autofree char    *path = NULL;

      udpnat_file_list_get_entry (list, i, &entry);
      path = g_strndup (entry.path, entry.n_path);
      g_assert_cmpuint (strlen (path), ==, entry.n_path);
      check_path (is_file, path, entry.is_folder);
      size += entry.size;
      n_files += !entry.is_folder;
      if (entry.is_folder)
        udpnat_file_list_append_folder (again, path);
      else
        udpnat_file_list_append_file (again, path, entry.size, entry.root);
    }
  g_assert_cmpuint (size, ==, udpnat_file_list_get_size (list));
  g_assert_cmpuint (size, <=, UDPNAT_FILE_SIZE_MAX);
  g_assert_cmpuint (n_files, ==, udpnat_file_list_get_n_files (list));
  g_assert_cmpmem (again->data, again->len, data, n_data);
  return 0;
}
