#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_PREFERENCES_GENERAL (udpnat_preferences_general_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPreferencesGeneral, udpnat_preferences_general, UDPNAT,
                      PREFERENCES_GENERAL, AdwPreferencesPage)

/**
 * UdpnatPreferencesGeneral:
 *
 * How the window behaves: looks, typing, notifications, background. All of it is GSettings.
 */

GtkWidget *udpnat_preferences_general_new (GSettings *settings) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
