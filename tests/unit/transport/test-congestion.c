#include "config.h"

#include "udpnat-congestion.h"
#include "udpnat-limits.h"
#include "udpnat-pacer.h"

#include <math.h>

/* CUBIC and HyStart++ at literal times, and behind a model of a line: one queue, a rate, a delay.
 * The pacer, since it is given the rate. */

#define T0 UDPNAT_SEC (1000)
#define MS(n) (T0 + UDPNAT_MSEC (n))
#define PACKET_BYTES 1200

static gsize
get_window (const UdpnatCongestion *congestion)
{
  return udpnat_congestion_get_window (congestion);
}

static void
send_packets (UdpnatCongestion *congestion,
              gint64            now_us,
              guint             n)
{
  for (guint i = 0; i < n; i++)
    udpnat_congestion_handle_sent (congestion, now_us, PACKET_BYTES);
}

static void
take_ack (UdpnatCongestion *congestion,
          gint64            now_us,
          gint64            rtt_us)
{
  udpnat_congestion_begin_ack (congestion, now_us);
  udpnat_congestion_handle_rtt (congestion, now_us - rtt_us, rtt_us);
  udpnat_congestion_handle_acked (congestion, now_us - rtt_us, rtt_us, PACKET_BYTES);
}

/* ---- Word by word ---- */

static void
window_grows_and_shrinks (void)
{
  g_autoptr (UdpnatCongestion) congestion = udpnat_congestion_new (PACKET_BYTES);

  g_assert_cmpuint (get_window (congestion), ==, 12000);
  send_packets (congestion, T0, 10);
  g_assert_cmpuint (udpnat_congestion_get_room (congestion), ==, 0);
  take_ack (congestion, MS (1), UDPNAT_MSEC (1));
  g_assert_cmpuint (get_window (congestion), ==, 13200);
  g_assert_true (udpnat_congestion_is_slow_start (congestion));
  take_ack (congestion, MS (9), UDPNAT_MSEC (9)); /* a queue */
  g_assert_cmpuint (get_window (congestion), ==, 14400);
  udpnat_congestion_handle_lost (congestion, MS (10), T0, PACKET_BYTES);
  g_assert_cmpuint (get_window (congestion), ==, 10080);
  g_assert_false (udpnat_congestion_is_slow_start (congestion));
  /* The same loss event: not again, and no growth from what was sent before it. */
  udpnat_congestion_handle_lost (congestion, MS (11), MS (10), PACKET_BYTES);
  take_ack (congestion, MS (12), UDPNAT_MSEC (9));
  g_assert_cmpuint (get_window (congestion), ==, 10080);
  udpnat_congestion_handle_lost (congestion, MS (30), MS (10) + 1, PACKET_BYTES);
  g_assert_cmpuint (get_window (congestion), ==, 7056);
  for (guint i = 0; i < 4; i++)
    udpnat_congestion_handle_lost (congestion, MS (60 + 20 * i), MS (50 + 20 * i), PACKET_BYTES);
  g_assert_cmpuint (get_window (congestion), ==, 2400);
}

/* Fewer than three packets wait on the way, of ten: 100 ms and less than 143. */
static void
random_loss_counts_less (void)
{
  static const struct
  {
    guint rtt_ms;
    gsize n_window;
  } cases[] = { { 100, 9600 }, { 142, 9600 }, { 143, 8400 }, { 200, 8400 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UdpnatCongestion) congestion = udpnat_congestion_new (PACKET_BYTES);

      send_packets (congestion, T0, 3); /* not used, so it stays */
      take_ack (congestion, MS (100), UDPNAT_MSEC (100));
      take_ack (congestion, MS (300), UDPNAT_MSEC (cases[i].rtt_ms));
      udpnat_congestion_handle_lost (congestion, MS (400), T0, PACKET_BYTES);
      g_assert_cmpuint (get_window (congestion), ==, cases[i].n_window);
    }
}

/* What is left is what 100 ms hold without a queue, and not less than half; a queue that is not
 * there in all of a round does not count. */
static void
queue_is_emptied (void)
{
  static const struct
  {
    guint rtt_ms;
    guint other_ms; /* once in each round */
    gsize n_window;
  } cases[] = { { 144, 144, 8333 }, { 160, 160, 7500 }, { 200, 200, 6000 }, { 400, 400, 6000 },
                { 400, 100, 8400 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UdpnatCongestion) congestion = udpnat_congestion_new (PACKET_BYTES);

      send_packets (congestion, T0, 2); /* not used, so it stays */
      take_ack (congestion, MS (100), UDPNAT_MSEC (100));
      for (guint round = 1; round < 4; round++)
        for (guint j = 0; j < 3; j++)
          {
            send_packets (congestion, MS (1000 * round), 1);
            take_ack (congestion, MS (1000 * round + j),
                      UDPNAT_MSEC (j == 1 ? cases[i].other_ms : cases[i].rtt_ms));
          }
      g_assert_cmpuint (get_window (congestion), ==, 12000);
      udpnat_congestion_handle_lost (congestion, MS (4000), T0, PACKET_BYTES);
      g_assert_cmpuint (get_window (congestion), ==, cases[i].n_window);
    }
}

static void
unused_window_stays (void)
{
  g_autoptr (UdpnatCongestion) congestion = udpnat_congestion_new (PACKET_BYTES);

  for (guint i = 0; i < 100; i++)
    {
      send_packets (congestion, MS (i), 1);
      take_ack (congestion, MS (i), UDPNAT_MSEC (1));
    }
  g_assert_cmpuint (get_window (congestion), ==, 12000);
  /* Unless it was the pacer that left room in it. */
  udpnat_congestion_set_waiting (congestion, TRUE);
  send_packets (congestion, MS (100), 1);
  take_ack (congestion, MS (100), UDPNAT_MSEC (1));
  g_assert_cmpuint (get_window (congestion), ==, 13200);
}

/* In avoidance, full all the time, one ACK for each packet: seconds after a loss. */
static void
run_full (UdpnatCongestion *congestion,
          gint64            from_us,
          gint64            to_us,
          gint64            rtt_us)
{
  gint64 now_us = from_us;

  udpnat_congestion_set_waiting (congestion, TRUE);
  while (now_us < to_us)
    {
      send_packets (congestion, now_us, 1);
      now_us += MAX (1, rtt_us * PACKET_BYTES / (gint64) get_window (congestion));
      take_ack (congestion, now_us, rtt_us);
    }
}

/* A window of so many packets, and the loss of one. */
static UdpnatCongestion *
make_after_loss (guint n_packets)
{
  UdpnatCongestion *congestion = udpnat_congestion_new (PACKET_BYTES);

  udpnat_congestion_set_waiting (congestion, TRUE);
  for (guint i = 0; i < n_packets - 10; i++)
    {
      send_packets (congestion, T0 - UDPNAT_SEC (1), 1);
      udpnat_congestion_begin_ack (congestion, T0 - UDPNAT_MSEC (500));
      udpnat_congestion_handle_acked (congestion, T0 - UDPNAT_SEC (1), UDPNAT_MSEC (500),
                                      PACKET_BYTES);
    }
  g_assert_cmpuint (get_window (congestion), ==, n_packets * PACKET_BYTES);
  send_packets (congestion, T0 - UDPNAT_MSEC (200), 1);
  udpnat_congestion_handle_lost (congestion, T0, T0 - UDPNAT_MSEC (200), PACKET_BYTES);
  return congestion;
}

/* RFC 9438 section 4.2 with C = 0.4: K = cbrt (1000 * 0.3 / 0.4) = 9.086 s. */
static void
growth_follows_the_cube (void)
{
  g_autoptr (UdpnatCongestion) congestion = make_after_loss (1000);
  double k = cbrt (300 / 0.4);

  for (guint second = 1; second < 16; second++)
    {
      double expected;

      run_full (congestion, T0 + UDPNAT_SEC (second - 1) + 1, T0 + UDPNAT_SEC (second),
                UDPNAT_MSEC (100));
      expected = 0.4 * pow (second - k, 3) + 1000;
      g_assert_cmpfloat_with_epsilon (get_window (congestion) / 1200.0, expected, expected * 0.02);
    }
}

/* RFC 9438 section 4.3: on short lines Reno is faster, and CUBIC as fast as that: 9/17 packets in
 * each round trip until it is where it was, then one. */
static void
growth_is_not_below_reno (void)
{
  g_autoptr (UdpnatCongestion) congestion = make_after_loss (100);

  run_full (congestion, T0 + 1, T0 + UDPNAT_MSEC (200), UDPNAT_MSEC (5));
  g_assert_cmpfloat_with_epsilon (get_window (congestion) / 1200.0, 70 + 40 * 9 / 17.0, 1.5);
  run_full (congestion, T0 + UDPNAT_MSEC (200), T0 + UDPNAT_MSEC (400), UDPNAT_MSEC (5));
  g_assert_cmpfloat_with_epsilon (get_window (congestion) / 1200.0, 100 + 80 - 30 * 17 / 9.0, 1.5);
}

/* Section 4.7: lost again before it was back, so others want room; W_max is 0.85 of the window. */
static void
second_loss_makes_room (void)
{
  g_autoptr (UdpnatCongestion) congestion = make_after_loss (1000);
  double k = cbrt (700 * (0.85 - 0.7) / 0.4);

  send_packets (congestion, MS (1), 1);
  udpnat_congestion_handle_lost (congestion, MS (100), MS (1), PACKET_BYTES);
  g_assert_cmpuint (get_window (congestion), ==, 490 * PACKET_BYTES);
  run_full (congestion, MS (100) + 1, MS (100) + (gint64) (k * 1e6), UDPNAT_MSEC (100));
  g_assert_cmpfloat_with_epsilon (get_window (congestion) / 1200.0, 700 * 0.85, 700 * 0.01);
}

/* Section 5.8 */
static void
idle_time_does_not_count (void)
{
  g_autoptr (UdpnatCongestion) congestion = make_after_loss (1000);
  g_autoptr (UdpnatCongestion) twin = make_after_loss (1000);

  run_full (congestion, T0 + 1, T0 + UDPNAT_SEC (3), UDPNAT_MSEC (100));
  run_full (twin, T0 + 1, T0 + UDPNAT_SEC (6), UDPNAT_MSEC (100));
  udpnat_congestion_set_waiting (congestion, FALSE);
  for (guint i = 0; i < 100; i++) /* a word now and then, for a minute */
    {
      gint64 now_us = T0 + UDPNAT_SEC (4) + UDPNAT_MSEC (600) * i;

      send_packets (congestion, now_us, 1);
      take_ack (congestion, now_us + UDPNAT_MSEC (100), UDPNAT_MSEC (100));
    }
  run_full (congestion, T0 + UDPNAT_SEC (70), T0 + UDPNAT_SEC (73), UDPNAT_MSEC (100));
  g_assert_cmpfloat_with_epsilon (get_window (congestion), get_window (twin),
                                  get_window (twin) * 0.02);
}

static void
undo_restores (void)
{
  g_autoptr (UdpnatCongestion) congestion = udpnat_congestion_new (PACKET_BYTES);

  send_packets (congestion, T0, 10);
  udpnat_congestion_handle_lost (congestion, MS (50), T0, PACKET_BYTES);
  udpnat_congestion_handle_lost (congestion, MS (51), T0 + 1, PACKET_BYTES);
  g_assert_cmpuint (get_window (congestion), ==, 8400);
  udpnat_congestion_undo_lost (congestion, T0);
  g_assert_cmpuint (get_window (congestion), ==, 8400); /* the other one may be a true one */
  udpnat_congestion_undo_lost (congestion, MS (60)); /* of no loss that was answered */
  g_assert_cmpuint (get_window (congestion), ==, 8400);
  udpnat_congestion_undo_lost (congestion, T0 + 1);
  g_assert_cmpuint (get_window (congestion), ==, 12000);
  g_assert_true (udpnat_congestion_is_slow_start (congestion));
  udpnat_congestion_undo_lost (congestion, T0 + 1);
  g_assert_cmpuint (get_window (congestion), ==, 12000);
  /* Only the last one. */
  udpnat_congestion_handle_lost (congestion, MS (70), MS (60), PACKET_BYTES);
  udpnat_congestion_handle_lost (congestion, MS (90), MS (80), PACKET_BYTES);
  udpnat_congestion_undo_lost (congestion, MS (60));
  g_assert_cmpuint (get_window (congestion), ==, 5880);
}

/* RFC 9406: eight samples of a round, 4 ms above those of the round before. */
static void
slow_start_is_cautious (void)
{
  static const struct
  {
    guint n_samples;
    guint rtt_ms;
    gboolean is_slower;
  } cases[] = { { 8, 34, TRUE }, { 7, 34, FALSE }, { 8, 33, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UdpnatCongestion) congestion = udpnat_congestion_new (PACKET_BYTES);
      gsize n_before;

      udpnat_congestion_set_waiting (congestion, TRUE);
      send_packets (congestion, T0, 40);
      for (guint j = 0; j < 8; j++)
        take_ack (congestion, MS (30), UDPNAT_MSEC (30));
      for (guint j = 0; j < cases[i].n_samples; j++)
        {
          udpnat_congestion_begin_ack (congestion, MS (70));
          udpnat_congestion_handle_rtt (congestion, MS (70 - cases[i].rtt_ms),
                                        UDPNAT_MSEC (cases[i].rtt_ms));
        }
      n_before = get_window (congestion);
      udpnat_congestion_handle_acked (congestion, MS (40), UDPNAT_MSEC (30), PACKET_BYTES);
      g_assert_cmpuint (get_window (congestion) - n_before, ==,
                        cases[i].is_slower ? PACKET_BYTES / 4 : PACKET_BYTES);
    }
}

/* ---- Behind a line ---- */

#define LINE_RATE 12500000.0 /* bytes per second: 100 Mbit/s */
#define LINE_DELAY_US UDPNAT_MSEC (50)
#define LINE_QUEUE_BYTES 1250000.0 /* what fits into the round trip */

typedef struct
{
  gint64 sent_us;
  gint64 known_us; /* when the sender hears of it */
  gboolean is_lost;
} Packet;

typedef struct
{
  UdpnatCongestion *congestion;
  GQueue packets;
  gint64 starts_us;
  guint64 n_arrived;
  guint64 n_lost;
} Flow;

typedef struct
{
  double free_us; /* when the line has sent what it has */
  gint64 now_us;
  GRand *rand;
  double n_queue_max; /* bytes */
} Line;

static void
send_one (Line *line,
          Flow *flow)
{
  Packet *packet = g_new (Packet, 1), *last = g_queue_peek_tail (&flow->packets);
  double start_us = MAX (line->free_us, line->now_us);
  double n_queued = (start_us - line->now_us) * LINE_RATE / 1e6;

  packet->sent_us = line->now_us;
  /* Other traffic comes and goes, or two flows without a pacer might miss each other for ever. */
  packet->is_lost = n_queued > line->n_queue_max * (1 - g_rand_double (line->rand) * 0.05);
  if (!packet->is_lost)
    line->free_us = start_us + PACKET_BYTES / LINE_RATE * 1e6;
  packet->known_us = (gint64) MAX (start_us, line->free_us) + 2 * LINE_DELAY_US;
  if (last != NULL)
    packet->known_us = MAX (packet->known_us, last->known_us);
  g_queue_push_tail (&flow->packets, packet);
  udpnat_congestion_handle_sent (flow->congestion, line->now_us, PACKET_BYTES);
}

static void
hear_of_one (Line *line,
             Flow *flow)
{
  g_autofree Packet *packet = g_queue_pop_head (&flow->packets);
  gint64 rtt_us = packet->known_us - packet->sent_us;

  line->now_us = packet->known_us;
  udpnat_congestion_begin_ack (flow->congestion, line->now_us);
  if (packet->is_lost)
    {
      flow->n_lost++;
      udpnat_congestion_handle_lost (flow->congestion, line->now_us, packet->sent_us,
                                     PACKET_BYTES);
      return;
    }
  flow->n_arrived++;
  udpnat_congestion_handle_rtt (flow->congestion, packet->sent_us, rtt_us);
  udpnat_congestion_handle_acked (flow->congestion, packet->sent_us, rtt_us, PACKET_BYTES);
}

static void
run_line (Line  *line,
          Flow  *flows,
          guint  n_flows,
          gint64 until_us)
{
  while (line->now_us < until_us)
    {
      Flow *next = NULL;

      for (guint i = 0; i < n_flows; i++)
        if (flows[i].starts_us <= line->now_us)
          while (udpnat_congestion_get_room (flows[i].congestion) >= PACKET_BYTES)
            send_one (line, &flows[i]);
      for (guint i = 0; i < n_flows; i++)
        if (flows[i].packets.length > 0
            && (next == NULL || ((Packet *) flows[i].packets.head->data)->known_us <
                                ((Packet *) next->packets.head->data)->known_us))
          next = &flows[i];
      hear_of_one (line, next);
    }
}

static void
start_flow (Flow  *flow,
            gint64 starts_us)
{
  *flow = (Flow) { .congestion = udpnat_congestion_new (PACKET_BYTES), .starts_us = starts_us };
  g_queue_init (&flow->packets);
}

static void
stop_flow (Flow *flow)
{
  g_queue_clear_full (&flow->packets, g_free);
  udpnat_congestion_free (flow->congestion);
}

static void
line_is_filled (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  Line line = { .now_us = T0, .rand = rand, .n_queue_max = LINE_QUEUE_BYTES };
  Flow flow;
  double share;

  start_flow (&flow, T0);
  run_line (&line, &flow, 1, T0 + UDPNAT_SEC (3));
  flow.n_arrived = 0;
  run_line (&line, &flow, 1, T0 + UDPNAT_SEC (33));
  share = flow.n_arrived * PACKET_BYTES / (30 * LINE_RATE);
  g_test_message ("%.3f of the line, %d lost", share, (int) flow.n_lost);
  g_assert_cmpfloat (share, >, 0.97);
  stop_flow (&flow);
}

/* A router with far too much memory: slow start sees the queue and ends before all of it is full,
 * which would take seconds. */
static void
deep_queue_ends_slow_start (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  Line line = { .now_us = T0, .rand = rand, .n_queue_max = 20 * LINE_QUEUE_BYTES };
  Flow flow;

  start_flow (&flow, T0);
  run_line (&line, &flow, 1, T0 + UDPNAT_SEC (10));
  g_test_message ("window %d packets", (int) (get_window (flow.congestion) / PACKET_BYTES));
  g_assert_cmpuint (flow.n_lost, ==, 0);
  g_assert_false (udpnat_congestion_is_slow_start (flow.congestion));
  stop_flow (&flow);
}

/* In the second minute. */
static void
two_share_fairly (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  Line line = { .now_us = T0, .rand = rand, .n_queue_max = LINE_QUEUE_BYTES };
  Flow flows[2];
  double ratio;

  start_flow (&flows[0], T0);
  start_flow (&flows[1], T0 + UDPNAT_SEC (1));
  run_line (&line, flows, 2, T0 + UDPNAT_SEC (60));
  flows[0].n_arrived = flows[1].n_arrived = 0;
  run_line (&line, flows, 2, T0 + UDPNAT_SEC (120));
  ratio = (double) flows[0].n_arrived / flows[1].n_arrived;
  g_test_message ("%.3f, together %.3f of the line", ratio,
                  (flows[0].n_arrived + flows[1].n_arrived) * PACKET_BYTES / (60 * LINE_RATE));
  g_assert_cmpfloat (ratio, >, 0.8);
  g_assert_cmpfloat (ratio, <, 1.25);
  for (guint i = 0; i < 2; i++)
    stop_flow (&flows[i]);
}

/* ---- Pacer ---- */

static void
pacer_spreads (void)
{
  UdpnatPacer pacer;
  gint64 now_us = T0;
  guint64 n_sent = 0;

  udpnat_pacer_init (&pacer);
  while (now_us < T0 + UDPNAT_SEC (1))
    {
      gint64 time_us = udpnat_pacer_get_time (&pacer, now_us, 1e6);

      g_assert_cmpint (time_us, >=, now_us);
      if (time_us > now_us)
        {
          now_us = time_us;
          g_assert_cmpint (udpnat_pacer_get_time (&pacer, now_us, 1e6), ==, now_us);
        }
      udpnat_pacer_handle_sent (&pacer, now_us, 1e6, PACKET_BYTES);
      n_sent += PACKET_BYTES;
    }
  /* A megabyte, and what may go at once: ten packets and 4 ms. */
  g_assert_cmpuint (n_sent, >=, 1000000);
  g_assert_cmpuint (n_sent, <=, 1000000 + 12000 + 4000 + 2 * PACKET_BYTES);
}

static void
pacer_does_not_save_up (void)
{
  UdpnatPacer pacer;
  guint n = 0;

  udpnat_pacer_init (&pacer);
  udpnat_pacer_handle_sent (&pacer, T0, 1e6, PACKET_BYTES);
  while (udpnat_pacer_get_time (&pacer, T0 + UDPNAT_SEC (60), 1e6) == T0 + UDPNAT_SEC (60))
    {
      udpnat_pacer_handle_sent (&pacer, T0 + UDPNAT_SEC (60), 1e6, PACKET_BYTES);
      n++;
    }
  g_assert_cmpuint (n, ==, 14); /* 16,000 bytes, and what begins within them */
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/transport-congestion/window/grows-and-shrinks", window_grows_and_shrinks);
  g_test_add_func ("/transport-congestion/window/random-loss-counts-less",
                   random_loss_counts_less);
  g_test_add_func ("/transport-congestion/window/queue-is-emptied", queue_is_emptied);
  g_test_add_func ("/transport-congestion/window/unused-stays", unused_window_stays);
  g_test_add_func ("/transport-congestion/cubic/follows-the-cube", growth_follows_the_cube);
  g_test_add_func ("/transport-congestion/cubic/not-below-reno", growth_is_not_below_reno);
  g_test_add_func ("/transport-congestion/cubic/second-loss-makes-room", second_loss_makes_room);
  g_test_add_func ("/transport-congestion/cubic/idle-does-not-count", idle_time_does_not_count);
  g_test_add_func ("/transport-congestion/undo/restores", undo_restores);
  g_test_add_func ("/transport-congestion/hystart/is-cautious", slow_start_is_cautious);
  g_test_add_func ("/transport-congestion/line/is-filled", line_is_filled);
  g_test_add_func ("/transport-congestion/line/deep-queue-ends-slow-start",
                   deep_queue_ends_slow_start);
  g_test_add_func ("/transport-congestion/line/two-share", two_share_fairly);
  g_test_add_func ("/transport-congestion/pacer/spreads", pacer_spreads);
  g_test_add_func ("/transport-congestion/pacer/does-not-save-up", pacer_does_not_save_up);

  return g_test_run ();
}
