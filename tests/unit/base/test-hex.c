#include "config.h"

#include <string.h>

#include "udpnat-hex.h"

static void
test_write (void)
{
  static const guint8 bytes[] = { 0x00, 0x0f, 0xf0, 0xab };
  char text[9] = "........!";

  udpnat_hex_write (bytes, sizeof bytes, text);
  g_assert_cmpint (memcmp (text, "000ff0ab!", 9), ==, 0); /* and not a byte more */
}

static void
test_read (void)
{
  static const guint8 expected[] = { 0x00, 0x0f, 0xf0, 0xab };
  guint8 bytes[4];

  g_assert_true (udpnat_hex_read ("000ff0ab", 4, bytes));
  g_assert_cmpmem (bytes, 4, expected, 4);
  g_assert_true (udpnat_hex_read ("000FF0AB and more", 4, bytes));
  g_assert_cmpmem (bytes, 4, expected, 4);
  g_assert_true (udpnat_hex_read ("", 0, bytes));
}

static void
test_wrong_digit (void)
{
  guint8 bytes[2];

  for (guint i = 0; i < 4; i++)
    for (guint c = 0; c < 256; c++)
      {
        char text[] = "0000";

        text[i] = (char) c;
        g_assert_cmpint (udpnat_hex_read (text, 2, bytes), ==, g_ascii_isxdigit ((char) c) != 0);
      }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hex/write/lower-case-and-no-more", test_write);
  g_test_add_func ("/hex/read/either-case", test_read);
  g_test_add_func ("/hex/read/wrong-digit-is-refused", test_wrong_digit);
  return g_test_run ();
}
