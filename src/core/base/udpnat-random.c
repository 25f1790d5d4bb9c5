#include "config.h"

#include "udpnat-random.h"

/* Numbers out of random bytes. Byte order is fixed, so that a simulator's seed gives the same run
 * on every machine. Where the bytes come from is the business of whoever made the UdpnatRandom. */

/**
 * udpnat_random_fill:
 * @out: (array length=n_out): where to
 *
 * Fills @out with bytes fit for keys.
 */
void
udpnat_random_fill (const UdpnatRandom *self,
                    guint8             *out,
                    gsize               n_out)
{
  g_assert (self->fill != NULL);

  if (n_out > 0)
    self->fill (self->user_data, out, n_out);
}

/**
 * udpnat_random_u32:
 *
 * Returns: any 32-bit number, all equally likely
 */
guint32
udpnat_random_u32 (const UdpnatRandom *self)
{
  guint32 value = 0;

  udpnat_random_fill (self, (guint8 *) &value, sizeof value);

  return GUINT32_FROM_LE (value);
}

/**
 * udpnat_random_u64:
 *
 * Returns: any 64-bit number, all equally likely
 */
guint64
udpnat_random_u64 (const UdpnatRandom *self)
{
  guint64 value = 0;

  udpnat_random_fill (self, (guint8 *) &value, sizeof value);

  return GUINT64_FROM_LE (value);
}

/**
 * udpnat_random_below:
 * @limit: at least 1
 *
 * Returns: a number from 0 to @limit - 1, all equally likely
 */
guint32
udpnat_random_below (const UdpnatRandom *self,
                     guint32             limit)
{
  guint32 unfair, value;

  g_assert (limit > 0);

  /* 2^32 mod limit: so many of the lowest numbers would come up once too often. */
  unfair = -limit % limit;

  /* Not endless: more than half of all numbers are fair, and the source is fit for keys. */
  do
    value = udpnat_random_u32 (self);
  while (value < unfair);

  return value % limit;
}

/**
 * udpnat_random_jitter:
 * @value_us: not negative
 * @percent: how far to go at most, up to 100
 *
 * Spreads @value_us, so that many programs that started together do not stay together.
 *
 * Returns: @value_us ± up to @percent, never negative
 */
gint64
udpnat_random_jitter (const UdpnatRandom *self,
                      gint64              value_us,
                      guint               percent)
{
  gint64 spread_us;

  g_assert (value_us >= 0 && value_us <= G_MAXINT64 / 200);
  g_assert (percent <= 100);

  spread_us = value_us * percent / 100;

  /* The remainder's bias is below spread / 2^63: nobody can measure it in a delay. */
  return value_us - spread_us + (gint64) (udpnat_random_u64 (self) % (guint64) (2 * spread_us + 1));
}
