#include "config.h"

#include "udpnat-index-table.h"

#include "udpnat-slab.h"
#include "udpnat-speck.h"

/* Finds the session of a packet by the receiver index that the packet carries (PROTOCOL.md section
 * 2). The keys are our own random numbers, never a stranger's choice, so they are as good as their
 * hashes.
 *
 * An index that has a holder is the holder's number and eight random bits, enciphered: to others it
 * looks like any other, and we need no table to find out whom it is of. */

#define HOLDER_BITS 24
#define HOLDER_MASK ((1u << HOLDER_BITS) - 1)

G_STATIC_ASSERT (UDPNAT_INDEX_HOLDER_MAX == HOLDER_MASK);

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

  /* those that rest */
  guint        n_held;
  UdpnatSpeck  speck;
  UdpnatIdHash get_index; /* nullable: nobody holds any */
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

UdpnatIndexTable *
udpnat_index_table_new (const UdpnatRandom *random)
{
  UdpnatIndexTable *self = g_new0 (UdpnatIndexTable, 1);
  guint8            key[UDPNAT_SPECK_KEY_BYTES];

  self->random = *random;
  udpnat_random_fill (random, key, sizeof key);
  udpnat_speck_init (&self->speck, key);
  self->slots = udpnat_slab_new (sizeof (Slot));
  self->set = udpnat_id_set_new (hash_slot, match_slot, self);
  return self;
}

/**
 * udpnat_index_table_set_holders:
 * @get_index: says the index of the session that a holder has at rest; 0: there is no such holder,
 *   or it has none
 *
 * Before the first session that has a holder
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

static gboolean
is_taken (const UdpnatIndexTable *self,
          guint32                 index)
{
  return index == 0 || find_id (self, index) != 0
         || udpnat_index_table_lookup_holder (self, index) != 0;
}

/* A holder has an index or two at a time, of 256. */
static guint32
draw (const UdpnatIndexTable *self,
      guint32                 holder)
{
  guint32 random = udpnat_random_u32 (&self->random);

  if (holder == 0)
    return random;
  return udpnat_speck_encrypt (&self->speck, random << HOLDER_BITS | holder);
}

/**
 * udpnat_index_table_add:
 * @session: borrowed
 * @holder: who holds what is left of it while it rests, up to %UDPNAT_INDEX_HOLDER_MAX; 0: it never
 *   does
 *
 * Returns: a new random index, never 0, that leads to @session until udpnat_index_table_remove()
 */
guint32
udpnat_index_table_add (UdpnatIndexTable *self,
                        gpointer          session,
                        guint32           holder)
{
  guint32 index;

  g_assert (session != NULL && holder <= UDPNAT_INDEX_HOLDER_MAX);
  do
    index = draw (self, holder);
  while (is_taken (self, index));
  put_slot (self, index, session);
  return index;
}

/**
 * udpnat_index_table_hold: as udpnat_index_table_add(), of a session that begins at rest
 *
 * @holder has to say that it has the index before the table is used again.
 */
guint32
udpnat_index_table_hold (UdpnatIndexTable *self,
                         guint32           holder)
{
  guint32 index;

  g_assert (holder != 0 && holder <= UDPNAT_INDEX_HOLDER_MAX);
  do
    index = draw (self, holder);
  while (is_taken (self, index));
  self->n_held++;
  return index;
}

/** udpnat_index_table_remove: does nothing when it is not there */
void
udpnat_index_table_remove (UdpnatIndexTable *self,
                           guint32           index)
{
  guint32 id = find_id (self, index);

  if (id != 0)
    remove_slot (self, id);
  else if (udpnat_index_table_lookup_holder (self, index) != 0)
    self->n_held--;
}

/** udpnat_index_table_lookup: (transfer none) (nullable): the session with @index */
gpointer
udpnat_index_table_lookup (const UdpnatIndexTable *self,
                           guint32                 index)
{
  const Slot *slot = udpnat_slab_get (self->slots, find_id (self, index));

  return slot != NULL ? slot->session : NULL;
}

/** udpnat_index_table_guess_holder: who holds the session with @index, if it rests; else anybody */
guint32
udpnat_index_table_guess_holder (const UdpnatIndexTable *self,
                                 guint32                 index)
{
  return udpnat_speck_decrypt (&self->speck, index) & HOLDER_MASK;
}

/** udpnat_index_table_lookup_holder: who holds the resting session with @index; 0: nobody */
guint32
udpnat_index_table_lookup_holder (const UdpnatIndexTable *self,
                                  guint32                 index)
{
  return udpnat_index_table_check_holder (self, index,
                                          udpnat_index_table_guess_holder (self, index));
}

/** udpnat_index_table_check_holder: as udpnat_index_table_lookup_holder(); @guess: what
 * udpnat_index_table_guess_holder() has said of @index */
guint32
udpnat_index_table_check_holder (const UdpnatIndexTable *self,
                                 guint32                 index,
                                 guint32                 guess)
{
  if (self->get_index == NULL || index == 0)
    return 0;
  return self->get_index (self->user_data, guess) == index ? guess : 0;
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
  g_assert (udpnat_index_table_lookup_holder (self, index) != 0);
  self->n_held--;
  put_slot (self, index, session);
}

/**
 * udpnat_index_table_set_held:
 * @index: of a session that is awake and has a holder, who has what is left of it from now on
 */
void
udpnat_index_table_set_held (UdpnatIndexTable *self,
                             guint32           index)
{
  guint32 id = find_id (self, index);

  g_assert (id != 0);
  remove_slot (self, id);
  self->n_held++;
}

guint
udpnat_index_table_get_count (const UdpnatIndexTable *self)
{
  return udpnat_slab_get_count (self->slots) + self->n_held;
}
