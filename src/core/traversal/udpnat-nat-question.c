/* One question to a STUN server (RFC 8489, 5780): asked, repeated, answered, or given up.
 *
 * An answer counts once, when its 96 random bits are ours, it has arrived at the socket that it was
 * for, and it has come from the address that was asked to send it. From the address that was asked,
 * instead of the one that was asked for, it says that the server cannot do that (RFC 3489 servers
 * ignore CHANGE-REQUEST).
 *
 * Not here: what is asked when, and what the answers mean. */

#include "config.h"

#include "udpnat-nat-question-private.h"

#include <string.h>

/* After each sending until the next, or the end; of a path without long delay. */
static const guint gaps_ms[UDPNAT_NAT_TEST_SENDS_MAX] = { 250, 250, 500, 500, 500, 750, 1000 };

/* One may be lost, and what then comes unasked can spoil the port (nat.md section 5.2). */
#define OPENERS_FIRST 2
/* Besides two round trips, before silence counts. */
#define SILENCE_US UDPNAT_MSEC (150)

/** udpnat_nat_question_begin: to be sent at once */
void
udpnat_nat_question_begin (UdpnatNatQuestion  *self,
                           const UdpnatRandom *random,
                           gint64              now_us)
{
  udpnat_random_fill (random, self->id, sizeof self->id);
  self->state = UDPNAT_NAT_QUESTION_PENDING;
  self->n_sent = 0;
  self->n_openers_due = udpnat_address_is_set (&self->opener_to) ? OPENERS_FIRST : 0;
  self->due_us = now_us;
}

gboolean
udpnat_nat_question_is_settled (const UdpnatNatQuestion *self)
{
  return self->state != UDPNAT_NAT_QUESTION_UNASKED && self->state != UDPNAT_NAT_QUESTION_PENDING;
}

/** udpnat_nat_question_is_to_send: Returns: whether it is to be sent when it is due */
gboolean
udpnat_nat_question_is_to_send (const UdpnatNatQuestion *self,
                                const UdpnatNatPace     *pace)
{
  guint max = UDPNAT_NAT_TEST_SENDS_MAX;

  if (self->is_silence_likely && !pace->has_loss)
    max = UDPNAT_NAT_TEST_SENDS_QUIET;
  return self->state == UDPNAT_NAT_QUESTION_PENDING && self->n_sent < max;
}

/** udpnat_nat_question_is_late: Returns: whether an answer to the first sending would be there */
gboolean
udpnat_nat_question_is_late (const UdpnatNatQuestion *self,
                             gint64                   now_us)
{
  switch (self->state)
    {
    case UDPNAT_NAT_QUESTION_PENDING:
      return self->n_sent > 1 || (self->n_sent == 1 && self->due_us <= now_us);
    case UDPNAT_NAT_QUESTION_REFUSED:
    case UDPNAT_NAT_QUESTION_SILENT:
      return TRUE;
    case UDPNAT_NAT_QUESTION_UNASKED:
    case UDPNAT_NAT_QUESTION_ANSWERED:
      return FALSE;
    }
  g_assert_not_reached ();
}

/** udpnat_nat_question_expire: Returns: whether it was given up just now */
gboolean
udpnat_nat_question_expire (UdpnatNatQuestion   *self,
                            const UdpnatNatPace *pace,
                            gint64               now_us)
{
  if (self->state != UDPNAT_NAT_QUESTION_PENDING || self->due_us > now_us
      || udpnat_nat_question_is_to_send (self, pace))
    return FALSE;
  self->state = UDPNAT_NAT_QUESTION_SILENT;
  return TRUE;
}

/* ---- Asking ---- */

static void
write_message (UdpnatDatagram          *out_datagram,
               const UdpnatStunMessage *message)
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out_datagram->data, sizeof out_datagram->data);
  udpnat_stun_write (&writer, message);
  out_datagram->n_data = writer.n_written;
}

/* An indication: whoever gets it all the same does not answer (RFC 8489 section 6.3.2). */
static void
write_opener (const UdpnatNatQuestion *self,
              const UdpnatRandom      *random,
              UdpnatDatagram          *out_datagram)
{
  UdpnatStunMessage message;
  guint8 id[UDPNAT_STUN_ID_BYTES];

  udpnat_random_fill (random, id, sizeof id);
  udpnat_stun_init_request (&message, id);
  message.type = UDPNAT_STUN_INDICATION;
  out_datagram->remote = self->opener_to;
  out_datagram->ttl = self->opener_ttl;
  write_message (out_datagram, &message);
}

static void
write_request (const UdpnatNatQuestion *self,
               UdpnatDatagram          *out_datagram)
{
  UdpnatStunMessage message;

  udpnat_stun_init_request (&message, self->id);
  message.has_change = self->change != 0;
  message.change = self->change;
  message.response_port = self->response_port;
  message.has_fresh_port = self->is_fresh_port;
  out_datagram->remote = self->to;
  write_message (out_datagram, &message);
}

static gint64
get_gap (const UdpnatNatQuestion *self,
         const UdpnatNatPace     *pace)
{
  gint64 least_us = pace->rtt_us * 3 / 2;

  if (self->is_silence_likely && !udpnat_nat_question_is_to_send (self, pace))
    return 2 * pace->rtt_us + SILENCE_US;
  return MAX (UDPNAT_MSEC (gaps_ms[self->n_sent - 1]), least_us);
}

/** udpnat_nat_question_send: writes what is due: its opener, or itself */
void
udpnat_nat_question_send (UdpnatNatQuestion   *self,
                          const UdpnatNatPace *pace,
                          const UdpnatRandom  *random,
                          gint64               now_us,
                          UdpnatDatagram      *out_datagram)
{
  out_datagram->socket = self->socket;
  out_datagram->local_port = 0;
  out_datagram->ttl = 0;
  if (self->n_openers_due > 0)
    {
      self->n_openers_due--;
      write_opener (self, random, out_datagram);
      return;
    }
  write_request (self, out_datagram);
  if (self->n_sent == 0)
    self->first_us = now_us;
  self->n_sent++;
  self->n_openers_due = udpnat_address_is_set (&self->opener_to) ? 1 : 0;
  self->due_us = now_us + get_gap (self, pace);
}

/* ---- Answers ---- */

static gboolean
is_ours (const UdpnatNatQuestion *self,
         const UdpnatStunMessage *message)
{
  UdpnatStunMessage request;

  udpnat_stun_init_request (&request, self->id);
  if (self->is_echo)
    return message->type == UDPNAT_STUN_REQUEST
           && memcmp (message->id, request.id, sizeof request.id) == 0;
  return udpnat_stun_is_answer_to (message, &request);
}

static void
take_answer (UdpnatNatQuestion       *self,
             gint64                   now_us,
             const UdpnatDatagram    *datagram,
             const UdpnatStunMessage *message)
{
  self->state = UDPNAT_NAT_QUESTION_ANSWERED;
  self->answered_us = now_us;
  self->mapped = message->mapped;
  self->other = message->other;
  self->local_port = datagram->local_port;
}

/**
 * udpnat_nat_question_take:
 * @message: read from @datagram
 *
 * Returns: whether it settles this question
 */
gboolean
udpnat_nat_question_take (UdpnatNatQuestion       *self,
                          gint64                   now_us,
                          const UdpnatDatagram    *datagram,
                          const UdpnatStunMessage *message)
{
  gboolean is_good = message->type != UDPNAT_STUN_ERROR
                     && (self->is_echo || udpnat_address_is_set (&message->mapped))
                     && (!self->is_fresh_port || message->has_fresh_port);
  gboolean is_wanted = datagram->socket == self->answer_socket
                       && (!udpnat_address_is_set (&self->answer_from)
                           || udpnat_address_equal (&datagram->remote, &self->answer_from));

  if (self->state != UDPNAT_NAT_QUESTION_PENDING || self->n_sent == 0 || !is_ours (self, message))
    return FALSE;
  if (is_wanted && is_good)
    take_answer (self, now_us, datagram, message);
  else if (datagram->socket == self->socket && udpnat_address_equal (&datagram->remote, &self->to))
    self->state = UDPNAT_NAT_QUESTION_REFUSED;
  else
    return FALSE;
  return TRUE;
}
