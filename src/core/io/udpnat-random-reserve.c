/* Random bytes in reserve. Each is given out once and wiped at once, so memory holds those of the
 * future only, as it holds keys. For one thread, and not across a fork: both would share them. */

#include "config.h"

#include "udpnat-random-reserve.h"

#include <string.h>

#define RESERVE_BYTES 512

struct _UdpnatRandomReserve
{
  UdpnatRandom source;
  gsize        n_left; /* the last ones of @bytes */
  guint8       bytes[RESERVE_BYTES];
};

static void
fill (gpointer user_data,
      guint8  *out,
      gsize    n_out)
{
  UdpnatRandomReserve *self = user_data;
  guint8              *next;

  if (n_out > RESERVE_BYTES)
    {
      udpnat_random_fill (&self->source, out, n_out);
      return;
    }
  if (n_out > self->n_left)
    {
      memmove (self->bytes, self->bytes + (RESERVE_BYTES - self->n_left), self->n_left);
      udpnat_random_fill (&self->source, self->bytes + self->n_left,
                          RESERVE_BYTES - self->n_left);
      self->n_left = RESERVE_BYTES;
    }
  next = self->bytes + (RESERVE_BYTES - self->n_left);
  memcpy (out, next, n_out);
  explicit_bzero (next, n_out);
  self->n_left -= n_out;
}

/** udpnat_random_reserve_new: @source: copied; what it needs must outlive the reserve */
UdpnatRandomReserve *
udpnat_random_reserve_new (const UdpnatRandom *source)
{
  UdpnatRandomReserve *self = g_new0 (UdpnatRandomReserve, 1);

  self->source = *source;
  return self;
}

void
udpnat_random_reserve_free (UdpnatRandomReserve *self)
{
  if (self == NULL)
    return;
  explicit_bzero (self, sizeof *self);
  g_free (self);
}

/** udpnat_random_reserve_get: Returns: what takes from @self, which must outlive it */
UdpnatRandom
udpnat_random_reserve_get (UdpnatRandomReserve *self)
{
  return (UdpnatRandom) { .fill = fill, .user_data = self };
}
