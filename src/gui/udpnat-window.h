#pragma once

#include "udpnat-application.h"
#include "udpnat-conversation-page.h"
#include "udpnat-sidebar.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_WINDOW (udpnat_window_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatWindow, udpnat_window, UDPNAT, WINDOW, AdwApplicationWindow)

/**
 * UdpnatWindow:
 *
 * The window: one page after the other until the chats can be shown. It decides nothing.
 */

UdpnatWindow *udpnat_window_new          (UdpnatApplication *application)
  G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_window_welcome      (UdpnatWindow      *self);
void          udpnat_window_restore      (UdpnatWindow      *self,
                                          const char        *path);
void          udpnat_window_unlock       (UdpnatWindow      *self,
                                          const GError      *error);
void          udpnat_window_show_trouble (UdpnatWindow      *self,
                                          const GError      *error);
void          udpnat_window_show_chats   (UdpnatWindow      *self,
                                          UdpnatClient      *client);
void          udpnat_window_open_person  (UdpnatWindow      *self,
                                          UdpnatPerson      *person);
void          udpnat_window_prepare_person (UdpnatWindow    *self,
                                          UdpnatPerson      *person);
void          udpnat_window_show_details (UdpnatWindow      *self,
                                          UdpnatPerson      *person);
UdpnatPerson *udpnat_window_get_person   (UdpnatWindow      *self);
UdpnatSidebar *udpnat_window_get_sidebar (UdpnatWindow      *self);
UdpnatConversationPage *
              udpnat_window_get_conversation (UdpnatWindow  *self);
void          udpnat_window_close_chats  (UdpnatWindow      *self);
void          udpnat_window_show_page    (UdpnatWindow      *self,
                                          const char        *name,
                                          GtkWidget         *page);
GtkWidget    *udpnat_window_get_page     (UdpnatWindow      *self,
                                          const char        *name);
void          udpnat_window_remove_page  (UdpnatWindow      *self,
                                          const char        *name);
void          udpnat_window_say          (UdpnatWindow      *self,
                                          const char        *text);

G_END_DECLS
