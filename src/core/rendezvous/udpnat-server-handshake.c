#include "config.h"

#include "udpnat-server-access-private.h"
#include "udpnat-server-question-private.h"

#include <sodium.h>
#include <string.h>

/* HS1 at the server (PROTOCOL.md sections 2 and 3), cheapest question first: is mac1 right, is the
 * source within its limits or has it a cookie, is it a repetition; only then the ticket, or the
 * Diffie-Hellman operations. A new session stands beside the old one until its client has proved
 * the keys, so that a replayed HS1 changes nothing. */

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

  if (!udpnat_token_bucket_take (&self->cookie_bucket, now_us, 1, UDPNAT_SERVER_COOKIES_BURST,
                                 UDPNAT_SERVER_COOKIES_PER_SECOND))
    return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_HANDSHAKE_RATE);
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

/* Room for one more? Whoever has been waiting longest without a proof makes it. */
static gboolean
make_room (UdpnatRendezvousServer     *self,
           const UdpnatServerIdentity *identity)
{
  UdpnatServerComer *pending = identity != NULL ? udpnat_server_identity_get_pending (identity)
                                                : NULL;

  if (pending != NULL)
    udpnat_server_comer_free (pending);
  if (self->pending.length >= UDPNAT_SERVER_PENDING_MAX)
    udpnat_server_comer_free (g_queue_peek_head (&self->pending));
  return udpnat_server_count_sessions (self) < self->config.max_sessions;
}

static UdpnatRxResult
answer_hs1 (UdpnatRendezvousServer *self,
            gint64                  now_us,
            const UdpnatDatagram   *datagram,
            UdpnatServerIdentity   *identity,
            UdpnatHs1              *hs1,
            UdpnatWriter           *frames)
{
  UdpnatServerClient *live;

  if (identity != NULL && identity->is_resting)
    udpnat_server_identity_wake (identity, self, now_us);
  live = identity != NULL ? identity->awake.live : NULL;
  if (live != NULL
      && udpnat_session_accept_rekey (live->session, hs1, now_us, frames->data,
                                      frames->n_written))
    {
      udpnat_server_identity_note_hs1 (identity, hs1->timestamp);
      udpnat_server_client_rekey (live, now_us, &datagram->remote, hs1);
      return UDPNAT_RX_OK;
    }
  if (!make_room (self, identity))
    return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_SESSIONS);
  identity = udpnat_server_ensure_identity (self, &hs1->remote_key);
  udpnat_server_identity_note_hs1 (identity, hs1->timestamp);
  udpnat_server_comer_new (self, now_us, identity, &datagram->remote, hs1, frames);
  return UDPNAT_RX_OK;
}

static UdpnatRxResult
accept_hs1 (UdpnatRendezvousServer *self,
            gint64                  now_us,
            const UdpnatDatagram   *datagram,
            UdpnatHs1              *hs1)
{
  UdpnatServerIdentity *identity = udpnat_server_find_identity (self, &hs1->remote_key);
  guint8                frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatRxResult        result;
  UdpnatWriter          writer;

  if (identity != NULL && !udpnat_server_identity_is_after (identity, hs1->timestamp))
    return UDPNAT_RX_IGNORED;
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_observed (&writer, &datagram->remote))
    g_assert_not_reached ();
  udpnat_server_write_ticket (self, now_us, hs1, &writer);
  result = answer_hs1 (self, now_us, datagram, identity, hs1, &writer);
  sodium_memzero (frames, writer.n_written);
  return result;
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

/* One that is no good is turned down at no cost, so that its client comes with keys instead. So is
 * one of a blocked key, which is told only when it has proved itself. */
static UdpnatRxResult
resume_hs1 (UdpnatRendezvousServer *self,
            gint64                  now_us,
            const UdpnatDatagram   *datagram,
            const UdpnatHs1View    *view)
{
  guint8         random[UDPNAT_EPHEMERAL_BYTES];
  UdpnatRxResult result;
  UdpnatHs1      hs1 = { 0 };

  udpnat_server_keep_tickets (self, now_us);
  udpnat_random_fill (&self->config.random, random, sizeof random);
  if (!udpnat_hs1_resume (self->config.identity, self->tickets,
                          udpnat_server_get_wall_s (self, now_us), random, datagram->data,
                          datagram->n_data, &hs1)
      || udpnat_server_is_blocked (self, &hs1.remote_key))
    {
      udpnat_hs1_clear (&hs1);
      self->stats.tickets_refused++;
      return udpnat_server_say_unknown (self, now_us, &datagram->remote, view->sender_index);
    }
  self->stats.resumptions++;
  result = accept_hs1 (self, now_us, datagram, &hs1);
  udpnat_hs1_clear (&hs1);
  return result;
}

static UdpnatHandshakeVerdict
judge (UdpnatRendezvousServer *self,
       gint64                  now_us,
       const UdpnatDatagram   *datagram,
       const UdpnatHs1View    *view)
{
  gboolean is_crowded = self->pending.length >= UDPNAT_SERVER_CROWD_MIN;
  gboolean has_cookie;

  has_cookie = udpnat_cookie_maker_verify_mac2 (self->cookies, now_us, &datagram->remote,
                                                datagram->data, view->n_before_mac2, view->mac2);
  if (view->role == UDPNAT_ROLE_RESUMPTION)
    return udpnat_handshake_limiter_judge_resumption (self->limiter, now_us, &datagram->remote,
                                                      has_cookie);
  return udpnat_handshake_limiter_judge (self->limiter, now_us, &datagram->remote, has_cookie,
                                         is_crowded);
}

/* In a flood nearly all HS1 are turned down because there are no cookies left to be given. Whoever
 * has none is, whatever its mac1 says, and that is the dearest thing to look at. */
static gboolean
is_hopeless (UdpnatRendezvousServer *self,
             gint64                  now_us,
             const UdpnatHs1View    *view)
{
  return view->role == UDPNAT_ROLE_CLIENT_SERVER
         && sodium_is_zero (view->mac2, UDPNAT_MAC_BYTES)
         && udpnat_handshake_limiter_is_loaded (self->limiter, now_us)
         && !udpnat_token_bucket_has (&self->cookie_bucket, now_us, 1,
                                      UDPNAT_SERVER_COOKIES_BURST,
                                      UDPNAT_SERVER_COOKIES_PER_SECOND);
}

static void
repeat_hs2 (const UdpnatServerHello *hello,
            const UdpnatAddress     *source)
{
  UdpnatServerClient *client = hello->client;

  if (hello->comer != NULL)
    {
      udpnat_server_comer_repeat (hello->comer, source);
      return;
    }
  client->is_hs2_spread |= !udpnat_address_equal (&client->hs2_address, source);
  client->hs2_address = *source;
  udpnat_session_repeat_hs2 (client->session);
  udpnat_server_client_touch (client);
}

UdpnatRxResult
udpnat_server_handle_hs1 (UdpnatRendezvousServer *self,
                          gint64                  now_us,
                          const UdpnatDatagram   *datagram)
{
  const UdpnatServerHello *hello;
  UdpnatHs1View            view;

  if (!udpnat_hs1_parse (&view, datagram->data, datagram->n_data))
    return UDPNAT_RX_MALFORMED;
  if (is_hopeless (self, now_us, &view))
    return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_HANDSHAKE_RATE);
  if (!udpnat_hs1_check_mac1 (self->config.identity, datagram->data, datagram->n_data))
    return UDPNAT_RX_MALFORMED;
  if (view.role == UDPNAT_ROLE_PEER_PEER)
    return UDPNAT_RX_IGNORED;
  switch (judge (self, now_us, datagram, &view))
    {
    case UDPNAT_HANDSHAKE_ALLOW:
      break;
    case UDPNAT_HANDSHAKE_ASK_COOKIE:
      return ask_cookie (self, now_us, datagram, &view);
    case UDPNAT_HANDSHAKE_DROP:
      return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_HANDSHAKE_RATE);
    }
  udpnat_server_gather_answer (self, now_us);
  hello = udpnat_server_find_hello (self, view.noise);
  if (hello != NULL)
    {
      repeat_hs2 (hello, &datagram->remote);
      return UDPNAT_RX_OK;
    }
  if (view.role == UDPNAT_ROLE_RESUMPTION)
    return resume_hs1 (self, now_us, datagram, &view);
  return read_hs1 (self, now_us, datagram);
}
