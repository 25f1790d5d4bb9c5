#include "config.h"

#include "udpnat-rendezvous-server-private.h"

/* A static key that has a session with the server now, and what the server asks of it without
 * having to know whether that session is awake (udpnat-server-client.c) or at rest
 * (udpnat-server-rest.c). */

G_STATIC_ASSERT (sizeof (UdpnatServerIdentity) == 152);
G_STATIC_ASSERT (UDPNAT_SERVER_SESSIONS_MAX + UDPNAT_SERVER_PENDING_MAX < UDPNAT_INDEX_HOLDER_MAX);

/** udpnat_server_identity_get_id: its number among the server's identities */
guint32
udpnat_server_identity_get_id (const UdpnatServerIdentity *self)
{
  return self->seat->session;
}

/** udpnat_server_identity_get_live: Returns: (nullable): the session that counts, if it is awake */
UdpnatServerClient *
udpnat_server_identity_get_live (const UdpnatServerIdentity *self)
{
  return self->is_resting ? NULL : self->awake.live;
}

/** udpnat_server_identity_get_pending: Returns: (nullable): who is waited for with this key */
UdpnatServerComer *
udpnat_server_identity_get_pending (const UdpnatServerIdentity *self)
{
  return self->is_resting ? NULL : self->awake.pending;
}

/* ---- Quotas ---- */

/* Numbers of identities are ours, so this is enough: it spreads those that follow each other. */
static guint32
hash_identity (guint32 id)
{
  return id * 2654435769u; /* odd, and 2^32 by the golden ratio */
}

static guint32
hash_quotas (gpointer user_data,
             guint32  id)
{
  return hash_identity (((const UdpnatServerQuotas *) udpnat_slab_get (user_data, id))->identity);
}

static gboolean
match_quotas (gpointer      user_data,
              guint32       id,
              gconstpointer wanted)
{
  const UdpnatServerQuotas *quotas = udpnat_slab_get (user_data, id);

  return quotas->identity == *(const guint32 *) wanted;
}

/** udpnat_server_quotas_init: nobody has any yet */
void
udpnat_server_quotas_init (UdpnatRendezvousServer *self)
{
  self->quotas = udpnat_slab_new (sizeof (UdpnatServerQuotas));
  self->quotas_by_identity = udpnat_id_set_new (hash_quotas, match_quotas, self->quotas);
}

static guint32
find_quotas_id (const UdpnatServerIdentity   *self,
                const UdpnatRendezvousServer *server)
{
  guint32 id = udpnat_server_identity_get_id (self);

  if (!self->has_quotas)
    return 0;
  return udpnat_id_set_find (server->quotas_by_identity, hash_identity (id), &id);
}

static UdpnatServerQuotas *
find_quotas (const UdpnatServerIdentity   *self,
             const UdpnatRendezvousServer *server)
{
  return udpnat_slab_get (server->quotas, find_quotas_id (self, server));
}

static void
remove_quotas (UdpnatServerIdentity   *self,
               UdpnatRendezvousServer *server)
{
  guint32 id = find_quotas_id (self, server);

  self->has_quotas = FALSE;
  if (id == 0)
    return;
  udpnat_id_set_remove (server->quotas_by_identity, id);
  udpnat_slab_remove (server->quotas, id);
}

/** udpnat_server_identity_prefetch_quotas: @self: one whose seat lies in a cache already. In two
 * steps, as udpnat_registry_prefetch_slot() and what follows it */
void
udpnat_server_identity_prefetch_quotas (const UdpnatServerIdentity   *self,
                                        const UdpnatRendezvousServer *server,
                                        guint                         step)
{
  guint32 hash = hash_identity (udpnat_server_identity_get_id (self));

  if (!self->has_quotas)
    return;
  if (step == 0)
    udpnat_id_set_prefetch (server->quotas_by_identity, hash);
  else
    udpnat_slab_prefetch (server->quotas, udpnat_id_set_guess (server->quotas_by_identity, hash));
}

/* ---- The registry ---- */

/* TAI64N in 64 bits: until the year 2514, and times beyond are the owner's own trouble. */
static guint64
pack_timestamp (const guint8 timestamp[UDPNAT_TIMESTAMP_BYTES])
{
  guint64 seconds = 0, nanoseconds = 0;

  for (guint i = 0; i < 8; i++)
    seconds = seconds << 8 | timestamp[i];
  for (guint i = 8; i < UDPNAT_TIMESTAMP_BYTES; i++)
    nanoseconds = nanoseconds << 8 | timestamp[i];
  return seconds << 30 | MIN (nanoseconds, (1u << 30) - 1);
}

/** udpnat_server_identity_is_after: whether an HS1 with this @timestamp is newer than all before */
gboolean
udpnat_server_identity_is_after (const UdpnatServerIdentity *self,
                                 const guint8               *timestamp)
{
  return pack_timestamp (timestamp) > self->newest_hs1;
}

void
udpnat_server_identity_note_hs1 (UdpnatServerIdentity *self,
                                 const guint8         *timestamp)
{
  self->newest_hs1 = pack_timestamp (timestamp);
}

/** udpnat_server_find_identity: (nullable): only keys that have a session now */
UdpnatServerIdentity *
udpnat_server_find_identity (const UdpnatRendezvousServer *self,
                             const UdpnatPublicKey        *key)
{
  const UdpnatRegistryEntry *seat = udpnat_registry_find_session (self->registry, key);

  return seat != NULL ? udpnat_slab_get (self->identities, seat->session) : NULL;
}

/** udpnat_server_find_live: (nullable): the session of @key that counts, if it is awake */
UdpnatServerClient *
udpnat_server_find_live (const UdpnatRendezvousServer *self,
                         const UdpnatPublicKey        *key)
{
  const UdpnatServerIdentity *identity = udpnat_server_find_identity (self, key);

  return identity != NULL ? udpnat_server_identity_get_live (identity) : NULL;
}

/** udpnat_server_ensure_identity: of a key for which there is about to be a session */
UdpnatServerIdentity *
udpnat_server_ensure_identity (UdpnatRendezvousServer *self,
                               const UdpnatPublicKey  *key)
{
  UdpnatServerIdentity *identity = udpnat_server_find_identity (self, key);
  guint32               id;

  if (identity != NULL)
    return identity;
  id = udpnat_slab_add (self->identities);
  identity = udpnat_slab_get (self->identities, id);
  identity->seat = udpnat_registry_hold (self->registry, key);
  identity->seat->session = id;
  return identity;
}

static void
leave_seat (UdpnatServerIdentity   *self,
            UdpnatRendezvousServer *server)
{
  UdpnatRegistryEntry *seat = g_steal_pointer (&self->seat);

  if (seat->is_named)
    seat->session = 0;
  else
    udpnat_registry_remove (server->registry, seat);
}

/** udpnat_server_identity_free: its sessions are gone */
void
udpnat_server_identity_free (UdpnatServerIdentity   *self,
                             UdpnatRendezvousServer *server)
{
  guint32 id = udpnat_server_identity_get_id (self);

  g_assert (!self->is_resting && self->awake.live == NULL && self->awake.pending == NULL);
  udpnat_server_unwatch (self, server);
  remove_quotas (self, server);
  leave_seat (self, server);
  udpnat_slab_remove (server->identities, id);
}

/** udpnat_server_identity_sit: @entry: (nullable): its name from now on; %NULL: none */
void
udpnat_server_identity_sit (UdpnatServerIdentity   *self,
                            UdpnatRendezvousServer *server,
                            UdpnatRegistryEntry    *entry)
{
  UdpnatPublicKey key = self->seat->key;
  guint32         id = udpnat_server_identity_get_id (self);

  leave_seat (self, server);
  self->seat = entry != NULL ? entry : udpnat_registry_hold (server->registry, &key);
  g_assert (self->seat->session == 0); /* a key has one session that counts, and that is this */
  self->seat->session = id;
}

/** udpnat_server_identity_get_key: Returns: (transfer none): until it sits elsewhere */
const UdpnatPublicKey *
udpnat_server_identity_get_key (const UdpnatServerIdentity *self)
{
  return &self->seat->key;
}

/* ---- Handles ---- */

/* The number of the identity and a turn, enciphered: nobody can guess one, and we need no table to
 * find out whose it is. Whoever comes to have a number that another had before begins with a turn
 * at random, so that a handle of the other leads there once in 255 times, and then only to packets
 * that are dropped there: what is relayed is sealed. */

#define NUMBER_BITS 24
#define NUMBER_MASK ((1u << NUMBER_BITS) - 1)
#define TURNS 255 /* from 1 on */

/** udpnat_server_identity_make_handle: the one that @turn makes */
guint32
udpnat_server_identity_make_handle (const UdpnatServerIdentity   *self,
                                    const UdpnatRendezvousServer *server,
                                    guint8                        turn)
{
  return udpnat_speck_encrypt (&server->handles, (guint32) turn << NUMBER_BITS
                                                   | udpnat_server_identity_get_id (self));
}

/** udpnat_server_identity_get_handle: under which others reach it; 0: no session is confirmed */
guint32
udpnat_server_identity_get_handle (const UdpnatServerIdentity   *self,
                                   const UdpnatRendezvousServer *server)
{
  return self->turn != 0 ? udpnat_server_identity_make_handle (self, server, self->turn) : 0;
}

/** udpnat_server_guess_handle: the number of whose it is, if it is anybody's */
guint32
udpnat_server_guess_handle (const UdpnatRendezvousServer *self,
                            guint32                       handle)
{
  return udpnat_speck_decrypt (&self->handles, handle) & NUMBER_MASK;
}

/** udpnat_server_find_handle: (nullable): whose it is */
UdpnatServerIdentity *
udpnat_server_find_handle (const UdpnatRendezvousServer *self,
                           guint32                       handle)
{
  guint32               number = udpnat_speck_decrypt (&self->handles, handle);
  UdpnatServerIdentity *identity = udpnat_slab_get (self->identities, number & NUMBER_MASK);

  return handle != 0 && identity != NULL && identity->turn != 0
           && identity->turn == number >> NUMBER_BITS ? identity : NULL;
}

/** udpnat_server_identity_drop_handle: it leads nowhere from now on */
void
udpnat_server_identity_drop_handle (UdpnatServerIdentity *self)
{
  self->turn = 0;
}

/** udpnat_server_identity_draw_turn: for a new handle */
guint8
udpnat_server_identity_draw_turn (const UdpnatServerIdentity   *self,
                                  const UdpnatRendezvousServer *server)
{
  guint8 turn;

  do
    turn = (guint8) (1 + udpnat_random_below (&server->config.random, TURNS));
  while (turn == self->turn || udpnat_server_identity_make_handle (self, server, turn) == 0);
  return turn;
}

/** udpnat_server_identity_draw_handle: a new one */
void
udpnat_server_identity_draw_handle (UdpnatServerIdentity   *self,
                                    UdpnatRendezvousServer *server)
{
  self->turn = udpnat_server_identity_draw_turn (self, server);
}

/* ---- Watches ---- */

/** udpnat_server_identity_get_watcher: its number among those who watch others; 0: nobody */
guint32
udpnat_server_identity_get_watcher (const UdpnatServerIdentity   *self,
                                    const UdpnatRendezvousServer *server)
{
  if (!self->has_watcher)
    return 0;
  return GPOINTER_TO_UINT (g_hash_table_lookup (
    server->watchers, GUINT_TO_POINTER (udpnat_server_identity_get_id (self))));
}

void
udpnat_server_identity_set_watcher (UdpnatServerIdentity   *self,
                                    UdpnatRendezvousServer *server,
                                    guint32                 watcher)
{
  gpointer id = GUINT_TO_POINTER (udpnat_server_identity_get_id (self));

  self->has_watcher = watcher != 0;
  if (watcher != 0)
    g_hash_table_insert (server->watchers, id, GUINT_TO_POINTER (watcher));
  else
    g_hash_table_remove (server->watchers, id);
}

/* ---- Quotas: what is left ---- */

/** udpnat_server_identity_ensure_quotas: full ones, if it had none */
UdpnatServerQuotas *
udpnat_server_identity_ensure_quotas (UdpnatServerIdentity   *self,
                                      UdpnatRendezvousServer *server,
                                      gint64                  now_us)
{
  UdpnatServerQuotas *quotas = find_quotas (self, server);
  guint32             id;

  if (quotas != NULL)
    return quotas;
  id = udpnat_slab_add (server->quotas);
  quotas = udpnat_slab_get (server->quotas, id);
  quotas->identity = udpnat_server_identity_get_id (self);
  udpnat_id_set_add (server->quotas_by_identity, id);
  self->has_quotas = TRUE;
  udpnat_token_bucket_init (&quotas->relay_bucket, server->config.relay_burst_bytes, now_us);
  udpnat_token_bucket_init (&quotas->failure_bucket, UDPNAT_RELAY_FAILURES_PER_SECOND, now_us);
  udpnat_token_bucket_init (&quotas->attest_bucket, UDPNAT_ATTESTATIONS_BURST, now_us);
  udpnat_token_bucket_init (&quotas->put_bucket, UDPNAT_MAIL_PUTS_BURST, now_us);
  udpnat_token_bucket_init (&quotas->stranger_bucket,
                            UDPNAT_MAIL_STRANGER_PUTS_BURST * UDPNAT_MAIL_STRANGER_PUT_S, now_us);
  udpnat_token_bucket_init (&quotas->page_bucket, UDPNAT_DIRECTORY_PAGES_BURST, now_us);
  udpnat_token_bucket_init (&quotas->watch_bucket, UDPNAT_WATCHES_BURST, now_us);
  udpnat_token_bucket_init (&quotas->lookup_bucket, UDPNAT_LOOKUPS_BURST_PER_KEY, now_us);
  udpnat_token_bucket_init (&quotas->dial_bucket, UDPNAT_DIALS_BURST_PER_KEY, now_us);
  udpnat_token_bucket_init (&quotas->ask_bucket, UDPNAT_FLEET_ASKS_BURST, now_us);
  return quotas;
}

/* As new ones would be: nobody gains by having them forgotten. */
static gboolean
are_full (UdpnatServerQuotas           *self,
          const UdpnatRendezvousServer *server,
          gint64                        now_us)
{
  return self->report_us <= now_us
         && udpnat_token_bucket_is_full (&self->relay_bucket, now_us,
                                         server->config.relay_burst_bytes,
                                         server->config.relay_bytes_per_second)
         && udpnat_token_bucket_is_full (&self->failure_bucket, now_us,
                                         UDPNAT_RELAY_FAILURES_PER_SECOND,
                                         UDPNAT_RELAY_FAILURES_PER_SECOND)
         && udpnat_token_bucket_is_full (&self->attest_bucket, now_us, UDPNAT_ATTESTATIONS_BURST,
                                         UDPNAT_ATTESTATIONS_PER_SECOND)
         && udpnat_token_bucket_is_full (&self->ask_bucket, now_us, UDPNAT_FLEET_ASKS_BURST,
                                         UDPNAT_FLEET_ASKS_PER_SECOND)
         && udpnat_token_bucket_is_full (&self->put_bucket, now_us, UDPNAT_MAIL_PUTS_BURST,
                                         UDPNAT_MAIL_PUTS_PER_SECOND)
         && udpnat_token_bucket_is_full (&self->page_bucket, now_us, UDPNAT_DIRECTORY_PAGES_BURST,
                                         UDPNAT_DIRECTORY_PAGES_PER_SECOND)
         && udpnat_token_bucket_is_full (&self->watch_bucket, now_us, UDPNAT_WATCHES_BURST,
                                         UDPNAT_WATCHES_PER_SECOND)
         && udpnat_token_bucket_is_full (&self->lookup_bucket, now_us,
                                         UDPNAT_LOOKUPS_BURST_PER_KEY,
                                         UDPNAT_LOOKUPS_PER_SECOND_PER_KEY)
         && udpnat_token_bucket_is_full (&self->dial_bucket, now_us, UDPNAT_DIALS_BURST_PER_KEY,
                                         UDPNAT_DIALS_PER_SECOND_PER_KEY)
         && udpnat_token_bucket_is_full (
             &self->stranger_bucket, now_us,
             UDPNAT_MAIL_STRANGER_PUTS_BURST * UDPNAT_MAIL_STRANGER_PUT_S, 1);
}

/** udpnat_server_identity_drop_quotas: if nothing of them has been used lately */
void
udpnat_server_identity_drop_quotas (UdpnatServerIdentity   *self,
                                    UdpnatRendezvousServer *server,
                                    gint64                  now_us)
{
  UdpnatServerQuotas *quotas = find_quotas (self, server);

  if (quotas == NULL || !are_full (quotas, server, now_us))
    return;
  remove_quotas (self, server);
}

/* ---- Awake or at rest ---- */

/** udpnat_server_identity_get_entry: Returns: (nullable): under which it is registered */
UdpnatRegistryEntry *
udpnat_server_identity_get_entry (const UdpnatServerIdentity *self)
{
  return self->seat->is_named ? self->seat : NULL;
}

guint8
udpnat_server_identity_get_presence (const UdpnatServerIdentity *self)
{
  const UdpnatServerClient *live = udpnat_server_identity_get_live (self);

  if (self->is_resting)
    return self->presence;
  return live != NULL ? live->presence : UDPNAT_PRESENCE_OFFLINE;
}

/** udpnat_server_identity_send_carrier: as udpnat_server_client_send_carrier() */
gboolean
udpnat_server_identity_send_carrier (UdpnatServerIdentity   *self,
                                     UdpnatRendezvousServer *server,
                                     gint64                  now_us,
                                     const guint8           *frames,
                                     gsize                   n_frames,
                                     gsize                   n_carried)
{
  UdpnatServerClient *live = udpnat_server_identity_get_live (self);
  UdpnatAddress       address;
  UdpnatDatagram     *datagram;

  if (!self->is_resting)
    return live != NULL
           && udpnat_server_client_send_carrier (live, now_us, frames, n_frames, n_carried);
  udpnat_server_identity_get_address (self, server, &address);
  datagram = udpnat_server_begin_output (server, UDPNAT_SOCKET_MAIN, &address);
  datagram->n_data = udpnat_resting_session_seal (&self->session, now_us, frames, n_frames,
                                                  n_carried, datagram->data);
  if (datagram->n_data == 0)
    return FALSE;
  udpnat_server_end_output (server);
  return TRUE;
}

/** udpnat_server_identity_send_frames: as udpnat_server_client_send_frames() */
gboolean
udpnat_server_identity_send_frames (UdpnatServerIdentity   *self,
                                    UdpnatRendezvousServer *server,
                                    gint64                  now_us,
                                    const guint8           *frames,
                                    gsize                   n_frames)
{
  return udpnat_server_identity_send_carrier (self, server, now_us, frames, n_frames, 0);
}
