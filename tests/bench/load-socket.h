#pragma once

#include <glib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "udpnat-limits.h"

G_BEGIN_DECLS

#define LOAD_SOCKET_BATCH 256

/**
 * LoadSocket:
 *
 * One socket of which every datagram leaves from an address of 127.0.0.0/8 that the caller names,
 * so that it can stand for very many people on this machine. Never waits.
 */
typedef struct
{
  int                fd;
  struct sockaddr_in server;

  /* what goes out with the next system call */
  guint8             data[LOAD_SOCKET_BATCH][UDPNAT_DATAGRAM_MAX_BYTES];
  _Alignas (struct cmsghdr)
  guint8             controls[LOAD_SOCKET_BATCH][CMSG_SPACE (sizeof (struct in_pktinfo))];
  struct mmsghdr     messages[LOAD_SOCKET_BATCH];
  struct iovec       buffers[LOAD_SOCKET_BATCH];
  guint              n_out;
} LoadSocket;

/* A datagram from the server to @to, in host order. */
typedef void (*LoadSocketTake) (gpointer user_data,
                                guint32  to,
                                guint8  *data,
                                gsize    n_data);

void  load_socket_open    (LoadSocket     *self,
                           guint16         server_port);
void  load_socket_put     (LoadSocket     *self,
                           guint32         from,
                           const guint8   *data,
                           gsize           n_data);
void  load_socket_flush   (LoadSocket     *self);
guint load_socket_receive (LoadSocket     *self,
                           void          (*begin) (gpointer user_data),
                           LoadSocketTake  take,
                           gpointer        user_data);

G_END_DECLS
