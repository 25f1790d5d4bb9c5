#pragma once

#include <string.h>

#include "udpnat-lan.h"

/* Some programs on one network segment in virtual time: what one sends to the groups, all others
 * hear, from its IPv4 address and from its link-local IPv6 address. */

#define LINK_HOSTS_MAX 400
#define LINK_WALL_US (G_GINT64_CONSTANT (1790000000) * G_USEC_PER_SEC)

typedef struct _Link Link;

typedef struct
{
  Link           *link;
  UdpnatIdentity *identity;
  UdpnatLan      *lan; /* NULL while it does not run */
  UdpnatAddress   ipv4;
  UdpnatAddress   ipv6;
  gboolean        is_deaf; /* to all that is sent */
  guint           n_rounds;
  guint           n_announced;
  guint           n_sent;
  guint           n_woken; /* by a deadline or a datagram */
  guint           n_appeared;
  guint           n_gone;
  UdpnatLanEvent *last; /* of a person */
} LinkHost;

struct _Link
{
  guint64        random_state;
  UdpnatRandom   random;
  gint64         now_us;
  gboolean       is_ipv6_off;
  LinkHost       hosts[LINK_HOSTS_MAX];
  guint          n_hosts;
  UdpnatDatagram last; /* as it was heard */
};

static inline void
link_fill (gpointer user_data,
           guint8  *out,
           gsize    n_out)
{
  guint64 *state = user_data;

  for (gsize i = 0; i < n_out; i++)
    {
      *state = *state * G_GUINT64_CONSTANT (6364136223846793005) + 1442695040888963407;
      out[i] = (guint8) (*state >> 56);
    }
}

static inline Link *
link_new (guint64 seed)
{
  Link *link = g_new0 (Link, 1);

  g_assert_true (udpnat_crypto_init ());
  link->random_state = seed;
  link->random = (UdpnatRandom) { link_fill, &link->random_state };
  link->now_us = UDPNAT_SEC (1000);
  return link;
}

static inline void
link_stop (LinkHost *host)
{
  g_clear_pointer (&host->lan, udpnat_lan_free);
}

static inline void
link_free (Link *link)
{
  for (guint i = 0; i < link->n_hosts; i++)
    {
      link_stop (&link->hosts[i]);
      udpnat_identity_free (link->hosts[i].identity);
      if (link->hosts[i].last != NULL)
        udpnat_event_free (&link->hosts[i].last->base);
    }
  g_free (link);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Link, link_free)

static inline void
link_start (LinkHost *host)
{
  host->lan = udpnat_lan_new (host->identity, &host->link->random, host->link->now_us,
                              host->link->now_us + LINK_WALL_US);
}

static inline LinkHost *
link_add (Link *link)
{
  LinkHost *host = &link->hosts[link->n_hosts++];
  guint8 ipv4[4] = { 192, 168, (guint8) (link->n_hosts >> 8), (guint8) link->n_hosts };
  guint8 ipv6[16] = { 0xfe, 0x80, [14] = ipv4[2], [15] = ipv4[3] };

  host->link = link;
  host->identity = udpnat_identity_generate (&link->random);
  udpnat_address_init_ipv4 (&host->ipv4, ipv4, UDPNAT_LAN_PORT);
  udpnat_address_init_ipv6 (&host->ipv6, ipv6, UDPNAT_LAN_PORT);
  host->ipv6.scope_id = 2;
  link_start (host);
  return host;
}

static inline const UdpnatPublicKey *
link_key (const LinkHost *host)
{
  return udpnat_identity_get_public_key (host->identity);
}

/* Hands @datagram over as if it came from @from. */
static inline UdpnatRxResult
link_give (LinkHost             *to,
           const UdpnatAddress  *from,
           const UdpnatDatagram *datagram)
{
  UdpnatDatagram copy = *datagram;

  copy.remote = *from;
  to->n_woken++;
  return udpnat_machine_handle_datagram (udpnat_lan_get_machine (to->lan), to->link->now_us, &copy);
}

static inline void
link_carry (LinkHost             *from,
            const UdpnatDatagram *datagram)
{
  Link *link = from->link;
  const UdpnatAddress *source = datagram->remote.family == UDPNAT_FAMILY_IPV4 ? &from->ipv4
                                                                              : &from->ipv6;

  from->n_sent++;
  if (link->is_ipv6_off && source == &from->ipv6)
    return;
  link->last = *datagram;
  link->last.remote = *source;
  /* The sender hears itself, too. */
  for (guint i = 0; i < link->n_hosts; i++)
    if (link->hosts[i].lan != NULL && !link->hosts[i].is_deaf && !from->is_deaf)
      link_give (&link->hosts[i], source, datagram);
}

static inline void
link_take_event (LinkHost       *host,
                 UdpnatLanEvent *event)
{
  switch ((UdpnatLanEventType) event->base.type)
    {
    case UDPNAT_LAN_EVENT_ANNOUNCED:
      host->n_announced++;
      break;
    case UDPNAT_LAN_EVENT_ROUND:
      host->n_rounds++;
      break;
    case UDPNAT_LAN_EVENT_PEER:
      if (event->n_addresses > 0)
        host->n_appeared++;
      else
        host->n_gone++;
      if (host->last != NULL)
        udpnat_event_free (&host->last->base);
      host->last = event;
      return;
    }
  udpnat_event_free (&event->base);
}

static inline void
link_turn (Link *link)
{
  for (guint i = 0; i < link->n_hosts; i++)
    {
      LinkHost *host = &link->hosts[i];
      UdpnatMachine *machine;
      UdpnatDatagram datagram;
      UdpnatEvent *event;

      if (host->lan == NULL)
        continue;
      machine = udpnat_lan_get_machine (host->lan);
      if (udpnat_machine_next_deadline (machine) <= link->now_us)
        {
          host->n_woken++;
          udpnat_machine_handle_deadline (machine, link->now_us);
        }
      g_assert_cmpint (udpnat_machine_next_deadline (machine), >, link->now_us);
      while (udpnat_machine_pop_output (machine, link->now_us, &datagram))
        link_carry (host, &datagram);
      while ((event = udpnat_machine_pop_event (machine)) != NULL)
        link_take_event (host, (UdpnatLanEvent *) event);
    }
}

static inline gint64
link_next (const Link *link)
{
  gint64 next_us = UDPNAT_TIME_NEVER;

  for (guint i = 0; i < link->n_hosts; i++)
    if (link->hosts[i].lan != NULL)
      next_us = udpnat_time_min (next_us, udpnat_machine_next_deadline (
                                   udpnat_lan_get_machine (link->hosts[i].lan)));
  return next_us;
}

static inline void
link_run (Link  *link,
          gint64 duration_us)
{
  gint64 end_us = link->now_us + duration_us;

  link_turn (link);
  link_turn (link); /* events of what was just carried */
  while (link_next (link) <= end_us)
    {
      link->now_us = MAX (link->now_us, link_next (link));
      link_turn (link);
      link_turn (link);
    }
  link->now_us = end_us;
}

static inline void
link_announce (LinkHost   *host,
               const char *name)
{
  udpnat_lan_announce (host->lan, host->link->now_us, name, UDPNAT_CLIENT_PORT);
}
