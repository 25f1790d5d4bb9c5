#include "config.h"

#include "udpnat-beacon.h"

/* BEACON: what programs on one network tell each other, without a server (PROTOCOL.md section 16).
 * Judges nothing but the form; signatures are node's. */

#define FLAG_LEAVING 1
#define FLAG_ASKING 2

/**
 * udpnat_beacon_write:
 * @beacon: @key, @name and the fields before them; others are not looked at
 *
 * Writes what is to be signed; the signature over it follows.
 */
void
udpnat_beacon_write (UdpnatWriter       *writer,
                     const UdpnatBeacon *beacon)
{
  udpnat_writer_u8 (writer, UDPNAT_BEACON_TYPE);
  udpnat_writer_u8 (writer, UDPNAT_BEACON_VERSION);
  udpnat_writer_u8 (writer, (beacon->is_leaving ? FLAG_LEAVING : 0) |
                            (beacon->is_asking ? FLAG_ASKING : 0));
  udpnat_writer_u8 (writer, 0);
  udpnat_writer_u64 (writer, beacon->sent_us);
  udpnat_writer_u16 (writer, beacon->within_s);
  udpnat_writer_u16 (writer, beacon->port);
  udpnat_writer_bytes (writer, beacon->key, UDPNAT_BEACON_KEY_BYTES);
  udpnat_writer_u16 (writer, (guint16) beacon->n_name);
  udpnat_writer_bytes (writer, (const guint8 *) beacon->name, beacon->n_name);
}

/**
 * udpnat_beacon_parse:
 * @out_beacon: (out): points into @data
 *
 * Fields that a later version adds stand between the name and the signature, are signed, and are
 * skipped.
 *
 * Returns: %FALSE when it is no beacon of this version
 */
gboolean
udpnat_beacon_parse (UdpnatBeacon *out_beacon,
                     const guint8 *data,
                     gsize         n_data)
{
  UdpnatReader reader;

  if (n_data < UDPNAT_BEACON_MIN_BYTES || n_data > UDPNAT_BEACON_MAX_BYTES
      || data[0] != UDPNAT_BEACON_TYPE || data[1] != UDPNAT_BEACON_VERSION)
    return FALSE;
  *out_beacon = (UdpnatBeacon) {
    .is_leaving = (data[2] & FLAG_LEAVING) != 0,
    .is_asking = (data[2] & FLAG_ASKING) != 0,
    .n_signed = n_data - UDPNAT_BEACON_SIGNATURE_BYTES,
    .signature = data + n_data - UDPNAT_BEACON_SIGNATURE_BYTES,
  };
  udpnat_reader_init (&reader, data, out_beacon->n_signed);
  udpnat_reader_bytes (&reader, 4);
  out_beacon->sent_us = udpnat_reader_u64 (&reader);
  out_beacon->within_s = udpnat_reader_u16 (&reader);
  out_beacon->port = udpnat_reader_u16 (&reader);
  out_beacon->key = udpnat_reader_bytes (&reader, UDPNAT_BEACON_KEY_BYTES);
  out_beacon->n_name = udpnat_reader_u16 (&reader);
  out_beacon->name = (const char *) udpnat_reader_bytes (&reader, out_beacon->n_name);
  return !reader.failed && out_beacon->n_name > 0 && out_beacon->n_name <= UDPNAT_NAME_MAX_BYTES;
}
