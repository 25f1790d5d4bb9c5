/* What test-soak.py puts into a server to see whether a soak notices: keeps some memory, and now
 * and then a descriptor, for the datagrams that come. For LD_PRELOAD. */

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LEAK_BYTES 16384
#define TIMES_PER_DESCRIPTOR 200

/* Not static: what nothing leads to might be left out. */
void *last_leak;

int
recvmmsg (int              fd,
          struct mmsghdr  *messages,
          unsigned         n_messages,
          int              flags,
          struct timespec *timeout)
{
  static int (*next) (int, struct mmsghdr *, unsigned, int, struct timespec *);
  static unsigned n_times;
  int n;

  if (next == NULL)
    *(void **) &next = dlsym (RTLD_NEXT, "recvmmsg");
  n = next (fd, messages, n_messages, flags, timeout);
  if (n <= 0)
    return n;
  last_leak = malloc (LEAK_BYTES);
  memset (last_leak, 1, LEAK_BYTES);
  if (++n_times % TIMES_PER_DESCRIPTOR == 0)
    (void) !open ("/dev/null", O_RDONLY | O_CLOEXEC);
  return n;
}
