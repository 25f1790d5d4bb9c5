/* A list whose rows come, and change in crowds, a few with each frame.
 *
 * GtkListView of GTK 4.8 makes widgets for two hundred rows at once, whatever its height. That is a
 * fifth of a second in which nothing is seen, and nothing can be done. So it is given as many rows
 * as can be seen, and draws them; the others follow in small turns, in which it lays out what is
 * new. As soon as it has as many as it makes widgets for, it gets all the rest at once, which costs
 * nothing.
 *
 * When hundreds of rows change at once, at the top where the user is, the same holds. And as that
 * GtkListView looks at every row behind those that come or go, none comes or goes: they are places,
 * and somebody else is there. What can be seen changes at once, the others stay as they were until
 * it is their turn. */

#include "config.h"

#include "udpnat-gradual-model.h"

#include "udpnat-place.h"

/* GTK_LIST_VIEW_MAX_LIST_ITEMS of GTK 4.8: more rows than these have no widgets. */
#define WIDGETS_MAX 200

/* Somebody who moves is told of as up to a hundred rows that change, and keeps the focus. What is
 * more than that is a crowd. */
#define CROWD_MIN 101

/* How many rows go with a frame. It takes a fifth of the time that it takes to make one. */
#define DROP_ROWS 24

struct _UdpnatGradualModel
{
  GObject            parent_instance;

  GtkSelectionModel *source;
  GtkListView       *list;    /* borrowed; nullable: gone, or there is none */
  GPtrArray         *places;  /* of the first items, up to WIDGETS_MAX */
  guint              n_right; /* of those, with what the source has; in the others it is older */
  guint              n_rest;  /* how many of the source's last items are shown behind */
  guint              tick_id; /* 0: nothing is to come */
};

static void list_model_init (GListModelInterface *iface);
static void selection_model_init (GtkSelectionModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UdpnatGradualModel, udpnat_gradual_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init)
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_SELECTION_MODEL,
                                                      selection_model_init))

static guint
count_source (UdpnatGradualModel *self)
{
  return g_list_model_get_n_items (G_LIST_MODEL (self->source));
}

static gpointer
dup_source_item (UdpnatGradualModel *self,
                 guint               position)
{
  return g_list_model_get_item (G_LIST_MODEL (self->source), position);
}

static gboolean
is_whole (UdpnatGradualModel *self,
          guint               n_source)
{
  return self->n_right == self->places->len && self->places->len + self->n_rest == n_source;
}

/* ---- Changes ---- */

static void
tell (UdpnatGradualModel *self,
      guint               position,
      guint               n_removed,
      guint               n_added)
{
  if (n_removed > 0 || n_added > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
}

static void
set_rest (UdpnatGradualModel *self,
          guint               n_rest)
{
  guint n_before = self->n_rest;

  self->n_rest = n_rest;
  tell (self, self->places->len, n_before, n_rest);
}

/* Returns: (transfer full): where @item was and now is somewhere else, or a new place */
static UdpnatPlace *
take_place (GHashTable *removed,
            gpointer    item)
{
  UdpnatPlace *place = NULL;

  if (removed != NULL && g_hash_table_steal_extended (removed, item, NULL, (gpointer *) &place))
    return place;
  place = udpnat_place_new ();
  udpnat_place_set (place, item, NULL);
  return place;
}

/* Does not tell. @removed: (nullable): places that may be needed again, by their item */
static void
insert_places (UdpnatGradualModel *self,
               guint               position,
               guint               n_places,
               GHashTable         *removed)
{
  for (guint i = position; i < position + n_places; i++)
    {
      g_autoptr (GObject) item = dup_source_item (self, i);

      g_ptr_array_insert (self->places, (int) i, take_place (removed, item));
    }
}

/* Whoever moves takes their place along, for a view knows its rows by that. */
static void
move_places (UdpnatGradualModel *self,
             guint               position,
             guint               n_removed,
             guint               n_added)
{
  g_autoptr (GHashTable) removed = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);

  for (guint i = position; i < position + n_removed; i++)
    {
      UdpnatPlace *place = g_ptr_array_index (self->places, i);

      g_hash_table_replace (removed, udpnat_place_get_item (place), g_object_ref (place));
    }
  if (n_removed > 0)
    g_ptr_array_remove_range (self->places, position, n_removed);
  insert_places (self, position, n_added, removed);
}

/* Those of whom there is something older: up to @n_rows that it makes a difference to. Returns: how
 * many rows are left */
static guint
fill_places (UdpnatGradualModel *self,
             guint               n_max,
             guint               n_rows)
{
  guint first = self->n_right;

  while (self->n_right < MIN (self->places->len, n_max) && n_rows > 0)
    {
      g_autoptr (GObject) item = dup_source_item (self, self->n_right);

      n_rows -= udpnat_place_set (g_ptr_array_index (self->places, self->n_right), item, NULL);
      self->n_right++;
    }
  if (self->n_right > first)
    gtk_selection_model_selection_changed (GTK_SELECTION_MODEL (self), first,
                                           self->n_right - first);
  return n_rows;
}

static void
add_places (UdpnatGradualModel *self,
            guint               n_places)
{
  guint position = self->places->len;

  insert_places (self, position, n_places, NULL);
  self->n_right += n_places;
  tell (self, position, 0, n_places);
}

static void
drop_places (UdpnatGradualModel *self,
             guint               n_places)
{
  guint n_left = self->places->len - n_places;

  g_ptr_array_set_size (self->places, (int) n_left);
  tell (self, n_left, n_places, 0);
}

/* The next @n_rows. */
static void
advance (UdpnatGradualModel *self,
         guint               n_rows)
{
  guint n_source = count_source (self);
  guint n_max = MIN (n_source, WIDGETS_MAX);

  n_rows = fill_places (self, n_max, n_rows);
  if (self->n_right == self->places->len)
    add_places (self, MIN (n_rows, n_max - self->n_right));
  else if (self->n_right == n_max)
    drop_places (self, MIN (self->places->len - n_max, DROP_ROWS));
  if (self->n_right == n_max && self->places->len == n_max && !is_whole (self, n_source))
    set_rest (self, n_source - n_max);
}

/* Of a list of which little is there, a scroll bar would say that it ends soon, and leap. */
static void
show_scrollbar (UdpnatGradualModel *self)
{
  gboolean is_right = self->places->len + self->n_rest >= count_source (self);
  GtkWidget *scroller = NULL;

  if (self->list != NULL)
    scroller = gtk_widget_get_ancestor (GTK_WIDGET (self->list), GTK_TYPE_SCROLLED_WINDOW);
  if (scroller != NULL)
    g_object_set (scroller, "vscrollbar-policy",
                  is_right ? GTK_POLICY_AUTOMATIC : GTK_POLICY_EXTERNAL, NULL);
}

/**
 * udpnat_gradual_model_grow:
 *
 * Some rows more.
 *
 * Returns: whether there are still more to come
 */
gboolean
udpnat_gradual_model_grow (UdpnatGradualModel *self)
{
  if (is_whole (self, count_source (self)))
    return FALSE;
  advance (self, UDPNAT_GRADUAL_STEP_ROWS);
  return !is_whole (self, count_source (self));
}

static gboolean
tick_cb (GtkWidget     *list,
         GdkFrameClock *clock,
         gpointer       user_data)
{
  UdpnatGradualModel *self = user_data;

  if (udpnat_gradual_model_grow (self))
    return G_SOURCE_CONTINUE;
  self->tick_id = 0;
  show_scrollbar (self);
  return G_SOURCE_REMOVE;
}

/* While it is not seen it waits: a frame has time for the rows of one list. */
static void
go_on (UdpnatGradualModel *self)
{
  if (self->tick_id == 0 && self->list != NULL && gtk_widget_get_mapped (GTK_WIDGET (self->list)) &&
      !is_whole (self, count_source (self)))
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self->list), tick_cb, self, NULL);
}

/* What has changed meanwhile is not to be seen as it was. */
static void
map_cb (UdpnatGradualModel *self)
{
  if (self->n_right < self->places->len)
    advance (self, UDPNAT_GRADUAL_FIRST_ROWS);
  show_scrollbar (self);
  go_on (self);
}

static void
stop (UdpnatGradualModel *self)
{
  if (self->tick_id != 0 && self->list != NULL)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self->list), self->tick_id);
  self->tick_id = 0;
}

/* Who has scrolled must not lose what they look at, nor who is in it with the keyboard the row that
 * they are at: for them all changes at once. */
static gboolean
is_left_alone (UdpnatGradualModel *self)
{
  GtkAdjustment *adjustment;
  GtkRoot *root;
  GtkWidget *focus;

  if (self->list == NULL)
    return TRUE;
  adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->list));
  root = gtk_widget_get_root (GTK_WIDGET (self->list));
  focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  return (focus == NULL || !gtk_widget_is_ancestor (focus, GTK_WIDGET (self->list))) &&
         (adjustment == NULL ||
          gtk_adjustment_get_value (adjustment) <= gtk_adjustment_get_lower (adjustment));
}

/* As many places as there are widgets for, after a change that has shifted those behind it. */
static void
move_rest (UdpnatGradualModel *self)
{
  guint n_source = count_source (self);
  guint n_places = self->places->len;
  guint n_wanted = MIN (n_source, WIDGETS_MAX);

  if (n_places < n_wanted)
    insert_places (self, n_places, n_wanted - n_places, NULL);
  else
    g_ptr_array_set_size (self->places, (int) n_wanted);
  self->n_right = n_wanted;
  self->n_rest = n_source - n_wanted;
  if (n_places != n_wanted)
    tell (self, MIN (n_places, n_wanted), MAX (n_places, n_wanted) - MIN (n_places, n_wanted),
          MAX (n_places, n_wanted) - MIN (n_places, n_wanted));
}

/* As the source is now, which has changed there. */
static void
change_at_once (UdpnatGradualModel *self,
                guint               position,
                guint               n_removed,
                guint               n_added)
{
  guint n_before = self->places->len;

  if (position < n_before)
    move_places (self, position, MIN (n_removed, n_before - position),
                 position + n_removed <= n_before ? n_added : MIN (n_added, n_before - position));
  self->n_right = self->places->len;
  self->n_rest = count_source (self) - self->places->len;
  tell (self, position, n_removed, n_added);
  move_rest (self);
}

/* What changes among the places that are right is shown. Where it is more than what comes with a
 * frame, all below waits for its turn. */
static void
change_in_parts (UdpnatGradualModel *self,
                 guint               position,
                 guint               n_removed,
                 guint               n_added)
{
  guint n_source = count_source (self);

  if (self->n_rest > 0 && position + n_removed > n_source - n_added + n_removed - self->n_rest)
    set_rest (self, n_source - MIN (n_source, WIDGETS_MAX));
  if (position >= self->n_right)
    return;
  if (position + n_removed <= self->n_right && MAX (n_removed, n_added) <= UDPNAT_GRADUAL_STEP_ROWS)
    {
      move_places (self, position, n_removed, n_added);
      self->n_right = MIN (self->n_right + n_added - n_removed, WIDGETS_MAX);
      tell (self, position, n_removed, n_added);
      return;
    }
  self->n_right = position;
  advance (self, UDPNAT_GRADUAL_STEP_ROWS);
}

static void
source_changed_cb (UdpnatGradualModel *self,
                   guint               position,
                   guint               n_removed,
                   guint               n_added)
{
  gboolean is_crowd = MAX (n_removed, n_added) >= CROWD_MIN && is_left_alone (self);

  if (self->places->len == 0)
    advance (self, UDPNAT_GRADUAL_FIRST_ROWS);
  else if (!is_crowd && is_whole (self, count_source (self) + n_removed - n_added))
    change_at_once (self, position, n_removed, n_added);
  else
    change_in_parts (self, position, n_removed, n_added);
  show_scrollbar (self);
  go_on (self);
}

static void
source_selection_changed_cb (UdpnatGradualModel *self,
                             guint               position,
                             guint               n_items)
{
  guint n_shown = self->places->len + self->n_rest;

  if (position < n_shown)
    gtk_selection_model_selection_changed (GTK_SELECTION_MODEL (self), position,
                                           MIN (n_items, n_shown - position));
}

/* ---- List model ---- */

static GType
get_item_type (GListModel *model)
{
  return G_TYPE_OBJECT;
}

static guint
get_n_items (GListModel *model)
{
  UdpnatGradualModel *self = UDPNAT_GRADUAL_MODEL (model);

  return self->places->len + self->n_rest;
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  UdpnatGradualModel *self = UDPNAT_GRADUAL_MODEL (model);

  if (position < self->places->len)
    return g_object_ref (g_ptr_array_index (self->places, position));
  if (position < self->places->len + self->n_rest)
    return dup_source_item (self,
                            count_source (self) - self->n_rest + (position - self->places->len));
  return NULL;
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

static gboolean
is_selected (GtkSelectionModel *model,
             guint              position)
{
  UdpnatGradualModel *self = UDPNAT_GRADUAL_MODEL (model);
  gboolean is_right = position < self->n_right || position >= self->places->len;

  return is_right && gtk_selection_model_is_selected (self->source, position);
}

static GtkBitset *
get_selection_in_range (GtkSelectionModel *model,
                        guint              position,
                        guint              n_items)
{
  return gtk_selection_model_get_selection_in_range (UDPNAT_GRADUAL_MODEL (model)->source, position,
                                                     n_items);
}

static void
selection_model_init (GtkSelectionModelInterface *iface)
{
  iface->is_selected = is_selected;
  iface->get_selection_in_range = get_selection_in_range;
}

/* ---- Object ---- */

static void
udpnat_gradual_model_dispose (GObject *object)
{
  UdpnatGradualModel *self = UDPNAT_GRADUAL_MODEL (object);

  if (self->source != NULL)
    g_signal_handlers_disconnect_by_data (self->source, self);
  stop (self);
  self->n_right = 0;
  self->n_rest = 0;
  g_ptr_array_set_size (self->places, 0);
  g_clear_weak_pointer (&self->list);
  g_clear_object (&self->source);
  G_OBJECT_CLASS (udpnat_gradual_model_parent_class)->dispose (object);
}

static void
udpnat_gradual_model_finalize (GObject *object)
{
  g_ptr_array_unref (UDPNAT_GRADUAL_MODEL (object)->places);
  G_OBJECT_CLASS (udpnat_gradual_model_parent_class)->finalize (object);
}

static void
udpnat_gradual_model_class_init (UdpnatGradualModelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = udpnat_gradual_model_dispose;
  G_OBJECT_CLASS (klass)->finalize = udpnat_gradual_model_finalize;
}

static void
udpnat_gradual_model_init (UdpnatGradualModel *self)
{
  self->places = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
watch_list (UdpnatGradualModel *self,
            GtkListView        *list)
{
  g_set_weak_pointer (&self->list, list);
  g_signal_connect_object (list, "map", G_CALLBACK (map_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (list, "unmap", G_CALLBACK (stop), self, G_CONNECT_SWAPPED);
}

/** udpnat_gradual_model_new: @list: (nullable): goes on with its frames, while it is seen */
UdpnatGradualModel *
udpnat_gradual_model_new (GtkSelectionModel *source,
                          GtkListView       *list)
{
  UdpnatGradualModel *self = g_object_new (UDPNAT_TYPE_GRADUAL_MODEL, NULL);

  self->source = g_object_ref (source);
  advance (self, UDPNAT_GRADUAL_FIRST_ROWS);
  if (list != NULL)
    watch_list (self, list);
  g_signal_connect_swapped (source, "items-changed", G_CALLBACK (source_changed_cb), self);
  g_signal_connect_swapped (source, "selection-changed", G_CALLBACK (source_selection_changed_cb),
                            self);
  return self;
}
