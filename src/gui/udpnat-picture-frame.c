/* A picture in its proportions, in a frame that is at most so large, and at least so that it can be
 * hit. Until it is there, a tinted surface. */

#include "config.h"

#include "udpnat-picture-frame.h"

#define FRAME_MAX_WIDTH 320
#define FRAME_MAX_HEIGHT 280
#define FRAME_MIN_SIZE 64
#define CORNER_RADIUS 12

struct _UdpnatPictureFrame
{
  GtkWidget     parent_instance;

  int           width;     /* of the picture, in pixels */
  int           height;
  GdkPaintable *paintable; /* nullable: it is not there yet */
};

G_DEFINE_FINAL_TYPE (UdpnatPictureFrame, udpnat_picture_frame, GTK_TYPE_WIDGET)

static double
get_scale (UdpnatPictureFrame *self)
{
  double scale = MIN ((double) FRAME_MAX_WIDTH / MAX (self->width, 1),
                      (double) FRAME_MAX_HEIGHT / MAX (self->height, 1));

  return MIN (scale, 1);
}

static GtkSizeRequestMode
udpnat_picture_frame_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
udpnat_picture_frame_measure (GtkWidget      *widget,
                              GtkOrientation  orientation,
                              int             for_size,
                              int            *minimum,
                              int            *natural,
                              int            *minimum_baseline,
                              int            *natural_baseline)
{
  UdpnatPictureFrame *self = UDPNAT_PICTURE_FRAME (widget);
  double scale = get_scale (self);
  int width = MAX ((int) (self->width * scale), FRAME_MIN_SIZE);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = FRAME_MIN_SIZE;
      *natural = width;
      return;
    }
  if (for_size > 0 && for_size < width)
    scale *= (double) for_size / width;
  *minimum = *natural = MAX ((int) (self->height * scale), FRAME_MIN_SIZE);
}

/* In its proportions, whatever its sender said that these are. */
static void
draw (UdpnatPictureFrame *self,
      GtkSnapshot        *snapshot,
      double              width,
      double              height)
{
  double ratio = gdk_paintable_get_intrinsic_aspect_ratio (self->paintable);
  double drawn_width = ratio > 0 ? MIN (width, height * ratio) : width;
  double drawn_height = ratio > 0 ? MIN (height, width / ratio) : height;

  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) (width - drawn_width) / 2,
                                                          (float) (height - drawn_height) / 2));
  gdk_paintable_snapshot (self->paintable, snapshot, drawn_width, drawn_height);
}

static void
udpnat_picture_frame_snapshot (GtkWidget   *widget,
                               GtkSnapshot *snapshot)
{
  UdpnatPictureFrame *self = UDPNAT_PICTURE_FRAME (widget);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  GskRoundedRect corners;

  gsk_rounded_rect_init_from_rect (&corners, &GRAPHENE_RECT_INIT (0, 0, width, height),
                                   CORNER_RADIUS);
  gtk_snapshot_push_rounded_clip (snapshot, &corners);
  if (self->paintable != NULL)
    draw (self, snapshot, width, height);
  gtk_snapshot_pop (snapshot);
}

static void
udpnat_picture_frame_dispose (GObject *object)
{
  g_clear_object (&UDPNAT_PICTURE_FRAME (object)->paintable);
  G_OBJECT_CLASS (udpnat_picture_frame_parent_class)->dispose (object);
}

static void
udpnat_picture_frame_class_init (UdpnatPictureFrameClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_picture_frame_dispose;
  widget_class->get_request_mode = udpnat_picture_frame_get_request_mode;
  widget_class->measure = udpnat_picture_frame_measure;
  widget_class->snapshot = udpnat_picture_frame_snapshot;
  gtk_widget_class_set_css_name (widget_class, "pictureframe");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
udpnat_picture_frame_init (UdpnatPictureFrame *self)
{
}

GtkWidget *
udpnat_picture_frame_new (void)
{
  return g_object_new (UDPNAT_TYPE_PICTURE_FRAME, NULL);
}

/** udpnat_picture_frame_set_size: of the picture, in its pixels */
void
udpnat_picture_frame_set_size (UdpnatPictureFrame *self,
                               int                 width,
                               int                 height)
{
  self->width = width;
  self->height = height;
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

/** udpnat_picture_frame_set_paintable: @paintable: (nullable): the picture, when it is there */
void
udpnat_picture_frame_set_paintable (UdpnatPictureFrame *self,
                                    GdkPaintable       *paintable)
{
  if (g_set_object (&self->paintable, paintable))
    gtk_widget_queue_draw (GTK_WIDGET (self));
}
