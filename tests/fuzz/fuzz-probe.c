/* The tests of our own routers, with a STUN server that answers as the input says: late, from
 * elsewhere, to somebody else's port, with whatever attributes, or not at all. A step is one
 * answer to one of the last questions, or time that passes. Checked besides assertions: it ends,
 * asks a bounded number of questions, and nobody but the server and a second address on the
 * Internet that the server names; time makes progress. */

#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-nat-probe.h"
#include "udpnat-stun.h"

#define STEPS_MAX 400
#define ASKED_MAX 64
#define ROUNDS_MAX 64
#define SENT_MAX 4000
/* The slow tests are over by then, whatever happens. */
#define END_US UDPNAT_SEC (1200)

typedef struct
{
  gint64          now_us;
  guint64         random_state;
  UdpnatNatProbe *probe;
  UdpnatMachine  *machine;
  UdpnatAddress   server;
  UdpnatAddress   other;
  UdpnatDatagram  asked[ASKED_MAX]; /* the last ones, in a ring */
  guint           n_sent;
} Scene;

static UdpnatAddress
make_address (guint8  last,
              guint16 port)
{
  const guint8  ip[4] = { 198, 51, 100, last };
  UdpnatAddress address;

  udpnat_address_init_ipv4 (&address, ip, port);
  return address;
}

static void
drain (Scene *self)
{
  UdpnatDatagram datagram;
  UdpnatNatFacts facts;
  UdpnatEvent   *event;

  while ((event = udpnat_machine_pop_event (self->machine)) != NULL)
    udpnat_event_free (event);
  while (udpnat_machine_pop_output (self->machine, self->now_us, &datagram))
    {
      if (datagram.n_data == 0) /* a socket is closed */
        continue;
      g_assert_cmpuint (++self->n_sent, <, SENT_MAX);
      g_assert_cmpint (udpnat_address_get_scope (&datagram.remote), ==, UDPNAT_SCOPE_GLOBAL);
      g_assert_cmpuint (datagram.remote.port, >=, UDPNAT_CANDIDATE_PORT_MIN);
      self->asked[self->n_sent % ASKED_MAX] = datagram;
    }
  udpnat_nat_probe_get_facts (self->probe, &facts);
}

static void
handle_deadlines (Scene *self)
{
  for (guint i = 0; i < ROUNDS_MAX; i++)
    {
      drain (self);
      if (udpnat_machine_next_deadline (self->machine) > self->now_us)
        return;
      udpnat_machine_handle_deadline (self->machine, self->now_us);
    }
  g_error ("the probe wants to be woken at once, for ever");
}

static void
elapse (Scene *self,
        gint64 duration_us)
{
  gint64 until_us = self->now_us + duration_us;

  while (self->now_us < until_us)
    {
      self->now_us = CLAMP (udpnat_machine_next_deadline (self->machine), self->now_us, until_us);
      handle_deadlines (self);
    }
}

/* What a server sees us as: one of a few ports, or the input's address. */
static void
set_mapped (UdpnatStunMessage    *answer,
            const UdpnatDatagram *question,
            guint8                how,
            UdpnatReader         *input)
{
  switch (how & 3)
    {
    case 0: /* no NAT */
      answer->mapped = make_address (200, 20000 + question->socket);
      break;
    case 1: /* one port after the other */
      answer->mapped = make_address (201, 40000 + udpnat_reader_u8 (input));
      break;
    case 2:
      answer->mapped = make_address (201, 20000 + question->socket);
      break;
    case 3:
      udpnat_reader_address (input, &answer->mapped);
      break;
    }
}

static void
answer (Scene        *self,
        UdpnatReader *input)
{
  guint8                how = udpnat_reader_u8 (input);
  guint8                which = udpnat_reader_u8 (input);
  const UdpnatDatagram *question = &self->asked[(self->n_sent - which % ASKED_MAX) % ASKED_MAX];
  UdpnatDatagram        datagram = { .socket = question->socket, .remote = question->remote };
  UdpnatStunMessage     request, message;
  UdpnatWriter          writer;

  if (question->n_data == 0 || !udpnat_stun_parse (&request, question->data, question->n_data))
    return;
  udpnat_stun_init_response (&message, &request,
                             how & 0x80 ? UDPNAT_STUN_ERROR : UDPNAT_STUN_SUCCESS);
  set_mapped (&message, question, how, input);
  message.other = self->other;
  message.origin = question->remote;
  if ((how & 0x80) != 0)
    message.error_code = udpnat_reader_u16 (input) % 400 + 300;
  if ((how & 4) != 0) /* as asked */
    {
      datagram.remote = request.change & UDPNAT_STUN_CHANGE_IP ? self->other : self->server;
      if ((request.change & UDPNAT_STUN_CHANGE_PORT) != 0)
        datagram.remote.port = self->other.port;
      message.origin = datagram.remote;
    }
  if ((how & 8) != 0)
    udpnat_reader_address (input, &message.other);
  if ((how & 0x10) != 0)
    datagram.socket ^= udpnat_reader_u8 (input) & 63;
  if ((how & 0x20) != 0)
    datagram.remote.port ^= udpnat_reader_u8 (input);
  datagram.local_port = (guint16) (20000 + datagram.socket);
  udpnat_writer_init (&writer, datagram.data, sizeof datagram.data);
  udpnat_stun_write (&writer, &message);
  datagram.n_data = writer.n_written;
  udpnat_machine_handle_datagram (self->machine, self->now_us, &datagram);
}

/* The id of a question, and then the input's attributes; or nothing but the input. */
static void
answer_raw (Scene        *self,
            UdpnatReader *input,
            gboolean      has_id)
{
  guint8                which = udpnat_reader_u8 (input);
  const UdpnatDatagram *question = &self->asked[(self->n_sent - which % ASKED_MAX) % ASKED_MAX];
  UdpnatDatagram        datagram = { .socket = question->socket, .remote = question->remote };
  const guint8         *data;
  gsize                 n_data, n_head = 0;

  data = fuzz_take (input, UDPNAT_DATAGRAM_MAX_BYTES - UDPNAT_STUN_HEADER_BYTES, &n_data);
  if (has_id && question->n_data >= UDPNAT_STUN_HEADER_BYTES)
    {
      n_head = UDPNAT_STUN_HEADER_BYTES;
      memcpy (datagram.data, question->data, n_head);
      datagram.data[0] = 1; /* success */
      datagram.data[1] = 1;
      datagram.data[2] = (guint8) (n_data >> 8);
      datagram.data[3] = (guint8) n_data;
    }
  memcpy (datagram.data + n_head, data, n_data);
  datagram.n_data = n_head + n_data;
  if (datagram.n_data > 0)
    udpnat_machine_handle_datagram (self->machine, self->now_us, &datagram);
}

static void
take_step (Scene        *self,
           UdpnatReader *input)
{
  switch (udpnat_reader_u8 (input) % 6)
    {
    case 0:
    case 1:
      answer (self, input);
      break;
    case 2:
      answer_raw (self, input, TRUE);
      break;
    case 3:
      answer_raw (self, input, FALSE);
      break;
    default:
      elapse (self, MIN (fuzz_take_duration (input), UDPNAT_SEC (120)));
      break;
    }
  handle_deadlines (self);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree Scene    *self = g_new0 (Scene, 1);
  UdpnatAddress        host = make_address (200, 0);
  UdpnatNatProbeConfig config = { .first_socket = UDPNAT_SOCKET_FURTHER, .hosts = &host,
                                  .n_hosts = 1 };
  UdpnatReader         input;
  guint8               how;
  guint                n_steps = 0;

  udpnat_reader_init (&input, data, n_data);
  how = udpnat_reader_u8 (&input);
  self->now_us = UDPNAT_SEC (1000);
  self->server = config.server = make_address (1, UDPNAT_SERVER_PORT);
  self->other = make_address (how & 4 ? 1 : 2, UDPNAT_SERVER_ALT_PORT);
  config.random = fuzz_random (&self->random_state);
  config.alt_port = how & 1 ? UDPNAT_SERVER_ALT_PORT : 0;
  config.is_lifetime_wanted = (how & 2) != 0;
  self->probe = udpnat_nat_probe_new (&config, self->now_us);
  self->machine = udpnat_nat_probe_get_machine (self->probe);
  handle_deadlines (self);
  while (udpnat_reader_left (&input) > 0 && n_steps++ < STEPS_MAX)
    take_step (self, &input);
  elapse (self, END_US);
  g_assert_true (udpnat_nat_probe_is_over (self->probe));
  udpnat_nat_probe_free (self->probe);
  return 0;
}
