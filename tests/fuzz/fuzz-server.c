/* The rendezvous server: raw datagrams from anywhere, authenticated clients that say what the input
 * wants, jumps of time, a disk that answers late or not at all. Checked besides assertions:
 * strangers never get more bytes than they sent (but for STUN), no datagram is too long, time
 * always makes progress, mail stays within its limits, and no number is given twice. */

#include "config.h"

#include "fuzz-remote.h"
#include "fuzz.h"

#include "udpnat-mail-message.h"
#include "udpnat-directory-message.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-rendezvous-server-access.h"
#include "udpnat-stun.h"

#include <string.h>

#define STEPS_MAX 200
#define N_CLIENTS 3
#define N_STRANGERS 4
#define ROUNDS_MAX 64
#define MAILBOX_BYTES 30000 /* so that the limits are met */
#define MAIL_TOTAL_BYTES 60000
#define STUN_ANSWER_MAX_BYTES 64 /* the one thing that is longer than its question */

typedef struct
{
  gint64                  now_us;
  guint64                 random_state;
  UdpnatRandom            random;
  UdpnatIdentity         *identity;
  UdpnatRendezvousServer *server;
  UdpnatMachine          *machine;
  FuzzRemote              clients[N_CLIENTS];
  const UdpnatAddress    *sources[N_CLIENTS]; /* its own, or a stranger's that it forges */
  UdpnatAddress           strangers[N_STRANGERS];
  gint64                  credit_bytes[N_STRANGERS]; /* sent by it, less what it got */
  GArray                 *claims;                    /* of guint64: not answered yet */
  GArray                 *stores, *loads;            /* of guint64, likewise */
  guint64                 last_number;
  UdpnatDatagram          last;                      /* of a client */
} Scene;

static UdpnatAddress
make_address (guint8  net,
              guint8  host,
              guint16 port)
{
  const guint8  ip[4] = { 198, 51, net, host };
  UdpnatAddress address;

  udpnat_address_init_ipv4 (&address, ip, port);
  return address;
}

static void
scene_init (Scene *self)
{
  UdpnatRendezvousServerConfig config = {
    .alt_port = 8849,
    .max_sessions = 8,
    .is_mailbox_on = TRUE,
    .mailbox = { MAILBOX_BYTES, MAIL_TOTAL_BYTES, 1 },
  };

  g_assert_true (udpnat_crypto_init ());
  self->now_us = UDPNAT_SEC (1000);
  self->random = config.random = fuzz_random (&self->random_state);
  self->identity = udpnat_identity_generate (&self->random);
  config.identity = self->identity;
  self->server = udpnat_rendezvous_server_new (&config, self->now_us);
  self->machine = udpnat_rendezvous_server_get_machine (self->server);
  self->claims = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->stores = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->loads = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint8 i = 0; i < N_CLIENTS; i++)
    {
      UdpnatAddress address = make_address (100, i + 1, 8900);

      fuzz_remote_init (&self->clients[i], UDPNAT_ROLE_CLIENT_SERVER, &self->random, &address);
      self->sources[i] = &self->clients[i].address;
    }
  for (guint8 i = 0; i < N_STRANGERS; i++)
    self->strangers[i] = make_address (101, i + 1, 9000);
}

static void
scene_clear (Scene *self)
{
  udpnat_rendezvous_server_free (self->server);
  for (guint i = 0; i < N_CLIENTS; i++)
    fuzz_remote_clear (&self->clients[i]);
  udpnat_identity_free (self->identity);
  g_array_unref (self->claims);
  g_array_unref (self->stores);
  g_array_unref (self->loads);
}

/* ---- Between server and clients ---- */

static void
deliver_to_server (Scene               *self,
                   UdpnatSocketId       socket,
                   const UdpnatAddress *from,
                   const guint8        *data,
                   gsize                n_data)
{
  g_autofree UdpnatDatagram *datagram = g_new0 (UdpnatDatagram, 1);

  for (guint i = 0; i < N_STRANGERS; i++)
    if (udpnat_address_equal (from, &self->strangers[i]))
      self->credit_bytes[i] += (gint64) (udpnat_stun_is_message (data, n_data)
                                             ? MAX (n_data, STUN_ANSWER_MAX_BYTES)
                                             : n_data);
  datagram->socket = socket;
  datagram->remote = *from;
  datagram->n_data = n_data;
  memcpy (datagram->data, data, n_data);
  udpnat_machine_handle_datagram (self->machine, self->now_us, datagram);
}

static void
deliver_from_client (Scene            *self,
                     const FuzzRemote *client,
                     const guint8     *data,
                     gsize             n_data)
{
  if (n_data > 0)
    deliver_to_server (self, UDPNAT_SOCKET_MAIN, self->sources[client - self->clients], data,
                       n_data);
}

static void
deliver_to_others (Scene                *self,
                   const UdpnatDatagram *datagram)
{
  g_assert_cmpuint (datagram->n_data, <=, UDPNAT_DATAGRAM_MAX_BYTES);
  g_assert_true (udpnat_address_is_set (&datagram->remote));
  for (guint i = 0; i < N_STRANGERS; i++)
    if (udpnat_address_equal (&datagram->remote, &self->strangers[i]))
      {
        self->credit_bytes[i] -= (gint64) datagram->n_data;
        g_assert_cmpint (self->credit_bytes[i], >=, 0);
      }
  for (guint i = 0; i < N_CLIENTS; i++)
    if (udpnat_address_equal (&datagram->remote, &self->clients[i].address))
      {
        UdpnatFrameView frame;

        fuzz_remote_receive (&self->clients[i], self->now_us, datagram->data, datagram->n_data);
        while (fuzz_remote_pop_frame (&self->clients[i], self->now_us, &frame))
          ;
      }
}

static void
take_event (Scene                   *self,
            const UdpnatServerEvent *event)
{
  switch ((UdpnatServerEventType) event->base.type)
    {
    case UDPNAT_SERVER_EVENT_CLAIM:
      g_array_append_val (self->claims, event->claim_id);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_STORE:
      g_assert_cmpuint (event->number, >, self->last_number);
      self->last_number = event->number;
      g_array_append_val (self->stores, event->number);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_LOAD:
      g_array_append_val (self->loads, event->number);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_PASSES:
      g_assert_cmpuint (g_bytes_get_size (event->data) % UDPNAT_MAIL_PASS_BYTES, ==, 0);
      break;
    case UDPNAT_SERVER_EVENT_MAIL_DELETE:
    case UDPNAT_SERVER_EVENT_TICKET_KEYS:
    case UDPNAT_SERVER_EVENT_REGISTERED:
    case UDPNAT_SERVER_EVENT_GONE:
    case UDPNAT_SERVER_EVENT_ASK_NAME: /* of a fleet */
    case UDPNAT_SERVER_EVENT_ASK_KEY:
    case UDPNAT_SERVER_EVENT_ASK_PRESENCE:
    case UDPNAT_SERVER_EVENT_HOME:
    case UDPNAT_SERVER_EVENT_MAIL_HERE:
    case UDPNAT_SERVER_EVENT_MAIL_GONE:
      break;
    }
}

static void
pop_events (Scene *self)
{
  UdpnatRendezvousServerStats stats;
  UdpnatEvent                *event;

  while ((event = udpnat_machine_pop_event (self->machine)) != NULL)
    {
      take_event (self, (const UdpnatServerEvent *) event);
      udpnat_event_free (event);
    }
  udpnat_rendezvous_server_get_stats (self->server, &stats);
  g_assert_cmpint (stats.letter_bytes, <=, MAIL_TOTAL_BYTES);
  g_assert_cmpint (stats.letter_bytes, >=, stats.letters);
}

static gboolean
exchange (Scene *self)
{
  UdpnatDatagram datagram;
  guint8         out[UDPNAT_DATAGRAM_MAX_BYTES];
  gboolean       has_moved = FALSE;
  gsize          n;

  pop_events (self);
  while (udpnat_machine_pop_output (self->machine, self->now_us, &datagram))
    {
      deliver_to_others (self, &datagram);
      has_moved = TRUE;
    }
  for (guint i = 0; i < N_CLIENTS; i++)
    while (fuzz_remote_pop (&self->clients[i], self->now_us, out, &n))
      {
        self->last.n_data = n;
        memcpy (self->last.data, out, n);
        deliver_from_client (self, &self->clients[i], out, n);
        has_moved = TRUE;
      }
  return has_moved;
}

/* Until nobody has anything to say. Bounded, since two sessions may well go on answering. */
static void
settle (Scene *self)
{
  for (guint i = 0; i < ROUNDS_MAX && exchange (self); i++)
    ;
}

/* Everybody does what is due now. An answer may make something due at once, but not for ever. */
static void
handle_deadlines (Scene *self)
{
  for (guint i = 0; i < ROUNDS_MAX; i++)
    {
      udpnat_machine_handle_deadline (self->machine, self->now_us);
      for (guint j = 0; j < N_CLIENTS; j++)
        fuzz_remote_elapse (&self->clients[j], self->now_us);
      settle (self);
      if (udpnat_machine_next_deadline (self->machine) > self->now_us)
        return;
    }
  g_error ("the machine wants to be woken at once, for ever");
}

static void
elapse (Scene *self,
        gint64 duration_us)
{
  gint64 until_us = self->now_us + duration_us;

  for (guint i = 0; i < ROUNDS_MAX && self->now_us < until_us; i++)
    {
      gint64 next_us = udpnat_machine_next_deadline (self->machine);

      self->now_us = CLAMP (next_us, self->now_us, until_us);
      handle_deadlines (self);
    }
  self->now_us = until_us; /* as if it had slept */
}

/* ---- Steps ---- */

static void
send_raw (Scene        *self,
          UdpnatReader *input)
{
  guint8         who = udpnat_reader_u8 (input);
  UdpnatSocketId socket = who & 0x80 ? UDPNAT_SOCKET_ALT : UDPNAT_SOCKET_MAIN;
  UdpnatAddress  from = self->strangers[who % N_STRANGERS];
  const guint8  *data;
  gsize          n;

  if (who & 0x40)
    udpnat_reader_address (input, &from);
  data = fuzz_take (input, UDPNAT_DATAGRAM_MAX_BYTES, &n);
  deliver_to_server (self, socket, &from, data, n);
}

/* What anybody on the way could do with the last datagram of a client. */
static void
send_again (Scene        *self,
            UdpnatReader *input)
{
  guint8         who = udpnat_reader_u8 (input);
  guint          at = udpnat_reader_u16 (input);
  UdpnatDatagram copy = self->last;

  if (copy.n_data == 0)
    return;
  copy.data[at % copy.n_data] ^= udpnat_reader_u8 (input);
  deliver_to_server (self, UDPNAT_SOCKET_MAIN, &self->strangers[who % N_STRANGERS], copy.data,
                     copy.n_data);
}

static void
send_frames (Scene        *self,
             FuzzRemote   *client,
             UdpnatReader *input)
{
  guint8        out[UDPNAT_DATAGRAM_MAX_BYTES];
  const guint8 *frames;
  gsize         n_frames, n;

  frames = fuzz_take (input, sizeof out, &n_frames);
  n = fuzz_remote_seal (client, self->now_us, frames, n_frames, out);
  deliver_from_client (self, client, out, n);
}

/* DIAL, or RELAY if the other has a handle and the input wants it. */
static void
send_inner (Scene        *self,
            FuzzRemote   *client,
            UdpnatReader *input)
{
  guint8            how = udpnat_reader_u8 (input);
  const FuzzRemote *other = &self->clients[how % N_CLIENTS];
  guint8            frames[UDPNAT_DATAGRAM_MAX_BYTES], out[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter      writer;
  const guint8     *inner;
  gsize             n_inner, n;
  gboolean          fits;

  inner = fuzz_take (input, UDPNAT_RELAY_INNER_MAX_BYTES, &n_inner);
  udpnat_writer_init (&writer, frames, sizeof frames);
  fits = how & 0x80 ? udpnat_frame_write_relay (&writer, other->handle, inner, n_inner)
                    : udpnat_frame_write_dial (&writer, fuzz_remote_get_key (other)->bytes, inner,
                                               n_inner);
  if (!fits)
    return;
  n = fuzz_remote_seal_carrier (client, self->now_us, frames, writer.n_written,
                                how & 0x40 ? n_inner : 0, out);
  deliver_from_client (self, client, out, n);
}

/* One of the clients, or itself, from now on, besides, or not any more. */
static void
write_watch (Scene      *self,
             GByteArray *out,
             guint       how)
{
  const UdpnatPublicKey *key = fuzz_remote_get_key (&self->clients[(how & 3) % N_CLIENTS]);
  UdpnatWatchMessage     watch = { (guint8) (how >> 2), key->bytes, 1 };

  udpnat_write_watch (out, &watch);
}

static void
send_question (Scene        *self,
               FuzzRemote   *client,
               guint32       request,
               const char   *name)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES], out[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  gsize        n;

  udpnat_write_lookup (message, request, name);
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_message (&writer, message))
    g_assert_not_reached ();
  n = fuzz_remote_seal (client, self->now_us, frames, writer.n_written, out);
  deliver_from_client (self, client, out, n);
}

static void
send_request (Scene        *self,
              FuzzRemote   *client,
              UdpnatReader *input)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  guint8                 kind = udpnat_reader_u8 (input);
  g_autofree char       *name = NULL;
  const guint8          *text;
  gsize                  n_text;

  text = fuzz_take (input, UDPNAT_NAME_MAX_BYTES, &n_text);
  name = g_utf8_make_valid ((const char *) text, (gssize) MIN (n_text, 80));
  switch (kind & 3)
    {
    case 0: /* as it comes */
      if (kind & 0x20)
        udpnat_write_presence (message, kind >> 6);
      if (kind & 8)
        udpnat_write_invitation (message, (const guint8 *) "fifteen bytes..");
      if (kind & 0x10)
        udpnat_write_keepalive (message, (guint16) (kind >> 5 << 6));
      udpnat_write_register (message, (kind & 4) != 0, name);
      break;
    case 1:
      if (kind & 4)
        {
          udpnat_write_list (message, kind, kind, name, kind & 8 ? "b" : "");
          break;
        }
      send_question (self, client, kind, name);
      return;
    case 2:
      udpnat_write_subscribe (message, kind >> 2 & 1);
      if (kind & 8)
        write_watch (self, message, kind >> 4);
      break;
    case 3:
      udpnat_write_unregister (message);
      break;
    }
  fuzz_remote_write (client, UDPNAT_STREAM_CONTROL, message->data, message->len);
}

/* 0: none waits. */
static guint64
take_open (GArray *open)
{
  guint64 id;

  if (open->len == 0)
    return 0;
  id = g_array_index (open, guint64, 0);
  g_array_remove_index (open, 0);
  return id;
}

static void
answer_claim (Scene *self,
              guint8 how)
{
  guint64 claim = take_open (self->claims);

  if ((how & 0xc0) == 0xc0)
    udpnat_rendezvous_server_refuse_claim (self->server, self->now_us, claim,
                                           UDPNAT_REFUSED_INVITATION_INVALID);
  else
    udpnat_rendezvous_server_complete_claim (self->server, self->now_us, claim,
                                             (how & 0x80) == 0);
}

/* What the operator says, or that the server ends. */
static void
order (Scene        *self,
       FuzzRemote   *client,
       UdpnatReader *input)
{
  const UdpnatPublicKey *key = fuzz_remote_get_key (client);
  guint8           what = udpnat_reader_u8 (input);
  g_autofree char *name = NULL;
  const guint8    *text;
  gsize            n_text;

  if (what == 0xff)
    {
      udpnat_rendezvous_server_shut_down (self->server, self->now_us);
      return;
    }
  if (what < 0x80)
    return;
  text = fuzz_take (input, UDPNAT_NAME_MAX_BYTES, &n_text);
  name = g_utf8_make_valid ((const char *) text, (gssize) MIN (n_text, 80));
  switch (what & 7)
    {
    case 0:
      udpnat_rendezvous_server_block_key (self->server, self->now_us, key);
      break;
    case 1:
      udpnat_rendezvous_server_unblock_key (self->server, key);
      break;
    case 2:
      udpnat_rendezvous_server_block_name (self->server, self->now_us, name);
      break;
    case 3:
      udpnat_rendezvous_server_unblock_name (self->server, name);
      break;
    case 4:
    case 5:
      (void) udpnat_rendezvous_server_release_name (self->server, self->now_us, name);
      break;
    case 6:
      udpnat_rendezvous_server_allow_key (self->server, key);
      break;
    case 7:
      udpnat_rendezvous_server_list_name (self->server, name);
      break;
    }
}

static void
write_letter (Scene        *self,
              GByteArray   *out,
              guint8        how,
              UdpnatReader *input)
{
  UdpnatMailPut put = { .request = how };
  guint8        fill;

  memcpy (put.recipient, fuzz_remote_get_key (&self->clients[(how >> 4 & 3) % N_CLIENTS])->bytes,
          sizeof put.recipient);
  put.pass[0] = how >> 6;
  fill = udpnat_reader_u8 (input);
  put.n_sealed = 1 + (gsize) fill * 128;
  put.sealed = g_malloc0 (put.n_sealed);
  udpnat_write_mail_put (out, &put);
  g_free ((guint8 *) put.sealed);
}

static void
write_passes (GByteArray   *out,
              guint8        how,
              UdpnatReader *input)
{
  guint8 passes[4 * UDPNAT_MAIL_PASS_BYTES] = { 0 };

  for (guint i = 0; i < 4; i++)
    passes[i * UDPNAT_MAIL_PASS_BYTES] = udpnat_reader_u8 (input) & 3;
  udpnat_write_mail_passes (out, (how & 0x10) != 0, passes, how >> 5 & 3);
}

/* A message of the mail stream, or the disk's answer to an earlier one. */
static void
step_mail (Scene        *self,
           FuzzRemote   *client,
           UdpnatReader *input)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  guint8                 how = udpnat_reader_u8 (input);
  guint64                number;

  switch (how & 7)
    {
    case 0:
    case 1:
      write_letter (self, message, how, input);
      break;
    case 2:
      number = how >> 3 < 16 ? self->last_number - (how >> 3) : udpnat_reader_u64 (input);
      udpnat_write_mail_ack (message, &number, 1);
      break;
    case 3:
      write_passes (message, how, input);
      break;
    case 4:
    case 5:
      udpnat_rendezvous_server_complete_mail (self->server, self->now_us, take_open (self->stores),
                                              (how & 0x80) == 0);
      return;
    case 6:
    case 7:
      udpnat_rendezvous_server_give_mail (self->server, self->now_us, take_open (self->loads),
                                          (const guint8 *) "sealed", how & 0x80 ? 0 : 6);
      return;
    }
  fuzz_remote_write (client, UDPNAT_STREAM_MAIL, message->data, message->len);
}

/* Another port, or the address of somebody who does not know of it. */
static void
move (Scene      *self,
      FuzzRemote *client,
      guint8      how)
{
  const UdpnatAddress **source = &self->sources[client - self->clients];

  client->is_deaf = (how & 0x80) != 0;
  *source = how & 0x40 ? &self->strangers[how % N_STRANGERS] : &client->address;
  if ((how & 0x40) == 0)
    client->address.port = (guint16) (UDPNAT_CLIENT_PORT + (how & 7));
}

static void
dial (Scene        *self,
      FuzzRemote   *client,
      UdpnatReader *input)
{
  const guint8 *frames;
  gsize         n_frames;

  frames = fuzz_take (input, UDPNAT_DATAGRAM_MAX_BYTES, &n_frames);
  fuzz_remote_dial (client, self->now_us, udpnat_identity_get_public_key (self->identity), frames,
                    n_frames);
}

static void
take_step (Scene        *self,
           UdpnatReader *input)
{
  guint8        op = udpnat_reader_u8 (input);
  FuzzRemote   *client = &self->clients[(op >> 4) % N_CLIENTS];
  const guint8 *data;
  gsize         n;

  switch (op & 0x0f)
    {
    case 0:
      send_raw (self, input);
      break;
    case 1:
      send_again (self, input);
      break;
    case 2:
      dial (self, client, input);
      break;
    case 3:
    case 4:
      send_frames (self, client, input);
      break;
    case 5:
      data = fuzz_take (input, 4096, &n);
      fuzz_remote_write (client, udpnat_reader_u8 (input) & 1, data, n);
      break;
    case 6:
    case 7:
      send_request (self, client, input);
      break;
    case 8:
      send_inner (self, client, input);
      break;
    case 9:
      elapse (self, fuzz_take_duration (input));
      break;
    case 10:
      fuzz_remote_resume (client, self->now_us, udpnat_identity_get_public_key (self->identity));
      break;
    case 11:
      move (self, client, udpnat_reader_u8 (input));
      break;
    case 13:
      step_mail (self, client, input);
      break;
    case 12:
      answer_claim (self, op);
      break;
    case 14:
      fuzz_remote_forget (client);
      break;
    case 15:
      order (self, client, input);
      break;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree Scene *scene = g_new0 (Scene, 1);
  UdpnatReader      input;
  guint             n_steps = 0;

  scene_init (scene);
  udpnat_reader_init (&input, data, n_data);
  while (udpnat_reader_left (&input) > 0 && n_steps++ < STEPS_MAX)
    {
      take_step (scene, &input);
      settle (scene);
    }
  elapse (scene, UDPNAT_SEC (1));
  scene_clear (scene);
  return 0;
}
