#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/**
 * UdpnatWriter:
 * @data: (array length=n_capacity): borrowed
 * @n_written: bytes written so far
 * @failed: something did not fit
 *
 * Writes big-endian fields into a buffer of fixed size. What does not fit whole is not written at
 * all; it sets @failed, and nothing is written after that.
 */
typedef struct
{
  guint8  *data;
  gsize    n_capacity;
  gsize    n_written;
  gboolean failed;
} UdpnatWriter;

/* An address on the wire: family, 16 bytes IP, port. PROTOCOL.md section 1. */
#define UDPNAT_ADDRESS_WIRE_BYTES 19

void    udpnat_writer_init    (UdpnatWriter        *self,
                               guint8              *data,
                               gsize                n_capacity);
void    udpnat_writer_u8      (UdpnatWriter        *self,
                               guint8               value);
void    udpnat_writer_u16     (UdpnatWriter        *self,
                               guint16              value);
void    udpnat_writer_u32     (UdpnatWriter        *self,
                               guint32              value);
void    udpnat_writer_u64     (UdpnatWriter        *self,
                               guint64              value);
void    udpnat_writer_bytes   (UdpnatWriter        *self,
                               const guint8        *bytes,
                               gsize                n);
void    udpnat_writer_zeros   (UdpnatWriter        *self,
                               gsize                n);
void    udpnat_writer_address (UdpnatWriter        *self,
                               const UdpnatAddress *address);
guint8 *udpnat_writer_reserve (UdpnatWriter        *self,
                               gsize                n);
gsize   udpnat_writer_left    (const UdpnatWriter  *self);

G_END_DECLS
