#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-watch-table.h"

#include <string.h>

/* Who watches whom, beside a twin that is obvious: a table of all pairs. */

#define N_WATCHERS 12
#define N_KEYS 15
#define N_STEPS 20000

typedef struct
{
  UdpnatWatchTable *table;
  GRand            *rand;
  guint32           watchers[N_WATCHERS]; /* 0: closed */
  gboolean          is_on[N_WATCHERS][N_KEYS];
  gboolean          is_due[N_WATCHERS][N_KEYS];
  gboolean          is_queued[N_WATCHERS];
} Scene;

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  for (gsize i = 0; i < n_out; i++)
    out[i] = (guint8) g_rand_int (user_data);
}

static UdpnatPublicKey
make_key (guint number)
{
  return (UdpnatPublicKey) { { (guint8) (number + 1) } };
}

static guint
draw (Scene *self,
      guint  n)
{
  return (guint) g_rand_int_range (self->rand, 0, (gint32) n);
}

static void
set_due (Scene *self,
         guint  watcher,
         guint  key)
{
  self->is_queued[watcher] |= !self->is_due[watcher][key]; /* else it waits for its turn, or ours */
  self->is_due[watcher][key] = TRUE;
}

static void
add (Scene *self,
     guint  watcher,
     guint  key)
{
  UdpnatPublicKey public_key = make_key (key);

  if (self->watchers[watcher] == 0)
    self->watchers[watcher] = udpnat_watch_table_open (self->table, 100 + watcher);
  g_assert_true (udpnat_watch_table_add (self->table, self->watchers[watcher], &public_key));
  if (!self->is_on[watcher][key])
    set_due (self, watcher, key);
  self->is_on[watcher][key] = TRUE;
}

static void
drop (Scene *self,
      guint  watcher,
      guint  key)
{
  UdpnatPublicKey public_key = make_key (key);

  g_assert_true (udpnat_watch_table_remove (self->table, self->watchers[watcher], &public_key)
                 == self->is_on[watcher][key]);
  self->is_on[watcher][key] = self->is_due[watcher][key] = FALSE;
}

static void
note (Scene *self,
      guint  key)
{
  UdpnatPublicKey public_key = make_key (key);

  udpnat_watch_table_note (self->table, &public_key);
  for (guint i = 0; i < N_WATCHERS; i++)
    if (self->is_on[i][key])
      set_due (self, i, key);
}

static void
close_one (Scene *self,
           guint  watcher)
{
  udpnat_watch_table_close (self->table, self->watchers[watcher]);
  self->watchers[watcher] = 0;
  self->is_queued[watcher] = FALSE;
  memset (self->is_on[watcher], 0, sizeof self->is_on[watcher]);
  memset (self->is_due[watcher], 0, sizeof self->is_due[watcher]);
}

/* Takes whatever @watcher has not been told, or a part of it. */
static void
take (Scene *self,
      guint  watcher,
      guint  n_max)
{
  UdpnatPublicKey key;

  while (n_max-- > 0 && udpnat_watch_table_pop (self->table, self->watchers[watcher], &key))
    {
      g_assert_true (self->is_due[watcher][key.bytes[0] - 1]);
      self->is_due[watcher][key.bytes[0] - 1] = FALSE;
    }
}

static void
take_first (Scene *self)
{
  guint32 owner = udpnat_watch_table_pop_watcher (self->table);

  for (guint i = 0; owner == 0 && i < N_WATCHERS; i++)
    g_assert_false (self->is_queued[i]);
  if (owner == 0)
    return;
  g_assert_true (self->is_queued[owner - 100]);
  self->is_queued[owner - 100] = FALSE;
  take (self, owner - 100, draw (self, 4) == 0 ? 1 : N_KEYS);
}

static void
check (Scene *self)
{
  guint n_all = 0;

  for (guint i = 0; i < N_WATCHERS; i++)
    {
      guint n = 0;

      for (guint j = 0; j < N_KEYS; j++)
        n += self->is_on[i][j] ? 1 : 0;
      g_assert_cmpuint (udpnat_watch_table_count (self->table, self->watchers[i]), ==, n);
      n_all += n;
    }
  g_assert_cmpuint (udpnat_watch_table_get_count (self->table), ==, n_all);
}

static void
check_rest (Scene *self)
{
  while (udpnat_watch_table_has_watcher (self->table))
    take_first (self);
  for (guint i = 0; i < N_WATCHERS; i++)
    {
      take (self, i, N_KEYS);
      for (guint j = 0; j < N_KEYS; j++)
        g_assert_false (self->is_due[i][j]);
      close_one (self, i);
    }
  g_assert_cmpuint (udpnat_watch_table_get_count (self->table), ==, 0);
}

static void
test_twin (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  UdpnatRandom      random = { fill, rand };
  Scene             scene = { .rand = rand, .table = udpnat_watch_table_new (&random) };

  for (guint step = 0; step < N_STEPS; step++)
    {
      guint watcher = draw (&scene, N_WATCHERS), key = draw (&scene, N_KEYS);

      switch (draw (&scene, 8))
        {
        case 0:
        case 1:
        case 2:
          add (&scene, watcher, key);
          break;
        case 3:
          drop (&scene, watcher, key);
          break;
        case 4:
          note (&scene, key);
          break;
        case 5:
          if (draw (&scene, 5) == 0)
            close_one (&scene, watcher);
          break;
        default:
          take_first (&scene);
        }
      check (&scene);
    }
  check_rest (&scene);
  udpnat_watch_table_free (scene.table);
}

static void
test_limit (void)
{
  g_autoptr (GRand)            rand = g_rand_new_with_seed (2);
  UdpnatRandom                 random = { fill, rand };
  g_autoptr (UdpnatWatchTable) table = udpnat_watch_table_new (&random);
  guint32                      watcher = udpnat_watch_table_open (table, 1);
  UdpnatPublicKey              key = { { 0 } };

  for (guint i = 0; i < UDPNAT_WATCHES_MAX; i++)
    {
      memcpy (key.bytes, &i, sizeof i);
      g_assert_true (udpnat_watch_table_add (table, watcher, &key));
    }
  g_assert_true (udpnat_watch_table_add (table, watcher, &key)); /* is there already */
  key.bytes[31] = 1;
  g_assert_false (udpnat_watch_table_add (table, watcher, &key));
  g_assert_cmpuint (udpnat_watch_table_count (table, watcher), ==, UDPNAT_WATCHES_MAX);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/watch-table/as-a-table-of-pairs", test_twin);
  g_test_add_func ("/watch-table/limit-of-one-watcher", test_limit);
  return g_test_run ();
}
