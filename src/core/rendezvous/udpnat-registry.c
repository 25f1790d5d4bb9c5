#include "config.h"

#include "udpnat-registry.h"

#include "udpnat-name.h"
#include "udpnat-siphash.h"

#include <string.h>

/* Names and their owners (PROTOCOL.md section 12). Strangers choose names and keys, so both tables
 * compare a SipHash value under a key of our own before anything else: nobody can make them
 * collide.
 *
 * The roster is a balanced tree by the number of an entry's last change. Whoever knows everything
 * up to some number finds what is new behind it, however many others read at the same time and
 * however the list has changed in between.
 *
 * It neither stores anything nor knows what a session is. */

typedef struct
{
  guint64         hash;
  UdpnatPublicKey key;
  guint           n_names;
} KeyCount;

struct _UdpnatRegistry
{
  guint8      hash_key[UDPNAT_SIPHASH_KEY_BYTES];
  GHashTable *names;  /* set of UdpnatRegistryEntry, owned */
  GHashTable *keys;   /* set of KeyCount, owned */
  GHashTable *claims; /* claim id (in the entry) -> UdpnatRegistryEntry, borrowed */
  GTree      *roster; /* UdpnatRegistryEntry by sequence, borrowed */
  guint64     last_claim_id;
  guint64     last_sequence;
};

static guint
entry_hash (gconstpointer pointer)
{
  return (guint) ((const UdpnatRegistryEntry *) pointer)->hash;
}

static gboolean
entry_equal (gconstpointer a,
             gconstpointer b)
{
  const UdpnatRegistryEntry *left = a, *right = b;

  return left->hash == right->hash && strcmp (left->folded, right->folded) == 0;
}

static void
entry_free (gpointer pointer)
{
  UdpnatRegistryEntry *entry = pointer;

  g_free (entry->name);
  g_free (entry->folded);
  g_free (entry);
}

static guint
count_hash (gconstpointer pointer)
{
  return (guint) ((const KeyCount *) pointer)->hash;
}

static gboolean
count_equal (gconstpointer a,
             gconstpointer b)
{
  const KeyCount *left = a, *right = b;

  return left->hash == right->hash && udpnat_public_key_equal (&left->key, &right->key);
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

  udpnat_random_fill (random, self->hash_key, sizeof self->hash_key);
  self->names = g_hash_table_new_full (entry_hash, entry_equal, entry_free, NULL);
  self->keys = g_hash_table_new_full (count_hash, count_equal, g_free, NULL);
  self->claims = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->roster = g_tree_new_full (compare_sequences, NULL, NULL, NULL);
  return self;
}

void
udpnat_registry_free (UdpnatRegistry *self)
{
  if (self == NULL)
    return;
  g_tree_unref (self->roster);
  g_hash_table_unref (self->claims);
  g_hash_table_unref (self->keys);
  g_hash_table_unref (self->names);
  g_free (self);
}

/* ---- Names ---- */

static guint64
hash_text (const UdpnatRegistry *self,
           const char           *text)
{
  return udpnat_siphash (self->hash_key, (const guint8 *) text, strlen (text));
}

static KeyCount *
find_count (const UdpnatRegistry  *self,
            const UdpnatPublicKey *key)
{
  KeyCount wanted = { .key = *key };

  wanted.hash = udpnat_siphash (self->hash_key, key->bytes, UDPNAT_KEY_BYTES);
  return g_hash_table_lookup (self->keys, &wanted);
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
  g_autofree char    *folded = udpnat_name_fold (name);
  UdpnatRegistryEntry wanted = { .folded = folded };

  if (folded == NULL)
    return NULL;
  wanted.hash = hash_text (self, folded);
  return g_hash_table_lookup (self->names, &wanted);
}

UdpnatRegistryEntry *
udpnat_registry_find_claim (const UdpnatRegistry *self,
                            guint64               claim_id)
{
  return g_hash_table_lookup (self->claims, &claim_id);
}

static void
count_name (UdpnatRegistry        *self,
            const UdpnatPublicKey *key)
{
  KeyCount *count = find_count (self, key);

  if (count == NULL)
    {
      count = g_new0 (KeyCount, 1);
      count->key = *key;
      count->hash = udpnat_siphash (self->hash_key, key->bytes, UDPNAT_KEY_BYTES);
      g_hash_table_add (self->keys, count);
    }
  count->n_names++;
}

static void
uncount_name (UdpnatRegistry        *self,
              const UdpnatPublicKey *key)
{
  KeyCount *count = find_count (self, key);

  if (--count->n_names == 0)
    g_hash_table_remove (self->keys, count);
}

/**
 * udpnat_registry_add:
 * @name: as udpnat_name_normalize() gives it; must not be there yet
 * @is_stored: the pair is on disk already; else it gets a claim id
 */
UdpnatRegistryEntry *
udpnat_registry_add (UdpnatRegistry        *self,
                     const char            *name,
                     const UdpnatPublicKey *key,
                     gboolean               is_stored)
{
  UdpnatRegistryEntry *entry = g_new0 (UdpnatRegistryEntry, 1);

  entry->name = g_strdup (name);
  entry->folded = udpnat_name_fold (name);
  entry->hash = hash_text (self, entry->folded);
  entry->key = *key;
  g_assert (!g_hash_table_contains (self->names, entry));
  g_hash_table_add (self->names, entry);
  count_name (self, key);
  if (!is_stored)
    {
      entry->claim_id = ++self->last_claim_id;
      g_hash_table_insert (self->claims, &entry->claim_id, entry);
    }
  return entry;
}

/** udpnat_registry_set_stored: the claim is on disk now */
void
udpnat_registry_set_stored (UdpnatRegistry      *self,
                            UdpnatRegistryEntry *entry)
{
  g_hash_table_remove (self->claims, &entry->claim_id);
  entry->claim_id = 0;
}

/** udpnat_registry_remove: forgets a name, whose claim could not be stored */
void
udpnat_registry_remove (UdpnatRegistry      *self,
                        UdpnatRegistryEntry *entry)
{
  if (entry->claim_id != 0)
    g_hash_table_remove (self->claims, &entry->claim_id);
  if (entry->sequence != 0)
    g_tree_remove (self->roster, &entry->sequence);
  uncount_name (self, &entry->key);
  g_hash_table_remove (self->names, entry);
}

/** udpnat_registry_count_names: Returns: how many names @key has, claims included */
guint
udpnat_registry_count_names (const UdpnatRegistry  *self,
                             const UdpnatPublicKey *key)
{
  const KeyCount *count = find_count (self, key);

  return count != NULL ? count->n_names : 0;
}

guint
udpnat_registry_get_count (const UdpnatRegistry *self)
{
  return g_hash_table_size (self->names);
}

guint
udpnat_registry_get_claims (const UdpnatRegistry *self)
{
  return g_hash_table_size (self->claims);
}

/* ---- Roster ---- */

/** udpnat_registry_publish: @entry has changed: it becomes the roster's newest */
void
udpnat_registry_publish (UdpnatRegistry      *self,
                         UdpnatRegistryEntry *entry)
{
  if (entry->sequence != 0)
    g_tree_remove (self->roster, &entry->sequence);
  entry->sequence = ++self->last_sequence;
  g_tree_insert (self->roster, &entry->sequence, entry);
}

/**
 * udpnat_registry_next_change:
 *
 * Returns: (nullable): the oldest entry whose last change is newer than @sequence
 */
UdpnatRegistryEntry *
udpnat_registry_next_change (const UdpnatRegistry *self,
                             guint64               sequence)
{
  GTreeNode *node = g_tree_upper_bound (self->roster, &sequence);

  return node != NULL ? g_tree_node_value (node) : NULL;
}
