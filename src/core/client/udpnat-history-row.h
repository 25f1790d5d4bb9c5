#pragma once

#include "udpnat-history-item.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_HISTORY_ROW (udpnat_history_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatHistoryRow, udpnat_history_row, UDPNAT, HISTORY_ROW, GObject)

/**
 * UdpnatHistoryRow:
 *
 * A line in its place: the line, and how it stands to its neighbours. Properties: item, starts-day,
 * starts-group, ends-group, starts-unread. "item" is notified whenever anything of the line has
 * changed.
 */

UdpnatHistoryItem *udpnat_history_row_get_item      (UdpnatHistoryRow  *self);
gint64             udpnat_history_row_get_number    (UdpnatHistoryRow  *self);
gboolean           udpnat_history_row_starts_day    (UdpnatHistoryRow  *self);
gboolean           udpnat_history_row_starts_group  (UdpnatHistoryRow  *self);
gboolean           udpnat_history_row_ends_group    (UdpnatHistoryRow  *self);
gboolean           udpnat_history_row_starts_unread (UdpnatHistoryRow  *self);

/* For the history only */
UdpnatHistoryRow  *udpnat_history_row_new           (UdpnatHistoryItem *item)
  G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_history_row_update        (UdpnatHistoryRow  *self,
                                                     UdpnatHistoryItem *newer);
void               udpnat_history_row_place         (UdpnatHistoryRow  *self,
                                                     UdpnatHistoryItem *previous,
                                                     UdpnatHistoryItem *next,
                                                     gint64             unread_number);

G_END_DECLS
