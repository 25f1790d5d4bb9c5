#include "config.h"

#include "udpnat-id-order.h"

#include <string.h>

/* A B+ tree of two levels: chunks of numbers, and a list of the chunks. Whatever is added or
 * removed moves a kilobyte at most, and once in a hundred times the list of chunks, which has
 * 16,000 pointers at four million numbers. What is looked for is found by halving both.
 *
 * A chunk that is full gives half of it to a new one; the last one, when the new number comes
 * behind all others, nothing: what comes in order fills chunks to the end. */

#define CHUNK_MAX 256
/* Two neighbours that have no more than this together become one. */
#define MERGE_MAX (CHUNK_MAX / 2)

typedef struct
{
  guint   n;
  guint32 ids[CHUNK_MAX];
} Chunk;

struct _UdpnatIdOrder
{
  UdpnatIdCompare compare;
  gpointer        user_data;
  GPtrArray      *chunks; /* none of them empty */
  guint           n_ids;
};

/** udpnat_id_order_new: @user_data: for @compare; must outlive the order */
UdpnatIdOrder *
udpnat_id_order_new (UdpnatIdCompare compare,
                     gpointer        user_data)
{
  UdpnatIdOrder *self = g_new0 (UdpnatIdOrder, 1);

  self->compare = compare;
  self->user_data = user_data;
  self->chunks = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
udpnat_id_order_free (UdpnatIdOrder *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->chunks);
  g_free (self);
}

static Chunk *
get_chunk (const UdpnatIdOrder *self,
           guint                index)
{
  return g_ptr_array_index (self->chunks, index);
}

static gboolean
is_before (const UdpnatIdOrder *self,
           guint32              id,
           gconstpointer        wanted,
           gboolean             is_behind)
{
  int order = self->compare (self->user_data, id, wanted);

  return order < 0 || (is_behind && order == 0);
}

/* Returns: the chunk that @wanted is in or belongs into */
static guint
find_chunk (const UdpnatIdOrder *self,
            gconstpointer        wanted,
            gboolean             is_behind)
{
  guint low = 0, high = self->chunks->len;

  while (low + 1 < high)
    {
      guint middle = low + (high - low) / 2;

      if (is_before (self, get_chunk (self, middle)->ids[0], wanted, is_behind))
        low = middle;
      else
        high = middle;
    }
  return low;
}

/**
 * udpnat_id_order_seek: @is_behind: whether the place is behind @wanted, too
 *
 * Returns: the place before all that come behind @wanted
 */
UdpnatIdPlace
udpnat_id_order_seek (const UdpnatIdOrder *self,
                      gconstpointer        wanted,
                      gboolean             is_behind)
{
  UdpnatIdPlace place = { 0, 0 };
  const Chunk  *chunk;
  guint         high;

  if (self->chunks->len == 0)
    return place;
  place.chunk = find_chunk (self, wanted, is_behind);
  chunk = get_chunk (self, place.chunk);
  high = chunk->n;
  while (place.index < high)
    {
      guint middle = place.index + (high - place.index) / 2;

      if (is_before (self, chunk->ids[middle], wanted, is_behind))
        place.index = middle + 1;
      else
        high = middle;
    }
  return place;
}

/** udpnat_id_order_next: Returns: the number behind @place, which goes on; 0: there is none */
guint32
udpnat_id_order_next (const UdpnatIdOrder *self,
                      UdpnatIdPlace       *place)
{
  while (place->chunk < self->chunks->len)
    {
      const Chunk *chunk = get_chunk (self, place->chunk);

      if (place->index < chunk->n)
        return chunk->ids[place->index++];
      place->chunk++;
      place->index = 0;
    }
  return 0;
}

/* ---- Changes ---- */

/* Makes room in the chunk of @place, which may move into the next one. */
static void
split (UdpnatIdOrder *self,
       UdpnatIdPlace *place)
{
  Chunk   *chunk = get_chunk (self, place->chunk);
  Chunk   *next = g_new (Chunk, 1);
  gboolean is_end = place->index == chunk->n && place->chunk + 1 == self->chunks->len;
  guint    n_kept = is_end ? chunk->n : chunk->n / 2;

  next->n = chunk->n - n_kept;
  memcpy (next->ids, chunk->ids + n_kept, next->n * sizeof next->ids[0]);
  chunk->n = n_kept;
  g_ptr_array_insert (self->chunks, (int) place->chunk + 1, next);
  if (place->index < n_kept || (place->index == n_kept && !is_end))
    return;
  place->chunk++;
  place->index -= n_kept;
}

/**
 * udpnat_id_order_add:
 * @id: not 0, and not there yet
 * @wanted: what @id stands for
 */
void
udpnat_id_order_add (UdpnatIdOrder *self,
                     guint32        id,
                     gconstpointer  wanted)
{
  UdpnatIdPlace place;
  Chunk        *chunk;

  g_assert (id != 0);
  if (self->chunks->len == 0)
    g_ptr_array_add (self->chunks, g_new0 (Chunk, 1));
  place = udpnat_id_order_seek (self, wanted, FALSE);
  if (get_chunk (self, place.chunk)->n == CHUNK_MAX)
    split (self, &place);
  chunk = get_chunk (self, place.chunk);
  memmove (chunk->ids + place.index + 1, chunk->ids + place.index,
           (chunk->n - place.index) * sizeof chunk->ids[0]);
  chunk->ids[place.index] = id;
  chunk->n++;
  self->n_ids++;
}

/* With the chunk behind it, when they are small. */
static void
merge (UdpnatIdOrder *self,
       guint          index)
{
  Chunk *chunk = get_chunk (self, index);
  Chunk *next = index + 1 < self->chunks->len ? get_chunk (self, index + 1) : NULL;

  if (chunk->n == 0)
    {
      g_ptr_array_remove_index (self->chunks, index);
      return;
    }
  if (next == NULL || chunk->n + next->n > MERGE_MAX)
    return;
  memcpy (chunk->ids + chunk->n, next->ids, next->n * sizeof next->ids[0]);
  chunk->n += next->n;
  g_ptr_array_remove_index (self->chunks, index + 1);
}

/** udpnat_id_order_remove: @wanted: one that is there, and stands where it stood when added */
void
udpnat_id_order_remove (UdpnatIdOrder *self,
                        gconstpointer  wanted)
{
  UdpnatIdPlace place = udpnat_id_order_seek (self, wanted, FALSE);
  Chunk        *chunk;

  if (place.chunk < self->chunks->len && place.index == get_chunk (self, place.chunk)->n)
    place = (UdpnatIdPlace) { place.chunk + 1, 0 };
  g_assert (place.chunk < self->chunks->len);
  chunk = get_chunk (self, place.chunk);
  g_assert (self->compare (self->user_data, chunk->ids[place.index], wanted) == 0);
  chunk->n--;
  memmove (chunk->ids + place.index, chunk->ids + place.index + 1,
           (chunk->n - place.index) * sizeof chunk->ids[0]);
  self->n_ids--;
  merge (self, place.chunk);
}

guint
udpnat_id_order_get_count (const UdpnatIdOrder *self)
{
  return self->n_ids;
}

/** udpnat_id_order_get_bytes: Returns: what it takes of memory, as far as it was asked for */
gsize
udpnat_id_order_get_bytes (const UdpnatIdOrder *self)
{
  return sizeof *self + self->chunks->len * (sizeof (Chunk) + sizeof (gpointer));
}
