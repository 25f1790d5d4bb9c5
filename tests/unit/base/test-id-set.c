#include "config.h"

#include "udpnat-id-set.h"

/* A set beside a hash table of GLib's. Items are the squares of their numbers. */

typedef struct
{
  guint   bits; /* of the hash that differ: few make many collide */
  guint64 n_matched;
  guint   n_hashed; /* in one call */
} Items;

static guint32
hash_value (const Items *items,
            guint64      value)
{
  guint64 hash = value * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  hash ^= hash >> 29;
  hash *= G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  hash ^= hash >> 32;
  return items->bits == 0 ? 0 : (guint32) (hash >> 32) & (G_MAXUINT32 << (32 - items->bits));
}

static guint32
hash_id (gpointer user_data,
         guint32  id)
{
  ((Items *) user_data)->n_hashed++;
  return hash_value (user_data, (guint64) id * id);
}

static gboolean
match_id (gpointer      user_data,
          guint32       id,
          gconstpointer wanted)
{
  ((Items *) user_data)->n_matched++;
  return (guint64) id * id == *(const guint64 *) wanted;
}

/* Somebody is guessed where somebody is, and nobody is asked. */
static void
check_guess (const UdpnatIdSet *set,
             Items             *items,
             guint32            hash,
             gboolean           is_there)
{
  guint64 n_matched = items->n_matched;
  guint n_hashed = items->n_hashed;

  udpnat_id_set_prefetch (set, hash);
  if (is_there)
    g_assert_cmpuint (udpnat_id_set_guess (set, hash), !=, 0);
  g_assert_cmpuint (items->n_matched, ==, n_matched);
  g_assert_cmpuint (items->n_hashed, ==, n_hashed);
}

static void
check (const UdpnatIdSet *set,
       Items             *items,
       GHashTable        *twin,
       guint32            id)
{
  guint64 value = (guint64) id * id;
  gboolean is_there = g_hash_table_contains (twin, GUINT_TO_POINTER (id));

  g_assert_cmpuint (udpnat_id_set_find (set, hash_value (items, value), &value), ==,
                    is_there ? id : 0);
  check_guess (set, items, hash_value (items, value), is_there);
}

static void
run (guint bits,
     guint n_ids,
     guint n_steps)
{
  Items items = { .bits = bits };
  g_autoptr (UdpnatIdSet) set = udpnat_id_set_new (hash_id, match_id, &items);
  g_autoptr (GHashTable) twin = g_hash_table_new (NULL, NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (bits + 1);

  for (guint i = 0; i < n_steps; i++)
    {
      guint32 id = (guint32) g_rand_int_range (rand, 1, (gint32) n_ids);
      gboolean is_growing = i / (n_steps / 4) % 2 == 0;

      check (set, &items, twin, id);
      if (g_hash_table_contains (twin, GUINT_TO_POINTER (id)))
        {
          if (is_growing && g_rand_int_range (rand, 0, 4) != 0)
            continue;
          udpnat_id_set_remove (set, id);
          g_hash_table_remove (twin, GUINT_TO_POINTER (id));
        }
      else if (is_growing || g_rand_int_range (rand, 0, 8) == 0)
        {
          udpnat_id_set_add (set, id);
          g_hash_table_add (twin, GUINT_TO_POINTER (id));
        }
      g_assert_cmpuint (udpnat_id_set_get_count (set), ==, g_hash_table_size (twin));
    }
  for (guint32 id = 1; id < n_ids; id++)
    check (set, &items, twin, id);
}

static void
test_like_a_table (void)
{
  run (32, 20000, 200000);
}

static void
test_collisions (void)
{
  for (guint bits = 0; bits < 6; bits++)
    run (bits, 200, 20000);
}

/* Hardly more than one item is looked at for one that is there, whatever the size. */
static void
test_few_probes (void)
{
  Items items = { .bits = 32 };
  g_autoptr (UdpnatIdSet) set = udpnat_id_set_new (hash_id, match_id, &items);
  const guint32 n = 200000;

  for (guint32 id = 1; id <= n; id++)
    udpnat_id_set_add (set, id);
  items.n_matched = 0;
  for (guint32 id = 1; id <= n; id++)
    {
      guint64 value = (guint64) id * id;

      g_assert_cmpuint (udpnat_id_set_find (set, hash_value (&items, value), &value), ==, id);
    }
  g_assert_cmpuint (items.n_matched, <, n + n / 10);
}

/* However many there are: nobody has to wait while all are moved. */
static void
test_no_call_takes_long (void)
{
  Items items = { .bits = 32 };
  g_autoptr (UdpnatIdSet) set = udpnat_id_set_new (hash_id, match_id, &items);
  const guint32 n = 300000;

  for (guint32 id = 1; id <= n; id++)
    {
      items.n_hashed = 0;
      udpnat_id_set_add (set, id);
      g_assert_cmpuint (items.n_hashed, <, 2000);
    }
  for (guint32 id = 1; id <= n; id++)
    {
      items.n_hashed = 0;
      udpnat_id_set_remove (set, id);
      g_assert_cmpuint (items.n_hashed, <, 2000);
    }
  g_assert_cmpuint (udpnat_id_set_get_count (set), ==, 0);
}

/* More than one table holds, of which a directory can make nothing. */
static void
test_all_alike (void)
{
  run (0, 3000, 12000);
}

static void
test_free_nothing (void)
{
  udpnat_id_set_free (NULL);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/id-set/items/like-a-table", test_like_a_table);
  g_test_add_func ("/id-set/items/collisions", test_collisions);
  g_test_add_func ("/id-set/items/few-probes", test_few_probes);
  g_test_add_func ("/id-set/items/no-call-takes-long", test_no_call_takes_long);
  g_test_add_func ("/id-set/items/all-alike", test_all_alike);
  g_test_add_func ("/id-set/free/accepts-null", test_free_nothing);
  return g_test_run ();
}
