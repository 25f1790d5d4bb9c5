#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_RESULT (udpnat_result_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatResult, udpnat_result, UDPNAT, RESULT, GObject)

/**
 * UdpnatResult:
 *
 * A place in the list of what was found, and what is there now. The places stay while what is found
 * changes with each key: so rows are filled anew, and not made anew, which takes ten times as long.
 * Property: item (an #UdpnatPerson, an #UdpnatHistoryItem, or a #GtkStringObject: a heading).
 */

UdpnatResult *udpnat_result_new       (void) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_result_set       (UdpnatResult *self,
                                       gpointer      item,
                                       const char   *words);
gpointer      udpnat_result_get_item  (UdpnatResult *self);
const char   *udpnat_result_get_words (UdpnatResult *self);

G_END_DECLS
