/* What packets cost: streams between two sessions in memory, and the server's share of a keepalive
 * and of a relayed packet. No sockets, no simulator; CPU time, medians of five rounds. */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "bench.h"

#include "udpnat-frame.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-rendezvous-server.h"
#include "udpnat-session.h"

#define WALL_OFFSET_US (G_GINT64_CONSTANT (1790000000) * G_USEC_PER_SEC)
#define KEEPALIVE_BYTES 96 /* a whole datagram; PROTOCOL.md section 11 */
#define STREAM_BYTES 50000000
#define N_PACKETS 5000

/* One side of a session. */
typedef struct
{
  UdpnatRole        role;
  UdpnatIdentity   *identity;
  UdpnatIndexTable *indexes;
  UdpnatSession    *session;
  UdpnatAddress     address;
} End;

/* Time stands still but for what is added to this. */
static gint64 now_us = UDPNAT_SEC (1000);

static void
end_init (End       *self,
          UdpnatRole role,
          guint8     number)
{
  const guint8 ip[4] = { 198, 51, 100, number };
  UdpnatRandom random = bench_random ();

  self->role = role;
  self->identity = udpnat_identity_generate (&random);
  self->indexes = udpnat_index_table_new (&random);
  self->session = NULL;
  udpnat_address_init_ipv4 (&self->address, ip, UDPNAT_CLIENT_PORT);
}

static void
end_clear (End *self)
{
  udpnat_session_free (self->session);
  udpnat_index_table_free (self->indexes);
  udpnat_identity_free (self->identity);
}

static UdpnatSessionConfig
end_get_config (End *self)
{
  return (UdpnatSessionConfig) {
    .role = self->role,
    .identity = self->identity,
    .indexes = self->indexes,
    .random = bench_random (),
    .owner = self,
    .max_packet_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
}

static void
end_dial (End                   *self,
          const UdpnatPublicKey *to)
{
  UdpnatSessionConfig config = end_get_config (self);
  guint8              timestamp[UDPNAT_TIMESTAMP_BYTES];

  self->session = udpnat_session_new_initiator (&config, to, now_us);
  udpnat_timestamp_from_us (WALL_OFFSET_US + now_us, timestamp);
  udpnat_session_start_handshake (self->session, now_us, timestamp, NULL, 0);
}

static gboolean
end_pop (End    *self,
         guint8 *out,
         gsize  *out_n)
{
  UdpnatSessionOutputKind kind;

  return udpnat_session_pop_output (self->session, now_us, &kind, out, out_n);
}

static void
end_elapse (End *self)
{
  if (udpnat_session_next_deadline (self->session) <= now_us)
    udpnat_session_handle_deadline (self->session, now_us);
}

static void
end_receive (End    *self,
             guint8 *data,
             gsize   n_data)
{
  UdpnatSessionConfig config = end_get_config (self);
  UdpnatSessionEvent  event;
  guint8              secret[UDPNAT_EPHEMERAL_BYTES] = { 1 };
  UdpnatHs1           hs1;

  if (data[0] != UDPNAT_PACKET_HS1)
    (void) udpnat_session_handle_packet (self->session, now_us, data, n_data);
  else if (udpnat_hs1_read (self->identity, self->role, secret, data, n_data, &hs1))
    {
      self->session = udpnat_session_new_responder (&config, &hs1, now_us, NULL, 0);
      udpnat_hs1_clear (&hs1);
    }
  while (udpnat_session_pop_event (self->session, &event))
    ;
  end_elapse (self);
}

/* ---- Streams ---- */

static gboolean
exchange (End *from,
          End *to)
{
  guint8   packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gboolean has_moved = FALSE;
  gsize    n;

  while (from->session != NULL && end_pop (from, packet, &n))
    {
      end_receive (to, packet, n);
      has_moved = TRUE;
    }
  return has_moved;
}

static gsize
read_stream (End *self)
{
  gsize n;

  if (udpnat_session_stream_peek (self->session, UDPNAT_STREAM_CHAT, &n) != NULL)
    udpnat_session_stream_consume (self->session, now_us, UDPNAT_STREAM_CHAT, n);
  return n;
}

/* Both ends' work, from write to read and acknowledgement, at a round trip of two milliseconds.
 * Returns: MB a second of CPU */
static double
get_stream_rate (void)
{
  static guint8 data[65536];
  End           ends[2];
  gsize         n_written = 0, n_read = 0;
  double        start_s;

  end_init (&ends[0], UDPNAT_ROLE_PEER_PEER, 1);
  end_init (&ends[1], UDPNAT_ROLE_PEER_PEER, 2);
  end_dial (&ends[0], udpnat_identity_get_public_key (ends[1].identity));
  while (exchange (&ends[0], &ends[1]) || exchange (&ends[1], &ends[0]))
    now_us += 1000;
  start_s = bench_get_cpu_s ();
  while (n_read < STREAM_BYTES)
    {
      n_written += udpnat_session_stream_write (ends[0].session, UDPNAT_STREAM_CHAT, data,
                                                MIN (sizeof data, STREAM_BYTES - n_written));
      exchange (&ends[0], &ends[1]);
      now_us += 1000;
      n_read += read_stream (&ends[1]);
      exchange (&ends[1], &ends[0]);
      now_us += 1000;
      end_elapse (&ends[0]);
      end_elapse (&ends[1]);
    }
  start_s = bench_get_cpu_s () - start_s;
  end_clear (&ends[0]);
  end_clear (&ends[1]);
  return STREAM_BYTES / start_s / 1e6;
}

/* ---- Server ---- */

typedef struct
{
  UdpnatIdentity         *identity;
  UdpnatRendezvousServer *server;
  UdpnatMachine          *machine;
  End                     clients[2];
  guint32                 handles[2];
} Scene;

static UdpnatRxResult
feed (Scene               *self,
      const UdpnatAddress *from,
      const guint8        *data,
      gsize                n_data)
{
  UdpnatDatagram datagram;

  datagram.socket = UDPNAT_SOCKET_MAIN;
  datagram.ttl = 0;
  datagram.remote = *from;
  datagram.n_data = n_data;
  memcpy (datagram.data, data, n_data);
  return udpnat_machine_handle_datagram (self->machine, now_us, &datagram);
}

static void
pop_server_events (Scene *self)
{
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (self->machine)) != NULL)
    {
      if (event->type == UDPNAT_SERVER_EVENT_CLAIM)
        udpnat_rendezvous_server_complete_claim (self->server, now_us,
                                                 ((UdpnatServerEvent *) event)->claim_id, TRUE);
      udpnat_event_free (event);
    }
}

/* Until nobody has anything to say. */
static void
settle (Scene *self)
{
  UdpnatDatagram datagram;
  guint8         packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gboolean       has_moved = TRUE;
  gsize          n;

  while (has_moved)
    {
      has_moved = FALSE;
      pop_server_events (self);
      while (udpnat_machine_pop_output (self->machine, now_us, &datagram))
        for (guint i = 0; i < 2; i++)
          if (udpnat_address_equal (&datagram.remote, &self->clients[i].address))
            end_receive (&self->clients[i], datagram.data, datagram.n_data);
      for (guint i = 0; i < 2; i++)
        while (end_pop (&self->clients[i], packet, &n))
          {
            (void) feed (self, &self->clients[i].address, packet, n);
            has_moved = TRUE;
          }
      now_us += 1000;
      udpnat_machine_handle_deadline (self->machine, now_us);
    }
}

static guint32
read_handle (End *client)
{
  UdpnatMessageView message;
  UdpnatAddress     observed;
  g_autofree char  *name = NULL;
  const guint8     *data;
  guint32           handle;
  gsize             n, n_consumed;

  data = udpnat_session_stream_peek (client->session, UDPNAT_STREAM_CONTROL, &n);
  if (data == NULL
      || udpnat_message_parse (data, n, &message, &n_consumed) != UDPNAT_MESSAGE_COMPLETE
      || !udpnat_parse_registered (&message, &handle, &observed, &name))
    g_error ("the server did not register a client");
  return handle;
}

static void
scene_init (Scene *self)
{
  UdpnatRendezvousServerConfig config = {
    .random = bench_random (),
    .relay_burst_bytes = G_GINT64_CONSTANT (1) << 40,
    .relay_bytes_per_second = G_GINT64_CONSTANT (1) << 30,
  };
  static const char *const names[] = { "alice", "bob" };

  self->identity = udpnat_identity_generate (&config.random);
  config.identity = self->identity;
  self->server = udpnat_rendezvous_server_new (&config, now_us);
  self->machine = udpnat_rendezvous_server_get_machine (self->server);
  for (guint8 i = 0; i < 2; i++)
    {
      end_init (&self->clients[i], UDPNAT_ROLE_CLIENT_SERVER, 1 + i);
      end_dial (&self->clients[i], udpnat_identity_get_public_key (self->identity));
    }
  settle (self);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();

      udpnat_write_register (message, FALSE, names[i]);
      udpnat_session_stream_write (self->clients[i].session, UDPNAT_STREAM_CONTROL, message->data,
                                   message->len);
    }
  for (guint i = 0; i < 100; i++) /* the server answers when the claim is stored */
    settle (self);
  for (guint i = 0; i < 2; i++)
    self->handles[i] = read_handle (&self->clients[i]);
}

static void
scene_clear (Scene *self)
{
  end_clear (&self->clients[0]);
  end_clear (&self->clients[1]);
  udpnat_rendezvous_server_free (self->server);
  udpnat_identity_free (self->identity);
}

/* The same frame so many times from alice, sealed beforehand. Returns: the server's CPU for one, in
 * µs */
static double
get_server_cost (Scene        *scene,
                 const guint8 *frames,
                 gsize         n_frames,
                 guint        *out_n_sent)
{
  g_autofree guint8 *packets = g_malloc ((gsize) N_PACKETS * UDPNAT_DATAGRAM_MAX_BYTES);
  UdpnatDatagram     datagram;
  gsize              n_packet = 0;
  double             start_s;

  for (gsize i = 0; i < N_PACKETS; i++)
    n_packet = udpnat_session_seal_frames (scene->clients[0].session, now_us, frames, n_frames,
                                           packets + i * UDPNAT_DATAGRAM_MAX_BYTES);
  *out_n_sent = 0;
  start_s = bench_get_cpu_s ();
  for (gsize i = 0; i < N_PACKETS; i++)
    {
      const guint8 *packet = packets + i * UDPNAT_DATAGRAM_MAX_BYTES;

      if (feed (scene, &scene->clients[0].address, packet, n_packet) != UDPNAT_RX_OK)
        g_error ("the server did not take a packet");
      udpnat_machine_handle_deadline (scene->machine, now_us);
      while (udpnat_machine_pop_output (scene->machine, now_us, &datagram))
        ++*out_n_sent;
    }
  return (bench_get_cpu_s () - start_s) * 1e6 / N_PACKETS;
}

/* @n_inner: bytes to relay; 0: a keepalive */
static double
measure_server (gsize n_inner)
{
  guint8       inner[UDPNAT_RELAY_INNER_MAX_BYTES] = { UDPNAT_PACKET_DATA };
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  double       costs[BENCH_ROUNDS];
  gboolean     fits;
  Scene        scene;

  scene_init (&scene);
  udpnat_writer_init (&writer, frames, sizeof frames);
  fits = n_inner > 0 ? udpnat_frame_write_relay (&writer, scene.handles[1], inner, n_inner)
                     : udpnat_frame_write_pad (&writer, KEEPALIVE_BYTES - UDPNAT_DATA_MIN_BYTES
                                                          - UDPNAT_FRAME_HEADER_BYTES);
  g_assert_true (fits);
  for (guint i = 0; i < BENCH_ROUNDS; i++)
    {
      guint n_sent;

      costs[i] = get_server_cost (&scene, frames, writer.n_written, &n_sent);
      if (n_sent != (n_inner > 0 ? N_PACKETS : 0))
        g_error ("for %u packets the server sent %u", N_PACKETS, n_sent);
    }
  scene_clear (&scene);
  return bench_median (costs, BENCH_ROUNDS);
}

int
main (void)
{
  double rates[BENCH_ROUNDS];
  double keepalive_us, small_us, large_us;

  if (!udpnat_crypto_init ())
    return 1;
  for (guint i = 0; i < BENCH_ROUNDS; i++)
    rates[i] = get_stream_rate ();
  keepalive_us = measure_server (0);
  small_us = measure_server (150);
  large_us = measure_server (1100);

  printf ("Packets in memory: CPU, median of %d rounds\n", BENCH_ROUNDS);
  printf ("  stream, both sessions       %8.0f MB/s\n", bench_median (rates, BENCH_ROUNDS));
  printf ("  server: keepalive           %8.2f µs   without the system calls, caches warm\n",
          keepalive_us);
  printf ("  server: relay 150 bytes     %8.2f µs   %.2f × keepalive\n", small_us,
          small_us / keepalive_us);
  printf ("  server: relay 1,100 bytes   %8.2f µs   %.2f × keepalive, %.0f MB/s\n", large_us,
          large_us / keepalive_us, 1100 / large_us);
  return 0;
}
