#include "config.h"

#include "udpnat-reader.h"
#include "udpnat-writer.h"

#include <string.h>

/* Writing into a buffer that may be too small by any number of bytes. */

static const guint8 tail[2] = { 0xaa, 0xbb };

/* 1 + 2 + 4 + 8 + 2 + 3 bytes */
static void
write_all (UdpnatWriter *writer)
{
  udpnat_writer_u8 (writer, 0x01);
  udpnat_writer_u16 (writer, 0x0203);
  udpnat_writer_u32 (writer, 0x04050607);
  udpnat_writer_u64 (writer, G_GUINT64_CONSTANT (0x08090a0b0c0d0e0f));
  udpnat_writer_bytes (writer, tail, sizeof tail);
  udpnat_writer_zeros (writer, 3);
}

static const guint8 expected[20] = {
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xaa, 0xbb, 0, 0, 0,
};

static void
test_fields_big_endian (void)
{
  guint8 data[sizeof expected];
  UdpnatWriter writer;

  memset (data, 0xee, sizeof data);
  udpnat_writer_init (&writer, data, sizeof data);
  write_all (&writer);
  g_assert_false (writer.failed);
  g_assert_cmpuint (udpnat_writer_left (&writer), ==, 0);
  g_assert_cmpmem (data, writer.n_written, expected, sizeof expected);
}

static void
test_full (void)
{
  static const gsize ends[] = { 0, 1, 3, 7, 15, 17, 20 };

  for (gsize n = 0; n < sizeof expected; n++)
    {
      g_autofree guint8 *data = g_malloc (n + 1);
      UdpnatWriter writer;
      gsize whole = 0;

      for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
        if (ends[i] <= n)
          whole = ends[i];

      memset (data, 0xee, n + 1);
      udpnat_writer_init (&writer, data, n);
      write_all (&writer);
      g_assert_true (writer.failed);
      g_assert_cmpuint (writer.n_written, ==, whole);
      g_assert_cmpmem (data, whole, expected, whole);
      for (gsize i = whole; i <= n; i++)
        g_assert_cmphex (data[i], ==, 0xee);
    }
}

static void
test_failed_writes_nothing (void)
{
  guint8 data[4] = { 0 };
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_writer_u64 (&writer, G_MAXUINT64);
  g_assert_true (writer.failed);
  udpnat_writer_u8 (&writer, 1);
  g_assert_cmpuint (writer.n_written, ==, 0);
  g_assert_cmpuint (data[0], ==, 0);
  g_assert_cmpuint (udpnat_writer_left (&writer), ==, 0);
  g_assert_null (udpnat_writer_reserve (&writer, 1));
}

static void
test_reserve_exact_and_one_more (void)
{
  guint8 data[4];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  g_assert_true (udpnat_writer_reserve (&writer, 3) == data);
  g_assert_null (udpnat_writer_reserve (&writer, 0));
  g_assert_false (writer.failed);
  g_assert_cmpuint (udpnat_writer_left (&writer), ==, 1);
  g_assert_null (udpnat_writer_reserve (&writer, G_MAXSIZE));
  g_assert_true (writer.failed);
}

static void
test_no_buffer (void)
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, NULL, 0);
  udpnat_writer_bytes (&writer, NULL, 0);
  udpnat_writer_zeros (&writer, 0);
  g_assert_false (writer.failed);
  udpnat_writer_u8 (&writer, 0);
  g_assert_true (writer.failed);
}

static void
check_address (const char   *ip,
               const guint8 *wire)
{
  UdpnatAddress address, back;
  guint8 data[UDPNAT_ADDRESS_WIRE_BYTES];
  UdpnatWriter writer;
  UdpnatReader reader;

  g_assert_true (udpnat_address_parse_ip (&address, ip, 0x2290));
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_writer_address (&writer, &address);
  g_assert_false (writer.failed);
  g_assert_cmpmem (data, writer.n_written, wire, UDPNAT_ADDRESS_WIRE_BYTES);

  udpnat_reader_init (&reader, data, sizeof data);
  g_assert_true (udpnat_reader_address (&reader, &back));
  g_assert_true (udpnat_address_equal (&address, &back));
}

static void
test_address_written (void)
{
  static const guint8 ipv4[19] = { 4, 192, 0, 2, 1, [17] = 0x22, 0x90 };
  static const guint8 ipv6[19] = { 6, 0x20, 0x01, 0x0d, 0xb8, [16] = 9, 0x22, 0x90 };

  check_address ("192.0.2.1", ipv4);
  check_address ("::ffff:192.0.2.1", ipv4);
  check_address ("2001:db8::9", ipv6);
}

static void
test_address_scope_stays_here (void)
{
  UdpnatAddress address, back;
  guint8 data[UDPNAT_ADDRESS_WIRE_BYTES];
  UdpnatWriter writer;
  UdpnatReader reader;

  g_assert_true (udpnat_address_parse_ip (&address, "fe80::1%7", 1));
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_writer_address (&writer, &address);
  udpnat_reader_init (&reader, data, sizeof data);
  g_assert_true (udpnat_reader_address (&reader, &back));
  g_assert_cmpuint (back.scope_id, ==, 0);
}

static void
test_address_unset (void)
{
  UdpnatAddress address = UDPNAT_ADDRESS_NONE;
  guint8 data[UDPNAT_ADDRESS_WIRE_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_writer_address (&writer, &address);
  g_assert_true (writer.failed);
  g_assert_cmpuint (writer.n_written, ==, 0);
}

/* The end of its connection, and nothing that only its owner can use. */
static void
test_address_tunnel (void)
{
  static const guint8 wire[19] = { 4, 192, 0, 2, 1, [17] = 0x22, 0x90 };
  UdpnatAddress address, end;
  guint8 data[UDPNAT_ADDRESS_WIRE_BYTES];
  UdpnatWriter writer;

  g_assert_true (udpnat_address_parse_ip (&end, "192.0.2.1", 0x2290));
  udpnat_address_init_tunnel (&address, &end, 77);
  udpnat_writer_init (&writer, data, sizeof data);
  udpnat_writer_address (&writer, &address);
  g_assert_cmpmem (data, writer.n_written, wire, sizeof wire);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-writer/fields/big-endian", test_fields_big_endian);
  g_test_add_func ("/base-writer/full/nothing-by-halves-at-every-length", test_full);
  g_test_add_func ("/base-writer/full/nothing-written-after", test_failed_writes_nothing);
  g_test_add_func ("/base-writer/reserve/exact-fit-and-one-more", test_reserve_exact_and_one_more);
  g_test_add_func ("/base-writer/full/no-buffer-at-all", test_no_buffer);
  g_test_add_func ("/base-writer/address/bytes-and-back", test_address_written);
  g_test_add_func ("/base-writer/address/scope-never-on-the-wire", test_address_scope_stays_here);
  g_test_add_func ("/base-writer/address/end-of-a-tunnel", test_address_tunnel);
  g_test_add_func ("/base-writer/address/unset-fails", test_address_unset);

  return g_test_run ();
}
