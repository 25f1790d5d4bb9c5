#include "config.h"

#include "udpnat-index-table.h"

/* Finds the session of a packet by the receiver index that the packet carries (PROTOCOL.md section
 * 2). The keys are our own random numbers, never a stranger's choice, so a plain hash table cannot
 * be flooded with collisions. */

struct _UdpnatIndexTable
{
  UdpnatRandom random;
  GHashTable  *sessions;
};

UdpnatIndexTable *
udpnat_index_table_new (const UdpnatRandom *random)
{
  UdpnatIndexTable *self = g_new0 (UdpnatIndexTable, 1);

  self->random = *random;
  self->sessions = g_hash_table_new (NULL, NULL);
  return self;
}

/** udpnat_index_table_free: all sessions must have been freed before */
void
udpnat_index_table_free (UdpnatIndexTable *self)
{
  if (self == NULL)
    return;
  g_assert (g_hash_table_size (self->sessions) == 0);
  g_hash_table_unref (self->sessions);
  g_free (self);
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
  while (index == 0 || g_hash_table_contains (self->sessions, GUINT_TO_POINTER (index)));
  g_hash_table_insert (self->sessions, GUINT_TO_POINTER (index), session);
  return index;
}

void
udpnat_index_table_remove (UdpnatIndexTable *self,
                           guint32           index)
{
  g_hash_table_remove (self->sessions, GUINT_TO_POINTER (index));
}

/** udpnat_index_table_lookup: (transfer none) (nullable): the session with @index */
gpointer
udpnat_index_table_lookup (const UdpnatIndexTable *self,
                           guint32                 index)
{
  return g_hash_table_lookup (self->sessions, GUINT_TO_POINTER (index));
}

guint
udpnat_index_table_get_count (const UdpnatIndexTable *self)
{
  return g_hash_table_size (self->sessions);
}
