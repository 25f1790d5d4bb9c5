/* Presence of people at other servers. Each server says of whom it has become or ceased to be the
 * home, in a stream that all of them read once a second:
 *
 *   udpnat:changes   "k KEY": ask for the home of KEY anew; the last 50,000 or so
 *
 * Only who is watched somewhere is asked for there, by one command, so that what Redis has to do
 * grows with those who come and go, not with those who are there. A batch that is full is followed
 * by the next one soon: 10,000 changes a second at most. */

#include "config.h"

#include "udpnat-fleet-directory-private.h"

#include "udpnat-clock.h"

#define CHANGES "udpnat:changes"
#define CHANGES_KEPT "50000"
#define READ_MS 1000
#define HURRY_MS 100
#define BATCH 1000
#define BATCH_TEXT "1000"

struct _UdpnatFleetPresence
{
  UdpnatFleetDirectory *directory;
  char                 *last_id;    /* nullable: of the stream, that we have read */
  guint                 read_id;
  gboolean              is_reading; /* and it has not been answered */
};

static void plan_read (UdpnatFleetPresence *self,
                       guint                delay_ms);

/* ---- One person ---- */

typedef struct
{
  UdpnatFleetDirectory *directory;
  UdpnatPublicKey       key;
} Question;

static void
told_cb (const UdpnatRedisReply *reply,
         gpointer                user_data)
{
  g_autofree Question *question = user_data;
  UdpnatFleetDirectory *directory = question->directory;
  UdpnatServerAnswer answer = { .result = UDPNAT_SERVER_ANSWER_LATER, .key = question->key };

  if (directory->is_stopped)
    return;
  if (reply != NULL && udpnat_redis_reply_get_count (reply) == 2)
    {
      udpnat_fleet_read_home (udpnat_redis_reply_get_item (reply, 0), &answer);
      answer.name = udpnat_redis_reply_get_item (reply, 1);
      answer.result = UDPNAT_SERVER_ANSWER_FOUND;
    }
  udpnat_rendezvous_server_note_presence (directory->server, udpnat_clock_get_now_us (), &answer);
  directory->func (directory->user_data);
}

/** udpnat_fleet_presence_ask: where is @key? */
void
udpnat_fleet_presence_ask (UdpnatFleetPresence   *self,
                           const UdpnatPublicKey *key)
{
  g_autofree char *home_word = udpnat_fleet_dup_key_word (key, "home");
  g_autofree char *name_word = udpnat_fleet_dup_key_word (key, "name");
  Question *question = g_new (Question, 1);

  *question = (Question) { self->directory, *key };
  udpnat_redis_ask (self->directory->redis, told_cb, question, "MGET", home_word, name_word, NULL);
}

/* ---- Changes ---- */

/** udpnat_fleet_presence_tell: the home of @key has changed, by our doing */
void
udpnat_fleet_presence_tell (UdpnatFleetPresence   *self,
                            const UdpnatPublicKey *key)
{
  char hex[UDPNAT_FLEET_HEX_BYTES];

  udpnat_fleet_write_hex (key, hex);
  udpnat_redis_ask (self->directory->redis, NULL, NULL, "XADD", CHANGES, "MAXLEN", "~",
                    CHANGES_KEPT, "*", "k", hex, NULL);
}

/* @change: [id, ["k", KEY]] */
static void
take_change (UdpnatFleetPresence    *self,
             const UdpnatRedisReply *change)
{
  const UdpnatRedisReply *fields = udpnat_redis_reply_get_child (change, 1);
  const char *id = udpnat_redis_reply_get_count (change) > 0
                     ? udpnat_redis_reply_get_item (change, 0) : NULL;
  UdpnatPublicKey key;

  if (id == NULL || fields == NULL)
    return;
  g_free (self->last_id);
  self->last_id = g_strdup (id);
  if (udpnat_redis_reply_get_count (fields) == 2
      && udpnat_fleet_read_hex (udpnat_redis_reply_get_item (fields, 1), &key))
    udpnat_rendezvous_server_note_changed (self->directory->server, udpnat_clock_get_now_us (),
                                           &key);
}

/* @reply: [[stream, [change, …]]], or nothing when there are none */
static void
read_done_cb (const UdpnatRedisReply *reply,
              gpointer                user_data)
{
  UdpnatFleetPresence *self = user_data;
  const UdpnatRedisReply *stream = reply != NULL ? udpnat_redis_reply_get_child (reply, 0) : NULL;
  const UdpnatRedisReply *changes = stream != NULL ? udpnat_redis_reply_get_child (stream, 1)
                                                   : NULL;
  guint n_changes = changes != NULL ? udpnat_redis_reply_get_count (changes) : 0;

  self->is_reading = FALSE;
  if (self->directory->is_stopped)
    return;
  for (guint i = 0; i < n_changes; i++)
    take_change (self, udpnat_redis_reply_get_child (changes, i));
  if (n_changes == 0)
    return;
  if (n_changes >= BATCH)
    plan_read (self, HURRY_MS);
  self->directory->func (self->directory->user_data);
}

/* Where the stream ends now: what was before that need not be known, since all are asked for. */
static void
end_cb (const UdpnatRedisReply *reply,
        gpointer                user_data)
{
  UdpnatFleetPresence *self = user_data;
  const UdpnatRedisReply *last = reply != NULL ? udpnat_redis_reply_get_child (reply, 0) : NULL;

  self->is_reading = FALSE;
  if (reply == NULL || self->last_id != NULL)
    return;
  if (last != NULL && udpnat_redis_reply_get_count (last) > 0)
    self->last_id = g_strdup (udpnat_redis_reply_get_item (last, 0));
  if (self->last_id == NULL)
    self->last_id = g_strdup ("0");
}

static gboolean
read_cb (gpointer user_data)
{
  UdpnatFleetPresence *self = user_data;
  UdpnatRedis *redis = self->directory->redis;

  self->read_id = 0;
  plan_read (self, READ_MS);
  if (self->is_reading || self->directory->is_stopped || !udpnat_redis_is_up (redis))
    return G_SOURCE_REMOVE;
  self->is_reading = TRUE;
  if (self->last_id == NULL)
    udpnat_redis_ask (redis, end_cb, self, "XREVRANGE", CHANGES, "+", "-", "COUNT", "1", NULL);
  else
    udpnat_redis_ask (redis, read_done_cb, self, "XREAD", "COUNT", BATCH_TEXT, "STREAMS", CHANGES,
                      self->last_id, NULL);
  return G_SOURCE_REMOVE;
}

static void
plan_read (UdpnatFleetPresence *self,
           guint                delay_ms)
{
  g_clear_handle_id (&self->read_id, g_source_remove);
  self->read_id = g_timeout_add (delay_ms, read_cb, self);
}

/* ---- Life ---- */

UdpnatFleetPresence *
udpnat_fleet_presence_new (UdpnatFleetDirectory *directory)
{
  UdpnatFleetPresence *self = g_new0 (UdpnatFleetPresence, 1);

  self->directory = directory;
  plan_read (self, HURRY_MS);
  return self;
}

void
udpnat_fleet_presence_free (UdpnatFleetPresence *self)
{
  if (self == NULL)
    return;
  g_source_remove (self->read_id);
  g_free (self->last_id);
  g_free (self);
}
