#include "config.h"

#include "udpnat-index-table.h"

#include "udpnat-slab.h"

/* Finds the session of a packet by the receiver index that the packet carries (PROTOCOL.md section
 * 2). The keys are our own random numbers, never a stranger's choice, so they are as good as their
 * hashes. */

typedef struct
{
  gpointer session;
  guint32  index;
} Slot;

struct _UdpnatIndexTable
{
  UdpnatRandom random;
  UdpnatSlab  *slots; /* of Slot */
  UdpnatIdSet *set;   /* these by index */

  /* those that rest, of whom the index is only where the rest of them is */
  UdpnatIdSet *holders;
  UdpnatIdHash get_index;
  gpointer     user_data;
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
  return hash_slot (user_data, id) == *(const guint32 *) wanted;
}

static guint32
hash_holder (gpointer user_data,
             guint32  holder)
{
  const UdpnatIndexTable *self = user_data;

  return self->get_index (self->user_data, holder);
}

static gboolean
match_holder (gpointer      user_data,
              guint32       holder,
              gconstpointer wanted)
{
  return hash_holder (user_data, holder) == *(const guint32 *) wanted;
}

UdpnatIndexTable *
udpnat_index_table_new (const UdpnatRandom *random)
{
  UdpnatIndexTable *self = g_new0 (UdpnatIndexTable, 1);

  self->random = *random;
  self->slots = udpnat_slab_new (sizeof (Slot));
  self->set = udpnat_id_set_new (hash_slot, match_slot, self);
  self->holders = udpnat_id_set_new (hash_holder, match_holder, self);
  return self;
}

/**
 * udpnat_index_table_set_holders:
 * @get_index: says the index of the session that a holder has at rest
 *
 * Before the first session rests
 */
void
udpnat_index_table_set_holders (UdpnatIndexTable *self,
                                UdpnatIdHash      get_index,
                                gpointer          user_data)
{
  self->get_index = get_index;
  self->user_data = user_data;
}

/** udpnat_index_table_free: all sessions must have been freed before */
void
udpnat_index_table_free (UdpnatIndexTable *self)
{
  if (self == NULL)
    return;
  g_assert (udpnat_index_table_get_count (self) == 0);
  udpnat_id_set_free (self->holders);
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

static void
put_slot (UdpnatIndexTable *self,
          guint32           index,
          gpointer          session)
{
  guint32 id = udpnat_slab_add (self->slots);
  Slot   *slot = udpnat_slab_get (self->slots, id);

  slot->index = index;
  slot->session = session;
  udpnat_id_set_add (self->set, id);
}

static void
remove_slot (UdpnatIndexTable *self,
             guint32           id)
{
  udpnat_id_set_remove (self->set, id);
  udpnat_slab_remove (self->slots, id);
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
  guint32 index;

  g_assert (session != NULL);
  do
    index = udpnat_random_u32 (&self->random);
  while (index == 0 || find_id (self, index) != 0
         || udpnat_index_table_lookup_holder (self, index) != 0);
  put_slot (self, index, session);
  return index;
}

/** udpnat_index_table_remove: does nothing when it is not there */
void
udpnat_index_table_remove (UdpnatIndexTable *self,
                           guint32           index)
{
  guint32 id = find_id (self, index), holder = udpnat_index_table_lookup_holder (self, index);

  if (id != 0)
    remove_slot (self, id);
  else if (holder != 0)
    udpnat_id_set_remove (self->holders, holder);
}

/** udpnat_index_table_lookup: (transfer none) (nullable): the session with @index */
gpointer
udpnat_index_table_lookup (const UdpnatIndexTable *self,
                           guint32                 index)
{
  const Slot *slot = udpnat_slab_get (self->slots, find_id (self, index));

  return slot != NULL ? slot->session : NULL;
}

/** udpnat_index_table_lookup_holder: who holds the resting session with @index; 0: nobody */
guint32
udpnat_index_table_lookup_holder (const UdpnatIndexTable *self,
                                  guint32                 index)
{
  return udpnat_id_set_find (self->holders, index, &index);
}

/**
 * udpnat_index_table_set_session:
 * @index: of a session that rests
 * @session: borrowed: to whom it leads from now on
 */
void
udpnat_index_table_set_session (UdpnatIndexTable *self,
                                guint32           index,
                                gpointer          session)
{
  guint32 holder = udpnat_index_table_lookup_holder (self, index);

  g_assert (holder != 0);
  udpnat_id_set_remove (self->holders, holder);
  put_slot (self, index, session);
}

/**
 * udpnat_index_table_set_holder:
 * @index: of a session that is awake
 * @holder: not 0: has what is left of it, and already knows @index
 */
void
udpnat_index_table_set_holder (UdpnatIndexTable *self,
                               guint32           index,
                               guint32           holder)
{
  guint32 id = find_id (self, index);

  g_assert (id != 0);
  remove_slot (self, id);
  udpnat_id_set_add (self->holders, holder);
}

guint
udpnat_index_table_get_count (const UdpnatIndexTable *self)
{
  return udpnat_slab_get_count (self->slots) + udpnat_id_set_get_count (self->holders);
}
