#pragma once

#include <gtk/gtk.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_FILES_FOLDER_KEY "files-folder"

/* Where what is saved from conversations goes. */
GFile   *udpnat_files_folder_dup        (GSettings      *settings) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_files_folder_is_default (GSettings      *settings);
void     udpnat_files_folder_set        (GSettings      *settings,
                                         GFile          *folder);
void     udpnat_files_folder_begin      (GSettings      *settings,
                                         GtkFileChooser *chooser);
void     udpnat_files_folder_bind       (GSettings      *settings,
                                         UdpnatClient   *client);

G_END_DECLS
