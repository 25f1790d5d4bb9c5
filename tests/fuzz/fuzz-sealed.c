/* Letters, as Bob gets them. The first byte of the input says what the rest is: bits 0 and 1 the
 * kind, bit 7 whether there is a prekey, bit 6 whether the last chunk is not marked as such.
 *
 *     0  a letter
 *     1  data that Alice writes a letter of
 *     2  the same, after where to change that letter (2) and by what (1)
 *     3  what a letter of hers seals: raw noise would never get past the AEAD */

#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "udpnat-sealed.h"

#define PREKEY_ID 7

typedef struct
{
  guint64            state;
  UdpnatRandom       random;
  UdpnatIdentity    *alice;
  UdpnatIdentity    *bob;
  UdpnatIdentity    *prekey_pair;
  UdpnatSealedPrekey prekey;
  GByteArray        *letter;
  GByteArray        *opened;
} World;

static gboolean
open_letter (World *world)
{
  UdpnatPublicKey    from;
  guint64            id;
  g_autofree guint8 *exact = g_memdup2 (world->letter->data, world->letter->len);
  const guint8      *sealed = exact != NULL ? exact : (const guint8 *) "";
  gboolean           is_letter = udpnat_sealed_get_prekey_id (sealed, world->letter->len, &id);
  gboolean           is_open =
    udpnat_sealed_open (world->bob, udpnat_identity_get_secret (world->prekey_pair), sealed,
                        world->letter->len, &from, world->opened);

  g_assert_true (is_letter || !is_open);
  g_assert_true (is_open || world->opened->len == 0);
  if (is_open)
    g_assert_true (udpnat_public_key_equal (&from, udpnat_identity_get_public_key (world->alice)));
  return is_open;
}

static gboolean
write_letter (World        *world,
              gboolean      has_prekey,
              const guint8 *data,
              gsize         n_data)
{
  gboolean is_written =
    udpnat_sealed_write (world->alice, udpnat_identity_get_public_key (world->bob),
                         has_prekey ? &world->prekey : NULL, &world->random, data, n_data,
                         world->letter);

  g_assert_cmpint (is_written, ==, n_data <= UDPNAT_SEALED_DATA_MAX_BYTES);
  return is_written;
}

static void
check_written (World        *world,
               gboolean      has_prekey,
               const guint8 *data,
               gsize         n_data)
{
  if (!write_letter (world, has_prekey, data, n_data))
    return;
  g_assert_cmpuint (world->letter->len, ==, udpnat_sealed_get_bytes (n_data, has_prekey));
  g_assert_true (open_letter (world));
  g_assert_cmpmem (world->opened->data, world->opened->len, data, n_data);
}

static void
check_changed (World        *world,
               gboolean      has_prekey,
               UdpnatReader *input)
{
  guint  where = udpnat_reader_u16 (input);
  guint8 change = udpnat_reader_u8 (input);
  gsize  n_data = udpnat_reader_left (input);

  if (!write_letter (world, has_prekey, udpnat_reader_bytes (input, n_data), n_data))
    return;
  world->letter->data[where % world->letter->len] ^= change;
  g_assert_cmpint (open_letter (world), ==, change == 0);
}

/* A letter without a prekey, so that this needs nothing but Noise. */
static void
check_body (World        *world,
            gboolean      is_marked,
            const guint8 *body,
            gsize         n_body)
{
  static const guint8     prologue[21] = "udpnat/1mail\1";
  guint8                  ephemeral[UDPNAT_KEY_BYTES], key[UDPNAT_KEY_BYTES];
  guint8                  unused[UDPNAT_KEY_BYTES], mark = is_marked;
  g_autoptr (UdpnatNoise) noise = NULL;
  UdpnatWriter            out;

  n_body = MIN (n_body, UDPNAT_SEALED_CHUNK_BYTES);
  udpnat_random_fill (&world->random, ephemeral, sizeof ephemeral);
  noise = udpnat_noise_new_initiator (UDPNAT_NOISE_X, prologue, sizeof prologue, world->alice,
                                      udpnat_identity_get_public_key (world->bob), ephemeral);
  g_byte_array_set_size (world->letter, (guint) (9 + 96 + n_body + UDPNAT_SEAL_TAG_BYTES));
  udpnat_writer_init (&out, world->letter->data, world->letter->len);
  udpnat_writer_bytes (&out, prologue + 12, 9);
  g_assert_true (udpnat_noise_write (noise, NULL, 0, &out));
  udpnat_noise_split (noise, key, unused);
  udpnat_seal (key, 0, &mark, 1, body, n_body, world->letter->data + out.n_written);

  if (open_letter (world))
    {
      g_assert_true (is_marked);
      g_assert_cmpuint (n_body % UDPNAT_SEALED_PADDING_BYTES, ==, 0);
      g_assert_cmpmem (world->opened->data, world->opened->len, body + UDPNAT_SEALED_LENGTH_BYTES,
                       world->opened->len);
    }
}

static void
run (World        *world,
     UdpnatReader *input)
{
  guint8        kind = udpnat_reader_u8 (input);
  gboolean      has_prekey = (kind & 0x80) != 0;
  gsize         n = udpnat_reader_left (input);
  const guint8 *rest = input->data + input->offset;

  switch (kind & 3)
    {
    case 0:
      g_byte_array_append (world->letter, rest, (guint) n);
      open_letter (world);
      break;
    case 1:
      check_written (world, has_prekey, rest, n);
      break;
    case 2:
      check_changed (world, has_prekey, input);
      break;
    case 3:
      check_body (world, (kind & 0x40) == 0, rest, n);
      break;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  World        world = { .state = 1 };
  UdpnatReader input;

  if (n_data < 1 || n_data > 70000)
    return 0;
  world.random = fuzz_random (&world.state);
  world.alice = udpnat_identity_generate (&world.random);
  world.bob = udpnat_identity_generate (&world.random);
  world.prekey_pair = udpnat_identity_generate (&world.random);
  world.prekey.id = PREKEY_ID;
  world.prekey.key = *udpnat_identity_get_public_key (world.prekey_pair);
  world.letter = g_byte_array_new ();
  world.opened = g_byte_array_new ();

  udpnat_reader_init (&input, data, n_data);
  run (&world, &input);

  udpnat_identity_free (world.alice);
  udpnat_identity_free (world.bob);
  udpnat_identity_free (world.prekey_pair);
  g_byte_array_unref (world.letter);
  g_byte_array_unref (world.opened);
  return 0;
}
