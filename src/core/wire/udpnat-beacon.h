#pragma once

#include "udpnat-limits.h"
#include "udpnat-reader.h"
#include "udpnat-writer.h"

G_BEGIN_DECLS

#define UDPNAT_BEACON_TYPE 12 /* beside the packet types of udpnat-packet.h, on a port of its own */
#define UDPNAT_BEACON_VERSION 1
#define UDPNAT_BEACON_KEY_BYTES 32
#define UDPNAT_BEACON_SIGNATURE_BYTES 64
/* Everything but a name of one byte. */
#define UDPNAT_BEACON_MIN_BYTES (48 + 2 + 1 + UDPNAT_BEACON_SIGNATURE_BYTES)

/**
 * UdpnatBeacon:
 * @is_leaving: the last one for now
 * @is_asking: the sender has just begun to listen, and does not know who is here
 * @sent_us: wall clock of the sender, µs since 1970; higher in each beacon of one key
 * @within_s: the next one comes within so many seconds
 * @port: UDP port that the sender's peer-to-peer socket is bound to
 * @key: Ed25519 form of the sender's key
 * @name: (array length=n_name): what the sender calls itself, UTF-8, not checked
 * @n_signed: what @signature covers, from the first byte
 * @signature: (array fixed-size=64): set by reading only
 *
 * "Here I am", as it is said to everyone on a network. When read it points into the datagram.
 */
typedef struct
{
  gboolean      is_leaving;
  gboolean      is_asking;
  guint64       sent_us;
  guint16       within_s;
  guint16       port;
  const guint8 *key;
  const char   *name;
  gsize         n_name;
  gsize         n_signed;
  const guint8 *signature;
} UdpnatBeacon;

void     udpnat_beacon_write (UdpnatWriter       *writer,
                              const UdpnatBeacon *beacon);
gboolean udpnat_beacon_parse (UdpnatBeacon       *out_beacon,
                              const guint8       *data,
                              gsize               n_data) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
