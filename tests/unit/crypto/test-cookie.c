#include "config.h"

#include "udpnat-cookie.h"
#include "udpnat-limits.h"

#include <string.h>

/* MACs and cookies of PROTOCOL.md sections 2 and 3. Expected bytes made with another implementation
 * of BLAKE2b. */

#define PERIOD UDPNAT_COOKIE_SECRET_US
#define START UDPNAT_SEC (1000)

static const guint8 data[] = "handshake";

static UdpnatPublicKey
get_key (guint8 first)
{
  UdpnatPublicKey key;

  for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
    key.bytes[i] = (guint8) (first + i);

  return key;
}

/* 00 01 02 … for the first 256 bytes, then other numbers. */
static void
fill_rising (gpointer user_data,
             guint8  *out,
             gsize    n_out)
{
  guint *n_given = user_data;

  for (gsize i = 0; i < n_out; i++, (*n_given)++)
    out[i] = (guint8) (*n_given + *n_given / 256);
}

static UdpnatAddress
get_address (const char *ip,
             guint16     port)
{
  UdpnatAddress address;

  g_assert_true (udpnat_address_parse_ip (&address, ip, port));

  return address;
}

/* ---- MACs ---- */

static void
test_mac_known (void)
{
  static const guint8 expected_key[32] = {
    0xca, 0x05, 0xac, 0x3d, 0x23, 0x00, 0xdb, 0x42, 0x77, 0x26, 0x11, 0x0c, 0xc8, 0x1d, 0x69, 0x5b,
    0x6a, 0xac, 0x11, 0xb4, 0xc9, 0x03, 0xc9, 0x9a, 0xc4, 0xbc, 0xdc, 0xd1, 0xdb, 0xdd, 0x63, 0x38,
  };
  static const guint8 expected_mac[UDPNAT_MAC_BYTES] = {
    0xcd, 0xb3, 0xeb, 0xd4, 0xc0, 0x98, 0xae, 0x99, 0xa2, 0xae, 0xc8, 0x83, 0x8e, 0x18, 0x16, 0xf3,
  };
  UdpnatPublicKey receiver = get_key (0);
  guint8 key[32], mac[UDPNAT_MAC_BYTES];

  udpnat_mac1_key (&receiver, key);
  g_assert_cmpmem (key, sizeof key, expected_key, sizeof expected_key);
  udpnat_mac (key, sizeof key, (const guint8 *) "hello", 5, mac);
  g_assert_cmpmem (mac, sizeof mac, expected_mac, sizeof expected_mac);
}

static void
test_mac_verify (void)
{
  static const guint8 key[16] = { 1 };
  guint8 mac[UDPNAT_MAC_BYTES], packet[sizeof data];

  memcpy (packet, data, sizeof data);
  udpnat_mac (key, sizeof key, packet, sizeof packet, mac);
  g_assert_true (udpnat_mac_verify (key, sizeof key, packet, sizeof packet, mac));
  g_assert_false (udpnat_mac_verify (key, sizeof key, packet, sizeof packet - 1, mac));

  for (guint i = 0; i < sizeof mac * 8; i++)
    {
      mac[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (udpnat_mac_verify (key, sizeof key, packet, sizeof packet, mac));
      mac[i / 8] ^= (guint8) (1 << i % 8);
    }
  for (guint i = 0; i < sizeof packet * 8; i++)
    {
      packet[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (udpnat_mac_verify (key, sizeof key, packet, sizeof packet, mac));
      packet[i / 8] ^= (guint8) (1 << i % 8);
    }
}

static void
test_mac_empty (void)
{
  static const guint8 key[16] = { 1 };
  guint8 mac[UDPNAT_MAC_BYTES];

  udpnat_mac (key, sizeof key, NULL, 0, mac);
  g_assert_true (udpnat_mac_verify (key, sizeof key, NULL, 0, mac));
}

/* ---- Cookie maker ---- */

typedef struct
{
  guint              n_given;
  UdpnatRandom       random;
  UdpnatCookieMaker *maker;
  UdpnatAddress      source;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer user_data)
{
  fixture->random = (UdpnatRandom) { fill_rising, &fixture->n_given };
  fixture->maker = udpnat_cookie_maker_new (&fixture->random, START);
  fixture->source = get_address ("192.0.2.1", 8848);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer user_data)
{
  udpnat_cookie_maker_free (fixture->maker);
}

static gboolean
verify (Fixture             *fixture,
        gint64               now_us,
        const UdpnatAddress *source,
        const guint8         cookie[UDPNAT_COOKIE_BYTES])
{
  guint8 mac2[UDPNAT_MAC_BYTES];

  udpnat_mac (cookie, UDPNAT_COOKIE_BYTES, data, sizeof data, mac2);

  return udpnat_cookie_maker_verify_mac2 (fixture->maker, now_us, source, data, sizeof data, mac2);
}

static void
test_cookie_known (Fixture      *fixture,
                   gconstpointer user_data)
{
  static const guint8 expected[UDPNAT_COOKIE_BYTES] = {
    0x2f, 0x7e, 0xa3, 0x98, 0xe1, 0xf4, 0xcf, 0x97, 0x1d, 0x68, 0xc5, 0x5e, 0x53, 0x09, 0xb1, 0xe4,
  };
  guint8 cookie[UDPNAT_COOKIE_BYTES];

  udpnat_cookie_maker_make (fixture->maker, START, &fixture->source, cookie);
  g_assert_cmpmem (cookie, sizeof cookie, expected, sizeof expected);
  g_assert_true (verify (fixture, START, &fixture->source, cookie));
}

static void
test_cookie_of_other_source (Fixture      *fixture,
                             gconstpointer user_data)
{
  UdpnatAddress other_ip = get_address ("192.0.2.2", 8848);
  UdpnatAddress other_port = get_address ("192.0.2.1", 8849);
  UdpnatAddress other_family = get_address ("c000:201::", 8848);
  guint8 cookie[UDPNAT_COOKIE_BYTES];

  udpnat_cookie_maker_make (fixture->maker, START, &fixture->source, cookie);
  g_assert_false (verify (fixture, START, &other_ip, cookie));
  g_assert_false (verify (fixture, START, &other_port, cookie));
  g_assert_false (verify (fixture, START, &other_family, cookie));
}

static void
test_mac2_must_fit (Fixture      *fixture,
                    gconstpointer user_data)
{
  static const guint8 zeros[UDPNAT_MAC_BYTES];
  guint8 cookie[UDPNAT_COOKIE_BYTES], mac2[UDPNAT_MAC_BYTES];

  udpnat_cookie_maker_make (fixture->maker, START, &fixture->source, cookie);
  udpnat_mac (cookie, sizeof cookie, data, sizeof data, mac2);
  g_assert_true (udpnat_cookie_maker_verify_mac2 (fixture->maker, START, &fixture->source, data,
                                                  sizeof data, mac2));
  g_assert_false (udpnat_cookie_maker_verify_mac2 (fixture->maker, START, &fixture->source, data,
                                                   sizeof data - 1, mac2));
  mac2[15] ^= 1;
  g_assert_false (udpnat_cookie_maker_verify_mac2 (fixture->maker, START, &fixture->source, data,
                                                   sizeof data, mac2));
  g_assert_false (udpnat_cookie_maker_verify_mac2 (fixture->maker, START, &fixture->source, data,
                                                   sizeof data, zeros));
}

/* A cookie made in a secret's first moment and one made in its last: both die with the secret. */
static void
test_cookie_lifetime (Fixture      *fixture,
                      gconstpointer user_data)
{
  guint8 first[UDPNAT_COOKIE_BYTES], last[UDPNAT_COOKIE_BYTES], next[UDPNAT_COOKIE_BYTES];

  udpnat_cookie_maker_make (fixture->maker, START, &fixture->source, first);
  udpnat_cookie_maker_make (fixture->maker, START + PERIOD - 1, &fixture->source, last);
  udpnat_cookie_maker_make (fixture->maker, START + PERIOD, &fixture->source, next);
  g_assert_cmpmem (first, sizeof first, last, sizeof last);
  g_assert_cmpint (memcmp (first, next, sizeof first), !=, 0);

  g_assert_true (verify (fixture, START + 2 * PERIOD - 1, &fixture->source, last));
  g_assert_false (verify (fixture, START + 2 * PERIOD, &fixture->source, last));
  g_assert_true (verify (fixture, START + 3 * PERIOD - 1, &fixture->source, next));
  g_assert_false (verify (fixture, START + 3 * PERIOD, &fixture->source, next));
}

/* The change is noticed late: the old secret gets no longer life from that. */
static void
test_cookie_late_rotation (Fixture      *fixture,
                           gconstpointer user_data)
{
  guint8 cookie[UDPNAT_COOKIE_BYTES];

  udpnat_cookie_maker_make (fixture->maker, START, &fixture->source, cookie);
  g_assert_true (verify (fixture, START + 2 * PERIOD - 2, &fixture->source, cookie));
  g_assert_true (verify (fixture, START + 2 * PERIOD - 1, &fixture->source, cookie));
  g_assert_false (verify (fixture, START + 2 * PERIOD, &fixture->source, cookie));
}

static void
test_cookie_after_sleep (Fixture      *fixture,
                         gconstpointer user_data)
{
  guint8 cookie[UDPNAT_COOKIE_BYTES], fresh[UDPNAT_COOKIE_BYTES];
  gint64 later_us = START + 1000 * PERIOD;

  udpnat_cookie_maker_make (fixture->maker, START, &fixture->source, cookie);
  g_assert_false (verify (fixture, later_us, &fixture->source, cookie));
  udpnat_cookie_maker_make (fixture->maker, later_us, &fixture->source, fresh);
  g_assert_true (verify (fixture, later_us + PERIOD, &fixture->source, fresh));
}

/* Nobody may guess the "previous" secret of a maker that has had none. */
static void
test_cookie_of_zero_secret (Fixture      *fixture,
                            gconstpointer user_data)
{
  static const guint8 zero_secret[32];
  guint8 wire[19] = { 4, 192, 0, 2, 1, [17] = 0x22, 0x90 };
  guint8 cookie[UDPNAT_COOKIE_BYTES];

  udpnat_mac (zero_secret, sizeof zero_secret, wire, sizeof wire, cookie);
  g_assert_false (verify (fixture, START, &fixture->source, cookie));
}

/* ---- Sealed cookies ---- */

static void
test_seal_and_open (void)
{
  static const guint8 cookie[UDPNAT_COOKIE_BYTES] = "0123456789abcde";
  static const guint8 mac1[UDPNAT_MAC_BYTES] = { 5 };
  static const guint8 nonce[UDPNAT_COOKIE_NONCE_BYTES] = { 6 };
  UdpnatPublicKey responder = get_key (0), other = get_key (1);
  guint8 sealed[UDPNAT_COOKIE_SEALED_BYTES], back[UDPNAT_COOKIE_BYTES] = { 0 };
  guint8 other_mac1[UDPNAT_MAC_BYTES] = { 4 }, other_nonce[UDPNAT_COOKIE_NONCE_BYTES] = { 7 };

  udpnat_cookie_seal (&responder, nonce, mac1, cookie, sealed);
  g_assert_false (udpnat_cookie_open (&other, nonce, mac1, sealed, back));
  g_assert_false (udpnat_cookie_open (&responder, other_nonce, mac1, sealed, back));
  g_assert_false (udpnat_cookie_open (&responder, nonce, other_mac1, sealed, back));
  for (guint i = 0; i < sizeof sealed * 8; i++)
    {
      sealed[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (udpnat_cookie_open (&responder, nonce, mac1, sealed, back));
      sealed[i / 8] ^= (guint8) (1 << i % 8);
    }
  for (guint i = 0; i < sizeof back; i++)
    g_assert_cmpuint (back[i], ==, 0);

  g_assert_true (udpnat_cookie_open (&responder, nonce, mac1, sealed, back));
  g_assert_cmpmem (back, sizeof back, cookie, sizeof cookie);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto-cookie/mac/known-bytes", test_mac_known);
  g_test_add_func ("/crypto-cookie/mac/any-bit-matters", test_mac_verify);
  g_test_add_func ("/crypto-cookie/mac/empty-data", test_mac_empty);
  ADD ("/crypto-cookie/maker/known-bytes", test_cookie_known);
  ADD ("/crypto-cookie/maker/bound-to-address-and-port", test_cookie_of_other_source);
  ADD ("/crypto-cookie/maker/mac2-must-fit", test_mac2_must_fit);
  ADD ("/crypto-cookie/maker/valid-for-two-periods-of-its-secret", test_cookie_lifetime);
  ADD ("/crypto-cookie/maker/late-rotation-gives-no-longer-life", test_cookie_late_rotation);
  ADD ("/crypto-cookie/maker/all-change-after-sleep", test_cookie_after_sleep);
  ADD ("/crypto-cookie/maker/zero-secret-never-valid", test_cookie_of_zero_secret);
  g_test_add_func ("/crypto-cookie/seal/opens-only-as-sealed", test_seal_and_open);

  return g_test_run ();
}
