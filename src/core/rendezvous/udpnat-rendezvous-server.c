#include "config.h"

#include "udpnat-server-fleet-private.h"
#include "udpnat-server-question-private.h"

#include <string.h>

#include "udpnat-name.h"
#include "udpnat-stun.h"

/* The server as a machine: its life, and datagrams that need no session (PROTOCOL.md section 1).
 * Nothing here answers with more bytes than came in (only STUN does: see udpnat-server-stun.c), and
 * nothing is kept of whoever has not shown that an address is theirs, beyond the fixed table of the
 * limiter and a bounded number of unconfirmed sessions.
 *
 * What has to be on disk goes out as a CLAIM event; the owner answers when it is. */

static guint
hello_hash (gconstpointer pointer)
{
  return (guint) ((const UdpnatServerHello *) pointer)->hash;
}

static gboolean
hello_equal (gconstpointer a,
             gconstpointer b)
{
  const UdpnatServerHello *left = a, *right = b;

  return left->hash == right->hash
         && memcmp (left->ephemeral, right->ephemeral, UDPNAT_EPHEMERAL_BYTES) == 0;
}

/** udpnat_server_count_sessions: also those not confirmed yet, and those with a last packet */
guint
udpnat_server_count_sessions (const UdpnatRendezvousServer *self)
{
  return self->clients.length + self->n_resting + self->pending.length;
}

/** udpnat_server_refuse: counts it */
UdpnatRxResult
udpnat_server_refuse (UdpnatRendezvousServer *self,
                      UdpnatServerRefusal     refusal)
{
  self->stats.refusals[refusal]++;
  return UDPNAT_RX_REFUSED;
}

/* ---- Queues ---- */

/* So many datagrams that have left are kept for the next ones. */
#define SPARES_MAX 128

/** udpnat_server_begin_output: Returns: (transfer none): where what is to be sent to @to can be
 * written; it leaves if udpnat_server_end_output() follows, before another one is begun */
UdpnatDatagram *
udpnat_server_begin_output (UdpnatRendezvousServer *self,
                            UdpnatSocketId          socket,
                            const UdpnatAddress    *to)
{
  UdpnatDatagram *datagram;

  if (self->spares.length == 0)
    g_queue_push_head (&self->spares, g_new (UdpnatDatagram, 1));
  datagram = g_queue_peek_head (&self->spares);
  datagram->socket = udpnat_address_is_tunnel (to) ? UDPNAT_SOCKET_TUNNEL : socket;
  datagram->ttl = 0;
  datagram->remote = *to;
  return datagram;
}

void
udpnat_server_end_output (UdpnatRendezvousServer *self)
{
  if (self->outputs.length < UDPNAT_SERVER_OUTPUTS_MAX)
    g_queue_push_tail_link (&self->outputs, g_queue_pop_head_link (&self->spares));
}

void
udpnat_server_push_output (UdpnatRendezvousServer *self,
                           UdpnatSocketId          socket,
                           const UdpnatAddress    *to,
                           const guint8           *data,
                           gsize                   n_data)
{
  UdpnatDatagram *datagram = udpnat_server_begin_output (self, socket, to);

  datagram->n_data = n_data;
  memcpy (datagram->data, data, n_data);
  udpnat_server_end_output (self);
}

/* Returns: %FALSE when there is none */
static gboolean
pop_queued (UdpnatRendezvousServer *self,
            UdpnatDatagram         *out_datagram)
{
  GList                *link = g_queue_pop_head_link (&self->outputs);
  const UdpnatDatagram *datagram;

  if (link == NULL)
    return FALSE;
  datagram = link->data;
  out_datagram->socket = datagram->socket;
  out_datagram->local_port = 0;
  out_datagram->ttl = datagram->ttl;
  out_datagram->remote = datagram->remote;
  out_datagram->n_data = datagram->n_data;
  memcpy (out_datagram->data, datagram->data, datagram->n_data);
  g_queue_push_head_link (&self->spares, link);
  if (self->spares.length > SPARES_MAX)
    g_free (g_queue_pop_tail (&self->spares));
  return TRUE;
}

static void
server_event_free (UdpnatEvent *base)
{
  UdpnatServerEvent *event = (UdpnatServerEvent *) base;

  g_free (event->name);
  g_clear_pointer (&event->data, g_bytes_unref);
  g_free (event);
}

static UdpnatServerEvent *
push_new_event (UdpnatRendezvousServer *self,
                UdpnatServerEventType   type)
{
  UdpnatServerEvent *event = g_new0 (UdpnatServerEvent, 1);

  event->base.type = type;
  event->base.free = server_event_free;
  g_queue_push_tail (&self->events, event);
  return event;
}

/**
 * udpnat_server_push_mail_event:
 *
 * These must not be lost, and are few: bounded by the bytes of puts, one for each client that is
 * told a letter, and the letters themselves.
 *
 * Returns: (transfer none): to be filled
 */
UdpnatServerEvent *
udpnat_server_push_mail_event (UdpnatRendezvousServer *self,
                               UdpnatServerEventType   type,
                               guint64                 number)
{
  UdpnatServerEvent *event = push_new_event (self, type);

  event->number = number;
  return event;
}

/* Claims are bounded by the registry's owner and must not be lost; all others are for show.
 *
 * Returns: (transfer none) (nullable): to be filled; %NULL when too many wait already */
UdpnatServerEvent *
udpnat_server_push_event (UdpnatRendezvousServer *self,
                          UdpnatServerEventType   type,
                          guint64                 claim_id,
                          const char             *name,
                          const UdpnatPublicKey  *key)
{
  UdpnatServerEvent *event;

  if (type != UDPNAT_SERVER_EVENT_CLAIM && self->events.length >= UDPNAT_SERVER_EVENTS_MAX)
    return NULL;
  event = push_new_event (self, type);
  event->claim_id = claim_id;
  event->name = g_strdup (name);
  event->key = *key;
  return event;
}

/* ---- Datagrams ---- */

/* So many are looked at before the first is handled. */
#define PREFETCH_MAX 32

static UdpnatRxResult
handle_info (UdpnatRendezvousServer *self,
             gint64                  now_us,
             const UdpnatDatagram   *datagram)
{
  UdpnatInfoReply reply = { .alt_port = self->config.alt_port, .observed = datagram->remote };
  guint8          packet[UDPNAT_INFO_REPLY_BYTES];
  UdpnatWriter    writer;

  if (!udpnat_info_parse (datagram->data, datagram->n_data, &reply.token))
    return UDPNAT_RX_MALFORMED;
  if (!udpnat_handshake_limiter_allow_info (self->limiter, now_us, &datagram->remote))
    return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_INFO_RATE);
  memcpy (reply.server_key, udpnat_identity_get_public_key (self->config.identity)->bytes,
          sizeof reply.server_key);
  udpnat_cookie_maker_make (self->cookies, now_us, &datagram->remote, reply.cookie);
  udpnat_writer_init (&writer, packet, sizeof packet);
  udpnat_info_reply_write (&writer, &reply);
  udpnat_server_push_output (self, datagram->socket, &datagram->remote, packet, writer.n_written);
  return UDPNAT_RX_OK;
}

/** udpnat_server_say_unknown: @index: of a session, or a handshake with a ticket, as its sender has
 * named it */
UdpnatRxResult
udpnat_server_say_unknown (UdpnatRendezvousServer *self,
                           gint64                  now_us,
                           const UdpnatAddress    *to,
                           guint32                 index)
{
  guint8       packet[UDPNAT_UNKNOWN_BYTES];
  UdpnatWriter writer;

  if (!udpnat_token_bucket_take (&self->unknown_bucket, now_us, 1,
                                 UDPNAT_SERVER_UNKNOWNS_PER_SECOND,
                                 UDPNAT_SERVER_UNKNOWNS_PER_SECOND))
    return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_UNKNOWN_RATE);
  udpnat_writer_init (&writer, packet, sizeof packet);
  udpnat_unknown_write (&writer, index);
  udpnat_server_push_output (self, UDPNAT_SOCKET_MAIN, to, packet, writer.n_written);
  return UDPNAT_RX_IGNORED;
}

/* @guess: who holds the session of @datagram, if it rests */
static UdpnatRxResult
handle_data (UdpnatRendezvousServer *self,
             gint64                  now_us,
             const UdpnatDatagram   *datagram,
             guint32                 guess)
{
  UdpnatServerIdentity *identity;
  UdpnatSession        *session;
  UdpnatDataView        view;

  if (!udpnat_data_parse (&view, datagram->data, datagram->n_data))
    return UDPNAT_RX_MALFORMED;
  identity = udpnat_slab_get (self->identities,
                              udpnat_index_table_check_holder (self->indexes,
                                                               view.receiver_index, guess));
  if (identity != NULL && identity->is_resting)
    return udpnat_server_identity_handle_data (identity, self, now_us, datagram, &view);
  if (identity != NULL)
    {
      udpnat_server_gather_answer (self, now_us);
      return udpnat_server_comer_handle_data (identity->awake.pending, now_us, datagram, &view);
    }
  session = udpnat_index_table_lookup (self->indexes, view.receiver_index);
  if (session != NULL)
    return udpnat_server_client_handle_data (udpnat_session_get_owner (session), now_us, datagram);
  return udpnat_server_say_unknown (self, now_us, &datagram->remote, view.receiver_index);
}

/* A tunnel stands for the main port. The end of its connection has been checked as any source. */
static gboolean
may_come_from (const UdpnatDatagram *datagram)
{
  UdpnatAddress end;

  udpnat_address_get_end (&datagram->remote, &end);
  return end.port != 0 && udpnat_address_get_scope (&end) != UDPNAT_SCOPE_UNUSABLE;
}

static UdpnatServerPacket
get_kind (UdpnatPacketType type)
{
  switch (type)
    {
    case UDPNAT_PACKET_INFO:
      return UDPNAT_SERVER_PACKET_INFO;
    case UDPNAT_PACKET_HS1:
      return UDPNAT_SERVER_PACKET_HS1;
    case UDPNAT_PACKET_DATA:
      return UDPNAT_SERVER_PACKET_DATA;
    case UDPNAT_PACKET_HS2:
    case UDPNAT_PACKET_COOKIE:
    case UDPNAT_PACKET_OPEN:
    case UDPNAT_PACKET_INFO_REPLY:
    case UDPNAT_PACKET_UNKNOWN:
      return UDPNAT_SERVER_PACKET_OTHER;
    }
  g_assert_not_reached ();
}

/* Returns: %FALSE when it is neither STUN, which has no type of ours, nor a packet of ours */
static gboolean
classify (const UdpnatDatagram *datagram,
          UdpnatServerPacket   *out_kind,
          UdpnatPacketType     *out_type)
{
  *out_kind = UDPNAT_SERVER_PACKET_STUN;
  if (udpnat_stun_is_message (datagram->data, datagram->n_data))
    return TRUE;
  *out_kind = UDPNAT_SERVER_PACKET_OTHER;
  if (!udpnat_packet_classify (datagram->data, datagram->n_data, out_type))
    return FALSE;
  *out_kind = get_kind (*out_type);
  return TRUE;
}

static UdpnatRxResult
dispatch (UdpnatRendezvousServer *self,
          gint64                  now_us,
          const UdpnatDatagram   *datagram,
          guint32                 guess)
{
  gboolean           is_tunnel = udpnat_address_is_tunnel (&datagram->remote);
  UdpnatPacketType   type = UDPNAT_PACKET_UNKNOWN;
  UdpnatServerPacket kind;
  gboolean           is_known = classify (datagram, &kind, &type);
  gboolean           is_stun = kind == UDPNAT_SERVER_PACKET_STUN;

  self->stats.packets[kind]++;
  if (!udpnat_address_is_set (&datagram->remote) || !is_known)
    return UDPNAT_RX_MALFORMED;
  if (self->is_shut || !may_come_from (datagram) || (is_stun && is_tunnel))
    return UDPNAT_RX_IGNORED;
  if (is_stun)
    return udpnat_server_handle_stun (self, now_us, datagram);
  if (datagram->socket != UDPNAT_SOCKET_MAIN && !is_tunnel && type != UDPNAT_PACKET_INFO)
    return UDPNAT_RX_IGNORED;
  switch (type)
    {
    case UDPNAT_PACKET_INFO:
      return handle_info (self, now_us, datagram);
    case UDPNAT_PACKET_HS1:
      return udpnat_server_handle_hs1 (self, now_us, datagram);
    case UDPNAT_PACKET_DATA:
      return handle_data (self, now_us, datagram, guess);
    case UDPNAT_PACKET_HS2: /* a server only answers */
    case UDPNAT_PACKET_COOKIE:
    case UDPNAT_PACKET_OPEN:
    case UDPNAT_PACKET_INFO_REPLY:
    case UDPNAT_PACKET_UNKNOWN:
      return UDPNAT_RX_IGNORED;
    }
  g_assert_not_reached ();
}

/* ---- The machine ---- */

static UdpnatRxResult
handle_one (UdpnatRendezvousServer *self,
            gint64                  now_us,
            const UdpnatDatagram   *datagram,
            guint32                 guess)
{
  UdpnatRxResult result = dispatch (self, now_us, datagram, guess);

  self->stats.datagrams_in++;
  switch (result)
    {
    case UDPNAT_RX_OK:
      break;
    case UDPNAT_RX_IGNORED:
      self->stats.ignored++;
      break;
    case UDPNAT_RX_MALFORMED:
      self->stats.malformed++;
      break;
    case UDPNAT_RX_REFUSED:
      self->stats.refused++;
      break;
    }
  return result;
}

static guint32
guess_holder (const UdpnatRendezvousServer *self,
              const UdpnatDatagram         *datagram)
{
  UdpnatDataView view;

  if (!udpnat_data_parse (&view, datagram->data, datagram->n_data))
    return 0;
  return udpnat_index_table_guess_holder (self->indexes, view.receiver_index);
}

static UdpnatRxResult
handle_datagram (UdpnatMachine        *machine,
                 gint64                now_us,
                 const UdpnatDatagram *datagram)
{
  UdpnatRendezvousServer *self = (UdpnatRendezvousServer *) machine;
  guint32                 guess = guess_holder (self, datagram);
  UdpnatRxResult          result = handle_one (self, now_us, datagram, guess);

  udpnat_server_gather_answer (self, now_us);
  return result;
}


/* With very many clients, what is kept of one is in no cache when a packet of theirs comes. */
static void
handle_some (UdpnatRendezvousServer *self,
             gint64                  now_us,
             const UdpnatDatagram   *datagrams,
             guint                   n_datagrams)
{
  guint32 guesses[PREFETCH_MAX];

  for (guint i = 0; i < n_datagrams; i++)
    {
      guesses[i] = guess_holder (self, &datagrams[i]);
      udpnat_slab_prefetch (self->identities, guesses[i]);
    }
  for (guint i = 0; i < n_datagrams; i++)
    (void) handle_one (self, now_us, &datagrams[i], guesses[i]);
}

static void
handle_datagrams (UdpnatMachine        *machine,
                  gint64                now_us,
                  const UdpnatDatagram *datagrams,
                  guint                 n_datagrams)
{
  UdpnatRendezvousServer *self = (UdpnatRendezvousServer *) machine;

  for (guint i = 0; i < n_datagrams; i += PREFETCH_MAX)
    handle_some (self, now_us, datagrams + i, MIN (PREFETCH_MAX, n_datagrams - i));
  udpnat_server_gather_answer (self, now_us);
}

static gint64
next_deadline (const UdpnatMachine *machine)
{
  const UdpnatRendezvousServer *self = (const UdpnatRendezvousServer *) machine;
  const UdpnatHeapItem         *first = udpnat_heap_peek (self->timers);
  gint64 deadline_us = udpnat_time_min (self->publish_us, udpnat_server_mail_deadline (self));

  deadline_us = udpnat_time_min (deadline_us, udpnat_server_fleet_deadline (self));
  if (first != NULL)
    deadline_us = udpnat_time_min (deadline_us, first->deadline_us);
  deadline_us = udpnat_time_min (deadline_us, udpnat_server_comers_deadline (self));
  if (!self->is_shut)
    deadline_us = udpnat_time_min (deadline_us, udpnat_server_rest_deadline (self));
  return deadline_us;
}

/* Ends: every client that was due is due later, or gone, afterwards. */
static void
handle_deadline (UdpnatMachine *machine,
                 gint64         now_us)
{
  UdpnatRendezvousServer *self = (UdpnatRendezvousServer *) machine;
  const UdpnatHeapItem   *first;

  while ((first = udpnat_heap_peek (self->timers)) != NULL && first->deadline_us <= now_us)
    udpnat_server_client_handle_deadline (first->owner, now_us);
  udpnat_server_keep_comers (self, now_us);
  if (!self->is_shut)
    udpnat_server_handle_rests (self, now_us);
  if (self->publish_us <= now_us)
    udpnat_server_publish_due (self, now_us);
  udpnat_server_keep_mail (self, now_us);
  udpnat_server_keep_fleet (self, now_us);
}

static gboolean
pop_output (UdpnatMachine  *machine,
            gint64          now_us,
            UdpnatDatagram *out_datagram)
{
  UdpnatRendezvousServer *self = (UdpnatRendezvousServer *) machine;
  UdpnatServerClient     *client;

  if (pop_queued (self, out_datagram))
    {
      self->stats.datagrams_out++;
      return TRUE;
    }
  /* A client without anything to send leaves the queue. */
  do
    while ((client = g_queue_peek_head (&self->dirty)) != NULL)
      if (udpnat_server_client_pop_output (client, now_us, out_datagram))
        {
          self->stats.datagrams_out++;
          return TRUE;
        }
  while (self->is_shut && udpnat_server_end_a_rest (self, now_us));
  return FALSE;
}

static UdpnatEvent *
pop_event (UdpnatMachine *machine)
{
  UdpnatRendezvousServer *self = (UdpnatRendezvousServer *) machine;

  return g_queue_pop_head (&self->events);
}

static const UdpnatMachineClass server_class = {
  .handle_datagram = handle_datagram,
  .next_deadline = next_deadline,
  .handle_deadline = handle_deadline,
  .pop_output = pop_output,
  .pop_event = pop_event,
  .handle_datagrams = handle_datagrams,
};

/* ---- Life ---- */

/**
 * udpnat_rendezvous_server_new:
 * @config: copied
 *
 * Makes a server without names: restore them before the first datagram.
 */
UdpnatRendezvousServer *
udpnat_rendezvous_server_new (const UdpnatRendezvousServerConfig *config,
                              gint64                              now_us)
{
  UdpnatRendezvousServer *self = g_new0 (UdpnatRendezvousServer, 1);
  guint8                  speck_key[UDPNAT_SPECK_KEY_BYTES];

  self->machine.klass = &server_class;
  self->config = *config;
  if (self->config.relay_burst_bytes == 0)
    self->config.relay_burst_bytes = UDPNAT_RELAY_QUOTA_BURST_BYTES;
  if (self->config.relay_bytes_per_second == 0)
    self->config.relay_bytes_per_second = UDPNAT_RELAY_QUOTA_BYTES_PER_SECOND;
  if (self->config.max_sessions == 0)
    self->config.max_sessions = UDPNAT_SERVER_SESSIONS_MAX;
  udpnat_random_fill (&config->random, self->hash_key, sizeof self->hash_key);
  self->indexes = udpnat_index_table_new (&config->random);
  self->cookies = udpnat_cookie_maker_new (&config->random, now_us);
  self->limiter = udpnat_handshake_limiter_new (&config->random);
  self->tickets = udpnat_ticket_ring_new (&config->random);
  udpnat_token_bucket_init (&self->unknown_bucket, UDPNAT_SERVER_UNKNOWNS_PER_SECOND, now_us);
  udpnat_token_bucket_init (&self->cookie_bucket, UDPNAT_SERVER_COOKIES_BURST, now_us);
  udpnat_token_bucket_init (&self->stun_bucket, UDPNAT_STUN_BURST, now_us);
  self->access = udpnat_access_new ();
  self->registry = udpnat_registry_new (&config->random);
  self->identities = udpnat_slab_new (sizeof (UdpnatServerIdentity));
  self->hellos = g_hash_table_new (hello_hash, hello_equal);
  self->ipv6 = udpnat_slab_new (sizeof ((UdpnatAddress *) NULL)->ip);
  udpnat_random_fill (&config->random, speck_key, sizeof speck_key);
  udpnat_speck_init (&self->handles, speck_key);
  self->watches = udpnat_watch_table_new (&config->random);
  self->timers = udpnat_heap_new ();
  udpnat_index_table_set_holders (self->indexes, udpnat_server_get_resting_index, self);
  udpnat_server_quotas_init (self);
  self->gather = udpnat_server_gather_new ();
  self->message = g_byte_array_new ();
  self->watchers = g_hash_table_new (NULL, NULL);
  self->publish_us = self->passes_us = UDPNAT_TIME_NEVER;
  self->puts = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->expire_after_us = now_us;
  udpnat_rendezvous_server_set_wall_clock (self, now_us, config->wall_us);
  if (config->is_mailbox_on)
    self->mailbox = udpnat_mailbox_new (&config->random, &config->mailbox);
  /* Should the disk ever be lost, and with it the last number, numbers rise all the same. */
  udpnat_rendezvous_server_restore_mail_number (self, (guint64) MAX (0, config->wall_us));
  return self;
}

static void
free_comers (UdpnatRendezvousServer *self)
{
  UdpnatServerComer *comer;

  while ((comer = g_queue_peek_head (&self->pending)) != NULL)
    udpnat_server_comer_free (comer);
}

void
udpnat_rendezvous_server_free (UdpnatRendezvousServer *self)
{
  UdpnatServerClient *client;
  UdpnatEvent        *event;

  if (self == NULL)
    return;
  free_comers (self);
  do
    while ((client = g_queue_peek_head (&self->clients)) != NULL)
      udpnat_server_client_free (client, 0);
  while (udpnat_server_end_a_rest (self, 0));
  while ((event = g_queue_pop_head (&self->events)) != NULL)
    udpnat_event_free (event);
  g_queue_clear_full (&self->outputs, g_free);
  g_queue_clear_full (&self->spares, g_free);
  udpnat_server_fleet_free (self->fleet);
  g_hash_table_unref (self->puts);
  udpnat_mailbox_free (self->mailbox);
  udpnat_server_gather_free (self->gather);
  g_byte_array_unref (self->message);
  udpnat_id_set_free (self->quotas_by_identity);
  udpnat_slab_free (self->quotas);
  g_hash_table_unref (self->watchers);
  udpnat_heap_free (self->timers);
  udpnat_watch_table_free (self->watches);
  g_hash_table_unref (self->hellos);
  g_assert (udpnat_slab_get_count (self->ipv6) == 0);
  udpnat_slab_free (self->ipv6);
  udpnat_slab_free (self->identities);
  udpnat_registry_free (self->registry);
  udpnat_access_free (self->access);
  udpnat_ticket_ring_free (self->tickets);
  udpnat_handshake_limiter_free (self->limiter);
  udpnat_cookie_maker_free (self->cookies);
  udpnat_index_table_free (self->indexes);
  g_free (self);
}

UdpnatMachine *
udpnat_rendezvous_server_get_machine (UdpnatRendezvousServer *self)
{
  return &self->machine;
}

/**
 * udpnat_rendezvous_server_restore_name:
 *
 * Tells the server at its start what it had stored. A name that is not allowed (any more) or is
 * there already is left out.
 */
void
udpnat_rendezvous_server_restore_name (UdpnatRendezvousServer *self,
                                       const char             *name,
                                       const UdpnatPublicKey  *key)
{
  g_autofree char *normal = udpnat_name_normalize (name);

  if (normal != NULL && udpnat_registry_find (self->registry, normal) == NULL)
    udpnat_registry_add (self->registry, normal, key, TRUE);
}

/**
 * udpnat_rendezvous_server_complete_claim:
 * @claim_id: from a CLAIM event; others are ignored
 * @stored: whether the pair is on disk for good; else the name is free again
 *
 * Only now is whoever claimed the name told that it is theirs.
 */
void
udpnat_rendezvous_server_complete_claim (UdpnatRendezvousServer *self,
                                         gint64                  now_us,
                                         guint64                 claim_id,
                                         gboolean                stored)
{
  UdpnatRegistryEntry *entry = udpnat_registry_find_claim (self->registry, claim_id);

  if (entry != NULL)
    udpnat_server_control_complete (self, now_us, entry, stored);
}

/** udpnat_rendezvous_server_set_wall_clock: it may have been set since the start */
void
udpnat_rendezvous_server_set_wall_clock (UdpnatRendezvousServer *self,
                                         gint64                  now_us,
                                         gint64                  wall_us)
{
  self->wall_offset_us = wall_us - now_us;
}

/**
 * udpnat_rendezvous_server_shut_down:
 *
 * Says to all clients that the server is going to be back. Pop events and outputs, then free it; it
 * takes no more datagrams.
 */
void
udpnat_rendezvous_server_shut_down (UdpnatRendezvousServer *self,
                                    gint64                  now_us)
{
  GList *next;

  self->is_shut = TRUE;
  free_comers (self);
  for (GList *link = self->clients.head; link != NULL; link = next)
    {
      UdpnatServerClient *client = link->data;

      next = link->next;
      if (client->identity != NULL)
        udpnat_server_client_end (client, now_us, UDPNAT_CLOSE_RESTARTING);
    }
  self->publish_us = UDPNAT_TIME_NEVER;
  if (self->mailbox != NULL)
    udpnat_server_store_passes (self);
}

void
udpnat_rendezvous_server_get_stats (const UdpnatRendezvousServer *self,
                                    UdpnatRendezvousServerStats  *out_stats)
{
  *out_stats = self->stats;
  out_stats->sessions = udpnat_server_count_sessions (self);
  out_stats->resting = self->n_resting;
  out_stats->names = udpnat_registry_get_count (self->registry);
  if (self->fleet != NULL)
    out_stats->elsewhere = udpnat_server_elsewheres_count (self->fleet->elsewheres);
  out_stats->is_draining = udpnat_rendezvous_server_is_draining (self);
  out_stats->watches = udpnat_watch_table_get_count (self->watches);
  out_stats->directory_bytes = udpnat_registry_get_order_bytes (self->registry)
                               + udpnat_watch_table_get_bytes (self->watches);
  if (self->mailbox == NULL)
    return;
  out_stats->letters = udpnat_mailbox_get_count (self->mailbox);
  out_stats->letter_bytes = udpnat_mailbox_get_bytes (self->mailbox);
}
