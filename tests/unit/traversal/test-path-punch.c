/* When which address is tried, when it ends, and what is said about it: PROTOCOL.md section 10. */

#include "config.h"

#include "traversal/path-fixture.h"

static const gint64 challenge_times_ms[] = { 5, 20, 60, 140, 300, 620, 1260, 2540 };

static void
test_cadence (Fixture       *f,
              gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  g_assert_cmpint (give (f, 1, &a, 1), ==, UDPNAT_RX_OK);
  run_until (f, MS (20000 - 1001));

  g_assert_cmpuint (f->sent->len, ==, 9);
  g_assert_cmpint (get_sent (f, 0)->output.type, ==, UDPNAT_PATH_OUTPUT_OPEN);
  g_assert_cmpint (get_sent (f, 0)->at_us, ==, T0);
  for (guint i = 0; i < G_N_ELEMENTS (challenge_times_ms); i++)
    {
      g_assert_cmpint (get_sent (f, i + 1)->output.type, ==, UDPNAT_PATH_OUTPUT_CHALLENGE);
      g_assert_cmpint (get_sent (f, i + 1)->at_us, ==, MS (challenge_times_ms[i]));
      g_assert_true (udpnat_address_equal (&get_sent (f, i + 1)->output.to, &a));
    }
}

static void
test_nothing_before_step (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (5) - 1);
  g_assert_cmpuint (f->sent->len, ==, 1);
  run_until (f, MS (5));
  g_assert_cmpuint (f->sent->len, ==, 2);
}

static void
test_open_ttl (Fixture       *f,
               gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (5));
  g_assert_cmpuint (get_sent (f, 0)->output.ttl, ==, 4);
  g_assert_cmpuint (get_sent (f, 1)->output.ttl, ==, 0);
}

static void
test_no_open_to_private (Fixture       *f,
                         gconstpointer  data)
{
  UdpnatAddress a = at ("192.168.7.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (4000));
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_OPEN), ==, 0);
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 8);
  g_assert_cmpint (get_sent (f, 0)->at_us, ==, MS (5));
}

static void
test_fresh_tokens (Fixture       *f,
                   gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (4000));
  for (guint i = 1; i < f->sent->len; i++)
    for (guint j = 1; j < i; j++)
      g_assert_cmpuint (get_sent (f, i)->output.token, !=, get_sent (f, j)->output.token);
}

static void
test_gap (Fixture       *f,
          gconstpointer  data)
{
  UdpnatAddress list[8];

  for (guint i = 0; i < 8; i++)
    list[i] = at ("203.0.113.5", 5000 + i);
  give (f, 1, list, 8);
  run_until (f, MS (4000));

  for (guint i = 0; i < 8; i++)
    {
      gint64 first_us = UDPNAT_TIME_NEVER;

      for (guint j = f->sent->len; j > 0; j--)
        if (udpnat_address_equal (&get_sent (f, j - 1)->output.to, &list[i]))
          first_us = get_sent (f, j - 1)->at_us;
      g_assert_cmpint (first_us, ==, MS (5 * i));
    }
}

static void
test_give_up (Fixture       *f,
              gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  run_until (f, MS (4000) - 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  f->n_reason_events = 0;
  run_until (f, MS (4000));
  assert_relayed (f, UDPNAT_PATH_REASON_NO_ANSWER);
  g_assert_cmpuint (f->n_reason_events, ==, 1);
  g_assert_cmpuint (f->n_selected_events, ==, 0);
}

/* However many candidates, punching ends 4 s after it started. */
static void
test_give_up_of_many (Fixture       *f,
                      gconstpointer  data)
{
  UdpnatAddress list[8];

  for (guint i = 0; i < 8; i++)
    list[i] = at ("203.0.113.5", 5000 + i);
  give (f, 1, list, 8);
  run_until (f, MS (4000));
  assert_relayed (f, UDPNAT_PATH_REASON_NO_ANSWER);
}

static void
test_verdicts (Fixture       *f,
               gconstpointer  data)
{
  static const struct
  {
    guint8           local;
    guint8           remote;
    UdpnatPathReason reason;
  } cases[] = {
    { UDPNAT_MAPPING_ENDPOINT_DEPENDENT, UDPNAT_MAPPING_ENDPOINT_DEPENDENT,
      UDPNAT_PATH_REASON_BOTH_SYMMETRIC },
    { UDPNAT_MAPPING_ENDPOINT_DEPENDENT, UDPNAT_MAPPING_ENDPOINT_INDEPENDENT,
      UDPNAT_PATH_REASON_LOCAL_SYMMETRIC },
    { UDPNAT_MAPPING_UNKNOWN, UDPNAT_MAPPING_ENDPOINT_DEPENDENT,
      UDPNAT_PATH_REASON_REMOTE_SYMMETRIC },
    { UDPNAT_MAPPING_UNKNOWN, UDPNAT_MAPPING_UNKNOWN, UDPNAT_PATH_REASON_NO_ANSWER },
    { UDPNAT_MAPPING_ENDPOINT_INDEPENDENT, 99, UDPNAT_PATH_REASON_NO_ANSWER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      set_local_mapping (f, cases[i].local);
      udpnat_path_set_note_active (f->set, f->now_us);
      give_mapping (f, i + 1, at ("203.0.113.5", 8900), cases[i].remote);
      run_until (f, f->now_us + UDPNAT_SEC (4));
      assert_relayed (f, cases[i].reason);
      f->now_us += UDPNAT_SEC (6);
      run_until (f, f->now_us);
    }
}

static void
test_verdict_follows_local (Fixture       *f,
                            gconstpointer  data)
{
  give_mapping (f, 1, at ("203.0.113.5", 8900), UDPNAT_MAPPING_ENDPOINT_DEPENDENT);
  run_until (f, MS (4000));
  assert_relayed (f, UDPNAT_PATH_REASON_REMOTE_SYMMETRIC);
  set_local_mapping (f, UDPNAT_MAPPING_ENDPOINT_DEPENDENT);
  assert_relayed (f, UDPNAT_PATH_REASON_BOTH_SYMMETRIC);
}

static void
test_no_candidates (Fixture       *f,
                    gconstpointer  data)
{
  assert_relayed (f, UDPNAT_PATH_REASON_NO_SESSION);
  give (f, 1, NULL, 0);
  assert_relayed (f, UDPNAT_PATH_REASON_NO_CANDIDATES);
  g_assert_cmpint (udpnat_path_set_next_deadline (f->set), ==, UDPNAT_TIME_NEVER);
}

static void
test_only_forbidden_candidates (Fixture       *f,
                                gconstpointer  data)
{
  UdpnatAddress list[8] = {
    at ("127.0.0.1", 8900), at ("::1", 8900), at ("0.0.0.0", 8900), at ("224.0.0.1", 8900),
    at ("255.255.255.255", 8900), at ("ff02::1", 8900), at ("203.0.113.5", 1023),
    at ("fe80::1", 8900),
  };

  give (f, 1, list, 8);
  run_until (f, MS (400000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  assert_relayed (f, UDPNAT_PATH_REASON_NO_CANDIDATES);
}

static void
test_lowest_port (Fixture       *f,
                  gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 1024);

  give (f, 1, &a, 1);
  run_until (f, MS (0));
  g_assert_cmpuint (f->sent->len, ==, 1);
}

static void
test_unset_candidate (Fixture       *f,
                      gconstpointer  data)
{
  UdpnatAddress a = UDPNAT_ADDRESS_NONE;

  a.port = 5000;
  give (f, 1, &a, 1);
  assert_relayed (f, UDPNAT_PATH_REASON_NO_CANDIDATES);
}

static void
test_own_address (Fixture       *f,
                  gconstpointer  data)
{
  UdpnatAddress own = at ("192.168.1.5", 8900);
  UdpnatAddress neighbour = at ("192.168.1.5", 8901);
  UdpnatAddress list[2] = { own, neighbour };
  UdpnatCandidates local = make_candidates (1, &own, 1);

  udpnat_path_set_set_local (f->set, &local);
  give (f, 1, list, 2);
  run_until (f, MS (4000));
  g_assert_cmpuint (count_sent_to (f, &own, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 0);
  g_assert_cmpuint (count_sent_to (f, &neighbour, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 8);
}

static void
test_duplicates (Fixture       *f,
                 gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatAddress list[8] = { a, a, a, a, a, a, a, a };

  give (f, 1, list, 8);
  run_until (f, MS (4000));
  g_assert_cmpuint (f->sent->len, ==, 9);
}

static void
test_old_generation (Fixture       *f,
                     gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatAddress b = at ("203.0.113.6", 8900);

  g_assert_cmpint (give (f, 7, &a, 1), ==, UDPNAT_RX_OK);
  g_assert_cmpint (give (f, 7, &b, 1), ==, UDPNAT_RX_IGNORED);
  g_assert_cmpint (give (f, 6, &b, 1), ==, UDPNAT_RX_IGNORED);
  run_until (f, MS (100));
  g_assert_cmpuint (count_sent_to (f, &b, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 0);
  g_assert_cmpint (give (f, 8, &b, 1), ==, UDPNAT_RX_OK);
  run_until (f, MS (200));
  g_assert_cmpuint (count_sent_to (f, &b, UDPNAT_PATH_OUTPUT_CHALLENGE), >, 0);
}

static void
test_generation_zero (Fixture       *f,
                      gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  g_assert_cmpint (give (f, 0, &a, 1), ==, UDPNAT_RX_OK);
  g_assert_cmpint (give (f, 0, &a, 1), ==, UDPNAT_RX_IGNORED);
}

static void
test_new_session_resets_generation (Fixture       *f,
                                    gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 7, &a, 1);
  udpnat_path_set_handle_new_session (f->set, f->now_us);
  g_assert_cmpint (give (f, 1, &a, 1), ==, UDPNAT_RX_OK);
}

static void
test_replaced_list_stops_old (Fixture       *f,
                              gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatAddress b = at ("203.0.113.6", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (30));
  clear_log (f);
  give (f, 2, &b, 1);
  run_until (f, MS (4100));
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 0);
  g_assert_cmpuint (count_sent_to (f, &b, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 8);
}

/* A new generation that repeats an address in mid-run adds nothing to it. */
static void
test_repeated_address_keeps_run (Fixture       *f,
                                 gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  for (guint i = 0; i < 100; i++)
    {
      give (f, i + 1, &a, 1);
      run_until (f, MS (10 * (i + 1)));
    }
  run_until (f, MS (3999));
  g_assert_cmpuint (f->sent->len, ==, 9);
}

static void
test_victims_of_one_list (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatAddress list[8];

  for (guint i = 0; i < 8; i++)
    {
      guint8 ip[4] = { 203, 0, 113, (guint8) (10 + i) };

      udpnat_address_init_ipv4 (&list[i], ip, 5353);
    }
  give (f, 1, list, 8);
  run_until (f, MS (15000));

  g_assert_cmpuint (f->sent->len, <=, 80);
  for (guint i = 0; i < 8; i++)
    g_assert_cmpuint (count_sent_to (f, &list[i], UDPNAT_PATH_OUTPUT_CHALLENGE)
                          + count_sent_to (f, &list[i], UDPNAT_PATH_OUTPUT_OPEN), <=, 10);
}

/* Eight new victims every 100 ms, for a minute, while talking: what goes out on the peer's word
 * alone is not more than one round, and none of it comes back with a new session. */
static void
test_victims_of_many_lists (Fixture       *f,
                            gconstpointer  data)
{
  for (guint round = 0; round < 600; round++)
    {
      UdpnatAddress list[8];

      for (guint i = 0; i < 8; i++)
        {
          guint8 ip[4] = { 203, (guint8) (round >> 8), (guint8) round, (guint8) (10 + i) };

          udpnat_address_init_ipv4 (&list[i], ip, 5353);
        }
      udpnat_path_set_note_active (f->set, f->now_us);
      if (round % 100 == 0)
        udpnat_path_set_handle_new_session (f->set, f->now_us);
      give (f, round + 1, list, 8);
      run_until (f, MS (100 * (round + 1)));
    }
  g_assert_cmpuint (f->sent->len, ==, UDPNAT_HEARSAY_PACKETS);
}

/* As many, all of one IP address for which the server vouches: the other purse bounds it. */
static void
test_vouched_lists (Fixture       *f,
                    gconstpointer  data)
{
  UdpnatAddress vouched = at ("203.0.113.7", 1);

  udpnat_path_set_vouch (f->set, f->now_us, &vouched);
  for (guint round = 0; round < 600; round++)
    {
      UdpnatAddress list[8];

      for (guint i = 0; i < 8; i++)
        list[i] = at ("203.0.113.7", (guint16) (5000 + round * 8 + i));
      udpnat_path_set_note_active (f->set, f->now_us);
      give (f, round + 1, list, 8);
      run_until (f, MS (100 * (round + 1)));
    }
  g_assert_cmpuint (f->sent->len, >, UDPNAT_HEARSAY_PACKETS + 100);
  g_assert_cmpuint (f->sent->len, <=, 160 + 60 * 6);
}

/* Says something at the beginning of each of @n_rounds rounds, five minutes apart, and lets each
 * end. Returns: packets */
static guint
play_rounds (Fixture *f,
             guint    n_rounds)
{
  guint n_before = f->sent->len;

  for (guint i = 0; i < n_rounds; i++)
    {
      udpnat_path_set_note_active (f->set, f->now_us);
      run_until (f, f->now_us + UDPNAT_SEC (300));
    }
  return f->sent->len - n_before;
}

static void
test_hearsay_ends (Fixture       *f,
                   gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.7", 5000);

  g_test_summary ("An address of a list alone is tried no more when 80 packets are spent, until "
                  "the server vouches for it; that lasts ten minutes");
  give (f, 1, &a, 1);
  g_assert_cmpuint (play_rounds (f, 50), ==, UDPNAT_HEARSAY_PACKETS);
  udpnat_path_set_vouch (f->set, f->now_us, &a);
  g_assert_cmpuint (play_rounds (f, 1), >=, 9);
  g_assert_cmpuint (play_rounds (f, 1), >=, 9);
  g_assert_cmpuint (play_rounds (f, 10), ==, 0);
}

static void
test_hearsay_elsewhere (Fixture       *f,
                        gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.7", 5000), other = at ("203.0.113.8", 5000);

  g_test_summary ("What is vouched for counts for that IP only; a change of our own network and "
                  "another day begin anew");
  give (f, 1, &a, 1);
  play_rounds (f, 50);
  udpnat_path_set_vouch (f->set, f->now_us, &other);
  g_assert_cmpuint (play_rounds (f, 1), ==, 0);
  udpnat_path_set_handle_network_change (f->set, f->now_us);
  g_assert_cmpuint (play_rounds (f, 50), ==, UDPNAT_HEARSAY_PACKETS);
  run_until (f, f->now_us + UDPNAT_HEARSAY_US);
  g_assert_cmpuint (play_rounds (f, 50), ==, UDPNAT_HEARSAY_PACKETS);
}

static void
test_hearsay_comes_back (Fixture       *f,
                         gconstpointer  data)
{
  g_test_summary ("Who names true addresses spends nothing, however often it moves");
  for (guint i = 0; i < 100; i++)
    {
      UdpnatAddress a = at ("203.0.113.7", (guint16) (5000 + i));

      udpnat_path_set_note_active (f->set, f->now_us);
      clear_log (f);
      give (f, i + 1, &a, 1);
      run_until (f, f->now_us + UDPNAT_MSEC (50));
      g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), >, 0);
      answer_last (f, &a);
      g_assert_true (udpnat_path_set_get_selected (f->set, NULL, NULL, NULL));
      run_until (f, f->now_us + UDPNAT_SEC (130)); /* let go */
    }
}

/* A contact that forges the sources of its own challenges: one answer each, and no more challenges
 * than the purse holds. */
static void
test_victims_of_forged_sources (Fixture       *f,
                                gconstpointer  data)
{
  guint n_challenges = 0;
  guint n_responses = 0;

  for (guint i = 0; i < 6000; i++)
    {
      guint8 ip[4] = { 203, 1, (guint8) (i >> 8), (guint8) i };
      UdpnatAddress from;

      udpnat_address_init_ipv4 (&from, ip, 5353);
      udpnat_path_set_note_active (f->set, f->now_us);
      challenge (f, &from);
      run_until (f, MS (10 * (i + 1)));
    }
  for (guint i = 0; i < f->sent->len; i++)
    if (get_sent (f, i)->output.type == UDPNAT_PATH_OUTPUT_RESPONSE)
      n_responses++;
    else
      n_challenges++;
  g_assert_cmpuint (n_responses, ==, 6000);
  g_assert_cmpuint (n_challenges, <=, 160 + 60 * 6);
  g_assert_false (udpnat_path_set_get_selected (f->set, NULL, NULL, NULL));
}

static void
test_challenged_again_and_again (Fixture       *f,
                                 gconstpointer  data)
{
  UdpnatAddress from = at ("203.0.113.7", 5353);

  while (f->now_us < T0 + UDPNAT_PUNCH_GIVE_UP_US)
    {
      challenge (f, &from);
      run_until (f, f->now_us + UDPNAT_MSEC (20));
    }
  g_assert_cmpuint (count_sent_to (f, &from, UDPNAT_PATH_OUTPUT_CHALLENGE), <=,
                    UDPNAT_CANDIDATE_PACKETS_MAX);
}

static void
assert_round_at (Fixture *f,
                 gint64   start_us)
{
  clear_log (f);
  run_until (f, start_us - 1);
  g_assert_cmpuint (f->sent->len, ==, 0);
  run_until (f, start_us);
  g_assert_cmpuint (f->sent->len, ==, 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  run_until (f, start_us + UDPNAT_SEC (4));
  assert_relayed (f, UDPNAT_PATH_REASON_NO_ANSWER);
}

static void
test_retries (Fixture       *f,
              gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (4000));
  assert_round_at (f, MS (19000));
  assert_round_at (f, MS (83000));
  udpnat_path_set_note_active (f->set, f->now_us);
  for (gint s = 100; s <= 1000; s += 50)
    {
      clear_log (f);
      run_until (f, MS (s * 1000));
      udpnat_path_set_note_active (f->set, f->now_us);
      if (s == 400 || s == 700 || s == 1000) /* 87 + 300; 391 + 300; 695 + 300 */
        g_assert_cmpuint (f->sent->len, ==, 9);
      else
        g_assert_cmpuint (f->sent->len, ==, 0);
    }
}

static void
test_proof_resets_retries (Fixture       *f,
                           gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  gint64 lost_us;

  give (f, 1, &a, 1);
  run_until (f, MS (23000)); /* two rounds have failed */
  assert_relayed (f, UDPNAT_PATH_REASON_NO_ANSWER);
  prove (f, &a, UDPNAT_MSEC (10));
  udpnat_path_set_note_unanswered (f->set, f->now_us, f->now_us);
  lost_us = f->now_us + UDPNAT_SEC (3);
  run_until (f, lost_us);
  assert_relayed (f, UDPNAT_PATH_REASON_DIRECT_LOST);
  assert_round_at (f, lost_us + UDPNAT_SEC (15));
}

/* Learned addresses do not make a round longer than eight, and do not take the place of listed ones
 * in it. */
static void
test_round_is_bounded (Fixture       *f,
                       gconstpointer  data)
{
  UdpnatAddress list[8];
  guint n_addresses = 0;

  for (guint i = 0; i < 8; i++)
    {
      UdpnatAddress learned = at ("203.0.113.9", 6000 + i);

      list[i] = at ("203.0.113.5", 5000 + i);
      challenge (f, &learned);
    }
  udpnat_path_set_vouch (f->set, f->now_us, &list[0]); /* else there is not enough for two rounds */
  give (f, 1, list, 8);
  run_until (f, MS (10000));
  clear_log (f);
  run_until (f, MS (19035)); /* 15 s after the end; the eighth starts 35 ms later */
  for (guint i = 0; i < f->sent->len; i++)
    if (get_sent (f, i)->output.type == UDPNAT_PATH_OUTPUT_OPEN)
      n_addresses++;
  g_assert_cmpuint (n_addresses, ==, 8);
  for (guint i = 0; i < 8; i++)
    g_assert_cmpuint (count_sent_to (f, &list[i], UDPNAT_PATH_OUTPUT_OPEN), ==, 1);
  run_until (f, MS (22999));
  for (guint i = 0; i < f->sent->len; i++)
    g_assert_cmpuint (get_sent (f, i)->output.to.port, <, 6000);
}

static void
test_no_retry_when_idle (Fixture       *f,
                         gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (87000));
  clear_log (f);
  run_until (f, MS (10000000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  g_assert_cmpint (udpnat_path_set_next_deadline (f->set), ==, UDPNAT_TIME_NEVER);
}

static void
test_activity_after_idle (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (10000000));
  clear_log (f);
  udpnat_path_set_note_active (f->set, f->now_us);
  run_until (f, f->now_us);
  g_assert_cmpuint (f->sent->len, ==, 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  /* and the timetable starts from its beginning */
  run_until (f, MS (10004000));
  assert_round_at (f, MS (10019000));
}

static void
test_activity_does_not_hurry (Fixture       *f,
                              gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (5000));
  clear_log (f);
  udpnat_path_set_note_active (f->set, f->now_us);
  run_until (f, MS (19000) - 1);
  g_assert_cmpuint (f->sent->len, ==, 0);
}

static void
test_new_candidates_retry_at_once (Fixture       *f,
                                   gconstpointer  data)
{
  UdpnatAddress list[] = { at ("203.0.113.5", 8900), at ("203.0.113.6", 8900) };

  give (f, 1, list, 1);
  run_until (f, MS (5000));
  clear_log (f);
  give (f, 2, list, 2);
  run_until (f, MS (5000));
  g_assert_cmpuint (f->sent->len, ==, 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
}

static void
test_network_change_retries_at_once (Fixture       *f,
                                     gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (5000));
  clear_log (f);
  udpnat_path_set_handle_network_change (f->set, f->now_us);
  run_until (f, MS (5000));
  g_assert_cmpuint (f->sent->len, ==, 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
}

static void
test_new_local_addresses_retry_at_once (Fixture       *f,
                                        gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatAddress own = at ("198.51.100.9", 8900);
  UdpnatCandidates local = make_candidates (1, &own, 1);

  give (f, 1, &a, 1);
  run_until (f, MS (5000));
  clear_log (f);
  udpnat_path_set_set_local (f->set, &local);
  run_until (f, MS (5000));
  g_assert_cmpuint (f->sent->len, ==, 1);
  clear_log (f);
  run_until (f, MS (9500));
  clear_log (f);
  udpnat_path_set_set_local (f->set, &local); /* the same again */
  run_until (f, MS (9500));
  g_assert_cmpuint (f->sent->len, ==, 0);
}

static void
test_late_start_keeps_open_first (Fixture       *f,
                                  gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  f->now_us = MS (1000);
  udpnat_path_set_handle_deadline (f->set, f->now_us);
  drain (f);
  g_assert_cmpuint (f->sent->len, ==, 1);
  g_assert_cmpint (get_sent (f, 0)->output.type, ==, UDPNAT_PATH_OUTPUT_OPEN);
  run_until (f, MS (1005));
  g_assert_cmpuint (f->sent->len, ==, 2);
}

static void
test_late_steps_are_not_made_up_for (Fixture       *f,
                                     gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (5));
  clear_log (f);
  f->now_us = MS (400); /* 20, 60, 140 and 300 are over */
  udpnat_path_set_handle_deadline (f->set, f->now_us);
  drain (f);
  g_assert_cmpuint (f->sent->len, ==, 1);
  g_assert_cmpint (udpnat_path_set_next_deadline (f->set), ==, MS (620));
}

static void
test_sleep_through_round (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (5));
  clear_log (f);
  f->now_us = MS (8 * 3600 * 1000);
  udpnat_path_set_handle_deadline (f->set, f->now_us);
  drain (f);
  g_assert_cmpuint (f->sent->len, ==, 0);
  assert_relayed (f, UDPNAT_PATH_REASON_IDLE);
  g_assert_cmpint (udpnat_path_set_next_deadline (f->set), ==, UDPNAT_TIME_NEVER);
}

static void
test_relay_only_local (Fixture       *f,
                       gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatCandidates local = { .relay_only = TRUE };

  udpnat_path_set_set_local (f->set, &local);
  give (f, 1, &a, 1);
  challenge (f, &a);
  udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
  udpnat_path_set_handle_network_change (f->set, f->now_us);
  run_until (f, MS (100000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  assert_relayed (f, UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL);
}

static void
test_relay_only_remote_knocks (Fixture       *f,
                               gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatCandidates remote = { .generation = 1, .relay_only = TRUE };

  g_assert_cmpint (udpnat_path_set_handle_candidates (f->set, f->now_us, &remote), ==,
                   UDPNAT_RX_OK);
  challenge (f, &a);
  udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
  run_until (f, MS (100000));
  g_assert_cmpuint (f->sent->len, ==, 0);
}

static void
test_relay_only_local_ends (Fixture       *f,
                            gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatCandidates local = { .relay_only = TRUE };

  give (f, 1, &a, 1);
  prove (f, &a, UDPNAT_MSEC (10));
  clear_log (f);
  udpnat_path_set_set_local (f->set, &local);
  assert_relayed (f, UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL);
  drain (f);
  g_assert_cmpuint (f->n_selected_events, ==, 1);
  run_until (f, MS (10000));
  g_assert_cmpuint (f->sent->len, ==, 0);

  local.relay_only = FALSE;
  udpnat_path_set_set_local (f->set, &local);
  run_until (f, MS (10000));
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  g_assert_cmpuint (f->sent->len, ==, 1);
}

static void
test_relay_only_told_meanwhile (Fixture       *f,
                                gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatCandidates local = { .relay_only = TRUE };

  udpnat_path_set_set_local (f->set, &local);
  give (f, 1, &a, 1);
  run_until (f, MS (1000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  local.relay_only = FALSE;
  udpnat_path_set_set_local (f->set, &local);
  run_until (f, MS (1000));
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  g_assert_cmpuint (f->sent->len, ==, 1);
}

static void
test_relay_only_remote (Fixture       *f,
                        gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatCandidates remote = make_candidates (2, &a, 1);

  give (f, 1, &a, 1);
  prove (f, &a, UDPNAT_MSEC (10));
  clear_log (f);
  remote.relay_only = TRUE;
  udpnat_path_set_handle_candidates (f->set, f->now_us, &remote);
  assert_relayed (f, UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE);
  run_until (f, MS (100000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  udpnat_path_set_note_active (f->set, f->now_us);
  give (f, 3, &a, 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
}

static void
test_cached_waits_for_session (Fixture       *f,
                               gconstpointer  data)
{
  UdpnatAddress a = at ("192.168.1.7", 8900);
  UdpnatAddress listed[4];

  udpnat_path_set_add_cached (f->set, f->now_us, &a);
  udpnat_path_set_note_active (f->set, f->now_us);
  run_until (f, MS (1000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  g_assert_cmpuint (udpnat_path_set_list_handshake_addresses (f->set, listed, 4), ==, 1);
  g_assert_true (udpnat_address_equal (&listed[0], &a));
  udpnat_path_set_handle_new_session (f->set, f->now_us);
  run_until (f, MS (1005));
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
}

static void
test_cached_beacon_repeats (Fixture       *f,
                            gconstpointer  data)
{
  UdpnatAddress a = at ("192.168.1.7", 8900);

  udpnat_path_set_handle_new_session (f->set, f->now_us);
  for (guint i = 0; i < 14; i++)
    {
      udpnat_path_set_add_cached (f->set, f->now_us, &a);
      run_until (f, MS ((i + 1) * 1000));
    }
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 8);
}

/* Whoever has left the network gets no handshake there; a proven path stays, and so does what the
 * peer itself names. */
static void
test_cached_removed (Fixture       *f,
                     gconstpointer  data)
{
  UdpnatAddress a = at ("192.168.1.7", 8900);
  UdpnatAddress b = at ("192.168.1.8", 8900);
  UdpnatAddress unknown = at ("192.168.1.9", 8900);
  UdpnatAddress listed[4];

  udpnat_path_set_add_cached (f->set, f->now_us, &a);
  udpnat_path_set_add_cached (f->set, f->now_us, &b);
  udpnat_path_set_remove_cached (f->set, &a);
  udpnat_path_set_remove_cached (f->set, &unknown);
  g_assert_cmpuint (udpnat_path_set_list_handshake_addresses (f->set, listed, 4), ==, 1);
  g_assert_true (udpnat_address_equal (&listed[0], &b));
  udpnat_path_set_note_active (f->set, f->now_us);
  udpnat_path_set_handle_new_session (f->set, f->now_us);
  run_until (f, MS (5));
  prove (f, &b, UDPNAT_MSEC (10));
  udpnat_path_set_remove_cached (f->set, &b);
  g_assert_cmpuint (udpnat_path_set_list_handshake_addresses (f->set, listed, 4), ==, 1);
}

/* No address that somebody else named gets a handshake packet, which is ten times as long as a
 * challenge. */
static void
test_no_handshake_to_listed (Fixture       *f,
                             gconstpointer  data)
{
  UdpnatAddress list[3] = {
    at ("203.0.113.5", 8900), at ("203.0.113.6", 8900), at ("203.0.113.7", 8900),
  };
  UdpnatAddress out[4];

  give (f, 1, list, 2);
  challenge (f, &list[2]);
  g_assert_cmpuint (udpnat_path_set_list_handshake_addresses (f->set, out, 4), ==, 0);
  prove (f, &list[1], UDPNAT_MSEC (10));
  g_assert_cmpuint (udpnat_path_set_list_handshake_addresses (f->set, out, 4), ==, 1);
  g_assert_true (udpnat_address_equal (&out[0], &list[1]));
}

static void
test_reason_codes (void)
{
  g_assert_cmpstr (udpnat_path_reason_to_code (UDPNAT_PATH_REASON_NONE), ==, "none");
  g_assert_cmpstr (udpnat_path_reason_to_code (UDPNAT_PATH_REASON_BOTH_SYMMETRIC), ==,
                   "both-symmetric");
  for (guint i = 0; i <= UDPNAT_PATH_REASON_IDLE; i++)
    for (guint j = 0; j < i; j++)
      g_assert_cmpstr (udpnat_path_reason_to_code (i), !=, udpnat_path_reason_to_code (j));
}

/* A list that only got shorter, or comes with another verdict, is not tried again; neither is our
 * own a reason to. */
static void
test_nothing_new (Fixture       *f,
                  gconstpointer  data)
{
  UdpnatAddress list[] = { at ("203.0.113.5", 8900), at ("203.0.113.6", 8900) };
  UdpnatAddress own[] = { at ("198.51.100.9", 8900), at ("198.51.100.9", 8901) };
  UdpnatCandidates local = make_candidates (1, own, 2);

  udpnat_path_set_set_local (f->set, &local);
  give (f, 1, list, 2);
  run_until (f, MS (5000));
  clear_log (f);
  give (f, 2, list, 1);
  local = make_candidates (2, own, 1);
  udpnat_path_set_set_local (f->set, &local);
  run_until (f, MS (9000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  assert_relayed (f, UDPNAT_PATH_REASON_NO_ANSWER);

  give (f, 3, list, 2);
  run_until (f, MS (9100));
  g_assert_cmpuint (f->sent->len, >, 0);
}

/* ---- A further socket ---- */

static guint
count_spoilt (Fixture *f,
              gint64   until_us)
{
  UdpnatPathEventType event;
  guint n = 0;

  while (udpnat_path_set_next_deadline (f->set) <= until_us)
    {
      UdpnatPathOutput output;

      f->now_us = MAX (f->now_us, udpnat_path_set_next_deadline (f->set));
      udpnat_path_set_handle_deadline (f->set, f->now_us);
      while (udpnat_path_set_pop_output (f->set, f->now_us, &output))
        ;
      while (udpnat_path_set_pop_event (f->set, &event))
        n += event == UDPNAT_PATH_EVENT_SPOILT;
    }
  f->now_us = until_us;
  return n;
}

static void
test_spoilt_is_told_once (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  g_assert_cmpuint (count_spoilt (f, MS (999)), ==, 0);
  g_assert_cmpuint (count_spoilt (f, MS (4000)), ==, 1);
}

static void
test_spoilt_not_behind_symmetric (Fixture       *f,
                                  gconstpointer  data)
{
  give_mapping (f, 1, at ("203.0.113.5", 8900), UDPNAT_MAPPING_ENDPOINT_DEPENDENT);
  g_assert_cmpuint (count_spoilt (f, MS (4000)), ==, 0);
}

static void
test_spoilt_not_on_lan (Fixture       *f,
                        gconstpointer  data)
{
  UdpnatAddress a = at ("192.168.1.5", 8900);

  give (f, 1, &a, 1);
  g_assert_cmpuint (count_spoilt (f, MS (4000)), ==, 0);
}

/* From it every public address is tried, those that are listed later, too; and it can be taken away
 * again while it is in use. */
static void
test_further_socket_tries_all (Fixture       *f,
                               gconstpointer  data)
{
  const UdpnatSocketId further = UDPNAT_SOCKET_FURTHER + 9;
  UdpnatAddress list[] = { at ("203.0.113.5", 8900), at ("192.168.1.5", 8900),
                           at ("203.0.113.6", 8900) };
  UdpnatAddress observed = at ("198.51.100.77", 40000);
  UdpnatCandidates local = make_candidates (0, &observed, 1);
  guint n_by_further = 0;
  guint64 token = 0;

  give (f, 1, list, 2);
  run_until (f, MS (1000));
  g_assert_true (udpnat_path_set_is_socket_idle (f->set));
  clear_log (f);
  local.candidates[0].address = observed;
  udpnat_path_set_add_socket (f->set, f->now_us, further, &observed, &local);
  g_assert_false (udpnat_path_set_is_socket_idle (f->set));
  give (f, 2, list, 3);
  run_until (f, MS (1100));
  for (guint i = 0; i < f->sent->len; i++)
    {
      const UdpnatPathOutput *output = &get_sent (f, i)->output;

      if (output->socket != further)
        continue;
      n_by_further++;
      g_assert_false (udpnat_address_equal (&output->to, &list[1]));
      if (output->type == UDPNAT_PATH_OUTPUT_CHALLENGE
          && udpnat_address_equal (&output->to, &list[2]))
        token = output->token;
    }
  g_assert_cmpuint (n_by_further, ==, 2 * 4); /* OPEN, 5, 20 and 60 ms */
  udpnat_path_set_handle_response (f->set, f->now_us, further, &list[2], token, &observed);
  drain (f);
  assert_selected (f, &list[2]);
  g_assert_cmpuint (udpnat_path_set_get_selected_socket (f->set), ==, further);
  g_assert_false (udpnat_path_set_is_socket_idle (f->set));

  udpnat_path_set_remove_socket (f->set, f->now_us);
  drain (f);
  g_assert_false (udpnat_path_set_get_selected (f->set, NULL, NULL, NULL));
  clear_log (f);
  run_until (f, MS (30000));
  for (guint i = 0; i < f->sent->len; i++)
    g_assert_cmpuint (get_sent (f, i)->output.socket, ==, UDPNAT_SOCKET_MAIN);
}

/* Two proven paths of the socket: when the one in use goes, the other must not be chosen. */
static void
test_further_socket_with_two_paths (Fixture       *f,
                                    gconstpointer  data)
{
  const UdpnatSocketId further = UDPNAT_SOCKET_FURTHER + 9;
  UdpnatAddress list[] = { at ("203.0.113.5", 8900), at ("203.0.113.6", 8900) };
  UdpnatAddress observed = at ("198.51.100.77", 40000);
  UdpnatCandidates local = make_candidates (0, &observed, 1);
  guint n_sent;

  local.candidates[0].address = observed;
  give (f, 1, list, 2);
  run_until (f, MS (1000));
  clear_log (f);
  udpnat_path_set_add_socket (f->set, f->now_us, further, &observed, &local);
  run_until (f, MS (1100));
  n_sent = f->sent->len;
  for (guint i = 0; i < n_sent; i++)
    {
      UdpnatPathOutput output = get_sent (f, i)->output;

      if (output.socket == further && output.type == UDPNAT_PATH_OUTPUT_CHALLENGE)
        udpnat_path_set_handle_response (f->set, f->now_us, further, &output.to, output.token,
                                         &observed);
    }
  g_assert_true (udpnat_path_set_is_proven (f->set, further, &list[0]));
  g_assert_true (udpnat_path_set_is_proven (f->set, further, &list[1]));
  udpnat_path_set_remove_socket (f->set, f->now_us);
  drain (f);
  g_assert_false (udpnat_path_set_get_selected (f->set, NULL, NULL, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_path_test ("/path-punch/candidates/nothing-new-is-not-tried", test_nothing_new);
  add_path_test ("/path-punch/spoilt/told-once-a-round", test_spoilt_is_told_once);
  add_path_test ("/path-punch/spoilt/not-behind-symmetric", test_spoilt_not_behind_symmetric);
  add_path_test ("/path-punch/spoilt/not-on-lan", test_spoilt_not_on_lan);
  add_path_test ("/path-punch/further-socket/tries-all", test_further_socket_tries_all);
  add_path_test ("/path-punch/further-socket/two-paths-go-together",
                 test_further_socket_with_two_paths);
  add_path_test ("/path-punch/cadence/as-written", test_cadence);
  add_path_test ("/path-punch/cadence/nothing-before-step", test_nothing_before_step);
  add_path_test ("/path-punch/cadence/open-has-small-ttl", test_open_ttl);
  add_path_test ("/path-punch/cadence/no-open-to-private", test_no_open_to_private);
  add_path_test ("/path-punch/cadence/fresh-tokens", test_fresh_tokens);
  add_path_test ("/path-punch/cadence/candidates-5ms-apart", test_gap);
  add_path_test ("/path-punch/cadence/late-start-keeps-open-first",
                 test_late_start_keeps_open_first);
  add_path_test ("/path-punch/cadence/late-steps-not-made-up-for",
                 test_late_steps_are_not_made_up_for);
  add_path_test ("/path-punch/cadence/sleep-ends-round", test_sleep_through_round);
  add_path_test ("/path-punch/give-up/after-4s", test_give_up);
  add_path_test ("/path-punch/give-up/many-after-4s", test_give_up_of_many);
  add_path_test ("/path-punch/reason/verdicts", test_verdicts);
  add_path_test ("/path-punch/reason/follows-local-mapping", test_verdict_follows_local);
  add_path_test ("/path-punch/reason/no-candidates", test_no_candidates);
  g_test_add_func ("/path-punch/reason/codes-differ", test_reason_codes);
  add_path_test ("/path-punch/filter/forbidden-addresses", test_only_forbidden_candidates);
  add_path_test ("/path-punch/filter/lowest-port", test_lowest_port);
  add_path_test ("/path-punch/filter/unset-address", test_unset_candidate);
  add_path_test ("/path-punch/filter/own-address", test_own_address);
  add_path_test ("/path-punch/filter/duplicates", test_duplicates);
  add_path_test ("/path-punch/generation/old-ignored", test_old_generation);
  add_path_test ("/path-punch/generation/zero-is-one", test_generation_zero);
  add_path_test ("/path-punch/generation/new-session-resets", test_new_session_resets_generation);
  add_path_test ("/path-punch/generation/replaced-list-stops-old", test_replaced_list_stops_old);
  add_path_test ("/path-punch/generation/repeated-address-keeps-run",
                 test_repeated_address_keeps_run);
  add_path_test ("/path-punch/victims/one-list", test_victims_of_one_list);
  add_path_test ("/path-punch/victims/many-lists", test_victims_of_many_lists);
  add_path_test ("/path-punch/victims/vouched-lists", test_vouched_lists);
  add_path_test ("/path-punch/hearsay/ends", test_hearsay_ends);
  add_path_test ("/path-punch/hearsay/elsewhere", test_hearsay_elsewhere);
  add_path_test ("/path-punch/hearsay/proof-gives-it-back", test_hearsay_comes_back);
  add_path_test ("/path-punch/victims/forged-sources", test_victims_of_forged_sources);
  add_path_test ("/path-punch/victims/challenged-again-and-again", test_challenged_again_and_again);
  add_path_test ("/path-punch/victims/no-handshake-to-listed", test_no_handshake_to_listed);
  add_path_test ("/path-punch/retry/timetable", test_retries);
  add_path_test ("/path-punch/retry/proof-resets", test_proof_resets_retries);
  add_path_test ("/path-punch/retry/round-is-bounded", test_round_is_bounded);
  add_path_test ("/path-punch/retry/none-when-idle", test_no_retry_when_idle);
  add_path_test ("/path-punch/retry/activity-after-idle", test_activity_after_idle);
  add_path_test ("/path-punch/retry/activity-does-not-hurry", test_activity_does_not_hurry);
  add_path_test ("/path-punch/retry/new-candidates", test_new_candidates_retry_at_once);
  add_path_test ("/path-punch/retry/network-change", test_network_change_retries_at_once);
  add_path_test ("/path-punch/retry/new-local-addresses", test_new_local_addresses_retry_at_once);
  add_path_test ("/path-punch/relay-only/local", test_relay_only_local);
  add_path_test ("/path-punch/relay-only/local-ends", test_relay_only_local_ends);
  add_path_test ("/path-punch/relay-only/remote-knocks", test_relay_only_remote_knocks);
  add_path_test ("/path-punch/relay-only/told-meanwhile", test_relay_only_told_meanwhile);
  add_path_test ("/path-punch/relay-only/remote", test_relay_only_remote);
  add_path_test ("/path-punch/cached/waits-for-session", test_cached_waits_for_session);
  add_path_test ("/path-punch/cached/beacon-repeats", test_cached_beacon_repeats);
  add_path_test ("/path-punch/cached/removed-unless-proven", test_cached_removed);

  return g_test_run ();
}
