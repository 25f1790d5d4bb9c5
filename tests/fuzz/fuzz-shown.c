/* What somebody wrote, on its way to the screen: links are found in it and made markup, emoji are
 * counted, what is long is shortened. Checked besides assertions: it is markup, it says what was
 * written, and a link is what is shown of it. */

#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "udpnat-link-text.h"
#include "udpnat-message-text.h"

#define TEXT_MAX_BYTES 4096
#define COLUMNS_MAX 60

typedef struct
{
  GString *text;
  char    *link; /* nullable: inside of one */
  gsize    link_start;
} Shown;

static void
start_cb (GMarkupParseContext *context,
          const char          *element,
          const char         **names,
          const char         **values,
          gpointer             user_data,
          GError             **error)
{
  Shown *shown = user_data;

  if (g_str_equal (element, "all"))
    return;
  g_assert_cmpstr (element, ==, "a");
  g_assert_cmpstr (names[0], ==, "href");
  g_assert_null (names[1]);
  g_assert_null (shown->link);
  g_assert_true (g_str_has_prefix (values[0], "http://") || g_str_has_prefix (values[0], "https://")
                 || g_str_has_prefix (values[0], "udpnat:")
                 || g_ascii_strncasecmp (values[0], "http", 4) == 0
                 || g_ascii_strncasecmp (values[0], "udpnat:", 7) == 0);
  shown->link = g_strdup (values[0]);
  shown->link_start = shown->text->len;
}

static void
end_cb (GMarkupParseContext *context,
        const char          *element,
        gpointer             user_data,
        GError             **error)
{
  Shown *shown = user_data;

  if (shown->link != NULL)
    g_assert_cmpstr (shown->text->str + shown->link_start, ==, shown->link);
  g_clear_pointer (&shown->link, g_free);
}

static void
text_cb (GMarkupParseContext *context,
         const char          *text,
         gsize                n_text,
         gpointer             user_data,
         GError             **error)
{
  Shown *shown = user_data;

  g_string_append_len (shown->text, text, (gssize) n_text);
}

static void
check_markup (const char *text)
{
  const GMarkupParser parser = { .start_element = start_cb, .end_element = end_cb,
                                 .text = text_cb };
  g_autofree char *markup = udpnat_link_text_to_markup (text);
  g_autofree char *whole = NULL;
  g_autoptr (GMarkupParseContext) context = NULL;
  g_autoptr (GError) error = NULL;
  Shown shown = { .text = g_string_new (NULL) };

  if (markup != NULL)
    {
      whole = g_strconcat ("<all>", markup, "</all>", NULL);
      context = g_markup_parse_context_new (&parser, 0, &shown, NULL);
      g_markup_parse_context_parse (context, whole, -1, &error);
      g_assert_no_error (error);
      g_assert_true (g_markup_parse_context_end_parse (context, NULL));
      g_assert_cmpstr (shown.text->str, ==, text);
    }
  g_string_free (shown.text, TRUE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree char *text = NULL;
  g_autofree char *shortened = NULL;

  if (n_data > TEXT_MAX_BYTES)
    return 0;
  text = g_strndup ((const char *) data, n_data);
  if (!g_utf8_validate (text, -1, NULL))
    return 0; /* no item has such a text */
  if (strchr (text, '\r') == NULL) /* GMarkup would make a line feed of it */
    check_markup (text);
  g_assert_cmpuint (udpnat_message_text_count_emoji (text), <=, UDPNAT_MESSAGE_TEXT_EMOJI_MAX);
  udpnat_message_text_has_long_word (text);
  g_assert_cmpuint (udpnat_message_text_get_least_width (text, COLUMNS_MAX), <=, COLUMNS_MAX);
  shortened = udpnat_message_text_shorten (text);
  g_assert_true (shortened == NULL || g_utf8_validate (shortened, -1, NULL));
  return 0;
}
