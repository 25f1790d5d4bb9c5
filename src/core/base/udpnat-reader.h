#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/**
 * UdpnatReader:
 * @data: (array length=n_data): borrowed
 * @offset: bytes read so far
 * @failed: a read went past the end or met what the protocol forbids
 *
 * Reads big-endian fields from bytes that are not trusted. After the first failed read all later
 * ones give 0 or %NULL and move nothing, so a parser may read a whole message and look at @failed
 * once, at the end.
 */
typedef struct
{
  const guint8 *data;
  gsize         n_data;
  gsize         offset;
  gboolean      failed;
} UdpnatReader;

void          udpnat_reader_init    (UdpnatReader       *self,
                                     const guint8       *data,
                                     gsize               n_data);
guint8        udpnat_reader_u8      (UdpnatReader       *self);
guint16       udpnat_reader_u16     (UdpnatReader       *self);
guint32       udpnat_reader_u32     (UdpnatReader       *self);
guint64       udpnat_reader_u64     (UdpnatReader       *self);
const guint8 *udpnat_reader_bytes   (UdpnatReader       *self,
                                     gsize               n);
gboolean      udpnat_reader_copy    (UdpnatReader       *self,
                                     guint8             *out,
                                     gsize               n);
gboolean      udpnat_reader_address (UdpnatReader       *self,
                                     UdpnatAddress      *out_address);
gsize         udpnat_reader_left    (const UdpnatReader *self);
gboolean      udpnat_reader_is_done (const UdpnatReader *self);

G_END_DECLS
