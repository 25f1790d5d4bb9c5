/* Load for one server on this machine, and what it costs the server: the CPU clock of its process,
 * read before and after. As many clients as wanted share one socket; each has an address of its own
 * in 127.0.0.0/8. Spins, so that the server does not pay for waking us.
 *
 *   server-load PORT PID N-CLIENTS
 *
 * Each line of standard input is a kind of request, for how many seconds, and if wished how many in
 * a second, one by one, whether they are answered or not:
 *
 *   echo, stun, info                  datagrams that need no session
 *   stun-new, info-new                the same, each from an address that was not seen before
 *   keepalive, lookup, dial, relay,
 *   relay-flow                        sealed, by clients that shake hands and register before the
 *                                     first of them: a line "connect" says what that took
 *   burst                             keepalives, all of a window at once when those before are
 *                                     answered: how fast they are made does not matter then
 *   idle                              none: what the server does by itself then, for a second
 *   flood                             lookups, so many in a second, among so many handshakes from
 *                                     forged addresses (a fourth word): how many were answered, and
 *                                     within how many µs half of them and 99 in 100
 *
 *   bare, register, bare-ticket, register-ticket
 *                                     none: all leave without a word and come to the server whose
 *                                     process is the third word: shake hands and nothing else, or
 *                                     register too; by Diffie-Hellman, or by the tickets that they
 *                                     have. For so many seconds, or until all are there
 *   return                            none: all whom the server has left come again, as clients do,
 *                                     until all are there: a line with how many are, each second
 *
 * and is answered by a line: kind, requests, those that were served, µs of the server's CPU for
 * each of these, and how many a second; of those one by one, and of a flood, also the two times, of
 * those that are answered; and after a flood how many handshakes went out in a second. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "load-socket.h"
#include "load-times.h"

#include "udpnat-clock.h"
#include "udpnat-cookie.h"
#include "udpnat-frame.h"
#include "udpnat-identity.h"
#include "udpnat-packet.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-session.h"

#define WINDOW 256
/* Datagrams without an answer go out between some that have one. */
#define MARK_EVERY 64
#define CONNECTS_AT_ONCE 512
/* First byte of what is neither ours nor STUN. */
#define ECHO 0xff
#define RELAYED_BYTES 1100
/* Of relay-flow: so many from one to another in a row, and between so many pairs. */
#define IN_A_ROW 16
#define FLOWS 10
#define DIALLED_BYTES 128
#define PATIENCE_US UDPNAT_SEC (60)
#define PATIENCE_EACH_US UDPNAT_MSEC (5)
#define KEEPALIVE_US UDPNAT_SEC (100)
#define ACKS_WITHIN_US UDPNAT_MSEC (50)
#define LOST_AFTER_US UDPNAT_MSEC (200)
/* Even addresses: 127.255.255.255 is no source. */
#define FORGED_MASK 0x7ffffe
#define FORGED_BYTES (UDPNAT_HS1_MIN_BYTES - 2 * UDPNAT_MAC_BYTES)
#define RETURNS_AT_ONCE 8000
#define RETRY_SWEEP_US UDPNAT_MSEC (10)

typedef struct
{
  UdpnatIdentity *identity; /* until the handshake is done */
  guint8          secret[UDPNAT_KEY_BYTES];
  UdpnatPublicKey key;
  UdpnatSession  *session;
  guint32         source; /* in host order */
  guint32         handle; /* 0: not registered yet */
  gboolean        is_waiting; /* in the queue of those whose ACK is due soon */
  gboolean        is_left;    /* in the queue of those whom the server has left */
  gboolean        is_up;      /* has just got HS2 */
  UdpnatTicket   *ticket;     /* nullable: the newest */
} Client;

typedef struct
{
  LoadSocket         socket;
  clockid_t          server_clock;
  UdpnatRandom       random;
  UdpnatPublicKey    server_key;
  gboolean           has_server_key;
  UdpnatIndexTable  *indexes;
  Client            *clients;
  guint              n_clients;
  guint              n_registered;
  guint64            n_requests;
  guint64            n_answers;
  guint32            run;       /* no name is from an earlier one */
  guint32            n_new;     /* addresses used once */
  gboolean           is_bare;   /* nobody says a word after the handshake */
  gboolean           is_by_ticket;
  guint              next;      /* client */
  gint64             now_us;
  GQueue             waiting; /* Client, the one that came first at its head */
  GQueue             left;    /* Client */
  LoadTimes          times;
  guint8             mac1_key[32];
} Load;

typedef void (*Request) (Load *self,
                         guint client);

/* ---- Clients ---- */

/* Clients 0, 1, …: 127.1.0.1, 127.1.0.2, … */
static guint32
make_source (guint client)
{
  return 0x7f010001u + client;
}

static void
send_waiting (Load   *self,
              Client *client)
{
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatSessionOutputKind kind;
  gsize n_data;

  while (udpnat_session_pop_output (client->session, self->now_us, &kind, data, &n_data))
    load_socket_put (&self->socket, client->source, data, n_data);
}

static void
say (Load             *self,
     Client           *client,
     const GByteArray *message)
{
  (void) udpnat_session_stream_write (client->session, 0, message->data, message->len);
  send_waiting (self, client);
}

static char *
make_name (const Load   *self,
           const Client *client)
{
  return g_strdup_printf ("%u.%u", self->run % 1000, (guint) (client - self->clients));
}

static void
write_message (UdpnatWriter *frames,
               GByteArray   *message)
{
  if (!udpnat_frame_write_message (frames, message))
    g_assert_not_reached ();
  g_byte_array_set_size (message, 0);
}

/* As udpnat_rendezvous_client_write_early(). */
static void
write_early (const Load   *self,
             const Client *client,
             UdpnatWriter *frames)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autofree char *name = make_name (self, client);

  if (self->is_bare)
    return;
  udpnat_write_keepalive (message, UDPNAT_KEEPALIVE_MAX_S);
  write_message (frames, message);
  udpnat_write_presence (message, UDPNAT_PRESENCE_ONLINE);
  write_message (frames, message);
  udpnat_write_register (message, FALSE, name);
  write_message (frames, message);
}

static void
start_client (Load *self,
              guint i)
{
  Client *client = &self->clients[i];
  guint8 frames[UDPNAT_DATAGRAM_MAX_BYTES];
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];
  UdpnatWriter writer;
  UdpnatSessionConfig config = {
    .role = UDPNAT_ROLE_CLIENT_SERVER,
    .indexes = self->indexes,
    .random = self->random,
    .owner = client,
    .max_packet_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };

  client->source = make_source (i);
  if (client->identity == NULL)
    client->identity = udpnat_identity_new_from_secret (client->secret);
  client->key = *udpnat_identity_get_public_key (client->identity);
  config.identity = client->identity;
  client->session = udpnat_session_new_initiator (&config, &self->server_key, self->now_us);
  udpnat_timestamp_from_us (udpnat_clock_get_wall_us (), timestamp);
  udpnat_writer_init (&writer, frames, sizeof frames);
  write_early (self, client, &writer);
  if (self->is_by_ticket && client->ticket != NULL)
    udpnat_session_start_resumption (client->session, self->now_us, timestamp, client->ticket,
                                     frames, writer.n_written);
  else
    udpnat_session_start_handshake (client->session, self->now_us, timestamp, frames,
                                    writer.n_written);
  send_waiting (self, client);
}

/* As udpnat_rendezvous_client_lose(): it comes again as soon as it can. */
static void
lose_server (Load   *self,
             Client *client)
{
  if (client->is_left)
    return;
  client->is_left = TRUE;
  self->n_registered -= client->handle != 0 ? 1 : 0;
  client->handle = 0;
  g_queue_push_tail (&self->left, client);
}

static void
register_client (Load   *self,
                 Client *client)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autofree char *name = make_name (self, client);

  udpnat_write_register (message, FALSE, name);
  udpnat_write_keepalive (message, UDPNAT_KEEPALIVE_MAX_S);
  say (self, client, message);
}

static void
take_message (Load                    *self,
              Client                  *client,
              const UdpnatMessageView *message)
{
  g_autofree char *name = NULL;
  UdpnatAddress observed;

  if (message->type == UDPNAT_CS_LOOKUP_RESULT)
    self->n_answers++;
  else if (message->type == UDPNAT_CS_REFUSED)
    register_client (self, client); /* too many at once */
  else if (message->type == UDPNAT_CS_REGISTERED &&
           udpnat_parse_registered (message, &client->handle, &observed, &name))
    {
      self->n_registered++;
      g_clear_pointer (&client->identity, udpnat_identity_free); /* no other handshake follows */
    }
}

static void
read_stream (Load   *self,
             Client *client)
{
  for (;;)
    {
      UdpnatMessageView message;
      gsize n_data, n_message;
      const guint8 *data = udpnat_session_stream_peek (client->session, 0, &n_data);

      if (n_data == 0 ||
          udpnat_message_parse (data, n_data, &message, &n_message) != UDPNAT_MESSAGE_COMPLETE)
        return;
      take_message (self, client, &message);
      udpnat_session_stream_consume (client->session, self->now_us, 0, n_message);
    }
}

static gboolean
take_ticket (Client                  *client,
             const UdpnatMessageView *message)
{
  UdpnatTicket ticket;
  guint32 life_s;

  if (!udpnat_parse_ticket (message, &life_s, ticket.bytes, ticket.secret))
    return FALSE;
  g_free (client->ticket);
  client->ticket = g_memdup2 (&ticket, sizeof ticket);
  return TRUE;
}

/* A ticket, or the answer to a lookup, if the time that it takes is measured. */
static void
take_answer (Load                     *self,
             Client                   *client,
             const UdpnatSessionEvent *event)
{
  UdpnatFrameView frame = { event->frame_type, event->body, event->n_body };
  UdpnatDirectoryEntry entry = { 0 };
  UdpnatMessageView message;
  guint32 request;
  guint8 code;

  if (!udpnat_frame_parse_message (&frame, &message) || take_ticket (client, &message))
    return;
  if (message.type == UDPNAT_CS_REGISTERED)
    {
      take_message (self, client, &message);
      return;
    }
  self->n_answers++;
  if (self->times.asked_us == NULL ||
      !udpnat_parse_lookup_result (&message, &request, &code, &entry))
    return;
  load_times_answer (&self->times, request, self->now_us);
  if (code == UDPNAT_LOOKUP_FOUND)
    udpnat_directory_entry_clear (&entry);
}

static void
take_event (Load                     *self,
            Client                   *client,
            const UdpnatSessionEvent *event)
{
  if (event->type == UDPNAT_SESSION_EVENT_ESTABLISHED && self->is_bare)
    {
      client->handle = 1;
      self->n_registered++;
    }
  else if (event->type == UDPNAT_SESSION_EVENT_ESTABLISHED)
    client->is_up = TRUE;
  else if (event->type == UDPNAT_SESSION_EVENT_CLOSED)
    lose_server (self, client);
  else if (event->type == UDPNAT_SESSION_EVENT_FRAME &&
           (event->frame_type == UDPNAT_FRAME_RELAY || event->frame_type == UDPNAT_FRAME_INCOMING))
    self->n_answers++;
  else if (event->type == UDPNAT_SESSION_EVENT_FRAME && event->frame_type == UDPNAT_FRAME_MESSAGE)
    take_answer (self, client, event);
}

/* ---- In ---- */

static void
take_datagram (gpointer user_data,
               guint32  destination,
               guint8  *data,
               gsize    n_data)
{
  Load *self = user_data;
  guint i = destination - make_source (0);
  Client *client = i < self->n_clients ? &self->clients[i] : NULL;
  UdpnatSessionEvent event;
  UdpnatInfoReply reply;
  guint64 number;

  if (client == NULL || client->session == NULL || data[0] == UDPNAT_PACKET_INFO_REPLY ||
      data[0] == ECHO || data[0] < UDPNAT_PACKET_HS1 /* STUN */)
    {
      if (udpnat_info_reply_parse (&reply, data, n_data))
        {
          memcpy (self->server_key.bytes, reply.server_key, sizeof reply.server_key);
          self->has_server_key = TRUE;
          load_times_answer (&self->times, reply.token, self->now_us);
        }
      else if (data[0] == ECHO)
        {
          memcpy (&number, data + 8, sizeof number);
          load_times_answer (&self->times, number, self->now_us);
        }
      self->n_answers++;
      return;
    }
  if (data[0] == UDPNAT_PACKET_UNKNOWN)
    {
      g_clear_pointer (&client->ticket, g_free);
      lose_server (self, client);
      return;
    }
  (void) udpnat_session_handle_packet (client->session, self->now_us, data, n_data);
  while (udpnat_session_pop_event (client->session, &event))
    take_event (self, client, &event);
  if (client->is_up && client->handle == 0) /* HS2 says nothing of the name */
    register_client (self, client);
  client->is_up = FALSE;
  read_stream (self, client);
  if (self->is_bare && client->handle != 0)
    return;
  send_waiting (self, client);
  if (!client->is_waiting && udpnat_session_next_deadline (client->session) <
                             self->now_us + ACKS_WITHIN_US)
    {
      client->is_waiting = TRUE;
      g_queue_push_tail (&self->waiting, client);
    }
}

/* Those whose ACK could not go with something else. */
static void
send_acks (Load *self)
{
  Client *client;

  while ((client = g_queue_peek_head (&self->waiting)) != NULL &&
         udpnat_session_next_deadline (client->session) <= self->now_us)
    {
      client->is_waiting = FALSE;
      g_queue_pop_head (&self->waiting);
      udpnat_session_handle_deadline (client->session, self->now_us);
      send_waiting (self, client);
    }
  /* One that has nothing to wait for any more must not keep the others waiting. */
  if (client != NULL &&
      udpnat_session_next_deadline (client->session) > self->now_us + ACKS_WITHIN_US)
    {
      client->is_waiting = FALSE;
      g_queue_pop_head (&self->waiting);
    }
}

static void
read_clock (gpointer user_data)
{
  ((Load *) user_data)->now_us = udpnat_clock_get_now_us ();
}

static guint
receive (Load *self)
{
  return load_socket_receive (&self->socket, read_clock, take_datagram, self);
}

/* ---- Requests ---- */

static void
ask_echo (Load *self,
          guint client)
{
  guint8 data[64] = { ECHO };

  memcpy (data + 8, &self->n_requests, sizeof self->n_requests);
  load_socket_put (&self->socket, make_source (client), data, sizeof data);
}

/* RFC 8489: a Binding request without attributes. */
static void
ask_stun_from (Load   *self,
               guint32 source)
{
  guint8 data[20] = { 0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42 };

  memcpy (data + 8, &self->n_requests, sizeof self->n_requests);
  load_socket_put (&self->socket, source, data, sizeof data);
}

static void
ask_stun (Load *self,
          guint client)
{
  ask_stun_from (self, make_source (client));
}

/* 127.64.0.0 and on, below what forge() takes. */
static guint32
make_new_source (Load *self)
{
  return 0x7f400000u + self->n_new++ % 0x400000;
}

static void
ask_stun_new (Load *self,
              guint client)
{
  ask_stun_from (self, make_new_source (self));
}

static void
ask_info_from (Load   *self,
               guint32 source)
{
  guint8 data[UDPNAT_INFO_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_info_write (&writer, self->n_requests);
  load_socket_put (&self->socket, source, data, writer.n_written);
}

static void
ask_info (Load *self,
          guint client)
{
  ask_info_from (self, make_source (client));
}

static void
ask_info_new (Load *self,
              guint client)
{
  ask_info_from (self, make_new_source (self));
}

static void
send_carrier (Load         *self,
              Client       *client,
              UdpnatWriter *writer,
              gsize         n_carried)
{
  guint8 packet[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize n = udpnat_session_seal_carrier (client->session, self->now_us, writer->data,
                                         writer->n_written, n_carried, packet);

  load_socket_put (&self->socket, client->source, packet, n);
}

static void
send_frames (Load         *self,
             Client       *client,
             UdpnatWriter *writer)
{
  send_carrier (self, client, writer, 0);
}

static void
send_keepalive (Load *self,
                guint client)
{
  guint8 frames[UDPNAT_FRAME_HEADER_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_pad (&writer, 0))
    g_assert_not_reached ();
  send_frames (self, &self->clients[client], &writer);
}

static void
ask_keepalive (Load *self,
               guint client)
{
  if (self->n_requests % MARK_EVERY == 0)
    ask_info (self, client);
  else
    send_keepalive (self, client);
}

static void
ask_lookup (Load *self,
            guint client)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autofree char *name = g_strdup_printf ("%u.%u", self->run % 1000,
                                           udpnat_random_below (&self->random, self->n_clients));
  guint8 frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  load_times_ask (&self->times, self->n_requests, self->now_us);
  udpnat_write_lookup (message, (guint32) self->n_requests, name);
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_message (&writer, message))
    g_assert_not_reached ();
  send_frames (self, &self->clients[client], &writer);
}

static void
ask_dial (Load *self,
          guint client)
{
  const guint8 inner[DIALLED_BYTES] = { UDPNAT_PACKET_DATA, UDPNAT_PACKET_VERSION };
  const Client *to = &self->clients[udpnat_random_below (&self->random, self->n_clients)];
  guint8 frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_dial (&writer, to->key.bytes, inner, sizeof inner))
    g_assert_not_reached ();
  send_carrier (self, &self->clients[client], &writer, sizeof inner);
}

static void
relay (Load *self,
       guint from,
       guint to)
{
  const guint8 inner[RELAYED_BYTES] = { UDPNAT_PACKET_DATA, UDPNAT_PACKET_VERSION };
  guint8 frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_relay (&writer, self->clients[to].handle, inner, sizeof inner))
    g_assert_not_reached ();
  send_carrier (self, &self->clients[from], &writer, sizeof inner);
}

static void
ask_relay (Load *self,
           guint client)
{
  relay (self, client, udpnat_random_below (&self->random, self->n_clients));
}

/* What a transfer looks like. */
static void
ask_relay_flow (Load *self,
                guint client)
{
  guint flow = (guint) (self->n_requests / IN_A_ROW % FLOWS);

  relay (self, 2 * flow % self->n_clients, (2 * flow + 1) % self->n_clients);
}

/* An HS1 from an address that nobody has: rubbish but for its mac1, which everybody can make who
 * knows the server's key. */
static void
forge (Load *self)
{
  guint8 data[FORGED_BYTES + 2 * UDPNAT_MAC_BYTES] = { UDPNAT_PACKET_HS1, UDPNAT_PACKET_VERSION };

  udpnat_random_fill (&self->random, data + 4, 4 + UDPNAT_EPHEMERAL_BYTES);
  data[2] = UDPNAT_ROLE_CLIENT_SERVER;
  udpnat_mac (self->mac1_key, sizeof self->mac1_key, data, FORGED_BYTES, data + FORGED_BYTES);
  load_socket_put (&self->socket, 0x7f800000u + (udpnat_random_u32 (&self->random) & FORGED_MASK),
                   data, sizeof data);
}

static const struct
{
  const char *name;
  Request     ask;
  gboolean    is_sealed;
  guint       n_for_answer; /* requests for one */
} kinds[] = {
  { "echo", ask_echo, FALSE, 1 },
  { "stun", ask_stun, FALSE, 1 },
  { "info", ask_info, FALSE, 1 },
  { "stun-new", ask_stun_new, FALSE, 1 },
  { "info-new", ask_info_new, FALSE, 1 },
  { "keepalive", ask_keepalive, TRUE, MARK_EVERY },
  { "burst", ask_keepalive, TRUE, MARK_EVERY },
  { "lookup", ask_lookup, TRUE, 1 },
  { "dial", ask_dial, TRUE, 1 },
  { "relay", ask_relay, TRUE, 1 },
  { "relay-flow", ask_relay_flow, TRUE, 1 },
  { "idle", NULL, TRUE, 1 },
  { "flood", ask_lookup, TRUE, 1 },
  { "return", NULL, TRUE, 1 },
  { "bare", NULL, TRUE, 1 },
  { "register", NULL, TRUE, 1 },
  { "bare-ticket", NULL, TRUE, 1 },
  { "register-ticket", NULL, TRUE, 1 },
};

/* ---- Runs ---- */

static double
get_server_cpu_us (const Load *self)
{
  struct timespec now;

  if (clock_gettime (self->server_clock, &now) != 0)
    g_error ("the server is gone");
  return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static void
report (const Load *self,
        const char *what,
        guint64     n,
        double      cpu_us,
        gint64      took_us)
{
  printf ("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %.3f %.0f %" G_GINT64_FORMAT " %"
          G_GINT64_FORMAT "\n", what, self->n_requests, n, cpu_us / (double) MAX (n, 1),
          (double) n * 1e6 / (double) took_us, load_times_get_share (&self->times, 50),
          load_times_get_share (&self->times, 99));
}

static void
learn_server_key (Load *self)
{
  gint64 end_us = self->now_us + UDPNAT_SEC (5);

  while (!self->has_server_key && self->now_us < end_us)
    {
      ask_info (self, 0);
      load_socket_flush (&self->socket);
      g_usleep (10000);
      (void) receive (self);
    }
  if (!self->has_server_key)
    g_error ("no udpnat-server there");
}

/* What a client does that waits for the answer to its handshake. */
static void
keep_trying (Load   *self,
             Client *client)
{
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];

  if (udpnat_session_next_deadline (client->session) <= self->now_us)
    udpnat_session_handle_deadline (client->session, self->now_us);
  if (udpnat_session_needs_handshake (client->session, self->now_us))
    {
      udpnat_timestamp_from_us (udpnat_clock_get_wall_us (), timestamp);
      udpnat_session_start_handshake (client->session, self->now_us, timestamp, NULL, 0);
    }
  send_waiting (self, client);
}

static void
come_again (Load   *self,
            GQueue *coming,
            guint   n_at_once)
{
  Client *client;

  while (coming->length < n_at_once && (client = g_queue_pop_head (&self->left)) != NULL)
    {
      client->is_left = FALSE;
      udpnat_session_free (client->session);
      start_client (self, (guint) (client - self->clients));
      g_queue_push_tail (coming, client);
      load_socket_flush (&self->socket);
      (void) receive (self);
    }
}

/* One round through those who are on their way. */
static void
keep_all_trying (Load   *self,
                 GQueue *coming)
{
  for (guint i = coming->length; i > 0; i--)
    {
      Client *client = g_queue_pop_head (coming);

      if (client->handle == 0 && !client->is_left)
        {
          keep_trying (self, client);
          g_queue_push_tail (coming, client);
        }
    }
}

/* What all those have to send in @past_us who are there already: very many take their time. */
static void
keep_alive (Load  *self,
            guint  n_started,
            gint64 past_us)
{
  gint64 n = (gint64) self->n_registered * past_us / KEEPALIVE_US;

  for (gint64 i = 0; i < n; i++)
    {
      self->next = (self->next + 1) % n_started;
      if (self->clients[self->next].handle != 0)
        send_keepalive (self, self->next);
    }
}

/* All shake hands and register, some at a time. */
static void
connect_clients (Load *self)
{
  gint64 start_us = self->now_us, swept_us = start_us;
  double cpu_us = get_server_cpu_us (self);
  GQueue coming = G_QUEUE_INIT;
  guint n_started = 0;

  while (self->n_registered < self->n_clients)
    {
      while (n_started < self->n_clients && n_started - self->n_registered < CONNECTS_AT_ONCE)
        {
          g_queue_push_tail (&coming, &self->clients[n_started]);
          start_client (self, n_started++);
        }
      if (self->now_us - swept_us > RETRY_SWEEP_US)
        {
          /* Whoever was lost while all the others came. */
          come_again (self, &coming, RETURNS_AT_ONCE);
          keep_all_trying (self, &coming);
          keep_alive (self, n_started, self->now_us - swept_us);
          swept_us = self->now_us;
        }
      send_acks (self);
      load_socket_flush (&self->socket);
      (void) receive (self);
      if (self->now_us - start_us > PATIENCE_US + (gint64) self->n_clients * PATIENCE_EACH_US)
        g_error ("only %u of %u clients could register", self->n_registered, self->n_clients);
    }
  report (self, "connect", self->n_clients, get_server_cpu_us (self) - cpu_us,
          self->now_us - start_us);
  g_queue_clear (&coming);
}

/* What is still under way when all are there. */
static void
finish (Load *self)
{
  gint64 end_us = self->now_us + 2 * ACKS_WITHIN_US;

  while (self->now_us < end_us)
    {
      send_acks (self);
      load_socket_flush (&self->socket);
      (void) receive (self);
    }
}

static void
run_return (Load   *self,
            double  seconds)
{
  gint64 start_us = self->now_us, told_us = start_us, swept_us = start_us;
  gint64 end_us = start_us + (gint64) (seconds * 1e6);
  GQueue coming = G_QUEUE_INIT;
  gboolean is_any_lost = FALSE;

  printf ("return");
  while (self->now_us < end_us && !(is_any_lost && self->n_registered == self->n_clients))
    {
      come_again (self, &coming, RETURNS_AT_ONCE);
      if (self->now_us - swept_us > RETRY_SWEEP_US)
        {
          keep_all_trying (self, &coming);
          swept_us = self->now_us;
        }
      send_acks (self);
      load_socket_flush (&self->socket);
      (void) receive (self);
      is_any_lost |= self->n_registered < self->n_clients;
      for (; self->now_us - told_us > G_USEC_PER_SEC; told_us += G_USEC_PER_SEC)
        printf (" %u", self->n_registered);
    }
  printf (" %u\n", self->n_registered);
  g_queue_clear (&coming);
}

/* Whoever comes by ticket has one already. @pid: of the server that is there now */
static void
run_rejoin (Load       *self,
            const char *name,
            double      seconds,
            double      pid)
{
  gint64 start_us = self->now_us, swept_us = start_us;
  gint64 end_us = start_us + (gint64) (seconds * 1e6);
  GQueue coming = G_QUEUE_INIT;
  double cpu_us;

  if (clock_getcpuclockid ((pid_t) pid, &self->server_clock) != 0)
    g_error ("there is no process %.0f", pid);
  self->is_bare = g_str_has_prefix (name, "bare");
  self->is_by_ticket = g_str_has_suffix (name, "ticket");
  for (guint i = 0; i < self->n_clients; i++)
    lose_server (self, &self->clients[i]);
  cpu_us = get_server_cpu_us (self);
  while (self->now_us < end_us && self->n_registered < self->n_clients)
    {
      come_again (self, &coming, CONNECTS_AT_ONCE);
      if (coming.length == CONNECTS_AT_ONCE || self->now_us - swept_us > RETRY_SWEEP_US)
        {
          keep_all_trying (self, &coming);
          swept_us = self->now_us;
        }
      send_acks (self);
      load_socket_flush (&self->socket);
      (void) receive (self);
    }
  finish (self);
  self->n_requests = self->n_clients;
  report (self, name, self->n_registered, get_server_cpu_us (self) - cpu_us,
          self->now_us - start_us);
  self->is_bare = self->is_by_ticket = FALSE;
  g_queue_clear (&coming);
}

/* How many may be under way. */
static guint64
get_window (guint   kind,
            guint64 n_missing)
{
  guint64 window = MAX (1, WINDOW / kinds[kind].n_for_answer);

  return strcmp (kinds[kind].name, "burst") == 0 && n_missing > 0 ? n_missing : window;
}

/* @per_second: 0 for as many as are answered */
static void
run (Load   *self,
     guint   kind,
     double  seconds,
     double  per_second)
{
  const guint per_answer = kinds[kind].n_for_answer;
  gint64 start_us = self->now_us, moved_us = self->now_us;
  gint64 end_us = start_us + (gint64) (seconds * 1e6);
  guint64 n_lost = 0;
  double cpu_us;

  self->n_requests = self->n_answers = 0;
  if (per_second > 0)
    load_times_begin (&self->times);
  cpu_us = get_server_cpu_us (self);
  while (self->now_us < end_us)
    {
      guint64 n_expected = self->n_requests / per_answer;
      guint64 window = get_window (kind, n_expected - MIN (n_expected, self->n_answers + n_lost));

      while (per_second > 0
               ? (double) self->n_requests < (double) (self->now_us - start_us) * per_second / 1e6
               : n_expected < self->n_answers + n_lost + window)
        {
          load_times_ask (&self->times, self->n_requests, self->now_us);
          kinds[kind].ask (self, self->next);
          self->next = (self->next + 1) % self->n_clients;
          n_expected = ++self->n_requests / per_answer;
        }
      send_acks (self);
      load_socket_flush (&self->socket);
      if (receive (self) > 0)
        moved_us = self->now_us;
      else if (per_second == 0 && self->now_us - moved_us > LOST_AFTER_US)
        {
          n_lost = n_expected - self->n_answers;
          moved_us = self->now_us;
        }
    }
  load_times_sort (&self->times);
  report (self, kinds[kind].name,
          per_second > 0 ? self->n_requests : self->n_answers * per_answer,
          get_server_cpu_us (self) - cpu_us, self->now_us - start_us);
  load_times_end (&self->times);
}

/* Whoever owes an ACK still sends it. */
static void
run_idle (Load   *self,
          double  seconds)
{
  gint64 start_us = self->now_us;
  gint64 end_us = start_us + (gint64) (seconds * 1e6);
  double cpu_us = get_server_cpu_us (self);

  while (self->now_us < end_us)
    {
      send_acks (self);
      load_socket_flush (&self->socket);
      if (receive (self) == 0)
        g_usleep (1000);
    }
  self->n_requests = 0;
  report (self, "idle", (guint64) MAX (1, seconds), get_server_cpu_us (self) - cpu_us,
          self->now_us - start_us);
}

/* @n_questions, @n_forged: in a second */
static void
run_flood (Load   *self,
           double  seconds,
           double  n_questions,
           double  n_forged)
{
  gint64 start_us = self->now_us;
  gint64 end_us = start_us + (gint64) (seconds * 1e6);
  double cpu_us = get_server_cpu_us (self);
  guint64 n_sent = 0;
  guint n_answers;

  udpnat_mac1_key (&self->server_key, self->mac1_key);
  load_times_begin (&self->times);
  self->n_requests = self->n_answers = 0;
  while (self->now_us < end_us + LOST_AFTER_US)
    {
      gint64 past_us = MIN (self->now_us, end_us) - start_us;

      while ((double) self->n_requests < (double) past_us * n_questions / 1e6 &&
             self->n_requests < LOAD_TIMES_MAX)
        {
          ask_lookup (self, self->next);
          self->next = (self->next + 1) % self->n_clients;
          self->n_requests++;
        }
      for (guint i = 0; i < LOAD_SOCKET_BATCH &&
                        (double) n_sent < (double) past_us * n_forged / 1e6; i++)
        {
          forge (self);
          n_sent++;
        }
      send_acks (self);
      load_socket_flush (&self->socket);
      (void) receive (self);
    }
  n_answers = load_times_get_count (&self->times);
  load_times_sort (&self->times);
  printf ("flood %" G_GUINT64_FORMAT " %u %.3f %.0f %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
          " %.0f\n", self->n_requests, n_answers,
          (get_server_cpu_us (self) - cpu_us) / (double) MAX (n_answers, 1),
          n_answers / seconds, load_times_get_share (&self->times, 50),
          load_times_get_share (&self->times, 99), (double) n_sent / seconds);
  load_times_end (&self->times);
}

static guint
find_kind (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].name, name) == 0)
      return i;
  g_error ("there is no such request: %s", name);
}

int
main (int    argc,
      char **argv)
{
  static Load load;
  char line[64];

  if (argc != 4)
    {
      fprintf (stderr, "usage: server-load PORT PID N-CLIENTS\n");
      return 2;
    }
  if (clock_getcpuclockid (atoi (argv[2]), &load.server_clock) != 0)
    g_error ("no such process: %s", argv[2]);
  load.n_clients = (guint) atoi (argv[3]);
  load.clients = g_new0 (Client, load.n_clients);
  load.random = bench_random ();
  for (guint i = 0; i < load.n_clients; i++)
    udpnat_random_fill (&load.random, load.clients[i].secret, UDPNAT_KEY_BYTES);
  load.run = udpnat_random_u32 (&load.random);
  load.indexes = udpnat_index_table_new (&load.random);
  load.now_us = udpnat_clock_get_now_us ();
  load_socket_open (&load.socket, (guint16) atoi (argv[1]));
  setvbuf (stdout, NULL, _IOLBF, 0);

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      g_auto (GStrv) words = g_strsplit (g_strstrip (line), " ", 4);
      guint n_words = g_strv_length (words);
      guint kind = find_kind (words[0]);
      double seconds = n_words > 1 ? atof (words[1]) : 1;
      double per_second = n_words > 2 ? atof (words[2]) : 0;

      load.now_us = udpnat_clock_get_now_us ();
      if (kinds[kind].is_sealed && load.n_registered == 0)
        {
          learn_server_key (&load);
          connect_clients (&load);
        }
      if (strcmp (kinds[kind].name, "flood") == 0)
        run_flood (&load, seconds, per_second, n_words > 3 ? atof (words[3]) : 0);
      else if (strcmp (kinds[kind].name, "return") == 0)
        run_return (&load, seconds);
      else if (g_str_has_prefix (kinds[kind].name, "bare")
               || g_str_has_prefix (kinds[kind].name, "register"))
        run_rejoin (&load, kinds[kind].name, seconds, per_second);
      else if (kinds[kind].ask != NULL)
        run (&load, kind, seconds, per_second);
      else
        run_idle (&load, seconds);
    }
  return 0;
}
