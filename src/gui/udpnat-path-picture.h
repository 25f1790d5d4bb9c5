#pragma once

#include <adwaita.h>

#include "udpnat-path-scene.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PATH_PICTURE (udpnat_path_picture_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPathPicture, udpnat_path_picture, UDPNAT, PATH_PICTURE, GtkWidget)

/**
 * UdpnatPathPicture:
 *
 * Draws over what packets go: side by side where there is room, one below the other where there is
 * not. To assistive technologies it is an image whose label says the same.
 */

GtkWidget *udpnat_path_picture_new       (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_path_picture_set_scene (UdpnatPathPicture *self,
                                          UdpnatPathScene   *scene);

G_END_DECLS
