#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include <string.h>

/* INFO (PROTOCOL.md section 1): asks an unknown server for its key, asks a silent one whether it
 * has changed its key, and finds out how the NAT maps us: the server's two ports see the same
 * address of ours, or they do not (RFC 4787 section 4.1). An answer counts only for a token that is
 * out, from the address that was asked. It is not authenticated, so it can never end a session that
 * works. */

static UdpnatAddress
get_port_address (const UdpnatRendezvousClient *self,
                  UdpnatSocketId                port)
{
  UdpnatAddress address = self->address;

  if (port == UDPNAT_SOCKET_ALT)
    address.port = self->alt_port;
  return address;
}

static void
send_info (UdpnatRendezvousClient *self,
           UdpnatSocketId          port)
{
  UdpnatAddress to = get_port_address (self, port);
  guint8        packet[UDPNAT_INFO_BYTES];
  UdpnatWriter  writer;

  udpnat_writer_init (&writer, packet, sizeof packet);
  udpnat_info_write (&writer, self->queries[port].token);
  (void) udpnat_rendezvous_client_push_output (self, &to, packet, writer.n_written);
}

/**
 * udpnat_rendezvous_client_ask:
 * @n_times: how often at most; %G_MAXUINT until it is answered
 *
 * Sends INFO to one of the server's ports, at once and again
 */
void
udpnat_rendezvous_client_ask (UdpnatRendezvousClient *self,
                              gint64                  now_us,
                              UdpnatSocketId          port,
                              guint                   n_times)
{
  UdpnatInfoQuery *query = &self->queries[port];

  query->token = udpnat_random_u64 (&self->config.random);
  query->interval_us = UDPNAT_HANDSHAKE_RETRY_MIN_US;
  query->n_left = n_times;
  query->asked_us = now_us;
  query->next_us = now_us;
  udpnat_rendezvous_client_keep_asking (self, now_us);
}

void
udpnat_rendezvous_client_stop_asking (UdpnatRendezvousClient *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->queries); i++)
    self->queries[i].next_us = UDPNAT_TIME_NEVER;
}

/** udpnat_rendezvous_client_keep_asking: sends the queries whose time has come */
void
udpnat_rendezvous_client_keep_asking (UdpnatRendezvousClient *self,
                                      gint64                  now_us)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->queries); i++)
    {
      UdpnatInfoQuery *query = &self->queries[i];

      if (query->next_us > now_us)
        continue;
      if (query->n_left == 0)
        {
          query->next_us = UDPNAT_TIME_NEVER;
          continue;
        }
      send_info (self, (UdpnatSocketId) i);
      if (query->n_left != G_MAXUINT)
        query->n_left--;
      query->next_us = now_us + query->interval_us;
      query->interval_us = MIN (2 * query->interval_us, UDPNAT_HANDSHAKE_RETRY_MAX_US);
    }
}

/* ---- How the NAT maps us ---- */

/** udpnat_rendezvous_client_test_mapping: asks the second port; first for it, if it is not known */
void
udpnat_rendezvous_client_test_mapping (UdpnatRendezvousClient *self,
                                       gint64                  now_us)
{
  self->is_mapping_due = FALSE;
  udpnat_rendezvous_client_ask (
      self, now_us, self->alt_port != 0 ? UDPNAT_SOCKET_ALT : UDPNAT_SOCKET_MAIN,
      UDPNAT_INFO_RETRIES);
}

/** udpnat_rendezvous_client_set_observed: one of the server's ports sees us as @observed */
void
udpnat_rendezvous_client_set_observed (UdpnatRendezvousClient *self,
                                       gint64                  now_us,
                                       UdpnatSocketId          port,
                                       const UdpnatAddress    *observed)
{
  UdpnatAddress *known = &self->observed[port];
  gboolean       is_first = !udpnat_address_is_set (known);

  /* The end of a tunnel is nothing that UDP could be sent to. */
  if (self->came_by_tunnel || udpnat_address_equal (known, observed))
    return;
  *known = *observed;
  /* The two belong together only if they are of the same time. */
  if (port == UDPNAT_SOCKET_MAIN && !is_first)
    {
      self->observed[UDPNAT_SOCKET_ALT] = UDPNAT_ADDRESS_NONE;
      udpnat_rendezvous_client_handle_elsewhere (self, now_us);
      if (udpnat_rendezvous_client_is_up (self))
        udpnat_rendezvous_client_test_mapping (self, now_us);
    }
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE);
}

/**
 * udpnat_rendezvous_client_get_reflexive:
 * @socket_index: 0 for the server's main port, 1 for its second one
 *
 * Returns: (nullable): as what address that port has last seen us; %NULL when not known
 */
const UdpnatAddress *
udpnat_rendezvous_client_get_reflexive (const UdpnatRendezvousClient *self,
                                        guint                         socket_index)
{
  g_assert (socket_index < G_N_ELEMENTS (self->observed));
  return udpnat_address_is_set (&self->observed[socket_index]) ? &self->observed[socket_index]
                                                               : NULL;
}

/** udpnat_rendezvous_client_get_mapping: Returns: a #UdpnatMapping */
guint8
udpnat_rendezvous_client_get_mapping (const UdpnatRendezvousClient *self)
{
  const UdpnatAddress *first = &self->observed[UDPNAT_SOCKET_MAIN];
  const UdpnatAddress *second = &self->observed[UDPNAT_SOCKET_ALT];

  if (!udpnat_address_is_set (first) || !udpnat_address_is_set (second))
    return UDPNAT_MAPPING_UNKNOWN;
  return udpnat_address_equal (first, second) ? UDPNAT_MAPPING_ENDPOINT_INDEPENDENT
                                              : UDPNAT_MAPPING_ENDPOINT_DEPENDENT;
}

/* ---- Answers ---- */

static gboolean
find_query (const UdpnatRendezvousClient *self,
            const UdpnatDatagram         *datagram,
            guint64                       token,
            UdpnatSocketId               *out_port)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->queries); i++)
    {
      UdpnatAddress asked = get_port_address (self, (UdpnatSocketId) i);

      *out_port = (UdpnatSocketId) i;
      if (self->queries[i].next_us != UDPNAT_TIME_NEVER && self->queries[i].token == token
          && udpnat_address_equal (&asked, &datagram->remote))
        return TRUE;
    }
  return FALSE;
}

static void
mismatch (UdpnatRendezvousClient *self,
          gint64                  now_us,
          const UdpnatPublicKey  *key)
{
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH)->key = *key;
  udpnat_rendezvous_client_drop_session (self);
  udpnat_rendezvous_client_stop_asking (self);
  udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_MISMATCHED);
  self->wait_until_us = now_us + UDPNAT_SERVER_MISMATCH_WAIT_US;
}

static void
learn_key (UdpnatRendezvousClient *self,
           gint64                  now_us,
           const UdpnatPublicKey  *key,
           const UdpnatInfoReply  *reply)
{
  if (!udpnat_public_key_equal (key, &self->key))
    udpnat_rendezvous_client_forget_ticket (self);
  self->key = *key;
  self->has_key = TRUE;
  udpnat_rendezvous_client_connect (self, now_us);
  udpnat_session_set_cookie (self->session, now_us, reply->cookie);
}

/* Another key than the one that we expect. One that nobody has shown to have yet is none to insist
 * on. */
static gboolean
handle_other_key (UdpnatRendezvousClient *self,
                  gint64                  now_us,
                  const UdpnatPublicKey  *key,
                  const UdpnatInfoReply  *reply)
{
  if (self->is_key_proven)
    {
      mismatch (self, now_us, key);
      return FALSE;
    }
  learn_key (self, now_us, key, reply);
  return TRUE;
}

/* What the main port says of the server's key; FALSE: it is not to be believed. */
static gboolean
check_key (UdpnatRendezvousClient *self,
           gint64                  now_us,
           const UdpnatInfoReply  *reply)
{
  UdpnatPublicKey key;

  memcpy (key.bytes, reply->server_key, sizeof key.bytes);
  switch (self->state)
    {
    case UDPNAT_RENDEZVOUS_STATE_ASKING:
      learn_key (self, now_us, &key, reply);
      return TRUE;
    case UDPNAT_RENDEZVOUS_STATE_CONNECTING:
    case UDPNAT_RENDEZVOUS_STATE_LOST:
      if (!udpnat_public_key_equal (&key, &self->key))
        return handle_other_key (self, now_us, &key, reply);
      /* It is there, and now we have a cookie. */
      udpnat_session_set_cookie (self->session, now_us, reply->cookie);
      udpnat_session_repeat_handshake (self->session, now_us);
      udpnat_rendezvous_client_note_info (self, now_us);
      return TRUE;
    case UDPNAT_RENDEZVOUS_STATE_CONNECTED:
    case UDPNAT_RENDEZVOUS_STATE_REGISTERED:
      return udpnat_public_key_equal (&key, &self->key);
    case UDPNAT_RENDEZVOUS_STATE_MISMATCHED:
      if (!udpnat_public_key_equal (&key, &self->key))
        return FALSE;
      udpnat_rendezvous_client_begin_outage (self, now_us);
      learn_key (self, now_us, &key, reply);
      return TRUE;
    case UDPNAT_RENDEZVOUS_STATE_IDLE:
    case UDPNAT_RENDEZVOUS_STATE_WAITING:
    case UDPNAT_RENDEZVOUS_STATE_LEFT:
      return FALSE;
    }
  g_assert_not_reached ();
}

UdpnatRxResult
udpnat_rendezvous_client_handle_info_reply (UdpnatRendezvousClient *self,
                                            gint64                  now_us,
                                            const UdpnatDatagram   *datagram)
{
  UdpnatInfoReply reply;
  UdpnatSocketId  port;

  if (!udpnat_info_reply_parse (&reply, datagram->data, datagram->n_data))
    return UDPNAT_RX_MALFORMED;
  if (!find_query (self, datagram, reply.token, &port))
    return UDPNAT_RX_IGNORED;
  self->queries[port].next_us = UDPNAT_TIME_NEVER;
  if (!self->came_by_tunnel)
    self->udp_rtt_us = MIN (now_us - self->queries[port].asked_us, UDPNAT_TUNNEL_RTT_MAX_US);
  if (port == UDPNAT_SOCKET_MAIN)
    {
      if (!check_key (self, now_us, &reply))
        return UDPNAT_RX_REFUSED;
      self->alt_port = reply.alt_port;
    }
  udpnat_rendezvous_client_set_observed (self, now_us, port, &reply.observed);
  if (port == UDPNAT_SOCKET_MAIN && self->alt_port != 0 && udpnat_rendezvous_client_is_up (self))
    udpnat_rendezvous_client_test_mapping (self, now_us);
  return UDPNAT_RX_OK;
}
