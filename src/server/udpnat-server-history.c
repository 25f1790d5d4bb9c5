/* Two rings of samples. Nothing is kept of anybody: numbers only, and none of them on the disk. */

#include "config.h"

#include "udpnat-server-history.h"

typedef struct
{
  UdpnatServerSample *samples;
  guint               n_max;
  guint               next;
  guint               n;
} Ring;

struct _UdpnatServerHistory
{
  UdpnatServerSample hour_samples[UDPNAT_SERVER_HOUR_SAMPLES];
  UdpnatServerSample day_samples[UDPNAT_SERVER_DAY_SAMPLES];
  Ring               hour;
  Ring               day;
  guint              n_added;
};

UdpnatServerHistory *
udpnat_server_history_new (void)
{
  UdpnatServerHistory *self = g_new0 (UdpnatServerHistory, 1);

  self->hour = (Ring) { .samples = self->hour_samples, .n_max = UDPNAT_SERVER_HOUR_SAMPLES };
  self->day = (Ring) { .samples = self->day_samples, .n_max = UDPNAT_SERVER_DAY_SAMPLES };
  return self;
}

void
udpnat_server_history_free (UdpnatServerHistory *self)
{
  g_free (self);
}

static void
ring_add (Ring                     *self,
          const UdpnatServerSample *sample)
{
  self->samples[self->next] = *sample;
  self->next = (self->next + 1) % self->n_max;
  self->n = MIN (self->n + 1, self->n_max);
}

static guint
ring_get (const Ring         *self,
          UdpnatServerSample *out_samples)
{
  guint first = (self->next + self->n_max - self->n) % self->n_max;

  for (guint i = 0; i < self->n; i++)
    out_samples[i] = self->samples[(first + i) % self->n_max];
  return self->n;
}

/** udpnat_server_history_add: @sample: a minute after the last one */
void
udpnat_server_history_add (UdpnatServerHistory      *self,
                           const UdpnatServerSample *sample)
{
  ring_add (&self->hour, sample);
  if (self->n_added % UDPNAT_SERVER_DAY_EVERY == 0)
    ring_add (&self->day, sample);
  self->n_added++;
}

/** udpnat_server_history_get_hour: Returns: how many; the oldest comes first */
guint
udpnat_server_history_get_hour (const UdpnatServerHistory *self,
                                UdpnatServerSample         out_samples[UDPNAT_SERVER_HOUR_SAMPLES])
{
  return ring_get (&self->hour, out_samples);
}

/** udpnat_server_history_get_day: Returns: how many; the oldest comes first */
guint
udpnat_server_history_get_day (const UdpnatServerHistory *self,
                               UdpnatServerSample         out_samples[UDPNAT_SERVER_DAY_SAMPLES])
{
  return ring_get (&self->day, out_samples);
}
