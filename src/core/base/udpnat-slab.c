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
 * sanitizer is told so. Blocks are kept until the end. */

#define BLOCK_BITS 7
#define BLOCK_ITEMS (1u << BLOCK_BITS)

struct _UdpnatSlab
{
  gsize      item_bytes;
  GPtrArray *blocks;
  guint8    *is_used; /* a bit for each item */
  guint32    first_free;
  guint      n_used;
};

/** udpnat_slab_new: @item_bytes: at least 4 */
UdpnatSlab *
udpnat_slab_new (gsize item_bytes)
{
  UdpnatSlab *self = g_new0 (UdpnatSlab, 1);

  g_assert (item_bytes >= sizeof (guint32));
  self->item_bytes = (item_bytes + 7) / 8 * 8;
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

  g_assert (first <= G_MAXUINT32 - BLOCK_ITEMS);
  g_ptr_array_add (self->blocks, g_malloc (BLOCK_ITEMS * self->item_bytes));
  self->is_used = g_realloc (self->is_used, (first + BLOCK_ITEMS) / 8);
  memset (self->is_used + first / 8, 0, BLOCK_ITEMS / 8);
  for (guint32 id = first + BLOCK_ITEMS; id > first; id--)
    put_free (self, id);
}

/** udpnat_slab_add: Returns: the number of a new item, which is all zeros */
guint32
udpnat_slab_add (UdpnatSlab *self)
{
  guint32  id;
  guint32 *item;

  if (self->first_free == 0)
    add_block (self);
  id = self->first_free;
  item = locate (self, id - 1);
  ASAN_UNPOISON_MEMORY_REGION (item, self->item_bytes);
  self->first_free = *item;
  memset (item, 0, self->item_bytes);
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
  if (id == 0 || id > self->blocks->len * BLOCK_ITEMS || !is_used (self, id - 1))
    return NULL;
  return locate (self, id - 1);
}

/** udpnat_slab_get_next: Returns: the least number above @id that an item has; 0: there is none */
guint32
udpnat_slab_get_next (const UdpnatSlab *self,
                      guint32           id)
{
  guint32 n = self->blocks->len * BLOCK_ITEMS;

  for (guint32 index = id; index < n; index++)
    if (is_used (self, index))
      return index + 1;
  return 0;
}

guint
udpnat_slab_get_count (const UdpnatSlab *self)
{
  return self->n_used;
}
