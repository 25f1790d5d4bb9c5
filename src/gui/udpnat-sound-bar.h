#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_SOUND_BAR (udpnat_sound_bar_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatSoundBar, udpnat_sound_bar, UDPNAT, SOUND_BAR, GtkBox)

/**
 * UdpnatSoundBar:
 *
 * Plays a file where it stands: a button, where it is, and how long it takes. Nothing of the file
 * is read before somebody wants to hear it, and of all bars one plays at a time.
 */

GtkWidget *udpnat_sound_bar_new      (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_sound_bar_set_file (UdpnatSoundBar *self,
                                      const char     *path,
                                      const char     *name);

G_END_DECLS
