#include "config.h"

#include "sim-world-private.h"

/*
 * What is seen of a run: counters, the trace hash that two runs of one seed must share, a time-line
 * to read, and taps by which tests look at (or remove) single datagrams.
 */

/**
 * sim_world_add_tap:
 * @tap: called for every datagram, in the order in which taps were added, until one drops it
 */
void
sim_world_add_tap (SimWorld *self,
                   SimTap    tap,
                   gpointer  user_data)
{
  SimTapEntry entry = { .tap = tap, .user_data = user_data };

  g_array_append_val (self->taps, entry);
}

/** sim_world_remove_tap: one that was added with the same @user_data */
void
sim_world_remove_tap (SimWorld *self,
                      SimTap    tap,
                      gpointer  user_data)
{
  for (guint i = self->taps->len; i-- > 0;)
    {
      const SimTapEntry *entry = &g_array_index (self->taps, SimTapEntry, i);

      if (entry->tap == tap && entry->user_data == user_data)
        g_array_remove_index (self->taps, i);
    }
}

/**
 * sim_world_set_log:
 * @log: (nullable): borrowed; gets one line for each datagram that is sent, delivered or dropped
 */
void
sim_world_set_log (SimWorld *self,
                   FILE     *log)
{
  self->log = log;
}

/** sim_world_set_traced: whether sim_world_get_trace_hash() is wanted, as it is at first; it takes
 * time */
void
sim_world_set_traced (SimWorld *self,
                      gboolean  is_traced)
{
  self->is_traced = is_traced;
}

const SimStats *
sim_world_get_stats (const SimWorld *self)
{
  return &self->stats;
}

/**
 * sim_world_get_trace_hash:
 *
 * SHA-256 over time, source, destination and bytes of all datagrams delivered so far.
 *
 * Returns: @text, in hexadecimal
 */
char *
sim_world_get_trace_hash (const SimWorld *self,
                          char            text[SIM_TRACE_HASH_TEXT_BYTES])
{
  /* Reading a checksum closes it. */
  g_autoptr (GChecksum) copy = g_checksum_copy (self->trace);

  g_strlcpy (text, g_checksum_get_string (copy), SIM_TRACE_HASH_TEXT_BYTES);

  return text;
}

const char *
sim_drop_to_string (SimDrop drop)
{
  static const char *const texts[SIM_N_DROPS] = {
    [SIM_DROP_NONE] = "not dropped",
    [SIM_DROP_LOST] = "lost",
    [SIM_DROP_LINK_BLOCKED] = "link blocked",
    [SIM_DROP_TOO_LARGE] = "too large",
    [SIM_DROP_QUEUE_FULL] = "queue full",
    [SIM_DROP_TTL] = "TTL ran out",
    [SIM_DROP_CUT] = "cut",
    [SIM_DROP_NO_SOURCE] = "no source address",
    [SIM_DROP_NO_ROUTE] = "no route",
    [SIM_DROP_NO_LISTENER] = "no listener",
    [SIM_DROP_ASLEEP] = "host asleep",
    [SIM_DROP_NAT_UDP_BLOCKED] = "UDP blocked by NAT",
    [SIM_DROP_NAT_EXHAUSTED] = "NAT has no port left",
    [SIM_DROP_NAT_UNMAPPED] = "no mapping at NAT",
    [SIM_DROP_NAT_FILTERED] = "filtered by NAT",
    [SIM_DROP_NAT_NO_HAIRPIN] = "NAT does no hairpin",
    [SIM_DROP_TAP] = "taken by tap",
  };

  g_assert (drop < SIM_N_DROPS);

  return texts[drop];
}

/* ---- Reporting ---- */

static guint8 *
put_number (guint8 *at,
            guint64 value,
            guint   n_bytes)
{
  for (guint i = 0; i < n_bytes; i++)
    at[i] = (guint8) (value >> (8 * (n_bytes - 1 - i)));

  return at + n_bytes;
}

static guint8 *
put_address (guint8              *at,
             const UdpnatAddress *address)
{
  *at++ = address->family;
  memcpy (at, address->ip, sizeof address->ip);

  return put_number (at + sizeof address->ip, address->port, 2);
}

static void
trace (SimWorld        *world,
       const SimPacket *packet)
{
  guint8 head[8 + 2 * 19 + 2];
  guint8 *at = head;

  at = put_number (at, (guint64) world->now_us, 8);
  at = put_address (at, &packet->from);
  at = put_address (at, &packet->to);
  at = put_number (at, packet->datagram.n_data, 2);
  g_assert (at == head + sizeof head);

  g_checksum_update (world->trace, head, sizeof head);
  g_checksum_update (world->trace, packet->datagram.data, (gssize) packet->datagram.n_data);
}

/* PROTOCOL.md, section 1. */
static const char *
get_type_name (const SimPacket *packet)
{
  static const char *const names[] = {
    "STUN", "STUN", "STUN", "STUN",
    "HS1", "HS2", "COOKIE", "DATA", "OPEN", "INFO", "INFO-REPLY", "UNKNOWN",
  };

  if (packet->datagram.n_data == 0)
    return "empty";
  if (packet->datagram.data[0] >= G_N_ELEMENTS (names))
    return "?";

  return names[packet->datagram.data[0]];
}

static void
write_line (SimWorld        *world,
            SimTapKind       kind,
            SimDrop          drop,
            const SimHost   *host,
            const SimPacket *packet)
{
  static const char *const arrows[] = { "->", "<-", "x " };
  gint64 time_us = world->now_us - SIM_WORLD_START_US;
  char from[UDPNAT_ADDRESS_TEXT_BYTES];
  char to[UDPNAT_ADDRESS_TEXT_BYTES];

  udpnat_address_to_string (&packet->from, from);
  udpnat_address_to_string (&packet->to, to);
  fprintf (world->log, "%5" G_GINT64_FORMAT ".%06" G_GINT64_FORMAT " %-12s %s %-10s %4zu %s > %s",
           time_us / G_USEC_PER_SEC, time_us % G_USEC_PER_SEC,
           host != NULL ? host->name : "(injected)", arrows[kind], get_type_name (packet),
           packet->datagram.n_data, from, to);
  if (kind == SIM_TAP_DROPPED)
    fprintf (world->log, ": %s", sim_drop_to_string (drop));
  fputc ('\n', world->log);
}

static void
count (SimStats        *stats,
       SimTapKind       kind,
       SimDrop          drop,
       const SimPacket *packet)
{
  switch (kind)
    {
    case SIM_TAP_SENT:
      stats->sent++;
      stats->sent_bytes += packet->datagram.n_data;
      return;

    case SIM_TAP_DELIVERED:
      stats->delivered++;
      stats->delivered_bytes += packet->datagram.n_data;
      return;

    case SIM_TAP_DROPPED:
      stats->dropped[drop]++;
      return;
    }

  g_assert_not_reached ();
}

static gboolean
call_taps (SimWorld        *world,
           SimTapKind       kind,
           SimDrop          drop,
           SimHost         *host,
           const SimPacket *packet)
{
  SimTapInfo info = {
    .kind = kind,
    .drop = drop,
    .now_us = world->now_us,
    .host = host,
    .from = packet->from,
    .to = packet->to,
    .origin = packet->sender,
    .sent_to = packet->sent_to,
    .ttl = packet->datagram.ttl,
    .data = packet->datagram.data,
    .n_data = packet->datagram.n_data,
  };

  for (guint i = 0; i < world->taps->len; i++)
    {
      const SimTapEntry *entry = &g_array_index (world->taps, SimTapEntry, i);

      if (!entry->tap (&info, entry->user_data) && kind != SIM_TAP_DROPPED)
        return FALSE;
    }

  return TRUE;
}

/**
 * sim_tap_report:
 * @host: (nullable): see #SimTapInfo
 *
 * Returns: %FALSE when a tap wants the packet dropped
 */
gboolean
sim_tap_report (SimWorld        *world,
                SimTapKind       kind,
                SimDrop          drop,
                SimHost         *host,
                const SimPacket *packet)
{
  gboolean passes = world->taps->len == 0 || call_taps (world, kind, drop, host, packet);

  /* What a tap keeps from its host was not delivered; what it takes from the wire has been sent all
   * the same. */
  if (!passes && kind == SIM_TAP_DELIVERED)
    return FALSE;

  if (kind == SIM_TAP_DELIVERED && world->is_traced)
    trace (world, packet);
  if (world->log != NULL)
    write_line (world, kind, drop, host, packet);
  count (&world->stats, kind, drop, packet);
  if (host != NULL)
    count (&host->stats, kind, drop, packet);

  return passes;
}
