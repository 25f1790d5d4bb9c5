#include "config.h"

#include "udpnat-rendezvous-client-private.h"

/* The client half as a whole: life, which server, time. PROTOCOL.md sections 1 to 3, 7 and 11; the
 * parts are listed in udpnat-rendezvous-client-private.h. It knows nothing of peers beyond what the
 * server tells, and stores nothing: the owner pins the server's key. */

/**
 * udpnat_rendezvous_client_new:
 * @config: copied
 *
 * Does nothing before a server is set
 */
UdpnatRendezvousClient *
udpnat_rendezvous_client_new (const UdpnatRendezvousClientConfig *config,
                              gint64                              now_us)
{
  UdpnatRendezvousClient *self = g_new0 (UdpnatRendezvousClient, 1);

  self->config = *config;
  self->now_us = now_us;
  self->is_listed = TRUE;
  self->presence = UDPNAT_PRESENCE_ONLINE;
  self->puts = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->acks = g_array_new (FALSE, FALSE, sizeof (guint64));
  udpnat_rendezvous_client_init_directory (self);
  self->attests = g_array_new (FALSE, FALSE, sizeof (UdpnatAttestNonce));
  udpnat_rendezvous_client_forget_ticket (self);
  self->outage_us = self->confirm_us = self->register_retry_us = UDPNAT_TIME_NEVER;
  self->tunnel_close_us = self->udp_probe_us = UDPNAT_TIME_NEVER;
  self->keepalive_gap_us = UDPNAT_SERVER_KEEPALIVE_US;
  udpnat_rendezvous_client_forget_told_keepalive (self);
  udpnat_rendezvous_client_stop_asking (self);
  return self;
}

void
udpnat_rendezvous_client_free (UdpnatRendezvousClient *self)
{
  if (self == NULL)
    return;
  udpnat_rendezvous_client_drop_session (self);
  udpnat_rendezvous_client_forget_ticket (self);
  udpnat_rendezvous_client_clear_events (self);
  g_queue_clear_full (&self->outputs, g_free);
  g_queue_clear_full (&self->lookups, (GDestroyNotify) udpnat_rendezvous_lookup_free);
  udpnat_rendezvous_client_clear_directory (self);
  g_clear_pointer (&self->passes, g_byte_array_unref);
  g_array_unref (self->acks);
  g_array_unref (self->attests);
  g_array_unref (self->puts);
  g_free (self->registered_name);
  g_free (self->name);
  g_free (self);
}

/**
 * udpnat_rendezvous_client_set_wall_offset: how far the wall clock is ahead of @now_us; for
 * timestamps of HS1 */
void
udpnat_rendezvous_client_set_wall_offset (UdpnatRendezvousClient *self,
                                          gint64                  wall_minus_now_us)
{
  self->wall_offset_us = wall_minus_now_us;
}

/** udpnat_rendezvous_client_restore_timestamp: as get_timestamp() was; before a server is set */
void
udpnat_rendezvous_client_restore_timestamp (UdpnatRendezvousClient *self,
                                            gint64                  last_wall_us)
{
  self->last_wall_us = MAX (self->last_wall_us, last_wall_us);
}

/**
 * udpnat_rendezvous_client_get_timestamp:
 *
 * Returns: the newest timestamp given out, in microseconds since 1970; 0 when none was
 */
gint64
udpnat_rendezvous_client_get_timestamp (const UdpnatRendezvousClient *self)
{
  return self->last_wall_us;
}

/* ---- Which server ---- */

/* Polite as far as it can be without waiting. */
static void
close_session (UdpnatRendezvousClient *self,
               gint64                  now_us)
{
  if (self->session == NULL)
    return;
  udpnat_session_close (self->session, now_us, UDPNAT_CLOSE_NORMAL, NULL);
  udpnat_rendezvous_client_flush_session (self, now_us);
  udpnat_rendezvous_client_drop_session (self);
}

static void
forget_server (UdpnatRendezvousClient *self)
{
  udpnat_rendezvous_client_stop_asking (self);
  udpnat_rendezvous_client_forget_ticket (self);
  self->has_key = self->is_key_proven = FALSE;
  self->alt_port = 0;
  udpnat_rendezvous_client_forget_fleet (self);
  self->outage_us = UDPNAT_TIME_NEVER;
  for (guint i = 0; i < G_N_ELEMENTS (self->observed); i++)
    self->observed[i] = UDPNAT_ADDRESS_NONE;
}

/**
 * udpnat_rendezvous_client_set_server:
 * @address: (nullable): %NULL for none
 * @pinned: (nullable): its key, if known; else whatever key it has is taken, and told with
 *   SERVER_KEY
 *
 * Leaves the server before, if any. All wishes go to the new one.
 */
void
udpnat_rendezvous_client_set_server (UdpnatRendezvousClient *self,
                                     gint64                  now_us,
                                     const UdpnatAddress    *address,
                                     const UdpnatPublicKey  *pinned)
{
  self->now_us = now_us;
  close_session (self, now_us);
  forget_server (self);
  udpnat_rendezvous_client_trust_keepalive (self, now_us);
  udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_IDLE);
  udpnat_rendezvous_client_close_tunnel (self);
  self->address = address != NULL ? *address : UDPNAT_ADDRESS_NONE;
  udpnat_rendezvous_client_reset_route (self);
  if (address == NULL)
    return;
  udpnat_rendezvous_client_begin_outage (self, now_us);
  if (pinned == NULL)
    {
      udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_ASKING);
      udpnat_rendezvous_client_ask (self, now_us, UDPNAT_SOCKET_MAIN, G_MAXUINT);
      return;
    }
  self->key = *pinned;
  self->has_key = self->is_key_proven = TRUE;
  udpnat_rendezvous_client_connect (self, now_us);
}

/**
 * udpnat_rendezvous_client_leave:
 *
 * Says goodbye, at once and without waiting for an answer; the name is not wished any more. Nothing
 * is sent after that until a server is set.
 */
void
udpnat_rendezvous_client_leave (UdpnatRendezvousClient *self,
                                gint64                  now_us)
{
  self->now_us = now_us;
  if (udpnat_rendezvous_client_is_up (self))
    {
      udpnat_rendezvous_client_unregister (self, now_us);
      udpnat_rendezvous_client_flush_session (self, now_us);
    }
  close_session (self, now_us);
  udpnat_rendezvous_client_stop_asking (self);
  g_clear_pointer (&self->name, g_free);
  self->is_register_due = self->is_unregister_due = FALSE;
  g_queue_clear_full (&self->lookups, (GDestroyNotify) udpnat_rendezvous_lookup_free);
  udpnat_rendezvous_client_close_tunnel (self);
  udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_LEFT);
}

/* ---- What the owner notices ---- */

/**
 * udpnat_rendezvous_client_note_conversation:
 *
 * A conversation is active, and may depend on the server: for some time its silence is noticed
 * within seconds
 */
void
udpnat_rendezvous_client_note_conversation (UdpnatRendezvousClient *self,
                                            gint64                  now_us)
{
  self->now_us = now_us;
  self->watch_until_us = now_us + UDPNAT_SERVER_WATCH_ACTIVE_US;
  udpnat_rendezvous_client_keep_link (self, now_us);
}

/**
 * udpnat_rendezvous_client_doubt:
 *
 * What was sent through the server has not been answered: asks it for a sign of life, so that a
 * tunnel is tried if it is UDP that does not pass any more
 */
void
udpnat_rendezvous_client_doubt (UdpnatRendezvousClient *self,
                                gint64                  now_us)
{
  gint64 asked_us;

  if (!self->is_tunnel_allowed || !udpnat_rendezvous_client_is_up (self)
      || udpnat_session_get_unanswered_since (self->session) != UDPNAT_TIME_NEVER)
    return;
  asked_us = MAX (udpnat_session_get_last_received (self->session), self->ping_us);
  if (now_us - asked_us >= UDPNAT_SERVER_DOUBT_GAP_US)
    udpnat_rendezvous_client_ping (self, now_us);
}

/* HS1 works whatever has become of our address, the mapping there, or the server's session. */
static void
show_up (UdpnatRendezvousClient *self,
         gint64                  now_us)
{
  switch (self->state)
    {
    case UDPNAT_RENDEZVOUS_STATE_CONNECTED:
    case UDPNAT_RENDEZVOUS_STATE_REGISTERED:
      self->is_mapping_due = TRUE;
      self->is_quiet = FALSE;
      udpnat_session_reset_path (self->session, now_us, 0);
      udpnat_session_hurry (self->session);
      udpnat_rendezvous_client_start_handshake (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_STATE_CONNECTING:
    case UDPNAT_RENDEZVOUS_STATE_LOST:
      udpnat_session_repeat_handshake (self->session, now_us);
      break;
    case UDPNAT_RENDEZVOUS_STATE_ASKING:
      udpnat_rendezvous_client_ask (self, now_us, UDPNAT_SOCKET_MAIN, G_MAXUINT);
      break;
    case UDPNAT_RENDEZVOUS_STATE_WAITING:
    case UDPNAT_RENDEZVOUS_STATE_IDLE:
    case UDPNAT_RENDEZVOUS_STATE_MISMATCHED:
    case UDPNAT_RENDEZVOUS_STATE_LEFT:
      break;
    }
}

/** udpnat_rendezvous_client_watch: a conversation needs the server now: is it there? Asks not more
 * than once a second */
void
udpnat_rendezvous_client_watch (UdpnatRendezvousClient *self,
                                gint64                  now_us)
{
  if (udpnat_rendezvous_client_is_up (self) && now_us - self->ping_us >= UDPNAT_SEC (1))
    udpnat_rendezvous_client_ping (self, now_us);
}

/**
 * udpnat_rendezvous_client_handle_network_change:
 *
 * Our own addresses have changed: shows the server the new one, and finds out how the NAT there
 * maps us. UDP may pass here, or not any more
 */
void
udpnat_rendezvous_client_handle_network_change (UdpnatRendezvousClient *self,
                                                gint64                  now_us)
{
  self->now_us = now_us;
  udpnat_rendezvous_client_trust_keepalive (self, now_us);
  udpnat_rendezvous_client_reset_route (self);
  show_up (self, now_us);
}

/**
 * udpnat_rendezvous_client_handle_wake:
 *
 * We slept, or something about the network is different though our addresses are not: the same, but
 * what was measured still holds. A tunnel may have died meanwhile, so there is a race anew
 */
void
udpnat_rendezvous_client_handle_wake (UdpnatRendezvousClient *self,
                                      gint64                  now_us)
{
  self->now_us = self->moved_us = now_us;
  if (self->route == UDPNAT_SERVER_ROUTE_TUNNEL)
    udpnat_rendezvous_client_race (self, now_us);
  show_up (self, now_us);
}

/* ---- Time ---- */

/**
 * udpnat_rendezvous_client_next_deadline: Returns: when to call handle_deadline; %UDPNAT_TIME_NEVER
 * for not at all */
gint64
udpnat_rendezvous_client_next_deadline (const UdpnatRendezvousClient *self)
{
  gint64 deadline_us = udpnat_rendezvous_client_link_deadline (self);

  deadline_us = udpnat_time_min (deadline_us, udpnat_rendezvous_client_directory_deadline (self));
  deadline_us = udpnat_time_min (deadline_us, udpnat_rendezvous_client_ticket_deadline (self));
  deadline_us = udpnat_time_min (deadline_us, udpnat_rendezvous_client_tunnel_deadline (self));
  for (guint i = 0; i < G_N_ELEMENTS (self->queries); i++)
    deadline_us = udpnat_time_min (deadline_us, self->queries[i].next_us);
  if (self->session != NULL)
    deadline_us = udpnat_time_min (deadline_us, udpnat_session_next_deadline (self->session));
  return udpnat_time_min (deadline_us, udpnat_rendezvous_client_lookup_deadline (self));
}

/** udpnat_rendezvous_client_handle_deadline: may be called early or late */
void
udpnat_rendezvous_client_handle_deadline (UdpnatRendezvousClient *self,
                                          gint64                  now_us)
{
  self->now_us = now_us;
  if (self->session != NULL && udpnat_session_next_deadline (self->session) <= now_us)
    {
      udpnat_session_handle_deadline (self->session, now_us);
      self->is_handshake_due |= udpnat_session_is_handshaking (self->session);
    }
  udpnat_rendezvous_client_keep_ticket (self, now_us);
  udpnat_rendezvous_client_keep_tunnel (self, now_us);
  udpnat_rendezvous_client_keep_asking (self, now_us);
  udpnat_rendezvous_client_expire_lookups (self, now_us);
  udpnat_rendezvous_client_expire_list (self, now_us);
  udpnat_rendezvous_client_send_wishes (self, now_us);
  udpnat_rendezvous_client_keep_link (self, now_us);
}

/* ---- How things stand ---- */

/**
 * udpnat_rendezvous_client_is_connected: Returns: whether the server can be asked and can relay
 * now */
gboolean
udpnat_rendezvous_client_is_connected (const UdpnatRendezvousClient *self)
{
  return udpnat_rendezvous_client_is_up (self);
}

gboolean
udpnat_rendezvous_client_is_registered (const UdpnatRendezvousClient *self)
{
  return self->state == UDPNAT_RENDEZVOUS_STATE_REGISTERED;
}

/** udpnat_rendezvous_client_get_rtt: Returns: to the server; 0 when not known */
gint64
udpnat_rendezvous_client_get_rtt (const UdpnatRendezvousClient *self)
{
  return self->session != NULL ? udpnat_session_get_rtt (self->session) : 0;
}

/** udpnat_rendezvous_client_get_key: Returns: %FALSE while the server's key is not known */
gboolean
udpnat_rendezvous_client_get_key (const UdpnatRendezvousClient *self,
                                  UdpnatPublicKey              *out_key)
{
  *out_key = self->key;
  return self->has_key;
}

/** udpnat_rendezvous_client_get_alt_port: Returns: the server's second port; 0: not known */
guint16
udpnat_rendezvous_client_get_alt_port (const UdpnatRendezvousClient *self)
{
  return self->alt_port;
}

/** udpnat_rendezvous_client_get_address: Returns: (nullable): the server's; %NULL without one */
const UdpnatAddress *
udpnat_rendezvous_client_get_address (const UdpnatRendezvousClient *self)
{
  return udpnat_address_is_set (&self->address) ? &self->address : NULL;
}

static UdpnatUdpState
get_state_of_route (const UdpnatRendezvousClient *self)
{
  return self->route == UDPNAT_SERVER_ROUTE_TUNNEL ? UDPNAT_UDP_STATE_BLOCKED
                                                   : UDPNAT_UDP_STATE_WORKS;
}

/** udpnat_rendezvous_client_get_udp_state: Returns: whether UDP reaches the server and returns */
UdpnatUdpState
udpnat_rendezvous_client_get_udp_state (const UdpnatRendezvousClient *self)
{
  switch (self->state)
    {
    case UDPNAT_RENDEZVOUS_STATE_ASKING:
    case UDPNAT_RENDEZVOUS_STATE_CONNECTING:
    case UDPNAT_RENDEZVOUS_STATE_LOST:
      return self->is_silence_told ? UDPNAT_UDP_STATE_SILENT : UDPNAT_UDP_STATE_TRYING;
    case UDPNAT_RENDEZVOUS_STATE_CONNECTED:
    case UDPNAT_RENDEZVOUS_STATE_REGISTERED:
    case UDPNAT_RENDEZVOUS_STATE_WAITING: /* it refuses us, but it answers */
    case UDPNAT_RENDEZVOUS_STATE_MISMATCHED:
      return get_state_of_route (self);
    case UDPNAT_RENDEZVOUS_STATE_IDLE:
    case UDPNAT_RENDEZVOUS_STATE_LEFT:
      return UDPNAT_UDP_STATE_UNKNOWN;
    }
  g_assert_not_reached ();
}
