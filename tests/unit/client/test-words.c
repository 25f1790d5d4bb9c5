/* Every code that a program may see has a sentence for people. */

#include "config.h"

#include <string.h>

#include "udpnat-path-kind.h"
#include "udpnat-words.h"

/* All of udpnat_node_event's codes: of REFUSED and of FAILED. */
static const char *const node_codes[] = {
  "name-taken", "name-not-allowed", "try-later", "server-full", "refused",
  "unknown-peer", "no-server", "self", "too-many",
};

static void
check_sentence (const char *code,
                const char *words)
{
  g_test_message ("%s: %s", code, words);
  g_assert_cmpstr (words, !=, code);
  g_assert_nonnull (strchr (words, ' '));
  g_assert_true (g_utf8_validate (words, -1, NULL));
}

static void
test_reasons (void)
{
  for (guint i = UDPNAT_PATH_REASON_NONE + 1; i <= UDPNAT_PATH_REASON_IDLE; i++)
    {
      const char *code = udpnat_path_reason_to_code (i);

      check_sentence (code, udpnat_words_explain_reason (code));
    }
}

static void
test_reasons_differ (void)
{
  for (guint i = UDPNAT_PATH_REASON_NONE + 1; i <= UDPNAT_PATH_REASON_IDLE; i++)
    for (guint j = UDPNAT_PATH_REASON_NONE + 1; j < i; j++)
      g_assert_cmpstr (udpnat_words_explain_reason (udpnat_path_reason_to_code (i)), !=,
                       udpnat_words_explain_reason (udpnat_path_reason_to_code (j)));
}

static void
test_codes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (node_codes); i++)
    check_sentence (node_codes[i], udpnat_words_explain_code (node_codes[i]));
}

static void
test_unknown (void)
{
  static const char code[] = "of-a-later-version";

  g_assert_true (udpnat_words_explain_reason (code) == code);
  g_assert_true (udpnat_words_explain_code (code) == code);
  g_assert_cmpstr (udpnat_words_explain_code (""), ==, "");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/client-words/reason/each-has-a-sentence", test_reasons);
  g_test_add_func ("/client-words/reason/no-two-have-the-same", test_reasons_differ);
  g_test_add_func ("/client-words/code/each-has-a-sentence", test_codes);
  g_test_add_func ("/client-words/code/unknown-is-given-back", test_unknown);

  return g_test_run ();
}
