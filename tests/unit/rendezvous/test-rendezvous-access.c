#include "config.h"

#include "udpnat-rendezvous-server-access.h"

#include "rendezvous-net.h"

/* Who may register at a server, what the others may do, and what its operator can do about names
 * (PROTOCOL.md section 7, "Who may register"). */

static const guint8 good_code[UDPNAT_INVITATION_BYTES] = "fourteen bytes";
static const guint8 bad_code[UDPNAT_INVITATION_BYTES] = "no good at all";

typedef struct
{
  Net  *net;
  guint n_uses; /* left of the good one */
  guint n_shown;

  gboolean is_slow; /* they are left open */
  guint64  claim_id;
} Door;

/* As the owner of a server does it: an invitation is looked at before the name is stored. */
static gboolean
take_claim (gpointer                 user_data,
            const UdpnatServerEvent *event)
{
  Door *door = user_data;

  if (event->base.type != UDPNAT_SERVER_EVENT_CLAIM || event->data == NULL)
    return FALSE;
  door->n_shown++;
  door->claim_id = event->claim_id;
  if (door->is_slow)
    return TRUE;
  g_assert_cmpuint (g_bytes_get_size (event->data), ==, UDPNAT_INVITATION_BYTES);
  if (door->n_uses == 0
      || memcmp (g_bytes_get_data (event->data, NULL), good_code, sizeof good_code) != 0)
    {
      udpnat_rendezvous_server_refuse_claim (door->net->server, door->net->now_us,
                                             event->claim_id,
                                             UDPNAT_REFUSED_INVITATION_INVALID);
      return TRUE;
    }
  door->n_uses--;
  udpnat_rendezvous_server_allow_key (door->net->server, &event->key);
  return FALSE;
}

static void
restart (Net *net)
{
  udpnat_rendezvous_server_free (net->server);
  net->server = NULL;
  net_start_server (net);
}

static Net *
net_new_invited (guint64 seed,
                 Door   *door)
{
  Net *net = net_new (seed);

  net->is_invited_only = TRUE;
  restart (net);
  door->net = net;
  net->take_server_event = take_claim;
  net->server_event_data = door;
  return net;
}

static NetClient *
join_with (Net          *net,
           const char   *name,
           const guint8 *code)
{
  NetClient *client = net_add_client (net);

  udpnat_rendezvous_client_set_invitation (client->client, code);
  return net_join_client (net, client, name);
}

static const UdpnatPublicKey *
key_of (const NetClient *client)
{
  return udpnat_identity_get_public_key (client->identity);
}

static void
assert_refused (const NetClient  *client,
                UdpnatRefusedCode code)
{
  g_assert_false (net_is_registered (client));
  g_assert_cmpuint (client->counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], >=, 1);
  g_assert_cmpuint (client->code, ==, code);
}

/* ---- Invitations ---- */

static void
test_not_invited (void)
{
  Door door = { 0 };
  g_autoptr (Net) net = net_new_invited (1, &door);
  NetClient *stranger = net_join (net, "Stranger");

  net_run (net, UDPNAT_SEC (2));
  assert_refused (stranger, UDPNAT_REFUSED_NOT_INVITED);
  g_assert_cmpuint (net->n_claims, ==, 0);
  g_assert_cmpuint (net_stats (net).names, ==, 0);
  g_assert_true (udpnat_rendezvous_client_is_connected (stranger->client)); /* as a guest */
}

static void
test_invited_once (void)
{
  Door door = { .n_uses = 1 };
  g_autoptr (Net) net = net_new_invited (2, &door);
  NetClient *alice = join_with (net, "Alice", good_code);
  NetClient *bob;

  net_run (net, UDPNAT_SEC (2));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (door.n_shown, ==, 1);

  /* It was for one. */
  bob = join_with (net, "Bob", good_code);
  net_run (net, UDPNAT_SEC (2));
  assert_refused (bob, UDPNAT_REFUSED_INVITATION_INVALID);
  g_assert_cmpuint (door.n_shown, ==, 2);
  g_assert_cmpuint (net_stats (net).names, ==, 1);

  /* And for good: it need not be shown again, not even for another name or after a restart. */
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alicia");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpstr (alice->registered, ==, "Alicia");
  restart (net);
  net_run (net, UDPNAT_SEC (30));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (door.n_shown, ==, 2);
}

static void
test_bad_invitation (void)
{
  Door door = { .n_uses = 5 };
  g_autoptr (Net) net = net_new_invited (3, &door);
  NetClient *mallory = join_with (net, "Mallory", bad_code);

  net_run (net, UDPNAT_SEC (2));
  assert_refused (mallory, UDPNAT_REFUSED_INVITATION_INVALID);
  g_assert_cmpuint (door.n_uses, ==, 5);
  g_assert_cmpuint (net_stats (net).names, ==, 0); /* the name is free again */
}

/* A name that belongs to somebody costs no invitation. */
static void
test_taken_name_costs_none (void)
{
  Door door = { .n_uses = 2 };
  g_autoptr (Net) net = net_new_invited (4, &door);
  NetClient *bob;

  join_with (net, "Alice", good_code);
  net_run (net, UDPNAT_SEC (2));
  bob = join_with (net, "alice", good_code);
  net_run (net, UDPNAT_SEC (2));
  assert_refused (bob, UDPNAT_REFUSED_NAME_TAKEN);
  g_assert_cmpuint (door.n_uses, ==, 1);
  udpnat_rendezvous_client_register (bob->client, net->now_us, "Bob");
  net_run (net, UDPNAT_SEC (2));
  g_assert_true (net_is_registered (bob));
  g_assert_cmpuint (door.n_uses, ==, 0);
}

/* Where nobody needs one it is not used up. */
static void
test_open_server_uses_none (void)
{
  Door door = { .n_uses = 1 };
  g_autoptr (Net) net = net_new_invited (5, &door);
  NetClient *alice;

  net->is_invited_only = FALSE;
  restart (net);
  alice = join_with (net, "Alice", good_code);
  net_run (net, UDPNAT_SEC (2));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (door.n_shown, ==, 0);

  /* And who has got a name so may stay when that changes. */
  net->is_invited_only = TRUE;
  restart (net);
  net_run (net, UDPNAT_SEC (30));
  g_assert_true (net_is_registered (alice));
}

static void
test_listed (void)
{
  Door door = { 0 };
  g_autoptr (Net) net = net_new_invited (6, &door);
  NetClient *alice = net_add_client (net), *bob;

  udpnat_rendezvous_server_allow_key (net->server, key_of (alice));
  udpnat_rendezvous_server_list_name (net->server, "BOB");
  udpnat_rendezvous_server_list_name (net->server, "\n"); /* can be nobody's */
  net_join_client (net, alice, "Alice");
  bob = net_join (net, "Robert");
  net_run (net, UDPNAT_SEC (2));
  g_assert_true (net_is_registered (alice));
  assert_refused (bob, UDPNAT_REFUSED_NOT_INVITED);
  udpnat_rendezvous_client_register (bob->client, net->now_us, "Bob");
  net_run (net, UDPNAT_SEC (2));
  g_assert_true (net_is_registered (bob));
}

/* ---- Guests of a server that takes only people who are invited ---- */

static void
dial (Net             *net,
      NetClient       *from,
      const NetClient *to)
{
  guint8 packet[UDPNAT_HS1_MIN_BYTES] = { UDPNAT_PACKET_HS1, UDPNAT_PACKET_VERSION };

  (void) udpnat_rendezvous_client_dial (from->client, net->now_us, key_of (to), packet,
                                        sizeof packet);
  net_run (net, UDPNAT_SEC (1));
}

static void
test_guests_reach_members (void)
{
  Door door = { .n_uses = 1 };
  g_autoptr (Net) net = net_new_invited (7, &door);
  NetClient *alice = join_with (net, "Alice", good_code);
  NetClient *guest = net_join (net, NULL);

  net_run (net, UDPNAT_SEC (2));
  udpnat_rendezvous_client_lookup (guest->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (guest->found);
  dial (net, guest, alice);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
}

static void
test_guests_see_no_directory (void)
{
  Door door = { .n_uses = 1 };
  g_autoptr (Net) net = net_new_invited (8, &door);
  NetClient *guest = net_join (net, NULL);

  join_with (net, "Alice", good_code);
  net_run (net, UDPNAT_SEC (2));
  udpnat_rendezvous_client_subscribe (guest->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (guest->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 1); /* none to wait for */
  g_assert_cmpuint (guest->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
}

/* What is asked for while an invitation is looked at waits for that. */
static void
test_bad_invitation_shows_no_directory (void)
{
  Door door = { .n_uses = 1 };
  g_autoptr (Net) net = net_new_invited (9, &door);
  NetClient *mallory;

  join_with (net, "Alice", good_code);
  net_run (net, UDPNAT_SEC (2));
  mallory = join_with (net, "Mallory", bad_code);
  udpnat_rendezvous_client_subscribe (mallory->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (2));
  assert_refused (mallory, UDPNAT_REFUSED_INVITATION_INVALID);
  g_assert_cmpuint (mallory->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  g_assert_cmpuint (mallory->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 1);
}

/* While an invitation is looked at, that may take long, nothing is given on its account: no
 * directory and no second name, not in another session either. */
static void
test_undecided (void)
{
  Door door = { .n_uses = 1 };
  g_autoptr (Net) net = net_new_invited (11, &door);
  NetClient *bob, *again;

  join_with (net, "Alice", good_code);
  net_run (net, UDPNAT_SEC (2));
  door.is_slow = TRUE;
  bob = join_with (net, "Bob", bad_code);
  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  udpnat_rendezvous_client_register (bob->client, net->now_us, "Robert");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->code, ==, UDPNAT_REFUSED_TRY_LATER);

  again = net_add_client_with (net, bob->identity);
  net_join_client (net, again, "Bobby");
  udpnat_rendezvous_client_subscribe (again->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (2));
  assert_refused (again, UDPNAT_REFUSED_NOT_INVITED);
  g_assert_cmpuint (again->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
  udpnat_rendezvous_server_refuse_claim (net->server, net->now_us, door.claim_id,
                                         UDPNAT_REFUSED_INVITATION_INVALID);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (net_stats (net).names, ==, 1);
}

/* Whoever is let in gets the directory that they have waited for. */
static void
test_good_invitation_shows_directory (void)
{
  Door door = { .n_uses = 2 };
  g_autoptr (Net) net = net_new_invited (12, &door);
  NetClient *bob;

  join_with (net, "Alice", good_code);
  net_run (net, UDPNAT_SEC (2));
  bob = join_with (net, "Bob", good_code);
  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), !=, 0);
}

static void
relay (Net       *net,
       NetClient *from,
       guint32    handle)
{
  guint8 packet[UDPNAT_HS1_MIN_BYTES] = { UDPNAT_PACKET_HS1, UDPNAT_PACKET_VERSION };

  (void) udpnat_rendezvous_client_send_relay (from->client, net->now_us, handle, packet,
                                              sizeof packet);
  net_run (net, UDPNAT_SEC (1));
}

/* Two guests who know each other's handles, by a member's help, say. */
static void
check_relay_among_guests (gboolean is_invited_only,
                          gboolean is_carried)
{
  g_autoptr (Net) net = net_new (10);
  NetClient *alice, *bob;
  guint32    handle;

  net->is_invited_only = is_invited_only;
  restart (net);
  alice = net_add_client (net);
  bob = net_add_client (net);
  udpnat_rendezvous_server_allow_key (net->server, key_of (bob));
  net_join_client (net, alice, NULL);
  net_join_client (net, bob, "Bob");
  net_run (net, UDPNAT_SEC (2));
  dial (net, alice, bob);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  handle = bob->relayed_from;

  relay (net, bob, handle);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  udpnat_rendezvous_client_unregister (bob->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  relay (net, bob, handle);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, is_carried ? 2 : 1);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED], ==, is_carried ? 0 : 1);
}

static void
test_guests_relay (void)
{
  check_relay_among_guests (TRUE, FALSE);
  check_relay_among_guests (FALSE, TRUE);
}

/* ---- Blocked ---- */

static void
test_block_key (void)
{
  g_autoptr (Net) net = net_new (20);
  NetClient *alice = net_join (net, "Alice"), *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (2));
  udpnat_rendezvous_server_block_key (net->server, net->now_us, key_of (alice));
  net_run (net, UDPNAT_SEC (1));
  assert_refused (alice, UDPNAT_REFUSED_KEY_BLOCKED);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);

  /* Not to be found, dialled or left mail. */
  udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  dial (net, bob, alice);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, 1);
  g_assert_false (bob->found);
  g_assert_cmpuint (bob->code, ==, UDPNAT_RELAY_FAIL_UNKNOWN);
  (void) udpnat_rendezvous_client_put_mail (bob->client, net->now_us, key_of (alice), NULL,
                                            (const guint8 *) "x", 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_UNKNOWN_RECIPIENT], ==, 1);
}

/* It comes again in ten minutes, is told the same, and is let in when that has changed. */
static void
test_block_key_comes_again (void)
{
  g_autoptr (Net) net = net_new (21);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (2));
  udpnat_rendezvous_server_block_key (net->server, net->now_us, key_of (alice));
  net_run (net, UDPNAT_SERVER_BLOCKED_WAIT_US - UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], ==, 1);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_BLOCKED], ==, 0);
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], ==, 2);
  g_assert_cmpuint (net_stats (net).refusals[UDPNAT_SERVER_REFUSAL_BLOCKED], ==, 1);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);

  udpnat_rendezvous_server_unblock_key (net->server, key_of (alice));
  net_run (net, UDPNAT_SERVER_BLOCKED_WAIT_US + UDPNAT_SEC (5));
  g_assert_true (net_is_registered (alice));
}

static void
test_block_at_rest (void)
{
  g_autoptr (Net) net = net_new (22);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (net_stats (net).resting, ==, 1);
  udpnat_rendezvous_server_block_key (net->server, net->now_us, key_of (alice));
  net_run (net, UDPNAT_SEC (1));
  assert_refused (alice, UDPNAT_REFUSED_KEY_BLOCKED);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
}

/* A handshake that is not confirmed yet. */
static void
test_block_pending (void)
{
  g_autoptr (Net) net = net_new (23);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, NET_DELAY_US);
  g_assert_cmpuint (net_stats (net).sessions, ==, 1);
  udpnat_rendezvous_server_block_key (net->server, net->now_us, key_of (alice));
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
  net_run (net, UDPNAT_SEC (30));
  assert_refused (alice, UDPNAT_REFUSED_KEY_BLOCKED);
}

static void
test_block_name (void)
{
  g_autoptr (Net) net = net_new (24);
  NetClient *alice = net_join (net, "Alice"), *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (2));
  udpnat_rendezvous_server_block_name (net->server, net->now_us, "ALICE");
  udpnat_rendezvous_server_block_name (net->server, net->now_us, "admin");
  net_run (net, UDPNAT_SEC (2));
  assert_refused (alice, UDPNAT_REFUSED_NAME_BLOCKED);
  udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  udpnat_rendezvous_client_register (bob->client, net->now_us, "Admin");
  net_run (net, UDPNAT_SEC (2));
  g_assert_false (bob->found);
  g_assert_cmpuint (bob->code, ==, UDPNAT_REFUSED_NAME_BLOCKED);
  g_assert_cmpstr (bob->registered, ==, "Bob");

  /* The key is not: another name is free to it. */
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alicia");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpstr (alice->registered, ==, "Alicia");
  udpnat_rendezvous_server_unblock_name (net->server, "alice");
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpstr (alice->registered, ==, "Alice");
}

/* ---- Released ---- */

static void
test_release (void)
{
  g_autoptr (Net) net = net_new (30);
  NetClient *alice = net_join (net, "Alice"), *bob = net_join (net, "Bob"), *new_alice;
  UdpnatPublicKey key;
  gboolean        is_online;

  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), !=, 0);
  g_assert_true (udpnat_rendezvous_server_find_name (net->server, "alice", &key, &is_online));
  g_assert_true (udpnat_public_key_equal (&key, key_of (alice)));
  g_assert_true (is_online);
  g_assert_cmpint (udpnat_rendezvous_server_release_name (net->server, net->now_us, "ALICE"), ==,
                   UDPNAT_SERVER_RELEASE_DONE);
  g_assert_cmpint (udpnat_rendezvous_server_release_name (net->server, net->now_us, "Alice"), ==,
                   UDPNAT_SERVER_RELEASE_UNKNOWN);
  g_assert_false (udpnat_rendezvous_server_find_name (net->server, "alice", &key, &is_online));
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, 0); /* told as offline */

  /* Whoever had it does not take it back, and somebody else gets it. */
  assert_refused (alice, UDPNAT_REFUSED_NAME_BLOCKED);
  new_alice = net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (2));
  g_assert_true (net_is_registered (new_alice));
}

static void
test_release_claim (void)
{
  g_autoptr (Net) net = net_new (31);
  NetClient *alice;

  net->is_disk_slow = TRUE;
  alice = net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpint (udpnat_rendezvous_server_release_name (net->server, net->now_us, "Alice"), ==,
                   UDPNAT_SERVER_RELEASE_CLAIM);
  net_complete (net, net->claim_id, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
}

/* Whoever has no name left has to be invited again. */
static void
test_release_takes_admission (void)
{
  Door door = { .n_uses = 1 };
  g_autoptr (Net) net = net_new_invited (32, &door);
  NetClient *alice = join_with (net, "Alice", good_code);

  net_run (net, UDPNAT_SEC (2));
  udpnat_rendezvous_server_release_name (net->server, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (5));
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alicia");
  net_run (net, UDPNAT_SEC (5));
  assert_refused (alice, UDPNAT_REFUSED_NOT_INVITED);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-access/invitation/needed", test_not_invited);
  g_test_add_func ("/rendezvous-access/invitation/once-and-for-good", test_invited_once);
  g_test_add_func ("/rendezvous-access/invitation/no-good", test_bad_invitation);
  g_test_add_func ("/rendezvous-access/invitation/not-for-a-taken-name",
                   test_taken_name_costs_none);
  g_test_add_func ("/rendezvous-access/invitation/not-where-all-may", test_open_server_uses_none);
  g_test_add_func ("/rendezvous-access/listed/key-and-name", test_listed);
  g_test_add_func ("/rendezvous-access/guests/reach-members", test_guests_reach_members);
  g_test_add_func ("/rendezvous-access/guests/see-no-directory", test_guests_see_no_directory);
  g_test_add_func ("/rendezvous-access/guests/nor-with-a-bad-invitation",
                   test_bad_invitation_shows_no_directory);
  g_test_add_func ("/rendezvous-access/invitation/undecided", test_undecided);
  g_test_add_func ("/rendezvous-access/invitation/shows-the-directory",
                   test_good_invitation_shows_directory);
  g_test_add_func ("/rendezvous-access/guests/are-not-carried-to-guests", test_guests_relay);
  g_test_add_func ("/rendezvous-access/block/key", test_block_key);
  g_test_add_func ("/rendezvous-access/block/key-comes-again", test_block_key_comes_again);
  g_test_add_func ("/rendezvous-access/block/at-rest", test_block_at_rest);
  g_test_add_func ("/rendezvous-access/block/while-connecting", test_block_pending);
  g_test_add_func ("/rendezvous-access/block/name", test_block_name);
  g_test_add_func ("/rendezvous-access/release/somebody-else-gets-it", test_release);
  g_test_add_func ("/rendezvous-access/release/not-while-claimed", test_release_claim);
  g_test_add_func ("/rendezvous-access/release/ends-the-admission", test_release_takes_admission);
  return g_test_run ();
}
