/* Keeping a path, doubting it, losing it, letting it go: PROTOCOL.md section 10, last paragraph. */

#include "config.h"

#include "traversal/path-fixture.h"

#define A "203.0.113.7"

/* A path with a round trip of 20 ms, up since exactly UP. */
#define UP MS (20)

static UdpnatAddress
bring_up (Fixture *f)
{
  UdpnatAddress a = at (A, 8900);

  prove (f, &a, UDPNAT_MSEC (20));
  g_assert_cmpint (f->now_us, ==, UP);
  clear_log (f);
  return a;
}

static void
run_until_answering (Fixture             *f,
                     gint64               until_us,
                     const UdpnatAddress *a)
{
  while (udpnat_path_set_next_deadline (f->set) <= until_us)
    {
      guint n_before = f->sent->len;

      run_until (f, udpnat_path_set_next_deadline (f->set));
      if (f->sent->len > n_before)
        {
          run_until (f, f->now_us + UDPNAT_MSEC (20));
          answer_last (f, a);
        }
    }
  run_until (f, until_us);
}

static void
test_confirm (Fixture       *f,
              gconstpointer  data)
{
  bring_up (f);
  run_until (f, UP + UDPNAT_MSEC (2500) - 1);
  g_assert_cmpuint (f->sent->len, ==, 0);
  run_until (f, UP + UDPNAT_MSEC (2500));
  g_assert_cmpuint (f->sent->len, ==, 1);
}

static void
test_keepalive (Fixture       *f,
                gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  for (gint64 s = 0; s <= 90; s += 15)
    {
      gint64 due_us = UP + UDPNAT_MSEC (2500) + UDPNAT_SEC (s);

      run_until_answering (f, due_us - 1, &a);
      clear_log (f);
      run_until (f, due_us);
      g_assert_cmpuint (f->sent->len, ==, 1);
      run_until (f, due_us + UDPNAT_MSEC (20));
      answer_last (f, &a);
    }
  g_assert_cmpuint (f->n_selected_events, ==, 0);
}

static void
test_let_go (Fixture       *f,
             gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  run_until_answering (f, MS (120000) - 1, &a);
  assert_selected (f, &a);
  clear_log (f);
  run_until (f, MS (120000));
  assert_relayed (f, UDPNAT_PATH_REASON_IDLE);
  g_assert_cmpuint (f->n_selected_events, ==, 1);
  g_assert_cmpuint (f->sent->len, ==, 0);
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
  g_assert_cmpint (udpnat_path_set_next_deadline (f->set), ==, UDPNAT_TIME_NEVER);
}

static void
test_let_go_in_run (Fixture       *f,
                    gconstpointer  data)
{
  UdpnatAddress list[] = { at (A, 8900), at (A, 8901) };

  give (f, 1, list, 1);
  run_until (f, MS (119000));
  give (f, 2, list, 2);
  run_until (f, MS (120000) - 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  clear_log (f);
  run_until (f, MS (200000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  assert_relayed (f, UDPNAT_PATH_REASON_IDLE);
}

static void
test_answer_after_idle (Fixture       *f,
                        gconstpointer  data)
{
  UdpnatAddress list[] = { at (A, 8900), at (A, 8901) };

  give (f, 1, list, 1);
  run_until (f, MS (110000));
  clear_log (f);
  give (f, 2, list, 2);
  run_until (f, MS (120000));
  answer_last (f, &list[0]);
  assert_relayed (f, UDPNAT_PATH_REASON_NO_ANSWER);
}

static void
test_activity_keeps (Fixture       *f,
                     gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  run_until_answering (f, MS (100000), &a);
  udpnat_path_set_note_active (f->set, f->now_us);
  run_until_answering (f, MS (220000) - 1, &a);
  assert_selected (f, &a);
  run_until (f, MS (220000));
  assert_relayed (f, UDPNAT_PATH_REASON_IDLE);
}

static void
test_idle_peer_does_not_wake_us (Fixture       *f,
                                 gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);
  UdpnatAddress b = at (A, 8901);

  run_until_answering (f, MS (120000), &a);
  clear_log (f);
  challenge (f, &a);
  challenge (f, &b);
  udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
  run_until (f, MS (200000));
  g_assert_cmpuint (f->sent->len, ==, 2); /* two answers */
  g_assert_cmpuint (f->n_selected_events, ==, 0);
  assert_relayed (f, UDPNAT_PATH_REASON_IDLE);
}

static void
test_activity_punches_again (Fixture       *f,
                             gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  run_until_answering (f, MS (500000), &a);
  clear_log (f);
  udpnat_path_set_note_active (f->set, f->now_us);
  run_until (f, MS (500005));
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_OPEN), ==, 1);
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
  answer_last (f, &a);
  assert_selected (f, &a);
}

/* The first message after a long sleep, before any deadline was served. */
static void
test_activity_after_sleep (Fixture       *f,
                           gconstpointer  data)
{
  bring_up (f);
  f->now_us = MS (8 * 3600 * 1000);
  udpnat_path_set_note_active (f->set, f->now_us);
  drain (f);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  g_assert_cmpuint (f->n_selected_events, ==, 1);
  run_until (f, f->now_us);
  g_assert_cmpuint (f->sent->len, ==, 1);
}

static void
test_suspect_by_data (Fixture       *f,
                      gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_MSEC (150) - 1);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  run_until (f, UP + UDPNAT_MSEC (150));
  g_assert_true (udpnat_path_set_is_suspect (f->set));
  assert_selected (f, &a);
  g_assert_true (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
  g_assert_cmpuint (f->n_selected_events, ==, 0);
}

static void
test_suspect_after_two_rtt (Fixture       *f,
                            gconstpointer  data)
{
  UdpnatAddress a = at (A, 8900);

  prove (f, &a, UDPNAT_MSEC (100));
  udpnat_path_set_note_unanswered (f->set, f->now_us, f->now_us);
  run_until (f, MS (300) - 1);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  run_until (f, MS (300));
  g_assert_true (udpnat_path_set_is_suspect (f->set));
}

static void
test_suspect_by_challenge (Fixture       *f,
                           gconstpointer  data)
{
  bring_up (f);
  run_until (f, UP + UDPNAT_MSEC (2650) - 1);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  run_until (f, UP + UDPNAT_MSEC (2650));
  g_assert_true (udpnat_path_set_is_suspect (f->set));
}

static void
test_suspect_challenges (Fixture       *f,
                         gconstpointer  data)
{
  static const gint64 offsets_ms[] = { 0, 100, 200, 400, 800, 1600 };
  gint64 suspect_us = UP + UDPNAT_MSEC (150);

  bring_up (f);
  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_SEC (3) - 1);
  g_assert_cmpuint (f->sent->len, ==, G_N_ELEMENTS (offsets_ms));
  for (guint i = 0; i < G_N_ELEMENTS (offsets_ms); i++)
    g_assert_cmpint (get_sent (f, i)->at_us, ==, suspect_us + UDPNAT_MSEC (offsets_ms[i]));
}

/* With a long round trip, unanswered data is asked about before it is suspicious. */
static void
test_data_challenge_after_400ms (Fixture       *f,
                                 gconstpointer  data)
{
  UdpnatAddress a = at (A, 8900);
  gint64 since_us;

  prove (f, &a, UDPNAT_MSEC (500));
  clear_log (f);
  since_us = f->now_us;
  udpnat_path_set_note_unanswered (f->set, f->now_us, since_us);
  run_until (f, since_us + UDPNAT_MSEC (400) - 1);
  g_assert_cmpuint (f->sent->len, ==, 0);
  run_until (f, since_us + UDPNAT_MSEC (400));
  g_assert_cmpuint (f->sent->len, ==, 1);
  run_until (f, since_us + UDPNAT_MSEC (1000) - 1);
  g_assert_cmpuint (f->sent->len, ==, 1);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
}

static void
test_answer_ends_suspicion (Fixture       *f,
                            gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_MSEC (170));
  answer_last (f, &a);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  clear_log (f);
  run_until (f, UP + UDPNAT_MSEC (2499));
  g_assert_cmpuint (f->sent->len, ==, 0);
  assert_selected (f, &a);
}

/* A path may be dead in one direction: what comes does not show that anything goes. */
static void
test_packet_does_not_end_suspicion (Fixture       *f,
                                    gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_MSEC (149));
  udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
  run_until (f, UP + UDPNAT_MSEC (150));
  g_assert_true (udpnat_path_set_is_suspect (f->set));
  udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
  g_assert_true (udpnat_path_set_is_suspect (f->set));
}

/* After a sleep nothing has gone unanswered, and the path may be gone all the same. */
static void
test_doubt (Fixture       *f,
            gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_doubt (f->set, f->now_us);
  drain (f);
  g_assert_true (udpnat_path_set_is_suspect (f->set));
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
  udpnat_path_set_note_unanswered (f->set, f->now_us, UDPNAT_TIME_NEVER);
  udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
  g_assert_true (udpnat_path_set_is_suspect (f->set));
  run_until (f, UP + UDPNAT_MSEC (20));
  answer_last (f, &a);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  assert_selected (f, &a);
}

static void
test_doubt_that_was_right (Fixture       *f,
                           gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_doubt (f->set, f->now_us);
  run_until (f, UP + UDPNAT_SEC (3) - 1);
  assert_selected (f, &a);
  run_until (f, UP + UDPNAT_SEC (3));
  assert_relayed (f, UDPNAT_PATH_REASON_DIRECT_LOST);
}

/* What was sent before the path last answered says nothing about it. */
static void
test_proof_is_newer_than_data (Fixture       *f,
                               gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);
  gint64 answered_us;

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_MSEC (170));
  answer_last (f, &a);
  answered_us = f->now_us;
  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, answered_us + UDPNAT_MSEC (150) - 1);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  run_until (f, answered_us + UDPNAT_MSEC (150));
  g_assert_true (udpnat_path_set_is_suspect (f->set));
}

static void
test_never_ends_suspicion_by_data (Fixture       *f,
                                   gconstpointer  data)
{
  bring_up (f);
  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_MSEC (160));
  udpnat_path_set_note_unanswered (f->set, f->now_us, UDPNAT_TIME_NEVER);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
}

/* What the peer sends does not show that it hears us. */
static void
test_packet_does_not_answer_challenge (Fixture       *f,
                                       gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  run_until (f, UP + UDPNAT_MSEC (2600));
  for (guint i = 0; i < 50; i++)
    {
      udpnat_path_set_handle_authenticated (f->set, f->now_us, UDPNAT_SOCKET_MAIN, &a);
      run_until (f, f->now_us + UDPNAT_MSEC (100));
      g_assert_true (udpnat_path_set_is_suspect (f->set));
    }
  assert_selected (f, &a);
  /* and once that stops as well, it is dead 3 s later */
  run_until (f, f->now_us - UDPNAT_MSEC (100) + UDPNAT_SEC (3) - 1);
  assert_selected (f, &a);
  run_until (f, f->now_us + 1);
  assert_relayed (f, UDPNAT_PATH_REASON_DIRECT_LOST);
}

static void
test_data_before_path_does_not_count (Fixture       *f,
                                      gconstpointer  data)
{
  bring_up (f);
  udpnat_path_set_note_unanswered (f->set, f->now_us, T0 - UDPNAT_SEC (10));
  run_until (f, UP + UDPNAT_MSEC (150) - 1);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  run_until (f, UP + UDPNAT_MSEC (150));
  g_assert_true (udpnat_path_set_is_suspect (f->set));
}

static void
test_dead (Fixture       *f,
           gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_SEC (3) - 1);
  assert_selected (f, &a);
  g_assert_cmpuint (f->n_selected_events, ==, 0);
  run_until (f, UP + UDPNAT_SEC (3));
  assert_relayed (f, UDPNAT_PATH_REASON_DIRECT_LOST);
  g_assert_cmpuint (f->n_selected_events, ==, 1);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
}

static void
test_dead_is_punched_again (Fixture       *f,
                            gconstpointer  data)
{
  bring_up (f);
  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_SEC (3));
  clear_log (f);
  run_until (f, UP + UDPNAT_SEC (18) - 1);
  g_assert_cmpuint (f->sent->len, ==, 0);
  run_until (f, UP + UDPNAT_SEC (18));
  g_assert_cmpuint (f->sent->len, ==, 1);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
}

static void
test_dead_is_revived_by_peer (Fixture       *f,
                              gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_SEC (5));
  clear_log (f);
  challenge (f, &a);
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
  answer_last (f, &a);
  assert_selected (f, &a);
}

static void
test_late_answer_revives (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  run_until (f, UP + UDPNAT_MSEC (3100));
  assert_relayed (f, UDPNAT_PATH_REASON_DIRECT_LOST);
  answer_last (f, &a);
  assert_selected (f, &a);
}

/* A machine that slept for less than it takes to be idle gets a second to hear from the path. */
static void
test_sleep_does_not_kill (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  f->now_us = MS (60000);
  udpnat_path_set_handle_deadline (f->set, f->now_us);
  drain (f);
  assert_selected (f, &a);
  g_assert_true (udpnat_path_set_is_suspect (f->set));
  run_until (f, MS (60020));
  answer_last (f, &a);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  assert_selected (f, &a);
}

static void
test_sleep_grace_ends (Fixture       *f,
                       gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_note_unanswered (f->set, f->now_us, UP);
  f->now_us = MS (60000);
  udpnat_path_set_handle_deadline (f->set, f->now_us);
  run_until (f, MS (61000) - 1);
  assert_selected (f, &a);
  run_until (f, MS (61000));
  assert_relayed (f, UDPNAT_PATH_REASON_DIRECT_LOST);
}

static void
test_network_change (Fixture       *f,
                     gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_handle_network_change (f->set, f->now_us);
  drain (f);
  assert_relayed (f, UDPNAT_PATH_REASON_CONNECTING);
  g_assert_cmpuint (f->n_selected_events, ==, 1);
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &a));
  run_until (f, UP + UDPNAT_MSEC (5));
  answer_last (f, &a);
  assert_selected (f, &a);
}

static void
test_new_session_challenges (Fixture       *f,
                             gconstpointer  data)
{
  UdpnatAddress a = bring_up (f);

  udpnat_path_set_handle_new_session (f->set, f->now_us);
  drain (f);
  g_assert_cmpuint (count_sent_to (f, &a, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
  assert_selected (f, &a);
}

static void
test_unanswered_without_path (Fixture       *f,
                              gconstpointer  data)
{
  udpnat_path_set_note_unanswered (f->set, f->now_us, T0);
  run_until (f, MS (5000));
  g_assert_cmpuint (f->sent->len, ==, 0);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_path_test ("/path-keep/keepalive/confirm-after-2500ms", test_confirm);
  add_path_test ("/path-keep/keepalive/every-15s", test_keepalive);
  add_path_test ("/path-keep/idle/let-go-after-120s", test_let_go);
  add_path_test ("/path-keep/idle/ends-run", test_let_go_in_run);
  add_path_test ("/path-keep/idle/answer-proves-nothing", test_answer_after_idle);
  add_path_test ("/path-keep/idle/activity-keeps", test_activity_keeps);
  add_path_test ("/path-keep/idle/peer-does-not-wake-us", test_idle_peer_does_not_wake_us);
  add_path_test ("/path-keep/idle/activity-punches-again", test_activity_punches_again);
  add_path_test ("/path-keep/idle/activity-after-sleep", test_activity_after_sleep);
  add_path_test ("/path-keep/suspect/data-after-150ms", test_suspect_by_data);
  add_path_test ("/path-keep/suspect/data-after-two-rtt", test_suspect_after_two_rtt);
  add_path_test ("/path-keep/suspect/challenge-after-150ms", test_suspect_by_challenge);
  add_path_test ("/path-keep/suspect/challenges", test_suspect_challenges);
  add_path_test ("/path-keep/suspect/data-challenge-after-400ms", test_data_challenge_after_400ms);
  add_path_test ("/path-keep/suspect/ended-by-answer", test_answer_ends_suspicion);
  add_path_test ("/path-keep/suspect/not-ended-by-packet", test_packet_does_not_end_suspicion);
  add_path_test ("/path-keep/suspect/data-before-proof", test_proof_is_newer_than_data);
  add_path_test ("/path-keep/suspect/doubt-ended-by-answer", test_doubt);
  add_path_test ("/path-keep/suspect/doubt-that-was-right", test_doubt_that_was_right);
  add_path_test ("/path-keep/suspect/by-data-ended-by-never", test_never_ends_suspicion_by_data);
  add_path_test ("/path-keep/suspect/by-challenge-not-ended-by-packet",
                 test_packet_does_not_answer_challenge);
  add_path_test ("/path-keep/suspect/older-data-does-not-count",
                 test_data_before_path_does_not_count);
  add_path_test ("/path-keep/suspect/nothing-without-path", test_unanswered_without_path);
  add_path_test ("/path-keep/dead/after-3s", test_dead);
  add_path_test ("/path-keep/dead/punched-again-after-15s", test_dead_is_punched_again);
  add_path_test ("/path-keep/dead/revived-by-peer", test_dead_is_revived_by_peer);
  add_path_test ("/path-keep/dead/revived-by-late-answer", test_late_answer_revives);
  add_path_test ("/path-keep/dead/not-by-sleep", test_sleep_does_not_kill);
  add_path_test ("/path-keep/dead/grace-after-sleep-ends", test_sleep_grace_ends);
  add_path_test ("/path-keep/network-change/all-unproven", test_network_change);
  add_path_test ("/path-keep/new-session/challenges-proven", test_new_session_challenges);

  return g_test_run ();
}
