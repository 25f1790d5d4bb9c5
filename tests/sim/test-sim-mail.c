/* People who are not there at the same time, and people who do not want to be found: the mailbox,
 * and what strangers get to know, with the real machines in virtual time. */

#include "config.h"

#include <string.h>

#include "sim-crash.h"

#define N_CRASH_WORLDS 60
/* The server forgets a client that has gone without a word. */
#define UNTIL_NOTICED_US UDPNAT_SEC (120)

static void
pair_init (SimPair *pair,
           guint64  seed)
{
  SimNatConfig nat = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT,
                                     SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimLinkConfig line = sim_link_config_with_delay (UDPNAT_MSEC (20));

  sim_pair_start (pair, sim_world_new (seed), &nat, &line, &nat, &line);
}

static void
pair_register (SimPair *pair)
{
  g_assert_true (sim_world_run_for_true (pair->world, UDPNAT_SEC (20), sim_pair_is_registered,
                                         pair));
  sim_world_run_for (pair->world, UDPNAT_SEC (4));
}

/* They know each other, and have given each other prekeys. */
static void
pair_meet (SimPair *pair,
           guint    n_prekeys)
{
  pair->alice->prekeys_per_contact = n_prekeys;
  pair->bob->prekeys_per_contact = n_prekeys;
  sim_peer_send_numbered (pair->alice, "bob", 0, 1);
  sim_peer_send_numbered (pair->bob, "alice", 0, 1);
  sim_world_run_for (pair->world, UDPNAT_SEC (5));
  sim_peer_assert_received (pair->bob, "alice", 1);
  sim_peer_assert_received (pair->alice, "bob", 1);
}

static void
go_away (SimPeer *peer)
{
  sim_peer_kill (peer);
  sim_world_run_for (peer->world, UNTIL_NOTICED_US);
}

static gboolean
has_all_stored (gpointer user_data)
{
  const SimPeer *peer = user_data;

  return g_queue_is_empty ((GQueue *) &peer->sends) &&
         udpnat_node_count_undelivered (peer->node) == 0 && udpnat_node_is_drained (peer->node);
}

/* ---- One has left for good before the other comes ---- */

typedef struct
{
  gboolean is_known;
  guint    n_prekeys;
  gboolean is_killed_while_fetching;
} Away;

/* Alice's, ten each time, in as many letters. */
static void
write_fifty (SimPair *pair,
             guint    first)
{
  for (guint i = 0; i < 50; i += 10)
    {
      sim_peer_send_numbered (pair->alice, "bob", first + i, 10);
      g_assert_true (sim_world_run_for_true (pair->world, UDPNAT_SEC (60), has_all_stored,
                                             pair->alice));
    }
}

static void
fetch (SimPair *pair,
       guint    n_expected,
       gboolean is_killed)
{
  if (is_killed)
    pair->bob->disk.delay_us = UDPNAT_MSEC (20);
  sim_peer_start (pair->bob);
  while (is_killed && pair->bob->received->len < n_expected - 25)
    sim_world_run_for (pair->world, UDPNAT_MSEC (5));
  if (is_killed)
    {
      g_assert_cmpuint (pair->bob->received->len, <, n_expected);
      sim_peer_kill (pair->bob);
      pair->bob->disk.delay_us = 0;
      sim_peer_start (pair->bob);
    }
  sim_world_run_for (pair->world, UDPNAT_SEC (30));
}

static void
test_away (gconstpointer data)
{
  const Away *away = data;
  guint first = away->is_known ? 1 : 0;
  SimPair pair;

  pair_init (&pair, 1);
  pair_register (&pair);
  if (away->is_known)
    pair_meet (&pair, away->n_prekeys);
  go_away (pair.bob);
  write_fifty (&pair, first);
  g_assert_cmpuint (pair.alice->n_stored, >=, 50);
  g_assert_cmpuint (pair.alice->n_prekeys_taken, ==, MIN (away->n_prekeys, 5));
  sim_peer_kill (pair.alice);
  sim_server_kill (pair.server);
  sim_world_run_for (pair.world, UDPNAT_SEC (3600));
  sim_server_start (pair.server);

  fetch (&pair, first + 50, away->is_killed_while_fetching);
  /* Of a stranger's name nobody can tell while she is away. */
  sim_peer_assert_received (pair.bob, away->is_known ? "alice" : NULL, first + 50);
  /* What is left on the server is bob's receipts, for alice. */
  for (guint i = 0; i < pair.server->letters->len; i++)
    {
      const SimLetter *letter = g_ptr_array_index (pair.server->letters, i);

      g_assert_true (udpnat_public_key_equal (&letter->recipient, sim_peer_get_key (pair.alice)));
    }
  g_assert_cmpuint (pair.bob->n_prekeys_used, >=, MIN (away->n_prekeys, 5));
  sim_pair_clear (&pair);
}

static void
test_receipts_by_mail (void)
{
  SimPair pair;

  g_test_summary ("Alice and bob are never there at the same time: she learns all the same that he "
                  "has got it");
  pair_init (&pair, 2);
  pair_register (&pair);
  pair_meet (&pair, 0);
  go_away (pair.bob);
  sim_peer_send_numbered (pair.alice, "bob", 1, 3);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  g_assert_cmpuint (pair.alice->n_stored, >=, 3);
  go_away (pair.alice);
  sim_peer_start (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  sim_peer_assert_received (pair.bob, "alice", 4);
  go_away (pair.bob);
  g_assert_cmpuint (pair.alice->n_delivered, ==, 1);
  sim_peer_start (pair.alice);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  g_assert_cmpuint (pair.alice->n_delivered, ==, 4);
  g_assert_cmpuint (pair.alice->store.outbox.length, ==, 0);
  g_assert_cmpuint (pair.server->letters->len, ==, 0);
  sim_pair_clear (&pair);
}

/* ---- No room ---- */

static void
check_no_room (SimPair    *pair,
               const char *reason)
{
  pair_register (pair);
  pair_meet (pair, 0);
  go_away (pair->bob);
  sim_peer_send_numbered (pair->alice, "bob", 1, 5);
  sim_world_run_for (pair->world, UDPNAT_SEC (60));
  g_assert_cmpstr (pair->alice->mail_code, ==, reason);
  g_assert_cmpuint (pair->alice->n_stored, ==, 0);
  g_assert_cmpuint (pair->server->letters->len, ==, 0);
  g_assert_cmpuint (udpnat_node_count_undelivered (pair->alice->node), ==, 5);
  sim_peer_start (pair->bob);
  sim_world_run_for (pair->world, UDPNAT_SEC (5));
  sim_peer_assert_received (pair->bob, "alice", 6);
  g_assert_cmpuint (pair->alice->n_delivered, ==, 6);
  sim_pair_clear (pair);
}

static void
test_mailbox_off (void)
{
  SimPair pair;

  pair_init (&pair, 3);
  sim_server_kill (pair.server);
  pair.server->is_mailbox_off = TRUE;
  sim_server_start (pair.server);
  check_no_room (&pair, "mailbox-off");
}

static void
test_mailbox_full (void)
{
  SimPair pair;

  pair_init (&pair, 4);
  sim_server_kill (pair.server);
  pair.server->mailbox_limits.recipient_bytes = 100;
  sim_server_start (pair.server);
  check_no_room (&pair, "mailbox-full");
}

/* ---- Strangers ---- */

typedef struct
{
  const SimPair *pair;
  UdpnatAddress  server;
  guint          n_direct[2]; /* sent by alice and bob to anybody but the server */
} Watch;

static gboolean
watch_tap (const SimTapInfo *info,
           gpointer          user_data)
{
  Watch *watch = user_data;

  if (info->kind != SIM_TAP_SENT || udpnat_address_equal_ip (&info->to, &watch->server))
    return TRUE;
  watch->n_direct[0] += info->host == watch->pair->alice->host;
  watch->n_direct[1] += info->host == watch->pair->bob->host;
  return TRUE;
}

static void
watch_init (Watch         *watch,
            const SimPair *pair)
{
  *watch = (Watch) { .pair = pair };
  watch->server = sim_host_get_address (pair->server->host, UDPNAT_FAMILY_IPV4);
  sim_world_add_tap (pair->world, watch_tap, watch);
}

static void
test_stranger_then_contact (void)
{
  SimPair pair;
  Watch watch;

  g_test_summary ("Alice writes to bob for three minutes, who neither accepts nor blocks her: not "
                  "one packet goes directly. Then he accepts");
  pair_init (&pair, 5);
  pair.bob->accepts_everyone = FALSE;
  pair.bob->stranger_lines_max = 3;
  pair_register (&pair);
  watch_init (&watch, &pair);
  for (guint i = 0; i < 18; i++)
    {
      sim_peer_send_numbered (pair.alice, "bob", i, 1);
      sim_world_run_for (pair.world, UDPNAT_SEC (10));
    }
  sim_peer_assert_received (pair.bob, "alice", 3);
  g_assert_cmpuint (pair.bob->n_refused, >=, 1); /* what follows in a session is not looked at */
  g_assert_cmpuint (pair.alice->n_delivered, ==, 3);
  g_assert_cmpuint (watch.n_direct[0], ==, 0);
  g_assert_cmpuint (watch.n_direct[1], ==, 0);
  g_assert_cmpint (pair.alice->path_kind, ==, UDPNAT_PATH_KIND_RELAY);
  g_assert_cmpint (pair.bob->path_kind, ==, UDPNAT_PATH_KIND_RELAY);

  sim_peer_set_trust (pair.bob, pair.alice, UDPNAT_TRUST_ACCEPTED);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_assert_received (pair.bob, "alice", 18);
  g_assert_cmpuint (pair.alice->n_delivered, ==, 18);
  g_assert_cmpint (pair.alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  g_assert_cmpint (pair.bob->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  sim_pair_clear (&pair);
}

static void
test_refused_by_mail (void)
{
  SimPair pair;

  g_test_summary ("What bob refused of a stranger's letters comes when he has accepted her, though "
                  "they are never there at the same time");
  pair_init (&pair, 6);
  pair.bob->accepts_everyone = FALSE;
  pair.bob->stranger_lines_max = 3;
  pair_register (&pair);
  go_away (pair.bob);
  sim_peer_send_numbered (pair.alice, "bob", 0, 8);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  go_away (pair.alice);
  sim_peer_start (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_assert_received (pair.bob, "alice", 3);
  sim_peer_set_trust (pair.bob, pair.alice, UDPNAT_TRUST_ACCEPTED);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  go_away (pair.bob);
  sim_peer_start (pair.alice);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  go_away (pair.alice);
  sim_peer_start (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_assert_received (pair.bob, "alice", 8);
  sim_pair_clear (&pair);
}

static void
test_accepted_before_fetching (void)
{
  SimPair pair;

  g_test_summary ("Bob refuses some of a stranger's letter and goes away; she mails one more; he "
                  "accepts her before he has got it: it must not overtake what he refused");
  pair_init (&pair, 8);
  pair.bob->accepts_everyone = FALSE;
  pair.bob->stranger_lines_max = 3;
  pair_register (&pair);
  go_away (pair.bob);
  sim_peer_send_numbered (pair.alice, "bob", 0, 8);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  go_away (pair.alice);
  sim_peer_start (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_assert_received (pair.bob, "alice", 3);
  go_away (pair.bob);
  sim_peer_start (pair.alice);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_send_numbered (pair.alice, "bob", 8, 1);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  go_away (pair.alice);
  sim_peer_start (pair.bob);
  sim_peer_set_trust (pair.bob, pair.alice, UDPNAT_TRUST_ACCEPTED);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  sim_peer_assert_received (pair.bob, "alice", 3);

  go_away (pair.bob);
  sim_peer_start (pair.alice);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  go_away (pair.alice);
  sim_peer_start (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_assert_received (pair.bob, "alice", 9);
  sim_pair_clear (&pair);
}

/* The first half of it with her gone, the other with both there. */
static void
test_broken_disk (void)
{
  SimPair pair;

  g_test_summary ("What a failing disk did not take comes again, before what follows it");
  pair_init (&pair, 9);
  pair_register (&pair);
  pair_meet (&pair, 0);
  go_away (pair.bob);
  sim_peer_send_numbered (pair.alice, "bob", 1, 4);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  go_away (pair.alice);
  sim_peer_set_disk_broken (pair.bob, TRUE);
  sim_peer_start (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  g_assert_cmpuint (pair.bob->n_lost, ==, 4);
  sim_peer_set_disk_broken (pair.bob, FALSE);
  sim_server_kill (pair.server);
  sim_server_start (pair.server);
  sim_world_run_for (pair.world, UDPNAT_SEC (60));
  sim_peer_assert_received (pair.bob, "alice", 5);

  sim_peer_start (pair.alice);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_set_disk_broken (pair.bob, TRUE);
  sim_peer_send_numbered (pair.alice, "bob", 5, 1);
  sim_world_run_for (pair.world, UDPNAT_MSEC (500));
  sim_peer_set_disk_broken (pair.bob, FALSE);
  sim_peer_send_numbered (pair.alice, "bob", 6, 3);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  sim_peer_assert_received (pair.bob, "alice", 9);
  sim_pair_clear (&pair);
}

static void
test_blocked (void)
{
  SimPair pair;
  Watch watch;
  guint n_delivered;

  g_test_summary ("Two who have a direct path, until bob blocks alice: from then on not a packet "
                  "goes to her");
  pair_init (&pair, 7);
  pair_register (&pair);
  pair_meet (&pair, 0);
  g_assert_cmpint (pair.bob->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  sim_peer_set_trust (pair.bob, pair.alice, UDPNAT_TRUST_BLOCKED);
  watch_init (&watch, &pair);
  n_delivered = pair.alice->n_delivered;
  for (guint i = 1; i < 13; i++)
    {
      sim_peer_send_numbered (pair.alice, "bob", i, 1);
      sim_world_run_for (pair.world, UDPNAT_SEC (10));
    }
  sim_peer_assert_received (pair.bob, "alice", 1);
  g_assert_cmpuint (pair.alice->n_delivered, ==, n_delivered);
  g_assert_cmpuint (watch.n_direct[0], >, 0); /* she tries */
  g_assert_cmpuint (watch.n_direct[1], ==, 0);
  sim_pair_clear (&pair);
}

/* ---- Anything at any time ---- */

static void
test_crashes (void)
{
  guint n_written = 0;
  guint n_letters = 0;
  guint n_crashes = 0;

  g_test_summary ("Both away alternately, any program killed at any moment, slow disks, 5 % loss: "
                  "nothing lost, doubled or out of order");
  for (guint64 seed = 1; seed <= N_CRASH_WORLDS; seed++)
    {
      SimCrashReport report;

      sim_crash_run (seed, NULL, &report);
      if (report.fault != NULL)
        g_error ("seed %" G_GUINT64_FORMAT ": %s; again: ./dev sim --scene crash %"
                 G_GUINT64_FORMAT,
                 seed, report.fault, seed);
      n_written += report.n_written;
      n_letters += report.n_letters;
      n_crashes += report.n_crashes;
    }
  g_test_message ("%d worlds, %u crashes, %u messages, %u letters", N_CRASH_WORLDS, n_crashes,
                  n_written, n_letters);
  g_assert_cmpuint (n_letters, >, N_CRASH_WORLDS);
}

#define ADD(path, function) g_test_add_func ("/sim-mail/" path, function)
#define ADD_AWAY(path, ...) \
  g_test_add_data_func ("/sim-mail/away/" path, &(const Away) { __VA_ARGS__ }, test_away)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD_AWAY ("fifty-from-a-contact", .is_known = TRUE);
  ADD_AWAY ("fifty-from-a-contact-with-prekeys", .is_known = TRUE, .n_prekeys = 20);
  ADD_AWAY ("fifty-with-too-few-prekeys", .is_known = TRUE, .n_prekeys = 2);
  ADD_AWAY ("fifty-from-a-stranger", .is_known = FALSE);
  ADD_AWAY ("killed-while-fetching", .is_known = TRUE, .is_killed_while_fetching = TRUE);
  ADD_AWAY ("killed-while-fetching-with-prekeys", .is_known = TRUE, .n_prekeys = 20,
            .is_killed_while_fetching = TRUE);
  ADD ("away/receipts-come-by-mail", test_receipts_by_mail);
  ADD ("no-room/mailbox-off", test_mailbox_off);
  ADD ("no-room/mailbox-full", test_mailbox_full);
  ADD ("stranger/relay-only-until-accepted", test_stranger_then_contact);
  ADD ("stranger/refused-letters-come-again", test_refused_by_mail);
  ADD ("stranger/accepted-before-fetching", test_accepted_before_fetching);
  ADD ("disk/what-failed-comes-first", test_broken_disk);
  ADD ("stranger/blocked-gets-nothing", test_blocked);
  ADD ("crash/nothing-lost-doubled-or-reordered", test_crashes);

  return g_test_run ();
}
