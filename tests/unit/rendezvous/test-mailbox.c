#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-mailbox.h"

#include <string.h>

/* UdpnatMailbox: who may leave how much for whom, both sides of each limit (PROTOCOL.md section
 * 14). */

#define NOW_S 1700000000

static const UdpnatPublicKey alice = { { 1 } };
static const UdpnatPublicKey bob = { { 2 } };

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  memset (out, 7, n_out);
}

static UdpnatMailbox *
make (gint64 recipient_bytes,
      gint64 total_bytes)
{
  const UdpnatMailboxLimits limits = { recipient_bytes, total_bytes, 0 };
  const UdpnatRandom        random = { fill, NULL };

  return udpnat_mailbox_new (&random, &limits);
}

/* The pass number @n. */
static const guint8 *
get_pass (guint n)
{
  static guint8 pass[UDPNAT_MAIL_PASS_BYTES];

  memset (pass, 0, sizeof pass);
  pass[0] = 1;
  pass[14] = (guint8) (n >> 8);
  pass[15] = (guint8) n;
  return pass;
}

static gboolean
accept (UdpnatMailbox         *box,
        const UdpnatPublicKey *recipient,
        guint                  n)
{
  return udpnat_mailbox_set_passes (box, recipient, FALSE, get_pass (n), 1);
}

/* As the server does it. */
static UdpnatMailCode
put (UdpnatMailbox         *box,
     const UdpnatPublicKey *recipient,
     const guint8          *pass,
     gsize                  n_bytes)
{
  UdpnatMailCode code = udpnat_mailbox_judge (box, recipient, pass, n_bytes);

  if (code == UDPNAT_MAIL_STORED)
    udpnat_mailbox_add (box, recipient, pass, n_bytes, NOW_S)->is_stored = TRUE;
  return code;
}

/* ---- Shares ---- */

static void
test_stranger_size (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);

  g_assert_cmpint (put (box, &alice, NULL, UDPNAT_MAIL_STRANGER_MAX_BYTES + 1), ==,
                   UDPNAT_MAIL_TOO_LARGE);
  g_assert_cmpint (put (box, &alice, NULL, UDPNAT_MAIL_STRANGER_MAX_BYTES), ==, UDPNAT_MAIL_STORED);
}

static void
test_strangers_items (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);

  for (guint i = 0; i < UDPNAT_MAIL_STRANGERS_ITEMS; i++)
    g_assert_cmpint (put (box, &alice, NULL, 1), ==, UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &alice, NULL, 1), ==, UDPNAT_MAIL_STRANGERS_FULL);
  /* That is nobody else's trouble. */
  g_assert_cmpint (put (box, &bob, NULL, 1), ==, UDPNAT_MAIL_STORED);
  g_assert_true (accept (box, &alice, 1));
  g_assert_cmpint (put (box, &alice, get_pass (1), 1), ==, UDPNAT_MAIL_STORED);
}

static void
test_strangers_bytes (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);

  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (put (box, &alice, NULL, UDPNAT_MAIL_STRANGER_MAX_BYTES), ==,
                     UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &alice, NULL, UDPNAT_MAIL_STRANGER_MAX_BYTES - 1), ==,
                   UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &alice, NULL, 2), ==, UDPNAT_MAIL_STRANGERS_FULL);
  g_assert_cmpint (put (box, &alice, NULL, 1), ==, UDPNAT_MAIL_STORED);
}

static void
test_sender_items (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);

  g_assert_true (accept (box, &alice, 1));
  for (guint i = 0; i < UDPNAT_MAIL_SENDER_ITEMS; i++)
    g_assert_cmpint (put (box, &alice, get_pass (1), 1), ==, UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &alice, get_pass (1), 1), ==, UDPNAT_MAIL_SENDER_FULL);
  g_assert_true (accept (box, &alice, 2));
  g_assert_cmpint (put (box, &alice, get_pass (2), 1), ==, UDPNAT_MAIL_STORED);
}

static void
test_sender_bytes (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);
  gint64 n_left = UDPNAT_MAIL_SENDER_BYTES;

  g_assert_true (accept (box, &alice, 1));
  for (; n_left > 65536; n_left -= 65536)
    g_assert_cmpint (put (box, &alice, get_pass (1), 65536), ==, UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &alice, get_pass (1), (gsize) n_left + 1), ==,
                   UDPNAT_MAIL_SENDER_FULL);
  g_assert_cmpint (put (box, &alice, get_pass (1), (gsize) n_left), ==, UDPNAT_MAIL_STORED);
}

static void
test_recipient_items (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);

  for (guint i = 0; i < UDPNAT_MAIL_RECIPIENT_ITEMS; i++)
    {
      (void) accept (box, &alice, i / 1000);
      g_assert_cmpint (put (box, &alice, get_pass (i / 1000), 1), ==, UDPNAT_MAIL_STORED);
    }
  g_assert_cmpint (put (box, &alice, get_pass (0), 1), ==, UDPNAT_MAIL_RECIPIENT_FULL);
  udpnat_mailbox_remove (box, udpnat_mailbox_next (box, &alice, 0));
  g_assert_cmpint (put (box, &alice, get_pass (0), 1), ==, UDPNAT_MAIL_STORED);
}

static void
test_recipient_bytes (void)
{
  g_autoptr (UdpnatMailbox) box = make (10000, 0);

  g_assert_true (accept (box, &alice, 1));
  g_assert_cmpint (put (box, &alice, get_pass (1), 9000), ==, UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &alice, get_pass (1), 1001), ==, UDPNAT_MAIL_RECIPIENT_FULL);
  /* A stranger learns nothing of what others have left. */
  g_assert_cmpint (put (box, &alice, NULL, 1001), ==, UDPNAT_MAIL_STRANGERS_FULL);
  g_assert_cmpint (put (box, &alice, get_pass (1), 1000), ==, UDPNAT_MAIL_STORED);
}

static void
test_total_bytes (void)
{
  const gint64 cost = UDPNAT_MAIL_ITEM_COST_BYTES;
  g_autoptr (UdpnatMailbox) box = make (0, 2 * (1000 + cost));

  g_assert_cmpint (put (box, &alice, NULL, 1000), ==, UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &bob, NULL, 1001), ==, UDPNAT_MAIL_TRY_LATER);
  g_assert_cmpint (put (box, &bob, NULL, 1000), ==, UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &bob, NULL, 1), ==, UDPNAT_MAIL_TRY_LATER);
}

/* Whoever has much may not have the last of what is free. */
static void
test_room_for_newcomers (void)
{
  const gint64 cost = UDPNAT_MAIL_ITEM_COST_BYTES;
  g_autoptr (UdpnatMailbox) box = make (0, 3 * (1000 + cost));

  g_assert_cmpint (put (box, &alice, NULL, 1000), ==, UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &alice, NULL, 1001), ==, UDPNAT_MAIL_TRY_LATER);
  g_assert_cmpint (put (box, &alice, NULL, 1000), ==, UDPNAT_MAIL_STORED);
  g_assert_cmpint (put (box, &alice, NULL, 1), ==, UDPNAT_MAIL_TRY_LATER);
  g_assert_cmpint (put (box, &bob, NULL, 1000), ==, UDPNAT_MAIL_STORED);
}

/* What is taken counts, though it is not on disk yet. */
static void
test_unstored_counts (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);
  UdpnatMail *mail;

  for (guint i = 0; i < UDPNAT_MAIL_STRANGERS_ITEMS; i++)
    mail = udpnat_mailbox_add (box, &alice, NULL, 1, NOW_S);
  g_assert_cmpint (put (box, &alice, NULL, 1), ==, UDPNAT_MAIL_STRANGERS_FULL);
  udpnat_mailbox_remove (box, mail);
  g_assert_cmpint (put (box, &alice, NULL, 1), ==, UDPNAT_MAIL_STORED);
}

/* ---- Passes ---- */

static void
test_passes (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);
  const guint8 none[UDPNAT_MAIL_PASS_BYTES] = { 0 };

  g_assert_false (udpnat_mailbox_has_pass (box, &alice, get_pass (1)));
  g_assert_true (accept (box, &alice, 1));
  g_assert_false (accept (box, &alice, 1));
  g_assert_true (udpnat_mailbox_has_pass (box, &alice, get_pass (1)));
  g_assert_false (udpnat_mailbox_has_pass (box, &alice, get_pass (2)));
  g_assert_false (udpnat_mailbox_has_pass (box, &bob, get_pass (1)));
  g_assert_false (udpnat_mailbox_set_passes (box, &alice, FALSE, none, 1));
  g_assert_false (udpnat_mailbox_has_pass (box, &alice, none));
  /* All others go. */
  g_assert_true (udpnat_mailbox_set_passes (box, &alice, TRUE, get_pass (2), 1));
  g_assert_false (udpnat_mailbox_has_pass (box, &alice, get_pass (1)));
  g_assert_true (udpnat_mailbox_has_pass (box, &alice, get_pass (2)));
  g_assert_true (udpnat_mailbox_set_passes (box, &alice, TRUE, NULL, 0));
  g_assert_false (udpnat_mailbox_has_pass (box, &alice, get_pass (2)));
}

static void
test_too_many_passes (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);

  for (guint i = 0; i < UDPNAT_MAIL_PASSES_MAX; i++)
    g_assert_true (accept (box, &alice, i));
  g_assert_false (accept (box, &alice, UDPNAT_MAIL_PASSES_MAX));
  g_assert_false (udpnat_mailbox_has_pass (box, &alice, get_pass (UDPNAT_MAIL_PASSES_MAX)));
  g_assert_true (udpnat_mailbox_has_pass (box, &alice, get_pass (UDPNAT_MAIL_PASSES_MAX - 1)));
}

static void
test_passes_cost (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 2 * UDPNAT_MAIL_PASS_COST_BYTES);

  g_assert_true (accept (box, &alice, 1));
  g_assert_true (accept (box, &bob, 1));
  g_assert_false (accept (box, &bob, 2));
  g_assert_true (udpnat_mailbox_set_passes (box, &alice, TRUE, NULL, 0));
  g_assert_true (accept (box, &bob, 2) || accept (box, &alice, 1));
}

/* Its letters stay, and count, but a new one is a stranger's. */
static void
test_pass_taken_back (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);
  g_autoptr (GBytes) passes = NULL;
  UdpnatPublicKey key;

  g_assert_true (accept (box, &alice, 1));
  for (guint i = 0; i < UDPNAT_MAIL_SENDER_ITEMS; i++)
    g_assert_cmpint (put (box, &alice, get_pass (1), 1), ==, UDPNAT_MAIL_STORED);
  g_assert_true (udpnat_mailbox_set_passes (box, &alice, TRUE, NULL, 0));
  g_assert_false (udpnat_mailbox_has_pass (box, &alice, get_pass (1)));
  g_assert_cmpuint (udpnat_mailbox_get_count (box), ==, UDPNAT_MAIL_SENDER_ITEMS);
  g_assert_true (accept (box, &alice, 1));
  g_assert_cmpint (put (box, &alice, get_pass (1), 1), ==, UDPNAT_MAIL_SENDER_FULL);

  udpnat_mailbox_mark_changed (box, &alice);
  udpnat_mailbox_mark_changed (box, &alice);
  passes = udpnat_mailbox_pop_changed (box, &key);
  g_assert_cmpmem (g_bytes_get_data (passes, NULL), g_bytes_get_size (passes), get_pass (1), 16);
  g_assert_true (udpnat_public_key_equal (&key, &alice));
  g_assert_null (udpnat_mailbox_pop_changed (box, &key));
}

/* ---- Order and time ---- */

static void
test_order (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);
  const UdpnatMail *mail;

  udpnat_mailbox_restore (box, 30, &alice, NULL, 1, NOW_S);
  udpnat_mailbox_restore (box, 20, &alice, get_pass (1), 1, NOW_S);
  udpnat_mailbox_restore (box, 25, &bob, NULL, 1, NOW_S);
  udpnat_mailbox_restore (box, 25, &alice, NULL, 1, NOW_S); /* there already */
  g_assert_cmpuint (udpnat_mailbox_add (box, &alice, NULL, 1, NOW_S)->number, ==, 31);
  mail = udpnat_mailbox_next (box, &alice, 0);
  g_assert_cmpuint (mail->number, ==, 20);
  g_assert_true (mail->is_stored && mail->has_pass);
  g_assert_cmpuint (udpnat_mailbox_next (box, &alice, 20)->number, ==, 30);
  g_assert_cmpuint (udpnat_mailbox_next (box, &alice, 30)->number, ==, 31);
  g_assert_null (udpnat_mailbox_next (box, &alice, 31));
  g_assert_cmpint (udpnat_mailbox_get_bytes (box), ==, 4);
}

static void
test_numbers_rise (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);

  udpnat_mailbox_remove (box, udpnat_mailbox_add (box, &alice, NULL, 1, NOW_S));
  g_assert_cmpuint (udpnat_mailbox_add (box, &alice, NULL, 1, NOW_S)->number, ==, 2);
  udpnat_mailbox_raise_number (box, 1000);
  udpnat_mailbox_raise_number (box, 500);
  udpnat_mailbox_raise_number (box, G_MAXUINT64);
  g_assert_cmpuint (udpnat_mailbox_add (box, &alice, NULL, 1, NOW_S)->number, ==, 1001);
}

/* In the order of time, whatever the numbers say. */
static void
test_oldest (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);

  g_assert_null (udpnat_mailbox_peek_oldest (box));
  udpnat_mailbox_restore (box, 1, &alice, NULL, 1, NOW_S + 5);
  udpnat_mailbox_restore (box, 2, &bob, NULL, 1, NOW_S);
  g_assert_cmpuint (udpnat_mailbox_peek_oldest (box)->number, ==, 2);
  g_assert_cmpint (udpnat_mailbox_peek_oldest (box)->expiry.deadline_us, ==,
                   NOW_S + UDPNAT_MAIL_DAYS * 86400);
  udpnat_mailbox_remove (box, udpnat_mailbox_find (box, 2));
  g_assert_cmpuint (udpnat_mailbox_peek_oldest (box)->number, ==, 1);
}

static void
test_reads (void)
{
  g_autoptr (UdpnatMailbox) box = make (0, 0);
  gint64      cost = 65536 + UDPNAT_MAIL_ITEM_COST_BYTES;
  UdpnatMail *mail = udpnat_mailbox_add (box, &alice, NULL, 65536, NOW_S);

  for (gint64 n = 0; n + cost <= UDPNAT_MAIL_READ_BURST_BYTES; n += cost)
    g_assert_true (udpnat_mailbox_take_read (box, 0, mail));
  g_assert_false (udpnat_mailbox_take_read (box, 0, mail));
  g_assert_true (udpnat_mailbox_take_read (box, UDPNAT_SEC (1), mail));
}

/* Anything in any order: what is counted is what is there. */
static void
test_random (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (UdpnatMailbox) box = make (100000, 1000000);

  for (guint i = 0; i < 20000; i++)
    {
      UdpnatPublicKey key = { { (guint8) g_rand_int_range (random, 0, 5) } };
      const guint8   *pass = get_pass ((guint) g_rand_int_range (random, 0, 8));
      UdpnatMail     *mail;

      switch (g_rand_int_range (random, 0, 5))
        {
        case 0:
          (void) udpnat_mailbox_set_passes (box, &key, g_rand_boolean (random), pass,
                                            (guint) g_rand_int_range (random, 0, 2));
          break;
        case 1:
        case 2:
          (void) put (box, &key, udpnat_mailbox_has_pass (box, &key, pass) ? pass : NULL,
                      (gsize) g_rand_int_range (random, 1, 20000));
          break;
        default:
          mail = udpnat_mailbox_next (box, &key, 0);
          if (mail != NULL)
            udpnat_mailbox_remove (box, mail);
          break;
        }
      g_assert_cmpint (udpnat_mailbox_get_bytes (box), <=, 500000);
    }
  while (udpnat_mailbox_peek_oldest (box) != NULL)
    udpnat_mailbox_remove (box, udpnat_mailbox_peek_oldest (box));
  g_assert_cmpuint (udpnat_mailbox_get_count (box), ==, 0);
  g_assert_cmpint (udpnat_mailbox_get_bytes (box), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mailbox/stranger/size-of-a-letter", test_stranger_size);
  g_test_add_func ("/mailbox/strangers/letters", test_strangers_items);
  g_test_add_func ("/mailbox/strangers/bytes", test_strangers_bytes);
  g_test_add_func ("/mailbox/sender/letters", test_sender_items);
  g_test_add_func ("/mailbox/sender/bytes", test_sender_bytes);
  g_test_add_func ("/mailbox/recipient/letters", test_recipient_items);
  g_test_add_func ("/mailbox/recipient/bytes", test_recipient_bytes);
  g_test_add_func ("/mailbox/total/bytes", test_total_bytes);
  g_test_add_func ("/mailbox/total/room-for-newcomers", test_room_for_newcomers);
  g_test_add_func ("/mailbox/total/unstored-counts", test_unstored_counts);
  g_test_add_func ("/mailbox/passes/added-and-replaced", test_passes);
  g_test_add_func ("/mailbox/passes/limited", test_too_many_passes);
  g_test_add_func ("/mailbox/passes/cost-of-the-total", test_passes_cost);
  g_test_add_func ("/mailbox/passes/taken-back-with-letters", test_pass_taken_back);
  g_test_add_func ("/mailbox/letters/in-order-of-numbers", test_order);
  g_test_add_func ("/mailbox/letters/numbers-only-rise", test_numbers_rise);
  g_test_add_func ("/mailbox/letters/oldest-expires-first", test_oldest);
  g_test_add_func ("/mailbox/letters/reading-is-limited", test_reads);
  g_test_add_func ("/mailbox/random/counts-are-right", test_random);
  return g_test_run ();
}
