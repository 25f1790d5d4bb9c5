#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_PLACE (udpnat_place_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPlace, udpnat_place, UDPNAT, PLACE, GObject)

/**
 * UdpnatPlace:
 *
 * A place in a list, and what is there now. When much changes at once the places stay, and get
 * something else to show: so their rows are filled anew, and not made anew, which takes several
 * times as long. Property: item (nullable).
 */

UdpnatPlace *udpnat_place_new         (void) G_GNUC_WARN_UNUSED_RESULT;
gboolean     udpnat_place_set         (UdpnatPlace *self,
                                       gpointer     item,
                                       const char  *words);
gpointer     udpnat_place_get_item    (UdpnatPlace *self);
const char  *udpnat_place_get_words   (UdpnatPlace *self);

gpointer     udpnat_place_dup_item_at (GListModel  *places,
                                       guint        position) G_GNUC_WARN_UNUSED_RESULT;
void         udpnat_place_bind_row    (gpointer     place,
                                       GtkWidget   *row);
void         udpnat_place_unbind_row  (GtkWidget   *row);

G_END_DECLS
