/* Two people (and more) talk through the real server in virtual time: the same machines that the
 * programs use, over links and routers that do what they are told. */

#include "config.h"

#include <string.h>

#include "sim-chat.h"

#define LEG_US UDPNAT_MSEC (40)

/* Two people behind routers of these kinds, on lines of this quality, both registered. */
static void
pair_init (SimPair             *pair,
           guint64              seed,
           const SimNatConfig  *alice_nat,
           const SimNatConfig  *bob_nat,
           const SimLinkConfig *link)
{
  SimWorld *world = sim_world_new (seed);

  sim_world_set_core (world, 0, 6); /* so that a leg is what the link says */
  sim_pair_start (pair, world, alice_nat, link, bob_nat, link);
  g_assert_true (sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered, pair));
  sim_world_run_for (world, UDPNAT_SEC (4)); /* directory, mapping verdict */
}

static gboolean
all_delivered (gpointer user_data)
{
  SimPair *pair = user_data;

  return pair->alice->n_delivered >= pair->bob->received->len &&
         sim_peer_is_idle (pair->alice) && sim_peer_is_idle (pair->bob);
}

static const SimNatConfig *
port_restricted (void)
{
  static SimNatConfig config;

  config = sim_nat_config (SIM_NAT_ENDPOINT_INDEPENDENT, SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  return &config;
}

static const SimNatConfig *
symmetric (void)
{
  static SimNatConfig config;

  config = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT, SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  config.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  return &config;
}

/* ---- Time to the first message ---- */

static void
test_first_message (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimMessage *message;
  gint64 start_us;
  SimPair pair;

  g_test_summary ("40 ms per leg, cold: shown after one one-way trip, delivered after two, "
                  "then direct");
  pair_init (&pair, 1, port_restricted (), port_restricted (), &link);
  start_us = sim_world_now (pair.world);
  sim_peer_send (pair.alice, "bob", "hello");
  sim_world_run_for (pair.world, UDPNAT_SEC (2));

  g_assert_cmpuint (pair.bob->received->len, ==, 1);
  message = g_ptr_array_index (pair.bob->received, 0);
  g_assert_cmpstr (message->text, ==, "hello");
  g_assert_cmpstr (message->from, ==, "alice");
  g_test_message ("shown after %.1f ms", (message->at_us - start_us) / 1000.0);
  g_test_message ("delivered after %.1f ms", pair.alice->last_elapsed_us / 1000.0);
  g_test_message ("direct after %.1f ms at alice, %.1f ms at bob",
                  (pair.alice->direct_us - start_us) / 1000.0,
                  (pair.bob->direct_us - start_us) / 1000.0);
  g_assert_cmpint (message->at_us - start_us, <=, UDPNAT_MSEC (85));
  g_assert_cmpuint (pair.alice->n_delivered, ==, 1);
  g_assert_cmpint (pair.alice->last_elapsed_us, <=, UDPNAT_MSEC (170));
  g_assert_cmpint (pair.alice->direct_us, >, 0);
  g_assert_cmpint (pair.bob->direct_us, >, 0);
  g_assert_cmpint (pair.bob->direct_us - start_us, <=, UDPNAT_MSEC (250));
  g_assert_cmpint (pair.alice->direct_us - start_us, <=, UDPNAT_MSEC (170 + 250));
  sim_pair_clear (&pair);
}

/* ---- Nothing lost, doubled or reordered ---- */

static SimLinkConfig
get_bad_link (void)
{
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (20));

  link.loss = 0.20;
  link.reorder = 0.05;
  link.reorder_us = UDPNAT_MSEC (30);
  link.duplicate = 0.05;
  return link;
}

static void
run_bad_link (guint64 seed,
              guint   n_messages)
{
  SimLinkConfig link = get_bad_link ();
  const SimStats *stats;
  SimPair pair;

  pair_init (&pair, seed, port_restricted (), port_restricted (), &link);
  for (guint i = 0; i < n_messages; i += 10)
    {
      sim_peer_send_numbered (pair.alice, "bob", i, 10);
      sim_peer_send_numbered (pair.bob, "alice", i, 10);
      sim_world_run_for (pair.world, UDPNAT_MSEC (50));
    }
  if (!sim_world_run_for_true (pair.world, UDPNAT_SEC (300), all_delivered, &pair))
    g_error ("seed %" G_GUINT64_FORMAT ": not all delivered: alice has %u, bob has %u", seed,
             pair.alice->received->len, pair.bob->received->len);
  sim_peer_assert_received (pair.bob, "alice", n_messages);
  sim_peer_assert_received (pair.alice, "bob", n_messages);
  g_assert_cmpuint (pair.alice->n_delivered, ==, n_messages);
  g_assert_cmpuint (pair.bob->n_delivered, ==, n_messages);
  stats = sim_world_get_stats (pair.world);
  g_assert_cmpuint (stats->dropped[SIM_DROP_LOST], >, stats->sent / 10); /* the links were bad */
  sim_pair_clear (&pair);
}

static void
test_bad_link (void)
{
  g_test_summary ("20 % loss, 5 % reordering, 5 % duplicates on each link: 1,000 messages "
                  "each way, 200 seeds");
  for (guint64 seed = 1; seed <= 200; seed++)
    run_bad_link (seed, 1000);
}

/* ---- Which paths ---- */

static const char *behaviour_names[] = { "EI", "AD", "APD" };

/* What plain punching owes, by RFC 4787 behaviour of both sides. A side whose mapping depends on
 * the endpoint is learned as peer-reflexive, if the other lets its unknown port in. The rest a
 * search may find, if the server has two addresses to tell the kinds apart:
 * test-sim-traversal.c. */
static gboolean
must_be_direct (const SimNatConfig *a,
                const SimNatConfig *b)
{
  gboolean a_easy = a->mapping == SIM_NAT_ENDPOINT_INDEPENDENT;
  gboolean b_easy = b->mapping == SIM_NAT_ENDPOINT_INDEPENDENT;
  gboolean a_exact = a->filtering == SIM_NAT_ADDRESS_AND_PORT_DEPENDENT;
  gboolean b_exact = b->filtering == SIM_NAT_ADDRESS_AND_PORT_DEPENDENT;

  return (a_easy && b_easy) || (a_easy && !a_exact) || (b_easy && !b_exact);
}

static void
check_matrix_cell (guint   cell,
                   guint64 seed)
{
  SimNatConfig a_nat = sim_nat_config (cell / 27, cell / 9 % 3);
  SimNatConfig b_nat = sim_nat_config (cell / 3 % 3, cell % 3);
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (20));
  gboolean is_direct;
  g_autofree char *label = g_strdup_printf ("%s+%s × %s+%s", behaviour_names[a_nat.mapping],
                                            behaviour_names[a_nat.filtering],
                                            behaviour_names[b_nat.mapping],
                                            behaviour_names[b_nat.filtering]);
  SimPair pair;

  a_nat.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  b_nat.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  pair_init (&pair, seed, &a_nat, &b_nat, &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 3);
  sim_world_run_for (pair.world, UDPNAT_SEC (9)); /* a round, and the one of a second socket */
  sim_peer_send_numbered (pair.bob, "alice", 0, 3);
  sim_world_run_for (pair.world, UDPNAT_SEC (2));

  sim_peer_assert_received (pair.bob, "alice", 3);
  sim_peer_assert_received (pair.alice, "bob", 3);
  is_direct = pair.alice->path_kind != UDPNAT_PATH_KIND_RELAY &&
              pair.bob->path_kind != UDPNAT_PATH_KIND_RELAY;
  if (must_be_direct (&a_nat, &b_nat) && !is_direct)
    g_error ("%s: expected direct, got relay (%s, %s)", label,
             udpnat_path_reason_to_code (pair.alice->path_reason),
             udpnat_path_reason_to_code (pair.bob->path_reason));
  if (!is_direct)
    {
      g_assert_cmpint (pair.alice->path_reason, !=, UDPNAT_PATH_REASON_NONE);
      g_assert_cmpint (pair.alice->path_reason, !=, UDPNAT_PATH_REASON_CONNECTING);
      g_assert_cmpint (pair.bob->path_reason, !=, UDPNAT_PATH_REASON_CONNECTING);
    }
  g_test_message ("%s: %s", label,
                  is_direct ? "direct" : udpnat_path_reason_to_code (pair.alice->path_reason));
  sim_pair_clear (&pair);
}

static void
test_matrix (void)
{
  g_test_summary ("Every RFC 4787 mapping × filtering on both sides: all delivered, direct where "
                  "punching can win");
  for (guint cell = 0; cell < 81; cell++)
    check_matrix_cell (cell, 100 + cell);
}

static void
test_same_lan (void)
{
  SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (1));
  SimNatConfig config = *port_restricted ();
  SimWorld *world = sim_world_new (7);
  SimNat *nat = sim_world_add_nat (world, "nat", NULL, NULL, &config);
  SimPair pair = { .world = world, .server = sim_server_new (world, "198.51.100.1") };

  pair.alice = sim_peer_new (pair.server, "alice", nat, &link);
  pair.bob = sim_peer_new (pair.server, "bob", nat, &link);
  sim_server_start (pair.server);
  sim_peer_start (pair.alice);
  sim_peer_start (pair.bob);
  sim_world_run_for (world, UDPNAT_SEC (3));
  sim_peer_send (pair.alice, "bob", "0");
  sim_world_run_for (world, UDPNAT_SEC (2));
  sim_peer_assert_received (pair.bob, "alice", 1);
  g_assert_cmpint (pair.alice->path_kind, ==, UDPNAT_PATH_KIND_LAN);
  g_assert_cmpint (pair.bob->path_kind, ==, UDPNAT_PATH_KIND_LAN);
  sim_pair_clear (&pair);
}

/* ---- Faults ---- */

static void
run_server_restart (const SimNatConfig *nat,
                    gboolean            is_polite)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  UdpnatRendezvousServerStats stats;
  gint64 back_us;
  SimPair pair;

  pair_init (&pair, 11, nat, nat, &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 5);
  sim_peer_send_numbered (pair.bob, "alice", 0, 5);
  sim_world_run_for (pair.world, UDPNAT_SEC (6));
  sim_peer_send_numbered (pair.alice, "bob", 5, 5);
  if (is_polite)
    sim_server_stop (pair.server);
  else
    sim_server_kill (pair.server);
  sim_peer_send_numbered (pair.bob, "alice", 5, 5);
  sim_world_run_for (pair.world, UDPNAT_SEC (9));
  sim_peer_send_numbered (pair.alice, "bob", 10, 5);

  sim_server_start (pair.server);
  back_us = sim_world_now (pair.world);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  g_test_message ("registered again after %.1f s and %.1f s",
                  (pair.alice->registered_us - back_us) / 1e6,
                  (pair.bob->registered_us - back_us) / 1e6);
  g_assert_cmpint (pair.alice->registered_us, >, back_us);
  g_assert_cmpint (pair.bob->registered_us, >, back_us);
  udpnat_rendezvous_server_get_stats (pair.server->server, &stats);
  g_assert_cmpuint (stats.resumptions, ==, 2); /* by ticket */
  g_assert_cmpuint (stats.handshakes, ==, 0);
  sim_peer_send_numbered (pair.bob, "alice", 10, 5);
  g_assert_true (sim_world_run_for_true (pair.world, UDPNAT_SEC (30), all_delivered, &pair));
  sim_peer_assert_received (pair.bob, "alice", 15);
  sim_peer_assert_received (pair.alice, "bob", 15);
  sim_pair_clear (&pair);
}

static void
test_server_killed_direct (void)
{
  run_server_restart (port_restricted (), FALSE);
}

static void
test_server_killed_relay (void)
{
  run_server_restart (symmetric (), FALSE);
}

static void
test_server_stopped_relay (void)
{
  run_server_restart (symmetric (), TRUE);
}

static void
test_path_cut (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  UdpnatAddress a;
  UdpnatAddress b;
  SimPair pair;

  g_test_summary ("The direct path dies in mid-conversation: messages go on over the relay");
  pair_init (&pair, 12, port_restricted (), port_restricted (), &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 1);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  g_assert_cmpint (pair.alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);

  a = sim_host_get_public_ip (pair.alice->host, UDPNAT_FAMILY_IPV4);
  b = sim_host_get_public_ip (pair.bob->host, UDPNAT_FAMILY_IPV4);
  sim_world_set_cut (pair.world, &a, &b, TRUE);
  sim_world_set_cut (pair.world, &b, &a, TRUE);
  for (guint i = 1; i < 20; i++)
    {
      sim_peer_send_numbered (pair.alice, "bob", i, 1);
      sim_world_run_for (pair.world, UDPNAT_MSEC (300));
    }
  sim_world_run_for (pair.world, UDPNAT_SEC (3));
  sim_peer_assert_received (pair.bob, "alice", 20);
  g_assert_cmpuint (pair.alice->n_delivered, ==, 20);
  g_assert_cmpint (pair.alice->path_kind, ==, UDPNAT_PATH_KIND_RELAY);
  g_assert_cmpint (pair.alice->path_reason, !=, UDPNAT_PATH_REASON_NONE);

  sim_world_set_cut (pair.world, &a, &b, FALSE);
  sim_world_set_cut (pair.world, &b, &a, FALSE);
  sim_world_run_for (pair.world, UDPNAT_SEC (90));
  sim_peer_send_numbered (pair.alice, "bob", 20, 1);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  g_assert_cmpint (pair.alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  sim_pair_clear (&pair);
}

static void
test_peer_restart (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimPair pair;

  g_test_summary ("Bob's program is killed and started again: he gets what comes after, once and "
                  "in order");
  pair_init (&pair, 13, port_restricted (), port_restricted (), &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 5);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  sim_peer_assert_received (pair.bob, "alice", 5);
  sim_peer_kill (pair.bob);
  sim_peer_send_numbered (pair.alice, "bob", 5, 5);
  sim_world_run_for (pair.world, UDPNAT_SEC (3));
  sim_peer_start (pair.bob);
  g_assert_true (sim_world_run_for_true (pair.world, UDPNAT_SEC (10), all_delivered, &pair));
  sim_peer_assert_received (pair.bob, "alice", 10);
  g_assert_cmpuint (pair.alice->n_delivered, ==, 10);
  sim_pair_clear (&pair);
}

static void
test_server_away_for_an_hour (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  gint64 back_us;
  SimPair pair;

  g_test_summary ("Written while the server was away for an hour: delivered when it is back");
  pair_init (&pair, 22, symmetric (), symmetric (), &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 2);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  sim_server_kill (pair.server);
  sim_world_run_for (pair.world, UDPNAT_SEC (3600));
  sim_peer_send_numbered (pair.alice, "bob", 2, 3);
  sim_peer_send_numbered (pair.bob, "alice", 0, 3);
  sim_world_run_for (pair.world, UDPNAT_SEC (600));
  g_assert_cmpuint (pair.bob->received->len, ==, 2);
  sim_server_start (pair.server);
  back_us = sim_world_now (pair.world);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_assert_received (pair.bob, "alice", 5);
  sim_peer_assert_received (pair.alice, "bob", 3);
  g_assert_cmpint (pair.alice->registered_us - back_us, <=, UDPNAT_SEC (5));
  g_assert_cmpint (pair.bob->registered_us - back_us, <=, UDPNAT_SEC (5));
  sim_pair_clear (&pair);
}

static void
test_sleep_of_an_hour (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimMessage *last;
  gint64 woken_us;
  SimPair pair;

  g_test_summary ("An hour of sleep at Bob's: what was written meanwhile comes at once");
  pair_init (&pair, 23, port_restricted (), port_restricted (), &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 2);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  sim_host_sleep (pair.bob->host, UDPNAT_SEC (3600));
  sim_world_run_for (pair.world, UDPNAT_SEC (1800));
  sim_peer_send_numbered (pair.alice, "bob", 2, 2);
  sim_world_run_for (pair.world, UDPNAT_SEC (1800));
  woken_us = sim_world_now (pair.world);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_peer_assert_received (pair.bob, "alice", 4);
  last = g_ptr_array_index (pair.bob->received, 3);
  g_test_message ("after %.2f s", (last->at_us - woken_us) / 1e6);
  g_assert_cmpint (last->at_us - woken_us, <=, UDPNAT_SEC (1));
  sim_pair_clear (&pair);
}

static void
test_both_at_once (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);

  g_test_summary ("Both speak first at the same moment: two handshakes cross, nothing is lost "
                  "or doubled");
  for (guint64 seed = 20; seed < 40; seed++)
    {
      SimPair pair;

      pair_init (&pair, seed, port_restricted (), port_restricted (), &link);
      sim_peer_send_numbered (pair.alice, "bob", 0, 3);
      sim_peer_send_numbered (pair.bob, "alice", 0, 3);
      sim_world_run_for (pair.world, UDPNAT_SEC (2));
      sim_peer_assert_received (pair.bob, "alice", 3);
      sim_peer_assert_received (pair.alice, "bob", 3);
      g_assert_cmpuint (pair.alice->n_delivered, ==, 3);
      g_assert_cmpuint (pair.bob->n_delivered, ==, 3);
      sim_pair_clear (&pair);
    }
}

static void
test_long_conversation (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimPair pair;

  g_test_summary ("A word every 20 s for 20 minutes: keys change on the way, nothing else does");
  pair_init (&pair, 14, port_restricted (), port_restricted (), &link);
  for (guint i = 0; i < 60; i++)
    {
      sim_peer_send_numbered (pair.alice, "bob", i, 1);
      sim_world_run_for (pair.world, UDPNAT_SEC (20));
      g_assert_cmpuint (pair.bob->received->len, ==, i + 1);
    }
  sim_peer_assert_received (pair.bob, "alice", 60);
  g_assert_cmpint (pair.alice->path_kind, ==, UDPNAT_PATH_KIND_DIRECT);
  sim_pair_clear (&pair);
}

static void
test_after_idle (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimMessage *message;
  gint64 start_us;
  SimPair pair;

  g_test_summary ("After an hour of silence the next message needs one one-way trip again");
  pair_init (&pair, 15, port_restricted (), port_restricted (), &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 1);
  sim_world_run_for (pair.world, UDPNAT_SEC (3600));
  start_us = sim_world_now (pair.world);
  sim_peer_send_numbered (pair.alice, "bob", 1, 1);
  sim_world_run_for (pair.world, UDPNAT_SEC (2));
  sim_peer_assert_received (pair.bob, "alice", 2);
  message = g_ptr_array_index (pair.bob->received, 1);
  g_test_message ("shown after %.1f ms", (message->at_us - start_us) / 1000.0);
  g_assert_cmpint (message->at_us - start_us, <=, UDPNAT_MSEC (85));
  sim_pair_clear (&pair);
}

/* ---- People ---- */

static void
test_unknown_name (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimPair pair;

  pair_init (&pair, 16, NULL, NULL, &link);
  sim_peer_send (pair.alice, "nobody", "are you there?");
  sim_world_run_for (pair.world, UDPNAT_SEC (2));
  g_assert_cmpuint (pair.alice->n_failed, ==, 1);
  g_assert_cmpstr (pair.alice->last_code, ==, "unknown-peer");
  sim_pair_clear (&pair);
}

static void
test_offline_then_back (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimPair pair;

  g_test_summary ("A message to somebody who is away waits, and arrives when they come");
  pair_init (&pair, 17, port_restricted (), port_restricted (), &link);
  sim_peer_kill (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (120)); /* the server notices */
  sim_peer_send_numbered (pair.alice, "bob", 0, 2);
  sim_world_run_for (pair.world, UDPNAT_SEC (30));
  g_assert_cmpuint (pair.alice->n_unreachable, >=, 1);
  sim_peer_start (pair.bob);
  sim_world_run_for (pair.world, UDPNAT_SEC (3));
  sim_peer_assert_received (pair.bob, "alice", 2);
  g_assert_cmpuint (pair.alice->n_delivered, ==, 2);
  sim_pair_clear (&pair);
}

static void
test_receipt_only_when_safe (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimPair pair;

  g_test_summary ("No \"delivered\" before the receiver says that the message is safe");
  pair_init (&pair, 18, port_restricted (), port_restricted (), &link);
  pair.bob->holds_receipts = TRUE;
  sim_peer_send_numbered (pair.alice, "bob", 0, 1);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  g_assert_cmpuint (pair.bob->received->len, ==, 1);
  g_assert_cmpuint (pair.alice->n_delivered, ==, 0);
  sim_pair_clear (&pair);
}

/* ---- The wire ---- */

typedef struct
{
  const char *secret;
  guint       n_datagrams;
  guint       n_found;
} Search;

static gboolean
search_tap (const SimTapInfo *info,
            gpointer          user_data)
{
  Search *search = user_data;

  search->n_datagrams++;
  if (memmem (info->data, info->n_data, search->secret, strlen (search->secret)) != NULL)
    search->n_found++;
  return TRUE;
}

static void
test_no_plaintext (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  Search search = { .secret = "the eagle lands at midnight" };
  SimPair pair;

  pair_init (&pair, 19, symmetric (), port_restricted (), &link);
  sim_world_add_tap (pair.world, search_tap, &search);
  sim_peer_send (pair.alice, "bob", search.secret);
  sim_world_run_for (pair.world, UDPNAT_SEC (5));
  g_assert_cmpuint (pair.bob->received->len, ==, 1);
  g_assert_cmpuint (search.n_datagrams, >, 10);
  g_assert_cmpuint (search.n_found, ==, 0);
  sim_pair_clear (&pair);
}

static void
test_idle_traffic (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  guint64 before;
  guint64 n_sent;
  SimPair pair;

  g_test_summary ("Idle: under one packet per minute, sent and received together, and none between "
                  "idle peers");
  pair_init (&pair, 21, port_restricted (), port_restricted (), &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 1);
  sim_world_run_for (pair.world, UDPNAT_SEC (450)); /* lifetimes are measured */
  before = sim_host_get_stats (pair.alice->host)->sent +
           sim_host_get_stats (pair.alice->host)->delivered;
  sim_world_run_for (pair.world, UDPNAT_SEC (3600));
  n_sent = sim_host_get_stats (pair.alice->host)->sent +
           sim_host_get_stats (pair.alice->host)->delivered - before;
  g_test_message ("%" G_GUINT64_FORMAT " packets in an hour: one per %.1f s", n_sent,
                  3600.0 / n_sent);
  g_assert_cmpuint (n_sent, <, 60);
  g_assert_cmpuint (n_sent, >, 3600 / 120); /* the binding must live */
  g_assert_true (sim_peer_is_registered (pair.alice));
  sim_pair_clear (&pair);
}

/* Of two people one may have lost count of her own timestamps: killed before the last one was on
 * disk, with a clock that was set back. Whatever she begins is a repetition to the other. */
static void
lose_count (SimPair *pair,
            SimPeer *forgetful,
            SimPeer *other)
{
  SimContact *self;

  sim_server_kill (pair->server);
  pair->server->is_mailbox_off = TRUE; /* else letters would do */
  sim_server_start (pair->server);
  sim_world_run_for (pair->world, UDPNAT_SEC (60));
  sim_peer_send_numbered (forgetful, other->name, 0, 1);
  sim_world_run_for (pair->world, UDPNAT_SEC (5));
  sim_peer_kill (forgetful);
  self = sim_store_find_contact (&forgetful->store, sim_peer_get_key (forgetful));
  g_assert_nonnull (self);
  self->has_timestamp = FALSE;
  sim_peer_move_clock (forgetful, -UDPNAT_SEC (86400));
  sim_peer_kill (other);
  sim_peer_start (forgetful);
  sim_peer_start (other);
  sim_world_run_for (pair->world, UDPNAT_SEC (1));
  sim_peer_send_numbered (forgetful, other->name, 1, 1);
  sim_peer_send_numbered (other, forgetful->name, 0, 1);
  sim_world_run_for (pair->world, UDPNAT_SEC (180));
  sim_peer_assert_received (other, forgetful->name, 2);
  sim_peer_assert_received (forgetful, other->name, 1);
  g_assert_cmpuint (forgetful->n_delivered, ==, 2);
  g_assert_cmpuint (other->n_delivered, ==, 1);
}

static void
test_lost_count (void)
{
  SimLinkConfig link = sim_link_config_with_delay (LEG_US);
  SimPair pair;

  g_test_summary ("Whose handshakes are taken for repetitions answers those of the other, whoever "
                  "has the smaller key");
  for (guint i = 0; i < 2; i++)
    {
      pair_init (&pair, 40, port_restricted (), port_restricted (), &link);
      lose_count (&pair, i == 0 ? pair.alice : pair.bob, i == 0 ? pair.bob : pair.alice);
      sim_pair_clear (&pair);
    }
}

static char *
run_traced (guint64 seed)
{
  SimLinkConfig link = get_bad_link ();
  char hash[SIM_TRACE_HASH_TEXT_BYTES];
  SimPair pair;

  pair_init (&pair, seed, port_restricted (), symmetric (), &link);
  sim_peer_send_numbered (pair.alice, "bob", 0, 20);
  sim_peer_send_numbered (pair.bob, "alice", 0, 20);
  sim_world_run_for (pair.world, UDPNAT_SEC (10));
  sim_world_get_trace_hash (pair.world, hash);
  sim_pair_clear (&pair);
  return g_strdup (hash);
}

static void
test_same_seed (void)
{
  g_autofree char *first = run_traced (5);
  g_autofree char *again = run_traced (5);
  g_autofree char *other = run_traced (6);

  g_test_summary ("One seed gives one run, to the byte");
  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, other);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sim-chat/first-message/one-one-way-trip", test_first_message);
  g_test_add_func ("/sim-chat/first-message/again-after-an-hour", test_after_idle);
  g_test_add_func ("/sim-chat/bad-link/exactly-once-in-order", test_bad_link);
  g_test_add_func ("/sim-chat/paths/rfc-4787-matrix", test_matrix);
  g_test_add_func ("/sim-chat/paths/same-lan", test_same_lan);
  g_test_add_func ("/sim-chat/paths/cut-falls-back-and-returns", test_path_cut);
  g_test_add_func ("/sim-chat/server/killed-while-direct", test_server_killed_direct);
  g_test_add_func ("/sim-chat/server/killed-while-relayed", test_server_killed_relay);
  g_test_add_func ("/sim-chat/server/stopped-while-relayed", test_server_stopped_relay);
  g_test_add_func ("/sim-chat/server/away-for-an-hour", test_server_away_for_an_hour);
  g_test_add_func ("/sim-chat/peer/sleep-of-an-hour", test_sleep_of_an_hour);
  g_test_add_func ("/sim-chat/peer/restart-loses-nothing", test_peer_restart);
  g_test_add_func ("/sim-chat/peer/both-at-once", test_both_at_once);
  g_test_add_func ("/sim-chat/peer/long-conversation", test_long_conversation);
  g_test_add_func ("/sim-chat/peer/unknown-name", test_unknown_name);
  g_test_add_func ("/sim-chat/peer/offline-then-back", test_offline_then_back);
  g_test_add_func ("/sim-chat/peer/receipt-only-when-safe", test_receipt_only_when_safe);
  g_test_add_func ("/sim-chat/peer/lost-count-of-timestamps", test_lost_count);
  g_test_add_func ("/sim-chat/wire/no-plaintext", test_no_plaintext);
  g_test_add_func ("/sim-chat/wire/idle-is-quiet", test_idle_traffic);
  g_test_add_func ("/sim-chat/seed/same-seed-same-run", test_same_seed);

  return g_test_run ();
}
