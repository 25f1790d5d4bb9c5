/* Looking for a port, within a budget (nat.md section 4; PROTOCOL.md section 10).
 *
 * With 256 ports open out of 64,512, and each probe another random port, half of all searches hit
 * within 175 probes and 99 % within 1,148: the birthday problem. A router that gives ports in
 * order, or out of a block, needs far fewer of both. At most 100 packets a second, 1,200 probes,
 * and an end after 20 s; ports below 1,024 are never tried. What else goes to the peer meanwhile
 * counts as well, and nothing is searched while a hit is being proven. The owner sees to it that
 * the address is the peer's and that there is one search at a time. */

#include "config.h"

#include "udpnat-port-search.h"

#define PORTS 65536

struct _UdpnatPortSearch
{
  UdpnatRandom   random;
  UdpnatAddress  target;
  gint64         next_us;
  gint64         end_us;
  guint          n_sent;
  guint          n_max;

  /* opener */
  UdpnatSocketId sockets[UDPNAT_SEARCH_SOCKETS_MAX];
  guint          n_sockets;
  guint8         open_ttl;

  gint64         start_us;
  gboolean       is_meeting; /* the sockets challenge, too */

  /* prober */
  gboolean        is_prober;
  UdpnatPortRange ranges[UDPNAT_SEARCH_RANGES_MAX];
  guint           n_ranges;
  guint           range;    /* that is being tried */
  guint           position; /* in it */
  guint8          used[PORTS / 8];
};

static UdpnatPortSearch *
search_new (const UdpnatRandom  *random,
            gint64               now_us,
            const UdpnatAddress *target)
{
  UdpnatPortSearch *self = g_new0 (UdpnatPortSearch, 1);

  self->random = *random;
  self->target = *target;
  self->next_us = now_us;
  self->end_us = now_us + UDPNAT_SEARCH_US;
  return self;
}

/**
 * udpnat_port_search_new_opener:
 * @target: the prober's address, as its server has signed it
 * @sockets: (array length=n_sockets): further ones of ours, at most UDPNAT_SEARCH_SOCKETS_MAX; they
 *   stay the owner's
 * @open_ttl: passes our own routers and no other
 */
UdpnatPortSearch *
udpnat_port_search_new_opener (const UdpnatRandom   *random,
                               gint64                now_us,
                               const UdpnatAddress  *target,
                               const UdpnatSocketId *sockets,
                               guint                 n_sockets,
                               guint8                open_ttl)
{
  UdpnatPortSearch *self = search_new (random, now_us, target);

  g_assert (n_sockets <= UDPNAT_SEARCH_SOCKETS_MAX);
  for (guint i = 0; i < n_sockets; i++)
    self->sockets[i] = sockets[i];
  self->n_sockets = n_sockets;
  self->n_max = n_sockets;
  self->open_ttl = open_ttl;
  return self;
}

/* When each burst of a meeting begins, openers first. */
static const gint64 burst_offsets_us[] = {
  0,
  UDPNAT_MSEC (250),
  UDPNAT_MSEC (550),
  UDPNAT_MSEC (1050),
};

/**
 * udpnat_port_search_new_meeting:
 * @target: the peer's IP address, signed, with the one port that all our sockets send to: the
 *   middle one of those that its router will give out next. The peer does the same
 * @sockets: (array length=n_sockets): as for an opener
 *
 * Where both routers map by destination and give ports in order. One of our sockets gets the port
 * that the peer's send to, and one of the peer's gets that which ours send to: these two meet.
 */
UdpnatPortSearch *
udpnat_port_search_new_meeting (const UdpnatRandom   *random,
                                gint64                now_us,
                                const UdpnatAddress  *target,
                                const UdpnatSocketId *sockets,
                                guint                 n_sockets,
                                guint8                open_ttl)
{
  UdpnatPortSearch *self = udpnat_port_search_new_opener (random, now_us, target, sockets,
                                                          n_sockets, open_ttl);

  self->is_meeting = TRUE;
  self->start_us = now_us;
  self->n_max = n_sockets * G_N_ELEMENTS (burst_offsets_us);
  return self;
}

/**
 * udpnat_port_search_new_prober:
 * @target_ip: the opener's, as its server has signed it; the port does not count
 * @ranges: (array length=n_ranges): where to look, the likeliest first; as the opener says, and
 *   bounded here
 */
UdpnatPortSearch *
udpnat_port_search_new_prober (const UdpnatRandom    *random,
                               gint64                 now_us,
                               const UdpnatAddress   *target_ip,
                               const UdpnatPortRange *ranges,
                               guint                  n_ranges)
{
  UdpnatPortSearch *self = search_new (random, now_us, target_ip);

  self->is_prober = TRUE;
  self->n_max = UDPNAT_SEARCH_PROBES_MAX;
  self->n_ranges = MIN (n_ranges, UDPNAT_SEARCH_RANGES_MAX);
  for (guint i = 0; i < self->n_ranges; i++)
    self->ranges[i] = ranges[i];
  return self;
}

void
udpnat_port_search_free (UdpnatPortSearch *self)
{
  g_free (self);
}

/* ---- Ports ---- */

static gboolean
take_port (UdpnatPortSearch *self,
           gint              port)
{
  guint8 bit = (guint8) (1 << (port & 7));

  if (port < UDPNAT_CANDIDATE_PORT_MIN || port >= PORTS || (self->used[port >> 3] & bit) != 0)
    return FALSE;
  self->used[port >> 3] |= bit;
  return TRUE;
}

/* A random one of the range that was not tried; after many misses the next free one above. */
static gint
pick_port (UdpnatPortSearch      *self,
           const UdpnatPortRange *range)
{
  guint start = udpnat_random_u32 (&self->random) % range->count;

  for (guint i = 0; i < range->count; i++)
    {
      gint port = range->first + (gint) ((start + i) % range->count);

      if (take_port (self, port))
        return port;
    }
  return 0;
}

/* Returns: the next port to be tried; 0: there is none left */
static gint
next_port (UdpnatPortSearch *self)
{
  while (self->range < self->n_ranges)
    {
      const UdpnatPortRange *range = &self->ranges[self->range];
      gint port = range->first + (gint) self->position * range->step;

      if (self->position < range->count)
        {
          self->position++;
          if (range->step != 0 && take_port (self, port))
            return port;
          if (range->step != 0)
            continue;
          port = pick_port (self, range);
          if (port != 0)
            return port;
        }
      self->range++;
      self->position = 0;
    }
  return 0;
}

/* ---- As a machine ---- */

gint64
udpnat_port_search_next_deadline (const UdpnatPortSearch *self)
{
  return self->n_sent < self->n_max ? udpnat_time_min (self->next_us, self->end_us)
                                    : self->end_us;
}

static gint64
get_gap (const UdpnatPortSearch *self)
{
  gboolean is_burst = !self->is_prober && self->n_sockets <= UDPNAT_SEARCH_BURST_SOCKETS;

  return is_burst ? UDPNAT_SEARCH_BURST_GAP_US : UDPNAT_SEARCH_GAP_US;
}

static void
plan_next (UdpnatPortSearch *self,
           gint64            now_us)
{
  gint64 gap_us = get_gap (self);

  self->next_us = MAX (self->next_us, now_us - gap_us) + gap_us;
  if (self->is_meeting && self->n_sent < self->n_max && self->n_sent % self->n_sockets == 0)
    self->next_us = MAX (self->next_us,
                         self->start_us + burst_offsets_us[self->n_sent / self->n_sockets]);
}

/** udpnat_port_search_note_sent: something else went to the peer: what is next waits its time */
void
udpnat_port_search_note_sent (UdpnatPortSearch *self,
                              gint64            now_us)
{
  self->next_us = MAX (self->next_us, now_us) + get_gap (self);
}

/** udpnat_port_search_hold: nothing before @until_us; when the search ends stays the same */
void
udpnat_port_search_hold (UdpnatPortSearch *self,
                         gint64            until_us)
{
  self->next_us = MAX (self->next_us, until_us);
}

/**
 * udpnat_port_search_pop_output:
 * @out_output: (out caller-allocates): OPEN by one of the sockets, or CHALLENGE by the main one;
 *   of a meeting, by one of the sockets, too. Its token is known to nobody: what a hit is answered
 *   with proves the path
 */
gboolean
udpnat_port_search_pop_output (UdpnatPortSearch *self,
                               gint64            now_us,
                               UdpnatPathOutput *out_output)
{
  if (self->n_sent >= self->n_max || self->next_us > now_us || self->end_us <= now_us)
    return FALSE;
  *out_output = (UdpnatPathOutput) { .to = self->target };
  if (self->is_prober)
    {
      gint port = next_port (self);

      if (port == 0)
        {
          self->n_max = self->n_sent;
          return FALSE;
        }
      out_output->type = UDPNAT_PATH_OUTPUT_CHALLENGE;
      out_output->to.port = (guint16) port;
      out_output->token = udpnat_random_u64 (&self->random);
    }
  else
    {
      out_output->socket = self->sockets[self->n_sent % self->n_sockets];
      if (self->n_sent < self->n_sockets)
        {
          out_output->type = UDPNAT_PATH_OUTPUT_OPEN;
          out_output->ttl = self->open_ttl;
        }
      else
        {
          out_output->type = UDPNAT_PATH_OUTPUT_CHALLENGE;
          out_output->token = udpnat_random_u64 (&self->random);
        }
    }
  self->n_sent++;
  plan_next (self, now_us);
  return TRUE;
}

/**
 * udpnat_port_search_has_found:
 * @address: the peer's, that a path has been proven to while the search went on
 *
 * Returns: whether that is its doing: a prober's if it has tried the port; an opener's whatever
 *   port of ours was hit, which may well be that of the main socket
 */
gboolean
udpnat_port_search_has_found (const UdpnatPortSearch *self,
                              const UdpnatAddress    *address)
{
  return udpnat_address_equal_ip (address, &self->target) &&
         (!self->is_prober || (self->used[address->port >> 3] & 1 << (address->port & 7)) != 0);
}
