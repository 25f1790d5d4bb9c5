/* The server's registry beside a twin that is obvious: a list of entries that is searched from its
 * beginning for everything. */

#include "config.h"

#include "udpnat-name.h"
#include "udpnat-registry.h"

#include <string.h>

#define N_RUNS 40
#define N_STEPS 1500
#define N_KEYS 6

typedef struct
{
  UdpnatRegistryEntry *entry; /* of the registry, to compare with */
  char                *name;
  char                *folded;
  guint                key;
  gboolean             is_claim;
  guint64              changed; /* 0: not in the roster */
} Row;

typedef struct
{
  UdpnatRegistry *registry;
  GRand          *rand;
  GPtrArray      *rows; /* of Row */
  guint64         n_changes;
} Scene;

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  for (gsize i = 0; i < n_out; i++)
    out[i] = (guint8) g_rand_int (user_data);
}

static void
row_free (gpointer data)
{
  Row *row = data;

  g_free (row->name);
  g_free (row->folded);
  g_free (row);
}

static UdpnatPublicKey
get_key (guint number)
{
  UdpnatPublicKey key = { { (guint8) (number + 1) } };

  return key;
}

/* Few enough that they meet, in several spellings that count as equal. */
static char *
draw_name (const Scene *self)
{
  static const char *const spellings[] = { "Ada", "ADA", "ada", "Ａda" };
  g_autofree char *name
    = g_strdup_printf ("%s%d", spellings[g_rand_int_range (self->rand, 0,
                                                           G_N_ELEMENTS (spellings))],
                       g_rand_int_range (self->rand, 0, 30));

  return udpnat_name_normalize (name);
}

static Row *
find_row (const Scene *self,
          const char  *name)
{
  g_autofree char *folded = udpnat_name_fold (name);

  for (guint i = 0; i < self->rows->len; i++)
    if (strcmp (((Row *) g_ptr_array_index (self->rows, i))->folded, folded) == 0)
      return g_ptr_array_index (self->rows, i);
  return NULL;
}

/* ---- Steps ---- */

static void
add (Scene *self)
{
  g_autofree char *name = draw_name (self);
  guint key_number = (guint) g_rand_int_range (self->rand, 0, N_KEYS);
  UdpnatPublicKey key = get_key (key_number);
  Row *row = find_row (self, name);

  g_assert_true (udpnat_registry_find (self->registry, name) == (row != NULL ? row->entry : NULL));
  if (row != NULL)
    return;
  row = g_new0 (Row, 1);
  row->name = g_strdup (name);
  row->folded = udpnat_name_fold (name);
  row->key = key_number;
  row->is_claim = g_rand_boolean (self->rand);
  row->entry = udpnat_registry_add (self->registry, name, &key, !row->is_claim);
  g_ptr_array_add (self->rows, row);
}

static void
settle (Scene *self,
        Row   *row)
{
  if (!row->is_claim)
    return;
  g_assert_true (udpnat_registry_find_claim (self->registry, row->entry->id) == row->entry);
  if (g_rand_boolean (self->rand))
    {
      row->is_claim = FALSE;
      udpnat_registry_set_stored (self->registry, row->entry);
      return;
    }
  udpnat_registry_remove (self->registry, row->entry);
  g_ptr_array_remove (self->rows, row);
}

static void
publish (Scene *self,
         Row   *row)
{
  row->changed = ++self->n_changes;
  udpnat_registry_publish (self->registry, row->entry);
}

/* ---- What both must say ---- */

static const Row *
find_next_change (const Scene *self,
                  guint64      after)
{
  const Row *next = NULL;

  for (guint i = 0; i < self->rows->len; i++)
    {
      const Row *row = g_ptr_array_index (self->rows, i);

      if (row->changed > after && (next == NULL || row->changed < next->changed))
        next = row;
    }
  return next;
}

static void
compare_roster (const Scene *self)
{
  const Row *row = find_next_change (self, 0);
  guint64 sequence = 0;
  UdpnatRegistryEntry *entry = udpnat_registry_next_change (self->registry, &sequence);

  for (; row != NULL; row = find_next_change (self, row->changed))
    {
      g_assert_true (entry == row->entry);
      entry = udpnat_registry_next_change (self->registry, &sequence);
    }
  g_assert_null (entry);
}

static int
compare_folded (gconstpointer a,
                gconstpointer b)
{
  return strcmp ((*(const Row *const *) a)->folded, (*(const Row *const *) b)->folded);
}

/* Pages of what begins like some name, from behind some other. */
static void
compare_pages (const Scene *self)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  g_autofree char *prefix = udpnat_name_fold (g_rand_boolean (self->rand) ? "aDa1" : "");
  g_autofree char *after = g_rand_boolean (self->rand) ? draw_name (self) : g_strdup ("");
  g_autofree char *folded = udpnat_name_fold (after);
  UdpnatRegistryEntry *entries[7];
  gboolean has_more;
  guint n_entries = udpnat_registry_list (self->registry, prefix, folded, entries,
                                          G_N_ELEMENTS (entries), &has_more);

  for (guint i = 0; i < self->rows->len; i++)
    {
      Row *row = g_ptr_array_index (self->rows, i);

      if (row->changed != 0 && g_str_has_prefix (row->folded, prefix)
          && strcmp (row->folded, folded) > 0)
        g_ptr_array_add (sorted, row);
    }
  g_ptr_array_sort (sorted, compare_folded);
  g_assert_cmpuint (n_entries, ==, MIN (sorted->len, G_N_ELEMENTS (entries)));
  g_assert_cmpint (has_more, ==, sorted->len > G_N_ELEMENTS (entries));
  for (guint i = 0; i < n_entries; i++)
    g_assert_true (entries[i] == ((Row *) g_ptr_array_index (sorted, i))->entry);
}

static void
compare (const Scene *self)
{
  guint n_claims = 0;
  guint n_names[N_KEYS] = { 0 };

  for (guint i = 0; i < self->rows->len; i++)
    {
      const Row *row = g_ptr_array_index (self->rows, i);

      n_claims += row->is_claim ? 1 : 0;
      n_names[row->key]++;
      g_assert_cmpstr (udpnat_registry_get_name (row->entry), ==, row->name);
      g_assert_cmpint (row->entry->is_claim, ==, row->is_claim);
    }
  g_assert_cmpuint (udpnat_registry_get_count (self->registry), ==, self->rows->len);
  g_assert_cmpuint (udpnat_registry_get_claims (self->registry), ==, n_claims);
  for (guint i = 0; i < N_KEYS; i++)
    {
      UdpnatPublicKey key = get_key (i);

      g_assert_cmpuint (udpnat_registry_count_names (self->registry, &key), ==, n_names[i]);
    }
  compare_roster (self);
  compare_pages (self);
}

static void
run (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (row_free);
  UdpnatRandom random = { .fill = fill, .user_data = rand };
  g_autoptr (UdpnatRegistry) registry = udpnat_registry_new (&random);
  Scene scene = { .registry = registry, .rand = rand, .rows = rows };

  g_test_message ("seed %u", seed);
  for (guint i = 0; i < N_STEPS; i++)
    {
      Row *row = rows->len > 0
                   ? g_ptr_array_index (rows, (guint) g_rand_int_range (rand, 0,
                                                                        (gint32) rows->len))
                   : NULL;
      int die = g_rand_int_range (rand, 0, 3);

      if (die == 0 || row == NULL)
        add (&scene);
      else if (die == 1)
        settle (&scene, row);
      else
        publish (&scene, row);
      compare (&scene);
    }
}

static void
test_like_list (void)
{
  g_test_summary ("Names, claims, counts and the order of changes are those of a plain list");
  for (guint32 seed = 1; seed <= N_RUNS; seed++)
    run (seed);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/rendezvous-model-registry/all/like-a-list", test_like_list);

  return g_test_run ();
}
