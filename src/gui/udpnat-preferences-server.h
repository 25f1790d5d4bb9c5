#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PREFERENCES_SERVER (udpnat_preferences_server_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPreferencesServer, udpnat_preferences_server, UDPNAT,
                      PREFERENCES_SERVER, AdwPreferencesPage)

/**
 * UdpnatPreferencesServer:
 *
 * Which server, how it stands with it, its key. Signals: "say" (text), "use-server" (address or
 * %NULL for none), "host".
 */

GtkWidget *udpnat_preferences_server_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
