/* The floor of every UDP server: what comes is sent back, 64 datagrams to a system call, by one
 * thread that waits in recvmmsg(2) and does nothing else. server.py compares others with it. */

#include "config.h"

#include <glib.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 64
#define DATAGRAM_BYTES 2048

int
main (int    argc,
      char **argv)
{
  static guint8 data[BATCH][DATAGRAM_BYTES];
  struct sockaddr_in names[BATCH];
  struct mmsghdr messages[BATCH];
  struct iovec buffers[BATCH];
  struct sockaddr_in own = { .sin_family = AF_INET };
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (argc != 2)
    return 2;
  own.sin_port = htons ((guint16) atoi (argv[1]));
  if (bind (fd, (struct sockaddr *) &own, sizeof own) != 0)
    return 1;
  for (;;)
    {
      int n_received, n_sent = 0;

      for (guint i = 0; i < BATCH; i++)
        {
          buffers[i] = (struct iovec) { data[i], sizeof data[i] };
          memset (&messages[i], 0, sizeof messages[i]);
          messages[i].msg_hdr.msg_name = &names[i];
          messages[i].msg_hdr.msg_namelen = sizeof names[i];
          messages[i].msg_hdr.msg_iov = &buffers[i];
          messages[i].msg_hdr.msg_iovlen = 1;
        }
      n_received = recvmmsg (fd, messages, BATCH, MSG_WAITFORONE, NULL);
      for (int i = 0; i < n_received; i++)
        buffers[i].iov_len = messages[i].msg_len;
      while (n_sent < n_received)
        {
          int n = sendmmsg (fd, messages + n_sent, (guint) (n_received - n_sent), 0);

          if (n <= 0)
            break;
          n_sent += n;
        }
    }
}
