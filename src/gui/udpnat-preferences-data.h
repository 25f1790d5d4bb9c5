#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PREFERENCES_DATA (udpnat_preferences_data_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPreferencesData, udpnat_preferences_data, UDPNAT, PREFERENCES_DATA,
                      AdwPreferencesPage)

/**
 * UdpnatPreferencesData:
 *
 * What is kept on this computer: passphrase, backup, export, the folder for files, size and
 * folder of the profile. Signals: "say"
 * (text); "change-passphrase" (old or %NULL, new or %NULL, whether the keyring is to remember the
 * new one): for whoever can close the profile.
 */

GtkWidget *udpnat_preferences_data_new (UdpnatClient *client,
                                        GSettings    *settings,
                                        const char   *profile_path) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
