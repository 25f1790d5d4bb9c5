#include "config.h"

#include "udpnat-safety-number.h"

#include <sodium.h>
#include <string.h>

/* The number that two people compare, by voice or side by side, to know that nobody stands between
 * them: 30 digits for each key, the smaller half first, so that both see the same.
 *
 * Made as Signal makes its numeric fingerprints (libsignal, fingerprint.rs; explained in "Safety
 * number updates", signal.org, 2016): 30 digits are only about 100 bits, so the 5,200 rounds make
 * it dear to search for another key with the same digits. Unlike there, no phone number or name is
 * hashed in: the key alone is who somebody is, and a name may change. */

#define VERSION 0
#define ITERATIONS 5200
#define DIGITS 30
#define GROUP_DIGITS 5
#define GROUPS 12
/* Of the hash, for each group: 40 bits, so that the remainder favours no digit noticeably. */
#define GROUP_HASH_BYTES 5

G_STATIC_ASSERT (2 * DIGITS + 1 == UDPNAT_SAFETY_NUMBER_BYTES);
G_STATIC_ASSERT (GROUPS * (GROUP_DIGITS + 1) == UDPNAT_SAFETY_NUMBER_TEXT_BYTES);

/* Round 1 hashes `version 2 | key | key`, each later one `hash so far 64 | key`. */
static void
hash_key (const UdpnatPublicKey *key,
          guint8                 out_hash[crypto_hash_sha512_BYTES])
{
  static const guint8 version[2] = { VERSION >> 8, VERSION & 0xff };
  crypto_hash_sha512_state state;

  crypto_hash_sha512_init (&state);
  crypto_hash_sha512_update (&state, version, sizeof version);
  crypto_hash_sha512_update (&state, key->bytes, UDPNAT_KEY_BYTES);
  crypto_hash_sha512_update (&state, key->bytes, UDPNAT_KEY_BYTES);
  crypto_hash_sha512_final (&state, out_hash);

  for (guint i = 1; i < ITERATIONS; i++)
    {
      crypto_hash_sha512_init (&state);
      crypto_hash_sha512_update (&state, out_hash, crypto_hash_sha512_BYTES);
      crypto_hash_sha512_update (&state, key->bytes, UDPNAT_KEY_BYTES);
      crypto_hash_sha512_final (&state, out_hash);
    }
}

static void
compute_half (const UdpnatPublicKey *key,
              char                   out_digits[DIGITS + 1])
{
  guint8 hash[crypto_hash_sha512_BYTES];

  hash_key (key, hash);
  for (guint group = 0; group < DIGITS / GROUP_DIGITS; group++)
    {
      guint64 value = 0;

      for (guint i = 0; i < GROUP_HASH_BYTES; i++)
        value = value << 8 | hash[group * GROUP_HASH_BYTES + i];
      g_snprintf (out_digits + group * GROUP_DIGITS, GROUP_DIGITS + 1, "%05u",
                  (guint) (value % 100000));
    }
}

/**
 * udpnat_safety_number_compute:
 * @a: one person's static key
 * @b: the other's, in any order
 * @out_number: (out): 60 digits
 *
 * Takes a few milliseconds: that is its purpose.
 */
void
udpnat_safety_number_compute (const UdpnatPublicKey *a,
                              const UdpnatPublicKey *b,
                              char                   out_number[UDPNAT_SAFETY_NUMBER_BYTES])
{
  char half_a[DIGITS + 1], half_b[DIGITS + 1];
  gboolean is_a_first;

  compute_half (a, half_a);
  compute_half (b, half_b);
  is_a_first = strcmp (half_a, half_b) <= 0;
  g_strlcpy (out_number, is_a_first ? half_a : half_b, UDPNAT_SAFETY_NUMBER_BYTES);
  g_strlcat (out_number, is_a_first ? half_b : half_a, UDPNAT_SAFETY_NUMBER_BYTES);
}

/**
 * udpnat_safety_number_format:
 * @number: 60 digits
 * @out_text: (out): 12 groups of 5 digits with a space between them
 *
 * Returns: @out_text
 */
char *
udpnat_safety_number_format (const char *number,
                             char        out_text[UDPNAT_SAFETY_NUMBER_TEXT_BYTES])
{
  gsize n = 0;

  g_assert (strlen (number) == UDPNAT_SAFETY_NUMBER_BYTES - 1);

  for (gsize i = 0; number[i] != '\0'; i++)
    {
      if (i > 0 && i % GROUP_DIGITS == 0)
        out_text[n++] = ' ';
      out_text[n++] = number[i];
    }
  out_text[n] = '\0';

  return out_text;
}

/**
 * udpnat_safety_number_equal:
 * @typed: what somebody typed or pasted; need not be valid UTF-8. White space and hyphens are
 *   skipped wherever they are, and digits may be those of any script
 * @number: 60 digits
 *
 * Returns: whether both are the same number
 */
gboolean
udpnat_safety_number_equal (const char *typed,
                            const char *number)
{
  const char *next = number;

  if (!g_utf8_validate (typed, -1, NULL))
    return FALSE;

  for (const char *p = typed; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_isspace (c) || g_unichar_type (c) == G_UNICODE_DASH_PUNCTUATION)
        continue;
      if (*next == '\0' || g_unichar_digit_value (c) != g_ascii_digit_value (*next))
        return FALSE;
      next++;
    }

  return *next == '\0';
}
