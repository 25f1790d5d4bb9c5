#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_COMPOSER (udpnat_composer_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatComposer, udpnat_composer, UDPNAT, COMPOSER, AdwBin)

/**
 * UdpnatComposer:
 *
 * Where one writes. What is typed is kept as the person's draft until it is sent, and comes back
 * when it could not be kept on the disk. Signals: "sent": something was said;
 * "edit-last-requested": the user went up from the empty box.
 */

void udpnat_composer_set_up     (UdpnatComposer    *self,
                                 UdpnatClient      *client,
                                 GSettings         *settings);
void udpnat_composer_set_person (UdpnatComposer    *self,
                                 UdpnatPerson      *person);
void udpnat_composer_reply_to   (UdpnatComposer    *self,
                                 UdpnatHistoryItem *line);
void udpnat_composer_edit       (UdpnatComposer    *self,
                                 UdpnatHistoryItem *line);
void udpnat_composer_focus      (UdpnatComposer    *self);
void udpnat_composer_choose_files (UdpnatComposer  *self);
void udpnat_composer_choose_folder (UdpnatComposer *self);
guint udpnat_composer_count_unsent (UdpnatComposer *self);
void udpnat_composer_watch_drops (UdpnatComposer   *self,
                                  GtkWidget        *area);

G_END_DECLS
