/* The signs in the picture of a path, drawn by strokes: icon themes have no router, and not every
 * theme has the rest. All are symmetrical, so that they need no mirroring. */

#include "config.h"

#include "udpnat-path-sign.h"

static void
draw_computer (cairo_t *cr)
{
  cairo_rectangle (cr, 3, 4, 18, 12);
  cairo_move_to (cr, 12, 16);
  cairo_line_to (cr, 12, 20);
  cairo_move_to (cr, 7, 20);
  cairo_line_to (cr, 17, 20);
  cairo_stroke (cr);
}

static void
draw_router (cairo_t *cr)
{
  cairo_rectangle (cr, 3, 13, 18, 7);
  cairo_move_to (cr, 7, 13);
  cairo_line_to (cr, 5, 4);
  cairo_move_to (cr, 17, 13);
  cairo_line_to (cr, 19, 4);
  cairo_stroke (cr);
  for (int i = 0; i < 3; i++)
    {
      cairo_arc (cr, 8 + 4 * i, 16.5, 1.1, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

static void
draw_internet (cairo_t *cr)
{
  cairo_arc (cr, 12, 12, 9, 0, 2 * G_PI);
  cairo_stroke (cr);
  cairo_move_to (cr, 3, 12);
  cairo_line_to (cr, 21, 12);
  cairo_move_to (cr, 12, 3);
  cairo_line_to (cr, 12, 21);
  cairo_stroke (cr);
  for (int side = -1; side <= 1; side += 2)
    {
      cairo_move_to (cr, 12, 3);
      cairo_curve_to (cr, 12 + side * 6, 7, 12 + side * 6, 17, 12, 21);
      cairo_stroke (cr);
    }
}

static void
draw_server (cairo_t *cr)
{
  for (int i = 0; i < 2; i++)
    {
      cairo_rectangle (cr, 4, 4 + 9 * i, 16, 7);
      cairo_stroke (cr);
      cairo_arc (cr, 12, 7.5 + 9 * i, 1.3, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

static void
draw_network (cairo_t *cr)
{
  static const double ends[][2] = { { 5, 19 }, { 19, 19 }, { 12, 5 } };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      cairo_move_to (cr, 12, 13);
      cairo_line_to (cr, ends[i][0], ends[i][1]);
      cairo_stroke (cr);
      cairo_arc (cr, ends[i][0], ends[i][1], 2.6, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

static void
draw_person (cairo_t *cr)
{
  cairo_arc (cr, 12, 8, 4.2, 0, 2 * G_PI);
  cairo_stroke (cr);
  cairo_move_to (cr, 4, 20.5);
  cairo_curve_to (cr, 4, 12.5, 20, 12.5, 20, 20.5);
  cairo_close_path (cr);
  cairo_stroke (cr);
}

/** udpnat_path_sign_draw: @size: of the square at the origin, in @cr's units and colour */
void
udpnat_path_sign_draw (cairo_t        *cr,
                       UdpnatStopKind  kind,
                       double          size)
{
  static void (*const functions[]) (cairo_t *) = {
    [UDPNAT_STOP_COMPUTER] = draw_computer,
    [UDPNAT_STOP_ROUTER] = draw_router,
    [UDPNAT_STOP_INTERNET] = draw_internet,
    [UDPNAT_STOP_SERVER] = draw_server,
    [UDPNAT_STOP_NETWORK] = draw_network,
    [UDPNAT_STOP_PERSON] = draw_person,
  };

  cairo_save (cr);
  cairo_scale (cr, size / 24, size / 24);
  cairo_set_line_width (cr, 1.8);
  cairo_set_dash (cr, NULL, 0, 0);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  functions[kind] (cr);
  cairo_restore (cr);
}
