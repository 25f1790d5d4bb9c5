#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_ADD_WINDOW (udpnat_add_window_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatAddWindow, udpnat_add_window, UDPNAT, ADD_WINDOW, AdwWindow)

/**
 * UdpnatAddWindow:
 *
 * Where a conversation begins with somebody who is not in the list: by name, or by the link that
 * they gave. Also shows one's own link. It adds nobody before the user says so. Signal
 * "person-chosen" (person).
 */

GtkWidget *udpnat_add_window_new      (UdpnatClient    *client) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_add_window_set_text (UdpnatAddWindow *self,
                                       const char      *text);

G_END_DECLS
