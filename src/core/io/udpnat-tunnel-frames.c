/* Datagrams in a stream (PROTOCOL.md section 18): the length in two bytes, big-endian, then the
 * datagram. A length that no datagram has is not ours: most likely it is somebody else's server who
 * says so in words. */

#include "config.h"

#include "udpnat-tunnel-frames.h"

#include <string.h>

static void
take (UdpnatTunnelReader *self,
      gsize               n_wanted,
      const guint8      **data,
      gsize              *n_data)
{
  gsize n = MIN (n_wanted - MIN (n_wanted, self->n_bytes), *n_data);

  if (n == 0)
    return;
  memcpy (self->bytes + self->n_bytes, *data, n);
  self->n_bytes += n;
  *data += n;
  *n_data -= n;
}

/**
 * udpnat_tunnel_reader_next:
 * @data: (inout) (array length=n_data): what has come; moved behind what was taken
 * @out_frame: (out) (array length=out_n_frame): lent until the next call, of a FRAME
 *
 * To be called until it says MORE or MALFORMED.
 */
UdpnatTunnelRead
udpnat_tunnel_reader_next (UdpnatTunnelReader *self,
                           const guint8      **data,
                           gsize              *n_data,
                           const guint8      **out_frame,
                           gsize              *out_n_frame)
{
  gsize n_frame;

  take (self, UDPNAT_TUNNEL_HEADER_BYTES, data, n_data);
  if (self->n_bytes < UDPNAT_TUNNEL_HEADER_BYTES)
    return UDPNAT_TUNNEL_READ_MORE;
  n_frame = (gsize) self->bytes[0] << 8 | self->bytes[1];
  if (n_frame == 0 || n_frame > UDPNAT_DATAGRAM_BASE_BYTES)
    return UDPNAT_TUNNEL_READ_MALFORMED;
  take (self, UDPNAT_TUNNEL_HEADER_BYTES + n_frame, data, n_data);
  if (self->n_bytes < UDPNAT_TUNNEL_HEADER_BYTES + n_frame)
    return UDPNAT_TUNNEL_READ_MORE;
  self->n_bytes = 0;
  *out_frame = self->bytes + UDPNAT_TUNNEL_HEADER_BYTES;
  *out_n_frame = n_frame;
  return UDPNAT_TUNNEL_READ_FRAME;
}

/** udpnat_tunnel_write_header: what goes before a datagram of @n_frame bytes */
void
udpnat_tunnel_write_header (gsize  n_frame,
                            guint8 out[UDPNAT_TUNNEL_HEADER_BYTES])
{
  g_assert (n_frame > 0 && n_frame <= UDPNAT_DATAGRAM_BASE_BYTES);
  out[0] = (guint8) (n_frame >> 8);
  out[1] = (guint8) n_frame;
}
