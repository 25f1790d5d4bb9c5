#pragma once

#include "sim-chat.h"
#include "sim-scenario.h"

G_BEGIN_DECLS

/**
 * SimTimeline:
 *
 * What happened in a world, for people to look at: the script, what nodes told, which lines came
 * where and when, and the handshakes on the way. As text, or as a sequence diagram.
 */
typedef struct _SimTimeline SimTimeline;

SimTimeline *sim_timeline_new         (const SimScenario     *scenario);
void         sim_timeline_free        (SimTimeline           *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimTimeline, sim_timeline_free)

void         sim_timeline_watch_world (SimTimeline           *self,
                                       SimWorld              *world);
void         sim_timeline_note_event  (SimTimeline           *self,
                                       gint64                 at_us,
                                       const SimEvent        *event);
void         sim_timeline_note_fact   (SimTimeline           *self,
                                       gint64                 at_us,
                                       SimPeer               *person,
                                       const UdpnatNodeEvent *event);
void         sim_timeline_note_said   (SimTimeline           *self,
                                       gint64                 at_us,
                                       guint                  from,
                                       guint                  to,
                                       guint                  n_lines);
void         sim_timeline_note        (SimTimeline           *self,
                                       gint64                 at_us,
                                       const char            *text);
void         sim_timeline_write_text  (const SimTimeline     *self,
                                       GString               *out);

/* sim-timeline-svg.c */
void         sim_timeline_write_svg   (const SimTimeline     *self,
                                       GString               *out);

G_END_DECLS
