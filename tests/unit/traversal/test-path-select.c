/* Which proven path is chosen: class by class, with hysteresis. */

#include "config.h"

#include "traversal/path-fixture.h"

#define LAN "192.168.1.7"
#define IPV6 "2001:db8::7"
#define IPV4 "203.0.113.7"

static void
test_classes (Fixture       *f,
              gconstpointer  data)
{
  UdpnatAddress v4 = at (IPV4, 8900);
  UdpnatAddress v6 = at (IPV6, 8900);
  UdpnatAddress lan = at (LAN, 8900);

  /* each is slower than the one before, and better all the same */
  prove (f, &v4, UDPNAT_MSEC (5));
  assert_selected (f, &v4);
  prove (f, &v6, UDPNAT_MSEC (50));
  assert_selected (f, &v6);
  prove (f, &lan, UDPNAT_MSEC (90));
  assert_selected (f, &lan);
}

static void
test_worse_class_never_replaces (Fixture       *f,
                                 gconstpointer  data)
{
  UdpnatAddress v4 = at (IPV4, 8900);
  UdpnatAddress v6 = at (IPV6, 8900);
  UdpnatAddress lan = at (LAN, 8900);

  prove (f, &lan, UDPNAT_MSEC (90));
  clear_log (f);
  prove (f, &v6, UDPNAT_MSEC (50));
  prove (f, &v4, UDPNAT_MSEC (5));
  assert_selected (f, &lan);
  g_assert_cmpuint (f->n_selected_events, ==, 0);
}

/* Chosen path of @chosen_ms, challenger of @challenger_us: is it taken? */
static void
assert_hysteresis (gint64   chosen_ms,
                   gint64   challenger_us,
                   gboolean is_taken)
{
  Fixture fixture = { 0 };
  Fixture *f = &fixture;
  UdpnatAddress a = at (IPV4, 8900);
  UdpnatAddress b = at (IPV4, 8901);

  fixture_set_up (f, NULL);
  prove (f, &a, UDPNAT_MSEC (chosen_ms));
  prove (f, &b, challenger_us);
  assert_selected (f, is_taken ? &b : &a);
  fixture_tear_down (f, NULL);
}

static void
test_hysteresis_of_5ms (void)
{
  assert_hysteresis (10, UDPNAT_MSEC (5), FALSE);
  assert_hysteresis (10, UDPNAT_MSEC (5) - 1, TRUE);
}

static void
test_hysteresis_of_20_percent (void)
{
  assert_hysteresis (100, UDPNAT_MSEC (80), FALSE);
  assert_hysteresis (100, UDPNAT_MSEC (80) - 1, TRUE);
  assert_hysteresis (100, UDPNAT_MSEC (90), FALSE);
}

static void
test_slower_never_replaces (void)
{
  assert_hysteresis (10, UDPNAT_MSEC (100), FALSE);
  assert_hysteresis (10, UDPNAT_MSEC (10), FALSE);
}

static void
test_kinds (Fixture       *f,
            gconstpointer  data)
{
  static const struct
  {
    const char    *ip;
    UdpnatPathKind kind;
  } cases[] = {
    { "203.0.113.5", UDPNAT_PATH_KIND_DIRECT },
    { "2001:db8::5", UDPNAT_PATH_KIND_DIRECT },
    { "fd00::5", UDPNAT_PATH_KIND_LAN },
    { "10.1.2.3", UDPNAT_PATH_KIND_LAN },
    { "172.16.0.1", UDPNAT_PATH_KIND_LAN },
    { "169.254.3.4", UDPNAT_PATH_KIND_LAN },
    { "127.0.0.1", UDPNAT_PATH_KIND_LAN },
  };
  UdpnatPathKind kind = UDPNAT_PATH_KIND_LAN;

  g_assert_false (udpnat_path_set_get_selected (f->set, NULL, &kind, NULL));
  g_assert_cmpint (kind, ==, UDPNAT_PATH_KIND_RELAY);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Fixture fixture = { 0 };
      UdpnatAddress a = at (cases[i].ip, 8900);

      fixture_set_up (&fixture, NULL);
      prove (&fixture, &a, UDPNAT_MSEC (3));
      g_assert_true (udpnat_path_set_get_selected (fixture.set, NULL, &kind, NULL));
      g_assert_cmpint (kind, ==, cases[i].kind);
      fixture_tear_down (&fixture, NULL);
    }
}

/* Serves deadlines until one of them challenges @address, and answers that after @rtt_us. */
static void
answer_next (Fixture             *f,
             const UdpnatAddress *address,
             gint64               rtt_us)
{
  clear_log (f);
  while (f->sent->len == 0)
    run_until (f, udpnat_path_set_next_deadline (f->set));
  run_until (f, f->now_us + rtt_us);
  answer_last (f, address);
}

/* Long ago is not now: a path that was proven 20 s ago does not take over because it was faster
 * then. */
static void
test_stale_proof_does_not_replace (Fixture       *f,
                                   gconstpointer  data)
{
  UdpnatAddress a = at (IPV4, 8900);
  UdpnatAddress b = at (IPV4, 8901);

  prove (f, &a, UDPNAT_MSEC (40));
  prove (f, &b, UDPNAT_MSEC (36));
  answer_next (f, &a, UDPNAT_MSEC (40));
  answer_next (f, &a, UDPNAT_MSEC (40));
  answer_next (f, &a, UDPNAT_MSEC (140));
  assert_selected (f, &a);
}

static void
test_fresh_proof_replaces (Fixture       *f,
                           gconstpointer  data)
{
  UdpnatAddress a = at (IPV4, 8900);
  UdpnatAddress b = at (IPV4, 8901);

  prove (f, &a, UDPNAT_MSEC (40));
  prove (f, &b, UDPNAT_MSEC (36));
  assert_selected (f, &a);
  answer_next (f, &a, UDPNAT_MSEC (140));
  assert_selected (f, &b);
}

static void
test_dead_falls_to_next (Fixture       *f,
                         gconstpointer  data)
{
  UdpnatAddress lan = at (LAN, 8900);
  UdpnatAddress v4 = at (IPV4, 8900);
  gint64 since_us;

  prove (f, &v4, UDPNAT_MSEC (30));
  prove (f, &lan, UDPNAT_MSEC (3));
  since_us = f->now_us;
  clear_log (f);
  udpnat_path_set_note_unanswered (f->set, f->now_us, since_us);
  run_until (f, since_us + UDPNAT_MSEC (150));
  /* the other one is asked at once whether it could take over */
  g_assert_cmpuint (count_sent_to (f, &v4, UDPNAT_PATH_OUTPUT_CHALLENGE), ==, 1);
  run_until (f, since_us + UDPNAT_MSEC (180));
  answer_last (f, &v4);
  assert_selected (f, &lan);
  run_until (f, since_us + UDPNAT_SEC (3) - 1);
  assert_selected (f, &lan);
  run_until (f, since_us + UDPNAT_SEC (3));
  assert_selected (f, &v4);
  g_assert_false (udpnat_path_set_is_suspect (f->set));
  g_assert_cmpuint (f->n_selected_events, ==, 1);
}

static void
test_dead_does_not_fall_to_silent (Fixture       *f,
                                   gconstpointer  data)
{
  UdpnatAddress lan = at (LAN, 8900);
  UdpnatAddress v4 = at (IPV4, 8900);
  gint64 since_us;

  prove (f, &v4, UDPNAT_MSEC (30));
  prove (f, &lan, UDPNAT_MSEC (3));
  since_us = f->now_us;
  udpnat_path_set_note_unanswered (f->set, f->now_us, since_us);
  run_until (f, since_us + UDPNAT_SEC (3));
  assert_relayed (f, UDPNAT_PATH_REASON_DIRECT_LOST);
  run_until (f, since_us + UDPNAT_SEC (4));
  g_assert_false (udpnat_path_set_is_proven (f->set, UDPNAT_SOCKET_MAIN, &v4));
}

/* The peer names @a, which is proven, then what @again says; @b is slower. Which is taken? */
static void
check_named_no_more (Fixture  *f,
                     gboolean  again)
{
  UdpnatAddress addresses[] = { at (IPV4, 8901), at (IPV4, 8900) };

  give (f, 1, &addresses[1], 1);
  prove (f, &addresses[1], UDPNAT_MSEC (10));
  give (f, 2, addresses, again ? 2 : 1);
  assert_selected (f, &addresses[1]); /* it works, whatever is named */
  prove (f, &addresses[0], UDPNAT_MSEC (50));
  assert_selected (f, &addresses[again ? 1 : 0]);
}

static void
test_named_no_more (Fixture       *f,
                    gconstpointer  data)
{
  check_named_no_more (f, FALSE);
}

static void
test_still_named (Fixture       *f,
                  gconstpointer  data)
{
  check_named_no_more (f, TRUE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_path_test ("/path-select/class/better-replaces", test_classes);
  add_path_test ("/path-select/class/worse-never-replaces", test_worse_class_never_replaces);
  g_test_add_func ("/path-select/hysteresis/more-than-5ms", test_hysteresis_of_5ms);
  g_test_add_func ("/path-select/hysteresis/more-than-20-percent", test_hysteresis_of_20_percent);
  g_test_add_func ("/path-select/hysteresis/slower-never-replaces", test_slower_never_replaces);
  add_path_test ("/path-select/kind/of-address", test_kinds);
  add_path_test ("/path-select/proof/fresh-replaces", test_fresh_proof_replaces);
  add_path_test ("/path-select/proof/stale-does-not-replace", test_stale_proof_does_not_replace);
  add_path_test ("/path-select/named/no-more-gives-way", test_named_no_more);
  add_path_test ("/path-select/named/still-stays", test_still_named);
  add_path_test ("/path-select/dead/falls-to-next", test_dead_falls_to_next);
  add_path_test ("/path-select/dead/not-to-silent", test_dead_does_not_fall_to_silent);

  return g_test_run ();
}
