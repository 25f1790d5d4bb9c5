/* The least that sealed bytes can cost on this machine: packets of the same size as ours, each
 * sealed by libsodium in place, 64 to a system call, and nothing else but a window so that none is
 * lost. No packet is kept, repeated or paced; nobody else could be sent to. transfer.py compares
 * the session with it.
 *
 *     pump-bare receive PORT cut|whole
 *     pump-bare send IP PORT MEGABYTES cut|whole
 *
 * cut: the kernel cuts messages of 44 packets and joins them again (UDP_SEGMENT, UDP_GRO).
 */

#include "config.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

#define PACKET_BYTES 1472
#define HEAD_BYTES 16
#define TAG_BYTES 16
#define DATA_BYTES (PACKET_BYTES - HEAD_BYTES - TAG_BYTES)
#define PACKETS_IN_MESSAGE 44 /* 64,768 bytes */
#define BATCH 64
#define WINDOW 512
#define BUFFER_BYTES (1024 * 1024)

static guint8 key[crypto_aead_chacha20poly1305_ietf_KEYBYTES];
static guint8 packets[BATCH * PACKET_BYTES];
static guint8 messages[BATCH][65536];
static guint8 source[1048576];
static guint64 n_opened;

static void
make_nonce (guint64 number,
            guint8  nonce[12])
{
  memset (nonce, 0, 12);
  memcpy (nonce + 4, &number, sizeof number);
}

static void
seal (guint64 number,
      guint8 *packet)
{
  guint8 nonce[12];

  memset (packet, 0, HEAD_BYTES);
  memcpy (packet + 8, &number, sizeof number);
  make_nonce (number, nonce);
  memcpy (packet + HEAD_BYTES, source + number * DATA_BYTES % (sizeof source - DATA_BYTES),
          DATA_BYTES);
  crypto_aead_chacha20poly1305_ietf_encrypt_detached (packet + HEAD_BYTES,
                                                      packet + HEAD_BYTES + DATA_BYTES, NULL,
                                                      packet + HEAD_BYTES, DATA_BYTES, packet,
                                                      HEAD_BYTES, NULL, nonce, key);
}

static void
open_one (guint8 *packet,
          gsize   n_packet)
{
  guint8 nonce[12];
  guint64 number;

  if (n_packet != PACKET_BYTES)
    exit (1);
  memcpy (&number, packet + 8, sizeof number);
  make_nonce (number, nonce);
  if (crypto_aead_chacha20poly1305_ietf_decrypt_detached (packet + HEAD_BYTES, NULL,
                                                          packet + HEAD_BYTES, DATA_BYTES,
                                                          packet + HEAD_BYTES + DATA_BYTES,
                                                          packet, HEAD_BYTES, nonce, key) != 0)
    exit (1);
  n_opened++;
}

static int
open_socket (guint16 port)
{
  struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons (port) };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), n = BUFFER_BYTES;

  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof n);
  setsockopt (fd, SOL_SOCKET, SO_SNDBUF, &n, sizeof n);
  if (bind (fd, (struct sockaddr *) &own, sizeof own) != 0)
    exit (1);
  return fd;
}

/* ---- Receiving ---- */

static void
receive_all (int      fd,
             gboolean is_cut)
{
  struct sockaddr_in names[BATCH];
  struct mmsghdr headers[BATCH];
  struct iovec buffers[BATCH];
  int on = 1;

  if (is_cut && setsockopt (fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0)
    exit (1);
  for (;;)
    {
      int n;

      for (guint i = 0; i < BATCH; i++)
        {
          buffers[i] = (struct iovec) { messages[i], sizeof messages[i] };
          memset (&headers[i], 0, sizeof headers[i]);
          headers[i].msg_hdr.msg_name = &names[i];
          headers[i].msg_hdr.msg_namelen = sizeof names[i];
          headers[i].msg_hdr.msg_iov = &buffers[i];
          headers[i].msg_hdr.msg_iovlen = 1;
        }
      n = recvmmsg (fd, headers, BATCH, MSG_WAITFORONE, NULL);
      for (int i = 0; i < n; i++)
        {
          /* A new sender */
          if (headers[i].msg_len == 1)
            n_opened = 0;
          else
            for (guint at = 0; at < headers[i].msg_len; at += PACKET_BYTES)
              open_one (messages[i] + at, MIN (PACKET_BYTES, headers[i].msg_len - at));
        }
      sendto (fd, &n_opened, sizeof n_opened, 0, (struct sockaddr *) &names[0], sizeof names[0]);
    }
}

/* ---- Sending ---- */

static double
get_s (clockid_t clock)
{
  struct timespec now;

  clock_gettime (clock, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static guint64
send_some (int                 fd,
           struct sockaddr_in *to,
           guint64             number,
           gboolean            is_cut)
{
  struct mmsghdr headers[BATCH];
  struct iovec buffers[BATCH];
  union
  {
    struct cmsghdr header;
    guint8 bytes[CMSG_SPACE (sizeof (guint16))];
  } control = { .header = { .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT,
                            .cmsg_len = CMSG_LEN (sizeof (guint16)) } };
  const guint n_packets = is_cut ? PACKETS_IN_MESSAGE : BATCH;
  const guint n_messages = is_cut ? 1 : BATCH;

  *(guint16 *) CMSG_DATA (&control.header) = PACKET_BYTES;
  for (guint i = 0; i < n_packets; i++)
    seal (number + i, packets + i * PACKET_BYTES);
  memset (headers, 0, sizeof headers);
  for (guint i = 0; i < n_messages; i++)
    {
      buffers[i] = (struct iovec) { packets + i * PACKET_BYTES,
                                    is_cut ? n_packets * PACKET_BYTES : PACKET_BYTES };
      headers[i].msg_hdr = (struct msghdr) {
        .msg_name = to,
        .msg_namelen = sizeof *to,
        .msg_iov = &buffers[i],
        .msg_iovlen = 1,
        .msg_control = is_cut ? &control : NULL,
        .msg_controllen = is_cut ? sizeof control : 0,
      };
    }
  if (sendmmsg (fd, headers, n_messages, 0) != (int) n_messages)
    exit (1);
  return number + n_packets;
}

static void
send_all (int                 fd,
          struct sockaddr_in *to,
          guint64             n_total,
          gboolean            is_cut)
{
  guint64 n_sent = 0, n_acked = 0;
  double start_s, seconds;

  randombytes_buf (source, sizeof source);
  sendto (fd, "", 1, 0, (struct sockaddr *) to, sizeof *to);
  if (recv (fd, &n_acked, sizeof n_acked, 0) != sizeof n_acked)
    exit (1);
  start_s = get_s (CLOCK_MONOTONIC);
  while (n_acked < n_total)
    {
      guint64 n;

      if (n_sent < n_total && n_sent - n_acked < WINDOW)
        n_sent = send_some (fd, to, n_sent, is_cut);
      while (recv (fd, &n, sizeof n, n_sent - n_acked < WINDOW && n_sent < n_total
                                     ? MSG_DONTWAIT : 0) == sizeof n)
        {
          n_acked = MAX (n_acked, n);
          if (n_acked >= n_total)
            break;
        }
    }
  seconds = get_s (CLOCK_MONOTONIC) - start_s;
  printf ("{\"mb_s\": %.2f, \"seconds\": %.3f, \"packets\": %" G_GUINT64_FORMAT
          ", \"cpu_s\": %.3f}\n", n_sent * DATA_BYTES / 1e6 / seconds, seconds, n_sent,
          get_s (CLOCK_PROCESS_CPUTIME_ID));
}

int
main (int    argc,
      char **argv)
{
  gboolean is_cut = argc > 3 && g_str_equal (argv[argc - 1], "cut");

  if (sodium_init () < 0)
    return 1;
  if (argc == 4 && g_str_equal (argv[1], "receive"))
    receive_all (open_socket ((guint16) atoi (argv[2])), is_cut);
  if (argc == 6 && g_str_equal (argv[1], "send"))
    {
      struct sockaddr_in to = { .sin_family = AF_INET,
                                .sin_port = htons ((guint16) atoi (argv[3])) };

      inet_pton (AF_INET, argv[2], &to.sin_addr);
      send_all (open_socket (0), &to, strtoull (argv[4], NULL, 10) * 1000000 / DATA_BYTES, is_cut);
      return 0;
    }
  return 2;
}
