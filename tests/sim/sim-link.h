#pragma once

#include "udpnat-time.h"

#include "sim-random.h"

G_BEGIN_DECLS

/**
 * SimLinkConfig:
 * @delay_us: time that every packet needs
 * @jitter_us: up to so much more, evenly spread; never makes packets overtake each other (queues
 *   ahead cause jitter)
 * @loss: probability that a packet is lost
 * @burst_enter: probability, for each packet, that a bad spell begins (Gilbert–Elliott); 0: none
 * @burst_leave: probability, for each packet, that a bad spell ends
 * @burst_loss: probability of loss within a bad spell, instead of @loss
 * @duplicate: probability that a packet arrives twice
 * @reorder: probability that a packet is held back by @reorder_us, so that those behind overtake it
 * @reorder_us: how long
 * @corrupt: probability that one bit of the payload changes, as where nobody checks sums
 * @rate_bytes_per_second: capacity; 0: unlimited
 * @queue_bytes: what may wait for the line when @rate_bytes_per_second is set, then packets are
 *   dropped; 0: unlimited
 * @mtu_bytes: larger packets vanish (a path MTU black hole); 0: unlimited
 * @blocked: nothing passes
 *
 * One direction of a link. All zero is a perfect one. Rate, queue and MTU count the whole IP
 * packet.
 */
typedef struct
{
  gint64   delay_us;
  gint64   jitter_us;
  double   loss;
  double   burst_enter;
  double   burst_leave;
  double   burst_loss;
  double   duplicate;
  double   reorder;
  gint64   reorder_us;
  double   corrupt;
  guint64  rate_bytes_per_second;
  gsize    queue_bytes;
  gsize    mtu_bytes;
  gboolean blocked;
} SimLinkConfig;

typedef enum
{
  SIM_LINK_FATE_PASSED,
  SIM_LINK_FATE_BLOCKED,
  SIM_LINK_FATE_TOO_LARGE,
  SIM_LINK_FATE_QUEUE_FULL,
  SIM_LINK_FATE_LOST,
} SimLinkFate;

/**
 * SimLink:
 *
 * State of one direction of a link. A value type; everything in it is the link's own business.
 */
typedef struct
{
  SimLinkConfig config;
  SimRandom    *random;
  guint64       line_free_ns;
  gint64        last_arrival_us;
  gboolean      in_bad_spell;
} SimLink;

/* A packet and its copy. */
#define SIM_LINK_MAX_ARRIVALS 2

void        sim_link_init       (SimLink             *self,
                                 const SimLinkConfig *config,
                                 SimRandom           *random);
void        sim_link_clear      (SimLink             *self);
void        sim_link_set_config (SimLink             *self,
                                 const SimLinkConfig *config);
SimLinkFate sim_link_transmit   (SimLink             *self,
                                 gint64               now_us,
                                 gsize                n_bytes,
                                 gint64               out_arrivals_us[SIM_LINK_MAX_ARRIVALS],
                                 guint               *out_n_arrivals) G_GNUC_WARN_UNUSED_RESULT;

void        sim_link_spoil      (SimLink             *self,
                                 guint8              *data,
                                 gsize                n_data);

SimLinkConfig sim_link_config_with_delay (gint64 delay_us);

G_END_DECLS
