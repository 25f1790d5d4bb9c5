#include "config.h"

#include "udpnat-id-order.h"

/* An order beside a sorted array. Items are their numbers, turned round, so that they come in any
 * order. */

static guint32
get_value (guint32 id)
{
  /* the end of MurmurHash3 */
  id = (id ^ id >> 16) * 0x85ebca6bu;
  id = (id ^ id >> 13) * 0xc2b2ae35u;
  return id ^ id >> 16;
}

static int
compare (gpointer      user_data,
         guint32       id,
         gconstpointer wanted)
{
  guint32 value = get_value (id), other = *(const guint32 *) wanted;

  ++*(guint64 *) user_data;
  return value < other ? -1 : value > other;
}

/* Where the first is that is not before @value, or not before or equal. */
static guint
find (GArray  *twin,
      guint32  value,
      gboolean is_behind)
{
  guint i = 0;

  while (i < twin->len
         && (get_value (g_array_index (twin, guint32, i)) < value
             || (is_behind && get_value (g_array_index (twin, guint32, i)) == value)))
    i++;
  return i;
}

static void
check_from (const UdpnatIdOrder *order,
            GArray              *twin,
            guint32              value,
            gboolean             is_behind)
{
  UdpnatIdPlace place = udpnat_id_order_seek (order, &value, is_behind);
  guint         i = find (twin, value, is_behind);

  for (guint n = 0; n < 5; n++, i++)
    g_assert_cmpuint (udpnat_id_order_next (order, &place), ==,
                      i < twin->len ? g_array_index (twin, guint32, i) : 0);
}

static void
check_all (const UdpnatIdOrder *order,
           GArray              *twin)
{
  const guint32 least = 0;
  UdpnatIdPlace place = udpnat_id_order_seek (order, &least, FALSE);

  g_assert_cmpuint (udpnat_id_order_get_count (order), ==, twin->len);
  for (guint i = 0; i < twin->len; i++)
    g_assert_cmpuint (udpnat_id_order_next (order, &place), ==, g_array_index (twin, guint32, i));
  g_assert_cmpuint (udpnat_id_order_next (order, &place), ==, 0);
  g_assert_cmpuint (udpnat_id_order_next (order, &place), ==, 0);
}

/* Grows, then shrinks to nothing: by what is drawn of @n_ids numbers. */
static void
run (GRand *rand,
     guint  n_ids)
{
  guint64                   n_compared = 0;
  g_autoptr (UdpnatIdOrder) order = udpnat_id_order_new (compare, &n_compared);
  g_autoptr (GArray)        twin = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint step = 0; step < 4 * n_ids; step++)
    {
      guint32 id = (guint32) g_rand_int_range (rand, 1, (gint32) n_ids + 1);
      guint32 value = get_value (id);
      guint   place = find (twin, value, FALSE);
      gboolean is_there = place < twin->len && g_array_index (twin, guint32, place) == id;
      gboolean is_growing = g_rand_int_range (rand, 0, 4) > (step < 2 * n_ids ? 0 : 2);

      if (is_there && !is_growing)
        {
          udpnat_id_order_remove (order, &value);
          g_array_remove_index (twin, place);
        }
      else if (!is_there && is_growing)
        {
          udpnat_id_order_add (order, id, &value);
          g_array_insert_val (twin, place, id);
        }
      check_from (order, twin, value, FALSE);
      check_from (order, twin, g_rand_int (rand), TRUE);
      check_from (order, twin, value, TRUE);
    }
  check_all (order, twin);
  while (twin->len > 0)
    {
      guint32 value = get_value (g_array_index (twin, guint32, twin->len / 2));

      udpnat_id_order_remove (order, &value);
      g_array_remove_index (twin, twin->len / 2);
    }
  check_all (order, twin);
}

static void
test_twin (void)
{
  static const guint sizes[] = { 1, 3, 300, 1500 };
  g_autoptr (GRand)  rand = g_rand_new_with_seed (1);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    run (rand, sizes[i]);
}

static int
compare_ids (gpointer      user_data,
             guint32       id,
             gconstpointer wanted)
{
  guint32 other = *(const guint32 *) wanted;

  return id < other ? -1 : id > other;
}

#define N_MANY 1000000

/* What a server with a million names may spend on their order: 16 bytes for each. */
static void
test_cost (void)
{
  guint64                   n_compared = 0;
  g_autoptr (UdpnatIdOrder) drawn = udpnat_id_order_new (compare, &n_compared);
  g_autoptr (UdpnatIdOrder) sorted = udpnat_id_order_new (compare_ids, NULL);

  for (guint32 id = 1; id <= N_MANY; id++)
    {
      guint32 value = get_value (id);

      udpnat_id_order_add (drawn, id, &value);
      udpnat_id_order_add (sorted, id, &id);
    }
  g_test_message ("a million: %" G_GSIZE_FORMAT " bytes as drawn, %" G_GSIZE_FORMAT " sorted; "
                  "%.1f comparisons for each", udpnat_id_order_get_bytes (drawn),
                  udpnat_id_order_get_bytes (sorted), (double) n_compared / N_MANY);
  g_assert_cmpuint (udpnat_id_order_get_bytes (drawn), <, 8 * N_MANY);
  g_assert_cmpuint (udpnat_id_order_get_bytes (sorted), <, 5 * N_MANY);
  g_assert_cmpuint (n_compared, <, (guint64) 25 * N_MANY);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/id-order/as-a-sorted-array", test_twin);
  g_test_add_func ("/id-order/memory-of-a-million", test_cost);
  return g_test_run ();
}
