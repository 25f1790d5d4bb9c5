#include "config.h"

#include "rendezvous-net.h"

/* Names, lookups and the directory (PROTOCOL.md sections 7 and 12), over a client half and a server
 * half. */

static void
test_register (void)
{
  g_autoptr (Net) net = net_new (1);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpstr (alice->registered, ==, "Alice");
  g_assert_cmpuint (alice->handle, !=, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REGISTERED], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY], ==, 0);
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
}

static void
test_first_contact (void)
{
  g_autoptr (Net) net = net_new (2);
  NetClient *alice = net_add_client (net);

  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  udpnat_rendezvous_client_set_server (alice->client, net->now_us, &net->server_address, NULL);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY], ==, 1);
  g_assert_true (udpnat_public_key_equal (&alice->server_key,
                                          udpnat_identity_get_public_key (net->server_identity)));
}

static void
test_key_mismatch (void)
{
  g_autoptr (Net) net = net_new (3);
  NetClient *alice = net_add_client (net);
  g_autoptr (UdpnatIdentity) other = udpnat_identity_generate (&net->random);

  udpnat_rendezvous_client_set_server (alice->client, net->now_us, &net->server_address,
                                       udpnat_identity_get_public_key (other));
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY], ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_CONNECTED], ==, 0);
  alice->n_sent = 0;
  net_run (net, UDPNAT_SEC (600));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH], ==, 1);
  g_assert_cmpuint (alice->n_sent, ==, 10); /* INFO, once a minute */

  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
}

/* Answers Alice's next INFO with a key of zeros, before the server does. */
static void
damage_info_reply (Net       *net,
                   NetClient *alice)
{
  UdpnatInfoReply reply = { .observed = alice->address };
  UdpnatDatagram  datagram = { .remote = net->server_address };
  UdpnatWriter    writer;

  while (net->seen[UDPNAT_PACKET_INFO].n_data == 0)
    net_run (net, 1);
  g_assert_true (udpnat_info_parse (net->seen[UDPNAT_PACKET_INFO].data,
                                    net->seen[UDPNAT_PACKET_INFO].n_data, &reply.token));
  udpnat_writer_init (&writer, datagram.data, sizeof datagram.data);
  udpnat_info_reply_write (&writer, &reply);
  datagram.n_data = writer.n_written;
  udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us, &datagram);
}

/* One INFO-REPLY that was damaged on its way: nobody has to do anything for the server to be used
 * again. */
static void
test_damaged_info_reply (void)
{
  g_autoptr (Net) net = net_new (4);
  NetClient *alice = net_add_client (net);

  alice->is_cut = TRUE; /* her handshake is lost, so that INFO is asked */
  udpnat_rendezvous_client_set_server (alice->client, net->now_us, &net->server_address,
                                       udpnat_identity_get_public_key (net->server_identity));
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (4));
  alice->is_cut = FALSE;
  damage_info_reply (net, alice);
  net_run (net, UDPNAT_SERVER_MISMATCH_WAIT_US - UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH], ==, 1);
  g_assert_false (net_is_registered (alice));
  net_run (net, UDPNAT_SEC (2));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY], ==, 0);
}

/* The same on first contact: what nobody has shown to have is not pinned. */
static void
test_damaged_first_reply (void)
{
  g_autoptr (Net) net = net_new (5);
  NetClient *alice = net_add_client (net);

  udpnat_rendezvous_client_set_server (alice->client, net->now_us, &net->server_address, NULL);
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  damage_info_reply (net, alice);
  net_run (net, UDPNAT_SEC (10));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH], ==, 0);
  g_assert_true (udpnat_public_key_equal (&alice->server_key,
                                          udpnat_identity_get_public_key (net->server_identity)));
}

/* Whoever cannot see our INFO cannot answer it. */
static void
test_forged_info_reply (void)
{
  g_autoptr (Net) net = net_new (23);
  NetClient      *alice = net_add_client (net);
  UdpnatDatagram  datagram = { .remote = net->server_address };
  UdpnatInfoReply reply = { .observed = alice->address };
  UdpnatWriter    writer;
  guint64         token;

  alice->is_cut = TRUE;
  udpnat_rendezvous_client_set_server (alice->client, net->now_us, &net->server_address, NULL);
  g_assert_true (udpnat_rendezvous_client_pop_output (alice->client, net->now_us, &datagram));
  g_assert_true (udpnat_info_parse (datagram.data, datagram.n_data, &token));
  for (guint i = 0; i < 2; i++)
    {
      reply.token = i == 0 ? token + 1 : token;
      datagram.remote = net->server_address;
      datagram.remote.port += i;
      udpnat_writer_init (&writer, datagram.data, sizeof datagram.data);
      udpnat_info_reply_write (&writer, &reply);
      datagram.n_data = writer.n_written;
      g_assert_cmpint (
          udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us, &datagram), ==,
          UDPNAT_RX_IGNORED);
    }
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY], ==, 0);
  alice->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (2));
  g_assert_true (udpnat_public_key_equal (&alice->server_key,
                                          udpnat_identity_get_public_key (net->server_identity)));
}

static void
test_taken (void)
{
  g_autoptr (Net) net = net_new (4);
  const char *same[] = { "Alice", "ALICE", "alice", "Ａｌｉｃｅ" };
  NetClient  *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      NetClient *thief = net_join (net, same[i]);

      net_run (net, UDPNAT_SEC (1));
      g_assert_false (net_is_registered (thief));
      g_assert_cmpuint (thief->counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], ==, 1);
      g_assert_cmpuint (thief->code, ==, UDPNAT_REFUSED_NAME_TAKEN);
    }
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net->disk->len, ==, 1);

  /* Also when the owner is away. */
  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_register (net->clients[1].client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->clients[1].code, ==, UDPNAT_REFUSED_NAME_TAKEN);
  g_assert_cmpuint (net->clients[1].counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], ==, 2);
}

static void
test_own_name_in_other_case (void)
{
  g_autoptr (Net) net = net_new (5);
  NetClient *alice = net_join (net, "Alice");

  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_register (alice->client, net->now_us, "ALICE");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REGISTERED], ==, 2);
  g_assert_cmpstr (alice->registered, ==, "Alice");
  g_assert_cmpuint (net->n_claims, ==, 1);
}

static void
test_not_allowed (void)
{
  g_autoptr (Net) net = net_new (6);
  NetClient *alice = net_join (net, NULL);

  udpnat_rendezvous_client_register (alice->client, net->now_us, "");
  udpnat_rendezvous_client_register (alice->client, net->now_us, "a\nb");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], ==, 2);
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_NAME_NOT_ALLOWED);
}

static void
test_claim_first (void)
{
  g_autoptr (Net) net = net_new (7);
  NetClient *alice, *rival;

  net->is_disk_slow = TRUE;
  alice = net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (net->n_claims, ==, 1);
  g_assert_false (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);

  /* Neither taken for good nor free. */
  rival = net_join (net, "alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (rival->code, ==, UDPNAT_REFUSED_TRY_LATER);
  g_assert_cmpuint (net->n_claims, ==, 1);

  net_complete (net, net->claim_id + 1, TRUE); /* nobody's */
  net_complete (net, net->claim_id, TRUE);
  net_complete (net, net->claim_id, FALSE); /* once is enough */
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
  net_run (net, UDPNAT_SEC (10));
  g_assert_false (net_is_registered (rival));
  g_assert_cmpuint (rival->code, ==, UDPNAT_REFUSED_NAME_TAKEN);
}

/* Asked again, in another session too, while the first claim is still on its way to the disk. */
static void
test_claim_again (void)
{
  g_autoptr (Net) net = net_new (22);
  NetClient *alice;

  net->is_disk_slow = TRUE;
  alice = net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_false (net_is_registered (alice));
  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_false (net_is_registered (alice));
  g_assert_cmpuint (net->n_claims, ==, 1);
  net_complete (net, net->claim_id, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
}

static void
test_claim_failed (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice;

  net->is_disk_slow = TRUE;
  alice = net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (1));
  net_complete (net, net->claim_id, FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_TRY_LATER);
  g_assert_false (net_is_registered (alice));

  net->is_disk_slow = FALSE;
  net_run (net, UDPNAT_SEC (10)); /* tries again by itself */
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net->n_claims, ==, 2);
}

/* Said twice while it waits for the disk, it is refused once. */
static void
test_claim_said_twice (void)
{
  g_autoptr (Net) net = net_new (8);
  NetClient *alice;

  net->is_disk_slow = TRUE;
  alice = net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  net_complete (net, net->claim_id, FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], ==, 1);
  net->is_disk_slow = FALSE;
  net_run (net, UDPNAT_SEC (10));
  g_assert_true (net_is_registered (alice));
}

/* What is refused is not what is wished by now. */
static void
test_older_wish_refused (void)
{
  g_autoptr (Net) net = net_new (9);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_register (bob->client, net->now_us, "Alice");
  udpnat_rendezvous_client_register (bob->client, net->now_us, "Robert");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], ==, 1);
  udpnat_rendezvous_server_shut_down (net->server, net->now_us);
  net_drain (net);
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_run (net, UDPNAT_SEC (1));
  net_start_server (net);
  net_run (net, UDPNAT_SEC (10));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpstr (bob->registered, ==, "Robert");
}

static void
test_claimer_gone (void)
{
  g_autoptr (Net) net = net_new (9);
  NetClient *alice;

  net->is_disk_slow = TRUE;
  alice = net_join (net, "Alice");
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  net_complete (net, net->claim_id, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
  g_assert_cmpuint (net_stats (net).sessions, ==, 0);
}

static void
test_names_per_key (void)
{
  g_autoptr (Net) net = net_new (10);
  NetClient *alice = net_join (net, NULL);

  for (guint i = 0; i <= UDPNAT_NAMES_PER_KEY_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("Alice %u", i);

      udpnat_rendezvous_client_register (alice->client, net->now_us, name);
      net_run (net, UDPNAT_SEC (1));
      g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_REFUSED], ==,
                        i == UDPNAT_NAMES_PER_KEY_MAX ? 1 : 0);
    }
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_FULL);
  g_assert_cmpuint (net->n_claims, ==, UDPNAT_NAMES_PER_KEY_MAX);
  /* Still online under the last one, and only that one. */
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_stats (net).registered, ==, 1);
}

static void
test_unregister (void)
{
  g_autoptr (Net) net = net_new (11);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, NULL);

  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, alice->handle);
  udpnat_rendezvous_client_unregister (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED], ==, 1);
  g_assert_false (net_is_registered (alice));
  g_assert_true (udpnat_rendezvous_client_is_connected (alice->client));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, 0);
  g_assert_cmpuint (net_stats (net).registered, ==, 0);
}

static void
test_lookup (void)
{
  g_autoptr (Net) net = net_new (12);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, NULL);

  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_lookup (bob->client, net->now_us, "ALICE");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, 1);
  g_assert_true (bob->found);
  g_assert_cmpstr (bob->entry.name, ==, "Alice");
  g_assert_cmpuint (bob->entry.handle, ==, alice->handle);
  g_assert_cmpmem (bob->entry.key, 32, udpnat_identity_get_public_key (alice->identity)->bytes, 32);

  udpnat_rendezvous_client_leave (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (bob->found);
  g_assert_cmpuint (bob->entry.presence, ==, UDPNAT_PRESENCE_OFFLINE);
  g_assert_cmpuint (bob->entry.handle, ==, 0);

  udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Nobody");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, 3);
  g_assert_false (bob->found);
}

static void
test_lookup_timeout (void)
{
  g_autoptr (Net) net = net_new (13);
  NetClient *bob = net_join (net, NULL);

  net_run (net, UDPNAT_SEC (5));
  bob->is_cut = TRUE;
  udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  net_run (net, UDPNAT_LOOKUP_TIMEOUT_US - 1);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT], ==, 0);
  net_run (net, 1);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT], ==, 1);
}

static void
test_away (void)
{
  g_autoptr (Net) net = net_new (60);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, NULL);

  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->presence, ==, UDPNAT_PRESENCE_ONLINE);
  udpnat_rendezvous_client_set_presence (alice->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->presence, ==, UDPNAT_PRESENCE_AWAY);
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, alice->handle);
  udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->entry.presence, ==, UDPNAT_PRESENCE_AWAY);
  udpnat_rendezvous_client_set_presence (alice->client, net->now_us, UDPNAT_PRESENCE_ONLINE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->presence, ==, UDPNAT_PRESENCE_ONLINE);
}

/* Said again to a server that has forgotten it, before anybody sees something else. */
static void
test_away_after_restart (void)
{
  g_autoptr (Net) net = net_new (61);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, NULL);
  guint n_peers;

  udpnat_rendezvous_client_set_presence (alice->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->presence, ==, UDPNAT_PRESENCE_AWAY);
  udpnat_rendezvous_server_shut_down (net->server, net->now_us);
  net_drain (net);
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_start_server (net);
  n_peers = bob->counts[UDPNAT_RENDEZVOUS_EVENT_PEER];
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (bob->presence, ==, UDPNAT_PRESENCE_AWAY);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, n_peers + 1);
}

/* Others are told that she is offline; by key she can be reached all the same. */
static void
test_unlisted (void)
{
  g_autoptr (Net) net = net_new (62);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  guint8 inner[UDPNAT_DATA_MIN_BYTES];
  guint n_peers;

  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), !=, 0);
  udpnat_rendezvous_client_set_listed (alice->client, net->now_us, FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, 0);
  n_peers = bob->counts[UDPNAT_RENDEZVOUS_EVENT_PEER];
  udpnat_rendezvous_client_set_presence (alice->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, n_peers);
  g_assert_true (bob->found);
  g_assert_cmpuint (bob->entry.presence, ==, UDPNAT_PRESENCE_OFFLINE);
  g_assert_cmpuint (bob->entry.handle, ==, 0);

  g_assert_true (udpnat_rendezvous_client_dial (
      bob->client, net->now_us, udpnat_identity_get_public_key (alice->identity), inner,
      net_make_inner (inner, sizeof inner, 1)));
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_RELAYED], ==, 1);
  g_assert_cmpstr (alice->relayed_name, ==, "Bob");

  udpnat_rendezvous_client_set_listed (alice->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, alice->handle);
  g_assert_cmpuint (bob->presence, ==, UDPNAT_PRESENCE_AWAY);
}

/* Who never was listed is not told of at all, whatever she does. */
static void
test_never_listed (void)
{
  g_autoptr (Net) net = net_new (63);
  NetClient *bob = net_join (net, NULL);
  NetClient *alice = net_add_client (net);

  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  udpnat_rendezvous_client_set_listed (alice->client, net->now_us, FALSE);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_set_presence (alice->client, net->now_us, UDPNAT_PRESENCE_AWAY);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (alice));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_PEER], ==, 0);
}

/* A wall clock that was set back while the program was not running. */
static void
test_timestamp_restored (void)
{
  g_autoptr (Net) net = net_new (64);
  NetClient *alice = net_join (net, "Alice");
  NetClient *again;
  gint64 last_us;

  net_run (net, UDPNAT_SEC (1));
  last_us = udpnat_rendezvous_client_get_timestamp (alice->client);
  g_assert_cmpint (last_us, ==, NET_WALL_US + UDPNAT_SEC (1000));
  again = net_add_client_with (net, alice->identity);
  udpnat_rendezvous_client_set_wall_offset (again->client, 0);
  udpnat_rendezvous_client_restore_timestamp (again->client, last_us);
  net_join_client (net, again, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (net_is_registered (again));
  g_assert_cmpint (udpnat_rendezvous_client_get_timestamp (again->client), ==, last_us + 1);
}

static void
test_too_many_lookups (void)
{
  g_autoptr (Net) net = net_new (14);
  NetClient *bob = net_join (net, NULL);

  for (guint i = 0; i <= UDPNAT_LOOKUPS_MAX; i++)
    udpnat_rendezvous_client_lookup (bob->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT], ==, 1);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT], ==, UDPNAT_LOOKUPS_MAX);
}

static void
test_presence (void)
{
  g_autoptr (Net) net = net_new (15);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob, *carol;

  net_run (net, UDPNAT_SEC (1));
  bob = net_join (net, "Bob");
  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, alice->handle);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 1);

  carol = net_join (net, "Carol");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (bob, "Carol"), ==, carol->handle);

  /* Alice goes without a word. */
  alice->is_cut = TRUE;
  net_run (net, UDPNAT_SERVER_SESSION_IDLE_US - UDPNAT_SEC (30));
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), !=, 0);
  net_run (net, UDPNAT_SEC (31) + UDPNAT_SERVER_SESSION_GRACE_US + UDPNAT_SERVER_REST_ROUND_US);
  g_assert_cmpuint (net_listed_handle (bob, "Alice"), ==, 0);
  g_assert_true (g_hash_table_contains (bob->directory, "Alice"));

  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, FALSE);
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_leave (carol->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net_listed_handle (bob, "Carol"), !=, 0); /* not told any more */
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 1);
}

/* N logins at once make of the order of N messages to N subscribers, not N² packets. */
static void
test_many_logins (void)
{
  g_autoptr (Net) net = net_new (16);
  const guint n = 60;
  guint       n_received = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("Client %u", i);
      NetClient       *client = net_join (net, name);

      udpnat_rendezvous_client_subscribe (client->client, net->now_us, TRUE);
    }
  net_run (net, UDPNAT_SEC (5));
  for (guint i = 0; i < n; i++)
    {
      g_assert_true (net_is_registered (&net->clients[i]));
      g_assert_cmpuint (g_hash_table_size (net->clients[i].directory), ==, n);
      for (guint k = 0; k < n; k++)
        g_assert_cmpuint (net_listed_handle (&net->clients[i], net->clients[k].registered), ==,
                          net->clients[k].handle);
      n_received += net->clients[i].n_received;
    }
  g_assert_cmpuint (n_received, <, n * 30);
}

#define N_LONG_HOLDERS (UDPNAT_DIRECTORY_WHOLE_MAX / UDPNAT_NAMES_PER_KEY_MAX)

/* A list that is longer than what the server sends ahead of ACKs: the longest names, and as many as
 * are told as a whole. */
static void
test_long_list (void)
{
  g_autoptr (Net) net = net_new (17);
  g_autoptr (GString) filler = g_string_new (NULL);
  NetClient       *alice = net_join (net, NULL);
  NetClient       *bob;

  for (guint i = 0; i < UDPNAT_NAME_MAX_CODE_POINTS - 4; i++)
    g_string_append (filler, "𠀀");
  net->loss_percent = 5;
  /* One client after the other, so that they all stay in the roster. */
  for (guint i = 0; i < N_LONG_HOLDERS; i++)
    for (guint k = 0; k < UDPNAT_NAMES_PER_KEY_MAX; k++)
      {
        g_autofree char *name = g_strdup_printf ("%s%u", filler->str, i * 10 + k);

        if (k == 0)
          alice = net_join (net, name);
        else
          udpnat_rendezvous_client_register (alice->client, net->now_us, name);
        net_run (net, UDPNAT_MSEC (1500));
      }
  bob = net_join (net, NULL);
  udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_LIST_END], ==, 1);
  g_assert_cmpuint (g_hash_table_size (bob->directory), ==, net->disk->len);
  g_assert_cmpuint (net->disk->len * filler->len, >, UDPNAT_DIRECTORY_UNACKED_MAX_BYTES);
}

static void
test_mapping (void)
{
  g_autoptr (Net) net = net_new (18);
  NetClient *easy = net_add_client (net);
  NetClient *hard = net_add_client (net);

  g_assert_null (udpnat_rendezvous_client_get_reflexive (easy->client, 0));
  g_assert_cmpuint (udpnat_rendezvous_client_get_mapping (easy->client), ==,
                    UDPNAT_MAPPING_UNKNOWN);
  hard->is_symmetric = TRUE;
  net_join_client (net, easy, NULL);
  net_join_client (net, hard, NULL);
  net_run (net, UDPNAT_SEC (1));
  g_assert_true (udpnat_address_equal (udpnat_rendezvous_client_get_reflexive (easy->client, 0),
                                       &easy->address));
  g_assert_cmpuint (udpnat_rendezvous_client_get_mapping (easy->client), ==,
                    UDPNAT_MAPPING_ENDPOINT_INDEPENDENT);
  g_assert_cmpuint (udpnat_rendezvous_client_get_mapping (hard->client), ==,
                    UDPNAT_MAPPING_ENDPOINT_DEPENDENT);
}

static void
test_no_second_port (void)
{
  g_autoptr (Net) net = net_new (19);
  NetClient *alice;
  guint      n_sent;

  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net->alt_port = 0;
  net_start_server (net);
  alice = net_join (net, NULL);
  net_run (net, UDPNAT_SEC (20));
  g_assert_cmpuint (udpnat_rendezvous_client_get_mapping (alice->client), ==,
                    UDPNAT_MAPPING_UNKNOWN);
  n_sent = alice->n_sent;
  net_run (net, UDPNAT_SEC (4));
  g_assert_cmpuint (alice->n_sent, <=, n_sent + 1);
}

/* The NAT in front of the client changes its port: the server notices, and tells. */
static void
test_address_change (void)
{
  g_autoptr (Net) net = net_new (20);
  NetClient *alice = net_join (net, "Alice");
  NetClient *bob = net_join (net, "Bob");
  guint8     inner[100];

  net_run (net, UDPNAT_SEC (5));
  alice->address.port = 4000;
  net_run (net, UDPNAT_SEC (30)); /* a keepalive */
  g_assert_cmpuint (udpnat_rendezvous_client_get_reflexive (alice->client, 0)->port, ==, 4000);
  g_assert_cmpuint (udpnat_rendezvous_client_get_mapping (alice->client), ==,
                    UDPNAT_MAPPING_ENDPOINT_INDEPENDENT);
  net_make_inner (inner, sizeof inner, 7);
  g_assert_true (udpnat_rendezvous_client_send_relay (bob->client, net->now_us, alice->handle,
                                                      inner, sizeof inner));
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpmem (alice->relayed->data, alice->relayed->len, inner, sizeof inner);
  g_assert_cmpuint (alice->counts[UDPNAT_RENDEZVOUS_EVENT_LOST], ==, 0);
}

static void
test_loss (void)
{
  for (guint seed = 0; seed < 20; seed++)
    {
      g_autoptr (Net) net = net_new (1000 + seed);
      NetClient *alice, *bob;

      net->loss_percent = 20;
      alice = net_join (net, "Alice");
      bob = net_join (net, "Bob");
      udpnat_rendezvous_client_subscribe (bob->client, net->now_us, TRUE);
      net_run (net, UDPNAT_SEC (25));
      g_assert_true (net_is_registered (alice));
      g_assert_true (net_is_registered (bob));
      g_assert_cmpuint (net_listed_handle (bob, "Alice"), !=, 0);
    }
}

/* Neither a stranger's key nor the server's size lets one key hold two places. */
static void
test_full_server (void)
{
  g_autoptr (Net) net = net_new (21);
  NetClient *alice, *bob, *late;

  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net->max_sessions = 2;
  net_start_server (net);
  alice = net_join (net, "Alice");
  bob = net_join (net, "Bob");
  net_run (net, UDPNAT_SEC (1));
  late = net_join (net, "Late");
  net_run (net, UDPNAT_SEC (30));
  g_assert_true (net_is_registered (alice));
  g_assert_true (net_is_registered (bob));
  g_assert_false (net_is_registered (late));
  g_assert_cmpuint (late->counts[UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER], ==, 1);
  udpnat_rendezvous_client_leave (bob->client, net->now_us);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (net_is_registered (late));
}

/* ---- Attestation ---- */

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-names/register/is-told-handle", test_register);
  g_test_add_func ("/rendezvous-names/server-key/learned-on-first-contact", test_first_contact);
  g_test_add_func ("/rendezvous-names/server-key/other-than-pinned-stops", test_key_mismatch);
  g_test_add_func ("/rendezvous-names/server-key/damaged-reply-is-asked-again",
                   test_damaged_info_reply);
  g_test_add_func ("/rendezvous-names/server-key/pinned-only-when-shown",
                   test_damaged_first_reply);
  g_test_add_func ("/rendezvous-names/server-key/forged-reply-ignored", test_forged_info_reply);
  g_test_add_func ("/rendezvous-names/taken/also-in-other-case-and-width", test_taken);
  g_test_add_func ("/rendezvous-names/own/in-other-case-keeps-spelling",
                   test_own_name_in_other_case);
  g_test_add_func ("/rendezvous-names/not-allowed/refused", test_not_allowed);
  g_test_add_func ("/rendezvous-names/claim/registered-only-when-stored", test_claim_first);
  g_test_add_func ("/rendezvous-names/claim/asked-again-meanwhile", test_claim_again);
  g_test_add_func ("/rendezvous-names/claim/not-stored-is-tried-again", test_claim_failed);
  g_test_add_func ("/rendezvous-names/claim/said-twice-is-tried-again", test_claim_said_twice);
  g_test_add_func ("/rendezvous-names/wish/an-older-one-is-refused", test_older_wish_refused);
  g_test_add_func ("/rendezvous-names/claim/claimer-gone-meanwhile", test_claimer_gone);
  g_test_add_func ("/rendezvous-names/per-key/limited", test_names_per_key);
  g_test_add_func ("/rendezvous-names/unregister/goes-offline", test_unregister);
  g_test_add_func ("/rendezvous-names/lookup/online-offline-unknown", test_lookup);
  g_test_add_func ("/rendezvous-names/lookup/times-out", test_lookup_timeout);
  g_test_add_func ("/rendezvous-names/lookup/number-limited", test_too_many_lookups);
  g_test_add_func ("/rendezvous-names/presence/changes-are-told", test_presence);
  g_test_add_func ("/rendezvous-names/presence/away", test_away);
  g_test_add_func ("/rendezvous-names/presence/away-after-restart", test_away_after_restart);
  g_test_add_func ("/rendezvous-names/presence/unlisted", test_unlisted);
  g_test_add_func ("/rendezvous-names/presence/never-listed", test_never_listed);
  g_test_add_func ("/rendezvous-names/timestamp/restored", test_timestamp_restored);
  g_test_add_func ("/rendezvous-names/presence/many-logins-few-messages", test_many_logins);
  g_test_add_func ("/rendezvous-names/presence/long-list-is-complete", test_long_list);
  g_test_add_func ("/rendezvous-names/mapping/both-kinds", test_mapping);
  g_test_add_func ("/rendezvous-names/mapping/no-second-port", test_no_second_port);
  g_test_add_func ("/rendezvous-names/address/change-is-followed", test_address_change);
  g_test_add_func ("/rendezvous-names/loss/gets-through", test_loss);
  g_test_add_func ("/rendezvous-names/full/refuses-strangers", test_full_server);
  return g_test_run ();
}
