#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_CHAT_ROW (udpnat_chat_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatChatRow, udpnat_chat_row, UDPNAT, CHAT_ROW, GtkBox)

/**
 * UdpnatChatRow:
 *
 * A conversation in the list of chats. Property: person (nullable).
 */

GtkWidget *udpnat_chat_row_new        (UdpnatClient  *client) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_chat_row_set_person (UdpnatChatRow *self,
                                       UdpnatPerson  *person);
void       udpnat_chat_row_refresh    (UdpnatChatRow *self);

G_END_DECLS
