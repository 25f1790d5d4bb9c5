/* A file that is fetched: comes whole or can be gone on with, never through a link, never over
 * anything that is there. */

#include "config.h"

#include <sys/mount.h>

#include "test-file-sink-fixture.h"

/* ---- A file ---- */

static void
file_of_any_size (Fixture      *self,
                  gconstpointer unused)
{
  static const gsize sizes[] = { 0, 1, 65535, 65536, 65537, 3 * 65536 + 100 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = NULL;

      offer_file (self, sizes[i]);
      open_new (self);
      fetch_all (self);
      g_assert_cmpint (udpnat_file_sink_get_done (self->sink), ==, sizes[i]);
      path = finish (self);
      check_same (path, self->from);
      g_assert_cmpuint (file_tree_count (self->to), ==, 1);
      g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static void
partial_is_hidden (Fixture      *self,
                   gconstpointer unused)
{
  mode_t before = umask (027);
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;

  offer_file (self, 100);
  open_new (self);
  name = g_path_get_basename (self->partial);
  g_assert_cmpstr (name, ==, ".photo.jpg.01234567.udpnat-part");
  g_assert_cmpuint (get_mode (self->partial), ==, 0600);
  fetch_all (self);
  path = finish (self);
  g_assert_cmpuint (get_mode (path), ==, 0640);
  umask (before);
}

static void
longest_name (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *stem = g_strnfill (80, 'x');
  g_autofree char *name = g_strconcat (stem, stem, stem, "zzzzzzzzzzz.png", NULL);
  g_autofree char *cut = g_strconcat (stem, stem, stem, NULL);
  g_autofree char *expected = NULL;

  g_free (self->from);
  self->from = g_build_filename (self->folder, name, NULL);
  file_tree_write (self->folder, name, 1, 10);
  offer (self);
  open_new (self);
  fetch_all (self);
  cut[236] = '\0';
  expected = g_strconcat (cut, ".png", NULL);
  check_finishes_as (self, expected);
}

static void
order_of_chunks (Fixture      *self,
                 gconstpointer unused)
{
  guint32 file;
  guint64 chunk;

  offer_file (self, 3 * 65536);
  open_new (self);
  for (guint64 i = 0; i < 3; i++)
    {
      g_assert_true (udpnat_file_sink_get_next (self->sink, &file, &chunk));
      g_assert_cmpuint (file, ==, 0);
      g_assert_cmpuint (chunk, ==, i);
      g_assert_true (write_chunk (self, 0, i, NULL));
      g_assert_true (write_chunk (self, 0, i / 2, NULL)); /* is there */
    }
  g_assert_false (udpnat_file_sink_get_next (self->sink, &file, &chunk));
  g_assert_false (udpnat_file_sink_get_next_chunk (self->sink, 1, &chunk));
  check_finishes_as (self, "photo.jpg");
}

static void
what_is_known_of_it (Fixture      *self,
                     gconstpointer unused)
{
  guint8 root[UDPNAT_FILE_ROOT_BYTES];
  guint64 size;

  offer_file (self, 70000);
  open_new (self);
  g_assert_true (udpnat_file_sink_get_file (self->sink, 0, &size, root));
  g_assert_cmpuint (size, ==, 70000);
  g_assert_cmpmem (root, sizeof root, get_offer (self)->root, sizeof root);
  g_assert_false (udpnat_file_sink_get_file (self->sink, 1, &size, root));
  g_assert_cmpuint (udpnat_file_sink_get_n_files (self->sink), ==, 0);
}

/* ---- Going on ---- */

static void
goes_on_after_each_chunk (Fixture      *self,
                          gconstpointer unused)
{
  guint n_opened = 0;

  offer_file (self, 5 * 65536 + 1);
  open_new (self);
  do
    {
      sync_sink (self);
      g_assert_cmpint (self->kept, ==, MIN (n_opened * CHUNK, 5 * CHUNK + 1));
      open_again (self);
      g_assert_cmpint (udpnat_file_sink_get_done (self->sink), ==, self->kept);
      n_opened++;
    }
  while (fetch_one (self));
  g_assert_cmpuint (n_opened, ==, 7);
  check_finishes_as (self, "photo.jpg");
}

/* What a crash can leave: any length, with anything beyond what was kept. */
static void
leave (Fixture *self,
       gsize    n_right,
       gsize    length)
{
  g_autofree char *right = NULL;
  g_autofree char *left = g_strnfill (MAX (length, 1), '\xee');
  gsize n;

  g_assert_true (g_file_get_contents (self->from, &right, &n, NULL));
  memcpy (left, right, MIN (n_right, length));
  g_assert_true (g_file_set_contents (self->partial, left, (gssize) length, NULL));
}

static void
goes_on_after_any_crash (Fixture      *self,
                         gconstpointer unused)
{
  static const gsize counts[] = { 0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 131100 };
  const gsize size = 131100;

  offer_file (self, size);
  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (counts); j++)
      {
        gsize n = MIN (counts[i], counts[j]);
        gsize trusted = n == size ? n : n / 65536 * 65536;
        g_autofree char *path = NULL;

        open_new (self);
        self->kept = (gint64) counts[i];
        leave (self, counts[i], counts[j]);
        open_again (self);
        g_assert_cmpint (udpnat_file_sink_get_done (self->sink), ==, trusted);
        g_assert_cmpint (get_size (self->partial), ==, trusted);
        fetch_all (self);
        path = finish (self);
        check_same (path, self->from);
        g_assert_cmpint (g_unlink (path), ==, 0);
      }
}

static void
nothing_kept_is_cut (Fixture      *self,
                     gconstpointer unused)
{
  offer_file (self, 65536);
  open_new (self);
  leave (self, 0, 65536); /* the whole length, and not a byte of it */
  open_again (self);
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
}

static void
longer_than_it_may_be (Fixture      *self,
                       gconstpointer unused)
{
  offer_file (self, 1000);
  open_new (self);
  leave (self, 1000, 5000);
  self->kept = 1000;
  open_again (self);
  g_assert_cmpint (get_size (self->partial), ==, 1000);
  check_finishes_as (self, "photo.jpg");
}

static void
stays_beside_its_partial (Fixture      *self,
                          gconstpointer unused)
{
  g_test_summary ("Another folder was chosen meanwhile");
  offer_file (self, 100000);
  open_new (self);
  fetch_one (self);
  sync_sink (self);
  open_again (self); /* for "/nowhere" */
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
}

static void
disk_that_loses (Fixture      *self,
                 gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_test_summary ("What the disk could not write is not there, however long the file is");
  offer_file (self, 5 * 65536);
  open_new (self);
  fetch_one (self);
  sync_sink (self);
  fetch_one (self);
  sync_error = EIO;
  for (guint i = 0; i < 2; i++) /* it is said once, and true for ever */
    {
      g_assert_cmpint (udpnat_file_sink_sync (self->sink, &error), ==, -1);
      g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DISK);
      g_clear_error (&error);
    }
  g_assert_false (write_chunk (self, 0, 2, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DISK);
  g_assert_cmpint (get_size (self->partial), ==, 65536);
  self->kept = G_MAXINT64;
  open_again (self);
  g_assert_cmpint (udpnat_file_sink_get_done (self->sink), ==, 65536);
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
}

static void
disk_that_loses_at_the_end (Fixture      *self,
                            gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  offer_file (self, 1000);
  open_new (self);
  fetch_all (self);
  sync_error = ENOSPC;
  path = udpnat_file_sink_finish (self->sink, &error);
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DISK_FULL);
  g_assert_null (path);
  open_again (self);
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
  sync_sink (self); /* a job that was on its way */
  g_assert_cmpint (self->kept, ==, 1000);
}

static void
finished_is_gone (Fixture      *self,
                  gconstpointer unused)
{
  offer_file (self, 100);
  open_new (self);
  fetch_all (self);
  sync_sink (self);
  check_finishes_as (self, "photo.jpg");
  check_open_fails (self, self->partial, UDPNAT_ERROR_GONE);
  g_assert_cmpuint (file_tree_count (self->to), ==, 1);
}

static void
partial_that_is_none (Fixture      *self,
                      gconstpointer unused)
{
  g_autofree char *other = g_build_filename (self->to, "important", NULL);

  offer_file (self, 100);
  g_assert_true (g_file_set_contents (other, "precious", -1, NULL));
  check_open_fails (self, other, UDPNAT_ERROR_GONE);
  check_text (other, "precious");
}

static void
large_file (Fixture      *self,
            gconstpointer unused)
{
  const guint64 size = G_GUINT64_CONSTANT (5) << 30;
  g_autoptr (UdpnatFileOffer) large = NULL;
  g_autoptr (GBytes) data = file_tree_bytes (3, 65536);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  guint32 file;
  guint64 chunk;

  g_test_summary ("Beyond 4 GiB, with a hole for nearly all of it");
  offer_file (self, 100);
  large = udpnat_file_offer_copy (get_offer (self));
  large->size = large->list_size = size;
  self->sink = udpnat_file_sink_open (self->to, large, ID, NULL, 0, &error);
  if (self->sink == NULL)
    {
      g_test_skip ("no room for 5 GiB");
      return;
    }
  self->partial = g_strdup (udpnat_file_sink_get_partial (self->sink));
  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  g_assert_cmpint (truncate (self->partial, (off_t) (size - 65536)), ==, 0);
  self->sink = udpnat_file_sink_open (self->to, large, ID, self->partial, (gint64) size - 65536,
                                      &error);
  g_assert_no_error (error);
  g_assert_true (udpnat_file_sink_get_next (self->sink, &file, &chunk));
  g_assert_cmpuint (chunk, ==, size / 65536 - 1);
  g_assert_true (udpnat_file_sink_write (self->sink, 0, chunk, data, &error));
  g_assert_cmpint (udpnat_file_sink_sync (self->sink, &error), ==, size);
  path = finish (self);
  g_assert_cmpint (get_size (path), ==, size);
}

/* ---- Nothing is overwritten ---- */

static void
check_names_are_free (Fixture *self)
{
  g_autofree char *taken = g_build_filename (self->to, "photo.jpg", NULL);

  g_assert_true (g_file_set_contents (taken, "precious", -1, NULL));
  offer_file (self, 1000);
  open_new (self);
  fetch_all (self);
  check_finishes_as (self, "photo (2).jpg");
  open_new (self);
  fetch_all (self);
  check_finishes_as (self, "photo (3).jpg");
  check_text (taken, "precious");
  g_assert_cmpuint (file_tree_count (self->to), ==, 3);
}

static void
name_is_taken (Fixture      *self,
               gconstpointer unused)
{
  check_names_are_free (self);
}

static void
name_is_taken_without_flags (Fixture      *self,
                             gconstpointer unused)
{
  rename_error = EINVAL;
  check_names_are_free (self);
}

static void
name_is_taken_on_fat (Fixture      *self,
                      gconstpointer unused)
{
  rename_error = EINVAL;
  link_error = EPERM;
  check_names_are_free (self);
}

static void
check_folder_names_are_free (Fixture *self)
{
  g_autofree char *taken = g_build_filename (self->to, "photo.jpg", NULL);

  file_tree_make_folder (taken, "");  /* empty: rename(2) would put another in its place */
  file_tree_write (self->from, "inside", 1, 10);
  offer (self);
  open_new (self);
  fetch_all (self);
  check_finishes_as (self, "photo (2).jpg");
  g_assert_cmpuint (file_tree_count (taken), ==, 0);
  g_assert_cmpuint (file_tree_count (self->to), ==, 2);
}

static void
folder_name_is_taken (Fixture      *self,
                      gconstpointer unused)
{
  check_folder_names_are_free (self);
}

static void
folder_name_is_taken_without_flags (Fixture      *self,
                                    gconstpointer unused)
{
  rename_error = ENOSYS;
  check_folder_names_are_free (self);
}

static void
dangling_link_is_taken (Fixture      *self,
                        gconstpointer unused)
{
  g_autofree char *taken = g_build_filename (self->to, "photo.jpg", NULL);
  g_autofree char *target = g_build_filename (self->folder, "target", NULL);

  for (guint i = 0; i < 3; i++)
    {
      rename_error = i > 0 ? EINVAL : 0;
      link_error = i > 1 ? EPERM : 0;
      g_unlink (taken);
      g_assert_cmpint (symlink (target, taken), ==, 0);
      offer_file (self, 10);
      open_new (self);
      fetch_all (self);
      g_free (finish (self));
      g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
      g_assert_true (g_file_test (taken, G_FILE_TEST_IS_SYMLINK));
    }
}

static void
leftover_is_not_taken (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *first = NULL;

  offer_file (self, 100);
  open_new (self);
  first = g_strdup (self->partial);
  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  g_assert_true (g_file_set_contents (first, "of another", -1, NULL));
  open_new (self);
  g_assert_cmpstr (first, !=, self->partial);
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
  check_text (first, "of another");
}

static void
removed (Fixture      *self,
         gconstpointer unused)
{
  offer_file (self, 100000);
  open_new (self);
  fetch_one (self);
  udpnat_file_sink_remove (self->sink);
  g_assert_cmpuint (file_tree_count (self->to), ==, 0);
  open_new (self);
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
  udpnat_file_sink_remove (self->sink); /* too late */
  g_assert_cmpuint (file_tree_count (self->to), ==, 1);
}

/* ---- Links ---- */

static void
partial_becomes_a_link (Fixture      *self,
                        gconstpointer unused)
{
  g_autofree char *target = g_build_filename (self->folder, "target", NULL);

  offer_file (self, 100000);
  g_assert_true (g_file_set_contents (target, "precious", -1, NULL));
  for (guint is_hard = 0; is_hard < 2; is_hard++)
    {
      open_new (self);
      fetch_one (self);
      g_clear_pointer (&self->sink, udpnat_file_sink_free);
      g_assert_cmpint (g_unlink (self->partial), ==, 0);
      g_assert_cmpint (is_hard ? link (target, self->partial) : symlink (target, self->partial),
                       ==, 0);
      check_open_fails (self, self->partial, UDPNAT_ERROR_GONE);
      check_text (target, "precious");
      g_assert_cmpint (g_unlink (self->partial), ==, 0);
    }
}

static void
link_before_the_partial (Fixture      *self,
                         gconstpointer unused)
{
  g_autofree char *target = g_build_filename (self->folder, "target", NULL);
  g_autofree char *first = NULL;

  offer_file (self, 100);
  open_new (self);
  first = g_strdup (self->partial);
  udpnat_file_sink_remove (self->sink);
  g_assert_true (g_file_set_contents (target, "precious", -1, NULL));
  g_assert_cmpint (symlink (target, first), ==, 0);
  open_new (self);
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
  check_text (target, "precious");
}

static void
other_file_in_its_place (Fixture      *self,
                         gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  g_test_summary ("What gets the name at the end is what was written");
  offer_file (self, 100);
  open_new (self);
  fetch_all (self);
  g_assert_cmpint (g_unlink (self->partial), ==, 0);
  g_assert_true (g_file_set_contents (self->partial, "forged", -1, NULL));
  path = udpnat_file_sink_finish (self->sink, &error);
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_GONE);
  g_assert_null (path);
}

/* ---- What the disk says ---- */

static void
no_folder (Fixture      *self,
           gconstpointer unused)
{
  offer_file (self, 100);
  file_tree_remove (self->to);
  check_open_fails (self, NULL, UDPNAT_ERROR_NO_FOLDER);
  g_assert_true (g_file_set_contents (self->to, "a file", -1, NULL));
  check_open_fails (self, NULL, UDPNAT_ERROR_NO_FOLDER);
}

static void
not_allowed (Fixture      *self,
             gconstpointer unused)
{
  offer_file (self, 100);
  file_tree_be_nobody ();
  if (getuid () != 0)
    g_assert_cmpint (g_chmod (self->to, 0555), ==, 0);
  check_open_fails (self, NULL, UDPNAT_ERROR_DENIED);
  file_tree_be_all ();
  g_assert_cmpint (g_chmod (self->to, 0755), ==, 0);
}

static void
too_large_for_fat (Fixture      *self,
                   gconstpointer unused)
{
  g_test_summary ("Found out before anything is fetched, and not after 4 GiB");
  is_fat = TRUE;
  offer_file (self, 100);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (UdpnatFileOffer) large = udpnat_file_offer_copy (get_offer (self));
      g_autoptr (UdpnatFileSink) sink = NULL;
      g_autoptr (GError) error = NULL;

      large->size = large->list_size = (guint64) G_MAXUINT32 + i;
      sink = udpnat_file_sink_open (self->to, large, ID, NULL, 0, &error);
      if (i == 1)
        g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DENIED);
      else
        g_assert_no_error (error);
      if (sink != NULL)
        udpnat_file_sink_remove (sink);
      g_assert_cmpuint (file_tree_count (self->to), ==, 0);
    }
}

static gboolean
mount_small (Fixture *self)
{
  if (mount ("none", self->to, "tmpfs", 0, "size=1m") == 0)
    return TRUE;
  g_test_skip ("no small disk can be mounted here");
  return FALSE;
}

static void
no_room (Fixture      *self,
         gconstpointer unused)
{
  if (!mount_small (self))
    return;
  offer_file (self, (1 << 20) + 1);
  check_open_fails (self, NULL, UDPNAT_ERROR_DISK_FULL);
  g_assert_cmpuint (file_tree_count (self->to), ==, 0);
  offer_file (self, (1 << 20) - 8192);
  open_new (self);
  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  g_assert_cmpint (umount (self->to), ==, 0);
}

static void
room_runs_out (Fixture      *self,
               gconstpointer unused)
{
  g_autofree char *other = g_build_filename (self->to, "other", NULL);
  g_autoptr (GError) error = NULL;
  guint32 file;
  guint64 chunk;

  if (!mount_small (self))
    return;
  offer_file (self, 10 * 65536);
  open_new (self);
  file_tree_write (self->to, "other", 1, (1 << 20) - 4 * 65536);
  while (udpnat_file_sink_get_next (self->sink, &file, &chunk)
         && write_chunk (self, file, chunk, &error))
    sync_sink (self);
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DISK_FULL);
  g_clear_error (&error);
  g_assert_false (write_chunk (self, file, chunk + 1, &error)); /* was on its way */
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_DISK_FULL);
  sync_sink (self);
  g_assert_cmpint (self->kept, >=, 3 * 65536);
  g_assert_cmpint (self->kept, <, 5 * 65536);
  check_open_fails (self, self->partial, UDPNAT_ERROR_DISK_FULL);
  g_assert_cmpint (g_unlink (other), ==, 0);
  open_again (self); /* and goes on where it stood */
  g_assert_cmpint (udpnat_file_sink_get_done (self->sink), ==, self->kept);
  fetch_all (self);
  check_finishes_as (self, "photo.jpg");
  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  g_assert_cmpint (umount (self->to), ==, 0);
}

#define ADD(path, function) \
  g_test_add ("/client-file-sink/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("file/any-size", file_of_any_size);
  ADD ("file/partial-is-hidden", partial_is_hidden);
  ADD ("file/longest-name", longest_name);
  ADD ("file/order-of-chunks", order_of_chunks);
  ADD ("file/what-is-known", what_is_known_of_it);
  ADD ("file/large", large_file);
  ADD ("again/after-each-chunk", goes_on_after_each_chunk);
  ADD ("again/after-any-crash", goes_on_after_any_crash);
  ADD ("again/nothing-kept-is-cut", nothing_kept_is_cut);
  ADD ("again/too-long-is-cut", longer_than_it_may_be);
  ADD ("again/beside-the-partial", stays_beside_its_partial);
  ADD ("again/finished-is-gone", finished_is_gone);
  ADD ("again/no-partial", partial_that_is_none);
  ADD ("names/taken", name_is_taken);
  ADD ("names/taken-without-flags", name_is_taken_without_flags);
  ADD ("names/taken-on-fat", name_is_taken_on_fat);
  ADD ("names/folder-taken", folder_name_is_taken);
  ADD ("names/folder-taken-without-flags", folder_name_is_taken_without_flags);
  ADD ("names/link-is-taken", dangling_link_is_taken);
  ADD ("names/leftover-is-not-ours", leftover_is_not_taken);
  ADD ("remove/file", removed);
  ADD ("links/partial", partial_becomes_a_link);
  ADD ("links/before-the-partial", link_before_the_partial);
  ADD ("links/other-file-in-its-place", other_file_in_its_place);
  ADD ("disk/no-folder", no_folder);
  ADD ("disk/not-allowed", not_allowed);
  ADD ("disk/too-large-for-fat", too_large_for_fat);
  ADD ("disk/loses-what-was-written", disk_that_loses);
  ADD ("disk/loses-at-the-end", disk_that_loses_at_the_end);
  ADD ("disk/no-room", no_room);
  ADD ("disk/room-runs-out", room_runs_out);

  return g_test_run ();
}
