#pragma once

#include <adwaita.h>

#include "udpnat-client.h"
#include "udpnat-host.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_HOST_WINDOW (udpnat_host_window_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatHostWindow, udpnat_host_window, UDPNAT, HOST_WINDOW, AdwWindow)

/**
 * UdpnatHostWindow:
 *
 * A server on this computer: start and stop, how it can be reached, what to give to friends.
 * Signals: "use-server" (address): the user wants to use it, too. Settings: host-server (whether it
 * is to run), host-port, host-outside (whether the router is to be asked).
 */

GtkWidget *udpnat_host_window_new (UdpnatClient *client,
                                   GSettings    *settings) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
