/* Measures the round trip to one person, once a second while somebody looks, and keeps the last
 * three minutes for a plot. Nothing is measured while nobody does. */

#include "config.h"

#include "udpnat-rtt-log.h"

#include "udpnat-client-network.h"
#include "udpnat-clock.h"
#include "udpnat-limits.h"

struct _UdpnatRttLog
{
  GObject          parent_instance;

  UdpnatClient    *client;
  UdpnatPerson    *person;
  UdpnatRttSample  samples[UDPNAT_RTT_SAMPLES_MAX]; /* a ring */
  guint            first;
  guint            n_samples;
  GSource         *timer; /* nullable: not measuring */
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatRttLog, udpnat_rtt_log, G_TYPE_OBJECT)

static void
udpnat_rtt_log_dispose (GObject *object)
{
  UdpnatRttLog *self = UDPNAT_RTT_LOG (object);

  udpnat_rtt_log_stop (self);
  g_clear_object (&self->client);
  g_clear_object (&self->person);
  G_OBJECT_CLASS (udpnat_rtt_log_parent_class)->dispose (object);
}

static void
udpnat_rtt_log_class_init (UdpnatRttLogClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = udpnat_rtt_log_dispose;
  signals[CHANGED] = g_signal_new ("changed", UDPNAT_TYPE_RTT_LOG, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
}

static void
udpnat_rtt_log_init (UdpnatRttLog *self)
{
}

UdpnatRttLog *
udpnat_rtt_log_new (UdpnatClient *client,
                    UdpnatPerson *person)
{
  UdpnatRttLog *self = g_object_new (UDPNAT_TYPE_RTT_LOG, NULL);

  self->client = g_object_ref (client);
  self->person = g_object_ref (person);
  return self;
}

/** udpnat_rtt_log_add: @sample: copied; the oldest one makes room */
void
udpnat_rtt_log_add (UdpnatRttLog          *self,
                    const UdpnatRttSample *sample)
{
  if (self->n_samples == UDPNAT_RTT_SAMPLES_MAX)
    self->first = (self->first + 1) % UDPNAT_RTT_SAMPLES_MAX;
  else
    self->n_samples++;
  self->samples[(self->first + self->n_samples - 1) % UDPNAT_RTT_SAMPLES_MAX] = *sample;
  g_signal_emit (self, signals[CHANGED], 0);
}

/* What the question of a second ago has brought. The last answer stays the last one when none
 * comes any more, so silence of most of a second is told as such, but for somebody who is that far
 * away. */
static void
take_sample (UdpnatRttLog *self)
{
  g_autoptr (UdpnatPathReport) report = udpnat_client_dup_path_report (self->client,
                                                                       self->person);
  UdpnatRttSample sample = { .at_us = udpnat_clock_get_now_us () };
  gint64 rtt_us = udpnat_path_report_get_latest_rtt (report);
  gint64 patience_us = MAX (UDPNAT_RTT_SAMPLE_US * 9 / 10, 2 * rtt_us);

  if (udpnat_path_report_has_session (report) &&
      udpnat_path_report_get_silence (report) < patience_us)
    sample.rtt_us = rtt_us;
  sample.is_direct = *udpnat_path_report_get_address (report) != '\0';
  udpnat_rtt_log_add (self, &sample);
}

static gboolean
timer_cb (gpointer user_data)
{
  g_autoptr (UdpnatRttLog) self = g_object_ref (user_data);

  take_sample (self);
  if (self->timer != NULL)
    udpnat_client_measure (self->client, self->person);
  return G_SOURCE_CONTINUE;
}

/** udpnat_rtt_log_start: measures from now on; more than once is the same as once */
void
udpnat_rtt_log_start (UdpnatRttLog *self)
{
  if (self->timer != NULL)
    return;
  udpnat_client_measure (self->client, self->person);
  self->timer = g_timeout_source_new (UDPNAT_RTT_SAMPLE_US / 1000);
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/** udpnat_rtt_log_stop: measures no more; what there is stays */
void
udpnat_rtt_log_stop (UdpnatRttLog *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

guint
udpnat_rtt_log_get_count (UdpnatRttLog *self)
{
  return self->n_samples;
}

/** udpnat_rtt_log_get_sample: @index: 0 is the oldest one */
const UdpnatRttSample *
udpnat_rtt_log_get_sample (UdpnatRttLog *self,
                           guint         index)
{
  g_assert (index < self->n_samples);

  return &self->samples[(self->first + index) % UDPNAT_RTT_SAMPLES_MAX];
}

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  gint64 time_a = *(const gint64 *) a;
  gint64 time_b = *(const gint64 *) b;

  return time_a < time_b ? -1 : time_a > time_b;
}

/**
 * udpnat_rtt_log_get_summary:
 * @out_latest_us: (out): the last answer's; 0 when the last question had none
 * @out_median_us: (out): of all answers
 * @out_max_us: (out): of all answers
 *
 * Returns: %FALSE when there was no answer at all
 */
gboolean
udpnat_rtt_log_get_summary (UdpnatRttLog *self,
                            gint64       *out_latest_us,
                            gint64       *out_median_us,
                            gint64       *out_max_us)
{
  gint64 answers_us[UDPNAT_RTT_SAMPLES_MAX];
  guint n_answers = 0;

  for (guint i = 0; i < self->n_samples; i++)
    {
      gint64 rtt_us = udpnat_rtt_log_get_sample (self, i)->rtt_us;

      if (rtt_us > 0)
        answers_us[n_answers++] = rtt_us;
    }
  if (n_answers == 0)
    return FALSE;
  qsort (answers_us, n_answers, sizeof *answers_us, compare_times);
  *out_latest_us = udpnat_rtt_log_get_sample (self, self->n_samples - 1)->rtt_us;
  *out_median_us = answers_us[n_answers / 2];
  *out_max_us = answers_us[n_answers - 1];
  return TRUE;
}
