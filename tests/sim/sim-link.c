#include "config.h"

#include "sim-link.h"

/*
 * What a line does to a packet: arithmetic only. It says when a packet arrives; who carries it
 * there is sim-route.c's business. The impairments are those of Linux' netem, with two differences
 * that make them independent of each other: jitter keeps the order, and a reordered packet is a
 * late one, not an early one.
 */

#define NSEC_PER_USEC 1000
#define NSEC_PER_SEC G_GUINT64_CONSTANT (1000000000)

/**
 * sim_link_init:
 * @random: (transfer full): this direction's luck
 */
void
sim_link_init (SimLink             *self,
               const SimLinkConfig *config,
               SimRandom           *random)
{
  *self = (SimLink) { .random = random };
  sim_link_set_config (self, config);
}

void
sim_link_clear (SimLink *self)
{
  g_clear_pointer (&self->random, sim_random_free);
}

/**
 * sim_link_set_config:
 *
 * Applies to packets from now on; those on their way arrive as they would have.
 */
void
sim_link_set_config (SimLink             *self,
                     const SimLinkConfig *config)
{
  g_assert (config->delay_us >= 0 && config->jitter_us >= 0 && config->reorder_us >= 0);

  self->config = *config;
  if (config->rate_bytes_per_second == 0)
    self->line_free_ns = 0;
  if (config->burst_enter <= 0)
    self->in_bad_spell = FALSE;
}

static gboolean
is_lost (SimLink *self)
{
  const SimLinkConfig *config = &self->config;

  if (config->burst_enter > 0)
    {
      double change = self->in_bad_spell ? config->burst_leave : config->burst_enter;

      if (sim_random_chance (self->random, change))
        self->in_bad_spell = !self->in_bad_spell;
    }

  return sim_random_chance (self->random, self->in_bad_spell ? config->burst_loss : config->loss);
}

/* FALSE: the queue in front of the line is full. */
static gboolean
pass_line (SimLink *self,
           gint64   now_us,
           gsize    n_bytes,
           gint64  *out_through_us)
{
  guint64 rate = self->config.rate_bytes_per_second;
  guint64 now_ns = (guint64) now_us * NSEC_PER_USEC;

  *out_through_us = now_us;
  if (rate == 0)
    return TRUE;

  if (self->line_free_ns > now_ns)
    {
      /* In microseconds, as nanoseconds times bytes per second would overflow. */
      guint64 waiting_us = (self->line_free_ns - now_ns) / NSEC_PER_USEC;
      guint64 waiting_bytes = waiting_us * rate / G_USEC_PER_SEC;

      if (self->config.queue_bytes != 0 && waiting_bytes + n_bytes > self->config.queue_bytes)
        return FALSE;
    }
  else
    {
      self->line_free_ns = now_ns;
    }

  self->line_free_ns += (n_bytes * NSEC_PER_SEC + rate - 1) / rate;
  *out_through_us = (gint64) ((self->line_free_ns + NSEC_PER_USEC - 1) / NSEC_PER_USEC);

  return TRUE;
}

static gint64
get_arrival (SimLink *self,
             gint64   through_us)
{
  const SimLinkConfig *config = &self->config;
  gint64 arrival_us = through_us + config->delay_us;

  if (config->jitter_us > 0)
    {
      arrival_us += (gint64) sim_random_below (self->random, (guint64) config->jitter_us + 1);
      arrival_us = MAX (arrival_us, self->last_arrival_us);
      self->last_arrival_us = arrival_us;
    }
  /* A packet held back holds back nobody else: last_arrival_us is not its. */
  if (sim_random_chance (self->random, config->reorder))
    arrival_us += config->reorder_us;

  return arrival_us;
}

/**
 * sim_link_transmit:
 * @n_bytes: whole IP packet
 * @out_arrivals_us: when it comes out, and its copy if there is one
 * @out_n_arrivals: 0 unless it passed
 *
 * Sends one packet into the link.
 */
SimLinkFate
sim_link_transmit (SimLink *self,
                   gint64   now_us,
                   gsize    n_bytes,
                   gint64   out_arrivals_us[SIM_LINK_MAX_ARRIVALS],
                   guint   *out_n_arrivals)
{
  const SimLinkConfig *config = &self->config;
  gint64 through_us;

  *out_n_arrivals = 0;
  if (config->blocked)
    return SIM_LINK_FATE_BLOCKED;
  if (config->mtu_bytes != 0 && n_bytes > config->mtu_bytes)
    return SIM_LINK_FATE_TOO_LARGE;
  if (!pass_line (self, now_us, n_bytes, &through_us))
    return SIM_LINK_FATE_QUEUE_FULL;
  /* After the line: a packet lost in the air has used its time on it. */
  if (is_lost (self))
    return SIM_LINK_FATE_LOST;

  out_arrivals_us[(*out_n_arrivals)++] = get_arrival (self, through_us);
  if (sim_random_chance (self->random, config->duplicate))
    out_arrivals_us[(*out_n_arrivals)++] = get_arrival (self, through_us);

  return SIM_LINK_FATE_PASSED;
}

/** sim_link_spoil: changes one bit of what passes, if it is its fate */
void
sim_link_spoil (SimLink *self,
                guint8  *data,
                gsize    n_data)
{
  guint64 bit;

  if (n_data == 0 || !sim_random_chance (self->random, self->config.corrupt))
    return;
  bit = sim_random_below (self->random, n_data * 8);
  data[bit / 8] ^= (guint8) (1 << bit % 8);
}

SimLinkConfig
sim_link_config_with_delay (gint64 delay_us)
{
  return (SimLinkConfig) { .delay_us = delay_us };
}
