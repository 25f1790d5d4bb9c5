/* Built without hiredis: there is no directory, and a configuration that names one is refused. */

#include "config.h"

#include "udpnat-redis.h"

gboolean
udpnat_redis_is_supported (void)
{
  return FALSE;
}

UdpnatRedis *
udpnat_redis_new (const UdpnatRedisAddress *address,
                  UdpnatRedisStateFunc      func,
                  gpointer                  user_data)
{
  g_assert_not_reached ();
}

void
udpnat_redis_free (UdpnatRedis *self)
{
}

void
udpnat_redis_finish (UdpnatRedis *self)
{
}

gint64
udpnat_redis_get_rtt_us (const UdpnatRedis *self)
{
  return 0;
}

gboolean
udpnat_redis_is_up (const UdpnatRedis *self)
{
  return FALSE;
}

void
udpnat_redis_ask (UdpnatRedis    *self,
                  UdpnatRedisFunc func,
                  gpointer        user_data,
                  ...)
{
  g_assert_not_reached ();
}

void
udpnat_redis_ask_bytes (UdpnatRedis    *self,
                        UdpnatRedisFunc func,
                        gpointer        user_data,
                        guint           n_words,
                        const char    **words,
                        const gsize    *lengths)
{
  g_assert_not_reached ();
}

const char *
udpnat_redis_reply_get_text (const UdpnatRedisReply *self)
{
  return NULL;
}

gint64
udpnat_redis_reply_get_number (const UdpnatRedisReply *self)
{
  return 0;
}

guint
udpnat_redis_reply_get_count (const UdpnatRedisReply *self)
{
  return 0;
}

const char *
udpnat_redis_reply_get_item (const UdpnatRedisReply *self,
                             guint                   i)
{
  return NULL;
}

const UdpnatRedisReply *
udpnat_redis_reply_get_child (const UdpnatRedisReply *self,
                              guint                   i)
{
  return NULL;
}
