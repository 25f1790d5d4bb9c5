#include "config.h"

#include "udpnat-identity.h"
#include "udpnat-safety-number.h"

#include <string.h>

/* The number against one that another program made (Python's hashlib, by the text in
 * udpnat-safety-number.c), then what people type. */

#define NUMBER "047411029323127203832186402010257559384113265304292350735074"
#define TEXT "04741 10293 23127 20383 21864 02010 25755 93841 13265 30429 23507 35074"

/* Bytes 0, 1, 2… and 32, 33, 34…. */
static UdpnatPublicKey
make_key (guint8 first)
{
  UdpnatPublicKey key;

  for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
    key.bytes[i] = (guint8) (first + i);

  return key;
}

static void
test_known (void)
{
  UdpnatPublicKey a = make_key (0), b = make_key (32);
  char number[UDPNAT_SAFETY_NUMBER_BYTES];

  udpnat_safety_number_compute (&a, &b, number);
  g_assert_cmpstr (number, ==, NUMBER);
}

static void
test_either_order (void)
{
  UdpnatPublicKey a = make_key (0), b = make_key (32);
  char number[UDPNAT_SAFETY_NUMBER_BYTES];

  udpnat_safety_number_compute (&b, &a, number);
  g_assert_cmpstr (number, ==, NUMBER);
}

static void
test_other_key (void)
{
  UdpnatPublicKey a = make_key (0), b = make_key (32);
  char number[UDPNAT_SAFETY_NUMBER_BYTES];

  b.bytes[31] ^= 1;
  udpnat_safety_number_compute (&a, &b, number);
  g_assert_cmpuint (strlen (number), ==, UDPNAT_SAFETY_NUMBER_BYTES - 1);
  g_assert_cmpstr (number, !=, NUMBER);
}

static void
test_digits_only (void)
{
  UdpnatPublicKey a = make_key (0);
  char number[UDPNAT_SAFETY_NUMBER_BYTES];

  for (guint8 i = 1; i < 20; i++)
    {
      UdpnatPublicKey b = make_key (i);

      udpnat_safety_number_compute (&a, &b, number);
      g_assert_cmpuint (strspn (number, "0123456789"), ==, 60);
    }
}

static void
test_format (void)
{
  char text[UDPNAT_SAFETY_NUMBER_TEXT_BYTES];

  g_assert_true (udpnat_safety_number_format (NUMBER, text) == text);
  g_assert_cmpstr (text, ==, TEXT);
}

static void
test_equal (void)
{
  g_assert_true (udpnat_safety_number_equal (NUMBER, NUMBER));
  g_assert_true (udpnat_safety_number_equal (TEXT, NUMBER));
}

static void
test_equal_with_line_breaks (void)
{
  g_assert_true (udpnat_safety_number_equal ("  04741 10293 23127\r\n20383 21864 02010\n\t"
                                             "25755-93841-13265\n 30429\u00a023507\u201335074\n",
                                             NUMBER));
}

static void
test_equal_in_other_scripts (void)
{
  g_assert_true (udpnat_safety_number_equal ("٠٤٧٤١ ١٠٢٩٣ ２３１２７ 20383 21864 02010 "
                                             "25755 93841 13265 30429 23507 35074", NUMBER));
}

static void
test_differs_in_one_digit (void)
{
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *typed = g_strdup (NUMBER);

      typed[i] = typed[i] == '9' ? '0' : (char) (typed[i] + 1);
      g_assert_false (udpnat_safety_number_equal (typed, NUMBER));
    }
}

static void
test_differs_in_length (void)
{
  g_assert_false (udpnat_safety_number_equal ("", NUMBER));
  g_assert_false (udpnat_safety_number_equal ("  \n", NUMBER));
  g_assert_false (udpnat_safety_number_equal (TEXT " 0", NUMBER));
  for (gsize n = 0; n < 60; n++)
    {
      g_autofree char *typed = g_strndup (NUMBER, n);

      g_assert_false (udpnat_safety_number_equal (typed, NUMBER));
    }
}

static void
test_differs_when_no_number (void)
{
  g_assert_false (udpnat_safety_number_equal ("x" NUMBER, NUMBER));
  g_assert_false (udpnat_safety_number_equal (NUMBER "x", NUMBER));
  g_assert_false (udpnat_safety_number_equal ("\xff" NUMBER, NUMBER));
  g_assert_false (udpnat_safety_number_equal (NUMBER "\xe2\x80", NUMBER));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!udpnat_crypto_init ())
    return 1;

  g_test_add_func ("/crypto-safety-number/compute/known", test_known);
  g_test_add_func ("/crypto-safety-number/compute/either-order", test_either_order);
  g_test_add_func ("/crypto-safety-number/compute/other-key-other-number", test_other_key);
  g_test_add_func ("/crypto-safety-number/compute/digits-only", test_digits_only);
  g_test_add_func ("/crypto-safety-number/format/groups-of-five", test_format);
  g_test_add_func ("/crypto-safety-number/equal/as-shown", test_equal);
  g_test_add_func ("/crypto-safety-number/equal/with-line-breaks-and-dashes",
                   test_equal_with_line_breaks);
  g_test_add_func ("/crypto-safety-number/equal/digits-of-other-scripts",
                   test_equal_in_other_scripts);
  g_test_add_func ("/crypto-safety-number/differs/any-one-digit", test_differs_in_one_digit);
  g_test_add_func ("/crypto-safety-number/differs/too-short-or-too-long", test_differs_in_length);
  g_test_add_func ("/crypto-safety-number/differs/not-a-number", test_differs_when_no_number);

  return g_test_run ();
}
