#include "config.h"

#include "rendezvous-net.h"

/* Mail (PROTOCOL.md section 14), over a client half and a server half with a disk between. */

static const guint8 pass[UDPNAT_MAIL_PASS_BYTES] = "bob's for alice";
static const guint8 other_pass[UDPNAT_MAIL_PASS_BYTES] = "carol's for all";

static const UdpnatPublicKey *
key_of (const NetClient *client)
{
  return udpnat_identity_get_public_key (client->identity);
}

static guint32
put_bytes (Net          *net,
           NetClient    *from,
           NetClient    *to,
           const guint8 *with_pass,
           const guint8 *sealed,
           gsize         n_sealed)
{
  return udpnat_rendezvous_client_put_mail (from->client, net->now_us, key_of (to), with_pass,
                                            sealed, n_sealed);
}

static guint32
put (Net          *net,
     NetClient    *from,
     NetClient    *to,
     const guint8 *with_pass,
     const char   *text)
{
  return put_bytes (net, from, to, with_pass, (const guint8 *) text, strlen (text));
}

/* Many, at a pace that the server allows. */
static void
put_many (Net          *net,
          NetClient    *from,
          NetClient    *to,
          guint         n,
          gsize         n_bytes)
{
  g_autofree guint8 *sealed = g_malloc0 (n_bytes);

  for (guint i = 0; i < n; i++)
    {
      memcpy (sealed, &i, sizeof i);
      g_assert_cmpuint (put_bytes (net, from, to, pass, sealed, n_bytes), !=, 0);
      net_run (net, UDPNAT_MSEC (200));
    }
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (from->put_counts[UDPNAT_MAIL_STORED], >=, n);
}

static void
leave (Net       *net,
       NetClient *client)
{
  udpnat_rendezvous_client_leave (client->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
}

static void
restart (Net *net)
{
  udpnat_rendezvous_server_shut_down (net->server, net->now_us);
  net_drain (net);
  g_clear_pointer (&net->server, udpnat_rendezvous_server_free);
  net_start_server (net);
  net_run (net, UDPNAT_SEC (2));
}

/* Alice has a name and is away, and accepts Bob. */
static Net *
make (guint64     seed,
      NetClient **out_alice,
      NetClient **out_bob)
{
  Net *net = net_new (seed);

  *out_alice = net_join (net, "Alice");
  *out_bob = net_join (net, "Bob");
  udpnat_rendezvous_client_set_passes ((*out_alice)->client, net->now_us, pass, 1);
  net_run (net, UDPNAT_SEC (10));
  leave (net, *out_alice);
  return net;
}

static void
assert_letter (const NetClient *client,
               guint            index,
               const char      *text)
{
  const NetLetter *letter;

  g_assert_cmpuint (client->letters->len, >, index);
  letter = client->letters->pdata[index];
  g_assert_cmpmem (g_bytes_get_data (letter->data, NULL), g_bytes_get_size (letter->data), text,
                   strlen (text));
}

/* ---- Putting ---- */

static void
test_stored (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (1, &alice, &bob);
  const NetLetter *letter;
  guint32 request = put (net, bob, alice, pass, "hello");

  g_assert_cmpuint (request, !=, 0);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, 1);
  g_assert_cmpuint (bob->put_request, ==, request);
  g_assert_cmpuint (net->letters->len, ==, 1);
  letter = net->letters->pdata[0];
  g_assert_true (udpnat_public_key_equal (&letter->recipient, key_of (alice)));
  g_assert_true (letter->has_pass);
  g_assert_cmpint (letter->stored_s, ==, (NET_WALL_US + net->now_us) / G_USEC_PER_SEC - 1);
  g_assert_cmpuint (net_stats (net).letters, ==, 1);
}

static void
test_not_told_before_stored (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (2, &alice, &bob);

  net->is_mail_slow = TRUE;
  net_join_client (net, alice, "Alice");
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT], ==, 0);
  g_assert_cmpuint (alice->letters->len, ==, 0);
  net_complete_letters (net, TRUE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, 1);
  assert_letter (alice, 0, "hello");
}

static void
test_disk_failed (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (3, &alice, &bob);

  net->is_mail_slow = TRUE;
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  net_complete_letters (net, FALSE);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TRY_LATER], ==, 1);
  g_assert_cmpuint (net_stats (net).letters, ==, 0);
}

/* The sender goes before the disk is done: nobody to be told, and nothing is lost. */
static void
test_sender_gone (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (4, &alice, &bob);

  net->is_mail_slow = TRUE;
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  leave (net, bob);
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TRY_LATER], ==, 1);
  net_complete_letters (net, TRUE);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  assert_letter (alice, 0, "hello");
}

static void
test_largest (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (5, &alice, &bob);
  g_autofree guint8 *sealed = g_malloc0 (UDPNAT_MAIL_SEALED_MAX_BYTES);

  net_join_client (net, alice, "Alice");
  g_assert_cmpuint (put_bytes (net, bob, alice, pass, sealed, UDPNAT_MAIL_SEALED_MAX_BYTES), !=, 0);
  net_run (net, UDPNAT_SEC (3));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, 1);
  g_assert_cmpuint (g_bytes_get_size (((NetLetter *) alice->letters->pdata[0])->data), ==,
                    UDPNAT_MAIL_SEALED_MAX_BYTES);
}

static void
test_off (void)
{
  g_autoptr (Net) net = net_new (6);
  NetClient *alice = net_join (net, "Alice"), *bob = net_join (net, "Bob");

  net->is_mailbox_off = TRUE;
  restart (net);
  udpnat_rendezvous_client_set_passes (alice->client, net->now_us, pass, 1);
  udpnat_rendezvous_client_ack_mail (alice->client, net->now_us, 1);
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_OFF], ==, 1);
  g_assert_cmpuint (net->letters->len + net->n_passes_events, ==, 0);
}

static void
test_unknown_recipient (void)
{
  g_autoptr (Net) net = net_new (7);
  NetClient *alice = net_join (net, NULL), *bob = net_join (net, "Bob");

  net_run (net, UDPNAT_SEC (1));
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_UNKNOWN_RECIPIENT], ==, 1);
  /* And passes of one who has no name are not kept. */
  udpnat_rendezvous_client_set_passes (alice->client, net->now_us, pass, 1);
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (net->n_passes_events, ==, 0);
}

/* A guest of this server, who is registered elsewhere. */
static void
test_guest (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (8, &alice, &bob);
  NetClient *carol = net_join (net, NULL);

  g_assert_cmpuint (put (net, carol, alice, NULL, "too early"), ==, 0);
  net_run (net, UDPNAT_SEC (1));
  (void) put (net, carol, alice, NULL, "hello");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (carol->put_counts[UDPNAT_MAIL_STORED], ==, 1);
  g_assert_false (((NetLetter *) net->letters->pdata[0])->has_pass);
}

/* ---- Limits ---- */

static void
test_stranger_rate (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (10, &alice, &bob);

  for (guint i = 0; i <= UDPNAT_MAIL_STRANGER_PUTS_BURST; i++)
    (void) put (net, bob, alice, other_pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, UDPNAT_MAIL_STRANGER_PUTS_BURST);
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TRY_LATER], ==, 1);
  net_run (net, UDPNAT_SEC (UDPNAT_MAIL_STRANGER_PUT_S - 2));
  (void) put (net, bob, alice, NULL, "hello");
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TRY_LATER], ==, 2);
  (void) put (net, bob, alice, NULL, "hello");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, UDPNAT_MAIL_STRANGER_PUTS_BURST + 1);
}

static void
test_rate (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (11, &alice, &bob);

  for (guint i = 0; i < 2 * UDPNAT_MAIL_PUTS_BURST; i++)
    (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, UDPNAT_MAIL_PUTS_BURST);
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TRY_LATER], ==, UDPNAT_MAIL_PUTS_BURST);
}

static void
test_too_large_for_a_stranger (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (12, &alice, &bob);
  g_autofree guint8 *sealed = g_malloc0 (UDPNAT_MAIL_STRANGER_MAX_BYTES + 1);

  (void) put_bytes (net, bob, alice, NULL, sealed, UDPNAT_MAIL_STRANGER_MAX_BYTES + 1);
  (void) put_bytes (net, bob, alice, NULL, sealed, UDPNAT_MAIL_STRANGER_MAX_BYTES);
  net_run (net, UDPNAT_SEC (2));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TOO_LARGE], ==, 1);
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_STORED], ==, 1);
}

/* A disk that does not answer: what waits for it is bounded in all, whoever sends it. */
static void
test_flood (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (13, &alice, &bob);
  g_autofree guint8 *sealed = g_malloc0 (UDPNAT_MAIL_SEALED_MAX_BYTES);
  gsize n_open = 0;

  net->is_mail_slow = TRUE;
  for (guint i = 0; i < 20; i++)
    {
      NetClient *client = net_join (net, NULL);

      net_run (net, UDPNAT_SEC (1));
      for (guint k = 0; k < 10; k++)
        {
          (void) put_bytes (net, client, alice, pass, sealed, UDPNAT_MAIL_SEALED_MAX_BYTES);
          net_run (net, UDPNAT_SEC (1));
        }
    }
  for (guint i = 0; i < net->letters->len; i++)
    n_open += g_bytes_get_size (((NetLetter *) net->letters->pdata[i])->data);
  g_assert_cmpuint (n_open, <=, UDPNAT_MAIL_SENDER_BYTES);
  g_assert_cmpint (net_stats (net).letter_bytes, ==, (gint64) n_open);
  net_complete_letters (net, TRUE);
}

/* Letters to many people from two who may: a share would stop them much later. */
static void
test_pending_bytes (void)
{
  g_autoptr (Net) net = net_new (14);
  g_autofree guint8 *sealed = g_malloc0 (UDPNAT_MAIL_SEALED_MAX_BYTES);
  NetClient *senders[] = { net_join (net, "Bob"), net_join (net, "Carol") };
  NetClient *alices[4];
  guint n_max = UDPNAT_MAIL_PENDING_MAX_BYTES / UDPNAT_MAIL_SEALED_MAX_BYTES;

  net->is_mail_slow = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (alices); i++)
    {
      g_autofree char *name = g_strdup_printf ("Alice %u", i);

      alices[i] = net_join (net, name);
      udpnat_rendezvous_client_set_passes (alices[i]->client, net->now_us, pass, 1);
    }
  net_run (net, UDPNAT_SEC (1));
  for (guint i = 0; i < 2 * UDPNAT_MAIL_PUTS_MAX; i++)
    {
      g_assert_cmpuint (put_bytes (net, senders[i % 2], alices[i % G_N_ELEMENTS (alices)], pass,
                                   sealed, UDPNAT_MAIL_SEALED_MAX_BYTES), !=, 0);
      net_run (net, UDPNAT_SEC (1));
    }
  g_assert_cmpuint (n_max, <, 2 * UDPNAT_MAIL_PUTS_MAX);
  g_assert_cmpuint (net->open_letters->len, ==, n_max);
  net_complete_letters (net, TRUE);
  net_run (net, UDPNAT_SEC (1));
  (void) put_bytes (net, senders[0], alices[0], pass, sealed, UDPNAT_MAIL_SEALED_MAX_BYTES);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->open_letters->len, ==, 1);
}

/* ---- Getting ---- */

static void
test_in_order (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (20, &alice, &bob);

  put_many (net, bob, alice, 30, 10000);
  alice->is_reading = TRUE;
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->letters->len, ==, 30);
  for (guint i = 0; i < 30; i++)
    {
      const NetLetter *letter = alice->letters->pdata[i];

      g_assert_cmpint (memcmp (g_bytes_get_data (letter->data, NULL), &i, sizeof i), ==, 0);
    }
  g_assert_cmpuint (net->letters->len, ==, 0);
  g_assert_cmpuint (net_stats (net).letters, ==, 0);
}

static void
test_pushed_at_once (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (21, &alice, &bob);

  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_MSEC (100));
  assert_letter (alice, 0, "hello");
}

/* Not before there is a name: whoever has none gets no mail. */
static void
test_only_when_registered (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (22, &alice, &bob);

  net_join_client (net, alice, NULL);
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->letters->len, ==, 0);
  g_assert_cmpuint (net->n_loads, ==, 0);
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  assert_letter (alice, 0, "hello");
}

static void
test_again_until_acknowledged (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (23, &alice, &bob);

  (void) put (net, bob, alice, pass, "hello");
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (100));
  g_assert_cmpuint (alice->letters->len, ==, 1);
  /* In one session once, also under a name that was given back in between. */
  udpnat_rendezvous_client_unregister (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_register (alice->client, net->now_us, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->letters->len, ==, 1);

  leave (net, alice);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->letters->len, ==, 2);
  assert_letter (alice, 1, "hello");
  udpnat_rendezvous_client_ack_mail (alice->client, net->now_us,
                                     ((NetLetter *) alice->letters->pdata[1])->number);
  net_run (net, UDPNAT_SEC (1));
  leave (net, alice);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->letters->len, ==, 2);
}

static void
test_others_cannot_acknowledge (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (24, &alice, &bob);

  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_ack_mail (bob->client, net->now_us,
                                     ((NetLetter *) net->letters->pdata[0])->number);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->letters->len, ==, 1);
}

static void
test_unacknowledged_are_few (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (25, &alice, &bob);

  put_many (net, bob, alice, UDPNAT_MAIL_UNACKED_MAX + 10, 10);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (100));
  g_assert_cmpuint (alice->letters->len, ==, UDPNAT_MAIL_UNACKED_MAX);
  for (guint i = 0; i < 5; i++)
    udpnat_rendezvous_client_ack_mail (alice->client, net->now_us,
                                       ((NetLetter *) alice->letters->pdata[i])->number);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->letters->len, ==, UDPNAT_MAIL_UNACKED_MAX + 5);
}

/* Nor after it has been given back. */
static void
test_not_when_unregistered (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (35, &alice, &bob);

  put_many (net, bob, alice, UDPNAT_MAIL_UNACKED_MAX + 10, 10);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->letters->len, ==, UDPNAT_MAIL_UNACKED_MAX);
  udpnat_rendezvous_client_unregister (alice->client, net->now_us);
  net_run (net, UDPNAT_SEC (1));
  udpnat_rendezvous_client_ack_mail (alice->client, net->now_us,
                                     ((NetLetter *) alice->letters->pdata[0])->number);
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->letters->len, ==, UDPNAT_MAIL_UNACKED_MAX);
}

/* A client that is told much and answers nothing makes the server read no more than a little. */
static void
test_deaf_client (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (26, &alice, &bob);

  put_many (net, bob, alice, 20, 60000);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_MSEC (30)); /* HS2 is in, REGISTER is out */
  alice->is_cut = TRUE;
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (net->n_loads, <=, 2);
}

static void
test_reading_in_a_loop (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (27, &alice, &bob);
  guint n_per_session = 40;
  guint n_max;

  put_many (net, bob, alice, n_per_session, 60000);
  for (guint i = 0; i < 30; i++)
    {
      net_join_client (net, alice, "Alice");
      net_run (net, UDPNAT_SEC (4));
      leave (net, alice);
    }
  n_max = (guint) (UDPNAT_MAIL_READ_BURST_BYTES / 60000)
          + 30 * 6 * UDPNAT_MAIL_READ_BYTES_PER_SECOND / 60000;
  g_assert_cmpuint (net->n_loads, <=, n_max);
  g_assert_cmpuint (net->n_loads, <, 30 * n_per_session);
}

static void
test_cannot_be_read (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (28, &alice, &bob);

  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  net->is_mail_broken = TRUE;
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->letters->len, ==, 0);
  g_assert_cmpuint (net_stats (net).letters, ==, 0);
  net->is_mail_broken = FALSE;
  (void) put (net, bob, alice, pass, "again");
  net_run (net, UDPNAT_SEC (1));
  assert_letter (alice, 0, "again");
}

static void
test_over_loss (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (29, &alice, &bob);

  alice->is_reading = TRUE;
  net_join_client (net, alice, "Alice");
  net->loss_percent = 20;
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *text = g_strdup_printf ("letter %u", i);

      (void) put (net, bob, alice, pass, text);
      net_run (net, UDPNAT_SEC (3));
    }
  net_run (net, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->letters->len, >=, 20);
  g_assert_cmpuint (net->letters->len, ==, 0);
}

/* ---- Restart, expiry ---- */

static void
test_restart (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (30, &alice, &bob);
  guint64 before;

  put_many (net, bob, alice, 3, 100);
  before = net->last_number;
  restart (net);
  (void) put (net, bob, alice, pass, "after");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->last_number, >, before);
  g_assert_true (((NetLetter *) net->letters->pdata[3])->has_pass); /* passes survive, too */
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->letters->len, ==, 4);
  for (guint i = 1; i < 4; i++)
    g_assert_cmpuint (((NetLetter *) alice->letters->pdata[i])->number, >,
                      ((NetLetter *) alice->letters->pdata[i - 1])->number);
  assert_letter (alice, 3, "after");
}

/* Also when the newest letter is gone, or the whole disk. */
static void
test_numbers_after_loss (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (31, &alice, &bob);
  guint64 before;

  put_many (net, bob, alice, 2, 100);
  before = net->last_number;
  g_ptr_array_set_size (net->letters, 0);
  restart (net);
  (void) put (net, bob, alice, pass, "after");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->last_number, >, before);
  before = net->last_number;
  net->last_number = 0;
  g_ptr_array_set_size (net->letters, 0);
  restart (net);
  (void) put (net, bob, alice, pass, "after that");
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->last_number, >, before);
}

static void
test_expiry (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (32, &alice, &bob);
  gint64 expiry_us;

  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  leave (net, bob);
  expiry_us = UDPNAT_SEC (((NetLetter *) net->letters->pdata[0])->stored_s
                          + UDPNAT_MAIL_DAYS * 86400);
  expiry_us -= net->wall_offset_us;
  net_run (net, expiry_us - net->now_us - 1);
  g_assert_cmpuint (net->letters->len, ==, 1);
  net_run (net, 1);
  g_assert_cmpuint (net->letters->len, ==, 0);
  g_assert_cmpuint (net_stats (net).letters, ==, 0);
}

/* A letter that has expired while it was told does not count as unacknowledged for ever. */
static void
test_expiry_of_told (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (33, &alice, &bob);

  put_many (net, bob, alice, UDPNAT_MAIL_UNACKED_MAX, 10);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (alice->letters->len, ==, UDPNAT_MAIL_UNACKED_MAX);
  net->wall_offset_us += UDPNAT_SEC (UDPNAT_MAIL_DAYS * 86400);
  udpnat_rendezvous_server_set_wall_clock (net->server, net->now_us,
                                           net->now_us + net->wall_offset_us);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->letters->len, ==, 0);
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  assert_letter (alice, UDPNAT_MAIL_UNACKED_MAX, "hello");
}

/* Stored while the clock was wrong: not kept for years. */
static void
test_letter_from_the_future (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (34, &alice, &bob);
  const NetLetter *letter;

  net->wall_offset_us += UDPNAT_SEC (1000 * 86400);
  udpnat_rendezvous_server_set_wall_clock (net->server, net->now_us,
                                           net->now_us + net->wall_offset_us);
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (1));
  net->wall_offset_us -= UDPNAT_SEC (1000 * 86400);
  letter = net->letters->pdata[0];
  g_assert_cmpint (letter->stored_s, >, (net->now_us + net->wall_offset_us) / G_USEC_PER_SEC);
  restart (net);
  leave (net, bob);
  net_run (net, UDPNAT_SEC (UDPNAT_MAIL_DAYS * 86400 + 60));
  g_assert_cmpuint (net->letters->len, ==, 0);
}

/* ---- Passes ---- */

static void
test_passes (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (40, &alice, &bob);
  guint8 both[2 * UDPNAT_MAIL_PASS_BYTES];

  g_assert_cmpuint (net->n_passes_events, ==, 1);
  memcpy (both, pass, sizeof pass);
  memcpy (both + sizeof pass, other_pass, sizeof other_pass);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (net->n_passes_events, ==, 1); /* said again, and nothing new */
  udpnat_rendezvous_client_set_passes (alice->client, net->now_us, both, 2);
  (void) put (net, bob, alice, other_pass, "accepted");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (net->n_passes_events, ==, 2);
  g_assert_true (((NetLetter *) net->letters->pdata[0])->has_pass);
  udpnat_rendezvous_client_set_passes (alice->client, net->now_us, NULL, 0);
  net_run (net, UDPNAT_SEC (1));
  (void) put (net, bob, alice, other_pass, "a stranger's");
  net_run (net, UDPNAT_SEC (10));
  g_assert_cmpuint (net->n_passes_events, ==, 3);
  g_assert_false (((NetLetter *) net->letters->pdata[1])->has_pass);
}

static void
test_passes_do_not_storm_the_disk (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (41, &alice, &bob);

  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (10));
  net->n_passes_events = 0;
  for (guint i = 0; i < 100; i++)
    {
      udpnat_rendezvous_client_set_passes (alice->client, net->now_us, i % 2 ? pass : other_pass,
                                           1);
      net_run (net, UDPNAT_MSEC (100));
    }
  g_assert_cmpuint (net->n_passes_events, <=, 2);
}

/* Whatever the server has forgotten. */
static void
test_passes_said_again (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (43, &alice, &bob);

  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (10));
  g_ptr_array_set_size (net->passes, 0);
  restart (net);
  (void) put (net, bob, alice, pass, "hello");
  net_run (net, UDPNAT_SEC (10));
  g_assert_true (((NetLetter *) net->letters->pdata[0])->has_pass);
  g_assert_cmpuint (net->passes->len, ==, 1);
}

static void
test_passes_at_shutdown (void)
{
  g_autoptr (Net) net = net_new (42);
  NetClient *alice = net_join (net, "Alice");

  udpnat_rendezvous_client_set_passes (alice->client, net->now_us, pass, 1);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (net->n_passes_events, ==, 0);
  restart (net);
  g_assert_cmpuint (net->n_passes_events, ==, 1);
}

/* ---- At the client ---- */

static void
test_results_after_loss (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (50, &alice, &bob);
  guint32 request;

  net->is_mail_slow = TRUE;
  (void) put (net, bob, alice, pass, "got by the server");
  net_run (net, UDPNAT_SEC (1));
  bob->is_cut = TRUE;
  request = put (net, bob, alice, pass, "on its way");
  net_run (net, UDPNAT_SERVER_LOST_US - UDPNAT_MSEC (100));
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT], ==, 0);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (bob->put_counts[UDPNAT_MAIL_TRY_LATER], ==, 2);
  g_assert_cmpuint (bob->put_request, ==, request);
  g_assert_cmpuint (put (net, bob, alice, pass, "now?"), ==, 0);
  bob->is_cut = FALSE;
  net_run (net, UDPNAT_SEC (10));
  net_complete_letters (net, TRUE);
  net_run (net, UDPNAT_SEC (1));
  /* One result for each, whatever the server says later. */
  g_assert_cmpuint (net->letters->len, ==, 2);
  g_assert_cmpuint (bob->counts[UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT], ==, 2);
}

static void
test_open_puts_are_few (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (51, &alice, &bob);

  for (guint i = 0; i < UDPNAT_MAIL_PUTS_MAX; i++)
    g_assert_cmpuint (put (net, bob, alice, pass, "hello"), !=, 0);
  g_assert_cmpuint (put (net, bob, alice, pass, "hello"), ==, 0);
  net_run (net, UDPNAT_SEC (1));
  g_assert_cmpuint (put (net, bob, alice, pass, "hello"), !=, 0);
}

/* Nobody takes the events: the letters stay at the server. */
static void
test_backpressure (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (52, &alice, &bob);
  UdpnatRendezvousEvent event;
  UdpnatDatagram datagram;
  guint n_letters = 0;

  put_many (net, bob, alice, 20, 60000);
  net_join_client (net, alice, "Alice");
  for (guint i = 0; i < 2000; i++)
    {
      const NetPacket *first;

      net_drain_server (net);
      while (udpnat_rendezvous_client_pop_output (alice->client, net->now_us, &datagram))
        {
          datagram.remote = alice->address;
          net_push (net, TRUE, &net->server_address, &datagram);
        }
      while ((first = g_queue_peek_head (&net->packets)) != NULL && first->due_us <= net->now_us)
        {
          g_autofree NetPacket *packet = g_queue_pop_head (&net->packets);

          if (packet->to_server)
            net_deliver (net, packet);
          else if (net_find (net, &packet->destination) == alice)
            (void) udpnat_rendezvous_client_handle_datagram (alice->client, net->now_us,
                                                             &packet->datagram);
        }
      net->now_us += UDPNAT_MSEC (5);
    }
  g_assert_cmpuint (net->n_loads, <=, 12); /* waiting here, in its stream, and in the server's */
  g_assert_cmpuint (net->n_loads, >=, 5);
  while (udpnat_rendezvous_client_pop_event (alice->client, &event))
    if (event.type == UDPNAT_RENDEZVOUS_EVENT_MAIL)
      n_letters++;
  g_assert_cmpuint (n_letters, >=, 5);
}

static void
test_acks_are_collected (void)
{
  NetClient *alice, *bob;
  g_autoptr (Net) net = make (53, &alice, &bob);
  guint n_sent;

  put_many (net, bob, alice, 20, 10);
  net_join_client (net, alice, "Alice");
  net_run (net, UDPNAT_SEC (10));
  n_sent = alice->n_sent;
  for (guint i = 0; i < 20; i++)
    udpnat_rendezvous_client_ack_mail (alice->client, net->now_us,
                                       ((NetLetter *) alice->letters->pdata[i])->number);
  net_run (net, UDPNAT_MSEC (100));
  g_assert_cmpuint (alice->n_sent, <=, n_sent + 2);
  g_assert_cmpuint (net->letters->len, ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendezvous-mail/put/stored", test_stored);
  g_test_add_func ("/rendezvous-mail/put/not-told-before-stored", test_not_told_before_stored);
  g_test_add_func ("/rendezvous-mail/put/disk-failed", test_disk_failed);
  g_test_add_func ("/rendezvous-mail/put/sender-gone", test_sender_gone);
  g_test_add_func ("/rendezvous-mail/put/largest", test_largest);
  g_test_add_func ("/rendezvous-mail/put/mailbox-off", test_off);
  g_test_add_func ("/rendezvous-mail/put/unknown-recipient", test_unknown_recipient);
  g_test_add_func ("/rendezvous-mail/put/by-a-guest", test_guest);
  g_test_add_func ("/rendezvous-mail/limits/stranger-rate", test_stranger_rate);
  g_test_add_func ("/rendezvous-mail/limits/rate", test_rate);
  g_test_add_func ("/rendezvous-mail/limits/stranger-size", test_too_large_for_a_stranger);
  g_test_add_func ("/rendezvous-mail/limits/flood-is-bounded", test_flood);
  g_test_add_func ("/rendezvous-mail/limits/pending-is-bounded", test_pending_bytes);
  g_test_add_func ("/rendezvous-mail/get/in-order", test_in_order);
  g_test_add_func ("/rendezvous-mail/get/pushed-at-once", test_pushed_at_once);
  g_test_add_func ("/rendezvous-mail/get/only-when-registered", test_only_when_registered);
  g_test_add_func ("/rendezvous-mail/get/not-when-unregistered", test_not_when_unregistered);
  g_test_add_func ("/rendezvous-mail/get/again-until-acknowledged", test_again_until_acknowledged);
  g_test_add_func ("/rendezvous-mail/get/others-cannot-acknowledge",
                   test_others_cannot_acknowledge);
  g_test_add_func ("/rendezvous-mail/get/unacknowledged-are-few", test_unacknowledged_are_few);
  g_test_add_func ("/rendezvous-mail/get/deaf-client-costs-little", test_deaf_client);
  g_test_add_func ("/rendezvous-mail/get/no-reading-in-a-loop", test_reading_in_a_loop);
  g_test_add_func ("/rendezvous-mail/get/unreadable-is-given-up", test_cannot_be_read);
  g_test_add_func ("/rendezvous-mail/get/over-loss", test_over_loss);
  g_test_add_func ("/rendezvous-mail/restart/order-numbers-passes", test_restart);
  g_test_add_func ("/rendezvous-mail/restart/numbers-rise-whatever-is-lost",
                   test_numbers_after_loss);
  g_test_add_func ("/rendezvous-mail/expiry/after-30-days", test_expiry);
  g_test_add_func ("/rendezvous-mail/expiry/told-ones-too", test_expiry_of_told);
  g_test_add_func ("/rendezvous-mail/expiry/letter-from-the-future", test_letter_from_the_future);
  g_test_add_func ("/rendezvous-mail/passes/replaced-and-removed", test_passes);
  g_test_add_func ("/rendezvous-mail/passes/no-storm-on-the-disk",
                   test_passes_do_not_storm_the_disk);
  g_test_add_func ("/rendezvous-mail/passes/said-again", test_passes_said_again);
  g_test_add_func ("/rendezvous-mail/passes/stored-at-shutdown", test_passes_at_shutdown);
  g_test_add_func ("/rendezvous-mail/client/one-result-after-loss", test_results_after_loss);
  g_test_add_func ("/rendezvous-mail/client/open-puts-are-few", test_open_puts_are_few);
  g_test_add_func ("/rendezvous-mail/client/letters-wait-for-their-reader", test_backpressure);
  g_test_add_func ("/rendezvous-mail/client/acks-are-collected", test_acks_are_collected);
  return g_test_run ();
}
