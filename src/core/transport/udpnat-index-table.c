#include "config.h"

#include "udpnat-index-table.h"

#include "udpnat-id-set.h"
#include "udpnat-slab.h"

/* Finds the session of a packet by the receiver index that the packet carries (PROTOCOL.md section
 * 2). The keys are our own random numbers, never a stranger's choice, so they are as good as their
 * hashes. */

typedef struct
{
  gpointer value; /* a session, or who holds what is left of it */
  guint32  index;
  gboolean is_holder;
} Slot;

struct _UdpnatIndexTable
{
  UdpnatRandom random;
  UdpnatSlab  *slots; /* of Slot */
  UdpnatIdSet *set;   /* these by index */
};

static guint32
hash_slot (gpointer user_data,
           guint32  id)
{
  const UdpnatIndexTable *self = user_data;

  return ((const Slot *) udpnat_slab_get (self->slots, id))->index;
}

static gboolean
match_slot (gpointer      user_data,
            guint32       id,
            gconstpointer wanted)
{
  const UdpnatIndexTable *self = user_data;

  return ((const Slot *) udpnat_slab_get (self->slots, id))->index == *(const guint32 *) wanted;
}

UdpnatIndexTable *
udpnat_index_table_new (const UdpnatRandom *random)
{
  UdpnatIndexTable *self = g_new0 (UdpnatIndexTable, 1);

  self->random = *random;
  self->slots = udpnat_slab_new (sizeof (Slot));
  self->set = udpnat_id_set_new (hash_slot, match_slot, self);
  return self;
}

/** udpnat_index_table_free: all sessions must have been freed before */
void
udpnat_index_table_free (UdpnatIndexTable *self)
{
  if (self == NULL)
    return;
  g_assert (udpnat_slab_get_count (self->slots) == 0);
  udpnat_id_set_free (self->set);
  udpnat_slab_free (self->slots);
  g_free (self);
}

static guint32
find_id (const UdpnatIndexTable *self,
         guint32                 index)
{
  return udpnat_id_set_find (self->set, index, &index);
}

static Slot *
find_slot (const UdpnatIndexTable *self,
           guint32                 index)
{
  return udpnat_slab_get (self->slots, find_id (self, index));
}

/**
 * udpnat_index_table_add:
 * @session: borrowed
 *
 * Returns: a new random index, never 0, that leads to @session until udpnat_index_table_remove()
 */
guint32
udpnat_index_table_add (UdpnatIndexTable *self,
                        gpointer          session)
{
  guint32 index, id;
  Slot   *slot;

  g_assert (session != NULL);
  do
    index = udpnat_random_u32 (&self->random);
  while (index == 0 || find_id (self, index) != 0);
  id = udpnat_slab_add (self->slots);
  slot = udpnat_slab_get (self->slots, id);
  slot->index = index;
  slot->value = session;
  udpnat_id_set_add (self->set, id);
  return index;
}

/** udpnat_index_table_remove: does nothing when it is not there */
void
udpnat_index_table_remove (UdpnatIndexTable *self,
                           guint32           index)
{
  guint32 id = find_id (self, index);

  if (id == 0)
    return;
  udpnat_id_set_remove (self->set, id);
  udpnat_slab_remove (self->slots, id);
}

static gpointer
lookup (const UdpnatIndexTable *self,
        guint32                 index,
        gboolean                is_holder)
{
  const Slot *slot = find_slot (self, index);

  return slot != NULL && slot->is_holder == is_holder ? slot->value : NULL;
}

/** udpnat_index_table_lookup: (transfer none) (nullable): the session with @index */
gpointer
udpnat_index_table_lookup (const UdpnatIndexTable *self,
                           guint32                 index)
{
  return lookup (self, index, FALSE);
}

/** udpnat_index_table_lookup_holder: (transfer none) (nullable): who holds the resting session with
 * @index */
gpointer
udpnat_index_table_lookup_holder (const UdpnatIndexTable *self,
                                  guint32                 index)
{
  return lookup (self, index, TRUE);
}

static void
set_value (UdpnatIndexTable *self,
           guint32           index,
           gpointer          value,
           gboolean          is_holder)
{
  Slot *slot = find_slot (self, index);

  g_assert (slot != NULL);
  slot->value = value;
  slot->is_holder = is_holder;
}

/**
 * udpnat_index_table_set_session:
 * @index: one that is in the table
 * @session: borrowed: to whom it leads from now on
 */
void
udpnat_index_table_set_session (UdpnatIndexTable *self,
                                guint32           index,
                                gpointer          session)
{
  set_value (self, index, session, FALSE);
}

/** udpnat_index_table_set_holder: the session with @index rests: @holder has what is left of it */
void
udpnat_index_table_set_holder (UdpnatIndexTable *self,
                               guint32           index,
                               gpointer          holder)
{
  set_value (self, index, holder, TRUE);
}

guint
udpnat_index_table_get_count (const UdpnatIndexTable *self)
{
  return udpnat_slab_get_count (self->slots);
}
