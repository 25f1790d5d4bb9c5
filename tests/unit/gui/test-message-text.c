/* How a text is shown: few emoji alone, and too long ones. */

#include "config.h"

#include "udpnat-message-text.h"

static void
test_emoji_alone_are_counted (void)
{
  g_assert_cmpuint (udpnat_message_text_count_emoji ("😀"), ==, 1);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("🎉🎉"), ==, 2);
  g_assert_cmpuint (udpnat_message_text_count_emoji (" 🎉 \n🎉 "), ==, 2);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("😀😀😀😀😀😀"), ==, 6);
}

static void
test_joined_emoji_are_one (void)
{
  g_assert_cmpuint (udpnat_message_text_count_emoji ("👩‍👩‍👧‍👦"), ==, 1);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("👍🏽"), ==, 1);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("🤷🏽‍♀️"), ==, 1);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("🇩🇪🇨🇳"), ==, 2);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("🏴󠁧󠁢󠁳󠁣󠁴󠁿"), ==, 1);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("❤️"), ==, 1);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("1️⃣"), ==, 1);
}

static void
test_text_is_no_emoji (void)
{
  g_assert_cmpuint (udpnat_message_text_count_emoji (""), ==, 0);
  g_assert_cmpuint (udpnat_message_text_count_emoji (" "), ==, 0);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("hi 😀"), ==, 0);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("😀!"), ==, 0);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("1"), ==, 0);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("✓"), ==, 0);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("你好"), ==, 0);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("🇩"), ==, 0);
  g_assert_cmpuint (udpnat_message_text_count_emoji ("😀‍"), ==, 0);
}

static void
test_many_emoji_are_text (void)
{
  g_assert_cmpuint (udpnat_message_text_count_emoji ("😀😀😀😀😀😀😀"), ==, 0);
}

/* A label that is asked for more room than its text takes leaves a gap beside it. */
static void
test_width_is_never_more_than_the_text_takes (void)
{
  g_assert_cmpuint (udpnat_message_text_get_least_width ("", 8), ==, 0);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("illi", 8), ==, 2);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("你好", 8), ==, 2);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("👩‍👩‍👧‍👦", 8), ==, 1);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 8), ==, 1);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("🇩🇪", 8), ==, 1);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("e\u0301e\u0301", 8), ==, 1);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("fifteen letters", 8), ==, 7);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("sixteen letters.", 8), ==, 8);
  g_assert_cmpuint (udpnat_message_text_get_least_width ("more than sixteen", 8), ==, 8);
}

static void
test_short_text_stays (void)
{
  g_autofree char *text = g_strnfill (2000, 'x');

  g_assert_null (udpnat_message_text_shorten (""));
  g_assert_null (udpnat_message_text_shorten ("One line.\nAnother."));
  g_assert_null (udpnat_message_text_shorten (text));
}

static void
test_long_text_is_cut (void)
{
  g_autofree char *text = g_strnfill (2001, 'x');
  g_autofree char *shortened = udpnat_message_text_shorten (text);

  g_assert_cmpint (g_utf8_strlen (shortened, -1), ==, 2001);
  g_assert_true (g_str_has_suffix (shortened, "x…"));
}

static void
test_many_lines_are_cut (void)
{
  g_autofree char *text = g_strnfill (39, '\n');
  g_autofree char *longer = g_strnfill (40, '\n');
  g_autofree char *shortened = udpnat_message_text_shorten (longer);

  g_assert_null (udpnat_message_text_shorten (text));
  g_assert_nonnull (shortened);
}

static void
test_cut_between_characters (void)
{
  GString *text = g_string_new (NULL);
  g_autofree char *shortened = NULL;

  for (guint i = 0; i < 2001; i++)
    g_string_append (text, "你");
  shortened = udpnat_message_text_shorten (text->str);
  g_assert_true (g_utf8_validate (shortened, -1, NULL));
  g_string_free (text, TRUE);
}

static void
test_long_word_is_found (void)
{
  g_autofree char *word = g_strnfill (401, 'x');
  g_autofree char *text = g_strdup_printf ("before %s after", word);

  g_assert_true (udpnat_message_text_has_long_word (word));
  g_assert_true (udpnat_message_text_has_long_word (text));
}

static void
test_many_words_are_not_long (void)
{
  g_autofree char *word = g_strnfill (400, 'x');
  g_autofree char *text = g_strdup_printf ("%s %s\n%s", word, word, word);

  g_assert_false (udpnat_message_text_has_long_word (""));
  g_assert_false (udpnat_message_text_has_long_word (text));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/message-text/emoji/alone-are-counted", test_emoji_alone_are_counted);
  g_test_add_func ("/message-text/emoji/joined-are-one", test_joined_emoji_are_one);
  g_test_add_func ("/message-text/emoji/text-is-none", test_text_is_no_emoji);
  g_test_add_func ("/message-text/emoji/many-are-text", test_many_emoji_are_text);
  g_test_add_func ("/message-text/shorten/short-text-stays", test_short_text_stays);
  g_test_add_func ("/message-text/shorten/long-text-is-cut", test_long_text_is_cut);
  g_test_add_func ("/message-text/shorten/many-lines-are-cut", test_many_lines_are_cut);
  g_test_add_func ("/message-text/shorten/cut-between-characters", test_cut_between_characters);
  g_test_add_func ("/message-text/least-width/never-more-than-the-text-takes",
                   test_width_is_never_more_than_the_text_takes);
  g_test_add_func ("/message-text/long-word/is-found", test_long_word_is_found);
  g_test_add_func ("/message-text/long-word/many-words-are-none", test_many_words_are_not_long);
  return g_test_run ();
}
