#pragma once

#include "sim-play.h"

G_BEGIN_DECLS

#define SIM_HEARD_MAX 4

/* A datagram that somebody has got, for those who repeat such things. */
typedef struct
{
  gsize  n_data;
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
} SimHeard;

/* Something that is cut until it is said otherwise. */
typedef struct
{
  SimEventKind  kind;
  guint         whom;
  guint         other;
  UdpnatAddress from;
  UdpnatAddress to;
} SimCut;

/**
 * SimPlay:
 * @peers: by number of the person; %NULL: dropped
 * @sites: where they are
 * @seen_at: where servers see them
 */
typedef struct
{
  const SimScenario *scenario;
  SimWorld          *world;
  UdpnatRandom       random;
  SimServer         *servers[SIM_SERVERS_MAX];
  SimPeer           *peers[SIM_PEOPLE_MAX];
  guint              sites[SIM_PEOPLE_MAX];
  UdpnatAddress      seen_at[SIM_PEOPLE_MAX];
  gint64             awake_us[SIM_PEOPLE_MAX]; /* when the lid is opened again */
  SimNat           **carriers; /* by number */
  SimNat           **routers;  /* by site; NULL: it has none */
  gboolean          *is_line_dead; /* by site */
  GArray            *cuts;     /* of SimCut */
  SimHeard          *heard;    /* SIM_HEARD_MAX for each person, then each server */
  guint              n_heard[SIM_PEOPLE_MAX + SIM_SERVERS_MAX];
  SimInvariants     *invariants;
  SimTimeline       *timeline; /* (nullable) borrowed */
  guint              n_lines;
} SimPlay;

/* sim-play-world.c */
void sim_play_build      (SimPlay        *self,
                          gboolean        is_traced);
void sim_play_clear      (SimPlay        *self);
void sim_play_set_links  (SimPlay        *self,
                          guint           person);
void sim_play_move       (SimPlay        *self,
                          guint           person,
                          guint           site);
void sim_play_set_line   (SimPlay        *self,
                          guint           site,
                          gboolean        is_dead);

/* sim-play-events.c */
void sim_play_event      (SimPlay        *self,
                          const SimEvent *event);
void sim_play_mend       (SimPlay        *self);

/* sim-play-flood.c */
void sim_play_watch_wire (SimPlay        *self);
void sim_play_flood      (SimPlay        *self,
                          const SimEvent *event);

G_END_DECLS
