#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_MESSAGE_LIST (udpnat_message_list_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatMessageList, udpnat_message_list, UDPNAT, MESSAGE_LIST, AdwBin)

/**
 * UdpnatMessageList:
 *
 * All that was said with one person, opened at its end. What is seen in an active window is marked
 * as read. Signals: "reply-requested" (line), "edit-requested" (line): the user wants to write;
 * "failed" (sentence): something that was asked for here could not be done.
 */

void               udpnat_message_list_set_client     (UdpnatMessageList *self,
                                                       UdpnatClient      *client);
void               udpnat_message_list_set_settings   (UdpnatMessageList *self,
                                                       GSettings         *settings);
void               udpnat_message_list_set_person     (UdpnatMessageList *self,
                                                       UdpnatPerson      *person);
void               udpnat_message_list_go_to_end      (UdpnatMessageList *self);
gboolean           udpnat_message_list_go_to          (UdpnatMessageList *self,
                                                       gint64             number);
void               udpnat_message_list_clear_hit      (UdpnatMessageList *self);
void               udpnat_message_list_clear_unread   (UdpnatMessageList *self);
UdpnatHistoryItem *udpnat_message_list_get_last_own   (UdpnatMessageList *self);

G_END_DECLS
