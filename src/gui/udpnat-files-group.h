#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_FILES_GROUP (udpnat_files_group_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatFilesGroup, udpnat_files_group, UDPNAT, FILES_GROUP,
                      AdwPreferencesGroup)

/**
 * UdpnatFilesGroup:
 *
 * The folder for files, to be chosen, or left to the desktop.
 */

void udpnat_files_group_set_settings (UdpnatFilesGroup *self,
                                    GSettings      *settings);

G_END_DECLS
