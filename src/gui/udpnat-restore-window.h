#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_RESTORE_WINDOW (udpnat_restore_window_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatRestoreWindow, udpnat_restore_window, UDPNAT, RESTORE_WINDOW, AdwWindow)

/**
 * UdpnatRestoreWindow:
 *
 * Makes the profile of a backup file. The profile that is there is set aside, never deleted.
 * Signals: "release": whoever has the profile open must close it before the handler returns;
 * "restored" (passphrase or %NULL) and "failed" after that: it can be opened again.
 */

GtkWidget *udpnat_restore_window_new      (const char          *profile_path)
  G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_restore_window_set_file (UdpnatRestoreWindow *self,
                                           const char          *path);

G_END_DECLS
