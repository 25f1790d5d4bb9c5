/* What is sent first, and whether it waits until the peer's router is open: PROTOCOL.md section
 * 10. */

#include "config.h"

#include "traversal/path-fixture.h"

#define OWN_GENERATION 7

/* The peer's list with one address, and what it says of its router and of us. */
static void
hear_of (Fixture             *f,
         UdpnatCandidateKind  kind,
         UdpnatAddress        address,
         gboolean             is_spoilable,
         guint32              heard)
{
  UdpnatAddress own_address = at ("203.0.113.9", 8900);
  UdpnatCandidates local = make_candidates (OWN_GENERATION, &own_address, 1);
  UdpnatCandidates remote = make_candidates (1, &address, 1);

  udpnat_path_set_set_local (f->set, &local);
  remote.candidates[0].kind = kind;
  remote.is_spoilable = is_spoilable;
  remote.heard = heard;
  g_assert_cmpint (udpnat_path_set_handle_candidates (f->set, f->now_us, &remote), ==,
                   UDPNAT_RX_OK);
  run_until (f, MS (600));
}

/* @open_ms: when OPEN went there, -1 for never; @challenge_ms: when the first challenge did */
static void
assert_first (Fixture *f,
              gint64   open_ms,
              gint64   challenge_ms)
{
  const guint n_open = open_ms < 0 ? 0 : 1;

  if (open_ms >= 0)
    {
      g_assert_cmpint (get_sent (f, 0)->output.type, ==, UDPNAT_PATH_OUTPUT_OPEN);
      g_assert_cmpint (get_sent (f, 0)->at_us, ==, MS (open_ms));
    }
  g_assert_cmpint (get_sent (f, n_open)->output.type, ==, UDPNAT_PATH_OUTPUT_CHALLENGE);
  g_assert_cmpint (get_sent (f, n_open)->at_us, ==, MS (challenge_ms));
}

static void
test_open_first (Fixture       *f,
                 gconstpointer  data)
{
  hear_of (f, UDPNAT_CANDIDATE_REFLEXIVE, at ("203.0.113.5", 8900), FALSE, 0);
  assert_first (f, 0, 5);
}

static void
test_spoilable_is_waited_for (Fixture       *f,
                              gconstpointer  data)
{
  hear_of (f, UDPNAT_CANDIDATE_REFLEXIVE, at ("203.0.113.5", 8900), TRUE, 0);
  assert_first (f, 0, 305);
}

static void
test_spoilable_that_has_heard (Fixture       *f,
                               gconstpointer  data)
{
  hear_of (f, UDPNAT_CANDIDATE_REFLEXIVE, at ("203.0.113.5", 8900), TRUE, OWN_GENERATION);
  assert_first (f, 0, 5);
}

/* Of an address that we have no more its router may know nothing. */
static void
test_spoilable_that_has_heard_before (Fixture       *f,
                                      gconstpointer  data)
{
  hear_of (f, UDPNAT_CANDIDATE_REFLEXIVE, at ("203.0.113.5", 8900), TRUE, OWN_GENERATION - 1);
  assert_first (f, 0, 305);
}

static void
test_mapped_is_not_waited_for (Fixture       *f,
                               gconstpointer  data)
{
  hear_of (f, UDPNAT_CANDIDATE_MAPPED, at ("203.0.113.5", 8900), TRUE, 0);
  assert_first (f, 0, 5);
}

static void
test_heard_needs_no_open (Fixture       *f,
                          gconstpointer  data)
{
  static const gint64 challenge_times_ms[] = { 0, 15, 55, 135, 295 };
  UdpnatAddress a = at ("203.0.113.5", 8900);

  hear_of (f, UDPNAT_CANDIDATE_REFLEXIVE, a, FALSE, OWN_GENERATION);
  assert_first (f, -1, 0);
  g_assert_cmpuint (f->sent->len, ==, G_N_ELEMENTS (challenge_times_ms));
  for (guint i = 0; i < f->sent->len; i++)
    g_assert_cmpint (get_sent (f, i)->at_us, ==, MS (challenge_times_ms[i]));
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_OPEN), ==, 0);
}

static void
test_heard_before_needs_open (Fixture       *f,
                              gconstpointer  data)
{
  hear_of (f, UDPNAT_CANDIDATE_REFLEXIVE, at ("203.0.113.5", 8900), FALSE, OWN_GENERATION - 1);
  assert_first (f, 0, 5);
}

static void
test_heard_at_home (Fixture       *f,
                    gconstpointer  data)
{
  hear_of (f, UDPNAT_CANDIDATE_HOST, at ("192.168.7.5", 8900), FALSE, OWN_GENERATION);
  assert_first (f, -1, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_path_test ("/path-hold/unheard/open-comes-first", test_open_first);
  add_path_test ("/path-hold/spoilable/waited-for", test_spoilable_is_waited_for);
  add_path_test ("/path-hold/spoilable/not-once-it-has-heard", test_spoilable_that_has_heard);
  add_path_test ("/path-hold/spoilable/still-when-it-heard-of-an-older-address",
                 test_spoilable_that_has_heard_before);
  add_path_test ("/path-hold/spoilable/not-at-a-mapped-address", test_mapped_is_not_waited_for);
  add_path_test ("/path-hold/heard/challenged-at-once", test_heard_needs_no_open);
  add_path_test ("/path-hold/heard/of-an-older-address-open-comes-first",
                 test_heard_before_needs_open);
  add_path_test ("/path-hold/heard/private-address-at-once", test_heard_at_home);

  return g_test_run ();
}
