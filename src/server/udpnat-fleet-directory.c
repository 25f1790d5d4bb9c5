/* The directory that the servers of a fleet share, in Redis or Valkey. Every step is one command on
 * one key, so that it may as well be a cluster behind a proxy:
 *
 *   udpnat:name:NAME      "KEY name": whose a name is, folded as names are compared; for good
 *   udpnat:{KEY}:name     the name under which KEY registered last; for good
 *   udpnat:{KEY}:home     "NODE shown": where KEY is registered now; 90 s, renewed every 30
 *   udpnat:{KEY}:mail     set of NODEs where letters for KEY wait
 *   udpnat:{KEY}:passes   set of the passes that KEY accepts
 *   udpnat:access         whom the operators let in and keep out: udpnat-fleet-access.c
 *   udpnat:changes        of whom the home has changed: udpnat-fleet-presence.c
 *   udpnat:nodes          set of NODEs
 *   udpnat:node:NODE      "load place": it lives; 7 s, renewed every 2
 *   udpnat:told:NODE      this server has said all names that it has given away
 *
 * KEY and NODE are keys in hexadecimal. While Redis is down whoever is here stays, and so does all
 * that goes on between them; names that nobody has here wait. When it is back, everything that it
 * may have lost is said again: who is here, where letters are, and if it has been emptied, all
 * names of the store. */

#include "config.h"

#include "udpnat-fleet-directory-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-clock.h"
#include "udpnat-name.h"
#include "udpnat-rendezvous-server-access.h"
#include "udpnat-server-log.h"

/* What a server that never comes back has said of letters is forgotten some time after these. */
#define MAIL_INDEX_S "3456000" /* 40 days */
#define PASSES_S "34560000"    /* 400 days */
#define NAMES_TICK_MS 100
#define NAMES_EACH_TICK 1000

/* ---- Words ---- */

void
udpnat_fleet_write_hex (const UdpnatPublicKey *key,
                        char                  *out_hex)
{
  for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
    g_snprintf (out_hex + 2 * i, 3, "%02x", key->bytes[i]);
}

/** udpnat_fleet_read_hex: @hex: (nullable): begins with a key; what follows must be a space */
gboolean
udpnat_fleet_read_hex (const char      *hex,
                       UdpnatPublicKey *out_key)
{
  if (hex == NULL)
    return FALSE;
  for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
    {
      int high = g_ascii_xdigit_value (hex[2 * i]);
      int low = high >= 0 ? g_ascii_xdigit_value (hex[2 * i + 1]) : -1;

      if (low < 0)
        return FALSE;
      out_key->bytes[i] = (guint8) (high << 4 | low);
    }
  return hex[2 * UDPNAT_KEY_BYTES] == '\0' || hex[2 * UDPNAT_KEY_BYTES] == ' ';
}

/** udpnat_fleet_read_home: @text: (nullable): "NODE shown"; sets what @out_answer says of it */
void
udpnat_fleet_read_home (const char         *text,
                        UdpnatServerAnswer *out_answer)
{
  out_answer->has_home = udpnat_fleet_read_hex (text, &out_answer->home);
  out_answer->is_shown = out_answer->has_home && g_str_has_suffix (text, " 1");
}

/** udpnat_fleet_dup_name_word: @name: as udpnat_name_normalize() gives it */
char *
udpnat_fleet_dup_name_word (const char *name)
{
  g_autofree char *folded = udpnat_name_fold (name);

  return g_strconcat ("udpnat:name:", folded, NULL);
}

/* The braces keep all that is said of one key at one place of a cluster. */
char *
udpnat_fleet_dup_key_word (const UdpnatPublicKey *key,
                           const char            *what)
{
  char hex[UDPNAT_FLEET_HEX_BYTES];

  udpnat_fleet_write_hex (key, hex);
  return g_strdup_printf ("udpnat:{%s}:%s", hex, what);
}

/* ---- Claims ---- */

typedef struct
{
  UdpnatFleetDirectory *directory;
  UdpnatServerEvent     event; /* its name is owned */
} Claim;

static void
claim_free (Claim *self)
{
  g_free (self->event.name);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Claim, claim_free)

static void
claimed_cb (const UdpnatRedisReply *reply,
            gpointer                user_data)
{
  g_autoptr (Claim) claim = user_data;
  UdpnatFleetDirectory *self = claim->directory;
  const char *owner = reply != NULL ? udpnat_redis_reply_get_text (reply) : NULL;
  gint64 now_us = udpnat_clock_get_now_us ();
  UdpnatPublicKey key;

  self->status.claims_waiting--;
  if (self->is_stopped)
    return;
  self->status.claims_deferred += reply == NULL ? 1 : 0;
  if (!udpnat_fleet_read_hex (owner, &key))
    udpnat_rendezvous_server_complete_claim (self->server, now_us, claim->event.claim_id, FALSE);
  else if (!udpnat_public_key_equal (&key, &claim->event.key))
    udpnat_rendezvous_server_refuse_claim (self->server, now_us, claim->event.claim_id,
                                           UDPNAT_REFUSED_NAME_TAKEN);
  else
    udpnat_server_disk_handle_event (self->disk, now_us, udpnat_clock_get_wall_us (),
                                     &claim->event);
  self->func (self->user_data);
}

/* Names are never given back, so between the two commands nothing can change. */
static void
claim (UdpnatFleetDirectory    *self,
       const UdpnatServerEvent *event)
{
  g_autofree char *word = udpnat_fleet_dup_name_word (event->name);
  g_autofree char *owner = NULL;
  Claim *claim = g_new0 (Claim, 1);
  char hex[UDPNAT_FLEET_HEX_BYTES];

  claim->directory = self;
  claim->event.base.type = UDPNAT_SERVER_EVENT_CLAIM;
  claim->event.claim_id = event->claim_id;
  claim->event.name = g_strdup (event->name);
  claim->event.key = event->key;
  udpnat_fleet_write_hex (&event->key, hex);
  owner = g_strdup_printf ("%s %s", hex, event->name);
  self->status.claims_waiting++;
  udpnat_redis_ask (self->redis, NULL, NULL, "SETNX", word, owner, NULL);
  udpnat_redis_ask (self->redis, claimed_cb, claim, "GET", word, NULL);
}

/* ---- Questions ---- */

/* Answered when all of its commands are. */
typedef struct
{
  UdpnatFleetDirectory *directory;
  guint64               number;
  UdpnatServerAnswer    answer;
  char                 *name;
  guint                 n_left;
  gboolean              is_incomplete;
} Question;

static Question *
question_new (UdpnatFleetDirectory    *self,
              const UdpnatServerEvent *event,
              guint                    n_commands)
{
  Question *question = g_new0 (Question, 1);

  question->directory = self;
  question->number = event->number;
  question->answer.key = event->key;
  question->n_left = n_commands;
  return question;
}

static void
finish_part (Question               *self,
             const UdpnatRedisReply *reply)
{
  UdpnatFleetDirectory *directory = self->directory;

  self->is_incomplete |= reply == NULL;
  if (--self->n_left > 0)
    return;
  self->answer.name = self->name;
  self->answer.result = self->is_incomplete ? UDPNAT_SERVER_ANSWER_LATER
                        : self->name != NULL ? UDPNAT_SERVER_ANSWER_FOUND
                                             : UDPNAT_SERVER_ANSWER_UNKNOWN;
  if (!directory->is_stopped)
    {
      udpnat_rendezvous_server_answer (directory->server, udpnat_clock_get_now_us (), self->number,
                                       &self->answer);
      directory->func (directory->user_data);
    }
  g_free (self->name);
  g_free (self);
}

static void
home_cb (const UdpnatRedisReply *reply,
         gpointer                user_data)
{
  Question *self = user_data;

  udpnat_fleet_read_home (reply != NULL ? udpnat_redis_reply_get_text (reply) : NULL,
                          &self->answer);
  finish_part (self, reply);
}

static void
pass_cb (const UdpnatRedisReply *reply,
         gpointer                user_data)
{
  Question *self = user_data;

  self->answer.has_pass = reply != NULL && udpnat_redis_reply_get_number (reply) == 1;
  finish_part (self, reply);
}

static void
name_of_key_cb (const UdpnatRedisReply *reply,
                gpointer                user_data)
{
  Question *self = user_data;

  if (reply != NULL)
    self->name = g_strdup (udpnat_redis_reply_get_text (reply));
  finish_part (self, reply);
}

static void
key_of_name_cb (const UdpnatRedisReply *reply,
                gpointer                user_data)
{
  Question *self = user_data;
  const char *text = reply != NULL ? udpnat_redis_reply_get_text (reply) : NULL;
  g_autofree char *word = NULL;

  if (udpnat_fleet_read_hex (text, &self->answer.key) && strchr (text, ' ') != NULL)
    {
      self->name = g_strdup (strchr (text, ' ') + 1);
      self->n_left++;
      word = udpnat_fleet_dup_key_word (&self->answer.key, "home");
      udpnat_redis_ask (self->directory->redis, home_cb, self, "GET", word, NULL);
    }
  finish_part (self, reply);
}

static void
ask_name (UdpnatFleetDirectory    *self,
          const UdpnatServerEvent *event)
{
  g_autofree char *word = udpnat_fleet_dup_name_word (event->name);

  udpnat_redis_ask (self->redis, key_of_name_cb, question_new (self, event, 1), "GET", word, NULL);
}

static void
ask_key (UdpnatFleetDirectory    *self,
         const UdpnatServerEvent *event)
{
  g_autofree char *name_word = udpnat_fleet_dup_key_word (&event->key, "name");
  g_autofree char *home_word = udpnat_fleet_dup_key_word (&event->key, "home");
  g_autofree char *pass_word = udpnat_fleet_dup_key_word (&event->key, "passes");
  const char *words[] = { "SISMEMBER", pass_word, (const char *) event->pass };
  const gsize lengths[] = { strlen (words[0]), strlen (words[1]), sizeof event->pass };
  Question *question = question_new (self, event, event->has_pass ? 3 : 2);

  if (event->has_pass)
    udpnat_redis_ask_bytes (self->redis, pass_cb, question, G_N_ELEMENTS (words), words, lengths);
  udpnat_redis_ask (self->redis, home_cb, question, "GET", home_word, NULL);
  udpnat_redis_ask (self->redis, name_of_key_cb, question, "GET", name_word, NULL);
}

/* ---- Letters ---- */

static void
note_letters (UdpnatFleetDirectory    *self,
              const UdpnatServerEvent *event)
{
  g_autofree char *word = udpnat_fleet_dup_key_word (&event->key, "mail");

  if (event->base.type == UDPNAT_SERVER_EVENT_MAIL_GONE)
    {
      udpnat_redis_ask (self->redis, NULL, NULL, "SREM", word, self->node, NULL);
      return;
    }
  udpnat_redis_ask (self->redis, NULL, NULL, "SADD", word, self->node, NULL);
  udpnat_redis_ask (self->redis, NULL, NULL, "EXPIRE", word, MAIL_INDEX_S, NULL);
}

/** udpnat_fleet_directory_note_mail: @nodes: where there are letters for @key, who is here */
void
udpnat_fleet_directory_note_mail (UdpnatFleetDirectory   *self,
                                  const UdpnatPublicKey  *key,
                                  const UdpnatRedisReply *nodes)
{
  guint n_nodes = udpnat_redis_reply_get_count (nodes);

  for (guint i = 0; i < n_nodes; i++)
    {
      const char *node = udpnat_redis_reply_get_item (nodes, i);
      UdpnatPublicKey place;

      if (udpnat_fleet_read_hex (node, &place) && !g_str_equal (node, self->node))
        udpnat_rendezvous_server_tell_mail_at (self->server, udpnat_clock_get_now_us (), key,
                                               &place);
    }
  if (n_nodes > 0)
    self->func (self->user_data);
}

/* All at once, so that nobody is a stranger in between. */
static void
store_passes (UdpnatFleetDirectory    *self,
              const UdpnatServerEvent *event)
{
  static const char script[] = "redis.call('DEL', KEYS[1]) "
                               "for i = 2, #ARGV do redis.call('SADD', KEYS[1], ARGV[i]) end "
                               "redis.call('EXPIRE', KEYS[1], ARGV[1])";
  g_autofree char *word = udpnat_fleet_dup_key_word (&event->key, "passes");
  gsize n_data;
  const char *data = g_bytes_get_data (event->data, &n_data);
  guint n_passes = (guint) (n_data / UDPNAT_MAIL_PASS_BYTES);
  g_autofree const char **words = g_new (const char *, n_passes + 5);
  g_autofree gsize *lengths = g_new (gsize, n_passes + 5);
  const char *head[] = { "EVAL", script, "1", word, PASSES_S };

  for (guint i = 0; i < G_N_ELEMENTS (head); i++)
    {
      words[i] = head[i];
      lengths[i] = strlen (head[i]);
    }
  for (guint i = 0; i < n_passes; i++)
    {
      words[G_N_ELEMENTS (head) + i] = data + (gsize) i * UDPNAT_MAIL_PASS_BYTES;
      lengths[G_N_ELEMENTS (head) + i] = UDPNAT_MAIL_PASS_BYTES;
    }
  udpnat_redis_ask_bytes (self->redis, NULL, NULL, n_passes + G_N_ELEMENTS (head), words, lengths);
}

/* ---- Events ---- */

/** udpnat_fleet_directory_handle_event: Returns: whether it is nobody else's */
gboolean
udpnat_fleet_directory_handle_event (UdpnatFleetDirectory    *self,
                                     const UdpnatServerEvent *event)
{
  switch ((UdpnatServerEventType) event->base.type)
    {
    case UDPNAT_SERVER_EVENT_CLAIM:
      claim (self, event); /* on our own disk only when it is ours */
      return TRUE;
    case UDPNAT_SERVER_EVENT_ASK_NAME:
      ask_name (self, event);
      return TRUE;
    case UDPNAT_SERVER_EVENT_ASK_KEY:
      ask_key (self, event);
      return TRUE;
    case UDPNAT_SERVER_EVENT_ASK_PRESENCE:
      udpnat_fleet_presence_ask (self->presence, &event->key);
      return TRUE;
    case UDPNAT_SERVER_EVENT_HOME:
      udpnat_fleet_homes_add (self->homes, &event->key, event->name, event->is_shown);
      return TRUE;
    case UDPNAT_SERVER_EVENT_MAIL_HERE:
    case UDPNAT_SERVER_EVENT_MAIL_GONE:
      note_letters (self, event);
      return TRUE;
    case UDPNAT_SERVER_EVENT_GONE:
      udpnat_fleet_homes_remove (self->homes, &event->key);
      return FALSE;
    case UDPNAT_SERVER_EVENT_MAIL_PASSES:
      store_passes (self, event);
      return FALSE;
    case UDPNAT_SERVER_EVENT_REGISTERED:
    case UDPNAT_SERVER_EVENT_MAIL_STORE:
    case UDPNAT_SERVER_EVENT_MAIL_LOAD:
    case UDPNAT_SERVER_EVENT_MAIL_DELETE:
    case UDPNAT_SERVER_EVENT_TICKET_KEYS:
      return FALSE;
    }
  g_assert_not_reached ();
}

/* ---- Names that it may have lost ---- */

static void
collect_name (const char            *name,
              const UdpnatPublicKey *key,
              gpointer               user_data)
{
  char hex[UDPNAT_FLEET_HEX_BYTES];

  udpnat_fleet_write_hex (key, hex);
  g_ptr_array_add (user_data, g_strdup_printf ("%s %s", hex, name));
}

static void
tell_name (UdpnatFleetDirectory *self,
           const char           *owner)
{
  const char *name = strchr (owner, ' ') + 1;
  g_autofree char *word = udpnat_fleet_dup_name_word (name);
  g_autofree char *key_word = NULL;
  UdpnatPublicKey key;

  if (!udpnat_fleet_read_hex (owner, &key))
    g_assert_not_reached ();
  key_word = udpnat_fleet_dup_key_word (&key, "name");
  udpnat_redis_ask (self->redis, NULL, NULL, "SETNX", word, owner, NULL);
  udpnat_redis_ask (self->redis, NULL, NULL, "SETNX", key_word, name, NULL);
}

static gboolean
tell_names_cb (gpointer user_data)
{
  UdpnatFleetDirectory *self = user_data;
  GPtrArray *untold = self->untold_names;
  g_autofree char *word = g_strconcat ("udpnat:told:", self->node, NULL);

  if (udpnat_redis_is_up (self->redis))
    {
      for (guint i = 0; i < NAMES_EACH_TICK && untold->len > 0; i++)
        {
          tell_name (self, g_ptr_array_index (untold, untold->len - 1));
          g_ptr_array_set_size (untold, (int) untold->len - 1);
        }
      if (untold->len > 0)
        return G_SOURCE_CONTINUE;
      udpnat_redis_ask (self->redis, NULL, NULL, "SET", word, "1", NULL);
    }
  g_clear_pointer (&self->untold_names, g_ptr_array_unref);
  self->names_id = 0;
  return G_SOURCE_REMOVE;
}

static void
told_cb (const UdpnatRedisReply *reply,
         gpointer                user_data)
{
  UdpnatFleetDirectory *self = user_data;
  g_autoptr (GError) error = NULL;

  if (reply == NULL || udpnat_redis_reply_get_text (reply) != NULL || self->is_stopped
      || self->names_id != 0)
    return;
  if (self->access != NULL)
    udpnat_fleet_access_repeat (self->access);
  self->untold_names = g_ptr_array_new_with_free_func (g_free);
  if (!udpnat_name_store_foreach (self->names, collect_name, self->untold_names, &error))
    udpnat_server_log_warn ("%s", error->message);
  self->names_id = g_timeout_add (NAMES_TICK_MS, tell_names_cb, self);
}

/* ---- Life ---- */

static void
state_cb (gboolean    is_up,
          const char *why,
          gpointer    user_data)
{
  UdpnatFleetDirectory *self = user_data;
  g_autofree char *word = g_strconcat ("udpnat:told:", self->node, NULL);

  udpnat_rendezvous_server_set_directory (self->server, is_up);
  if (!is_up)
    {
      /* Translators: why. */
      udpnat_server_log_warn (_("The directory does not answer (%s). Whoever is here stays; new "
                                "names wait."), why);
      return;
    }
  udpnat_server_log_warn (_("The directory answers."));
  udpnat_fleet_nodes_beat (self->nodes);
  if (self->access != NULL)
    udpnat_fleet_access_look (self->access);
  udpnat_redis_ask (self->redis, told_cb, self, "GET", word, NULL);
  udpnat_fleet_homes_renew_all (self->homes);
  udpnat_rendezvous_server_repeat_mail (self->server);
  self->func (self->user_data);
}

/**
 * udpnat_fleet_directory_new:
 * @key: our own, by which the others know us
 * @place: "host" or "host:port", where clients reach us
 * @func: called when the machine has been told something; its events and outputs are to be seen to
 */
UdpnatFleetDirectory *
udpnat_fleet_directory_new (const UdpnatRedisAddress *address,
                            const UdpnatPublicKey    *key,
                            const char               *place,
                            UdpnatRendezvousServer   *server,
                            UdpnatServerDisk         *disk,
                            UdpnatNameStore          *names,
                            UdpnatFleetDirectoryFunc  func,
                            gpointer                  user_data)
{
  UdpnatFleetDirectory *self = g_new0 (UdpnatFleetDirectory, 1);

  udpnat_fleet_write_hex (key, self->node);
  self->place = g_strdup (place);
  self->server = server;
  self->disk = disk;
  self->names = names;
  self->func = func;
  self->user_data = user_data;
  self->homes = udpnat_fleet_homes_new (self);
  self->nodes = udpnat_fleet_nodes_new (self);
  self->presence = udpnat_fleet_presence_new (self);
  self->redis = udpnat_redis_new (address, state_cb, self);
  return self;
}

/**
 * udpnat_fleet_directory_obey:
 * @access: borrowed: what this server knows
 * @func: called for what has been said at any server since, to put it into effect here
 *
 * To be called once, before the main loop runs.
 */
void
udpnat_fleet_directory_obey (UdpnatFleetDirectory *self,
                             UdpnatAccessStore    *access,
                             UdpnatFleetRulingFunc func,
                             gpointer              user_data)
{
  self->access_store = access;
  self->access = udpnat_fleet_access_new (self, func, user_data);
}

/** udpnat_fleet_directory_tell: to all servers, what has been said here. Returns: %FALSE when the
 * directory does not answer, and nobody has been told */
gboolean
udpnat_fleet_directory_tell (UdpnatFleetDirectory     *self,
                             const UdpnatServerRuling *ruling)
{
  return udpnat_fleet_access_tell (self->access, ruling);
}

/** udpnat_fleet_directory_get_status: Returns: lent until the next call */
const UdpnatFleetStatus *
udpnat_fleet_directory_get_status (UdpnatFleetDirectory *self)
{
  UdpnatRendezvousServerStats stats;
  UdpnatFleetStatusNode *own = &self->status.nodes[0];

  udpnat_rendezvous_server_get_stats (self->server, &stats);
  g_strlcpy (own->place, self->place, sizeof own->place);
  own->people = stats.registered;
  own->is_draining = stats.is_draining;
  self->status.n_nodes = MAX (self->status.n_nodes, 1);
  self->status.is_up = udpnat_redis_is_up (self->redis);
  self->status.rtt_us = udpnat_redis_get_rtt_us (self->redis);
  return &self->status;
}

/** udpnat_fleet_directory_stop: this server goes: the others are not to send anybody here. Tells
 * the machine nothing any more */
void
udpnat_fleet_directory_stop (UdpnatFleetDirectory *self)
{
  self->is_stopped = TRUE;
  udpnat_fleet_nodes_leave (self->nodes);
  udpnat_redis_finish (self->redis);
}

void
udpnat_fleet_directory_free (UdpnatFleetDirectory *self)
{
  if (self == NULL)
    return;
  self->is_stopped = TRUE;
  g_clear_handle_id (&self->names_id, g_source_remove);
  g_clear_pointer (&self->untold_names, g_ptr_array_unref);
  udpnat_redis_free (self->redis);
  udpnat_fleet_access_free (self->access);
  udpnat_fleet_presence_free (self->presence);
  udpnat_fleet_nodes_free (self->nodes);
  udpnat_fleet_homes_free (self->homes);
  g_free (self->place);
  g_free (self);
}
