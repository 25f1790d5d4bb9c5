#include "config.h"

#include "udpnat-sealed.h"

#include "udpnat-dh-private.h"
#include "udpnat-limits.h"
#include "udpnat-reader.h"

#include <sodium.h>
#include <string.h>

/* A letter for somebody who is away: one handshake message and what it carries, for a mailbox that
 * must learn nothing but the recipient, the size (in steps of 256 bytes) and the time.
 *
 *     version 1 | prekey id 8 | [e2 32, if the id is not 0] | Noise message 96 | body
 *
 * The Noise message is that of X, or of Xpsk1 with a prekey, with an empty payload; its prologue is
 * "udpnat/1mail" and everything before it. The body is `length 4 | data | zeros` in chunks sealed
 * with the sender's key of Split(), numbered from 0; additional data is one byte, 1 for the last
 * chunk and 0 for all others, so that nobody can cut chunks off. PROTOCOL.md, "Mailbox".
 *
 * What a letter protects:
 *
 * - Always: only the recipient can read it and learn who wrote it; it cannot be changed; the
 *   recipient knows the writer's key. Nobody else can be shown that it is genuine: the recipient
 *   could have made it.
 * - With a prekey: once the recipient has deleted the prekey's secret, not even its static key
 *   opens the letter (forward secrecy). It still tells who wrote it: X sends that before the
 *   pre-shared key counts.
 * - Without one: whoever steals the recipient's static key, now or in years, reads every letter
 *   that was kept. So a prekey is used when there is one.
 * - Never: whoever has the recipient's static key can write letters to it in any name, as in every
 *   pattern with "ss" alone. And a letter can be delivered twice: what is inside has an id.
 *
 * The prekey is not signed, since no server hands it out: it came in a session, or in a letter,
 * that proves who sent it. */

G_STATIC_ASSERT (UDPNAT_SEALED_MAX_BYTES <= UDPNAT_MAIL_SEALED_MAX_BYTES);

#define PROLOGUE_MAX_BYTES \
  (sizeof prologue_label - 1 + UDPNAT_SEALED_HEADER_BYTES + UDPNAT_SEALED_PREKEY_OVERHEAD_BYTES)
#define LENGTH_BYTES UDPNAT_SEALED_LENGTH_BYTES

static const char prologue_label[] = "udpnat/1mail";
static const char prekey_label[] = "udpnat prekey";

/* What stands before the Noise message. */
typedef struct
{
  guint64         prekey_id;
  UdpnatPublicKey e2; /* unset when prekey_id is 0 */
} Header;

static gsize
get_header_bytes (gboolean has_prekey)
{
  return UDPNAT_SEALED_HEADER_BYTES + (has_prekey ? UDPNAT_SEALED_PREKEY_OVERHEAD_BYTES : 0);
}

static gsize
get_padded_bytes (gsize n_data)
{
  gsize n = LENGTH_BYTES + n_data + UDPNAT_SEALED_PADDING_BYTES - 1;

  return n - n % UDPNAT_SEALED_PADDING_BYTES;
}

static gsize
get_chunk_count (gsize n_padded)
{
  return (n_padded + UDPNAT_SEALED_CHUNK_BYTES - 1) / UDPNAT_SEALED_CHUNK_BYTES;
}

/**
 * udpnat_sealed_get_bytes:
 * @n_data: at most %UDPNAT_SEALED_DATA_MAX_BYTES
 *
 * Returns: how long the letter is: 9 (or 41, with a prekey), 96, the data and 4 rounded up to a
 *   multiple of 256, and 16 for each chunk
 */
gsize
udpnat_sealed_get_bytes (gsize    n_data,
                         gboolean has_prekey)
{
  gsize n_padded = get_padded_bytes (n_data);

  g_assert (n_data <= UDPNAT_SEALED_DATA_MAX_BYTES);

  return get_header_bytes (has_prekey) + UDPNAT_NOISE_FIRST_OVERHEAD_BYTES + n_padded
         + get_chunk_count (n_padded) * UDPNAT_SEAL_TAG_BYTES;
}

/* ---- Handshake ---- */

/* BLAKE2b-256 over label, DH(e2, prekey), e2 and the prekey: both public keys are in it, since
 * different ones can give the same DH. */
static gboolean
compute_psk (const guint8           secret[UDPNAT_KEY_BYTES],
             const UdpnatPublicKey *remote,
             const UdpnatPublicKey *e2,
             const UdpnatPublicKey *prekey,
             guint8                 out_psk[UDPNAT_NOISE_PSK_BYTES])
{
  crypto_generichash_state state;
  guint8 shared[UDPNAT_KEY_BYTES];

  if (!udpnat_dh_compute (secret, remote, shared))
    return FALSE;

  crypto_generichash_init (&state, NULL, 0, UDPNAT_NOISE_PSK_BYTES);
  crypto_generichash_update (&state, (const guint8 *) prekey_label, strlen (prekey_label));
  crypto_generichash_update (&state, shared, sizeof shared);
  crypto_generichash_update (&state, e2->bytes, UDPNAT_KEY_BYTES);
  crypto_generichash_update (&state, prekey->bytes, UDPNAT_KEY_BYTES);
  crypto_generichash_final (&state, out_psk, UDPNAT_NOISE_PSK_BYTES);
  sodium_memzero (&state, sizeof state);
  sodium_memzero (shared, sizeof shared);

  return TRUE;
}

static UdpnatNoisePattern
get_pattern (const Header *header)
{
  return header->prekey_id != 0 ? UDPNAT_NOISE_X_PSK1 : UDPNAT_NOISE_X;
}

static void
write_header (const Header *header,
              UdpnatWriter *out)
{
  udpnat_writer_u8 (out, UDPNAT_SEALED_VERSION);
  udpnat_writer_u64 (out, header->prekey_id);
  if (header->prekey_id != 0)
    udpnat_writer_bytes (out, header->e2.bytes, UDPNAT_KEY_BYTES);
}

static gsize
write_prologue (const Header *header,
                guint8        out_prologue[PROLOGUE_MAX_BYTES])
{
  UdpnatWriter out;

  udpnat_writer_init (&out, out_prologue, PROLOGUE_MAX_BYTES);
  udpnat_writer_bytes (&out, (const guint8 *) prologue_label, strlen (prologue_label));
  write_header (header, &out);
  g_assert (!out.failed);

  return out.n_written;
}

static UdpnatNoise *
new_initiator (const UdpnatIdentity  *from,
               const UdpnatPublicKey *to,
               const Header          *header,
               const UdpnatRandom    *random)
{
  guint8 prologue[PROLOGUE_MAX_BYTES], ephemeral_secret[UDPNAT_KEY_BYTES];
  gsize n_prologue = write_prologue (header, prologue);
  UdpnatNoise *noise;

  udpnat_random_fill (random, ephemeral_secret, sizeof ephemeral_secret);
  noise = udpnat_noise_new_initiator (get_pattern (header), prologue, n_prologue, from, to,
                                      ephemeral_secret);
  sodium_memzero (ephemeral_secret, sizeof ephemeral_secret);

  return noise;
}

static UdpnatNoise *
new_responder (const UdpnatIdentity *self,
               const Header         *header)
{
  static const guint8 unused[UDPNAT_KEY_BYTES] = { 1 };
  guint8 prologue[PROLOGUE_MAX_BYTES];
  gsize n_prologue = write_prologue (header, prologue);

  return udpnat_noise_new_responder (get_pattern (header), prologue, n_prologue, self, unused);
}

/* ---- Body ---- */

static gsize
get_chunk_bytes (gsize n_left)
{
  return MIN (n_left, UDPNAT_SEALED_CHUNK_BYTES);
}

static void
seal_chunks (const guint8  key[UDPNAT_SEAL_KEY_BYTES],
             const guint8 *padded,
             gsize         n_padded,
             guint8       *out)
{
  gsize n_chunk;

  for (guint64 number = 0; n_padded > 0; number++)
    {
      guint8 is_last;

      n_chunk = get_chunk_bytes (n_padded);
      is_last = n_chunk == n_padded;
      udpnat_seal (key, number, &is_last, 1, padded, n_chunk, out);
      padded += n_chunk;
      n_padded -= n_chunk;
      out += n_chunk + UDPNAT_SEAL_TAG_BYTES;
    }
}

/* @out_padded: room for @n_sealed bytes */
static gboolean
open_chunks (const guint8  key[UDPNAT_SEAL_KEY_BYTES],
             const guint8 *sealed,
             gsize         n_sealed,
             guint8       *out_padded,
             gsize        *out_n_padded)
{
  gsize n_padded = 0;

  for (guint64 number = 0; n_sealed > 0; number++)
    {
      gsize n_chunk = MIN (n_sealed, UDPNAT_NOISE_MESSAGE_MAX_BYTES);
      guint8 is_last = n_chunk == n_sealed;

      if (!udpnat_open (key, number, &is_last, 1, sealed, n_chunk, out_padded + n_padded))
        return FALSE;
      sealed += n_chunk;
      n_sealed -= n_chunk;
      n_padded += n_chunk - UDPNAT_SEAL_TAG_BYTES;
    }
  *out_n_padded = n_padded;

  return TRUE;
}

static void
append_body (const guint8  key[UDPNAT_SEAL_KEY_BYTES],
             const guint8 *data,
             gsize         n_data,
             guint8       *out)
{
  gsize n_padded = get_padded_bytes (n_data);
  g_autofree guint8 *padded = g_malloc (n_padded);
  UdpnatWriter writer;

  udpnat_writer_init (&writer, padded, n_padded);
  udpnat_writer_u32 (&writer, (guint32) n_data);
  udpnat_writer_bytes (&writer, data, n_data);
  udpnat_writer_zeros (&writer, udpnat_writer_left (&writer));
  seal_chunks (key, padded, n_padded, out);
  sodium_memzero (padded, n_padded);
}

/* Only what a writer would have made: every letter has one form. */
static const guint8 *
find_data (const guint8 *padded,
           gsize         n_padded,
           gsize        *out_n_data)
{
  UdpnatReader reader;
  const guint8 *data;
  gsize n_data;

  udpnat_reader_init (&reader, padded, n_padded);
  n_data = udpnat_reader_u32 (&reader);
  if (n_data > udpnat_reader_left (&reader) || get_padded_bytes (n_data) != n_padded)
    return NULL;

  data = padded + LENGTH_BYTES;
  if (!sodium_is_zero (data + n_data, n_padded - LENGTH_BYTES - n_data))
    return NULL;
  *out_n_data = n_data;

  return data;
}

static gboolean
open_body (const guint8  key[UDPNAT_SEAL_KEY_BYTES],
           const guint8 *sealed,
           gsize         n_sealed,
           GByteArray   *out)
{
  g_autofree guint8 *padded = g_malloc (n_sealed);
  const guint8 *data = NULL;
  gsize n_padded = 0, n_data = 0;

  if (open_chunks (key, sealed, n_sealed, padded, &n_padded))
    data = find_data (padded, n_padded, &n_data);
  if (data != NULL)
    g_byte_array_append (out, data, (guint) n_data);
  sodium_memzero (padded, n_sealed);

  return data != NULL;
}

/* ---- Writing ---- */

/* @out: room for the whole letter */
static gboolean
write_letter (const UdpnatIdentity  *from,
              const UdpnatPublicKey *to,
              const Header          *header,
              const guint8          *psk,
              const UdpnatRandom    *random,
              const guint8          *data,
              gsize                  n_data,
              UdpnatWriter          *out)
{
  g_autoptr (UdpnatNoise) noise = new_initiator (from, to, header, random);
  guint8 send_key[UDPNAT_KEY_BYTES], unused_key[UDPNAT_KEY_BYTES];

  if (psk != NULL)
    udpnat_noise_set_psk (noise, psk);
  write_header (header, out);
  if (!udpnat_noise_write (noise, NULL, 0, out))
    return FALSE;

  udpnat_noise_split (noise, send_key, unused_key);
  append_body (send_key, data, n_data, out->data + out->n_written);
  sodium_memzero (send_key, sizeof send_key);
  sodium_memzero (unused_key, sizeof unused_key);

  return TRUE;
}

/* Draws e2, and gives the key that it and the prekey make. */
static gboolean
use_prekey (const UdpnatSealedPrekey *prekey,
            const UdpnatRandom       *random,
            Header                   *out_header,
            guint8                    out_psk[UDPNAT_NOISE_PSK_BYTES])
{
  g_autoptr (UdpnatIdentity) e2 = udpnat_identity_generate (random);

  out_header->prekey_id = prekey->id;
  out_header->e2 = *udpnat_identity_get_public_key (e2);

  return compute_psk (udpnat_identity_get_secret (e2), &prekey->key, &out_header->e2, &prekey->key,
                      out_psk);
}

/**
 * udpnat_sealed_write:
 * @to: not trusted
 * @prekey: (nullable): used for this letter and never again; its key is not trusted
 * @data: (array length=n_data): what to say
 * @out: the letter is appended: udpnat_sealed_get_bytes() more bytes
 *
 * Returns: %FALSE, with @out as it was, when @n_data is more than %UDPNAT_SEALED_DATA_MAX_BYTES, or
 *   the key of @to or of @prekey is worthless. Without @prekey only @to can be at fault
 */
gboolean
udpnat_sealed_write (const UdpnatIdentity     *from,
                     const UdpnatPublicKey    *to,
                     const UdpnatSealedPrekey *prekey,
                     const UdpnatRandom       *random,
                     const guint8             *data,
                     gsize                     n_data,
                     GByteArray               *out)
{
  guint8 psk[UDPNAT_NOISE_PSK_BYTES];
  Header header = { 0 };
  UdpnatWriter writer;
  guint n_before = out->len;
  gboolean is_written;

  g_assert (prekey == NULL || prekey->id != 0);

  if (n_data > UDPNAT_SEALED_DATA_MAX_BYTES)
    return FALSE;
  if (prekey != NULL && !use_prekey (prekey, random, &header, psk))
    return FALSE;

  g_byte_array_set_size (out, n_before + (guint) udpnat_sealed_get_bytes (n_data, prekey != NULL));
  udpnat_writer_init (&writer, out->data + n_before, out->len - n_before);
  is_written = write_letter (from, to, &header, prekey != NULL ? psk : NULL, random, data, n_data,
                             &writer);
  if (!is_written)
    g_byte_array_set_size (out, n_before);
  sodium_memzero (psk, sizeof psk);

  return is_written;
}

/* ---- Reading ---- */

static gboolean
read_header (UdpnatReader *reader,
             Header       *out_header)
{
  guint8 version = udpnat_reader_u8 (reader);

  *out_header = (Header) { .prekey_id = udpnat_reader_u64 (reader) };
  if (out_header->prekey_id != 0)
    udpnat_reader_copy (reader, out_header->e2.bytes, UDPNAT_KEY_BYTES);

  return !reader->failed && version == UDPNAT_SEALED_VERSION
         && reader->n_data <= UDPNAT_SEALED_MAX_BYTES;
}

/**
 * udpnat_sealed_get_prekey_id:
 * @sealed: (array length=n_sealed): not trusted
 * @out_id: (out): the prekey whose secret udpnat_sealed_open() needs; 0: none
 *
 * Returns: %FALSE when this is no letter
 */
gboolean
udpnat_sealed_get_prekey_id (const guint8 *sealed,
                             gsize         n_sealed,
                             guint64      *out_id)
{
  UdpnatReader reader;
  Header header;
  gboolean is_letter;

  udpnat_reader_init (&reader, sealed, n_sealed);
  is_letter = read_header (&reader, &header);
  *out_id = is_letter ? header.prekey_id : 0;

  return is_letter;
}

static gboolean
find_psk (const guint8 *prekey_secret,
          const Header *header,
          guint8        out_psk[UDPNAT_NOISE_PSK_BYTES])
{
  UdpnatPublicKey prekey;

  return crypto_scalarmult_base (prekey.bytes, prekey_secret) == 0
         && compute_psk (prekey_secret, &header->e2, &header->e2, &prekey, out_psk);
}

static gboolean
read_handshake (UdpnatNoise  *noise,
                UdpnatReader *reader,
                guint8        out_receive_key[UDPNAT_KEY_BYTES])
{
  const guint8 *message = udpnat_reader_bytes (reader, UDPNAT_NOISE_FIRST_OVERHEAD_BYTES);
  guint8 unused_key[UDPNAT_KEY_BYTES], unused_payload;
  gsize n_payload;

  if (message == NULL
      || !udpnat_noise_read (noise, message, UDPNAT_NOISE_FIRST_OVERHEAD_BYTES, &unused_payload,
                             &n_payload))
    return FALSE;

  udpnat_noise_split (noise, unused_key, out_receive_key);
  sodium_memzero (unused_key, sizeof unused_key);

  return TRUE;
}

static gboolean
open_letter (UdpnatNoise     *noise,
             UdpnatReader    *reader,
             UdpnatPublicKey *out_from,
             GByteArray      *out)
{
  guint8 receive_key[UDPNAT_KEY_BYTES];
  gsize n_body;
  gboolean is_open;

  if (!read_handshake (noise, reader, receive_key))
    return FALSE;

  n_body = udpnat_reader_left (reader);
  is_open = open_body (receive_key, udpnat_reader_bytes (reader, n_body), n_body, out);
  if (is_open)
    *out_from = *udpnat_noise_get_remote_key (noise);
  sodium_memzero (receive_key, sizeof receive_key);

  return is_open;
}

/**
 * udpnat_sealed_open:
 * @prekey_secret: (nullable) (array fixed-size=32): the secret of the prekey that the letter names;
 *   not looked at when it names none
 * @sealed: (array length=n_sealed): not trusted
 * @out_from: (out): who wrote it
 * @out: what it says is appended
 *
 * Whether the prekey was given to that writer is for the caller to check.
 *
 * Returns: %FALSE when it is not for us, forged, damaged, cut off, or its prekey is missing;
 *   neither @out_from nor @out has changed then
 */
gboolean
udpnat_sealed_open (const UdpnatIdentity *self,
                    const guint8         *prekey_secret,
                    const guint8         *sealed,
                    gsize                 n_sealed,
                    UdpnatPublicKey      *out_from,
                    GByteArray           *out)
{
  g_autoptr (UdpnatNoise) noise = NULL;
  guint8 psk[UDPNAT_NOISE_PSK_BYTES];
  UdpnatReader reader;
  Header header;

  udpnat_reader_init (&reader, sealed, n_sealed);
  if (!read_header (&reader, &header))
    return FALSE;

  noise = new_responder (self, &header);
  if (header.prekey_id != 0)
    {
      if (prekey_secret == NULL || !find_psk (prekey_secret, &header, psk))
        return FALSE;
      udpnat_noise_set_psk (noise, psk);
      sodium_memzero (psk, sizeof psk);
    }

  return open_letter (noise, &reader, out_from, out);
}
