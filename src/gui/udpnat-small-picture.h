#pragma once

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * UdpnatSmallPicture:
 * @width: of the picture itself, in pixels, as it is to be held
 * @height: likewise
 * @data: a JPEG of it, of at most %UDPNAT_THUMBNAIL_MAX_BYTES
 *
 * What goes with the offer of a picture, so that it is seen before it is there.
 */
typedef struct
{
  int     width, height;
  GBytes *data;
} UdpnatSmallPicture;

UdpnatSmallPicture *udpnat_small_picture_new  (GFile              *file,
                                               GCancellable       *cancellable)
  G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_small_picture_free (UdpnatSmallPicture *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatSmallPicture, udpnat_small_picture_free)

G_END_DECLS
