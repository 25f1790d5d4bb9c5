/* Loss detection beside a twin that is obvious: every packet that was ever sent, and RFC 9002
 * section 6.1 word by word. */

#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-recovery.h"

#define N_RUNS 150
#define N_PACKETS 400

typedef enum
{
  FATE_IN_FLIGHT,
  FATE_ACKED,
  FATE_LOST,
  FATE_LATE, /* it had counted as lost */
} Fate;

typedef struct
{
  UdpnatRecovery *recovery;
  GRand          *rand;
  gint64          now_us;
  guint           n_sent;
  gint64          sent_us[N_PACKETS];
  Fate            fates[N_PACKETS];
  gint64          largest_acked; /* -1: none */
  gint64          threshold;     /* packets later; more once one was late */
  guint           eighths;       /* of the round trip, likewise */
} Scene;

static void
send_packet (Scene *self)
{
  UdpnatSentPacket packet = { .number = self->n_sent, .sent_us = self->now_us, .n_bytes = 100 };

  udpnat_recovery_handle_sent (self->recovery, &packet);
  self->sent_us[self->n_sent++] = self->now_us;
}

static gint64
get_delay (const Scene *self)
{
  return udpnat_rtt_get_loss_delay (udpnat_recovery_get_rtt (self->recovery), self->eighths);
}

/* Acknowledged after it counted as lost: as much patience from then on as it would have taken. */
static void
twin_handle_late (Scene  *self,
                  gint64  number)
{
  self->threshold = MAX (self->threshold, self->largest_acked - number + 1);
  if (self->now_us - self->sent_us[number] >= get_delay (self))
    self->eighths = MIN (self->eighths + 1, 16);
}

/* Lost is what was sent before something that was acknowledged, and by enough packets or time. */
static void
twin_detect_lost (Scene *self)
{
  gint64 delay_us = get_delay (self);

  for (gint64 i = 0; i < self->largest_acked; i++)
    if (self->fates[i] == FATE_IN_FLIGHT &&
        (self->largest_acked - i >= self->threshold ||
         self->sent_us[i] <= self->now_us - delay_us))
      self->fates[i] = FATE_LOST;
}

/* What may be lost with time alone, and when. */
static gint64
twin_get_loss_time (const Scene *self)
{
  gint64 delay_us = get_delay (self);
  gint64 loss_us = UDPNAT_TIME_NEVER;

  for (gint64 i = 0; i < self->largest_acked; i++)
    if (self->fates[i] == FATE_IN_FLIGHT)
      loss_us = udpnat_time_min (loss_us, self->sent_us[i] + delay_us);
  return loss_us;
}

static void
compare (Scene *self)
{
  Fate fates[N_PACKETS] = { FATE_IN_FLIGHT };
  UdpnatSentPacket packet;
  guint n_in_flight = 0;

  while (udpnat_recovery_pop_acked (self->recovery, &packet))
    fates[packet.number] = FATE_ACKED;
  while (udpnat_recovery_pop_lost (self->recovery, &packet))
    fates[packet.number] = FATE_LOST;
  for (guint i = 0; i < self->n_sent; i++)
    {
      if (fates[i] != FATE_IN_FLIGHT)
        g_assert_cmpint (fates[i], ==, self->fates[i]);
      n_in_flight += self->fates[i] == FATE_IN_FLIGHT;
    }
  g_assert_cmpuint (udpnat_recovery_get_count (self->recovery), ==, n_in_flight);
  if (twin_get_loss_time (self) != UDPNAT_TIME_NEVER)
    g_assert_cmpint (udpnat_recovery_next_deadline (self->recovery), ==,
                     twin_get_loss_time (self));
  else if (n_in_flight == 0)
    g_assert_cmpint (udpnat_recovery_next_deadline (self->recovery), ==, UDPNAT_TIME_NEVER);
}

/* Of up to three ranges anywhere in what was sent, newest first. */
static void
draw_ack (Scene     *self,
          UdpnatAck *out_ack)
{
  gint64 above = self->n_sent;

  *out_ack = (UdpnatAck) { .delay_us = (guint32) g_rand_int_range (self->rand, 0, 25000) };
  while (out_ack->n_ranges < 3 && above > 0)
    {
      gint64 last = above - 1 - g_rand_int_range (self->rand, 0, 5);
      gint64 first = last - g_rand_int_range (self->rand, 0, 4);

      if (last < 0)
        break;
      first = MAX (first, 0);
      out_ack->ranges[out_ack->n_ranges++] = (UdpnatAckRange) { (guint64) first, (guint64) last };
      above = first - 1; /* neither overlapping nor adjacent */
    }
}

static void
take_ack (Scene *self)
{
  UdpnatAck ack;
  gboolean is_news = FALSE;

  draw_ack (self, &ack);
  if (ack.n_ranges == 0)
    return;
  self->largest_acked = MAX (self->largest_acked, (gint64) ack.ranges[0].last);
  for (guint i = ack.n_ranges; i-- > 0;)
    for (guint64 number = ack.ranges[i].first; number <= ack.ranges[i].last; number++)
      {
        if (self->fates[number] == FATE_LOST)
          {
            twin_handle_late (self, (gint64) number);
            self->fates[number] = FATE_LATE;
          }
        if (self->fates[number] != FATE_IN_FLIGHT)
          continue;
        self->fates[number] = FATE_ACKED;
        is_news = TRUE;
      }
  g_assert_cmpint (udpnat_recovery_handle_ack (self->recovery, self->now_us, &ack), ==, is_news);
  if (!is_news)
    return;
  twin_detect_lost (self);
  compare (self);
}

static void
take_deadline (Scene *self)
{
  gint64 deadline_us = udpnat_recovery_next_deadline (self->recovery);

  if (deadline_us == UDPNAT_TIME_NEVER || deadline_us != twin_get_loss_time (self))
    return;
  self->now_us = MAX (self->now_us, deadline_us);
  g_assert_false (udpnat_recovery_handle_deadline (self->recovery, self->now_us));
  twin_detect_lost (self);
  compare (self);
}

static void
run (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (1200);
  Scene scene = { .recovery = recovery, .rand = rand, .now_us = UDPNAT_SEC (1),
                  .largest_acked = -1, .threshold = UDPNAT_PACKET_THRESHOLD, .eighths = 9 };

  g_test_message ("seed %u", seed);
  while (scene.n_sent < N_PACKETS)
    {
      scene.now_us += g_rand_int_range (rand, 0, 30000);
      switch (g_rand_int_range (rand, 0, 5))
        {
        case 0:
          take_ack (&scene);
          break;
        case 1:
          take_deadline (&scene);
          break;
        default:
          send_packet (&scene);
        }
    }
}

static void
test_like_all_packets (void)
{
  g_test_summary ("Acknowledged, lost, and in flight are the same packets as by the RFC's words");
  for (guint32 seed = 1; seed <= N_RUNS; seed++)
    run (seed);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/transport-model-loss/fates/by-the-words-of-the-rfc", test_like_all_packets);

  return g_test_run ();
}
