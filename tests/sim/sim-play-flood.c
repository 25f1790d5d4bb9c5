#include "config.h"

#include "sim-play-private.h"

#include <string.h>

#include "udpnat-handshake.h"
#include "udpnat-packet.h"
#include "udpnat-writer.h"

/*
 * Whoever can put what he likes into the Internet, with whatever source: noise, what he has seen on
 * the way to somebody, whole or with changed bits, questions, and handshakes with keys of his own.
 * To hit people he knows where servers see them.
 */

#define SOURCES_MAX 8

/* ---- What is seen ---- */

static guint
find_server (const SimPlay *self,
             const SimHost *host)
{
  guint i = 0;

  while (i < self->scenario->n_servers && self->servers[i]->host != host)
    i++;
  return i;
}

static guint
find_person (const SimPlay *self,
             const SimHost *host)
{
  guint i = 0;

  while (i < self->scenario->n_people &&
         (self->peers[i] == NULL || self->peers[i]->host != host))
    i++;
  return i;
}

static void
note_heard (SimPlay          *self,
            guint             whom,
            const SimTapInfo *info)
{
  SimHeard *heard = &self->heard[whom * SIM_HEARD_MAX + self->n_heard[whom]++ % SIM_HEARD_MAX];

  heard->n_data = info->n_data;
  memcpy (heard->data, info->data, info->n_data);
}

static gboolean
tap_cb (const SimTapInfo *info,
        gpointer          user_data)
{
  SimPlay *self = user_data;
  guint server;
  guint person;

  if (info->kind != SIM_TAP_DELIVERED || info->origin == NULL)
    return TRUE;
  server = find_server (self, info->host);
  if (server == self->scenario->n_servers)
    {
      person = find_person (self, info->host);
      note_heard (self, person, info);
      return TRUE;
    }
  note_heard (self, SIM_PEOPLE_MAX + server, info);
  person = find_person (self, info->origin);
  if (person < self->scenario->n_people)
    self->seen_at[person] = info->from;
  return TRUE;
}

/** sim_play_watch_wire: only where there are floods, for it takes time */
void
sim_play_watch_wire (SimPlay *self)
{
  gboolean has_floods = FALSE;

  for (guint i = 0; i < self->scenario->events->len; i++)
    {
      SimEventKind kind = g_array_index (self->scenario->events, SimEvent, i).kind;

      has_floods |= kind == SIM_EVENT_FLOOD || kind == SIM_EVENT_SERVER_FLOOD;
    }
  if (!has_floods)
    return;
  self->heard = g_new0 (SimHeard, SIM_HEARD_MAX * (SIM_PEOPLE_MAX + SIM_SERVERS_MAX));
  sim_world_add_tap (self->world, tap_cb, self);
}

/* ---- What is sent ---- */

static gsize
write_info (SimPlay *self,
            guint8  *out)
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, UDPNAT_DATAGRAM_MAX_BYTES);
  udpnat_info_write (&writer, udpnat_random_u64 (&self->random));
  return writer.n_written;
}

static gsize
write_handshake (SimPlay               *self,
                 UdpnatRole             role,
                 const UdpnatPublicKey *to,
                 guint8                *out)
{
  g_autoptr (UdpnatIdentity) stranger = udpnat_identity_generate (&self->random);
  guint8 ephemeral[UDPNAT_EPHEMERAL_BYTES];
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];
  gsize n_out;
  UdpnatHs1Request request = {
    .role = role,
    .local = stranger,
    .remote = to,
    .ephemeral_secret = ephemeral,
    .sender_index = udpnat_random_u32 (&self->random),
    .timestamp = timestamp,
    .session_id = udpnat_random_u64 (&self->random),
    .max_bytes = UDPNAT_RELAY_INNER_MAX_BYTES,
  };

  udpnat_random_fill (&self->random, ephemeral, sizeof ephemeral);
  udpnat_timestamp_from_us (sim_world_now (self->world) + SIM_WALL_OFFSET_US, timestamp);
  udpnat_noise_free (udpnat_hs1_write (&request, out, &n_out));
  return n_out;
}

/* Returns: how many bytes; 0: nothing was heard yet */
static gsize
repeat (SimPlay  *self,
        guint     whom,
        gboolean  is_spoilt,
        guint8   *out)
{
  guint n = MIN (self->n_heard[whom], SIM_HEARD_MAX);
  const SimHeard *heard;

  if (n == 0)
    return 0;
  heard = &self->heard[whom * SIM_HEARD_MAX + udpnat_random_below (&self->random, n)];
  memcpy (out, heard->data, heard->n_data);
  if (is_spoilt)
    out[udpnat_random_below (&self->random, (guint32) heard->n_data)] ^= (guint8) (
      1 << udpnat_random_below (&self->random, 8));
  return heard->n_data;
}

static gsize
write_datagram (SimPlay        *self,
                const SimEvent *event,
                guint8          out[UDPNAT_DATAGRAM_MAX_BYTES])
{
  gboolean is_server = event->kind == SIM_EVENT_SERVER_FLOOD;
  guint whom = is_server ? SIM_PEOPLE_MAX + event->whom : event->whom;
  gsize n_out;

  switch ((SimFlood) event->other)
    {
    case SIM_FLOOD_NOISE:
      n_out = 1 + udpnat_random_below (&self->random, UDPNAT_DATAGRAM_MAX_BYTES);
      udpnat_random_fill (&self->random, out, n_out);
      out[0] = (guint8) udpnat_random_below (&self->random, 16); /* else it is no packet at all */
      return n_out;
    case SIM_FLOOD_REPEATS:
    case SIM_FLOOD_SPOILT:
      return repeat (self, whom, event->other == SIM_FLOOD_SPOILT, out);
    case SIM_FLOOD_INFO:
      return write_info (self, out);
    case SIM_FLOOD_HANDSHAKES:
      return is_server
               ? write_handshake (self, UDPNAT_ROLE_CLIENT_SERVER,
                                  udpnat_identity_get_public_key (
                                    self->servers[event->whom]->identity), out)
               : write_handshake (self, UDPNAT_ROLE_PEER_PEER,
                                  sim_peer_get_key (self->peers[event->whom]), out);
    case SIM_N_FLOODS:
      break;
    }
  g_assert_not_reached ();
}

/* ---- From where ---- */

static UdpnatAddress
forge_source (SimPlay *self)
{
  guint8 ip[4] = { SIM_SPOOFED_NET, (guint8) udpnat_random_below (&self->random, 256),
                   (guint8) udpnat_random_below (&self->random, 256), 1 };
  guint victim = udpnat_random_below (&self->random, self->scenario->n_people);
  UdpnatAddress source = { 0 };

  /* Now and then it is somebody who is there. */
  if (udpnat_random_below (&self->random, 4) == 0 &&
      udpnat_address_is_set (&self->seen_at[victim]))
    return self->seen_at[victim];
  udpnat_address_init_ipv4 (&source, ip,
                            (guint16) (1024 + udpnat_random_below (&self->random, 60000)));
  return source;
}

/** sim_play_flood: all at one instant */
void
sim_play_flood (SimPlay        *self,
                const SimEvent *event)
{
  UdpnatAddress sources[SOURCES_MAX];
  guint n_sources = 1 + udpnat_random_below (&self->random, SOURCES_MAX);
  UdpnatAddress to;

  if (event->kind == SIM_EVENT_SERVER_FLOOD)
    {
      to = sim_host_get_address (self->servers[event->whom]->host, UDPNAT_FAMILY_IPV4);
      to.port = UDPNAT_SERVER_PORT;
    }
  else
    to = self->seen_at[event->whom];
  if (!udpnat_address_is_set (&to) || self->heard == NULL)
    return;
  for (guint i = 0; i < n_sources; i++)
    sources[i] = forge_source (self);
  sim_invariants_note_spoofed (self->invariants, n_sources);
  for (guint i = 0; i < event->n; i++)
    {
      guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
      gsize n_data = write_datagram (self, event, data);

      if (n_data > 0)
        sim_world_inject (self->world, &sources[i % n_sources], &to, data, n_data);
    }
}
