#include "config.h"

#include "udpnat-writer.h"

#include <string.h>

/* The other half of udpnat-reader.c: big-endian fields into a buffer that cannot grow, because
 * datagrams cannot either. */

/**
 * udpnat_writer_init:
 * @data: (array length=n_capacity) (nullable): lent; must outlive the writer
 *
 * Starts at the first byte of @data.
 */
void
udpnat_writer_init (UdpnatWriter *self,
                    guint8       *data,
                    gsize         n_capacity)
{
  g_assert (data != NULL || n_capacity == 0);

  *self = (UdpnatWriter) { .data = data, .n_capacity = n_capacity };
}

/**
 * udpnat_writer_reserve:
 * @n: how many
 *
 * Makes room for @n bytes that the caller fills in at once; until then they are whatever was there.
 *
 * Returns: (nullable): the room, in the writer's data; %NULL when it does not fit or @n is 0
 */
guint8 *
udpnat_writer_reserve (UdpnatWriter *self,
                       gsize         n)
{
  guint8 *room;

  if (self->failed || n > self->n_capacity - self->n_written)
    {
      self->failed = TRUE;
      return NULL;
    }

  if (n == 0)
    return NULL;

  room = self->data + self->n_written;
  self->n_written += n;

  return room;
}

static void
write_number (UdpnatWriter *self,
              guint64       value,
              guint         n_bytes)
{
  guint8 *room = udpnat_writer_reserve (self, n_bytes);

  if (room == NULL)
    return;

  for (guint i = 0; i < n_bytes; i++)
    room[i] = (guint8) (value >> (8 * (n_bytes - 1 - i)));
}

void
udpnat_writer_u8 (UdpnatWriter *self,
                  guint8        value)
{
  write_number (self, value, 1);
}

void
udpnat_writer_u16 (UdpnatWriter *self,
                   guint16       value)
{
  write_number (self, value, 2);
}

void
udpnat_writer_u32 (UdpnatWriter *self,
                   guint32       value)
{
  write_number (self, value, 4);
}

void
udpnat_writer_u64 (UdpnatWriter *self,
                   guint64       value)
{
  write_number (self, value, 8);
}

void
udpnat_writer_bytes (UdpnatWriter *self,
                     const guint8 *bytes,
                     gsize         n)
{
  guint8 *room = udpnat_writer_reserve (self, n);

  if (room != NULL)
    memcpy (room, bytes, n);
}

void
udpnat_writer_zeros (UdpnatWriter *self,
                     gsize         n)
{
  guint8 *room = udpnat_writer_reserve (self, n);

  if (room != NULL)
    memset (room, 0, n);
}

/**
 * udpnat_writer_address:
 * @address: what to write
 *
 * Writes the 19 bytes of @address, of a tunnel those of its end. An unset address has no bytes and
 * fails like one that does not fit: whether an address is known may depend on what a peer did, so
 * it must not stop the program.
 */
void
udpnat_writer_address (UdpnatWriter        *self,
                       const UdpnatAddress *address)
{
  UdpnatAddress end;
  guint8 *room;

  if (!udpnat_address_is_set (address))
    self->failed = TRUE;
  udpnat_address_get_end (address, &end);

  room = udpnat_writer_reserve (self, UDPNAT_ADDRESS_WIRE_BYTES);
  if (room == NULL)
    return;

  room[0] = end.family;
  memcpy (room + 1, end.ip, 16);
  room[17] = (guint8) (end.port >> 8);
  room[18] = (guint8) end.port;
}

/**
 * udpnat_writer_left:
 *
 * Returns: how many bytes still fit; 0 after a failure
 */
gsize
udpnat_writer_left (const UdpnatWriter *self)
{
  return self->failed ? 0 : self->n_capacity - self->n_written;
}
