#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_CONVERSATION_PAGE (udpnat_conversation_page_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatConversationPage, udpnat_conversation_page, UDPNAT, CONVERSATION_PAGE,
                      GtkBox)

/**
 * UdpnatConversationPage:
 *
 * The conversation with one person, or a hint what to do when nobody is chosen. Signals:
 * "details-requested" (person): the user wants to see connection and keys; "person-requested"
 * (person): the conversation goes on with somebody else, for they have another key now.
 */

GtkWidget    *udpnat_conversation_page_new             (UdpnatClient           *client,
                                                        GSettings              *settings)
  G_GNUC_WARN_UNUSED_RESULT;
GtkWidget    *udpnat_conversation_page_get_header      (UdpnatConversationPage *self);
GtkWidget    *udpnat_conversation_page_get_back_button (UdpnatConversationPage *self);
UdpnatPerson *udpnat_conversation_page_get_person      (UdpnatConversationPage *self);
void          udpnat_conversation_page_set_person      (UdpnatConversationPage *self,
                                                        UdpnatPerson           *person);
void          udpnat_conversation_page_show_line       (UdpnatConversationPage *self,
                                                        gint64                  number);
void          udpnat_conversation_page_start_search    (UdpnatConversationPage *self);
guint         udpnat_conversation_page_count_unsent    (UdpnatConversationPage *self);
void          udpnat_conversation_page_attach          (UdpnatConversationPage *self);

G_END_DECLS
