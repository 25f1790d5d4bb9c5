#include "config.h"

#include "load-socket.h"

#include <errno.h>
#include <string.h>

/* Of the system's memory, both ways: what the server sends in a burst must not be lost here. */
#define BUFFER_BYTES (4 << 20)

/** load_socket_open: @server_port: at 127.0.0.1. Ends the program when it fails */
void
load_socket_open (LoadSocket *self,
                  guint16     server_port)
{
  struct sockaddr_in own = { .sin_family = AF_INET };
  int on = 1, n_buffer = BUFFER_BYTES;

  self->server = (struct sockaddr_in) {
    .sin_family = AF_INET,
    .sin_port = htons (server_port),
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  self->fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  setsockopt (self->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  setsockopt (self->fd, SOL_SOCKET, SO_RCVBUFFORCE, &n_buffer, sizeof n_buffer);
  setsockopt (self->fd, SOL_SOCKET, SO_SNDBUFFORCE, &n_buffer, sizeof n_buffer);
  if (bind (self->fd, (struct sockaddr *) &own, sizeof own) != 0)
    g_error ("bind: %s", g_strerror (errno));
}

void
load_socket_flush (LoadSocket *self)
{
  guint n_sent = 0;

  while (n_sent < self->n_out)
    {
      int n = sendmmsg (self->fd, self->messages + n_sent, self->n_out - n_sent, 0);

      if (n < 0 && errno != EAGAIN && errno != ENOBUFS)
        g_error ("sendmmsg: %s", g_strerror (errno));
      n_sent += n > 0 ? (guint) n : 0;
    }
  self->n_out = 0;
}

/** load_socket_put: @from: in host order. Leaves with others, or at load_socket_flush() */
void
load_socket_put (LoadSocket   *self,
                 guint32       from,
                 const guint8 *data,
                 gsize         n_data)
{
  guint i = self->n_out;
  struct msghdr *header = &self->messages[i].msg_hdr;
  struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl (from) };
  struct cmsghdr *control;

  memcpy (self->data[i], data, n_data);
  self->buffers[i] = (struct iovec) { self->data[i], n_data };
  *header = (struct msghdr) {
    .msg_name = &self->server,
    .msg_namelen = sizeof self->server,
    .msg_iov = &self->buffers[i],
    .msg_iovlen = 1,
    .msg_control = self->controls[i],
    .msg_controllen = sizeof self->controls[i],
  };
  control = CMSG_FIRSTHDR (header);
  control->cmsg_level = IPPROTO_IP;
  control->cmsg_type = IP_PKTINFO;
  control->cmsg_len = CMSG_LEN (sizeof info);
  memcpy (CMSG_DATA (control), &info, sizeof info);
  if (++self->n_out == LOAD_SOCKET_BATCH)
    load_socket_flush (self);
}

/**
 * load_socket_receive:
 * @begin: called before the first is taken, also when there is none
 * @take: for each that has come, up to %LOAD_SOCKET_BATCH
 *
 * Returns: how many
 */
guint
load_socket_receive (LoadSocket    *self,
                     void         (*begin) (gpointer user_data),
                     LoadSocketTake take,
                     gpointer       user_data)
{
  static guint8 data[LOAD_SOCKET_BATCH][2048];
  static _Alignas (struct cmsghdr) guint8 controls[LOAD_SOCKET_BATCH][256];
  struct mmsghdr messages[LOAD_SOCKET_BATCH];
  struct iovec buffers[LOAD_SOCKET_BATCH];
  int n;

  for (guint i = 0; i < LOAD_SOCKET_BATCH; i++)
    {
      buffers[i] = (struct iovec) { data[i], sizeof data[i] };
      messages[i].msg_hdr = (struct msghdr) {
        .msg_iov = &buffers[i],
        .msg_iovlen = 1,
        .msg_control = controls[i],
        .msg_controllen = sizeof controls[i],
      };
    }
  n = recvmmsg (self->fd, messages, LOAD_SOCKET_BATCH, MSG_DONTWAIT, NULL);
  begin (user_data);
  for (int i = 0; i < n; i++)
    {
      const struct cmsghdr *control = CMSG_FIRSTHDR (&messages[i].msg_hdr);
      struct in_pktinfo info = { 0 };

      if (control != NULL && control->cmsg_type == IP_PKTINFO)
        memcpy (&info, CMSG_DATA (control), sizeof info);
      take (user_data, ntohl (info.ipi_addr.s_addr), data[i], messages[i].msg_len);
    }
  return n > 0 ? (guint) n : 0;
}
