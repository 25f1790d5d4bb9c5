/* Beacons in virtual time: when they go, what is believed, and what it costs. */

#include "config.h"

#include "lan-link.h"

#include "udpnat-beacon.h"
#include "udpnat-signature.h"

#define QUICK_US UDPNAT_SEC (5) /* by then the first beacons have gone */

static void
join_two (Link      *link,
          LinkHost **out_alice,
          LinkHost **out_bob)
{
  *out_alice = link_add (link);
  *out_bob = link_add (link);
  link_announce (*out_alice, "alice");
  link_announce (*out_bob, "bob");
  link_run (link, QUICK_US);
}

/* A beacon of @host's key, right in every way unless the caller has changed it. */
static void
make_beacon (LinkHost       *host,
             UdpnatBeacon   *beacon,
             const char     *label,
             UdpnatDatagram *out)
{
  UdpnatSigningKey key;
  UdpnatWriter writer;
  guint8 *signature;

  udpnat_signing_key_from_identity (host->identity, &key);
  beacon->key = key.bytes;
  beacon->n_name = strlen (beacon->name);
  udpnat_writer_init (&writer, out->data, sizeof out->data);
  udpnat_beacon_write (&writer, beacon);
  beacon->n_signed = writer.n_written;
  signature = udpnat_writer_reserve (&writer, UDPNAT_SIGNATURE_BYTES);
  udpnat_signature_make (host->identity, &host->link->random, label, out->data, beacon->n_signed,
                         signature);
  out->n_data = writer.n_written;
}

static UdpnatRxResult
give_beacon (LinkHost    *to,
             LinkHost    *from,
             UdpnatBeacon beacon)
{
  UdpnatDatagram datagram;

  make_beacon (from, &beacon, "udpnat beacon", &datagram);
  return link_give (to, &from->ipv4, &datagram);
}

static UdpnatBeacon
plain_beacon (guint64 sent_us)
{
  return (UdpnatBeacon) { .sent_us = sent_us, .within_s = 30, .port = 8900, .name = "mallory" };
}

/* ---- Meeting ---- */

static void
test_lan_meet (void)
{
  g_autoptr (Link) link = link_new (1);
  LinkHost *alice, *bob;

  join_two (link, &alice, &bob);
  g_assert_cmpuint (alice->n_announced, ==, 1);
  g_assert_true (udpnat_lan_is_announced (alice->lan));
  g_assert_nonnull (alice->last);
  g_assert_true (udpnat_public_key_equal (&alice->last->key, link_key (bob)));
  g_assert_cmpstr (alice->last->name, ==, "bob");
  g_assert_cmpuint (alice->last->n_addresses, ==, 2);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpuint (alice->last->addresses[i].port, ==, UDPNAT_CLIENT_PORT);
  g_assert_true (udpnat_address_equal_ip (&alice->last->addresses[0], &bob->ipv4));
  g_assert_true (udpnat_address_equal_ip (&alice->last->addresses[1], &bob->ipv6));
  g_assert_cmpuint (bob->n_gone, ==, 0);
}

/* Whoever comes late does not wait for the others' next turn. */
static void
test_lan_newcomer (void)
{
  g_autoptr (Link) link = link_new (2);
  LinkHost *alice, *bob, *carol;

  join_two (link, &alice, &bob);
  link_run (link, UDPNAT_SEC (40));
  carol = link_add (link);
  link_announce (carol, "carol");
  link_run (link, UDPNAT_BEACON_ANSWER_US);
  g_assert_cmpuint (carol->n_appeared, ==, 4); /* both, and then each by its second family */
  g_assert_cmpstr (alice->last->name, ==, "carol");
}

/* However many come at about the same time, none of them waits for the next turn of somebody who
 * has answered many already: that would be half a minute. */
static void
test_lan_many_newcomers (void)
{
  g_autoptr (Link) link = link_new (21);
  LinkHost *alice = link_add (link);
  LinkHost *last = NULL;

  link_announce (alice, "alice");
  link_run (link, UDPNAT_SEC (40));
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *name = g_strdup_printf ("newcomer %u", i);

      last = link_add (link);
      link_announce (last, name);
      link_run (link, UDPNAT_MSEC (400));
      /* The others do not help by being there. */
      if (i < 5)
        link_stop (last);
    }
  link_run (link, UDPNAT_SEC (UDPNAT_BEACON_ANSWER_S) + UDPNAT_BEACON_ANSWER_US);
  g_assert_cmpuint (last->n_appeared, >=, 1);
  g_assert_cmpstr (last->last->name, ==, "alice");
}

static void
test_lan_silent_without_name (void)
{
  g_autoptr (Link) link = link_new (3);
  LinkHost *alice = link_add (link);
  LinkHost *bob = link_add (link);

  link_announce (alice, "alice");
  link_run (link, UDPNAT_SEC (60));
  g_assert_cmpuint (bob->n_sent, ==, 0);
  g_assert_cmpuint (bob->n_appeared, ==, 0);
  g_assert_cmpint (udpnat_machine_next_deadline (udpnat_lan_get_machine (bob->lan)), ==,
                   UDPNAT_TIME_NEVER);
}

/* An hour: one beacon in 25 s, and no other wake-up. */
static void
test_lan_idle (void)
{
  g_autoptr (Link) link = link_new (4);
  LinkHost *alice, *bob;
  guint n_before;

  link->is_ipv6_off = TRUE;
  join_two (link, &alice, &bob);
  alice->n_rounds = 0;
  alice->n_woken = 0;
  n_before = bob->n_rounds;
  link_run (link, UDPNAT_SEC (3600));
  g_assert_cmpuint (alice->n_rounds, >=, 120);
  g_assert_cmpuint (alice->n_rounds, <=, 180);
  /* own deadline and own beacon, and the other's */
  g_assert_cmpuint (alice->n_woken, ==, 2 * alice->n_rounds + bob->n_rounds - n_before);
  g_assert_cmpuint (alice->n_gone, ==, 0);
}

/* Many people: nobody is woken up much more often than once a second, and all stay. */
static void
test_lan_crowd (void)
{
  g_autoptr (Link) link = link_new (5);
  LinkHost *first;

  link->is_ipv6_off = TRUE;
  for (guint i = 0; i < 40; i++)
    link_announce (link_add (link), "somebody");
  first = &link->hosts[0];
  link_run (link, UDPNAT_SEC (100));
  g_assert_cmpuint (first->n_appeared, ==, 39);
  first->n_woken = 0;
  link_run (link, UDPNAT_SEC (200));
  g_assert_cmpuint (first->n_woken, <, 240);
  g_assert_cmpuint (first->n_gone, ==, 0);
}

static void
test_lan_lecture_hall (void)
{
  g_autoptr (Link) link = link_new (21);
  LinkHost *alice = link_add (link);

  link_announce (alice, "alice");
  for (guint i = 0; i < 200; i++)
    {
      LinkHost *other = link_add (link);
      UdpnatBeacon beacon = plain_beacon (5);

      beacon.within_s = 600;
      g_assert_cmpint (give_beacon (alice, other, beacon), ==, UDPNAT_RX_OK);
      link_stop (other);
    }
  link_run (link, UDPNAT_SEC (30));
  alice->n_rounds = 0;
  link_run (link, UDPNAT_SEC (1000));
  g_assert_cmpuint (alice->n_rounds, >=, 4);
  g_assert_cmpuint (alice->n_rounds, <=, 7);
}

/* ---- Going ---- */

static void
test_lan_leave (void)
{
  g_autoptr (Link) link = link_new (6);
  LinkHost *alice, *bob;
  UdpnatDatagram old;

  join_two (link, &alice, &bob);
  link_run (link, UDPNAT_SEC (60));
  old = link->last;
  udpnat_lan_leave (bob->lan, link->now_us);
  link_run (link, 1);
  g_assert_cmpuint (alice->n_gone, ==, 1);
  g_assert_cmpuint (bob->n_gone, ==, 1);
  g_assert_false (udpnat_lan_is_announced (bob->lan));
  /* An old beacon does not bring anybody back. */
  link_give (alice, &bob->ipv4, &old);
  link_give (alice, &bob->ipv6, &old);
  link_run (link, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->last->n_addresses, ==, 0);
  /* A new one does. */
  link_announce (bob, "bob");
  link_run (link, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->last->n_addresses, ==, 2);
}

static void
test_lan_killed (void)
{
  g_autoptr (Link) link = link_new (7);
  LinkHost *alice, *bob;

  join_two (link, &alice, &bob);
  link_stop (bob);
  link_run (link, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->n_gone, ==, 0);
  link_run (link, UDPNAT_SEC (35));
  g_assert_cmpuint (alice->n_gone, ==, 1);
  g_assert_cmpuint (alice->last->n_addresses, ==, 0);
}

/* Three beacons may be lost. */
static void
test_lan_losses (void)
{
  g_autoptr (Link) link = link_new (8);
  LinkHost *alice, *bob;

  join_two (link, &alice, &bob);
  bob->is_deaf = TRUE;
  link_run (link, UDPNAT_SEC (55));
  bob->is_deaf = FALSE;
  link_run (link, UDPNAT_SEC (31));
  g_assert_cmpuint (alice->n_gone, ==, 0);
}

static void
test_lan_new_name (void)
{
  g_autoptr (Link) link = link_new (9);
  LinkHost *alice, *bob;

  join_two (link, &alice, &bob);
  link_announce (bob, "robert");
  link_run (link, UDPNAT_SEC (1));
  g_assert_cmpstr (alice->last->name, ==, "robert");
  g_assert_cmpuint (alice->last->n_addresses, ==, 2);
  g_assert_cmpuint (bob->n_announced, ==, 2);
}

/* Started anew at once, before anybody could notice: the others are asked, and there again soon. */
static void
test_lan_restarted (void)
{
  g_autoptr (Link) link = link_new (22);
  LinkHost *alice, *bob;

  join_two (link, &alice, &bob);
  link_run (link, UDPNAT_SEC (40));
  link_stop (bob);
  link_start (bob);
  bob->n_appeared = 0;
  link_announce (bob, "bob");
  link_run (link, UDPNAT_BEACON_ANSWER_US);
  g_assert_cmpuint (bob->n_appeared, ==, 2);
  g_assert_cmpuint (alice->n_gone, ==, 0);
}

/* Asleep for an hour: what could not be heard is not missing, and who is here is asked at once. */
static void
test_lan_sleep (void)
{
  g_autoptr (Link) link = link_new (23);
  LinkHost *alice, *bob;

  join_two (link, &alice, &bob);
  link_run (link, UDPNAT_SEC (40));
  link->now_us += UDPNAT_SEC (3600);
  alice->n_rounds = 0;
  link_run (link, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->n_gone, ==, 0);
  g_assert_cmpuint (alice->n_rounds, >=, 1);
  /* He has not woken up: then he is missing, in the usual time. */
  link_stop (bob);
  link->now_us += UDPNAT_SEC (3600);
  link_run (link, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->n_gone, ==, 0);
  link_run (link, UDPNAT_SEC (40));
  g_assert_cmpuint (alice->n_gone, ==, 1);
}

/* Started anew at once on another port: nothing is sent to the old one. */
static void
test_lan_new_port (void)
{
  g_autoptr (Link) link = link_new (10);
  LinkHost *alice, *bob;

  join_two (link, &alice, &bob);
  link_stop (bob);
  link_start (bob);
  udpnat_lan_announce (bob->lan, link->now_us, "bob", 9000);
  link_run (link, UDPNAT_SEC (1));
  g_assert_cmpuint (alice->last->n_addresses, ==, 2);
  g_assert_cmpuint (alice->last->addresses[0].port, ==, 9000);
  g_assert_cmpuint (alice->last->addresses[1].port, ==, 9000);
}

/* ---- What is believed ---- */

static void
test_lan_forged (void)
{
  g_autoptr (Link) link = link_new (11);
  LinkHost *alice = link_add (link);
  LinkHost *mallory = link_add (link);
  UdpnatBeacon beacon = plain_beacon (5);
  UdpnatDatagram datagram;

  link_announce (alice, "alice");
  make_beacon (mallory, &beacon, "udpnat other", &datagram);
  g_assert_cmpint (link_give (alice, &mallory->ipv4, &datagram), ==, UDPNAT_RX_MALFORMED);
  make_beacon (mallory, &beacon, "udpnat beacon", &datagram);
  for (gsize i = 2; i < datagram.n_data; i++)
    {
      datagram.data[i] ^= 0x10;
      link->now_us += UDPNAT_SEC (1);
      g_assert_cmpint (link_give (alice, &mallory->ipv4, &datagram), !=, UDPNAT_RX_OK);
      datagram.data[i] ^= 0x10;
    }
  g_assert_cmpint (link_give (alice, &mallory->ipv4, &datagram), ==, UDPNAT_RX_OK);
}

static void
test_lan_replayed (void)
{
  g_autoptr (Link) link = link_new (12);
  LinkHost *alice = link_add (link);
  LinkHost *mallory = link_add (link);

  link_announce (alice, "alice");
  g_assert_cmpint (give_beacon (alice, mallory, plain_beacon (5)), ==, UDPNAT_RX_OK);
  g_assert_cmpint (give_beacon (alice, mallory, plain_beacon (4)), ==, UDPNAT_RX_IGNORED);
  g_assert_cmpint (give_beacon (alice, mallory, plain_beacon (5)), ==, UDPNAT_RX_IGNORED);
  g_assert_cmpint (give_beacon (alice, mallory, plain_beacon (6)), ==, UDPNAT_RX_OK);
}

/* Somebody repeats a beacon from addresses of its own: the true ones stay, and the others are few
 * and go. */
static void
test_lan_repeated_elsewhere (void)
{
  g_autoptr (Link) link = link_new (13);
  LinkHost *alice, *bob;
  guint n_own = 0;

  join_two (link, &alice, &bob);
  for (guint i = 0; i < 20; i++)
    {
      UdpnatAddress elsewhere = bob->ipv4;

      elsewhere.ip[3] = (guint8) (100 + i);
      link_give (alice, &elsewhere, &link->last);
    }
  link_turn (link);
  g_assert_cmpuint (alice->last->n_addresses, <=, UDPNAT_LAN_ADDRESSES_MAX);
  for (guint i = 0; i < alice->last->n_addresses; i++)
    n_own += udpnat_address_equal_ip (&alice->last->addresses[i], &bob->ipv4) ||
             udpnat_address_equal_ip (&alice->last->addresses[i], &bob->ipv6);
  g_assert_cmpuint (n_own, ==, 2);
  link_run (link, UDPNAT_SEC (100));
  g_assert_cmpuint (alice->last->n_addresses, ==, 2);
}

static void
test_lan_sources (void)
{
  static const struct
  {
    const char *ip;
    gboolean    is_heard;
  } sources[] = {
    { "192.168.9.9", TRUE }, { "169.254.3.4", TRUE }, { "203.0.113.77", TRUE },
    { "203.0.114.77", FALSE }, { "8.8.8.8", FALSE }, { "127.0.0.1", FALSE }, { "0.0.0.0", FALSE },
    { "fe80::1%3", TRUE }, { "fe80::1", FALSE }, { "2001:db8::1", FALSE }, { "::1", FALSE },
    { "fd00::1", FALSE },
  };
  g_autoptr (Link) link = link_new (14);
  LinkHost *alice = link_add (link);
  UdpnatAddress own;

  g_assert_true (udpnat_address_parse_ip (&own, "203.0.113.1", 0));
  udpnat_lan_set_host_addresses (alice->lan, &own, 1);
  link_announce (alice, "alice");
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    {
      LinkHost *other = link_add (link);
      UdpnatBeacon beacon = plain_beacon (5);
      UdpnatAddress source;
      UdpnatDatagram datagram;

      g_assert_true (udpnat_address_parse_ip (&source, sources[i].ip, UDPNAT_LAN_PORT));
      make_beacon (other, &beacon, "udpnat beacon", &datagram);
      g_assert_cmpint (link_give (alice, &source, &datagram), ==,
                       sources[i].is_heard ? UDPNAT_RX_OK : UDPNAT_RX_REFUSED);
    }
}

static void
test_lan_bad_claims (void)
{
  g_autoptr (Link) link = link_new (15);
  LinkHost *alice = link_add (link);
  LinkHost *mallory = link_add (link);
  UdpnatBeacon beacon = plain_beacon (5);

  link_announce (alice, "alice");
  beacon.name = " padded";
  g_assert_cmpint (give_beacon (alice, mallory, beacon), ==, UDPNAT_RX_MALFORMED);
  beacon.name = "new\nline";
  g_assert_cmpint (give_beacon (alice, mallory, beacon), ==, UDPNAT_RX_MALFORMED);
  beacon = plain_beacon (5);
  beacon.port = 53;
  g_assert_cmpint (give_beacon (alice, mallory, beacon), ==, UDPNAT_RX_MALFORMED);
  beacon = plain_beacon (5);
  beacon.is_leaving = TRUE; /* of somebody who was never here */
  g_assert_cmpint (give_beacon (alice, mallory, beacon), ==, UDPNAT_RX_IGNORED);
  g_assert_cmpint (give_beacon (alice, mallory, plain_beacon (5)), ==, UDPNAT_RX_OK);
}

/* A second program with our own key is not somebody else. */
static void
test_lan_own_key (void)
{
  g_autoptr (Link) link = link_new (16);
  LinkHost *alice = link_add (link);
  LinkHost *twin = link_add (link);

  udpnat_identity_free (twin->identity);
  twin->identity = udpnat_identity_copy (alice->identity);
  link_stop (twin);
  link_start (twin);
  link_announce (alice, "alice");
  link_announce (twin, "alice");
  link_run (link, QUICK_US);
  g_assert_cmpuint (alice->n_appeared + twin->n_appeared, ==, 0);
}

/* ---- Limits ---- */

/* Any number of keys: the table is full at some point, and whoever was there before stays. */
static void
test_lan_flood (void)
{
  g_autoptr (Link) link = link_new (17);
  LinkHost *alice, *bob;
  guint n_taken = 0;

  join_two (link, &alice, &bob);
  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&link->random);
      LinkHost mallory = { .link = link, .identity = identity, .ipv4 = bob->ipv4 };

      mallory.ipv4.ip[2] = (guint8) (1 + i / 200);
      mallory.ipv4.ip[3] = (guint8) (i % 200);
      link->now_us += UDPNAT_MSEC (10);
      n_taken += give_beacon (alice, &mallory, plain_beacon (5)) == UDPNAT_RX_OK;
    }
  g_assert_cmpuint (n_taken, >, 400);
  g_assert_cmpuint (n_taken, <=, UDPNAT_LAN_PEERS_MAX - 1);
  link_run (link, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->n_gone, ==, 0);
  link_run (link, UDPNAT_SEC (60));
  g_assert_cmpuint (alice->n_gone, ==, n_taken);
}

static void
test_lan_one_source (void)
{
  g_autoptr (Link) link = link_new (18);
  LinkHost *alice = link_add (link);
  LinkHost *mallory = link_add (link);
  guint n_taken = 0, n_refused = 0;

  link_announce (alice, "alice");
  for (guint i = 0; i < 100; i++)
    {
      UdpnatRxResult result = give_beacon (alice, mallory, plain_beacon (5 + i));

      n_taken += result == UDPNAT_RX_OK;
      n_refused += result == UDPNAT_RX_REFUSED;
    }
  g_assert_cmpuint (n_taken, ==, UDPNAT_LAN_BEACONS_BURST_PER_SOURCE);
  g_assert_cmpuint (n_refused, ==, 100 - UDPNAT_LAN_BEACONS_BURST_PER_SOURCE);
}

static void
test_lan_programs_of_one_host (void)
{
  g_autoptr (Link) link = link_new (19);
  LinkHost *alice = link_add (link);

  link_announce (alice, "alice");
  for (guint i = 0; i <= UDPNAT_LAN_PEERS_PER_ADDRESS; i++)
    {
      LinkHost *other = link_add (link);

      other->ipv4 = link->hosts[1].ipv4;
      g_assert_cmpint (give_beacon (alice, other, plain_beacon (5)), ==,
                       i < UDPNAT_LAN_PEERS_PER_ADDRESS ? UDPNAT_RX_OK : UDPNAT_RX_REFUSED);
    }
}

/* However many newcomers: we do not shout. */
static void
test_lan_answers (void)
{
  g_autoptr (Link) link = link_new (20);
  LinkHost *alice = link_add (link);

  link_announce (alice, "alice");
  link_run (link, QUICK_US);
  alice->n_rounds = 0;
  for (guint i = 0; i < 60; i++)
    {
      LinkHost *other = link_add (link);

      give_beacon (alice, other, plain_beacon (5));
      link_stop (other);
      link_run (link, UDPNAT_SEC (1));
    }
  g_assert_cmpuint (alice->n_rounds, >=, 12);
  g_assert_cmpuint (alice->n_rounds, <=, 40);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lan/meet/each-hears-the-other-in-both-families", test_lan_meet);
  g_test_add_func ("/lan/meet/newcomer-is-answered-within-500ms", test_lan_newcomer);
  g_test_add_func ("/lan/meet/none-of-many-newcomers-is-left-out", test_lan_many_newcomers);
  g_test_add_func ("/lan/meet/without-a-name-silent-and-deaf", test_lan_silent_without_name);
  g_test_add_func ("/lan/meet/new-name-is-told", test_lan_new_name);
  g_test_add_func ("/lan/meet/new-port-replaces-the-old", test_lan_new_port);
  g_test_add_func ("/lan/meet/restarted-is-answered-at-once", test_lan_restarted);
  g_test_add_func ("/lan/idle/sleep-is-not-absence", test_lan_sleep);
  g_test_add_func ("/lan/idle/one-wake-up-for-each-beacon", test_lan_idle);
  g_test_add_func ("/lan/idle/40-people-wake-once-a-second", test_lan_crowd);
  g_test_add_func ("/lan/idle/200-people-speak-every-200s", test_lan_lecture_hall);
  g_test_add_func ("/lan/go/leaving-is-told-and-lasts", test_lan_leave);
  g_test_add_func ("/lan/go/killed-is-gone-after-90s", test_lan_killed);
  g_test_add_func ("/lan/go/two-lost-beacons-do-no-harm", test_lan_losses);
  g_test_add_func ("/lan/believe/only-what-is-signed-as-a-beacon", test_lan_forged);
  g_test_add_func ("/lan/believe/no-older-beacon", test_lan_replayed);
  g_test_add_func ("/lan/believe/true-places-stay-when-others-repeat", test_lan_repeated_elsewhere);
  g_test_add_func ("/lan/believe/only-sources-on-the-link", test_lan_sources);
  g_test_add_func ("/lan/believe/no-bad-name-or-port-or-farewell", test_lan_bad_claims);
  g_test_add_func ("/lan/believe/own-key-is-nobody-else", test_lan_own_key);
  g_test_add_func ("/lan/limit/flood-of-keys-is-bounded", test_lan_flood);
  g_test_add_func ("/lan/limit/one-source-is-bounded", test_lan_one_source);
  g_test_add_func ("/lan/limit/8-programs-of-one-host", test_lan_programs_of_one_host);
  g_test_add_func ("/lan/limit/answers-are-bounded", test_lan_answers);
  return g_test_run ();
}
