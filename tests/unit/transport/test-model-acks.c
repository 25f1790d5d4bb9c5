/* The tracker of arrived packets beside a twin that is obvious: one flag for each number. */

#include "config.h"

#include "udpnat-ack-tracker.h"

#define N_RUNS 200
#define N_NUMBERS 600

typedef struct
{
  gboolean has[N_NUMBERS];
  gint64   largest_us;
  guint    n_eliciting;
  guint    n_quick; /* that are acknowledged at once because one was out of order */
  gboolean is_due;
  gint64   deadline_us;
} Twin;

static int
get_largest (const Twin *self)
{
  int number = N_NUMBERS - 1;

  while (number >= 0 && !self->has[number])
    number--;
  return number;
}

static void
twin_handle_packet (Twin     *self,
                    gint64    now_us,
                    int       number,
                    gboolean  is_eliciting)
{
  int largest = get_largest (self);

  if (number > largest)
    self->largest_us = now_us;
  self->has[number] = TRUE;
  if (!is_eliciting)
    return;
  self->n_eliciting++;
  /* RFC 9000 section 13.2: every second one, and whatever is not the next; with that 31 more. */
  if (number != largest + 1)
    self->n_quick = 32;
  else if (self->n_quick > 0)
    self->n_quick--;
  if (self->n_eliciting >= 2 || self->n_quick > 0)
    self->is_due = TRUE;
  self->deadline_us = self->is_due ? UDPNAT_TIME_NEVER : now_us + UDPNAT_ACK_DELAY_MAX_US;
}

/* The newest ranges, as many as fit. */
static guint
twin_get_ranges (const Twin     *self,
                 UdpnatAckRange *out_ranges)
{
  guint n_ranges = 0;

  for (int number = N_NUMBERS - 1; number >= 0 && n_ranges < UDPNAT_ACK_MAX_RANGES; number--)
    if (self->has[number])
      {
        int last = number;

        while (number > 0 && self->has[number - 1])
          number--;
        out_ranges[n_ranges++] = (UdpnatAckRange) { (guint64) number, (guint64) last };
      }
  return n_ranges;
}

/* What the tracker has dropped for lack of room is gone for good. */
static void
twin_drop_oldest (Twin *self)
{
  UdpnatAckRange ranges[UDPNAT_ACK_MAX_RANGES];
  guint n_ranges = twin_get_ranges (self, ranges);

  for (guint64 number = 0; n_ranges > 0 && number < ranges[n_ranges - 1].first; number++)
    self->has[number] = FALSE;
}

static void
compare (const Twin             *twin,
         const UdpnatAckTracker *tracker,
         gint64                  now_us)
{
  UdpnatAckRange ranges[UDPNAT_ACK_MAX_RANGES];
  UdpnatAck ack;

  udpnat_ack_tracker_get_ack (tracker, now_us, &ack);
  g_assert_cmpuint (ack.n_ranges, ==, twin_get_ranges (twin, ranges));
  for (guint i = 0; i < ack.n_ranges; i++)
    {
      g_assert_cmpuint (ack.ranges[i].first, ==, ranges[i].first);
      g_assert_cmpuint (ack.ranges[i].last, ==, ranges[i].last);
    }
  if (ack.n_ranges > 0)
    g_assert_cmpint (ack.delay_us, ==, now_us - twin->largest_us);
  g_assert_cmpint (tracker->is_due, ==, twin->is_due);
  g_assert_cmpint (tracker->deadline_us, ==, twin->deadline_us);
  g_assert_cmpint (udpnat_ack_tracker_has_news (tracker), ==, twin->n_eliciting > 0);
}

static void
twin_handle_deadline (Twin   *self,
                      gint64  now_us)
{
  if (now_us < self->deadline_us)
    return;
  self->deadline_us = UDPNAT_TIME_NEVER;
  self->is_due = TRUE;
}

static void
run (guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  int spread = g_rand_int_range (rand, 1, 200); /* how far packets overtake each other */
  Twin twin = { .deadline_us = UDPNAT_TIME_NEVER };
  UdpnatAckTracker tracker;
  gint64 now_us = 1;

  g_test_message ("seed %u", seed);
  udpnat_ack_tracker_init (&tracker);
  for (int base = 0; base < N_NUMBERS - spread; base += g_rand_int_range (rand, 0, 3))
    {
      int number = base + g_rand_int_range (rand, 0, spread);
      gboolean is_eliciting = g_rand_int_range (rand, 0, 3) > 0;
      UdpnatAckRange ranges[UDPNAT_ACK_MAX_RANGES];
      guint n_ranges = twin_get_ranges (&twin, ranges);

      now_us += g_rand_int_range (rand, 0, 20000);
      udpnat_ack_tracker_handle_deadline (&tracker, now_us);
      twin_handle_deadline (&twin, now_us);
      /* Repeated packets never get there, nor what is too old for a full tracker. */
      if (twin.has[number] || (n_ranges == UDPNAT_ACK_MAX_RANGES &&
                               (guint64) number + 1 < ranges[n_ranges - 1].first))
        continue;
      udpnat_ack_tracker_handle_packet (&tracker, now_us, 0, (guint64) number, is_eliciting);
      twin_handle_packet (&twin, now_us, number, is_eliciting);
      twin_drop_oldest (&twin);
      compare (&twin, &tracker, now_us);
      if (g_rand_int_range (rand, 0, 3) > 0)
        continue;
      udpnat_ack_tracker_handle_sent (&tracker);
      twin.n_eliciting = 0;
      twin.is_due = FALSE;
      twin.deadline_us = UDPNAT_TIME_NEVER;
    }
}

static void
test_like_flags (void)
{
  g_test_summary ("Ranges, delay and deadline are those of one flag for each packet");
  for (guint32 seed = 1; seed <= N_RUNS; seed++)
    run (seed);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/transport-model-acks/ranges/like-a-flag-for-each", test_like_flags);

  return g_test_run ();
}
