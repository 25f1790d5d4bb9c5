#include "config.h"

#include "udpnat-heap.h"
#include "udpnat-time.h"

/* The heap against a plain array that is searched from end to end. */

#define N_ITEMS 64

static void
test_peek_earliest (void)
{
  g_autoptr (UdpnatHeap) heap = udpnat_heap_new ();
  UdpnatHeapItem items[3] = { 0 };

  g_assert_null (udpnat_heap_peek (heap));
  udpnat_heap_set (heap, &items[0], 20);
  udpnat_heap_set (heap, &items[1], 10);
  udpnat_heap_set (heap, &items[2], 30);
  g_assert_true (udpnat_heap_peek (heap) == &items[1]);
  g_assert_cmpuint (udpnat_heap_get_count (heap), ==, 3);

  udpnat_heap_remove (heap, &items[1]);
  g_assert_cmpuint (items[1].index, ==, 0);
  g_assert_true (udpnat_heap_peek (heap) == &items[0]);
}

static void
test_set_moves (void)
{
  g_autoptr (UdpnatHeap) heap = udpnat_heap_new ();
  UdpnatHeapItem items[2] = { 0 };

  udpnat_heap_set (heap, &items[0], 20);
  udpnat_heap_set (heap, &items[1], 10);
  udpnat_heap_set (heap, &items[1], 21);
  g_assert_true (udpnat_heap_peek (heap) == &items[0]);
  udpnat_heap_set (heap, &items[1], 19);
  g_assert_true (udpnat_heap_peek (heap) == &items[1]);
  g_assert_cmpuint (udpnat_heap_get_count (heap), ==, 2);
}

static void
test_never_removes (void)
{
  g_autoptr (UdpnatHeap) heap = udpnat_heap_new ();
  UdpnatHeapItem item = { 0 };

  udpnat_heap_set (heap, &item, UDPNAT_TIME_NEVER);
  g_assert_cmpuint (udpnat_heap_get_count (heap), ==, 0);
  udpnat_heap_set (heap, &item, UDPNAT_TIME_NEVER - 1);
  g_assert_cmpuint (udpnat_heap_get_count (heap), ==, 1);
  udpnat_heap_set (heap, &item, UDPNAT_TIME_NEVER);
  g_assert_null (udpnat_heap_peek (heap));
  g_assert_cmpuint (item.index, ==, 0);
  g_assert_cmpint (item.deadline_us, ==, UDPNAT_TIME_NEVER);
}

static void
test_remove_twice (void)
{
  g_autoptr (UdpnatHeap) heap = udpnat_heap_new ();
  UdpnatHeapItem item = { 0 };

  udpnat_heap_remove (heap, &item);
  udpnat_heap_set (heap, &item, 1);
  udpnat_heap_remove (heap, &item);
  udpnat_heap_remove (heap, &item);
  g_assert_cmpuint (udpnat_heap_get_count (heap), ==, 0);
}

/* The item that fills the hole comes from another branch and is earlier than the hole's parent. */
static void
test_remove_from_the_middle (void)
{
  static const gint64 deadlines[] = { 1, 10, 2, 11, 12, 3, 4 };
  static const gint64 expected[] = { 1, 2, 3, 4, 10, 12, 20, 21, 22 };
  g_autoptr (UdpnatHeap) heap = udpnat_heap_new ();
  UdpnatHeapItem items[G_N_ELEMENTS (deadlines)] = { 0 };
  UdpnatHeapItem late[3] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    udpnat_heap_set (heap, &items[i], deadlines[i]);
  udpnat_heap_remove (heap, &items[3]);
  for (guint i = 0; i < G_N_ELEMENTS (late); i++)
    udpnat_heap_set (heap, &late[i], 20 + i);

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      UdpnatHeapItem *first = udpnat_heap_peek (heap);

      g_assert_cmpint (first->deadline_us, ==, expected[i]);
      udpnat_heap_remove (heap, first);
    }
}

static void
test_free_lets_go (void)
{
  UdpnatHeap *heap = udpnat_heap_new ();
  UdpnatHeapItem items[2] = { 0 };

  udpnat_heap_set (heap, &items[0], 1);
  udpnat_heap_set (heap, &items[1], 2);
  udpnat_heap_free (heap);
  g_assert_cmpuint (items[0].index, ==, 0);
  g_assert_cmpuint (items[1].index, ==, 0);
  udpnat_heap_free (NULL);
}

static void
check_against (const UdpnatHeap     *heap,
               const UdpnatHeapItem *items,
               const gint64         *deadlines)
{
  gint64 earliest = UDPNAT_TIME_NEVER;
  guint n = 0;

  for (guint i = 0; i < N_ITEMS; i++)
    {
      g_assert_cmpint (items[i].index != 0, ==, deadlines[i] != UDPNAT_TIME_NEVER);
      if (deadlines[i] == UDPNAT_TIME_NEVER)
        continue;
      g_assert_cmpint (items[i].deadline_us, ==, deadlines[i]);
      earliest = MIN (earliest, deadlines[i]);
      n++;
    }

  g_assert_cmpuint (udpnat_heap_get_count (heap), ==, n);
  if (n == 0)
    g_assert_null (udpnat_heap_peek (heap));
  else
    g_assert_cmpint (udpnat_heap_peek (heap)->deadline_us, ==, earliest);
}

static void
test_random_against_array (void)
{
  g_autoptr (UdpnatHeap) heap = udpnat_heap_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  UdpnatHeapItem items[N_ITEMS] = { 0 };
  gint64 deadlines[N_ITEMS];

  for (guint i = 0; i < N_ITEMS; i++)
    deadlines[i] = UDPNAT_TIME_NEVER;

  for (guint round = 0; round < 50000; round++)
    {
      /* Long stretches of growing, then of shrinking; few deadlines, so that many are equal. */
      gboolean growing = round / 2000 % 2 == 0;
      guint i = (guint) g_rand_int_range (rand, 0, N_ITEMS);

      if (g_rand_int_range (rand, 0, 10) < (growing ? 8 : 2))
        {
          deadlines[i] = g_rand_int_range (rand, -50, 50);
          udpnat_heap_set (heap, &items[i], deadlines[i]);
        }
      else
        {
          deadlines[i] = UDPNAT_TIME_NEVER;
          udpnat_heap_remove (heap, &items[i]);
        }
      check_against (heap, items, deadlines);
    }
}

static void
test_drains_in_order (void)
{
  g_autoptr (UdpnatHeap) heap = udpnat_heap_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  g_autofree UdpnatHeapItem *items = g_new0 (UdpnatHeapItem, 10000);
  gint64 last = G_MININT64;

  for (guint i = 0; i < 10000; i++)
    {
      items[i].owner = &items[i];
      udpnat_heap_set (heap, &items[i], (gint64) g_rand_int (rand) << 16);
    }

  for (guint i = 0; i < 10000; i++)
    {
      UdpnatHeapItem *item = udpnat_heap_peek (heap);

      g_assert_true (item->owner == item);
      g_assert_cmpint (item->deadline_us, >=, last);
      last = item->deadline_us;
      udpnat_heap_remove (heap, item);
    }
  g_assert_null (udpnat_heap_peek (heap));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-heap/peek/earliest", test_peek_earliest);
  g_test_add_func ("/base-heap/set/moves-both-ways", test_set_moves);
  g_test_add_func ("/base-heap/set/never-removes", test_never_removes);
  g_test_add_func ("/base-heap/remove/not-queued-does-nothing", test_remove_twice);
  g_test_add_func ("/base-heap/remove/from-the-middle", test_remove_from_the_middle);
  g_test_add_func ("/base-heap/free/lets-items-go", test_free_lets_go);
  g_test_add_func ("/base-heap/random/same-as-array", test_random_against_array);
  g_test_add_func ("/base-heap/random/drains-in-order", test_drains_in_order);

  return g_test_run ();
}
