#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PREFERENCES_PROFILE (udpnat_preferences_profile_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPreferencesProfile, udpnat_preferences_profile, UDPNAT,
                      PREFERENCES_PROFILE, AdwPreferencesPage)

/**
 * UdpnatPreferencesProfile:
 *
 * What others see of the user: picture, name, status line, link. Signal "say" (text): a word for
 * the user that goes by itself.
 */

GtkWidget *udpnat_preferences_profile_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
