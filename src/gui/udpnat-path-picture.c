/* Draws a scene: stops as discs with a sign, what they are beside them, lines between them. A solid
 * line works, a dashed one does not (yet), one with a cross has been tried in vain; so nothing
 * depends on colour alone. */

#include "config.h"

#include "udpnat-path-picture.h"

#include <string.h>

#include "udpnat-path-sign.h"
#include "udpnat-theme-colors.h"

#define DISC 44      /* diameter */
#define SIGN 24
#define MARGIN 6
#define GAP 6        /* between a disc and its words, and a line */
#define BYPASS 40    /* room for the arc past the middle */
#define ARC 28       /* how far out the arc goes */
#define STOP_CHARACTERS 10 /* a stop must have room for: else they stand one below the other */
#define ROW_GAP 26   /* between the rows of a column */
#define CROSS 5      /* half of it */

struct _UdpnatPathPicture
{
  GtkWidget        parent_instance;

  UdpnatPathScene *scene; /* nullable */
};

G_DEFINE_FINAL_TYPE (UdpnatPathPicture, udpnat_path_picture, GTK_TYPE_WIDGET)

typedef struct
{
  double x;
  double y;
} Point;

/* ---- Layout ---- */

/* Grows with the user's font, so that large text has a column before it is cut into pieces. */
static int
get_stop_width (UdpnatPathPicture *self)
{
  PangoContext *context = gtk_widget_get_pango_context (GTK_WIDGET (self));
  PangoFontMetrics *metrics = pango_context_get_metrics (context, NULL, NULL);
  int character = pango_font_metrics_get_approximate_char_width (metrics);
  int width = PANGO_PIXELS (STOP_CHARACTERS * character);

  pango_font_metrics_unref (metrics);
  return MAX (width, DISC + 4 * GAP);
}

static gboolean
is_column (UdpnatPathPicture *self,
           int                width)
{
  return self->scene != NULL && width < (int) self->scene->n_stops * get_stop_width (self);
}

/* Where the words of a stop begin and how wide they may be. */
static int
get_words_width (UdpnatPathPicture *self,
                 int                width)
{
  if (is_column (self, width))
    return MAX (40, width - MARGIN - BYPASS - DISC - 2 * GAP);
  return MAX (40, width / (int) self->scene->n_stops - GAP);
}

/* Between U+2068 and U+2069, so that it reads in its own direction, whatever that of the window. */
static void
append_line (GString    *markup,
             const char *open,
             const char *text,
             const char *close)
{
  g_autofree char *escaped = NULL;

  if (text == NULL)
    return;
  escaped = g_markup_escape_text (text, -1);
  g_string_append_printf (markup, "%s%s\342\201\250%s\342\201\251%s",
                          markup->len > 0 ? "\n" : "", open, escaped, close);
}

/* So that an address which does not fit is broken before its port, by a space of no width. */
static char *
make_breakable (const char *address)
{
  const char *port = address != NULL ? strrchr (address, ':') : NULL;

  if (port == NULL)
    return g_strdup (address);
  return g_strdup_printf ("%.*s\342\200\213%s", (int) (port - address), address, port);
}

/* The words of one stop: what it is, what is known of it, where it is. */
static PangoLayout *
create_words (UdpnatPathPicture *self,
              const UdpnatStop  *stop,
              int                width)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), NULL);
  gboolean is_mirrored = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  PangoAlignment start = is_mirrored ? PANGO_ALIGN_RIGHT : PANGO_ALIGN_LEFT;
  g_autoptr (GString) markup = g_string_new (NULL);
  g_autofree char *address = make_breakable (stop->address);

  append_line (markup, "<b>", stop->title, "</b>");
  append_line (markup, "<small>", stop->detail, "</small>");
  append_line (markup, "<small><span insert_hyphens=\"false\">", address,
               "</span></small>");
  pango_layout_set_markup (layout, markup->str, -1);
  pango_layout_set_width (layout, get_words_width (self, width) * PANGO_SCALE);
  pango_layout_set_wrap (layout, PANGO_WRAP_WORD_CHAR);
  /* Else each line would begin at the side where its own script begins. */
  pango_layout_set_auto_dir (layout, FALSE);
  pango_layout_set_alignment (layout, is_column (self, width) ? start : PANGO_ALIGN_CENTER);
  return layout;
}

static int
get_words_height (UdpnatPathPicture *self,
                  guint              stop,
                  int                width)
{
  g_autoptr (PangoLayout) words = create_words (self, &self->scene->stops[stop], width);
  int height;

  pango_layout_get_pixel_size (words, NULL, &height);
  return height;
}

static int
get_row_height (UdpnatPathPicture *self,
                guint              stop,
                int                width)
{
  return MAX (DISC, get_words_height (self, stop, width));
}

static int
get_height (UdpnatPathPicture *self,
            int                width)
{
  int height = 0;

  if (self->scene == NULL)
    return 0;
  if (is_column (self, width))
    {
      for (guint i = 0; i < self->scene->n_stops; i++)
        height += get_row_height (self, i, width) + (i > 0 ? ROW_GAP : 0);
      return height + 2 * MARGIN;
    }
  for (guint i = 0; i < self->scene->n_stops; i++)
    height = MAX (height, get_words_height (self, i, width));
  return height + DISC + GAP + 2 * MARGIN + (self->scene->has_bypass ? BYPASS : 0);
}

static Point
get_centre (UdpnatPathPicture *self,
            guint              stop)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));
  gboolean is_mirrored = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  Point centre;

  if (is_column (self, width))
    {
      centre.x = MARGIN + BYPASS + DISC / 2.0;
      centre.y = MARGIN;
      for (guint i = 0; i < stop; i++)
        centre.y += get_row_height (self, i, width) + ROW_GAP;
      centre.y += get_row_height (self, stop, width) / 2.0;
    }
  else
    {
      centre.x = width * (stop + 0.5) / self->scene->n_stops;
      centre.y = MARGIN + DISC / 2.0 + (self->scene->has_bypass ? BYPASS : 0);
    }
  if (is_mirrored)
    centre.x = width - centre.x;
  return centre;
}

/* ---- Drawing ---- */

static void
set_link_style (cairo_t                 *cr,
                const UdpnatThemeColors *colors,
                UdpnatLinkState          state)
{
  static const double dashes[] = { 2, 7 };

  switch (state)
    {
    case UDPNAT_LINK_WORKS:
      gdk_cairo_set_source_rgba (cr, &colors->accent);
      cairo_set_dash (cr, NULL, 0, 0);
      cairo_set_line_width (cr, 3.5);
      break;
    case UDPNAT_LINK_OPEN:
    case UDPNAT_LINK_BROKEN:
      gdk_cairo_set_source_rgba (cr, &colors->dim);
      cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);
      cairo_set_line_width (cr, 2.5);
      break;
    }
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
}

static void
draw_cross (cairo_t                 *cr,
            const UdpnatThemeColors *colors,
            Point                    at)
{
  gdk_cairo_set_source_rgba (cr, &colors->warning);
  cairo_set_dash (cr, NULL, 0, 0);
  cairo_set_line_width (cr, 3);
  cairo_move_to (cr, at.x - CROSS, at.y - CROSS);
  cairo_line_to (cr, at.x + CROSS, at.y + CROSS);
  cairo_move_to (cr, at.x + CROSS, at.y - CROSS);
  cairo_line_to (cr, at.x - CROSS, at.y + CROSS);
  cairo_stroke (cr);
}

static void
draw_link (UdpnatPathPicture       *self,
           cairo_t                 *cr,
           const UdpnatThemeColors *colors,
           guint                    link)
{
  Point from = get_centre (self, link);
  Point to = get_centre (self, link + 1);
  double length = ABS (to.x - from.x) + ABS (to.y - from.y); /* along one axis */
  double dx = (to.x - from.x) / length * (DISC / 2.0 + GAP);
  double dy = (to.y - from.y) / length * (DISC / 2.0 + GAP);

  if (length <= DISC + 2 * GAP)
    return;
  set_link_style (cr, colors, self->scene->links[link]);
  cairo_move_to (cr, from.x + dx, from.y + dy);
  cairo_line_to (cr, to.x - dx, to.y - dy);
  cairo_stroke (cr);
  if (self->scene->links[link] == UDPNAT_LINK_BROKEN)
    draw_cross (cr, colors, (Point) { (from.x + to.x) / 2, (from.y + to.y) / 2 });
}

/* Past the middle: above it in a row, beside it in a column. */
static void
draw_bypass (UdpnatPathPicture       *self,
             cairo_t                 *cr,
             const UdpnatThemeColors *colors)
{
  Point from = get_centre (self, self->scene->bypass_from);
  Point to = get_centre (self, self->scene->bypass_to);
  gboolean is_mirrored = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  double out = DISC / 2.0 + GAP;
  double side = is_mirrored ? 1 : -1;
  Point middle;

  set_link_style (cr, colors, self->scene->bypass);
  if (is_column (self, gtk_widget_get_width (GTK_WIDGET (self))))
    {
      double x = from.x + side * (out + ARC / 0.75);

      cairo_move_to (cr, from.x + side * out, from.y);
      cairo_curve_to (cr, x, from.y, x, to.y, to.x + side * out, to.y);
      middle = (Point) { from.x + side * (out + ARC), (from.y + to.y) / 2 };
    }
  else
    {
      double y = from.y - out - ARC / 0.75;

      cairo_move_to (cr, from.x, from.y - out);
      cairo_curve_to (cr, from.x, y, to.x, y, to.x, to.y - out);
      middle = (Point) { (from.x + to.x) / 2, from.y - out - ARC };
    }
  cairo_stroke (cr);
  if (self->scene->bypass == UDPNAT_LINK_BROKEN)
    draw_cross (cr, colors, middle);
}

static void
draw_disc (UdpnatPathPicture       *self,
           cairo_t                 *cr,
           const UdpnatThemeColors *colors,
           guint                    stop)
{
  Point centre = get_centre (self, stop);

  gdk_cairo_set_source_rgba (cr, &colors->faint);
  cairo_arc (cr, centre.x, centre.y, DISC / 2.0, 0, 2 * G_PI);
  cairo_fill (cr);
  gdk_cairo_set_source_rgba (cr, &colors->text);
  cairo_save (cr);
  cairo_translate (cr, centre.x - SIGN / 2.0, centre.y - SIGN / 2.0);
  udpnat_path_sign_draw (cr, self->scene->stops[stop].kind, SIGN);
  cairo_restore (cr);
}

static void
snapshot_words (UdpnatPathPicture       *self,
                GtkSnapshot             *snapshot,
                const UdpnatThemeColors *colors,
                guint                    stop)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self));
  gboolean is_mirrored = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  int words_width = get_words_width (self, width);
  g_autoptr (PangoLayout) words = create_words (self, &self->scene->stops[stop], width);
  Point centre = get_centre (self, stop);
  double x = centre.x - words_width / 2.0;
  double y = centre.y + DISC / 2.0 + GAP;
  int height;

  if (is_column (self, width))
    {
      pango_layout_get_pixel_size (words, NULL, &height);
      x = is_mirrored ? centre.x - DISC / 2.0 - GAP - words_width : centre.x + DISC / 2.0 + GAP;
      y = centre.y - height / 2.0;
    }
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) x, (float) y));
  gtk_snapshot_append_layout (snapshot, words, &colors->text);
  gtk_snapshot_restore (snapshot);
}

static void
udpnat_path_picture_snapshot (GtkWidget   *widget,
                              GtkSnapshot *snapshot)
{
  UdpnatPathPicture *self = UDPNAT_PATH_PICTURE (widget);
  graphene_rect_t bounds = GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                               (float) gtk_widget_get_height (widget));
  UdpnatThemeColors colors;
  cairo_t *cr;

  if (self->scene == NULL)
    return;
  udpnat_theme_colors_read (&colors, widget);
  cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  for (guint i = 0; i + 1 < self->scene->n_stops; i++)
    draw_link (self, cr, &colors, i);
  if (self->scene->has_bypass)
    draw_bypass (self, cr, &colors);
  for (guint i = 0; i < self->scene->n_stops; i++)
    draw_disc (self, cr, &colors, i);
  cairo_destroy (cr);
  for (guint i = 0; i < self->scene->n_stops; i++)
    snapshot_words (self, snapshot, &colors, i);
}

static GtkSizeRequestMode
udpnat_path_picture_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

static void
udpnat_path_picture_measure (GtkWidget      *widget,
                             GtkOrientation  orientation,
                             int             for_size,
                             int            *out_minimum,
                             int            *out_natural,
                             int            *out_minimum_baseline,
                             int            *out_natural_baseline)
{
  UdpnatPathPicture *self = UDPNAT_PATH_PICTURE (widget);
  int natural_width = UDPNAT_SCENE_STOPS_MAX * get_stop_width (self);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *out_minimum = 200;
      *out_natural = natural_width;
    }
  else
    *out_minimum = *out_natural = get_height (self, for_size > 0 ? for_size : natural_width);
}

/* ---- Object ---- */

static void
udpnat_path_picture_finalize (GObject *object)
{
  UdpnatPathPicture *self = UDPNAT_PATH_PICTURE (object);

  g_clear_pointer (&self->scene, udpnat_path_scene_free);
  G_OBJECT_CLASS (udpnat_path_picture_parent_class)->finalize (object);
}

static void
udpnat_path_picture_class_init (UdpnatPathPictureClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = udpnat_path_picture_finalize;
  widget_class->snapshot = udpnat_path_picture_snapshot;
  widget_class->measure = udpnat_path_picture_measure;
  widget_class->get_request_mode = udpnat_path_picture_get_request_mode;
  gtk_widget_class_set_css_name (widget_class, "path-picture");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
udpnat_path_picture_init (UdpnatPathPicture *self)
{
  udpnat_theme_colors_watch (GTK_WIDGET (self));
}

GtkWidget *
udpnat_path_picture_new (void)
{
  return g_object_new (UDPNAT_TYPE_PATH_PICTURE, NULL);
}

/** udpnat_path_picture_set_scene: @scene: (transfer full): what to draw from now on */
void
udpnat_path_picture_set_scene (UdpnatPathPicture *self,
                               UdpnatPathScene   *scene)
{
  g_autoptr (UdpnatPathScene) old = self->scene;

  self->scene = scene;
  if (udpnat_path_scene_equal (old, scene))
    return;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  scene->words, -1);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}
