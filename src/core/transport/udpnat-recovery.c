#include "config.h"

#include "udpnat-recovery.h"

#include <string.h>

#include "udpnat-limits.h"

/* Loss detection and probe timeout of RFC 9002 section 6 and appendix A, with one packet number
 * space. Only eliciting packets are recorded. The record is a list in the order of sending; an ACK
 * walks it from the oldest up to the largest number acknowledged, and what is passed over there is
 * soon acked or lost and leaves the list, so the work is in proportion to what the ACK is about and
 * not to what is in flight. Nothing is ever given up here: that is for the session's owner to
 * decide.
 *
 * Of what was lost the number is remembered for a while: when it is acknowledged after all, the
 * path has only changed the order. Then the window is given back, and more patience is had from
 * then on, as RACK has it (RFC 8985 section 6.2): so many packets, or so much time, as this one
 * took. */

#define MISSED_MAX 512
/* A packet that comes so many packets late is beyond the receiver's replay window, and so lost. */
#define REORDERING_MAX_PACKETS UDPNAT_REPLAY_WINDOW_PACKETS
#define LOSS_DELAY_EIGHTHS 9
#define LOSS_DELAY_MAX_EIGHTHS 16

typedef struct
{
  guint64 number;
  gint64  sent_us;
} Missed;

typedef struct
{
  GList            link; /* data: the entry itself */
  UdpnatSentPacket packet;
  gboolean         is_of_old_path; /* says nothing about this one: RFC 9000 section 9.4 */
} Entry;

struct _UdpnatRecovery
{
  UdpnatRtt         rtt;
  UdpnatCongestion *congestion;
  GQueue            sent;
  GQueue            acked;
  GQueue            lost;
  GArray           *missed;            /* of Missed, in the order of numbers */
  guint64           threshold_packets; /* so many later ones acknowledged, and it is lost */
  guint             delay_eighths;     /* the same in time, of the round trip */
  gboolean          has_largest;
  guint64           largest_acked;
  gboolean          has_sent;
  guint64           largest_sent;
  gint64            loss_us;      /* when the oldest gap becomes a loss; or UDPNAT_TIME_NEVER */
  gint64            pto_base_us;  /* last eliciting packet or last probe timeout */
  guint             pto_count;
  gint64            pto_first_us; /* the first timeout in a row of @pto_count */
  gboolean          is_eager;
};

/* Nothing is known of how the path changes the order of packets. */
static void
forget_order (UdpnatRecovery *self)
{
  g_array_set_size (self->missed, 0);
  self->threshold_packets = UDPNAT_PACKET_THRESHOLD;
  self->delay_eighths = LOSS_DELAY_EIGHTHS;
  self->loss_us = UDPNAT_TIME_NEVER;
}

UdpnatRecovery *
udpnat_recovery_new (gsize max_packet_bytes)
{
  UdpnatRecovery *self = g_new0 (UdpnatRecovery, 1);

  udpnat_rtt_init (&self->rtt);
  self->congestion = udpnat_congestion_new (max_packet_bytes);
  g_queue_init (&self->sent);
  g_queue_init (&self->acked);
  g_queue_init (&self->lost);
  self->missed = g_array_new (FALSE, FALSE, sizeof (Missed));
  forget_order (self);
  return self;
}

static Entry *
pop_entry (GQueue *queue)
{
  GList *link = g_queue_pop_head_link (queue);

  return link != NULL ? link->data : NULL;
}

static void
clear_queue (GQueue *queue)
{
  Entry *entry;

  while ((entry = pop_entry (queue)) != NULL)
    g_free (entry);
}

void
udpnat_recovery_free (UdpnatRecovery *self)
{
  if (self == NULL)
    return;
  clear_queue (&self->sent);
  clear_queue (&self->acked);
  clear_queue (&self->lost);
  g_array_unref (self->missed);
  udpnat_congestion_free (self->congestion);
  g_free (self);
}

/* Of the pieces only those that there are: most packets have one. */
static void
copy_packet (UdpnatSentPacket       *to,
             const UdpnatSentPacket *from)
{
  memcpy (to, from, offsetof (UdpnatSentPacket, pieces) + from->n_pieces * sizeof from->pieces[0]);
}

/** udpnat_recovery_handle_sent: @packet: copied; its number is larger than any before */
void
udpnat_recovery_handle_sent (UdpnatRecovery         *self,
                             const UdpnatSentPacket *packet)
{
  Entry *entry = g_new (Entry, 1);

  g_assert (!self->has_sent || packet->number > self->largest_sent);
  entry->link = (GList) { .data = entry };
  entry->is_of_old_path = FALSE;
  copy_packet (&entry->packet, packet);
  g_queue_push_tail_link (&self->sent, &entry->link);
  udpnat_congestion_handle_sent (self->congestion, packet->sent_us, packet->n_bytes);
  self->has_sent = TRUE;
  self->largest_sent = packet->number;
  self->pto_base_us = packet->sent_us;
}

static void
move_to (UdpnatRecovery *self,
         Entry          *entry,
         GQueue         *queue)
{
  g_queue_unlink (&self->sent, &entry->link);
  g_queue_push_tail_link (queue, &entry->link);
}

/* Moves what @ack names from sent to acked. Both are in order, so one walk over both is enough. */
static void
collect_acked (UdpnatRecovery  *self,
               const UdpnatAck *ack,
               guint           *out_n_acked)
{
  GList *next, *link = self->sent.head;
  guint  range = ack->n_ranges;

  *out_n_acked = 0;
  for (; link != NULL && range > 0; link = next)
    {
      Entry  *entry = link->data;
      guint64 number = entry->packet.number;

      next = link->next;
      while (range > 0 && ack->ranges[range - 1].last < number)
        range--;
      if (range > 0 && ack->ranges[range - 1].first <= number)
        {
          move_to (self, entry, &self->acked);
          (*out_n_acked)++;
        }
    }
}

static void
note_missed (UdpnatRecovery *self,
             const Entry    *entry)
{
  Missed missed = { entry->packet.number, entry->packet.sent_us };

  if (self->missed->len >= MISSED_MAX)
    g_array_remove_range (self->missed, 0, MISSED_MAX / 4);
  g_array_append_val (self->missed, missed);
}

/* It was late, not lost. */
static void
handle_late (UdpnatRecovery *self,
             gint64          now_us,
             const Missed   *missed)
{
  guint64 n_later = self->largest_acked - MIN (missed->number, self->largest_acked);

  udpnat_congestion_undo_lost (self->congestion, missed->sent_us);
  if (n_later >= self->threshold_packets)
    self->threshold_packets = MIN (n_later + 1, REORDERING_MAX_PACKETS);
  if (now_us - missed->sent_us >= udpnat_recovery_get_loss_delay (self))
    self->delay_eighths = MIN (self->delay_eighths + 1, LOSS_DELAY_MAX_EIGHTHS);
}

static void
collect_late (UdpnatRecovery  *self,
              gint64           now_us,
              const UdpnatAck *ack)
{
  guint range = ack->n_ranges;
  guint n_old = 0;

  while (n_old < self->missed->len && g_array_index (self->missed, Missed, n_old).number
         + REORDERING_MAX_PACKETS < self->largest_acked)
    n_old++;
  if (n_old > 0)
    g_array_remove_range (self->missed, 0, n_old);
  for (guint i = 0; i < self->missed->len && range > 0;)
    {
      Missed missed = g_array_index (self->missed, Missed, i);

      while (range > 0 && ack->ranges[range - 1].last < missed.number)
        range--;
      if (range == 0 || ack->ranges[range - 1].first > missed.number)
        {
          i++;
          continue;
        }
      g_array_remove_index (self->missed, i);
      handle_late (self, now_us, &missed);
    }
}

/* RFC 9002 A.10 */
static void
detect_lost (UdpnatRecovery *self,
             gint64          now_us)
{
  gint64 loss_delay_us = udpnat_recovery_get_loss_delay (self);
  GList *next, *link = self->sent.head;

  self->loss_us = UDPNAT_TIME_NEVER;
  for (; link != NULL && self->has_largest; link = next)
    {
      Entry *entry = link->data;

      next = link->next;
      if (entry->packet.number >= self->largest_acked)
        break;
      if (self->largest_acked - entry->packet.number < self->threshold_packets
          && entry->packet.sent_us + loss_delay_us > now_us)
        {
          self->loss_us = udpnat_time_min (self->loss_us, entry->packet.sent_us + loss_delay_us);
          continue;
        }
      move_to (self, entry, &self->lost);
      if (entry->is_of_old_path)
        continue;
      if (entry->packet.is_trial)
        {
          udpnat_congestion_handle_discarded (self->congestion, entry->packet.n_bytes);
          continue;
        }
      note_missed (self, entry);
      udpnat_congestion_handle_lost (self->congestion, now_us, entry->packet.sent_us,
                                     entry->packet.n_bytes);
    }
}

static void
take_rtt_sample (UdpnatRecovery  *self,
                 gint64           now_us,
                 const UdpnatAck *ack)
{
  const Entry *newest = self->acked.tail->data;

  if (newest->packet.number != ack->ranges[0].last || newest->is_of_old_path)
    return;
  udpnat_rtt_add_sample (&self->rtt, now_us - newest->packet.sent_us, ack->delay_us);
  udpnat_congestion_handle_rtt (self->congestion, newest->packet.sent_us, self->rtt.latest_us);
}

/**
 * udpnat_recovery_handle_ack:
 * @ack: well-formed; that it names no number above the last one sent is for the caller to check
 *
 * Pop acked and lost packets afterwards.
 *
 * Returns: whether it acknowledged anything new
 */
gboolean
udpnat_recovery_handle_ack (UdpnatRecovery  *self,
                            gint64           now_us,
                            const UdpnatAck *ack)
{
  guint64 largest = ack->ranges[0].last;
  guint   n_acked;

  g_assert (self->acked.length == 0 && self->lost.length == 0);
  self->largest_acked = self->has_largest ? MAX (self->largest_acked, largest) : largest;
  self->has_largest = TRUE;
  udpnat_congestion_begin_ack (self->congestion, now_us);
  collect_late (self, now_us, ack);
  collect_acked (self, ack, &n_acked);
  if (n_acked == 0)
    return FALSE;
  take_rtt_sample (self, now_us, ack);
  detect_lost (self, now_us);
  for (GList *link = self->acked.head; link != NULL; link = link->next)
    {
      Entry *entry = link->data;

      if (!entry->is_of_old_path)
        udpnat_congestion_handle_acked (self->congestion, entry->packet.sent_us,
                                        self->rtt.smoothed_us, entry->packet.n_bytes);
    }
  self->pto_count = 0;
  return TRUE;
}

static gboolean
pop_packet (GQueue           *queue,
            UdpnatSentPacket *out_packet)
{
  Entry *entry = pop_entry (queue);

  if (entry == NULL)
    return FALSE;
  copy_packet (out_packet, &entry->packet);
  g_free (entry);
  return TRUE;
}

gboolean
udpnat_recovery_pop_acked (UdpnatRecovery   *self,
                           UdpnatSentPacket *out_packet)
{
  return pop_packet (&self->acked, out_packet);
}

gboolean
udpnat_recovery_pop_lost (UdpnatRecovery   *self,
                          UdpnatSentPacket *out_packet)
{
  return pop_packet (&self->lost, out_packet);
}

/**
 * udpnat_recovery_get_oldest:
 *
 * Returns: how many of the oldest packets in flight were lent in @out_packets
 */
guint
udpnat_recovery_get_oldest (const UdpnatRecovery    *self,
                            const UdpnatSentPacket **out_packets,
                            guint                    n_max)
{
  guint n = 0;

  for (GList *link = self->sent.head; link != NULL && n < n_max; link = link->next)
    out_packets[n++] = &((Entry *) link->data)->packet;
  return n;
}

/* A doubling for each timeout without an answer; when eager, at first up to a limit, and from then
 * on half of what has gone by. */
static gint64
get_pto_us (const UdpnatRecovery *self)
{
  gint64 base_us = udpnat_rtt_get_pto (&self->rtt);
  gint64 pto_us = base_us << MIN (self->pto_count, 16);
  gint64 elapsed_us = self->pto_count > 0 ? self->pto_base_us - self->pto_first_us : 0;

  if (self->is_eager)
    pto_us = MIN (pto_us, elapsed_us < UDPNAT_PTO_EAGER_US ? MAX (base_us, UDPNAT_PTO_EAGER_MAX_US)
                                                           : elapsed_us / 2);
  return MIN (pto_us, UDPNAT_PTO_MAX_US);
}

gint64
udpnat_recovery_next_deadline (const UdpnatRecovery *self)
{
  if (self->loss_us != UDPNAT_TIME_NEVER)
    return self->loss_us;
  if (self->sent.length == 0)
    return UDPNAT_TIME_NEVER;
  return self->pto_base_us + get_pto_us (self);
}

/* A peer that has gone must not make the record grow for ever: the oldest counts as lost, which
 * only means that what it carried is sent again. */
static void
make_room_for_probes (UdpnatRecovery *self)
{
  while (self->sent.length + 2 > UDPNAT_SENT_PACKETS_MAX)
    {
      Entry *entry = self->sent.head->data;

      move_to (self, entry, &self->lost);
      if (!entry->is_of_old_path)
        udpnat_congestion_handle_discarded (self->congestion, entry->packet.n_bytes);
    }
}

/**
 * udpnat_recovery_handle_deadline:
 *
 * Pop lost packets afterwards. One call does one thing: repeat it while
 * udpnat_recovery_next_deadline() is not after now.
 *
 * Returns: whether this was a probe timeout, so that up to two probes should be sent
 */
gboolean
udpnat_recovery_handle_deadline (UdpnatRecovery *self,
                                 gint64          now_us)
{
  if (now_us < udpnat_recovery_next_deadline (self))
    return FALSE;
  if (self->loss_us != UDPNAT_TIME_NEVER)
    {
      detect_lost (self, now_us);
      return FALSE;
    }
  if (self->pto_count++ == 0)
    self->pto_first_us = now_us;
  self->pto_base_us = now_us;
  make_room_for_probes (self);
  return TRUE;
}

/**
 * udpnat_recovery_reset_path:
 * @rtt_us: of the new path, 0 when not known
 *
 * What is in flight was sent over another path: it is still waited for, but says nothing about this
 * one.
 */
void
udpnat_recovery_reset_path (UdpnatRecovery *self,
                            gint64          rtt_us,
                            gsize           max_packet_bytes)
{
  for (GList *link = self->sent.head; link != NULL; link = link->next)
    {
      Entry *entry = link->data;

      entry->is_of_old_path = TRUE;
      entry->packet.n_bytes = 0;
      entry->packet.is_trial = FALSE;
    }
  udpnat_congestion_reset (self->congestion, max_packet_bytes);
  udpnat_rtt_init (&self->rtt);
  if (rtt_us > 0)
    udpnat_rtt_add_sample (&self->rtt, rtt_us, 0);
  self->pto_count = 0;
  forget_order (self);
}

/** udpnat_recovery_set_eager: timeouts stay short for UDPNAT_PTO_EAGER_US; @is_eager: not so at
 * first */
void
udpnat_recovery_set_eager (UdpnatRecovery *self,
                           gboolean        is_eager)
{
  self->is_eager = is_eager;
}

/** udpnat_recovery_get_timeouts: Returns: how many there were in a row, without an answer */
guint
udpnat_recovery_get_timeouts (const UdpnatRecovery *self)
{
  return self->pto_count;
}

/** udpnat_recovery_forget_timeouts: what they say does not hold any more */
void
udpnat_recovery_forget_timeouts (UdpnatRecovery *self)
{
  self->pto_count = 0;
}

/**
 * udpnat_recovery_is_full:
 *
 * Returns: whether only probes may be sent until something was acked or lost
 */
gboolean
udpnat_recovery_is_full (const UdpnatRecovery *self)
{
  return self->sent.length + 2 >= UDPNAT_SENT_PACKETS_MAX;
}

guint
udpnat_recovery_get_count (const UdpnatRecovery *self)
{
  return self->sent.length;
}

/**
 * udpnat_recovery_get_rtt:
 *
 * (transfer none): the estimate, to which a handshake may add its sample
 */
UdpnatRtt *
udpnat_recovery_get_rtt (UdpnatRecovery *self)
{
  return &self->rtt;
}

/**
 * udpnat_recovery_get_loss_delay:
 *
 * Returns: how much older than an acknowledged packet a missing one must be to be lost (RFC 9002
 *   section 6.1.2), and more where packets were seen to come late
 */
gint64
udpnat_recovery_get_loss_delay (const UdpnatRecovery *self)
{
  return udpnat_rtt_get_loss_delay (&self->rtt, self->delay_eighths);
}

/** udpnat_recovery_get_congestion: (transfer none) */
UdpnatCongestion *
udpnat_recovery_get_congestion (const UdpnatRecovery *self)
{
  return self->congestion;
}
