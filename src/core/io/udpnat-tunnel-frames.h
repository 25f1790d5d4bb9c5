#pragma once

#include "udpnat-limits.h"

G_BEGIN_DECLS

#define UDPNAT_TUNNEL_FRAME_MAX_BYTES (UDPNAT_TUNNEL_HEADER_BYTES + UDPNAT_DATAGRAM_BASE_BYTES)

/**
 * UdpnatTunnelReader:
 * @n_bytes: of a frame that has not come to its end
 *
 * Takes datagrams out of the bytes of a connection, however those are cut. All zero at first.
 */
typedef struct
{
  guint8 bytes[UDPNAT_TUNNEL_FRAME_MAX_BYTES];
  gsize  n_bytes;
} UdpnatTunnelReader;

typedef enum
{
  UDPNAT_TUNNEL_READ_MORE,      /* all of it was taken, and more is needed */
  UDPNAT_TUNNEL_READ_FRAME,
  UDPNAT_TUNNEL_READ_MALFORMED, /* for good */
} UdpnatTunnelRead;

UdpnatTunnelRead udpnat_tunnel_reader_next  (UdpnatTunnelReader *self,
                                             const guint8      **data,
                                             gsize              *n_data,
                                             const guint8      **out_frame,
                                             gsize              *out_n_frame)
  G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_tunnel_write_header (gsize               n_frame,
                                             guint8              out[UDPNAT_TUNNEL_HEADER_BYTES]);

G_END_DECLS
