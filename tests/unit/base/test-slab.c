#include "config.h"

#include "udpnat-slab.h"

#include <string.h>

/* A slab beside a table of what was put where. */

#define ITEM_BYTES 20

static void
assert_zero (const guint8 *item)
{
  for (guint i = 0; i < ITEM_BYTES; i++)
    g_assert_cmpuint (item[i], ==, 0);
}

static void
test_like_a_table (void)
{
  g_autoptr (UdpnatSlab) slab = udpnat_slab_new (ITEM_BYTES);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GHashTable) places = g_hash_table_new (NULL, NULL); /* of items that are there */
  guint n_most = 0;

  for (guint i = 0; i < 60000; i++)
    {
      /* In waves, so that blocks come, and nearly empty again. */
      gboolean is_add = ids->len == 0 || g_rand_int_range (rand, 0, 10) < (i / 10000 % 2 == 0 ? 7
                                                                                             : 3);

      if (is_add)
        {
          guint32 id = udpnat_slab_add (slab);
          guint8 *item = udpnat_slab_get (slab, id);

          g_assert_cmpuint (id, !=, 0);
          g_assert_true (((gsize) item & 3) == 0);
          assert_zero (item);
          g_assert_true (g_hash_table_insert (places, GUINT_TO_POINTER (id), item));
          memset (item, (int) (id & 0xff), ITEM_BYTES);
          g_array_append_val (ids, id);
        }
      else
        {
          guint at = (guint) g_rand_int_range (rand, 0, (gint32) ids->len);
          guint32 id = g_array_index (ids, guint32, at);
          guint8 *item = udpnat_slab_get (slab, id);

          g_assert_true (item == g_hash_table_lookup (places, GUINT_TO_POINTER (id)));
          for (guint k = 0; k < ITEM_BYTES; k++)
            g_assert_cmpuint (item[k], ==, id & 0xff);
          udpnat_slab_remove (slab, id);
          g_assert_null (udpnat_slab_get (slab, id));
          g_hash_table_remove (places, GUINT_TO_POINTER (id));
          g_array_remove_index_fast (ids, at);
        }
      n_most = MAX (n_most, ids->len);
      g_assert_cmpuint (udpnat_slab_get_count (slab), ==, ids->len);
    }
  g_assert_cmpuint (n_most, >, 3000);
}

/* What many had for a while is given back, also while some are left, and numbers are the least that
 * are free. */
static void
test_gives_back (void)
{
  g_autoptr (UdpnatSlab) slab = udpnat_slab_new (ITEM_BYTES);
  gsize n_most, n_left;

  for (guint32 id = 1; id <= 20480; id++)
    g_assert_cmpuint (udpnat_slab_add (slab), ==, id);
  n_most = udpnat_slab_get_bytes (slab);
  g_assert_cmpuint (n_most, ==, 20480 * ITEM_BYTES);
  for (guint32 id = 20480; id > 0; id--)
    if (id != 5000)
      udpnat_slab_remove (slab, id);
  n_left = udpnat_slab_get_bytes (slab);
  g_assert_cmpuint (n_left, ==, n_most / 5); /* the first, and that with 5,000 in it */
  g_assert_nonnull (udpnat_slab_get (slab, 5000));
  g_assert_null (udpnat_slab_get (slab, 9000));
  udpnat_slab_prefetch (slab, 9000);
  g_assert_cmpuint (udpnat_slab_get_next (slab, 0), ==, 5000);
  for (guint32 i = 0; i < 2048; i++)
    g_assert_cmpuint (udpnat_slab_add (slab), <=, 2048);
  g_assert_cmpuint (udpnat_slab_add (slab), ==, 2049);
  g_assert_cmpuint (udpnat_slab_get_bytes (slab), ==, n_most * 3 / 10);
}

/* As many as make several blocks: items that hold pointers lie well, and what is asked for early
 * need not be there. */
static void
test_aligned_to_8 (void)
{
  g_autoptr (UdpnatSlab) slab = udpnat_slab_new (24);

  for (guint i = 0; i < 10000; i++)
    {
      guint32 id = udpnat_slab_add (slab);

      g_assert_true (((gsize) udpnat_slab_get (slab, id) & 7) == 0);
      udpnat_slab_prefetch (slab, id);
      udpnat_slab_prefetch (slab, id + 1);
    }
  udpnat_slab_prefetch (slab, 0);
  udpnat_slab_prefetch (slab, G_MAXUINT32);
}

static void
test_walk (void)
{
  g_autoptr (UdpnatSlab) slab = udpnat_slab_new (ITEM_BYTES);
  guint32 ids[5];
  guint n = 0;

  g_assert_cmpuint (udpnat_slab_get_next (slab, 0), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = udpnat_slab_add (slab);
  udpnat_slab_remove (slab, ids[0]);
  udpnat_slab_remove (slab, ids[3]);
  for (guint32 id = udpnat_slab_get_next (slab, 0); id != 0; id = udpnat_slab_get_next (slab, id))
    {
      g_assert_true (id == ids[1] || id == ids[2] || id == ids[4]);
      n++;
    }
  g_assert_cmpuint (n, ==, 3);
}

static void
test_no_item (void)
{
  g_autoptr (UdpnatSlab) slab = udpnat_slab_new (4);

  g_assert_null (udpnat_slab_get (slab, 0));
  g_assert_null (udpnat_slab_get (slab, 1));
  g_assert_null (udpnat_slab_get (slab, G_MAXUINT32));
  g_assert_cmpuint (udpnat_slab_add (slab), ==, 1);
  g_assert_nonnull (udpnat_slab_get (slab, 1));
  g_assert_null (udpnat_slab_get (slab, 2));
  g_assert_null (udpnat_slab_get (slab, G_MAXUINT32));
  udpnat_slab_free (NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/slab/items/like-a-table", test_like_a_table);
  g_test_add_func ("/slab/items/aligned-to-8", test_aligned_to_8);
  g_test_add_func ("/slab/items/given-back", test_gives_back);
  g_test_add_func ("/slab/items/walked-in-order", test_walk);
  g_test_add_func ("/slab/items/no-item-has-it", test_no_item);
  return g_test_run ();
}
