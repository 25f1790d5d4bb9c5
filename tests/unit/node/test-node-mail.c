/* Letters: when they are written, when they are given back to the server, and which one-time keys
 * they use. node-net.h has a server with mailboxes and a disk that never fails. */

#include "config.h"

#include "node-curious.h"

#include "udpnat-chat-message.h"
#include "udpnat-mail-pass.h"

/* Until the server notices that somebody has gone without a word. */
#define UNTIL_NOTICED_US UDPNAT_SEC (120)

/* Alice, who has just started, and bob, who was here and has gone; both are contacts. */
static void
meet_and_part (Net      *net,
               NetUser **out_alice,
               NetUser **out_bob)
{
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  net_accept (bob, net_key (alice));
  net_accept (alice, net_key (bob));
  net_run (net, UDPNAT_SEC (1)); /* they have told their mailboxes so */
  net_kill_user (bob);
  net_kill_user (alice);
  net_run (net, UNTIL_NOTICED_US);
  net_start_user (alice);
  net_log_in (alice, "alice");
  net_run (net, UDPNAT_SEC (3));
  *out_alice = alice;
  *out_bob = bob;
}

static void
come_back (NetUser    *user,
           const char *name)
{
  net_start_user (user);
  net_log_in (user, name);
  net_run (user->net, UDPNAT_SEC (3));
}

static guint
count_stored (const NetUser *user)
{
  return user->counts[UDPNAT_NODE_EVENT_STORED];
}

static void
say_and_store (NetUser    *from,
               const char *to,
               guint       first,
               guint       n_messages)
{
  guint n_before = count_stored (from);

  net_say_numbers (from, to, first, n_messages);
  net_run (from->net, UDPNAT_SEC (2));
  g_assert_cmpuint (count_stored (from), ==, n_before + n_messages);
}

/* ---- When ---- */

static void
test_at_once_when_away (void)
{
  g_autoptr (Net) net = net_new (1);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("To the server and back with DIAL, and again with the letter: 40 ms here");
  meet_and_part (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 3);
  net_run (net, UDPNAT_MSEC (39));
  g_assert_cmpuint (count_stored (alice), ==, 0);
  net_run (net, UDPNAT_MSEC (10));
  g_assert_cmpuint (count_stored (alice), ==, 3);
  g_assert_cmpuint (net->letters->len, ==, 1);
  net_say_numbers (alice, "bob", 3, 1); /* it is known now: no dial */
  net_run (net, UDPNAT_MSEC (25));
  g_assert_cmpuint (count_stored (alice), ==, 4);
  come_back (bob, "bob");
  net_check_numbers (bob, 4);
  g_assert_cmpuint (net->letters->len, ==, 0);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 4);
}

static void
test_after_8s_of_silence (void)
{
  g_autoptr (Net) net = net_new (2);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Bob has gone in mid-conversation, and the server does not know it yet");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (5));
  net_check_numbers (bob, 1);
  net_kill_user (bob);
  net_say_numbers (alice, "bob", 1, 2);
  net_run (net, UDPNAT_MAIL_AFTER_US - 1);
  g_assert_cmpuint (net->n_letters_ever, ==, 0);
  net_run (net, UDPNAT_MSEC (21) + 1);
  g_assert_cmpuint (count_stored (alice), ==, 2);
  come_back (bob, "bob");
  net_check_numbers (bob, 3);
}

static void
test_not_when_delivered (void)
{
  g_autoptr (Net) net = net_new (3);
  NetUser *alice;
  NetUser *bob;

  net_join_two (net, &alice, &bob);
  for (guint i = 0; i < 10; i++)
    {
      net_say_numbers (alice, "bob", i, 1);
      net_say_numbers (bob, "alice", i, 1);
      net_run (net, UDPNAT_SEC (7));
    }
  net_run (net, UDPNAT_SEC (60));
  net_check_numbers (bob, 10);
  g_assert_cmpuint (net->n_letters_ever, ==, 0);
}

static void
test_stored_is_not_mailed_again (void)
{
  g_autoptr (Net) net = net_new (4);
  g_autoptr (UdpnatItem) item = net_make_text (net, "0");
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("What a mailbox had in an earlier run waits for its receipt only");
  meet_and_part (net, &alice, &bob);
  g_assert_true (udpnat_node_send (alice->node, net->now_us, net_key (bob), item, TRUE));
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 0);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net->n_letters_ever, ==, 0);
  come_back (bob, "bob");
  net_check_numbers (bob, 1);
}

static void
test_refused_is_told (void)
{
  g_autoptr (Net) net = net_new (5);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("No mailbox: told once each ten minutes, and nothing is lost");
  net->is_mailbox_off = TRUE;
  net_kill_server (net);
  net_start_server (net);
  meet_and_part (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 2);
  net_run (net, UDPNAT_SEC (599));
  g_assert_cmpstr (alice->mail_code, ==, "mailbox-off");
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_MAIL_REFUSED], ==, 1);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_MAIL_REFUSED], ==, 2);
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 2);
  g_assert_false (udpnat_node_is_drained (alice->node));
  come_back (bob, "bob");
  net_check_numbers (bob, 2);
  g_assert_true (udpnat_node_is_drained (alice->node));
}

static void
test_full_server_is_told (void)
{
  g_autoptr (Net) net = net_new (15);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("The server's disk is full: told once, unless it is over at once; tried on");
  meet_and_part (net, &alice, &bob);
  net->is_mail_disk_full = TRUE;
  net_say_numbers (alice, "bob", 0, 2);
  net_run (net, 2 * UDPNAT_MAIL_RETRY_SOON_US - UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_MAIL_REFUSED], ==, 0);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_MAIL_REFUSED], ==, 1);
  g_assert_cmpstr (alice->mail_code, ==, "mailbox-later");
  net_run (net, UDPNAT_SEC (600));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_MAIL_REFUSED], ==, 1);
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 2);
  net->is_mail_disk_full = FALSE;
  net_run (net, UDPNAT_MAIL_RETRY_SOON_US + UDPNAT_SEC (1));
  g_assert_cmpuint (count_stored (alice), ==, 2);
  come_back (bob, "bob");
  net_check_numbers (bob, 2);
}

static void
test_too_large_for_a_stranger (void)
{
  g_autoptr (Net) net = net_new (6);
  g_autofree char *large = g_strnfill (UDPNAT_MAIL_STRANGER_MAX_BYTES, 'x');
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("A stranger's long letter is refused, and a shorter one put instead");
  net_join_two (net, &alice, &bob);
  net_kill_user (bob);
  net_run (net, UNTIL_NOTICED_US);
  net_say_numbers (alice, "bob", 0, 2);
  net_say (alice, "bob", large);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (count_stored (alice), ==, 2);
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 1);
  come_back (bob, "bob");
  g_assert_cmpuint (bob->received->len, ==, 3);
}

static void
test_short_only_for_a_while (void)
{
  g_autoptr (Net) net = net_new (7);
  g_autofree char *large = g_strnfill (UDPNAT_MAIL_STRANGER_MAX_BYTES, 'x');
  guint8 pass[UDPNAT_MAIL_PASS_BYTES];
  NetUser *alice;
  NetUser *bob;
  Curious hand;

  g_test_summary ("Refused as a stranger, then accepted: the long letter is tried again");
  net_join_two (net, &alice, &bob);
  net_kill_user (bob);
  net_run (net, UNTIL_NOTICED_US);
  net_say (alice, "bob", large);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net->n_letters_ever, ==, 0);

  /* Bob tells his mailbox so, but answers nobody. */
  curious_init_as (&hand, net, udpnat_identity_copy (bob->identity));
  g_assert_true (udpnat_mail_pass_compute (bob->identity, net_key (alice), FALSE, pass));
  udpnat_rendezvous_client_set_passes (hand.client, net->now_us, pass, 1);
  curious_run (&hand, UDPNAT_SEC (5));
  curious_clear (&hand);
  net_run (net, 2 * UDPNAT_MAIL_RETRY_LATE_US);
  g_assert_cmpuint (net->n_letters_ever, ==, 1);
}

static void
test_drained_when_stored (void)
{
  g_autoptr (Net) net = net_new (8);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Bob has gone in mid-conversation: what his mailbox has is not waited for");
  net_join_two (net, &alice, &bob);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (5));
  g_assert_true (udpnat_node_is_drained (alice->node));
  net_kill_user (bob);
  net_say_numbers (alice, "bob", 1, 2);
  net_run (net, UDPNAT_SEC (1));
  g_assert_false (udpnat_node_is_drained (alice->node));
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 2);
  net_run (net, UDPNAT_MAIL_AFTER_US);
  g_assert_cmpuint (count_stored (alice), ==, 2);
  g_assert_cmpuint (udpnat_node_count_undelivered (alice->node), ==, 0);
  g_assert_true (udpnat_node_is_drained (alice->node));
}

/* ---- Given back ---- */

static void
test_kept_until_confirmed (void)
{
  g_autoptr (Net) net = net_new (10);
  const NetLetter *letter;
  guint64 number;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("A letter with two texts: the server keeps it until both are safe");
  meet_and_part (net, &alice, &bob);
  say_and_store (alice, "bob", 0, 2);
  g_assert_cmpuint (net->letters->len, ==, 1);
  net_kill_user (alice); /* else they come another way as well */
  net_run (net, UNTIL_NOTICED_US);
  bob->is_slow = TRUE;
  come_back (bob, "bob");
  net_check_numbers (bob, 2);
  g_assert_cmpuint (net->letters->len, ==, 1);
  letter = g_ptr_array_index (net->letters, 0);
  number = letter->number;
  udpnat_node_confirm (bob->node, net->now_us, net_key (alice), &bob->last_id);
  net_run (net, UDPNAT_SEC (20));
  g_assert_nonnull (net_find_letter (net, number));

  net_kill_user (bob); /* before the other one was safe */
  bob->is_slow = FALSE;
  come_back (bob, "bob");
  g_assert_cmpuint (bob->received->len, ==, 4); /* this program does not know what it has */
  g_assert_null (net_find_letter (net, number));
}

static void
test_given_back_when_refused (void)
{
  g_autoptr (Net) net = net_new (11);
  NetUser *alice;
  NetUser *bob;

  meet_and_part (net, &alice, &bob);
  say_and_store (alice, "bob", 0, 1);
  net_kill_user (alice);
  net_run (net, UNTIL_NOTICED_US);
  bob->is_choosy = bob->is_slow = TRUE;
  come_back (bob, "bob");
  g_assert_cmpuint (net->letters->len, ==, 1);
  udpnat_node_set_trust (bob->node, net->now_us, net_key (alice), UDPNAT_TRUST_STRANGER);
  udpnat_node_refuse (bob->node, net->now_us, net_key (alice), &bob->last_id);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->letters->len, ==, 0);
}

/* The letter is needed again. */
static void
test_kept_when_disk_failed (void)
{
  g_autoptr (Net) net = net_new (12);
  NetUser *alice;
  NetUser *bob;

  meet_and_part (net, &alice, &bob);
  say_and_store (alice, "bob", 0, 1);
  net_kill_user (alice);
  net_run (net, UNTIL_NOTICED_US);
  bob->is_choosy = bob->is_slow = TRUE;
  come_back (bob, "bob");
  udpnat_node_fail (bob->node, net->now_us, net_key (alice), &bob->last_id);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->letters->len, ==, 1);
}

static void
test_many_letters (void)
{
  g_autoptr (Net) net = net_new (12);
  const guint n = UDPNAT_MAIL_UNACKED_MAX + 10;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("No more letters are under way than the server allows, and all come");
  meet_and_part (net, &alice, &bob);
  for (guint i = 0; i < n; i++)
    say_and_store (alice, "bob", i, 1);
  g_assert_cmpuint (net->letters->len, ==, n);
  net_kill_user (alice);
  net_run (net, UNTIL_NOTICED_US);
  bob->is_slow = TRUE;
  come_back (bob, "bob");
  g_assert_cmpuint (bob->received->len, ==, UDPNAT_MAIL_UNACKED_MAX);
  net_kill_user (bob);
  g_ptr_array_set_size (bob->received, 0);
  bob->is_slow = FALSE;
  come_back (bob, "bob");
  net_check_numbers (bob, n);
}

/* A letter from nobody in particular, put into bob's mailbox while he is away. */
static void
put_by_hand (Curious       *carol,
             const NetUser *to,
             const guint8  *sealed,
             gsize          n_sealed)
{
  guint n_before = carol->net->n_letters_ever;

  g_assert_cmpuint (udpnat_rendezvous_client_put_mail (carol->client, carol->net->now_us,
                                                       net_key (to), NULL, sealed, n_sealed),
                    !=, 0);
  curious_run (carol, UDPNAT_MSEC (100));
  g_assert_cmpuint (carol->net->n_letters_ever, >, n_before);
}

static void
test_unreadable (void)
{
  g_autoptr (Net) net = net_new (13);
  guint8 garbage[300] = { UDPNAT_SEALED_VERSION };
  NetUser *alice;
  NetUser *bob;
  Curious carol;

  g_test_summary ("Neither noise, nor a letter to a key that bob never had, stays in his mailbox");
  net_join_two (net, &alice, &bob);
  curious_init (&carol, net);
  curious_run (&carol, UDPNAT_SEC (3));
  net_kill_user (bob);
  put_by_hand (&carol, bob, garbage, sizeof garbage);
  garbage[8] = 77; /* the prekey's id */
  put_by_hand (&carol, bob, garbage, sizeof garbage);
  garbage[0] = 200; /* of a later version */
  put_by_hand (&carol, bob, garbage, sizeof garbage);
  come_back (bob, "bob");
  g_assert_cmpuint (net->letters->len, ==, 0);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_ITEM], ==, 0);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_PREKEY_USED], ==, 0);
  curious_clear (&carol);
}

static void
test_nonsense_inside (void)
{
  g_autoptr (Net) net = net_new (14);
  g_autoptr (GByteArray) sealed = g_byte_array_new ();
  const guint8 nonsense[40] = { 0x01, 0xff, 0xff, 0xff, 0xff };
  NetUser *alice;
  NetUser *bob;
  Curious carol;

  g_test_summary ("A letter of a real person that breaks the protocol goes as well");
  net_join_two (net, &alice, &bob);
  curious_init (&carol, net);
  curious_run (&carol, UDPNAT_SEC (3));
  net_kill_user (bob);
  g_assert_true (udpnat_sealed_write (carol.identity, net_key (bob), NULL, &net->random, nonsense,
                                      sizeof nonsense, sealed));
  put_by_hand (&carol, bob, sealed->data, sealed->len);
  come_back (bob, "bob");
  g_assert_cmpuint (net->letters->len, ==, 0);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_ITEM], ==, 0);
  curious_clear (&carol);
}

static void
test_of_a_blocked_one (void)
{
  g_autoptr (Net) net = net_new (15);
  NetUser *alice;
  NetUser *bob;

  meet_and_part (net, &alice, &bob);
  say_and_store (alice, "bob", 0, 1);
  net_kill_user (alice);
  net_ensure_record (bob->store, net_key (alice))->trust = UDPNAT_TRUST_BLOCKED;
  come_back (bob, "bob");
  g_assert_cmpuint (net->letters->len, ==, 0);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_ITEM], ==, 0);
}

static void
test_blocked_with_a_letter_open (void)
{
  g_autoptr (Net) net = net_new (16);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Blocked while a letter of hers waits to be safe: it is given back");
  meet_and_part (net, &alice, &bob);
  say_and_store (alice, "bob", 0, 1);
  net_kill_user (alice);
  net_run (net, UNTIL_NOTICED_US);
  bob->is_choosy = bob->is_slow = TRUE;
  come_back (bob, "bob");
  g_assert_cmpuint (net->letters->len, ==, 1);
  net_set_trust (bob, net_key (alice), UDPNAT_TRUST_BLOCKED);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->letters->len, ==, 0);
}

static void
test_refused_is_mailed_again (void)
{
  g_autoptr (Net) net = net_new (17);
  g_autoptr (GByteArray) accept = g_byte_array_new ();
  g_autoptr (GByteArray) sealed = g_byte_array_new ();
  const UdpnatMessageId id = { { 1 } };
  NetUser *alice;
  NetUser *bob;
  Curious carol;

  g_test_summary ("Bob refused what was in her letter, and the server has it no longer. When he "
                  "says that he has accepted her, she writes it again");
  meet_and_part (net, &alice, &bob);
  curious_init (&carol, net); /* no more than a hand that puts bob's letter */
  curious_run (&carol, UDPNAT_SEC (3));
  say_and_store (alice, "bob", 0, 2);
  net_kill_server (net);
  g_ptr_array_set_size (net->letters, 0);
  net_start_server (net);
  curious_run (&carol, UDPNAT_SEC (60));
  g_assert_cmpuint (net->n_letters_ever, ==, 1);

  udpnat_write_item (accept, UDPNAT_ITEM_ACCEPT, &id, NET_WALL_US, NULL, 0);
  g_assert_true (udpnat_sealed_write (bob->identity, net_key (alice), NULL, &net->random,
                                      accept->data, accept->len, sealed));
  put_by_hand (&carol, alice, sealed->data, sealed->len);
  curious_run (&carol, UDPNAT_SEC (20));
  g_assert_cmpuint (count_stored (alice), ==, 4);
  net_kill_user (alice);
  come_back (bob, "bob");
  net_check_numbers (bob, 2);
  curious_clear (&carol);
}

/* ---- Prekeys ---- */

static void
give_prekey (NetUser               *from,
             const UdpnatPublicKey *to,
             NetUser               *user,
             guint64                id)
{
  Net *net = from->net;
  g_autoptr (UdpnatIdentity) pair = udpnat_identity_generate (&net->random);
  UdpnatPrekey secret = { .id = id };
  UdpnatPrekey given = { .id = id };

  memcpy (secret.key, udpnat_identity_get_secret (pair), sizeof secret.key);
  memcpy (given.key, udpnat_identity_get_public_key (pair)->bytes, sizeof given.key);
  udpnat_node_add_own_prekey (from->node, to, &secret);
  udpnat_node_add_peer_prekey (user->node, net_key (from), &given);
}

static guint64
get_prekey_id (const NetLetter *letter)
{
  guint64 id;
  gsize n;
  const guint8 *data = g_bytes_get_data (letter->data, &n);

  g_assert_true (udpnat_sealed_get_prekey_id (data, n, &id));
  return id;
}

static void
test_prekey (void)
{
  g_autoptr (Net) net = net_new (20);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("One is taken, and not used before it is forgotten on disk; the next letter "
                  "takes the next one, then none");
  meet_and_part (net, &alice, &bob);
  net_start_user (bob); /* not connected yet */
  give_prekey (bob, net_key (alice), alice, 5);
  give_prekey (bob, net_key (alice), alice, 6);

  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_PREKEY_TAKEN], ==, 1);
  g_assert_cmpuint (alice->prekey_id, ==, 5);
  g_assert_cmpuint (net->n_letters_ever, ==, 0);
  udpnat_node_confirm_prekey (alice->node, net->now_us, net_key (bob), 6, TRUE); /* not the one */
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->n_letters_ever, ==, 0);
  udpnat_node_confirm_prekey (alice->node, net->now_us, net_key (bob), 5, TRUE);
  /* once is enough */
  udpnat_node_confirm_prekey (alice->node, net->now_us, net_key (bob), 5, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->n_letters_ever, ==, 1);
  g_assert_cmpuint (count_stored (alice), ==, 1);

  net_say_numbers (alice, "bob", 1, 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->prekey_id, ==, 6);
  udpnat_node_confirm_prekey (alice->node, net->now_us, net_key (bob), 6, TRUE);
  net_run (net, UDPNAT_SEC (1));
  say_and_store (alice, "bob", 2, 1);
  g_assert_cmpuint (get_prekey_id (g_ptr_array_index (net->letters, 0)), ==, 5);
  g_assert_cmpuint (get_prekey_id (g_ptr_array_index (net->letters, 1)), ==, 6);
  g_assert_cmpuint (get_prekey_id (g_ptr_array_index (net->letters, 2)), ==, 0);

  net_kill_user (alice);
  net_log_in (bob, "bob");
  net_run (net, UDPNAT_SEC (3));
  net_check_numbers (bob, 3);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_PREKEY_USED], ==, 2);
  g_assert_cmpuint (bob->prekey_id, ==, 6);
}

static void
test_prekey_of_somebody_else (void)
{
  g_autoptr (Net) net = net_new (21);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("A prekey that bob gave to another is of no use to alice");
  meet_and_part (net, &alice, &bob);
  net_start_user (bob);
  give_prekey (bob, net_key (bob), alice, 5);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (1));
  udpnat_node_confirm_prekey (alice->node, net->now_us, net_key (bob), 5, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->n_letters_ever, ==, 1);
  net_kill_user (alice);
  net_log_in (bob, "bob");
  net_run (net, UDPNAT_SEC (3));
  g_assert_cmpuint (bob->received->len, ==, 0);
  g_assert_cmpuint (bob->counts[UDPNAT_NODE_EVENT_PREKEY_USED], ==, 0);
  g_assert_cmpuint (net->letters->len, ==, 0);
}

static void
test_blocked_while_prekey_is_saved (void)
{
  g_autoptr (Net) net = net_new (22);
  g_autoptr (UdpnatItem) item = NULL;
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Bob is blocked while a letter to him waits for the disk; taken back, he is "
                  "written to as ever");
  meet_and_part (net, &alice, &bob);
  net_start_user (bob);
  give_prekey (bob, net_key (alice), alice, 5);
  net_say_numbers (alice, "bob", 0, 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_PREKEY_TAKEN], ==, 1);
  net_set_trust (alice, net_key (bob), UDPNAT_TRUST_BLOCKED);
  udpnat_node_confirm_prekey (alice->node, net->now_us, net_key (bob), 5, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->n_letters_ever, ==, 0);
  net_accept (alice, net_key (bob));
  item = net_make_text (net, "0");
  g_assert_true (udpnat_node_send (alice->node, net->now_us, net_key (bob), item, FALSE));
  net_run (net, UDPNAT_SEC (30));
  g_assert_cmpuint (net->n_letters_ever, ==, 1);
}

/* ---- What rides along ---- */

static void
test_read_by_mail (void)
{
  g_autoptr (Net) net = net_new (30);
  NetUser *alice;
  NetUser *bob;

  g_test_summary ("Receipt and READ come by mail to her who is never there with him");
  meet_and_part (net, &alice, &bob);
  say_and_store (alice, "bob", 0, 1);
  net_kill_user (alice);
  net_run (net, UNTIL_NOTICED_US);
  come_back (bob, "bob");
  udpnat_node_set_read (bob->node, net->now_us, net_key (alice), &bob->last_id);
  net_run (net, UDPNAT_SEC (20));
  net_kill_user (bob);
  net_run (net, UNTIL_NOTICED_US);
  /* Her program has the item on its disk, and says so. */
  net_start_user (alice);
  {
    g_autoptr (UdpnatItem) item = udpnat_item_new_text (&bob->last_id, NET_WALL_US, "0");

    g_assert_true (udpnat_node_send (alice->node, net->now_us, net_key (bob), item, TRUE));
  }
  net_log_in (alice, "alice");
  net_run (net, UDPNAT_SEC (5));
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_DELIVERED], ==, 1);
  g_assert_cmpuint (alice->counts[UDPNAT_NODE_EVENT_READ], ==, 1);
  g_assert_cmpuint (net->letters->len, ==, 0);
  g_assert_true (udpnat_node_is_drained (alice->node));
}

#define ADD(path, function) g_test_add_func ("/node-mail/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("due/at-once-when-away", test_at_once_when_away);
  ADD ("due/after-8s-of-silence", test_after_8s_of_silence);
  ADD ("due/never-what-is-delivered", test_not_when_delivered);
  ADD ("due/never-what-is-stored", test_stored_is_not_mailed_again);
  ADD ("refused/told-and-tried-each-10-minutes", test_refused_is_told);
  ADD ("refused/by-a-full-server", test_full_server_is_told);
  ADD ("refused/too-large-for-a-stranger", test_too_large_for_a_stranger);
  ADD ("refused/long-ones-are-tried-again", test_short_only_for_a_while);
  ADD ("drained/when-all-is-stored", test_drained_when_stored);
  ADD ("letter/kept-until-confirmed", test_kept_until_confirmed);
  ADD ("letter/given-back-when-refused", test_given_back_when_refused);
  ADD ("letter/kept-when-disk-failed", test_kept_when_disk_failed);
  ADD ("letter/no-more-than-64-under-way", test_many_letters);
  ADD ("letter/unreadable-is-given-back", test_unreadable);
  ADD ("letter/nonsense-is-given-back", test_nonsense_inside);
  ADD ("letter/of-blocked-is-given-back", test_of_a_blocked_one);
  ADD ("letter/given-back-when-blocked", test_blocked_with_a_letter_open);
  ADD ("letter/written-again-when-accepted", test_refused_is_mailed_again);
  ADD ("prekey/used-when-forgotten-and-once", test_prekey);
  ADD ("prekey/of-another-is-no-use", test_prekey_of_somebody_else);
  ADD ("prekey/blocked-while-it-is-saved", test_blocked_while_prekey_is_saved);
  ADD ("read/comes-by-mail", test_read_by_mail);

  return g_test_run ();
}
