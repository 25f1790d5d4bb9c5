/* "Here I am": people on one network find each other without a server (PROTOCOL.md section 16).
 *
 * When beacons go: a few soon after the start, then one every 25 s, less often when many people are
 * here; one soon when somebody new appears or asks; a last one on leaving. All go to everybody:
 * nothing is ever sent to where a beacon came from, so that a forged source gains nothing. What is
 * heard is taken for true when its signature is; where they are is taken from the packet, not from
 * what it says, and only from the link itself.
 *
 * A name is only a claim: what to make of it is the node's to decide. */

#include "config.h"

#include "udpnat-lan.h"

#include "udpnat-lan-table-private.h"
#include "udpnat-name.h"

#include <string.h>

static const char label[] = "udpnat beacon";

#define KEEP_MIN_S UDPNAT_BEACON_INTERVAL_S
#define KEEP_MAX_S (2 * UDPNAT_BEACON_INTERVAL_MAX_S)
#define EVENTS_MAX 4096 /* two for each who may be here, and far more than is heard in one go */

struct _UdpnatLan
{
  UdpnatMachine machine; /* first: a UdpnatLan is a UdpnatMachine */

  UdpnatIdentity   *identity;
  UdpnatSigningKey  signing_key;
  UdpnatRandom      random;
  gint64            wall_offset_us; /* wall clock minus now_us */
  guint64           last_sent_us;   /* wall clock of our newest beacon */

  char             *name; /* NULL: we are not here, and hear nobody */
  guint16           port;
  UdpnatAddress     host_addresses[UDPNAT_CANDIDATES_MAX];
  guint             n_host_addresses;

  gint64            next_beacon_us;
  guint             n_quick;      /* beacons left that go soon */
  guint             n_quick_done;
  guint             n_asking;     /* beacons left that ask who is here */
  gboolean          is_told;      /* ANNOUNCED has been, for this name */
  UdpnatTokenBucket answers;
  UdpnatLanTable    table;

  GQueue            outputs; /* of GBytes, each for both groups */
  gboolean          is_ipv4_out; /* the first of them has gone to one group */
  UdpnatAddress     group_ipv4;
  UdpnatAddress     group_ipv6;
  GQueue            events;  /* of UdpnatLanEvent */
};

/* ---- Events ---- */

static void
event_free (UdpnatEvent *event)
{
  UdpnatLanEvent *self = (UdpnatLanEvent *) event;

  g_free (self->name);
  g_free (self);
}

static UdpnatLanEvent *
push_event (UdpnatLan          *self,
            UdpnatLanEventType  type,
            const char         *name)
{
  UdpnatLanEvent *event = g_new0 (UdpnatLanEvent, 1);

  event->base = (UdpnatEvent) { type, event_free };
  event->name = g_strdup (name);
  g_queue_push_tail (&self->events, event);
  return event;
}

static void
push_peer (UdpnatLan           *self,
           const UdpnatLanPeer *peer)
{
  UdpnatLanEvent *event = push_event (self, UDPNAT_LAN_EVENT_PEER, peer->name);

  event->key = peer->key;
  event->n_addresses = peer->n_places;
  for (guint i = 0; i < peer->n_places; i++)
    event->addresses[i] = peer->places[i].address;
}

/* ---- Saying ---- */

static guint
get_interval (const UdpnatLan *self)
{
  return CLAMP (udpnat_lan_table_count_present (&self->table) * UDPNAT_BEACON_SECONDS_PER_PERSON,
                UDPNAT_BEACON_INTERVAL_S, UDPNAT_BEACON_INTERVAL_MAX_S);
}

/* The longest that the next one takes. */
static guint
get_within (const UdpnatLan *self)
{
  return get_interval (self) * (100 + UDPNAT_BEACON_JITTER_PERCENT) / 100;
}

static void
say (UdpnatLan *self,
     gint64     now_us,
     gboolean   is_leaving)
{
  guint8 data[UDPNAT_BEACON_MAX_BYTES];
  UdpnatWriter writer;
  UdpnatBeacon beacon;
  guint8 *signature;

  self->last_sent_us = MAX (self->last_sent_us + 1,
                            (guint64) MAX (0, now_us + self->wall_offset_us));
  beacon = (UdpnatBeacon) {
    .is_leaving = is_leaving,
    .is_asking = !is_leaving && self->n_asking > 0,
    .sent_us = self->last_sent_us,
    .within_s = (guint16) get_within (self),
    .port = self->port,
    .key = self->signing_key.bytes,
    .name = self->name,
    .n_name = strlen (self->name),
  };
  self->n_asking -= MIN (self->n_asking, 1);
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_beacon_write (&writer, &beacon);
  beacon.n_signed = writer.n_written;
  signature = udpnat_writer_reserve (&writer, UDPNAT_SIGNATURE_BYTES);
  g_assert (signature != NULL); /* the longest name fits */
  udpnat_signature_make (self->identity, &self->random, label, data, beacon.n_signed, signature);
  g_queue_push_tail (&self->outputs, g_bytes_new (data, writer.n_written));
}

static void
schedule_next (UdpnatLan *self,
               gint64     now_us)
{
  gint64 gap_us = UDPNAT_SEC (get_interval (self));
  guint percent = UDPNAT_BEACON_JITTER_PERCENT;

  if (self->n_quick > 0)
    {
      self->n_quick--;
      gap_us = UDPNAT_BEACON_QUICK_GAP_US << MIN (self->n_quick_done, 2);
      self->n_quick_done++;
      percent = 50;
    }
  self->next_beacon_us = now_us + udpnat_random_jitter (&self->random, gap_us, percent);
}

static void
begin_quick (UdpnatLan *self,
             gint64     now_us)
{
  self->n_quick = UDPNAT_BEACON_QUICK - 1;
  self->n_quick_done = 0;
  self->n_asking = UDPNAT_BEACON_ASKING;
  self->next_beacon_us = now_us;
}

/* Somebody is new here, or asks: has most likely not heard us. Said twice, since the first may be
 * lost; at a random moment, since others answer as well. */
static void
answer (UdpnatLan *self,
        gint64     now_us)
{
  gint64 answer_us = now_us + udpnat_random_below (&self->random, UDPNAT_BEACON_ANSWER_US);
  gboolean may_answer;

  /* One answer is for everybody who has asked until then, by both families. */
  if (self->next_beacon_us <= now_us + UDPNAT_BEACON_ANSWER_US && self->n_quick > 0)
    return;
  may_answer = udpnat_token_bucket_take (&self->answers, now_us, UDPNAT_BEACON_ANSWER_S,
                                         UDPNAT_BEACON_ANSWERS_BURST * UDPNAT_BEACON_ANSWER_S, 1);
  if (!may_answer) /* later, but not as late as our next turn: they would not know us till then */
    answer_us = now_us + UDPNAT_SEC (UDPNAT_BEACON_ANSWER_S);
  else if (self->n_quick == 0)
    {
      self->n_quick = 1;
      self->n_quick_done = 0;
    }
  self->next_beacon_us = udpnat_time_min (self->next_beacon_us, answer_us);
}

/* ---- Hearing ---- */

/* Whether a packet from there cannot have come through a router: a link-local address; a private
 * one; or one that differs from one of ours in the last byte only, for networks with public
 * addresses. */
static gboolean
is_on_link (const UdpnatLan     *self,
            const UdpnatAddress *source)
{
  UdpnatScope scope = udpnat_address_get_scope (source);

  if (source->family == UDPNAT_FAMILY_IPV6)
    return scope == UDPNAT_SCOPE_LINK_LOCAL && source->scope_id != 0;
  if (scope != UDPNAT_SCOPE_GLOBAL)
    return scope == UDPNAT_SCOPE_PRIVATE || scope == UDPNAT_SCOPE_LINK_LOCAL;
  for (guint i = 0; i < self->n_host_addresses; i++)
    if (self->host_addresses[i].family == UDPNAT_FAMILY_IPV4 &&
        memcmp (self->host_addresses[i].ip, source->ip, 3) == 0)
      return TRUE;
  return FALSE;
}

static char *
dup_name (const UdpnatBeacon *beacon)
{
  g_autofree char *name = g_strndup (beacon->name, beacon->n_name);

  return strlen (name) == beacon->n_name ? udpnat_name_normalize (name) : NULL;
}

static UdpnatRxResult
take_leaving (UdpnatLan     *self,
              gint64         now_us,
              UdpnatLanPeer *peer)
{
  gboolean was_here = peer->n_places > 0;

  peer->n_places = 0;
  peer->round_us = now_us;
  if (was_here)
    push_peer (self, peer);
  return UDPNAT_RX_OK;
}

/* @name: (transfer full) */
static UdpnatRxResult
take_present (UdpnatLan           *self,
              gint64               now_us,
              UdpnatLanPeer       *peer,
              const UdpnatBeacon  *beacon,
              const UdpnatAddress *source,
              char                *name)
{
  UdpnatAddress place = *source;
  gboolean is_back = peer->n_places == 0;
  gboolean is_changed = g_strcmp0 (peer->name, name) != 0;

  g_free (peer->name);
  peer->name = name;
  if (beacon->sent_us > peer->sent_us)
    peer->round_us = now_us;
  peer->sent_us = beacon->sent_us;
  peer->keep_us = UDPNAT_BEACON_MISSED_MAX
                  * UDPNAT_SEC (CLAMP (beacon->within_s, KEEP_MIN_S, KEEP_MAX_S));
  if (peer->port != beacon->port) /* started anew: what listened there does so no more */
    peer->n_places = 0;
  peer->port = beacon->port;
  place.port = beacon->port;
  is_changed |= udpnat_lan_peer_note_place (peer, now_us, &place);
  if (is_changed)
    push_peer (self, peer);
  if (is_back || beacon->is_asking)
    answer (self, now_us);
  return UDPNAT_RX_OK;
}

/* Whether the beacon is news, before anything costly is done with it. */
static gboolean
is_news (const UdpnatLanPeer *peer,
         gint64               now_us,
         const UdpnatBeacon  *beacon,
         const UdpnatAddress *source)
{
  if (peer == NULL)
    return !beacon->is_leaving;
  if (beacon->sent_us != peer->sent_us)
    return beacon->sent_us > peer->sent_us;
  return !beacon->is_leaving && peer->n_places > 0 &&
         now_us < peer->round_us + UDPNAT_BEACON_ROUND_US &&
         !udpnat_lan_peer_is_heard_at (peer, source);
}

static UdpnatRxResult
take_newcomer (UdpnatLan              *self,
               gint64                  now_us,
               const UdpnatSigningKey *signing_key,
               const UdpnatBeacon     *beacon,
               const UdpnatAddress    *source,
               char                   *name)
{
  g_autofree char *owned_name = name;
  UdpnatPublicKey key;
  UdpnatLanPeer *peer;

  if (!udpnat_signing_key_to_public_key (signing_key, &key))
    return UDPNAT_RX_MALFORMED;
  if (udpnat_public_key_equal (&key, udpnat_identity_get_public_key (self->identity)) ||
      udpnat_lan_table_find_key (&self->table, &key) != NULL)
    return UDPNAT_RX_REFUSED;
  peer = udpnat_lan_table_add (&self->table, now_us, source);
  if (peer == NULL)
    return UDPNAT_RX_REFUSED;
  peer->signing_key = *signing_key;
  peer->key = key;
  return take_present (self, now_us, peer, beacon, source, g_steal_pointer (&owned_name));
}

static UdpnatRxResult
lan_handle_datagram (UdpnatMachine        *machine,
                     gint64                now_us,
                     const UdpnatDatagram *datagram)
{
  UdpnatLan *self = (UdpnatLan *) machine;
  g_autofree char *name = NULL;
  UdpnatSigningKey signing_key;
  UdpnatBeacon beacon;
  UdpnatLanPeer *peer;

  if (self->name == NULL)
    return UDPNAT_RX_IGNORED;
  if (!udpnat_beacon_parse (&beacon, datagram->data, datagram->n_data) ||
      beacon.port < UDPNAT_CANDIDATE_PORT_MIN)
    return UDPNAT_RX_MALFORMED;
  memcpy (signing_key.bytes, beacon.key, sizeof signing_key.bytes);
  if (memcmp (signing_key.bytes, self->signing_key.bytes, sizeof signing_key.bytes) == 0)
    return UDPNAT_RX_IGNORED;
  if (!is_on_link (self, &datagram->remote) ||
      self->events.length >= EVENTS_MAX ||
      !udpnat_lan_table_may_look (&self->table, now_us, &datagram->remote))
    return UDPNAT_RX_REFUSED;
  peer = udpnat_lan_table_find (&self->table, &signing_key);
  if (!is_news (peer, now_us, &beacon, &datagram->remote))
    return UDPNAT_RX_IGNORED;
  name = dup_name (&beacon);
  if (name == NULL)
    return UDPNAT_RX_MALFORMED;
  if (!udpnat_lan_table_may_check (&self->table, now_us))
    return UDPNAT_RX_REFUSED;
  if (!udpnat_signature_verify (&signing_key, label, datagram->data, beacon.n_signed,
                                beacon.signature))
    return UDPNAT_RX_MALFORMED;

  if (peer == NULL)
    return take_newcomer (self, now_us, &signing_key, &beacon, &datagram->remote,
                          g_steal_pointer (&name));
  if (!beacon.is_leaving)
    return take_present (self, now_us, peer, &beacon, &datagram->remote, g_steal_pointer (&name));
  peer->sent_us = beacon.sent_us;
  return take_leaving (self, now_us, peer);
}

/* ---- Time ---- */

static gint64
lan_next_deadline (const UdpnatMachine *machine)
{
  const UdpnatLan *self = (const UdpnatLan *) machine;

  if (self->name == NULL)
    return UDPNAT_TIME_NEVER;
  return udpnat_time_min (self->next_beacon_us, udpnat_lan_table_next_deadline (&self->table));
}

static void
expire (UdpnatLan *self,
        gint64     now_us)
{
  for (guint i = self->table.peers->len; i > 0; i--)
    {
      UdpnatLanPeer *peer = g_ptr_array_index (self->table.peers, i - 1);

      if (udpnat_lan_peer_get_expiry (peer) > now_us)
        continue;
      if (udpnat_lan_peer_expire (peer, now_us))
        push_peer (self, peer);
      if (peer->n_places == 0 && peer->round_us + peer->keep_us <= now_us)
        g_ptr_array_remove_index_fast (self->table.peers, i - 1);
    }
}

static void
lan_handle_deadline (UdpnatMachine *machine,
                     gint64         now_us)
{
  UdpnatLan *self = (UdpnatLan *) machine;
  gint64 late_us;

  if (self->name == NULL)
    return;
  late_us = now_us - lan_next_deadline (machine);
  if (late_us >= UDPNAT_BEACON_SLEPT_US)
    {
      udpnat_lan_table_skip (&self->table, late_us);
      begin_quick (self, now_us);
    }
  expire (self, now_us);
  if (self->next_beacon_us > now_us)
    return;
  push_event (self, UDPNAT_LAN_EVENT_ROUND, NULL);
  if (!self->is_told)
    push_event (self, UDPNAT_LAN_EVENT_ANNOUNCED, self->name);
  self->is_told = TRUE;
  say (self, now_us, FALSE);
  schedule_next (self, now_us);
}

/* ---- Machine ---- */

static gboolean
lan_pop_output (UdpnatMachine  *machine,
                gint64          now_us,
                UdpnatDatagram *out_datagram)
{
  UdpnatLan *self = (UdpnatLan *) machine;
  GBytes *beacon = g_queue_peek_head (&self->outputs);
  const guint8 *data;

  if (beacon == NULL)
    return FALSE;
  data = g_bytes_get_data (beacon, &out_datagram->n_data);
  memcpy (out_datagram->data, data, out_datagram->n_data);
  out_datagram->socket = UDPNAT_SOCKET_MAIN;
  out_datagram->ttl = 0; /* the socket's, for multicast: this link only */
  out_datagram->remote = self->is_ipv4_out ? self->group_ipv6 : self->group_ipv4;
  if (self->is_ipv4_out)
    g_bytes_unref (g_queue_pop_head (&self->outputs));
  self->is_ipv4_out = !self->is_ipv4_out;
  return TRUE;
}

static UdpnatEvent *
lan_pop_event (UdpnatMachine *machine)
{
  return g_queue_pop_head (&((UdpnatLan *) machine)->events);
}

static const UdpnatMachineClass lan_class = {
  .handle_datagram = lan_handle_datagram,
  .next_deadline = lan_next_deadline,
  .handle_deadline = lan_handle_deadline,
  .pop_output = lan_pop_output,
  .pop_event = lan_pop_event,
};

/* ---- Construction ---- */

/**
 * udpnat_lan_new:
 * @identity: copied
 * @random: copied; its user data must outlive the machine
 * @wall_us: wall clock at @now_us, µs since 1970
 *
 * Returns: (transfer full): a machine that is silent and deaf until udpnat_lan_announce()
 */
UdpnatLan *
udpnat_lan_new (const UdpnatIdentity *identity,
                const UdpnatRandom   *random,
                gint64                now_us,
                gint64                wall_us)
{
  UdpnatLan *self = g_new0 (UdpnatLan, 1);

  self->machine.klass = &lan_class;
  self->identity = udpnat_identity_copy (identity);
  self->random = *random;
  udpnat_signing_key_from_identity (identity, &self->signing_key);
  if (!udpnat_address_parse_ip (&self->group_ipv4, UDPNAT_LAN_GROUP_IPV4, UDPNAT_LAN_PORT) ||
      !udpnat_address_parse_ip (&self->group_ipv6, UDPNAT_LAN_GROUP_IPV6, UDPNAT_LAN_PORT))
    g_assert_not_reached ();
  udpnat_token_bucket_init (&self->answers, UDPNAT_BEACON_ANSWERS_BURST * UDPNAT_BEACON_ANSWER_S,
                            now_us);
  udpnat_lan_table_init (&self->table, now_us);
  udpnat_lan_set_wall_clock (self, now_us, wall_us);
  return self;
}

void
udpnat_lan_free (UdpnatLan *self)
{
  if (self == NULL)
    return;
  g_queue_clear_full (&self->outputs, (GDestroyNotify) g_bytes_unref);
  g_queue_clear_full (&self->events, (GDestroyNotify) udpnat_event_free);
  udpnat_lan_table_clear (&self->table);
  g_free (self->name);
  g_clear_pointer (&self->identity, udpnat_identity_free);
  g_free (self);
}

/** udpnat_lan_get_machine: Returns: (transfer none): as what io and tests drive */
UdpnatMachine *
udpnat_lan_get_machine (UdpnatLan *self)
{
  return &self->machine;
}

/** udpnat_lan_set_wall_clock: @wall_us: wall clock at @now_us, µs since 1970; it may go back */
void
udpnat_lan_set_wall_clock (UdpnatLan *self,
                           gint64     now_us,
                           gint64     wall_us)
{
  self->wall_offset_us = wall_us - now_us;
}

/** udpnat_lan_set_host_addresses: this host's addresses: which sources are on the link with us */
void
udpnat_lan_set_host_addresses (UdpnatLan           *self,
                               const UdpnatAddress *addresses,
                               guint                n_addresses)
{
  self->n_host_addresses = MIN (n_addresses, G_N_ELEMENTS (self->host_addresses));
  for (guint i = 0; i < self->n_host_addresses; i++)
    self->host_addresses[i] = addresses[i];
}

/* ---- Being here ---- */

/**
 * udpnat_lan_announce:
 * @name: an allowed name
 * @port: UDP port that our node listens on
 *
 * From now on we are here under this name; and hear who else is.
 */
void
udpnat_lan_announce (UdpnatLan  *self,
                     gint64      now_us,
                     const char *name,
                     guint16     port)
{
  if (g_strcmp0 (self->name, name) == 0 && self->port == port)
    return;
  self->is_told &= g_strcmp0 (self->name, name) == 0;
  g_free (self->name);
  self->name = g_strdup (name);
  self->port = port;
  begin_quick (self, now_us);
}

/** udpnat_lan_handle_network_change: others may be here, who have not heard us */
void
udpnat_lan_handle_network_change (UdpnatLan *self,
                                  gint64     now_us)
{
  if (self->name != NULL)
    begin_quick (self, now_us);
}

/**
 * udpnat_lan_leave:
 *
 * Says that we leave, and forgets who is here. Pop events and outputs; nothing more follows.
 */
void
udpnat_lan_leave (UdpnatLan *self,
                  gint64     now_us)
{
  if (self->name == NULL)
    return;
  if (self->is_told)
    say (self, now_us, TRUE);
  g_clear_pointer (&self->name, g_free);
  self->is_told = FALSE;
  for (guint i = 0; i < self->table.peers->len; i++)
    {
      UdpnatLanPeer *peer = g_ptr_array_index (self->table.peers, i);
      gboolean was_here = peer->n_places > 0;

      peer->n_places = 0;
      if (was_here)
        push_peer (self, peer);
    }
  g_ptr_array_set_size (self->table.peers, 0);
}

/** udpnat_lan_is_announced: whether a beacon has gone out under our name */
gboolean
udpnat_lan_is_announced (const UdpnatLan *self)
{
  return self->is_told;
}
