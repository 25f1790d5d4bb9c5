/* Fills profile folders, so that a window has something to show:
 *
 *     seed-profile demo FOLDER SERVER OTHER  alice's year: FOLDER/alice, and her friends' profiles;
 *                                          OTHER is the server of those who are not at hers
 *     seed-profile people FOLDER SERVER N  a profile with N contacts
 *     seed-profile lines FOLDER SERVER N   a profile with one friend and N messages
 *
 * SERVER may be '', for people on this network only. All of it goes through the store as it would
 * in the program. */

#include "config.h"

#include <glib/gstdio.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "seed-demo.h"

#include "udpnat-profile.h"
#include "udpnat-store-history.h"
#include "udpnat-store-outbox.h"

#define MINUTE_US (G_GINT64_CONSTANT (60) * G_USEC_PER_SEC)
/* The store's queue is bounded by memory only, so it is emptied now and then. */
#define FLUSH_EVERY 1000

typedef struct
{
  UdpnatProfile *profile;
  UdpnatStore   *store;
  gint64         now_us;
  guint32        n_ids;
} Seed;

/* ---- A profile ---- */

static void
die_on (GError *error)
{
  if (error == NULL)
    return;
  g_printerr ("seed-profile: %s\n", error->message);
  exit (1);
}

static void
seed_open (Seed       *self,
           const char *folder,
           const char *name,
           const char *server)
{
  g_autofree char *path = NULL;
  GError *error = NULL;

  self->profile = udpnat_profile_open (folder, NULL, &error);
  die_on (error);
  path = udpnat_profile_dup_database_path (self->profile);
  self->store = udpnat_store_open (
    path, udpnat_profile_get_database_key (self->profile),
    udpnat_identity_get_public_key (udpnat_profile_get_identity (self->profile)), &error);
  die_on (error);
  self->now_us = g_get_real_time ();
  udpnat_store_set_setting (self->store, "name", name);
  udpnat_store_set_setting (self->store, "home-server", server != NULL ? server : "");
}

static void
seed_flush (Seed *self)
{
  if (!udpnat_store_flush (self->store))
    g_error ("the disk takes nothing");
}

static void
seed_close (Seed *self)
{
  seed_flush (self);
  g_clear_pointer (&self->store, udpnat_store_free);
  g_clear_pointer (&self->profile, udpnat_profile_free);
}

static UdpnatPublicKey
make_key (guint32 number)
{
  UdpnatPublicKey key;
  guint8 secret[32] = { 7 };

  memcpy (secret + 1, &number, sizeof number);
  crypto_scalarmult_base (key.bytes, secret);
  return key;
}

static UdpnatMessageId
make_id (Seed *self)
{
  UdpnatMessageId id;

  randombytes_buf (id.bytes, sizeof id.bytes);
  return id;
}

/* ---- Saying ---- */

static UdpnatMessageId
seed_hear (Seed                  *self,
           const UdpnatPublicKey *key,
           UdpnatItem            *item)
{
  UdpnatMessageId id = item->id;

  udpnat_store_add_incoming (self->store, key, item, item->sent_us, NULL, NULL);
  udpnat_item_free (item);
  return id;
}

static UdpnatMessageId
seed_say (Seed                  *self,
          const UdpnatPublicKey *key,
          UdpnatItem            *item,
          UdpnatItemState        state,
          const char            *reason)
{
  UdpnatMessageId id = item->id;

  udpnat_store_add_outgoing (self->store, key, item, NULL, 0, NULL, NULL);
  if (state != UDPNAT_ITEM_STATE_WAITING)
    udpnat_store_set_item_state (self->store, key, &id, state, reason, NULL, NULL);
  udpnat_item_free (item);
  return id;
}

/* @server: (nullable): where they are, when that is not our own server */
static void
seed_contact (Seed                  *self,
              const UdpnatPublicKey *key,
              const char            *name,
              const char            *server,
              const SeedFriend      *friend)
{
  g_autoptr (UdpnatContact) contact = udpnat_contact_new (key);

  contact->name = server != NULL ? g_strdup_printf ("%s@%s", name, server) : g_strdup (name);
  contact->server = g_strdup (server);
  contact->relation = friend != NULL ? friend->relation : UDPNAT_RELATION_ACCEPTED;
  contact->is_mutual = contact->relation == UDPNAT_RELATION_ACCEPTED;
  contact->last_seen_us = self->now_us - 200 * MINUTE_US;
  if (friend != NULL)
    {
      contact->nickname = g_strdup (friend->nickname);
      contact->is_verified = friend->is_verified;
      contact->is_pinned = friend->is_pinned;
      contact->is_muted = friend->is_muted;
    }
  udpnat_store_save_contact (self->store, contact, NULL, NULL);
}

/* ---- The demonstration ---- */

static UdpnatPublicKey
make_friend (const char       *folder,
             const SeedFriend *friend,
             const char       *server)
{
  g_autofree char *path = g_build_filename (folder, friend->folder, NULL);
  UdpnatPublicKey key;
  Seed seed = { 0 };

  seed_open (&seed, path, friend->name, server);
  key = *udpnat_identity_get_public_key (udpnat_profile_get_identity (seed.profile));
  seed_close (&seed);
  return key;
}

/* Both sides know each other, so that friends answer instead of asking who that is. */
static void
introduce (const char       *folder,
           const SeedFriend *friend,
           const Seed       *alice)
{
  g_autofree char *path = g_build_filename (folder, friend->folder, NULL);
  Seed seed = { 0 };

  if (friend->relation != UDPNAT_RELATION_ACCEPTED)
    return;
  seed_open (&seed, path, friend->name, NULL);
  seed_contact (&seed,
                udpnat_identity_get_public_key (udpnat_profile_get_identity (alice->profile)),
                SEED_OWN_NAME, NULL, NULL);
  seed_close (&seed);
}

static UdpnatItem *
make_item (Seed                  *self,
           const SeedLine        *line,
           const UdpnatMessageId *target)
{
  UdpnatMessageId id = make_id (self);
  gint64 sent_us = self->now_us - line->minutes_ago * MINUTE_US;

  if (line->type == UDPNAT_ITEM_TEXT)
    return udpnat_item_new_text (&id, sent_us, line->text);
  return udpnat_item_new_on (line->type, &id, sent_us, target, line->text);
}

static void
seed_conversation (Seed                  *self,
                   const UdpnatPublicKey *key,
                   const SeedFriend      *friend)
{
  UdpnatMessageId ids[SEED_LINES_MAX];

  for (guint i = 0; friend->lines[i].text != NULL; i++)
    {
      const SeedLine *line = &friend->lines[i];
      UdpnatItem *item = make_item (self, line, i >= line->back ? &ids[i - line->back] : NULL);

      g_assert (i < SEED_LINES_MAX && item != NULL);
      ids[i] = line->is_mine ? seed_say (self, key, item, line->state, line->reason)
                             : seed_hear (self, key, item);
      seed_flush (self);
      if (line->is_read)
        {
          g_autoptr (UdpnatHistoryItem) last = udpnat_store_dup_last_line (self->store, key);

          udpnat_store_mark_read (self->store, key, udpnat_history_item_get_number (last), NULL,
                                  NULL);
        }
    }
  if (friend->draft != NULL)
    udpnat_store_set_draft (self->store, key, friend->draft);
}

/* Everybody is at @server, or at @other, whose key has changed since. */
static void
seed_demo (const char *folder,
           const char *server,
           const char *other)
{
  g_autofree char *own = g_build_filename (folder, "alice", NULL);
  const SeedFriend *friends = seed_demo_get_friends ();
  UdpnatPublicKey old_key = make_key (0);
  Seed seed = { 0 };

  g_mkdir_with_parents (folder, 0700);
  seed_open (&seed, own, SEED_OWN_NAME, server);
  udpnat_store_set_server_key (seed.store, other, &old_key);
  for (guint i = 0; friends[i].folder != NULL; i++)
    {
      const char *place = friends[i].is_abroad ? other : NULL;
      UdpnatPublicKey key = make_friend (folder, &friends[i], place != NULL ? place : server);

      if (friends[i].relation != UDPNAT_RELATION_REQUEST)
        seed_contact (&seed, &key, friends[i].name, place, &friends[i]);
      seed_flush (&seed);
      seed_conversation (&seed, &key, &friends[i]);
      introduce (folder, &friends[i], &seed);
      if (friends[i].relation == UDPNAT_RELATION_REQUEST)
        seed_contact (&seed, &key, friends[i].name, place, &friends[i]);
    }
  seed_close (&seed);
}

/* ---- Large ones ---- */

static void
seed_people (const char *folder,
             const char *server,
             guint       n_people)
{
  static const char *const first[] = {
    "Ada", "Boris", "Chen", "Dara", "Émile", "Farah", "Grace", "Hiro", "Ines", "Jonas", "Kaveh",
    "Lena", "Mateo", "Nadia", "Olu", "Priya", "Quinn", "Rosa", "Sven", "Tomás", "Uma", "Vera",
  };
  Seed seed = { 0 };

  seed_open (&seed, folder, "alice", server);
  for (guint i = 0; i < n_people; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s %u", first[i % G_N_ELEMENTS (first)], i);
      UdpnatPublicKey key = make_key (i);
      UdpnatMessageId id = make_id (&seed);

      seed_contact (&seed, &key, name, NULL, NULL);
      seed_hear (&seed, &key, udpnat_item_new_text (&id, seed.now_us - i * MINUTE_US, "Hello"));
      if (i % FLUSH_EVERY == FLUSH_EVERY - 1)
        seed_flush (&seed);
    }
  seed_close (&seed);
}

/* 3 to 60 words, as people write: a third of them the user's own. */
static char *
make_text (GRand *rand)
{
  static const char *const words[] = {
    "the", "hole", "punch", "worked", "again", "today", "and", "nobody", "saw", "it", "coming",
    "tomorrow", "we", "meet", "at", "eight", "前面", "下午", "three", "coffee", "train", "is", "late",
  };
  GString *text = g_string_new (NULL);
  guint n_words = (guint) g_rand_int_range (rand, 3, 12) * (guint) g_rand_int_range (rand, 1, 6);

  for (guint i = 0; i < n_words; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "",
                            words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))]);
  return g_string_free (text, FALSE);
}

static void
seed_lines (const char *folder,
            const char *server,
            guint       n_lines)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  UdpnatPublicKey key = make_key (0);
  g_autoptr (UdpnatHistoryItem) last = NULL;
  Seed seed = { 0 };

  seed_open (&seed, folder, "alice", server);
  seed_contact (&seed, &key, "bob", NULL, NULL);
  for (guint i = 0; i < n_lines; i++)
    {
      g_autofree char *text = make_text (rand);
      UdpnatMessageId id = make_id (&seed);
      UdpnatItem *item = udpnat_item_new_text (&id, seed.now_us - (n_lines - i) * MINUTE_US, text);

      if (i % 3 == 0)
        seed_say (&seed, &key, item, UDPNAT_ITEM_STATE_READ, NULL);
      else
        seed_hear (&seed, &key, item);
      if (i % FLUSH_EVERY == FLUSH_EVERY - 1)
        seed_flush (&seed);
    }
  seed_flush (&seed);
  last = udpnat_store_dup_last_line (seed.store, &key);
  if (last != NULL)
    udpnat_store_mark_read (seed.store, &key, udpnat_history_item_get_number (last), NULL, NULL);
  seed_close (&seed);
}

int
main (int    argc,
      char **argv)
{
  if (!udpnat_crypto_init ())
    return 1;
  if (argc == 5 && g_str_equal (argv[1], "demo"))
    seed_demo (argv[2], argv[3], argv[4]);
  else if (argc == 5 && g_str_equal (argv[1], "people"))
    seed_people (argv[2], argv[3], (guint) strtoul (argv[4], NULL, 10));
  else if (argc == 5 && g_str_equal (argv[1], "lines"))
    seed_lines (argv[2], argv[3], (guint) strtoul (argv[4], NULL, 10));
  else
    {
      g_printerr ("Usage: seed-profile demo FOLDER SERVER OTHER | people|lines FOLDER SERVER N\n");
      return 2;
    }
  return 0;
}
