/* Random bytes from the kernel, for machines in the real world. getrandom(2) without flags waits
 * for the pool to be seeded (early boot only) and cannot fail after that, whatever happens to /dev
 * or to the number of open files.
 */

#include "config.h"

#include "udpnat-system-random.h"

#include <errno.h>
#include <sys/random.h>

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  while (n_out > 0)
    {
      /* More than 256 bytes may come in pieces when a signal arrives (getrandom(2),
       * "Interruption by a signal"). */
      ssize_t n_read = getrandom (out, n_out, 0);

      if (n_read < 0)
        {
          if (errno == EINTR)
            continue;
          /* No key may ever be made from less: going on is not an option. */
          g_error ("The system gives no random bytes: %s", g_strerror (errno));
        }
      out += n_read;
      n_out -= (gsize) n_read;
    }
}

/**
 * udpnat_system_random:
 *
 * Returns: the kernel's random source, fit for keys; needs no cleaning up
 */
UdpnatRandom
udpnat_system_random (void)
{
  return (UdpnatRandom) { .fill = fill };
}
