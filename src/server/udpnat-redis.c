/* A connection to Redis or Valkey by hiredis, on the main loop.
 *
 * hiredis has an adapter for GLib, but it does not look for a connection that breaks (G_IO_HUP),
 * and knows no time: neither connecting nor a command would ever be given up. So the GSource is our
 * own, and so is the watch: when something is waited for and nothing has come for TIMEOUT_US, the
 * connection is made anew. hiredis also asks for host names on the spot, and blocks with that; so
 * we ask GResolver, and give it an address.
 *
 * It is up when it has taken a first word: one that is still loading its data, a replica, or a
 * cluster that is not complete, does not. What is asked while it is down is answered at once, by
 * nothing.
 */

#include "config.h"

#include "udpnat-redis.h"

#include <glib-unix.h>
#include <hiredis/async.h>
#include <stdarg.h>

#define RECONNECT_FIRST_MS 200
#define RECONNECT_MAX_MS 3000
#define TIMEOUT_US (2 * G_USEC_PER_SEC) /* to connect, and for an answer */
#define WATCH_MS 500
#define FINISH_US (300 * 1000)
#define WORDS_MAX 16

struct _UdpnatRedis
{
  UdpnatRedisAddress address;
  redisAsyncContext *context;  /* nullable; hiredis frees it */
  GSource           *source;   /* nullable: drives it */
  GCancellable      *resolving; /* nullable */
  guint              retry_id;
  guint              retry_ms;
  gboolean           is_up;
  gboolean           is_closing;
  guint              watch_id;
  guint              n_waiting;
  gint64             heard_us; /* when an answer last came, or began to be waited for */

  UdpnatRedisStateFunc func;
  gpointer             user_data;
};

/* ---- On the main loop ---- */

typedef struct
{
  GSource            source;
  redisAsyncContext *context; /* nullable: over */
  gpointer           tag;
  GIOCondition       wanted;
} RedisSource;

static gboolean
redis_source_dispatch (GSource    *source,
                       GSourceFunc callback,
                       gpointer    user_data)
{
  RedisSource *self = (RedisSource *) source;
  GIOCondition seen = g_source_query_unix_fd (source, self->tag);

  /* Each may end the connection. */
  if ((seen & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0 && self->context != NULL)
    redisAsyncHandleRead (self->context);
  if ((seen & (G_IO_OUT | G_IO_HUP | G_IO_ERR)) != 0 && self->context != NULL
      && (self->wanted & G_IO_OUT) != 0)
    redisAsyncHandleWrite (self->context);
  return self->context != NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static GSourceFuncs redis_source_funcs = { .dispatch = redis_source_dispatch };

static void
want (RedisSource *self,
      GIOCondition on,
      GIOCondition off)
{
  self->wanted = (self->wanted | on) & ~off;
  if (self->context != NULL)
    g_source_modify_unix_fd (&self->source, self->tag, self->wanted);
}

static void
add_read (void *data)
{
  want (data, G_IO_IN, 0);
}

static void
del_read (void *data)
{
  want (data, 0, G_IO_IN);
}

static void
add_write (void *data)
{
  want (data, G_IO_OUT, 0);
}

static void
del_write (void *data)
{
  want (data, 0, G_IO_OUT);
}

/* hiredis closes the socket. */
static void
cleanup (void *data)
{
  RedisSource *self = data;

  if (self->context == NULL)
    return;
  self->context = NULL;
  g_source_remove_unix_fd (&self->source, self->tag);
  g_source_destroy (&self->source);
}

static GSource *
attach (redisAsyncContext *context)
{
  GSource *source = g_source_new (&redis_source_funcs, sizeof (RedisSource));
  RedisSource *self = (RedisSource *) source;

  self->context = context;
  self->tag = g_source_add_unix_fd (source, context->c.fd, 0);
  context->ev.data = self;
  context->ev.addRead = add_read;
  context->ev.delRead = del_read;
  context->ev.addWrite = add_write;
  context->ev.delWrite = del_write;
  context->ev.cleanup = cleanup;
  g_source_attach (source, NULL);
  return source;
}

/* ---- Up and down ---- */

static void connect_to (UdpnatRedis *self,
                        const char  *ip);
static void begin (UdpnatRedis *self);

static void
set_up (UdpnatRedis *self,
        gboolean     is_up)
{
  if (self->is_up == is_up)
    return;
  self->is_up = is_up;
  if (is_up)
    self->retry_ms = RECONNECT_FIRST_MS;
  self->func (is_up, self->user_data);
}

static gboolean
retry_cb (gpointer user_data)
{
  UdpnatRedis *self = user_data;

  self->retry_id = 0;
  begin (self);
  return G_SOURCE_REMOVE;
}

static void
retry_later (UdpnatRedis *self)
{
  if (self->is_closing || self->retry_id != 0)
    return;
  self->retry_id = g_timeout_add (self->retry_ms, retry_cb, self);
  self->retry_ms = MIN (2 * self->retry_ms, RECONNECT_MAX_MS);
}

static void
note_end (UdpnatRedis *self)
{
  self->context = NULL;
  g_clear_pointer (&self->source, g_source_unref);
  if (self->is_closing)
    return;
  set_up (self, FALSE);
  retry_later (self);
}

static gboolean
watch_cb (gpointer user_data)
{
  UdpnatRedis *self = user_data;
  redisAsyncContext *context = self->context;

  if (context == NULL || self->n_waiting == 0
      || g_get_monotonic_time () - self->heard_us <= TIMEOUT_US)
    return G_SOURCE_CONTINUE;
  redisAsyncFree (context); /* all that waits is answered by nothing */
  if (self->context == context)
    note_end (self); /* it was not connected yet, and has not said so */
  return G_SOURCE_CONTINUE;
}

static void
connected_cb (const redisAsyncContext *context,
              int                      status)
{
  if (status != REDIS_OK) /* it frees itself */
    note_end (context->data);
}

static void
disconnected_cb (const redisAsyncContext *context,
                 int                      status)
{
  note_end (context->data);
}

static void
greeted_cb (redisAsyncContext *context,
         void              *data,
         void              *user_data)
{
  const redisReply *reply = data;
  UdpnatRedis *self = user_data;

  self->n_waiting--;
  self->heard_us = g_get_monotonic_time ();
  if (self->is_closing || reply == NULL)
    return;
  if (reply->type == REDIS_REPLY_STATUS)
    set_up (self, TRUE);
  else
    redisAsyncDisconnect (context); /* it loads, takes nothing now, or does not let us in */
}

static void
greet (UdpnatRedis *self)
{
  const UdpnatRedisAddress *address = &self->address;

  if (address->password != NULL && address->user != NULL)
    redisAsyncCommand (self->context, NULL, NULL, "AUTH %s %s", address->user, address->password);
  else if (address->password != NULL)
    redisAsyncCommand (self->context, NULL, NULL, "AUTH %s", address->password);
  if (address->database != 0)
    redisAsyncCommand (self->context, NULL, NULL, "SELECT %u", address->database);
  self->heard_us = g_get_monotonic_time ();
  if (redisAsyncCommand (self->context, greeted_cb, self, "SET udpnat:greeting 1 EX 60")
      == REDIS_OK)
    self->n_waiting++;
}

static void
connect_to (UdpnatRedis *self,
            const char  *ip)
{
  self->context = self->address.path != NULL
                    ? redisAsyncConnectUnix (self->address.path)
                    : redisAsyncConnect (ip, self->address.port);
  if (self->context == NULL || self->context->err != 0)
    {
      g_clear_pointer (&self->context, redisAsyncFree);
      retry_later (self);
      return;
    }
  self->context->data = self;
  self->source = attach (self->context);
  redisAsyncSetConnectCallback (self->context, connected_cb);
  redisAsyncSetDisconnectCallback (self->context, disconnected_cb);
  greet (self);
}

static void
resolved_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);
  UdpnatRedis *self = user_data;
  g_autofree char *ip = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* it is freed */
  g_clear_object (&self->resolving);
  if (found == NULL)
    {
      retry_later (self);
      return;
    }
  ip = g_inet_address_to_string (found->data);
  g_resolver_free_addresses (found);
  connect_to (self, ip);
}

static void
begin (UdpnatRedis *self)
{
  if (self->address.host == NULL || g_hostname_is_ip_address (self->address.host))
    {
      connect_to (self, self->address.host);
      return;
    }
  self->resolving = g_cancellable_new ();
  g_resolver_lookup_by_name_async (g_resolver_get_default (), self->address.host, self->resolving,
                                   resolved_cb, self);
}

/* ---- Life ---- */

gboolean
udpnat_redis_is_supported (void)
{
  return TRUE;
}

/**
 * udpnat_redis_new:
 * @address: copied
 * @func: told when it is up, and when it is down again
 */
UdpnatRedis *
udpnat_redis_new (const UdpnatRedisAddress *address,
                  UdpnatRedisStateFunc      func,
                  gpointer                  user_data)
{
  UdpnatRedis *self = g_new0 (UdpnatRedis, 1);

  self->address = (UdpnatRedisAddress) {
    .host = g_strdup (address->host),
    .port = address->port,
    .path = g_strdup (address->path),
    .user = g_strdup (address->user),
    .password = g_strdup (address->password),
    .database = address->database,
  };
  self->func = func;
  self->user_data = user_data;
  self->retry_ms = RECONNECT_FIRST_MS;
  self->watch_id = g_timeout_add (WATCH_MS, watch_cb, self);
  begin (self);
  return self;
}

void
udpnat_redis_free (UdpnatRedis *self)
{
  if (self == NULL)
    return;
  self->is_closing = TRUE;
  g_cancellable_cancel (self->resolving);
  g_clear_object (&self->resolving);
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_handle_id (&self->watch_id, g_source_remove);
  if (self->context != NULL)
    redisAsyncFree (self->context); /* what waits is answered by nothing */
  g_clear_pointer (&self->source, g_source_unref);
  udpnat_redis_address_clear (&self->address);
  g_free (self);
}

/** udpnat_redis_finish: waits until all that was asked is answered, but not for long: at the end,
 * when the main loop runs no more */
void
udpnat_redis_finish (UdpnatRedis *self)
{
  gint64 end_us = g_get_monotonic_time () + FINISH_US;

  while (self->n_waiting > 0 && self->is_up && g_get_monotonic_time () < end_us)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
}

gboolean
udpnat_redis_is_up (const UdpnatRedis *self)
{
  return self->is_up;
}

/* ---- Questions ---- */

typedef struct
{
  UdpnatRedis    *redis;
  UdpnatRedisFunc func; /* nullable */
  gpointer        user_data;
} Question;

static void
answered_cb (redisAsyncContext *context,
             void              *data,
             void              *user_data)
{
  g_autofree Question *question = user_data;
  const redisReply *reply = data;

  question->redis->n_waiting--;
  question->redis->heard_us = g_get_monotonic_time ();
  if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
    {
      g_debug ("redis: %s", reply->str);
      reply = NULL;
    }
  if (question->func != NULL)
    question->func ((const UdpnatRedisReply *) reply, question->user_data);
}

/**
 * udpnat_redis_ask_bytes:
 * @func: (nullable): called once, perhaps before this returns
 * @words: (array length=n_words): a command and its arguments
 */
void
udpnat_redis_ask_bytes (UdpnatRedis    *self,
                        UdpnatRedisFunc func,
                        gpointer        user_data,
                        guint           n_words,
                        const char    **words,
                        const gsize    *lengths)
{
  g_autofree Question *question = g_new (Question, 1);

  *question = (Question) { self, func, user_data };
  if (!self->is_up
      || redisAsyncCommandArgv (self->context, answered_cb, question, (int) n_words, words,
                                lengths) != REDIS_OK)
    {
      if (func != NULL)
        func (NULL, user_data);
      return;
    }
  question = NULL; /* answered_cb() has it */
  if (self->n_waiting++ == 0)
    self->heard_us = g_get_monotonic_time ();
}

/** udpnat_redis_ask: the same, with texts */
void
udpnat_redis_ask (UdpnatRedis    *self,
                  UdpnatRedisFunc func,
                  gpointer        user_data,
                  ...)
{
  const char *words[WORDS_MAX];
  gsize lengths[WORDS_MAX];
  guint n_words = 0;
  const char *word;
  va_list arguments;

  va_start (arguments, user_data);
  while ((word = va_arg (arguments, const char *)) != NULL)
    {
      g_assert (n_words < WORDS_MAX);
      lengths[n_words] = strlen (word);
      words[n_words++] = word;
    }
  va_end (arguments);
  udpnat_redis_ask_bytes (self, func, user_data, n_words, words, lengths);
}

/* ---- Answers ---- */

static const redisReply *
unwrap (const UdpnatRedisReply *self)
{
  return (const redisReply *) self;
}

/** udpnat_redis_reply_get_text: Returns: (nullable): %NULL when there is none */
const char *
udpnat_redis_reply_get_text (const UdpnatRedisReply *self)
{
  const redisReply *reply = unwrap (self);

  return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS ? reply->str
                                                                                 : NULL;
}

gint64
udpnat_redis_reply_get_number (const UdpnatRedisReply *self)
{
  const redisReply *reply = unwrap (self);

  return reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
}

guint
udpnat_redis_reply_get_count (const UdpnatRedisReply *self)
{
  const redisReply *reply = unwrap (self);

  return reply->type == REDIS_REPLY_ARRAY ? (guint) reply->elements : 0;
}

/** udpnat_redis_reply_get_item: Returns: (nullable): %NULL when it is no text */
const char *
udpnat_redis_reply_get_item (const UdpnatRedisReply *self,
                             guint                   i)
{
  return udpnat_redis_reply_get_text ((const UdpnatRedisReply *) unwrap (self)->element[i]);
}
