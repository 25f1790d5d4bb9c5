/* Names of files that others send: safe ones stay, all others become safe. */

#include "config.h"

#include "udpnat-file-name.h"

#include <string.h>

#include "udpnat-limits.h"

static void
check_safe (const char *name,
            const char *safe)
{
  g_autofree char *made = udpnat_file_name_make_safe (name);

  g_assert_cmpstr (made, ==, safe);
}

static void
plain_ones_stay (void)
{
  static const char *const names[] = {
    "photo.jpg", "a", "Grüße aus Köln.txt", "报告 (最终).pdf", "family 👨‍👩‍👧.png", "x.tar.gz",
    "a..b", "-rf", "~", "console.log", "nullable.c", "COM10", "com0.txt", "a.b c", "%2e%2e%2f",
    "$(reboot)", "'; drop", "تقرير.doc", "lpt.txt", "_con",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    check_safe (names[i], names[i]);
}

static void
nasty_ones_become_safe (void)
{
  static const struct
  {
    const char *name;
    const char *safe;
  } cases[] = {
    { "", "file" },
    { ".", "file" },
    { "..", "file" },
    { "...", "file" },
    { " . . ", "file" },
    { "\u202e", "file" },
    { "../../etc/passwd", "_.._etc_passwd" },
    { "/etc/passwd", "_etc_passwd" },
    { "C:\\autoexec.bat", "C__autoexec.bat" },
    { "..\\..\\x", "_.._x" },
    { ".bashrc", "bashrc" },
    { ". .ssh", "ssh" },
    { "..hidden.", "hidden" },
    { " spaces \u3000", "spaces" },
    { "end. . .", "end" },
    { "what?*.txt", "what__.txt" },
    { "a<b>c|d\"e", "a_b_c_d_e" },
    { "line\nbreak\t\x7f\xc2\x85", "linebreak" },
    { "photo\u202egpj.exe", "photogpj.exe" },
    { "a\u200e\u200f\u061c\u2066b\u2069", "ab" },
    { "\ufeff.hidden", "hidden" },
    { "a\u2028b\u2029", "ab" },
    { "con", "_con" },
    { "CON.txt", "_CON.txt" },
    { "Nul.tar.gz", "_Nul.tar.gz" },
    { "aux .c", "_aux .c" },
    { "prn.", "_prn" },
    { "com1", "_com1" },
    { "COM\u00b2.log", "_COM\u00b2.log" },
    { "LPT9.", "_LPT9" },
    { ".con", "_con" },
    { "c\u200eon", "_con" },
    { "ConIn$", "_ConIn$" },
    { "cafe\u0301", "caf\u00e9" },
    { "e\u200e\u0301", "\u00e9" },
    { "\xff\xfe.jpg", "\ufffd\ufffd.jpg" },
    { "a\xc3", "a\ufffd" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check_safe (cases[i].name, cases[i].safe);
}

/* `n_stem` times @stem, then @end */
static char *
make_long (const char *stem,
           gsize       n_stem,
           const char *end)
{
  GString *name = g_string_new (NULL);

  for (gsize i = 0; i < n_stem; i++)
    g_string_append (name, stem);
  g_string_append (name, end);
  return g_string_free (name, FALSE);
}

static void
check_cut (const char *stem,
           gsize       n_stem,
           const char *end,
           gsize       n_kept,
           const char *end_kept)
{
  g_autofree char *name = make_long (stem, n_stem, end);
  g_autofree char *cut = make_long (stem, n_kept, end_kept);

  check_safe (name, cut);
}

static void
long_ones_keep_their_extension (void)
{
  check_cut ("x", 240, "", 240, "");
  check_cut ("x", 241, "", 240, "");
  check_cut ("x", 236, ".jpg", 236, ".jpg");
  check_cut ("x", 237, ".jpg", 236, ".jpg");
  check_cut ("x", 300, ".tar.gz", 233, ".tar.gz");
  check_cut ("\u00e9", 120, ".jpg", 118, ".jpg");
  check_cut ("\u6587", 100, ".png", 78, ".png"); /* 236 are no multiple of 3 */
  check_cut ("\U0001f642", 100, "", 60, "");
  check_cut ("x", 240, " y", 240, "");           /* not with a space at the end */
  check_cut ("x", 230, ".an ending with spaces", 230, ".an ending");
  g_assert_cmpuint (UDPNAT_FILE_NAME_SAFE_MAX_BYTES, ==, 240);
}

static void
cut_to_a_device (void)
{
  g_autofree char *spaces = g_strnfill (300, ' ');
  g_autofree char *name = g_strconcat ("con", spaces, "x", NULL);

  g_test_summary ("What is left when a long name is cut is looked at again");
  check_safe (name, "_con");
}

static void
numbered (void)
{
  static const struct
  {
    const char *name;
    guint       n;
    const char *numbered;
  } cases[] = {
    { "photo.jpg", 2, "photo (2).jpg" },
    { "photo", 2, "photo (2)" },
    { "a.tar.gz", 2, "a (2).tar.gz" },
    { "a.TAR.XZ", 13, "a (13).TAR.XZ" },
    { "v1.2 final draft", 3, "v1.2 final draft (3)" },
    { "photo (2).jpg", 2, "photo (2) (2).jpg" },
    { "tar.gz", 2, "tar (2).gz" },
    { "a.", 2, "a. (2)" },
    { "a", G_MAXUINT, "a (4294967295)" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *made = udpnat_file_name_number (cases[i].name, cases[i].n);

      g_assert_cmpstr (made, ==, cases[i].numbered);
    }
}

static void
numbered_long (void)
{
  g_autofree char *name = make_long ("\u6587", 78, ".jpeg");
  g_autofree char *made = udpnat_file_name_number (name, 1000);
  g_autofree char *expected = make_long ("\u6587", 76, " (1000).jpeg");

  g_assert_cmpstr (made, ==, expected);
  g_assert_cmpuint (strlen (made), <=, UDPNAT_FILE_NAME_SAFE_MAX_BYTES);
}

static void
valid_ones (void)
{
  g_autofree char *longest = g_strnfill (UDPNAT_FILE_NAME_MAX_BYTES, 'x');
  g_autofree char *too_long = g_strnfill (UDPNAT_FILE_NAME_MAX_BYTES + 1, 'x');
  const char *valid[] = { "a", "..", ".hidden", "con", "a:b", "\u202e", "\u6587", longest };
  const char *invalid[] = { "", "a/b", "a\n", "\x7f", "\xc2\x85", "\xff", "a\xc3", too_long };

  for (gsize i = 0; i < G_N_ELEMENTS (valid); i++)
    g_assert_true (udpnat_file_name_is_valid (valid[i], strlen (valid[i])));
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    g_assert_false (udpnat_file_name_is_valid (invalid[i], strlen (invalid[i])));
  g_assert_false (udpnat_file_name_is_valid ("a\0b", 3));
  g_assert_false (udpnat_file_name_is_valid ("\0", 1));
}

/* ---- Any name ---- */

/* What a safe name must be, said in another way than the code does. */
static void
check_is_safe (const char *name)
{
  g_autofree char *normal = g_utf8_normalize (name, -1, G_NORMALIZE_NFC);
  g_autofree char *again = udpnat_file_name_make_safe (name);
  gsize n = strlen (name);

  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (n, <=, UDPNAT_FILE_NAME_SAFE_MAX_BYTES);
  g_assert_true (udpnat_file_name_is_valid (name, n));
  g_assert_cmpstr (normal, ==, name);
  g_assert_cmpstr (again, ==, name);
  g_assert_null (strpbrk (name, "/\\:*?\"<>|"));
  g_assert_true (name[0] != '.' && name[0] != ' ' && name[n - 1] != '.' && name[n - 1] != ' ');
  g_assert_null (strstr (name, "\u202e"));
  g_assert_null (strstr (name, "\u2066"));
  g_assert_false (g_regex_match_simple ("^(con|prn|aux|nul|(com|lpt)[1-9]) *(\\.|$)", name,
                                        G_REGEX_CASELESS, 0));
}

static void
random_ones_become_safe (void)
{
  static const char *const pieces[] = {
    "/", "\\", ".", "..", " ", "con", "COM1", "nul", "\u202e", "\u2066", "\u200e", "e", "\u0301",
    "\u0338", "<", "=", "\u1100", "\u1161", "\u11a8", "\u0958", "\u6587", "\U0001f642", ".tar",
    ".gz", ".jpg", "\n", "\x7f", "\xff", "\xe2\x80", "\u3000", "\u00a0", "\ufeff", "K\u030a",
    "\u212a", "\u0344", "\u0f73", "x", "abcdefghijklmnopqrstuvwxyz", "\u00b9", "(2)", "_", "$",
  };

  for (guint i = 0; i < 30000; i++)
    {
      GString *name = g_string_new (NULL);
      guint n_pieces = (guint) g_test_rand_int_range (0, i % 3 == 0 ? 60 : 8);
      g_autofree char *safe = NULL;
      g_autofree char *other = NULL;

      for (guint j = 0; j < n_pieces; j++)
        g_string_append (name, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);
      safe = udpnat_file_name_make_safe (name->str);
      check_is_safe (safe);
      other = udpnat_file_name_number (safe, 2 + i);
      check_is_safe (other);
      g_assert_cmpstr (other, !=, safe);
      g_string_free (name, TRUE);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/base-file-name/safe/plain-ones-stay", plain_ones_stay);
  g_test_add_func ("/base-file-name/safe/nasty-ones-become-safe", nasty_ones_become_safe);
  g_test_add_func ("/base-file-name/safe/extension-is-kept", long_ones_keep_their_extension);
  g_test_add_func ("/base-file-name/safe/cut-to-a-device", cut_to_a_device);
  g_test_add_func ("/base-file-name/safe/random-ones", random_ones_become_safe);
  g_test_add_func ("/base-file-name/number/before-the-extension", numbered);
  g_test_add_func ("/base-file-name/number/long-one-is-cut", numbered_long);
  g_test_add_func ("/base-file-name/valid/what-may-be-offered", valid_ones);

  return g_test_run ();
}
