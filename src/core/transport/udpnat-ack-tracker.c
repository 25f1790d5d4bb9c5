#include "config.h"

#include "udpnat-ack-tracker.h"

#include <string.h>

/* Rules of RFC 9000 section 13.2: an ACK at once for every second eliciting packet and for one that
 * comes out of order, else within UDPNAT_ACK_DELAY_MAX_US. In a long run of packets that come one
 * after the other every 32nd will do, as long as there are sixteen in a round trip: ACKs cost both
 * sides as much as data, and may fill the smaller direction of a line. After one out of order some
 * are sent for each packet: a sender whose window is small waits for them. Replayed packets never
 * get here. */

#define RUN_LONG 128 /* sent by somebody whose window has grown far beyond the first ten */
#define SHORT_RUN_PACKETS 2
#define DISORDER_PACKETS 32
#define LONG_RUN_PACKETS 32
#define LONG_RUN_ROUND_TRIP_SHARE 16
#define LONG_RUN_DELAY_MIN_US UDPNAT_MSEC (1)

void
udpnat_ack_tracker_init (UdpnatAckTracker *self)
{
  *self = (UdpnatAckTracker) { .deadline_us = UDPNAT_TIME_NEVER };
}

static void
remove_range (UdpnatAckTracker *self,
              guint             at)
{
  self->n_ranges--;
  memmove (self->ranges + at, self->ranges + at + 1,
           (self->n_ranges - at) * sizeof (UdpnatAckRange));
}

/* The oldest range makes room: the peer has been told of it more often than of any other. */
static void
insert_range (UdpnatAckTracker *self,
              guint             at,
              guint64           number)
{
  if (at == UDPNAT_ACK_MAX_RANGES)
    return;
  if (self->n_ranges == UDPNAT_ACK_MAX_RANGES)
    self->n_ranges--;
  memmove (self->ranges + at + 1, self->ranges + at,
           (self->n_ranges - at) * sizeof (UdpnatAckRange));
  self->ranges[at] = (UdpnatAckRange) { number, number };
  self->n_ranges++;
}

static void
add_number (UdpnatAckTracker *self,
            guint64           number)
{
  guint i = 0;

  /* Ranges that lie wholly above and do not touch. */
  while (i < self->n_ranges && self->ranges[i].first > number && self->ranges[i].first - 1 > number)
    i++;
  if (i == self->n_ranges || (number > self->ranges[i].last && number - 1 > self->ranges[i].last))
    {
      insert_range (self, i, number);
      return;
    }
  self->ranges[i].first = MIN (self->ranges[i].first, number);
  self->ranges[i].last = MAX (self->ranges[i].last, number);
  if (i + 1 < self->n_ranges && self->ranges[i + 1].last + 1 == self->ranges[i].first)
    {
      self->ranges[i].first = self->ranges[i + 1].first;
      remove_range (self, i + 1);
    }
}

static gint64
get_delay_us (const UdpnatAckTracker *self,
              gint64                  rtt_us)
{
  if (self->n_run < RUN_LONG || rtt_us == 0)
    return UDPNAT_ACK_DELAY_MAX_US;
  return CLAMP (rtt_us / LONG_RUN_ROUND_TRIP_SHARE, LONG_RUN_DELAY_MIN_US, UDPNAT_ACK_DELAY_MAX_US);
}

/**
 * udpnat_ack_tracker_handle_packet:
 * @rtt_us: to whom it comes from; 0: not known
 * @number: of an authentic packet that was never seen before
 */
void
udpnat_ack_tracker_handle_packet (UdpnatAckTracker *self,
                                  gint64            now_us,
                                  gint64            rtt_us,
                                  guint64           number,
                                  gboolean          is_eliciting)
{
  gboolean is_first = self->n_ranges == 0;
  guint64  largest = is_first ? 0 : self->ranges[0].last;
  gboolean is_soon = now_us - self->largest_received_us <= UDPNAT_ACK_DELAY_MAX_US;
  gboolean is_in_order = is_first ? number == 0 : number > largest && number - largest == 1;

  if (is_first || number > largest)
    self->largest_received_us = now_us;
  add_number (self, number);
  if (!is_eliciting)
    return;
  self->n_run = is_in_order && is_soon ? MIN (self->n_run + 1, RUN_LONG) : 0;
  self->n_quick = is_in_order ? self->n_quick - MIN (self->n_quick, 1) : DISORDER_PACKETS;
  self->n_eliciting++;
  if (self->n_eliciting >= (self->n_run < RUN_LONG ? SHORT_RUN_PACKETS : LONG_RUN_PACKETS)
      || self->n_quick > 0)
    self->is_due = TRUE;
  if (self->is_due)
    self->deadline_us = UDPNAT_TIME_NEVER;
  else if (self->deadline_us == UDPNAT_TIME_NEVER)
    self->deadline_us = now_us + get_delay_us (self, rtt_us);
}

void
udpnat_ack_tracker_handle_deadline (UdpnatAckTracker *self,
                                    gint64            now_us)
{
  if (now_us < self->deadline_us)
    return;
  self->deadline_us = UDPNAT_TIME_NEVER;
  self->is_due = TRUE;
}

/**
 * udpnat_ack_tracker_has_news:
 *
 * Returns: whether an ACK, due or not yet, would be of use: it may ride on any packet
 */
gboolean
udpnat_ack_tracker_has_news (const UdpnatAckTracker *self)
{
  return self->n_eliciting > 0 && self->n_ranges > 0;
}

void
udpnat_ack_tracker_get_ack (const UdpnatAckTracker *self,
                            gint64                  now_us,
                            UdpnatAck              *out_ack)
{
  out_ack->delay_us = (guint32) CLAMP (now_us - self->largest_received_us, 0, (gint64) G_MAXUINT32);
  out_ack->n_ranges = self->n_ranges;
  memcpy (out_ack->ranges, self->ranges, self->n_ranges * sizeof (UdpnatAckRange));
}

void
udpnat_ack_tracker_handle_sent (UdpnatAckTracker *self)
{
  self->n_eliciting = 0;
  self->is_due = FALSE;
  self->deadline_us = UDPNAT_TIME_NEVER;
}

/**
 * udpnat_ack_tracker_forget:
 * @up_to: largest number of an ACK of ours that the peer is known to have
 *
 * Drops the ranges that the peer knows of; the newest stays, so that order can still be judged.
 */
void
udpnat_ack_tracker_forget (UdpnatAckTracker *self,
                           guint64           up_to)
{
  while (self->n_ranges > 1 && self->ranges[self->n_ranges - 1].last <= up_to)
    self->n_ranges--;
}
