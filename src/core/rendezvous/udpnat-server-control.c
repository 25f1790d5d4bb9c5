#include "config.h"

#include "udpnat-server-fleet-private.h"

#include "udpnat-attestation-signature.h"
#include "udpnat-name.h"
#include "udpnat-server-access-private.h"

/* Messages of a client's control stream (PROTOCOL.md sections 7 and 12). A request is read only
 * when there is room for its answer, so that a client that does not acknowledge cannot make us hold
 * more. */

#define REPLY_MAX_BYTES 16384 /* a page of the longest names */
#define UNACKED_MAX_BYTES 65536
/* After which time to come again when a name could not be stored, or too many wait for the disk. */
#define RETRY_S 5

static void
reply (UdpnatServerClient *self,
       const GByteArray   *message)
{
  (void) udpnat_session_stream_write (self->session, 0, message->data, message->len);
}

static void
refuse (UdpnatServerClient *self,
        UdpnatRefusedCode   code,
        guint32             retry_s,
        const char         *name)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  self->server->stats.refusals[UDPNAT_SERVER_REFUSAL_NAME]++;
  udpnat_write_refused (message, code, retry_s, name);
  reply (self, message);
}

/* ---- Names ---- */

/** udpnat_server_unregister: the client is under no name any more; does nothing when it was not */
void
udpnat_server_unregister (UdpnatServerClient *self,
                          gint64              now_us)
{
  UdpnatRegistryEntry *entry = g_steal_pointer (&self->entry);

  self->claimed = NULL;
  if (entry == NULL)
    return;
  udpnat_server_identity_sit (self->identity, self->server, NULL);
  self->server->stats.registered--;
  udpnat_server_push_event (self->server, UDPNAT_SERVER_EVENT_GONE, 0,
                            udpnat_registry_get_name (entry), &entry->key);
  udpnat_server_publish (self->server, now_us, entry);
}

/**
 * udpnat_server_take_seat: @identity is there as @entry from now on, as its owner; it was under no
 * name */
void
udpnat_server_take_seat (UdpnatServerIdentity   *identity,
                         UdpnatRendezvousServer *server,
                         gint64                  now_us,
                         UdpnatRegistryEntry    *entry,
                         gboolean                is_shown,
                         const UdpnatAddress    *address)
{
  UdpnatServerEvent *event;

  udpnat_server_identity_sit (identity, server, entry);
  server->stats.registered++;
  event = udpnat_server_push_event (server, UDPNAT_SERVER_EVENT_REGISTERED, 0,
                                    udpnat_registry_get_name (entry), &entry->key);
  if (event != NULL)
    event->address = *address;
  entry->is_shown = is_shown;
  udpnat_server_publish (server, now_us, entry);
}

/* The name is the client's and on disk. */
static void
register_as (UdpnatServerClient  *self,
             gint64               now_us,
             UdpnatRegistryEntry *entry,
             gboolean             is_shown)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  self->claimed = NULL;
  if (self->entry != entry)
    {
      udpnat_server_unregister (self, now_us);
      self->entry = entry;
      udpnat_server_take_seat (self->identity, self->server, now_us, entry, is_shown,
                               &self->address);
    }
  else if (entry->is_shown != is_shown)
    {
      entry->is_shown = is_shown;
      udpnat_server_publish (self->server, now_us, entry);
    }
  udpnat_write_registered (message,
                           udpnat_server_identity_get_handle (self->identity, self->server),
                           &self->address,
                           udpnat_registry_get_name (entry));
  reply (self, message);
  udpnat_server_fleet_note_registered (self);
  udpnat_server_note_mail (self->server, now_us, &entry->key);
}

/* What makes names is counted by address: anybody can have as many keys as they like. */
static gboolean
take_claim (UdpnatServerClient *self,
            gint64              now_us)
{
  if (udpnat_handshake_limiter_allow_claim (self->server->limiter, now_us, &self->address))
    return TRUE;
  self->server->stats.refusals[UDPNAT_SERVER_REFUSAL_CLAIM_RATE]++;
  return FALSE;
}

/* The invitation goes with it when it is needed. */
static void
push_claim (UdpnatServerClient        *self,
            const UdpnatRegistryEntry *entry,
            const char                *name,
            gboolean                   is_member)
{
  UdpnatServerEvent *event;

  event = udpnat_server_push_event (self->server, UDPNAT_SERVER_EVENT_CLAIM, entry->id, name,
                                    &entry->key);
  if (!is_member && self->has_invitation
      && !udpnat_access_is_name_listed (self->server->access, name))
    event->data = g_bytes_new (self->invitation, sizeof self->invitation);
  self->has_invitation = FALSE;
}

static void
claim (UdpnatServerClient *self,
       gint64              now_us,
       const char         *name,
       gboolean            is_shown)
{
  UdpnatRendezvousServer *server = self->server;
  const UdpnatPublicKey  *key = udpnat_server_identity_get_key (self->identity);
  gboolean                is_member = udpnat_server_is_member (server, key);
  UdpnatRegistryEntry    *entry;

  if (udpnat_registry_count_names (server->registry, key) >= UDPNAT_NAMES_PER_KEY_MAX
      || udpnat_registry_get_count (server->registry) >= UDPNAT_SERVER_NAMES_MAX)
    {
      refuse (self, UDPNAT_REFUSED_FULL, 0, name);
      return;
    }
  if (udpnat_registry_get_claims (server->registry) >= UDPNAT_SERVER_CLAIMS_MAX)
    {
      refuse (self, UDPNAT_REFUSED_TRY_LATER, RETRY_S, name);
      return;
    }
  if (!take_claim (self, now_us))
    {
      refuse (self, UDPNAT_REFUSED_TRY_LATER, UDPNAT_CLAIM_S, name);
      return;
    }
  entry = udpnat_registry_add (server->registry, name, key, FALSE);
  self->claimed = entry;
  self->is_claim_shown = is_shown;
  push_claim (self, entry, name, is_member);
}

static void
take_name (UdpnatServerClient *self,
           gint64              now_us,
           const char         *name,
           gboolean            is_shown)
{
  g_autofree char     *normal = udpnat_name_normalize (name);
  UdpnatRegistryEntry *entry;
  UdpnatRefusedCode    code = UDPNAT_REFUSED_NAME_BLOCKED;

  if (normal == NULL)
    {
      refuse (self, UDPNAT_REFUSED_NAME_NOT_ALLOWED, 0, name);
      return;
    }
  entry = udpnat_registry_find (self->server->registry, normal);
  if (udpnat_access_is_name_blocked (self->server->access, normal)
      || (entry == NULL && !udpnat_server_may_claim (self, normal, &code)))
    refuse (self, code, code == UDPNAT_REFUSED_TRY_LATER ? RETRY_S : 0, name);
  else if (entry == NULL)
    claim (self, now_us, normal, is_shown);
  else if (!udpnat_public_key_equal (&entry->key,
                                     udpnat_server_identity_get_key (self->identity)))
    /* What is not on disk yet may still become free. */
    refuse (self, entry->is_claim ? UDPNAT_REFUSED_TRY_LATER : UDPNAT_REFUSED_NAME_TAKEN,
            entry->is_claim ? RETRY_S : 0, name);
  else if (!entry->is_claim)
    register_as (self, now_us, entry, is_shown);
  else
    {
      self->claimed = entry;
      self->is_claim_shown = is_shown;
    }
}

/** udpnat_server_control_complete: @entry's claim has been stored, or could not be */
void
udpnat_server_control_complete (UdpnatRendezvousServer *server,
                                gint64                  now_us,
                                UdpnatRegistryEntry    *entry,
                                gboolean                stored)
{
  UdpnatServerClient *client = udpnat_server_find_live (server, &entry->key);
  gboolean            is_waiting = client != NULL && client->claimed == entry;

  if (is_waiting)
    client->claimed = NULL;
  if (stored)
    {
      udpnat_registry_set_stored (server->registry, entry);
      if (is_waiting)
        register_as (client, now_us, entry, client->is_claim_shown);
    }
  else
    {
      if (is_waiting)
        refuse (client, UDPNAT_REFUSED_TRY_LATER, RETRY_S, udpnat_registry_get_name (entry));
      udpnat_registry_remove (server->registry, entry);
    }
  if (!is_waiting)
    return;
  udpnat_server_decide (client);
  udpnat_server_client_touch (client);
}

/** udpnat_server_control_refuse: @entry's claim comes to nothing: the name is free again */
void
udpnat_server_control_refuse (UdpnatRendezvousServer *server,
                              gint64                  now_us,
                              UdpnatRegistryEntry    *entry,
                              UdpnatRefusedCode       code)
{
  UdpnatServerClient *client = udpnat_server_find_live (server, &entry->key);
  gboolean            is_waiting = client != NULL && client->claimed == entry;

  if (is_waiting)
    {
      client->claimed = NULL;
      refuse (client, code, 0, udpnat_registry_get_name (entry));
    }
  udpnat_registry_remove (server->registry, entry);
  if (!is_waiting)
    return;
  udpnat_server_decide (client);
  udpnat_server_client_touch (client);
}

/* ---- Messages: each returns FALSE when it breaks the protocol ---- */

static gboolean
handle_register (UdpnatServerClient      *self,
                 gint64                   now_us,
                 const UdpnatMessageView *message)
{
  g_autofree char *name = NULL;
  gboolean         is_shown;

  if (!udpnat_parse_register (message, &is_shown, &name))
    return FALSE;
  if (!udpnat_server_fleet_send_elsewhere (self, udpnat_register_is_moved (message)))
    take_name (self, now_us, name, is_shown);
  return TRUE;
}

static gboolean
handle_invitation (UdpnatServerClient      *self,
                   const UdpnatMessageView *message)
{
  self->has_invitation = udpnat_parse_invitation (message, self->invitation);
  return self->has_invitation;
}

static gboolean
handle_unregister (UdpnatServerClient      *self,
                   gint64                   now_us,
                   const UdpnatMessageView *message)
{
  g_autoptr (GByteArray) answer = g_byte_array_new ();

  if (!udpnat_parse_unregister (message))
    return FALSE;
  udpnat_server_unregister (self, now_us);
  /* Who is logged out is not to be reached as before. */
  udpnat_server_identity_draw_handle (self->identity, self->server);
  udpnat_write_unregistered (answer);
  reply (self, answer);
  return TRUE;
}

/* A guest's, whose home is another server of the fleet. */
static gboolean
handle_mail_fetch (UdpnatServerClient      *self,
                   gint64                   now_us,
                   const UdpnatMessageView *message)
{
  if (!udpnat_parse_mail_fetch (message))
    return FALSE;
  self->is_fetching = self->server->fleet != NULL;
  udpnat_server_note_mail (self->server, now_us, udpnat_server_identity_get_key (self->identity));
  return TRUE;
}

static gboolean
handle_subscribe (UdpnatServerClient      *self,
                  gint64                   now_us,
                  const UdpnatMessageView *message)
{
  guint8 mode;

  if (!udpnat_parse_subscribe (message, &mode))
    return FALSE;
  udpnat_server_wish_directory (self, mode);
  return TRUE;
}

static gboolean
handle_presence (UdpnatServerClient      *self,
                 gint64                   now_us,
                 const UdpnatMessageView *message)
{
  guint8 presence;

  if (!udpnat_parse_presence (message, &presence))
    return FALSE;
  if (presence == self->presence
      || (presence != UDPNAT_PRESENCE_ONLINE && presence != UDPNAT_PRESENCE_AWAY))
    return TRUE;
  self->presence = presence;
  if (self->entry != NULL && self->entry->is_shown)
    udpnat_server_publish (self->server, now_us, self->entry);
  return TRUE;
}

/**
 * udpnat_server_get_idle:
 * @interval_s: of KEEPALIVE. Out of bounds counts as the nearest: nobody stays in the directory for
 *   ever by saying so
 *
 * Returns: silent for so long, and the grace, its client is offline
 */
gint64
udpnat_server_get_idle (guint16 interval_s)
{
  return UDPNAT_SERVER_KEEPALIVES_MISSED
         * UDPNAT_SEC (CLAMP (interval_s, UDPNAT_KEEPALIVE_MIN_S, UDPNAT_KEEPALIVE_MAX_S));
}

static gboolean
handle_keepalive (UdpnatServerClient      *self,
                  const UdpnatMessageView *message)
{
  guint16 interval_s;

  if (!udpnat_parse_keepalive (message, &interval_s))
    return FALSE;
  self->idle_us = udpnat_server_get_idle (interval_s);
  return TRUE;
}

static gboolean
take_attestation (UdpnatServerClient *self,
                  gint64              now_us)
{
  UdpnatServerQuotas *quotas = udpnat_server_client_ensure_quotas (self, now_us);

  return udpnat_token_bucket_take (&quotas->attest_bucket, now_us, 1, UDPNAT_ATTESTATIONS_BURST,
                                   UDPNAT_ATTESTATIONS_PER_SECOND);
}

static gboolean
handle_attest (UdpnatServerClient      *self,
               gint64                   now_us,
               const UdpnatMessageView *message)
{
  UdpnatRendezvousServer *server = self->server;
  g_autoptr (GByteArray)  answer = g_byte_array_new ();
  UdpnatAttestation       attestation = { .address = self->address };

  if (!udpnat_parse_attest (message, attestation.nonce))
    return FALSE;
  /* Only of an address that has shown that it is the client's, and that UDP may be sent to. */
  if (!self->is_proven || udpnat_address_is_tunnel (&self->address)
      || !take_attestation (self, now_us))
    return TRUE;
  udpnat_attestation_sign (&attestation, server->config.identity, &server->config.random,
                           udpnat_server_identity_get_key (self->identity));
  udpnat_write_attestation (answer, &attestation);
  reply (self, answer);
  return TRUE;
}

/* Any client may say anything: so each counts seldom, and for little. */
static gboolean
handle_report (UdpnatServerClient      *self,
               gint64                   now_us,
               const UdpnatMessageView *message)
{
  UdpnatRendezvousServerStats *stats = &self->server->stats;
  UdpnatServerQuotas          *quotas;
  UdpnatReport                 report;

  if (!udpnat_parse_report (message, &report))
    return FALSE;
  quotas = udpnat_server_client_ensure_quotas (self, now_us);
  if (quotas->report_us > now_us)
    return TRUE;
  quotas->report_us = now_us + UDPNAT_REPORT_ACCEPT_US;
  stats->reports++;
  if (report.nat != UDPNAT_REPORT_NAT_UNSAID && report.nat < UDPNAT_N_REPORT_NATS)
    stats->nats[report.nat]++;
  for (guint i = 0; i < UDPNAT_N_REPORT_WAYS; i++)
    stats->ways[i] += MIN (report.ways[i], UDPNAT_REPORT_TIMES_MAX);
  return TRUE;
}

static gboolean
handle_message (UdpnatServerClient      *self,
                gint64                   now_us,
                const UdpnatMessageView *message)
{
  switch ((UdpnatCsMessageType) message->type)
    {
    case UDPNAT_CS_REGISTER:
      return handle_register (self, now_us, message);
    case UDPNAT_CS_UNREGISTER:
      return handle_unregister (self, now_us, message);
    case UDPNAT_CS_SUBSCRIBE:
      return handle_subscribe (self, now_us, message);
    case UDPNAT_CS_PRESENCE:
      return handle_presence (self, now_us, message);
    case UDPNAT_CS_ATTEST:
      return handle_attest (self, now_us, message);
    case UDPNAT_CS_KEEPALIVE:
      return handle_keepalive (self, message);
    case UDPNAT_CS_REPORT:
      return handle_report (self, now_us, message);
    case UDPNAT_CS_MAIL_FETCH:
      return handle_mail_fetch (self, now_us, message);
    case UDPNAT_CS_INVITATION:
      return handle_invitation (self, message);
    case UDPNAT_CS_WATCH:
      return udpnat_server_handle_watch (self, now_us, message);
    case UDPNAT_CS_LIST:
      return udpnat_server_handle_list (self, now_us, message);
    case UDPNAT_CS_LOOKUP:     /* comes in a frame: see udpnat_server_handle_question() */
    case UDPNAT_CS_REGISTERED: /* ours to say: skipped, like unknown ones */
    case UDPNAT_CS_REFUSED:
    case UDPNAT_CS_UNREGISTERED:
    case UDPNAT_CS_TICKET:
    case UDPNAT_CS_LOOKUP_RESULT:
    case UDPNAT_CS_PEERS:
    case UDPNAT_CS_LIST_END:
    case UDPNAT_CS_ATTESTATION:
    case UDPNAT_CS_WATCHED:
    case UDPNAT_CS_DIRECTORY:
    case UDPNAT_CS_PAGE:
    case UDPNAT_CS_FLEET:
    case UDPNAT_CS_LOCATED:
    case UDPNAT_CS_MOVE:
    case UDPNAT_CS_MAIL_AT:
      break;
    }
  return TRUE;
}

static gboolean
has_room (const UdpnatServerClient *self,
          guint32                   stream)
{
  if (stream == UDPNAT_STREAM_MAIL)
    return udpnat_server_mail_has_room (self);
  return udpnat_session_stream_get_space (self->session, 0) >= REPLY_MAX_BYTES
         && udpnat_session_stream_unacked (self->session, 0) <= UNACKED_MAX_BYTES;
}

static void
read_stream (UdpnatServerClient *self,
             gint64              now_us,
             guint32             stream)
{
  while (has_room (self, stream))
    {
      UdpnatMessageView message;
      gboolean          is_sane = FALSE;
      gsize             n_data, n_message = 0;
      const guint8     *data = udpnat_session_stream_peek (self->session, stream, &n_data);

      if (n_data == 0)
        return;
      switch (udpnat_message_parse (data, n_data, &message, &n_message))
        {
        case UDPNAT_MESSAGE_COMPLETE:
          is_sane = stream == UDPNAT_STREAM_MAIL
                      ? udpnat_server_mail_handle (self, now_us, &message)
                      : handle_message (self, now_us, &message);
          break;
        case UDPNAT_MESSAGE_PARTIAL:
          return;
        case UDPNAT_MESSAGE_MALFORMED:
          break;
        }
      if (!is_sane)
        {
          udpnat_server_client_end (self, now_us, UDPNAT_CLOSE_PROTOCOL_ERROR);
          return;
        }
      udpnat_session_stream_consume (self->session, now_us, stream, n_message);
    }
}

/**
 * udpnat_server_read_messages: handles the messages that are complete, as long as there is room for
 * answers */
void
udpnat_server_read_messages (UdpnatServerClient *self,
                             gint64              now_us)
{
  read_stream (self, now_us, UDPNAT_STREAM_CONTROL);
  if (self->identity != NULL)
    read_stream (self, now_us, UDPNAT_STREAM_MAIL);
}
