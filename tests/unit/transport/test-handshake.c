#include "config.h"

#include "udpnat-frame.h"
#include "udpnat-handshake.h"
#include "udpnat-index-table.h"
#include "udpnat-keyset.h"

#include <string.h>

/* The bytes of HS1 and HS2, the keys that come of them, and the table of indexes. */

#define T0 UDPNAT_SEC (1000)

typedef struct
{
  UdpnatIdentity *alice; /* dials */
  UdpnatIdentity *bob;
  guint8          alice_secret[UDPNAT_EPHEMERAL_BYTES];
  guint8          bob_secret[UDPNAT_EPHEMERAL_BYTES];
  guint8          timestamp[UDPNAT_TIMESTAMP_BYTES];
  guint8          frames[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize           n_frames;
  guint8          hs1[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize           n_hs1;
  UdpnatNoise    *noise; /* alice's */
} Fixture;

static void
set_up (Fixture       *f,
        gconstpointer  data)
{
  gboolean is_ready = udpnat_crypto_init ();
  guint8   secret[32];

  g_assert_true (is_ready);
  memset (secret, 0x11, sizeof secret);
  f->alice = udpnat_identity_new_from_secret (secret);
  memset (secret, 0x22, sizeof secret);
  f->bob = udpnat_identity_new_from_secret (secret);
  memset (f->alice_secret, 0x33, sizeof f->alice_secret);
  memset (f->bob_secret, 0x44, sizeof f->bob_secret);
  udpnat_timestamp_from_us (G_GINT64_CONSTANT (1700000000123456), f->timestamp);
}

static void
tear_down (Fixture       *f,
           gconstpointer  data)
{
  udpnat_identity_free (f->alice);
  udpnat_identity_free (f->bob);
  udpnat_noise_free (f->noise);
}

static void
add_early (Fixture *f,
           gsize    n_data)
{
  guint8       data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  memset (data, 'x', n_data);
  udpnat_writer_init (&writer, f->frames + f->n_frames, sizeof f->frames - f->n_frames);
  g_assert_true (udpnat_frame_write_early (&writer, 1, data, n_data));
  f->n_frames += writer.n_written;
}

static void
write_hs1 (Fixture *f,
           gsize    max_bytes)
{
  g_clear_pointer (&f->noise, udpnat_noise_free);
  f->noise = udpnat_hs1_write (&(UdpnatHs1Request) {
                                 .role = UDPNAT_ROLE_PEER_PEER,
                                 .local = f->alice,
                                 .remote = udpnat_identity_get_public_key (f->bob),
                                 .ephemeral_secret = f->alice_secret,
                                 .sender_index = 0x01020304,
                                 .timestamp = f->timestamp,
                                 .session_id = 77,
                                 .frames = f->frames,
                                 .n_frames = f->n_frames,
                                 .max_bytes = max_bytes,
                               },
                               f->hs1, &f->n_hs1);
  g_assert_nonnull (f->noise);
}

static gboolean
read_hs1 (Fixture      *f,
          const guint8 *data,
          gsize         n_data,
          UdpnatHs1    *out)
{
  return udpnat_hs1_read (f->bob, UDPNAT_ROLE_PEER_PEER, f->bob_secret, data, n_data, out);
}

static void
hs1_arrives (Fixture       *f,
             gconstpointer  data)
{
  UdpnatHs1 hs1;

  add_early (f, 100);
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_true (udpnat_hs1_check_mac1 (f->bob, f->hs1, f->n_hs1));
  g_assert_true (read_hs1 (f, f->hs1, f->n_hs1, &hs1));
  g_assert_true (udpnat_public_key_equal (&hs1.remote_key,
                                          udpnat_identity_get_public_key (f->alice)));
  g_assert_cmpuint (hs1.remote_index, ==, 0x01020304);
  g_assert_cmpmem (hs1.timestamp, UDPNAT_TIMESTAMP_BYTES, f->timestamp, UDPNAT_TIMESTAMP_BYTES);
  g_assert_cmpuint (hs1.session_id, ==, 77);
  g_assert_cmpuint (hs1.n_frames, >=, f->n_frames);
  g_assert_cmpmem (hs1.frames, f->n_frames, f->frames, f->n_frames);
  g_assert_cmpuint (hs1.n_hs1, ==, f->n_hs1);
  g_assert_cmpmem (hs1.ephemeral, 32, f->hs1 + 8, 32);
  udpnat_hs1_clear (&hs1);
  udpnat_hs1_clear (&hs1);
}

static void
hs1_is_padded_to_512 (Fixture       *f,
                      gconstpointer  data)
{
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_cmpuint (f->n_hs1, ==, UDPNAT_HS1_MIN_BYTES);
  /* With 356 bytes of frames it is 512 long by itself; PAD takes at least 3. */
  for (gsize n = 356 - 4; n <= 356 + 1; n++)
    {
      f->n_frames = 0;
      add_early (f, n - UDPNAT_EARLY_OVERHEAD_BYTES);
      write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
      g_assert_cmpuint (f->n_hs1, >=, UDPNAT_HS1_MIN_BYTES);
      g_assert_cmpuint (f->n_hs1, <=, UDPNAT_HS1_MIN_BYTES + 2);
    }
  g_assert_cmpuint (f->n_hs1, ==, UDPNAT_HS1_MIN_BYTES + 1);
}

static void
hs1_fits_a_relay (Fixture       *f,
                  gconstpointer  data)
{
  UdpnatHs1 hs1;

  add_early (f, 500);
  add_early (f, UDPNAT_RELAY_INNER_MAX_BYTES - UDPNAT_HS1_OVERHEAD_BYTES - 507 - 7);
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_cmpuint (f->n_hs1, ==, UDPNAT_RELAY_INNER_MAX_BYTES);
  f->n_frames = 0;
  add_early (f, 500);
  add_early (f, UDPNAT_RELAY_INNER_MAX_BYTES - UDPNAT_HS1_OVERHEAD_BYTES - 507 - 7 + 1);
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_cmpuint (f->n_hs1, ==, UDPNAT_HS1_OVERHEAD_BYTES + 507);
  g_assert_true (read_hs1 (f, f->hs1, f->n_hs1, &hs1));
  g_assert_cmpuint (hs1.n_frames, ==, 507);
  udpnat_hs1_clear (&hs1);
  write_hs1 (f, 600);
  g_assert_cmpuint (f->n_hs1, ==, UDPNAT_HS1_MIN_BYTES);
}

static void
hs1_same_request_same_bytes (Fixture       *f,
                             gconstpointer  data)
{
  guint8 first[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n_first;

  add_early (f, 50);
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  n_first = f->n_hs1;
  memcpy (first, f->hs1, n_first);
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_cmpmem (first, n_first, f->hs1, f->n_hs1);
}

static void
hs1_every_bit_counts (Fixture       *f,
                      gconstpointer  data)
{
  UdpnatHs1 hs1;

  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  for (gsize i = 0; i < f->n_hs1 - UDPNAT_MAC_BYTES; i++)
    {
      f->hs1[i] ^= 1 << (i % 8);
      if (i < 2 || i >= 4) /* role and reserved: role is tested below */
        g_assert_false (udpnat_hs1_check_mac1 (f->bob, f->hs1, f->n_hs1));
      if (i >= 8 && i < f->n_hs1 - 2 * UDPNAT_MAC_BYTES && i % 37 == 0)
        g_assert_false (read_hs1 (f, f->hs1, f->n_hs1, &hs1));
      f->hs1[i] ^= 1 << (i % 8);
    }
  g_assert_true (udpnat_hs1_check_mac1 (f->bob, f->hs1, f->n_hs1));
  g_assert_false (udpnat_hs1_check_mac1 (f->alice, f->hs1, f->n_hs1));
}

static void
hs1_truncated (Fixture       *f,
               gconstpointer  data)
{
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  for (gsize n = 0; n < f->n_hs1; n++)
    {
      g_autofree guint8 *copy = g_memdup2 (f->hs1, n);
      UdpnatHs1          hs1;

      g_assert_false (udpnat_hs1_check_mac1 (f->bob, copy, n));
      g_assert_false (read_hs1 (f, copy, n, &hs1));
    }
}

static void
hs1_other_role (Fixture       *f,
                gconstpointer  data)
{
  UdpnatHs1 hs1;

  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_false (udpnat_hs1_read (f->bob, UDPNAT_ROLE_CLIENT_SERVER, f->bob_secret, f->hs1,
                                   f->n_hs1, &hs1));
  f->hs1[2] = UDPNAT_ROLE_CLIENT_SERVER; /* the prologue does not agree */
  g_assert_false (udpnat_hs1_read (f->bob, UDPNAT_ROLE_CLIENT_SERVER, f->bob_secret, f->hs1,
                                   f->n_hs1, &hs1));
}

static void
hs1_random_bytes (Fixture       *f,
                  gconstpointer  data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  UdpnatHs1 hs1;

  for (guint i = 0; i < 200; i++)
    {
      gsize n = g_rand_int_range (rand, UDPNAT_HS1_MIN_BYTES, UDPNAT_DATAGRAM_BASE_BYTES + 1);

      for (gsize j = 0; j < n; j++)
        f->hs1[j] = g_rand_int (rand);
      f->hs1[0] = UDPNAT_PACKET_HS1;
      f->hs1[1] = UDPNAT_PACKET_VERSION;
      f->hs1[2] = UDPNAT_ROLE_PEER_PEER;
      g_assert_false (udpnat_hs1_check_mac1 (f->bob, f->hs1, n));
      g_assert_false (read_hs1 (f, f->hs1, n, &hs1));
    }
}

static void
hs1_unusable_remote_key (Fixture       *f,
                         gconstpointer  data)
{
  UdpnatPublicKey zero = { { 0 } };
  UdpnatNoise    *noise;

  noise = udpnat_hs1_write (&(UdpnatHs1Request) {
                              .role = UDPNAT_ROLE_PEER_PEER,
                              .local = f->alice,
                              .remote = &zero,
                              .ephemeral_secret = f->alice_secret,
                              .sender_index = 1,
                              .timestamp = f->timestamp,
                              .max_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
                            },
                            f->hs1, &f->n_hs1);
  g_assert_null (noise);
}

static void
mac2_changes_only_itself (Fixture       *f,
                          gconstpointer  data)
{
  guint8 before[UDPNAT_DATAGRAM_MAX_BYTES], cookie[UDPNAT_COOKIE_BYTES] = { 9 };
  guint8 zeros[UDPNAT_MAC_BYTES] = { 0 };
  gsize  n = 0;

  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  n = f->n_hs1 - UDPNAT_MAC_BYTES;
  g_assert_cmpmem (f->hs1 + n, UDPNAT_MAC_BYTES, zeros, UDPNAT_MAC_BYTES);
  memcpy (before, f->hs1, f->n_hs1);
  udpnat_hs1_set_mac2 (f->hs1, f->n_hs1, cookie);
  g_assert_cmpmem (f->hs1, n, before, n);
  g_assert_true (udpnat_mac_verify (cookie, sizeof cookie, f->hs1, n, f->hs1 + n));
  g_assert_true (udpnat_hs1_check_mac1 (f->bob, f->hs1, f->n_hs1));
}

/* ---- HS2 ---- */

static void
exchange (Fixture      *f,
          gboolean      is_continued,
          const guint8 *frames,
          gsize         n_frames,
          gsize         max_bytes,
          UdpnatHs1    *hs1,
          guint8       *hs2,
          gsize        *out_n)
{
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_true (read_hs1 (f, f->hs1, f->n_hs1, hs1));
  g_assert_true (udpnat_hs2_write (hs1, UDPNAT_ROLE_PEER_PEER, 0x0a0b0c0d, is_continued, frames,
                                   n_frames, max_bytes, hs2, out_n));
}

static void
hs2_arrives (Fixture       *f,
             gconstpointer  data)
{
  guint8        hs2[UDPNAT_DATAGRAM_MAX_BYTES], frames[UDPNAT_DATAGRAM_MAX_BYTES];
  guint8        ping[] = { 1, 0, 0 };
  gboolean      is_continued;
  UdpnatHs2View view;
  UdpnatHs1     hs1;
  gsize         n, n_frames;

  for (guint flag = 0; flag < 2; flag++)
    {
      exchange (f, flag, ping, sizeof ping, UDPNAT_DATAGRAM_BASE_BYTES, &hs1, hs2, &n);
      g_assert_cmpuint (n, ==, UDPNAT_HS2_OVERHEAD_BYTES + sizeof ping);
      g_assert_true (udpnat_hs2_check_mac1 (f->alice, hs2, n));
      g_assert_false (udpnat_hs2_check_mac1 (f->bob, hs2, n));
      g_assert_true (udpnat_hs2_parse (&view, hs2, n));
      g_assert_cmpuint (view.sender_index, ==, 0x0a0b0c0d);
      g_assert_cmpuint (view.receiver_index, ==, 0x01020304);
      g_assert_true (udpnat_hs2_read (f->noise, &view, &is_continued, frames, &n_frames));
      g_assert_cmpint (is_continued, ==, flag);
      g_assert_cmpmem (frames, n_frames, ping, sizeof ping);
      udpnat_hs1_clear (&hs1);
    }
}

static void
hs2_is_never_longer (Fixture       *f,
                     gconstpointer  data)
{
  guint8    hs2[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize     n_room = UDPNAT_HS1_MIN_BYTES - UDPNAT_HS2_OVERHEAD_BYTES, n;
  UdpnatHs1 hs1;
  Fixture   other = { 0 };

  /* Exactly as long, and one byte too much. */
  for (gsize n_extra = 0; n_extra < 2; n_extra++)
    {
      other.n_frames = 0;
      add_early (&other, 93);
      add_early (&other, n_room - 100 - UDPNAT_EARLY_OVERHEAD_BYTES + n_extra);
      exchange (f, FALSE, other.frames, other.n_frames, UDPNAT_DATAGRAM_BASE_BYTES, &hs1, hs2, &n);
      g_assert_cmpuint (f->n_hs1, ==, UDPNAT_HS1_MIN_BYTES);
      g_assert_cmpuint (n, ==,
                        n_extra == 0 ? UDPNAT_HS1_MIN_BYTES : UDPNAT_HS2_OVERHEAD_BYTES + 100);
      udpnat_hs1_clear (&hs1);
    }
}

static void
hs2_forged (Fixture       *f,
            gconstpointer  data)
{
  guint8        hs2[UDPNAT_DATAGRAM_MAX_BYTES], frames[UDPNAT_DATAGRAM_MAX_BYTES];
  gboolean      is_continued;
  UdpnatHs2View view;
  UdpnatHs1     hs1;
  gsize         n, n_frames;

  exchange (f, FALSE, NULL, 0, UDPNAT_DATAGRAM_BASE_BYTES, &hs1, hs2, &n);
  for (gsize i = 12; i < n - 2 * UDPNAT_MAC_BYTES; i += 5)
    {
      hs2[i] ^= 0x10;
      g_assert_false (udpnat_hs2_check_mac1 (f->alice, hs2, n));
      g_assert_true (udpnat_hs2_parse (&view, hs2, n));
      write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
      g_assert_false (udpnat_hs2_read (f->noise, &view, &is_continued, frames, &n_frames));
      hs2[i] ^= 0x10;
    }
  /* The true one is still understood by a state made anew. */
  write_hs1 (f, UDPNAT_DATAGRAM_BASE_BYTES);
  g_assert_true (udpnat_hs2_read (f->noise, &view, &is_continued, frames, &n_frames));
  udpnat_hs1_clear (&hs1);
}

/* ---- Keysets ---- */

static void
make_keysets (Fixture       *f,
              UdpnatKeyset **alice,
              UdpnatKeyset **bob)
{
  guint8        hs2[UDPNAT_DATAGRAM_MAX_BYTES], frames[UDPNAT_DATAGRAM_MAX_BYTES];
  gboolean      is_continued;
  UdpnatHs2View view;
  UdpnatHs1     hs1;
  gsize         n, n_frames;

  exchange (f, FALSE, NULL, 0, UDPNAT_DATAGRAM_BASE_BYTES, &hs1, hs2, &n);
  g_assert_true (udpnat_hs2_parse (&view, hs2, n));
  g_assert_true (udpnat_hs2_read (f->noise, &view, &is_continued, frames, &n_frames));
  *alice = udpnat_keyset_new (f->noise, 1, 2, TRUE, UDPNAT_KEY_REJECT_AFTER_US, T0);
  *bob = udpnat_keyset_new (hs1.noise, 2, 1, FALSE, UDPNAT_KEY_REJECT_AFTER_US, T0);
  udpnat_hs1_clear (&hs1);
}

static gboolean
open_packet (UdpnatKeyset *keyset,
             const guint8 *packet,
             gsize         n)
{
  guint8         frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatDataView view;

  g_assert_true (udpnat_data_parse (&view, packet, n));
  return udpnat_keyset_open (keyset, &view, frames);
}

static void
keyset_opens_once (Fixture       *f,
                   gconstpointer  data)
{
  g_autoptr (UdpnatKeyset) alice = NULL;
  g_autoptr (UdpnatKeyset) bob = NULL;
  guint8 packet[100] = { 0 };
  gsize  n;

  make_keysets (f, &alice, &bob);
  packet[UDPNAT_DATA_HEADER_BYTES] = UDPNAT_FRAME_PING;
  n = udpnat_keyset_seal (alice, 5, packet, 3, 0);
  g_assert_cmpuint (n, ==, 16 + 3 + 16);
  g_assert_false (open_packet (alice, packet, n));
  for (gsize i = 8; i < n; i++)
    {
      packet[i] ^= 1;
      g_assert_false (open_packet (bob, packet, n));
      packet[i] ^= 1;
    }
  g_assert_true (open_packet (bob, packet, n));
  g_assert_false (open_packet (bob, packet, n));
  g_assert_cmpuint (udpnat_keyset_get_local_index (bob), ==, 2);
}

static void
keyset_lives_180_s (Fixture       *f,
                    gconstpointer  data)
{
  g_autoptr (UdpnatKeyset) alice = NULL;
  g_autoptr (UdpnatKeyset) bob = NULL;

  make_keysets (f, &alice, &bob);
  g_assert_cmpint (udpnat_keyset_get_rekey_time (alice), ==, T0 + UDPNAT_SEC (120));
  g_assert_cmpint (udpnat_keyset_get_rekey_time (bob), ==, T0 + UDPNAT_SEC (150));
  g_assert_cmpint (udpnat_keyset_get_expiry (bob), ==, T0 + UDPNAT_SEC (180));
  g_assert_true (udpnat_keyset_is_usable (alice, T0 + UDPNAT_SEC (180) - 1));
  g_assert_false (udpnat_keyset_is_usable (alice, T0 + UDPNAT_SEC (180)));
}

static void
keyset_wears_out (Fixture       *f,
                  gconstpointer  data)
{
  g_autoptr (UdpnatKeyset) alice = NULL;
  g_autoptr (UdpnatKeyset) bob = NULL;
  guint64 first = 1000;
  guint8  packet[100] = { 0 };

  make_keysets (f, &alice, &bob);
  g_assert_false (udpnat_keyset_is_worn (alice));
  udpnat_keyset_seal (alice, first, packet, 0, 0);
  g_assert_false (udpnat_keyset_is_worn (alice));
  udpnat_keyset_seal (alice, first + UDPNAT_REKEY_AFTER_PACKETS - 2, packet, 0, 0);
  g_assert_false (udpnat_keyset_is_worn (alice));
  udpnat_keyset_seal (alice, first + UDPNAT_REKEY_AFTER_PACKETS - 1, packet, 0, 0);
  g_assert_true (udpnat_keyset_is_worn (alice));
}

/* ---- Timestamps, indexes ---- */

static void
timestamp_is_tai64n (Fixture       *f,
                     gconstpointer  data)
{
  static const guint8 expected[] = { 0x40, 0, 0, 0, 0x65, 0x53, 0xf1, 0x0a, 0x07, 0x5b, 0xca,
                                     0x00 };
  guint8 a[UDPNAT_TIMESTAMP_BYTES], b[UDPNAT_TIMESTAMP_BYTES];

  g_assert_cmpmem (f->timestamp, sizeof f->timestamp, expected, sizeof expected);
  g_assert_cmpint (udpnat_timestamp_to_us (f->timestamp), ==, G_GINT64_CONSTANT (1700000000123456));
  udpnat_timestamp_from_us (G_GINT64_CONSTANT (1699999999999999), a);
  udpnat_timestamp_from_us (G_GINT64_CONSTANT (1700000000000000), b);
  g_assert_cmpint (memcmp (a, b, sizeof a), <, 0);
  memset (a, 0xff, sizeof a);
  g_assert_cmpint (udpnat_timestamp_to_us (a), >, 0);
  memset (a, 0, sizeof a);
  g_assert_cmpint (udpnat_timestamp_to_us (a), ==, 0);
}

static void
fill_sequence (gpointer user_data,
               guint8  *out,
               gsize    n_out)
{
  guint *calls = user_data;

  /* 0, 1, 1, 2: an index that must not be used, and one that is taken. */
  static const guint8 sequence[] = { 0, 1, 1, 2 };

  memset (out, 0, n_out);
  out[n_out - 1] = sequence[(*calls)++ % 4];
}

static void
index_is_unique_and_not_zero (Fixture       *f,
                              gconstpointer  data)
{
  guint        n_calls = 0, a = 0, b = 0;
  UdpnatRandom random = { fill_sequence, &n_calls };
  g_autoptr (UdpnatIndexTable) table = udpnat_index_table_new (&random);

  g_assert_null (udpnat_index_table_lookup (table, 1));
  a = udpnat_index_table_add (table, &a, 0);
  b = udpnat_index_table_add (table, &b, 0);
  g_assert_cmpuint (n_calls, ==, 4);
  g_assert_cmpuint (a, !=, 0);
  g_assert_cmpuint (a, !=, b);
  g_assert_true (udpnat_index_table_lookup (table, a) == &a);
  g_assert_true (udpnat_index_table_lookup (table, b) == &b);
  g_assert_cmpuint (udpnat_index_table_get_count (table), ==, 2);
  udpnat_index_table_remove (table, a);
  g_assert_null (udpnat_index_table_lookup (table, a));
  udpnat_index_table_remove (table, b);
}

static void
fill_counted (gpointer user_data,
              guint8  *out,
              gsize    n_out)
{
  guint8 *count = user_data;

  for (gsize i = 0; i < n_out; i++)
    out[i] = (*count)++;
}

static guint32
get_no_index (gpointer user_data,
              guint32  id)
{
  return 0;
}

/* From an index nobody sees whose it is, but the table does, also while the session is awake. */
static void
index_of_a_holder_is_like_any_other (Fixture       *f,
                                     gconstpointer  data)
{
  guint8       count = 0;
  UdpnatRandom random = { fill_counted, &count };
  g_autoptr (UdpnatIndexTable) table = udpnat_index_table_new (&random);
  g_autoptr (GHashTable) ends = g_hash_table_new (NULL, NULL);
  guint32      indexes[64];

  udpnat_index_table_set_holders (table, get_no_index, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (indexes); i++)
    {
      indexes[i] = udpnat_index_table_add (table, &indexes[i], 5);
      g_assert_cmpuint (indexes[i], !=, 0);
      g_assert_null (i > 0 ? udpnat_index_table_lookup (table, indexes[i] + 1) : NULL);
      g_hash_table_add (ends, GUINT_TO_POINTER (indexes[i] & 0xffffff));
    }
  g_assert_cmpuint (g_hash_table_size (ends), ==, G_N_ELEMENTS (indexes));
  for (guint i = 0; i < G_N_ELEMENTS (indexes); i++)
    {
      g_assert_true (udpnat_index_table_lookup (table, indexes[i]) == &indexes[i]);
      g_assert_cmpuint (udpnat_index_table_guess_holder (table, indexes[i]), ==, 5);
      g_assert_cmpuint (udpnat_index_table_lookup_holder (table, indexes[i]), ==, 0);
      udpnat_index_table_remove (table, indexes[i]);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) \
  g_test_add ("/transport-handshake/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("hs1/arrives", hs1_arrives);
  ADD ("hs1/is-padded-to-512", hs1_is_padded_to_512);
  ADD ("hs1/fits-a-relay", hs1_fits_a_relay);
  ADD ("hs1/same-request-same-bytes", hs1_same_request_same_bytes);
  ADD ("hs1/every-bit-counts", hs1_every_bit_counts);
  ADD ("hs1/truncated-is-refused", hs1_truncated);
  ADD ("hs1/other-role-is-refused", hs1_other_role);
  ADD ("hs1/random-is-refused", hs1_random_bytes);
  ADD ("hs1/unusable-remote-key", hs1_unusable_remote_key);
  ADD ("mac2/changes-only-itself", mac2_changes_only_itself);
  ADD ("hs2/arrives", hs2_arrives);
  ADD ("hs2/is-never-longer", hs2_is_never_longer);
  ADD ("hs2/forged-is-refused", hs2_forged);
  ADD ("keyset/opens-once", keyset_opens_once);
  ADD ("keyset/lives-180-s", keyset_lives_180_s);
  ADD ("keyset/wears-out", keyset_wears_out);
  ADD ("timestamp/is-tai64n", timestamp_is_tai64n);
  ADD ("index/is-unique-and-not-zero", index_is_unique_and_not_zero);
  ADD ("index/of-a-holder-is-like-any-other", index_of_a_holder_is_like_any_other);
#undef ADD
  return g_test_run ();
}
