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
 * each other. A free item holds the number of the next free one, and is not to be touched: the
 * sanitizer is told so. Blocks are kept until the end. They are large, so that little is lost
 * between them, and nothing of one is touched before it is used: what has not been takes an address
 * and no memory. */

#define BLOCK_BITS 11
#define BLOCK_ITEMS (1u << BLOCK_BITS)
#define ALIGN_BYTES 4
#define CACHE_LINE_BYTES 64 /* of most processors */

struct _UdpnatSlab
{
  gsize      item_bytes;
  GPtrArray *blocks;
  guint8    *is_used; /* a bit for each item */
  guint32    first_free;
  guint32    n_touched; /* numbers up to this one have been given out before */
  guint      n_used;
};

/** udpnat_slab_new: @item_bytes: at least 4; aligned to 8 where that divides it, else to 4 */
UdpnatSlab *
udpnat_slab_new (gsize item_bytes)
{
  UdpnatSlab *self = g_new0 (UdpnatSlab, 1);

  g_assert (item_bytes >= sizeof (guint32));
  self->item_bytes = (item_bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
  self->blocks = g_ptr_array_new ();
  return self;
}

/** udpnat_slab_free: with all items that are left */
void
udpnat_slab_free (UdpnatSlab *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->blocks->len; i++)
    {
      ASAN_UNPOISON_MEMORY_REGION (self->blocks->pdata[i], BLOCK_ITEMS * self->item_bytes);
      g_free (self->blocks->pdata[i]);
    }
  g_ptr_array_unref (self->blocks);
  g_free (self->is_used);
  g_free (self);
}

static gpointer
locate (const UdpnatSlab *self,
        guint32           index)
{
  guint8 *block = self->blocks->pdata[index >> BLOCK_BITS];

  return block + (index & (BLOCK_ITEMS - 1)) * self->item_bytes;
}

static gboolean
is_used (const UdpnatSlab *self,
         guint32           index)
{
  return (self->is_used[index / 8] >> index % 8 & 1) != 0;
}

/* @id becomes the first of those that are free. */
static void
put_free (UdpnatSlab *self,
          guint32     id)
{
  guint32 *item = locate (self, id - 1);

  *item = self->first_free;
  self->first_free = id;
  ASAN_POISON_MEMORY_REGION (item, self->item_bytes);
}

static void
add_block (UdpnatSlab *self)
{
  guint32 first = self->blocks->len * BLOCK_ITEMS;
  gpointer block = g_malloc (BLOCK_ITEMS * self->item_bytes);

  g_assert (first <= G_MAXUINT32 - BLOCK_ITEMS);
  ASAN_POISON_MEMORY_REGION (block, BLOCK_ITEMS * self->item_bytes);
  g_ptr_array_add (self->blocks, block);
  self->is_used = g_realloc (self->is_used, (first + BLOCK_ITEMS) / 8);
  memset (self->is_used + first / 8, 0, BLOCK_ITEMS / 8);
}

/* Returns: the number of an item that nobody has; it may be touched */
static guint32
take_free (UdpnatSlab *self)
{
  guint32  id = self->first_free;
  guint32 *item;

  if (id == 0)
    {
      if (self->n_touched == self->blocks->len * BLOCK_ITEMS)
        add_block (self);
      id = ++self->n_touched;
      ASAN_UNPOISON_MEMORY_REGION (locate (self, id - 1), self->item_bytes);
      return id;
    }
  item = locate (self, id - 1);
  ASAN_UNPOISON_MEMORY_REGION (item, self->item_bytes);
  self->first_free = *item;
  return id;
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
  if (id == 0 || id > self->n_touched || !is_used (self, id - 1))
    return NULL;
  return locate (self, id - 1);
}

/** udpnat_slab_get_next: Returns: the least number above @id that an item has; 0: there is none */
guint32
udpnat_slab_get_next (const UdpnatSlab *self,
                      guint32           id)
{
  for (guint32 index = id; index < self->n_touched; index++)
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

  if (id == 0 || id > self->n_touched)
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
