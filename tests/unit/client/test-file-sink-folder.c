/* A folder that is fetched: the same files as where it comes from, by names that this disk takes,
 * and nothing outside of it. */

#include "config.h"

#include "test-file-sink-fixture.h"
#include "udpnat-file-list.h"

/* ---- Folders ---- */

static void
offer_folder (Fixture *self)
{
  file_tree_write (self->from, "a/1", 1, 10);
  file_tree_write (self->from, "a/2", 2, 200000);
  file_tree_write (self->from, "b/c/3", 3, 65536);
  file_tree_write (self->from, "b/empty", 4, 0);
  file_tree_write (self->from, "d", 5, 70000);
  file_tree_make_folder (self->from, "e/f");
  offer (self);
}

static void
check_same_folders (const char *a,
                    const char *b)
{
  g_autoptr (GDir) dir = g_dir_open (a, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  g_assert_cmpuint (file_tree_count (a), ==, file_tree_count (b));
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *in_a = g_build_filename (a, name, NULL);
      g_autofree char *in_b = g_build_filename (b, name, NULL);

      g_assert_cmpuint (get_mode (in_a), ==, get_mode (in_b));
      if (g_file_test (in_a, G_FILE_TEST_IS_DIR))
        check_same_folders (in_a, in_b);
      else
        check_same (in_a, in_b);
    }
}

static void
folder_comes (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *path = NULL;

  offer_folder (self);
  open_new (self);
  g_assert_cmpuint (get_mode (self->partial), ==, 0700);
  fetch_all (self);
  g_assert_cmpuint (udpnat_file_sink_get_n_files (self->sink), ==, 5);
  path = finish (self);
  check_same_folders (self->from, path);
  g_assert_cmpuint (get_mode (path), ==, 0755);
  g_assert_cmpuint (file_tree_count (self->to), ==, 1);
}

static void
empty_folder (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *path = NULL;

  file_tree_make_folder (self->folder, "photo.jpg");
  offer (self);
  open_new (self);
  g_assert_true (udpnat_file_sink_has_list (self->sink));
  path = finish (self);
  g_assert_cmpuint (file_tree_count (path), ==, 0);
}

static void
round_trip (Fixture      *self,
            gconstpointer unused)
{
  static const char *const folders[] = { "", "plain/", "with space/sub/", "grüße/", "文/件/深/",
                                         "-rf/" };
  g_autofree char *path = NULL;
  guint n_fetched = 0;

  g_test_summary ("300 files of all sorts, with the sink opened anew now and then");
  for (guint i = 0; i < 300; i++)
    {
      gsize size = i % 7 == 0 ? 0 : i % 31 == 0 ? 204800 + i : i % 5 == 0 ? 65536 : i * 37 % 5000;
      g_autofree char *name = g_strdup_printf ("%s%s%u.%s", folders[i % G_N_ELEMENTS (folders)],
                                               i % 2 ? "Ü " : "x", i, i % 3 ? "dat" : "tar.gz");

      file_tree_write (self->from, name, i, size);
    }
  offer (self);
  open_new (self);
  while (fetch_one (self))
    if (++n_fetched % 40 == 0)
      {
        sync_sink (self);
        open_again (self);
      }
  path = finish (self);
  check_same_folders (self->from, path);
}

static void
folder_goes_on_anywhere (Fixture      *self,
                         gconstpointer unused)
{
  g_test_summary ("After each number of chunks, with all that was not kept spoilt or not");
  offer_folder (self);
  for (guint n_chunks = 0; n_chunks < 10; n_chunks++)
    for (guint n_more = 0; n_more < 6; n_more++)
      {
        g_autofree char *path = NULL;
        gint64 n_list = (gint64) get_offer (self)->list_size;

        open_new (self);
        for (guint i = 0; i < n_chunks; i++)
          fetch_one (self);
        sync_sink (self);
        for (guint i = 0; i < n_more; i++)
          fetch_one (self);
        open_again (self);
        g_assert_cmpint (udpnat_file_sink_get_done (self->sink), ==, self->kept);
        g_assert_cmpint (udpnat_file_sink_has_list (self->sink), ==, self->kept >= n_list);
        fetch_all (self);
        path = finish (self);
        check_same_folders (self->from, path);
        file_tree_remove (path);
      }
}

static void
what_is_cut_stays_cut (Fixture      *self,
                       gconstpointer unused)
{
  g_test_summary ("Opened once after a crash, what there is is what was safe, for all times");
  offer_folder (self);
  for (guint n_chunks = 0; n_chunks < 10; n_chunks++)
    {
      g_autofree char *path = NULL;
      gint64 kept;

      open_new (self);
      for (guint i = 0; i < n_chunks; i++)
        fetch_one (self);
      sync_sink (self);
      kept = self->kept;
      fetch_all (self);
      open_again (self);
      self->kept = G_MAXINT64;
      open_again (self);
      g_assert_cmpint (udpnat_file_sink_get_done (self->sink), ==, kept);
      fetch_all (self);
      path = finish (self);
      check_same_folders (self->from, path);
      file_tree_remove (path);
    }
}

static void
all_counts_after_a_kill (Fixture      *self,
                         gconstpointer unused)
{
  gint64 done;

  g_test_summary ("The system lives on: what was written is there");
  offer_folder (self);
  open_new (self);
  for (guint i = 0; i < 5; i++)
    fetch_one (self);
  done = udpnat_file_sink_get_done (self->sink);
  self->kept = G_MAXINT64;
  open_again (self);
  g_assert_cmpint (udpnat_file_sink_get_done (self->sink), ==, done);
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
}

static void
spoil (const char *folder,
       const char *path,
       gsize       size)
{
  g_autofree char *whole = g_build_filename (folder, path, NULL);
  g_autofree char *bytes = g_strnfill (size, '\xee');
  int fd = open (whole, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, bytes, size), ==, (gssize) size);
  close (fd);
}

static void
what_is_not_kept_is_not_trusted (Fixture      *self,
                                 gconstpointer unused)
{
  g_autofree char *path = NULL;

  offer_folder (self);
  open_new (self);
  fetch_one (self); /* the list */
  fetch_one (self);
  fetch_one (self); /* a/1 */
  sync_sink (self);
  fetch_all (self);
  spoil (self->partial, "a/2", 200000);
  spoil (self->partial, "b/c/3", 70000);
  open_again (self);
  fetch_all (self);
  path = finish (self);
  check_same_folders (self->from, path);
}

static void
kept_file_that_is_missing (Fixture      *self,
                           gconstpointer unused)
{
  g_autofree char *path = NULL;
  g_autofree char *inside = NULL;
  guint32 file;
  guint64 chunk;

  g_test_summary ("A name may be lost in a crash though what it names was safe");
  offer_folder (self);
  open_new (self);
  fetch_all (self);
  sync_sink (self);
  inside = g_build_filename (self->partial, "a", "1", NULL);
  g_assert_cmpint (g_unlink (inside), ==, 0);
  open_again (self);
  g_assert_true (udpnat_file_sink_get_next (self->sink, &file, &chunk));
  g_assert_cmpuint (file, ==, 1);
  fetch_all (self);
  path = finish (self);
  check_same_folders (self->from, path);
}

static void
files_out_of_order (Fixture      *self,
                    gconstpointer unused)
{
  g_autofree char *path = NULL;
  gint64 n_list;
  guint64 chunk;

  offer_folder (self);
  n_list = (gint64) get_offer (self)->list_size;
  open_new (self);
  fetch_one (self);
  fetch_one (self);
  for (guint32 file = 5; file >= 1; file--)
    while (udpnat_file_sink_get_next_chunk (self->sink, file, &chunk))
      {
        g_assert_true (write_chunk (self, file, chunk, NULL));
        if (file > 1)
          {
            sync_sink (self);
            g_assert_cmpint (self->kept, ==, n_list); /* the first is missing */
          }
      }
  sync_sink (self);
  g_assert_cmpint (self->kept, ==, n_list + (gint64) get_offer (self)->size);
  path = finish (self);
  check_same_folders (self->from, path);
}

static void
folder_is_removed (Fixture      *self,
                   gconstpointer unused)
{
  g_autofree char *target = g_build_filename (self->folder, "target", NULL);
  g_autofree char *link = NULL;
  g_autofree char *kept = g_build_filename (target, "kept", NULL);

  offer_folder (self);
  open_new (self);
  fetch_all (self);
  file_tree_write (target, "kept", 1, 10);
  link = g_build_filename (self->partial, "a", "link", NULL);
  g_assert_cmpint (symlink (target, link), ==, 0);
  udpnat_file_sink_remove (self->sink);
  g_assert_cmpuint (file_tree_count (self->to), ==, 0);
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
}

static void
folder_is_discarded (Fixture      *self,
                     gconstpointer unused)
{
  g_autofree char *other = g_build_filename (self->to, "other", NULL);

  offer_folder (self);
  file_tree_write (other, "kept", 1, 10);
  open_new (self);
  fetch_all (self);
  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  udpnat_file_sink_discard (other); /* no partial */
  g_assert_cmpuint (file_tree_count (self->to), ==, 2);
  udpnat_file_sink_discard (self->partial);
  g_assert_cmpuint (file_tree_count (self->to), ==, 1);
  udpnat_file_sink_discard (self->partial); /* not there */
  g_assert_cmpint (symlink (other, self->partial), ==, 0);
  udpnat_file_sink_discard (self->partial);
  g_assert_cmpuint (file_tree_count (self->to), ==, 1);
  g_assert_cmpuint (file_tree_count (other), ==, 1);
}

static void
folder_finished_is_gone (Fixture      *self,
                         gconstpointer unused)
{
  offer_folder (self);
  open_new (self);
  fetch_all (self);
  sync_sink (self);
  g_free (finish (self));
  check_open_fails (self, self->partial, UDPNAT_ERROR_GONE);
}

/* ---- Lists of others ---- */

typedef struct
{
  UdpnatFileOffer offer;
  GBytes         *list;
} Sent;

/* Paths of empty files, sorted by the caller */
static void
make_sent (Sent              *self,
           const char *const *paths)
{
  GByteArray *list = g_byte_array_new ();
  g_autoptr (UdpnatTree) tree = NULL;
  guint8 root[UDPNAT_TREE_HASH_BYTES] = { 0 };

  memset (self, 0, sizeof *self);
  for (; *paths != NULL; paths++, self->offer.n_files++)
    udpnat_file_list_append_file (list, *paths, 0, root);
  self->list = g_byte_array_free_to_bytes (list);
  self->offer.kind = UDPNAT_FILE_KIND_FOLDER;
  self->offer.name = (char *) "sent";
  self->offer.content_type = (char *) "";
  self->offer.list_size = g_bytes_get_size (self->list);
  tree = udpnat_tree_new (self->offer.list_size);
  udpnat_tree_add_chunk (tree, g_bytes_get_data (self->list, NULL), self->offer.list_size);
  udpnat_tree_get_root (tree, self->offer.root);
}

/* The list has another name as well: so a disk on which "A" is "a" is known. */
static gboolean is_folding;

static gboolean
set_list (Fixture *self,
          Sent    *sent,
          GError **error)
{
  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  self->sink = udpnat_file_sink_open (self->to, &sent->offer, ID, NULL, 0, error);
  g_assert_nonnull (self->sink);
  g_assert_true (udpnat_file_sink_write (self->sink, 0, 0, sent->list, NULL));
  if (is_folding)
    file_tree_write (udpnat_file_sink_get_partial (self->sink), ".UDPNAT-LIST", 0, 0);
  return udpnat_file_sink_set_list (self->sink, error);
}

static void
check_made (const char        *folder,
            const char *const *names)
{
  guint n = 0;

  for (; *names != NULL; names++, n++)
    {
      g_autofree char *path = g_build_filename (folder, *names, NULL);

      g_test_message ("%s", path);
      g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
    }
  g_assert_cmpuint (file_tree_count (folder), ==, n);
}

#define NAMES(...) ((const char *const[]) { __VA_ARGS__, NULL })

static void
names_become_safe (Fixture      *self,
                   gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autofree char *inside = NULL;
  Sent sent;

  make_sent (&sent, NAMES (".bashrc", ".udpnat-list", "a:b", "a?b", "a_b", "con", "x:/f", "x?/f",
                           "x?/g", "\u202eexe.jpg"));
  g_assert_true (set_list (self, &sent, &error));
  path = udpnat_file_sink_finish (self->sink, &error);
  g_assert_no_error (error);
  check_made (path, NAMES (".bashrc", "udpnat-list", "a_b", "a_b (2)", "a_b (3)", "_con", "x_",
                           "x_ (2)", "exe.jpg"));
  inside = g_build_filename (path, "x_ (2)", NULL);
  check_made (inside, NAMES ("f", "g"));
  g_bytes_unref (sent.list);
}

static void
list_keeps_its_name (Fixture      *self,
                     gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  Sent sent;

  g_test_summary ("Other names become that of our own list, too");
  make_sent (&sent, NAMES ("..udpnat-list", ".:udpnat-list", "a"));
  g_assert_true (set_list (self, &sent, &error));
  path = udpnat_file_sink_finish (self->sink, &error);
  g_assert_no_error (error);
  check_made (path, NAMES (".udpnat-list (2)", "._udpnat-list", "a"));
  g_bytes_unref (sent.list);
}

static void
large_and_small_letters (Fixture      *self,
                         gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  Sent sent;

  make_sent (&sent, NAMES ("A", "B/f", "a", "b/f", "\u00c9", "\u00e9"));
  g_assert_true (set_list (self, &sent, &error));
  check_made (udpnat_file_sink_get_partial (self->sink),
              NAMES ("A", "B", "a", "b", "\u00c9", "\u00e9", ".udpnat-list"));
  udpnat_file_sink_remove (self->sink);
  is_folding = TRUE;
  g_assert_true (set_list (self, &sent, &error));
  check_made (udpnat_file_sink_get_partial (self->sink),
              NAMES ("A", "B", "a (2)", "b (2)", "\u00c9", "\u00e9 (2)", ".udpnat-list",
                     ".UDPNAT-LIST"));
  is_folding = FALSE;
  g_bytes_unref (sent.list);
}

static void
many_of_one_name (Fixture      *self,
                  gconstpointer unused)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  Sent sent;

  /* Dots and an "a" each: what is left is "a". The longest come first, "." being less than "a". */
  for (guint i = 250; i > 0; i--)
    {
      GString *name = g_string_new (NULL);

      for (guint j = 0; j < i; j++)
        g_string_append_c (name, '.');
      g_string_append_c (name, 'a');
      g_ptr_array_add (paths, g_string_free (name, FALSE));
    }
  g_ptr_array_add (paths, NULL);
  make_sent (&sent, (const char *const *) paths->pdata);
  g_assert_true (set_list (self, &sent, &error));
  g_assert_cmpuint (file_tree_count (udpnat_file_sink_get_partial (self->sink)), ==, 251);
  g_bytes_unref (sent.list);
}

static void
list_that_is_none (Fixture      *self,
                   gconstpointer unused)
{
  const char *const *const lists[] = {
    NAMES ("../a"), NAMES ("/etc/passwd"), NAMES ("a", "a"), NAMES ("a", "a/b"), NAMES ("b", "a"),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (GError) error = NULL;
      Sent sent;

      make_sent (&sent, lists[i]);
      g_assert_false (set_list (self, &sent, &error));
      g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_CORRUPT);
      udpnat_file_sink_remove (self->sink);
      g_assert_cmpuint (file_tree_count (self->to), ==, 0);
      g_bytes_unref (sent.list);
    }
}

static void
list_of_another_offer (Fixture      *self,
                       gconstpointer unused)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      Sent sent;

      make_sent (&sent, NAMES ("a", "b"));
      sent.offer.n_files += i == 0;
      sent.offer.size += i == 1;
      sent.offer.root[5] ^= i == 2;
      g_assert_false (set_list (self, &sent, &error));
      g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_CORRUPT);
      g_bytes_unref (sent.list);
    }
}

/* ---- Links in a folder ---- */

static void
check_write_fails_outside (Fixture    *self,
                           const char *name,
                           const char *target,
                           guint32     file)
{
  g_autofree char *place = g_build_filename (self->partial, name, NULL);
  g_autoptr (GError) error = NULL;

  file_tree_remove (place);
  g_assert_cmpint (symlink (target, place), ==, 0);
  g_assert_false (write_chunk (self, file, 0, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_GONE);
}

static void
links_in_a_folder (Fixture      *self,
                   gconstpointer unused)
{
  g_autofree char *outside = g_build_filename (self->folder, "outside", NULL);
  g_autofree char *target = g_build_filename (outside, "target", NULL);

  g_test_summary ("Whoever may write to the hidden folder leads nothing out of it");
  offer_folder (self);
  file_tree_make_folder (outside, "c");
  g_assert_true (g_file_set_contents (target, "precious", -1, NULL));
  open_new (self);
  fetch_one (self);
  fetch_one (self); /* list and folders */
  check_write_fails_outside (self, "a", outside, 1);
  check_write_fails_outside (self, "b", outside, 3);
  check_write_fails_outside (self, "d", target, 5);
  check_text (target, "precious");
  g_assert_cmpuint (file_tree_count (outside), ==, 2);
}

static void
links_found_later (Fixture      *self,
                   gconstpointer unused)
{
  static const char *const places[] = { "a", "a/1", "d", "b/empty", "e/f", ".udpnat-list" };
  g_autofree char *outside = g_build_filename (self->folder, "outside", NULL);
  g_autofree char *target = g_build_filename (outside, "1", NULL);

  offer_folder (self);
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *place = NULL;

      file_tree_remove (outside);
      file_tree_write (outside, "1", 9, 100);
      open_new (self);
      fetch_all (self);
      sync_sink (self);
      place = g_build_filename (self->partial, places[i], NULL);
      file_tree_remove (place);
      g_assert_cmpint (symlink (i == 0 || i == 4 ? outside : target, place), ==, 0);
      check_open_fails (self, self->partial, UDPNAT_ERROR_GONE);
      g_assert_cmpint (get_size (target), ==, 100);
      file_tree_remove (self->partial);
    }
}

static void
second_name_in_a_folder (Fixture      *self,
                         gconstpointer unused)
{
  g_autofree char *target = g_build_filename (self->folder, "target", NULL);
  g_autofree char *place = NULL;
  g_autoptr (GError) error = NULL;

  offer_folder (self);
  g_assert_true (g_file_set_contents (target, "precious", -1, NULL));
  open_new (self);
  fetch_one (self);
  fetch_one (self);
  place = g_build_filename (self->partial, "d", NULL);
  g_assert_cmpint (link (target, place), ==, 0);
  g_assert_false (write_chunk (self, 5, 0, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_GONE);
  check_text (target, "precious");
}

static void
hidden_folder_goes (Fixture      *self,
                    gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  offer_folder (self);
  open_new (self);
  fetch_one (self);
  fetch_one (self);
  file_tree_remove (self->partial);
  g_assert_false (write_chunk (self, 1, 0, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_GONE);
}

#define ADD(path, function) \
  g_test_add ("/client-file-sink-folder/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("folder/comes", folder_comes);
  ADD ("folder/empty", empty_folder);
  ADD ("folder/round-trip", round_trip);
  ADD ("folder/goes-on-anywhere", folder_goes_on_anywhere);
  ADD ("folder/cut-stays-cut", what_is_cut_stays_cut);
  ADD ("folder/all-counts-after-a-kill", all_counts_after_a_kill);
  ADD ("folder/not-kept-is-not-trusted", what_is_not_kept_is_not_trusted);
  ADD ("folder/kept-file-is-missing", kept_file_that_is_missing);
  ADD ("folder/files-out-of-order", files_out_of_order);
  ADD ("folder/finished-is-gone", folder_finished_is_gone);
  ADD ("remove/folder", folder_is_removed);
  ADD ("remove/discarded", folder_is_discarded);
  ADD ("list/names-become-safe", names_become_safe);
  ADD ("list/keeps-its-name", list_keeps_its_name);
  ADD ("list/large-and-small-letters", large_and_small_letters);
  ADD ("list/many-of-one-name", many_of_one_name);
  ADD ("list/none", list_that_is_none);
  ADD ("list/of-another-offer", list_of_another_offer);
  ADD ("links/in-a-folder", links_in_a_folder);
  ADD ("links/found-later", links_found_later);
  ADD ("links/second-name-in-a-folder", second_name_in_a_folder);
  ADD ("disk/hidden-folder-goes", hidden_folder_goes);

  return g_test_run ();
}
