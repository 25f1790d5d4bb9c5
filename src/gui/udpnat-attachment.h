#pragma once

#include <gtk/gtk.h>

#include "udpnat-small-picture.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_ATTACHMENT (udpnat_attachment_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatAttachment, udpnat_attachment, UDPNAT, ATTACHMENT, GObject)

/**
 * UdpnatAttachment:
 *
 * A file, folder or picture that the user has put beside a message. Properties: name, detail (its
 * size in words, or how far it is), icon (a #GIcon), thumbnail (a #GdkPaintable, %NULL when there
 * is none), under-way (it is being read, to be offered then), trouble (a sentence: why it was not
 * sent; nullable). What there is to say of a file is known a little later.
 */

UdpnatAttachment *udpnat_attachment_new_for_file    (GFile            *file)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatAttachment *udpnat_attachment_new_for_texture (GdkTexture       *texture)
  G_GNUC_WARN_UNUSED_RESULT;
const char       *udpnat_attachment_get_name        (UdpnatAttachment *self);
const char       *udpnat_attachment_get_detail      (UdpnatAttachment *self);
const char       *udpnat_attachment_get_path        (UdpnatAttachment *self);
void              udpnat_attachment_set_path        (UdpnatAttachment *self,
                                                     const char       *path);
GdkTexture       *udpnat_attachment_get_texture     (UdpnatAttachment *self);
const UdpnatSmallPicture *
                  udpnat_attachment_get_small       (UdpnatAttachment *self);
gboolean          udpnat_attachment_is_under_way    (UdpnatAttachment *self);
void              udpnat_attachment_begin           (UdpnatAttachment *self);
gboolean          udpnat_attachment_is_started      (UdpnatAttachment *self);
gboolean          udpnat_attachment_start           (UdpnatAttachment *self);
void              udpnat_attachment_set_progress    (UdpnatAttachment *self,
                                                     gint64            n_done,
                                                     gint64            n_all);
void              udpnat_attachment_fail            (UdpnatAttachment *self,
                                                     const char       *trouble);

G_END_DECLS
