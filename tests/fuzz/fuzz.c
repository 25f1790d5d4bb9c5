/* How targets read their input: a script of steps, read with UdpnatReader, which gives zeros when
 * it is at its end. Nothing here or in a target may depend on anything else than the input. */

#include "config.h"

#include "fuzz.h"

#include "udpnat-time.h"

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  guint64 *state = user_data;

  for (gsize i = 0; i < n_out; i++)
    {
      /* splitmix64 */
      guint64 z = (*state += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

      z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
      z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
      out[i] = (guint8) (z ^ (z >> 31));
    }
}

/** fuzz_random: the same bytes in every run; @state is borrowed */
UdpnatRandom
fuzz_random (guint64 *state)
{
  return (UdpnatRandom) { fill, state };
}

/**
 * fuzz_take:
 *
 * A string of bytes: its length in two bytes, cut to @n_max and to what is left of the input.
 */
const guint8 *
fuzz_take (UdpnatReader *input,
           gsize         n_max,
           gsize        *out_n)
{
  gsize n = udpnat_reader_u16 (input);

  n = MIN (n, MIN (n_max, udpnat_reader_left (input)));
  *out_n = n;
  return n > 0 ? udpnat_reader_bytes (input, n) : (const guint8 *) "";
}

/** fuzz_take_duration: one byte: from a millisecond to half a day, each of them 1 to 64 times */
gint64
fuzz_take_duration (UdpnatReader *input)
{
  static const gint64 units_us[] = { 1000, 50000, 1000000, 600000000 };
  guint8              byte = udpnat_reader_u8 (input);

  return units_us[byte >> 6] * ((byte & 63) + 1);
}
