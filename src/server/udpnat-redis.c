/* A connection to Redis or Valkey on the main loop: GIO's, with TLS if the address says so. Of
 * hiredis it takes what writes commands and reads answers; hiredis' own connections would block for
 * host names, know no time, and in the version of Debian 12 no TLS.
 *
 * When something is waited for and nothing has come for TIMEOUT_US, the connection is made anew. It
 * is up when it has taken a first word: one that is still loading its data, a replica, or a cluster
 * that is not complete, does not. What is asked while it is down is answered at once, by nothing.
 */

#include "config.h"

#include "udpnat-redis.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <string.h>

#define RECONNECT_FIRST_MS 200
#define RECONNECT_MAX_MS 3000
#define TIMEOUT_US (2 * G_USEC_PER_SEC) /* to connect, and for an answer */
#define WATCH_MS 500
#define FINISH_US (300 * 1000)
#define WORDS_MAX 16
#define READ_BYTES 16384
#define RTT_SHARE 8 /* of each answer in the time that is told: one of so many parts */

struct _UdpnatRedis
{
  UdpnatRedisAddress address;
  GCancellable      *connecting; /* nullable: a connection is being made */
  GIOStream         *securing;   /* nullable, borrowed: its TLS is being made */
  GIOStream         *stream;     /* nullable: it is made; maybe TLS */
  GSource           *in, *out;   /* nullable: @out while there is something to send */
  redisReader       *reader;     /* nullable */
  GByteArray        *unsent;
  GQueue             waiting;    /* of Question, owned: in the order of their answers */
  guint              retry_id;
  guint              retry_ms;
  gboolean           is_up;
  gboolean           is_closing;
  guint              watch_id;
  gint64             heard_us; /* when an answer last came, or began to be waited for */
  gint64             rtt_us;   /* 0: not known */
  char              *refusal;  /* nullable: of its certificate by us, or of our greeting by it */
  char              *told;     /* nullable: why it is down, as the owner has been told */

  UdpnatRedisStateFunc func;
  gpointer             user_data;
};

typedef struct
{
  UdpnatRedisFunc func; /* nullable */
  gpointer        user_data;
  gint64          asked_us;
} Question;

static void begin (UdpnatRedis *self);

/* ---- Up and down ---- */

static gboolean
retry_cb (gpointer user_data)
{
  UdpnatRedis *self = user_data;

  self->retry_id = 0;
  begin (self);
  return G_SOURCE_REMOVE;
}

static void
destroy_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* What waits is answered by nothing. */
static void
drop (UdpnatRedis *self)
{
  Question *question;

  g_cancellable_cancel (self->connecting);
  g_clear_object (&self->connecting);
  if (self->securing != NULL)
    g_signal_handlers_disconnect_by_data (self->securing, self);
  self->securing = NULL;
  destroy_source (&self->in);
  destroy_source (&self->out);
  if (self->stream != NULL)
    g_io_stream_close (self->stream, NULL, NULL);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->reader, redisReaderFree);
  g_byte_array_set_size (self->unsent, 0);
  self->is_up = FALSE;
  while ((question = g_queue_pop_head (&self->waiting)) != NULL)
    {
      if (question->func != NULL)
        question->func (NULL, question->user_data);
      g_free (question);
    }
}

/* Told once for each reason. */
static void
tell_down (UdpnatRedis *self,
           const char  *why)
{
  if (g_strcmp0 (self->told, why) == 0)
    return;
  g_free (self->told);
  self->told = g_strdup (why);
  self->func (FALSE, why, self->user_data);
}

static void
end (UdpnatRedis *self,
     const char  *why)
{
  g_autofree char *refusal = g_steal_pointer (&self->refusal);

  drop (self);
  if (self->is_closing)
    return;
  tell_down (self, refusal != NULL ? refusal : why);
  if (self->retry_id == 0)
    {
      self->retry_id = g_timeout_add (self->retry_ms, retry_cb, self);
      self->retry_ms = MIN (2 * self->retry_ms, RECONNECT_MAX_MS);
    }
}

static gboolean
watch_cb (gpointer user_data)
{
  UdpnatRedis *self = user_data;

  if ((self->connecting != NULL || self->waiting.length > 0)
      && g_get_monotonic_time () - self->heard_us > TIMEOUT_US)
    end (self, _("no answer"));
  return G_SOURCE_CONTINUE;
}

/* ---- Bytes ---- */

static void
take_answer (UdpnatRedis      *self,
             const redisReply *reply)
{
  g_autofree Question *question = g_queue_pop_head (&self->waiting);
  gint64 rtt_us;

  if (question == NULL)
    return;
  rtt_us = self->heard_us - question->asked_us;
  self->rtt_us = self->rtt_us == 0 ? rtt_us
                                   : self->rtt_us + (rtt_us - self->rtt_us) / RTT_SHARE;
  if (question->func != NULL)
    question->func ((const UdpnatRedisReply *) reply, question->user_data);
}

/* Returns: %FALSE when the connection is over */
static gboolean
take_answers (UdpnatRedis *self)
{
  redisReply *reply;

  self->heard_us = g_get_monotonic_time ();
  while (self->reader != NULL)
    {
      if (redisReaderGetReply (self->reader, (void **) &reply) != REDIS_OK)
        {
          end (self, _("something else answers there"));
          return FALSE;
        }
      if (reply == NULL)
        return TRUE;
      take_answer (self, reply);
      freeReplyObject (reply);
    }
  return FALSE;
}

static gboolean
readable_cb (GObject *stream,
             gpointer user_data)
{
  UdpnatRedis *self = user_data;
  GPollableInputStream *input = G_POLLABLE_INPUT_STREAM (stream);
  char buffer[READ_BYTES];

  while (TRUE)
    {
      g_autoptr (GError) error = NULL;
      gssize n_read = g_pollable_input_stream_read_nonblocking (input, buffer, sizeof buffer, NULL,
                                                                &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        return G_SOURCE_CONTINUE;
      if (n_read <= 0)
        {
          end (self, error != NULL ? error->message : _("it has closed the connection"));
          return G_SOURCE_REMOVE;
        }
      if (redisReaderFeed (self->reader, buffer, (size_t) n_read) != REDIS_OK
          || !take_answers (self))
        return G_SOURCE_REMOVE;
    }
}

static gboolean
writable_cb (GObject *stream,
             gpointer user_data)
{
  UdpnatRedis *self = user_data;
  GPollableOutputStream *output = G_POLLABLE_OUTPUT_STREAM (stream);
  g_autoptr (GError) error = NULL;
  gssize n_written;

  n_written = g_pollable_output_stream_write_nonblocking (output, self->unsent->data,
                                                          self->unsent->len, NULL, &error);
  if (n_written < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      end (self, error->message);
      return G_SOURCE_REMOVE;
    }
  if (n_written > 0)
    g_byte_array_remove_range (self->unsent, 0, (guint) n_written);
  if (self->unsent->len > 0)
    return G_SOURCE_CONTINUE;
  destroy_source (&self->out);
  return G_SOURCE_REMOVE;
}

static void
send_unsent (UdpnatRedis *self)
{
  GOutputStream *output;

  if (self->out != NULL || self->stream == NULL)
    return;
  output = g_io_stream_get_output_stream (self->stream);
  self->out = g_pollable_output_stream_create_source (G_POLLABLE_OUTPUT_STREAM (output), NULL);
  g_source_set_callback (self->out, G_SOURCE_FUNC (writable_cb), self, NULL);
  g_source_attach (self->out, NULL);
}

static gboolean
push (UdpnatRedis    *self,
      UdpnatRedisFunc func,
      gpointer        user_data,
      guint           n_words,
      const char    **words,
      const gsize    *lengths)
{
  Question *question;
  char *command = NULL;
  int n_command = redisFormatCommandArgv (&command, (int) n_words, words, lengths);

  if (n_command < 0)
    return FALSE;
  g_byte_array_append (self->unsent, (const guint8 *) command, (guint) n_command);
  redisFreeCommand (command);
  question = g_new (Question, 1);
  *question = (Question) { func, user_data, g_get_monotonic_time () };
  if (self->waiting.length == 0)
    self->heard_us = question->asked_us;
  g_queue_push_tail (&self->waiting, question);
  send_unsent (self);
  return TRUE;
}

/* ---- Greeting ---- */

static const redisReply *
unwrap (const UdpnatRedisReply *self)
{
  return (const redisReply *) self;
}

/* One of AUTH, SELECT and SET; the first that is refused says why. */
static void
greeted_cb (const UdpnatRedisReply *reply,
            gpointer                user_data)
{
  UdpnatRedis *self = user_data;
  const redisReply *answer = unwrap (reply);

  if (answer == NULL || self->is_closing)
    return;
  if (answer->type == REDIS_REPLY_ERROR && self->refusal == NULL)
    self->refusal = g_strdup (answer->str);
  if (self->waiting.length > 0)
    return;
  if (self->refusal != NULL) /* it loads, takes nothing now, or does not let us in */
    {
      end (self, NULL);
      return;
    }
  self->is_up = TRUE;
  self->retry_ms = RECONNECT_FIRST_MS;
  g_clear_pointer (&self->told, g_free);
  self->func (TRUE, NULL, self->user_data);
}

static void
greet_with (UdpnatRedis *self,
            const char **words)
{
  gsize lengths[WORDS_MAX];
  guint n_words = 0;

  for (; words[n_words] != NULL; n_words++)
    lengths[n_words] = strlen (words[n_words]);
  if (!push (self, greeted_cb, self, n_words, words, lengths))
    g_assert_not_reached ();
}

static void
greet (UdpnatRedis *self)
{
  const UdpnatRedisAddress *address = &self->address;
  g_autofree char *database = g_strdup_printf ("%u", address->database);

  if (address->password != NULL && address->user != NULL)
    greet_with (self, (const char *[]) { "AUTH", address->user, address->password, NULL });
  else if (address->password != NULL)
    greet_with (self, (const char *[]) { "AUTH", address->password, NULL });
  if (address->database != 0)
    greet_with (self, (const char *[]) { "SELECT", database, NULL });
  greet_with (self, (const char *[]) { "SET", "udpnat:greeting", "1", "EX", "60", NULL });
}

/* Takes the stream. */
static void
use_stream (UdpnatRedis *self,
            GIOStream   *stream)
{
  GInputStream *input = g_io_stream_get_input_stream (stream);

  g_clear_object (&self->connecting);
  self->stream = stream;
  self->reader = redisReaderCreate ();
  self->in = g_pollable_input_stream_create_source (G_POLLABLE_INPUT_STREAM (input), NULL);
  g_source_set_callback (self->in, G_SOURCE_FUNC (readable_cb), self, NULL);
  g_source_attach (self->in, NULL);
  greet (self);
}

/* ---- TLS ---- */

static gboolean
accept_cb (GTlsConnection      *connection,
           GTlsCertificate     *certificate,
           GTlsCertificateFlags errors,
           gpointer             user_data)
{
  UdpnatRedis *self = user_data;
  const char *why;

  if ((errors & G_TLS_CERTIFICATE_UNKNOWN_CA) != 0)
    why = self->address.ca_file != NULL
            /* Translators: of the directory's server, in brackets, like those that follow. */
            ? _("its certificate is of nobody whom directory-ca names")
            : _("its certificate is of nobody whom this system trusts: name the certificate of who "
                "has signed it with directory-ca");
  else if ((errors & G_TLS_CERTIFICATE_BAD_IDENTITY) != 0)
    why = _("its certificate is another host's");
  else if ((errors & G_TLS_CERTIFICATE_EXPIRED) != 0)
    why = _("its certificate has expired");
  else if ((errors & G_TLS_CERTIFICATE_NOT_ACTIVATED) != 0)
    why = _("its certificate is not valid yet: see whether the clock is right");
  else
    why = _("its certificate is not valid");
  g_free (self->refusal);
  self->refusal = g_strdup (why);
  return FALSE;
}

static void
secured_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTlsConnection) connection = G_TLS_CONNECTION (source); /* from secure() */
  g_autoptr (GError) error = NULL;
  UdpnatRedis *self = user_data;

  (void) g_tls_connection_handshake_finish (connection, result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* as in connected_cb() */
  self->securing = NULL;
  g_signal_handlers_disconnect_by_data (connection, self);
  if (error == NULL)
    use_stream (self, G_IO_STREAM (g_steal_pointer (&connection)));
  else
    end (self, error->message);
}

static GSocketConnectable *
make_identity (const UdpnatRedisAddress *address)
{
  if (g_hostname_is_ip_address (address->host))
    return G_SOCKET_CONNECTABLE (g_inet_socket_address_new_from_string (address->host,
                                                                        address->port));
  return g_network_address_new (address->host, address->port);
}

static void
secure (UdpnatRedis *self,
        GIOStream   *plain)
{
  g_autoptr (GSocketConnectable) identity = make_identity (&self->address);
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;
  GIOStream *stream = g_tls_client_connection_new (plain, identity, &error);

  if (stream != NULL && self->address.ca_file != NULL)
    database = g_tls_file_database_new (self->address.ca_file, &error);
  if (error != NULL)
    {
      g_clear_object (&stream);
      end (self, error->message);
      return;
    }
  if (database != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (stream), database);
  self->securing = stream;
  g_signal_connect (stream, "accept-certificate", G_CALLBACK (accept_cb), self);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (stream), G_PRIORITY_DEFAULT,
                                    self->connecting, secured_cb, self);
}

/* ---- Connecting ---- */

static void
connected_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  UdpnatRedis *self = user_data;

  connection = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* it is freed, or another one is being made */
  if (connection == NULL)
    end (self, error->message);
  else if (self->address.is_tls)
    secure (self, G_IO_STREAM (connection));
  else
    use_stream (self, G_IO_STREAM (g_steal_pointer (&connection)));
}

static void
begin (UdpnatRedis *self)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) place = NULL;

  place = self->address.path != NULL
            ? G_SOCKET_CONNECTABLE (g_unix_socket_address_new (self->address.path))
            : g_network_address_new (self->address.host, self->address.port);
  g_socket_client_set_enable_proxy (client, FALSE);
  self->heard_us = g_get_monotonic_time ();
  self->connecting = g_cancellable_new ();
  g_socket_client_connect_async (client, place, self->connecting, connected_cb, self);
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
 * @func: told when it is up, and when it is down, and for each other reason for that
 */
UdpnatRedis *
udpnat_redis_new (const UdpnatRedisAddress *address,
                  UdpnatRedisStateFunc      func,
                  gpointer                  user_data)
{
  UdpnatRedis *self = g_new0 (UdpnatRedis, 1);

  udpnat_redis_address_copy (&self->address, address);
  self->func = func;
  self->user_data = user_data;
  self->unsent = g_byte_array_new ();
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
  drop (self);
  g_clear_handle_id (&self->retry_id, g_source_remove);
  g_clear_handle_id (&self->watch_id, g_source_remove);
  g_byte_array_unref (self->unsent);
  udpnat_redis_address_clear (&self->address);
  g_free (self->refusal);
  g_free (self->told);
  g_free (self);
}

/** udpnat_redis_finish: waits until all that was asked is answered, but not for long: at the end,
 * when the main loop runs no more */
void
udpnat_redis_finish (UdpnatRedis *self)
{
  gint64 end_us = g_get_monotonic_time () + FINISH_US;

  while (self->waiting.length > 0 && self->is_up && g_get_monotonic_time () < end_us)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);
}

gboolean
udpnat_redis_is_up (const UdpnatRedis *self)
{
  return self->is_up;
}

/** udpnat_redis_get_rtt_us: Returns: how long answers take, on average of late, in microseconds; 0:
 * there was none yet */
gint64
udpnat_redis_get_rtt_us (const UdpnatRedis *self)
{
  return self->rtt_us;
}

/* ---- Questions ---- */

/* What is no answer is not shown. */
typedef struct
{
  UdpnatRedisFunc func;
  gpointer        user_data;
} Asker;

static void
answered_cb (const UdpnatRedisReply *reply,
             gpointer                user_data)
{
  g_autofree Asker *asker = user_data;

  if (reply != NULL && unwrap (reply)->type == REDIS_REPLY_ERROR)
    {
      g_debug ("redis: %s", unwrap (reply)->str);
      reply = NULL;
    }
  if (asker->func != NULL)
    asker->func (reply, asker->user_data);
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
  g_autofree Asker *asker = g_new (Asker, 1);

  *asker = (Asker) { func, user_data };
  if (self->is_up && push (self, answered_cb, asker, n_words, words, lengths))
    asker = NULL; /* answered_cb() has it */
  else if (func != NULL)
    func (NULL, user_data);
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

/** udpnat_redis_reply_get_child: Returns: (nullable): what stands at @i; %NULL if there is none */
const UdpnatRedisReply *
udpnat_redis_reply_get_child (const UdpnatRedisReply *self,
                              guint                   i)
{
  if (i >= udpnat_redis_reply_get_count (self))
    return NULL;
  return (const UdpnatRedisReply *) unwrap (self)->element[i];
}
