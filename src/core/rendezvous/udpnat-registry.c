#include "config.h"

#include "udpnat-registry.h"

#include "udpnat-id-order.h"
#include "udpnat-id-set.h"
#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-siphash.h"
#include "udpnat-slab.h"

#include <string.h>

/* Names and their owners (PROTOCOL.md section 12). Strangers choose names and keys, so both tables
 * place them by a SipHash under a key of our own: nobody can make them collide.
 *
 * All entries of a key hang on the first of them, which is the one in the table of keys.
 *
 * The roster is a balanced tree by the number of an entry's last change. Whoever knows everything
 * up to some number finds what is new behind it, however many others read at the same time and
 * however the list has changed in between. When there are more than UDPNAT_DIRECTORY_WHOLE_MAX in
 * it nobody reads it that way any more, and the tree is given up; what goes on is the same list in
 * the order of the names.
 *
 * It neither stores anything nor knows what a session is. */

struct _UdpnatRegistry
{
  guint8       hash_key[UDPNAT_SIPHASH_KEY_BYTES];
  UdpnatSlab  *entries; /* of UdpnatRegistryEntry */
  UdpnatIdSet *names;   /* all that have one */
  UdpnatIdSet *keys;    /* the first entry of each key */
  GTree       *roster;  /* of Change, owned, in their order; NULL: there are too many */
  GHashTable  *changes; /* number of an entry -> its Change there, borrowed */
  UdpnatIdOrder *order; /* all that are in the roster, by folded name */
  guint        n_claims;
  guint64      last_sequence;
};

/* The last one of an entry. */
typedef struct
{
  guint64 sequence; /* first: it is what the tree compares */
  guint32 id;
} Change;

/* What a name is looked for with. */
typedef struct
{
  const char *folded;
  guint32     hash;
} WantedName;

static UdpnatRegistryEntry *
get_entry (const UdpnatRegistry *self,
           guint32               id)
{
  return udpnat_slab_get (self->entries, id);
}

/** udpnat_registry_get_name: Returns: (transfer none): as first registered, NFC; "" without one */
const char *
udpnat_registry_get_name (const UdpnatRegistryEntry *entry)
{
  const char *name;

  if (!entry->is_long)
    return entry->text;
  memcpy (&name, entry->text, sizeof name);
  return name;
}

static void
set_name (UdpnatRegistryEntry *entry,
          const char          *name)
{
  gsize n_name = strlen (name);

  entry->is_named = TRUE;
  entry->is_long = n_name >= sizeof entry->text;
  if (entry->is_long)
    {
      char *copy = g_strdup (name);

      memcpy (entry->text, &copy, sizeof copy);
    }
  else
    memcpy (entry->text, name, n_name + 1);
}

static void
clear_name (UdpnatRegistryEntry *entry)
{
  if (entry->is_long)
    g_free ((char *) udpnat_registry_get_name (entry));
}

/* ---- Tables ---- */

static guint32
hash_name (gpointer user_data,
           guint32  id)
{
  return get_entry (user_data, id)->name_hash;
}

static gboolean
match_name (gpointer      user_data,
            guint32       id,
            gconstpointer pointer)
{
  const UdpnatRegistryEntry *entry = get_entry (user_data, id);
  const WantedName          *wanted = pointer;
  const char                *name = udpnat_registry_get_name (entry);
  g_autofree char           *folded = NULL;

  if (entry->name_hash != wanted->hash)
    return FALSE;
  if (strcmp (name, wanted->folded) == 0) /* most are folded already */
    return TRUE;
  folded = udpnat_name_fold (name);
  return strcmp (folded, wanted->folded) == 0;
}

static guint32
hash_bytes (const UdpnatRegistry  *self,
            const UdpnatPublicKey *key)
{
  return (guint32) udpnat_siphash (self->hash_key, key->bytes, UDPNAT_KEY_BYTES);
}

static guint32
hash_key (gpointer user_data,
          guint32  id)
{
  return hash_bytes (user_data, &get_entry (user_data, id)->key);
}

static gboolean
match_key (gpointer      user_data,
           guint32       id,
           gconstpointer wanted)
{
  return udpnat_public_key_equal (&get_entry (user_data, id)->key, wanted);
}

/* A name without anything but ASCII is folded in place: most are, and a page looks at hundreds. */
static int
compare_folded (gpointer      user_data,
                guint32       id,
                gconstpointer wanted)
{
  const char      *name = udpnat_registry_get_name (get_entry (user_data, id));
  const char      *folded = wanted;
  g_autofree char *own = NULL;

  if (g_str_is_ascii (name))
    {
      while (*name != '\0' && g_ascii_tolower (*name) == *folded)
        {
          name++;
          folded++;
        }
      return (guchar) g_ascii_tolower (*name) - (guchar) *folded;
    }
  own = udpnat_name_fold (name);
  return strcmp (own, folded);
}

static int
compare_sequences (gconstpointer a,
                   gconstpointer b,
                   gpointer      user_data)
{
  guint64 left = *(const guint64 *) a, right = *(const guint64 *) b;

  return (left > right) - (left < right);
}

UdpnatRegistry *
udpnat_registry_new (const UdpnatRandom *random)
{
  UdpnatRegistry *self = g_new0 (UdpnatRegistry, 1);

  G_STATIC_ASSERT (sizeof (UdpnatRegistryEntry) == 64);
  udpnat_random_fill (random, self->hash_key, sizeof self->hash_key);
  self->entries = udpnat_slab_new (sizeof (UdpnatRegistryEntry));
  self->names = udpnat_id_set_new (hash_name, match_name, self);
  self->keys = udpnat_id_set_new (hash_key, match_key, self);
  self->roster = g_tree_new_full (compare_sequences, NULL, g_free, NULL);
  self->changes = g_hash_table_new (NULL, NULL);
  self->order = udpnat_id_order_new (compare_folded, self);
  return self;
}

static void
end_roster (UdpnatRegistry *self)
{
  g_clear_pointer (&self->changes, g_hash_table_unref);
  g_clear_pointer (&self->roster, g_tree_unref);
}

void
udpnat_registry_free (UdpnatRegistry *self)
{
  if (self == NULL)
    return;
  for (guint32 id = udpnat_slab_get_next (self->entries, 0); id != 0;
       id = udpnat_slab_get_next (self->entries, id))
    clear_name (get_entry (self, id));
  end_roster (self);
  udpnat_id_order_free (self->order);
  udpnat_id_set_free (self->keys);
  udpnat_id_set_free (self->names);
  udpnat_slab_free (self->entries);
  g_free (self);
}

/* ---- Keys ---- */

static UdpnatRegistryEntry *
find_first (const UdpnatRegistry  *self,
            const UdpnatPublicKey *key)
{
  return get_entry (self, udpnat_id_set_find (self->keys, hash_bytes (self, key), key));
}

static UdpnatRegistryEntry *
add_entry (UdpnatRegistry        *self,
           const UdpnatPublicKey *key)
{
  UdpnatRegistryEntry *first = find_first (self, key);
  guint32              id = udpnat_slab_add (self->entries);
  UdpnatRegistryEntry *entry = get_entry (self, id);

  entry->id = id;
  entry->key = *key;
  if (first == NULL)
    udpnat_id_set_add (self->keys, id);
  else
    {
      entry->next_of_key = first->next_of_key;
      first->next_of_key = id;
    }
  return entry;
}

static void
unlink_from_key (UdpnatRegistry      *self,
                 UdpnatRegistryEntry *entry)
{
  UdpnatRegistryEntry *before = find_first (self, &entry->key);

  if (before == entry)
    {
      udpnat_id_set_remove (self->keys, entry->id);
      if (entry->next_of_key != 0)
        udpnat_id_set_add (self->keys, entry->next_of_key);
      return;
    }
  while (before->next_of_key != entry->id)
    before = get_entry (self, before->next_of_key);
  before->next_of_key = entry->next_of_key;
}

/**
 * udpnat_registry_hold:
 *
 * Somebody is there with this key and under no name. To be removed by udpnat_registry_remove().
 */
UdpnatRegistryEntry *
udpnat_registry_hold (UdpnatRegistry        *self,
                      const UdpnatPublicKey *key)
{
  return add_entry (self, key);
}

/** udpnat_registry_find_session: (nullable): the entry of @key under which somebody is there */
UdpnatRegistryEntry *
udpnat_registry_find_session (const UdpnatRegistry  *self,
                              const UdpnatPublicKey *key)
{
  UdpnatRegistryEntry *entry = find_first (self, key);

  while (entry != NULL && entry->session == 0)
    entry = get_entry (self, entry->next_of_key);
  return entry;
}

/** udpnat_registry_count_names: Returns: how many names @key has, claims included */
guint
udpnat_registry_count_names (const UdpnatRegistry  *self,
                             const UdpnatPublicKey *key)
{
  guint n_names = 0;

  for (const UdpnatRegistryEntry *entry = find_first (self, key); entry != NULL;
       entry = get_entry (self, entry->next_of_key))
    n_names += entry->is_named ? 1 : 0;
  return n_names;
}

/** udpnat_registry_has_stored_name: Returns: whether @key has a name for good */
gboolean
udpnat_registry_has_stored_name (const UdpnatRegistry  *self,
                                 const UdpnatPublicKey *key)
{
  const UdpnatRegistryEntry *entry = find_first (self, key);

  while (entry != NULL && (!entry->is_named || entry->is_claim))
    entry = get_entry (self, entry->next_of_key);
  return entry != NULL;
}

/* ---- Names ---- */

static guint32
hash_text (const UdpnatRegistry *self,
           const char           *text)
{
  return (guint32) udpnat_siphash (self->hash_key, (const guint8 *) text, strlen (text));
}

/**
 * udpnat_registry_find:
 * @name: as udpnat_name_normalize() gives it
 *
 * Returns: (nullable) (transfer none): the entry of this name or of one that counts as equal
 */
UdpnatRegistryEntry *
udpnat_registry_find (const UdpnatRegistry *self,
                      const char           *name)
{
  g_autofree char *folded = udpnat_name_fold (name);

  if (folded == NULL)
    return NULL;
  return udpnat_registry_find_folded (self, folded, hash_text (self, folded));
}

/** udpnat_registry_find_folded: as udpnat_registry_find(); @hash: udpnat_registry_hash_name() */
UdpnatRegistryEntry *
udpnat_registry_find_folded (const UdpnatRegistry *self,
                             const char           *folded,
                             guint32               hash)
{
  const WantedName wanted = { .folded = folded, .hash = hash };

  return get_entry (self, udpnat_id_set_find (self->names, hash, &wanted));
}

/* ---- What will be asked soon ---- */

/* With very many entries, whatever is asked about lies in no cache. Who knows some questions ahead
 * takes each of these steps for all of them before the next step for any. */

static const UdpnatIdSet *
get_table (const UdpnatRegistry *self,
           UdpnatRegistryTable   table)
{
  return table == UDPNAT_REGISTRY_NAMES ? self->names : self->keys;
}

/** udpnat_registry_hash_name: @folded: as udpnat_name_fold() gives it */
guint32
udpnat_registry_hash_name (const UdpnatRegistry *self,
                           const char           *folded)
{
  return hash_text (self, folded);
}

guint32
udpnat_registry_hash_key (const UdpnatRegistry  *self,
                          const UdpnatPublicKey *key)
{
  return hash_bytes (self, key);
}

/** udpnat_registry_prefetch_slot: the first step: where in the table it would be */
void
udpnat_registry_prefetch_slot (const UdpnatRegistry *self,
                               UdpnatRegistryTable   table,
                               guint32               hash)
{
  udpnat_id_set_prefetch (get_table (self, table), hash);
}

/** udpnat_registry_prefetch_entry: the second. Returns: (nullable): most likely the entry, not to
 * be looked into before the third: what is kept of its session */
const UdpnatRegistryEntry *
udpnat_registry_prefetch_entry (const UdpnatRegistry *self,
                                UdpnatRegistryTable   table,
                                guint32               hash)
{
  guint32 id = udpnat_id_set_guess (get_table (self, table), hash);

  udpnat_slab_prefetch (self->entries, id);
  return get_entry (self, id);
}

/** udpnat_registry_find_claim: (nullable): @claim_id: the number of an entry that is a claim */
UdpnatRegistryEntry *
udpnat_registry_find_claim (const UdpnatRegistry *self,
                            guint64               claim_id)
{
  UdpnatRegistryEntry *entry = claim_id <= G_MAXUINT32 ? get_entry (self, (guint32) claim_id)
                                                       : NULL;

  return entry != NULL && entry->is_claim ? entry : NULL;
}

/**
 * udpnat_registry_add:
 * @name: as udpnat_name_normalize() gives it; must not be there yet
 * @is_stored: the pair is on disk already; else it is a claim, until it is stored or removed
 */
UdpnatRegistryEntry *
udpnat_registry_add (UdpnatRegistry        *self,
                     const char            *name,
                     const UdpnatPublicKey *key,
                     gboolean               is_stored)
{
  g_autofree char     *folded = udpnat_name_fold (name);
  UdpnatRegistryEntry *entry;

  g_assert (udpnat_registry_find (self, name) == NULL);
  entry = add_entry (self, key);
  set_name (entry, name);
  entry->name_hash = hash_text (self, folded);
  udpnat_id_set_add (self->names, entry->id);
  entry->is_claim = !is_stored;
  self->n_claims += is_stored ? 0 : 1;
  return entry;
}

/** udpnat_registry_set_stored: the claim is on disk now */
void
udpnat_registry_set_stored (UdpnatRegistry      *self,
                            UdpnatRegistryEntry *entry)
{
  g_assert (entry->is_claim);
  entry->is_claim = FALSE;
  self->n_claims--;
}

static void
forget_change (UdpnatRegistry            *self,
               const UdpnatRegistryEntry *entry)
{
  const Change *change = g_hash_table_lookup (self->changes, GUINT_TO_POINTER (entry->id));

  g_hash_table_remove (self->changes, GUINT_TO_POINTER (entry->id));
  if (change != NULL)
    g_tree_remove (self->roster, change);
}

/** udpnat_registry_remove: a name whose claim could not be stored, or an entry without a name */
void
udpnat_registry_remove (UdpnatRegistry      *self,
                        UdpnatRegistryEntry *entry)
{
  if (entry->is_claim)
    self->n_claims--;
  if (entry->is_in_roster)
    {
      g_autofree char *folded = udpnat_name_fold (udpnat_registry_get_name (entry));

      udpnat_id_order_remove (self->order, folded);
      if (self->roster != NULL)
        forget_change (self, entry);
    }
  if (entry->is_named)
    udpnat_id_set_remove (self->names, entry->id);
  unlink_from_key (self, entry);
  clear_name (entry);
  udpnat_slab_remove (self->entries, entry->id);
}

guint
udpnat_registry_get_count (const UdpnatRegistry *self)
{
  return udpnat_id_set_get_count (self->names);
}

guint
udpnat_registry_get_claims (const UdpnatRegistry *self)
{
  return self->n_claims;
}

/* ---- Roster ---- */

/** udpnat_registry_publish: @entry has changed: it becomes the roster's newest */
void
udpnat_registry_publish (UdpnatRegistry      *self,
                         UdpnatRegistryEntry *entry)
{
  Change *change;

  if (!entry->is_in_roster)
    {
      g_autofree char *folded = udpnat_name_fold (udpnat_registry_get_name (entry));

      entry->is_in_roster = TRUE;
      udpnat_id_order_add (self->order, entry->id, folded);
      if (udpnat_registry_is_large (self))
        end_roster (self);
    }
  if (self->roster == NULL)
    return;
  forget_change (self, entry);
  change = g_new (Change, 1);
  *change = (Change) { .sequence = ++self->last_sequence, .id = entry->id };
  g_tree_insert (self->roster, change, change);
  g_hash_table_insert (self->changes, GUINT_TO_POINTER (entry->id), change);
}

/** udpnat_registry_is_large: Returns: whether the roster has too many names to be told as a whole.
 * Once it has it stays so: names leave it with the registry only */
gboolean
udpnat_registry_is_large (const UdpnatRegistry *self)
{
  return self->roster == NULL
         || udpnat_id_order_get_count (self->order) > UDPNAT_DIRECTORY_WHOLE_MAX;
}

/**
 * udpnat_registry_next_change:
 * @sequence: (inout): of a change, 0 before the first; that of the one returned afterwards
 *
 * Returns: (nullable): the oldest entry whose last change is newer than @sequence; always %NULL
 *   when the roster is large
 */
UdpnatRegistryEntry *
udpnat_registry_next_change (const UdpnatRegistry *self,
                             guint64              *sequence)
{
  GTreeNode    *node = self->roster != NULL ? g_tree_upper_bound (self->roster, sequence) : NULL;
  const Change *change = node != NULL ? g_tree_node_value (node) : NULL;

  if (change == NULL)
    return NULL;
  *sequence = change->sequence;
  return get_entry (self, change->id);
}

static gboolean
begins_with (const UdpnatRegistryEntry *entry,
             const char                *prefix)
{
  g_autofree char *folded = udpnat_name_fold (udpnat_registry_get_name (entry));

  return g_str_has_prefix (folded, prefix);
}

/**
 * udpnat_registry_list:
 * @prefix: folded; "" for all
 * @after: folded; "" for the beginning
 * @entries: (out) (array length=n_max): those of the roster that begin with @prefix and come
 *   behind @after, in the order of their folded names
 * @out_has_more: (out): whether there are others behind them
 *
 * Returns: how many
 */
guint
udpnat_registry_list (const UdpnatRegistry *self,
                      const char           *prefix,
                      const char           *after,
                      UdpnatRegistryEntry **entries,
                      guint                 n_max,
                      gboolean             *out_has_more)
{
  gboolean             is_behind = strcmp (after, prefix) >= 0 && *after != '\0';
  UdpnatIdPlace        place = udpnat_id_order_seek (self->order, is_behind ? after : prefix,
                                                     is_behind);
  UdpnatRegistryEntry *entry;
  guint                n_entries = 0;

  *out_has_more = FALSE;
  while ((entry = get_entry (self, udpnat_id_order_next (self->order, &place))) != NULL
         && begins_with (entry, prefix))
    {
      *out_has_more = n_entries == n_max;
      if (*out_has_more)
        break;
      entries[n_entries++] = entry;
    }
  return n_entries;
}

/**
 * udpnat_registry_find_shown:
 *
 * Returns: (nullable): the entry by which others may know how things stand with @key: under which
 *   it is there and listed, else one under which it has been
 */
UdpnatRegistryEntry *
udpnat_registry_find_shown (const UdpnatRegistry  *self,
                            const UdpnatPublicKey *key)
{
  UdpnatRegistryEntry *last = NULL;

  for (UdpnatRegistryEntry *entry = find_first (self, key); entry != NULL;
       entry = get_entry (self, entry->next_of_key))
    {
      if (entry->session != 0 && entry->is_shown)
        return entry;
      if (entry->is_in_roster)
        last = entry;
    }
  return last;
}

/** udpnat_registry_get_order_bytes: Returns: what the order of the names takes of memory */
gsize
udpnat_registry_get_order_bytes (const UdpnatRegistry *self)
{
  return udpnat_id_order_get_bytes (self->order);
}
