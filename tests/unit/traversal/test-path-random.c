/* Whatever happens, in whatever order: deadlines always move on, nothing goes to a forbidden
 * address, nothing is chosen without proof, and only answers to what was asked prove anything.
 * Seeds are fixed; a failure prints its seed. */

#include "config.h"

#include "traversal/path-fixture.h"

#define N_SEEDS 300
#define N_STEPS 400

static const struct
{
  const char *ip;
  guint16     port;
  gboolean    is_forbidden;
} pool[] = {
  { "203.0.113.1", 8900, FALSE },
  { "203.0.113.1", 8901, FALSE },
  { "203.0.113.2", 1024, FALSE },
  { "203.0.113.3", 65535, FALSE },
  { "192.168.1.2", 8900, FALSE },
  { "192.168.1.3", 8900, FALSE },
  { "10.0.0.4", 8900, FALSE },
  { "2001:db8::1", 8900, FALSE },
  { "2001:db8::2", 8900, FALSE },
  { "fd00::3", 8900, FALSE },
  { "169.254.1.1", 8900, FALSE },
  { "100.64.0.9", 8900, FALSE },
  { "203.0.113.7", 2000, FALSE },
  { "203.0.113.7", 2001, FALSE },
  { "203.0.113.7", 2002, FALSE },
  { "203.0.113.7", 2003, FALSE },
  { "203.0.113.7", 2004, FALSE },
  { "203.0.113.7", 2005, FALSE },
  { "203.0.113.7", 2006, FALSE },
  { "127.0.0.1", 9000, FALSE },
  { "203.0.113.1", 1023, TRUE },
  { "203.0.113.1", 53, TRUE },
  { "224.0.0.251", 5353, TRUE },
  { "255.255.255.255", 8900, TRUE },
  { "0.0.0.0", 8900, TRUE },
  { "::", 8900, TRUE },
  { "ff02::fb", 5353, TRUE },
  { "fe80::1", 8900, TRUE },
  { "203.0.113.200", 8900, TRUE }, /* our own */
};

typedef struct
{
  Fixture  f;
  GRand   *rand;
  guint32  generation;
  gboolean is_relay_only;
  gboolean was_proven[G_N_ELEMENTS (pool)];
  guint    n_checked;
} Run;

static UdpnatAddress
pick (Run *run)
{
  guint i = g_rand_int_range (run->rand, 0, G_N_ELEMENTS (pool));

  return at (pool[i].ip, pool[i].port);
}

static guint
get_pool_index (const UdpnatAddress *address)
{
  for (guint i = 0; i < G_N_ELEMENTS (pool); i++)
    {
      UdpnatAddress candidate = at (pool[i].ip, pool[i].port);

      if (udpnat_address_equal (&candidate, address))
        return i;
    }

  g_assert_not_reached ();
}

static void
check_outputs (Run *run)
{
  drain (&run->f);
  for (; run->n_checked < run->f.sent->len; run->n_checked++)
    {
      const Sent *sent = get_sent (&run->f, run->n_checked);

      g_assert_false (pool[get_pool_index (&sent->output.to)].is_forbidden);
      g_assert_false (run->is_relay_only);
    }
}

static void
check_selection (Run *run)
{
  UdpnatAddress address;
  UdpnatPathKind kind;

  if (udpnat_path_set_get_selected (run->f.set, &address, &kind, NULL))
    {
      g_assert_true (udpnat_path_set_is_proven (run->f.set, UDPNAT_SOCKET_MAIN, &address));
      g_assert_true (run->was_proven[get_pool_index (&address)]);
      g_assert_cmpint (kind, !=, UDPNAT_PATH_KIND_RELAY);
      g_assert_cmpint (udpnat_path_set_get_reason (run->f.set), ==, UDPNAT_PATH_REASON_NONE);
      g_assert_false (run->is_relay_only);
    }
  else
    {
      g_assert_cmpint (kind, ==, UDPNAT_PATH_KIND_RELAY);
      g_assert_cmpint (udpnat_path_set_get_reason (run->f.set), !=, UDPNAT_PATH_REASON_NONE);
      g_assert_false (udpnat_path_set_is_suspect (run->f.set));
    }
}

static void
give_random_candidates (Run *run)
{
  UdpnatCandidates candidates = { .relay_only = g_rand_int_range (run->rand, 0, 20) == 0 };

  run->generation += g_rand_int_range (run->rand, 0, 3);
  candidates.generation = run->generation;
  candidates.mapping = g_rand_int_range (run->rand, 0, 256);
  candidates.filtering = g_rand_int_range (run->rand, 0, 256);
  candidates.n_candidates = g_rand_int_range (run->rand, 0, UDPNAT_CANDIDATES_MAX + 1);
  for (guint i = 0; i < candidates.n_candidates; i++)
    candidates.candidates[i] = (UdpnatCandidate) {
      .kind = g_rand_int_range (run->rand, 0, 256),
      .address = pick (run),
    };

  udpnat_path_set_handle_candidates (run->f.set, run->f.now_us, &candidates);
}

static void
set_random_local (Run *run)
{
  UdpnatAddress own = at ("203.0.113.200", 8900);
  UdpnatCandidates local = make_candidates (1, &own, 1);

  local.mapping = g_rand_int_range (run->rand, 0, 3);
  local.relay_only = g_rand_int_range (run->rand, 0, 4) == 0;
  udpnat_path_set_set_local (run->f.set, &local);
  run->is_relay_only = local.relay_only;
}

/* One of the recent challenges is answered: from where it went, or from somewhere else. */
static void
answer_something (Run *run)
{
  UdpnatAddress observed = pick (run);
  UdpnatAddress from;
  const Sent *sent;

  if (run->f.sent->len == 0)
    return;

  sent = get_sent (&run->f, run->f.sent->len - 1
                                - g_rand_int_range (run->rand, 0, MIN (run->f.sent->len, 12)));
  from = g_rand_int_range (run->rand, 0, 3) == 0 ? pick (run) : sent->output.to;
  if (sent->output.type == UDPNAT_PATH_OUTPUT_CHALLENGE
      && udpnat_address_equal (&from, &sent->output.to))
    run->was_proven[get_pool_index (&from)] = TRUE;
  udpnat_path_set_handle_response (run->f.set, run->f.now_us, UDPNAT_SOCKET_MAIN, &from,
                                   sent->output.token, &observed);
}

static void
do_something (Run *run)
{
  UdpnatPathSet *set = run->f.set;
  gint64 now_us = run->f.now_us;
  UdpnatAddress from = pick (run);
  UdpnatAddress list[4];

  switch (g_rand_int_range (run->rand, 0, 16))
    {
    case 0:
      give_random_candidates (run);
      break;
    case 1:
      udpnat_path_set_add_cached (set, now_us, &from);
      break;
    case 2:
    case 3:
      udpnat_path_set_handle_challenge (set, now_us, UDPNAT_SOCKET_MAIN, &from, now_us);
      break;
    case 4:
    case 5:
    case 6:
    case 7:
      answer_something (run);
      break;
    case 8:
    case 9:
      udpnat_path_set_handle_authenticated (set, now_us, UDPNAT_SOCKET_MAIN, &from);
      break;
    case 10:
    case 11:
      udpnat_path_set_note_active (set, now_us);
      break;
    case 12:
      udpnat_path_set_note_unanswered (set, now_us,
                                       now_us - g_rand_int_range (run->rand, 0, 5000000));
      break;
    case 13:
      udpnat_path_set_note_unanswered (set, now_us, UDPNAT_TIME_NEVER);
      break;
    case 14:
      if (g_rand_int_range (run->rand, 0, 4) == 0)
        udpnat_path_set_handle_network_change (set, now_us);
      else
        udpnat_path_set_handle_new_session (set, now_us);
      g_assert_cmpuint (udpnat_path_set_list_handshake_addresses (set, list, 4), <=, 4);
      break;
    default:
      set_random_local (run);
      break;
    }
}

/* Mostly a little, sometimes to exactly the next deadline, sometimes hours. */
static void
pass_time (Run *run)
{
  Fixture *f = &run->f;
  gint64 deadline_us = udpnat_path_set_next_deadline (f->set);
  guint n_deadlines = 0;

  switch (g_rand_int_range (run->rand, 0, 12))
    {
    case 0:
      f->now_us += UDPNAT_SEC (g_rand_int_range (run->rand, 0, 20000));
      break;
    case 1:
    case 2:
    case 3:
      f->now_us += UDPNAT_MSEC (g_rand_int_range (run->rand, 0, 5000));
      break;
    case 4:
    case 5:
    case 6:
    case 7:
      if (deadline_us != UDPNAT_TIME_NEVER)
        f->now_us = MAX (f->now_us, deadline_us);
      break;
    default:
      f->now_us += g_rand_int_range (run->rand, 0, 100000);
      break;
    }

  while (udpnat_path_set_next_deadline (f->set) <= f->now_us)
    {
      udpnat_path_set_handle_deadline (f->set, f->now_us);
      check_outputs (run);
      g_assert_cmpuint (++n_deadlines, ==, 1); /* once is enough */
    }
  if (g_rand_int_range (run->rand, 0, 8) == 0)
    {
      udpnat_path_set_handle_deadline (f->set, f->now_us); /* too early does no harm */
      check_outputs (run);
    }
  g_assert_cmpint (udpnat_path_set_next_deadline (f->set), >, f->now_us);
}

static void
test_random (void)
{
  for (guint32 seed = 1; seed <= N_SEEDS; seed++)
    {
      Run run = { 0 };

      fixture_set_up (&run.f, NULL);
      run.rand = g_rand_new_with_seed (seed);
      run.is_relay_only = FALSE;
      g_test_message ("seed %u", seed);
      set_random_local (&run);
      for (guint step = 0; step < N_STEPS; step++)
        {
          do_something (&run);
          check_outputs (&run);
          check_selection (&run);
          pass_time (&run);
          check_selection (&run);
        }
      g_rand_free (run.rand);
      fixture_tear_down (&run.f, NULL);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/path-random/events/invariants-hold", test_random);

  return g_test_run ();
}
