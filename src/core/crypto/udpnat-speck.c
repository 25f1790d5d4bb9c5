#include "config.h"

#include "udpnat-speck.h"

/* Speck32/64 (Beaulieu and others, "The SIMON and SPECK Families of Lightweight Block Ciphers",
 * 2013): a permutation of numbers of 32 bits under a key. For numbers that we give to others and
 * that are to look random to them and say something to us; never for what others have to keep
 * secret: 32 bits are few. */

#define ALPHA 7
#define BETA 2

static guint16
rotate_left (guint16 word,
             guint   n)
{
  return (guint16) (word << n | word >> (16 - n));
}

static guint16
rotate_right (guint16 word,
              guint   n)
{
  return rotate_left (word, 16 - n);
}

static void
do_round (guint16 *x,
          guint16 *y,
          guint16  key)
{
  *x = (guint16) (rotate_right (*x, ALPHA) + *y) ^ key;
  *y = rotate_left (*y, BETA) ^ *x;
}

static void
undo_round (guint16 *x,
            guint16 *y,
            guint16  key)
{
  *y = rotate_right (*y ^ *x, BETA);
  *x = rotate_left ((guint16) ((*x ^ key) - *y), ALPHA);
}

/** udpnat_speck_init: @key: words of 16 bits, the least first, each with its least byte first */
void
udpnat_speck_init (UdpnatSpeck  *self,
                   const guint8  key[UDPNAT_SPECK_KEY_BYTES])
{
  guint16 words[UDPNAT_SPECK_KEY_BYTES / 2];
  guint16 round_key;

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    words[i] = (guint16) (key[2 * i] | key[2 * i + 1] << 8);
  round_key = words[0];
  for (guint i = 0; i < UDPNAT_SPECK_ROUNDS; i++)
    {
      self->round_keys[i] = round_key;
      do_round (&words[1 + i % 3], &round_key, (guint16) i);
    }
}

guint32
udpnat_speck_encrypt (const UdpnatSpeck *self,
                      guint32            block)
{
  guint16 x = (guint16) (block >> 16), y = (guint16) block;

  for (guint i = 0; i < UDPNAT_SPECK_ROUNDS; i++)
    do_round (&x, &y, self->round_keys[i]);
  return (guint32) x << 16 | y;
}

/** udpnat_speck_decrypt: Returns: what udpnat_speck_encrypt() makes into @block */
guint32
udpnat_speck_decrypt (const UdpnatSpeck *self,
                      guint32            block)
{
  guint16 x = (guint16) (block >> 16), y = (guint16) block;

  for (guint i = UDPNAT_SPECK_ROUNDS; i > 0; i--)
    undo_round (&x, &y, self->round_keys[i - 1]);
  return (guint32) x << 16 | y;
}
