#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * UdpnatRedisAddress:
 * @host: (nullable): host name or IP address
 * @path: (nullable): of a Unix socket; one of both is set
 * @user: (nullable)
 * @password: (nullable)
 * @is_tls: with TLS; only with @host
 * @ca_file: (nullable): certificates of those who may have signed its own; %NULL: whom the system
 *   trusts
 *
 * Where a Redis or Valkey is, as a URL says it.
 */
typedef struct
{
  char    *host;
  guint16  port;
  char    *path;
  char    *user;
  char    *password;
  guint    database;
  gboolean is_tls;
  char    *ca_file;
} UdpnatRedisAddress;

gboolean udpnat_redis_address_parse (UdpnatRedisAddress *out_address,
                                     const char         *url) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_redis_address_load  (UdpnatRedisAddress *out_address,
                                     const char         *url,
                                     const char         *password_file,
                                     const char         *ca_file,
                                     GError            **error) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_redis_address_copy  (UdpnatRedisAddress *out_address,
                                     const UdpnatRedisAddress *address);
char    *udpnat_redis_address_dup_masked (const char    *url) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_redis_address_clear (UdpnatRedisAddress *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UdpnatRedisAddress, udpnat_redis_address_clear)

/**
 * UdpnatRedis:
 *
 * A connection to a Redis or Valkey, which is made anew by itself whenever it is lost. It never
 * blocks the main loop.
 */
typedef struct _UdpnatRedis UdpnatRedis;

/**
 * UdpnatRedisReply:
 *
 * One answer: a text, a number, or a list of these or of lists. Lent to a #UdpnatRedisFunc.
 */
typedef struct _UdpnatRedisReply UdpnatRedisReply;

/* UdpnatRedisFunc: @reply: (nullable): %NULL when there is no answer, or it is an error */
typedef void (*UdpnatRedisFunc)      (const UdpnatRedisReply *reply,
                                      gpointer                user_data);
/* UdpnatRedisStateFunc: @why: (nullable): it is down, for people */
typedef void (*UdpnatRedisStateFunc) (gboolean                is_up,
                                      const char             *why,
                                      gpointer                user_data);

gboolean     udpnat_redis_is_supported (void);
UdpnatRedis *udpnat_redis_new     (const UdpnatRedisAddress *address,
                                   UdpnatRedisStateFunc      func,
                                   gpointer                  user_data)
  G_GNUC_WARN_UNUSED_RESULT;
void         udpnat_redis_free    (UdpnatRedis              *self);
void         udpnat_redis_finish  (UdpnatRedis              *self);
gboolean     udpnat_redis_is_up   (const UdpnatRedis        *self);
gint64       udpnat_redis_get_rtt_us (const UdpnatRedis     *self);
void         udpnat_redis_ask     (UdpnatRedis              *self,
                                   UdpnatRedisFunc           func,
                                   gpointer                  user_data,
                                   ...) G_GNUC_NULL_TERMINATED;
void         udpnat_redis_ask_bytes (UdpnatRedis            *self,
                                   UdpnatRedisFunc           func,
                                   gpointer                  user_data,
                                   guint                     n_words,
                                   const char              **words,
                                   const gsize              *lengths);

const char  *udpnat_redis_reply_get_text   (const UdpnatRedisReply *self);
gint64       udpnat_redis_reply_get_number (const UdpnatRedisReply *self);
guint        udpnat_redis_reply_get_count  (const UdpnatRedisReply *self);
const char  *udpnat_redis_reply_get_item   (const UdpnatRedisReply *self,
                                            guint                   i);
const UdpnatRedisReply *
             udpnat_redis_reply_get_child  (const UdpnatRedisReply *self,
                                            guint                   i);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRedis, udpnat_redis_free)

G_END_DECLS
