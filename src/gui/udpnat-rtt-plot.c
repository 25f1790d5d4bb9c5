/* A line for what went directly, a dotted one for what went through the server, a gap where no
 * answer came; a scale in milliseconds that grows with what there is; and the numbers in words. */

#include "config.h"

#include "udpnat-rtt-plot.h"

#include <glib/gi18n.h>

#include "udpnat-limits.h"
#include "udpnat-status-words.h"
#include "udpnat-theme-colors.h"

#define PLOT_HEIGHT 96
#define GAP 6
#define SCALE_STEPS 2

struct _UdpnatRttPlot
{
  GtkWidget     parent_instance;

  UdpnatRttLog *log; /* nullable */
};

G_DEFINE_FINAL_TYPE (UdpnatRttPlot, udpnat_rtt_plot, GTK_TYPE_WIDGET)

/* Where the line may be drawn. */
typedef struct
{
  double x;
  double y;
  double width;
  double height;
  gint64 top_us; /* the round trip at its upper edge */
} Area;

/* ---- Words ---- */

static char *
describe (UdpnatRttPlot *self)
{
  g_autofree char *latest = NULL;
  g_autofree char *median = NULL;
  g_autofree char *longest = NULL;
  gint64 latest_us;
  gint64 median_us;
  gint64 max_us;

  if (self->log == NULL ||
      !udpnat_rtt_log_get_summary (self->log, &latest_us, &median_us, &max_us))
    return g_strdup (_("Nothing measured yet"));
  median = udpnat_words_format_rtt (median_us);
  longest = udpnat_words_format_rtt (max_us);
  if (latest_us == 0)
    /* Translators: round trips; %s are numbers with their unit */
    return g_strdup_printf (_("No answer now; usually %s, at most %s"), median, longest);
  latest = udpnat_words_format_rtt (latest_us);
  /* Translators: round trips; %s are numbers with their unit */
  return g_strdup_printf (_("Now %s; usually %s, at most %s"), latest, median, longest);
}

static void
update_label (UdpnatRttPlot *self)
{
  g_autofree char *words = describe (self);
  /* Translators: a plot in words; %s is like: Now 23 ms; usually 22 ms, at most 90 ms */
  g_autofree char *label = g_strdup_printf (_("Round trip in the last three minutes. %s."), words);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

/* ---- Drawing ---- */

/* 1, 2 or 4 and zeros: a number to stand at the top, of which half is a whole number, too. */
static gint64
round_up (gint64 rtt_us)
{
  static const gint64 digits[] = { 1, 2, 4 };

  for (gint64 unit = UDPNAT_MSEC (10);; unit *= 10)
    for (guint i = 0; i < G_N_ELEMENTS (digits); i++)
      if (digits[i] * unit >= rtt_us)
        return digits[i] * unit;
}

static gint64
get_top (UdpnatRttPlot *self)
{
  gint64 latest_us;
  gint64 median_us;
  gint64 max_us = 0;

  if (self->log != NULL)
    udpnat_rtt_log_get_summary (self->log, &latest_us, &median_us, &max_us);
  return round_up (max_us);
}

static PangoLayout *
create_small (UdpnatRttPlot *self,
              const char    *text)
{
  PangoLayout *layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), NULL);
  g_autofree char *escaped = g_markup_escape_text (text, -1);
  g_autofree char *markup = g_strdup_printf ("<small>%s</small>", escaped);

  pango_layout_set_markup (layout, markup, -1);
  return layout;
}

/* @x, @y: its left upper corner. Returns its width. */
static int
show_small (UdpnatRttPlot *self,
            GtkSnapshot   *snapshot,
            const GdkRGBA *color,
            const char    *text,
            double         x,
            double         y,
            gboolean       is_right)
{
  g_autoptr (PangoLayout) layout = create_small (self, text);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  if (is_right)
    x -= width;
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT ((float) x, (float) y));
  gtk_snapshot_append_layout (snapshot, layout, color);
  gtk_snapshot_restore (snapshot);
  return width;
}

static int
get_line_height (UdpnatRttPlot *self)
{
  g_autoptr (PangoLayout) layout = create_small (self, "0");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height;
}

static int
get_scale_width (UdpnatRttPlot *self,
                 gint64         top_us)
{
  g_autofree char *text = udpnat_words_format_rtt (top_us);
  g_autoptr (PangoLayout) layout = create_small (self, text);
  int width;

  pango_layout_get_pixel_size (layout, &width, NULL);
  return width;
}

static Area
get_area (UdpnatRttPlot *self)
{
  int line_height = get_line_height (self);
  gint64 top_us = get_top (self);
  int scale_width = get_scale_width (self, top_us) + GAP;

  return (Area) {
    .x = scale_width,
    .y = line_height + 2 * GAP,
    .width = MAX (1, gtk_widget_get_width (GTK_WIDGET (self)) - scale_width),
    .height = MAX (1, gtk_widget_get_height (GTK_WIDGET (self)) - 2 * line_height - 3 * GAP),
    .top_us = top_us,
  };
}

/* Grid, and what its lines mean. Time runs from left to right in every language, as on a clinical
 * chart, so nothing here is mirrored. */
static void
show_scale (UdpnatRttPlot           *self,
            GtkSnapshot             *snapshot,
            const UdpnatThemeColors *colors,
            const Area              *area)
{
  int line_height = get_line_height (self);

  for (guint i = 0; i <= SCALE_STEPS; i++)
    {
      gint64 rtt_us = area->top_us * i / SCALE_STEPS;
      double y = area->y + area->height * (1 - (double) i / SCALE_STEPS);
      g_autofree char *text = i > 0 ? udpnat_words_format_rtt (rtt_us) : g_strdup ("0");

      gtk_snapshot_append_color (snapshot, &colors->faint,
                                 &GRAPHENE_RECT_INIT ((float) area->x, (float) y - 0.5f,
                                                      (float) area->width, 1));
      show_small (self, snapshot, &colors->dim, text, area->x - GAP, y - line_height / 2.0, TRUE);
    }
  show_small (self, snapshot, &colors->dim, _("3 minutes ago"), area->x,
              area->y + area->height + GAP, FALSE);
  show_small (self, snapshot, &colors->dim, _("now"), area->x + area->width,
              area->y + area->height + GAP, TRUE);
}

static void
begin_stroke (cairo_t                 *cr,
              const UdpnatThemeColors *colors,
              gboolean                 is_direct)
{
  static const double dots[] = { 1, 4 };

  cairo_stroke (cr);
  cairo_set_dash (cr, dots, is_direct ? 0 : G_N_ELEMENTS (dots), 0);
  gdk_cairo_set_source_rgba (cr, is_direct ? &colors->accent : &colors->text);
}

static void
draw_samples (UdpnatRttPlot           *self,
              cairo_t                 *cr,
              const UdpnatThemeColors *colors,
              const Area              *area)
{
  guint n_samples = udpnat_rtt_log_get_count (self->log);
  gint64 now_us = n_samples > 0 ? udpnat_rtt_log_get_sample (self->log, n_samples - 1)->at_us : 0;
  const UdpnatRttSample *before = NULL;

  cairo_set_line_width (cr, 2);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  for (guint i = 0; i < n_samples; i++)
    {
      const UdpnatRttSample *sample = udpnat_rtt_log_get_sample (self->log, i);
      double age = (now_us - sample->at_us) /
                   (double) (UDPNAT_RTT_SAMPLES_MAX * UDPNAT_RTT_SAMPLE_US);
      double x = area->x + area->width * (1 - age);
      double y = area->y + area->height * (1 - sample->rtt_us / (double) area->top_us);

      if (age <= 1 && sample->rtt_us > 0)
        {
          if (before == NULL || before->is_direct != sample->is_direct)
            {
              begin_stroke (cr, colors, sample->is_direct);
              cairo_move_to (cr, x, y);
            }
          cairo_line_to (cr, x, y); /* a sample alone is a dot */
          before = sample;
        }
      else
        before = NULL;
    }
  cairo_stroke (cr);
}

static void
udpnat_rtt_plot_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  UdpnatRttPlot *self = UDPNAT_RTT_PLOT (widget);
  Area area = get_area (self);
  graphene_rect_t bounds = GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (widget),
                                               (float) gtk_widget_get_height (widget));
  g_autofree char *words = describe (self);
  gboolean is_mirrored = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  UdpnatThemeColors colors;
  cairo_t *cr;

  udpnat_theme_colors_read (&colors, widget);
  show_small (self, snapshot, &colors.text, words,
              is_mirrored ? gtk_widget_get_width (widget) : 0, 0, is_mirrored);
  show_scale (self, snapshot, &colors, &area);
  if (self->log == NULL)
    return;
  cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  draw_samples (self, cr, &colors, &area);
  cairo_destroy (cr);
}

static void
udpnat_rtt_plot_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *out_minimum,
                         int            *out_natural,
                         int            *out_minimum_baseline,
                         int            *out_natural_baseline)
{
  UdpnatRttPlot *self = UDPNAT_RTT_PLOT (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *out_minimum = 160;
      *out_natural = 400;
    }
  else
    *out_minimum = *out_natural = PLOT_HEIGHT + 2 * get_line_height (self) + 3 * GAP;
}

/* ---- Measuring while it can be seen ---- */

static void
changed_cb (UdpnatRttPlot *self)
{
  gtk_widget_queue_draw (GTK_WIDGET (self));
  update_label (self);
}

static void
udpnat_rtt_plot_map (GtkWidget *widget)
{
  UdpnatRttPlot *self = UDPNAT_RTT_PLOT (widget);

  GTK_WIDGET_CLASS (udpnat_rtt_plot_parent_class)->map (widget);
  if (self->log != NULL)
    udpnat_rtt_log_start (self->log);
}

static void
udpnat_rtt_plot_unmap (GtkWidget *widget)
{
  UdpnatRttPlot *self = UDPNAT_RTT_PLOT (widget);

  if (self->log != NULL)
    udpnat_rtt_log_stop (self->log);
  GTK_WIDGET_CLASS (udpnat_rtt_plot_parent_class)->unmap (widget);
}

/* ---- Object ---- */

static void
udpnat_rtt_plot_dispose (GObject *object)
{
  UdpnatRttPlot *self = UDPNAT_RTT_PLOT (object);

  if (self->log != NULL)
    udpnat_rtt_log_stop (self->log);
  g_clear_object (&self->log);
  G_OBJECT_CLASS (udpnat_rtt_plot_parent_class)->dispose (object);
}

static void
udpnat_rtt_plot_class_init (UdpnatRttPlotClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_rtt_plot_dispose;
  widget_class->snapshot = udpnat_rtt_plot_snapshot;
  widget_class->measure = udpnat_rtt_plot_measure;
  widget_class->map = udpnat_rtt_plot_map;
  widget_class->unmap = udpnat_rtt_plot_unmap;
  gtk_widget_class_set_css_name (widget_class, "rtt-plot");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
udpnat_rtt_plot_init (UdpnatRttPlot *self)
{
  udpnat_theme_colors_watch (GTK_WIDGET (self));
  update_label (self);
}

GtkWidget *
udpnat_rtt_plot_new (void)
{
  return g_object_new (UDPNAT_TYPE_RTT_PLOT, NULL);
}

/** udpnat_rtt_plot_set_log: what to show; it measures from now on whenever the plot can be seen */
void
udpnat_rtt_plot_set_log (UdpnatRttPlot *self,
                         UdpnatRttLog  *log)
{
  if (self->log == log)
    return;
  if (self->log != NULL)
    {
      g_signal_handlers_disconnect_by_func (self->log, changed_cb, self);
      udpnat_rtt_log_stop (self->log);
    }
  g_set_object (&self->log, log);
  g_signal_connect_object (log, "changed", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    udpnat_rtt_log_start (log);
  changed_cb (self);
}
