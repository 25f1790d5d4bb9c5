#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_ATTACHMENT (udpnat_attachment_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatAttachment, udpnat_attachment, UDPNAT, ATTACHMENT, GObject)

/**
 * UdpnatAttachment:
 *
 * A file or picture that the user has put beside a message. Properties: name, detail (its size in
 * words), icon (a #GIcon), thumbnail (a #GdkPaintable, %NULL when there is none). Of a file they
 * are known a little later.
 */

UdpnatAttachment *udpnat_attachment_new_for_file    (GFile            *file)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatAttachment *udpnat_attachment_new_for_texture (GdkTexture       *texture)
  G_GNUC_WARN_UNUSED_RESULT;
const char       *udpnat_attachment_get_name        (UdpnatAttachment *self);
const char       *udpnat_attachment_get_detail      (UdpnatAttachment *self);

G_END_DECLS
