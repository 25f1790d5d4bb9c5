#include "config.h"

#include "sim-world-private.h"

#include <string.h>

/*
 * Who is where: segments, routers, hosts and their addresses.
 *
 * Addresses that the test leaves open are given out here. On the Internet every host and NAT gets a
 * network of its own, so that limits per network do not tie them together, out of ranges that
 * udpnat_address_get_scope() calls global (the documentation ranges it must refuse). Behind a NAT:
 * 192.168.x.y, and 100.64.x.y for a NAT, as a carrier does.
 */

#define INNER_FIRST 10
#define INNER_PER_NET 200

/* ---- Segments ---- */

void
sim_segment_init (SimSegment *self,
                  SimRouter  *router,
                  guint       number)
{
  self->router = router;
  self->by_ipv4 = g_hash_table_new (NULL, NULL);
  self->number = self->ipv4_net = number;
  self->n_given = 0;
}

void
sim_segment_clear (SimSegment *self)
{
  g_clear_pointer (&self->by_ipv4, g_hash_table_unref);
}

static gpointer
get_ipv4_key (const UdpnatAddress *ip)
{
  return GUINT_TO_POINTER ((guint) ip->ip[0] << 24 | (guint) ip->ip[1] << 16 |
                           (guint) ip->ip[2] << 8 | ip->ip[3]);
}

static GBytes *
new_ipv6_key (const UdpnatAddress *ip)
{
  return g_bytes_new (ip->ip, sizeof ip->ip);
}

/* IPv6 addresses are the same everywhere, so the way to one is found from its end. */
static SimEndpoint *
find_ipv6 (const SimSegment    *self,
           const SimWorld      *world,
           const UdpnatAddress *ip)
{
  g_autoptr (GBytes) key = g_bytes_new_static (ip->ip, sizeof ip->ip);
  SimHost *host = g_hash_table_lookup (world->hosts_by_ipv6, key);
  SimEndpoint *endpoint;
  const SimSegment *segment;

  if (host == NULL)
    return NULL;

  endpoint = &host->endpoint;
  for (segment = host->segment; segment != self; segment = segment->router->outer)
    {
      if (segment->router == NULL)
        return NULL;
      endpoint = &segment->router->endpoint;
    }

  return endpoint;
}

/**
 * sim_segment_find:
 *
 * Returns: (nullable): who takes packets for @ip on this segment
 */
SimEndpoint *
sim_segment_find (const SimSegment    *self,
                  const SimWorld      *world,
                  const UdpnatAddress *ip)
{
  if (ip->family == UDPNAT_FAMILY_IPV4)
    return g_hash_table_lookup (self->by_ipv4, get_ipv4_key (ip));

  return find_ipv6 (self, world, ip);
}

/* ---- Addresses ---- */

static UdpnatAddress
make_ipv4 (guint a,
           guint b,
           guint c,
           guint d)
{
  guint8 ip[4] = { (guint8) a, (guint8) b, (guint8) c, (guint8) d };
  UdpnatAddress address = { 0 };

  udpnat_address_init_ipv4 (&address, ip, 0);

  return address;
}

static UdpnatAddress
pick_ipv4 (const SimSegment *segment,
           guint             n,
           gboolean          is_router)
{
  guint net = segment->ipv4_net;

  if (segment->router == NULL)
    return make_ipv4 (5 + n / 65536, n / 256 % 256, n % 256, 10);
  if (is_router)
    return make_ipv4 (100, 64 + n / 65536 % 64, n / 256 % 256, n % 256);
  if (n < INNER_PER_NET && net < 256)
    return make_ipv4 (192, 168, net, INNER_FIRST + n);

  return make_ipv4 (10, net % 256, n / 256 % 256, n % 256);
}

static UdpnatAddress
assign_ipv4 (SimSegment *segment,
             gboolean    is_router)
{
  UdpnatAddress ip;

  do
    ip = pick_ipv4 (segment, ++segment->n_given, is_router);
  while (g_hash_table_contains (segment->by_ipv4, get_ipv4_key (&ip)));

  return ip;
}

/* A network for each host on the Internet; one for all hosts behind a router. */
static UdpnatAddress
assign_ipv6 (SimSegment *segment)
{
  guint n = ++segment->n_given;
  guint net = segment->router == NULL ? n : segment->number;
  guint8 ip[16] = { 0x2a, 0x0f, 0, segment->router == NULL ? 1 : 2 };
  UdpnatAddress address = { 0 };

  ip[4] = (guint8) (net >> 24);
  ip[5] = (guint8) (net >> 16);
  ip[6] = (guint8) (net >> 8);
  ip[7] = (guint8) net;
  ip[14] = (guint8) (n >> 8);
  ip[15] = (guint8) n;
  udpnat_address_init_ipv6 (&address, ip, 0);

  return address;
}

static UdpnatAddress
parse_ip (const char *text)
{
  UdpnatAddress ip = { 0 };

  if (!udpnat_address_parse_ip (&ip, text, 0))
    g_error ("\"%s\" is no IP address", text);

  return ip;
}

static void
insert_endpoint (SimSegment          *segment,
                 const UdpnatAddress *ip,
                 SimEndpoint         *endpoint)
{
  if (g_hash_table_contains (segment->by_ipv4, get_ipv4_key (ip)))
    {
      char text[UDPNAT_ADDRESS_TEXT_BYTES];

      g_error ("%s is taken on this network", udpnat_address_to_string (ip, text));
    }
  g_hash_table_insert (segment->by_ipv4, get_ipv4_key (ip), endpoint);
}

static void
take_name (SimWorld   *self,
           const char *name)
{
  /* Chance is dealt out by name. */
  if (!g_hash_table_add (self->names, (gpointer) name))
    g_error ("there are two of name \"%s\"", name);
}

static void
init_link (SimWorld            *self,
           SimLink             *link,
           const SimLinkConfig *config,
           const char          *name,
           const char          *direction)
{
  g_autofree char *label = g_strdup_printf ("link/%s/%s", name, direction);

  sim_link_init (link, config, sim_random_fork (self->random, label));
}

/* ---- NATs ---- */

static SimRouter *
find_router (const SimWorld *self,
             const SimNat   *nat)
{
  SimRouter *router = g_hash_table_lookup (self->routers_by_nat, nat);

  if (router == NULL)
    g_error ("NAT \"%s\" is of another world", sim_nat_get_name (nat));

  return router;
}

static SimSegment *
get_inside (SimWorld *self,
            SimNat   *nat)
{
  return nat == NULL ? &self->internet : &find_router (self, nat)->inner;
}

/**
 * sim_world_add_nat:
 * @name: unique among hosts and NATs
 * @behind: (nullable): another NAT, for double NAT and CGNAT
 * @outer_ip: (nullable): IPv4 address; %NULL to get one
 * @config: see sim_nat_config()
 *
 * Adds a router with its own line, which takes no time and loses nothing until
 * sim_world_set_nat_link(). Every NAT is one hop. For IPv6 it is a firewall.
 *
 * Returns: (transfer none)
 */
SimNat *
sim_world_add_nat (SimWorld           *self,
                   const char         *name,
                   SimNat             *behind,
                   const char         *outer_ip,
                   const SimNatConfig *config)
{
  g_autofree char *label = g_strconcat ("nat/", name, NULL);
  SimLinkConfig perfect = { 0 };
  SimRouter *router = g_new0 (SimRouter, 1);
  UdpnatAddress ip;

  router->outer = get_inside (self, behind);
  ip = outer_ip != NULL ? parse_ip (outer_ip) : assign_ipv4 (router->outer, TRUE);
  g_assert (ip.family == UDPNAT_FAMILY_IPV4);

  router->nat = sim_nat_new (name, config, &ip, sim_random_fork (self->random, label));
  router->endpoint.router = router;
  init_link (self, &router->links[SIM_UP], &perfect, name, "up");
  init_link (self, &router->links[SIM_DOWN], &perfect, name, "down");
  g_ptr_array_add (self->routers, router);
  g_hash_table_insert (self->routers_by_nat, router->nat, router);
  sim_segment_init (&router->inner, router, self->routers->len);
  if (self->are_nets_alike)
    router->inner.ipv4_net = 1;
  take_name (self, sim_nat_get_name (router->nat));
  insert_endpoint (router->outer, &ip, &router->endpoint);

  return router->nat;
}

void
sim_router_free (SimRouter *self)
{
  sim_segment_clear (&self->inner);
  sim_link_clear (&self->links[SIM_UP]);
  sim_link_clear (&self->links[SIM_DOWN]);
  sim_nat_free (self->nat);
  g_free (self);
}

/* The line that all behind the NAT share. */
void
sim_world_set_nat_link (SimWorld            *self,
                        SimNat              *nat,
                        SimDirection         direction,
                        const SimLinkConfig *config)
{
  sim_link_set_config (&find_router (self, nat)->links[direction], config);
}

/**
 * sim_world_set_nat_address:
 * @outer_ip: (nullable): %NULL to get a new one
 *
 * The line gets another address; all mappings are lost.
 */
void
sim_world_set_nat_address (SimWorld   *self,
                           SimNat     *nat,
                           const char *outer_ip)
{
  SimRouter *router = find_router (self, nat);
  UdpnatAddress ip = outer_ip != NULL ? parse_ip (outer_ip) : assign_ipv4 (router->outer, TRUE);

  g_assert (ip.family == UDPNAT_FAMILY_IPV4);

  g_hash_table_remove (router->outer->by_ipv4, get_ipv4_key (sim_nat_get_outer_ip (nat)));
  insert_endpoint (router->outer, &ip, &router->endpoint);
  sim_nat_set_outer_ip (nat, &ip);
}

/* ---- Hosts ---- */

static void
insert_address (SimHost             *self,
                const UdpnatAddress *ip)
{
  if (ip->family == UDPNAT_FAMILY_IPV4)
    {
      insert_endpoint (self->segment, ip, &self->endpoint);
    }
  else if (!g_hash_table_insert (self->world->hosts_by_ipv6, new_ipv6_key (ip), self))
    {
      g_error ("%s takes an IPv6 address that another host has", self->name);
    }
}

static void
remove_address (SimHost             *self,
                const UdpnatAddress *ip)
{
  g_autoptr (GBytes) key = new_ipv6_key (ip);

  if (ip->family == UDPNAT_FAMILY_IPV4)
    g_hash_table_remove (self->segment->by_ipv4, get_ipv4_key (ip));
  else
    g_hash_table_remove (self->world->hosts_by_ipv6, key);
}

/**
 * sim_world_add_host:
 * @name: unique among hosts and NATs
 * @behind: (nullable): the NAT it is behind; %NULL: on the Internet
 * @ip: (nullable): IPv4 or IPv6; %NULL to get an IPv4 address
 * @up: (nullable): its own link; %NULL for a good one of %SIM_LAN_DELAY_US
 * @down: (nullable): likewise
 *
 * Returns: (transfer none)
 */
SimHost *
sim_world_add_host (SimWorld            *self,
                    const char          *name,
                    SimNat              *behind,
                    const char          *ip,
                    const SimLinkConfig *up,
                    const SimLinkConfig *down)
{
  SimLinkConfig lan = { .delay_us = SIM_LAN_DELAY_US };
  SimHost *host = g_new0 (SimHost, 1);
  UdpnatAddress address;

  host->world = self;
  host->name = g_strdup (name);
  host->endpoint.host = host;
  host->segment = get_inside (self, behind);
  host->addresses = g_array_new (FALSE, FALSE, sizeof (UdpnatAddress));
  host->timer.owner = host;
  host->random = sim_random_fork (self->random, name);
  host->further_ports = g_hash_table_new (NULL, NULL);
  host->further_ids = g_hash_table_new (NULL, NULL);
  init_link (self, &host->links[SIM_UP], up != NULL ? up : &lan, name, "up");
  init_link (self, &host->links[SIM_DOWN], down != NULL ? down : &lan, name, "down");
  g_ptr_array_add (self->hosts, host);
  take_name (self, host->name);

  address = ip != NULL ? parse_ip (ip) : assign_ipv4 (host->segment, FALSE);
  insert_address (host, &address);
  g_array_append_val (host->addresses, address);

  return host;
}

void
sim_host_free (SimHost *self)
{
  sim_link_clear (&self->links[SIM_UP]);
  sim_link_clear (&self->links[SIM_DOWN]);
  g_hash_table_unref (self->further_ports);
  g_hash_table_unref (self->further_ids);
  sim_random_free (self->random);
  g_array_unref (self->addresses);
  g_free (self->name);
  g_free (self);
}

/**
 * sim_host_add_address:
 * @ip: (nullable): IPv4 or IPv6; %NULL to get an IPv6 address
 *
 * Gives the host one more address. It receives at all of them and sends from the first of each
 * family.
 */
void
sim_host_add_address (SimHost    *self,
                      const char *ip)
{
  UdpnatAddress address = ip != NULL ? parse_ip (ip) : assign_ipv6 (self->segment);

  insert_address (self, &address);
  g_array_append_val (self->addresses, address);
}

/**
 * sim_host_set_alt_ip:
 * @ip: IPv4
 *
 * Gives the host one more address, for %UDPNAT_SOCKET_ALT_IP and %UDPNAT_SOCKET_ALT_IP_ALT: what
 * comes to it is handed over as such.
 */
void
sim_host_set_alt_ip (SimHost    *self,
                     const char *ip)
{
  self->alt_ip = parse_ip (ip);
  sim_host_add_address (self, ip);
}

/** sim_host_get_alt_ip: unset when it has none */
UdpnatAddress
sim_host_get_alt_ip (const SimHost *self)
{
  return self->alt_ip;
}

/**
 * sim_host_set_address:
 * @ip: (nullable): IPv4 or IPv6; %NULL to get an IPv4 address
 *
 * Replaces the first address of that family: the network has given another one. The machine is not
 * told.
 */
void
sim_host_set_address (SimHost    *self,
                      const char *ip)
{
  UdpnatAddress address = ip != NULL ? parse_ip (ip) : assign_ipv4 (self->segment, FALSE);

  for (guint i = 0; i < self->addresses->len; i++)
    {
      UdpnatAddress *old = &g_array_index (self->addresses, UdpnatAddress, i);

      if (old->family == address.family)
        {
          remove_address (self, old);
          insert_address (self, &address);
          *old = address;
          return;
        }
    }

  insert_address (self, &address);
  g_array_append_val (self->addresses, address);
}

/**
 * sim_host_move:
 * @behind: (nullable): as in sim_world_add_host()
 * @ip: (nullable): likewise
 *
 * Takes the host to another network, for example from Wi-Fi to mobile data: it loses all its
 * addresses and gets one. Its links stay. The machine is not told.
 */
void
sim_host_move (SimHost    *self,
               SimNat     *behind,
               const char *ip)
{
  for (guint i = 0; i < self->addresses->len; i++)
    remove_address (self, &g_array_index (self->addresses, UdpnatAddress, i));
  g_array_set_size (self->addresses, 0);

  self->segment = get_inside (self->world, behind);
  sim_host_set_address (self, ip);
}

gboolean
sim_host_has_address (const SimHost       *self,
                      const UdpnatAddress *ip)
{
  for (guint i = 0; i < self->addresses->len; i++)
    {
      if (udpnat_address_equal_ip (&g_array_index (self->addresses, UdpnatAddress, i), ip))
        return TRUE;
    }

  return FALSE;
}

/**
 * sim_host_get_address:
 *
 * Returns: the address that it sends from, with the port of the attached machine; unset when it has
 * none of @family
 */
UdpnatAddress
sim_host_get_address (const SimHost *self,
                      UdpnatFamily   family)
{
  for (guint i = 0; i < self->addresses->len; i++)
    {
      UdpnatAddress address = g_array_index (self->addresses, UdpnatAddress, i);

      if (address.family == family)
        {
          address.port = self->port;
          return address;
        }
    }

  return UDPNAT_ADDRESS_NONE;
}

/**
 * sim_host_get_addresses:
 *
 * Fills in all addresses, with the port of the attached machine: what a program learns from its
 * interfaces.
 *
 * Returns: how many were filled in
 */
guint
sim_host_get_addresses (const SimHost *self,
                        UdpnatAddress *out_addresses,
                        guint          n_max)
{
  guint n = MIN (n_max, self->addresses->len);

  for (guint i = 0; i < n; i++)
    {
      out_addresses[i] = g_array_index (self->addresses, UdpnatAddress, i);
      out_addresses[i].port = self->port;
    }

  return n;
}

/**
 * sim_host_get_public_ip:
 *
 * Returns: the address (without port) that the Internet knows it by, unset when it has none of
 * @family
 */
UdpnatAddress
sim_host_get_public_ip (const SimHost *self,
                        UdpnatFamily   family)
{
  UdpnatAddress ip = sim_host_get_address (self, family);
  const SimSegment *segment = self->segment;

  if (family == UDPNAT_FAMILY_IPV4 && udpnat_address_is_set (&ip))
    {
      for (; segment->router != NULL; segment = segment->router->outer)
        ip = *sim_nat_get_outer_ip (segment->router->nat);
    }
  ip.port = 0;

  return ip;
}

void
sim_host_set_link (SimHost             *self,
                   SimDirection         direction,
                   const SimLinkConfig *config)
{
  sim_link_set_config (&self->links[direction], config);
}

SimLinkConfig
sim_host_get_link (const SimHost *self,
                   SimDirection   direction)
{
  return self->links[direction].config;
}
