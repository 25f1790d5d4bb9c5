/* Load for coturn on this machine: data that it relays (RFC 8656, ChannelData), as server-load.c
 * has it for ours, with the same lines of input and output.
 *
 *   turn-load PORT PID N-FLOWS
 *
 * Each flow is an allocation of a client with an address of its own in 127.0.0.0/8, with a channel
 * to one and the same peer. Kinds: "relay", each datagram by another flow than the one before;
 * "relay-flow", so many of one in a row as server-load.c sends. */

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "load-socket.h"

#include "udpnat-clock.h"
#include "udpnat-time.h"
#include "udpnat-writer.h"

#define BATCH 64
#define WINDOW 256
#define RELAYED_BYTES 1100
#define IN_A_ROW 16
#define LOST_AFTER_US UDPNAT_MSEC (200)
#define SETUP_US UDPNAT_SEC (10)

/* RFC 8656, sections 17 and 18 */
#define METHOD_ALLOCATE 0x0003
#define METHOD_CHANNEL_BIND 0x0009
#define IS_SUCCESS 0x0100
#define ATTRIBUTE_CHANNEL_NUMBER 0x000c
#define ATTRIBUTE_XOR_PEER_ADDRESS 0x0012
#define ATTRIBUTE_REQUESTED_TRANSPORT 0x0019
#define MAGIC_COOKIE 0x2112a442u
#define CHANNEL 0x4000

typedef struct
{
  LoadSocket socket; /* the clients' */
  int        peer;   /* to whom all of them send */
  guint16    peer_port;
  clockid_t  server_clock;
  guint      n_flows;
  guint64    n_sent;
  guint64    n_arrived;
  gint64     now_us;
} Load;

static void
put (Load               *self,
     guint               flow,
     const UdpnatWriter *writer)
{
  load_socket_put (&self->socket, 0x7f010001u + flow, writer->data, writer->n_written);
}

/* ---- Setting up ---- */

static void
begin_request (UdpnatWriter *writer,
               guint8        out[64],
               guint16       method,
               guint16       n_attributes,
               guint         flow)
{
  udpnat_writer_init (writer, out, 64);
  udpnat_writer_u16 (writer, method);
  udpnat_writer_u16 (writer, n_attributes);
  udpnat_writer_u32 (writer, MAGIC_COOKIE);
  udpnat_writer_u64 (writer, method);
  udpnat_writer_u32 (writer, flow);
}

static void
ask_allocation (Load *self,
                guint flow)
{
  guint8 request[64];
  UdpnatWriter writer;

  begin_request (&writer, request, METHOD_ALLOCATE, 8, flow);
  udpnat_writer_u16 (&writer, ATTRIBUTE_REQUESTED_TRANSPORT);
  udpnat_writer_u16 (&writer, 4);
  udpnat_writer_u32 (&writer, (guint32) IPPROTO_UDP << 24);
  put (self, flow, &writer);
}

static void
ask_channel (Load *self,
             guint flow)
{
  guint8 request[64];
  UdpnatWriter writer;

  begin_request (&writer, request, METHOD_CHANNEL_BIND, 20, flow);
  udpnat_writer_u16 (&writer, ATTRIBUTE_CHANNEL_NUMBER);
  udpnat_writer_u16 (&writer, 4);
  udpnat_writer_u32 (&writer, (guint32) CHANNEL << 16);
  udpnat_writer_u16 (&writer, ATTRIBUTE_XOR_PEER_ADDRESS);
  udpnat_writer_u16 (&writer, 8);
  udpnat_writer_u16 (&writer, 1); /* IPv4 */
  udpnat_writer_u16 (&writer, self->peer_port ^ (MAGIC_COOKIE >> 16));
  udpnat_writer_u32 (&writer, INADDR_LOOPBACK ^ MAGIC_COOKIE);
  put (self, flow, &writer);
}

/* One after the other, until the server says yes. */
static void
set_up (Load *self,
        void (*ask) (Load *self, guint flow),
        guint16 method)
{
  guint8 answer[1500];

  for (guint flow = 0; flow < self->n_flows; flow++)
    {
      gint64 end_us = udpnat_clock_get_now_us () + SETUP_US;
      gboolean is_done = FALSE;

      ask (self, flow);
      load_socket_flush (&self->socket);
      while (!is_done && udpnat_clock_get_now_us () < end_us)
        {
          gssize n = recv (self->socket.fd, answer, sizeof answer, MSG_DONTWAIT);

          if (n < 20)
            g_usleep (200);
          else if ((answer[0] << 8 | answer[1]) == (method | IS_SUCCESS) && answer[19] == flow)
            is_done = TRUE;
          else if ((answer[0] & 1) != 0 && (answer[1] & 0x10) != 0)
            g_error ("coturn refuses method %u", method);
        }
      if (!is_done)
        g_error ("coturn does not answer method %u", method);
    }
}

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
receive (Load *self)
{
  static guint8 data[BATCH][2048];
  struct mmsghdr messages[BATCH];
  struct iovec buffers[BATCH];
  int n;

  for (guint i = 0; i < BATCH; i++)
    {
      buffers[i] = (struct iovec) { data[i], sizeof data[i] };
      messages[i].msg_hdr = (struct msghdr) { .msg_iov = &buffers[i], .msg_iovlen = 1 };
    }
  n = recvmmsg (self->peer, messages, BATCH, MSG_DONTWAIT, NULL);
  self->n_arrived += n > 0 ? n : 0;
  self->now_us = udpnat_clock_get_now_us ();
}

static void
send_one (Load *self,
          guint in_a_row)
{
  guint8 data[4 + RELAYED_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_writer_u16 (&writer, CHANNEL);
  udpnat_writer_u16 (&writer, RELAYED_BYTES);
  udpnat_writer_zeros (&writer, RELAYED_BYTES);
  put (self, (guint) (self->n_sent++ / in_a_row % self->n_flows), &writer);
}

static void
run (Load       *self,
     const char *kind,
     guint       in_a_row,
     double      seconds)
{
  gint64 start_us = self->now_us, moved_us = self->now_us;
  gint64 end_us = start_us + (gint64) (seconds * 1e6);
  guint64 n_lost = 0, n_before;
  double cpu_us = get_server_cpu_us (self);

  self->n_sent = self->n_arrived = 0;
  while (self->now_us < end_us)
    {
      while (self->n_sent < self->n_arrived + n_lost + WINDOW)
        send_one (self, in_a_row);
      load_socket_flush (&self->socket);
      n_before = self->n_arrived;
      receive (self);
      if (self->n_arrived > n_before)
        moved_us = self->now_us;
      else if (self->now_us - moved_us > LOST_AFTER_US)
        {
          n_lost = self->n_sent - self->n_arrived;
          moved_us = self->now_us;
        }
    }
  cpu_us = get_server_cpu_us (self) - cpu_us;
  printf ("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %.3f %.0f\n", kind, self->n_sent,
          self->n_arrived, cpu_us / (double) MAX (self->n_arrived, 1),
          (double) self->n_arrived * 1e6 / (double) (self->now_us - start_us));
}

static void
open_peer (Load *self)
{
  struct sockaddr_in own = { .sin_family = AF_INET };
  socklen_t n_own = sizeof own;
  int n_buffer = 4 << 20;

  self->peer = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  setsockopt (self->peer, SOL_SOCKET, SO_RCVBUFFORCE, &n_buffer, sizeof n_buffer);
  if (bind (self->peer, (struct sockaddr *) &own, sizeof own) != 0)
    g_error ("bind: %s", g_strerror (errno));
  getsockname (self->peer, (struct sockaddr *) &own, &n_own);
  self->peer_port = ntohs (own.sin_port);
}

int
main (int    argc,
      char **argv)
{
  static Load load;
  char line[64];

  if (argc != 4)
    {
      fprintf (stderr, "usage: turn-load PORT PID N-FLOWS\n");
      return 2;
    }
  if (clock_getcpuclockid (atoi (argv[2]), &load.server_clock) != 0)
    g_error ("no such process: %s", argv[2]);
  load.n_flows = (guint) atoi (argv[3]);
  load_socket_open (&load.socket, (guint16) atoi (argv[1]));
  open_peer (&load);
  setvbuf (stdout, NULL, _IOLBF, 0);
  set_up (&load, ask_allocation, METHOD_ALLOCATE);
  set_up (&load, ask_channel, METHOD_CHANNEL_BIND);

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      g_auto (GStrv) words = g_strsplit (g_strstrip (line), " ", 3);
      double seconds = g_strv_length (words) > 1 ? atof (words[1]) : 1;

      load.now_us = udpnat_clock_get_now_us ();
      run (&load, words[0], strcmp (words[0], "relay-flow") == 0 ? IN_A_ROW : 1, seconds);
    }
  return 0;
}
