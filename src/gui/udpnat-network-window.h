#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_NETWORK_WINDOW (udpnat_network_window_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatNetworkWindow, udpnat_network_window, UDPNAT, NETWORK_WINDOW, AdwWindow)

/**
 * UdpnatNetworkWindow:
 *
 * What our own network is like, live while it can be seen: drawn and in words, what that means for
 * reaching people, and what can be done about it.
 */

GtkWidget *udpnat_network_window_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
