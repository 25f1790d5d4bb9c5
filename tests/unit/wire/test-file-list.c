/* Lists of folders: what is written is read, and nothing that breaks the rules is. */

#include "config.h"

#include "udpnat-file-list.h"

#include <string.h>

#include "udpnat-limits.h"

static const guint8 some_root[UDPNAT_FILE_LIST_ROOT_BYTES] = { 1, 2, 3 };

/* "/" at the end: a folder. The size of a file is the number of its entry. */
static GBytes *
write_list (const char *const *paths)
{
  GByteArray *out = g_byte_array_new ();

  for (gsize i = 0; paths[i] != NULL; i++)
    {
      gsize n = strlen (paths[i]);
      g_autofree char *bare = g_strndup (paths[i], n > 0 ? n - 1 : 0);

      if (g_str_has_suffix (paths[i], "/"))
        udpnat_file_list_append_folder (out, bare);
      else
        udpnat_file_list_append_file (out, paths[i], i, some_root);
    }
  return g_byte_array_free_to_bytes (out);
}

static UdpnatFileList *
parse (const char *const *paths)
{
  g_autoptr (GBytes) bytes = write_list (paths);

  return udpnat_file_list_parse (bytes);
}

static void
check_refused (const char *const *paths)
{
  g_autoptr (UdpnatFileList) list = parse (paths);

  g_assert_null (list);
}

static void
check_taken (const char *const *paths)
{
  g_autoptr (UdpnatFileList) list = parse (paths);

  g_assert_nonnull (list);
}

#define PATHS(...) ((const char *const[]) { __VA_ARGS__, NULL })

static void
bytes_are_those_of_the_protocol (void)
{
  static const char expected[] = "\0\0\3a/b\0\0\0\0\0\0\1\2\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                 "\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\1c";
  g_autoptr (GByteArray) out = g_byte_array_new ();

  udpnat_file_list_append_file (out, "a/b", 258, some_root);
  udpnat_file_list_append_folder (out, "c");
  g_assert_cmpmem (out->data, out->len, expected, sizeof expected - 1);
}

static void
what_is_written_is_read (void)
{
  g_autoptr (UdpnatFileList) list = parse (PATHS ("a", "b/c", "b/d/", "e/"));
  UdpnatFileListEntry entry;

  g_assert_nonnull (list);
  g_assert_cmpuint (udpnat_file_list_get_n_entries (list), ==, 4);
  g_assert_cmpuint (udpnat_file_list_get_n_files (list), ==, 2);
  g_assert_cmpuint (udpnat_file_list_get_size (list), ==, 1);
  udpnat_file_list_get_entry (list, 1, &entry);
  g_assert_false (entry.is_folder);
  g_assert_cmpmem (entry.path, entry.n_path, "b/c", 3);
  g_assert_cmpuint (entry.size, ==, 1);
  g_assert_cmpmem (entry.root, sizeof some_root, some_root, sizeof some_root);
  udpnat_file_list_get_entry (list, 3, &entry);
  g_assert_true (entry.is_folder);
  g_assert_cmpmem (entry.path, entry.n_path, "e", 1);
}

static void
empty_list (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("", 0);
  g_autoptr (UdpnatFileList) list = udpnat_file_list_parse (bytes);

  g_assert_nonnull (list);
  g_assert_cmpuint (udpnat_file_list_get_n_entries (list), ==, 0);
}

static void
paths_lead_nowhere_else (void)
{
  check_taken (PATHS ("...", "..a", ".a", "a/..b/c", "con"));
  check_refused (PATHS (".."));
  check_refused (PATHS ("."));
  check_refused (PATHS ("../a"));
  check_refused (PATHS ("a/../b"));
  check_refused (PATHS ("a/."));
  check_refused (PATHS ("a/.."));
  check_refused (PATHS ("/a"));
  check_refused (PATHS ("a//b"));
  check_refused (PATHS ("a//"));
  check_refused (PATHS (""));
  check_refused (PATHS ("/"));
  check_refused (PATHS ("a\nb"));
  check_refused (PATHS ("a/\xff/b"));
}

static void
order_is_kept (void)
{
  check_taken (PATHS ("a", "b"));
  check_refused (PATHS ("b", "a"));
  check_refused (PATHS ("a", "a"));
  check_refused (PATHS ("a/", "a"));
  check_refused (PATHS ("a/", "a/"));
  check_taken (PATHS ("a/b", "a!"));     /* "/" before all others, although "!" is less */
  check_refused (PATHS ("a!", "a/b"));
  check_taken (PATHS ("a/z", "ab", "a\u00e9"));
  check_refused (PATHS ("a/b", "c", "a/d"));
}

static void
nothing_is_in_a_file (void)
{
  check_refused (PATHS ("a", "a/b"));
  check_refused (PATHS ("a/b", "a/b/c/d"));
  check_taken (PATHS ("a/", "a/b"));
  check_taken (PATHS ("a", "ab/c"));
}

static char *
make_path (gsize n_names,
           gsize n_name)
{
  g_autofree char *name = g_strnfill (n_name, 'x');
  GString *path = g_string_new (name);

  for (gsize i = 1; i < n_names; i++)
    g_string_append_printf (path, "/%s", name);
  return g_string_free (path, FALSE);
}

static void
lengths (void)
{
  g_autofree char *longest = make_path (16, 255); /* 16 × 256 - 1 */
  g_autofree char *too_long = g_strconcat (longest, "x", NULL);
  g_autofree char *many = make_path (UDPNAT_FOLDER_DEPTH_MAX, 1);
  g_autofree char *too_many = make_path (UDPNAT_FOLDER_DEPTH_MAX + 1, 1);
  g_autofree char *long_name = make_path (1, 256);
  g_autofree char *too_long_path = make_path (32, 127);

  g_assert_cmpuint (strlen (longest), ==, UDPNAT_FOLDER_PATH_MAX_BYTES);
  g_assert_cmpuint (strlen (too_long_path), ==, UDPNAT_FOLDER_PATH_MAX_BYTES);
  check_taken (PATHS (longest));
  check_taken (PATHS (too_long_path));
  check_refused (PATHS (too_long));
  check_taken (PATHS (many));
  check_refused (PATHS (too_many));
  check_refused (PATHS (long_name));
}

static void
path_one_too_long (void)
{
  g_autofree char *path = make_path (32, 127);
  g_autofree char *longer = g_strconcat ("y", path, NULL);

  g_assert_cmpuint (strlen (longer), ==, UDPNAT_FOLDER_PATH_MAX_BYTES + 1);
  check_refused (PATHS (longer));
}

static UdpnatFileList *
parse_sizes (guint64 a,
             guint64 b)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  udpnat_file_list_append_file (out, "a", a, some_root);
  udpnat_file_list_append_file (out, "b", b, some_root);
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&out));
  return udpnat_file_list_parse (bytes);
}

static void
sizes (void)
{
  static const struct
  {
    guint64 a, b;
    gboolean is_taken;
  } cases[] = {
    { UDPNAT_FILE_SIZE_MAX, 0, TRUE },
    { 0, UDPNAT_FILE_SIZE_MAX, TRUE },
    { UDPNAT_FILE_SIZE_MAX - 1, 1, TRUE },
    { UDPNAT_FILE_SIZE_MAX + 1, 0, FALSE },
    { UDPNAT_FILE_SIZE_MAX, 1, FALSE },
    { G_MAXUINT64, 2, FALSE },
    { 2, G_MAXUINT64, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UdpnatFileList) list = parse_sizes (cases[i].a, cases[i].b);

      g_assert_cmpint (list != NULL, ==, cases[i].is_taken);
    }
}

static void
cut_ones_are_refused (void)
{
  g_autoptr (GBytes) bytes = write_list (PATHS ("a", "b/c", "d/"));
  gsize n = g_bytes_get_size (bytes);
  const guint ends[] = { 0, 1 + 2 + 1 + 40, 2 * (1 + 2 + 40) + 1 + 3, (guint) n };

  for (gsize i = 0; i <= n; i++)
    {
      g_autoptr (GBytes) part = g_bytes_new_from_bytes (bytes, 0, i);
      g_autoptr (UdpnatFileList) list = udpnat_file_list_parse (part);
      gboolean is_whole = FALSE;

      for (gsize j = 0; j < G_N_ELEMENTS (ends); j++)
        is_whole |= ends[j] == i;
      g_assert_cmpint (list != NULL, ==, is_whole);
    }
}

static void
unknown_kind_is_refused (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\2\0\1a", 4);
  g_autoptr (UdpnatFileList) list = udpnat_file_list_parse (bytes);

  g_assert_null (list);
}

static void
too_many_folders (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (UdpnatFileList) list = NULL;
  g_autofree char *deep = make_path (201, 1);
  g_autoptr (GBytes) fewer = NULL;
  g_autoptr (UdpnatFileList) taken = NULL;
  gsize n_before = 0;

  g_test_summary ("Few entries may not stand for any number of folders");
  for (guint i = 0; i <= UDPNAT_FOLDER_FILES_MAX / 201; i++)
    {
      g_autofree char *path = g_strdup_printf ("%05u/%s", i, deep);

      n_before = out->len;
      udpnat_file_list_append_file (out, path, 0, some_root);
    }
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&out));
  list = udpnat_file_list_parse (bytes);
  g_assert_null (list);
  fewer = g_bytes_new_from_bytes (bytes, 0, n_before);
  taken = udpnat_file_list_parse (fewer);
  g_assert_nonnull (taken);
}

static void
million_entries (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) fewer = NULL;
  g_autoptr (UdpnatFileList) list = NULL;
  g_autoptr (UdpnatFileList) refused = NULL;
  gsize n_before = 0;
  gint64 start_us;

  for (guint i = 0; i <= UDPNAT_FOLDER_FILES_MAX; i++)
    {
      char path[24];

      n_before = out->len;
      g_snprintf (path, sizeof path, "%03u/%07u", i / 10000, i);
      udpnat_file_list_append_file (out, path, 1, some_root);
    }
  bytes = g_byte_array_free_to_bytes (g_steal_pointer (&out));
  fewer = g_bytes_new_from_bytes (bytes, 0, n_before);
  start_us = g_get_monotonic_time ();
  list = udpnat_file_list_parse (fewer);
  g_test_message ("%u entries in %" G_GINT64_FORMAT " ms", UDPNAT_FOLDER_FILES_MAX,
                  (g_get_monotonic_time () - start_us) / 1000);
  g_assert_nonnull (list);
  g_assert_cmpuint (udpnat_file_list_get_n_files (list), ==, UDPNAT_FOLDER_FILES_MAX);
  refused = udpnat_file_list_parse (bytes);
  g_assert_null (refused);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire-file-list/bytes/those-of-the-protocol", bytes_are_those_of_the_protocol);
  g_test_add_func ("/wire-file-list/bytes/written-is-read", what_is_written_is_read);
  g_test_add_func ("/wire-file-list/bytes/empty", empty_list);
  g_test_add_func ("/wire-file-list/bytes/cut-ones-are-refused", cut_ones_are_refused);
  g_test_add_func ("/wire-file-list/bytes/unknown-kind", unknown_kind_is_refused);
  g_test_add_func ("/wire-file-list/paths/lead-nowhere-else", paths_lead_nowhere_else);
  g_test_add_func ("/wire-file-list/paths/in-order", order_is_kept);
  g_test_add_func ("/wire-file-list/paths/nothing-in-a-file", nothing_is_in_a_file);
  g_test_add_func ("/wire-file-list/paths/lengths", lengths);
  g_test_add_func ("/wire-file-list/paths/one-byte-too-long", path_one_too_long);
  g_test_add_func ("/wire-file-list/limits/sizes", sizes);
  g_test_add_func ("/wire-file-list/limits/folders", too_many_folders);
  g_test_add_func ("/wire-file-list/limits/million-entries", million_entries);

  return g_test_run ();
}
