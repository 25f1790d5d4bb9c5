/* A list that comes and changes little by little: in the end it has what its source has, and at any
 * time whoever follows its changes has what it has. */
#include "config.h"

#include <gtk/gtk.h>

#include "udpnat-gradual-model.h"
#include "udpnat-place.h"

/* How many rows a list view makes at once */
#define N_PLACES 200

typedef struct
{
  GtkStringList      *source;
  UdpnatGradualModel *model;
  GPtrArray          *followed; /* what a view has: places, or items themselves */
} Fixture;

static void
items_changed_cb (GListModel *model,
                  guint       position,
                  guint       n_removed,
                  guint       n_added,
                  Fixture    *self)
{
  g_assert_cmpuint (position + n_removed, <=, self->followed->len);
  if (n_removed > 0)
    g_ptr_array_remove_range (self->followed, position, n_removed);
  for (guint i = position; i < position + n_added; i++)
    {
      GObject *item = g_list_model_get_item (model, i);

      g_assert_nonnull (item);
      g_ptr_array_insert (self->followed, (int) i, item);
    }
  g_assert_cmpuint (self->followed->len, ==, g_list_model_get_n_items (model));
}

static void
add (Fixture *self,
     guint    position,
     guint    n_removed,
     guint    n_added)
{
  g_autofree const char **names = g_new0 (const char *, n_added + 1);

  for (guint i = 0; i < n_added; i++)
    names[i] = "somebody";
  gtk_string_list_splice (self->source, position, n_removed, names);
}

static void
begin (Fixture *self,
       guint    n_items)
{
  g_autoptr (GtkNoSelection) selection = NULL;

  add (self, 0, 0, n_items);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->source)));
  self->model = udpnat_gradual_model_new (GTK_SELECTION_MODEL (selection), NULL);
  items_changed_cb (G_LIST_MODEL (self->model), 0, 0,
                    g_list_model_get_n_items (G_LIST_MODEL (self->model)), self);
  g_signal_connect (self->model, "items-changed", G_CALLBACK (items_changed_cb), self);
}

/* Whoever follows has what the model has. */
static void
check_followed (Fixture *self)
{
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->model)), ==,
                    self->followed->len);
  for (guint i = 0; i < self->followed->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (G_LIST_MODEL (self->model), i);

      g_assert_true (item == g_ptr_array_index (self->followed, i));
    }
}

/* Returns: of how many rows, from the first on, it has what its source has */
static guint
count_right (Fixture *self)
{
  guint n_right = 0;

  while (n_right < self->followed->len)
    {
      g_autoptr (GObject) shown = udpnat_place_dup_item_at (G_LIST_MODEL (self->model), n_right);
      g_autoptr (GObject) item = g_list_model_get_item (G_LIST_MODEL (self->source), n_right);

      if (shown != item)
        break;
      n_right++;
    }
  return n_right;
}

/* It has the first @n_items, and nothing else. */
static void
check (Fixture *self,
       guint    n_items)
{
  check_followed (self);
  g_assert_cmpuint (self->followed->len, ==, n_items);
  g_assert_cmpuint (count_right (self), ==, n_items);
}

static void
grow (Fixture *self)
{
  while (udpnat_gradual_model_grow (self->model))
    check_followed (self);
  check (self, g_list_model_get_n_items (G_LIST_MODEL (self->source)));
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->source = gtk_string_list_new (NULL);
  self->followed = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_object_unref (self->model);
  g_object_unref (self->source);
  g_ptr_array_unref (self->followed);
}

/* ---- What it has ---- */

static void
test_few (Fixture      *self,
          gconstpointer unused)
{
  begin (self, UDPNAT_GRADUAL_FIRST_ROWS);
  check (self, UDPNAT_GRADUAL_FIRST_ROWS);
  g_assert_false (udpnat_gradual_model_grow (self->model));
  add (self, 3, 1, 2);
  check (self, UDPNAT_GRADUAL_FIRST_ROWS + 1);
}

static void
test_grows (Fixture      *self,
            gconstpointer unused)
{
  guint n_steps = 1;

  begin (self, 5000);
  check (self, UDPNAT_GRADUAL_FIRST_ROWS);
  g_assert_true (udpnat_gradual_model_grow (self->model));
  check (self, UDPNAT_GRADUAL_FIRST_ROWS + UDPNAT_GRADUAL_STEP_ROWS);
  while (udpnat_gradual_model_grow (self->model))
    n_steps++;
  check (self, 5000);
  g_assert_cmpuint (n_steps, <=, 200 / UDPNAT_GRADUAL_STEP_ROWS);
}

/* Rows are dear: none is made for what comes where something goes. */
static void
test_crowd (Fixture      *self,
            gconstpointer unused)
{
  g_autoptr (GObject) first = NULL;
  g_autoptr (GObject) now_first = NULL;

  begin (self, 150);
  grow (self);
  first = g_list_model_get_item (G_LIST_MODEL (self->model), 0);
  add (self, 0, 150, 160);
  check_followed (self);
  g_assert_cmpuint (self->followed->len, ==, 150);
  g_assert_cmpuint (count_right (self), ==, UDPNAT_GRADUAL_STEP_ROWS);
  g_assert_true (udpnat_gradual_model_grow (self->model));
  g_assert_cmpuint (count_right (self), ==, 2 * UDPNAT_GRADUAL_STEP_ROWS);
  grow (self);
  now_first = g_list_model_get_item (G_LIST_MODEL (self->model), 0);
  g_assert_true (first == now_first);
}

static void
test_crowd_goes (Fixture      *self,
                 gconstpointer unused)
{
  guint n_steps = 1;

  begin (self, 180);
  grow (self);
  add (self, 10, 160, 0);
  g_assert_cmpuint (self->followed->len, >, 20);
  while (udpnat_gradual_model_grow (self->model))
    n_steps++;
  check (self, 20);
  g_assert_cmpuint (n_steps, >, 1);
}

static void
test_all_go (Fixture      *self,
             gconstpointer unused)
{
  begin (self, 1000);
  grow (self);
  add (self, 0, 1000, 0);
  grow (self);
  add (self, 0, 0, 3);
  check (self, 3);
}

static void
test_crowd_far_below (Fixture      *self,
                      gconstpointer unused)
{
  begin (self, 1000);
  grow (self);
  add (self, 400, 300, 500);
  check (self, 1200);
}

static void
test_crowd_into_none (Fixture      *self,
                      gconstpointer unused)
{
  begin (self, 0);
  add (self, 0, 0, 1000);
  check (self, UDPNAT_GRADUAL_FIRST_ROWS);
}

/* A view knows a row by its place, and keeps the focus with it. */
static void
test_place_moves_along (Fixture      *self,
                        gconstpointer unused)
{
  g_autoptr (GtkStringObject) last = gtk_string_object_new ("last");
  GListStore *store = g_list_store_new (GTK_TYPE_STRING_OBJECT);
  g_autoptr (GtkNoSelection) selection = gtk_no_selection_new (G_LIST_MODEL (store));
  gpointer moved[4] = { last };
  g_autoptr (GObject) before = NULL;
  g_autoptr (GObject) after = NULL;

  for (guint i = 0; i < 4; i++)
    {
      if (i > 0)
        moved[i] = gtk_string_object_new ("another");
      g_list_store_insert (store, 0, moved[i]);
    }
  self->model = udpnat_gradual_model_new (GTK_SELECTION_MODEL (selection), NULL);
  before = g_list_model_get_item (G_LIST_MODEL (self->model), 3);
  g_list_store_splice (store, 0, 4, moved, 4);
  after = g_list_model_get_item (G_LIST_MODEL (self->model), 0);
  g_assert_true (before == after);
  g_assert_true (udpnat_place_get_item (UDPNAT_PLACE (after)) == (gpointer) last);
  for (guint i = 1; i < 4; i++)
    g_object_unref (moved[i]);
}

static void
test_few_places (Fixture      *self,
                 gconstpointer unused)
{
  begin (self, 1000);
  grow (self);
  g_assert_true (UDPNAT_IS_PLACE (g_ptr_array_index (self->followed, N_PLACES - 1)));
  g_assert_false (UDPNAT_IS_PLACE (g_ptr_array_index (self->followed, N_PLACES)));
  add (self, 0, 0, 2);
  check (self, 1002);
  g_assert_false (UDPNAT_IS_PLACE (g_ptr_array_index (self->followed, N_PLACES)));
  add (self, 0, 5, 0);
  check (self, 997);
  g_assert_true (UDPNAT_IS_PLACE (g_ptr_array_index (self->followed, N_PLACES - 1)));
}

/* Those who are marked are not, where somebody else is shown still. */
static void
test_selection (Fixture      *self,
                gconstpointer unused)
{
  g_autoptr (GtkSingleSelection) selection = NULL;

  add (self, 0, 0, 150);
  selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->source)));
  self->model = udpnat_gradual_model_new (GTK_SELECTION_MODEL (selection), NULL);
  while (udpnat_gradual_model_grow (self->model))
    ;
  add (self, 0, 150, 150);
  gtk_single_selection_set_selected (selection, 100);
  g_assert_false (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->model), 100));
  while (udpnat_gradual_model_grow (self->model))
    ;
  g_assert_true (gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->model), 100));
}

/* The same each time, and enough to have every kind of change at every stage. */
static void
test_any_change (Fixture      *self,
                 gconstpointer unused)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  begin (self, 90);
  for (guint i = 0; i < 4000; i++)
    {
      guint n_source = g_list_model_get_n_items (G_LIST_MODEL (self->source));
      guint position = (guint) g_rand_int_range (random, 0, (int) n_source + 1);
      guint n_removed = (guint) g_rand_int_range (random, 0, (int) (n_source - position) + 1);
      gboolean is_many = g_rand_int_range (random, 0, 8) == 0;

      if (!is_many)
        n_removed = MIN (n_removed, 3);
      add (self, position, n_removed,
           (guint) g_rand_int_range (random, 0, is_many ? 300 : 5));
      check_followed (self);
      if (g_rand_boolean (random))
        udpnat_gradual_model_grow (self->model);
      if (g_rand_int_range (random, 0, 50) == 0)
        grow (self);
    }
  grow (self);
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/gradual-model/few/are-there-at-once", test_few);
  ADD ("/gradual-model/many/come-little-by-little", test_grows);
  ADD ("/gradual-model/crowd/changes-little-by-little", test_crowd);
  ADD ("/gradual-model/crowd/goes-little-by-little", test_crowd_goes);
  ADD ("/gradual-model/crowd/may-be-all", test_all_go);
  ADD ("/gradual-model/crowd/behind-what-has-rows-changes-at-once", test_crowd_far_below);
  ADD ("/gradual-model/crowd/comes-into-an-empty-list", test_crowd_into_none);
  ADD ("/gradual-model/places/move-along", test_place_moves_along);
  ADD ("/gradual-model/places/are-few", test_few_places);
  ADD ("/gradual-model/selection/is-of-whom-is-shown", test_selection);
  ADD ("/gradual-model/changes/are-those-of-the-source", test_any_change);
#undef ADD

  return g_test_run ();
}
