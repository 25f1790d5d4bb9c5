#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_WELCOME_PAGE (udpnat_welcome_page_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatWelcomePage, udpnat_welcome_page, UDPNAT, WELCOME_PAGE, GtkBox)

/**
 * UdpnatWelcomePage:
 *
 * The first run, on one page: who the user is, and perhaps a server. Signals: "start" (name,
 * server or %NULL), both checked; "restore" and "host", when the user asks for that instead.
 */

GtkWidget *udpnat_welcome_page_new        (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_welcome_page_set_server (UdpnatWelcomePage *self,
                                           const char        *server);

G_END_DECLS
