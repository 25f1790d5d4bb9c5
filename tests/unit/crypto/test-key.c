#include "config.h"

#include "udpnat-key.h"

#include <string.h>

/* Texts made with another implementation of base32. */
#define RISING_TEXT "aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"
#define ONES_TEXT "777777777777777777777777777777777777777777777777777q"

static UdpnatPublicKey
get_rising_key (void)
{
  UdpnatPublicKey key;

  for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
    key.bytes[i] = (guint8) i;

  return key;
}

static void
test_string_known (void)
{
  UdpnatPublicKey key = get_rising_key ();
  char text[UDPNAT_KEY_TEXT_BYTES];

  g_assert_cmpstr (udpnat_public_key_to_string (&key, text), ==, RISING_TEXT);
  memset (key.bytes, 0xff, sizeof key.bytes);
  g_assert_cmpstr (udpnat_public_key_to_string (&key, text), ==, ONES_TEXT);
}

static void
test_parse_known (void)
{
  UdpnatPublicKey expected = get_rising_key (), key;
  g_autofree char *upper = g_ascii_strup (RISING_TEXT, -1);

  g_assert_true (udpnat_public_key_parse (&key, RISING_TEXT));
  g_assert_true (udpnat_public_key_equal (&key, &expected));
  memset (&key, 0, sizeof key);
  g_assert_true (udpnat_public_key_parse (&key, upper));
  g_assert_true (udpnat_public_key_equal (&key, &expected));
}

static void
test_round_trip_random (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint round = 0; round < 2000; round++)
    {
      UdpnatPublicKey key, back;
      char text[UDPNAT_KEY_TEXT_BYTES];

      for (guint i = 0; i < UDPNAT_KEY_BYTES; i++)
        key.bytes[i] = (guint8) g_rand_int_range (rand, 0, 256);
      g_assert_true (udpnat_public_key_parse (&back, udpnat_public_key_to_string (&key, text)));
      g_assert_true (udpnat_public_key_equal (&key, &back));
    }
}

static void
check_refused (const char *text)
{
  UdpnatPublicKey key = get_rising_key (), before = key;

  g_assert_false (udpnat_public_key_parse (&key, text));
  g_assert_true (udpnat_public_key_equal (&key, &before));
}

static void
test_parse_wrong_length (void)
{
  for (gsize n = 0; n < strlen (RISING_TEXT); n++)
    {
      g_autofree char *text = g_strndup (RISING_TEXT, n);

      check_refused (text);
    }
  check_refused (RISING_TEXT "a");
  check_refused (RISING_TEXT "====");
  check_refused (" " RISING_TEXT);
  check_refused (RISING_TEXT " ");
}

static void
test_parse_any_character (void)
{
  for (guint c = 1; c < 256; c++)
    {
      char text[] = RISING_TEXT;
      UdpnatPublicKey key;
      gboolean digit = g_ascii_isalpha ((char) c) || (c >= '2' && c <= '7');

      text[20] = (char) c;
      g_assert_cmpint (udpnat_public_key_parse (&key, text), ==, digit);
    }
}

/* The last character has one bit of the key: only "a" and "q" are possible. */
static void
test_parse_one_text_per_key (void)
{
  static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
  guint n_read = 0;

  for (guint i = 0; i < 32; i++)
    {
      char text[] = RISING_TEXT;
      UdpnatPublicKey key;

      text[51] = digits[i];
      if (udpnat_public_key_parse (&key, text))
        {
          g_assert_true (digits[i] == 'a' || digits[i] == 'q');
          n_read++;
        }
    }
  g_assert_cmpuint (n_read, ==, 2);
}

static void
test_compare_order (void)
{
  UdpnatPublicKey a = get_rising_key (), b = a;

  g_assert_cmpint (udpnat_public_key_compare (&a, &b), ==, 0);
  b.bytes[31] = 0xff;
  g_assert_cmpint (udpnat_public_key_compare (&a, &b), <, 0);
  g_assert_false (udpnat_public_key_equal (&a, &b));
  a.bytes[0] = 0x80; /* the first byte counts most, and has no sign */
  g_assert_cmpint (udpnat_public_key_compare (&a, &b), >, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/crypto-key/string/known-texts", test_string_known);
  g_test_add_func ("/crypto-key/parse/both-cases", test_parse_known);
  g_test_add_func ("/crypto-key/parse/reads-what-is-written", test_round_trip_random);
  g_test_add_func ("/crypto-key/parse/wrong-length-refused", test_parse_wrong_length);
  g_test_add_func ("/crypto-key/parse/only-base32-digits", test_parse_any_character);
  g_test_add_func ("/crypto-key/parse/one-text-for-each-key", test_parse_one_text_per_key);
  g_test_add_func ("/crypto-key/compare/memcmp-order", test_compare_order);

  return g_test_run ();
}
