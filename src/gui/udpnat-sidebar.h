#pragma once

#include <adwaita.h>

#include "udpnat-people-model.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_SIDEBAR (udpnat_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatSidebar, udpnat_sidebar, UDPNAT, SIDEBAR, GtkBox)

/**
 * UdpnatSidebar:
 *
 * Chats and people. Signals: "person-activated" (person): the user has chosen somebody to talk to;
 * "line-activated" (person, number): a line that was found; "details-requested" (person).
 */

GtkWidget         *udpnat_sidebar_new                (UdpnatClient  *client)
  G_GNUC_WARN_UNUSED_RESULT;
GtkWidget         *udpnat_sidebar_get_header         (UdpnatSidebar *self);
void               udpnat_sidebar_select_person      (UdpnatSidebar *self,
                                                      UdpnatPerson  *person);
void               udpnat_sidebar_start_search       (UdpnatSidebar *self);
void               udpnat_sidebar_start_conversation (UdpnatSidebar *self,
                                                      const char    *text);
UdpnatPeopleModel *udpnat_sidebar_get_chats          (UdpnatSidebar *self);

G_END_DECLS
