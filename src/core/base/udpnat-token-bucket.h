#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatTokenBucket:
 * @tokens: what may be taken, in millionths of a token
 * @updated_us: up to when @tokens has been refilled
 *
 * Rate limit: so many tokens at once, so many a second after that. A small value, so that a table
 * can hold one per source.
 */
typedef struct
{
  gint64 tokens;
  gint64 updated_us;
} UdpnatTokenBucket;

void     udpnat_token_bucket_init (UdpnatTokenBucket *self,
                                   gint64             burst,
                                   gint64             now_us);
gboolean udpnat_token_bucket_take (UdpnatTokenBucket *self,
                                   gint64             now_us,
                                   gint64             amount,
                                   gint64             burst,
                                   gint64             per_second);
gboolean udpnat_token_bucket_has (UdpnatTokenBucket *self,
                                  gint64             now_us,
                                  gint64             amount,
                                  gint64             burst,
                                  gint64             per_second);
gboolean udpnat_token_bucket_is_full (UdpnatTokenBucket *self,
                                      gint64             now_us,
                                      gint64             burst,
                                      gint64             per_second);

G_END_DECLS
