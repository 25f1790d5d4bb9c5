/* One question about one socket (RFC 8489 Binding), for whoever needs another port right now: a
 * second try between routers that spoil ports, a new mapping before the old one dies. What our
 * routers do in general is udpnat-nat-probe.c's to find out. */

#include "config.h"

#include "udpnat-mapping-query.h"

#include "udpnat-nat-question-private.h"

struct _UdpnatMappingQuery
{
  UdpnatRandom      random;
  UdpnatNatPace     pace;
  UdpnatNatQuestion question;
};

/**
 * udpnat_mapping_query_new:
 * @random: copied
 * @server: a STUN server
 * @socket: whose mapping is asked for; the question leaves by it
 */
UdpnatMappingQuery *
udpnat_mapping_query_new (const UdpnatRandom  *random,
                          const UdpnatAddress *server,
                          UdpnatSocketId       socket,
                          gint64               now_us)
{
  UdpnatMappingQuery *self = g_new0 (UdpnatMappingQuery, 1);

  self->random = *random;
  self->question = (UdpnatNatQuestion) {
    .socket = socket,
    .answer_socket = socket,
    .to = *server,
    .answer_from = *server,
  };
  udpnat_nat_question_begin (&self->question, random, now_us);
  return self;
}

/**
 * udpnat_mapping_query_new_through:
 * @socket: whose port is said to be open, and by which the question leaves
 * @port: the outer port that is said to be
 *
 * Asks the server to answer to @port of the address that it sees us at, from a port of its own that
 * nobody has ever sent to: so the answer comes only if anybody may come in. If it does, it came in
 * by @socket.
 */
UdpnatMappingQuery *
udpnat_mapping_query_new_through (const UdpnatRandom  *random,
                                  const UdpnatAddress *server,
                                  UdpnatSocketId       socket,
                                  guint16              port,
                                  gint64               now_us)
{
  UdpnatMappingQuery *self = udpnat_mapping_query_new (random, server, socket, now_us);

  self->question.answer_from = UDPNAT_ADDRESS_NONE; /* a port that is not known before */
  self->question.response_port = port;
  self->question.is_fresh_port = TRUE;
  return self;
}

void
udpnat_mapping_query_free (UdpnatMappingQuery *self)
{
  g_free (self);
}

/** udpnat_mapping_query_handle_datagram: Returns: %UDPNAT_RX_IGNORED when it is not the answer */
UdpnatRxResult
udpnat_mapping_query_handle_datagram (UdpnatMappingQuery   *self,
                                      gint64                now_us,
                                      const UdpnatDatagram *datagram)
{
  UdpnatStunMessage message;

  if (!udpnat_stun_parse (&message, datagram->data, datagram->n_data)
      || !udpnat_nat_question_take (&self->question, now_us, datagram, &message))
    return UDPNAT_RX_IGNORED;
  return UDPNAT_RX_OK;
}

gint64
udpnat_mapping_query_next_deadline (const UdpnatMappingQuery *self)
{
  return udpnat_mapping_query_is_over (self) ? UDPNAT_TIME_NEVER : self->question.due_us;
}

void
udpnat_mapping_query_handle_deadline (UdpnatMappingQuery *self,
                                      gint64              now_us)
{
  udpnat_nat_question_expire (&self->question, &self->pace, now_us);
}

gboolean
udpnat_mapping_query_pop_output (UdpnatMappingQuery *self,
                                 gint64              now_us,
                                 UdpnatDatagram     *out_datagram)
{
  if (self->question.due_us > now_us
      || !udpnat_nat_question_is_to_send (&self->question, &self->pace))
    return FALSE;
  udpnat_nat_question_send (&self->question, &self->pace, &self->random, now_us, out_datagram);
  return TRUE;
}

/** udpnat_mapping_query_is_over: Returns: whether it is answered, refused or given up */
gboolean
udpnat_mapping_query_is_over (const UdpnatMappingQuery *self)
{
  return udpnat_nat_question_is_settled (&self->question);
}

/** udpnat_mapping_query_get_mapped: Returns: (nullable): the answer; %NULL: there is none */
const UdpnatAddress *
udpnat_mapping_query_get_mapped (const UdpnatMappingQuery *self)
{
  return udpnat_nat_question_is_answered (&self->question) ? &self->question.mapped : NULL;
}
