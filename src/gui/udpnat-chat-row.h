#pragma once

#include <adwaita.h>

#include "udpnat-somebody-row.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_CHAT_ROW (udpnat_chat_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatChatRow, udpnat_chat_row, UDPNAT, CHAT_ROW, UdpnatSomebodyRow)

/**
 * UdpnatChatRow:
 *
 * A conversation in the list of chats.
 */

GtkWidget *udpnat_chat_row_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
