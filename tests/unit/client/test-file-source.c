/* What is offered: read as it is on the disk, in the order of its names, and never as anything
 * else. */

#include "config.h"

#include <fcntl.h>
#include <sys/time.h>

#include "file-tree.h"
#include "udpnat-error.h"
#include "udpnat-file-list.h"
#include "udpnat-limits.h"

typedef struct
{
  char *folder;
  char *path; /* of something in it */
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-file-source-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "it", NULL);
  g_assert_cmpint (g_chmod (self->folder, 0755), ==, 0);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  file_tree_remove (self->folder);
  g_free (self->path);
  g_free (self->folder);
}

static void
take_path (Fixture    *self,
           const char *name)
{
  g_free (self->path);
  self->path = g_build_filename (self->folder, name, NULL);
}

static void
check_fails (const char *path,
             int         code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatFileSource) source = file_tree_prepare (path, &error);

  g_assert_error (error, UDPNAT_ERROR, code);
  g_assert_true (g_str_has_suffix (error->message, "."));
}

/* Learns and checks all of a file as who fetches it does.
 *
 * Returns: (transfer full): what is in it */
static GBytes *
fetch (UdpnatFileSource *source,
       guint32           file,
       guint64           size,
       const guint8      root[UDPNAT_TREE_HASH_BYTES])
{
  g_autoptr (UdpnatTree) tree = udpnat_tree_new_for_root (size, root);
  g_autoptr (GError) error = NULL;
  GByteArray *all = g_byte_array_new ();

  for (guint64 i = 0; i < udpnat_tree_count_chunks (tree); i++)
    {
      g_autoptr (GBytes) chunk = udpnat_file_source_read_chunk (source, file, i, &error);
      guint level;
      guint64 block;

      g_assert_no_error (error);
      while (udpnat_tree_find_missing (tree, i, &level, &block))
        {
          g_autoptr (GBytes) hashes = udpnat_file_source_dup_block (source, file, level, block);

          g_assert_nonnull (hashes);
          g_assert_true (udpnat_tree_learn_block (tree, level, block,
                                                  g_bytes_get_data (hashes, NULL),
                                                  g_bytes_get_size (hashes)));
        }
      g_assert_true (udpnat_tree_check_chunk (tree, i, g_bytes_get_data (chunk, NULL),
                                              g_bytes_get_size (chunk)));
      g_byte_array_append (all, g_bytes_get_data (chunk, NULL), (guint) g_bytes_get_size (chunk));
    }
  return g_byte_array_free_to_bytes (all);
}

/* ---- A file ---- */

static void
file_of_any_size (Fixture      *self,
                  gconstpointer unused)
{
  static const gsize sizes[] = { 0, 1, 65535, 65536, 65537, 5 * 65536, 1100 * 65536 + 7 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (UdpnatFileSource) source = NULL;
      g_autoptr (GBytes) expected = file_tree_bytes ((guint) i, sizes[i]);
      g_autoptr (GBytes) fetched = NULL;
      const UdpnatFileOffer *offer;

      file_tree_write (self->folder, "it", (guint) i, sizes[i]);
      source = file_tree_prepare_well (self->path);
      offer = udpnat_file_source_get_offer (source);
      g_assert_cmpint (offer->kind, ==, UDPNAT_FILE_KIND_FILE);
      g_assert_cmpuint (offer->size, ==, sizes[i]);
      g_assert_cmpuint (offer->list_size, ==, sizes[i]);
      g_assert_cmpuint (offer->n_files, ==, 1);
      g_assert_cmpstr (offer->name, ==, "it");
      fetched = fetch (source, 0, offer->size, offer->root);
      g_assert_true (g_bytes_equal (fetched, expected));
    }
}

static void
parts_that_are_none (Fixture      *self,
                     gconstpointer unused)
{
  static const struct
  {
    guint32 file;
    guint64 chunk;
  } cases[] = {
    { 0, 2 }, { 0, G_MAXUINT64 }, { 0, G_MAXUINT64 / 65536 + 1 }, { 1, 0 }, { G_MAXUINT32, 0 },
  };
  g_autoptr (UdpnatFileSource) source = NULL;

  file_tree_write (self->folder, "it", 1, 2 * 65536);
  source = file_tree_prepare_well (self->path);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (udpnat_file_source_read_chunk (source, cases[i].file, cases[i].chunk, &error));
      g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
    }
  g_assert_null (udpnat_file_source_dup_block (source, 0, 0, 1));
  g_assert_null (udpnat_file_source_dup_block (source, 0, 9, 0));
  g_assert_null (udpnat_file_source_dup_block (source, 1, 0, 0));
}

static void
parts_of_a_small_file (Fixture      *self,
                       gconstpointer unused)
{
  g_autoptr (UdpnatFileSource) source = NULL;
  g_autoptr (GBytes) only = NULL;

  file_tree_write (self->folder, "it", 1, 10);
  source = file_tree_prepare_well (self->path);
  only = udpnat_file_source_dup_block (source, 0, 0, 0);
  g_assert_cmpuint (g_bytes_get_size (only), ==, UDPNAT_TREE_HASH_BYTES);
  g_assert_null (udpnat_file_source_dup_block (source, 0, 0, 1));
  g_assert_null (udpnat_file_source_dup_block (source, 0, 1, 0));
}

static void
check_type (Fixture    *self,
            const char *name,
            const char *contents,
            const char *type)
{
  g_autoptr (UdpnatFileSource) source = NULL;

  take_path (self, name);
  g_assert_true (g_file_set_contents (self->path, contents, -1, NULL));
  source = file_tree_prepare_well (self->path);
  g_assert_cmpstr (udpnat_file_source_get_offer (source)->content_type, ==, type);
}

static void
content_type (Fixture      *self,
              gconstpointer unused)
{
  static const char empty[] = "";
  g_autofree char *guess = g_content_type_guess ("x.png", NULL, 0, NULL);

  if (!g_str_equal (guess, "image/png"))
    {
      g_test_skip ("this machine has no list of types");
      return;
    }
  check_type (self, "a.png", "\x89PNG\r\n\x1a\n", "image/png");
  check_type (self, "a.txt", "words", "text/plain");
  check_type (self, "words", "words", "text/plain");
  check_type (self, "x.pdf", empty, "application/pdf");
}

static void
link_is_followed (Fixture      *self,
                  gconstpointer unused)
{
  g_autoptr (UdpnatFileSource) source = NULL;
  g_autoptr (UdpnatFileSource) folder = NULL;

  file_tree_write (self->folder, "elsewhere/real", 1, 100);
  g_assert_cmpint (symlink ("elsewhere/real", self->path), ==, 0);
  source = file_tree_prepare_well (self->path);
  g_assert_cmpuint (udpnat_file_source_get_offer (source)->size, ==, 100);
  g_assert_cmpstr (udpnat_file_source_get_offer (source)->name, ==, "it");
  take_path (self, "also");
  g_assert_cmpint (symlink ("elsewhere", self->path), ==, 0);
  folder = file_tree_prepare_well (self->path);
  g_assert_cmpint (udpnat_file_source_get_offer (folder)->kind, ==, UDPNAT_FILE_KIND_FOLDER);
  g_assert_cmpuint (udpnat_file_source_get_offer (folder)->n_files, ==, 1);
}

static void
path_is_made_plain (Fixture      *self,
                    gconstpointer unused)
{
  g_autofree char *path = g_strconcat (self->path, "/x/../", NULL);
  g_autoptr (UdpnatFileSource) source = NULL;

  file_tree_write (self->path, "x/y", 1, 1);
  source = file_tree_prepare_well (path);
  g_assert_cmpstr (udpnat_file_source_get_offer (source)->name, ==, "it");
  g_assert_cmpstr (udpnat_file_source_get_path (source), ==, self->path);
}

/* ---- What cannot be offered ---- */

static void
what_is_not_there (Fixture      *self,
                   gconstpointer unused)
{
  check_fails (self->path, UDPNAT_ERROR_GONE);
  g_assert_cmpint (symlink ("nowhere", self->path), ==, 0);
  check_fails (self->path, UDPNAT_ERROR_GONE);
}

static void
what_is_no_file (Fixture      *self,
                 gconstpointer unused)
{
  g_assert_cmpint (mkfifo (self->path, 0644), ==, 0);
  check_fails (self->path, UDPNAT_ERROR_NOT_SENDABLE);
  check_fails ("/dev/zero", UDPNAT_ERROR_NOT_SENDABLE);
  check_fails ("/", UDPNAT_ERROR_NOT_SENDABLE);
}

static void
what_has_no_name (Fixture      *self,
                  gconstpointer unused)
{
  file_tree_write (self->folder, "a\xff", 1, 1);
  take_path (self, "a\xff");
  check_fails (self->path, UDPNAT_ERROR_NOT_SENDABLE);
  file_tree_write (self->folder, "a\nb", 1, 1);
  take_path (self, "a\nb");
  check_fails (self->path, UDPNAT_ERROR_NOT_SENDABLE);
}

static void
what_may_not_be_read (Fixture      *self,
                      gconstpointer unused)
{
  g_autofree char *inside = g_build_filename (self->path, "secret", NULL);

  file_tree_write (self->path, "open", 1, 1);
  file_tree_write (self->path, "secret", 1, 1);
  g_assert_cmpint (g_chmod (inside, 0), ==, 0);
  file_tree_be_nobody ();
  check_fails (inside, UDPNAT_ERROR_DENIED);
  check_fails (self->path, UDPNAT_ERROR_DENIED); /* not a folder with a file less */
  file_tree_be_all ();
  g_assert_cmpint (g_chmod (self->path, 0), ==, 0);
  file_tree_be_nobody ();
  check_fails (self->path, UDPNAT_ERROR_DENIED);
  file_tree_be_all ();
  g_assert_cmpint (g_chmod (self->path, 0755), ==, 0);
}

static void
cancelled (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  FileTreeResult result = { 0 };

  file_tree_write (self->folder, "it", 1, 100);
  g_cancellable_cancel (cancellable);
  udpnat_file_source_prepare_async (self->path, cancellable, NULL, NULL, file_tree_prepared_cb,
                                    &result);
  while (!result.is_done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (result.source);
  g_clear_error (&result.error);
}

static void
make_sparse (const char *path,
             gint64      size)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

  g_assert_cmpint (ftruncate (fd, size), ==, 0);
  close (fd);
}

typedef struct
{
  FileTreeResult result;
  GCancellable  *cancellable;
  guint          n_calls;
  gint64         done_bytes, total_bytes;
} Watch;

static void
progress_cb (gint64   done_bytes,
             gint64   total_bytes,
             gpointer user_data)
{
  Watch *watch = user_data;

  g_assert_false (watch->result.is_done);
  g_assert_cmpint (done_bytes, >=, watch->done_bytes);
  g_assert_cmpint (done_bytes, <=, total_bytes);
  watch->done_bytes = done_bytes;
  watch->total_bytes = total_bytes;
  watch->n_calls++;
  if (watch->cancellable != NULL)
    g_cancellable_cancel (watch->cancellable);
}

static void
progress_is_told (Fixture      *self,
                  gconstpointer unused)
{
  Watch watch = { 0 };
  gint64 start_us;
  gint64 n_most;

  make_sparse (self->path, 100 << 20);
  start_us = g_get_monotonic_time ();
  udpnat_file_source_prepare_async (self->path, NULL, progress_cb, &watch, file_tree_prepared_cb,
                                    &watch.result);
  while (!watch.result.is_done)
    g_main_context_iteration (NULL, TRUE);
  n_most = (g_get_monotonic_time () - start_us) / 100000 + 1;
  g_assert_no_error (watch.result.error);
  g_assert_cmpuint (watch.n_calls, >=, 1);
  g_assert_cmpuint (watch.n_calls, <=, n_most);
  g_assert_cmpint (watch.total_bytes, ==, 100 << 20);
  udpnat_file_source_free (watch.result.source);
}

static void
cancelled_on_the_way (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Watch watch = { .cancellable = cancellable };

  make_sparse (self->path, G_GINT64_CONSTANT (1) << 40); /* would take an hour */
  udpnat_file_source_prepare_async (self->path, cancellable, progress_cb, &watch,
                                    file_tree_prepared_cb, &watch.result);
  while (!watch.result.is_done)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (watch.result.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&watch.result.error);
}

/* ---- Changes ---- */

static void
check_chunk_fails (UdpnatFileSource *source,
                   int               code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (udpnat_file_source_read_chunk (source, 0, 0, &error));
  g_assert_error (error, UDPNAT_ERROR, code);
}

static void
check_chunk_is_read (UdpnatFileSource *source)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) chunk = udpnat_file_source_read_chunk (source, 0, 0, &error);

  g_assert_no_error (error);
  g_assert_nonnull (chunk);
}

static void
set_mtime (const char *path,
           gint64      seconds)
{
  struct timeval times[2] = { { seconds, 0 }, { seconds, 0 } };

  g_assert_cmpint (utimes (path, times), ==, 0);
}

static void
changed_file_is_not_sent (Fixture      *self,
                          gconstpointer unused)
{
  g_autoptr (UdpnatFileSource) source = NULL;

  for (guint is_open = 0; is_open < 2; is_open++)
    {
      g_clear_pointer (&source, udpnat_file_source_free);
      file_tree_write (self->folder, "it", 1, 1000);
      set_mtime (self->path, 1000000000);
      source = file_tree_prepare_well (self->path);
      if (is_open)
        check_chunk_is_read (source);
      /* written to: the same length */
      set_mtime (self->path, 1000000001);
      check_chunk_fails (source, UDPNAT_ERROR_CHANGED);
      set_mtime (self->path, 1000000000);
      check_chunk_is_read (source);
      /* the length alone */
      g_assert_cmpint (truncate (self->path, 999), ==, 0);
      set_mtime (self->path, 1000000000);
      check_chunk_fails (source, UDPNAT_ERROR_CHANGED);
      g_assert_cmpint (truncate (self->path, 1001), ==, 0);
      set_mtime (self->path, 1000000000);
      check_chunk_fails (source, UDPNAT_ERROR_CHANGED);
    }
}

static void
removed_file_is_gone (Fixture      *self,
                      gconstpointer unused)
{
  g_autoptr (UdpnatFileSource) source = NULL;

  file_tree_write (self->folder, "it", 1, 1000);
  source = file_tree_prepare_well (self->path);
  g_assert_cmpint (g_unlink (self->path), ==, 0);
  check_chunk_fails (source, UDPNAT_ERROR_GONE);
  g_assert_cmpint (mkfifo (self->path, 0644), ==, 0); /* does not wait for a writer */
  check_chunk_fails (source, UDPNAT_ERROR_CHANGED);
}

static void
link_in_its_place_is_not_followed (Fixture      *self,
                                   gconstpointer unused)
{
  g_autofree char *inside = g_build_filename (self->path, "a", NULL);
  g_autofree char *other = g_build_filename (self->folder, "other", NULL);
  g_autoptr (UdpnatFileSource) source = NULL;
  g_autoptr (GError) error = NULL;

  file_tree_write (self->path, "a", 1, 1000);
  source = file_tree_prepare_well (self->path);
  g_assert_cmpint (g_rename (inside, other), ==, 0);
  g_assert_cmpint (symlink (other, inside), ==, 0);
  g_assert_null (udpnat_file_source_read_chunk (source, 1, 0, &error));
  g_assert_nonnull (error);
}

static void
matches (Fixture      *self,
         gconstpointer unused)
{
  g_autoptr (UdpnatFileSource) source = NULL;
  g_autoptr (UdpnatFileSource) again = NULL;
  g_autoptr (UdpnatFileSource) other = NULL;

  file_tree_write (self->folder, "it", 1, 100000);
  source = file_tree_prepare_well (self->path);
  again = file_tree_prepare_well (self->path);
  g_assert_true (udpnat_file_source_matches (again, udpnat_file_source_get_offer (source)));
  file_tree_write (self->folder, "it", 2, 100000);
  other = file_tree_prepare_well (self->path);
  g_assert_false (udpnat_file_source_matches (other, udpnat_file_source_get_offer (source)));
}

/* ---- Folders ---- */

static char *
describe_list (UdpnatFileSource *source)
{
  const UdpnatFileOffer *offer = udpnat_file_source_get_offer (source);
  g_autoptr (GBytes) bytes = fetch (source, 0, offer->list_size, offer->root);
  g_autoptr (UdpnatFileList) list = udpnat_file_list_parse (bytes);
  GString *text = g_string_new (NULL);

  g_assert_nonnull (list);
  g_assert_cmpuint (udpnat_file_list_get_n_files (list), ==, offer->n_files);
  g_assert_cmpuint (udpnat_file_list_get_size (list), ==, offer->size);
  for (guint i = 0; i < udpnat_file_list_get_n_entries (list); i++)
    {
      UdpnatFileListEntry entry;

      udpnat_file_list_get_entry (list, i, &entry);
      g_string_append_printf (text, "%.*s%s ", (int) entry.n_path, entry.path,
                              entry.is_folder ? "/" : "");
    }
  return g_string_free (text, FALSE);
}

static void
folder_is_walked (Fixture      *self,
                  gconstpointer unused)
{
  g_autoptr (UdpnatFileSource) source = NULL;
  g_autofree char *text = NULL;

  file_tree_write (self->path, "b", 1, 10);
  file_tree_write (self->path, "a/z", 1, 70000);
  file_tree_write (self->path, "a/.hidden", 1, 5);
  file_tree_write (self->path, "a!", 1, 0);
  file_tree_make_folder (self->path, "c/empty");
  source = file_tree_prepare_well (self->path);
  text = describe_list (source);
  g_assert_cmpstr (text, ==, "a/.hidden a/z a! b c/empty/ ");
  g_assert_cmpint (udpnat_file_source_get_offer (source)->kind, ==, UDPNAT_FILE_KIND_FOLDER);
  g_assert_cmpuint (udpnat_file_source_get_offer (source)->size, ==, 70015);
  g_assert_cmpuint (udpnat_file_source_get_offer (source)->n_files, ==, 4);
  g_assert_cmpuint (udpnat_file_source_get_n_skipped (source), ==, 0);
}

static void
folder_file_by_file (Fixture      *self,
                     gconstpointer unused)
{
  g_autoptr (UdpnatFileSource) source = NULL;
  g_autoptr (UdpnatFileList) list = NULL;
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%02u", i);

      file_tree_write (self->path, name, i, i * 10000);
    }
  source = file_tree_prepare_well (self->path);
  bytes = udpnat_file_source_read_chunk (source, 0, 0, NULL);
  list = udpnat_file_list_parse (bytes);
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < 20; i++)
      {
        UdpnatFileListEntry entry;
        g_autoptr (GBytes) expected = file_tree_bytes (i, i * 10000);
        g_autoptr (GBytes) fetched = NULL;

        udpnat_file_list_get_entry (list, i, &entry);
        fetched = fetch (source, i + 1, entry.size, entry.root);
        g_assert_true (g_bytes_equal (fetched, expected));
      }
  g_assert_null (udpnat_file_source_read_chunk (source, 21, 0, NULL));
}

static void
what_is_left_out (Fixture      *self,
                  gconstpointer unused)
{
  g_autofree char *link = g_build_filename (self->path, "link", NULL);
  g_autofree char *folder_link = g_build_filename (self->path, "round", NULL);
  g_autofree char *fifo = g_build_filename (self->path, "fifo", NULL);
  g_autoptr (UdpnatFileSource) source = NULL;
  g_autofree char *text = NULL;

  file_tree_write (self->path, "a", 1, 1);
  file_tree_write (self->path, "bad\xff", 1, 1);
  file_tree_write (self->path, "bad\n/inside", 1, 1);
  g_assert_cmpint (symlink ("a", link), ==, 0);
  g_assert_cmpint (symlink (".", folder_link), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0644), ==, 0);
  source = file_tree_prepare_well (self->path);
  text = describe_list (source);
  g_assert_cmpstr (text, ==, "a ");
  g_assert_cmpuint (udpnat_file_source_get_n_skipped (source), ==, 5);
}

static void
folder_too_deep (Fixture      *self,
                 gconstpointer unused)
{
  GString *path = g_string_new ("x");
  g_autoptr (UdpnatFileSource) source = NULL;

  for (guint i = 1; i < UDPNAT_FOLDER_DEPTH_MAX; i++)
    g_string_append (path, "/x");
  file_tree_write (self->path, path->str, 1, 1);
  source = file_tree_prepare_well (self->path);
  g_assert_cmpuint (udpnat_file_source_get_offer (source)->n_files, ==, 1);
  g_assert_cmpuint (udpnat_file_source_get_n_skipped (source), ==, 0);
  g_clear_pointer (&source, udpnat_file_source_free);
  file_tree_remove (self->path);
  g_string_append (path, "/x");
  file_tree_write (self->path, path->str, 1, 1);
  source = file_tree_prepare_well (self->path);
  g_assert_cmpuint (udpnat_file_source_get_offer (source)->n_files, ==, 0);
  g_assert_cmpuint (udpnat_file_source_get_n_skipped (source), ==, 1);
  g_string_free (path, TRUE);
}

static void
empty_folder (Fixture      *self,
              gconstpointer unused)
{
  g_autoptr (UdpnatFileSource) source = NULL;
  g_autofree char *text = NULL;

  file_tree_make_folder (self->folder, "it");
  source = file_tree_prepare_well (self->path);
  text = describe_list (source);
  g_assert_cmpstr (text, ==, "");
}

#define ADD(path, function) \
  g_test_add ("/client-file-source/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("file/any-size", file_of_any_size);
  ADD ("file/no-such-part", parts_that_are_none);
  ADD ("file/small-one-has-one-hash", parts_of_a_small_file);
  ADD ("file/content-type", content_type);
  ADD ("file/chosen-link-is-followed", link_is_followed);
  ADD ("file/path-is-made-plain", path_is_made_plain);
  ADD ("refused/not-there", what_is_not_there);
  ADD ("refused/no-file", what_is_no_file);
  ADD ("refused/no-name", what_has_no_name);
  ADD ("refused/not-readable", what_may_not_be_read);
  ADD ("refused/cancelled", cancelled);
  ADD ("refused/cancelled-on-the-way", cancelled_on_the_way);
  ADD ("progress/told", progress_is_told);
  ADD ("changes/not-sent", changed_file_is_not_sent);
  ADD ("changes/gone", removed_file_is_gone);
  ADD ("changes/link-is-not-followed", link_in_its_place_is_not_followed);
  ADD ("changes/matches", matches);
  ADD ("folder/in-order", folder_is_walked);
  ADD ("folder/file-by-file", folder_file_by_file);
  ADD ("folder/left-out", what_is_left_out);
  ADD ("folder/too-deep", folder_too_deep);
  ADD ("folder/empty", empty_folder);

  return g_test_run ();
}
