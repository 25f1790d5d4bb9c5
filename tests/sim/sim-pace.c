/* Counts what goes from one host to the network of another, in all and within any second. */

#include "config.h"

#include "sim-pace.h"

static gboolean
note_sent (const SimTapInfo *info,
           gpointer          user_data)
{
  SimPace *self = user_data;
  UdpnatAddress to = sim_host_get_public_ip (self->to, UDPNAT_FAMILY_IPV4);

  if (self->is_over || info->kind != SIM_TAP_SENT || info->host != self->from ||
      !udpnat_address_equal_ip (&info->to, &to))
    return TRUE;
  g_array_append_val (self->times, info->now_us);
  while (info->now_us - g_array_index (self->times, gint64, self->first) >= UDPNAT_SEC (1))
    self->first++;
  self->most = MAX (self->most, self->times->len - self->first);
  return TRUE;
}

void
sim_pace_init (SimPace  *self,
               SimWorld *world,
               SimHost  *from,
               SimHost  *to)
{
  *self = (SimPace) { .from = from, .to = to };
  self->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  sim_world_add_tap (world, note_sent, self);
}

/** sim_pace_clear: when the world is gone, or runs no more */
void
sim_pace_clear (SimPace *self)
{
  g_clear_pointer (&self->times, g_array_unref);
}

guint
sim_pace_count (const SimPace *self)
{
  return self->times->len;
}
