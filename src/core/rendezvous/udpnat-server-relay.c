#include "config.h"

#include "udpnat-server-access-private.h"
#include "udpnat-server-fleet-private.h"

/* RELAY and DIAL (PROTOCOL.md section 11): packets that clients send each other through the server.
 * They go from one live session to another, awake or at rest, never to an address that a client
 * names, and count against the quota of whoever sends them. The server cannot read them. */

typedef enum
{
  FORWARD_DONE,
  FORWARD_UNKNOWN = UDPNAT_RELAY_FAIL_UNKNOWN,
  FORWARD_OFFLINE = UDPNAT_RELAY_FAIL_OFFLINE,
  FORWARD_QUOTA = UDPNAT_RELAY_FAIL_QUOTA,
} Forward;

/* Only what two sessions say to each other is carried. */
static gboolean
is_relayable (const guint8 *inner,
              gsize         n_inner)
{
  UdpnatPacketType type;

  if (n_inner > UDPNAT_RELAY_INNER_MAX_BYTES || !udpnat_packet_classify (inner, n_inner, &type))
    return FALSE;
  switch (type)
    {
    case UDPNAT_PACKET_HS1:
    case UDPNAT_PACKET_HS2:
    case UDPNAT_PACKET_COOKIE:
    case UDPNAT_PACKET_DATA:
    case UDPNAT_PACKET_UNKNOWN:
      return TRUE;
    case UDPNAT_PACKET_OPEN:
    case UDPNAT_PACKET_INFO:
    case UDPNAT_PACKET_INFO_REPLY:
      return FALSE;
    }
  g_assert_not_reached ();
}

static gboolean
take_quota (UdpnatRendezvousServer *self,
            gint64                  now_us,
            UdpnatServerIdentity   *from,
            gsize                   n_inner)
{
  UdpnatServerQuotas *quotas = udpnat_server_identity_ensure_quotas (from, self, now_us);

  if (udpnat_token_bucket_take (&quotas->relay_bucket, now_us,
                                (gint64) n_inner + UDPNAT_RELAY_COST_BYTES,
                                self->config.relay_burst_bytes,
                                self->config.relay_bytes_per_second))
    return TRUE;
  self->stats.refusals[UDPNAT_SERVER_REFUSAL_RELAY_QUOTA]++;
  return FALSE;
}

/* @name: (nullable): the sender's, when the receiver should be told: whoever is dialled may never
 *   have heard of the caller. Left out when the packet leaves no room for it. */
static void
write_relayed (guint32       handle,
               const char   *name,
               const guint8 *inner,
               gsize         n_inner,
               UdpnatWriter *writer)
{
  if (name != NULL && udpnat_frame_write_incoming (writer, handle, name, inner, n_inner))
    return;
  if (!udpnat_frame_write_relay (writer, handle, inner, n_inner))
    g_assert_not_reached ();
}

static Forward
forward (UdpnatRendezvousServer *self,
         gint64                  now_us,
         UdpnatServerIdentity   *from,
         UdpnatServerIdentity   *to,
         const char             *name,
         const guint8           *inner,
         gsize                   n_inner)
{
  guint8       frames[UDPNAT_DATAGRAM_BASE_BYTES - UDPNAT_DATA_MIN_BYTES];
  UdpnatWriter writer;

  if (!udpnat_server_may_relay (self, from, to))
    return FORWARD_UNKNOWN;
  if (!take_quota (self, now_us, from, n_inner))
    return FORWARD_QUOTA;
  udpnat_writer_init (&writer, frames, sizeof frames);
  write_relayed (udpnat_server_identity_get_handle (from, self), name, inner, n_inner, &writer);
  if (!udpnat_server_identity_send_carrier (to, self, now_us, frames, writer.n_written, n_inner))
    return FORWARD_OFFLINE;
  self->stats.relayed_packets++;
  self->stats.relayed_bytes += n_inner;
  return FORWARD_DONE;
}

/* Not shorter than what it answers, but never more of them than anyone can use. */
static void
complain (UdpnatRendezvousServer *self,
          gint64                  now_us,
          UdpnatServerIdentity   *from,
          const UdpnatWriter     *frames)
{
  UdpnatServerQuotas *quotas = udpnat_server_identity_ensure_quotas (from, self, now_us);

  if (udpnat_token_bucket_take (&quotas->failure_bucket, now_us, 1,
                                UDPNAT_RELAY_FAILURES_PER_SECOND,
                                UDPNAT_RELAY_FAILURES_PER_SECOND))
    (void) udpnat_server_identity_send_frames (from, self, now_us, frames->data,
                                               frames->n_written);
}

/** udpnat_server_relay: a RELAY frame from @from */
void
udpnat_server_relay (UdpnatRendezvousServer *self,
                     gint64                  now_us,
                     UdpnatServerIdentity   *from,
                     const UdpnatFrameView  *frame)
{
  guint8                failed[UDPNAT_FRAME_HEADER_BYTES + 9];
  Forward               result = FORWARD_UNKNOWN;
  UdpnatServerIdentity *to;
  const guint8         *inner;
  UdpnatWriter          writer;
  guint32               handle;
  gsize                 n_inner;

  if (!udpnat_frame_parse_relay (frame, &handle, &inner, &n_inner)
      || !is_relayable (inner, n_inner))
    return;
  to = udpnat_server_find_handle (self, handle);
  if (to != NULL)
    result = forward (self, now_us, from, to, NULL, inner, n_inner);
  if (result == FORWARD_DONE)
    return;
  udpnat_writer_init (&writer, failed, sizeof failed);
  if (!udpnat_frame_write_relay_failed (&writer, handle, (guint8) result,
                                        (guint32) (self->config.relay_bytes_per_second / 1024)))
    g_assert_not_reached ();
  complain (self, now_us, from, &writer);
}

/* Besides what each costs of the quota: to be dialled by a stranger is more of a bother than to be
 * sent a packet. */
static gboolean
take_dial (UdpnatRendezvousServer *self,
           gint64                  now_us,
           UdpnatServerIdentity   *from)
{
  UdpnatServerQuotas *quotas = udpnat_server_identity_ensure_quotas (from, self, now_us);

  if (udpnat_token_bucket_take (&quotas->dial_bucket, now_us, 1, UDPNAT_DIALS_BURST_PER_KEY,
                                UDPNAT_DIALS_PER_SECOND_PER_KEY))
    return TRUE;
  self->stats.refusals[UDPNAT_SERVER_REFUSAL_DIAL_RATE]++;
  return FALSE;
}

/* A key can be dialled while it is registered: who has logged out is offline, even if still
 * connected. */
static Forward
dial_key (UdpnatRendezvousServer *self,
          gint64                  now_us,
          UdpnatServerIdentity   *from,
          const UdpnatPublicKey  *key,
          const guint8           *inner,
          gsize                   n_inner)
{
  UdpnatServerIdentity      *to = udpnat_server_find_identity (self, key);
  const UdpnatRegistryEntry *caller = udpnat_server_identity_get_entry (from);

  if (!take_dial (self, now_us, from))
    return FORWARD_QUOTA;
  if (udpnat_server_is_blocked (self, key))
    return FORWARD_UNKNOWN;
  if (to != NULL && udpnat_server_identity_get_entry (to) != NULL)
    return forward (self, now_us, from, to,
                    caller != NULL ? udpnat_registry_get_name (caller) : NULL, inner, n_inner);
  return udpnat_registry_count_names (self->registry, key) > 0 ? FORWARD_OFFLINE
                                                               : FORWARD_UNKNOWN;
}

/** udpnat_server_fail_dial: @from has dialled @key in vain */
void
udpnat_server_fail_dial (UdpnatRendezvousServer *self,
                         gint64                  now_us,
                         UdpnatServerIdentity   *from,
                         const UdpnatPublicKey  *key,
                         guint8                  code)
{
  guint8       failed[UDPNAT_FRAME_HEADER_BYTES + UDPNAT_KEY_BYTES + 1];
  UdpnatWriter writer;

  if (code == UDPNAT_RELAY_FAIL_UNKNOWN || code == UDPNAT_RELAY_FAIL_OFFLINE)
    self->stats.dials_failed++;
  udpnat_writer_init (&writer, failed, sizeof failed);
  if (!udpnat_frame_write_dial_failed (&writer, key->bytes, code))
    g_assert_not_reached ();
  complain (self, now_us, from, &writer);
}

static gboolean
is_registered (const UdpnatRendezvousServer *self,
               const UdpnatPublicKey        *key)
{
  const UdpnatServerIdentity *identity = udpnat_server_find_identity (self, key);

  return identity != NULL && udpnat_server_identity_get_entry (identity) != NULL;
}

/** udpnat_server_forward_call: @name: (nullable): what @from is called, which is registered at
 * another server of the fleet */
void
udpnat_server_forward_call (UdpnatRendezvousServer *self,
                            gint64                  now_us,
                            UdpnatServerIdentity   *from,
                            const UdpnatPublicKey  *key,
                            const char             *name,
                            const guint8           *inner,
                            gsize                   n_inner)
{
  Forward result = FORWARD_OFFLINE;

  if (is_registered (self, key))
    result = forward (self, now_us, from, udpnat_server_find_identity (self, key), name, inner,
                      n_inner);
  if (result != FORWARD_DONE)
    udpnat_server_fail_dial (self, now_us, from, key, (guint8) result);
}

/* Returns: whether the directory of the fleet has to be asked first */
static gboolean
ask_first (UdpnatRendezvousServer *self,
           gint64                  now_us,
           UdpnatServerIdentity   *from,
           const UdpnatPublicKey  *key,
           const guint8           *inner,
           gsize                   n_inner)
{
  gboolean is_here;

  if (!udpnat_server_fleet_can_ask (self))
    return FALSE;
  is_here = is_registered (self, key);
  if (is_here && udpnat_server_identity_get_entry (from) != NULL)
    return FALSE;
  if (!udpnat_server_fleet_take_ask (self, now_us, from))
    udpnat_server_fail_dial (self, now_us, from, key, UDPNAT_RELAY_FAIL_QUOTA);
  else if (is_here)
    udpnat_server_fleet_ask_call (self, now_us, from, key, inner, n_inner);
  else
    udpnat_server_fleet_ask_dial (self, now_us, from, key);
  return TRUE;
}

/** udpnat_server_dial: a DIAL frame from @from */
void
udpnat_server_dial (UdpnatRendezvousServer *self,
                    gint64                  now_us,
                    UdpnatServerIdentity   *from,
                    const UdpnatFrameView  *frame)
{
  const guint8   *inner;
  UdpnatPublicKey key;
  Forward         result;
  gsize           n_inner;

  if (!udpnat_frame_parse_dial (frame, key.bytes, &inner, &n_inner)
      || !is_relayable (inner, n_inner))
    return;
  self->stats.dials++;
  if (ask_first (self, now_us, from, &key, inner, n_inner))
    return;
  result = dial_key (self, now_us, from, &key, inner, n_inner);
  if (result != FORWARD_DONE)
    udpnat_server_fail_dial (self, now_us, from, &key, (guint8) result);
}
