#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_PICTURE_FRAME (udpnat_picture_frame_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPictureFrame, udpnat_picture_frame, UDPNAT, PICTURE_FRAME, GtkWidget)

/**
 * UdpnatPictureFrame:
 *
 * A place for a picture, as large as the picture will be before it is there, so that nothing moves
 * when it comes.
 */

GtkWidget *udpnat_picture_frame_new           (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_picture_frame_set_size      (UdpnatPictureFrame *self,
                                               int                 width,
                                               int                 height);
void       udpnat_picture_frame_set_paintable (UdpnatPictureFrame *self,
                                               GdkPaintable       *paintable);

G_END_DECLS
