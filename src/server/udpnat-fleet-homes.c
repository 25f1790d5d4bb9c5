/* Who is registered here, as the directory of the fleet has it: said at once, and again before it
 * would be forgotten. If somebody has come to another server since, that is where they are, and we
 * hear of it by that: what we say is never put over what another has said.
 *
 * Some are renewed with every tick, so that thousands cost no moment of the main loop. */

#include "config.h"

#include "udpnat-fleet-directory-private.h"

#include "udpnat-clock.h"

#define HOME_S "90"
#define RENEW_TICKS 300 /* 30 s: until all have been renewed */
#define TICK_MS 100
#define HURRY_EACH_TICK 1000 /* while the directory may have lost them */

typedef struct
{
  UdpnatPublicKey key; /* first: it is looked up by it */
  char           *name;
  gboolean        is_shown;
  GList           link;
} Home;

struct _UdpnatFleetHomes
{
  UdpnatFleetDirectory *directory;
  GTree                *homes; /* Home by its key, owned */
  GQueue                turn;  /* of Home: whose is next first */
  guint                 n_hurried; /* these are due now */
  guint                 tick_id;
};

static void
home_free (gpointer data)
{
  Home *self = data;

  g_free (self->name);
  g_free (self);
}

/* ---- In the directory ---- */

typedef struct
{
  UdpnatFleetDirectory *directory;
  UdpnatPublicKey       key;
} Question;

static Question *
question_new (UdpnatFleetDirectory  *directory,
              const UdpnatPublicKey *key)
{
  Question *self = g_new (Question, 1);

  *self = (Question) { directory, *key };
  return self;
}

static void
renewed_cb (const UdpnatRedisReply *reply,
            gpointer                user_data)
{
  g_autofree Question *question = user_data;
  UdpnatFleetDirectory *directory = question->directory;

  if (reply == NULL || directory->is_stopped || udpnat_redis_reply_get_number (reply) != 0)
    return;
  udpnat_rendezvous_server_note_replaced (directory->server, udpnat_clock_get_now_us (),
                                          &question->key);
  directory->func (directory->user_data);
}

static void
mail_cb (const UdpnatRedisReply *reply,
         gpointer                user_data)
{
  g_autofree Question *question = user_data;

  if (reply != NULL && !question->directory->is_stopped)
    udpnat_fleet_directory_note_mail (question->directory, &question->key, reply);
}

static void
ask_for_mail (UdpnatFleetHomes *self,
              const Home       *home)
{
  g_autofree char *word = udpnat_fleet_dup_key_word (&home->key, "mail");

  udpnat_redis_ask (self->directory->redis, mail_cb, question_new (self->directory, &home->key),
                    "SMEMBERS", word, NULL);
}

static void
tell_name (UdpnatFleetHomes *self,
           const Home       *home)
{
  g_autofree char *key_word = udpnat_fleet_dup_key_word (&home->key, "name");
  g_autofree char *name_word = udpnat_fleet_dup_name_word (home->name);
  g_autofree char *owner = NULL;
  char hex[UDPNAT_FLEET_HEX_BYTES];

  udpnat_fleet_write_hex (&home->key, hex);
  owner = g_strdup_printf ("%s %s", hex, home->name);
  udpnat_redis_ask (self->directory->redis, NULL, NULL, "SETNX", name_word, owner, NULL);
  udpnat_redis_ask (self->directory->redis, NULL, NULL, "SET", key_word, home->name, NULL);
}

static void
renew (UdpnatFleetHomes *self,
       const Home       *home)
{
  static const char script[] =
      "local v = redis.call('GET', KEYS[1]) "
      "if v and string.sub(v, 1, 64) ~= ARGV[1] then return 0 end "
      "redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'EX', ARGV[3]) return 1";
  g_autofree char *word = udpnat_fleet_dup_key_word (&home->key, "home");

  udpnat_redis_ask (self->directory->redis, renewed_cb,
                    question_new (self->directory, &home->key), "EVAL", script, "1", word,
                    self->directory->node, home->is_shown ? "1" : "0", HOME_S, NULL);
  ask_for_mail (self, home);
}

/* ---- Who ---- */

static Home *
ensure (UdpnatFleetHomes      *self,
        const UdpnatPublicKey *key)
{
  Home *home = g_tree_lookup (self->homes, key);

  if (home != NULL)
    return home;
  home = g_new0 (Home, 1);
  home->key = *key;
  home->link.data = home;
  g_tree_insert (self->homes, &home->key, home);
  g_queue_push_tail_link (&self->turn, &home->link);
  return home;
}

/** udpnat_fleet_homes_add: @key has registered here: whatever other server had it has it no more */
void
udpnat_fleet_homes_add (UdpnatFleetHomes      *self,
                        const UdpnatPublicKey *key,
                        const char            *name,
                        gboolean               is_shown)
{
  g_autofree char *word = udpnat_fleet_dup_key_word (key, "home");
  g_autofree char *text = NULL;
  gboolean is_new = g_tree_lookup (self->homes, key) == NULL;
  Home *home = ensure (self, key);
  gboolean has_changed = is_new || home->is_shown != is_shown
                         || g_strcmp0 (home->name, name) != 0;

  g_free (home->name);
  home->name = g_strdup (name);
  home->is_shown = is_shown;
  text = g_strdup_printf ("%s %d", self->directory->node, is_shown ? 1 : 0);
  tell_name (self, home);
  udpnat_redis_ask (self->directory->redis, NULL, NULL, "SET", word, text, "EX", HOME_S, NULL);
  if (has_changed)
    udpnat_fleet_presence_tell (self->directory->presence, key);
  ask_for_mail (self, home);
}

/** udpnat_fleet_homes_remove: @key is not registered here any more */
void
udpnat_fleet_homes_remove (UdpnatFleetHomes      *self,
                           const UdpnatPublicKey *key)
{
  static const char script[] = "local v = redis.call('GET', KEYS[1]) "
                               "if v and string.sub(v, 1, 64) == ARGV[1] then "
                               "return redis.call('DEL', KEYS[1]) end return 0";
  g_autofree char *word = NULL;
  Home *home = g_tree_lookup (self->homes, key);

  if (home == NULL)
    return;
  word = udpnat_fleet_dup_key_word (key, "home");
  udpnat_redis_ask (self->directory->redis, NULL, NULL, "EVAL", script, "1", word,
                    self->directory->node, NULL);
  udpnat_fleet_presence_tell (self->directory->presence, key);
  g_queue_unlink (&self->turn, &home->link);
  g_tree_remove (self->homes, key);
}

/** udpnat_fleet_homes_renew_all: the directory is back, and may have lost everything */
void
udpnat_fleet_homes_renew_all (UdpnatFleetHomes *self)
{
  self->n_hurried = (guint) g_tree_nnodes (self->homes);
}

/* What the directory has not heard while it was down. */
static void
tell_all (UdpnatFleetHomes *self,
          const Home       *home)
{
  self->n_hurried--;
  tell_name (self, home);
  udpnat_fleet_presence_tell (self->directory->presence, &home->key);
}

static gboolean
tick_cb (gpointer user_data)
{
  UdpnatFleetHomes *self = user_data;
  guint n_due = (self->turn.length + RENEW_TICKS - 1) / RENEW_TICKS;

  if (!udpnat_redis_is_up (self->directory->redis))
    return G_SOURCE_CONTINUE;
  if (self->n_hurried > 0)
    n_due = MIN (self->n_hurried, HURRY_EACH_TICK);
  for (guint i = 0; i < MIN (n_due, self->turn.length); i++)
    {
      GList *link = g_queue_pop_head_link (&self->turn);

      g_queue_push_tail_link (&self->turn, link);
      if (self->n_hurried > 0)
        tell_all (self, link->data);
      renew (self, link->data);
    }
  return G_SOURCE_CONTINUE;
}

/* ---- Life ---- */

UdpnatFleetHomes *
udpnat_fleet_homes_new (UdpnatFleetDirectory *directory)
{
  UdpnatFleetHomes *self = g_new0 (UdpnatFleetHomes, 1);

  self->directory = directory;
  self->homes = g_tree_new_full (udpnat_public_key_compare_data, NULL, NULL, home_free);
  self->tick_id = g_timeout_add (TICK_MS, tick_cb, self);
  return self;
}

void
udpnat_fleet_homes_free (UdpnatFleetHomes *self)
{
  if (self == NULL)
    return;
  g_source_remove (self->tick_id);
  g_tree_unref (self->homes);
  g_free (self);
}
