#include "config.h"

#include "udpnat-handshake-limiter.h"

#include "udpnat-limits.h"

#define NOW_US UDPNAT_SEC (5000)

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  for (gsize i = 0; i < n_out; i++)
    out[i] = (guint8) ((*(guint *) user_data)++ * 29);
}

static guint              random_state;
static const UdpnatRandom test_random = { fill, &random_state };

static UdpnatAddress
make_address (const char *ip,
              guint16     port)
{
  UdpnatAddress address;

  g_assert_true (udpnat_address_parse_ip (&address, ip, port));
  return address;
}

static UdpnatAddress
make_ipv4 (guint32 number)
{
  const guint8  ip[4] = { 10, (guint8) (number >> 16), (guint8) (number >> 8), (guint8) number };
  UdpnatAddress address;

  udpnat_address_init_ipv4 (&address, ip, 1);
  return address;
}

static UdpnatHandshakeVerdict
judge (UdpnatHandshakeLimiter *limiter,
       gint64                  now_us,
       const UdpnatAddress    *source)
{
  return udpnat_handshake_limiter_judge (limiter, now_us, source, FALSE, FALSE);
}

static void
test_burst (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source = make_address ("192.0.2.1", 1);
  UdpnatAddress other_port = make_address ("192.0.2.1", 2);
  UdpnatAddress other = make_address ("192.0.2.2", 1);

  for (guint i = 0; i < UDPNAT_HANDSHAKES_BURST_PER_SOURCE; i++)
    g_assert_cmpint (judge (limiter, NOW_US, &source), ==, UDPNAT_HANDSHAKE_ALLOW);
  g_assert_cmpint (judge (limiter, NOW_US, &source), ==, UDPNAT_HANDSHAKE_ASK_COOKIE);
  g_assert_cmpint (judge (limiter, NOW_US, &other_port), ==, UDPNAT_HANDSHAKE_ASK_COOKIE);
  g_assert_cmpint (judge (limiter, NOW_US, &other), ==, UDPNAT_HANDSHAKE_ALLOW);
}

static void
test_rate (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source = make_address ("192.0.2.1", 1);
  guint         n_allowed = 0;

  for (guint i = 0; i < 1000; i++) /* 100 a second for 10 s */
    n_allowed += judge (limiter, NOW_US + i * UDPNAT_MSEC (10), &source) == UDPNAT_HANDSHAKE_ALLOW;
  g_assert_cmpuint (n_allowed, >=, 10 * UDPNAT_HANDSHAKES_PER_SECOND_PER_SOURCE);
  g_assert_cmpuint (n_allowed, <=,
                    10 * UDPNAT_HANDSHAKES_PER_SECOND_PER_SOURCE
                        + UDPNAT_HANDSHAKES_BURST_PER_SOURCE);
}

static void
test_ipv6_prefix (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress first = make_address ("2001:db8:0:1::1", 1);
  UdpnatAddress same = make_address ("2001:db8:0:1:ffff::2", 1);
  UdpnatAddress other = make_address ("2001:db8:0:2::1", 1);

  for (guint i = 0; i < UDPNAT_HANDSHAKES_BURST_PER_SOURCE; i++)
    g_assert_cmpint (judge (limiter, NOW_US, &first), ==, UDPNAT_HANDSHAKE_ALLOW);
  g_assert_cmpint (judge (limiter, NOW_US, &same), ==, UDPNAT_HANDSHAKE_ASK_COOKIE);
  g_assert_cmpint (judge (limiter, NOW_US, &other), ==, UDPNAT_HANDSHAKE_ALLOW);
}

static void
test_load (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source;

  for (guint i = 0; i < UDPNAT_HANDSHAKES_PER_SECOND_LOAD / 10; i++)
    {
      source = make_ipv4 (i);
      g_assert_cmpint (judge (limiter, NOW_US, &source), ==, UDPNAT_HANDSHAKE_ALLOW);
    }
  source = make_ipv4 (999999);
  g_assert_cmpint (judge (limiter, NOW_US, &source), ==, UDPNAT_HANDSHAKE_ASK_COOKIE);
  g_assert_cmpint (udpnat_handshake_limiter_judge (limiter, NOW_US, &source, TRUE, FALSE), ==,
                   UDPNAT_HANDSHAKE_ALLOW);
  /* The tenth of a second after still counts as loaded; the one after that does not. */
  g_assert_cmpint (judge (limiter, NOW_US + UDPNAT_MSEC (100), &source), ==,
                   UDPNAT_HANDSHAKE_ASK_COOKIE);
  g_assert_cmpint (judge (limiter, NOW_US + UDPNAT_MSEC (200), &source), ==,
                   UDPNAT_HANDSHAKE_ALLOW);
}

/* Whoever has used up what is theirs has, however many addresses are forged meanwhile. */
static void
test_forged_take_no_place (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress proven = make_ipv4 (1), source;

  for (guint i = 0; i < UDPNAT_HANDSHAKES_PER_SECOND_PROVEN; i++)
    g_assert_cmpint (udpnat_handshake_limiter_judge (limiter, NOW_US, &proven, TRUE, FALSE), ==,
                     UDPNAT_HANDSHAKE_ALLOW);
  for (guint i = 0; i < UDPNAT_HANDSHAKES_PER_SECOND_LOAD / 10; i++)
    {
      source = make_ipv4 (500 + i);
      (void) judge (limiter, NOW_US, &source);
    }
  for (guint i = 0; i < 20 * UDPNAT_LIMITER_SOURCES; i++)
    {
      source = make_ipv4 (1000 + i);
      g_assert_cmpint (judge (limiter, NOW_US, &source), ==, UDPNAT_HANDSHAKE_ASK_COOKIE);
    }
  g_assert_cmpint (udpnat_handshake_limiter_judge (limiter, NOW_US, &proven, TRUE, FALSE), ==,
                   UDPNAT_HANDSHAKE_DROP);
  g_assert_true (udpnat_handshake_limiter_is_loaded (limiter, NOW_US));
  g_assert_false (udpnat_handshake_limiter_is_loaded (limiter, NOW_US + UDPNAT_MSEC (200)));
}

static void
test_crowded (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source = make_ipv4 (1);

  g_assert_cmpint (udpnat_handshake_limiter_judge (limiter, NOW_US, &source, FALSE, TRUE), ==,
                   UDPNAT_HANDSHAKE_ASK_COOKIE);
  g_assert_cmpint (udpnat_handshake_limiter_judge (limiter, NOW_US, &source, TRUE, TRUE), ==,
                   UDPNAT_HANDSHAKE_ALLOW);
}

static void
test_proven (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source = make_ipv4 (1);

  for (guint i = 0; i < UDPNAT_HANDSHAKES_PER_SECOND_PROVEN; i++)
    g_assert_cmpint (udpnat_handshake_limiter_judge (limiter, NOW_US, &source, TRUE, FALSE), ==,
                     UDPNAT_HANDSHAKE_ALLOW);
  g_assert_cmpint (udpnat_handshake_limiter_judge (limiter, NOW_US, &source, TRUE, FALSE), ==,
                   UDPNAT_HANDSHAKE_DROP);
}

static void
test_infos (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source = make_ipv4 (1);

  for (guint i = 0; i < UDPNAT_INFOS_BURST_PER_SOURCE; i++)
    g_assert_true (udpnat_handshake_limiter_allow_info (limiter, NOW_US, &source));
  g_assert_false (udpnat_handshake_limiter_allow_info (limiter, NOW_US, &source));
  g_assert_true (udpnat_handshake_limiter_allow_info (limiter, NOW_US + UDPNAT_SEC (1), &source));
  g_assert_cmpint (judge (limiter, NOW_US, &source), ==, UDPNAT_HANDSHAKE_ALLOW);
}

static void
test_stuns (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source = make_ipv4 (1), other = make_ipv4 (2);

  for (guint i = 0; i < UDPNAT_STUN_BURST_PER_SOURCE; i++)
    g_assert_true (udpnat_handshake_limiter_allow_stun (limiter, NOW_US, &source));
  g_assert_false (udpnat_handshake_limiter_allow_stun (limiter, NOW_US, &source));
  g_assert_true (udpnat_handshake_limiter_allow_stun (limiter, NOW_US, &other));
  g_assert_true (udpnat_handshake_limiter_allow_info (limiter, NOW_US, &source));
}

static void
test_claims (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source = make_ipv4 (1), other = make_ipv4 (2), tunnel;

  udpnat_address_init_tunnel (&tunnel, &source, 7);
  for (guint i = 0; i < UDPNAT_CLAIMS_BURST_PER_SOURCE; i++)
    g_assert_true (udpnat_handshake_limiter_allow_claim (limiter, NOW_US, &source));
  g_assert_false (udpnat_handshake_limiter_allow_claim (limiter, NOW_US, &source));
  g_assert_false (udpnat_handshake_limiter_allow_claim (limiter, NOW_US, &tunnel));
  g_assert_true (udpnat_handshake_limiter_allow_claim (limiter, NOW_US, &other));
  g_assert_false (udpnat_handshake_limiter_allow_claim (
    limiter, NOW_US + UDPNAT_SEC (UDPNAT_CLAIM_S) - 1, &source));
  g_assert_true (udpnat_handshake_limiter_allow_claim (
    limiter, NOW_US + UDPNAT_SEC (UDPNAT_CLAIM_S), &source));
}

/* Nobody is told apart by the address of this machine. */
static void
test_claims_here (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  const guint8  ip[4] = { 127, 0, 0, 1 };
  UdpnatAddress here;

  udpnat_address_init_ipv4 (&here, ip, 8900);
  for (guint i = 0; i < 2 * UDPNAT_CLAIMS_BURST_PER_SOURCE; i++)
    g_assert_true (udpnat_handshake_limiter_allow_claim (limiter, NOW_US, &here));
}

/* However many sources there are, one that goes on sending is not forgotten by a few hundred
 * others. */
static void
test_many_sources (void)
{
  g_autoptr (UdpnatHandshakeLimiter) limiter = udpnat_handshake_limiter_new (&test_random);
  UdpnatAddress source = make_ipv4 (1);

  for (guint i = 0; i < 100000; i++)
    {
      UdpnatAddress other = make_ipv4 (100 + i);

      (void) udpnat_handshake_limiter_allow_info (limiter, NOW_US, &other);
    }
  for (guint i = 0; i < UDPNAT_HANDSHAKES_BURST_PER_SOURCE; i++)
    g_assert_cmpint (judge (limiter, NOW_US + 1, &source), ==, UDPNAT_HANDSHAKE_ALLOW);
  g_assert_cmpint (judge (limiter, NOW_US + 1, &source), ==, UDPNAT_HANDSHAKE_ASK_COOKIE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/handshake-limiter/source/burst", test_burst);
  g_test_add_func ("/handshake-limiter/source/rate", test_rate);
  g_test_add_func ("/handshake-limiter/source/ipv6-by-64", test_ipv6_prefix);
  g_test_add_func ("/handshake-limiter/load/asks-cookies", test_load);
  g_test_add_func ("/handshake-limiter/load/forged-take-no-place", test_forged_take_no_place);
  g_test_add_func ("/handshake-limiter/crowded/asks-cookies", test_crowded);
  g_test_add_func ("/handshake-limiter/proven/limited-too", test_proven);
  g_test_add_func ("/handshake-limiter/info/limited-apart", test_infos);
  g_test_add_func ("/handshake-limiter/stun/limited-apart", test_stuns);
  g_test_add_func ("/handshake-limiter/claims/by-address", test_claims);
  g_test_add_func ("/handshake-limiter/claims/not-of-this-machine", test_claims_here);
  g_test_add_func ("/handshake-limiter/table/many-sources", test_many_sources);
  return g_test_run ();
}
