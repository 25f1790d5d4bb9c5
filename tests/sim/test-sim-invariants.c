/* Each invariant must be able to fail: worlds that are broken on purpose, in which it does; and
 * next to each, or in sim-worlds, worlds in which it does not. */

#include "config.h"

#include <string.h>

#include "sim-fast-crypto.h"
#include "sim-invariants.h"

typedef struct
{
  SimPair        pair;
  SimInvariants *invariants;
} Scene;

static void
scene_init (Scene              *self,
            const SimNatConfig *router)
{
  SimLinkConfig line = sim_link_config_with_delay (UDPNAT_MSEC (10));
  SimWorld *world = sim_world_new (1);
  gboolean is_registered;

  self->invariants = sim_invariants_new (world);
  sim_pair_start (&self->pair, world, router, &line, router, &line);
  sim_invariants_add_server (self->invariants, self->pair.server);
  sim_invariants_add_person (self->invariants, self->pair.alice);
  sim_invariants_add_person (self->invariants, self->pair.bob);
  is_registered = sim_world_run_for_true (world, UDPNAT_SEC (20), sim_pair_is_registered,
                                          &self->pair);
  g_assert_true (is_registered);
}

static void
scene_clear (Scene *self)
{
  sim_invariants_free (self->invariants);
  sim_pair_clear (&self->pair);
}

/* Alice says something to Bob, and there is time for it to arrive. */
static void
talk (Scene *self)
{
  sim_invariants_say (self->invariants, self->pair.alice, self->pair.bob, 3, 100);
  sim_world_run_for (self->pair.world, UDPNAT_SEC (5));
  sim_invariants_check (self->invariants);
}

static void
assert_fault (Scene        *self,
              SimInvariant  invariant)
{
  const SimFault *fault = sim_invariants_get_fault (self->invariants);

  g_test_message ("%s: %s", sim_invariant_to_string (fault->invariant),
                  fault->detail != NULL ? fault->detail : "");
  g_assert_cmpstr (sim_invariant_to_string (fault->invariant), ==,
                   sim_invariant_to_string (invariant));
}

/* ---- Talk ---- */

static void
test_sane (void)
{
  Scene scene;

  g_test_summary ("Two people who talk: nothing is wrong, and they use a direct path");
  scene_init (&scene, NULL);
  talk (&scene);
  g_assert_cmpint (scene.pair.alice->path_kind, !=, UDPNAT_PATH_KIND_RELAY);
  g_assert_true (sim_invariants_is_calm (scene.invariants));
  sim_invariants_check_end (scene.invariants, TRUE);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  scene_clear (&scene);
}

static void
test_doubled (void)
{
  Scene scene;

  g_test_summary ("Bob forgets what he has kept, and keeps it again after a restart of Alice, who "
                  "has lost his receipts");
  scene_init (&scene, NULL);
  scene.pair.bob->is_forgetful = TRUE;
  scene.pair.bob->holds_receipts = TRUE;
  talk (&scene);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  sim_peer_kill (scene.pair.bob);
  sim_peer_start (scene.pair.bob);
  sim_peer_kill (scene.pair.alice);
  sim_peer_start (scene.pair.alice);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (20));
  sim_invariants_check (scene.invariants);
  assert_fault (&scene, SIM_INVARIANT_ORDER);
  scene_clear (&scene);
}

static void
test_lost (void)
{
  Scene scene;

  g_test_summary ("The first of two lines vanishes from Alice's disk, and Bob gets the second");
  scene_init (&scene, NULL);
  scene.pair.bob->holds_receipts = TRUE;
  sim_peer_kill (scene.pair.bob);
  talk (&scene);
  sim_peer_kill (scene.pair.alice);
  udpnat_item_free (sim_store_take_outgoing (
    &scene.pair.alice->store, sim_peer_get_key (scene.pair.bob),
    &((SimOutgoing *) scene.pair.alice->store.outbox.head->data)->item->id));
  g_ptr_array_set_size (scene.pair.server->letters, 0);
  sim_peer_start (scene.pair.alice);
  sim_server_kill (scene.pair.server); /* it has letters of all three in memory */
  sim_server_start (scene.pair.server);
  sim_peer_start (scene.pair.bob);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (60));
  sim_invariants_check (scene.invariants);
  assert_fault (&scene, SIM_INVARIANT_ORDER);
  scene_clear (&scene);
}

static void
test_not_durable (void)
{
  Scene scene;

  g_test_summary ("Bob confirms what he does not write");
  scene_init (&scene, NULL);
  scene.pair.bob->is_forgetful = TRUE;
  talk (&scene);
  assert_fault (&scene, SIM_INVARIANT_DURABLE);
  scene_clear (&scene);
}

static void
test_not_delivered (void)
{
  Scene scene;

  g_test_summary ("Bob writes what comes, and gives no receipts");
  scene_init (&scene, NULL);
  scene.pair.bob->holds_receipts = TRUE;
  talk (&scene);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  g_assert_false (sim_invariants_is_calm (scene.invariants));
  sim_invariants_check_end (scene.invariants, FALSE);
  assert_fault (&scene, SIM_INVARIANT_DELIVERED);
  scene_clear (&scene);
}

/* ---- The wire ---- */

static gboolean
drop_at_alice (const SimTapInfo *info,
               gpointer          user_data)
{
  const Scene *self = user_data;

  return info->kind != SIM_TAP_DELIVERED || info->origin != self->pair.bob->host;
}

static void
test_unproven (void)
{
  Scene scene;
  UdpnatNodeEvent *event;
  UdpnatAddress bob;

  g_test_summary ("Alice's node says that it uses an address from which nothing has come");
  scene_init (&scene, NULL);
  sim_world_add_tap (scene.pair.world, drop_at_alice, &scene);
  talk (&scene);
  bob = sim_host_get_address (scene.pair.bob->host, UDPNAT_FAMILY_IPV4);
  event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PATH, sim_peer_get_key (scene.pair.bob), "bob");
  event->kind = UDPNAT_PATH_KIND_DIRECT;
  event->address = bob;
  scene.pair.bob->watch (scene.pair.alice, event, scene.invariants);
  udpnat_event_free (&event->base);
  assert_fault (&scene, SIM_INVARIANT_PROOF);
  scene_clear (&scene);
}

/* A machine that says one thing to one address again and again, and asks to be called for ever when
 * it has nothing to say. */
typedef struct
{
  UdpnatMachine machine;
  UdpnatAddress to;
  const char   *what;
  guint         n_left;
  gboolean      is_spread;  /* to another port each time */
  gboolean      is_restless;
  guint         n_calls_left;
} Talker;

static UdpnatRxResult
talker_handle_datagram (UdpnatMachine        *machine,
                        gint64                now_us,
                        const UdpnatDatagram *datagram)
{
  return UDPNAT_RX_IGNORED;
}

static gint64
talker_next_deadline (const UdpnatMachine *machine)
{
  const Talker *self = (const Talker *) machine;

  return self->is_restless && self->n_calls_left > 0 ? 1 : UDPNAT_TIME_NEVER;
}

static void
talker_handle_deadline (UdpnatMachine *machine,
                        gint64         now_us)
{
  ((Talker *) machine)->n_calls_left--;
}

static gboolean
talker_pop_output (UdpnatMachine  *machine,
                   gint64          now_us,
                   UdpnatDatagram *out_datagram)
{
  Talker *self = (Talker *) machine;

  if (self->n_left == 0)
    return FALSE;
  self->n_left--;
  out_datagram->socket = UDPNAT_SOCKET_MAIN;
  out_datagram->ttl = 0;
  out_datagram->remote = self->to;
  if (self->is_spread)
    out_datagram->remote.port = (guint16) (1024 + self->n_left);
  out_datagram->n_data = strlen (self->what);
  memcpy (out_datagram->data, self->what, out_datagram->n_data);
  return TRUE;
}

static UdpnatEvent *
talker_pop_event (UdpnatMachine *machine)
{
  return NULL;
}

static const UdpnatMachineClass talker_class = {
  .handle_datagram = talker_handle_datagram,
  .next_deadline = talker_next_deadline,
  .handle_deadline = talker_handle_deadline,
  .pop_output = talker_pop_output,
  .pop_event = talker_pop_event,
};

/* Instead of what runs on @host, which has to be dead. */
static void
let_talk (Scene   *self,
          SimHost *host,
          Talker  *talker)
{
  talker->machine.klass = &talker_class;
  sim_host_attach (host, &talker->machine, UDPNAT_CLIENT_PORT, 0, NULL, NULL);
  sim_world_run_for (self->pair.world, UDPNAT_SEC (1));
  sim_host_detach (host);
  sim_invariants_check (self->invariants);
}

static void
test_plaintext (void)
{
  Talker talker = { .what = "psst: " SIM_SECRET " 0>1 1", .n_left = 1 };
  Scene scene;

  scene_init (&scene, NULL);
  talker.to = sim_host_get_address (scene.pair.bob->host, UDPNAT_FAMILY_IPV4);
  sim_peer_kill (scene.pair.alice);
  let_talk (&scene, scene.pair.alice->host, &talker);
  assert_fault (&scene, SIM_INVARIANT_PLAINTEXT);
  scene_clear (&scene);
}

static void
test_plaintext_letter (void)
{
  Scene scene;
  SimLetter *letter;

  g_test_summary ("A letter on the server's disk that was not sealed");
  scene_init (&scene, NULL);
  sim_peer_kill (scene.pair.bob);
  talk (&scene);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (20));
  sim_invariants_check (scene.invariants);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  g_assert_cmpuint (scene.pair.server->letters->len, >, 0);
  letter = g_ptr_array_index (scene.pair.server->letters, 0);
  g_bytes_unref (letter->data);
  letter->data = g_bytes_new_static (SIM_SECRET, strlen (SIM_SECRET));
  sim_invariants_check (scene.invariants);
  assert_fault (&scene, SIM_INVARIANT_PLAINTEXT);
  scene_clear (&scene);
}

static void
test_disclosure (void)
{
  Scene scene;

  g_test_summary ("Bob keeps Alice's lines and does not accept her, and his node thinks that he "
                  "does");
  scene_init (&scene, NULL);
  scene.pair.bob->accepts_everyone = FALSE;
  talk (&scene);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  udpnat_node_set_trust (scene.pair.bob->node, sim_world_now (scene.pair.world),
                         sim_peer_get_key (scene.pair.alice), UDPNAT_TRUST_ACCEPTED);
  sim_world_wake (scene.pair.bob->host);
  talk (&scene);
  assert_fault (&scene, SIM_INVARIANT_DISCLOSURE);
  scene_clear (&scene);
}

static void
inject_from_victim (Scene *self)
{
  UdpnatAddress victim = { 0 };
  UdpnatAddress server = sim_host_get_address (self->pair.server->host, UDPNAT_FAMILY_IPV4);
  guint8 ip[4] = { SIM_SPOOFED_NET, 1, 1, 1 };
  guint8 data[4] = { 15 };

  udpnat_address_init_ipv4 (&victim, ip, 5000);
  server.port = UDPNAT_CLIENT_PORT; /* what stands in for the server has this one */
  sim_world_inject (self->pair.world, &victim, &server, data, sizeof data);
  sim_world_run_for (self->pair.world, UDPNAT_SEC (1));
}

static void
test_amplification (void)
{
  Talker talker = { .what = "five!", .n_left = 1 };
  guint8 ip[4] = { SIM_SPOOFED_NET, 1, 1, 1 };
  Scene scene;

  g_test_summary ("A server that answers four forged bytes with five");
  scene_init (&scene, NULL);
  udpnat_address_init_ipv4 (&talker.to, ip, 5000);
  sim_server_kill (scene.pair.server);
  talker.machine.klass = &talker_class;
  talker.n_left = 0;
  sim_host_attach (scene.pair.server->host, &talker.machine, UDPNAT_CLIENT_PORT, 0, NULL, NULL);
  inject_from_victim (&scene);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  sim_host_detach (scene.pair.server->host);
  talker.what = "four";
  talker.n_left = 1;
  let_talk (&scene, scene.pair.server->host, &talker);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  talker.n_left = 1;
  let_talk (&scene, scene.pair.server->host, &talker);
  assert_fault (&scene, SIM_INVARIANT_AMPLIFICATION);
  scene_clear (&scene);
}

static void
test_claims (void)
{
  Talker talker = { .what = "are you there?", .n_left = 3 * UDPNAT_HEARSAY_PACKETS };
  guint8 ip[4] = { SIM_CLAIMED_NET, 1, 1, 1 };
  Scene scene;

  g_test_summary ("Somebody who believes liars without end");
  scene_init (&scene, NULL);
  udpnat_address_init_ipv4 (&talker.to, ip, 5000);
  sim_peer_kill (scene.pair.alice);
  let_talk (&scene, scene.pair.alice->host, &talker);
  assert_fault (&scene, SIM_INVARIANT_AMPLIFICATION);
  scene_clear (&scene);
}

/* ---- State ---- */

static void
test_nat_table (void)
{
  SimNatConfig router = sim_nat_config (SIM_NAT_ADDRESS_AND_PORT_DEPENDENT,
                                        SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  Talker talker = { .what = "knock", .n_left = 2 * SIM_NAT_MAPPINGS_PER_PERSON + 1,
                    .is_spread = TRUE };
  Scene scene;
  SimNat *nat;

  g_test_summary ("Somebody who sends to thousands of ports through a router with a mapping for "
                  "each");
  scene_init (&scene, NULL);
  nat = sim_world_add_nat (scene.pair.world, "nat", NULL, NULL, &router);
  sim_invariants_add_nat (scene.invariants, nat);
  talker.to = sim_host_get_address (scene.pair.bob->host, UDPNAT_FAMILY_IPV4);
  sim_peer_kill (scene.pair.alice);
  sim_host_move (scene.pair.alice->host, nat, NULL);
  let_talk (&scene, scene.pair.alice->host, &talker);
  assert_fault (&scene, SIM_INVARIANT_NAT_TABLE);
  scene_clear (&scene);
}

static void
test_stalled (void)
{
  Talker talker = { .is_restless = TRUE, .n_calls_left = 50 };
  Scene scene;

  g_test_summary ("A machine with a deadline in the past, that does nothing when it is called");
  scene_init (&scene, NULL);
  sim_peer_kill (scene.pair.alice);
  let_talk (&scene, scene.pair.alice->host, &talker);
  assert_fault (&scene, SIM_INVARIANT_DEADLINE);
  scene_clear (&scene);
}

static void
test_sessions (void)
{
  Scene scene;

  g_test_summary ("A server with the sessions of sixty people, where there are said to be two");
  scene_init (&scene, NULL);
  sim_invariants_free (scene.invariants);
  scene.invariants = sim_invariants_new (scene.pair.world);
  sim_invariants_add_person (scene.invariants, scene.pair.alice);
  sim_invariants_add_person (scene.invariants, scene.pair.bob);
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *name = g_strdup_printf ("p%u", i);
      g_autoptr (SimPeer) peer = sim_peer_new (scene.pair.server, name, NULL, NULL);

      sim_peer_start (peer);
      sim_world_run_for (scene.pair.world, UDPNAT_SEC (1));
    }
  sim_invariants_check (scene.invariants);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  sim_invariants_add_server (scene.invariants, scene.pair.server);
  sim_invariants_check (scene.invariants);
  assert_fault (&scene, SIM_INVARIANT_BOUNDED);
  scene_clear (&scene);
}

/* ---- Files ---- */

#define FILE_BYTES (5 * UDPNAT_CHUNK_BYTES)

/* Alice offers Bob a file, and there is time for it. */
static void
offer (Scene *self)
{
  sim_peer_offer_file (self->pair.alice, "bob", 1, FILE_BYTES);
  sim_world_run_for (self->pair.world, UDPNAT_SEC (5));
  sim_invariants_check (self->invariants);
}

static SimFile *
get_file (const SimPeer *of)
{
  return g_ptr_array_index (of->files.files, 0);
}

static void
test_file_sane (void)
{
  Scene scene;

  scene_init (&scene, NULL);
  offer (&scene);
  g_assert_true (sim_invariants_is_calm (scene.invariants));
  sim_invariants_check_end (scene.invariants, TRUE);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  scene_clear (&scene);
}

static void
test_file_spoilt (void)
{
  Scene scene;

  g_test_summary ("Bob's disk has another last byte of each chunk");
  scene_init (&scene, NULL);
  scene.pair.bob->files.is_spoiler = TRUE;
  offer (&scene);
  assert_fault (&scene, SIM_INVARIANT_FILE_CONTENT);
  scene_clear (&scene);
}

static void
test_file_kept_twice (void)
{
  Scene scene;

  g_test_summary ("Bob forgets what he has kept, and begins anew");
  scene_init (&scene, NULL);
  scene.pair.bob->files.is_forgetful = TRUE;
  scene.pair.bob->files.is_silent = TRUE;
  offer (&scene);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  sim_peer_kill (scene.pair.bob);
  sim_peer_start (scene.pair.bob);
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (20));
  assert_fault (&scene, SIM_INVARIANT_FILE_CONTENT);
  scene_clear (&scene);
}

static void
test_file_not_there (void)
{
  Scene scene;

  g_test_summary ("Bob has all, and does not say so");
  scene_init (&scene, NULL);
  scene.pair.bob->files.is_silent = TRUE;
  offer (&scene);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  g_assert_false (sim_invariants_is_calm (scene.invariants));
  sim_invariants_check_end (scene.invariants, FALSE);
  assert_fault (&scene, SIM_INVARIANT_FILE_WHOLE);
  scene_clear (&scene);
}

/* Tells the invariants of an event of @from about @to that no node has told. */
static void
pretend (Scene               *self,
         SimPeer             *from,
         SimPeer             *to,
         UdpnatFileEventType  type)
{
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_FILE, sim_peer_get_key (to),
                                                  to->name);

  event->file = g_new0 (UdpnatFileEvent, 1);
  event->file->type = type;
  event->file->id = get_file (from)->id;
  from->watch (from, event, self->invariants);
  udpnat_event_free (&event->base);
}

/* Neither pauses, nor is over, nor comes to an end by itself. */
static void
begin_large (Scene *self)
{
  sim_peer_offer_file (self->pair.alice, "bob", 1, FILE_BYTES);
  sim_world_run_for (self->pair.world, UDPNAT_MSEC (10));
  while (self->pair.bob->files.files->len == 0 || get_file (self->pair.bob)->n_kept == 0)
    sim_world_run_for (self->pair.world, UDPNAT_MSEC (1));
}

static void
test_file_goes_on (void)
{
  Scene scene;

  g_test_summary ("Alice cancels her file, and is asked for it as if she had not");
  scene_init (&scene, NULL);
  begin_large (&scene);
  sim_peer_cancel_file (scene.pair.alice, get_file (scene.pair.alice));
  sim_world_run_for (scene.pair.world, UDPNAT_SEC (5));
  pretend (&scene, scene.pair.alice, scene.pair.bob, UDPNAT_FILE_EVENT_CHUNK_WANTED);
  assert_fault (&scene, SIM_INVARIANT_NONE); /* that may have been under way */
  sim_world_run_for (scene.pair.world, UDPNAT_MSEC (1));
  pretend (&scene, scene.pair.alice, scene.pair.bob, UDPNAT_FILE_EVENT_CHUNK_WANTED);
  assert_fault (&scene, SIM_INVARIANT_FILE_OVER);
  scene_clear (&scene);
}

static void
test_file_repeats (void)
{
  Scene scene;

  g_test_summary ("Bob asks for everything six times");
  scene_init (&scene, NULL);
  begin_large (&scene);
  for (guint i = 0; i < 6 * FILE_BYTES / UDPNAT_CHUNK_BYTES; i++)
    pretend (&scene, scene.pair.alice, scene.pair.bob, UDPNAT_FILE_EVENT_CHUNK_WANTED);
  assert_fault (&scene, SIM_INVARIANT_FILE_REPEATS);
  scene_clear (&scene);
}

static void
test_file_storm (void)
{
  Scene scene;

  scene_init (&scene, NULL);
  begin_large (&scene);
  for (guint i = 0; i < SIM_REFUSALS_PER_MINUTE; i++)
    pretend (&scene, scene.pair.bob, scene.pair.alice, UDPNAT_FILE_EVENT_REFUSED);
  assert_fault (&scene, SIM_INVARIANT_NONE);
  pretend (&scene, scene.pair.bob, scene.pair.alice, UDPNAT_FILE_EVENT_REFUSED);
  assert_fault (&scene, SIM_INVARIANT_FILE_STORM);
  scene_clear (&scene);
}

static void
test_file_access (void)
{
  Scene scene;

  g_test_summary ("Alice's disk says that Bob is a stranger, and her node gives him a file");
  scene_init (&scene, NULL);
  begin_large (&scene);
  sim_store_find_contact (&scene.pair.alice->store,
                          sim_peer_get_key (scene.pair.bob))->trust = UDPNAT_TRUST_STRANGER;
  pretend (&scene, scene.pair.alice, scene.pair.bob, UDPNAT_FILE_EVENT_CHUNK_WANTED);
  assert_fault (&scene, SIM_INVARIANT_FILE_ACCESS);
  scene_clear (&scene);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  sim_fast_crypto_set_on (TRUE);

  g_test_add_func ("/sim-invariants/none/two-who-talk", test_sane);
  g_test_add_func ("/sim-invariants/order/doubled", test_doubled);
  g_test_add_func ("/sim-invariants/order/one-is-missing", test_lost);
  g_test_add_func ("/sim-invariants/durable/confirmed-and-not-written", test_not_durable);
  g_test_add_func ("/sim-invariants/delivered/no-receipts", test_not_delivered);
  g_test_add_func ("/sim-invariants/proof/path-that-was-never-heard", test_unproven);
  g_test_add_func ("/sim-invariants/plaintext/datagram", test_plaintext);
  g_test_add_func ("/sim-invariants/plaintext/letter-on-disk", test_plaintext_letter);
  g_test_add_func ("/sim-invariants/disclosure/stranger-is-told", test_disclosure);
  g_test_add_func ("/sim-invariants/amplification/one-byte-more", test_amplification);
  g_test_add_func ("/sim-invariants/amplification/believes-liars", test_claims);
  g_test_add_func ("/sim-invariants/nat-table/a-mapping-for-each-port", test_nat_table);
  g_test_add_func ("/sim-invariants/deadline/always-in-the-past", test_stalled);
  g_test_add_func ("/sim-invariants/bounded/sessions", test_sessions);
  g_test_add_func ("/sim-invariants/none/file", test_file_sane);
  g_test_add_func ("/sim-invariants/file-content/spoilt", test_file_spoilt);
  g_test_add_func ("/sim-invariants/file-content/kept-twice", test_file_kept_twice);
  g_test_add_func ("/sim-invariants/file-whole/nobody-says-so", test_file_not_there);
  g_test_add_func ("/sim-invariants/file-over/goes-on", test_file_goes_on);
  g_test_add_func ("/sim-invariants/file-repeats/six-times", test_file_repeats);
  g_test_add_func ("/sim-invariants/file-storm/one-too-many", test_file_storm);
  g_test_add_func ("/sim-invariants/file-access/stranger", test_file_access);

  return g_test_run ();
}
