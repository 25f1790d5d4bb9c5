#include "config.h"

#include "udpnat-limits.h"
#include "udpnat-name.h"

#include <string.h>

/* PROTOCOL.md section 12: which names are allowed, in which form, and which are the same. */

static void
check_form (const char *name,
            const char *expected)
{
  g_autofree char *normal = udpnat_name_normalize (name);
  g_autofree char *printable = g_strescape (name, NULL);

  g_test_message ("\"%s\"", printable);
  g_assert_cmpstr (normal, ==, expected);
}

static void
check_allowed (const char *name)
{
  check_form (name, name);
}

static void
check_refused (const char *name)
{
  check_form (name, NULL);
}

static void
check_same (const char *a,
            const char *b,
            gboolean    expected)
{
  g_autofree char *normal_a = udpnat_name_normalize (a);
  g_autofree char *normal_b = udpnat_name_normalize (b);
  g_autofree char *key_a = NULL;
  g_autofree char *key_b = NULL;
  g_autofree char *printable = g_strescape (a, NULL);

  g_test_message ("\"%s\"", printable);
  g_assert_nonnull (normal_a);
  g_assert_nonnull (normal_b);
  key_a = udpnat_name_fold (normal_a);
  key_b = udpnat_name_fold (normal_b);
  g_assert_cmpint (g_str_equal (key_a, key_b), ==, expected);
}

static void
test_allowed_ordinary (void)
{
  check_allowed ("a");
  check_allowed ("Alice");
  check_allowed ("Alice B. Toklas");
  check_allowed ("Jürgen");
  check_allowed ("Ελένη");
  check_allowed ("Владимир");
  check_allowed ("小明");
  check_allowed ("さくら");
  check_allowed ("김철수");
  check_allowed ("مريم");
  check_allowed ("नमस्ते");
  check_allowed ("🦊");
  check_allowed ("❤️");
}

static void
test_form_composed (void)
{
  check_form ("Ju\xcc\x88rgen", "J\xc3\xbcrgen");
  check_form ("\xe1\x84\x80\xe1\x85\xa1", "가"); /* Hangul jamo */
  check_form ("Å", "Å");                           /* Angstrom sign is letter A with ring */
  check_form ("ﬁ", "ﬁ");                           /* NFC keeps compatibility characters */
}

static void
test_refused_characters (void)
{
  check_refused ("");
  check_refused ("a\nb");
  check_refused ("a\tb");
  check_refused ("\x01");
  check_refused ("a\x7f");
  check_refused ("a\xc2\x85" "b");       /* U+0085, a C1 control */
  check_refused ("a\xc2\xad" "b");       /* U+00AD soft hyphen */
  check_refused ("a\xe2\x80\x8b" "b");   /* U+200B zero width space */
  check_refused ("a\xe2\x80\x8d" "b");   /* U+200D zero width joiner */
  check_refused ("a\xe2\x80\x8e" "b");   /* U+200E left-to-right mark */
  check_refused ("a\xe2\x80\xaa" "b");   /* U+202A embedding */
  check_refused ("a\xe2\x80\xad" "b");   /* U+202D override */
  check_refused ("a\xe2\x80\xae" "b");   /* U+202E override */
  check_refused ("a\xe2\x81\xa6" "b");   /* U+2066 isolate */
  check_refused ("a\xe2\x81\xa9" "b");   /* U+2069 end of isolate */
  check_refused ("a\xef\xbb\xbf");       /* U+FEFF byte order mark */
  check_refused ("a\xe2\x80\xa8" "b");   /* U+2028 line separator */
  check_refused ("a\xe2\x80\xa9" "b");   /* U+2029 paragraph separator */
  check_refused ("\xee\x80\x80");        /* U+E000 private use */
  check_refused ("\xcd\xb8");            /* U+0378 unassigned */
  check_refused ("\xef\xb7\x90");        /* U+FDD0 not a character */
  check_refused ("\xf3\xa0\x81\x81");    /* U+E0041 tag */
}

static void
test_refused_invisible (void)
{
  check_refused ("\xe3\x85\xa4");        /* U+3164 Hangul filler */
  check_refused ("a\xe1\x85\x9f");       /* U+115F */
  check_refused ("a\xef\xbe\xa0");       /* U+FFA0 */
  check_refused ("\xe2\xa0\x80");        /* U+2800 Braille blank */
  check_refused ("a\xcd\x8f" "b");       /* U+034F grapheme joiner */
  check_refused ("\xef\xb8\x8f");        /* U+FE0F alone */
}

static void
test_refused_invalid_utf8 (void)
{
  check_refused ("\x80");
  check_refused ("\xff");
  check_refused ("a\xc3");               /* cut short */
  check_refused ("\xc0\xaf");            /* overlong */
  check_refused ("\xed\xa0\x80");        /* surrogate */
  check_refused ("\xf4\x90\x80\x80");    /* above U+10FFFF */
}

static void
test_refused_space_at_ends (void)
{
  check_allowed ("a b");
  check_refused (" ");
  check_refused (" a");
  check_refused ("a ");
  check_refused ("\xc2\xa0" "a");        /* U+00A0 no-break space */
  check_refused ("a\xe3\x80\x80");       /* U+3000 ideographic space */
  check_refused ("a\xe2\x80\x83");       /* U+2003 em space */
}

static void
test_length_code_points (void)
{
  g_autofree char *longest = g_strnfill (UDPNAT_NAME_MAX_CODE_POINTS, 'x');
  g_autofree char *longer = g_strnfill (UDPNAT_NAME_MAX_CODE_POINTS + 1, 'x');
  g_autoptr (GString) foxes = g_string_new (NULL);
  g_autoptr (GString) decomposed = g_string_new (NULL);

  check_allowed (longest);
  check_refused (longer);

  for (guint i = 0; i < UDPNAT_NAME_MAX_CODE_POINTS; i++)
    {
      g_string_append (foxes, "🦊");
      g_string_append (decomposed, "u\xcc\x88");
    }
  check_allowed (foxes->str);
  g_string_append (foxes, "🦊");
  check_refused (foxes->str);

  /* Counted after composing: 128 code points in, 64 out. */
  {
    g_autofree char *normal = udpnat_name_normalize (decomposed->str);

    g_assert_nonnull (normal);
    g_assert_cmpint (g_utf8_strlen (normal, -1), ==, UDPNAT_NAME_MAX_CODE_POINTS);
  }
}

static void
test_length_endless (void)
{
  g_autofree char *endless = g_strnfill (10 * 1024 * 1024, 'x');
  g_autofree char *normal = udpnat_name_normalize (endless);

  g_assert_null (normal);
}

static void
test_same_name (void)
{
  check_same ("Alice", "ALICE", TRUE);
  check_same ("Jürgen", "JU\xcc\x88RGEN", TRUE);
  check_same ("Straße", "STRASSE", TRUE);
  check_same ("ΣΊΣΥΦΟΣ", "σίσυφος", TRUE); /* final sigma */
  check_same ("ﬁx", "FIX", TRUE);
  check_same ("Ａｌｉｃｅ", "alice", TRUE); /* full width */
  check_same ("ℌ", "h", TRUE);
  check_same ("a\xc2\xa0" "b", "a b", TRUE);
  check_same ("㎾", "kw", TRUE);
  check_same ("❤️", "❤", TRUE);
  check_same ("Å", "å", TRUE);
}

static void
test_different_name (void)
{
  check_same ("Alice", "Alica", FALSE);
  check_same ("a b", "ab", FALSE);
  check_same ("Jurgen", "Jürgen", FALSE);
  check_same ("a", "а", FALSE); /* Cyrillic: told apart by their keys only */
}

/* Blocks of tens of thousands of ideographs and syllables that are all treated alike. */
static gboolean
is_in_uniform_block (gunichar c)
{
  return (c >= 0x3400 && c < 0xa000) || (c >= 0xac00 && c < 0xd7a4) || c >= 0x20000;
}

/* The key of a key is the key: otherwise two stores might disagree. */
static void
test_fold_stable (void)
{
  for (gunichar c = 0x20; c <= 0x10ffff; c++)
    {
      char name[7] = { 0 };
      g_autofree char *normal = NULL;
      g_autofree char *key = NULL;
      g_autofree char *again = NULL;
      g_autofree char *of_normal = NULL;

      if (!g_unichar_validate (c) || (is_in_uniform_block (c) && c % 61 != 0))
        continue;
      name[g_unichar_to_utf8 (c, name)] = '\0';
      normal = udpnat_name_normalize (name);
      if (normal == NULL)
        continue;

      key = udpnat_name_fold (name);
      again = udpnat_name_fold (key);
      of_normal = udpnat_name_fold (normal);
      if (!g_str_equal (key, again) || !g_str_equal (key, of_normal))
        g_test_message ("U+%04X", c);
      g_assert_cmpstr (key, ==, again);
      g_assert_cmpstr (key, ==, of_normal);
    }
}

static void
test_normalize_stable (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint n_allowed = 0;

  for (guint round = 0; round < 20000; round++)
    {
      g_autoptr (GString) name = g_string_new (NULL);
      g_autofree char *normal = NULL;
      g_autofree char *again = NULL;
      guint n = (guint) g_rand_int_range (rand, 1, 6);

      for (guint i = 0; i < n; i++)
        g_string_append_unichar (name, (gunichar) g_rand_int_range (rand, 0x20, 0x3100));
      normal = udpnat_name_normalize (name->str);
      if (normal == NULL)
        continue;

      n_allowed++;
      again = udpnat_name_normalize (normal);
      g_assert_cmpstr (normal, ==, again);
      g_assert_cmpuint (strlen (normal), <=, UDPNAT_NAME_MAX_BYTES);
    }
  g_assert_cmpuint (n_allowed, >, 2000);
}

static void
test_random_bytes (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);

  for (guint round = 0; round < 20000; round++)
    {
      char name[16];
      g_autofree char *normal = NULL;
      guint n = (guint) g_rand_int_range (rand, 0, sizeof name);

      for (guint i = 0; i < n; i++)
        name[i] = (char) g_rand_int_range (rand, 1, 256);
      name[n] = '\0';
      normal = udpnat_name_normalize (name);
      if (normal != NULL)
        g_assert_true (g_utf8_validate (normal, -1, NULL));
    }
}

static void
check_split (const char *text,
             const char *expected_name,
             const char *expected_place)
{
  g_autofree char *name = NULL;
  const char *place = NULL;

  g_test_message ("\"%s\"", text);
  g_assert_cmpint (udpnat_name_split (text, &name, &place), ==, expected_name != NULL);
  g_assert_cmpstr (name, ==, expected_name);
  if (expected_name != NULL)
    g_assert_cmpstr (place, ==, expected_place);
}

static void
test_split (void)
{
  g_autofree char *long_place = g_strnfill (UDPNAT_PLACE_MAX_BYTES + 1, 'a');
  g_autofree char *too_long = g_strconcat ("bob@", long_place, NULL);

  check_refused ("alice@home"); /* that is somebody at another server */
  check_split ("bob@example.org", "bob", "example.org");
  check_split ("Ann Lee@[2001:db8::7]:9000", "Ann Lee", "[2001:db8::7]:9000");
  check_split ("\u674e\u96f7@example.org:9000", "\u674e\u96f7", "example.org:9000");
  check_split ("bob", NULL, NULL);
  check_split ("bob@", NULL, NULL);
  check_split ("@example.org", NULL, NULL);
  check_split (" bob@example.org", NULL, NULL);
  check_split ("bob@alice@example.org", NULL, NULL);
  check_split (too_long, NULL, NULL);
  too_long[strlen (too_long) - 1] = '\0';
  check_split (too_long, "bob", too_long + 4);
}

/* What is done for the sake of speed where it is the same. */
static void
test_ascii (void)
{
  for (char c = 1; c < 127; c++)
    {
      const char       name[] = { 'X', c, 'y', '\0' };
      g_autofree char *folded = udpnat_name_fold (name);
      g_autofree char *caseless = g_utf8_casefold (name, -1);
      g_autofree char *expected = g_utf8_normalize (caseless, -1, G_NORMALIZE_NFKC);

      g_assert_cmpstr (folded, ==, expected);
    }
}

/* As the long way goes, wherever it says anything. */
static void
check_plain (const char *name)
{
  g_autofree char *normal = udpnat_name_normalize (name);
  g_autofree char *folded = normal != NULL ? udpnat_name_fold (normal) : NULL;
  char plain[UDPNAT_NAME_PLAIN_MAX_BYTES + 1];

  if (udpnat_name_fold_plain (name, strlen (name), plain))
    g_assert_cmpstr (plain, ==, folded);
  else
    g_assert_true (folded == NULL || !g_str_is_ascii (name));
}

static void
test_plain_as_others (void)
{
  for (guint a = 1; a < 256; a++)
    for (guint b = 1; b < 256; b++)
      {
        const char names[][4] = { { (char) a }, { (char) a, (char) b },
                                  { (char) a, (char) b, 'Q' }, { 'Q', (char) a, (char) b } };

        for (guint i = 0; i < G_N_ELEMENTS (names); i++)
          check_plain (names[i]);
      }
}

static void
test_plain_length (void)
{
  char name[UDPNAT_NAME_PLAIN_MAX_BYTES + 2] = { 0 };

  check_plain ("");
  memset (name, 'n', UDPNAT_NAME_PLAIN_MAX_BYTES);
  check_plain (name);
  name[UDPNAT_NAME_PLAIN_MAX_BYTES] = 'n';
  check_plain (name);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-name/allowed/ordinary-names-of-many-scripts", test_allowed_ordinary);
  g_test_add_func ("/base-name/form/nfc", test_form_composed);
  g_test_add_func ("/base-name/refused/control-format-unassigned", test_refused_characters);
  g_test_add_func ("/base-name/refused/invisible", test_refused_invisible);
  g_test_add_func ("/base-name/refused/invalid-utf8", test_refused_invalid_utf8);
  g_test_add_func ("/base-name/refused/space-at-ends", test_refused_space_at_ends);
  g_test_add_func ("/base-name/length/64-code-points", test_length_code_points);
  g_test_add_func ("/base-name/length/endless-refused", test_length_endless);
  g_test_add_func ("/base-name/fold/same", test_same_name);
  g_test_add_func ("/base-name/fold/different", test_different_name);
  g_test_add_func ("/base-name/fold/stable-for-every-code-point", test_fold_stable);
  g_test_add_func ("/base-name/form/stable", test_normalize_stable);
  g_test_add_func ("/base-name/form/random-bytes-survived", test_random_bytes);

  g_test_add_func ("/name/split", test_split);
  g_test_add_func ("/base-name/fold/ascii-as-all-others", test_ascii);
  g_test_add_func ("/name/plain/as-the-long-way", test_plain_as_others);
  g_test_add_func ("/name/plain/length", test_plain_length);

  return g_test_run ();
}
