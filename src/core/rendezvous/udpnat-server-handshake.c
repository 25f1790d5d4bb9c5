#include "config.h"

#include "udpnat-rendezvous-server-private.h"

#include <sodium.h>
#include <string.h>

/* HS1 at the server (PROTOCOL.md sections 2 and 3), cheapest question first: is mac1 right, is the
 * source within its limits or has it a cookie, is it a repetition; only then the Diffie-Hellman
 * operations. A new session stands beside the old one until its client has proved the keys, so that
 * a replayed HS1 changes nothing. */

static UdpnatRxResult
ask_cookie (UdpnatRendezvousServer *self,
            gint64                  now_us,
            const UdpnatDatagram   *datagram,
            const UdpnatHs1View    *view)
{
  guint8       nonce[UDPNAT_COOKIE_NONCE_BYTES];
  guint8       cookie[UDPNAT_COOKIE_BYTES];
  guint8       sealed[UDPNAT_COOKIE_SEALED_BYTES];
  guint8       packet[UDPNAT_COOKIE_PACKET_BYTES];
  UdpnatWriter writer;

  udpnat_random_fill (&self->config.random, nonce, sizeof nonce);
  udpnat_cookie_maker_make (self->cookies, now_us, &datagram->remote, cookie);
  udpnat_cookie_seal (udpnat_identity_get_public_key (self->config.identity), nonce, view->mac1,
                      cookie, sealed);
  udpnat_writer_init (&writer, packet, sizeof packet);
  udpnat_cookie_packet_write (&writer, view->sender_index, nonce, sealed);
  udpnat_server_push_output (self, UDPNAT_SOCKET_MAIN, &datagram->remote, packet, writer.n_written);
  self->stats.cookies++;
  return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_NO_COOKIE);
}

static UdpnatServerClient *
find_repeat (UdpnatRendezvousServer *self,
             const guint8           *ephemeral)
{
  UdpnatServerClient wanted;

  wanted.ephemeral_hash = udpnat_siphash (self->hash_key, ephemeral, UDPNAT_EPHEMERAL_BYTES);
  memcpy (wanted.ephemeral, ephemeral, UDPNAT_EPHEMERAL_BYTES);
  return g_hash_table_lookup (self->handshakes, &wanted);
}

static gsize
write_observed (const UdpnatAddress *source,
                guint8               out[UDPNAT_FRAME_HEADER_BYTES + UDPNAT_ADDRESS_WIRE_BYTES])
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, UDPNAT_FRAME_HEADER_BYTES + UDPNAT_ADDRESS_WIRE_BYTES);
  if (!udpnat_frame_write_observed (&writer, source))
    g_assert_not_reached ();
  return writer.n_written;
}

/* Room for one more? Whoever has been waiting longest without a proof makes it. */
static gboolean
make_room (UdpnatRendezvousServer     *self,
           gint64                      now_us,
           const UdpnatServerIdentity *identity)
{
  UdpnatServerClient *pending = identity != NULL ? udpnat_server_identity_get_pending (identity)
                                                 : NULL;

  if (pending != NULL)
    udpnat_server_client_free (pending, now_us);
  if (self->pending.length >= UDPNAT_SERVER_PENDING_MAX)
    udpnat_server_client_free (g_queue_peek_head (&self->pending), now_us);
  return udpnat_server_count_sessions (self) < self->config.max_sessions;
}

static UdpnatRxResult
accept_hs1 (UdpnatRendezvousServer *self,
            gint64                  now_us,
            const UdpnatDatagram   *datagram,
            UdpnatHs1              *hs1)
{
  UdpnatServerIdentity *identity = udpnat_server_find_identity (self, &hs1->remote_key);
  guint8                frames[UDPNAT_FRAME_HEADER_BYTES + UDPNAT_ADDRESS_WIRE_BYTES];
  gsize                 n_frames = write_observed (&datagram->remote, frames);

  UdpnatServerClient   *live;

  if (identity != NULL && !udpnat_server_identity_is_after (identity, hs1->timestamp))
    return UDPNAT_RX_IGNORED;
  if (identity != NULL && identity->is_resting)
    udpnat_server_identity_wake (identity, self, now_us);
  live = identity != NULL ? identity->awake.live : NULL;
  if (live != NULL
      && udpnat_session_accept_rekey (live->session, hs1, now_us, frames, n_frames))
    {
      udpnat_server_identity_note_hs1 (identity, hs1->timestamp);
      udpnat_server_client_rekey (live, now_us, &datagram->remote, hs1);
      return UDPNAT_RX_OK;
    }
  if (!make_room (self, now_us, identity))
    return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_SESSIONS);
  identity = udpnat_server_ensure_identity (self, &hs1->remote_key);
  udpnat_server_identity_note_hs1 (identity, hs1->timestamp);
  udpnat_server_client_new (self, now_us, identity, &datagram->remote, hs1, frames, n_frames);
  return UDPNAT_RX_OK;
}

static UdpnatRxResult
read_hs1 (UdpnatRendezvousServer *self,
          gint64                  now_us,
          const UdpnatDatagram   *datagram)
{
  guint8         secret[UDPNAT_EPHEMERAL_BYTES];
  UdpnatRxResult result = UDPNAT_RX_MALFORMED;
  UdpnatHs1      hs1 = { 0 };

  udpnat_random_fill (&self->config.random, secret, sizeof secret);
  self->stats.handshakes++;
  if (udpnat_hs1_read (self->config.identity, UDPNAT_ROLE_CLIENT_SERVER, secret, datagram->data,
                       datagram->n_data, &hs1))
    {
      result = accept_hs1 (self, now_us, datagram, &hs1);
      udpnat_hs1_clear (&hs1);
    }
  sodium_memzero (secret, sizeof secret);
  return result;
}

UdpnatRxResult
udpnat_server_handle_hs1 (UdpnatRendezvousServer *self,
                          gint64                  now_us,
                          const UdpnatDatagram   *datagram)
{
  gboolean            is_crowded = self->pending.length >= UDPNAT_SERVER_PENDING_MAX / 2;
  UdpnatServerClient *client;
  UdpnatHs1View       view;
  gboolean            has_cookie;

  if (!udpnat_hs1_parse (&view, datagram->data, datagram->n_data)
      || !udpnat_hs1_check_mac1 (self->config.identity, datagram->data, datagram->n_data))
    return UDPNAT_RX_MALFORMED;
  if (view.role != UDPNAT_ROLE_CLIENT_SERVER)
    return UDPNAT_RX_IGNORED;
  has_cookie = udpnat_cookie_maker_verify_mac2 (self->cookies, now_us, &datagram->remote,
                                                datagram->data, view.n_before_mac2, view.mac2);
  switch (udpnat_handshake_limiter_judge (self->limiter, now_us, &datagram->remote, has_cookie,
                                          is_crowded))
    {
    case UDPNAT_HANDSHAKE_ALLOW:
      break;
    case UDPNAT_HANDSHAKE_ASK_COOKIE:
      return ask_cookie (self, now_us, datagram, &view);
    case UDPNAT_HANDSHAKE_DROP:
      return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_HANDSHAKE_RATE);
    }
  client = find_repeat (self, view.noise);
  if (client == NULL)
    return read_hs1 (self, now_us, datagram);
  client->is_hs2_spread |= !udpnat_address_equal (&client->hs2_address, &datagram->remote);
  client->hs2_address = datagram->remote;
  udpnat_session_repeat_hs2 (client->session);
  udpnat_server_client_touch (client);
  return UDPNAT_RX_OK;
}
