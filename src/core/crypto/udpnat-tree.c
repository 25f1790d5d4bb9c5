#include "config.h"

#include "udpnat-tree.h"

#include <sodium.h>
#include <string.h>

/* Level 0 are the hashes of chunks; an entry of the next level is the hash of a block of 1,024
 * entries below, the last of which may be shorter; the top level is one entry. Leaves, nodes and
 * root are told apart by BLAKE2b's personalization, so that none can be taken for another, and the
 * length is in the root, so that nothing can be cut off or added. */

typedef struct
{
  guint64   n_entries;
  guint8  **blocks; /* of UDPNAT_TREE_FANOUT entries; NULL: not known */
} Level;

struct _UdpnatTree
{
  guint64  size;
  guint64  n_added; /* chunks, of a tree that is built */
  gboolean has_root;
  guint8   root[UDPNAT_TREE_HASH_BYTES];
  guint    n_levels;
  Level    levels[UDPNAT_TREE_LEVELS_MAX];
};

static void
hash (const char   *personal,
      const guint8 *data,
      gsize         n_data,
      guint8        out[UDPNAT_TREE_HASH_BYTES])
{
  guint8 padded[crypto_generichash_blake2b_PERSONALBYTES] = { 0 };

  memcpy (padded, personal, strlen (personal));
  crypto_generichash_blake2b_salt_personal (out, UDPNAT_TREE_HASH_BYTES, data, n_data, NULL, 0,
                                            NULL, padded);
}

static void
hash_root (guint64       size,
           const guint8  top[UDPNAT_TREE_HASH_BYTES],
           guint8        out[UDPNAT_TREE_HASH_BYTES])
{
  guint8  data[sizeof size + UDPNAT_TREE_HASH_BYTES];
  guint64 size_be = GUINT64_TO_BE (size);

  memcpy (data, &size_be, sizeof size_be);
  memcpy (data + sizeof size_be, top, UDPNAT_TREE_HASH_BYTES);
  hash ("udpnat root", data, sizeof data, out);
}

static guint64
count_blocks (const Level *level)
{
  return (level->n_entries + UDPNAT_TREE_FANOUT - 1) / UDPNAT_TREE_FANOUT;
}

static gsize
count_in_block (const Level *level,
                guint64      block)
{
  return (gsize) MIN (UDPNAT_TREE_FANOUT, level->n_entries - block * UDPNAT_TREE_FANOUT);
}

/**
 * udpnat_tree_new:
 * @size: of the file, in bytes; up to %UDPNAT_TREE_SIZE_MAX
 *
 * To be built with udpnat_tree_add_chunk(). An empty file has one chunk, which is empty.
 */
UdpnatTree *
udpnat_tree_new (guint64 size)
{
  UdpnatTree *self = g_new0 (UdpnatTree, 1);
  guint64     n = MAX (1, (size + UDPNAT_CHUNK_BYTES - 1) / UDPNAT_CHUNK_BYTES);

  g_assert (size <= UDPNAT_TREE_SIZE_MAX);
  self->size = size;
  for (;; n = count_blocks (&self->levels[self->n_levels++]))
    {
      Level *level = &self->levels[self->n_levels];

      level->n_entries = n;
      level->blocks = g_new0 (guint8 *, count_blocks (level));
      if (n == 1)
        break;
    }
  self->n_levels++;
  return self;
}

/** udpnat_tree_new_for_root: to be learned with udpnat_tree_learn_block() */
UdpnatTree *
udpnat_tree_new_for_root (guint64      size,
                          const guint8 root[UDPNAT_TREE_HASH_BYTES])
{
  UdpnatTree *self = udpnat_tree_new (size);

  memcpy (self->root, root, sizeof self->root);
  self->has_root = TRUE;
  return self;
}

void
udpnat_tree_free (UdpnatTree *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n_levels; i++)
    {
      for (guint64 j = 0; j < count_blocks (&self->levels[i]); j++)
        g_free (self->levels[i].blocks[j]);
      g_free (self->levels[i].blocks);
    }
  g_free (self);
}

guint64
udpnat_tree_get_size (const UdpnatTree *self)
{
  return self->size;
}

guint64
udpnat_tree_count_chunks (const UdpnatTree *self)
{
  return self->levels[0].n_entries;
}

/** udpnat_tree_get_chunk_bytes: Returns: its length: the last one may be shorter than the others */
gsize
udpnat_tree_get_chunk_bytes (const UdpnatTree *self,
                             guint64           chunk)
{
  g_assert (chunk < udpnat_tree_count_chunks (self));
  return (gsize) MIN (UDPNAT_CHUNK_BYTES, self->size - chunk * UDPNAT_CHUNK_BYTES);
}

/* ---- Building ---- */

static void
set_entry (UdpnatTree   *self,
           guint         level,
           guint64       entry,
           const guint8  value[UDPNAT_TREE_HASH_BYTES])
{
  guint8 **block = &self->levels[level].blocks[entry / UDPNAT_TREE_FANOUT];

  if (*block == NULL)
    *block = g_malloc (count_in_block (&self->levels[level], entry / UDPNAT_TREE_FANOUT)
                       * UDPNAT_TREE_HASH_BYTES);
  memcpy (*block + entry % UDPNAT_TREE_FANOUT * UDPNAT_TREE_HASH_BYTES, value,
          UDPNAT_TREE_HASH_BYTES);
}

/**
 * udpnat_tree_add_chunk:
 * @data: (array length=n_data): the next chunk, as long as udpnat_tree_get_chunk_bytes() says
 *
 * Of a tree without a root; that has one after the last chunk
 */
void
udpnat_tree_add_chunk (UdpnatTree   *self,
                       const guint8 *data,
                       gsize         n_data)
{
  guint64 entry = self->n_added++;
  guint8  value[UDPNAT_TREE_HASH_BYTES];
  guint   level = 0;

  g_assert (!self->has_root && n_data == udpnat_tree_get_chunk_bytes (self, entry));
  hash ("udpnat chunk", data, n_data, value);
  set_entry (self, 0, entry, value);
  /* The last entry of a block makes one of the next level. */
  while (level + 1 < self->n_levels && (entry % UDPNAT_TREE_FANOUT == UDPNAT_TREE_FANOUT - 1
                                        || entry == self->levels[level].n_entries - 1))
    {
      gsize         n_block;
      const guint8 *block = udpnat_tree_get_block (self, level, entry / UDPNAT_TREE_FANOUT,
                                                   &n_block);

      hash ("udpnat node", block, n_block, value);
      entry /= UDPNAT_TREE_FANOUT;
      set_entry (self, ++level, entry, value);
    }
  if (level + 1 < self->n_levels)
    return;
  hash_root (self->size, self->levels[level].blocks[0], self->root);
  self->has_root = TRUE;
}

/** udpnat_tree_get_root: Returns: %FALSE when chunks are still missing */
gboolean
udpnat_tree_get_root (const UdpnatTree *self,
                      guint8            out[UDPNAT_TREE_HASH_BYTES])
{
  if (self->has_root)
    memcpy (out, self->root, sizeof self->root);
  return self->has_root;
}

/**
 * udpnat_tree_get_block:
 *
 * Returns: (transfer none) (nullable) (array length=out_n): the hashes of one block; %NULL when
 *   there is none at that place, or it is not known
 */
const guint8 *
udpnat_tree_get_block (const UdpnatTree *self,
                       guint             level,
                       guint64           block,
                       gsize            *out_n)
{
  *out_n = 0;
  if (level >= self->n_levels || block >= count_blocks (&self->levels[level])
      || self->levels[level].blocks[block] == NULL)
    return NULL;
  *out_n = count_in_block (&self->levels[level], block) * UDPNAT_TREE_HASH_BYTES;
  return self->levels[level].blocks[block];
}

/* ---- Learning ---- */

/**
 * udpnat_tree_find_missing:
 *
 * Finds what has to be learned next before @chunk can be checked. That is never the last level,
 * which follows from the one below it.
 *
 * Returns: %FALSE when it can be
 */
gboolean
udpnat_tree_find_missing (const UdpnatTree *self,
                          guint64           chunk,
                          guint            *out_level,
                          guint64          *out_block)
{
  g_assert (chunk < udpnat_tree_count_chunks (self));
  for (guint level = self->n_levels - 1; level-- > 0;)
    {
      guint64 block = chunk;

      for (guint i = 0; i <= level; i++)
        block /= UDPNAT_TREE_FANOUT;
      if (self->levels[level].blocks[block] == NULL)
        {
          *out_level = level;
          *out_block = block;
          return TRUE;
        }
    }
  return FALSE;
}

static gboolean
is_top (const UdpnatTree *self,
        const guint8      value[UDPNAT_TREE_HASH_BYTES])
{
  guint8 root[UDPNAT_TREE_HASH_BYTES];

  hash_root (self->size, value, root);
  return memcmp (root, self->root, sizeof root) == 0;
}

/* The block has the hash that is known of it. */
static gboolean
is_true_block (const UdpnatTree *self,
               guint             level,
               guint64           block,
               const guint8     *data,
               gsize             n_data)
{
  guint8        value[UDPNAT_TREE_HASH_BYTES];
  const guint8 *above;

  if (level + 1 == self->n_levels)
    return is_top (self, data);
  hash ("udpnat node", data, n_data, value);
  if (level + 2 == self->n_levels)
    return is_top (self, value);
  above = self->levels[level + 1].blocks[block / UDPNAT_TREE_FANOUT];
  if (above == NULL)
    return FALSE;
  return memcmp (value, above + block % UDPNAT_TREE_FANOUT * UDPNAT_TREE_HASH_BYTES,
                 sizeof value) == 0;
}

/**
 * udpnat_tree_learn_block:
 * @data: (array length=n_data): not trusted
 *
 * Returns: %FALSE when it is not what the root says, or that cannot be told yet
 */
gboolean
udpnat_tree_learn_block (UdpnatTree   *self,
                         guint         level,
                         guint64       block,
                         const guint8 *data,
                         gsize         n_data)
{
  g_assert (self->has_root);
  if (level >= self->n_levels || block >= count_blocks (&self->levels[level])
      || n_data != count_in_block (&self->levels[level], block) * UDPNAT_TREE_HASH_BYTES
      || !is_true_block (self, level, block, data, n_data))
    return FALSE;
  if (self->levels[level].blocks[block] == NULL)
    self->levels[level].blocks[block] = g_memdup2 (data, n_data);
  return TRUE;
}

/**
 * udpnat_tree_check_chunk:
 * @data: (array length=n_data): not trusted
 *
 * Returns: %FALSE when it is not what the root says, or that cannot be told yet
 */
gboolean
udpnat_tree_check_chunk (const UdpnatTree *self,
                         guint64           chunk,
                         const guint8     *data,
                         gsize             n_data)
{
  guint8        value[UDPNAT_TREE_HASH_BYTES];
  const guint8 *block;

  if (chunk >= udpnat_tree_count_chunks (self)
      || n_data != udpnat_tree_get_chunk_bytes (self, chunk))
    return FALSE;
  hash ("udpnat chunk", data, n_data, value);
  if (self->n_levels == 1)
    return is_top (self, value);
  block = self->levels[0].blocks[chunk / UDPNAT_TREE_FANOUT];
  if (block == NULL)
    return FALSE;
  return memcmp (value, block + chunk % UDPNAT_TREE_FANOUT * UDPNAT_TREE_HASH_BYTES,
                 sizeof value) == 0;
}
