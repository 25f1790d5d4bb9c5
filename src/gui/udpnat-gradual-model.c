/* The first items of a list at once, and the rest a few with each frame.
 *
 * GtkListView of GTK 4.8 makes widgets for two hundred rows at once, whatever its height. That is a
 * fifth of a second in which nothing is seen, and nothing can be done. So it is given as many rows
 * as can be seen, and draws them; the others follow in small turns, in which it lays out what is
 * new. As soon as it has as many as it makes widgets for, it gets all the rest at once, which costs
 * nothing. */

#include "config.h"

#include "udpnat-gradual-model.h"

/* GTK_LIST_VIEW_MAX_LIST_ITEMS of GTK 4.8: more rows than these have no widgets. */
#define WIDGETS_MAX 200

/* Somebody who moves is told of as up to a hundred rows that change, and keeps the focus. What is
 * more than that is a crowd. */
#define CROWD_MIN 101

struct _UdpnatGradualModel
{
  GObject            parent_instance;

  GtkSelectionModel *source;
  GtkListView       *list;    /* borrowed; nullable: gone, or there is none */
  guint              n_items; /* of the source that are shown */
  gboolean           is_whole;
  guint              tick_id; /* 0: it does not grow */
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

/* ---- Changes ---- */

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
  guint n_before = self->n_items;
  guint n_source = count_source (self);

  if (self->is_whole)
    return FALSE;
  self->n_items = MIN (n_before + UDPNAT_GRADUAL_STEP_ROWS, n_source);
  if (self->n_items >= WIDGETS_MAX)
    self->n_items = n_source;
  self->is_whole = self->n_items == n_source;
  if (self->n_items > n_before)
    g_list_model_items_changed (G_LIST_MODEL (self), n_before, 0, self->n_items - n_before);
  return !self->is_whole;
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
  return G_SOURCE_REMOVE;
}

static void
set_whole (UdpnatGradualModel *self,
           gboolean            is_whole)
{
  self->is_whole = is_whole;
  if (!is_whole && self->tick_id == 0 && self->list != NULL)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self->list), tick_cb, self, NULL);
}

/* Who has scrolled must not lose what they look at. */
static gboolean
is_at_top (UdpnatGradualModel *self)
{
  GtkAdjustment *adjustment = NULL;

  if (self->list != NULL)
    adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->list));
  return adjustment == NULL ||
         gtk_adjustment_get_value (adjustment) <= gtk_adjustment_get_lower (adjustment);
}

/* What changes among the items that are shown is shown. When a crowd comes, it waits with all that
 * is below it, as if it had been there before. */
static void
source_changed_cb (UdpnatGradualModel *self,
                   guint               position,
                   guint               n_removed,
                   guint               n_added)
{
  guint n_before = self->n_items;
  gboolean is_crowd;
  guint n_crowd = MAX (MIN (n_added, UDPNAT_GRADUAL_STEP_ROWS),
                       UDPNAT_GRADUAL_FIRST_ROWS - MIN (position, UDPNAT_GRADUAL_FIRST_ROWS));

  if (!self->is_whole && position >= n_before)
    return;
  n_removed = MIN (n_removed, n_before - position);
  is_crowd = self->is_whole ? n_added >= CROWD_MIN && is_at_top (self)
                            : n_added > n_removed + UDPNAT_GRADUAL_STEP_ROWS;
  if (is_crowd)
    {
      n_removed = n_before - position;
      n_added = MIN (n_crowd, n_added);
    }
  self->n_items = n_before - n_removed + n_added;
  set_whole (self, self->n_items == count_source (self));
  g_list_model_items_changed (G_LIST_MODEL (self), position, n_removed, n_added);
}

static void
source_selection_changed_cb (UdpnatGradualModel *self,
                             guint               position,
                             guint               n_items)
{
  if (position < self->n_items)
    gtk_selection_model_selection_changed (GTK_SELECTION_MODEL (self), position,
                                           MIN (n_items, self->n_items - position));
}

/* ---- List model ---- */

static GType
get_item_type (GListModel *model)
{
  return g_list_model_get_item_type (G_LIST_MODEL (UDPNAT_GRADUAL_MODEL (model)->source));
}

static guint
get_n_items (GListModel *model)
{
  return UDPNAT_GRADUAL_MODEL (model)->n_items;
}

static gpointer
get_item (GListModel *model,
          guint       position)
{
  UdpnatGradualModel *self = UDPNAT_GRADUAL_MODEL (model);

  if (position >= self->n_items)
    return NULL;
  return g_list_model_get_item (G_LIST_MODEL (self->source), position);
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
  return gtk_selection_model_is_selected (UDPNAT_GRADUAL_MODEL (model)->source, position);
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
  if (self->tick_id != 0 && self->list != NULL)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self->list), self->tick_id);
  self->tick_id = 0;
  self->n_items = 0;
  g_clear_weak_pointer (&self->list);
  g_clear_object (&self->source);
  G_OBJECT_CLASS (udpnat_gradual_model_parent_class)->dispose (object);
}

static void
udpnat_gradual_model_class_init (UdpnatGradualModelClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = udpnat_gradual_model_dispose;
}

static void
udpnat_gradual_model_init (UdpnatGradualModel *self)
{
}

/** udpnat_gradual_model_new: @list: (nullable): grows with its frames, once it shows it */
UdpnatGradualModel *
udpnat_gradual_model_new (GtkSelectionModel *source,
                          GtkListView       *list)
{
  UdpnatGradualModel *self = g_object_new (UDPNAT_TYPE_GRADUAL_MODEL, NULL);

  self->source = g_object_ref (source);
  g_set_weak_pointer (&self->list, list);
  self->n_items = MIN (count_source (self), UDPNAT_GRADUAL_FIRST_ROWS);
  set_whole (self, self->n_items == count_source (self));
  g_signal_connect_swapped (source, "items-changed", G_CALLBACK (source_changed_cb), self);
  g_signal_connect_swapped (source, "selection-changed", G_CALLBACK (source_selection_changed_cb),
                            self);
  return self;
}
