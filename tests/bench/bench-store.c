/* What the store costs on this machine's disk: sends made durable, next to raw SQLite and the
 * disk's own flush in the same run; and a conversation of 100,000 messages. Wall clock; figures and
 * ratios to look at, no pass or fail. What is asked for (docs/TESTING.md): 1,000 durable sends/s, a
 * last page in 20 ms, a search in 100 ms, 40 MB. */

#include "config.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#include "udpnat-store-history.h"
#include "udpnat-store-outbox.h"
#include "udpnat-store-transfers.h"

#define N_SENDS 5000
#define N_LINES 100000
#define N_FILES 500
#define N_SAVES 1000
#define THUMBNAIL_BYTES 16384
#define WALL_US (G_GINT64_CONSTANT (1800000000) * G_USEC_PER_SEC)

static const char a_text[] = "A line as people write them, of a hundred and twenty bytes, which is "
                             "what the figures of raw SQLite are taken with.";

static const guint8 a_key[32] = { 1 };

static double
get_wall_s (void)
{
  return (double) g_get_monotonic_time () / G_USEC_PER_SEC;
}

static UdpnatMessageId
make_id (guint32 number)
{
  UdpnatMessageId id = { { 0 } };
  guint32 mixed = number * 2654435761u; /* in no order, as random ids are */

  memcpy (id.bytes, &mixed, sizeof mixed);
  memcpy (id.bytes + 4, &number, sizeof number);
  return id;
}

static UdpnatStore *
open_store (const char   *folder,
            const guint8 *key)
{
  g_autofree char *path = g_build_filename (folder, "udpnat.db", NULL);
  UdpnatPublicKey own_key = { { 9 } };
  g_autoptr (GError) error = NULL;
  UdpnatStore *store = udpnat_store_open (path, key, &own_key, &error);

  if (store == NULL)
    g_error ("%s", error->message);
  return store;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

/* ---- What the disk and SQLite do ---- */

static double
measure_flushes (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "flush", NULL);
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  char page[4096] = { 1 };
  double start_s = get_wall_s ();
  double rate;

  for (guint i = 0; i < 1000; i++)
    if (write (fd, page, sizeof page) != sizeof page || fdatasync (fd) != 0)
      g_error ("the disk cannot be written");
  rate = 1000 / (get_wall_s () - start_s);
  close (fd);
  g_unlink (path);
  return rate;
}

static double
measure_raw (const char *folder,
             guint       n_batch)
{
  g_autofree char *path = g_build_filename (folder, "raw.db", NULL);
  guint n = n_batch == 1 ? N_SENDS : 4 * N_SENDS;
  sqlite3_stmt *insert = NULL;
  sqlite3 *db = NULL;
  double start_s;
  double rate;

  sqlite3_open (path, &db);
  sqlite3_exec (db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                    "CREATE TABLE line (number INTEGER PRIMARY KEY, peer BLOB, id BLOB, text TEXT);"
                    "CREATE UNIQUE INDEX line_id ON line (id);"
                    "CREATE INDEX line_peer ON line (peer, number);", NULL, NULL, NULL);
  sqlite3_prepare_v2 (db, "INSERT INTO line (peer, id, text) VALUES (zeroblob (32), ?1, ?2)", -1,
                      &insert, NULL);
  start_s = get_wall_s ();
  for (guint i = 0; i < n; i++)
    {
      UdpnatMessageId id = make_id (i);

      if (i % n_batch == 0)
        sqlite3_exec (db, "BEGIN", NULL, NULL, NULL);
      sqlite3_bind_blob (insert, 1, id.bytes, sizeof id.bytes, SQLITE_STATIC);
      sqlite3_bind_text (insert, 2, a_text, -1, SQLITE_STATIC);
      if (sqlite3_step (insert) != SQLITE_DONE)
        g_error ("%s", sqlite3_errmsg (db));
      sqlite3_reset (insert);
      if (i % n_batch == n_batch - 1)
        sqlite3_exec (db, "COMMIT", NULL, NULL, NULL);
    }
  rate = n / (get_wall_s () - start_s);
  sqlite3_finalize (insert);
  sqlite3_close (db);
  g_unlink (path);
  return rate;
}

/* ---- What the store does ---- */

typedef struct
{
  UdpnatStore *store;
  guint32      n_sent;
  guint32      n_saved;
  guint32      n_wanted;
  double       waits[4 * N_SENDS]; /* ms from the call to the word that it is on disk */
  double       starts[4 * N_SENDS];
} Sender;

static void send_one (Sender *self);

static void
sent_cb (UdpnatHistoryItem *changed,
         gboolean           is_saved,
         gpointer           user_data)
{
  Sender *self = user_data;

  if (!is_saved)
    g_error ("a message was not saved");
  self->waits[self->n_saved] = (get_wall_s () - self->starts[self->n_saved]) * 1e3;
  self->n_saved++;
  if (self->n_sent < self->n_wanted)
    send_one (self);
}

static void
send_one (Sender *self)
{
  UdpnatMessageId id = make_id (self->n_sent);
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, WALL_US + self->n_sent, a_text);
  UdpnatPublicKey key = { { 1 } };

  self->starts[self->n_sent++] = get_wall_s ();
  udpnat_store_add_outgoing (self->store, &key, item, NULL, 0, sent_cb, self);
}

/* So many at a time wait for the disk. Returns: per second */
static double
measure_sends (const char   *folder,
               const guint8 *key,
               guint         n_at_a_time)
{
  g_autofree char *own = g_build_filename (folder, "sends", NULL);
  g_autofree Sender *self = g_new0 (Sender, 1);
  double start_s;
  double start_cpu_s;
  double rate;
  double cpu_us;

  g_mkdir (own, 0700);
  self->store = open_store (own, key);
  self->n_wanted = n_at_a_time == 1 ? N_SENDS : 4 * N_SENDS;
  start_s = get_wall_s ();
  start_cpu_s = bench_get_cpu_s ();
  for (guint i = 0; i < n_at_a_time; i++)
    send_one (self);
  while (self->n_saved < self->n_wanted)
    g_main_context_iteration (NULL, TRUE);
  rate = self->n_wanted / (get_wall_s () - start_s);
  cpu_us = (bench_get_cpu_s () - start_cpu_s) * 1e6 / self->n_wanted;
  printf ("  %s, %3u at a time       %8.0f/s  p50 %6.2f ms  p99 %6.2f ms  %5.0f µs of CPU",
          key != NULL ? "sealed" : "store ", n_at_a_time, rate,
          bench_quantile (self->waits, self->n_wanted, 0.5),
          bench_quantile (self->waits, self->n_wanted, 0.99), cpu_us);
  udpnat_store_free (self->store);
  remove_folder (own);
  return rate;
}

/* 1,000 a second, evenly, for three seconds. */
static void
print_steady_sends (const char *folder)
{
  g_autofree char *own = g_build_filename (folder, "sends", NULL);
  g_autofree Sender *self = g_new0 (Sender, 1);
  double start_s;
  double start_cpu_s;

  g_mkdir (own, 0700);
  self->store = open_store (own, NULL);
  start_s = get_wall_s ();
  start_cpu_s = bench_get_cpu_s ();
  for (guint i = 0; i < 3000; i++)
    {
      while (get_wall_s () < start_s + i / 1000.0)
        if (!g_main_context_iteration (NULL, FALSE))
          g_usleep (100);
      send_one (self);
    }
  udpnat_store_flush (self->store);
  printf ("  store, 1,000/s steadily     %8.0f/s  p50 %6.2f ms  p99 %6.2f ms  %5.1f %% of a core\n",
          3000 / (get_wall_s () - start_s), bench_quantile (self->waits, 3000, 0.5),
          bench_quantile (self->waits, 3000, 0.99),
          (bench_get_cpu_s () - start_cpu_s) / (get_wall_s () - start_s) * 100);
  udpnat_store_free (self->store);
  remove_folder (own);
}

static void
print_sends (const char *folder)
{
  double flush = measure_flushes (folder);
  double raw_1 = measure_raw (folder, 1);
  double raw_10 = measure_raw (folder, 10);
  double raw_100 = measure_raw (folder, 100);

  printf ("Messages made durable (WAL, synchronous = FULL)\n");
  printf ("  write and fdatasync 4 KB    %8.0f/s\n", flush);
  printf ("  raw SQLite, one by one      %8.0f/s  %.2f × the flushes\n", raw_1, raw_1 / flush);
  printf ("  raw SQLite, by 10           %8.0f/s\n", raw_10);
  printf ("  raw SQLite, by 100          %8.0f/s\n", raw_100);
  printf ("  %.2f × raw\n", measure_sends (folder, NULL, 1) / raw_1);
  printf ("  %.2f × raw\n", measure_sends (folder, NULL, 10) / raw_10);
  printf ("  %.2f × raw\n", measure_sends (folder, NULL, 100) / raw_100);
  printf ("  %.2f × raw\n", measure_sends (folder, a_key, 10) / raw_10);
  printf ("  %.2f × raw\n", measure_sends (folder, a_key, 100) / raw_100);
  print_steady_sends (folder);
}

/* ---- A long conversation ---- */

/* Words as they come in texts: few of them often, most of them seldom. */
static char *
make_text (GRand   *rand,
           guint32  number)
{
  static const char *const chinese[] = {
    "今天", "天气", "很好", "我们", "去", "北京", "吃饭", "吧",
  };
  GString *text = g_string_new (NULL);
  guint n_words = (guint) g_rand_int_range (rand, 3, 20);

  for (guint i = 0; i < n_words; i++)
    if (number % 10 == 0)
      g_string_append (text, chinese[g_rand_int_range (rand, 0, G_N_ELEMENTS (chinese))]);
    else
      g_string_append_printf (text, "%sw%d", i > 0 ? " " : "",
                              (int) (20000 * g_rand_double (rand) * g_rand_double (rand)
                                     * g_rand_double (rand) * g_rand_double (rand)));
  if (number % 3 == 0)
    g_string_append (text, " the");
  if (number == N_LINES / 2)
    g_string_append (text, " xylophone");
  return g_string_free (text, FALSE);
}

static void
fill (const char *folder)
{
  UdpnatStore *store = open_store (folder, NULL);
  UdpnatPublicKey key = { { 1 } };
  UdpnatMessageId self_id = make_id (N_LINES);
  g_autoptr (UdpnatItem) accept = udpnat_item_new_accept (&self_id, WALL_US);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  double start_s = get_wall_s ();

  udpnat_store_add_outgoing (store, &key, accept, NULL, 0, NULL, NULL);
  for (guint32 i = 0; i < N_LINES; i++)
    {
      UdpnatMessageId id = make_id (i);
      g_autofree char *text = make_text (rand, i);
      g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, WALL_US + i, text);

      udpnat_store_add_incoming (store, &key, item, WALL_US + i, NULL, NULL);
      if (i % 1000 == 999 && !udpnat_store_flush (store))
        g_error ("the disk cannot be written");
    }
  printf ("\nA conversation of 100,000 messages (received at %.0f/s; %.0f MB on disk)\n",
          N_LINES / (get_wall_s () - start_s),
          (double) udpnat_store_get_size_bytes (store) / 1e6);
  udpnat_store_free (store);
}

static double
get_resident_mb (void)
{
  g_autofree char *status = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL) ||
      (line = strstr (status, "VmRSS:")) == NULL)
    return 0;
  return g_ascii_strtod (line + strlen ("VmRSS:"), NULL) / 1024;
}

static void
print_open (const char *folder)
{
  UdpnatPublicKey key = { { 1 } };
  double times[BENCH_ROUNDS];

  for (guint i = 0; i < BENCH_ROUNDS; i++)
    {
      double start_s = get_wall_s ();
      UdpnatStore *store = open_store (folder, NULL);
      g_autoptr (GPtrArray) page = udpnat_store_dup_page (store, &key, 0, 50);

      g_assert_cmpuint (page->len, ==, 50);
      times[i] = (get_wall_s () - start_s) * 1e3;
      udpnat_store_free (store);
    }
  printf ("  open, and the last page     %8.2f ms of 20\n", bench_median (times, BENCH_ROUNDS));
}

static void
print_search (UdpnatStore           *store,
              const char            *what,
              const char            *words,
              const UdpnatPublicKey *key)
{
  double times[BENCH_ROUNDS];
  guint n_found = 0;

  for (guint i = 0; i < BENCH_ROUNDS; i++)
    {
      double start_s = get_wall_s ();
      g_autoptr (GPtrArray) found = udpnat_store_search (store, words, key, 0, 50);

      times[i] = (get_wall_s () - start_s) * 1e3;
      n_found = found->len;
    }
  printf ("  search, %-18s  %8.2f ms of 100, %u found\n", what, bench_median (times, BENCH_ROUNDS),
          n_found);
}

static void
print_reading (const char *folder)
{
  double before_mb = get_resident_mb ();
  UdpnatPublicKey key = { { 1 } };
  UdpnatStore *store;
  gint64 before = 0;

  print_open (folder);
  store = open_store (folder, NULL);
  print_search (store, "common word", "the", NULL);
  print_search (store, "in one conversation", "the", &key);
  print_search (store, "rare word", "xylophone", NULL);
  print_search (store, "one letter", "w", NULL);
  print_search (store, "two common words", "the w1", NULL);
  print_search (store, "Chinese word", "北京", NULL);
  print_search (store, "across Chinese words", "气很好我", NULL);
  print_search (store, "nothing", "absent", NULL);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (GPtrArray) page = udpnat_store_dup_page (store, &key, before, 50);

      before = udpnat_history_item_get_number (g_ptr_array_index (page, 0));
    }
  printf ("  memory after all this       %8.1f MB more than before, of 40\n",
          get_resident_mb () - before_mb);
  udpnat_store_free (store);
}

/* ---- Files ---- */

static void
fill_files (UdpnatStore           *store,
            const UdpnatPublicKey *key)
{
  g_autofree char *pixels = g_strnfill (THUMBNAIL_BYTES, 'p');
  g_autoptr (GBytes) thumbnail = g_bytes_new (pixels, THUMBNAIL_BYTES);
  UdpnatFileOffer offer = {
    .n_files = 1, .name = (char *) "heron.jpg", .content_type = (char *) "image/jpeg",
    .thumbnail = thumbnail,
  };

  for (guint32 i = 0; i < N_FILES; i++)
    {
      UdpnatMessageId id = make_id (i);
      g_autoptr (UdpnatItem) item = udpnat_item_new_file (&id, WALL_US + i, &offer);

      udpnat_store_add_outgoing_file (store, key, item, "/home/alice/pictures/heron.jpg", NULL,
                                      NULL);
    }
  if (!udpnat_store_flush (store))
    g_error ("the disk cannot be written");
}

static double
measure_page (UdpnatStore           *store,
              const UdpnatPublicKey *key)
{
  double times[BENCH_ROUNDS];

  for (guint i = 0; i < BENCH_ROUNDS; i++)
    {
      double start_s = get_wall_s ();
      g_autoptr (GPtrArray) page = udpnat_store_dup_page (store, key, 0, 100);

      g_assert_cmpuint (page->len, ==, 100);
      times[i] = (get_wall_s () - start_s) * 1e3;
    }
  return bench_median (times, BENCH_ROUNDS);
}

static void
print_files (const char *folder)
{
  UdpnatStore *store = open_store (folder, NULL);
  UdpnatPublicKey texts_key = { { 1 } };
  UdpnatPublicKey files_key = { { 2 } };
  g_autoptr (UdpnatHistoryItem) last = NULL;
  g_autoptr (UdpnatStoredTransfer) transfer = NULL;
  double start_s;

  fill_files (store, &files_key);
  last = udpnat_store_dup_last_line (store, &files_key);
  transfer = udpnat_store_dup_transfer (store, udpnat_history_item_get_number (last));
  printf ("  page of 100, texts          %8.2f ms\n", measure_page (store, &texts_key));
  printf ("  page of 100, pictures       %8.2f ms\n", measure_page (store, &files_key));
  start_s = get_wall_s ();
  for (guint i = 0; i < N_SAVES; i++)
    {
      transfer->kept += 65536;
      udpnat_store_save_transfer (store, transfer, NULL, NULL);
      udpnat_store_flush (store);
    }
  printf ("  note how far a file is      %8.0f/s\n", N_SAVES / (get_wall_s () - start_s));
  udpnat_store_free (store);
}

/* After an unclean end every page is read; after a deletion the index is put in order. */
static void
print_seldom (const char *folder)
{
  g_autofree char *mark = g_build_filename (folder, "udpnat.db-check", NULL);
  UdpnatStore *store = open_store (folder, NULL);
  UdpnatPublicKey key = { { 1 } };
  g_autoptr (UdpnatHistoryItem) last = udpnat_store_dup_last_line (store, &key);
  double start_s = get_wall_s ();

  udpnat_store_delete_line (store, udpnat_history_item_get_number (last), NULL, NULL);
  udpnat_store_flush (store);
  printf ("  delete a line, index tidied %8.0f ms (in the worker)\n",
          (get_wall_s () - start_s) * 1e3);
  udpnat_store_free (store);

  g_file_set_contents (mark, "", 0, NULL);
  start_s = get_wall_s ();
  store = open_store (folder, NULL);
  printf ("  open after damage was met   %8.0f ms (all checked, index made anew)\n",
          (get_wall_s () - start_s) * 1e3);
  udpnat_store_free (store);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *folder = NULL;

  if (argc == 2) /* in a process of its own, whose memory is nothing but this */
    {
      print_reading (argv[1]);
      return 0;
    }
  folder = g_strdup ("/var/tmp/udpnat-bench-XXXXXX"); /* on a disk, where /tmp may be memory */
  if (g_mkdtemp (folder) == NULL)
    g_error ("cannot make a folder in /var/tmp");
  setvbuf (stdout, NULL, _IOLBF, 0);
  print_sends (folder);
  fill (folder);
  if (!g_spawn_sync (NULL, (char *[]) { argv[0], folder, NULL }, NULL,
                     G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL, NULL, NULL, NULL, NULL))
    g_error ("cannot start another process");
  print_files (folder);
  print_seldom (folder);
  remove_folder (folder);
  return 0;
}
