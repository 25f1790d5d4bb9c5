/* What a path set tells of itself: each address with what became of it, and when the next thing
 * happens; and that asking changes nothing. */

#include "config.h"

#include <string.h>

#include "path-fixture.h"

static UdpnatPathFacts
get_facts (Fixture *f)
{
  UdpnatPathFacts facts;

  udpnat_path_set_get_facts (f->set, &facts);
  return facts;
}

static UdpnatAddressFacts
get_remote (Fixture             *f,
            const UdpnatAddress *address)
{
  UdpnatPathFacts facts = get_facts (f);

  for (guint i = 0; i < facts.n_remote; i++)
    if (udpnat_address_equal (&facts.remote[i].address, address))
      return facts.remote[i];

  g_assert_not_reached ();
}

static void
check_fate (Fixture             *f,
            const UdpnatAddress *address,
            UdpnatPathFate       fate)
{
  g_assert_cmpint (get_remote (f, address).fate, ==, fate);
}

/* ---- Fates ---- */

static void
test_nothing (Fixture       *f,
              gconstpointer  data)
{
  UdpnatPathFacts facts = get_facts (f);

  g_assert_cmpint (facts.kind, ==, UDPNAT_PATH_KIND_RELAY);
  g_assert_cmpint (facts.reason, ==, UDPNAT_PATH_REASON_NO_SESSION);
  g_assert_cmpint (facts.until_us, ==, UDPNAT_TIME_NEVER);
  g_assert_cmpint (facts.local_nat, ==, UDPNAT_NAT_KIND_UNKNOWN);
  g_assert_cmpint (facts.remote_nat, ==, UDPNAT_NAT_KIND_UNKNOWN);
  g_assert_cmpuint (facts.n_local, ==, 0);
  g_assert_cmpuint (facts.n_remote, ==, 0);
}

static void
test_tried_to_the_end (Fixture       *f,
                       gconstpointer  data)
{
  UdpnatAddress there = at ("203.0.113.9", 40000);

  give (f, 1, &there, 1);
  check_fate (f, &there, UDPNAT_PATH_FATE_WAITING);
  g_assert_cmpuint (get_remote (f, &there).n_sent, ==, 0);
  g_assert_cmpint (get_remote (f, &there).source, ==, UDPNAT_ADDRESS_SOURCE_OBSERVED);

  run_until (f, MS (100));
  check_fate (f, &there, UDPNAT_PATH_FATE_TRIED);
  g_assert_cmpuint (get_remote (f, &there).n_sent, ==, f->sent->len);
  g_assert_cmpint (get_facts (f).reason, ==, UDPNAT_PATH_REASON_CONNECTING);
  g_assert_cmpint (get_facts (f).until_us, ==, T0 + UDPNAT_PUNCH_GIVE_UP_US);

  run_until (f, MS (4000));
  check_fate (f, &there, UDPNAT_PATH_FATE_UNANSWERED);
  g_assert_cmpint (get_facts (f).reason, ==, UDPNAT_PATH_REASON_NO_ANSWER);
  g_assert_cmpint (get_facts (f).until_us, ==, MS (4000) + UDPNAT_PUNCH_RETRY_FIRST_US);
}

static void
test_proven_and_selected (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatAddress lan = at ("192.168.1.7", 8900);
  UdpnatAddress far = at ("203.0.113.9", 40000);
  UdpnatPathFacts facts;

  prove (f, &far, UDPNAT_MSEC (30));
  check_fate (f, &far, UDPNAT_PATH_FATE_SELECTED);
  prove (f, &lan, UDPNAT_MSEC (2));
  check_fate (f, &far, UDPNAT_PATH_FATE_PROVEN);
  check_fate (f, &lan, UDPNAT_PATH_FATE_SELECTED);
  g_assert_cmpint (get_remote (f, &far).rtt_us, ==, UDPNAT_MSEC (30));
  g_assert_false (get_remote (f, &far).is_selected);
  g_assert_true (get_remote (f, &lan).is_selected);
  g_assert_cmpint (get_remote (f, &lan).source, ==, UDPNAT_ADDRESS_SOURCE_LEARNED);

  facts = get_facts (f);
  g_assert_cmpint (facts.kind, ==, UDPNAT_PATH_KIND_LAN);
  g_assert_true (udpnat_address_equal (&facts.address, &lan));
  g_assert_cmpint (facts.rtt_us, ==, UDPNAT_MSEC (2));
  g_assert_cmpint (facts.reason, ==, UDPNAT_PATH_REASON_NONE);
  g_assert_cmpint (facts.until_us, ==, UDPNAT_TIME_NEVER);
}

static void
test_one_way (Fixture       *f,
              gconstpointer  data)
{
  UdpnatAddress there = at ("203.0.113.9", 40000);

  challenge (f, &there);
  check_fate (f, &there, UDPNAT_PATH_FATE_ONE_WAY);
}

static void
test_suspect_then_lost (Fixture       *f,
                        gconstpointer  data)
{
  UdpnatAddress there = at ("203.0.113.9", 40000);
  gint64 proven_us;

  prove (f, &there, UDPNAT_MSEC (30));
  proven_us = f->now_us;
  /* The challenge that confirms a path is the first that nobody answers here. */
  run_until (f, proven_us + UDPNAT_PATH_CONFIRM_AFTER_US + UDPNAT_PATH_SUSPECT_MIN_US);
  check_fate (f, &there, UDPNAT_PATH_FATE_SUSPECT);
  g_assert_true (get_remote (f, &there).is_selected);
  run_until (f, proven_us + UDPNAT_PATH_CONFIRM_AFTER_US + UDPNAT_PATH_DEAD_US);
  check_fate (f, &there, UDPNAT_PATH_FATE_LOST);
  g_assert_false (get_remote (f, &there).is_selected);
  g_assert_cmpint (get_remote (f, &there).rtt_us, ==, 0);
  g_assert_cmpint (get_facts (f).reason, ==, UDPNAT_PATH_REASON_DIRECT_LOST);
}

static void
test_let_go (Fixture       *f,
             gconstpointer  data)
{
  UdpnatAddress there = at ("203.0.113.9", 40000);

  prove (f, &there, UDPNAT_MSEC (30));
  while (f->now_us < T0 + UDPNAT_PATH_ACTIVE_US)
    {
      run_until (f, udpnat_path_set_next_deadline (f->set));
      if (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &there))
        answer_last (f, &there);
    }
  check_fate (f, &there, UDPNAT_PATH_FATE_LET_GO);
  g_assert_cmpint (get_facts (f).reason, ==, UDPNAT_PATH_REASON_IDLE);
}

static void
test_skipped (Fixture       *f,
              gconstpointer  data)
{
  UdpnatAddress addresses[] = { at ("203.0.113.9", 40000), at ("127.0.0.1", 8900),
                                at ("203.0.113.9", 53) };

  give (f, 1, addresses, G_N_ELEMENTS (addresses));
  run_until (f, MS (100));
  g_assert_cmpuint (get_facts (f).n_remote, ==, 3);
  check_fate (f, &addresses[0], UDPNAT_PATH_FATE_TRIED);
  check_fate (f, &addresses[1], UDPNAT_PATH_FATE_SKIPPED);
  check_fate (f, &addresses[2], UDPNAT_PATH_FATE_SKIPPED);
}

/* RFC 4193: what has other 48 bits than ours is another site's. */
static void
test_unique_local (Fixture       *f,
                   gconstpointer  data)
{
  UdpnatAddress same_site = at ("fd01:2:3:9::7", 8900);
  UdpnatAddress other_site = at ("fd01:2:4:5::7", 8900);
  UdpnatCandidates local = { .generation = 1, .n_candidates = 1 };
  UdpnatCandidates remote = { .generation = 1, .n_candidates = 2 };

  remote.candidates[0] = (UdpnatCandidate) { UDPNAT_CANDIDATE_HOST, same_site };
  remote.candidates[1] = (UdpnatCandidate) { UDPNAT_CANDIDATE_HOST, other_site };
  local.candidates[0] = (UdpnatCandidate) { UDPNAT_CANDIDATE_HOST, at ("fd01:2:3:5::2", 8900) };
  udpnat_path_set_set_local (f->set, &local);
  g_assert_cmpint (udpnat_path_set_handle_candidates (f->set, f->now_us, &remote), ==,
                   UDPNAT_RX_OK);
  run_until (f, MS (100));
  check_fate (f, &same_site, UDPNAT_PATH_FATE_TRIED);
  check_fate (f, &other_site, UDPNAT_PATH_FATE_SKIPPED);
}

static void
test_full (Fixture       *f,
           gconstpointer  data)
{
  UdpnatAddress listed[UDPNAT_CANDIDATES_MAX];

  g_test_summary ("As many paths as there can be, and a list of which none may be tried");
  for (guint i = 0; i < UDPNAT_CANDIDATES_MAX; i++)
    listed[i] = at ("127.0.0.1", (guint16) (9000 + i));
  give (f, 1, listed, UDPNAT_CANDIDATES_MAX);
  for (guint i = 0; i < 2 * UDPNAT_PATHS_MAX; i++)
    {
      UdpnatAddress learned = at ("203.0.113.9", (guint16) (40000 + i));

      challenge (f, &learned);
    }
  g_assert_cmpuint (get_facts (f).n_remote, ==, UDPNAT_REMOTE_FACTS_MAX);
}

/* ---- What each side is ---- */

static void
test_cached (Fixture       *f,
             gconstpointer  data)
{
  UdpnatAddress there = at ("192.168.1.7", 8900);

  udpnat_path_set_add_cached (f->set, f->now_us, &there);
  g_assert_cmpint (get_remote (f, &there).source, ==, UDPNAT_ADDRESS_SOURCE_CACHED);
}

static void
test_sources (Fixture       *f,
              gconstpointer  data)
{
  static const struct
  {
    guint8              kind;
    UdpnatAddressSource source;
  } expected[] = {
    { UDPNAT_CANDIDATE_HOST, UDPNAT_ADDRESS_SOURCE_HOST },
    { UDPNAT_CANDIDATE_REFLEXIVE, UDPNAT_ADDRESS_SOURCE_OBSERVED },
    { UDPNAT_CANDIDATE_MAPPED, UDPNAT_ADDRESS_SOURCE_MAPPED },
    { UDPNAT_CANDIDATE_GLOBAL_IPV6, UDPNAT_ADDRESS_SOURCE_IPV6 },
    { UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT, UDPNAT_ADDRESS_SOURCE_GUESSED },
    { 77, UDPNAT_ADDRESS_SOURCE_OTHER },
  };
  UdpnatCandidates both = { .generation = 1, .n_candidates = G_N_ELEMENTS (expected) };
  UdpnatPathFacts facts;

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    both.candidates[i] = (UdpnatCandidate) { expected[i].kind,
                                             at ("203.0.113.9", (guint16) (40000 + i)) };
  udpnat_path_set_set_local (f->set, &both);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    both.candidates[i].address.port += 100;
  g_assert_cmpint (udpnat_path_set_handle_candidates (f->set, f->now_us, &both), ==,
                   UDPNAT_RX_OK);

  facts = get_facts (f);
  g_assert_cmpuint (facts.n_local, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_cmpint (facts.local[i].source, ==, expected[i].source);
      g_assert_cmpint (facts.local[i].address.port, ==, 40000 + i);
      g_assert_cmpint (get_remote (f, &both.candidates[i].address).source, ==,
                       expected[i].source);
    }
}

/* @kind: 0: wants the relay only */
static void
check_remote_nat (guint8        mapping,
                  guint8        kind,
                  const char   *ip,
                  UdpnatNatKind expected)
{
  UdpnatCandidates remote = { .generation = 1, .mapping = mapping, .relay_only = kind == 0 };
  Fixture f = { 0 };

  fixture_set_up (&f, NULL);
  if (ip != NULL)
    remote.candidates[remote.n_candidates++] = (UdpnatCandidate) { kind, at (ip, 8900) };
  g_assert_cmpint (udpnat_path_set_handle_candidates (f.set, f.now_us, &remote), ==,
                   UDPNAT_RX_OK);
  g_assert_cmpint (get_facts (&f).remote_nat, ==, expected);
  fixture_tear_down (&f, NULL);
}

static void
test_remote_filtering (void)
{
  static const UdpnatFilteringRule expected[] = {
    [UDPNAT_FILTERING_ENDPOINT_INDEPENDENT] = UDPNAT_FILTERING_RULE_INDEPENDENT,
    [UDPNAT_FILTERING_ADDRESS_DEPENDENT] = UDPNAT_FILTERING_RULE_ADDRESS,
    [UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT] = UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT,
    [200] = UDPNAT_FILTERING_RULE_UNKNOWN, /* of a newer program */
  };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      UdpnatCandidates remote = { .generation = 1, .filtering = (guint8) i };
      Fixture f = { 0 };

      fixture_set_up (&f, NULL);
      g_assert_cmpint (udpnat_path_set_handle_candidates (f.set, f.now_us, &remote), ==,
                       UDPNAT_RX_OK);
      g_assert_cmpint (get_facts (&f).remote_filtering, ==, expected[i]);
      fixture_tear_down (&f, NULL);
    }
}

static void
test_remote_nat (void)
{
  guint8 one = UDPNAT_MAPPING_ENDPOINT_INDEPENDENT;
  guint8 many = UDPNAT_MAPPING_ENDPOINT_DEPENDENT;
  guint8 host = UDPNAT_CANDIDATE_HOST;
  guint8 seen = UDPNAT_CANDIDATE_REFLEXIVE;

  check_remote_nat (one, seen, "203.0.113.9", UDPNAT_NAT_KIND_INDEPENDENT);
  check_remote_nat (one, host, "203.0.113.9", UDPNAT_NAT_KIND_NONE);
  check_remote_nat (one, host, "192.168.1.7", UDPNAT_NAT_KIND_UNKNOWN);
  check_remote_nat (one, UDPNAT_CANDIDATE_GLOBAL_IPV6, "2a00::7", UDPNAT_NAT_KIND_NONE);
  check_remote_nat (one, 0, NULL, UDPNAT_NAT_KIND_INDEPENDENT);
  check_remote_nat (one, host, NULL, UDPNAT_NAT_KIND_UNKNOWN);
  check_remote_nat (many, seen, "203.0.113.9", UDPNAT_NAT_KIND_DEPENDENT);
  check_remote_nat (many, 0, NULL, UDPNAT_NAT_KIND_DEPENDENT);
  check_remote_nat (UDPNAT_MAPPING_UNKNOWN, seen, "203.0.113.9", UDPNAT_NAT_KIND_UNKNOWN);
  check_remote_nat (UDPNAT_MAPPING_UNKNOWN, host, "203.0.113.9", UDPNAT_NAT_KIND_UNKNOWN);
  check_remote_nat (200, seen, "203.0.113.9", UDPNAT_NAT_KIND_UNKNOWN);
}

/* ---- Measuring ---- */

static void
test_measure (Fixture       *f,
              gconstpointer  data)
{
  UdpnatAddress there = at ("203.0.113.9", 40000);

  udpnat_path_set_measure (f->set, f->now_us); /* the relay: nothing to be challenged */
  drain (f);
  g_assert_cmpuint (f->sent->len, ==, 0);

  prove (f, &there, UDPNAT_MSEC (30));
  clear_log (f);
  g_assert_cmpint (get_facts (f).unanswered_since_us, ==, UDPNAT_TIME_NEVER);
  udpnat_path_set_measure (f->set, f->now_us);
  drain (f);
  g_assert_cmpuint (count_sent_to (f, &there, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
  g_assert_cmpint (get_facts (f).unanswered_since_us, ==, f->now_us);
  run_until (f, f->now_us + UDPNAT_MSEC (70));
  answer_last (f, &there);
  g_assert_cmpint (get_facts (f).unanswered_since_us, ==, UDPNAT_TIME_NEVER);
  g_assert_cmpint (get_facts (f).rtt_us, ==, UDPNAT_MSEC (35)); /* 7 parts of 30, one of 70 */
  g_assert_cmpint (get_facts (f).latest_rtt_us, ==, UDPNAT_MSEC (70));
}

/* ---- Only a look ---- */

static void
run_with_looks (Fixture  *f,
                gboolean  is_looking)
{
  UdpnatAddress addresses[] = { at ("203.0.113.9", 40000), at ("192.168.1.7", 8900) };

  give (f, 1, addresses, G_N_ELEMENTS (addresses));
  for (guint i = 0; i < 400; i++)
    {
      if (is_looking)
        get_facts (f);
      if (i == 20)
        answer_last (f, &addresses[0]);
      run_until (f, f->now_us + UDPNAT_MSEC (100));
    }
}

static void
test_looking_changes_nothing (void)
{
  Fixture seen = { 0 };
  Fixture unseen = { 0 };

  fixture_set_up (&seen, NULL);
  fixture_set_up (&unseen, NULL);
  run_with_looks (&seen, TRUE);
  run_with_looks (&unseen, FALSE);
  g_assert_cmpuint (seen.sent->len, >, 10);
  g_assert_cmpuint (seen.sent->len, ==, unseen.sent->len);
  for (guint i = 0; i < seen.sent->len; i++)
    {
      g_assert_cmpint (get_sent (&seen, i)->at_us, ==, get_sent (&unseen, i)->at_us);
      g_assert_cmpuint (get_sent (&seen, i)->output.token, ==,
                        get_sent (&unseen, i)->output.token);
    }
  g_assert_cmpuint (seen.n_selected_events, ==, unseen.n_selected_events);
  g_assert_cmpuint (seen.n_reason_events, ==, unseen.n_reason_events);
  fixture_tear_down (&seen, NULL);
  fixture_tear_down (&unseen, NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_path_test ("/path-set-facts/fate/nothing-known", test_nothing);
  add_path_test ("/path-set-facts/fate/tried-to-the-end", test_tried_to_the_end);
  add_path_test ("/path-set-facts/fate/proven-and-selected", test_proven_and_selected);
  add_path_test ("/path-set-facts/fate/one-way", test_one_way);
  add_path_test ("/path-set-facts/fate/suspect-then-lost", test_suspect_then_lost);
  add_path_test ("/path-set-facts/fate/let-go", test_let_go);
  add_path_test ("/path-set-facts/fate/skipped", test_skipped);
  add_path_test ("/path-set-facts/fate/unique-local-of-another-site", test_unique_local);
  add_path_test ("/path-set-facts/fate/all-places-taken", test_full);
  add_path_test ("/path-set-facts/side/cached-address", test_cached);
  add_path_test ("/path-set-facts/side/kinds-of-candidates", test_sources);
  g_test_add_func ("/path-set-facts/side/their-router", test_remote_nat);
  g_test_add_func ("/path-set-facts/side/their-filtering", test_remote_filtering);
  add_path_test ("/path-set-facts/measure/challenges-the-chosen-path", test_measure);
  g_test_add_func ("/path-set-facts/look/changes-nothing", test_looking_changes_nothing);

  return g_test_run ();
}
