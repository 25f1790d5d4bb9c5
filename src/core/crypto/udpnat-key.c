#include "config.h"

#include "udpnat-key.h"

#include <string.h>

/* Public keys as values and as text: base32 (RFC 4648 section 6) in lower case without padding,
 * which can be read aloud, typed on a phone and put in a link. Nothing here is secret, so nothing
 * needs to take the same time for every key. */

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

gboolean
udpnat_public_key_equal (const UdpnatPublicKey *a,
                         const UdpnatPublicKey *b)
{
  return memcmp (a->bytes, b->bytes, UDPNAT_KEY_BYTES) == 0;
}

/**
 * udpnat_public_key_compare:
 *
 * Returns: less than, equal to or greater than 0, as memcmp(): the order that PROTOCOL.md section 2
 *   settles a double handshake by
 */
int
udpnat_public_key_compare (const UdpnatPublicKey *a,
                           const UdpnatPublicKey *b)
{
  return memcmp (a->bytes, b->bytes, UDPNAT_KEY_BYTES);
}

/** udpnat_public_key_compare_data: a #GCompareDataFunc of the same order, for trees by key: keys
 * are chosen by strangers, who could choose them for one place of a hash table */
int
udpnat_public_key_compare_data (gconstpointer a,
                                gconstpointer b,
                                gpointer      user_data)
{
  return udpnat_public_key_compare (a, b);
}

/**
 * udpnat_public_key_to_string:
 * @text: (out): receives 52 characters and a zero
 *
 * Returns: @text
 */
char *
udpnat_public_key_to_string (const UdpnatPublicKey *self,
                             char                   text[UDPNAT_KEY_TEXT_BYTES])
{
  guint bits = 0, n_bits = 0;
  gsize n = 0;

  for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
    {
      bits = (bits << 8 | self->bytes[i]) & 0xffff;
      for (n_bits += 8; n_bits >= 5; n_bits -= 5)
        text[n++] = digits[bits >> (n_bits - 5) & 31];
    }

  /* One bit is left, in front of four zero bits. */
  text[n++] = digits[bits << (5 - n_bits) & 31];
  text[n] = '\0';

  return text;
}

static int
get_digit_value (char c)
{
  const char *digit = c != '\0' ? strchr (digits, g_ascii_tolower (c)) : NULL;

  return digit != NULL ? (int) (digit - digits) : -1;
}

/**
 * udpnat_public_key_parse:
 * @text: upper or lower case; nothing before or after the 52 characters
 *
 * Each key has exactly one text (but for case): a last character with stray bits is refused.
 *
 * Returns: %FALSE when @text is no key; @self is then not touched
 */
gboolean
udpnat_public_key_parse (UdpnatPublicKey *self,
                         const char      *text)
{
  UdpnatPublicKey key;
  guint bits = 0, n_bits = 0, n = 0;

  for (guint i = 0; i < UDPNAT_KEY_TEXT_BYTES - 1; i++)
    {
      int value = get_digit_value (text[i]);

      if (value < 0)
        return FALSE;

      bits = (bits << 5 | (guint) value) & 0xffff;
      n_bits += 5;
      if (n_bits >= 8)
        {
          n_bits -= 8;
          key.bytes[n++] = (guint8) (bits >> n_bits);
        }
    }

  if (text[UDPNAT_KEY_TEXT_BYTES - 1] != '\0' || (bits & ((1u << n_bits) - 1)) != 0)
    return FALSE;

  *self = key;

  return TRUE;
}
