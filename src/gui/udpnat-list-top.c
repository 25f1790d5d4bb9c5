/* A list view keeps the row in its place that is at the top when others come in above it. That is
 * right for somebody who has scrolled, and wrong at the top: whatever is newest would be out of
 * sight. */

#include "config.h"

#include "udpnat-list-top.h"

#define PENDING_KEY "udpnat-list-top-pending"

static gboolean
tick_cb (GtkWidget     *list,
         GdkFrameClock *clock,
         gpointer       user_data)
{
  g_object_set_data (G_OBJECT (list), PENDING_KEY, NULL);
  gtk_widget_activate_action (list, "list.scroll-to-item", "u", 0);
  return G_SOURCE_REMOVE;
}

/* The list has not been laid out anew yet, so its adjustment still says where it was. */
static void
items_changed_cb (GListModel  *model,
                  guint        position,
                  guint        n_removed,
                  guint        n_added,
                  GtkListView *list)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (list));

  if (position > 0 || n_added == 0 || adjustment == NULL ||
      gtk_adjustment_get_value (adjustment) > gtk_adjustment_get_lower (adjustment) ||
      g_object_get_data (G_OBJECT (list), PENDING_KEY) != NULL)
    return;
  g_object_set_data (G_OBJECT (list), PENDING_KEY, list);
  gtk_widget_add_tick_callback (GTK_WIDGET (list), tick_cb, NULL, NULL);
}

/** udpnat_list_top_keep: @list stays at its top when it is there and @model gets new first items */
void
udpnat_list_top_keep (GtkListView *list,
                      GListModel  *model)
{
  g_signal_connect_object (model, "items-changed", G_CALLBACK (items_changed_cb), list, 0);
}
