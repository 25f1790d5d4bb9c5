#include "config.h"

#include "udpnat-id-set.h"

#include <string.h>

/* Open addressing with linear probing (Knuth, The Art of Computer Programming, vol. 3, section 6.4,
 * algorithms L and R): what is removed leaves no mark, those behind it move up. The place of a hash
 * is its share of the table, so that the table can have any size and grow by half. */

#define SLOTS_MIN 16

struct _UdpnatIdSet
{
  UdpnatIdHash  hash;
  UdpnatIdMatch match;
  gpointer      user_data;
  guint32      *slots; /* 0: empty */
  gsize         n_slots;
  guint         n_used;
};

/** udpnat_id_set_new: @user_data: for both functions; must outlive the set */
UdpnatIdSet *
udpnat_id_set_new (UdpnatIdHash  hash,
                   UdpnatIdMatch match,
                   gpointer      user_data)
{
  UdpnatIdSet *self = g_new0 (UdpnatIdSet, 1);

  self->hash = hash;
  self->match = match;
  self->user_data = user_data;
  self->n_slots = SLOTS_MIN;
  self->slots = g_new0 (guint32, SLOTS_MIN);
  return self;
}

void
udpnat_id_set_free (UdpnatIdSet *self)
{
  if (self == NULL)
    return;
  g_free (self->slots);
  g_free (self);
}

/* Where one with this hash would be if it were alone. */
static gsize
get_home (const UdpnatIdSet *self,
          guint32            hash)
{
  return (gsize) ((guint64) hash * self->n_slots >> 32);
}

static gsize
get_next (const UdpnatIdSet *self,
          gsize              slot)
{
  return slot + 1 < self->n_slots ? slot + 1 : 0;
}

/** udpnat_id_set_find: Returns: the number of what is looked for; 0: it is not there */
guint32
udpnat_id_set_find (const UdpnatIdSet *self,
                    guint32            hash,
                    gconstpointer      wanted)
{
  gsize slot = get_home (self, hash);

  for (; self->slots[slot] != 0; slot = get_next (self, slot))
    if (self->match (self->user_data, self->slots[slot], wanted))
      return self->slots[slot];
  return 0;
}

static void
put (UdpnatIdSet *self,
     guint32      id)
{
  gsize slot = get_home (self, self->hash (self->user_data, id));

  while (self->slots[slot] != 0)
    slot = get_next (self, slot);
  self->slots[slot] = id;
}

static void
resize (UdpnatIdSet *self,
        gsize        n_slots)
{
  g_autofree guint32 *before = g_steal_pointer (&self->slots);
  gsize n_before = self->n_slots;

  self->n_slots = n_slots;
  self->slots = g_new0 (guint32, n_slots);
  for (gsize i = 0; i < n_before; i++)
    if (before[i] != 0)
      put (self, before[i]);
}

/** udpnat_id_set_add: @id: not 0, and of an item that is not in the set */
void
udpnat_id_set_add (UdpnatIdSet *self,
                   guint32      id)
{
  g_assert (id != 0);
  if ((gsize) self->n_used + 1 > self->n_slots / 5 * 4)
    resize (self, self->n_slots + self->n_slots / 2);
  put (self, id);
  self->n_used++;
}

/** udpnat_id_set_remove: @id: one that is in the set, and whose hash is still what it was */
void
udpnat_id_set_remove (UdpnatIdSet *self,
                      guint32      id)
{
  gsize hole = get_home (self, self->hash (self->user_data, id));

  for (; self->slots[hole] != id; hole = get_next (self, hole))
    g_assert (self->slots[hole] != 0);
  for (gsize slot = get_next (self, hole); self->slots[slot] != 0; slot = get_next (self, slot))
    {
      gsize home = get_home (self, self->hash (self->user_data, self->slots[slot]));

      /* Whoever lies between its home and here, and whose home is not behind the hole, may move. */
      if ((slot + self->n_slots - home) % self->n_slots
          < (slot + self->n_slots - hole) % self->n_slots)
        continue;
      self->slots[hole] = self->slots[slot];
      hole = slot;
    }
  self->slots[hole] = 0;
  self->n_used--;
  if (self->n_slots > SLOTS_MIN && self->n_used < self->n_slots / 5)
    resize (self, MAX (SLOTS_MIN, self->n_slots / 2));
}

guint
udpnat_id_set_get_count (const UdpnatIdSet *self)
{
  return self->n_used;
}
