/* The replay window beside an obvious twin: all numbers that were ever marked, in a table. */

#include "config.h"

#include "udpnat-replay.h"

#include "udpnat-limits.h"

#define N_RUNS 60
#define N_STEPS 4000

typedef struct
{
  GHashTable *marked; /* of guint64 */
  guint64     next;   /* above the largest of them */
} Twin;

static gboolean
twin_check (const Twin *self,
            guint64     number)
{
  return number != G_MAXUINT64 && number + UDPNAT_REPLAY_WINDOW_PACKETS >= self->next &&
         !g_hash_table_contains (self->marked, &number);
}

static void
twin_mark (Twin    *self,
           guint64  number)
{
  g_hash_table_add (self->marked, g_memdup2 (&number, sizeof number));
  self->next = MAX (self->next, number + 1);
}

/* Mostly near the largest, often at the edges of the window, now and then far away. */
static guint64
draw_number (GRand         *rand,
             const Twin    *twin)
{
  guint64 window = UDPNAT_REPLAY_WINDOW_PACKETS;
  guint64 back;

  switch (g_rand_int_range (rand, 0, 8))
    {
    case 0:
      return twin->next + (guint64) g_rand_int_range (rand, 0, 2 * (gint32) window);
    case 1:
      return (guint64) g_rand_int (rand);
    case 2:
      back = window - 2 + (guint64) g_rand_int_range (rand, 0, 5);
      break;
    case 3:
    case 4:
      back = (guint64) g_rand_int_range (rand, 0, (gint32) window + 70);
      break;
    default:
      return twin->next + (guint64) g_rand_int_range (rand, 0, 3);
    }
  return twin->next > back ? twin->next - back : 0;
}

static void
run (guint32 seed,
     guint64 first)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GHashTable) marked = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                                         NULL);
  Twin twin = { .marked = marked };
  UdpnatReplay replay;

  g_test_message ("seed %u", seed);
  udpnat_replay_init (&replay);
  if (first > 0)
    {
      udpnat_replay_mark (&replay, first);
      twin_mark (&twin, first);
    }
  for (guint i = 0; i < N_STEPS; i++)
    {
      guint64 number = draw_number (rand, &twin);
      gboolean is_new = udpnat_replay_check (&replay, number);

      g_assert_cmpint (is_new, ==, twin_check (&twin, number));
      if (g_rand_int_range (rand, 0, 4) == 0)
        continue; /* it did not prove to be genuine */
      udpnat_replay_mark (&replay, number);
      if (is_new)
        twin_mark (&twin, number);
    }
}

static void
test_like_table (void)
{
  g_test_summary ("Whatever is marked, in whatever order: accepted once, and only in the window");
  for (guint32 seed = 1; seed <= N_RUNS; seed++)
    run (seed, 0);
}

static void
test_near_end (void)
{
  g_test_summary ("The same where numbers end");
  for (guint32 seed = 1; seed <= 5; seed++)
    run (seed, G_MAXUINT64 - 4 * UDPNAT_REPLAY_WINDOW_PACKETS * (guint64) N_STEPS);
}

/* The window, its tail and the window made of that in turn: nothing is accepted twice, and within
 * what a tail remembers everything as before. */
static void
test_tail (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  g_autoptr (GHashTable) marked = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free,
                                                         NULL);
  Twin twin = { .marked = marked };
  UdpnatReplay replay;
  UdpnatReplayTail tail;
  gboolean is_tail = FALSE;
  guint64 known_from = 0; /* whatever is older counts as seen */
  guint n_turns = 0;

  udpnat_replay_init (&replay);
  for (guint i = 0; i < 20 * N_STEPS; i++)
    {
      guint64 number = draw_number (rand, &twin);
      gboolean is_new, is_turn = g_rand_int_range (rand, 0, 50) == 0;

      number %= UDPNAT_REPLAY_TAIL_NEXT_MAX / 2;
      if (is_tail || is_turn)
        known_from = MAX (known_from, twin.next - MIN (twin.next, 32));
      if (is_turn)
        {
          if (is_tail)
            udpnat_replay_init_tail (&replay, &tail);
          else
            g_assert_true (udpnat_replay_tail_init (&tail, &replay));
          is_tail = !is_tail;
          n_turns++;
        }
      is_new = is_tail ? udpnat_replay_tail_check (&tail, number)
                       : udpnat_replay_check (&replay, number);
      g_assert_cmpint (is_new, ==, twin_check (&twin, number) && number >= known_from);
      if (g_rand_int_range (rand, 0, 4) == 0)
        continue;
      if (is_tail)
        udpnat_replay_tail_mark (&tail, number);
      else
        udpnat_replay_mark (&replay, number);
      if (is_new)
        twin_mark (&twin, number);
    }
  g_assert_cmpuint (n_turns, >, 1000);
}

static void
test_tail_ends (void)
{
  UdpnatReplay replay;
  UdpnatReplayTail tail;

  g_test_summary ("Numbers that have no room in a tail");
  udpnat_replay_init (&replay);
  udpnat_replay_mark (&replay, UDPNAT_REPLAY_TAIL_NEXT_MAX - 1);
  g_assert_true (udpnat_replay_tail_init (&tail, &replay));
  g_assert_false (udpnat_replay_tail_check (&tail, G_MAXUINT64));
  g_assert_false (udpnat_replay_tail_check (&tail, G_MAXUINT32));
  g_assert_true (udpnat_replay_tail_check (&tail, G_MAXUINT32 - 1));
  udpnat_replay_tail_mark (&tail, G_MAXUINT32 - 1);
  g_assert_false (udpnat_replay_tail_check (&tail, G_MAXUINT32 - 1));
  g_assert_true (udpnat_replay_tail_check (&tail, G_MAXUINT32 - 2));
  g_assert_false (udpnat_replay_tail_check (&tail, 0));
  udpnat_replay_mark (&replay, UDPNAT_REPLAY_TAIL_NEXT_MAX);
  g_assert_false (udpnat_replay_tail_init (&tail, &replay));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto-model-replay/window/like-a-table-of-all", test_like_table);
  g_test_add_func ("/crypto-model-replay/window/near-the-last-number", test_near_end);

  g_test_add_func ("/crypto-model-replay/tail/like-a-table-of-the-newest", test_tail);
  g_test_add_func ("/crypto-model-replay/tail/no-room", test_tail_ends);

  return g_test_run ();
}
