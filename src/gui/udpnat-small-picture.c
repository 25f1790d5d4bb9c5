/* A small picture of one that the user sends. It is one of ours, so it is decoded as any program
 * would; the other side is careful. */

#include "config.h"

#include "udpnat-small-picture.h"

#include <stdlib.h>

#include "udpnat-limits.h"

/* Tried in this order, until it is small enough to go with a message. */
static const struct
{
  int         pixels; /* of the longer side */
  const char *quality;
} tries[] = { { 320, "75" }, { 320, "50" }, { 240, "50" }, { 160, "40" }, { 96, "30" } };

void
udpnat_small_picture_free (UdpnatSmallPicture *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->data, g_bytes_unref);
  g_free (self);
}

/* Without what cannot be seen: a JPEG has no transparent places, and black ones look broken. */
static GdkPixbuf *
make_opaque (GdkPixbuf *pixbuf)
{
  if (!gdk_pixbuf_get_has_alpha (pixbuf))
    return g_object_ref (pixbuf);
  return gdk_pixbuf_composite_color_simple (pixbuf, gdk_pixbuf_get_width (pixbuf),
                                            gdk_pixbuf_get_height (pixbuf), GDK_INTERP_NEAREST,
                                            255, 16, 0xffffff, 0xffffff);
}

static GBytes *
write_small (GdkPixbuf  *pixbuf,
             int         pixels,
             const char *quality)
{
  int width = gdk_pixbuf_get_width (pixbuf);
  int height = gdk_pixbuf_get_height (pixbuf);
  int longer = MAX (width, height);
  g_autoptr (GdkPixbuf) scaled = NULL;
  char *data;
  gsize n_data;

  scaled = longer <= pixels
             ? g_object_ref (pixbuf)
             : gdk_pixbuf_scale_simple (pixbuf, MAX (1, width * pixels / longer),
                                        MAX (1, height * pixels / longer), GDK_INTERP_BILINEAR);
  if (scaled == NULL ||
      !gdk_pixbuf_save_to_buffer (scaled, &data, &n_data, "jpeg", NULL, "quality", quality, NULL))
    return NULL;
  return g_bytes_new_take (data, n_data);
}

static gboolean
is_turned (GdkPixbuf *pixbuf)
{
  const char *orientation = gdk_pixbuf_get_option (pixbuf, "orientation");

  return orientation != NULL && atoi (orientation) >= 5;
}

/**
 * udpnat_small_picture_new:
 * @file: on this computer
 *
 * Blocks: for a worker.
 *
 * Returns: (transfer full) (nullable): %NULL when it is no picture, or cannot be made so small
 */
UdpnatSmallPicture *
udpnat_small_picture_new (GFile        *file,
                          GCancellable *cancellable)
{
  g_autoptr (UdpnatSmallPicture) self = g_new0 (UdpnatSmallPicture, 1);
  g_autoptr (GFileInputStream) stream = NULL;
  g_autoptr (GdkPixbuf) read = NULL;
  g_autoptr (GdkPixbuf) upright = NULL;
  g_autoptr (GdkPixbuf) opaque = NULL;

  if (g_file_peek_path (file) == NULL ||
      gdk_pixbuf_get_file_info (g_file_peek_path (file), &self->width, &self->height) == NULL)
    return NULL;
  stream = g_file_read (file, cancellable, NULL);
  if (stream == NULL)
    return NULL;
  read = gdk_pixbuf_new_from_stream_at_scale (G_INPUT_STREAM (stream), tries[0].pixels,
                                              tries[0].pixels, TRUE, cancellable, NULL);
  if (read == NULL)
    return NULL;
  if (is_turned (read))
    {
      int width = self->width;

      self->width = self->height;
      self->height = width;
    }
  upright = gdk_pixbuf_apply_embedded_orientation (read);
  opaque = make_opaque (upright);
  for (guint i = 0; opaque != NULL && i < G_N_ELEMENTS (tries); i++)
    {
      g_clear_pointer (&self->data, g_bytes_unref);
      self->data = write_small (opaque, tries[i].pixels, tries[i].quality);
      if (self->data != NULL && g_bytes_get_size (self->data) <= UDPNAT_THUMBNAIL_MAX_BYTES)
        return g_steal_pointer (&self);
    }
  return NULL;
}
