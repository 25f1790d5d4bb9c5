/* BEACON, byte by byte (PROTOCOL.md section 16). */

#include "config.h"

#include "udpnat-beacon.h"

#include <string.h>

static gsize
write_beacon (guint8 *data,
              gsize   n_room,
              gsize   n_name)
{
  char name[UDPNAT_NAME_MAX_BYTES + 1];
  guint8 key[UDPNAT_BEACON_KEY_BYTES];
  UdpnatWriter writer;
  UdpnatBeacon beacon = {
    .is_leaving = TRUE,
    .sent_us = G_GUINT64_CONSTANT (0x0102030405060708),
    .within_s = 0x1112,
    .port = 0x2122,
    .key = key,
    .name = name,
    .n_name = n_name,
  };

  memset (name, 'x', sizeof name);
  memset (key, 0xaa, sizeof key);
  udpnat_writer_init (&writer, data, n_room);
  udpnat_beacon_write (&writer, &beacon);
  for (guint i = 0; i < UDPNAT_BEACON_SIGNATURE_BYTES; i++)
    udpnat_writer_u8 (&writer, (guint8) i);
  g_assert_false (writer.failed);
  return writer.n_written;
}

static void
test_beacon_bytes (void)
{
  static const guint8 expected[16] = {
    12, 1, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x21, 0x22,
  };
  guint8 data[UDPNAT_BEACON_MAX_BYTES];
  gsize n_data = write_beacon (data, sizeof data, 2);

  g_assert_cmpuint (n_data, ==, UDPNAT_BEACON_MIN_BYTES + 1);
  g_assert_cmpmem (data, sizeof expected, expected, sizeof expected);
  g_assert_cmpuint (data[16], ==, 0xaa);
  g_assert_cmpuint (data[47], ==, 0xaa);
  g_assert_cmpmem (data + 48, 4, "\0\2xx", 4);
  g_assert_cmpuint (data[52], ==, 0);
  g_assert_cmpuint (data[n_data - 1], ==, UDPNAT_BEACON_SIGNATURE_BYTES - 1);
}

static void
test_beacon_roundtrip (void)
{
  guint8 data[UDPNAT_BEACON_MAX_BYTES];
  gsize n_data = write_beacon (data, sizeof data, UDPNAT_NAME_MAX_BYTES);
  UdpnatBeacon beacon;

  g_assert_true (udpnat_beacon_parse (&beacon, data, n_data));
  g_assert_true (beacon.is_leaving);
  g_assert_false (beacon.is_asking);
  g_assert_cmphex (beacon.sent_us, ==, G_GUINT64_CONSTANT (0x0102030405060708));
  g_assert_cmphex (beacon.within_s, ==, 0x1112);
  g_assert_cmphex (beacon.port, ==, 0x2122);
  g_assert_true (beacon.key == data + 16);
  g_assert_true ((const guint8 *) beacon.name == data + 50);
  g_assert_cmpuint (beacon.n_name, ==, UDPNAT_NAME_MAX_BYTES);
  g_assert_cmpuint (beacon.n_signed, ==, n_data - UDPNAT_BEACON_SIGNATURE_BYTES);
  g_assert_true (beacon.signature == data + beacon.n_signed);
}

static void
test_beacon_flags (void)
{
  guint8 data[UDPNAT_BEACON_MAX_BYTES];
  gsize n_data = write_beacon (data, sizeof data, 2);
  UdpnatBeacon beacon;

  for (guint flags = 0; flags < 256; flags++)
    {
      data[2] = (guint8) flags;
      g_assert_true (udpnat_beacon_parse (&beacon, data, n_data));
      g_assert_cmpint (beacon.is_leaving, ==, flags & 1);
      g_assert_cmpint (beacon.is_asking, ==, flags >> 1 & 1);
    }
}

/* What a later version adds is between name and signature. */
static void
test_beacon_more_fields (void)
{
  guint8 data[UDPNAT_BEACON_MAX_BYTES + 1] = { 0 };
  UdpnatBeacon beacon;

  write_beacon (data, sizeof data, 5);
  g_assert_true (udpnat_beacon_parse (&beacon, data, UDPNAT_BEACON_MAX_BYTES));
  g_assert_cmpuint (beacon.n_name, ==, 5);
  g_assert_cmpuint (beacon.n_signed, ==, UDPNAT_BEACON_MAX_BYTES - UDPNAT_BEACON_SIGNATURE_BYTES);
  g_assert_false (udpnat_beacon_parse (&beacon, data, UDPNAT_BEACON_MAX_BYTES + 1));
}

static void
test_beacon_cut_short (void)
{
  guint8 data[UDPNAT_BEACON_MAX_BYTES];
  gsize n_data = write_beacon (data, sizeof data, 9);
  UdpnatBeacon beacon;

  g_assert_true (udpnat_beacon_parse (&beacon, data, n_data));
  for (gsize n = 0; n < n_data; n++)
    g_assert_false (udpnat_beacon_parse (&beacon, data, n));
}

static void
test_beacon_refused (void)
{
  guint8 data[UDPNAT_BEACON_MAX_BYTES];
  gsize n_data = write_beacon (data, sizeof data, 9);
  UdpnatBeacon beacon;

  data[0]++;
  g_assert_false (udpnat_beacon_parse (&beacon, data, n_data));
  data[0]--;
  data[1]++;
  g_assert_false (udpnat_beacon_parse (&beacon, data, n_data));
  data[1]--;
  data[49] = 0; /* no name */
  g_assert_false (udpnat_beacon_parse (&beacon, data, n_data));
  memset (data + 48, 0, sizeof data - 48);
  data[48] = 1;
  data[49] = 1; /* 257 bytes of name */
  g_assert_false (udpnat_beacon_parse (&beacon, data, sizeof data));
  data[49] = 0; /* 256 */
  g_assert_true (udpnat_beacon_parse (&beacon, data, sizeof data));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/beacon/write/is-laid-out-as-documented", test_beacon_bytes);
  g_test_add_func ("/beacon/parse/reads-what-was-written", test_beacon_roundtrip);
  g_test_add_func ("/beacon/parse/unknown-flags-are-ignored", test_beacon_flags);
  g_test_add_func ("/beacon/parse/skips-later-fields-up-to-512-bytes", test_beacon_more_fields);
  g_test_add_func ("/beacon/parse/refuses-what-is-cut-short", test_beacon_cut_short);
  g_test_add_func ("/beacon/parse/refuses-other-types-versions-and-names", test_beacon_refused);
  return g_test_run ();
}
