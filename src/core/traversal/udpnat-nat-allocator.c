/* How a router chooses the outer ports of new sockets, from a dozen of them (nat.md section 4).
 *
 * Preserving: most are the inner port; a router takes another one where that is in use. Sequential:
 * one after the other in the order of sending, at even steps, with gaps where others on the same
 * router had a new flow in between; samples whose first packet may have been lost do not count,
 * since nobody knows when their port was given out. Block: all are near each other, in any order.
 * Random: else.
 *
 * What a router gives a further destination of one socket is not asked: a port search opens new
 * sockets, and so does everything that could profit from a prediction. */

#include "config.h"

#include "udpnat-nat-allocator.h"

#include <stdlib.h>

/* Of the samples, that a preserving router may have given another port. */
#define OTHERS_PER_SAMPLES 4
/* Further apart than this for each socket between them, the next port cannot be foreseen (nat.md
 * section 4.4). */
#define STEP_MAX 64
/* The range of ports goes round at most once in so short a time. */
#define BREAKS_MAX 1
#define BREAK_NEEDS_SAMPLES 9

/* Where one in-order sample stands to the one before it. */
typedef struct
{
  int    delta;
  int    n_sockets;
  gint64 time_us;
} Stride;

static gboolean
is_preserving (const UdpnatPortSample *samples,
               guint                   n_samples)
{
  guint n_others = 0;

  for (guint i = 0; i < n_samples; i++)
    n_others += samples[i].inner != samples[i].outer;
  return n_others * OTHERS_PER_SAMPLES <= n_samples;
}

/* ---- Sequential ---- */

static guint
find_strides (const UdpnatPortSample *samples,
              guint                   n_samples,
              Stride                  strides[UDPNAT_NAT_SAMPLES_MAX])
{
  const UdpnatPortSample *before = NULL;
  guint n_strides = 0;

  for (guint i = 0; i < n_samples; i++)
    {
      if (!samples[i].is_in_order)
        continue;
      if (before != NULL)
        strides[n_strides++] = (Stride) {
          .delta = samples[i].outer - before->outer,
          .n_sockets = (int) (samples[i].index - before->index),
          .time_us = samples[i].sent_us - before->sent_us,
        };
      before = &samples[i];
    }
  return n_strides;
}

static gboolean
is_break (const Stride *stride,
          int           sign)
{
  int delta = stride->delta * sign;

  return delta <= 0 || delta > STEP_MAX * stride->n_sockets;
}

/* The smallest one between two sockets that follow each other: the others have others' new flows in
 * between. */
static int
find_step (const Stride *strides,
           guint         n_strides,
           int           sign)
{
  int step = STEP_MAX;

  for (guint i = 0; i < n_strides; i++)
    if (!is_break (&strides[i], sign) && strides[i].n_sockets == 1)
      step = MIN (step, strides[i].delta * sign);
  return step;
}

static guint
estimate_flows (const Stride *strides,
                guint         n_strides,
                int           sign,
                int           step)
{
  gint64 n_flows = 0;
  gint64 time_us = 0;

  for (guint i = 0; i < n_strides; i++)
    {
      if (is_break (&strides[i], sign))
        continue;
      n_flows += MAX (0, strides[i].delta * sign / step - strides[i].n_sockets);
      time_us += strides[i].time_us;
    }
  return time_us > 0 ? (guint) (n_flows * G_USEC_PER_SEC / time_us) : 0;
}

static gboolean
judge_sequential (const UdpnatPortSample *samples,
                  guint                   n_samples,
                  int                     sign,
                  UdpnatNatFacts         *facts)
{
  Stride strides[UDPNAT_NAT_SAMPLES_MAX];
  guint n_strides = find_strides (samples, n_samples, strides);
  guint n_breaks = 0;
  int step;

  if (n_strides + 1 < UDPNAT_NAT_SAMPLES_IN_ORDER)
    return FALSE;
  for (guint i = 0; i < n_strides; i++)
    n_breaks += is_break (&strides[i], sign);
  if (n_breaks > (n_strides + 1 >= BREAK_NEEDS_SAMPLES ? BREAKS_MAX : 0))
    return FALSE;
  step = find_step (strides, n_strides, sign);
  facts->allocator = UDPNAT_PORT_ALLOCATOR_SEQUENTIAL;
  facts->step = sign * step;
  facts->flows_per_second = estimate_flows (strides, n_strides, sign, step);
  facts->last_port = samples[n_samples - 1].outer;
  return TRUE;
}

/* ---- Block ---- */

/* Of n samples of a range the outermost are a gap of 1/(n-1) of their span away from its ends, on
 * average: so much is added on either side. */
static void
judge_block (const UdpnatPortSample *samples,
             guint                   n_samples,
             UdpnatNatFacts         *facts)
{
  int first = G_MAXUINT16;
  int last = 0;
  int gap;

  for (guint i = 0; i < n_samples; i++)
    {
      first = MIN (first, samples[i].outer);
      last = MAX (last, samples[i].outer);
    }
  if (n_samples < UDPNAT_NAT_SAMPLES - 1 || last - first >= UDPNAT_NAT_BLOCK_MAX_PORTS)
    {
      facts->allocator = UDPNAT_PORT_ALLOCATOR_RANDOM;
      return;
    }
  gap = (last - first) / (int) (n_samples - 1);
  facts->allocator = UDPNAT_PORT_ALLOCATOR_BLOCK;
  facts->block_first = (guint16) MAX (1, first - gap);
  facts->block_last = (guint16) MIN (G_MAXUINT16, last + gap);
}

/**
 * udpnat_nat_allocator_judge:
 * @samples: (array length=n_samples): by index; at most %UDPNAT_NAT_SAMPLES_MAX
 * @facts: what is known of the allocator is set in it
 */
void
udpnat_nat_allocator_judge (const UdpnatPortSample *samples,
                            guint                   n_samples,
                            UdpnatNatFacts         *facts)
{
  facts->allocator = UDPNAT_PORT_ALLOCATOR_UNKNOWN;
  if (n_samples < UDPNAT_NAT_SAMPLES / 2)
    return;
  if (is_preserving (samples, n_samples))
    facts->allocator = UDPNAT_PORT_ALLOCATOR_PRESERVING;
  else if (!judge_sequential (samples, n_samples, 1, facts)
           && !judge_sequential (samples, n_samples, -1, facts))
    judge_block (samples, n_samples, facts);
}
