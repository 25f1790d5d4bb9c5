#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-sealed.h"

#include <sodium.h>
#include <string.h>

/* Letters: that they arrive whole, that nothing else opens them, that nothing else is opened. What
 * is laid out how is made again by hand here. */

#define PREKEY_ID G_GUINT64_CONSTANT (0x0102030405060708)

typedef struct
{
  UdpnatIdentity    *alice;
  UdpnatIdentity    *bob;
  UdpnatIdentity    *carol;
  UdpnatIdentity    *prekey_pair; /* Bob's */
  UdpnatSealedPrekey prekey;      /* what Alice has of it */
  guint8             next_random;
  UdpnatRandom       random;
  GByteArray        *letter;
  GByteArray        *data;
} Fixture;

/* Each key is 32 equal bytes: so the tests can make them again. */
static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  guint8 *next = user_data;

  memset (out, (*next)++, n_out);
}

static UdpnatIdentity *
new_identity (guint8 seed)
{
  guint8 secret[UDPNAT_KEY_BYTES];

  memset (secret, seed, sizeof secret);

  return udpnat_identity_new_from_secret (secret);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->alice = new_identity (1);
  fixture->bob = new_identity (2);
  fixture->carol = new_identity (3);
  fixture->prekey_pair = new_identity (4);
  fixture->prekey.id = PREKEY_ID;
  fixture->prekey.key = *udpnat_identity_get_public_key (fixture->prekey_pair);
  fixture->next_random = 100;
  fixture->random = (UdpnatRandom) { fill, &fixture->next_random };
  fixture->letter = g_byte_array_new ();
  fixture->data = g_byte_array_new ();
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  udpnat_identity_free (fixture->alice);
  udpnat_identity_free (fixture->bob);
  udpnat_identity_free (fixture->carol);
  udpnat_identity_free (fixture->prekey_pair);
  g_byte_array_unref (fixture->letter);
  g_byte_array_unref (fixture->data);
}

static void
write_letter (Fixture    *fixture,
              gboolean    with_prekey,
              const char *text)
{
  g_byte_array_set_size (fixture->letter, 0);
  g_assert_true (udpnat_sealed_write (fixture->alice,
                                      udpnat_identity_get_public_key (fixture->bob),
                                      with_prekey ? &fixture->prekey : NULL, &fixture->random,
                                      (const guint8 *) text, strlen (text), fixture->letter));
}

/* Reads past the end are seen: the letter is copied to a block of its own size. */
static gboolean
open_bytes (Fixture              *fixture,
            const UdpnatIdentity *self,
            gboolean              with_prekey,
            const guint8         *letter,
            gsize                 n_letter,
            UdpnatPublicKey      *out_from)
{
  g_autofree guint8 *exact = g_memdup2 (letter, n_letter);
  const guint8 *secret = udpnat_identity_get_secret (fixture->prekey_pair);

  g_byte_array_set_size (fixture->data, 0);

  return udpnat_sealed_open (self, with_prekey ? secret : NULL, exact, n_letter, out_from,
                             fixture->data);
}

static gboolean
open_letter (Fixture  *fixture,
             gboolean  with_prekey)
{
  UdpnatPublicKey from;

  return open_bytes (fixture, fixture->bob, with_prekey, fixture->letter->data,
                     fixture->letter->len, &from);
}

static void
check_opens (Fixture    *fixture,
             gboolean    with_prekey,
             const char *text)
{
  UdpnatPublicKey from;

  g_assert_true (open_bytes (fixture, fixture->bob, with_prekey, fixture->letter->data,
                             fixture->letter->len, &from));
  g_assert_cmpmem (fixture->data->data, fixture->data->len, text, strlen (text));
  g_assert_true (udpnat_public_key_equal (&from, udpnat_identity_get_public_key (fixture->alice)));
}

/* ---- Arrives ---- */

static void
test_opens_without_prekey (Fixture      *fixture,
                           gconstpointer data)
{
  write_letter (fixture, FALSE, "hello");
  check_opens (fixture, FALSE, "hello");
}

static void
test_opens_with_prekey (Fixture      *fixture,
                        gconstpointer data)
{
  write_letter (fixture, TRUE, "hello");
  check_opens (fixture, TRUE, "hello");
}

static void
test_secret_not_asked_for (Fixture      *fixture,
                           gconstpointer data)
{
  write_letter (fixture, FALSE, "hello");
  check_opens (fixture, TRUE, "hello");
}

static void
test_appends (Fixture      *fixture,
              gconstpointer data)
{
  GByteArray *letter = fixture->letter;
  UdpnatPublicKey from;

  g_byte_array_append (letter, (const guint8 *) "before", 6);
  g_assert_true (udpnat_sealed_write (fixture->alice,
                                      udpnat_identity_get_public_key (fixture->bob), NULL,
                                      &fixture->random, (const guint8 *) "hello", 5, letter));
  g_assert_cmpmem (letter->data, 6, "before", 6);
  g_byte_array_append (fixture->data, (const guint8 *) "oh ", 3);
  g_assert_true (udpnat_sealed_open (fixture->bob, NULL, letter->data + 6, letter->len - 6, &from,
                                     fixture->data));
  g_assert_cmpmem (fixture->data->data, fixture->data->len, "oh hello", 8);
}

static void
test_prekey_id (Fixture      *fixture,
                gconstpointer data)
{
  guint64 id = 99;

  write_letter (fixture, TRUE, "hello");
  g_assert_true (udpnat_sealed_get_prekey_id (fixture->letter->data, fixture->letter->len, &id));
  g_assert_cmpuint (id, ==, PREKEY_ID);
  write_letter (fixture, FALSE, "hello");
  g_assert_true (udpnat_sealed_get_prekey_id (fixture->letter->data, fixture->letter->len, &id));
  g_assert_cmpuint (id, ==, 0);
}

static void
test_prekey_id_of_no_letter (Fixture      *fixture,
                             gconstpointer data)
{
  guint64 id = 99;

  write_letter (fixture, TRUE, "hello");
  for (gsize n = 0; n < UDPNAT_SEALED_HEADER_BYTES + UDPNAT_SEALED_PREKEY_OVERHEAD_BYTES; n++)
    {
      g_autofree guint8 *exact = g_memdup2 (fixture->letter->data, n);

      g_assert_false (udpnat_sealed_get_prekey_id (exact, n, &id));
      g_assert_cmpuint (id, ==, 0);
    }
}

/* ---- Sizes ---- */

static gsize
get_size (Fixture  *fixture,
          gsize     n_data,
          gboolean  with_prekey)
{
  g_autofree guint8 *data = g_malloc (n_data + 1);
  UdpnatPublicKey from;

  memset (data, 'x', n_data);
  g_byte_array_set_size (fixture->letter, 0);
  g_assert_true (udpnat_sealed_write (fixture->alice,
                                      udpnat_identity_get_public_key (fixture->bob),
                                      with_prekey ? &fixture->prekey : NULL, &fixture->random,
                                      data, n_data, fixture->letter));
  g_assert_cmpuint (fixture->letter->len, ==, udpnat_sealed_get_bytes (n_data, with_prekey));
  g_assert_true (open_bytes (fixture, fixture->bob, with_prekey, fixture->letter->data,
                             fixture->letter->len, &from));
  g_assert_cmpmem (fixture->data->data, fixture->data->len, data, n_data);

  return fixture->letter->len;
}

static void
test_size_steps (Fixture      *fixture,
                 gconstpointer data)
{
  g_assert_cmpuint (get_size (fixture, 0, FALSE), ==, 9 + 96 + 256 + 16);
  g_assert_cmpuint (get_size (fixture, 252, FALSE), ==, 9 + 96 + 256 + 16);
  g_assert_cmpuint (get_size (fixture, 253, FALSE), ==, 9 + 96 + 512 + 16);
  g_assert_cmpuint (get_size (fixture, 252, TRUE), ==, 41 + 96 + 256 + 16);
}

/* 65,519 bytes of plaintext fit one chunk: 255 steps do, 256 do not. */
static void
test_size_chunks (Fixture      *fixture,
                  gconstpointer data)
{
  g_assert_cmpuint (get_size (fixture, 65276, FALSE), ==, 9 + 96 + 65280 + 16);
  g_assert_cmpuint (get_size (fixture, 65277, FALSE), ==, 9 + 96 + 65536 + 32);
}

static void
test_size_longest (Fixture      *fixture,
                   gconstpointer data)
{
  /* A text with its header, id, time, and that of what it answers. */
  g_assert_cmpuint (UDPNAT_SEALED_DATA_MAX_BYTES, >=, UDPNAT_TEXT_MAX_BYTES + 5 + 16 + 8 + 16);
  g_assert_cmpuint (get_size (fixture, UDPNAT_SEALED_DATA_MAX_BYTES, TRUE), ==,
                    UDPNAT_SEALED_MAX_BYTES);
}

static void
test_size_too_long (Fixture      *fixture,
                    gconstpointer data)
{
  g_autofree guint8 *text = g_malloc0 (UDPNAT_SEALED_DATA_MAX_BYTES + 1);

  g_assert_false (udpnat_sealed_write (fixture->alice,
                                       udpnat_identity_get_public_key (fixture->bob), NULL,
                                       &fixture->random, text, UDPNAT_SEALED_DATA_MAX_BYTES + 1,
                                       fixture->letter));
  g_assert_cmpuint (fixture->letter->len, ==, 0);
}

/* ---- Layout, by hand ---- */

/* The prologue, and what the letter begins with, for the prekey and e2 that are given. */
static GByteArray *
make_prologue (const UdpnatPublicKey *e2)
{
  GByteArray *prologue = g_byte_array_new ();
  static const guint8 no_prekey[] = { 1, 0, 0, 0, 0, 0, 0, 0, 0 };
  static const guint8 with_prekey[] = { 1, 1, 2, 3, 4, 5, 6, 7, 8 };

  g_byte_array_append (prologue, (const guint8 *) "udpnat/1mail", 12);
  g_byte_array_append (prologue, e2 != NULL ? with_prekey : no_prekey, 9);
  if (e2 != NULL)
    g_byte_array_append (prologue, e2->bytes, UDPNAT_KEY_BYTES);

  return prologue;
}

static void
make_psk (const Fixture  *fixture,
          UdpnatIdentity *e2,
          guint8          out_psk[32])
{
  guint8 input[13 + 3 * 32];

  memcpy (input, "udpnat prekey", 13);
  g_assert_cmpint (crypto_scalarmult (input + 13, udpnat_identity_get_secret (e2),
                                      fixture->prekey.key.bytes), ==, 0);
  memcpy (input + 45, udpnat_identity_get_public_key (e2)->bytes, 32);
  memcpy (input + 77, fixture->prekey.key.bytes, 32);
  crypto_generichash (out_psk, 32, input, sizeof input, NULL, 0);
}

/* A letter with any body: @chunks are what is sealed, @n_last of them marked as the last one. */
static void
make_letter (Fixture            *fixture,
             UdpnatIdentity     *e2,
             const GByteArray  **chunks,
             guint               n_chunks,
             guint               n_last)
{
  static const guint8 ephemeral[UDPNAT_KEY_BYTES] = { 9 };
  g_autoptr (GByteArray) prologue =
    make_prologue (e2 != NULL ? udpnat_identity_get_public_key (e2) : NULL);
  g_autoptr (UdpnatNoise) noise =
    udpnat_noise_new_initiator (e2 != NULL ? UDPNAT_NOISE_X_PSK1 : UDPNAT_NOISE_X, prologue->data,
                                prologue->len, fixture->alice,
                                udpnat_identity_get_public_key (fixture->bob), ephemeral);
  guint8 message[UDPNAT_NOISE_FIRST_OVERHEAD_BYTES], key[32], unused[32], psk[32];
  UdpnatWriter out;

  if (e2 != NULL)
    {
      make_psk (fixture, e2, psk);
      udpnat_noise_set_psk (noise, psk);
    }
  udpnat_writer_init (&out, message, sizeof message);
  g_assert_true (udpnat_noise_write (noise, NULL, 0, &out));
  udpnat_noise_split (noise, key, unused);

  g_byte_array_set_size (fixture->letter, 0);
  g_byte_array_append (fixture->letter, prologue->data + 12, prologue->len - 12);
  g_byte_array_append (fixture->letter, message, sizeof message);
  for (guint i = 0; i < n_chunks; i++)
    {
      guint8 is_last = i >= n_chunks - n_last;
      guint at = fixture->letter->len;

      g_byte_array_set_size (fixture->letter, at + chunks[i]->len + 16);
      udpnat_seal (key, i, &is_last, 1, chunks[i]->data, chunks[i]->len,
                   fixture->letter->data + at);
    }
}

static GByteArray *
make_plain (guint8      length,
            const char *text,
            gsize       n_zeros)
{
  GByteArray *plain = g_byte_array_new ();
  const guint8 header[4] = { 0, 0, 0, length };

  g_byte_array_append (plain, header, 4);
  g_byte_array_append (plain, (const guint8 *) text, (guint) strlen (text));
  g_byte_array_set_size (plain, plain->len + (guint) n_zeros);
  memset (plain->data + plain->len - n_zeros, 0, n_zeros);

  return plain;
}

static void
test_layout (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (GByteArray) plain = make_plain (5, "hello", 247);

  make_letter (fixture, NULL, (const GByteArray *[]) { plain }, 1, 1);
  check_opens (fixture, FALSE, "hello");
}

static void
test_layout_with_prekey (Fixture      *fixture,
                         gconstpointer data)
{
  g_autoptr (GByteArray) plain = make_plain (5, "hello", 247);
  g_autoptr (UdpnatIdentity) e2 = new_identity (50);

  make_letter (fixture, e2, (const GByteArray *[]) { plain }, 1, 1);
  check_opens (fixture, TRUE, "hello");
}

/* ---- Bodies that a writer would not make ---- */

static void
check_body_refused (Fixture    *fixture,
                    guint8      length,
                    const char *text,
                    gsize       n_zeros)
{
  g_autoptr (GByteArray) plain = make_plain (length, text, n_zeros);

  make_letter (fixture, NULL, (const GByteArray *[]) { plain }, 1, 1);
  g_assert_false (open_letter (fixture, FALSE));
  g_assert_cmpuint (fixture->data->len, ==, 0);
}

static void
test_body_length_beyond (Fixture      *fixture,
                         gconstpointer data)
{
  check_body_refused (fixture, 253, "", 252);
}

static void
test_body_not_zeros (Fixture      *fixture,
                     gconstpointer data)
{
  check_body_refused (fixture, 4, "hello", 247);
}

static void
test_body_other_padding (Fixture      *fixture,
                         gconstpointer data)
{
  check_body_refused (fixture, 5, "hello", 247 + 256);
  check_body_refused (fixture, 5, "hello", 246);
  check_body_refused (fixture, 5, "hello", 0);
}

static void
test_body_no_length (Fixture      *fixture,
                     gconstpointer data)
{
  g_autoptr (GByteArray) nothing = g_byte_array_new ();

  make_letter (fixture, NULL, (const GByteArray *[]) { nothing }, 1, 1);
  g_assert_false (open_letter (fixture, FALSE));
  make_letter (fixture, NULL, NULL, 0, 0);
  g_assert_false (open_letter (fixture, FALSE));
}

/* What is left when the second chunk has been cut off. */
static void
test_body_not_marked_last (Fixture      *fixture,
                           gconstpointer data)
{
  g_autoptr (GByteArray) plain = make_plain (5, "hello", 247);

  make_letter (fixture, NULL, (const GByteArray *[]) { plain }, 1, 0);
  g_assert_false (open_letter (fixture, FALSE));
}

static void
test_body_last_in_the_middle (Fixture      *fixture,
                              gconstpointer data)
{
  g_autoptr (GByteArray) first = make_plain (0, "", UDPNAT_SEALED_CHUNK_BYTES - 4);
  g_autoptr (GByteArray) second = g_byte_array_new ();
  static const guint8 zeros[17];

  g_byte_array_append (second, zeros, sizeof zeros);
  first->data[2] = 0xff;
  make_letter (fixture, NULL, (const GByteArray *[]) { first, second }, 2, 1);
  g_assert_true (open_letter (fixture, FALSE));
  make_letter (fixture, NULL, (const GByteArray *[]) { first, second }, 2, 2);
  g_assert_false (open_letter (fixture, FALSE));
}

static void
test_chunks_cut_off (Fixture      *fixture,
                     gconstpointer data)
{
  UdpnatPublicKey from;

  get_size (fixture, UDPNAT_SEALED_DATA_MAX_BYTES, FALSE);
  g_assert_false (open_bytes (fixture, fixture->bob, FALSE, fixture->letter->data,
                              9 + 96 + UDPNAT_NOISE_MESSAGE_MAX_BYTES, &from));
}

/* ---- Forged ---- */

static void
check_any_bit (Fixture  *fixture,
               gboolean  with_prekey)
{
  write_letter (fixture, with_prekey, "hello");
  for (gsize i = 0; i < fixture->letter->len * 8; i++)
    {
      fixture->letter->data[i / 8] ^= (guint8) (1 << i % 8);
      g_assert_false (open_letter (fixture, TRUE));
      g_assert_cmpuint (fixture->data->len, ==, 0);
      fixture->letter->data[i / 8] ^= (guint8) (1 << i % 8);
    }
  check_opens (fixture, TRUE, "hello");
}

static void
test_any_bit (Fixture      *fixture,
              gconstpointer data)
{
  check_any_bit (fixture, FALSE);
}

static void
test_any_bit_with_prekey (Fixture      *fixture,
                          gconstpointer data)
{
  check_any_bit (fixture, TRUE);
}

static void
test_truncated (Fixture      *fixture,
                gconstpointer data)
{
  UdpnatPublicKey from;
  gsize n;

  for (guint with_prekey = 0; with_prekey < 2; with_prekey++)
    {
      write_letter (fixture, with_prekey, "hello");
      for (n = 0; n < fixture->letter->len; n++)
        g_assert_false (open_bytes (fixture, fixture->bob, TRUE, fixture->letter->data, n, &from));
      g_byte_array_set_size (fixture->letter, (guint) n + 1);
      g_assert_false (open_letter (fixture, TRUE));
    }
}

static void
test_longer_than_any (Fixture      *fixture,
                      gconstpointer data)
{
  guint64 id;

  g_byte_array_set_size (fixture->letter, UDPNAT_SEALED_MAX_BYTES + 1);
  memset (fixture->letter->data, 1, fixture->letter->len);
  g_assert_true (udpnat_sealed_get_prekey_id (fixture->letter->data, UDPNAT_SEALED_MAX_BYTES,
                                              &id));
  g_assert_false (udpnat_sealed_get_prekey_id (fixture->letter->data, fixture->letter->len, &id));
}

static void
test_other_recipient (Fixture      *fixture,
                      gconstpointer data)
{
  UdpnatPublicKey from;

  write_letter (fixture, FALSE, "hello");
  g_assert_false (open_bytes (fixture, fixture->carol, FALSE, fixture->letter->data,
                              fixture->letter->len, &from));
}

/* Forward secrecy: Bob's static key is not enough. */
static void
test_prekey_deleted (Fixture      *fixture,
                     gconstpointer data)
{
  write_letter (fixture, TRUE, "hello");
  g_assert_false (open_letter (fixture, FALSE));
}

static void
test_other_prekey (Fixture      *fixture,
                   gconstpointer data)
{
  UdpnatPublicKey from;

  write_letter (fixture, TRUE, "hello");
  g_assert_false (udpnat_sealed_open (fixture->bob, udpnat_identity_get_secret (fixture->carol),
                                      fixture->letter->data, fixture->letter->len, &from,
                                      fixture->data));
}

/* Nor is the prekey's secret alone. */
static void
test_prekey_without_static (Fixture      *fixture,
                            gconstpointer data)
{
  UdpnatPublicKey from;

  write_letter (fixture, TRUE, "hello");
  g_assert_false (open_bytes (fixture, fixture->carol, TRUE, fixture->letter->data,
                              fixture->letter->len, &from));
}

static void
test_never_the_same (Fixture      *fixture,
                     gconstpointer data)
{
  g_autoptr (GByteArray) first = NULL;

  for (guint with_prekey = 0; with_prekey < 2; with_prekey++)
    {
      g_clear_pointer (&first, g_byte_array_unref);
      write_letter (fixture, with_prekey, "hello");
      first = g_byte_array_ref (fixture->letter);
      g_byte_array_unref (fixture->letter);
      fixture->letter = g_byte_array_new ();
      write_letter (fixture, with_prekey, "hello");
      g_assert_cmpuint (first->len, ==, fixture->letter->len);
      for (guint i = UDPNAT_SEALED_HEADER_BYTES; i + 16 <= first->len; i += 16)
        g_assert_cmpint (memcmp (first->data + i, fixture->letter->data + i, 16), !=, 0);
    }
}

/* Neither names nor text, nor the keys of either, can be seen. */
static void
test_nothing_in_clear (Fixture      *fixture,
                       gconstpointer data)
{
  const UdpnatPublicKey *alice = udpnat_identity_get_public_key (fixture->alice);
  const UdpnatPublicKey *bob = udpnat_identity_get_public_key (fixture->bob);

  write_letter (fixture, TRUE, "hello");
  g_assert_null (memmem (fixture->letter->data, fixture->letter->len, "hell", 4));
  g_assert_null (memmem (fixture->letter->data, fixture->letter->len, alice->bytes, 8));
  g_assert_null (memmem (fixture->letter->data, fixture->letter->len, bob->bytes, 8));
}

/* ---- Worthless keys ---- */

/* Of order 1, 2, 4 and 8: see test-noise.c. */
static const UdpnatPublicKey small_order[] = {
  { { 0 } },
  { { 1 } },
  { {
    0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa,
    0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd,
    0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
  } },
  { {
    0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
  } },
};

static void
test_worthless_recipient (Fixture      *fixture,
                          gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (small_order); i++)
    {
      g_assert_false (udpnat_sealed_write (fixture->alice, &small_order[i], NULL, &fixture->random,
                                           (const guint8 *) "hello", 5, fixture->letter));
      g_assert_cmpuint (fixture->letter->len, ==, 0);
    }
}

static void
test_worthless_prekey (Fixture      *fixture,
                       gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (small_order); i++)
    {
      fixture->prekey.key = small_order[i];
      g_assert_false (udpnat_sealed_write (fixture->alice,
                                           udpnat_identity_get_public_key (fixture->bob),
                                           &fixture->prekey, &fixture->random,
                                           (const guint8 *) "hello", 5, fixture->letter));
      g_assert_cmpuint (fixture->letter->len, ==, 0);
    }
}

/* A letter that claims forward secrecy and has none: its writer left the DH at zero. */
static void
test_worthless_e2 (Fixture      *fixture,
                   gconstpointer data)
{
  UdpnatPublicKey from;
  guint8 letter[UDPNAT_SEALED_HEADER_BYTES + 32 + 96 + 256 + 16] = { 1, [8] = 7 };
  static const guint8 ephemeral[UDPNAT_KEY_BYTES] = { 9 };
  guint8 input[13 + 3 * 32] = "udpnat prekey", psk[32], prologue[12 + 41], key[32], unused[32];
  guint8 plain[256] = { 0 }, is_last = 1;
  g_autoptr (UdpnatNoise) noise = NULL;
  UdpnatWriter out;

  letter[9] = 1; /* e2: the point of order 1 */
  input[45] = 1;
  memcpy (input + 77, fixture->prekey.key.bytes, 32);
  crypto_generichash (psk, 32, input, sizeof input, NULL, 0);
  memcpy (prologue, "udpnat/1mail", 12);
  memcpy (prologue + 12, letter, 41);
  noise = udpnat_noise_new_initiator (UDPNAT_NOISE_X_PSK1, prologue, sizeof prologue,
                                      fixture->alice,
                                      udpnat_identity_get_public_key (fixture->bob), ephemeral);
  udpnat_noise_set_psk (noise, psk);
  udpnat_writer_init (&out, letter + 41, sizeof letter - 41);
  g_assert_true (udpnat_noise_write (noise, NULL, 0, &out));
  udpnat_noise_split (noise, key, unused);
  udpnat_seal (key, 0, &is_last, 1, plain, sizeof plain, letter + 41 + 96);
  g_assert_false (open_bytes (fixture, fixture->bob, TRUE, letter, sizeof letter, &from));
}

#define ADD(path, function) \
  g_test_add ("/crypto-sealed/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!udpnat_crypto_init ())
    return 1;

  ADD ("open/without-prekey", test_opens_without_prekey);
  ADD ("open/with-prekey", test_opens_with_prekey);
  ADD ("open/secret-that-no-one-asked-for-is-ignored", test_secret_not_asked_for);
  ADD ("open/appends-to-what-was-there", test_appends);
  ADD ("prekey-id/of-letters", test_prekey_id);
  ADD ("prekey-id/of-no-letter", test_prekey_id_of_no_letter);
  ADD ("size/steps-of-256", test_size_steps);
  ADD ("size/one-chunk-and-two", test_size_chunks);
  ADD ("size/longest", test_size_longest);
  ADD ("size/one-more-than-the-longest", test_size_too_long);
  ADD ("layout/by-hand", test_layout);
  ADD ("layout/by-hand-with-prekey", test_layout_with_prekey);
  ADD ("body/length-beyond-its-end", test_body_length_beyond);
  ADD ("body/padding-not-zeros", test_body_not_zeros);
  ADD ("body/padding-of-another-length", test_body_other_padding);
  ADD ("body/without-length", test_body_no_length);
  ADD ("body/not-marked-as-last", test_body_not_marked_last);
  ADD ("body/marked-as-last-in-the-middle", test_body_last_in_the_middle);
  ADD ("body/second-chunk-cut-off", test_chunks_cut_off);
  ADD ("forged/any-bit", test_any_bit);
  ADD ("forged/any-bit-with-prekey", test_any_bit_with_prekey);
  ADD ("forged/truncated-at-every-length", test_truncated);
  ADD ("forged/longer-than-any-letter", test_longer_than_any);
  ADD ("secrecy/other-recipient", test_other_recipient);
  ADD ("secrecy/prekey-deleted", test_prekey_deleted);
  ADD ("secrecy/other-prekey", test_other_prekey);
  ADD ("secrecy/prekey-without-static-key", test_prekey_without_static);
  ADD ("secrecy/never-the-same-twice", test_never_the_same);
  ADD ("secrecy/nothing-in-clear", test_nothing_in_clear);
  ADD ("worthless/recipient", test_worthless_recipient);
  ADD ("worthless/prekey", test_worthless_prekey);
  ADD ("worthless/e2", test_worthless_e2);

  return g_test_run ();
}
