#include "config.h"

#include "udpnat-token-bucket.h"

/* Token bucket in whole numbers. Tokens are counted in millionths, so that `per_second` tokens a
 * second are exactly `per_second` millionths a microsecond: nothing is lost to rounding, however
 * often it is asked. */

#define SCALE 1000000
#define TOKENS_MAX (G_MAXINT64 / SCALE)

/**
 * udpnat_token_bucket_init:
 * @burst: how many may be taken at once
 *
 * Fills the bucket.
 */
void
udpnat_token_bucket_init (UdpnatTokenBucket *self,
                          gint64             burst,
                          gint64             now_us)
{
  g_assert (burst >= 0);

  self->tokens = MIN (burst, TOKENS_MAX) * SCALE;
  self->updated_us = now_us;
}

static void
refill (UdpnatTokenBucket *self,
        gint64             now_us,
        gint64             full,
        gint64             per_second)
{
  gint64 elapsed_us = now_us - self->updated_us;

  if (elapsed_us <= 0)
    {
      self->tokens = MIN (self->tokens, full);
      return;
    }

  self->updated_us = now_us;
  /* Divided, not multiplied: after a sleep of days the product would overflow. */
  if (self->tokens >= full || (per_second > 0 && elapsed_us > (full - self->tokens) / per_second))
    self->tokens = full;
  else
    self->tokens += elapsed_us * per_second;
}

/**
 * udpnat_token_bucket_take:
 * @amount: how many; more than @burst are never granted
 * @burst: what the bucket holds; may change from call to call
 * @per_second: how fast it fills; may change from call to call
 *
 * Takes @amount tokens, or none at all.
 *
 * Returns: whether they were there
 */
gboolean
udpnat_token_bucket_take (UdpnatTokenBucket *self,
                          gint64             now_us,
                          gint64             amount,
                          gint64             burst,
                          gint64             per_second)
{
  g_assert (amount >= 0 && burst >= 0 && per_second >= 0);

  refill (self, now_us, MIN (burst, TOKENS_MAX) * SCALE, per_second);

  if (amount > self->tokens / SCALE)
    return FALSE;

  self->tokens -= amount * SCALE;

  return TRUE;
}

/** udpnat_token_bucket_has: Returns: whether udpnat_token_bucket_take() would take @amount now */
gboolean
udpnat_token_bucket_has (UdpnatTokenBucket *self,
                         gint64             now_us,
                         gint64             amount,
                         gint64             burst,
                         gint64             per_second)
{
  refill (self, now_us, MIN (burst, TOKENS_MAX) * SCALE, per_second);
  return amount <= self->tokens / SCALE;
}

/**
 * udpnat_token_bucket_is_full:
 *
 * Returns: whether it is as it was in the beginning, and so need not be kept
 */
gboolean
udpnat_token_bucket_is_full (UdpnatTokenBucket *self,
                             gint64             now_us,
                             gint64             burst,
                             gint64             per_second)
{
  gint64 full = MIN (burst, TOKENS_MAX) * SCALE;

  refill (self, now_us, full, per_second);
  return self->tokens >= full;
}
