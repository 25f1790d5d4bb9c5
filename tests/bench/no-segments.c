/* A kernel that neither cuts nor joins datagrams, for ./dev bench transfer. */

#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <sys/socket.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO 104
#endif

int
setsockopt (int         fd,
            int         level,
            int         name,
            const void *value,
            socklen_t   n_value)
{
  int (*real) (int, int, int, const void *, socklen_t) = dlsym (RTLD_NEXT, "setsockopt");

  if (level == IPPROTO_UDP && name == UDP_GRO)
    {
      errno = ENOPROTOOPT;
      return -1;
    }
  return real (fd, level, name, value, n_value);
}

int
sendmmsg (int             fd,
          struct mmsghdr *messages,
          unsigned int    n_messages,
          int             flags)
{
  int (*real) (int, struct mmsghdr *, unsigned int, int) = dlsym (RTLD_NEXT, "sendmmsg");
  struct cmsghdr *control = n_messages > 0 ? CMSG_FIRSTHDR (&messages[0].msg_hdr) : NULL;

  if (control != NULL && control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_SEGMENT)
    {
      errno = EIO;
      return -1;
    }
  return real (fd, messages, n_messages, flags);
}
