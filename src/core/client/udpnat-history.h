#pragma once

#include "udpnat-client.h"
#include "udpnat-history-row.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_HISTORY (udpnat_history_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatHistory, udpnat_history, UDPNAT, HISTORY, GObject)

/**
 * UdpnatHistory:
 *
 * A list model of #UdpnatHistoryRow: a window of at most %UDPNAT_HISTORY_ROWS_MAX lines that slides
 * over a conversation of any length, oldest first. It follows the newest line as long as it shows
 * the end. Properties: has-older, has-newer. Signal "line-added" (row, nullable: %NULL when it is
 * below the window, because the window is elsewhere): somebody has said something.
 */

#define UDPNAT_HISTORY_ROWS_MAX 200
/* How many lines are read on each side of where the window goes to: about a screen, as lines of
 * usual length are. A view with room for more asks for them with its next frames. */
#define UDPNAT_HISTORY_PAGE_ROWS 14
/* How many are read when it slides. A view lays them all out in one frame, so these are few. */
#define UDPNAT_HISTORY_STEP_ROWS 6

UdpnatHistory *udpnat_history_new            (UdpnatClient  *client,
                                              UdpnatPerson  *person) G_GNUC_WARN_UNUSED_RESULT;
gboolean       udpnat_history_has_older      (UdpnatHistory *self);
gboolean       udpnat_history_has_newer      (UdpnatHistory *self);
guint          udpnat_history_load_older     (UdpnatHistory *self);
guint          udpnat_history_load_newer     (UdpnatHistory *self);
void           udpnat_history_go_to_end      (UdpnatHistory *self);
gboolean       udpnat_history_go_to          (UdpnatHistory *self,
                                              gint64         number,
                                              guint         *out_position);
gboolean       udpnat_history_find           (UdpnatHistory *self,
                                              gint64         number,
                                              guint         *out_position);
gint64         udpnat_history_get_unread     (UdpnatHistory *self);
void           udpnat_history_set_unread     (UdpnatHistory *self,
                                              gint64         number);
void           udpnat_history_trim           (UdpnatHistory *self);

G_END_DECLS
