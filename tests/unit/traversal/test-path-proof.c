/* What proves a path and what does not, and what is learned from where packets come from:
 * PROTOCOL.md section 10. */

#include "config.h"

#include "traversal/path-fixture.h"

static void
test_response_proves (Fixture       *f,
                      gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatPathKind kind;
  gint64 rtt_us;

  give (f, 1, &a, 1);
  run_until (f, MS (18));
  clear_log (f);
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
  run_until (f, MS (20));
  answer_last (f, &a);
  assert_selected (f, &a);
  g_assert_true (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
  g_assert_true (udpnat_path_set_get_selected (f->set, NULL, &kind, &rtt_us));
  g_assert_cmpint (kind, ==, UDPNAT_PATH_KIND_DIRECT);
  g_assert_cmpint (udpnat_path_set_get_reason (f->set), ==, UDPNAT_PATH_REASON_NONE);
  g_assert_cmpuint (f->n_selected_events, ==, 1);
  g_assert_cmpuint (f->n_reason_events, ==, 0);
}

/* One of ours and one of theirs make a path: what comes back by another socket proves nothing for
 * the first. */
static void
test_socket_is_part_of_path (Fixture       *f,
                             gconstpointer  data)
{
  const UdpnatSocketId other = UDPNAT_SOCKET_FURTHER + 3;
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatAddress observed = at ("198.51.100.77", 40000);
  guint64 token;

  give (f, 1, &a, 1);
  run_until (f, MS (20));
  token = last_token (f, &a);
  udpnat_path_set_handle_response (f->set, f->now_us, other, &a, token, &observed);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);

  /* Heard by the other socket, it is challenged by that one, and proven for that one alone. */
  clear_log (f);
  udpnat_path_set_handle_challenge (f->set, f->now_us, other, &a, 4711);
  drain (f);
  g_assert_cmpuint (f->sent->len, ==, 2);
  g_assert_cmpint (get_sent (f, 0)->output.type, ==, UDPNAT_PATH_OUTPUT_RESPONSE);
  g_assert_cmpint (get_sent (f, 1)->output.type, ==, UDPNAT_PATH_OUTPUT_CHALLENGE);
  g_assert_cmpuint (get_sent (f, 0)->output.socket, ==, other);
  g_assert_cmpuint (get_sent (f, 1)->output.socket, ==, other);
  f->now_us += UDPNAT_MSEC (10);
  udpnat_path_set_handle_response (f->set, f->now_us, other, &a, get_sent (f, 1)->output.token,
                                   &observed);
  drain (f);
  assert_selected (f, &a);
  g_assert_cmpuint (udpnat_path_set_get_selected_socket (f->set), ==, other);
  g_assert_true (udpnat_path_set_is_proven (f->set, other, &a));
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
}

static void
test_proof_ends_run (Fixture       *f,
                     gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (5));
  answer_last (f, &a);
  clear_log (f);
  run_until (f, MS (2504));
  g_assert_cmpuint (f->sent->len, ==, 0);
}

static void
test_rtt_of_matching_token (Fixture       *f,
                            gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  guint64 token;
  gint64 rtt_us;

  give (f, 1, &a, 1);
  run_until (f, MS (20));
  token = last_token (f, &a);
  run_until (f, MS (320)); /* 60, 140 and 300 have gone out since */
  respond (f, &a, token);
  g_assert_true (udpnat_path_set_get_selected (f->set, NULL, NULL, &rtt_us));
  g_assert_cmpint (rtt_us, ==, UDPNAT_MSEC (300));
}

static void
test_rtt_is_smoothed (Fixture       *f,
                      gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  gint64 rtt_us;

  prove (f, &a, UDPNAT_MSEC (80));
  run_until (f, MS (80 + 2500));
  run_until (f, MS (80 + 2500 + 40));
  answer_last (f, &a);
  g_assert_true (udpnat_path_set_get_selected (f->set, NULL, NULL, &rtt_us));
  g_assert_cmpint (rtt_us, ==, UDPNAT_MSEC (75)); /* (7 * 80 + 40) / 8 */
}

static void
test_no_token_after_network_change (Fixture       *f,
                                    gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  guint64 tokens[8];

  give (f, 1, &a, 1);
  run_until (f, MS (3000));
  for (guint i = 0; i < 8; i++)
    tokens[i] = get_sent (f, i + 1)->output.token;
  respond (f, &a, tokens[0]);
  assert_selected (f, &a);
  udpnat_path_set_handle_network_change (f->set, f->now_us);
  for (guint i = 0; i < 8; i++)
    respond (f, &a, tokens[i]);
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
}

static void
test_first_of_twelve_tokens (Fixture       *f,
                             gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  guint64 first = 0;
  guint n_challenges = 0;

  give (f, 1, &a, 1);
  for (gint64 ms = 0; n_challenges < 12; ms += 100)
    {
      udpnat_path_set_note_active (f->set, f->now_us);
      run_until (f, MS (ms));
      n_challenges = count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE);
      if (first == 0 && n_challenges > 0)
        first = last_token (f, &a);
      g_assert_cmpint (ms, <, 100000);
    }
  respond (f, &a, first);
  /* A very late answer, but an answer. */
  g_assert_true (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
}

static void
test_token_counts_once (Fixture       *f,
                        gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  gint64 rtt_us;

  challenge (f, &a);
  run_until (f, MS (10));
  respond (f, &a, get_sent (f, 1)->output.token);
  run_until (f, MS (90));
  respond (f, &a, get_sent (f, 1)->output.token);
  g_assert_true (udpnat_path_set_get_selected (f->set, NULL, NULL, &rtt_us));
  g_assert_cmpint (rtt_us, ==, UDPNAT_MSEC (10));
}

/* The owner may report one packet in more than one way, and a peer may repeat itself. */
static void
test_one_challenge_back_at_a_time (Fixture       *f,
                                   gconstpointer  data)
{
  UdpnatAddress a = at ("192.168.1.5", 8900); /* eight packets so far, as no OPEN goes there */

  give (f, 1, &a, 1);
  run_until (f, MS (3000));
  clear_log (f);
  for (guint i = 0; i < 3; i++)
    challenge (f, &a);
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
}

/* Data on a path that we are still trying does not use up what is left for challenges. */
static void
test_data_is_not_challenged_back (Fixture       *f,
                                  gconstpointer  data)
{
  UdpnatAddress a = at ("192.168.1.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (30));
  clear_log (f);
  for (guint i = 0; i < 20; i++)
    {
      udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
      run_until (f, f->now_us + UDPNAT_MSEC (1));
    }
  g_assert_cmpuint (f->sent->len, ==, 0);
}

static void
test_unknown_token (Fixture       *f,
                    gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (5));
  respond (f, &a, last_token (f, &a) + 1);
  respond (f, &a, 0);
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
}

static void
test_empty_slots_have_no_token (Fixture       *f,
                                gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  respond (f, &a, 0);
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
}

static void
test_token_of_other_address (Fixture       *f,
                             gconstpointer  data)
{
  UdpnatAddress list[2] = { at ("203.0.113.5", 8900), at ("203.0.113.5", 8901) };
  UdpnatAddress stranger = at ("203.0.113.99", 8900);

  give (f, 1, list, 2);
  run_until (f, MS (30));
  respond (f, &list[1], last_token (f, &list[0]));
  respond (f, &stranger, last_token (f, &list[0]));
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &list[0]));
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &list[1]));
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &stranger));
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
}

static void
test_challenge_is_answered (Fixture       *f,
                            gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  udpnat_path_set_handle_challenge (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a, 0x1122334455667788);
  drain (f);
  g_assert_cmpint (get_sent (f, 0)->output.type, ==, UDPNAT_PATH_OUTPUT_RESPONSE);
  g_assert_cmpuint (get_sent (f, 0)->output.token, ==, 0x1122334455667788);
  g_assert_true (udpnat_address_equal (&get_sent (f, 0)->output.to, &a));
  g_assert_true (udpnat_address_equal (&get_sent (f, 0)->output.observed, &a));
}

static void
test_challenge_from_unknown_is_returned (Fixture       *f,
                                         gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  challenge (f, &a);
  g_assert_cmpuint (f->sent->len, ==, 2);
  g_assert_cmpint (get_sent (f, 1)->output.type, ==, UDPNAT_PATH_OUTPUT_CHALLENGE);
  g_assert_true (udpnat_address_equal (&get_sent (f, 1)->output.to, &a));
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  answer_last (f, &a);
  assert_selected (f, &a);
}

static void
test_challenge_in_run_is_returned_at_once (Fixture       *f,
                                           gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  run_until (f, MS (200)); /* the next one would be at 300 */
  clear_log (f);
  challenge (f, &a);
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
}

/* Challenged all the time, never answered: no more than ten packets in a run, and never chosen. */
static void
test_one_way (Fixture       *f,
              gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);

  give (f, 1, &a, 1);
  for (guint ms = 0; ms < 4000; ms += 10)
    {
      run_until (f, MS (ms));
      challenge (f, &a);
      udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
      g_assert_false (udpnat_path_set_get_selected (f->set, NULL, NULL, NULL));
    }
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_RESPONSE), ==, 400);
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE)
                        + count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_OPEN), <=, 10);
  run_until (f, MS (4000));
  assert_relayed (f, UDPNAT_PATH_REASON_NO_ANSWER);
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
}

static void
test_learned_forbidden (Fixture       *f,
                        gconstpointer  data)
{
  UdpnatAddress forbidden[] = {
    at ("0.0.0.0", 8900), at ("224.0.0.1", 8900), at ("255.255.255.255", 8900),
    at ("ff02::1", 8900),
    at ("203.0.113.5", 53), at ("203.0.113.5", 1023), at ("203.0.113.5", 0), UDPNAT_ADDRESS_NONE,
  };

  for (guint i = 0; i < G_N_ELEMENTS (forbidden); i++)
    {
      challenge (f, &forbidden[i]);
      udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &forbidden[i]);
      udpnat_path_set_add_cached (f->set, f->now_us, &forbidden[i]);
    }
  run_until (f, MS (5000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  g_assert_false (udpnat_path_set_get_selected (f->set, NULL, NULL, NULL));
}

static void
test_learned_loopback (Fixture       *f,
                       gconstpointer  data)
{
  UdpnatAddress a = at ("127.0.0.1", 8901);
  UdpnatPathKind kind;

  challenge (f, &a);
  answer_last (f, &a);
  assert_selected (f, &a);
  g_assert_true (udpnat_path_set_get_selected (f->set, NULL, &kind, NULL));
  g_assert_cmpint (kind, ==, UDPNAT_PATH_KIND_LAN);
}

/* A peer whose NAT has given it another port while it sends data. */
static void
test_rebinding_is_followed (Fixture       *f,
                            gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.5", 8900);
  UdpnatAddress b = at ("203.0.113.5", 61234);

  prove (f, &a, UDPNAT_MSEC (40));
  clear_log (f);
  udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &b);
  drain (f);
  g_assert_cmpuint (count_sent_to (f, &b, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
  assert_selected (f, &a);
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &b));
}

static void
test_table_is_bounded (Fixture       *f,
                       gconstpointer  data)
{
  guint n_proven = 0;
  UdpnatAddress list[40];

  for (guint i = 0; i < G_N_ELEMENTS (list); i++)
    {
      list[i] = at ("203.0.113.5", 2000 + i);
      challenge (f, &list[i]);
      if (count_sent_to (f, &list[i], UDPNAT_PATH_OUTPUT_CHALLENGE) > 0)
        answer_last (f, &list[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (list); i++)
    if (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &list[i]))
      n_proven++;
  g_assert_cmpuint (n_proven, ==, UDPNAT_PATHS_MAX);
  /* proven ones were never replaced, and the rest were answered all the same */
  for (guint i = 0; i < UDPNAT_PATHS_MAX; i++)
    g_assert_true (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &list[i]));
  g_assert_cmpuint (count_sent_to (f, &list[39], UDPNAT_PATH_OUTPUT_RESPONSE), ==, 1);
}

static void
test_unproven_make_room (Fixture       *f,
                         gconstpointer  data)
{
  UdpnatAddress good = at ("203.0.113.9", 9000);
  UdpnatAddress last;

  prove (f, &good, UDPNAT_MSEC (10));
  for (guint i = 0; i < 40; i++)
    {
      last = at ("203.0.113.5", 2000 + i);
      challenge (f, &last);
    }
  g_assert_true (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &good));
  assert_selected (f, &good);
  answer_last (f, &last);
  g_assert_true (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &last));
}

/* Forged sources must not push out what the peer has named. */
static void
test_listed_outlive_learned (Fixture       *f,
                             gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.9", 9000);

  give (f, 1, &a, 1);
  for (guint i = 0; i < 40; i++)
    {
      UdpnatAddress forged = at ("203.0.113.5", 2000 + i);

      challenge (f, &forged);
    }
  run_until (f, MS (5));
  answer_last (f, &a);
  assert_selected (f, &a);
}

static void
test_flood_without_popping (Fixture       *f,
                            gconstpointer  data)
{
  UdpnatAddress a = at ("203.0.113.9", 9000);

  for (guint i = 0; i < 10000; i++)
    udpnat_path_set_handle_challenge (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a, i);
  drain (f);
  g_assert_cmpuint (f->sent->len, ==, UDPNAT_PATH_OUTPUTS_MAX);
}

static void
test_free_null (void)
{
  udpnat_path_set_free (NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_path_test ("/path-proof/response/proves-and-selects", test_response_proves);
  add_path_test ("/path-proof/response/ends-run", test_proof_ends_run);
  add_path_test ("/path-proof/response/rtt-of-matching-token", test_rtt_of_matching_token);
  add_path_test ("/path-proof/response/rtt-is-smoothed", test_rtt_is_smoothed);
  add_path_test ("/path-proof/response/none-after-network-change",
                 test_no_token_after_network_change);
  add_path_test ("/path-proof/response/first-of-twelve", test_first_of_twelve_tokens);
  add_path_test ("/path-proof/response/token-counts-once", test_token_counts_once);
  add_path_test ("/path-proof/response/unknown-token", test_unknown_token);
  add_path_test ("/path-proof/response/zero-is-no-token", test_empty_slots_have_no_token);
  add_path_test ("/path-proof/response/other-address-is-no-proof", test_token_of_other_address);
  add_path_test ("/path-proof/challenge/answered-to-its-source", test_challenge_is_answered);
  add_path_test ("/path-proof/challenge/unknown-source-challenged-back",
                 test_challenge_from_unknown_is_returned);
  add_path_test ("/path-proof/challenge/run-challenged-back-at-once",
                 test_challenge_in_run_is_returned_at_once);
  add_path_test ("/path-proof/challenge/one-back-at-a-time", test_one_challenge_back_at_a_time);
  add_path_test ("/path-proof/challenge/not-for-data", test_data_is_not_challenged_back);
  add_path_test ("/path-proof/challenge/one-way-never-chosen", test_one_way);
  add_path_test ("/path-proof/learned/forbidden-sources", test_learned_forbidden);
  add_path_test ("/path-proof/learned/loopback-allowed", test_learned_loopback);
  add_path_test ("/path-proof/learned/rebinding-followed", test_rebinding_is_followed);
  add_path_test ("/path-proof/table/bounded-by-proven", test_table_is_bounded);
  add_path_test ("/path-proof/table/unproven-make-room", test_unproven_make_room);
  add_path_test ("/path-proof/table/listed-outlive-learned", test_listed_outlive_learned);
  add_path_test ("/path-proof/queue/bounded", test_flood_without_popping);
  add_path_test ("/path-proof/proof/socket-is-part-of-path", test_socket_is_part_of_path);
  g_test_add_func ("/path-proof/set/free-null", test_free_null);

  return g_test_run ();
}
