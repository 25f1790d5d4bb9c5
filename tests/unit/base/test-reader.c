#include "config.h"

#include "udpnat-reader.h"

#include <string.h>

/* Reading fields that may be cut short anywhere. Each input lies in a block of exactly its size, so
 * that the address sanitizer sees a read past its end. */

static const guint8 numbers[] = {
  0x01,
  0x02, 0x03,
  0x04, 0x05, 0x06, 0x07,
  0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
};

static const guint8 ipv4_address[19] = { 4, 192, 0, 2, 1, [17] = 0x22, 0x90 };
static const guint8 ipv6_address[19] = { 6, 0x20, 0x01, 0x0d, 0xb8, [16] = 9, 0x22, 0x90 };
static const guint8 mapped_address[19] = { 6, [11] = 0xff, 0xff, 192, 0, 2, 1, 0x22, 0x90 };

static void
test_numbers_big_endian (void)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, numbers, sizeof numbers);
  g_assert_cmphex (udpnat_reader_u8 (&reader), ==, 0x01);
  g_assert_cmphex (udpnat_reader_u16 (&reader), ==, 0x0203);
  g_assert_cmphex (udpnat_reader_u32 (&reader), ==, 0x04050607);
  g_assert_false (udpnat_reader_is_done (&reader));
  g_assert_cmpuint (udpnat_reader_left (&reader), ==, 8);
  g_assert_cmphex (udpnat_reader_u64 (&reader), ==, G_GUINT64_CONSTANT (0x08090a0b0c0d0e0f));
  g_assert_true (udpnat_reader_is_done (&reader));
  g_assert_cmpuint (udpnat_reader_left (&reader), ==, 0);
}

static void
test_truncated (void)
{
  for (gsize n = 0; n < sizeof numbers; n++)
    {
      g_autofree guint8 *data = g_memdup2 (numbers, n);
      UdpnatReader reader;

      udpnat_reader_init (&reader, data, n);
      g_assert_cmphex (udpnat_reader_u8 (&reader), ==, n >= 1 ? 0x01 : 0);
      g_assert_cmphex (udpnat_reader_u16 (&reader), ==, n >= 3 ? 0x0203 : 0);
      g_assert_cmphex (udpnat_reader_u32 (&reader), ==, n >= 7 ? 0x04050607 : 0);
      g_assert_cmphex (udpnat_reader_u64 (&reader), ==, 0);
      g_assert_true (reader.failed);
      g_assert_false (udpnat_reader_is_done (&reader));
    }
}

static void
test_failed_gives_nothing (void)
{
  UdpnatReader reader;
  UdpnatAddress address = { .family = UDPNAT_FAMILY_IPV4 };
  guint8 copy = 7;
  gsize offset;

  udpnat_reader_init (&reader, ipv4_address, sizeof ipv4_address);
  g_assert_null (udpnat_reader_bytes (&reader, sizeof ipv4_address + 1));
  offset = reader.offset;

  g_assert_cmpuint (udpnat_reader_u8 (&reader), ==, 0);
  g_assert_null (udpnat_reader_bytes (&reader, 0));
  g_assert_false (udpnat_reader_copy (&reader, &copy, 1));
  g_assert_cmpuint (copy, ==, 7);
  g_assert_false (udpnat_reader_address (&reader, &address));
  g_assert_false (udpnat_address_is_set (&address));
  g_assert_cmpuint (udpnat_reader_left (&reader), ==, 0);
  g_assert_cmpuint (reader.offset, ==, offset);
}

static void
test_huge_length (void)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, numbers, sizeof numbers);
  (void) udpnat_reader_u8 (&reader);
  g_assert_null (udpnat_reader_bytes (&reader, G_MAXSIZE));
  g_assert_true (reader.failed);
}

static void
test_bytes_lent (void)
{
  UdpnatReader reader;
  guint8 copy[2];

  udpnat_reader_init (&reader, numbers, 3);
  g_assert_true (udpnat_reader_bytes (&reader, 1) == numbers);
  g_assert_true (udpnat_reader_copy (&reader, copy, 2));
  g_assert_cmpmem (copy, 2, numbers + 1, 2);
  g_assert_true (udpnat_reader_bytes (&reader, 0) == numbers + 3);
  g_assert_true (udpnat_reader_is_done (&reader));
}

static void
test_empty (void)
{
  UdpnatReader reader;

  udpnat_reader_init (&reader, NULL, 0);
  g_assert_true (udpnat_reader_is_done (&reader));
  g_assert_nonnull (udpnat_reader_bytes (&reader, 0));
  g_assert_true (udpnat_reader_copy (&reader, NULL, 0));
  g_assert_cmpuint (udpnat_reader_u8 (&reader), ==, 0);
  g_assert_true (reader.failed);
}

static void
check_address (const guint8 *data,
               const char   *expected)
{
  UdpnatReader reader;
  UdpnatAddress address;
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  udpnat_reader_init (&reader, data, 19);
  g_assert_true (udpnat_reader_address (&reader, &address));
  g_assert_true (udpnat_reader_is_done (&reader));
  g_assert_cmpstr (udpnat_address_to_string (&address, text), ==, expected);
}

static void
test_address_read (void)
{
  check_address (ipv4_address, "192.0.2.1:8848");
  check_address (ipv6_address, "[2001:db8::9]:8848");
}

static void
test_address_mapped (void)
{
  check_address (mapped_address, "192.0.2.1:8848");
}

static void
test_address_truncated (void)
{
  for (gsize n = 0; n < sizeof ipv6_address; n++)
    {
      g_autofree guint8 *data = g_memdup2 (ipv6_address, n);
      UdpnatReader reader;
      UdpnatAddress address;

      udpnat_reader_init (&reader, data, n);
      g_assert_false (udpnat_reader_address (&reader, &address));
      g_assert_true (reader.failed);
      g_assert_false (udpnat_address_is_set (&address));
    }
}

static void
test_address_bad_family (void)
{
  guint8 data[19];

  memcpy (data, ipv4_address, sizeof data);
  for (guint family = 0; family < 256; family++)
    {
      UdpnatReader reader;
      UdpnatAddress address;

      data[0] = (guint8) family;
      udpnat_reader_init (&reader, data, sizeof data);
      g_assert_cmpint (udpnat_reader_address (&reader, &address), ==, family == 4 || family == 6);
      g_assert_cmpint (udpnat_address_is_set (&address), ==, !reader.failed);
    }
}

static void
test_address_long_ipv4 (void)
{
  for (guint i = 5; i < 17; i++)
    {
      guint8 data[19];
      UdpnatReader reader;
      UdpnatAddress address;

      memcpy (data, ipv4_address, sizeof data);
      data[i] = 1;
      udpnat_reader_init (&reader, data, sizeof data);
      g_assert_false (udpnat_reader_address (&reader, &address));
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-reader/numbers/big-endian", test_numbers_big_endian);
  g_test_add_func ("/base-reader/numbers/truncated-at-every-length", test_truncated);
  g_test_add_func ("/base-reader/failed/gives-nothing-and-stays", test_failed_gives_nothing);
  g_test_add_func ("/base-reader/bytes/huge-length-refused", test_huge_length);
  g_test_add_func ("/base-reader/bytes/lent-in-place", test_bytes_lent);
  g_test_add_func ("/base-reader/bytes/empty-input", test_empty);
  g_test_add_func ("/base-reader/address/both-families", test_address_read);
  g_test_add_func ("/base-reader/address/mapped-becomes-ipv4", test_address_mapped);
  g_test_add_func ("/base-reader/address/truncated-at-every-length", test_address_truncated);
  g_test_add_func ("/base-reader/address/unknown-families-refused", test_address_bad_family);
  g_test_add_func ("/base-reader/address/ipv4-tail-must-be-zero", test_address_long_ipv4);

  return g_test_run ();
}
