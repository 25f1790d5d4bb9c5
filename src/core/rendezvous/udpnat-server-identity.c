#include "config.h"

#include "udpnat-rendezvous-server-private.h"

/* A static key that has a session with the server now, and what the server asks of it without
 * having to know whether that session is awake (udpnat-server-client.c) or at rest
 * (udpnat-server-rest.c). */

/** udpnat_server_find_identity: (nullable): only keys that have a session now */
UdpnatServerIdentity *
udpnat_server_find_identity (const UdpnatRendezvousServer *self,
                             const UdpnatPublicKey        *key)
{
  const UdpnatRegistryEntry *seat = udpnat_registry_find_session (self->registry, key);

  return seat != NULL ? udpnat_slab_get (self->identities, seat->session) : NULL;
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
  identity->id = id;
  identity->rest.timer.owner = identity;
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
  g_assert (self->live == NULL && self->pending == NULL && !self->is_resting);
  udpnat_server_identity_set_handle (self, server, 0);
  leave_seat (self, server);
  g_free (self->quotas);
  udpnat_slab_remove (server->identities, self->id);
}

/** udpnat_server_identity_sit: @entry: (nullable): its name from now on; %NULL: none */
void
udpnat_server_identity_sit (UdpnatServerIdentity   *self,
                            UdpnatRendezvousServer *server,
                            UdpnatRegistryEntry    *entry)
{
  UdpnatPublicKey key = self->seat->key;

  leave_seat (self, server);
  self->seat = entry != NULL ? entry : udpnat_registry_hold (server->registry, &key);
  g_assert (self->seat->session == 0); /* a key has one session that counts, and that is this */
  self->seat->session = self->id;
}

/** udpnat_server_identity_get_key: Returns: (transfer none): until it sits elsewhere */
const UdpnatPublicKey *
udpnat_server_identity_get_key (const UdpnatServerIdentity *self)
{
  return &self->seat->key;
}

/* ---- Handles ---- */

/** udpnat_server_hash_handle: for the table of handles */
guint32
udpnat_server_hash_handle (gpointer user_data,
                           guint32  id)
{
  const UdpnatRendezvousServer *self = user_data;
  const UdpnatServerIdentity   *identity = udpnat_slab_get (self->identities, id);

  return identity->handle; /* random as it is */
}

/** udpnat_server_match_handle: likewise */
gboolean
udpnat_server_match_handle (gpointer      user_data,
                            guint32       id,
                            gconstpointer wanted)
{
  const UdpnatRendezvousServer *self = user_data;
  const UdpnatServerIdentity   *identity = udpnat_slab_get (self->identities, id);

  return identity->handle == *(const guint32 *) wanted;
}

/** udpnat_server_find_handle: (nullable): whose it is */
UdpnatServerIdentity *
udpnat_server_find_handle (const UdpnatRendezvousServer *self,
                           guint32                       handle)
{
  if (handle == 0)
    return NULL;
  return udpnat_slab_get (self->identities,
                          udpnat_id_set_find (self->handles, handle, &handle));
}

/** udpnat_server_identity_set_handle: the old one, if any, leads nowhere from now on; 0: none */
void
udpnat_server_identity_set_handle (UdpnatServerIdentity   *self,
                                   UdpnatRendezvousServer *server,
                                   guint32                 handle)
{
  if (self->handle != 0)
    udpnat_id_set_remove (server->handles, self->id);
  self->handle = handle;
  if (handle != 0)
    udpnat_id_set_add (server->handles, self->id);
}

/** udpnat_server_identity_draw_handle: a new one */
void
udpnat_server_identity_draw_handle (UdpnatServerIdentity   *self,
                                    UdpnatRendezvousServer *server)
{
  guint32 handle;

  udpnat_server_identity_set_handle (self, server, 0);
  do
    handle = udpnat_random_u32 (&server->config.random);
  while (handle == 0 || udpnat_server_find_handle (server, handle) != NULL);
  udpnat_server_identity_set_handle (self, server, handle);
}

/* ---- Quotas ---- */

/** udpnat_server_identity_ensure_quotas: full ones, if it had none */
UdpnatServerQuotas *
udpnat_server_identity_ensure_quotas (UdpnatServerIdentity         *self,
                                      const UdpnatRendezvousServer *server,
                                      gint64                        now_us)
{
  UdpnatServerQuotas *quotas = self->quotas;

  if (quotas != NULL)
    return quotas;
  quotas = self->quotas = g_new0 (UdpnatServerQuotas, 1);
  udpnat_token_bucket_init (&quotas->relay_bucket, server->config.relay_burst_bytes, now_us);
  udpnat_token_bucket_init (&quotas->failure_bucket, UDPNAT_RELAY_FAILURES_PER_SECOND, now_us);
  udpnat_token_bucket_init (&quotas->attest_bucket, UDPNAT_ATTESTATIONS_BURST, now_us);
  udpnat_token_bucket_init (&quotas->put_bucket, UDPNAT_MAIL_PUTS_BURST, now_us);
  udpnat_token_bucket_init (&quotas->stranger_bucket,
                            UDPNAT_MAIL_STRANGER_PUTS_BURST * UDPNAT_MAIL_STRANGER_PUT_S, now_us);
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
         && udpnat_token_bucket_is_full (
             &self->stranger_bucket, now_us,
             UDPNAT_MAIL_STRANGER_PUTS_BURST * UDPNAT_MAIL_STRANGER_PUT_S, 1);
}

/** udpnat_server_identity_drop_quotas: if nothing of them has been used lately */
void
udpnat_server_identity_drop_quotas (UdpnatServerIdentity         *self,
                                    const UdpnatRendezvousServer *server,
                                    gint64                        now_us)
{
  if (self->quotas != NULL && are_full (self->quotas, server, now_us))
    g_clear_pointer (&self->quotas, g_free);
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
  if (self->is_resting)
    return self->rest.presence;
  return self->live != NULL ? self->live->presence : UDPNAT_PRESENCE_OFFLINE;
}

/** udpnat_server_identity_send_frames: as udpnat_server_client_send_frames() */
gboolean
udpnat_server_identity_send_frames (UdpnatServerIdentity   *self,
                                    UdpnatRendezvousServer *server,
                                    gint64                  now_us,
                                    const guint8           *frames,
                                    gsize                   n_frames)
{
  guint8 packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n_packet;

  if (!self->is_resting)
    return self->live != NULL
           && udpnat_server_client_send_frames (self->live, now_us, frames, n_frames);
  n_packet = udpnat_resting_session_seal (&self->rest.session, now_us, frames, n_frames, packet);
  if (n_packet == 0)
    return FALSE;
  udpnat_server_push_output (server, UDPNAT_SOCKET_MAIN, &self->rest.address, packet, n_packet);
  return TRUE;
}
