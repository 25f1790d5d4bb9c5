/* Receiving what the kernel has joined. A message is then up to 64 KiB of datagrams of one sender,
 * all of the size that a control message tells but for the last, which may be shorter. What does
 * not fit into the caller's array waits here for the next call.
 *
 * A place is in two parts, so that while nothing is joined only the heads are touched, which lie
 * close together.
 */

#include "config.h"

#include "udpnat-socket-joined-private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "udpnat-sockaddr.h"
#include "udpnat-socket.h"

#ifndef UDP_GRO
#define UDP_GRO 104 /* since Linux 5.0; not in the headers of older C libraries */
#endif

#define HEAD_BYTES UDPNAT_DATAGRAM_MAX_BYTES
#define TAIL_BYTES (65536 - HEAD_BYTES)
/* A pending error (ICMP) makes one call fail and is gone then. */
#define TRIES 4

typedef union
{
  struct cmsghdr header;
  guint8         bytes[CMSG_SPACE (sizeof (int))];
} Control;

struct _UdpnatSocketJoined
{
  int    fd; /* borrowed */
  guint  first;      /* message that is not handed out yet, or not all of it */
  guint  n_messages; /* read */
  gsize  offset;     /* in that message */
  guint8 *tails;     /* UDPNAT_SOCKET_BATCH of TAIL_BYTES */
  guint8  heads[UDPNAT_SOCKET_BATCH][HEAD_BYTES];

  struct mmsghdr          messages[UDPNAT_SOCKET_BATCH];
  struct iovec            buffers[UDPNAT_SOCKET_BATCH][2];
  struct sockaddr_storage names[UDPNAT_SOCKET_BATCH];
  Control                 controls[UDPNAT_SOCKET_BATCH];
};

/**
 * udpnat_socket_joined_new:
 * @fd: a UDP socket; borrowed
 *
 * Returns: (nullable): %NULL when the kernel cannot join datagrams
 */
UdpnatSocketJoined *
udpnat_socket_joined_new (int fd)
{
  UdpnatSocketJoined *self;
  int on = 1;

  if (setsockopt (fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) != 0)
    return NULL;
  self = g_new0 (UdpnatSocketJoined, 1);
  self->fd = fd;
  self->tails = g_malloc ((gsize) UDPNAT_SOCKET_BATCH * TAIL_BYTES);
  return self;
}

void
udpnat_socket_joined_free (UdpnatSocketJoined *self)
{
  if (self == NULL)
    return;
  g_free (self->tails);
  g_free (self);
}

/** udpnat_socket_joined_has_more: Returns: whether something waits here, of which poll(2) knows
 * nothing */
gboolean
udpnat_socket_joined_has_more (const UdpnatSocketJoined *self)
{
  return self->first < self->n_messages;
}

static guint8 *
get_tail (const UdpnatSocketJoined *self,
          guint                     message)
{
  return self->tails + (gsize) message * TAIL_BYTES;
}

static void
prepare (UdpnatSocketJoined *self)
{
  for (guint i = 0; i < UDPNAT_SOCKET_BATCH; i++)
    {
      self->buffers[i][0] = (struct iovec) { self->heads[i], HEAD_BYTES };
      self->buffers[i][1] = (struct iovec) { get_tail (self, i), TAIL_BYTES };
      self->messages[i].msg_hdr = (struct msghdr) {
        .msg_name = &self->names[i],
        .msg_namelen = sizeof self->names[i],
        .msg_iov = self->buffers[i],
        .msg_iovlen = G_N_ELEMENTS (self->buffers[i]),
        .msg_control = &self->controls[i],
        .msg_controllen = sizeof self->controls[i],
      };
    }
}

static void
read_more (UdpnatSocketJoined *self)
{
  self->first = self->n_messages = 0;
  self->offset = 0;
  for (guint i = 0; i < TRIES; i++)
    {
      int n_received;

      prepare (self);
      n_received = recvmmsg (self->fd, self->messages, UDPNAT_SOCKET_BATCH, MSG_DONTWAIT, NULL);
      if (n_received >= 0)
        self->n_messages = n_received;
      if (n_received >= 0 || errno == EAGAIN)
        return;
    }
}

/* Returns: the size of all datagrams but the last in the message */
static gsize
get_segment (const UdpnatSocketJoined *self,
             guint                     message)
{
  const struct cmsghdr *control = CMSG_FIRSTHDR (&self->messages[message].msg_hdr);
  int n_segment;

  if (control == NULL || control->cmsg_level != IPPROTO_UDP || control->cmsg_type != UDP_GRO)
    return G_MAXSIZE;
  memcpy (&n_segment, CMSG_DATA (control), sizeof n_segment);
  return n_segment > 0 ? (gsize) n_segment : G_MAXSIZE;
}

/* @n_data: from where the last call left off in the first message */
static void
copy (const UdpnatSocketJoined *self,
      gsize                     n_data,
      guint8                   *out)
{
  gsize n_left_in_head = HEAD_BYTES - MIN (self->offset, HEAD_BYTES);
  gsize n_from_head = MIN (n_data, n_left_in_head);
  gsize tail_offset = self->offset + n_from_head - HEAD_BYTES;

  if (n_from_head > 0)
    memcpy (out, self->heads[self->first] + self->offset, n_from_head);
  if (n_data > n_from_head)
    memcpy (out + n_from_head, get_tail (self, self->first) + tail_offset, n_data - n_from_head);
}

/* Returns: %FALSE when the next datagram is too long for anybody */
static gboolean
take_next (UdpnatSocketJoined *self,
           UdpnatDatagram     *out_datagram)
{
  const gsize n_message = self->messages[self->first].msg_len;
  const gsize n_data = MIN (get_segment (self, self->first), n_message - self->offset);
  gboolean    is_fitting = n_data <= sizeof out_datagram->data;

  if (is_fitting)
    {
      out_datagram->n_data = n_data;
      copy (self, n_data, out_datagram->data);
      udpnat_sockaddr_to_address (&self->names[self->first], &out_datagram->remote);
    }
  self->offset += n_data;
  if (self->offset >= n_message)
    {
      self->first++;
      self->offset = 0;
    }
  return is_fitting;
}

/**
 * udpnat_socket_joined_read:
 * @out_datagrams: (array length=n_max): `data`, `n_data` and `remote` are filled in
 * @n_oversize: (inout): counts those of more than %UDPNAT_DATAGRAM_MAX_BYTES, which are dropped
 *
 * Takes what waits here, else one system call's worth of what has arrived, without waiting.
 *
 * Returns: how many were written
 */
guint
udpnat_socket_joined_read (UdpnatSocketJoined *self,
                           UdpnatDatagram     *out_datagrams,
                           guint               n_max,
                           guint64            *n_oversize)
{
  guint n_taken = 0;

  if (n_max > 0 && !udpnat_socket_joined_has_more (self))
    read_more (self);
  while (n_taken < n_max && udpnat_socket_joined_has_more (self))
    if (take_next (self, &out_datagrams[n_taken]))
      n_taken++;
    else
      ++*n_oversize;
  return n_taken;
}
