#include "config.h"

#include "udpnat-watch-table.h"

#include "udpnat-id-set.h"
#include "udpnat-limits.h"
#include "udpnat-siphash.h"
#include "udpnat-slab.h"

/* A watch hangs on two lists: those of its watcher, which may be walked, for it is short, and those
 * of its target, which may have a hundred thousand and never is but to tell them all. What has not
 * been told is a third list, of each watcher; and watchers who have one are a list themselves. */

/* Ends the lists of what has not been told: 0 means not to be in one. */
#define LAST G_MAXUINT32

typedef struct
{
  guint32 owner; /* 0: has been closed, and is still in the list of those who are to be told */
  guint32 first;
  guint32 first_due; /* LAST: none */
  guint32 next_due;  /* of watchers; 0: not in that list */
  guint32 n;
} Watcher;

typedef struct
{
  guint32 watcher;
  guint32 target;
  guint32 next_of_watcher;
  guint32 previous_of_target, next_of_target;
  guint32 next_due;
} Watch;

typedef struct
{
  UdpnatPublicKey key;
  guint32         first;
} Target;

struct _UdpnatWatchTable
{
  guint8       hash_key[UDPNAT_SIPHASH_KEY_BYTES];
  UdpnatSlab  *watchers;
  UdpnatSlab  *watches;
  UdpnatSlab  *targets;
  UdpnatIdSet *keys; /* targets by key */
  guint32      first_due_watcher, last_due_watcher; /* LAST, 0: none */

  UdpnatWatchTableFunc func; /* nullable */
  gpointer             user_data;
};

static guint32
hash_bytes (const UdpnatWatchTable *self,
            const UdpnatPublicKey  *key)
{
  return (guint32) udpnat_siphash (self->hash_key, key->bytes, UDPNAT_KEY_BYTES);
}

static guint32
hash_target (gpointer user_data,
             guint32  id)
{
  const UdpnatWatchTable *self = user_data;
  const Target           *target = udpnat_slab_get (self->targets, id);

  return hash_bytes (self, &target->key);
}

static gboolean
match_target (gpointer      user_data,
              guint32       id,
              gconstpointer wanted)
{
  const UdpnatWatchTable *self = user_data;
  const Target           *target = udpnat_slab_get (self->targets, id);

  return udpnat_public_key_equal (&target->key, wanted);
}

UdpnatWatchTable *
udpnat_watch_table_new (const UdpnatRandom *random)
{
  UdpnatWatchTable *self = g_new0 (UdpnatWatchTable, 1);

  udpnat_random_fill (random, self->hash_key, sizeof self->hash_key);
  self->watchers = udpnat_slab_new (sizeof (Watcher));
  self->watches = udpnat_slab_new (sizeof (Watch));
  self->targets = udpnat_slab_new (sizeof (Target));
  self->keys = udpnat_id_set_new (hash_target, match_target, self);
  self->first_due_watcher = LAST;
  return self;
}

void
udpnat_watch_table_free (UdpnatWatchTable *self)
{
  if (self == NULL)
    return;
  udpnat_id_set_free (self->keys);
  udpnat_slab_free (self->targets);
  udpnat_slab_free (self->watches);
  udpnat_slab_free (self->watchers);
  g_free (self);
}

/** udpnat_watch_table_set_func: @func: (nullable): called for each key that somebody has watched
 * and nobody watches any more; not when the table is freed */
void
udpnat_watch_table_set_func (UdpnatWatchTable     *self,
                             UdpnatWatchTableFunc  func,
                             gpointer              user_data)
{
  self->func = func;
  self->user_data = user_data;
}

static Watcher *
get_watcher (const UdpnatWatchTable *self,
             guint32                 id)
{
  return udpnat_slab_get (self->watchers, id);
}

static Watch *
get_watch (const UdpnatWatchTable *self,
           guint32                 id)
{
  return udpnat_slab_get (self->watches, id);
}

/** udpnat_watch_table_open: @owner: not 0; what pop_watcher() gives. Returns: a watcher's number */
guint32
udpnat_watch_table_open (UdpnatWatchTable *self,
                         guint32           owner)
{
  guint32  id = udpnat_slab_add (self->watchers);
  Watcher *watcher = get_watcher (self, id);

  watcher->owner = owner;
  watcher->first_due = LAST;
  return id;
}

/* ---- What has not been told ---- */

static void
queue_watcher (UdpnatWatchTable *self,
               guint32           id)
{
  Watcher *watcher = get_watcher (self, id);

  if (watcher->next_due != 0)
    return;
  watcher->next_due = LAST;
  if (self->last_due_watcher != 0)
    get_watcher (self, self->last_due_watcher)->next_due = id;
  else
    self->first_due_watcher = id;
  self->last_due_watcher = id;
}

static void
set_due (UdpnatWatchTable *self,
         guint32           id)
{
  Watch   *watch = get_watch (self, id);
  Watcher *watcher = get_watcher (self, watch->watcher);

  if (watch->next_due != 0)
    return;
  watch->next_due = watcher->first_due;
  watcher->first_due = id;
  queue_watcher (self, watch->watcher);
}

/** udpnat_watch_table_note: there is something to tell of @key to all who watch it */
void
udpnat_watch_table_note (UdpnatWatchTable      *self,
                         const UdpnatPublicKey *key)
{
  guint32       id = udpnat_id_set_find (self->keys, hash_bytes (self, key), key);
  const Target *target = udpnat_slab_get (self->targets, id);

  if (target == NULL)
    return;
  for (id = target->first; id != 0; id = get_watch (self, id)->next_of_target)
    set_due (self, id);
}

/** udpnat_watch_table_note_all: there is something to tell @watcher of all whom it watches */
void
udpnat_watch_table_note_all (UdpnatWatchTable *self,
                             guint32           watcher)
{
  const Watcher *who = get_watcher (self, watcher);

  for (guint32 id = who != NULL ? who->first : 0; id != 0;
       id = get_watch (self, id)->next_of_watcher)
    set_due (self, id);
}

gboolean
udpnat_watch_table_has_watcher (const UdpnatWatchTable *self)
{
  return self->first_due_watcher != LAST;
}

/**
 * udpnat_watch_table_pop_watcher:
 *
 * Who has waited longest of those who are to be told something. They are not named again until
 * there is more.
 *
 * Returns: the watcher's owner; 0 when there is nobody
 */
guint32
udpnat_watch_table_pop_watcher (UdpnatWatchTable *self)
{
  while (self->first_due_watcher != LAST)
    {
      guint32  id = self->first_due_watcher;
      Watcher *watcher = get_watcher (self, id);

      self->first_due_watcher = watcher->next_due;
      if (self->first_due_watcher == LAST)
        self->last_due_watcher = 0;
      watcher->next_due = 0;
      if (watcher->owner != 0)
        return watcher->owner;
      udpnat_slab_remove (self->watchers, id);
    }
  return 0;
}

/** udpnat_watch_table_pop: @watcher: one, or 0. Returns: %FALSE when it knows all */
gboolean
udpnat_watch_table_pop (UdpnatWatchTable *self,
                        guint32           watcher,
                        UdpnatPublicKey  *out_key)
{
  Watcher *who = get_watcher (self, watcher);
  Watch   *watch;

  if (who == NULL || who->first_due == LAST)
    return FALSE;
  watch = get_watch (self, who->first_due);
  who->first_due = watch->next_due;
  watch->next_due = 0;
  *out_key = ((const Target *) udpnat_slab_get (self->targets, watch->target))->key;
  return TRUE;
}

/* ---- Watches ---- */

static guint32
ensure_target (UdpnatWatchTable      *self,
               const UdpnatPublicKey *key)
{
  guint32 id = udpnat_id_set_find (self->keys, hash_bytes (self, key), key);

  if (id != 0)
    return id;
  id = udpnat_slab_add (self->targets);
  ((Target *) udpnat_slab_get (self->targets, id))->key = *key;
  udpnat_id_set_add (self->keys, id);
  return id;
}

static guint32
find_watch (const UdpnatWatchTable *self,
            const Watcher          *watcher,
            const UdpnatPublicKey  *key)
{
  guint32 target = udpnat_id_set_find (self->keys, hash_bytes (self, key), key);
  guint32 id = target != 0 ? watcher->first : 0;

  while (id != 0 && get_watch (self, id)->target != target)
    id = get_watch (self, id)->next_of_watcher;
  return id;
}

/**
 * udpnat_watch_table_add:
 *
 * Of @key there is something to tell from the beginning.
 *
 * Returns: %FALSE when @watcher, or all together, watch as many as they may
 */
gboolean
udpnat_watch_table_add (UdpnatWatchTable      *self,
                        guint32                watcher,
                        const UdpnatPublicKey *key)
{
  Watcher *who = get_watcher (self, watcher);
  Target  *target;
  Watch   *watch;
  guint32  id = find_watch (self, who, key);

  if (id != 0)
    return TRUE;
  if (who->n >= UDPNAT_WATCHES_MAX
      || udpnat_slab_get_count (self->watches) >= UDPNAT_SERVER_WATCHES_MAX)
    return FALSE;
  id = udpnat_slab_add (self->watches);
  watch = get_watch (self, id);
  watch->watcher = watcher;
  watch->target = ensure_target (self, key);
  target = udpnat_slab_get (self->targets, watch->target);
  watch->next_of_watcher = who->first;
  who->first = id;
  who->n++;
  watch->next_of_target = target->first;
  if (target->first != 0)
    get_watch (self, target->first)->previous_of_target = id;
  target->first = id;
  set_due (self, id);
  return TRUE;
}

/* Off its target's list, and gone; its watcher's are up to the caller. */
static void
drop_watch (UdpnatWatchTable *self,
            guint32           id)
{
  const Watch *watch = get_watch (self, id);
  Target      *target = udpnat_slab_get (self->targets, watch->target);

  if (watch->previous_of_target != 0)
    get_watch (self, watch->previous_of_target)->next_of_target = watch->next_of_target;
  else
    target->first = watch->next_of_target;
  if (watch->next_of_target != 0)
    get_watch (self, watch->next_of_target)->previous_of_target = watch->previous_of_target;
  if (target->first == 0)
    {
      if (self->func != NULL)
        self->func (&target->key, self->user_data);
      udpnat_id_set_remove (self->keys, watch->target);
      udpnat_slab_remove (self->targets, watch->target);
    }
  udpnat_slab_remove (self->watches, id);
}

static void
unlink_due (UdpnatWatchTable *self,
            Watcher          *watcher,
            guint32           id)
{
  guint32 *link = &watcher->first_due;

  if (get_watch (self, id)->next_due == 0)
    return;
  while (*link != id)
    link = &get_watch (self, *link)->next_due;
  *link = get_watch (self, id)->next_due;
}

/** udpnat_watch_table_remove: Returns: whether it was watched */
gboolean
udpnat_watch_table_remove (UdpnatWatchTable      *self,
                           guint32                watcher,
                           const UdpnatPublicKey *key)
{
  Watcher *who = get_watcher (self, watcher);
  guint32  id = who != NULL ? find_watch (self, who, key) : 0;
  guint32 *link;

  if (id == 0)
    return FALSE;
  unlink_due (self, who, id);
  for (link = &who->first; *link != id; link = &get_watch (self, *link)->next_of_watcher)
    ;
  *link = get_watch (self, id)->next_of_watcher;
  who->n--;
  drop_watch (self, id);
  return TRUE;
}

/** udpnat_watch_table_close: @watcher: one, or 0: it watches nobody any more, and is gone */
void
udpnat_watch_table_close (UdpnatWatchTable *self,
                          guint32           watcher)
{
  Watcher *who = get_watcher (self, watcher);

  if (who == NULL)
    return;
  while (who->first != 0)
    {
      guint32 id = who->first;

      who->first = get_watch (self, id)->next_of_watcher;
      drop_watch (self, id);
    }
  /* To look for it in that list could take as long as there are others in it. */
  who->owner = 0;
  if (who->next_due == 0)
    udpnat_slab_remove (self->watchers, watcher);
}

/** udpnat_watch_table_count: Returns: how many @watcher watches */
guint
udpnat_watch_table_count (const UdpnatWatchTable *self,
                          guint32                 watcher)
{
  const Watcher *who = get_watcher (self, watcher);

  return who != NULL ? who->n : 0;
}

/** udpnat_watch_table_get_bytes: Returns: what watchers, watches and targets take of memory, but
 * for what is kept for new ones */
gsize
udpnat_watch_table_get_bytes (const UdpnatWatchTable *self)
{
  return sizeof *self + udpnat_slab_get_count (self->watchers) * sizeof (Watcher)
         + udpnat_slab_get_count (self->watches) * sizeof (Watch)
         + udpnat_slab_get_count (self->targets) * (sizeof (Target) + sizeof (guint32));
}

/** udpnat_watch_table_get_count: Returns: of all watchers together */
guint
udpnat_watch_table_get_count (const UdpnatWatchTable *self)
{
  return udpnat_slab_get_count (self->watches);
}
