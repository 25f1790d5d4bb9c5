#include "config.h"

#include "udpnat-server-fleet-private.h"

#include <sodium.h>
#include <string.h>

#include "udpnat-name.h"
#include "udpnat-server-access-private.h"

/* Whoever has sent HS1 and nothing since (PROTOCOL.md section 2, "Server"). HS1 can be a replay, so
 * nothing follows from it until a packet comes under the new keys: no name, no address, no end of
 * the session before. There are as many of these at a time as there are strangers, so of each there
 * are the keys and HS2, and not a whole session.
 *
 * Who said in HS1 which name they come under, and has had it before, is told at once, in HS2, that
 * it is theirs; with the first packet they are there, and at rest. So to come back after a restart
 * costs a server two packets each way. Whatever is not as simple as that takes the long way: HS2
 * says nothing of a name, and the client asks for it in its stream. */

/* ---- HS1 known by its ephemeral ---- */

/** udpnat_server_add_hello: @hello: has none yet, or is moved from the one before */
void
udpnat_server_add_hello (UdpnatRendezvousServer *self,
                         UdpnatServerHello      *hello,
                         const guint8           *ephemeral)
{
  udpnat_server_remove_hello (self, hello);
  memcpy (hello->ephemeral, ephemeral, UDPNAT_EPHEMERAL_BYTES);
  hello->hash = udpnat_siphash (self->hash_key, ephemeral, UDPNAT_EPHEMERAL_BYTES);
  g_hash_table_add (self->hellos, hello);
}

/** udpnat_server_remove_hello: does nothing when it is not there, or another has its place */
void
udpnat_server_remove_hello (UdpnatRendezvousServer  *self,
                            const UdpnatServerHello *hello)
{
  if (g_hash_table_lookup (self->hellos, hello) == hello)
    g_hash_table_remove (self->hellos, hello);
}

/** udpnat_server_find_hello: (nullable) */
UdpnatServerHello *
udpnat_server_find_hello (const UdpnatRendezvousServer *self,
                          const guint8                 *ephemeral)
{
  UdpnatServerHello wanted;

  wanted.hash = udpnat_siphash (self->hash_key, ephemeral, UDPNAT_EPHEMERAL_BYTES);
  memcpy (wanted.ephemeral, ephemeral, UDPNAT_EPHEMERAL_BYTES);
  return g_hash_table_lookup (self->hellos, &wanted);
}

/* ---- What HS1 asks for ---- */

static void
read_wish (const UdpnatMessageView *message,
           UdpnatServerPromise     *wishes,
           char                   **out_name)
{
  guint16 interval_s;
  guint8  presence;

  if (message->type == UDPNAT_CS_KEEPALIVE && udpnat_parse_keepalive (message, &interval_s))
    wishes->idle_us = udpnat_server_get_idle (interval_s);
  else if (message->type == UDPNAT_CS_PRESENCE && udpnat_parse_presence (message, &presence)
           && (presence == UDPNAT_PRESENCE_ONLINE || presence == UDPNAT_PRESENCE_AWAY))
    wishes->presence = presence;
  else if (message->type == UDPNAT_CS_REGISTER && *out_name == NULL
           && !udpnat_parse_register (message, &wishes->is_shown, out_name))
    *out_name = NULL;
}

/* Returns: (transfer full) (nullable): the name in REGISTER */
static char *
read_wishes (const UdpnatHs1     *hs1,
             UdpnatServerPromise *wishes)
{
  char             *name = NULL;
  UdpnatMessageView message;
  UdpnatFrameView   frame;
  UdpnatReader      reader;

  udpnat_reader_init (&reader, hs1->frames, hs1->n_frames);
  while (udpnat_frame_next (&reader, &frame))
    if (udpnat_frame_parse_message (&frame, &message))
      read_wish (&message, wishes, &name);
  return name;
}

/* Returns: (nullable): the entry of @name, if nothing at all stands between it and @key */
static UdpnatRegistryEntry *
find_own_name (const UdpnatRendezvousServer *self,
               const UdpnatPublicKey        *key,
               const char                   *name)
{
  g_autofree char     *normal = udpnat_name_normalize (name);
  UdpnatRegistryEntry *entry = NULL;

  if (normal == NULL || udpnat_access_is_name_blocked (self->access, normal)
      || udpnat_server_is_blocked (self, key))
    return NULL;
  entry = udpnat_registry_find (self->registry, normal);
  return entry != NULL && !entry->is_claim && udpnat_public_key_equal (&entry->key, key)
           ? entry : NULL;
}

/* A fleet has to be told of everybody who comes, and a connection cannot rest. */
static gboolean
may_promise (const UdpnatRendezvousServer *self,
             const UdpnatServerIdentity   *identity,
             const UdpnatAddress          *source)
{
  return self->fleet == NULL && identity->awake.live == NULL && source->scope_id == 0
         && !udpnat_address_is_tunnel (source);
}

/* @frames: has REGISTERED at its end when a name is promised */
static void
make_promise (UdpnatRendezvousServer *self,
              UdpnatServerIdentity   *identity,
              const UdpnatAddress    *source,
              const UdpnatHs1        *hs1,
              UdpnatWriter           *frames,
              UdpnatServerPromise    *out_promise)
{
  g_autoptr (GByteArray) message = NULL;
  g_autofree char     *name = read_wishes (hs1, out_promise);
  UdpnatRegistryEntry *entry = NULL;

  if (name != NULL && may_promise (self, identity, source))
    entry = find_own_name (self, &hs1->remote_key, name);
  if (entry == NULL)
    return;
  message = g_byte_array_new ();
  out_promise->turn = udpnat_server_identity_draw_turn (identity, self);
  udpnat_write_registered (message,
                           udpnat_server_identity_make_handle (identity, self, out_promise->turn),
                           source, udpnat_registry_get_name (entry));
  /* Nothing is promised that would be left out of HS2. */
  if (frames->n_written + UDPNAT_FRAME_HEADER_BYTES + message->len
      > hs1->n_hs1 - UDPNAT_HS2_OVERHEAD_BYTES)
    return;
  if (!udpnat_frame_write_message (frames, message))
    g_assert_not_reached ();
  out_promise->entry = entry;
}

/* ---- Life ---- */

static void
send_hs2 (UdpnatServerComer *self)
{
  udpnat_server_push_output (self->server, UDPNAT_SOCKET_MAIN, &self->address, self->hs2,
                             self->n_hs2);
}

/**
 * udpnat_server_comer_new:
 * @identity: awake, or without a session, and nobody comes with this key
 * @source: where HS2 goes
 * @hs1: authentic and new; its Noise state is used up
 * @frames: for HS2; has room for one more
 */
void
udpnat_server_comer_new (UdpnatRendezvousServer *server,
                         gint64                  now_us,
                         UdpnatServerIdentity   *identity,
                         const UdpnatAddress    *source,
                         UdpnatHs1              *hs1,
                         UdpnatWriter           *frames)
{
  UdpnatServerPromise  promise = { .presence = UDPNAT_PRESENCE_ONLINE,
                                   .idle_us = UDPNAT_SERVER_SESSION_IDLE_US };
  UdpnatRestingSession session;
  UdpnatServerComer   *self;
  guint8               hs2[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize                n_hs2;

  g_assert (!identity->is_resting && identity->awake.pending == NULL);
  make_promise (server, identity, source, hs1, frames, &promise);
  udpnat_resting_session_answer (&session, server->indexes,
                                 udpnat_server_identity_get_id (identity), hs1, now_us,
                                 frames->data, frames->n_written, hs2, &n_hs2);
  self = g_malloc0 (sizeof *self + n_hs2);
  self->session = session;
  self->server = server;
  self->identity = identity;
  self->promise = promise;
  self->address = *source;
  self->until_us = now_us + UDPNAT_SERVER_UNCONFIRMED_US;
  self->n_hs2 = n_hs2;
  memcpy (self->hs2, hs2, n_hs2);
  self->hello.comer = self->link.data = self;
  udpnat_server_add_hello (server, &self->hello, hs1->ephemeral);
  identity->awake.pending = self;
  g_queue_push_tail_link (&server->pending, &self->link);
  sodium_memzero (&session, sizeof session);
  send_hs2 (self);
}

/* Its session is somebody else's by now, or over, and its identity knows. */
static void
drop (UdpnatServerComer *self)
{
  udpnat_server_remove_hello (self->server, &self->hello);
  g_queue_unlink (&self->server->pending, &self->link);
  sodium_memzero (self, sizeof *self);
  g_free (self);
}

/** udpnat_server_comer_free: it is given up; frees its identity if it was alone */
void
udpnat_server_comer_free (UdpnatServerComer *self)
{
  UdpnatServerIdentity   *identity = self->identity;
  UdpnatRendezvousServer *server = self->server;

  udpnat_resting_session_clear (&self->session, server->indexes);
  identity->awake.pending = NULL;
  drop (self);
  if (identity->awake.live == NULL)
    udpnat_server_identity_free (identity, server);
}

/** udpnat_server_comer_repeat: the same HS1 has come once more: so does HS2 */
void
udpnat_server_comer_repeat (UdpnatServerComer   *self,
                            const UdpnatAddress *source)
{
  self->is_spread |= !udpnat_address_equal (&self->address, source);
  self->address = *source;
  send_hs2 (self);
}

/** udpnat_server_break_promise: @entry is going to be nobody's: who was promised it comes anew */
void
udpnat_server_break_promise (UdpnatRendezvousServer    *self,
                             const UdpnatRegistryEntry *entry)
{
  UdpnatServerIdentity *identity = udpnat_server_find_identity (self, &entry->key);
  UdpnatServerComer    *pending = identity != NULL ? udpnat_server_identity_get_pending (identity)
                                                   : NULL;

  if (pending != NULL && pending->promise.entry == entry)
    udpnat_server_comer_free (pending);
}

/** udpnat_server_comers_deadline: for udpnat_server_keep_comers() */
gint64
udpnat_server_comers_deadline (const UdpnatRendezvousServer *self)
{
  const UdpnatServerComer *oldest = g_queue_peek_head ((GQueue *) &self->pending);

  return oldest != NULL ? oldest->until_us : UDPNAT_TIME_NEVER;
}

/** udpnat_server_keep_comers: gives up those who have been waited for long enough */
void
udpnat_server_keep_comers (UdpnatRendezvousServer *self,
                           gint64                  now_us)
{
  while (udpnat_server_comers_deadline (self) <= now_us)
    udpnat_server_comer_free (g_queue_peek_head (&self->pending));
}

/* ---- The first packet ---- */

/* Returns: the handle that it has been told, or a new one, as a turn */
static guint8
take_turn (const UdpnatServerComer *self)
{
  return self->promise.entry != NULL
           ? self->promise.turn : udpnat_server_identity_draw_turn (self->identity, self->server);
}

/* Frees @self.
 *
 * @source: of the first packet; where HS2 went alone, it was understood */
static UdpnatServerClient *
become_client (UdpnatServerComer   *self,
               gint64               now_us,
               const UdpnatAddress *source)
{
  UdpnatServerIdentity *identity = self->identity;
  UdpnatServerClient   *client = udpnat_server_client_new_woken (self->server, now_us, identity,
                                                                 &self->session);

  client->address = client->hs2_address = self->address;
  client->is_proven = client->is_address_told
    = !self->is_spread && udpnat_address_equal (source, &self->address);
  client->token = udpnat_random_u64 (&self->server->config.random);
  client->idle_us = self->promise.idle_us;
  client->presence = self->promise.presence;
  client->entry = self->promise.entry;
  identity->turn = take_turn (self);
  identity->awake = (UdpnatServerAwake) { .live = client };
  drop (self);
  return client;
}

/* Frees @self. */
static void
become_rest (UdpnatServerComer *self,
             gint64             now_us)
{
  UdpnatServerIdentity *identity = self->identity;

  identity->turn = take_turn (self);
  identity->session = self->session;
  udpnat_server_identity_begin_rest (identity, self->server, now_us, &self->address, now_us,
                                     self->promise.idle_us, self->promise.presence);
  drop (self);
}

/* Addresses that have to be kept or proved otherwise than one at rest are. */
static gboolean
may_rest (const UdpnatServerComer *self)
{
  return !self->is_spread && self->address.scope_id == 0
         && !udpnat_address_is_tunnel (&self->address);
}

/* Only now is it known that it is this key, and can it be told. */
static gboolean
is_shut_out (const UdpnatServerIdentity *identity,
             UdpnatRendezvousServer     *server)
{
  if (!udpnat_server_is_blocked (server, udpnat_server_identity_get_key (identity)))
    return FALSE;
  server->stats.refusals[UDPNAT_SERVER_REFUSAL_BLOCKED]++;
  return TRUE;
}

/* Frees @self. Returns: (nullable): who is awake now; %NULL: it rests */
static UdpnatServerClient *
come (UdpnatServerComer   *self,
      gint64               now_us,
      const UdpnatAddress *source)
{
  UdpnatRendezvousServer   *server = self->server;
  UdpnatServerIdentity     *identity = self->identity;
  const UdpnatServerPromise promise = self->promise;
  const UdpnatAddress       address = self->address;
  UdpnatServerClient       *client = NULL;

  /* Being waited for, its identity outlives the session before. */
  if (identity->awake.live != NULL)
    udpnat_server_client_end (identity->awake.live, now_us, UDPNAT_CLOSE_REPLACED);
  if (may_rest (self))
    become_rest (self, now_us);
  else
    client = become_client (self, now_us, source);
  if (promise.entry == NULL)
    return client;
  udpnat_server_take_seat (identity, server, now_us, promise.entry, promise.is_shown, &address);
  udpnat_server_note_mail (server, now_us, &promise.entry->key);
  return udpnat_server_identity_get_live (identity);
}

/**
 * udpnat_server_comer_handle_data:
 * @datagram: a DATA whose receiver index led here
 * @view: the same, parsed
 *
 * When it is genuine, @self is freed: its session counts from now on.
 */
UdpnatRxResult
udpnat_server_comer_handle_data (UdpnatServerComer    *self,
                                 gint64                now_us,
                                 const UdpnatDatagram *datagram,
                                 const UdpnatDataView *view)
{
  UdpnatRendezvousServer *server = self->server;
  UdpnatServerIdentity   *identity = self->identity;
  UdpnatServerClient     *client;
  guint8                  frames[UDPNAT_DATAGRAM_MAX_BYTES];

  if (!udpnat_resting_session_open (&self->session, now_us, view, frames))
    return UDPNAT_RX_IGNORED;
  client = come (self, now_us, &datagram->remote);
  if (is_shut_out (identity, server))
    {
      if (client == NULL)
        client = udpnat_server_identity_wake (identity, server, now_us);
      udpnat_server_client_end (client, now_us, UDPNAT_CLOSE_BLOCKED);
      return UDPNAT_RX_OK;
    }
  if (client != NULL)
    return udpnat_server_client_handle_data (client, now_us, datagram);
  return udpnat_server_identity_handle_opened (identity, server, now_us, datagram, view, frames);
}
