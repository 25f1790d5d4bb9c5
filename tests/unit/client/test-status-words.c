/* How things stand, in words: each state has its own, and a tick is for what was acknowledged. */

#include "config.h"

#include <string.h>

#include "test-client-fixture.h"
#include "udpnat-local-time.h"
#include "udpnat-presence.h"
#include "udpnat-status-words.h"

typedef struct
{
  char         *folder;
  UdpnatClient *client;
  UdpnatPerson *bob; /* borrowed */
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey key = make_key (1);

  self->folder = g_dir_make_tmp ("udpnat-status-XXXXXX", NULL);
  self->client = udpnat_client_new ();
  g_assert_true (udpnat_client_open (self->client, self->folder, NULL, &error));
  g_assert_no_error (error);
  self->bob = udpnat_client_ensure_person (self->client, &key, "bob");
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_object (&self->client);
  remove_folder (self->folder);
  g_free (self->folder);
}

static void
test_only_receipts_have_ticks (void)
{
  for (guint i = UDPNAT_ITEM_STATE_WAITING; i <= UDPNAT_ITEM_STATE_FAILED; i++)
    {
      gboolean has_tick = strstr (udpnat_item_state_to_sign (i), "✓") != NULL;

      g_assert_cmpint (has_tick, ==,
                       i == UDPNAT_ITEM_STATE_DELIVERED || i == UDPNAT_ITEM_STATE_READ);
      for (guint j = UDPNAT_ITEM_STATE_WAITING; j < i; j++)
        g_assert_cmpstr (udpnat_item_state_to_sign (i), !=, udpnat_item_state_to_sign (j));
    }
}

static void
check_line (Fixture        *self,
            UdpnatItemState state,
            const char     *expected)
{
  UdpnatHistoryItem *line = udpnat_person_get_last_line (self->bob);
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_SENT,
                                                  udpnat_person_get_key (self->bob), "bob");
  g_autofree char *words = NULL;

  event->id = *udpnat_history_item_get_id (line);
  udpnat_client_note_state (self->client, event, state);
  udpnat_event_free (&event->base);
  g_assert_true (udpnat_client_flush (self->client));
  words = udpnat_words_describe_line (udpnat_person_get_last_line (self->bob), self->bob);
  g_assert_cmpstr (words, ==, expected);
}

static void
test_lines (Fixture      *self,
            gconstpointer unused)
{
  g_autofree char *waiting = NULL;
  g_autofree char *mailbox = NULL;

  say_to (self->client, self->bob, "hello");
  waiting = udpnat_words_describe_line (udpnat_person_get_last_line (self->bob), self->bob);
  g_assert_cmpstr (waiting, ==, "Waiting for bob");
  udpnat_person_set_wait_reason (self->bob, "mailbox-full");
  mailbox = udpnat_words_describe_line (udpnat_person_get_last_line (self->bob), self->bob);
  g_assert_nonnull (strstr (mailbox, "full"));
  check_line (self, UDPNAT_ITEM_STATE_SENT, "Sent; bob has not confirmed it yet");
  check_line (self, UDPNAT_ITEM_STATE_STORED, "In the mailbox of bob, sealed");
  check_line (self, UDPNAT_ITEM_STATE_DELIVERED, "Delivered to bob, who has not answered yet");
}

/* A receipt says that it is on their disk, and they may not have let us in. Once they have, it is
 * as with everybody. */
static void
test_delivered_to_mutual (Fixture      *self,
                          gconstpointer unused)
{
  UdpnatMessageId id = make_id (1);

  say_to (self->client, self->bob, "hello");
  hear_from (self->client, self->bob, udpnat_item_new_accept (&id, SENT_US));
  g_assert_true (udpnat_person_is_mutual (self->bob));
  check_line (self, UDPNAT_ITEM_STATE_DELIVERED, "Delivered to bob");
}

static void
test_preview (Fixture      *self,
              gconstpointer unused)
{
  g_autofree char *own = NULL;
  g_autofree char *theirs = NULL;
  UdpnatMessageId id = make_id (1);

  say_to (self->client, self->bob, "two\nlines");
  own = udpnat_words_preview_line (udpnat_person_get_last_line (self->bob));
  g_assert_cmpstr (own, ==, "You: two lines");
  hear_from (self->client, self->bob, udpnat_item_new_text (&id, SENT_US, "你好"));
  theirs = udpnat_words_preview_line (udpnat_person_get_last_line (self->bob));
  g_assert_cmpstr (theirs, ==, "你好");
}

static void
test_path (Fixture      *self,
           gconstpointer unused)
{
  UdpnatAddress none = { 0 };
  g_autofree char *nothing = udpnat_words_describe_path (self->bob);
  g_autofree char *direct = NULL;
  g_autofree char *lan = NULL;
  g_autofree char *relay = NULL;

  g_assert_cmpstr (nothing, ==, "");
  udpnat_client_accept (self->client, self->bob);
  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_DIRECT, &none, 23400,
                          UDPNAT_PATH_REASON_NONE);
  direct = udpnat_words_describe_path (self->bob);
  g_assert_cmpstr (direct, ==, "Direct, 23 ms");
  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_LAN, &none, 400, UDPNAT_PATH_REASON_NONE);
  lan = udpnat_words_describe_path (self->bob);
  g_assert_cmpstr (lan, ==, "Direct in this network, under 1 ms");
  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_RELAY, &none, 0,
                          UDPNAT_PATH_REASON_BOTH_SYMMETRIC);
  relay = udpnat_words_describe_path (self->bob);
  g_assert_cmpstr (relay, ==,
                   "Through the server: both routers give every contact a different door");
}

static char *
describe_bob (Fixture          *self,
              UdpnatServerState server)
{
  udpnat_client_set_server_state (self->client, server, NULL);
  return udpnat_words_describe_person (self->bob);
}

static void
test_lost_server (Fixture      *self,
                  gconstpointer unused)
{
  UdpnatAddress none = { 0 };
  g_autofree char *before = NULL;
  g_autofree char *lost = NULL;
  g_autofree char *again = NULL;
  g_autofree char *direct = NULL;
  g_autofree char *blocked = NULL;
  g_autofree char *on_lan = NULL;
  g_autofree char *silent = NULL;

  udpnat_client_accept (self->client, self->bob);
  udpnat_person_set_presence (self->bob, UDPNAT_PRESENCE_ONLINE);
  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_RELAY, &none, 0,
                          UDPNAT_PATH_REASON_NO_ANSWER);
  before = describe_bob (self, UDPNAT_SERVER_STATE_REGISTERED);
  g_assert_true (g_str_has_prefix (before, "Through the server"));
  lost = describe_bob (self, UDPNAT_SERVER_STATE_LOST);
  g_assert_cmpstr (lost, ==, "They cannot be reached at the moment");
  again = describe_bob (self, UDPNAT_SERVER_STATE_REGISTERED);
  g_assert_cmpstr (again, ==, before);

  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_DIRECT, &none, 0, UDPNAT_PATH_REASON_NONE);
  direct = describe_bob (self, UDPNAT_SERVER_STATE_SILENT);
  g_assert_cmpstr (direct, ==, "Direct");
  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_RELAY, &none, 0,
                          UDPNAT_PATH_REASON_UDP_BLOCKED);
  blocked = describe_bob (self, UDPNAT_SERVER_STATE_REGISTERED);
  g_assert_cmpstr (blocked, ==, "Through the server over TCP: this network blocks UDP");
  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_RELAY, &none, 0, UDPNAT_PATH_REASON_IDLE);
  udpnat_person_set_on_lan (self->bob, TRUE);
  on_lan = describe_bob (self, UDPNAT_SERVER_STATE_SILENT);
  g_assert_cmpstr (on_lan, ==, "Online");
  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_RELAY, &none, 0,
                          UDPNAT_PATH_REASON_DIRECT_LOST);
  silent = describe_bob (self, UDPNAT_SERVER_STATE_NONE);
  g_assert_cmpstr (silent, ==, "They cannot be reached at the moment");
}

static void
count_presence_cb (guint *counter)
{
  (*counter)++;
}

/* Lists and dots follow the presence alone. */
static void
test_presence_is_told (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatAddress none = { 0 };
  guint count = 0;

  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_LOST, NULL);
  udpnat_person_set_presence (self->bob, UDPNAT_PRESENCE_ONLINE);
  g_assert_true (udpnat_person_is_cut_off (self->bob));
  g_signal_connect_swapped (self->bob, "notify::presence", G_CALLBACK (count_presence_cb), &count);
  udpnat_person_set_on_lan (self->bob, TRUE);
  g_assert_cmpuint (count, ==, 1);
  udpnat_person_set_on_lan (self->bob, FALSE);
  g_assert_cmpuint (count, ==, 2);
  udpnat_person_set_path (self->bob, UDPNAT_PATH_KIND_DIRECT, &none, 0, UDPNAT_PATH_REASON_NONE);
  g_assert_cmpuint (count, ==, 3);
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  g_assert_cmpuint (count, ==, 3);
}

/* ---- The server ---- */

static void
count_cb (guint *counter)
{
  (*counter)++;
}

static void
test_server_states (Fixture      *self,
                    gconstpointer unused)
{
  g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func (g_free);

  udpnat_client_set_server (self->client, "127.0.0.1", 9);
  for (guint i = UDPNAT_SERVER_STATE_NONE; i <= UDPNAT_SERVER_STATE_LOGGED_OUT; i++)
    {
      char *words;

      udpnat_client_set_server_state (self->client, i, i == UDPNAT_SERVER_STATE_REFUSED
                                                         ? "name-taken" : NULL);
      words = udpnat_words_describe_server (self->client);
      g_assert_cmpstr (words, !=, "");
      for (guint j = 0; j < told->len; j++)
        g_assert_cmpstr (words, !=, told->pdata[j]);
      g_ptr_array_add (told, words);
    }
}

static void
test_server_state_is_notified (Fixture      *self,
                               gconstpointer unused)
{
  guint n_notified = 0;

  g_signal_connect_swapped (self->client, "notify::server-state", G_CALLBACK (count_cb),
                            &n_notified);
  udpnat_client_set_server (self->client, "127.0.0.1", 9);
  g_assert_cmpuint (udpnat_client_get_server_state (self->client), ==,
                    UDPNAT_SERVER_STATE_CONNECTING);
  g_assert_cmpstr (udpnat_client_get_server (self->client), ==, "127.0.0.1:9");
  g_assert_cmpuint (n_notified, >, 0);
  n_notified = 0;
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_CONNECTING, NULL);
  g_assert_cmpuint (n_notified, ==, 0);
}

static void
test_home_server (Fixture      *self,
                  gconstpointer unused)
{
  g_autofree char *none = udpnat_client_dup_home_server (self->client);
  g_autofree char *chosen = NULL;

  g_assert_null (none);
  udpnat_client_set_home_server (self->client, "vps.example.org");
  chosen = udpnat_client_dup_home_server (self->client);
  g_assert_cmpstr (chosen, ==, "vps.example.org");
}

/* ---- Times ---- */

static void
test_days (void)
{
  gint64 now_us = g_get_real_time ();
  gint64 day_us = G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC;
  g_autofree char *today = udpnat_words_format_day (now_us);
  g_autofree char *old = udpnat_words_format_day (now_us - 400 * day_us);
  g_autofree char *clock = udpnat_words_format_when (now_us);

  g_assert_cmpstr (today, ==, "Today");
  g_assert_cmpstr (old, !=, today);
  g_assert_nonnull (strchr (clock, ':'));
}

/* Half a day from where it is the same date everywhere. */
static void
test_days_of_the_zone (void)
{
  g_autoptr (GDateTime) utc = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) now = NULL;
  g_autoptr (GDateTime) midnight = NULL;
  gint64 midnight_us;
  g_autofree char *today = NULL;
  g_autofree char *yesterday = NULL;
  g_autofree char *when = NULL;

  g_setenv ("TZ", g_date_time_get_hour (utc) < 12 ? "UTC+12" : "UTC-12", TRUE);
  now = g_date_time_new_now_local ();
  g_assert_cmpint (g_date_time_get_day_of_month (now), !=, g_date_time_get_day_of_month (utc));
  midnight = g_date_time_new_local (g_date_time_get_year (now), g_date_time_get_month (now),
                                    g_date_time_get_day_of_month (now), 0, 0, 0);
  midnight_us = g_date_time_to_unix (midnight) * G_USEC_PER_SEC;
  today = udpnat_words_format_day (midnight_us);
  yesterday = udpnat_words_format_day (midnight_us - G_USEC_PER_SEC);
  when = udpnat_words_format_when (midnight_us - G_USEC_PER_SEC);
  g_assert_cmpstr (today, ==, "Today");
  g_assert_cmpstr (yesterday, ==, "Yesterday");
  g_assert_cmpstr (when, ==, "Yesterday");
  g_unsetenv ("TZ");
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

static void
test_local_time (void)
{
  g_autofree char *before = g_strdup (g_getenv ("TZ"));
  g_autofree char *clock = NULL;
  g_autoptr (GDateTime) never = NULL;

  /* Two zones in one second: what TZ says is not kept. */
  g_setenv ("TZ", "Asia/Kolkata", TRUE);
  clock = udpnat_words_format_clock (0);
  g_assert_cmpstr (clock, ==, "05:30");
  g_free (clock);
  g_setenv ("TZ", "America/St_Johns", TRUE);
  clock = udpnat_words_format_clock (0);
  g_assert_cmpstr (clock, ==, "20:30");
  never = udpnat_local_time_new (G_MAXINT64);
  g_assert_null (never);
  if (before != NULL)
    g_setenv ("TZ", before, TRUE);
  else
    g_unsetenv ("TZ");
}

/* Without TZ the zone is kept, and is the one that GLib finds. */
static void
test_local_time_of_the_computer (void)
{
  g_autofree char *before = g_strdup (g_getenv ("TZ"));
  g_autoptr (GDateTime) ours = NULL;
  g_autoptr (GDateTime) theirs = NULL;

  g_unsetenv ("TZ");
  for (guint i = 0; i < 2; i++)
    {
      g_clear_pointer (&ours, g_date_time_unref);
      g_clear_pointer (&theirs, g_date_time_unref);
      ours = udpnat_local_time_new ((gint64) 1750000000 * G_USEC_PER_SEC);
      theirs = g_date_time_new_from_unix_local (1750000000);
      g_assert_true (g_date_time_equal (ours, theirs));
      g_assert_cmpint (g_date_time_get_hour (ours), ==, g_date_time_get_hour (theirs));
    }
  if (before != NULL)
    g_setenv ("TZ", before, TRUE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/status-words/sign/only-receipts-have-ticks", test_only_receipts_have_ticks);
  g_test_add_func ("/status-words/time/as-the-zone-says", test_local_time);
  g_test_add_func ("/status-words/time/of-the-computer", test_local_time_of_the_computer);
  ADD ("/status-words/line/each-state-has-its-words", test_lines);
  ADD ("/status-words/line/delivered-to-who-has-answered", test_delivered_to_mutual);
  ADD ("/status-words/line/preview-is-one-line", test_preview);
  ADD ("/status-words/path/kind-and-reason", test_path);
  ADD ("/status-words/path/none-when-only-the-lost-server-led-there", test_lost_server);
  ADD ("/status-words/presence/told-when-the-ways-change", test_presence_is_told);
  ADD ("/status-words/server/each-state-has-its-words", test_server_states);
  ADD ("/status-words/server/state-is-notified-once", test_server_state_is_notified);
  ADD ("/status-words/server/home-server-is-kept", test_home_server);
  g_test_add_func ("/status-words/time/today-and-long-ago", test_days);
  g_test_add_func ("/status-words/time/days-of-the-time-zone", test_days_of_the_zone);

  return g_test_run ();
}
