/* One stream of bytes, as fast as it goes, through a session and the sockets of the programs, from
 * one process to another. transfer.py measures it beside others.
 *
 *     pump receive PORT
 *     pump send IP PORT MEGABYTES|SECONDSs [CHAT_MS]
 *
 * The sender prints one line of figures when all has been acknowledged, or the time is over; with
 * CHAT_MS it says something on the chat stream so often, and the receiver repeats it. 0 as the time
 * means three seconds of nothing but that. The receiver prints how much it has read when it is told
 * to end (SIGTERM), and also when it is asked (SIGUSR1).
 */

#include "config.h"

#include "bench.h"

#include "udpnat-clock.h"
#include "udpnat-machine-source.h"
#include "udpnat-session.h"

#include <glib-unix.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SAY_BYTES 64
#define CHUNK_BYTES 65536
#define SAYINGS_MAX 100000

typedef struct
{
  UdpnatMachine machine; /* first */
  UdpnatIdentity *identity;
  UdpnatIndexTable *indexes;
  UdpnatSession *session;
  UdpnatSocket *socket;
  GSource *source;
  GMainLoop *loop;
  UdpnatAddress remote;

  /* sender */
  guint64 n_total;   /* bytes; 0: until end_us */
  guint64 n_written; /* the receiver: read */
  gint64 started_us; /* the session was there */
  gint64 end_us;
  gboolean is_silent; /* no file */
  gint64 chat_us;    /* between two sayings; 0: none */
  gint64 next_say_us;
  gint64 first_us;   /* when the first 100 MB were acknowledged */
  double *delays;    /* ms */
  guint n_delays;
  guint8 heard[SAY_BYTES];
  gsize n_heard;
} Pump;

static guint8 chunk[CHUNK_BYTES];

static UdpnatIdentity *
make_identity (guint8 number)
{
  guint8 secret[UDPNAT_KEY_BYTES] = { number };

  return udpnat_identity_new_from_secret (secret);
}

static UdpnatSessionConfig
get_config (Pump *self)
{
  return (UdpnatSessionConfig) {
    .role = UDPNAT_ROLE_PEER_PEER,
    .identity = self->identity,
    .indexes = self->indexes,
    .random = bench_random (),
    .owner = self,
    .max_packet_bytes = UDPNAT_DATAGRAM_BASE_BYTES,
  };
}

static guint64
count_acked (const Pump *self)
{
  return self->n_written - udpnat_session_stream_unacked (self->session, UDPNAT_STREAM_FILES);
}

/* ---- Machine ---- */

static void
answer (Pump   *self,
        gint64  now_us,
        guint8 *data,
        gsize   n_data)
{
  UdpnatSessionConfig config = get_config (self);
  guint8 secret[UDPNAT_EPHEMERAL_BYTES];
  UdpnatHs1 hs1;

  randombytes_buf (secret, sizeof secret);
  if (!udpnat_hs1_check_mac1 (self->identity, data, n_data)
      || !udpnat_hs1_read (self->identity, UDPNAT_ROLE_PEER_PEER, secret, data, n_data, &hs1))
    return;
  udpnat_session_free (self->session);
  self->session = udpnat_session_new_responder (&config, &hs1, now_us, NULL, 0);
  udpnat_hs1_clear (&hs1);
}

static UdpnatRxResult
pump_handle_datagram (UdpnatMachine        *machine,
                      gint64                now_us,
                      const UdpnatDatagram *datagram)
{
  Pump *self = (Pump *) machine;
  guint8 data[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatPacketType type;

  memcpy (data, datagram->data, datagram->n_data);
  self->remote = datagram->remote;
  if (!udpnat_packet_classify (data, datagram->n_data, &type))
    return UDPNAT_RX_MALFORMED;
  if (type == UDPNAT_PACKET_HS1)
    answer (self, now_us, data, datagram->n_data);
  else if (self->session != NULL)
    return udpnat_session_handle_packet (self->session, now_us, data, datagram->n_data);
  return UDPNAT_RX_OK;
}

static gint64
pump_next_deadline (const UdpnatMachine *machine)
{
  const Pump *self = (const Pump *) machine;
  gint64 deadline_us = self->end_us;

  if (self->session == NULL)
    return UDPNAT_TIME_NEVER;
  if (self->next_say_us > 0)
    deadline_us = udpnat_time_min (deadline_us, self->next_say_us);
  return udpnat_time_min (deadline_us, udpnat_session_next_deadline (self->session));
}

static void
pump_handle_deadline (UdpnatMachine *machine,
                      gint64         now_us)
{
  udpnat_session_handle_deadline (((Pump *) machine)->session, now_us);
}

static gboolean
pump_pop_output (UdpnatMachine  *machine,
                 gint64          now_us,
                 UdpnatDatagram *out)
{
  Pump *self = (Pump *) machine;
  UdpnatSessionOutputKind kind;

  if (self->session == NULL
      || !udpnat_session_pop_output (self->session, now_us, &kind, out->data, &out->n_data))
    return FALSE;
  out->socket = UDPNAT_SOCKET_MAIN;
  out->ttl = 0;
  out->remote = self->remote;
  return TRUE;
}

static UdpnatEvent *
pump_pop_event (UdpnatMachine *machine)
{
  return NULL;
}

static const UdpnatMachineClass pump_class = {
  .handle_datagram = pump_handle_datagram,
  .next_deadline = pump_next_deadline,
  .handle_deadline = pump_handle_deadline,
  .pop_output = pump_pop_output,
  .pop_event = pump_pop_event,
};

/* ---- Both ends ---- */

static void
hear (Pump         *self,
      gint64        now_us,
      const guint8 *data,
      gsize         n_data)
{
  for (gsize i = 0; i < n_data; i++)
    {
      gint64 said_us;

      self->heard[self->n_heard++] = data[i];
      if (self->n_heard < SAY_BYTES)
        continue;
      self->n_heard = 0;
      memcpy (&said_us, self->heard, sizeof said_us);
      if (self->n_delays < SAYINGS_MAX)
        self->delays[self->n_delays++] = (double) (now_us - said_us) / 1e3;
    }
}

static void
read_streams (Pump  *self,
              gint64 now_us)
{
  UdpnatSessionEvent event;
  const guint8 *data;
  gsize n_data;

  while (udpnat_session_pop_event (self->session, &event))
    if (event.type == UDPNAT_SESSION_EVENT_CLOSED)
      {
        g_clear_pointer (&self->session, udpnat_session_free);
        return;
      }
  (void) udpnat_session_stream_peek (self->session, UDPNAT_STREAM_FILES, &n_data);
  udpnat_session_stream_consume (self->session, now_us, UDPNAT_STREAM_FILES, n_data);
  self->n_written += n_data;
  data = udpnat_session_stream_peek (self->session, UDPNAT_STREAM_CHAT, &n_data);
  if (self->n_total == 0 && self->end_us == UDPNAT_TIME_NEVER) /* the receiver repeats it */
    (void) udpnat_session_stream_write (self->session, UDPNAT_STREAM_CHAT, data, n_data);
  else
    hear (self, now_us, data, n_data);
  udpnat_session_stream_consume (self->session, now_us, UDPNAT_STREAM_CHAT, n_data);
}

static gboolean
look_cb (gpointer user_data)
{
  Pump *self = user_data;

  printf ("{\"mb\": %.3f}\n", self->n_written / 1e6);
  fflush (stdout);
  return G_SOURCE_CONTINUE;
}

static gboolean
end_cb (gpointer user_data)
{
  Pump *self = user_data;

  look_cb (self);
  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
receive_cb (gpointer user_data)
{
  Pump *self = user_data;

  if (self->session != NULL)
    read_streams (self, udpnat_clock_get_now_us ());
}

static void
report (Pump  *self,
        gint64 now_us)
{
  double seconds = (double) (now_us - self->started_us) / G_USEC_PER_SEC;
  guint64 n_acked = count_acked (self);
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  printf ("{\"mb_s\": %.2f, \"seconds\": %.3f, \"mb\": %.1f, \"packets\": %" G_GUINT64_FORMAT
          ", \"answers\": %" G_GUINT64_FORMAT
          ", \"cpu_s\": %.3f, \"rtt_ms\": %.2f, \"rss_kib\": %ld",
          n_acked / 1e6 / seconds, seconds, n_acked / 1e6,
          udpnat_session_get_packets_sent (self->session),
          udpnat_socket_get_stats (self->socket).received, bench_get_cpu_s (),
          udpnat_session_get_rtt (self->session) / 1e3, usage.ru_maxrss);
  if (self->first_us > 0)
    printf (", \"first_100mb_s\": %.3f",
            (double) (self->first_us - self->started_us) / G_USEC_PER_SEC);
  if (self->n_delays > 0)
    printf (", \"chat\": %u, \"chat_p50_ms\": %.3f, \"chat_p99_ms\": %.3f", self->n_delays,
            bench_quantile (self->delays, self->n_delays, 0.5),
            bench_quantile (self->delays, self->n_delays, 0.99));
  printf ("}\n");
  udpnat_session_close (self->session, now_us, 0, NULL);
  udpnat_machine_source_wake (self->source);
  g_main_loop_quit (self->loop);
}

static void
say (Pump  *self,
     gint64 now_us)
{
  guint8 saying[SAY_BYTES] = { 0 };

  if (self->chat_us == 0 || now_us < self->next_say_us)
    return;
  memcpy (saying, &now_us, sizeof now_us);
  (void) udpnat_session_stream_write (self->session, UDPNAT_STREAM_CHAT, saying, sizeof saying);
  self->next_say_us = now_us + self->chat_us;
}

static void
send_cb (gpointer user_data)
{
  Pump *self = user_data;
  gint64 now_us = udpnat_clock_get_now_us ();
  gsize n_taken = CHUNK_BYTES;

  if (!g_main_loop_is_running (self->loop))
    return; /* it has reported */
  read_streams (self, now_us);
  if (udpnat_session_get_state (self->session) != UDPNAT_SESSION_STATE_ESTABLISHED)
    return;
  if (self->started_us == 0)
    {
      self->started_us = now_us;
      self->end_us += self->end_us == UDPNAT_TIME_NEVER ? 0 : now_us;
    }
  if (self->first_us == 0 && count_acked (self) >= 100000000)
    self->first_us = now_us;
  say (self, now_us);
  while (!self->is_silent && n_taken == CHUNK_BYTES
         && (self->n_total == 0 || self->n_written < self->n_total))
    {
      n_taken = udpnat_session_stream_write (self->session, UDPNAT_STREAM_FILES, chunk,
                                             CHUNK_BYTES);
      self->n_written += n_taken;
    }
  if (now_us >= self->end_us || (self->n_total > 0 && count_acked (self) >= self->n_total))
    report (self, now_us);
}

static gboolean
begin_sending (Pump  *self,
               int    argc,
               char **argv)
{
  g_autoptr (UdpnatIdentity) receiver = make_identity (1);
  UdpnatSessionConfig config = get_config (self);
  guint8 timestamp[UDPNAT_TIMESTAMP_BYTES];

  if (!udpnat_address_parse_ip (&self->remote, argv[2], (guint16) atoi (argv[3])))
    return FALSE;
  self->is_silent = g_str_equal (argv[4], "0");
  if (self->is_silent || g_str_has_suffix (argv[4], "s"))
    self->end_us = self->is_silent ? UDPNAT_SEC (3) : UDPNAT_SEC (atoi (argv[4]));
  else
    self->n_total = strtoull (argv[4], NULL, 10) * 1000000;
  self->chat_us = argc > 5 ? UDPNAT_MSEC (atoi (argv[5])) : 0;
  self->delays = g_new (double, SAYINGS_MAX);
  randombytes_buf (chunk, sizeof chunk);
  self->session = udpnat_session_new_initiator (&config, udpnat_identity_get_public_key (receiver),
                                                udpnat_clock_get_now_us ());
  udpnat_timestamp_from_us (g_get_real_time (), timestamp);
  udpnat_session_start_handshake (self->session, udpnat_clock_get_now_us (), timestamp, NULL, 0);
  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  gboolean is_sender = argc >= 5 && g_str_equal (argv[1], "send");
  gboolean is_receiver = argc == 3 && g_str_equal (argv[1], "receive");
  Pump self = { .machine = { &pump_class }, .end_us = UDPNAT_TIME_NEVER };
  UdpnatRandom random;
  UdpnatSocket *sockets[1];

  if ((!is_sender && !is_receiver) || !udpnat_crypto_init ())
    return 2;
  random = bench_random ();
  self.identity = make_identity (is_sender ? 2 : 1);
  self.indexes = udpnat_index_table_new (&random);
  self.loop = g_main_loop_new (NULL, FALSE);
  if (is_sender && !begin_sending (&self, argc, argv))
    return 2;
  sockets[0] = udpnat_socket_new (NULL, is_sender ? 0 : (guint16) atoi (argv[2]), 0, NULL);
  if (sockets[0] == NULL)
    return 1;
  self.socket = sockets[0];
  self.source = udpnat_machine_source_new (&self.machine, sockets, 1,
                                           is_sender ? send_cb : receive_cb, &self);
  g_source_attach (self.source, NULL);
  if (is_receiver)
    {
      g_unix_signal_add (SIGTERM, end_cb, &self);
      g_unix_signal_add (SIGUSR1, look_cb, &self);
    }
  g_main_loop_run (self.loop);

  udpnat_machine_source_flush (self.source);
  g_source_destroy (self.source);
  g_source_unref (self.source);
  udpnat_socket_free (sockets[0]);
  udpnat_session_free (self.session);
  udpnat_index_table_free (self.indexes);
  udpnat_identity_free (self.identity);
  g_main_loop_unref (self.loop);
  g_free (self.delays);
  return 0;
}
