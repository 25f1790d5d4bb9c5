/* A process that is killed while it writes: what its functions were told to be saved is there, and
 * nothing is there by half. */

#include "config.h"

#include "test-store-fixture.h"

#include <gio/gio.h>
#include <unistd.h>

#define BOB 1
#define N_KILLS 6

/* ---- The one that is killed ---- */

typedef struct Child Child;

struct Child
{
  Fixture fixture;
  guint32 next;
  void  (*add) (Child *self);
};

static void
added_cb (UdpnatHistoryItem *changed,
          gboolean           is_saved,
          gpointer           user_data)
{
  Child *self = user_data;
  guint32 number;

  g_assert_true (is_saved);
  memcpy (&number, udpnat_history_item_get_id (changed)->bytes, sizeof number);
  g_assert_cmpint (write (STDOUT_FILENO, &number, sizeof number), ==, sizeof number);
  self->add (self);
}

static void
add_next (Child *self)
{
  UdpnatMessageId id = make_id (self->next);
  g_autofree char *text = g_strdup_printf ("message %u", self->next);
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, NOW_US + self->next, text);
  UdpnatPublicKey key = make_key (BOB);

  self->next++;
  udpnat_store_add_outgoing (self->fixture.store, &key, item, NULL, 0, added_cb, self);
}

/* It is not told before something has been saved of it as well. */
static void
file_added_cb (UdpnatHistoryItem *changed,
               gboolean           is_saved,
               gpointer           user_data)
{
  Child *self = user_data;
  g_autoptr (UdpnatStoredTransfer) transfer = NULL;

  g_assert_true (is_saved);
  transfer = udpnat_stored_transfer_copy (udpnat_history_item_get_stored_transfer (changed));
  transfer->state = UDPNAT_TRANSFER_STATE_RUNNING;
  memcpy (&transfer->kept, transfer->id.bytes, sizeof (guint32));
  udpnat_store_save_transfer (self->fixture.store, transfer, added_cb, self);
}

static void
add_next_file (Child *self)
{
  UdpnatMessageId id = make_id (self->next);
  g_autofree char *name = g_strdup_printf ("message %u", self->next);
  g_autoptr (UdpnatItem) item = make_file (id, NOW_US + self->next, name);
  UdpnatPublicKey key = make_key (BOB);

  self->next++;
  udpnat_store_add_outgoing_file (self->fixture.store, &key, item, name, file_added_cb, self);
}

static G_GNUC_NORETURN void
run_child (const char *path,
           guint32     first,
           gboolean    has_files)
{
  Child self = {
    .fixture = { .path = g_strdup (path) },
    .next = first,
    .add = has_files ? add_next_file : add_next,
  };

  open_store (&self.fixture);
  for (guint i = 0; i < 20; i++)
    self.add (&self);
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}

/* ---- The one that kills ---- */

static char *own_program;

/* Returns: how many were told to be saved, up to when it was killed */
static guint32
run_and_kill (Fixture    *self,
              const char *what,
              guint32     first,
              guint32     n_wanted)
{
  g_autofree char *first_text = g_strdup_printf ("%u", first);
  g_autoptr (GSubprocess) child = NULL;
  GInputStream *pipe;
  guint32 n = 0;
  guint32 number;
  gsize n_read;

  child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL, own_program, what, self->path,
                            first_text, NULL);
  pipe = g_subprocess_get_stdout_pipe (child);
  for (;;)
    {
      if (!g_input_stream_read_all (pipe, &number, sizeof number, &n_read, NULL, NULL) ||
          n_read < sizeof number)
        break;
      g_assert_cmpuint (number, ==, first + n);
      if (++n == n_wanted)
        g_subprocess_force_exit (child);
    }
  g_assert_true (g_subprocess_wait (child, NULL, NULL));
  g_assert_true (g_subprocess_get_if_signaled (child));
  return n;
}

static void
check_unbroken (Fixture *self,
                guint32  n_told)
{
  UdpnatPublicKey key = make_key (BOB);
  g_autoptr (GPtrArray) lines = udpnat_store_dup_page_after (self->store, &key, 0, G_MAXUINT32);

  g_assert_cmpuint (lines->len, >=, n_told);
  g_assert_cmpuint (udpnat_store_count_outbox (self->store), ==, lines->len);
  for (guint32 i = 0; i < lines->len; i++)
    {
      g_autofree char *text = g_strdup_printf ("message %u", i);

      g_assert_cmpstr (udpnat_history_item_get_text (g_ptr_array_index (lines, i)), ==, text);
    }
}

static void
test_killed (Fixture      *self,
             gconstpointer unused)
{
  guint32 first = 0;

  g_test_summary ("Killed again and again, at chance moments; the search index is in step too");
  close_store (self);
  for (guint i = 0; i < N_KILLS; i++)
    {
      guint32 n = run_and_kill (self, "--child", first, (guint32) g_test_rand_int_range (1, 400));
      g_autoptr (GPtrArray) found = NULL;
      g_autofree char *report = NULL;

      open_store (self);
      report = udpnat_store_dup_recovery_report (self->store);
      g_assert_null (report);
      check_unbroken (self, first + n);
      found = udpnat_store_search (self->store, "message", NULL, 0, G_MAXUINT32);
      first = udpnat_store_count_outbox (self->store);
      g_assert_cmpuint (found->len, ==, first);
      close_store (self);
    }
}

/* Each has its line, its place in the outbox, and where it is; what was told to be safe, from
 * @first on, is. */
static void
check_files (Fixture *self,
             guint32  first,
             guint32  n_told)
{
  UdpnatPublicKey key = make_key (BOB);
  g_autoptr (GPtrArray) lines = udpnat_store_dup_page_after (self->store, &key, 0, G_MAXUINT32);

  for (guint32 i = 0; i < lines->len; i++)
    {
      UdpnatHistoryItem *line = g_ptr_array_index (lines, i);
      const UdpnatStoredTransfer *transfer = udpnat_history_item_get_stored_transfer (line);

      g_assert_nonnull (transfer);
      g_assert_cmpstr (transfer->path, ==, udpnat_history_item_get_text (line));
      if (i >= first && i < first + n_told)
        g_assert_cmpint (transfer->state, ==, UDPNAT_TRANSFER_STATE_RUNNING);
      g_assert_cmpint (transfer->kept, ==,
                       transfer->state == UDPNAT_TRANSFER_STATE_RUNNING ? i : 0);
    }
  g_assert_cmpint (ask_sql (self, "SELECT count(*) FROM transfer"), ==, lines->len);
}

static void
test_killed_with_files (Fixture      *self,
                        gconstpointer unused)
{
  guint32 first = 0;

  close_store (self);
  for (guint i = 0; i < N_KILLS; i++)
    {
      guint32 n = run_and_kill (self, "--child-files", first,
                                (guint32) g_test_rand_int_range (1, 100));
      g_autofree char *report = NULL;

      open_store (self);
      report = udpnat_store_dup_recovery_report (self->store);
      g_assert_null (report);
      check_unbroken (self, first + n);
      check_files (self, first, n);
      first = udpnat_store_count_outbox (self->store);
      close_store (self);
    }
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_has_prefix (argv[1], "--child"))
    run_child (argv[2], (guint32) g_ascii_strtoull (argv[3], NULL, 10),
               g_str_equal (argv[1], "--child-files"));
  g_test_init (&argc, &argv, NULL);
  own_program = argv[0];

  ADD ("/client-store-crash/killed/nothing-told-is-lost", test_killed);
  ADD ("/client-store-crash/killed/no-file-by-half", test_killed_with_files);

  return g_test_run ();
}
