#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_GRADUAL_MODEL (udpnat_gradual_model_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatGradualModel, udpnat_gradual_model, UDPNAT, GRADUAL_MODEL, GObject)

/* With how many rows a list begins: about a screen. */
#define UDPNAT_GRADUAL_FIRST_ROWS 14

/* How many come with each frame. */
#define UDPNAT_GRADUAL_STEP_ROWS 6

/**
 * UdpnatGradualModel:
 *
 * A selection model that has the first items of another one at once, and the rest little by little:
 * some with each frame of the list that shows it. When a crowd of items changes there, its first
 * rows change at once and the others little by little. Its items are #UdpnatPlace, and behind so
 * many as a list view makes rows for at once, those of the other model themselves: see
 * udpnat_place_bind_row() and udpnat_place_dup_item_at().
 */

UdpnatGradualModel *udpnat_gradual_model_new  (GtkSelectionModel  *source,
                                               GtkListView        *list)
                                                 G_GNUC_WARN_UNUSED_RESULT;
gboolean            udpnat_gradual_model_grow (UdpnatGradualModel *self);

G_END_DECLS
