#include "config.h"

#include "udpnat-ack-tracker.h"
#include "udpnat-limits.h"
#include "udpnat-recovery.h"

/* RTT, loss detection, probe timeout and ACK making, at literal times. */

#define T0 UDPNAT_SEC (1000)
#define MS(n) (T0 + UDPNAT_MSEC (n))
#define PACKET_BYTES 1200

/* ---- RTT (RFC 9002, 5) ---- */

static void
rtt_follows_rfc (void)
{
  UdpnatRtt rtt;

  udpnat_rtt_init (&rtt);
  g_assert_cmpint (udpnat_rtt_get_pto (&rtt), ==, 333000 + 4 * 166500 + 25000);
  g_assert_cmpint (udpnat_rtt_get_loss_delay (&rtt, 9), ==, 374625);
  udpnat_rtt_add_sample (&rtt, 100000, 20000);
  g_assert_cmpint (rtt.smoothed_us, ==, 100000);
  g_assert_cmpint (rtt.variation_us, ==, 50000);
  g_assert_cmpint (udpnat_rtt_get_pto (&rtt), ==, 325000);
  g_assert_cmpint (udpnat_rtt_get_loss_delay (&rtt, 9), ==, 112500);
  /* 180 ms less 20 ms of delay; the variation moves first. */
  udpnat_rtt_add_sample (&rtt, 180000, 20000);
  g_assert_cmpint (rtt.variation_us, ==, (3 * 50000 + 60000) / 4);
  g_assert_cmpint (rtt.smoothed_us, ==, (7 * 100000 + 160000) / 8);
  g_assert_cmpint (udpnat_rtt_get_loss_delay (&rtt, 9), ==, 180000 * 9 / 8);
}

static void
rtt_cuts_ack_delay (void)
{
  UdpnatRtt a, b;

  udpnat_rtt_init (&a);
  udpnat_rtt_init (&b);
  udpnat_rtt_add_sample (&a, 100000, 0);
  udpnat_rtt_add_sample (&b, 100000, 0);
  udpnat_rtt_add_sample (&a, 200000, 25000);
  udpnat_rtt_add_sample (&b, 200000, G_MAXUINT32);
  g_assert_cmpint (a.smoothed_us, ==, b.smoothed_us);
  /* Never below what was once measured. */
  udpnat_rtt_init (&a);
  udpnat_rtt_add_sample (&a, 100000, 0);
  udpnat_rtt_add_sample (&a, 110000, 20000);
  g_assert_cmpint (a.smoothed_us, ==, (7 * 100000 + 110000) / 8);
}

static void
rtt_zero_sample_counts (void)
{
  UdpnatRtt rtt;

  udpnat_rtt_init (&rtt);
  udpnat_rtt_add_sample (&rtt, 0, 0);
  g_assert_cmpint (rtt.smoothed_us, ==, 1);
  g_assert_cmpint (udpnat_rtt_get_pto (&rtt), ==, 1 + 1000 + 25000);
  g_assert_cmpint (udpnat_rtt_get_loss_delay (&rtt, 9), ==, 1000);
}

static void
rtt_of_a_sleep_is_ignored (void)
{
  UdpnatRtt rtt;

  udpnat_rtt_init (&rtt);
  udpnat_rtt_add_sample (&rtt, UDPNAT_SEC (4) + 1, 0);
  g_assert_cmpint (rtt.smoothed_us, ==, 0);
  udpnat_rtt_add_sample (&rtt, UDPNAT_SEC (4), 0);
  g_assert_cmpint (rtt.smoothed_us, ==, UDPNAT_SEC (4));
}

/* ---- Loss and probe timeout ---- */

static void
send_packet (UdpnatRecovery *recovery,
             gint64          now_us,
             guint64         number)
{
  udpnat_recovery_handle_sent (recovery, &(UdpnatSentPacket) {
                                 .number = number,
                                 .sent_us = now_us,
                                 .n_bytes = PACKET_BYTES,
                               });
}

static gboolean
ack_range (UdpnatRecovery *recovery,
           gint64          now_us,
           guint64         first,
           guint64         last)
{
  UdpnatAck ack = { .n_ranges = 1, .ranges = { { first, last } } };

  return udpnat_recovery_handle_ack (recovery, now_us, &ack);
}

static void
assert_popped (UdpnatRecovery *recovery,
               gboolean        (*pop) (UdpnatRecovery *, UdpnatSentPacket *),
               const char     *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);
  UdpnatSentPacket packet;

  while (pop (recovery, &packet))
    g_string_append_printf (text, "%d ", (int) packet.number);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
loss_by_packet_threshold (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);

  for (guint64 i = 0; i < 5; i++)
    send_packet (recovery, T0, i);
  g_assert_true (ack_range (recovery, MS (100), 2, 2));
  assert_popped (recovery, udpnat_recovery_pop_acked, "2 ");
  assert_popped (recovery, udpnat_recovery_pop_lost, "");
  g_assert_true (ack_range (recovery, MS (100), 3, 3));
  assert_popped (recovery, udpnat_recovery_pop_acked, "3 ");
  assert_popped (recovery, udpnat_recovery_pop_lost, "0 ");
  g_assert_true (ack_range (recovery, MS (100), 4, 4));
  assert_popped (recovery, udpnat_recovery_pop_acked, "4 ");
  assert_popped (recovery, udpnat_recovery_pop_lost, "1 ");
  g_assert_cmpuint (udpnat_recovery_get_count (recovery), ==, 0);
  g_assert_cmpuint (udpnat_congestion_get_in_flight (udpnat_recovery_get_congestion (recovery)), ==,
                    0);
}

static void
loss_by_time_threshold (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);

  send_packet (recovery, T0, 0);
  send_packet (recovery, MS (10), 1);
  g_assert_true (ack_range (recovery, MS (90), 1, 1)); /* RTT 80 ms: lost 90 ms after sending */
  assert_popped (recovery, udpnat_recovery_pop_acked, "1 ");
  assert_popped (recovery, udpnat_recovery_pop_lost, "0 ");
}

static void
loss_time_is_exact (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);

  send_packet (recovery, T0, 0);
  send_packet (recovery, T0, 1);
  g_assert_true (ack_range (recovery, MS (80), 1, 1));
  assert_popped (recovery, udpnat_recovery_pop_acked, "1 ");
  assert_popped (recovery, udpnat_recovery_pop_lost, "");
  g_assert_cmpint (udpnat_recovery_next_deadline (recovery), ==, MS (90));
  g_assert_false (udpnat_recovery_handle_deadline (recovery, MS (90) - 1));
  assert_popped (recovery, udpnat_recovery_pop_lost, "");
  g_assert_false (udpnat_recovery_handle_deadline (recovery, MS (90)));
  assert_popped (recovery, udpnat_recovery_pop_lost, "0 ");
  g_assert_cmpint (udpnat_recovery_next_deadline (recovery), ==, UDPNAT_TIME_NEVER);
}

static void
pto_doubles_to_its_cap (void)
{
  static const gint64 expected_ms[] = { 325, 650, 1300, 2600, 4000, 4000 };
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);
  gint64 now_us = T0;

  udpnat_rtt_add_sample (udpnat_recovery_get_rtt (recovery), UDPNAT_MSEC (100), 0);
  send_packet (recovery, now_us, 0);
  for (guint i = 0; i < G_N_ELEMENTS (expected_ms); i++)
    {
      gint64 due_us = now_us + UDPNAT_MSEC (expected_ms[i]);

      g_assert_cmpint (udpnat_recovery_next_deadline (recovery), ==, due_us);
      g_assert_false (udpnat_recovery_handle_deadline (recovery, due_us - 1));
      g_assert_true (udpnat_recovery_handle_deadline (recovery, due_us));
      now_us = due_us;
    }
  /* Anything acknowledged starts it anew. */
  send_packet (recovery, now_us, 1);
  g_assert_true (ack_range (recovery, now_us, 0, 0));
  assert_popped (recovery, udpnat_recovery_pop_acked, "0 ");
  g_assert_cmpint (udpnat_recovery_next_deadline (recovery), ==,
                   now_us + udpnat_rtt_get_pto (udpnat_recovery_get_rtt (recovery)));
}

static void
pto_initial_is_1024_ms (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);

  g_assert_cmpint (udpnat_recovery_next_deadline (recovery), ==, UDPNAT_TIME_NEVER);
  send_packet (recovery, T0, 0);
  g_assert_cmpint (udpnat_recovery_next_deadline (recovery), ==, MS (1024));
  send_packet (recovery, MS (500), 1);
  g_assert_cmpint (udpnat_recovery_next_deadline (recovery), ==, MS (1524));
}

static void
pto_of_a_slow_path_is_capped (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);

  udpnat_rtt_add_sample (udpnat_recovery_get_rtt (recovery), UDPNAT_SEC (3), 0);
  send_packet (recovery, T0, 0);
  g_assert_cmpint (udpnat_recovery_next_deadline (recovery), ==, T0 + UDPNAT_SEC (4));
}

static void
record_is_bounded (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);
  guint64 number = 0;

  while (!udpnat_recovery_is_full (recovery))
    send_packet (recovery, T0, number++);
  /* A peer that never answers: two probes for each timeout, for a day. */
  for (guint i = 0; i < 20000; i++)
    {
      gint64           now_us = udpnat_recovery_next_deadline (recovery);
      UdpnatSentPacket packet;

      g_assert_true (udpnat_recovery_handle_deadline (recovery, now_us));
      while (udpnat_recovery_pop_lost (recovery, &packet))
        ;
      send_packet (recovery, now_us, number++);
      send_packet (recovery, now_us, number++);
      g_assert_cmpuint (udpnat_recovery_get_count (recovery), <=, UDPNAT_SENT_PACKETS_MAX);
    }
}

static void
unknown_numbers_are_harmless (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);

  g_assert_false (ack_range (recovery, T0, 0, 0));
  send_packet (recovery, T0, 5);
  g_assert_false (ack_range (recovery, T0, 0, 4));
  g_assert_false (ack_range (recovery, T0, 6, 6));
  g_assert_true (ack_range (recovery, T0, 0, 6));
  assert_popped (recovery, udpnat_recovery_pop_acked, "5 ");
  g_assert_false (ack_range (recovery, T0, 0, 6));
}

static void
several_ranges (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);
  UdpnatAck ack = { .n_ranges = 3, .ranges = { { 9, 9 }, { 5, 6 }, { 0, 2 } } };

  for (guint64 i = 0; i < 10; i++)
    send_packet (recovery, T0, i);
  g_assert_true (udpnat_recovery_handle_ack (recovery, MS (50), &ack));
  assert_popped (recovery, udpnat_recovery_pop_acked, "0 1 2 5 6 9 ");
  assert_popped (recovery, udpnat_recovery_pop_lost, "3 4 ");
  g_assert_cmpuint (udpnat_recovery_get_count (recovery), ==, 2);
}

static void
reset_path_forgets_the_old (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);
  const UdpnatCongestion *congestion = udpnat_recovery_get_congestion (recovery);

  for (guint64 i = 0; i < 6; i++)
    send_packet (recovery, T0, i);
  udpnat_recovery_reset_path (recovery, UDPNAT_MSEC (10), PACKET_BYTES);
  g_assert_cmpuint (udpnat_congestion_get_in_flight (congestion), ==, 0);
  g_assert_cmpuint (udpnat_recovery_get_count (recovery), ==, 6);
  g_assert_true (ack_range (recovery, MS (900), 5, 5));
  assert_popped (recovery, udpnat_recovery_pop_acked, "5 ");
  assert_popped (recovery, udpnat_recovery_pop_lost, "0 1 2 3 4 ");
  g_assert_cmpint (udpnat_recovery_get_rtt (recovery)->smoothed_us, ==, UDPNAT_MSEC (10));
  g_assert_cmpuint (udpnat_congestion_get_window (congestion), ==, 12000);
}

/* ---- Late, not lost ---- */

/* Number 0 counts as lost, and is acknowledged behind @n_later others. */
static void
let_one_be_late (UdpnatRecovery *recovery,
                 guint64         first,
                 guint64         n_later)
{
  UdpnatSentPacket packet;

  for (guint64 i = 0; i <= n_later; i++)
    send_packet (recovery, T0, first + i);
  g_assert_true (ack_range (recovery, MS (50), first + 1, first + n_later));
  while (udpnat_recovery_pop_acked (recovery, &packet))
    ;
  assert_popped (recovery, udpnat_recovery_pop_lost, first == 0 ? "0 " : "");
  ack_range (recovery, MS (51), first, first);
  while (udpnat_recovery_pop_acked (recovery, &packet))
    ;
}

static void
late_gives_the_window_back (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);
  const UdpnatCongestion *congestion = udpnat_recovery_get_congestion (recovery);
  UdpnatSentPacket packet;

  for (guint64 i = 0; i < 9; i++)
    send_packet (recovery, T0, i);
  g_assert_true (ack_range (recovery, MS (50), 1, 5));
  g_assert_cmpuint (udpnat_congestion_get_window (congestion), <, 12000);
  while (udpnat_recovery_pop_acked (recovery, &packet) ||
         udpnat_recovery_pop_lost (recovery, &packet))
    ;
  g_assert_false (ack_range (recovery, MS (51), 0, 0));
  g_assert_cmpuint (udpnat_congestion_get_window (congestion), >=, 12000);
  /* Once only. */
  g_assert_true (ack_range (recovery, MS (52), 0, 6));
  g_assert_cmpuint (udpnat_congestion_get_in_flight (congestion), ==, 2 * PACKET_BYTES);
}

static void
late_teaches_patience (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);

  let_one_be_late (recovery, 0, 6);
  let_one_be_late (recovery, 7, 6); /* as late as before: not lost */
  udpnat_recovery_reset_path (recovery, 0, PACKET_BYTES);
  for (guint64 i = 20; i < 24; i++)
    send_packet (recovery, T0, i);
  g_assert_true (ack_range (recovery, MS (60), 21, 23));
  assert_popped (recovery, udpnat_recovery_pop_acked, "21 22 23 ");
  assert_popped (recovery, udpnat_recovery_pop_lost, "20 ");
}

static void
late_by_time_teaches_patience (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);

  send_packet (recovery, T0, 0);
  send_packet (recovery, T0, 1);
  g_assert_true (ack_range (recovery, MS (80), 1, 1));
  assert_popped (recovery, udpnat_recovery_pop_acked, "1 ");
  g_assert_cmpint (udpnat_recovery_get_loss_delay (recovery), ==, UDPNAT_MSEC (90));
  g_assert_false (udpnat_recovery_handle_deadline (recovery, MS (90)));
  assert_popped (recovery, udpnat_recovery_pop_lost, "0 ");
  g_assert_false (ack_range (recovery, MS (95), 0, 0));
  g_assert_cmpint (udpnat_recovery_get_loss_delay (recovery), ==, UDPNAT_MSEC (100));
  g_assert_false (ack_range (recovery, MS (95), 0, 0));
  g_assert_cmpint (udpnat_recovery_get_loss_delay (recovery), ==, UDPNAT_MSEC (100));
}

/* What is beyond the receiver's window can only be lost; of a peer that says otherwise nothing is
 * kept. */
static void
late_is_forgotten (void)
{
  g_autoptr (UdpnatRecovery) recovery = udpnat_recovery_new (PACKET_BYTES);
  const UdpnatCongestion *congestion = udpnat_recovery_get_congestion (recovery);
  UdpnatSentPacket packet;
  gsize n_window;

  for (guint64 i = 0; i < 2 + UDPNAT_REPLAY_WINDOW_PACKETS; i++)
    send_packet (recovery, T0, i);
  g_assert_true (ack_range (recovery, MS (50), 1, 1 + UDPNAT_REPLAY_WINDOW_PACKETS));
  while (udpnat_recovery_pop_acked (recovery, &packet) ||
         udpnat_recovery_pop_lost (recovery, &packet))
    ;
  n_window = udpnat_congestion_get_window (congestion);
  g_assert_false (ack_range (recovery, MS (51), 0, 0));
  g_assert_cmpuint (udpnat_congestion_get_window (congestion), ==, n_window);
}

/* ---- Making ACKs ---- */

/* As long as the run lasts every 32nd, or a sixteenth of the round trip. */
static void
ack_of_a_long_run_waits (void)
{
  UdpnatAckTracker acks;
  guint n_acks = 0;
  guint64 number = 0;

  udpnat_ack_tracker_init (&acks);
  for (; number < 2000; number++)
    {
      udpnat_ack_tracker_handle_packet (&acks, T0 + (gint64) number * 100, UDPNAT_MSEC (40), number,
                                        TRUE);
      if (!acks.is_due)
        continue;
      n_acks++;
      udpnat_ack_tracker_handle_sent (&acks);
    }
  g_assert_cmpuint (n_acks, >, 60 + 1870 / 32 - 2);
  g_assert_cmpuint (n_acks, <, 70 + 1870 / 32 + 2);
  udpnat_ack_tracker_handle_packet (&acks, MS (300), UDPNAT_MSEC (40), number++, TRUE);
  udpnat_ack_tracker_handle_sent (&acks);
  for (guint i = 0; i < 128; i++)
    udpnat_ack_tracker_handle_packet (&acks, MS (301), UDPNAT_MSEC (40), number++, TRUE);
  udpnat_ack_tracker_handle_sent (&acks);
  udpnat_ack_tracker_handle_packet (&acks, MS (302), UDPNAT_MSEC (40), number++, TRUE);
  g_assert_false (acks.is_due);
  g_assert_cmpint (acks.deadline_us, ==, MS (302) + 2500);
  /* Something is missing: at once, and so are those that follow. */
  number++;
  for (guint i = 0; i < 32; i++)
    {
      udpnat_ack_tracker_handle_packet (&acks, MS (303), UDPNAT_MSEC (40), number++, TRUE);
      g_assert_true (acks.is_due);
      udpnat_ack_tracker_handle_sent (&acks);
    }
  udpnat_ack_tracker_handle_packet (&acks, MS (304), UDPNAT_MSEC (40), number++, TRUE);
  g_assert_cmpint (acks.deadline_us, ==, MS (304) + UDPNAT_ACK_DELAY_MAX_US);
  udpnat_ack_tracker_handle_packet (&acks, MS (304), UDPNAT_MSEC (40), number++, TRUE);
  g_assert_true (acks.is_due);
}

static void
ack_waits_25_ms (void)
{
  UdpnatAckTracker acks;

  udpnat_ack_tracker_init (&acks);
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, 0, TRUE);
  g_assert_false (acks.is_due);
  g_assert_cmpint (acks.deadline_us, ==, MS (25));
  udpnat_ack_tracker_handle_deadline (&acks, MS (25) - 1);
  g_assert_false (acks.is_due);
  udpnat_ack_tracker_handle_deadline (&acks, MS (25));
  g_assert_true (acks.is_due);
  g_assert_cmpint (acks.deadline_us, ==, UDPNAT_TIME_NEVER);
}

static void
ack_every_second_at_once (void)
{
  UdpnatAckTracker acks;

  udpnat_ack_tracker_init (&acks);
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, 0, TRUE);
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, 1, FALSE);
  g_assert_false (acks.is_due);
  udpnat_ack_tracker_handle_packet (&acks, MS (1), 0, 2, TRUE);
  g_assert_true (acks.is_due);
  udpnat_ack_tracker_handle_sent (&acks);
  g_assert_false (udpnat_ack_tracker_has_news (&acks));
  udpnat_ack_tracker_handle_packet (&acks, MS (2), 0, 3, FALSE);
  g_assert_false (udpnat_ack_tracker_has_news (&acks));
  g_assert_cmpint (acks.deadline_us, ==, UDPNAT_TIME_NEVER);
}

static void
ack_disorder_at_once (void)
{
  UdpnatAckTracker acks;

  udpnat_ack_tracker_init (&acks);
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, 0, TRUE);
  udpnat_ack_tracker_handle_sent (&acks);
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, 2, TRUE); /* a gap */
  g_assert_true (acks.is_due);
  udpnat_ack_tracker_handle_sent (&acks);
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, 1, TRUE); /* from below */
  g_assert_true (acks.is_due);
  udpnat_ack_tracker_handle_sent (&acks);
  for (guint64 number = 3; number < 34; number++) /* and those that follow */
    {
      udpnat_ack_tracker_handle_packet (&acks, T0, 0, number, TRUE);
      g_assert_true (acks.is_due);
      udpnat_ack_tracker_handle_sent (&acks);
    }
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, 34, TRUE);
  g_assert_false (acks.is_due);
}

static void
ack_ranges_equal_a_plain_set (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (guint round = 0; round < 100; round++)
    {
      UdpnatAckTracker acks;
      UdpnatAck        ack;
      gboolean         seen[64] = { FALSE };

      udpnat_ack_tracker_init (&acks);
      for (guint step = 0; step < 50; step++)
        {
          guint number = g_rand_int_range (rand, 0, 64);
          guint range = 0;

          if (seen[number])
            continue;
          seen[number] = TRUE;
          udpnat_ack_tracker_handle_packet (&acks, T0, 0, number, TRUE);
          udpnat_ack_tracker_get_ack (&acks, MS (3), &ack);
          for (int i = 63; i >= 0; i--)
            {
              if (seen[i] && (i == 63 || !seen[i + 1]))
                g_assert_cmpuint (ack.ranges[range].last, ==, (guint) i);
              if (seen[i] && (i == 0 || !seen[i - 1]))
                g_assert_cmpuint (ack.ranges[range++].first, ==, (guint) i);
            }
          g_assert_cmpuint (ack.n_ranges, ==, range);
          g_assert_cmpuint (ack.delay_us, ==, 3000);
        }
    }
}

static void
ack_keeps_the_newest_ranges (void)
{
  UdpnatAckTracker acks;

  udpnat_ack_tracker_init (&acks);
  for (guint64 i = 0; i < 100; i++)
    udpnat_ack_tracker_handle_packet (&acks, T0, 0, 2 * i, TRUE);
  g_assert_cmpuint (acks.n_ranges, ==, UDPNAT_ACK_MAX_RANGES);
  g_assert_cmpuint (acks.ranges[0].last, ==, 198);
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, 1, TRUE); /* older than all that is kept */
  g_assert_cmpuint (acks.n_ranges, ==, UDPNAT_ACK_MAX_RANGES);
  udpnat_ack_tracker_handle_packet (&acks, T0, 0, G_MAXUINT64, TRUE);
  g_assert_cmpuint (acks.ranges[0].last, ==, G_MAXUINT64);
  udpnat_ack_tracker_forget (&acks, G_MAXUINT64);
  g_assert_cmpuint (acks.n_ranges, ==, 1);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/transport-recovery/rtt/follows-rfc-9002", rtt_follows_rfc);
  g_test_add_func ("/transport-recovery/rtt/ack-delay-is-cut", rtt_cuts_ack_delay);
  g_test_add_func ("/transport-recovery/rtt/zero-sample-counts", rtt_zero_sample_counts);
  g_test_add_func ("/transport-recovery/rtt/sleep-is-ignored", rtt_of_a_sleep_is_ignored);
  g_test_add_func ("/transport-recovery/loss/by-packet-threshold", loss_by_packet_threshold);
  g_test_add_func ("/transport-recovery/loss/by-time-threshold", loss_by_time_threshold);
  g_test_add_func ("/transport-recovery/loss/time-is-exact", loss_time_is_exact);
  g_test_add_func ("/transport-recovery/pto/initial-is-1024-ms", pto_initial_is_1024_ms);
  g_test_add_func ("/transport-recovery/pto/doubles-to-its-cap", pto_doubles_to_its_cap);
  g_test_add_func ("/transport-recovery/pto/slow-path-is-capped", pto_of_a_slow_path_is_capped);
  g_test_add_func ("/transport-recovery/record/is-bounded", record_is_bounded);
  g_test_add_func ("/transport-recovery/late/gives-the-window-back", late_gives_the_window_back);
  g_test_add_func ("/transport-recovery/late/teaches-patience", late_teaches_patience);
  g_test_add_func ("/transport-recovery/late/by-time-teaches-patience",
                   late_by_time_teaches_patience);
  g_test_add_func ("/transport-recovery/late/is-forgotten", late_is_forgotten);
  g_test_add_func ("/transport-recovery/acks/of-a-long-run-wait", ack_of_a_long_run_waits);
  g_test_add_func ("/transport-recovery/ack/unknown-numbers-are-harmless",
                   unknown_numbers_are_harmless);
  g_test_add_func ("/transport-recovery/ack/several-ranges", several_ranges);
  g_test_add_func ("/transport-recovery/path/reset-forgets-the-old", reset_path_forgets_the_old);
  g_test_add_func ("/transport-recovery/ack/waits-25-ms", ack_waits_25_ms);
  g_test_add_func ("/transport-recovery/ack/every-second-at-once", ack_every_second_at_once);
  g_test_add_func ("/transport-recovery/ack/disorder-at-once", ack_disorder_at_once);
  g_test_add_func ("/transport-recovery/ack/ranges-equal-a-plain-set",
                   ack_ranges_equal_a_plain_set);
  g_test_add_func ("/transport-recovery/ack/keeps-the-newest-ranges", ack_keeps_the_newest_ranges);
  return g_test_run ();
}
