#include "config.h"

#include "sim-timeline-private.h"

/*
 * A sequence diagram: one line for each server and person, one row for each thing that happened,
 * from top to bottom. Rows are in order of time, but not as far apart as their times are: an hour
 * in which nothing happens would be all there is to see. A gap of more than a few seconds is a
 * dotted row that says how long.
 */

#define ROW 18
#define HEAD 64
#define LEFT 110
#define LANE_MIN 120
#define LABELS 430 /* of those who stand most to the right */
#define ROWS_MAX 1500
#define GAP_US UDPNAT_SEC (5)

typedef struct
{
  const SimTimeline *timeline;
  GString           *out;
  int                lanes[SIM_PEOPLE_MAX + SIM_SERVERS_MAX]; /* x; 0: none */
  int                n_lanes;
  int                y;
  gint64             last_us;
} Drawing;

static void
add_lane (Drawing *self,
          int      number)
{
  self->lanes[number] = LEFT + LANE_MIN / 2 + LANE_MIN * self->n_lanes++;
}

static void
find_lanes (Drawing *self)
{
  const SimScenario *scenario = self->timeline->scenario;

  for (guint i = 0; i < scenario->n_servers; i++)
    add_lane (self, SIM_PEOPLE_MAX + (int) i);
  for (guint i = 0; i < scenario->n_people; i++)
    if (!scenario->people[i].is_dropped)
      add_lane (self, (int) i);
}

static void
append_text (Drawing    *self,
             int         x,
             int         y,
             const char *kind,
             const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append_printf (self->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>\n", x, y,
                          kind, escaped);
}

static void
append_line (Drawing    *self,
             int         x1,
             int         y1,
             int         x2,
             int         y2,
             const char *kind)
{
  g_string_append_printf (self->out,
                          "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"%s\"/>\n", x1, y1,
                          x2, y2, kind);
}

/* ---- Rows ---- */

static void
draw_gap (Drawing *self,
          gint64   at_us)
{
  g_autofree char *text = NULL;
  double gap_s = (at_us - self->last_us) / 1e6;

  if (at_us - self->last_us < GAP_US)
    return;
  text = gap_s < 120 ? g_strdup_printf ("%.0f s later", gap_s)
                     : g_strdup_printf ("%.0f min later", gap_s / 60);
  self->y += ROW;
  append_line (self, LEFT, self->y - 4, LEFT + LANE_MIN * self->n_lanes, self->y - 4, "gap");
  append_text (self, 4, self->y, "time", text);
}

static void
draw_arrow (Drawing       *self,
            const SimNote *note,
            int            x1,
            int            x2)
{
  const char *kind = note->kind == SIM_NOTE_LINES ? "lines" : "packet";
  int way = x2 > x1 ? 1 : -1;
  int y = self->y - 4;
  g_autofree char *text = note->n > 1 ? g_strdup_printf ("%u × %s", note->n, note->text)
                                      : g_strdup (note->text);

  append_line (self, x1, y, x2, y, kind);
  g_string_append_printf (self->out, "<path d=\"M %d %d l %d -4 l 0 8 z\" class=\"%s\"/>\n", x2, y,
                          -7 * way, kind);
  append_text (self, MIN (x1, x2) + 12, y - 3, kind, text);
}

static void
draw_note (Drawing       *self,
           const SimNote *note)
{
  static const char *const kinds[] = { "script", "fact", "said", "lines", "packet" };
  int x1 = note->from >= 0 ? self->lanes[note->from] : LEFT;
  g_autofree char *time = g_strdup_printf ("%.3f s", note->at_us / 1e6);
  g_autofree char *text = note->n > 1 ? g_strdup_printf ("%s (%u times)", note->text, note->n)
                                      : g_strdup (note->text);

  draw_gap (self, note->at_us);
  self->y += ROW;
  self->last_us = note->at_us;
  append_text (self, 4, self->y, "time", time);
  if (note->to >= 0 && note->from >= 0)
    {
      draw_arrow (self, note, x1, self->lanes[note->to]);
      return;
    }
  if (note->to >= 0)
    x1 = self->lanes[note->to];
  g_string_append_printf (self->out, "<circle cx=\"%d\" cy=\"%d\" r=\"3\" class=\"%s\"/>\n", x1,
                          self->y - 4, kinds[note->kind]);
  append_text (self, x1 + 7, self->y, kinds[note->kind], text);
}

/* ---- The whole ---- */

static const char style[] =
  "<style>\n"
  "text { font: 11px sans-serif; fill: #241f31; stroke: #ffffff; stroke-width: 3px;\n"
  "       paint-order: stroke; }\n"
  "text.head { font-weight: bold; font-size: 14px; }\n"
  "text.time { fill: #77767b; }\n"
  "text.script { fill: #a51d2d; font-weight: bold; }\n"
  "text.said, text.lines { fill: #1a5fb4; }\n"
  "text.packet { fill: #77767b; font-size: 10px; }\n"
  "line.lane { stroke: #c0bfbc; stroke-width: 1; }\n"
  "line.gap { stroke: #9a9996; stroke-dasharray: 2 5; }\n"
  "line.lines { stroke: #1a5fb4; stroke-width: 2; }\n"
  "line.packet { stroke: #9a9996; }\n"
  "path.lines, circle.said { fill: #1a5fb4; }\n"
  "path.packet { fill: #9a9996; }\n"
  "circle.script { fill: #a51d2d; }\n"
  "circle.fact { fill: #26a269; }\n"
  "</style>\n";

static void
draw_lanes (Drawing *self,
            int      bottom)
{
  for (int i = 0; i < SIM_PEOPLE_MAX + SIM_SERVERS_MAX; i++)
    {
      g_autofree char *name = i < SIM_PEOPLE_MAX ? g_strdup_printf ("p%02d", i)
                                                 : g_strdup_printf ("s%d", i - SIM_PEOPLE_MAX);

      if (self->lanes[i] == 0)
        continue;
      append_line (self, self->lanes[i], HEAD - 10, self->lanes[i], bottom, "lane");
      append_text (self, self->lanes[i] - 12, HEAD - 16, "head", name);
    }
}

/** sim_timeline_write_svg: a file for any browser */
void
sim_timeline_write_svg (const SimTimeline *self,
                        GString           *out)
{
  g_autoptr (GString) body = g_string_new (NULL);
  g_autoptr (GString) lanes = g_string_new (NULL);
  Drawing drawing = { .timeline = self, .out = body, .y = HEAD };
  guint n_notes = MIN (self->notes->len, ROWS_MAX);
  g_autofree char *title = g_strdup_printf ("seed %" G_GUINT64_FORMAT, self->scenario->seed);
  int width;

  find_lanes (&drawing);
  for (guint i = 0; i < n_notes; i++)
    draw_note (&drawing, &g_array_index (self->notes, SimNote, i));
  if (n_notes < self->notes->len)
    {
      g_autofree char *rest = g_strdup_printf ("… and %u rows more", self->notes->len - n_notes);

      drawing.y += ROW;
      append_text (&drawing, LEFT, drawing.y, "time", rest);
    }
  append_text (&drawing, 4, 20, "head", title);
  drawing.out = lanes;
  draw_lanes (&drawing, drawing.y + ROW / 2);

  width = LEFT + LANE_MIN * drawing.n_lanes + LABELS;
  g_string_append_printf (out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
                          "height=\"%d\" viewBox=\"0 0 %d %d\">\n%s"
                          "<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
                          width, drawing.y + ROW, width, drawing.y + ROW, style);
  g_string_append (out, lanes->str);
  g_string_append (out, body->str);
  g_string_append (out, "</svg>\n");
}
