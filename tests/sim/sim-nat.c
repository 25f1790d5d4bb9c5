#include "config.h"

#include "sim-nat.h"

#include "sim-nat-table.h"

/*
 * The rules of a NAT: mapping and filtering by RFC 4787, lifetimes and "replies ride the flow" as
 * Linux' connection tracking does it. What tells real boxes apart is in SimNatConfig; what they
 * have in common is here:
 *
 * - A packet of a known flow passes in both directions and refreshes it (RFC 4787 REQ-6: outbound
 *   must, inbound may).
 * - A packet from inside that belongs to no flow uses the mapping that the mapping behaviour finds,
 *   or a new one.
 * - A packet from outside that belongs to no flow passes if the filtering behaviour lets it, and
 *   makes a flow: the answer leaves by the mapping it came in by, even when the mapping behaviour
 *   would have chosen another.
 *
 * IPv6 uses the same rules with an outer address equal to the inner one: a stateful firewall.
 */

#define FIRST_PORT 1024
#define N_PORTS (65536 - FIRST_PORT)
/* Linux: a flow counts as a stream when it has been answered and is older than this. */
#define STREAM_AFTER_US UDPNAT_SEC (2)

struct _SimNat
{
  char         *name;
  SimNatConfig  config;
  UdpnatAddress outer_ip;
  SimRandom    *random;
  SimNatTable  *table;
  guint         next_port; /* SEQUENTIAL */
  GArray       *subscribers; /* BLOCK: inner addresses, in the order of their blocks */
  GHashTable   *forwards;    /* owned inner UdpnatAddress by outer port */
};

/**
 * sim_nat_config:
 *
 * A NAT as in most homes but for what is asked for: preserves ports, no hairpin, Linux' lifetimes.
 * Change what you like.
 */
SimNatConfig
sim_nat_config (SimNatBehaviour mapping,
                SimNatBehaviour filtering)
{
  return (SimNatConfig) {
    .mapping = mapping,
    .filtering = filtering,
    .allocator = SIM_NAT_ALLOCATOR_PRESERVING,
    .port_base = 20000,
    .block_size = 512,
    .lifetime_us = UDPNAT_SEC (120),
    .lifetime_unreplied_us = UDPNAT_SEC (30),
  };
}

/**
 * sim_nat_new:
 * @random: (transfer full): where random ports come from
 */
SimNat *
sim_nat_new (const char          *name,
             const SimNatConfig  *config,
             const UdpnatAddress *outer_ip,
             SimRandom           *random)
{
  SimNat *self = g_new0 (SimNat, 1);

  self->name = g_strdup (name);
  self->outer_ip = *outer_ip;
  self->random = random;
  self->table = sim_nat_table_new ();
  self->subscribers = g_array_new (FALSE, FALSE, sizeof (UdpnatAddress));
  self->forwards = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  sim_nat_set_config (self, config);

  return self;
}

void
sim_nat_free (SimNat *self)
{
  if (self == NULL)
    return;

  sim_nat_table_free (self->table);
  sim_random_free (self->random);
  g_array_unref (self->subscribers);
  g_hash_table_unref (self->forwards);
  g_free (self->name);
  g_free (self);
}

const char *
sim_nat_get_name (const SimNat *self)
{
  return self->name;
}

const SimNatConfig *
sim_nat_get_config (const SimNat *self)
{
  return &self->config;
}

/* Existing mappings stay; flush them if the router is to have been restarted. */
void
sim_nat_set_config (SimNat             *self,
                    const SimNatConfig *config)
{
  g_assert (config->lifetime_us > 0 && config->lifetime_unreplied_us > 0);
  g_assert (config->port_base > 0);
  g_assert (config->allocator != SIM_NAT_ALLOCATOR_BLOCK || config->block_size > 0);

  self->config = *config;
  self->next_port = config->port_base;
}

const UdpnatAddress *
sim_nat_get_outer_ip (const SimNat *self)
{
  return &self->outer_ip;
}

/* The provider has given the line another address: no mapping survives that. */
void
sim_nat_set_outer_ip (SimNat              *self,
                      const UdpnatAddress *outer_ip)
{
  self->outer_ip = *outer_ip;
  sim_nat_flush (self);
}

/* ---- Ports ---- */

static gboolean
is_free (SimNat        *self,
         gint64         now_us,
         UdpnatAddress *outer,
         guint          port)
{
  outer->port = (guint16) port;

  return sim_nat_table_find_outer (self->table, now_us, outer) == NULL;
}

/* Tries @n_ports ports from @first on, beginning @start after it and going round. */
static gboolean
find_free (SimNat        *self,
           gint64         now_us,
           UdpnatAddress *outer,
           guint          first,
           guint          n_ports,
           guint          start)
{
  for (guint i = 0; i < n_ports; i++)
    {
      if (is_free (self, now_us, outer, first + (start + i) % n_ports))
        return TRUE;
    }

  return FALSE;
}

static gboolean
find_random (SimNat        *self,
             gint64         now_us,
             UdpnatAddress *outer,
             guint          first,
             guint          n_ports)
{
  guint start = (guint) sim_random_below (self->random, n_ports);

  return find_free (self, now_us, outer, first, n_ports, start);
}

static gboolean
find_sequential (SimNat        *self,
                 gint64         now_us,
                 UdpnatAddress *outer)
{
  guint first = self->config.port_base;
  guint n_ports = 65536 - first;

  if (!find_free (self, now_us, outer, first, n_ports, (self->next_port - first) % n_ports))
    return FALSE;

  self->next_port = outer->port + 1u;

  return TRUE;
}

static gboolean
find_in_block (SimNat              *self,
               gint64               now_us,
               const UdpnatAddress *inner,
               UdpnatAddress       *outer)
{
  guint size = self->config.block_size;
  guint index = 0;
  guint first;

  while (index < self->subscribers->len &&
         !udpnat_address_equal_ip (&g_array_index (self->subscribers, UdpnatAddress, index), inner))
    index++;
  first = self->config.port_base + index * size;
  if (first + size > 65536)
    return FALSE;
  if (index == self->subscribers->len)
    g_array_append_vals (self->subscribers, inner, 1);

  return find_random (self, now_us, outer, first, size);
}

static gboolean
allocate (SimNat              *self,
          gint64               now_us,
          const UdpnatAddress *inner,
          UdpnatAddress       *out_outer)
{
  *out_outer = self->outer_ip;

  switch (self->config.allocator)
    {
    case SIM_NAT_ALLOCATOR_PRESERVING:
      return is_free (self, now_us, out_outer, inner->port) ||
             find_random (self, now_us, out_outer, FIRST_PORT, N_PORTS);

    case SIM_NAT_ALLOCATOR_SEQUENTIAL:
      return find_sequential (self, now_us, out_outer);

    case SIM_NAT_ALLOCATOR_RANDOM:
      return find_random (self, now_us, out_outer, FIRST_PORT, N_PORTS);

    case SIM_NAT_ALLOCATOR_BLOCK:
      return find_in_block (self, now_us, inner, out_outer);
    }

  g_assert_not_reached ();
}

/* ---- Mappings and flows ---- */

static SimNatKey
get_mapping_key (const SimNat        *self,
                 const UdpnatAddress *inner,
                 const UdpnatAddress *remote)
{
  UdpnatAddress part = *remote;

  /* What is not translated has one "mapping", whatever the router does for IPv4. */
  if (inner->family == UDPNAT_FAMILY_IPV6)
    return sim_nat_key (inner, NULL);

  switch (self->config.mapping)
    {
    case SIM_NAT_ENDPOINT_INDEPENDENT:
      return sim_nat_key (inner, NULL);

    case SIM_NAT_ADDRESS_DEPENDENT:
      part.port = 0;
      return sim_nat_key (inner, &part);

    case SIM_NAT_ADDRESS_AND_PORT_DEPENDENT:
      return sim_nat_key (inner, &part);
    }

  g_assert_not_reached ();
}

static SimNatKey
get_permission_key (const UdpnatAddress *outer,
                    const UdpnatAddress *remote)
{
  UdpnatAddress ip = *remote;

  ip.port = 0;

  return sim_nat_key (outer, &ip);
}

/* (nullable): NULL when no port is left. */
static SimNatMapping *
ensure_mapping (SimNat              *self,
                gint64               now_us,
                const UdpnatAddress *inner,
                const UdpnatAddress *remote)
{
  SimNatKey key = get_mapping_key (self, inner, remote);
  SimNatMapping *mapping = sim_nat_table_find_mapping (self->table, now_us, &key);
  UdpnatAddress outer = *inner;

  if (mapping != NULL)
    return mapping;
  if (inner->family == UDPNAT_FAMILY_IPV4 && !allocate (self, now_us, inner, &outer))
    return NULL;

  return sim_nat_table_add_mapping (self->table, now_us, &key, inner, &outer);
}

static gboolean
is_clash (SimNat              *self,
          gint64               now_us,
          const UdpnatAddress *outer,
          const UdpnatAddress *remote)
{
  SimNatKey key = sim_nat_key (outer, remote);

  return self->config.clash &&
         sim_nat_table_has_mark (self->table, now_us, SIM_NAT_MARK_CLASH, &key);
}

/* Linux gives a flow whose tuple is taken any other port, for this remote alone. */
static SimNatMapping *
evade_clash (SimNat              *self,
             gint64               now_us,
             const UdpnatAddress *inner)
{
  UdpnatAddress outer = self->outer_ip;

  if (!find_random (self, now_us, &outer, FIRST_PORT, N_PORTS))
    return NULL;

  return sim_nat_table_add_mapping (self->table, now_us, NULL, inner, &outer);
}

static void
refresh (SimNat              *self,
         gint64               now_us,
         SimNatFlow          *flow,
         const UdpnatAddress *remote,
         gboolean             from_inside)
{
  const SimNatConfig *config = &self->config;
  SimNatMapping *mapping = flow->mapping;
  gboolean is_stream = flow->replied && now_us - flow->created_us > STREAM_AFTER_US;
  gint64 expires_us = now_us + (is_stream ? config->lifetime_us : config->lifetime_unreplied_us);
  SimNatKey permission = get_permission_key (&mapping->outer, remote);

  if (config->absolute_lifetime_us != 0)
    expires_us = MIN (expires_us, mapping->created_us + config->absolute_lifetime_us);

  /* After the lifetime: the first answer itself is still a packet of an unanswered flow
   * (nf_conntrack_in). */
  if (from_inside != flow->from_inside)
    flow->replied = TRUE;
  flow->expires_us = expires_us;
  mapping->expires_us = MAX (mapping->expires_us, expires_us);
  sim_nat_table_set_mark (self->table, SIM_NAT_MARK_PERMITTED, &permission, expires_us);
}

static gboolean
is_permitted (SimNat              *self,
              gint64               now_us,
              const UdpnatAddress *outer,
              const UdpnatAddress *remote)
{
  SimNatKey key;

  switch (self->config.filtering)
    {
    case SIM_NAT_ENDPOINT_INDEPENDENT:
      return TRUE;

    case SIM_NAT_ADDRESS_DEPENDENT:
      key = get_permission_key (outer, remote);
      return sim_nat_table_has_mark (self->table, now_us, SIM_NAT_MARK_PERMITTED, &key);

    case SIM_NAT_ADDRESS_AND_PORT_DEPENDENT:
      return FALSE; /* whoever may already has a flow */
    }

  g_assert_not_reached ();
}

static void
note_unsolicited (SimNat              *self,
                  gint64               now_us,
                  const UdpnatAddress *remote,
                  const UdpnatAddress *outer)
{
  SimNatKey key = sim_nat_key (outer, remote);

  if (self->config.clash && outer->family == UDPNAT_FAMILY_IPV4)
    sim_nat_table_set_mark (self->table, SIM_NAT_MARK_CLASH, &key,
                            now_us + self->config.lifetime_unreplied_us);
}

/* A flow to a forwarded port has a mapping like any other, that lasts as long as it does. */
static SimNatMapping *
find_forward (SimNat              *self,
              gint64               now_us,
              const UdpnatAddress *outer)
{
  const UdpnatAddress *inner = outer->family == UDPNAT_FAMILY_IPV4
                                 ? g_hash_table_lookup (self->forwards,
                                                        GUINT_TO_POINTER ((guint) outer->port))
                                 : NULL;
  SimNatMapping *mapping;

  if (inner == NULL)
    return NULL;
  mapping = sim_nat_table_find_outer (self->table, now_us, outer);
  return mapping != NULL ? mapping
                         : sim_nat_table_add_mapping (self->table, now_us, NULL, inner, outer);
}

/**
 * sim_nat_set_forward:
 * @inner: (nullable): who gets whatever comes to @port of the router, from anybody; %NULL: nobody
 *   any more
 *
 * As somebody sets it in the router's pages, or has a program ask for it.
 */
void
sim_nat_set_forward (SimNat              *self,
                     guint16              port,
                     const UdpnatAddress *inner)
{
  gpointer key = GUINT_TO_POINTER ((guint) port);

  if (inner == NULL)
    g_hash_table_remove (self->forwards, key);
  else
    g_hash_table_insert (self->forwards, key, g_memdup2 (inner, sizeof *inner));
}

/* ---- Packets ---- */

/**
 * sim_nat_translate_out:
 * @out_outer: the packet's new source
 *
 * A packet from inside passes.
 */
SimNatVerdict
sim_nat_translate_out (SimNat              *self,
                       gint64               now_us,
                       const UdpnatAddress *inner,
                       const UdpnatAddress *remote,
                       UdpnatAddress       *out_outer)
{
  SimNatFlow *flow;

  if (self->config.block_udp)
    return SIM_NAT_VERDICT_UDP_BLOCKED;

  flow = sim_nat_table_find_flow_out (self->table, now_us, inner, remote);
  if (flow == NULL)
    {
      SimNatMapping *mapping;

      sim_nat_table_tidy (self->table, now_us);
      mapping = ensure_mapping (self, now_us, inner, remote);
      if (mapping != NULL && is_clash (self, now_us, &mapping->outer, remote))
        mapping = evade_clash (self, now_us, inner);
      if (mapping == NULL)
        return SIM_NAT_VERDICT_EXHAUSTED;
      flow = sim_nat_table_ensure_flow (self->table, now_us, mapping, remote, TRUE);
    }
  refresh (self, now_us, flow, remote, TRUE);
  *out_outer = flow->mapping->outer;

  return SIM_NAT_VERDICT_PASS;
}

/**
 * sim_nat_translate_in:
 * @out_inner: the packet's new destination
 *
 * A packet from outside passes, if it may.
 */
SimNatVerdict
sim_nat_translate_in (SimNat              *self,
                      gint64               now_us,
                      const UdpnatAddress *remote,
                      const UdpnatAddress *outer,
                      UdpnatAddress       *out_inner)
{
  SimNatMapping *mapping;
  SimNatFlow *flow;

  if (self->config.block_udp)
    return SIM_NAT_VERDICT_UDP_BLOCKED;

  sim_nat_table_tidy (self->table, now_us);
  flow = sim_nat_table_find_flow_in (self->table, now_us, outer, remote);
  if (flow == NULL)
    {
      SimNatMapping *forward = find_forward (self, now_us, outer);

      mapping = forward != NULL ? forward
                                : sim_nat_table_find_outer (self->table, now_us, outer);
      if (mapping == NULL || (forward == NULL && !is_permitted (self, now_us, outer, remote)))
        {
          note_unsolicited (self, now_us, remote, outer);
          return mapping == NULL ? SIM_NAT_VERDICT_UNMAPPED : SIM_NAT_VERDICT_FILTERED;
        }
      flow = sim_nat_table_ensure_flow (self->table, now_us, mapping, remote, FALSE);
    }
  refresh (self, now_us, flow, remote, FALSE);
  *out_inner = flow->mapping->inner;

  return SIM_NAT_VERDICT_PASS;
}

/**
 * sim_nat_flush:
 *
 * Forgets all mappings, as a router does that is restarted.
 */
void
sim_nat_flush (SimNat *self)
{
  sim_nat_table_clear (self->table);
}

guint
sim_nat_get_mapping_count (SimNat *self,
                           gint64  now_us)
{
  return sim_nat_table_sweep (self->table, now_us);
}
