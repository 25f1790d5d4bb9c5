#include "config.h"

#include "udpnat-congestion.h"

#include "udpnat-limits.h"

#include <math.h>

/* CUBIC (RFC 9438) in bytes, HyStart++ (RFC 9406) instead of plain slow start, RFC 9002 section 7
 * for all else. A reduction is taken back when every packet that it was for turns out to have
 * arrived (what RFC 4015 does for TCP). Not here: pacing (udpnat-pacer.c), ECN, persistent
 * congestion (a path that was silent so long is replaced by its owner, which resets everything
 * here). */

/* RFC 9002 7.2: ten packets, but no more than 14,720 bytes unless that is less than two packets. */
#define INITIAL_WINDOW_BYTES 14720
#define INITIAL_WINDOW_PACKETS 10
#define MINIMUM_WINDOW_PACKETS 2

/* RFC 9438 sections 4.6, 5.1, 4.3 */
#define CUBIC_BETA 0.7
/* Where so much waits in a queue that 0.7 would leave some of it there, no more than that: what the
 * way itself holds keeps the line busy, and two flows agree in a minute and not in three. H-TCP's
 * adaptive backoff, with its least value: D. Leith, R. Shorten, PFLDnet 2004, section 4. */
#define QUEUE_BETA_LEAST 0.5
/* Instead, where something is lost though hardly anything waits on the way: radio, not a full
 * queue. How that is told apart, and both numbers: C. P. Fu, S. C. Liew, "TCP Veno", IEEE JSAC 21
 * (2003), section II. */
#define RANDOM_LOSS_BETA 0.8
#define RANDOM_LOSS_BACKLOG_PACKETS 3
#define CUBIC_C 0.4 /* packets per second cubed */
#define CUBIC_RENO_ALPHA (3 * (1 - CUBIC_BETA) / (1 + CUBIC_BETA))
#define CUBIC_TARGET_MAX 1.5 /* of the window, for one round trip (4.2) */

/* RFC 9406 section 4.3 */
#define HYSTART_MIN_RTT_THRESHOLD_US UDPNAT_MSEC (4)
#define HYSTART_MAX_RTT_THRESHOLD_US UDPNAT_MSEC (16)
#define HYSTART_RTT_DIVISOR 8
#define HYSTART_SAMPLES 8
#define HYSTART_GROWTH_DIVISOR 4
#define HYSTART_ROUNDS 5

/* What a loss changes, and a loss that was none restores. */
typedef struct
{
  double window;      /* bytes, as all of these */
  double threshold;   /* slow start below it */
  double max_window;  /* W_max */
  gint64 recovery_us; /* packets sent up to then belong to a loss already answered */
} Answer;

struct _UdpnatCongestion
{
  gsize    max_packet_bytes;
  gsize    in_flight_bytes;
  Answer   now;
  Answer   before;        /* the last loss */
  guint    n_lost;        /* packets that it was for, so far */
  gboolean is_waiting;    /* there is more to send than may be sent */
  gboolean is_used;       /* the window, as of the ACK that is being handled */
  gint64   acked_us;      /* of the last ACK */
  gint64   unused_us;     /* since when the window is not used; UDPNAT_TIME_NEVER: it is */

  gint64   min_us;        /* least round-trip time of this path; UDPNAT_TIME_NEVER: none yet */
  gint64   smoothed_us;   /* the present one */

  /* congestion avoidance */
  gint64   epoch_us;      /* UDPNAT_TIME_NEVER: it begins with the next ACK */
  double   k_s;           /* K: from then to W_max */
  double   reno_window;   /* W_est */
  double   prior_window;  /* cwnd_prior */

  /* rounds */
  gint64   round_us;      /* it ends with the ACK of something sent later */
  gint64   round_min_us;  /* least RTT of this round; UDPNAT_TIME_NEVER: none yet */
  gint64   last_min_us;   /* of the one before */
  guint    n_samples;

  /* slow start */
  gboolean is_cautious;   /* Conservative Slow Start */
  guint    n_cautious;    /* rounds of it */
  gint64   baseline_us;
};

UdpnatCongestion *
udpnat_congestion_new (gsize max_packet_bytes)
{
  UdpnatCongestion *self = g_new0 (UdpnatCongestion, 1);

  udpnat_congestion_reset (self, max_packet_bytes);
  return self;
}

void
udpnat_congestion_free (UdpnatCongestion *self)
{
  g_free (self);
}

/**
 * udpnat_congestion_reset:
 *
 * Another path: nothing is known, and nothing that is in flight counts any more
 */
void
udpnat_congestion_reset (UdpnatCongestion *self,
                         gsize             max_packet_bytes)
{
  *self = (UdpnatCongestion) {
    .max_packet_bytes = max_packet_bytes,
    .now = {
      .window = MIN (INITIAL_WINDOW_PACKETS * max_packet_bytes,
                     MAX (MINIMUM_WINDOW_PACKETS * max_packet_bytes, INITIAL_WINDOW_BYTES)),
      .threshold = G_MAXDOUBLE,
      .recovery_us = G_MININT64,
    },
    .unused_us = UDPNAT_TIME_NEVER,
    .min_us = UDPNAT_TIME_NEVER,
    .epoch_us = UDPNAT_TIME_NEVER,
    .round_us = G_MININT64,
    .round_min_us = UDPNAT_TIME_NEVER,
    .last_min_us = UDPNAT_TIME_NEVER,
  };
}

/** udpnat_congestion_set_max_packet: packets are longer or shorter from now on; the path is the
 * same */
void
udpnat_congestion_set_max_packet (UdpnatCongestion *self,
                                  gsize             max_packet_bytes)
{
  self->max_packet_bytes = max_packet_bytes;
}

void
udpnat_congestion_handle_sent (UdpnatCongestion *self,
                               gint64            now_us,
                               gsize             n_bytes)
{
  if (self->in_flight_bytes == 0 && !self->is_waiting && self->unused_us == UDPNAT_TIME_NEVER)
    self->unused_us = MIN (self->acked_us, now_us); /* idle since then: no ACK has told so */
  self->in_flight_bytes += n_bytes;
}

/**
 * udpnat_congestion_set_waiting:
 * @is_waiting: there is more to send than window or pacer let go: that the window is not full is
 *   not for want of data (RFC 9002 section 7.8)
 */
void
udpnat_congestion_set_waiting (UdpnatCongestion *self,
                               gboolean          is_waiting)
{
  self->is_waiting = is_waiting;
}

/* A window that was not used must not grow. Half of it in slow start, all but a few packets
 * after. */
static gboolean
is_window_used (const UdpnatCongestion *self)
{
  if (self->is_waiting)
    return TRUE;
  if (udpnat_congestion_is_slow_start (self))
    return self->in_flight_bytes >= self->now.window / 2;
  return self->in_flight_bytes + 3 * self->max_packet_bytes >= self->now.window;
}

/**
 * udpnat_congestion_begin_ack:
 *
 * Before what one ACK says of single packets. Time in which the window was not used does not count
 * for its growth (RFC 9438 section 5.8).
 */
void
udpnat_congestion_begin_ack (UdpnatCongestion *self,
                             gint64            now_us)
{
  self->is_used = is_window_used (self);
  if (!self->is_used && self->unused_us == UDPNAT_TIME_NEVER)
    self->unused_us = now_us;
  if (self->is_used && self->unused_us != UDPNAT_TIME_NEVER)
    {
      if (self->epoch_us != UDPNAT_TIME_NEVER)
        self->epoch_us += now_us - MAX (self->unused_us, self->epoch_us);
      self->unused_us = UDPNAT_TIME_NEVER;
    }
  self->acked_us = now_us;
}

/* ---- Slow start ---- */

static void
leave_slow_start (UdpnatCongestion *self)
{
  self->now.threshold = self->now.max_window = self->now.window;
  self->prior_window = self->now.window;
  self->epoch_us = UDPNAT_TIME_NEVER;
}

static void
begin_round (UdpnatCongestion *self)
{
  self->round_us = self->acked_us;
  self->last_min_us = self->round_min_us;
  self->round_min_us = UDPNAT_TIME_NEVER;
  self->n_samples = 0;
  if (udpnat_congestion_is_slow_start (self) && self->is_cautious &&
      ++self->n_cautious >= HYSTART_ROUNDS)
    leave_slow_start (self);
}

/**
 * udpnat_congestion_handle_rtt:
 * @sent_us: when the packet was sent that gave this sample
 * @rtt_us: with the delay of the ACK
 *
 * After udpnat_congestion_begin_ack(). A queue that grows shows in the round-trip time before
 * anything is lost: slow start becomes slower then, and ends if it was not by chance.
 */
void
udpnat_congestion_handle_rtt (UdpnatCongestion *self,
                              gint64            sent_us,
                              gint64            rtt_us)
{
  gint64 threshold_us;

  self->min_us = MIN (self->min_us, rtt_us);
  if (sent_us > self->round_us)
    begin_round (self);
  self->round_min_us = MIN (self->round_min_us, rtt_us);
  if (++self->n_samples < HYSTART_SAMPLES || self->last_min_us == UDPNAT_TIME_NEVER ||
      !udpnat_congestion_is_slow_start (self))
    return;
  threshold_us = CLAMP (self->last_min_us / HYSTART_RTT_DIVISOR, HYSTART_MIN_RTT_THRESHOLD_US,
                        HYSTART_MAX_RTT_THRESHOLD_US);
  if (self->is_cautious)
    self->is_cautious = self->round_min_us >= self->baseline_us;
  else if (self->round_min_us >= self->last_min_us + threshold_us)
    {
      self->is_cautious = TRUE;
      self->n_cautious = 0;
      self->baseline_us = self->round_min_us;
    }
}

/* ---- Congestion avoidance ---- */

static void
begin_epoch (UdpnatCongestion *self)
{
  double missing = self->now.max_window - self->now.window;

  self->epoch_us = self->acked_us;
  self->reno_window = self->now.window;
  self->k_s = missing > 0 ? cbrt (missing / self->max_packet_bytes / CUBIC_C) : 0;
  if (missing < 0)
    self->now.max_window = self->now.window;
}

/* W_cubic, RFC 9438 section 4.2 */
static double
get_cubic (const UdpnatCongestion *self,
           double                  t_s)
{
  double from_k_s = t_s - self->k_s;

  return CUBIC_C * from_k_s * from_k_s * from_k_s * self->max_packet_bytes + self->now.max_window;
}

static void
grow (UdpnatCongestion *self,
      gint64            smoothed_us,
      gsize             n_bytes)
{
  double share = n_bytes / self->now.window;
  double t_s, target, alpha;

  if (self->epoch_us == UDPNAT_TIME_NEVER)
    begin_epoch (self);
  t_s = (double) (self->acked_us - self->epoch_us) / G_USEC_PER_SEC;
  alpha = self->reno_window < self->prior_window ? CUBIC_RENO_ALPHA : 1;
  self->reno_window += alpha * share * self->max_packet_bytes;
  if (get_cubic (self, t_s) < self->reno_window)
    {
      self->now.window = MAX (self->now.window, self->reno_window);
      return;
    }
  target = get_cubic (self, t_s + (double) smoothed_us / G_USEC_PER_SEC);
  target = CLAMP (target, self->now.window, CUBIC_TARGET_MAX * self->now.window);
  self->now.window += (target - self->now.window) * share;
}

/**
 * udpnat_congestion_handle_acked:
 * @sent_us: when the packet of @n_bytes was sent
 * @smoothed_us: round-trip time
 *
 * After udpnat_congestion_begin_ack()
 */
void
udpnat_congestion_handle_acked (UdpnatCongestion *self,
                                gint64            sent_us,
                                gint64            smoothed_us,
                                gsize             n_bytes)
{
  udpnat_congestion_handle_discarded (self, n_bytes);
  self->smoothed_us = smoothed_us;
  if (sent_us <= self->now.recovery_us || !self->is_used)
    return;
  if (udpnat_congestion_is_slow_start (self))
    self->now.window += self->is_cautious ? n_bytes / HYSTART_GROWTH_DIVISOR : n_bytes;
  else
    grow (self, smoothed_us, n_bytes);
}

/* ---- Loss ---- */

/* What is left when the queue is empty, of what is in flight; no less than CUBIC leaves without a
 * queue that was there all the time: that single packets take longer says little on radio. */
static double
get_queue_beta (const UdpnatCongestion *self)
{
  gint64 standing_us = udpnat_time_min (self->round_min_us, self->last_min_us);

  return CLAMP ((double) self->min_us / standing_us, QUEUE_BETA_LEAST, CUBIC_BETA);
}

/* By how much the window shrinks. What waits in queues is what is in flight beyond what the way
 * itself holds. */
static double
get_beta (const UdpnatCongestion *self)
{
  double n_waiting;

  if (self->smoothed_us == 0 || self->min_us == UDPNAT_TIME_NEVER)
    return CUBIC_BETA;
  n_waiting = self->now.window * (1 - (double) self->min_us / self->smoothed_us);
  return n_waiting < RANDOM_LOSS_BACKLOG_PACKETS * self->max_packet_bytes
           ? RANDOM_LOSS_BETA : get_queue_beta (self);
}

/**
 * udpnat_congestion_handle_lost:
 *
 * Makes the window smaller, but once only for all packets that were sent before it noticed
 */
void
udpnat_congestion_handle_lost (UdpnatCongestion *self,
                               gint64            now_us,
                               gint64            sent_us,
                               gsize             n_bytes)
{
  Answer *answer = &self->now;
  double beta = get_beta (self);

  udpnat_congestion_handle_discarded (self, n_bytes);
  if (sent_us <= answer->recovery_us)
    {
      if (self->n_lost > 0 && sent_us > self->before.recovery_us)
        self->n_lost++;
      return;
    }
  self->before = *answer;
  self->n_lost = 1;
  self->prior_window = answer->window;
  /* Whoever is stopped below where it was before makes room for others (4.7). */
  answer->max_window = answer->window < answer->max_window
                       ? answer->window * (1 + beta) / 2 : answer->window;
  answer->threshold = MAX (answer->window * beta,
                           MINIMUM_WINDOW_PACKETS * self->max_packet_bytes);
  answer->window = answer->threshold;
  answer->recovery_us = now_us;
  self->epoch_us = UDPNAT_TIME_NEVER;
}

/**
 * udpnat_congestion_undo_lost:
 * @sent_us: when a packet was sent that counted as lost, and has arrived after all
 */
void
udpnat_congestion_undo_lost (UdpnatCongestion *self,
                             gint64            sent_us)
{
  if (self->n_lost == 0 || sent_us > self->now.recovery_us || sent_us <= self->before.recovery_us)
    return;
  self->n_lost--;
  if (self->n_lost > 0)
    return;
  self->before.window = MAX (self->before.window, self->now.window);
  self->before.recovery_us = self->now.recovery_us;
  self->now = self->before;
  self->epoch_us = UDPNAT_TIME_NEVER;
}

/**
 * udpnat_congestion_handle_discarded:
 *
 * No longer in flight, for a reason that says nothing about the path
 */
void
udpnat_congestion_handle_discarded (UdpnatCongestion *self,
                                    gsize             n_bytes)
{
  g_assert (n_bytes <= self->in_flight_bytes);
  self->in_flight_bytes -= n_bytes;
}

/* ---- What holds now ---- */

gsize
udpnat_congestion_get_window (const UdpnatCongestion *self)
{
  return (gsize) self->now.window;
}

gsize
udpnat_congestion_get_in_flight (const UdpnatCongestion *self)
{
  return self->in_flight_bytes;
}

/** udpnat_congestion_get_room: Returns: bytes that may be sent now */
gsize
udpnat_congestion_get_room (const UdpnatCongestion *self)
{
  gsize window_bytes = udpnat_congestion_get_window (self);

  return window_bytes - MIN (window_bytes, self->in_flight_bytes);
}

gboolean
udpnat_congestion_is_slow_start (const UdpnatCongestion *self)
{
  return self->now.window < self->now.threshold;
}
