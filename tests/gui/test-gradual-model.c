/* A list that comes little by little: what it has is always the beginning of what its source has,
 * and whoever follows its changes has the same. */
#include "config.h"

#include <gtk/gtk.h>

#include "udpnat-gradual-model.h"

typedef struct
{
  GtkStringList      *source;
  UdpnatGradualModel *model;
  GPtrArray          *followed; /* what a view would have: items, borrowed */
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
      g_autoptr (GObject) item = g_list_model_get_item (model, i);

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

static void
check (Fixture *self,
       guint    n_items)
{
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (self->model)), ==, n_items);
  for (guint i = 0; i < n_items; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (G_LIST_MODEL (self->source), i);

      g_assert_true (item == g_ptr_array_index (self->followed, i));
    }
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->source = gtk_string_list_new (NULL);
  self->followed = g_ptr_array_new ();
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

static void
test_crowd (Fixture      *self,
            gconstpointer unused)
{
  begin (self, 150);
  while (udpnat_gradual_model_grow (self->model))
    ;
  add (self, 20, 100, 100); /* somebody moves: no crowd */
  check (self, 150);
  add (self, 0, 150, 160);
  check (self, UDPNAT_GRADUAL_FIRST_ROWS);
  while (udpnat_gradual_model_grow (self->model))
    ;
  check (self, 160);
}

static void
test_crowd_into_none (Fixture      *self,
                      gconstpointer unused)
{
  begin (self, 0);
  add (self, 0, 0, 1000);
  check (self, UDPNAT_GRADUAL_FIRST_ROWS);
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
      check (self, g_list_model_get_n_items (G_LIST_MODEL (self->model)));
      if (g_rand_boolean (random))
        udpnat_gradual_model_grow (self->model);
    }
  while (udpnat_gradual_model_grow (self->model))
    ;
  check (self, g_list_model_get_n_items (G_LIST_MODEL (self->source)));
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  ADD ("/gradual-model/few/are-there-at-once", test_few);
  ADD ("/gradual-model/many/come-little-by-little", test_grows);
  ADD ("/gradual-model/crowd/comes-little-by-little", test_crowd);
  ADD ("/gradual-model/crowd/comes-into-an-empty-list", test_crowd_into_none);
  ADD ("/gradual-model/changes/are-those-of-the-source", test_any_change);
#undef ADD

  return g_test_run ();
}
