#include "config.h"

#include "sim-nat-table.h"

#include <string.h>

/*
 * Storage of a simulated NAT: who is found by what, and for how long. No rules: those are in
 * sim-nat.c.
 *
 * A flow never outlives its mapping: whoever moves a flow's expiry moves the mapping's with it. So
 * a flow that is still valid implies a valid mapping, and a mapping whose time is over takes all
 * its flows with it.
 */

/* Below this many flows it is not worth looking for expired ones. */
#define SWEEP_MIN 256

typedef struct
{
  SimNatKey key;
  gint64    expires_us;
} Mark;

struct _SimNatTable
{
  GHashTable *mappings_by_key;   /* borrowed */
  GHashTable *mappings_by_outer; /* owns the mappings, these their flows */
  GHashTable *flows_by_inner;    /* borrowed */
  GHashTable *flows_by_outer;    /* borrowed; holds every flow */
  GHashTable *marks[SIM_NAT_N_MARKS];
  guint       sweep_at;
};

/**
 * sim_nat_key:
 * @b: (nullable): for a key of one address
 */
SimNatKey
sim_nat_key (const UdpnatAddress *a,
             const UdpnatAddress *b)
{
  SimNatKey key = { 0 };

  memcpy (&key.words[0], a->ip, sizeof a->ip);
  key.words[4] = ((guint64) a->family << 40) | ((guint64) a->port << 16);
  if (b != NULL)
    {
      memcpy (&key.words[2], b->ip, sizeof b->ip);
      key.words[4] |= ((guint64) b->family << 48) | b->port;
    }

  return key;
}

/* Ports do not matter. */
SimNatKey
sim_nat_key_of_ips (const UdpnatAddress *a,
                    const UdpnatAddress *b)
{
  UdpnatAddress a_ip = *a;
  UdpnatAddress b_ip = *b;

  a_ip.port = 0;
  b_ip.port = 0;

  return sim_nat_key (&a_ip, &b_ip);
}

guint
sim_nat_key_hash (gconstpointer data)
{
  const SimNatKey *key = data;
  guint64 hash = 0;

  for (guint i = 0; i < G_N_ELEMENTS (key->words); i++)
    {
      hash = (hash ^ key->words[i]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 32;
    }

  return (guint) hash;
}

gboolean
sim_nat_key_equal (gconstpointer a,
                   gconstpointer b)
{
  return memcmp (a, b, sizeof (SimNatKey)) == 0;
}

static void
remove_flow (SimNatTable *self,
             SimNatFlow  *flow)
{
  if (g_hash_table_lookup (self->flows_by_inner, &flow->inner_key) == flow)
    g_hash_table_remove (self->flows_by_inner, &flow->inner_key);
  g_hash_table_remove (self->flows_by_outer, &flow->outer_key);

  if (flow->previous != NULL)
    flow->previous->next = flow->next;
  else
    flow->mapping->flows = flow->next;
  if (flow->next != NULL)
    flow->next->previous = flow->previous;

  g_free (flow);
}

static void
remove_mapping (SimNatTable   *self,
                SimNatMapping *mapping)
{
  while (mapping->flows != NULL)
    remove_flow (self, mapping->flows);

  if (g_hash_table_lookup (self->mappings_by_key, &mapping->key) == mapping)
    g_hash_table_remove (self->mappings_by_key, &mapping->key);
  g_hash_table_remove (self->mappings_by_outer, &mapping->outer_key);
  g_free (mapping);
}

SimNatTable *
sim_nat_table_new (void)
{
  SimNatTable *self = g_new0 (SimNatTable, 1);

  self->mappings_by_key = g_hash_table_new (sim_nat_key_hash, sim_nat_key_equal);
  self->mappings_by_outer = g_hash_table_new (sim_nat_key_hash, sim_nat_key_equal);
  self->flows_by_inner = g_hash_table_new (sim_nat_key_hash, sim_nat_key_equal);
  self->flows_by_outer = g_hash_table_new (sim_nat_key_hash, sim_nat_key_equal);
  for (guint i = 0; i < SIM_NAT_N_MARKS; i++)
    self->marks[i] = g_hash_table_new_full (sim_nat_key_hash, sim_nat_key_equal, g_free, NULL);
  self->sweep_at = SWEEP_MIN;

  return self;
}

void
sim_nat_table_free (SimNatTable *self)
{
  if (self == NULL)
    return;

  sim_nat_table_clear (self);
  g_hash_table_unref (self->mappings_by_key);
  g_hash_table_unref (self->mappings_by_outer);
  g_hash_table_unref (self->flows_by_inner);
  g_hash_table_unref (self->flows_by_outer);
  for (guint i = 0; i < SIM_NAT_N_MARKS; i++)
    g_hash_table_unref (self->marks[i]);
  g_free (self);
}

void
sim_nat_table_clear (SimNatTable *self)
{
  g_autoptr (GList) mappings = g_hash_table_get_values (self->mappings_by_outer);

  for (GList *l = mappings; l != NULL; l = l->next)
    remove_mapping (self, l->data);
  for (guint i = 0; i < SIM_NAT_N_MARKS; i++)
    g_hash_table_remove_all (self->marks[i]);
}

static gboolean
mark_is_over (gpointer key,
              gpointer value,
              gpointer user_data)
{
  const Mark *mark = value;
  const gint64 *now_us = user_data;

  return *now_us >= mark->expires_us;
}

/**
 * sim_nat_table_sweep:
 *
 * Frees all that has expired.
 *
 * Returns: number of mappings left
 */
guint
sim_nat_table_sweep (SimNatTable *self,
                     gint64       now_us)
{
  g_autoptr (GList) mappings = g_hash_table_get_values (self->mappings_by_outer);

  for (GList *l = mappings; l != NULL; l = l->next)
    {
      SimNatMapping *mapping = l->data;
      SimNatFlow *next;

      if (now_us >= mapping->expires_us)
        {
          remove_mapping (self, mapping);
          continue;
        }
      for (SimNatFlow *flow = mapping->flows; flow != NULL; flow = next)
        {
          next = flow->next;
          if (now_us >= flow->expires_us)
            remove_flow (self, flow);
        }
    }
  for (guint i = 0; i < SIM_NAT_N_MARKS; i++)
    g_hash_table_foreach_remove (self->marks[i], mark_is_over, &now_us);

  return g_hash_table_size (self->mappings_by_outer);
}

/**
 * sim_nat_table_tidy:
 *
 * Frees what has expired, if much has come together. Call it while no mapping or flow is held.
 */
void
sim_nat_table_tidy (SimNatTable *self,
                    gint64       now_us)
{
  guint n_entries = g_hash_table_size (self->flows_by_outer) +
                    g_hash_table_size (self->marks[SIM_NAT_MARK_CLASH]);

  if (n_entries < self->sweep_at)
    return;

  sim_nat_table_sweep (self, now_us);
  n_entries = g_hash_table_size (self->flows_by_outer) +
              g_hash_table_size (self->marks[SIM_NAT_MARK_CLASH]);
  self->sweep_at = MAX (SWEEP_MIN, n_entries * 2);
}

static SimNatMapping *
find_mapping (SimNatTable     *self,
              GHashTable      *table,
              gint64           now_us,
              const SimNatKey *key)
{
  SimNatMapping *mapping = g_hash_table_lookup (table, key);

  if (mapping == NULL || now_us < mapping->expires_us)
    return mapping;

  remove_mapping (self, mapping);

  return NULL;
}

/* By what its outer address was chosen for. */
SimNatMapping *
sim_nat_table_find_mapping (SimNatTable     *self,
                            gint64           now_us,
                            const SimNatKey *key)
{
  return find_mapping (self, self->mappings_by_key, now_us, key);
}

SimNatMapping *
sim_nat_table_find_outer (SimNatTable         *self,
                          gint64               now_us,
                          const UdpnatAddress *outer)
{
  SimNatKey key = sim_nat_key (outer, NULL);

  return find_mapping (self, self->mappings_by_outer, now_us, &key);
}

/**
 * sim_nat_table_add_mapping:
 * @key: (nullable): %NULL when only its first flow may use it
 * @outer: free: sim_nat_table_find_outer() has just said so
 *
 * Adds a mapping without flows, which the caller gives it at once: it counts as expired until then.
 */
SimNatMapping *
sim_nat_table_add_mapping (SimNatTable         *self,
                           gint64               now_us,
                           const SimNatKey     *key,
                           const UdpnatAddress *inner,
                           const UdpnatAddress *outer)
{
  SimNatMapping *mapping = g_new0 (SimNatMapping, 1);

  mapping->outer_key = sim_nat_key (outer, NULL);
  mapping->inner = *inner;
  mapping->outer = *outer;
  mapping->created_us = now_us;
  mapping->expires_us = now_us;

  g_assert (!g_hash_table_contains (self->mappings_by_outer, &mapping->outer_key));
  g_hash_table_insert (self->mappings_by_outer, &mapping->outer_key, mapping);
  if (key != NULL)
    {
      mapping->key = *key;
      g_hash_table_insert (self->mappings_by_key, &mapping->key, mapping);
    }

  return mapping;
}

static SimNatFlow *
find_flow (SimNatTable         *self,
           GHashTable          *table,
           gint64               now_us,
           const UdpnatAddress *own,
           const UdpnatAddress *remote)
{
  SimNatKey key = sim_nat_key (own, remote);
  SimNatFlow *flow = g_hash_table_lookup (table, &key);

  if (flow == NULL || now_us < flow->expires_us)
    return flow;

  remove_flow (self, flow);

  return NULL;
}

SimNatFlow *
sim_nat_table_find_flow_out (SimNatTable         *self,
                             gint64               now_us,
                             const UdpnatAddress *inner,
                             const UdpnatAddress *remote)
{
  return find_flow (self, self->flows_by_inner, now_us, inner, remote);
}

SimNatFlow *
sim_nat_table_find_flow_in (SimNatTable         *self,
                            gint64               now_us,
                            const UdpnatAddress *outer,
                            const UdpnatAddress *remote)
{
  return find_flow (self, self->flows_by_outer, now_us, outer, remote);
}

/**
 * sim_nat_table_ensure_flow:
 *
 * The flow between a mapping and a remote, which is added if there is none. When the inner host has
 * a valid flow with this remote through another mapping, its packets keep to that one.
 */
SimNatFlow *
sim_nat_table_ensure_flow (SimNatTable         *self,
                           gint64               now_us,
                           SimNatMapping       *mapping,
                           const UdpnatAddress *remote,
                           gboolean             from_inside)
{
  SimNatFlow *flow = sim_nat_table_find_flow_in (self, now_us, &mapping->outer, remote);

  if (flow == NULL)
    {
      flow = g_new0 (SimNatFlow, 1);
      flow->inner_key = sim_nat_key (&mapping->inner, remote);
      flow->outer_key = sim_nat_key (&mapping->outer, remote);
      flow->mapping = mapping;
      flow->created_us = now_us;
      flow->expires_us = now_us;
      flow->from_inside = from_inside;
      flow->next = mapping->flows;
      if (flow->next != NULL)
        flow->next->previous = flow;
      mapping->flows = flow;
      g_hash_table_insert (self->flows_by_outer, &flow->outer_key, flow);
    }
  if (sim_nat_table_find_flow_out (self, now_us, &mapping->inner, remote) == NULL)
    g_hash_table_insert (self->flows_by_inner, &flow->inner_key, flow);

  return flow;
}

void
sim_nat_table_set_mark (SimNatTable     *self,
                        SimNatMark       mark,
                        const SimNatKey *key,
                        gint64           expires_us)
{
  Mark *entry = g_hash_table_lookup (self->marks[mark], key);

  if (entry == NULL)
    {
      entry = g_new0 (Mark, 1);
      entry->key = *key;
      g_hash_table_insert (self->marks[mark], &entry->key, entry);
    }
  entry->expires_us = MAX (entry->expires_us, expires_us);
}

gboolean
sim_nat_table_has_mark (SimNatTable     *self,
                        gint64           now_us,
                        SimNatMark       mark,
                        const SimNatKey *key)
{
  const Mark *entry = g_hash_table_lookup (self->marks[mark], key);

  return entry != NULL && now_us < entry->expires_us;
}
