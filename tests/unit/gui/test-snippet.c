/* The part of a text in which something was found. */

#include "config.h"

#include <string.h>

#include "udpnat-snippet.h"

/* Puts [ ] around what is bold. */
static char *
show (const char *text,
      const char *words)
{
  g_autoptr (PangoAttrList) attributes = NULL;
  g_autofree char *snippet = udpnat_snippet_new (text, words, &attributes);
  PangoAttrIterator *i = pango_attr_list_get_iterator (attributes);
  GString *shown = g_string_new (NULL);

  do
    {
      gboolean is_bold = pango_attr_iterator_get (i, PANGO_ATTR_WEIGHT) != NULL;
      int begin;
      int end;

      pango_attr_iterator_range (i, &begin, &end);
      end = MIN (end, (int) strlen (snippet));
      g_string_append (shown, is_bold ? "[" : "");
      g_string_append_len (shown, snippet + begin, end - begin);
      g_string_append (shown, is_bold ? "]" : "");
    }
  while (pango_attr_iterator_next (i));
  pango_attr_iterator_destroy (i);
  return g_string_free (shown, FALSE);
}

static void
check (const char *text,
       const char *words,
       const char *expected)
{
  g_autofree char *shown = show (text, words);

  g_assert_cmpstr (shown, ==, expected);
}

static void
test_marks_all_words (void)
{
  check ("The map of the harbour", "harb map", "The [map] of the [harb]our");
}

static void
test_case_accents_width (void)
{
  check ("Ein CAFÉ am Fluß", "cafe", "Ein [CAFÉ] am Fluß");
  check ("Ein CAFÉ am Fluß", "fluss", "Ein CAFÉ am [Fluß]");
  check ("ＡＢＣ", "ab", "[ＡＢ]Ｃ");
  check ("文件收到了，谢谢", "收到", "文件[收到]了，谢谢");
}

static void
test_beginnings (void)
{
  check ("A man and a banana", "an", "A man [an]d a banana");
  check ("Grüße, grün", "gru", "[Grü]ße, [grü]n");
  check ("在Berlin见", "ber", "在[Ber]lin见");
}

/* Pieces of one letter may come apart in the text: é as two characters. */
static void
test_combining (void)
{
  check ("cafe\xcc\x81 noir", "noir", "cafe\xcc\x81 [noir]");
}

static void
test_cuts_around_the_match (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *shown = NULL;

  for (guint i = 0; i < 100; i++)
    g_string_append (text, "lorem ");
  g_string_append (text, "needle");
  for (guint i = 0; i < 100; i++)
    g_string_append (text, " ipsum");
  shown = show (text->str, "needle");
  g_assert_true (g_str_has_prefix (shown, "…rem lorem lorem [needle] ipsum"));
  g_assert_true (g_str_has_suffix (shown, "…"));
  g_assert_cmpint (g_utf8_strlen (shown, -1), <, 150);
}

static void
test_one_line (void)
{
  check ("one\ntwo\r\nthree", "two", "one [two]  three");
}

static void
test_no_match_is_the_beginning (void)
{
  check ("Hello", "zorro", "Hello");
  check ("", "zorro", "");
  check ("Hello", "", "Hello");
}

/* The search is told where the words are by the store; here a match far down is not looked for. */
static void
test_long_text_is_bounded (void)
{
  g_autofree char *begin = g_strnfill (60000, 'x');
  g_autofree char *text = g_strconcat (begin, " needle", NULL);
  g_autofree char *shown = show (text, "needle");

  g_assert_true (g_str_has_prefix (shown, "xxxx"));
  g_assert_cmpint (g_utf8_strlen (shown, -1), <, 150);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/snippet/marks/all-words", test_marks_all_words);
  g_test_add_func ("/snippet/marks/beginnings-of-words", test_beginnings);
  g_test_add_func ("/snippet/marks/without-case-accents-width", test_case_accents_width);
  g_test_add_func ("/snippet/marks/beside-combining-marks", test_combining);
  g_test_add_func ("/snippet/cuts/around-the-match", test_cuts_around_the_match);
  g_test_add_func ("/snippet/cuts/to-one-line", test_one_line);
  g_test_add_func ("/snippet/cuts/beginning-without-match", test_no_match_is_the_beginning);
  g_test_add_func ("/snippet/cuts/long-text-is-bounded", test_long_text_is_bounded);
  return g_test_run ();
}
