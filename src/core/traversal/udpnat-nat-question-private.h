#pragma once

#include "udpnat-machine.h"
#include "udpnat-random.h"
#include "udpnat-stun.h"

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_NAT_QUESTION_UNASKED,
  UDPNAT_NAT_QUESTION_PENDING,
  UDPNAT_NAT_QUESTION_ANSWERED,
  UDPNAT_NAT_QUESTION_REFUSED, /* the server cannot do what it asks for */
  UDPNAT_NAT_QUESTION_SILENT,  /* nothing has come */
} UdpnatNatQuestionState;

/**
 * UdpnatNatQuestion:
 * @socket: it leaves by
 * @answer_socket: the answer arrives at; another one with @response_port or @is_echo
 * @to: where it goes
 * @answer_from: where the answer must come from; unset: from anywhere
 * @change: CHANGE-REQUEST, bits of [enum@UdpnatStunChange]; 0: none
 * @response_port: RESPONSE-PORT; 0: none
 * @is_fresh_port: FRESH-PORT; an answer without it is a refusal
 * @opener_to: where a packet goes first, each time, to open routers; unset: none does
 * @opener_ttl: with this TTL
 * @is_echo: what we send is the answer itself, when it arrives at @answer_socket
 * @is_silence_likely: no answer is a usual result, so less is spent on waiting for one
 *
 * One Binding request, repeated until it is answered or given up. Set the members above, then
 * udpnat_nat_question_begin(). Those below are for reading.
 *
 * @n_sent: so far
 * @due_us: when it is to be repeated or given up
 * @first_us: when it was sent first
 * @answered_us: when the answer came
 * @mapped: how the server sees @socket
 * @other: OTHER-ADDRESS of the answer
 * @local_port: of @answer_socket
 */
typedef struct
{
  UdpnatSocketId         socket;
  UdpnatSocketId         answer_socket;
  UdpnatAddress          to;
  UdpnatAddress          answer_from;
  guint8                 change;
  guint16                response_port;
  gboolean               is_fresh_port;
  UdpnatAddress          opener_to;
  guint8                 opener_ttl;
  gboolean               is_echo;
  gboolean               is_silence_likely;

  UdpnatNatQuestionState state;
  guint8                 id[UDPNAT_STUN_ID_BYTES];
  guint                  n_sent;
  guint                  n_openers_due;
  gint64                 due_us;
  gint64                 first_us;
  gint64                 answered_us;
  UdpnatAddress          mapped;
  UdpnatAddress          other;
  guint16                local_port;
} UdpnatNatQuestion;

/**
 * UdpnatNatPace:
 * @rtt_us: to the server and back; 0: not known yet
 * @is_rtt_sure: of a question that was sent once
 * @has_loss: an answer came only after a repetition
 *
 * What is known of the way to the server, and decides how often a question is repeated.
 */
typedef struct
{
  gint64   rtt_us;
  gboolean is_rtt_sure;
  gboolean has_loss;
} UdpnatNatPace;

void     udpnat_nat_question_begin      (UdpnatNatQuestion       *self,
                                         const UdpnatRandom      *random,
                                         gint64                   now_us);
gboolean udpnat_nat_question_is_settled (const UdpnatNatQuestion *self);
gboolean udpnat_nat_question_is_to_send (const UdpnatNatQuestion *self,
                                         const UdpnatNatPace     *pace);
gboolean udpnat_nat_question_is_late    (const UdpnatNatQuestion *self,
                                         gint64                   now_us);
gboolean udpnat_nat_question_expire     (UdpnatNatQuestion       *self,
                                         const UdpnatNatPace     *pace,
                                         gint64                   now_us);
void     udpnat_nat_question_send       (UdpnatNatQuestion       *self,
                                         const UdpnatNatPace     *pace,
                                         const UdpnatRandom      *random,
                                         gint64                   now_us,
                                         UdpnatDatagram          *out_datagram);
gboolean udpnat_nat_question_take       (UdpnatNatQuestion       *self,
                                         gint64                   now_us,
                                         const UdpnatDatagram    *datagram,
                                         const UdpnatStunMessage *message);

static inline gboolean
udpnat_nat_question_is_answered (const UdpnatNatQuestion *self)
{
  return self->state == UDPNAT_NAT_QUESTION_ANSWERED;
}

G_END_DECLS
