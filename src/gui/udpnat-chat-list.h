#pragma once

#include <adwaita.h>

#include "udpnat-people-model.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_CHAT_LIST (udpnat_chat_list_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatChatList, udpnat_chat_list, UDPNAT, CHAT_LIST, AdwBin)

/**
 * UdpnatChatList:
 *
 * The conversations. Signal "person-activated" (person): the user wants to see that one.
 */

GtkWidget         *udpnat_chat_list_new         (UdpnatClient   *client) G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_chat_list_set_current (UdpnatChatList *self,
                                                 UdpnatPerson   *person);
UdpnatPeopleModel *udpnat_chat_list_get_model   (UdpnatChatList *self);
gboolean           udpnat_chat_list_is_empty    (UdpnatChatList *self);

G_END_DECLS
