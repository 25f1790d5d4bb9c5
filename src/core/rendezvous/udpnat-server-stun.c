#include "config.h"

#include "udpnat-rendezvous-server-private.h"

#include "udpnat-stun.h"

/* STUN for anybody: RFC 8489 Binding, and of RFC 5780 what a server can do that stays nobody's
 * weapon (PROTOCOL.md section 17; DECISIONS.md, "STUN"). Keeps nothing of who asked.
 *
 * A STUN answer is longer than the question, which may come with a forged source: 32 or 44 bytes
 * (IPv4, IPv6) to 20, with a second address 104 at most. So it holds the least that clients can
 * work with, goes to nobody but the source's IP address, and is limited for each source, and in
 * all. Only requests are answered: two servers cannot keep each other busy. */

/* #UdpnatSocketId as a choice of port and of IP address. */
#define SOCKET_PORT_BIT 1
#define SOCKET_IP_BIT 2
G_STATIC_ASSERT (UDPNAT_SOCKET_ALT == SOCKET_PORT_BIT);
G_STATIC_ASSERT (UDPNAT_SOCKET_ALT_IP == SOCKET_IP_BIT);
G_STATIC_ASSERT (UDPNAT_SOCKET_ALT_IP_ALT == (SOCKET_IP_BIT | SOCKET_PORT_BIT));

static gboolean
has_second_ip (const UdpnatRendezvousServer *self)
{
  return udpnat_address_is_set (&self->config.addresses[UDPNAT_SOCKET_ALT_IP]);
}

static gboolean
has_socket (const UdpnatRendezvousServer *self,
            UdpnatSocketId                socket)
{
  return ((socket & SOCKET_PORT_BIT) == 0 || self->config.alt_port != 0)
         && ((socket & SOCKET_IP_BIT) == 0 || has_second_ip (self));
}

static gboolean
is_one_of_ours (const UdpnatRendezvousServer *self,
                const UdpnatAddress          *address)
{
  for (guint i = 0; i < UDPNAT_N_NAMED_SOCKETS; i++)
    if (udpnat_address_equal (address, &self->config.addresses[i]))
      return TRUE;
  return FALSE;
}

static gboolean
allow (UdpnatRendezvousServer *self,
       gint64                  now_us,
       const UdpnatAddress    *source)
{
  return udpnat_handshake_limiter_allow_stun (self->limiter, now_us, source)
         && udpnat_token_bucket_take (&self->stun_bucket, now_us, 1, UDPNAT_STUN_BURST,
                                      UDPNAT_STUN_PER_SECOND);
}

/* The socket that CHANGE-REQUEST asks the answer to leave by. */
static UdpnatSocketId
choose_socket (const UdpnatStunMessage *request,
               UdpnatSocketId           came_in_by)
{
  UdpnatSocketId socket = came_in_by;

  if ((request->change & UDPNAT_STUN_CHANGE_PORT) != 0)
    socket ^= SOCKET_PORT_BIT;
  if ((request->change & UDPNAT_STUN_CHANGE_IP) != 0)
    socket ^= SOCKET_IP_BIT;
  return socket;
}

/* RFC 8489 section 6.3.1: what may not be ignored and is not understood. To that belongs what this
 * server cannot do: CHANGE-REQUEST without a second address (RFC 5780 section 6.1), and PADDING,
 * which would have us send a datagram in fragments. A client that got an answer without the padding
 * would take its router for one that lets fragments through. */
static void
note_what_we_cannot (const UdpnatRendezvousServer *self,
                     UdpnatStunMessage            *request,
                     UdpnatSocketId                socket)
{
  if (!has_socket (self, socket))
    udpnat_stun_add_unknown (request, UDPNAT_STUN_ATTRIBUTE_CHANGE_REQUEST);
  if (request->has_padding)
    udpnat_stun_add_unknown (request, UDPNAT_STUN_ATTRIBUTE_PADDING);
}

static void
init_error (UdpnatStunMessage       *response,
            const UdpnatStunMessage *request)
{
  udpnat_stun_init_response (response, request, UDPNAT_STUN_ERROR);
  if (request->n_unknown == 0)
    {
      response->error_code = UDPNAT_STUN_ERROR_BAD_REQUEST;
      return;
    }
  response->error_code = UDPNAT_STUN_ERROR_UNKNOWN_ATTRIBUTE;
  /* Two bytes for each, which had four at least in the request. */
  for (guint i = 0; i < request->n_unknown; i++)
    udpnat_stun_add_unknown (response, request->unknown[i]);
}

/* OTHER-ADDRESS is the other one of where the request came in (RFC 5780 section 6.1, table 1), and
 * there is none without a second IP address (section 7.4). RESPONSE-ORIGIN goes with it: alone it
 * tells a client what it knows. */
static void
init_success (const UdpnatRendezvousServer *self,
              UdpnatStunMessage            *response,
              const UdpnatStunMessage      *request,
              const UdpnatDatagram         *datagram,
              UdpnatSocketId                socket)
{
  udpnat_stun_init_response (response, request, UDPNAT_STUN_SUCCESS);
  response->mapped = datagram->remote;
  /* unset, and so not written, without a second IP address */
  response->origin = self->config.addresses[socket];
  response->other
    = self->config.addresses[datagram->socket ^ (SOCKET_IP_BIT | SOCKET_PORT_BIT)];
}

/* A socket of its own for each, which is closed at once: no router has seen its port before. */
static void
send_by_fresh_port (UdpnatRendezvousServer *self,
                    const UdpnatAddress    *to,
                    const guint8           *packet,
                    gsize                   n_packet)
{
  udpnat_server_push_output (self, UDPNAT_SOCKET_FURTHER, to, packet, n_packet);
  udpnat_server_push_output (self, UDPNAT_SOCKET_FURTHER, to, packet, 0);
}

static void
send_response (UdpnatRendezvousServer *self,
               UdpnatSocketId          socket,
               const UdpnatAddress    *to,
               UdpnatStunMessage      *response)
{
  guint8       packet[UDPNAT_STUN_HEADER_BYTES + 128];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, packet, sizeof packet);
  udpnat_stun_write (&writer, response);
  g_assert (!writer.failed);
  if (response->has_fresh_port)
    send_by_fresh_port (self, to, packet, writer.n_written);
  else
    udpnat_server_push_output (self, socket, to, packet, writer.n_written);
  self->stats.stun_responses++;
}

static void
answer (UdpnatRendezvousServer *self,
        const UdpnatDatagram   *datagram,
        UdpnatStunMessage      *request)
{
  UdpnatSocketId    socket = choose_socket (request, datagram->socket);
  UdpnatAddress     to = datagram->remote;
  UdpnatStunMessage response;

  note_what_we_cannot (self, request, socket);
  if (request->n_unknown > 0
      || (request->response_port != 0 && request->response_port < UDPNAT_STUN_PORT_MIN))
    {
      init_error (&response, request);
      socket = datagram->socket;
    }
  else
    {
      init_success (self, &response, request, datagram, socket);
      response.has_fresh_port = request->has_fresh_port;
      if (request->response_port != 0)
        to.port = request->response_port;
    }
  response.has_fingerprint = request->has_fingerprint;
  send_response (self, socket, &to, &response);
}

static UdpnatServerStun
get_kind (const UdpnatStunMessage *request)
{
  if (request->has_fresh_port)
    return UDPNAT_SERVER_STUN_FRESH_PORT;
  if (request->response_port != 0)
    return UDPNAT_SERVER_STUN_RESPONSE_PORT;
  return request->change != 0 ? UDPNAT_SERVER_STUN_CHANGE : UDPNAT_SERVER_STUN_BINDING;
}

/** udpnat_server_handle_stun: @datagram is STUN by udpnat_stun_is_message(), from an address that
 * can be sent to */
UdpnatRxResult
udpnat_server_handle_stun (UdpnatRendezvousServer *self,
                           gint64                  now_us,
                           const UdpnatDatagram   *datagram)
{
  UdpnatStunMessage request;

  if (!udpnat_stun_parse (&request, datagram->data, datagram->n_data))
    return UDPNAT_RX_MALFORMED;
  if (request.type != UDPNAT_STUN_REQUEST || datagram->remote.port < UDPNAT_STUN_PORT_MIN
      || is_one_of_ours (self, &datagram->remote))
    return UDPNAT_RX_IGNORED;
  self->stats.stun_requests++;
  self->stats.stun[get_kind (&request)]++;
  if (!allow (self, now_us, &datagram->remote))
    return udpnat_server_refuse (self, UDPNAT_SERVER_REFUSAL_STUN_RATE);
  answer (self, datagram, &request);
  return UDPNAT_RX_OK;
}
