#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PREFERENCES_PRIVACY (udpnat_preferences_privacy_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPreferencesPrivacy, udpnat_preferences_privacy, UDPNAT,
                      PREFERENCES_PRIVACY, AdwPreferencesPage)

/**
 * UdpnatPreferencesPrivacy:
 *
 * What others may do and learn: the settings of the core, and who is blocked.
 */

GtkWidget *udpnat_preferences_privacy_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
