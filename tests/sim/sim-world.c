#include "config.h"

#include "sim-world-private.h"

#include "sim-nat-table.h"

#include <string.h>

/*
 * Virtual time. The world goes from event to event: the next packet to arrive somewhere
 * (sim-queue.c) or the next machine that wants to be called (base's heap); of two at one instant
 * packets come first, as a program reads its socket before it looks at its timers. Nothing here
 * waits, and nothing depends on the real clock, on addresses in memory or on the order of a hash
 * table: that is what makes a seed repeat a run.
 */

#define CORE_DELAY_US UDPNAT_MSEC (10)
#define CORE_HOPS 6
/* So many steps at one instant are a machine that asks for a deadline that has passed, for ever. */
#define STANDING_MAX 500000

/**
 * sim_world_new:
 * @seed: of everything that is left to chance
 *
 * An empty world: an Internet that takes 10 ms and 6 hops from anywhere to anywhere.
 */
SimWorld *
sim_world_new (guint64 seed)
{
  SimWorld *self = g_new0 (SimWorld, 1);

  self->now_us = SIM_WORLD_START_US;
  self->random = sim_random_new (seed);
  self->packets = sim_queue_new ();
  self->timers = udpnat_heap_new ();
  sim_segment_init (&self->internet, NULL, 0);
  self->core_delay_us = CORE_DELAY_US;
  self->core_hops = CORE_HOPS;
  self->cuts = g_hash_table_new_full (sim_nat_key_hash, sim_nat_key_equal, g_free, NULL);
  self->hosts_by_ipv6 = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                               (GDestroyNotify) g_bytes_unref, NULL);
  self->hosts = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_host_free);
  self->routers = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_router_free);
  self->routers_by_nat = g_hash_table_new (NULL, NULL);
  self->names = g_hash_table_new (g_str_hash, g_str_equal);
  self->tunnels = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_random_free);
  self->taps = g_array_new (FALSE, FALSE, sizeof (SimTapEntry));
  self->trace = g_checksum_new (G_CHECKSUM_SHA256);
  self->is_traced = TRUE;

  return self;
}

/* Does not touch the attached machines, which may be gone already. */
void
sim_world_free (SimWorld *self)
{
  SimPacket *packet;

  if (self == NULL)
    return;

  while ((packet = sim_queue_pop (self->packets)) != NULL)
    g_free (packet);
  while ((packet = self->free_packets) != NULL)
    {
      self->free_packets = packet->next_free;
      g_free (packet);
    }
  sim_queue_free (self->packets);
  udpnat_heap_free (self->timers);
  g_ptr_array_unref (self->hosts);
  g_ptr_array_unref (self->routers);
  g_hash_table_unref (self->routers_by_nat);
  sim_segment_clear (&self->internet);
  g_hash_table_unref (self->cuts);
  g_hash_table_unref (self->hosts_by_ipv6);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->tunnels);
  g_ptr_array_unref (self->sources);
  g_array_unref (self->taps);
  g_checksum_free (self->trace);
  sim_random_free (self->random);
  g_free (self);
}

gint64
sim_world_now (const SimWorld *self)
{
  return self->now_us;
}

/**
 * sim_world_fork_random:
 *
 * A random source for a machine, owned by the world. The same @label gives the same stream again: a
 * host that starts anew with other keys needs another one.
 */
UdpnatRandom
sim_world_fork_random (SimWorld   *self,
                       const char *label)
{
  g_autofree char *path = g_strconcat ("source/", label, NULL);
  SimRandom *random = sim_random_fork (self->random, path);

  g_ptr_array_add (self->sources, random);

  return sim_random_as_source (random);
}

/**
 * sim_world_set_core:
 * @delay_us: one way, from any public address to any other, besides the links of the ends
 * @n_hops: routers in between; a packet needs a larger TTL to get through
 */
void
sim_world_set_core (SimWorld *self,
                    gint64    delay_us,
                    guint     n_hops)
{
  g_assert (delay_us >= 0);

  self->core_delay_us = delay_us;
  self->core_hops = n_hops;
}

/** sim_world_set_nets_alike: hosts behind routers that are added from now on have the same private
 * addresses behind each, as at home everywhere */
void
sim_world_set_nets_alike (SimWorld *self)
{
  self->are_nets_alike = TRUE;
}

/**
 * sim_world_get_stalled:
 * @out_host: (nullable): whose
 *
 * Returns: how many turns in a row, at the most, a machine that was called because its deadline had
 *   come did nothing and wanted to be called at once again
 */
guint
sim_world_get_stalled (const SimWorld *self,
                       SimHost       **out_host)
{
  *out_host = self->stalled;
  return self->n_stalled;
}

/* ---- Packets in memory ---- */

SimPacket *
sim_world_take_packet (SimWorld *self)
{
  SimPacket *packet = self->free_packets;

  if (packet == NULL)
    return g_new0 (SimPacket, 1);

  self->free_packets = packet->next_free;
  /* All but the payload, of which only n_data bytes are ever looked at. */
  memset (packet, 0, G_STRUCT_OFFSET (SimPacket, datagram.data));

  return packet;
}

void
sim_world_put_packet (SimWorld  *self,
                      SimPacket *packet)
{
  packet->next_free = self->free_packets;
  self->free_packets = packet;
}

/* ---- Running ---- */

static void
move_time (SimWorld *self,
           gint64    to_us)
{
  if (to_us > self->now_us)
    {
      self->now_us = to_us;
      self->n_standing = 0;
    }
  else if (++self->n_standing > STANDING_MAX)
    {
      const UdpnatHeapItem *item = udpnat_heap_peek (self->timers);

      g_error ("simulated time stands still at %" G_GINT64_FORMAT " us (next timer: %s)",
               self->now_us, item != NULL ? ((SimHost *) item->owner)->name : "none");
    }
}

/* FALSE: nothing happens until @limit_us, inclusive. */
static gboolean
step (SimWorld *self,
      gint64    limit_us)
{
  gint64 packet_us = sim_queue_peek_time (self->packets);
  UdpnatHeapItem *item = udpnat_heap_peek (self->timers);
  gint64 timer_us = item != NULL ? item->deadline_us : UDPNAT_TIME_NEVER;
  gint64 next_us = udpnat_time_min (packet_us, timer_us);

  if (next_us > limit_us || next_us == UDPNAT_TIME_NEVER)
    return FALSE;

  move_time (self, next_us);
  self->stats.events++;
  if (packet_us <= timer_us)
    sim_route_step (self, sim_queue_pop (self->packets));
  else
    sim_host_dispatch (item->owner);

  return TRUE;
}

/**
 * sim_world_run_until:
 * @until_us: not in the past; what happens at this very moment is done, too
 */
void
sim_world_run_until (SimWorld *self,
                     gint64    until_us)
{
  g_assert (until_us >= self->now_us);

  while (step (self, until_us))
    ;
  self->now_us = until_us;
}

void
sim_world_run_for (SimWorld *self,
                   gint64    duration_us)
{
  sim_world_run_until (self, self->now_us + duration_us);
}

/**
 * sim_world_run_until_true:
 * @limit_us: not in the past; when to give up
 *
 * Runs until @predicate holds, which is asked before the first and after every event.
 *
 * Returns: whether it did. Time stands at the event that made it true, or at @limit_us
 */
gboolean
sim_world_run_until_true (SimWorld *self,
                          gint64    limit_us,
                          gboolean  (*predicate) (gpointer user_data),
                          gpointer  user_data)
{
  g_assert (limit_us >= self->now_us);

  while (!predicate (user_data))
    {
      if (!step (self, limit_us))
        {
          self->now_us = limit_us;
          return FALSE;
        }
    }

  return TRUE;
}

gboolean
sim_world_run_for_true (SimWorld *self,
                        gint64    duration_us,
                        gboolean  (*predicate) (gpointer user_data),
                        gpointer  user_data)
{
  return sim_world_run_until_true (self, self->now_us + duration_us, predicate, user_data);
}

/* ---- Interference ---- */

/**
 * sim_world_set_cut:
 * @from: IP; its port does not matter
 * @to: likewise
 *
 * Lets no packet pass through the Internet from one public address to another. The way back is not
 * touched.
 */
void
sim_world_set_cut (SimWorld            *self,
                   const UdpnatAddress *from,
                   const UdpnatAddress *to,
                   gboolean             is_cut)
{
  SimNatKey key = sim_nat_key_of_ips (from, to);

  if (is_cut)
    g_hash_table_add (self->cuts, g_memdup2 (&key, sizeof key));
  else
    g_hash_table_remove (self->cuts, &key);
}

/**
 * sim_world_cut:
 *
 * sim_world_set_cut() for the public addresses that two hosts have now, IPv4 and IPv6. Hosts behind
 * one NAT share its fate.
 */
void
sim_world_cut (SimHost  *from,
               SimHost  *to,
               gboolean  is_cut)
{
  static const UdpnatFamily families[] = { UDPNAT_FAMILY_IPV4, UDPNAT_FAMILY_IPV6 };

  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      UdpnatAddress from_ip = sim_host_get_public_ip (from, families[i]);
      UdpnatAddress to_ip = sim_host_get_public_ip (to, families[i]);

      if (udpnat_address_is_set (&from_ip) && udpnat_address_is_set (&to_ip))
        sim_world_set_cut (from->world, &from_ip, &to_ip, is_cut);
    }
}

/**
 * sim_world_inject:
 * @from: whatever the attacker writes there
 *
 * Puts a datagram into the Internet, as somebody can who forges addresses or repeats what he has
 * seen. May be called from a tap.
 */
void
sim_world_inject (SimWorld            *self,
                  const UdpnatAddress *from,
                  const UdpnatAddress *to,
                  const guint8        *data,
                  gsize                n_data)
{
  SimPacket *packet = sim_world_take_packet (self);

  g_assert (n_data <= sizeof packet->datagram.data);

  packet->stage = SIM_STAGE_AT_SEGMENT;
  packet->segment = &self->internet;
  packet->from = *from;
  packet->to = *to;
  packet->datagram.ttl = 64;
  packet->datagram.n_data = n_data;
  if (n_data > 0)
    memcpy (packet->datagram.data, data, n_data);

  sim_queue_push (self->packets, self->now_us, packet);
}
