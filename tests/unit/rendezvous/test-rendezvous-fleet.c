#include "config.h"

#include "rendezvous-net.h"

#include "udpnat-rendezvous-server-access.h"
#include "udpnat-server-fleet.h"

/* A server that is one of several (PROTOCOL.md section 20): what it asks the directory, and what
 * follows from the answers. The directory is what a test says that it is. */

typedef struct
{
  Net                 *net;
  UdpnatServerAnswer   answer;
  gboolean             is_silent;     /* it never answers */
  gboolean             takes_claims;  /* somebody else has every name */
  guint                n_questions;
  gboolean             has_pass_asked;
  guint                n_homes, n_here, n_gone;
  gboolean             is_shown;
} Directory;

static const UdpnatPublicKey node_key = { { 1, 2, 3 } };
static const UdpnatPublicKey other_key = { { 4, 5, 6 } };
static const char node_place[] = "192.0.2.77:8848";

static gboolean
take_event (gpointer                 user_data,
            const UdpnatServerEvent *event)
{
  Directory *self = user_data;
  UdpnatRendezvousServer *server = self->net->server;

  if (event->base.type == UDPNAT_SERVER_EVENT_CLAIM && self->takes_claims)
    {
      udpnat_rendezvous_server_refuse_claim (server, self->net->now_us, event->claim_id,
                                             UDPNAT_REFUSED_NAME_TAKEN);
      return TRUE;
    }
  if (event->base.type == UDPNAT_SERVER_EVENT_ASK_NAME
      || event->base.type == UDPNAT_SERVER_EVENT_ASK_KEY)
    {
      self->n_questions++;
      self->has_pass_asked = event->has_pass;
      if (!self->is_silent)
        udpnat_rendezvous_server_answer (server, self->net->now_us, event->number, &self->answer);
      return TRUE;
    }
  self->n_homes += event->base.type == UDPNAT_SERVER_EVENT_HOME ? 1 : 0;
  self->n_here += event->base.type == UDPNAT_SERVER_EVENT_MAIL_HERE ? 1 : 0;
  self->n_gone += event->base.type == UDPNAT_SERVER_EVENT_MAIL_GONE ? 1 : 0;
  if (event->base.type == UDPNAT_SERVER_EVENT_HOME)
    self->is_shown = event->is_shown;
  return FALSE;
}

static void
set_load (Net   *net,
          guint  load)
{
  const UdpnatServerNode node = { node_key, node_place, load };

  udpnat_rendezvous_server_set_nodes (net->server, net->now_us, &node, 1);
}

/* One other server, with nobody at it; the directory knows nobody. */
static Net *
make (guint64    seed,
      Directory *directory)
{
  Net *net = net_new (seed);

  *directory = (Directory) { .net = net, .answer.result = UDPNAT_SERVER_ANSWER_UNKNOWN };
  net->take_server_event = take_event;
  net->server_event_data = directory;
  udpnat_rendezvous_server_join_fleet (net->server, UDPNAT_FLEET_WATCH_S);
  udpnat_rendezvous_server_set_directory (net->server, TRUE);
  set_load (net, 0);
  return net;
}

static void
know_bob_elsewhere (Directory *directory)
{
  directory->answer = (UdpnatServerAnswer) {
    .result = UDPNAT_SERVER_ANSWER_FOUND,
    .key = other_key,
    .name = "Bob",
    .has_home = TRUE,
    .home = node_key,
    .is_shown = TRUE,
  };
}

static NetClient *
join (Net        *net,
      const char *name)
{
  NetClient *client = net_join (net, name);

  net_run (net, UDPNAT_SEC (1));
  return client;
}

static const UdpnatPublicKey *
key_of (const NetClient *client)
{
  return udpnat_identity_get_public_key (client->identity);
}

static void
dial (Net                   *net,
      NetClient             *from,
      const UdpnatPublicKey *key)
{
  guint8 inner[UDPNAT_DATA_MIN_BYTES];
  gsize n_inner = net_make_inner (inner, sizeof inner, 7);

  g_assert_true (udpnat_rendezvous_client_dial (from->client, net->now_us, key, inner, n_inner));
  net_run (net, UDPNAT_SEC (1));
}

/* ---- Names ---- */

static void
test_name_of_somebody_elsewhere (void)
{
  Directory directory;
  g_autoptr (Net) net = make (1, &directory);
  NetClient *alice;

  directory.takes_claims = TRUE;
  alice = join (net, "Alice");
  g_assert_false (net_is_registered (alice));
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_NAME_TAKEN);
  g_assert_cmpuint (net_stats (net).names, ==, 0);
  g_assert_cmpuint (directory.n_homes, ==, 0);
}

static void
test_home_is_told (void)
{
  Directory directory;
  g_autoptr (Net) net = make (2, &directory);
  NetClient *alice = join (net, "Alice");

  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (directory.n_homes, ==, 1);
  g_assert_true (directory.is_shown);
  udpnat_rendezvous_client_set_listed (alice->client, net->now_us, FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (directory.n_homes, ==, 2);
  g_assert_false (directory.is_shown);
}

static void
test_replaced_elsewhere (void)
{
  Directory directory;
  g_autoptr (Net) net = make (3, &directory);
  NetClient *alice = join (net, "Alice");

  udpnat_rendezvous_server_note_replaced (net->server, net->now_us, key_of (alice));
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REPLACED], ==, 1);
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
}

/* ---- Looking up ---- */

static void
look_up (Net       *net,
         NetClient *client)
{
  (void) udpnat_rendezvous_client_lookup (client->client, net->now_us, "bob");
}

static void
test_lookup_elsewhere (void)
{
  Directory directory;
  g_autoptr (Net) net = make (4, &directory);
  NetClient *alice = join (net, "Alice");

  know_bob_elsewhere (&directory);
  look_up (net, alice);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (alice->found);
  g_assert_cmpmem (alice->entry.key, 32, other_key.bytes, 32);
  g_assert_cmpstr (alice->entry.name, ==, "Bob");
  g_assert_cmpuint (alice->entry.presence, ==, UDPNAT_PRESENCE_ONLINE);
  g_assert_cmpuint (alice->entry.handle, ==, 0);
}

/* Whoever is not listed, and whose server is dead, counts as offline. */
static void
test_lookup_tells_no_more (void)
{
  Directory directory;
  g_autoptr (Net) net = make (5, &directory);
  NetClient *alice = join (net, "Alice");

  know_bob_elsewhere (&directory);
  directory.answer.is_shown = FALSE;
  look_up (net, alice);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (alice->found);
  g_assert_cmpuint (alice->entry.presence, ==, UDPNAT_PRESENCE_OFFLINE);
  directory.answer.is_shown = TRUE;
  directory.answer.home = other_key;
  look_up (net, alice);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->entry.presence, ==, UDPNAT_PRESENCE_OFFLINE);
}

static void
test_lookup_here_asks_nobody (void)
{
  Directory directory;
  g_autoptr (Net) net = make (6, &directory);
  NetClient *alice = join (net, "Alice");

  (void) join (net, "Bob");
  look_up (net, alice);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (alice->found);
  g_assert_cmpuint (alice->entry.handle, !=, 0);
  g_assert_cmpuint (directory.n_questions, ==, 0);
}

static void
test_silent_directory (void)
{
  Directory directory;
  g_autoptr (Net) net = make (7, &directory);
  NetClient *alice = join (net, "Alice");

  directory.is_silent = TRUE;
  look_up (net, alice);
  net_run (net, UDPNAT_FLEET_ANSWER_US - UDPNAT_MSEC (100));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, 0);
  net_run (net, UDPNAT_MSEC (500));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, 1);
  g_assert_cmpuint (alice->lookup_code, ==, UDPNAT_LOOKUP_TRY_LATER);
  udpnat_rendezvous_server_set_directory (net->server, FALSE);
  look_up (net, alice);
  net_run (net, UDPNAT_MSEC (500));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, 2);
  g_assert_cmpuint (alice->lookup_code, ==, UDPNAT_LOOKUP_TRY_LATER);
  g_assert_cmpuint (directory.n_questions, ==, 1);
}

static void
test_no_flood_of_questions (void)
{
  Directory directory;
  g_autoptr (Net) net = make (22, &directory);
  NetClient *alice = join (net, "Alice");

  for (guint i = 0; i < 2 * UDPNAT_FLEET_ASKS_BURST; i++)
    {
      look_up (net, alice);
      net_run (net, UDPNAT_MSEC (1));
    }
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (directory.n_questions, >=, UDPNAT_FLEET_ASKS_BURST);
  g_assert_cmpuint (directory.n_questions, <=, UDPNAT_FLEET_ASKS_BURST
                                                 + 2 * UDPNAT_FLEET_ASKS_PER_SECOND);
}

/* ---- Dialling ---- */

static void
test_located (void)
{
  Directory directory;
  g_autoptr (Net) net = make (8, &directory);
  NetClient *alice = join (net, "Alice");

  know_bob_elsewhere (&directory);
  dial (net, alice, &other_key);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOCATED], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 0);
  g_assert_cmpstr (alice->place, ==, node_place);
  g_assert_true (udpnat_public_key_equal (&alice->node, &node_key));
}

static void
test_nowhere (void)
{
  Directory directory;
  g_autoptr (Net) net = make (9, &directory);
  NetClient *alice = join (net, "Alice");

  dial (net, alice, &other_key);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED], ==, 1);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_UNKNOWN);
  know_bob_elsewhere (&directory);
  directory.answer.home = other_key; /* a server that lives no more */
  dial (net, alice, &other_key);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOCATED], ==, 0);
  g_assert_cmpuint (alice->code, ==, UDPNAT_RELAY_FAIL_OFFLINE);
}

static void
test_guest_has_a_name (void)
{
  Directory directory;
  g_autoptr (Net) net = make (10, &directory);
  NetClient *bob = join (net, "Bob");
  NetClient *guest = join (net, NULL);

  directory.answer = (UdpnatServerAnswer) { .result = UDPNAT_SERVER_ANSWER_FOUND,
                                            .name = "Alice" };
  dial (net, guest, key_of (bob));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  g_assert_cmpstr (bob->relayed_name, ==, "Alice");
  directory.is_silent = TRUE;
  dial (net, guest, key_of (bob));
  net_run (net, UDPNAT_FLEET_ANSWER_US);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 2);
  g_assert_null (bob->relayed_name);
}

/* ---- Going elsewhere ---- */

static void
test_sent_elsewhere (void)
{
  Directory directory;
  g_autoptr (Net) net = make (11, &directory);
  NetClient *last;

  for (guint i = 0; i <= UDPNAT_FLEET_SLACK; i++)
    {
      g_autofree char *name = g_strdup_printf ("guest %u", i);

      g_assert_true (net_is_registered (join (net, name)));
    }
  last = join (net, "Alice");
  g_assert_false (net_is_registered (last));
  g_assert_cmpuint (last->counts[UDPNAT_RENDEZVOUS_EVENT_MOVE], ==, 1);
  g_assert_cmpstr (last->place, ==, node_place);
  g_assert_cmpuint (net_stats (net).registered, ==, UDPNAT_FLEET_SLACK + 1);

  /* Whoever was sent here stays. */
  set_load (net, 0);
  net_join_client (net, last, NULL);
  udpnat_rendezvous_client_set_moved (last->client);
  udpnat_rendezvous_client_register (last->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (last));

  /* And where all have as many, everybody does. */
  set_load (net, UDPNAT_FLEET_SLACK);
  g_assert_true (net_is_registered (join (net, "Bob")));
}

static void
test_told_of_others (void)
{
  Directory directory;
  g_autoptr (Net) net = make (12, &directory);
  NetClient *alice = join (net, "Alice");

  /* that the list begins, and the one in it */
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_NODE], ==, 2);
  g_assert_cmpstr (alice->place, ==, node_place);
}

static void
test_drained (void)
{
  Directory directory;
  g_autoptr (Net) net = make (13, &directory);
  NetClient *awake = join (net, "Alice");
  NetClient *resting = join (net, "Bob");

  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net_stats (net).resting, >, 0);
  g_assert_false (udpnat_rendezvous_server_is_drained (net->server));
  udpnat_rendezvous_server_drain (net->server, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (awake->counts[UDPNAT_RENDEZVOUS_EVENT_MOVE], ==, 1);
  g_assert_cmpuint (resting->counts[UDPNAT_RENDEZVOUS_EVENT_MOVE], ==, 1);
  g_assert_true (udpnat_rendezvous_server_is_drained (net->server));

  /* Nobody comes in any more, not even who was sent. */
  awake = net_join (net, NULL);
  udpnat_rendezvous_client_set_moved (awake->client);
  udpnat_rendezvous_client_register (awake->client, net->now_us, "Carol");
  net_run (net, UDPNAT_SEC (1));
  g_assert_false (net_is_registered (awake));
}

static void
test_nobody_is_sent_to_who_ends (void)
{
  Directory directory;
  g_autoptr (Net) net = make (14, &directory);
  NetClient *alice = join (net, "Alice");

  set_load (net, UDPNAT_SERVER_NODE_FULL);
  udpnat_rendezvous_server_drain (net->server, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_MOVE], ==, 0);
  g_assert_true (udpnat_rendezvous_server_is_drained (net->server));
}

static void
lose_server (Net *net)
{
  net_run (net, UDPNAT_SEC (120));
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
}

static void
test_dead_server_is_noticed (void)
{
  Directory directory;
  g_autoptr (Net) net = make (15, &directory);
  NetClient *alice = join (net, "Alice");

  lose_server (net);
  net_run (net, UDPNAT_SEC (UDPNAT_FLEET_WATCH_S) + UDPNAT_SERVER_LOST_US + UDPNAT_MSEC (100));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 1);
}

/* Where there is no other, an idle client does not ask so often. */
static void
test_dead_server_alone_is_not (void)
{
  g_autoptr (Net) net = net_new (16);
  NetClient *alice = join (net, "Alice");

  lose_server (net);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

/* ---- Letters ---- */

static const guint8 pass[UDPNAT_MAIL_PASS_BYTES] = "alice's for bob";

static void
put (Net                   *net,
     NetClient             *from,
     const UdpnatPublicKey *to)
{
  (void) udpnat_rendezvous_client_put_mail (from->client, net->now_us, to, pass,
                                            (const guint8 *) "letter", 6);
  net_run (net, UDPNAT_SEC (1));
}

static void
test_letter_for_somebody_elsewhere (void)
{
  Directory directory;
  g_autoptr (Net) net = make (17, &directory);
  NetClient *alice = join (net, "Alice");
  NetClient *bob = join (net, NULL);

  put (net, alice, key_of (bob));
  g_assert_cmpuint (alice->put_counts[UDPNAT_MAIL_UNKNOWN_RECIPIENT], ==, 1);
  know_bob_elsewhere (&directory);
  directory.answer.has_pass = TRUE;
  put (net, alice, key_of (bob));
  g_assert_true (directory.has_pass_asked);
  g_assert_cmpuint (alice->put_counts[UDPNAT_MAIL_STORED], ==, 1);
  g_assert_cmpuint (directory.n_here, ==, 1);
  g_assert_cmpuint (bob->letters->len, ==, 0);

  bob->is_reading = TRUE;
  udpnat_rendezvous_client_fetch_mail (bob->client, net->now_us);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (bob->letters->len, ==, 1);
  g_assert_cmpuint (directory.n_gone, ==, 1);
  g_assert_cmpuint (net_stats (net).letters, ==, 0);
}

static void
test_letter_without_a_directory (void)
{
  Directory directory;
  g_autoptr (Net) net = make (18, &directory);
  NetClient *alice = join (net, "Alice");

  directory.is_silent = TRUE;
  put (net, alice, &other_key);
  net_run (net, UDPNAT_FLEET_ANSWER_US);
  g_assert_cmpuint (alice->put_counts[UDPNAT_MAIL_TRY_LATER], ==, 1);
  g_assert_cmpuint (net_stats (net).letters, ==, 0);
}

static void
test_letters_are_told_again (void)
{
  Directory directory;
  g_autoptr (Net) net = make (19, &directory);
  NetClient *alice = join (net, "Alice");

  know_bob_elsewhere (&directory);
  put (net, alice, &other_key);
  g_assert_cmpuint (directory.n_here, ==, 1);
  udpnat_rendezvous_server_repeat_mail (net->server);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (directory.n_here, ==, 2);
}

static void
test_letters_are_elsewhere (void)
{
  Directory directory;
  g_autoptr (Net) net = make (20, &directory);
  NetClient *alice = join (net, "Alice");

  udpnat_rendezvous_server_tell_mail_at (net->server, net->now_us, key_of (alice), &other_key);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_MAIL_AT], ==, 0);
  udpnat_rendezvous_server_tell_mail_at (net->server, net->now_us, key_of (alice), &node_key);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_MAIL_AT], ==, 1);
  g_assert_cmpstr (alice->place, ==, node_place);
}

/* Whoever is no guest of a fleet cannot get letters without registering. */
static void
test_no_fetching_alone (void)
{
  g_autoptr (Net) net = net_new (21);
  NetClient *bob = join (net, "Bob");
  NetClient *alice = join (net, "Alice");

  udpnat_rendezvous_client_unregister (bob->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  put (net, alice, key_of (bob));
  g_assert_cmpuint (alice->put_counts[UDPNAT_MAIL_STORED], ==, 1);
  udpnat_rendezvous_client_fetch_mail (bob->client, net->now_us);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (bob->letters->len, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (udpnat_crypto_init ());
#define ADD(path, func) g_test_add_func ("/rendezvous-fleet/" path, func)
  ADD ("names/of-somebody-elsewhere", test_name_of_somebody_elsewhere);
  ADD ("names/home-is-told", test_home_is_told);
  ADD ("names/replaced-elsewhere", test_replaced_elsewhere);
  ADD ("lookup/elsewhere", test_lookup_elsewhere);
  ADD ("lookup/tells-no-more-than-before", test_lookup_tells_no_more);
  ADD ("lookup/here-asks-nobody", test_lookup_here_asks_nobody);
  ADD ("lookup/silent-directory", test_silent_directory);
  ADD ("lookup/no-flood", test_no_flood_of_questions);
  ADD ("dial/located", test_located);
  ADD ("dial/nowhere", test_nowhere);
  ADD ("dial/guest-has-a-name", test_guest_has_a_name);
  ADD ("move/sent-elsewhere", test_sent_elsewhere);
  ADD ("move/told-of-others", test_told_of_others);
  ADD ("move/drained", test_drained);
  ADD ("move/nobody-is-sent-to-who-ends", test_nobody_is_sent_to_who_ends);
  ADD ("move/dead-server-is-noticed", test_dead_server_is_noticed);
  ADD ("move/dead-server-alone-is-not", test_dead_server_alone_is_not);
  ADD ("mail/for-somebody-elsewhere", test_letter_for_somebody_elsewhere);
  ADD ("mail/without-a-directory", test_letter_without_a_directory);
  ADD ("mail/told-again", test_letters_are_told_again);
  ADD ("mail/elsewhere", test_letters_are_elsewhere);
  ADD ("mail/no-fetching-alone", test_no_fetching_alone);
#undef ADD
  return g_test_run ();
}
