#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PREFERENCES_WINDOW (udpnat_preferences_window_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPreferencesWindow, udpnat_preferences_window, UDPNAT,
                      PREFERENCES_WINDOW, AdwPreferencesWindow)

/**
 * UdpnatPreferencesWindow:
 *
 * All preferences, a page each. Signals, for whoever can do it: "use-server" (address or %NULL),
 * "host", "change-passphrase" (old or %NULL, new or %NULL, whether the keyring is to remember the
 * new one).
 */

GtkWidget *udpnat_preferences_window_new (UdpnatClient *client,
                                          GSettings    *settings,
                                          const char   *profile_path) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
