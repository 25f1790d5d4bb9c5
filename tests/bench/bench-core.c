/* What the core costs, and how quick it is: figures and ratios to look at, no pass or fail. Each
 * cost is the median of five rounds of process CPU time; use the ratios, since machines differ.
 * Times of messages are virtual and exact. */

#include "config.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "sim-chat.h"

#include "udpnat-handshake.h"
#include "udpnat-keyset.h"
#include "udpnat-noise.h"
#include "udpnat-seal.h"

/* ---- Crypto ---- */

static void
bare_responder (guint n)
{
  guint8 secret[32];
  guint8 point[32];
  guint8 shared[32];

  randombytes_buf (secret, sizeof secret);
  crypto_scalarmult_base (point, secret);
  for (guint i = 0; i < n; i++)
    {
      crypto_scalarmult_base (shared, secret);
      for (guint j = 0; j < 4; j++)
        if (crypto_scalarmult (shared, secret, point) != 0)
          g_assert_not_reached ();
    }
}

/* Both sides of Noise IK, so twice what a responder does. */
static void
noise_both_sides (guint n)
{
  static const guint8 prologue[] = "udpnat/1pp";
  UdpnatRandom random = bench_random ();
  g_autoptr (UdpnatIdentity) a = udpnat_identity_generate (&random);
  g_autoptr (UdpnatIdentity) b = udpnat_identity_generate (&random);

  for (guint i = 0; i < n; i++)
    {
      guint8 ephemeral_a[32];
      guint8 ephemeral_b[32];
      guint8 message[512];
      guint8 payload[512];
      UdpnatWriter writer;
      gsize n_payload;
      g_autoptr (UdpnatNoise) initiator = NULL;
      g_autoptr (UdpnatNoise) responder = NULL;

      randombytes_buf (ephemeral_a, sizeof ephemeral_a);
      randombytes_buf (ephemeral_b, sizeof ephemeral_b);
      initiator = udpnat_noise_new_initiator (UDPNAT_NOISE_IK, prologue, 10, a,
                                              udpnat_identity_get_public_key (b), ephemeral_a);
      responder = udpnat_noise_new_responder (UDPNAT_NOISE_IK, prologue, 10, b, ephemeral_b);
      udpnat_writer_init (&writer, message, sizeof message);
      if (!udpnat_noise_write (initiator, prologue, 10, &writer) ||
          !udpnat_noise_read (responder, message, writer.n_written, payload, &n_payload))
        g_assert_not_reached ();
      udpnat_writer_init (&writer, message, sizeof message);
      if (!udpnat_noise_write (responder, prologue, 10, &writer) ||
          !udpnat_noise_read (initiator, message, writer.n_written, payload, &n_payload))
        g_assert_not_reached ();
    }
}

/* What a server has of a client that comes back by ticket. */
typedef struct
{
  UdpnatTicketRing *ring;
  UdpnatIdentity   *server;
  UdpnatTicket      ticket;
  guint8            hs1[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize             n_hs1;
} Resumption;

static void
resumption_init (Resumption *self)
{
  static const guint8 random_bytes[UDPNAT_EPHEMERAL_BYTES] = { 1 };
  static const guint8 timestamp[UDPNAT_TIMESTAMP_BYTES] = { 1 };
  UdpnatRandom random = bench_random ();
  UdpnatPublicKey key = { { 2 } };
  UdpnatHs1Request request = {
    .role = UDPNAT_ROLE_RESUMPTION,
    .ephemeral_secret = random_bytes,
    .ticket = &self->ticket,
    .timestamp = timestamp,
    .max_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };

  self->ring = udpnat_ticket_ring_new (&random);
  self->server = udpnat_identity_generate (&random);
  if (!udpnat_ticket_ring_rotate (self->ring, 1))
    g_assert_not_reached ();
  udpnat_ticket_ring_make (self->ring, &key, 1, &self->ticket);
  request.remote = udpnat_identity_get_public_key (self->server);
  udpnat_noise_free (udpnat_hs1_write (&request, self->hs1, &self->n_hs1));
}

static void
resumption_clear (Resumption *self)
{
  udpnat_ticket_ring_free (self->ring);
  udpnat_identity_free (self->server);
}

/* The ticket, HS1's and HS2's payload, and the keys that come of it. */
static void
resume_crypto (guint n)
{
  Resumption self;
  UdpnatHs1View view;

  resumption_init (&self);
  if (!udpnat_hs1_parse (&view, self.hs1, self.n_hs1))
    g_assert_not_reached ();
  for (guint i = 0; i < n; i++)
    {
      guint8 payload[UDPNAT_DATAGRAM_MAX_BYTES], send_key[32], receive_key[32];
      const guint8 random_bytes[32] = { (guint8) i };
      g_autoptr (UdpnatNoise) noise = NULL;
      UdpnatTicketHolder holder;
      UdpnatWriter writer;
      gsize n_payload;

      if (!udpnat_ticket_ring_open (self.ring, 1, view.noise + 32, &holder))
        g_assert_not_reached ();
      noise = udpnat_noise_new_resumed (udpnat_identity_get_public_key (self.server), &holder.key,
                                        holder.secret, random_bytes);
      udpnat_writer_init (&writer, payload, sizeof payload);
      if (!udpnat_noise_read (noise, view.noise, view.n_noise, payload, &n_payload) ||
          !udpnat_noise_write (noise, self.hs1, 23, &writer))
        g_assert_not_reached ();
      udpnat_noise_split (noise, send_key, receive_key);
    }
  resumption_clear (&self);
}

/* The same, with mac1, the packets around it, and a new ticket in HS2: what a server does of HS1
 * but for tables and system calls. */
static void
resume_whole (guint n)
{
  Resumption self;

  resumption_init (&self);
  for (guint i = 0; i < n; i++)
    {
      const guint8 random_bytes[UDPNAT_EPHEMERAL_BYTES] = { (guint8) i };
      guint8 frames[146] = { 0 }, hs2[UDPNAT_DATAGRAM_MAX_BYTES];
      g_autoptr (UdpnatKeyset) keys = NULL;
      UdpnatTicket ticket;
      UdpnatHs1 hs1;
      gsize n_hs2;

      if (!udpnat_hs1_check_mac1 (self.server, self.hs1, self.n_hs1) ||
          !udpnat_hs1_resume (self.server, self.ring, 1, random_bytes, self.hs1, self.n_hs1, &hs1))
        g_assert_not_reached ();
      udpnat_ticket_ring_make (self.ring, &hs1.remote_key, hs1.proved_s, &ticket);
      memcpy (frames, &ticket, sizeof ticket);
      if (!udpnat_hs2_write (&hs1, hs1.role, 1, FALSE, frames, sizeof frames,
                             UDPNAT_DATAGRAM_MAX_BYTES, hs2, &n_hs2))
        g_assert_not_reached ();
      keys = udpnat_keyset_new (hs1.noise, 1, 2, FALSE, 1, 1);
      udpnat_hs1_clear (&hs1);
    }
  resumption_clear (&self);
}

static void
seal_and_open (guint n)
{
  guint8 key[32] = { 1 };
  guint8 packet[1200 + UDPNAT_SEAL_TAG_BYTES] = { 0 };

  for (guint i = 0; i < n; i++)
    {
      udpnat_seal (key, i, packet, 0, packet, 1200, packet);
      if (!udpnat_open (key, i, packet, 0, packet, sizeof packet, packet))
        g_assert_not_reached ();
    }
}

/* ---- Whole machines ---- */

/* Two people behind routers of one kind, known to each other. */
static void
pair_init (SimPair         *pair,
           SimNatBehaviour  mapping,
           gint64           leg_us)
{
  SimLinkConfig link = sim_link_config_with_delay (leg_us);
  SimNatConfig nat = sim_nat_config (mapping, SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
  SimWorld *world = sim_world_new (1);

  nat.allocator = SIM_NAT_ALLOCATOR_RANDOM;
  sim_world_set_core (world, 0, 6);
  sim_pair_start (pair, world, &nat, &link, &nat, &link);
  sim_world_run_for (world, UDPNAT_SEC (5));
}

/* One message and its receipt, one after the other, the whole way through both nodes (and the
 * server, when relayed). */
static void
send_messages (guint           n,
               SimNatBehaviour mapping)
{
  SimPair pair;

  pair_init (&pair, mapping, UDPNAT_MSEC (1));
  for (guint i = 0; i < n; i++)
    {
      sim_peer_send (pair.alice, "bob", "a line of text as people write them");
      sim_world_run_for (pair.world, UDPNAT_MSEC (60));
    }
  if (pair.alice->n_delivered != n)
    g_error ("only %u of %u messages were delivered", pair.alice->n_delivered, n);
  sim_pair_clear (&pair);
}

static void
send_direct (guint n)
{
  send_messages (n, SIM_NAT_ENDPOINT_INDEPENDENT);
}

static void
send_relayed (guint n)
{
  send_messages (n, SIM_NAT_ADDRESS_AND_PORT_DEPENDENT);
}

/* Steps of the simulation that one second of CPU does, with the machines' work in it: two people
 * who write to each other over a link that loses 10 %. */
static double
get_events_per_s (void)
{
  double rates[BENCH_ROUNDS];

  for (guint round = 0; round < BENCH_ROUNDS; round++)
    {
      SimLinkConfig link = sim_link_config_with_delay (UDPNAT_MSEC (20));
      double start_s;
      guint64 start;
      SimPair pair;

      pair_init (&pair, SIM_NAT_ENDPOINT_INDEPENDENT, UDPNAT_MSEC (20));
      link.loss = 0.1;
      sim_host_set_link (pair.alice->host, SIM_UP, &link);
      start = sim_world_get_stats (pair.world)->events;
      start_s = bench_get_cpu_s ();
      for (guint i = 0; i < 2000; i++)
        {
          sim_peer_send (pair.alice, "bob", "hello");
          sim_peer_send (pair.bob, "alice", "hello");
          sim_world_run_for (pair.world, UDPNAT_MSEC (50));
        }
      rates[round] = (double) (sim_world_get_stats (pair.world)->events - start)
                     / (bench_get_cpu_s () - start_s);
      sim_pair_clear (&pair);
    }
  return bench_median (rates, BENCH_ROUNDS);
}

static void
print_first_message (gint64 leg_us)
{
  const SimMessage *message;
  gint64 start_us;
  SimPair pair;

  pair_init (&pair, SIM_NAT_ENDPOINT_INDEPENDENT, leg_us);
  start_us = sim_world_now (pair.world);
  sim_peer_send (pair.alice, "bob", "hello");
  sim_world_run_for (pair.world, UDPNAT_SEC (3));
  g_assert_cmpuint (pair.bob->received->len, ==, 1);
  message = g_ptr_array_index (pair.bob->received, 0);
  printf ("%8.0f ms %14.1f ms %14.1f ms %11.1f ms %11.1f ms\n", leg_us / 1000.0,
          (message->at_us - start_us) / 1000.0, pair.alice->last_elapsed_us / 1000.0,
          (pair.bob->direct_us - start_us) / 1000.0, (pair.alice->direct_us - start_us) / 1000.0);
  sim_pair_clear (&pair);
}

int
main (void)
{
  double bare_us;
  double noise_us;
  double resume_us;
  double whole_us;
  double seal_us;
  double direct_us;
  double relayed_us;

  if (!udpnat_crypto_init ())
    return 1;
  bare_us = bench_measure (bare_responder, 200);
  noise_us = bench_measure (noise_both_sides, 200) / 2;
  resume_us = bench_measure (resume_crypto, 20000);
  whole_us = bench_measure (resume_whole, 20000);
  seal_us = bench_measure (seal_and_open, 20000);
  direct_us = bench_measure (send_direct, 1000);
  relayed_us = bench_measure (send_relayed, 1000);

  printf ("CPU, median of %d rounds\n", BENCH_ROUNDS);
  printf ("  Noise IK, one side          %8.1f µs   %.2f × its five multiplications (%.1f µs), "
          "%.0f/s\n",
          noise_us, noise_us / bare_us, bare_us, 1e6 / noise_us);
  printf ("  the server's, by ticket     %8.2f µs   1/%.0f of that (asked: ≤ 5 µs); with mac1, "
          "packets and a new ticket %.2f µs\n", resume_us, noise_us / resume_us, whole_us);
  printf ("  seal and open 1,200 bytes   %8.2f µs   %.0f MB/s each way\n", seal_us,
          1200 / (seal_us / 2));
  printf ("  message and receipt, direct %8.1f µs   both nodes, with the simulator\n",
          direct_us);
  printf ("  the same, relayed           %8.1f µs   and the server: %.2f × direct\n", relayed_us,
          relayed_us / direct_us);
  printf ("  simulator                   %8.0f events/s with two nodes and a server at work\n",
          get_events_per_s ());
  printf ("\nFirst message between strangers behind port-restricted routers (virtual time)\n");
  printf ("   one leg      shown at bob  delivered back   direct, bob direct, alice\n");
  print_first_message (UDPNAT_MSEC (10));
  print_first_message (UDPNAT_MSEC (40));
  print_first_message (UDPNAT_MSEC (120));
  return 0;
}
