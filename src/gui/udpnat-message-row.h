#pragma once

#include <adwaita.h>

#include "udpnat-client.h"
#include "udpnat-history-row.h"
#include "udpnat-person.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_MESSAGE_ROW (udpnat_message_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatMessageRow, udpnat_message_row, UDPNAT, MESSAGE_ROW, GtkBox)

/**
 * UdpnatMessageRow:
 *
 * One message in the list, used for one line after the other. What can be done with it are actions
 * "message.…" of the list around it.
 */

GtkWidget        *udpnat_message_row_new            (void) G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_message_row_set_client     (UdpnatMessageRow *self,
                                                     UdpnatClient     *client);
void              udpnat_message_row_bind           (UdpnatMessageRow *self,
                                                     UdpnatHistoryRow *row,
                                                     UdpnatPerson     *person,
                                                     gboolean          is_note);
void              udpnat_message_row_unbind         (UdpnatMessageRow *self);
UdpnatHistoryRow *udpnat_message_row_get_row        (UdpnatMessageRow *self);
GtkWidget        *udpnat_message_row_get_bubble     (UdpnatMessageRow *self);
void              udpnat_message_row_set_hit        (UdpnatMessageRow *self,
                                                     gboolean          is_hit);
void              udpnat_message_row_refresh_state  (UdpnatMessageRow *self);

G_END_DECLS
