#pragma once

#include "udpnat-machine.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * SimCrowd:
 *
 * People of one server: they come and go, are lost without a word, look each other up, watch, dial,
 * send by the server, leave letters for those who are away, and now and then take a name that
 * nobody had. Each is a machine, the client's half of the protocol as programs have it, and may
 * stand in a #SimWorld or in the real one.
 */
typedef struct _SimCrowd SimCrowd;

/* What has happened. */
typedef enum
{
  SIM_CROWD_ONLINE, /* how many are registered now */
  SIM_CROWD_CAME,
  SIM_CROWD_LEFT,
  SIM_CROWD_LOST,
  SIM_CROWD_ASKED,
  SIM_CROWD_FOUND,
  SIM_CROWD_DIALLED,
  SIM_CROWD_SENT,
  SIM_CROWD_RELAYED,
  SIM_CROWD_WATCHED,
  SIM_CROWD_POSTED,
  SIM_CROWD_STORED,
  SIM_CROWD_DELIVERED,
  SIM_CROWD_CLAIMED,
  SIM_CROWD_N_COUNTS,
} SimCrowdCount;

/**
 * SimCrowdConfig:
 * @server: the only one, whose key is learnt at first contact
 * @pace: how much faster everything happens than people do it
 * @n_names: new ones that are claimed besides the first one of each
 * @wall_offset_us: how far the wall clock is ahead
 */
typedef struct
{
  UdpnatRandom  random;
  UdpnatAddress server;
  guint         n_people;
  double        pace;
  guint         n_names;
  gint64        wall_offset_us;
} SimCrowdConfig;

SimCrowd      *sim_crowd_new         (const SimCrowdConfig *config,
                                      gint64                now_us) G_GNUC_WARN_UNUSED_RESULT;
void           sim_crowd_free        (SimCrowd             *self);
UdpnatMachine *sim_crowd_get_machine (SimCrowd             *self,
                                      guint                 person);
void           sim_crowd_take_events (UdpnatMachine        *person,
                                      gint64                now_us);
void           sim_crowd_close       (SimCrowd             *self,
                                      gint64                now_us);
void           sim_crowd_open        (SimCrowd             *self,
                                      gint64                now_us);
guint64        sim_crowd_get_count   (const SimCrowd       *self,
                                      SimCrowdCount         what);
const char    *sim_crowd_get_word    (SimCrowdCount         what);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimCrowd, sim_crowd_free)

G_END_DECLS
