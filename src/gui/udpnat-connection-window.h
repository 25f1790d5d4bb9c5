#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_CONNECTION_WINDOW (udpnat_connection_window_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatConnectionWindow, udpnat_connection_window, UDPNAT, CONNECTION_WINDOW,
                      AdwWindow)

/**
 * UdpnatConnectionWindow:
 *
 * One person: how we are connected, whether it is really them, and what the user decides. It closes
 * by itself when the window that it belongs to does. Property: "person", for good.
 */

GtkWidget    *udpnat_connection_window_new        (UdpnatClient           *client,
                                                   UdpnatPerson           *person)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatPerson *udpnat_connection_window_get_person (UdpnatConnectionWindow *self);
void          udpnat_connection_window_show_page  (UdpnatConnectionWindow *self,
                                                   const char             *name);

G_END_DECLS
