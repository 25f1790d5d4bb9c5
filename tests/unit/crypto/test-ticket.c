#include "config.h"

#include "udpnat-noise.h"
#include "udpnat-seal.h"

#include <string.h>

/* Tickets, the keys that open them, and the handshake that they stand for. Expected bytes made with
 * another implementation of BLAKE2b, ChaCha20 and Poly1305. */

#define START_S G_GINT64_CONSTANT (1700000000)

static const guint8 known_ticket[] = {
    0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b,
    0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57,
    0xc5, 0x28, 0x14, 0x61, 0xc1, 0xf1, 0x68, 0x07, 0x9e, 0xe5, 0x96, 0xaf,
    0xbe, 0x8d, 0x74, 0x83, 0x83, 0xab, 0xbc, 0xd5, 0x02, 0x48, 0x42, 0x8b,
    0x7b, 0x20, 0xec, 0x54, 0x18, 0x15, 0x32, 0x81, 0x16, 0xf9, 0x02, 0x6e,
    0x30, 0xc1, 0x75, 0x10, 0xa7, 0x4b, 0x56, 0x41, 0x5f, 0xa8, 0xd6, 0x71,
    0x05, 0xe2, 0xe0, 0x84, 0xc1, 0x98, 0x29, 0x1f,
};

static const guint8 known_secret[] = {
    0xa2, 0x54, 0x0e, 0x9b, 0xe7, 0x74, 0x53, 0x81, 0xbf, 0xde, 0x82, 0x67,
    0x03, 0xe5, 0xed, 0x08, 0xd6, 0x4c, 0xb8, 0x0f, 0x83, 0xcb, 0x8d, 0x8f,
    0xdf, 0xc4, 0xf9, 0x85, 0xff, 0x19, 0x63, 0xc2,
};

static const guint8 known_first[] = {
    0x50, 0x88, 0xda, 0x1a, 0xc3, 0xa7, 0x4f, 0xe8, 0xe2, 0x98, 0x10, 0x3d,
    0x3a, 0xfe, 0xe4, 0x82, 0x81, 0x9f, 0x8c, 0x0f, 0xec, 0x7e, 0xac, 0xdb,
    0x55, 0x7b, 0xc8, 0x19, 0xc0,
};

static const guint8 known_second[] = {
    0x18, 0xd9, 0xea, 0x19, 0x73, 0x44, 0x53, 0x17, 0x70, 0x6e, 0x83, 0x08,
    0x72, 0xc9, 0xc9, 0x61, 0xdc, 0xc8, 0xcd, 0x76, 0x81, 0x08, 0x25, 0x26,
    0x9e, 0x71, 0xcf, 0x0a, 0x44, 0x8b,
};

static const guint8 known_keys[] = {
    0x88, 0x8e, 0xf9, 0xb3, 0x1d, 0x81, 0x9f, 0x17, 0x94, 0x58, 0x7d, 0x9a,
    0x8e, 0x3a, 0xdf, 0xda, 0xe5, 0xd1, 0xdd, 0x22, 0x91, 0x8d, 0x03, 0x3d,
    0x76, 0xf7, 0x72, 0x2c, 0xd4, 0x03, 0x02, 0x5c, 0x2a, 0x58, 0xe1, 0x1d,
    0xae, 0x76, 0x6b, 0x2c, 0x84, 0x4e, 0x73, 0x41, 0x53, 0x97, 0xe9, 0x7b,
    0xcc, 0xf7, 0x70, 0xd1, 0x39, 0x40, 0xab, 0x2a, 0xb8, 0x44, 0x90, 0xca,
    0xe5, 0x42, 0x6c, 0xa8,
};

typedef struct
{
  guint             n_given; /* of random bytes */
  UdpnatTicketRing *ring;
  UdpnatPublicKey   key;
  UdpnatTicket      ticket;
} Fixture;

/* 00 01 02 … for the first 256 bytes, then other numbers. */
static void
fill_rising (gpointer user_data,
             guint8  *out,
             gsize    n_out)
{
  guint *n_given = user_data;

  for (gsize i = 0; i < n_out; i++, (*n_given)++)
    out[i] = (guint8) (*n_given + *n_given / 256);
}

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  UdpnatRandom random = { fill_rising, &f->n_given };
  gboolean     is_ready = udpnat_crypto_init ();

  g_assert_true (is_ready);
  f->ring = udpnat_ticket_ring_new (&random);
  memset (f->key.bytes, 0x11, sizeof f->key.bytes);
  g_assert_true (udpnat_ticket_ring_rotate (f->ring, START_S));
  udpnat_ticket_ring_make (f->ring, &f->key, START_S, &f->ticket);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  udpnat_ticket_ring_free (f->ring);
}

static gboolean
opens (const UdpnatTicketRing *ring,
       const UdpnatTicket     *ticket,
       gint64                  now_s)
{
  UdpnatTicketHolder holder;

  return udpnat_ticket_ring_open (ring, now_s, ticket->bytes, &holder);
}

/* ---- The ring ---- */

static void
ticket_is_known (Fixture       *f,
                 gconstpointer  data)
{
  UdpnatTicketHolder holder;

  g_assert_cmpmem (f->ticket.bytes, sizeof f->ticket.bytes, known_ticket, sizeof known_ticket);
  g_assert_cmpmem (f->ticket.secret, sizeof f->ticket.secret, known_secret, sizeof known_secret);
  g_assert_true (udpnat_ticket_ring_open (f->ring, START_S + 1, f->ticket.bytes, &holder));
  g_assert_true (udpnat_public_key_equal (&holder.key, &f->key));
  g_assert_cmpint (holder.proved_s, ==, START_S);
  g_assert_cmpmem (holder.secret, sizeof holder.secret, known_secret, sizeof known_secret);
}

static void
changed_bit_is_refused (Fixture       *f,
                        gconstpointer  data)
{
  for (guint i = 0; i < 8 * UDPNAT_TICKET_BYTES; i++)
    {
      UdpnatTicket changed = f->ticket;

      changed.bytes[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (opens (f->ring, &changed, START_S));
    }
}

static void
other_ring_opens_nothing (Fixture       *f,
                          gconstpointer  data)
{
  UdpnatRandom random = { fill_rising, &f->n_given };
  g_autoptr (UdpnatTicketRing) other = udpnat_ticket_ring_new (&random);

  g_assert_false (opens (other, &f->ticket, START_S)); /* it has no key yet */
  g_assert_true (udpnat_ticket_ring_rotate (other, START_S));
  g_assert_false (opens (other, &f->ticket, START_S));
}

static void
life_ends_24h_after_the_proof (Fixture       *f,
                               gconstpointer  data)
{
  UdpnatTicket later;

  g_assert_true (udpnat_ticket_ring_rotate (f->ring, START_S + UDPNAT_TICKET_KEY_S));
  g_assert_true (opens (f->ring, &f->ticket, START_S + UDPNAT_TICKET_LIFE_S - 1));
  g_assert_false (opens (f->ring, &f->ticket, START_S + UDPNAT_TICKET_LIFE_S));
  /* A newer one of the same proof lives no longer. */
  udpnat_ticket_ring_make (f->ring, &f->key, START_S, &later);
  g_assert_true (opens (f->ring, &later, START_S + UDPNAT_TICKET_LIFE_S - 1));
  g_assert_false (opens (f->ring, &later, START_S + UDPNAT_TICKET_LIFE_S));
}

static void
key_is_new_every_12h (Fixture       *f,
                      gconstpointer  data)
{
  g_assert_false (udpnat_ticket_ring_rotate (f->ring, START_S + UDPNAT_TICKET_KEY_S - 1));
  g_assert_true (udpnat_ticket_ring_rotate (f->ring, START_S + UDPNAT_TICKET_KEY_S));
  g_assert_true (opens (f->ring, &f->ticket, START_S + UDPNAT_TICKET_KEY_S));
  g_assert_true (udpnat_ticket_ring_rotate (f->ring, START_S + 2 * UDPNAT_TICKET_KEY_S));
  /* Its key is gone, whatever the clock says. */
  g_assert_false (opens (f->ring, &f->ticket, START_S + 1));
}

static void
old_key_is_forgotten_after_sleep (Fixture       *f,
                                  gconstpointer  data)
{
  gint64       now_s = START_S + UDPNAT_TICKET_KEY_S + UDPNAT_TICKET_LIFE_S;
  UdpnatTicket late;
  guint8       stored[UDPNAT_TICKET_RING_BYTES];
  static const guint8 zeros[UDPNAT_TICKET_KEY_BYTES];

  udpnat_ticket_ring_make (f->ring, &f->key, START_S + UDPNAT_TICKET_KEY_S, &late);
  g_assert_true (opens (f->ring, &late, now_s - 1));
  g_assert_false (opens (f->ring, &late, now_s));
  g_assert_true (udpnat_ticket_ring_rotate (f->ring, now_s));
  udpnat_ticket_ring_store (f->ring, stored);
  g_assert_cmpmem (stored + UDPNAT_TICKET_KEY_BYTES, UDPNAT_TICKET_KEY_BYTES, zeros,
                   sizeof zeros);
}

/* A clock that is set back by more than an hour makes what was made by it worthless. */
static void
clock_may_go_back_an_hour (Fixture       *f,
                           gconstpointer  data)
{
  g_assert_false (udpnat_ticket_ring_rotate (f->ring, START_S - UDPNAT_TICKET_CLOCK_S));
  g_assert_true (opens (f->ring, &f->ticket, START_S - UDPNAT_TICKET_CLOCK_S));
  g_assert_false (opens (f->ring, &f->ticket, START_S - UDPNAT_TICKET_CLOCK_S - 1));
  g_assert_true (udpnat_ticket_ring_rotate (f->ring, START_S - UDPNAT_TICKET_CLOCK_S - 1));
}

static void
stored_keys_open (Fixture       *f,
                  gconstpointer  data)
{
  UdpnatRandom random = { fill_rising, &f->n_given };
  g_autoptr (UdpnatTicketRing) restored = udpnat_ticket_ring_new (&random);
  guint8 stored[UDPNAT_TICKET_RING_BYTES];
  UdpnatTicket second;

  g_assert_true (udpnat_ticket_ring_rotate (f->ring, START_S + UDPNAT_TICKET_KEY_S));
  udpnat_ticket_ring_make (f->ring, &f->key, START_S + UDPNAT_TICKET_KEY_S, &second);
  udpnat_ticket_ring_store (f->ring, stored);
  g_assert_false (udpnat_ticket_ring_restore (restored, stored, sizeof stored - 1));
  g_assert_true (udpnat_ticket_ring_restore (restored, stored, sizeof stored));
  g_assert_false (udpnat_ticket_ring_rotate (restored, START_S + UDPNAT_TICKET_KEY_S + 1));
  g_assert_true (opens (restored, &f->ticket, START_S + UDPNAT_TICKET_KEY_S + 1));
  g_assert_true (opens (restored, &second, START_S + UDPNAT_TICKET_KEY_S + 1));
}

/* ---- The handshake ---- */

typedef struct
{
  UdpnatNoise *client;
  UdpnatNoise *server;
  guint8       first[512];
  gsize        n_first;
  guint8       second[512];
  gsize        n_second;
} Pair;

static void
pair_clear (Pair *pair)
{
  udpnat_noise_free (pair->client);
  udpnat_noise_free (pair->server);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pair, pair_clear)

static Pair
pair_new (Fixture *f)
{
  Pair            pair = { 0 };
  UdpnatPublicKey server_key;
  guint8          random[32];

  memset (server_key.bytes, 0x22, sizeof server_key.bytes);
  memset (random, 0x33, sizeof random);
  pair.client = udpnat_noise_new_resuming (&server_key, &f->ticket, random);
  memset (random, 0x44, sizeof random);
  pair.server = udpnat_noise_new_resumed (&server_key, &f->key, f->ticket.secret, random);
  return pair;
}

static void
write_first (Pair *pair)
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, pair->first, sizeof pair->first);
  g_assert_true (udpnat_noise_write (pair->client, (const guint8 *) "first payload", 13, &writer));
  pair->n_first = writer.n_written;
}

static void
write_second (Pair *pair)
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, pair->second, sizeof pair->second);
  g_assert_true (udpnat_noise_write (pair->server, (const guint8 *) "second payload", 14,
                                     &writer));
  pair->n_second = writer.n_written;
}

static gboolean
read_message (UdpnatNoise  *noise,
              const guint8 *message,
              gsize         n_message,
              const char   *wanted)
{
  guint8 payload[512];
  gsize  n_payload;

  if (!udpnat_noise_read (noise, message, n_message, payload, &n_payload))
    return FALSE;
  g_assert_cmpmem (payload, n_payload, wanted, strlen (wanted));
  return TRUE;
}

static void
handshake_is_known (Fixture       *f,
                    gconstpointer  data)
{
  g_auto (Pair) pair = pair_new (f);
  guint8 sent[32], received[32], server_sent[32], server_received[32];

  g_assert_true (udpnat_public_key_equal (udpnat_noise_get_remote_key (pair.server), &f->key));
  write_first (&pair);
  g_assert_cmpuint (pair.n_first, ==, UDPNAT_NOISE_RESUMING_OVERHEAD_BYTES + 13);
  g_assert_cmpmem (pair.first + 32, UDPNAT_TICKET_BYTES, known_ticket, sizeof known_ticket);
  g_assert_cmpmem (pair.first + 112, pair.n_first - 112, known_first, sizeof known_first);
  g_assert_true (read_message (pair.server, pair.first, pair.n_first, "first payload"));
  g_assert_cmpmem (udpnat_noise_get_remote_ephemeral (pair.server), 32, pair.first, 32);
  write_second (&pair);
  g_assert_cmpuint (pair.n_second, ==, UDPNAT_NOISE_SECOND_OVERHEAD_BYTES + 14);
  g_assert_cmpmem (pair.second + 32, pair.n_second - 32, known_second, sizeof known_second);
  g_assert_true (read_message (pair.client, pair.second, pair.n_second, "second payload"));
  g_assert_true (udpnat_noise_is_complete (pair.client));
  g_assert_true (udpnat_noise_is_complete (pair.server));
  udpnat_noise_split (pair.client, sent, received);
  udpnat_noise_split (pair.server, server_sent, server_received);
  g_assert_cmpmem (sent, 32, known_keys, 32);
  g_assert_cmpmem (received, 32, known_keys + 32, 32);
  g_assert_cmpmem (server_received, 32, sent, 32);
  g_assert_cmpmem (server_sent, 32, received, 32);
}

/* What is forged changes nothing: the genuine message can still be read. */
static void
forged_messages_are_refused (Fixture       *f,
                             gconstpointer  data)
{
  g_auto (Pair) pair = pair_new (f);

  write_first (&pair);
  for (guint i = 0; i < pair.n_first; i++)
    {
      pair.first[i] ^= 1;
      g_assert_false (read_message (pair.server, pair.first, pair.n_first, ""));
      pair.first[i] ^= 1;
    }
  g_assert_false (read_message (pair.server, pair.first, pair.n_first - 1, ""));
  g_assert_false (read_message (pair.server, pair.first,
                                UDPNAT_NOISE_RESUMING_OVERHEAD_BYTES - 1, ""));
  g_assert_true (read_message (pair.server, pair.first, pair.n_first, "first payload"));
  write_second (&pair);
  for (guint i = 0; i < pair.n_second; i++)
    {
      pair.second[i] ^= 1;
      g_assert_false (read_message (pair.client, pair.second, pair.n_second, ""));
      pair.second[i] ^= 1;
    }
  g_assert_true (read_message (pair.client, pair.second, pair.n_second, "second payload"));
}

/* Whoever has the ticket and not its secret, or is another server, can say nothing. */
static void
secret_and_server_are_bound (Fixture       *f,
                             gconstpointer  data)
{
  g_auto (Pair) pair = pair_new (f);
  g_auto (Pair) other = { 0 };
  UdpnatPublicKey server_key;
  guint8          random[32] = { 5 };
  UdpnatTicket    thief = f->ticket;

  memset (server_key.bytes, 0x22, sizeof server_key.bytes);
  thief.secret[31] ^= 1;
  other.client = udpnat_noise_new_resuming (&server_key, &thief, random);
  write_first (&other);
  g_assert_false (read_message (pair.server, other.first, other.n_first, ""));
  server_key.bytes[0] ^= 1;
  other.server = udpnat_noise_new_resumed (&server_key, &f->key, f->ticket.secret, random);
  write_first (&pair);
  g_assert_false (read_message (other.server, pair.first, pair.n_first, ""));
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/ticket/ring/known", ticket_is_known);
  ADD ("/ticket/ring/changed-bit", changed_bit_is_refused);
  ADD ("/ticket/ring/other-ring", other_ring_opens_nothing);
  ADD ("/ticket/ring/life-24h-from-proof", life_ends_24h_after_the_proof);
  ADD ("/ticket/ring/new-key-every-12h", key_is_new_every_12h);
  ADD ("/ticket/ring/old-key-forgotten", old_key_is_forgotten_after_sleep);
  ADD ("/ticket/ring/clock-set-back", clock_may_go_back_an_hour);
  ADD ("/ticket/ring/stored", stored_keys_open);
  ADD ("/ticket/handshake/known", handshake_is_known);
  ADD ("/ticket/handshake/forged", forged_messages_are_refused);
  ADD ("/ticket/handshake/secret-and-server", secret_and_server_are_bound);
  return g_test_run ();
}
