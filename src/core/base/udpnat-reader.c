#include "config.h"

#include "udpnat-reader.h"

#include <string.h>

/* Bounds-checked reading of big-endian fields. It knows the layout of numbers and of addresses
 * (PROTOCOL.md section 1), nothing of packets. */

/**
 * udpnat_reader_init:
 * @data: (array length=n_data) (nullable): lent; must outlive the reader
 *
 * Starts at the first byte of @data.
 */
void
udpnat_reader_init (UdpnatReader *self,
                    const guint8 *data,
                    gsize         n_data)
{
  g_assert (data != NULL || n_data == 0);

  /* Never NULL, so that a length of zero can be told from a failure. */
  *self = (UdpnatReader) { .data = data != NULL ? data : (const guint8 *) "", .n_data = n_data };
}

/**
 * udpnat_reader_bytes:
 * @n: how many, may be 0
 *
 * Steps over @n bytes.
 *
 * Returns: (nullable) (array length=n): the bytes, lent by the reader's data, or %NULL on failure
 */
const guint8 *
udpnat_reader_bytes (UdpnatReader *self,
                     gsize         n)
{
  const guint8 *bytes;

  if (self->failed || n > self->n_data - self->offset)
    {
      self->failed = TRUE;
      return NULL;
    }

  bytes = self->data + self->offset;
  self->offset += n;

  return bytes;
}

static guint64
read_number (UdpnatReader *self,
             guint         n_bytes)
{
  const guint8 *bytes = udpnat_reader_bytes (self, n_bytes);
  guint64 value = 0;

  if (bytes == NULL)
    return 0;

  for (guint i = 0; i < n_bytes; i++)
    value = value << 8 | bytes[i];

  return value;
}

guint8
udpnat_reader_u8 (UdpnatReader *self)
{
  return (guint8) read_number (self, 1);
}

guint16
udpnat_reader_u16 (UdpnatReader *self)
{
  return (guint16) read_number (self, 2);
}

guint32
udpnat_reader_u32 (UdpnatReader *self)
{
  return (guint32) read_number (self, 4);
}

guint64
udpnat_reader_u64 (UdpnatReader *self)
{
  return read_number (self, 8);
}

/**
 * udpnat_reader_copy:
 * @out: (array length=n): untouched on failure
 *
 * Returns: %FALSE when fewer than @n bytes are left
 */
gboolean
udpnat_reader_copy (UdpnatReader *self,
                    guint8       *out,
                    gsize         n)
{
  const guint8 *bytes = udpnat_reader_bytes (self, n);

  if (bytes == NULL)
    return FALSE;

  if (n > 0)
    memcpy (out, bytes, n);

  return TRUE;
}

/**
 * udpnat_reader_address:
 * @out_address: set to %UDPNAT_ADDRESS_NONE on failure
 *
 * Reads the 19 bytes of an address. An IPv4-mapped one becomes IPv4. Says nothing about whether it
 * is wise to send there: see udpnat_address_get_scope().
 *
 * Returns: %FALSE when bytes are missing, the family is unknown, or an IPv4 address has more than
 *   four bytes
 */
gboolean
udpnat_reader_address (UdpnatReader  *self,
                       UdpnatAddress *out_address)
{
  static const guint8 zeros[12];
  guint8 family = udpnat_reader_u8 (self);
  const guint8 *ip = udpnat_reader_bytes (self, 16);
  guint16 port = udpnat_reader_u16 (self);

  *out_address = UDPNAT_ADDRESS_NONE;
  if (self->failed)
    return FALSE;

  if (family == UDPNAT_FAMILY_IPV4 && memcmp (ip + 4, zeros, sizeof zeros) == 0)
    udpnat_address_init_ipv4 (out_address, ip, port);
  else if (family == UDPNAT_FAMILY_IPV6)
    udpnat_address_init_ipv6 (out_address, ip, port);
  else
    self->failed = TRUE;

  return !self->failed;
}

/**
 * udpnat_reader_left:
 *
 * Returns: bytes not read yet; 0 after a failure
 */
gsize
udpnat_reader_left (const UdpnatReader *self)
{
  return self->failed ? 0 : self->n_data - self->offset;
}

/**
 * udpnat_reader_is_done:
 *
 * Returns: whether everything was read and nothing failed
 */
gboolean
udpnat_reader_is_done (const UdpnatReader *self)
{
  return !self->failed && self->offset == self->n_data;
}
