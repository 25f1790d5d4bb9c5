/* A server with its real files, and clients in virtual time: what survives, and what an operator
 * can find in the files. */

#include "config.h"

#include "rendezvous-net.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include "udpnat-server-disk.h"
#include "udpnat-ticket.h"

typedef struct
{
  char             *folder;
  char             *names_path;
  char             *mail_path;
  char             *tickets_path;
  UdpnatNameStore  *names;
  UdpnatMailStore  *mail;
  UdpnatServerDisk *disk;
  Net              *net;
} Fixture;

static const guint8 pass[UDPNAT_MAIL_PASS_BYTES] = "bob's for alice";

static gboolean
take_event (gpointer                 user_data,
            const UdpnatServerEvent *event)
{
  Fixture *self = user_data;

  udpnat_server_disk_handle_event (self->disk, self->net->now_us,
                                   self->net->now_us + self->net->wall_offset_us, event);
  (void) udpnat_server_disk_finish (self->disk, self->net->now_us);
  return TRUE;
}

static void
open_files (Fixture *self)
{
  self->names = udpnat_name_store_open (self->names_path, NULL);
  self->mail = udpnat_mail_store_open (self->mail_path, NULL);
  g_assert_nonnull (self->names);
  g_assert_nonnull (self->mail);
  self->disk = udpnat_server_disk_new (self->net->server, self->names, self->mail);
  udpnat_server_disk_set_ticket_file (self->disk, self->tickets_path);
  g_assert_true (udpnat_server_disk_restore (self->disk, NULL));
}

static void
close_files (Fixture *self)
{
  g_clear_pointer (&self->disk, udpnat_server_disk_free);
  g_clear_pointer (&self->mail, udpnat_mail_store_free);
  g_clear_pointer (&self->names, udpnat_name_store_free);
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-disk-XXXXXX", NULL);
  self->names_path = g_build_filename (self->folder, "names.db", NULL);
  self->mail_path = g_build_filename (self->folder, "mail.db", NULL);
  self->tickets_path = g_build_filename (self->folder, "tickets.key", NULL);
  self->net = net_new (1);
  self->net->take_server_event = take_event;
  self->net->server_event_data = self;
  open_files (self);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  close_files (self);
  net_free (self->net);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_free (self->tickets_path);
  g_free (self->mail_path);
  g_free (self->names_path);
  g_free (self->folder);
}

/* The server is killed: it says nothing, and closes nothing properly. */
static void
kill_server (Fixture *self)
{
  g_clear_pointer (&self->net->server, udpnat_rendezvous_server_free);
  close_files (self);
  net_start_server (self->net);
  open_files (self);
}

static void
put (Fixture    *self,
     NetClient  *from,
     NetClient  *to,
     const char *text)
{
  g_assert_cmpuint (udpnat_rendezvous_client_put_mail (
                        from->client, self->net->now_us,
                        udpnat_identity_get_public_key (to->identity), pass,
                        (const guint8 *) text, strlen (text)), !=, 0);
  net_run (self->net, UDPNAT_MSEC (200));
}

/* Alice accepts Bob, and is away. */
static void
make_people (Fixture    *self,
             NetClient **out_alice,
             NetClient **out_bob)
{
  *out_alice = net_join (self->net, "Alice");
  *out_bob = net_join (self->net, "Bob");
  udpnat_rendezvous_client_set_passes ((*out_alice)->client, self->net->now_us, pass, 1);
  net_run (self->net, UDPNAT_SEC (10));
  udpnat_rendezvous_client_leave ((*out_alice)->client, self->net->now_us);
  net_run (self->net, UDPNAT_SEC (1));
}

static void
test_survives (Fixture      *self,
               gconstpointer unused)
{
  NetClient *alice, *bob;

  make_people (self, &alice, &bob);
  put (self, bob, alice, "one");
  put (self, bob, alice, "two");
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, 2);
  udpnat_rendezvous_client_leave (bob->client, self->net->now_us); /* for good */
  net_run (self->net, UDPNAT_SEC (1));
  kill_server (self);
  g_assert_cmpuint (net_stats (self->net).letters, ==, 2);
  alice->is_reading = TRUE;
  net_join_client (self->net, alice, "Alice");
  net_run (self->net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->letters->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      const NetLetter *letter = alice->letters->pdata[i];

      g_assert_cmpmem (g_bytes_get_data (letter->data, NULL), 3, i == 0 ? "one" : "two", 3);
    }
  kill_server (self);
  g_assert_cmpuint (net_stats (self->net).letters, ==, 0);
}

/* Neither who sent a letter, nor, once it is gone, the letter. */
static void
test_what_is_in_the_file (Fixture      *self,
                          gconstpointer unused)
{
  g_autofree char *contents = NULL;
  NetClient *alice, *bob;
  const guint8 *sender;
  gsize n_contents;

  make_people (self, &alice, &bob);
  sender = udpnat_identity_get_public_key (bob->identity)->bytes;
  put (self, bob, alice, "a sealed letter that is fetched");
  alice->is_reading = TRUE;
  net_join_client (self->net, alice, "Alice");
  net_run (self->net, UDPNAT_SEC (2));
  udpnat_rendezvous_client_leave (alice->client, self->net->now_us);
  net_run (self->net, UDPNAT_SEC (1));
  put (self, bob, alice, "a sealed letter that waits");
  close_files (self);
  g_assert_true (g_file_get_contents (self->mail_path, &contents, &n_contents, NULL));
  g_assert_nonnull (memmem (contents, n_contents, "that waits", 10));
  g_assert_null (memmem (contents, n_contents, "that is fetched", 15));
  g_assert_null (memmem (contents, n_contents, sender, UDPNAT_KEY_BYTES));
  g_assert_null (memmem (contents, n_contents, "Bob", 3));
  open_files (self);
}

static int
count_rows (Fixture    *self,
            const char *where)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM letters WHERE %s", where);
  sqlite3_stmt *statement;
  sqlite3 *database;
  int n;

  g_assert_cmpint (sqlite3_open (self->mail_path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (database);
  return n;
}

static void
test_pass_on_disk (Fixture      *self,
                   gconstpointer unused)
{
  NetClient *alice, *bob;

  make_people (self, &alice, &bob);
  put (self, bob, alice, "by a friend");
  net_join_client (self->net, alice, NULL);
  net_run (self->net, UDPNAT_SEC (1));
  put (self, alice, bob, "by a stranger");
  g_assert_cmpint (count_rows (self, "pass IS NULL"), ==, 1);
  g_assert_cmpint (count_rows (self, "substr (pass, 1, 3) = CAST ('bob' AS BLOB)"), ==, 1);
}

static void
test_one_commit_for_many (Fixture      *self,
                          gconstpointer unused)
{
  GBytes *sealed = g_bytes_new_static ("sealed", 6);
  gint64 start_us = g_get_monotonic_time ();

  for (guint64 i = 1; i <= 1000; i++)
    {
      UdpnatServerEvent event = { .number = i, .stored_s = 1, .data = sealed };

      event.base.type = UDPNAT_SERVER_EVENT_MAIL_STORE;
      udpnat_server_disk_handle_event (self->disk, 0, 0, &event);
    }
  g_assert_true (udpnat_server_disk_finish (self->disk, 0));
  g_assert_false (udpnat_server_disk_finish (self->disk, 0));
  g_test_message ("1,000 letters in one commit: %.1f ms",
                  (double) (g_get_monotonic_time () - start_us) / 1000);
  g_bytes_unref (sealed);
}

/* ---- A disk that fails ---- */

/* Nothing can be written to a file. What is changed fits into memory, so it is the commit that
 * fails. */
static void
set_disk_full (gboolean is_full)
{
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = is_full ? 1 : limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
test_letter_not_committed (Fixture      *self,
                           gconstpointer unused)
{
  NetClient *alice, *bob;

  make_people (self, &alice, &bob);
  set_disk_full (TRUE);
  put (self, bob, alice, "one");
  set_disk_full (FALSE);
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, 0);
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TRY_LATER], ==, 1);
  g_assert_cmpuint (net_stats (self->net).letters, ==, 0);
  g_assert_cmpint (count_rows (self, "TRUE"), ==, 0);
  put (self, bob, alice, "two");
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, 1);
}

static void
test_name_not_committed (Fixture      *self,
                         gconstpointer unused)
{
  NetClient *carol = net_add_client (self->net);

  set_disk_full (TRUE);
  net_join_client (self->net, carol, "Carol");
  net_run (self->net, UDPNAT_SEC (1));
  set_disk_full (FALSE);
  g_assert_false (net_is_registered (carol));
  net_run (self->net, UDPNAT_SEC (10));
  g_assert_true (net_is_registered (carol));
}

static void
run_sql (Fixture    *self,
         const char *sql)
{
  sqlite3 *database;

  g_assert_cmpint (sqlite3_open (self->mail_path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (database);
}

static void
test_letter_unreadable_for_a_moment (Fixture      *self,
                                     gconstpointer unused)
{
  NetClient *alice, *bob;

  make_people (self, &alice, &bob);
  put (self, bob, alice, "one");
  run_sql (self, "ALTER TABLE letters RENAME TO away");
  alice->is_reading = TRUE;
  net_join_client (self->net, alice, "Alice");
  net_run (self->net, UDPNAT_SEC (2));
  run_sql (self, "ALTER TABLE away RENAME TO letters");
  g_assert_cmpuint (alice->letters->len, ==, 0);
  g_assert_cmpuint (net_stats (self->net).letters, ==, 1);
  udpnat_rendezvous_client_leave (alice->client, self->net->now_us);
  net_run (self->net, UDPNAT_SEC (1));
  net_join_client (self->net, alice, "Alice");
  net_run (self->net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->letters->len, ==, 1);
}

/* ---- Tickets ---- */

/* Alice is back after the server was killed; by what? */
static void
assert_back (Fixture   *self,
             NetClient *alice,
             guint      n_resumptions)
{
  kill_server (self);
  net_run (self->net, UDPNAT_SEC (28)); /* her next keepalive */
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (self->net).resumptions, ==, n_resumptions);
  g_assert_cmpuint (net_stats (self->net).handshakes, ==, 1 - n_resumptions);
}

static void
test_tickets_survive (Fixture      *self,
                      gconstpointer unused)
{
  NetClient *alice = net_join (self->net, "Alice");
  GStatBuf about;

  net_run (self->net, UDPNAT_SEC (10));
  g_assert_cmpint (g_stat (self->tickets_path, &about), ==, 0);
  g_assert_cmpuint (about.st_mode & 0777, ==, 0600);
  g_assert_cmpint (about.st_size, ==, UDPNAT_TICKET_RING_BYTES);
  assert_back (self, alice, 1);
  assert_back (self, alice, 1);
}

/* Keys that others may have read, or that are not whole, are made anew. */
static void
test_tickets_not_trusted (Fixture      *self,
                          gconstpointer unused)
{
  NetClient *alice = net_join (self->net, "Alice");
  GStatBuf about;

  net_run (self->net, UDPNAT_SEC (10));
  g_assert_cmpint (g_chmod (self->tickets_path, 0640), ==, 0);
  assert_back (self, alice, 0);
  g_assert_cmpint (g_stat (self->tickets_path, &about), ==, 0);
  g_assert_cmpuint (about.st_mode & 0777, ==, 0600);
  g_assert_cmpint (truncate (self->tickets_path, UDPNAT_TICKET_RING_BYTES - 1), ==, 0);
  assert_back (self, alice, 0);
  g_assert_cmpint (g_unlink (self->tickets_path), ==, 0);
  assert_back (self, alice, 0);
  assert_back (self, alice, 1);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/server-disk/mail/survives-with-its-order", test_survives);
  ADD ("/server-disk/mail/says-nothing-of-senders", test_what_is_in_the_file);
  ADD ("/server-disk/mail/pass-of-accepted-senders-only", test_pass_on_disk);
  ADD ("/server-disk/mail/one-commit-for-many", test_one_commit_for_many);
  ADD ("/server-disk/full/letter-is-not-called-stored", test_letter_not_committed);
  ADD ("/server-disk/full/name-is-not-given", test_name_not_committed);
  ADD ("/server-disk/tickets/survive", test_tickets_survive);
  ADD ("/server-disk/tickets/not-trusted", test_tickets_not_trusted);
  ADD ("/server-disk/mail/kept-though-unreadable-for-a-moment",
       test_letter_unreadable_for_a_moment);
  return g_test_run ();
}
