/* What the operator of one server says about who may take part, at all servers of the fleet:
 *
 *   udpnat:access           field -> value:
 *     key:KEY               "blocked", or "open"
 *     name:NAME             "blocked NAME", or "open NAME"; the field has it folded
 *     release:NAME          "KEY NAME": taken from KEY, or "open NAME"
 *   udpnat:access:version   grows with each word
 *
 * Each server looks at the version every two seconds, and puts into effect what it has not seen
 * yet. Nothing is ever removed, so that a server which was down learns of what was undone, too. A
 * Redis that comes back empty is told by all who know (HSETNX). */

#include "config.h"

#include "udpnat-fleet-directory-private.h"

#include <string.h>

#include "udpnat-access-store.h"
#include "udpnat-name.h"
#include "udpnat-server-log.h"

#define ACCESS "udpnat:access"
#define VERSION "udpnat:access:version"
#define LOOK_MS 2000

struct _UdpnatFleetAccess
{
  UdpnatFleetDirectory *directory;
  GHashTable           *seen;    /* field -> value: in effect here */
  char                 *version; /* nullable */
  guint                 look_id;

  UdpnatFleetRulingFunc func;
  gpointer              user_data;
};

/* ---- In effect here ---- */

static void
apply_name (UdpnatFleetAccess *self,
            const char        *value)
{
  const char *space = strchr (value, ' ');
  UdpnatServerRuling ruling = { .kind = UDPNAT_SERVER_RULING_UNBLOCK };

  if (space == NULL)
    return;
  ruling.name = space + 1;
  if (g_str_has_prefix (value, "blocked "))
    ruling.kind = UDPNAT_SERVER_RULING_BLOCK;
  self->func (&ruling, self->user_data);
}

static void
apply (UdpnatFleetAccess *self,
       const char        *field,
       const char        *value)
{
  UdpnatServerRuling ruling = { .kind = UDPNAT_SERVER_RULING_RELEASE };

  if (g_str_has_prefix (field, "name:"))
    apply_name (self, value);
  else if (g_str_has_prefix (field, "key:")
           && udpnat_fleet_read_hex (field + strlen ("key:"), &ruling.key))
    {
      ruling.kind = g_str_equal (value, "blocked") ? UDPNAT_SERVER_RULING_BLOCK
                                                   : UDPNAT_SERVER_RULING_UNBLOCK;
      self->func (&ruling, self->user_data);
    }
  else if (g_str_has_prefix (field, "release:") && udpnat_fleet_read_hex (value, &ruling.key)
           && strchr (value, ' ') != NULL)
    {
      ruling.name = strchr (value, ' ') + 1;
      self->func (&ruling, self->user_data);
    }
}

/* To unblock a name undoes its release, too: so the releases that hold come last. */
static void
take_fields (UdpnatFleetAccess      *self,
             const UdpnatRedisReply *reply,
             gboolean                are_releases)
{
  guint n_items = udpnat_redis_reply_get_count (reply);

  for (guint i = 0; i + 1 < n_items; i += 2)
    {
      const char *field = udpnat_redis_reply_get_item (reply, i);
      const char *value = udpnat_redis_reply_get_item (reply, i + 1);

      if (field == NULL || value == NULL
          || g_str_has_prefix (field, "release:") != are_releases
          || !g_utf8_validate (value, -1, NULL)
          || g_strcmp0 (g_hash_table_lookup (self->seen, field), value) == 0)
        continue;
      g_hash_table_replace (self->seen, g_strdup (field), g_strdup (value));
      apply (self, field, value);
    }
}

static void
all_cb (const UdpnatRedisReply *reply,
        gpointer                user_data)
{
  UdpnatFleetAccess *self = user_data;

  if (self->directory->is_stopped)
    return;
  if (reply == NULL)
    {
      g_clear_pointer (&self->version, g_free); /* again */
      return;
    }
  take_fields (self, reply, FALSE);
  take_fields (self, reply, TRUE);
  self->directory->func (self->directory->user_data);
}

static void
version_cb (const UdpnatRedisReply *reply,
            gpointer                user_data)
{
  UdpnatFleetAccess *self = user_data;
  const char *version = reply != NULL ? udpnat_redis_reply_get_text (reply) : NULL;

  if (version == NULL || self->directory->is_stopped || g_strcmp0 (version, self->version) == 0)
    return;
  g_free (self->version);
  self->version = g_strdup (version);
  udpnat_redis_ask (self->directory->redis, all_cb, self, "HGETALL", ACCESS, NULL);
}

/** udpnat_fleet_access_look: whether there is anything new */
void
udpnat_fleet_access_look (UdpnatFleetAccess *self)
{
  if (udpnat_redis_is_up (self->directory->redis))
    udpnat_redis_ask (self->directory->redis, version_cb, self, "GET", VERSION, NULL);
}

/* ---- For all ---- */

/* @verb: HSET, or HSETNX for what another may know better */
static void
say (UdpnatFleetAccess *self,
     const char        *verb,
     const char        *field,
     const char        *value)
{
  udpnat_redis_ask (self->directory->redis, NULL, NULL, verb, ACCESS, field, value, NULL);
  udpnat_redis_ask (self->directory->redis, NULL, NULL, "INCR", VERSION, NULL);
}

static void
say_of_key (UdpnatFleetAccess     *self,
            const char            *verb,
            const UdpnatPublicKey *key,
            gboolean               is_blocked)
{
  char field[UDPNAT_FLEET_HEX_BYTES + 4] = "key:";

  udpnat_fleet_write_hex (key, field + strlen (field));
  say (self, verb, field, is_blocked ? "blocked" : "open");
}

static void
say_of_name (UdpnatFleetAccess *self,
             const char        *verb,
             const char        *what,
             const char        *name,
             const char        *value)
{
  g_autofree char *folded = udpnat_name_fold (name);
  g_autofree char *field = g_strconcat (what, folded, NULL);
  g_autofree char *text = g_strdup_printf ("%s %s", value, name);

  say (self, verb, field, text);
}

/* What a ruling about a name is about, as the directory knows it. */
typedef struct
{
  UdpnatFleetAccess     *access;
  UdpnatServerRulingKind kind;
  char                  *name;
} Question;

static void
release (UdpnatFleetAccess     *self,
         const char            *name,
         const UdpnatPublicKey *key)
{
  static const char script[] = "if redis.call('GET', KEYS[1]) == ARGV[1] then "
                               "return redis.call('DEL', KEYS[1]) end return 0";
  g_autofree char *name_word = udpnat_fleet_dup_name_word (name);
  g_autofree char *key_word = udpnat_fleet_dup_key_word (key, "name");
  g_autofree char *owner = NULL;
  char hex[UDPNAT_FLEET_HEX_BYTES];

  udpnat_fleet_write_hex (key, hex);
  owner = g_strdup_printf ("%s %s", hex, name);
  say_of_name (self, "HSET", "release:", name, hex);
  udpnat_redis_ask (self->directory->redis, NULL, NULL, "EVAL", script, "1", name_word, owner,
                    NULL);
  udpnat_redis_ask (self->directory->redis, NULL, NULL, "EVAL", script, "1", key_word, name, NULL);
}

static void
owner_cb (const UdpnatRedisReply *reply,
          gpointer                user_data)
{
  Question *question = user_data;
  UdpnatFleetAccess *self = question->access;
  const char *owner = reply != NULL ? udpnat_redis_reply_get_text (reply) : NULL;
  UdpnatPublicKey key;

  if (udpnat_fleet_read_hex (owner, &key) && strchr (owner, ' ') != NULL
      && !self->directory->is_stopped)
    {
      if (question->kind == UDPNAT_SERVER_RULING_RELEASE)
        release (self, strchr (owner, ' ') + 1, &key);
      else
        say_of_key (self, "HSET", &key, question->kind == UDPNAT_SERVER_RULING_BLOCK);
      udpnat_fleet_access_look (self);
    }
  g_free (question->name);
  g_free (question);
}

/** udpnat_fleet_access_tell: Returns: %FALSE when the directory does not answer */
gboolean
udpnat_fleet_access_tell (UdpnatFleetAccess        *self,
                          const UdpnatServerRuling *ruling)
{
  gboolean is_blocked = ruling->kind == UDPNAT_SERVER_RULING_BLOCK;
  g_autofree char *word = NULL;
  Question *question;

  if (!udpnat_redis_is_up (self->directory->redis))
    return FALSE;
  if (ruling->name == NULL)
    {
      say_of_key (self, "HSET", &ruling->key, is_blocked);
      return TRUE;
    }
  if (ruling->kind != UDPNAT_SERVER_RULING_RELEASE)
    say_of_name (self, "HSET", "name:", ruling->name, is_blocked ? "blocked" : "open");
  if (ruling->kind == UDPNAT_SERVER_RULING_UNBLOCK)
    say_of_name (self, "HSET", "release:", ruling->name, "open");
  question = g_new (Question, 1);
  *question = (Question) { self, ruling->kind, g_strdup (ruling->name) };
  word = udpnat_fleet_dup_name_word (ruling->name);
  udpnat_redis_ask (self->directory->redis, owner_cb, question, "GET", word, NULL);
  return TRUE;
}

static void
repeat (const UdpnatAccessRecord *record,
        gpointer                  user_data)
{
  UdpnatFleetAccess *self = user_data;
  char hex[UDPNAT_FLEET_HEX_BYTES];

  udpnat_fleet_write_hex (&record->key, hex);
  if (record->is_blocked && record->name == NULL)
    say_of_key (self, "HSETNX", &record->key, TRUE);
  if (record->is_blocked && record->name != NULL)
    say_of_name (self, "HSETNX", "name:", record->name, "blocked");
  if (record->is_denied)
    say_of_name (self, "HSETNX", "release:", record->name, hex);
}

/** udpnat_fleet_access_repeat: the directory does not know what this server knows */
void
udpnat_fleet_access_repeat (UdpnatFleetAccess *self)
{
  g_autoptr (GError) error = NULL;

  if (!udpnat_access_store_foreach (self->directory->access_store, repeat, self, &error))
    udpnat_server_log_warn ("%s", error->message);
}

/* ---- Life ---- */

static gboolean
look_cb (gpointer user_data)
{
  udpnat_fleet_access_look (user_data);
  return G_SOURCE_CONTINUE;
}

UdpnatFleetAccess *
udpnat_fleet_access_new (UdpnatFleetDirectory *directory,
                         UdpnatFleetRulingFunc func,
                         gpointer              user_data)
{
  UdpnatFleetAccess *self = g_new0 (UdpnatFleetAccess, 1);

  self->directory = directory;
  self->func = func;
  self->user_data = user_data;
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->look_id = g_timeout_add (LOOK_MS, look_cb, self);
  return self;
}

void
udpnat_fleet_access_free (UdpnatFleetAccess *self)
{
  if (self == NULL)
    return;
  g_source_remove (self->look_id);
  g_hash_table_unref (self->seen);
  g_free (self->version);
  g_free (self);
}
