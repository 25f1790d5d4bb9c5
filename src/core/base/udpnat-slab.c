#include "config.h"

#include "udpnat-slab.h"

#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, n_bytes) ((void) (address), (void) (n_bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, n_bytes) ((void) (address), (void) (n_bytes))
#endif

/* Items lie in blocks of a fixed number, so that none ever moves and the numbers of a block follow
 * each other. A free item holds the place of the next free one of its block, and is not to be
 * touched: the sanitizer is told so. New items go into the first block with room, and a block in
 * which nobody is any more is given back: what many had for a while does not cost for ever. Blocks
 * are large, so that little is lost between them, and nothing of one is touched before it is used:
 * what has not been takes an address and no memory. */

#define BLOCK_BITS 11
#define BLOCK_ITEMS (1u << BLOCK_BITS)
#define ALIGN_BYTES 4
#define CACHE_LINE_BYTES 64 /* of most processors */

typedef struct
{
  guint8 *items;      /* NULL: given back */
  guint16 first_free; /* one more than its place in the block; 0: none */
  guint16 n_touched;  /* places that have been given out before */
  guint16 n_used;
} Block;

struct _UdpnatSlab
{
  gsize   item_bytes;
  Block  *blocks;
  guint   n_blocks;
  guint   first_open; /* no block before this one has room */
  guint8 *is_used;    /* a bit for each item */
  guint   n_used;
};

/** udpnat_slab_new: @item_bytes: at least 4; aligned to 8 where that divides it, else to 4 */
UdpnatSlab *
udpnat_slab_new (gsize item_bytes)
{
  UdpnatSlab *self = g_new0 (UdpnatSlab, 1);

  g_assert (item_bytes >= sizeof (guint32));
  self->item_bytes = (item_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
  return self;
}

static void
give_back (UdpnatSlab *self,
           Block      *block)
{
  if (block->items != NULL)
    ASAN_UNPOISON_MEMORY_REGION (block->items, BLOCK_ITEMS * self->item_bytes);
  g_free (block->items);
  *block = (Block) { 0 };
}

/** udpnat_slab_free: with all items that are left */
void
udpnat_slab_free (UdpnatSlab *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n_blocks; i++)
    give_back (self, &self->blocks[i]);
  g_free (self->blocks);
  g_free (self->is_used);
  g_free (self);
}

static gpointer
locate (const UdpnatSlab *self,
        guint32           index)
{
  return self->blocks[index >> BLOCK_BITS].items + (index & (BLOCK_ITEMS - 1)) * self->item_bytes;
}

static gboolean
is_used (const UdpnatSlab *self,
         guint32           index)
{
  return (self->is_used[index / 8] >> index % 8 & 1) != 0;
}

static void
add_block (UdpnatSlab *self)
{
  guint32 first = self->n_blocks * BLOCK_ITEMS;

  g_assert (first <= G_MAXUINT32 - BLOCK_ITEMS);
  self->blocks = g_renew (Block, self->blocks, self->n_blocks + 1);
  self->blocks[self->n_blocks++] = (Block) { 0 };
  self->is_used = g_realloc (self->is_used, (first + BLOCK_ITEMS) / 8);
  memset (self->is_used + first / 8, 0, BLOCK_ITEMS / 8);
}

static Block *
find_open_block (UdpnatSlab *self)
{
  Block *block;

  while (self->first_open < self->n_blocks
         && self->blocks[self->first_open].n_used == BLOCK_ITEMS)
    self->first_open++;
  if (self->first_open == self->n_blocks)
    add_block (self);
  block = &self->blocks[self->first_open];
  if (block->items == NULL)
    {
      block->items = g_malloc (BLOCK_ITEMS * self->item_bytes);
      ASAN_POISON_MEMORY_REGION (block->items, BLOCK_ITEMS * self->item_bytes);
    }
  return block;
}

/* Returns: the number of an item that nobody has; it may be touched */
static guint32
take_free (UdpnatSlab *self)
{
  Block   *block = find_open_block (self);
  guint    place = block->first_free > 0 ? block->first_free - 1u : block->n_touched++;
  guint16 *item = (guint16 *) (block->items + place * self->item_bytes);

  ASAN_UNPOISON_MEMORY_REGION (item, self->item_bytes);
  if (block->first_free > 0)
    block->first_free = *item;
  block->n_used++;
  return self->first_open * BLOCK_ITEMS + place + 1;
}

/* The block of @id has one more that is free; or it is given back. The first one stays, so that
 * whoever comes and goes alone costs nothing. */
static void
put_free (UdpnatSlab *self,
          guint32     id)
{
  guint    number = (id - 1) >> BLOCK_BITS;
  Block   *block = &self->blocks[number];
  guint16 *item = locate (self, id - 1);

  self->first_open = MIN (self->first_open, number);
  *item = block->first_free;
  block->first_free = (guint16) (((id - 1) & (BLOCK_ITEMS - 1)) + 1);
  ASAN_POISON_MEMORY_REGION (item, self->item_bytes);
  if (--block->n_used == 0 && number > 0)
    give_back (self, block);
}

/** udpnat_slab_add: Returns: the number of a new item, which is all zeros */
guint32
udpnat_slab_add (UdpnatSlab *self)
{
  guint32 id = take_free (self);

  memset (locate (self, id - 1), 0, self->item_bytes);
  self->is_used[(id - 1) / 8] |= (guint8) (1u << (id - 1) % 8);
  self->n_used++;
  return id;
}

/** udpnat_slab_remove: wiping what is secret is up to the caller */
void
udpnat_slab_remove (UdpnatSlab *self,
                    guint32     id)
{
  g_assert (udpnat_slab_get (self, id) != NULL);
  self->is_used[(id - 1) / 8] &= (guint8) ~(1u << (id - 1) % 8);
  self->n_used--;
  put_free (self, id);
}

/** udpnat_slab_get: Returns: (nullable) (transfer none): the item with this number; %NULL for 0 and
 * for a number that none has now */
gpointer
udpnat_slab_get (const UdpnatSlab *self,
                 guint32           id)
{
  if (id == 0 || id > self->n_blocks * BLOCK_ITEMS || !is_used (self, id - 1))
    return NULL;
  return locate (self, id - 1);
}

/** udpnat_slab_get_next: Returns: the least number above @id that an item has; 0: there is none */
guint32
udpnat_slab_get_next (const UdpnatSlab *self,
                      guint32           id)
{
  for (guint32 index = id; index < self->n_blocks * BLOCK_ITEMS; index++)
    if (is_used (self, index))
      return index + 1;
  return 0;
}

/** udpnat_slab_prefetch: will be asked for soon; does nothing for a number that none has now */
void
udpnat_slab_prefetch (const UdpnatSlab *self,
                      guint32           id)
{
  const guint8 *item;

  if (id == 0 || id > self->n_blocks * BLOCK_ITEMS
      || self->blocks[(id - 1) >> BLOCK_BITS].items == NULL)
    return;
  item = locate (self, id - 1);
  for (gsize i = 0; i < self->item_bytes; i += CACHE_LINE_BYTES)
    __builtin_prefetch (item + i);
  __builtin_prefetch (item + self->item_bytes - 1);
}

guint
udpnat_slab_get_count (const UdpnatSlab *self)
{
  return self->n_used;
}

/** udpnat_slab_get_bytes: Returns: how much it has for items, used or not */
gsize
udpnat_slab_get_bytes (const UdpnatSlab *self)
{
  gsize n = 0;

  for (guint i = 0; i < self->n_blocks; i++)
    if (self->blocks[i].items != NULL)
      n += BLOCK_ITEMS * self->item_bytes;
  return n;
}
