#include "config.h"

#include "udpnat-id-set.h"

#include <string.h>

/* Extendible hashing (Fagin and others, 1979): the first bits of a hash lead to one of many small
 * tables, and one that is full becomes two. So the set never halts to move all that is in it, and
 * needs no memory to do so: what one call moves is bounded by SHARD_MAX.
 *
 * A small table has open addressing with linear probing (Knuth, The Art of Computer Programming,
 * vol. 3, section 6.4, algorithms L and R): what is removed leaves no mark, those behind it move
 * up. The place of a hash is its share of the table, so that the table can have any size, and
 * grows by an eighth. Beside each number stand eight bits of its hash, so that hardly an item is
 * looked at in vain: that would be what takes time, where most of them are in no cache. */

#define ID_BITS 24
#define ID_MASK ((1u << ID_BITS) - 1)
#define SHARD_MAX 512
#define SLOTS_MIN 8
/* With fewer than so many items for each place, a table that is full does not become two but grows:
 * hashes that have so many bits in common have all, and the directory would grow without end. */
#define PER_PLACE_MIN 32

G_STATIC_ASSERT (UDPNAT_ID_SET_ID_MAX == ID_MASK);

typedef struct
{
  guint32 *slots; /* number, and above it a part of the hash; 0: empty */
  guint32  n_slots;
  guint32  n_used;
  guint    depth; /* so many first bits do all hashes here have in common */
} Shard;

struct _UdpnatIdSet
{
  UdpnatIdHash  hash;
  UdpnatIdMatch match;
  gpointer      user_data;
  Shard       **shards; /* by the first @depth bits of a hash; several may be the same */
  guint         depth;
  guint         n_used;
};

static Shard *
shard_new (guint   depth,
           guint32 n_slots)
{
  Shard *self = g_new (Shard, 1);

  *self = (Shard) {
    .slots = g_new0 (guint32, n_slots),
    .n_slots = n_slots,
    .depth = depth,
  };
  return self;
}

static void
shard_free (Shard *self)
{
  g_free (self->slots);
  g_free (self);
}

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
  self->shards = g_new (Shard *, 1);
  self->shards[0] = shard_new (0, SLOTS_MIN);
  return self;
}

static guint32
get_first_bits (guint32 hash,
                guint   n_bits)
{
  return n_bits == 0 ? 0 : hash >> (32 - n_bits);
}

/* How many places in the directory lead to @shard; they follow each other. */
static guint
count_places (const UdpnatIdSet *self,
              const Shard       *shard)
{
  return 1u << (self->depth - shard->depth);
}

void
udpnat_id_set_free (UdpnatIdSet *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < 1u << self->depth;)
    {
      Shard *shard = self->shards[i];

      i += count_places (self, shard);
      shard_free (shard);
    }
  g_free (self->shards);
  g_free (self);
}

/* ---- One table ---- */

/* Where one with this hash would be if it were alone. The bits that all have in common say
 * nothing. */
static guint32
get_home (const Shard *shard,
          guint32      hash)
{
  return (guint32) ((guint64) (hash << shard->depth) * shard->n_slots >> 32);
}

static guint32
get_next (const Shard *shard,
          guint32      slot)
{
  return slot + 1 < shard->n_slots ? slot + 1 : 0;
}

/* The last bits of the hash: they hardly decide where it is. */
static guint32
make_slot (guint32 id,
           guint32 hash)
{
  return hash << ID_BITS | id;
}

static void
put (Shard   *shard,
     guint32  id,
     guint32  hash)
{
  guint32 slot = get_home (shard, hash);

  while (shard->slots[slot] != 0)
    slot = get_next (shard, slot);
  shard->slots[slot] = make_slot (id, hash);
  shard->n_used++;
}

static void
resize (UdpnatIdSet *self,
        Shard       *shard,
        guint32      n_slots)
{
  g_autofree guint32 *before = g_steal_pointer (&shard->slots);
  guint32 n_before = shard->n_slots;

  shard->slots = g_new0 (guint32, n_slots);
  shard->n_slots = n_slots;
  shard->n_used = 0;
  for (guint32 i = 0; i < n_before; i++)
    if (before[i] != 0)
      put (shard, before[i] & ID_MASK, self->hash (self->user_data, before[i] & ID_MASK));
}

static void
make_room (UdpnatIdSet *self,
           Shard       *shard)
{
  if (shard->n_used + 1 > shard->n_slots - shard->n_slots / 8)
    resize (self, shard, shard->n_slots + MAX (SLOTS_MIN, shard->n_slots / 8));
}

/* ---- All of them ---- */

static Shard *
find_shard (const UdpnatIdSet *self,
            guint32            hash)
{
  return self->shards[get_first_bits (hash, self->depth)];
}

static void
double_places (UdpnatIdSet *self)
{
  guint n_before = 1u << self->depth;

  self->shards = g_renew (Shard *, self->shards, 2 * n_before);
  for (guint i = n_before; i-- > 0;)
    self->shards[2 * i] = self->shards[2 * i + 1] = self->shards[i];
  self->depth++;
}

static gboolean
may_split (const UdpnatIdSet *self,
           const Shard       *shard)
{
  return shard->depth < self->depth || 1u << self->depth <= self->n_used / PER_PLACE_MIN;
}

/* @hash: any of @shard, to know where it is. */
static void
split (UdpnatIdSet *self,
       Shard       *shard,
       guint32      hash)
{
  Shard *halves[2];
  guint  first;

  if (shard->depth == self->depth)
    double_places (self);
  first = get_first_bits (hash, shard->depth) << (self->depth - shard->depth);
  for (guint i = 0; i < 2; i++)
    {
      halves[i] = shard_new (shard->depth + 1, SHARD_MAX / 2 * 5 / 4);
      for (guint j = 0; j < count_places (self, halves[i]); j++)
        self->shards[first++] = halves[i];
    }
  for (guint32 i = 0; i < shard->n_slots; i++)
    if (shard->slots[i] != 0)
      {
        guint32 id = shard->slots[i] & ID_MASK;
        guint32 its_hash = self->hash (self->user_data, id);
        Shard  *half = halves[its_hash >> (31 - shard->depth) & 1];

        make_room (self, half);
        put (half, id, its_hash);
      }
  shard_free (shard);
}

/** udpnat_id_set_find: Returns: the number of what is looked for; 0: it is not there */
guint32
udpnat_id_set_find (const UdpnatIdSet *self,
                    guint32            hash,
                    gconstpointer      wanted)
{
  const Shard *shard = find_shard (self, hash);
  guint32      slot = get_home (shard, hash);

  for (; shard->slots[slot] != 0; slot = get_next (shard, slot))
    {
      guint32 id = shard->slots[slot] & ID_MASK;

      if (shard->slots[slot] == make_slot (id, hash) && self->match (self->user_data, id, wanted))
        return id;
    }
  return 0;
}

/** udpnat_id_set_prefetch: udpnat_id_set_guess() with @hash will be called soon */
void
udpnat_id_set_prefetch (const UdpnatIdSet *self,
                        guint32            hash)
{
  const Shard *shard = find_shard (self, hash);

  __builtin_prefetch (&shard->slots[get_home (shard, hash)]);
}

/** udpnat_id_set_guess: Returns: the number of an item whose hash may be @hash, without asking it:
 * where udpnat_id_set_find() will look first; 0: there is none */
guint32
udpnat_id_set_guess (const UdpnatIdSet *self,
                     guint32            hash)
{
  const Shard *shard = find_shard (self, hash);
  guint32      slot = get_home (shard, hash);

  for (; shard->slots[slot] != 0; slot = get_next (shard, slot))
    if (shard->slots[slot] == make_slot (shard->slots[slot] & ID_MASK, hash))
      return shard->slots[slot] & ID_MASK;
  return 0;
}

/** udpnat_id_set_add: @id: 1 to %UDPNAT_ID_SET_ID_MAX, and of an item that is not in the set */
void
udpnat_id_set_add (UdpnatIdSet *self,
                   guint32      id)
{
  guint32 hash = self->hash (self->user_data, id);
  Shard  *shard = find_shard (self, hash);

  g_assert (id != 0 && id <= UDPNAT_ID_SET_ID_MAX);
  while (shard->n_used >= SHARD_MAX && may_split (self, shard))
    {
      split (self, shard, hash);
      shard = find_shard (self, hash);
    }
  make_room (self, shard);
  put (shard, id, hash);
  self->n_used++;
}

/* Those behind the hole move up. */
static void
close_hole (UdpnatIdSet *self,
            Shard       *shard,
            guint32      hole)
{
  const guint32 n_slots = shard->n_slots;

  for (guint32 slot = get_next (shard, hole); shard->slots[slot] != 0;
       slot = get_next (shard, slot))
    {
      guint32 home = get_home (shard, self->hash (self->user_data, shard->slots[slot] & ID_MASK));

      /* Whoever lies between its home and here, and whose home is not behind the hole, may move. */
      if ((slot + n_slots - home) % n_slots < (slot + n_slots - hole) % n_slots)
        continue;
      shard->slots[hole] = shard->slots[slot];
      hole = slot;
    }
  shard->slots[hole] = 0;
}

/** udpnat_id_set_remove: @id: one that is in the set, and whose hash is still what it was */
void
udpnat_id_set_remove (UdpnatIdSet *self,
                      guint32      id)
{
  guint32 hash = self->hash (self->user_data, id);
  Shard  *shard = find_shard (self, hash);
  guint32 slot = get_home (shard, hash);

  for (; shard->slots[slot] != make_slot (id, hash); slot = get_next (shard, slot))
    g_assert (shard->slots[slot] != 0);
  close_hole (self, shard, slot);
  shard->n_used--;
  self->n_used--;
  if (shard->n_slots > SLOTS_MIN && shard->n_used < shard->n_slots / 3)
    resize (self, shard, MAX (SLOTS_MIN, shard->n_slots / 2));
}

guint
udpnat_id_set_get_count (const UdpnatIdSet *self)
{
  return self->n_used;
}
