/* Links in a message. Only what names its scheme is one (http, https, udpnat): a guess could send
 * somebody to a place that the writer never meant. What is shown of a link is the link itself, so
 * it cannot look like another; and whatever turns the direction of writing around ends it.
 *
 * A link is taken out of running text in the way that people expect (RFC 3986 appendix C): without
 * the full stop or bracket behind it, and, as Chinese, Japanese and Thai have no spaces, without
 * the sentence that goes on behind it. Letters of other scripts belong to it (RFC 3987). */

#include "config.h"

#include "udpnat-link-text.h"

#include <string.h>

static const char *const schemes[] = { "http://", "https://", "udpnat:" };

static gboolean
is_unspaced_script (gunichar c)
{
  switch ((int) g_unichar_get_script (c))
    {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_BOPOMOFO:
    case G_UNICODE_SCRIPT_THAI:
    case G_UNICODE_SCRIPT_LAO:
    case G_UNICODE_SCRIPT_KHMER:
    case G_UNICODE_SCRIPT_MYANMAR:
      return TRUE;
    default:
      return FALSE;
    }
}

/* ASCII: all of RFC 3986 and what people leave unescaped. Otherwise letters and marks. */
static gboolean
is_in_link (gunichar c)
{
  if (c < 0x80)
    return c > ' ' && c != 0x7f && strchr ("<>\"`{}|\\^", (int) c) == NULL;
  return (g_unichar_isalnum (c) || g_unichar_ismark (c)) && !is_unspaced_script (c);
}

/* "xhttp://" is no link, but "看http://" is. */
static gboolean
may_precede (const char *text,
             const char *at)
{
  return at == text || !(g_ascii_isalnum (at[-1]) || strchr ("+-.", at[-1]) != NULL);
}

/* Returns: where the scheme begins whose colon is at @colon; %NULL when there is none */
static const char *
match_scheme (const char *text,
              const char *colon,
              gsize      *out_n_scheme)
{
  for (gsize i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize n_scheme = strlen (schemes[i]);
      gsize n_name = (gsize) (strchr (schemes[i], ':') - schemes[i]);

      *out_n_scheme = n_scheme;
      if ((gsize) (colon - text) >= n_name && may_precede (text, colon - n_name) &&
          g_ascii_strncasecmp (colon - n_name, schemes[i], n_scheme) == 0)
        return colon - n_name;
    }
  return NULL;
}

static gboolean
is_unmatched_bracket (const char *start,
                      const char *last)
{
  char open = *last == ')' ? '(' : '[';
  int depth = 0;

  for (const char *p = start; p <= last; p++)
    depth += *p == open ? 1 : *p == *last ? -1 : 0;
  return depth < 0;
}

/* Takes off what belongs to the sentence around it. */
static const char *
trim_end (const char *start,
          const char *end)
{
  while (end > start)
    {
      char last = end[-1];
      gboolean is_bracket = last == ')' || last == ']';

      if (is_bracket ? !is_unmatched_bracket (start, end - 1)
                     : last == '\0' || strchr (".,;:!?'*_~", last) == NULL)
        break;
      end--;
    }
  return end;
}

static const char *
find_end (const char *start,
          gsize       n_scheme)
{
  const char *rest = start + n_scheme;
  const char *end = rest;

  while (*end != '\0' && is_in_link (g_utf8_get_char (end)))
    end = g_utf8_next_char (end);
  end = trim_end (rest, end);
  return end > rest && (g_ascii_isalnum (*rest) || *rest == '[' || (guchar) *rest >= 0x80 ||
                        *rest == '%')
           ? end
           : NULL;
}

/**
 * udpnat_link_text_find:
 * @text: UTF-8
 * @out_start: (out) (transfer none): the first byte of the link
 * @out_end: (out) (transfer none): behind its last byte
 *
 * Returns: whether there is a link, and if so, the first
 */
gboolean
udpnat_link_text_find (const char  *text,
                       const char **out_start,
                       const char **out_end)
{
  for (const char *colon = strchr (text, ':'); colon != NULL; colon = strchr (colon + 1, ':'))
    {
      gsize n_scheme;
      const char *start = match_scheme (text, colon, &n_scheme);
      const char *end = start != NULL ? find_end (start, n_scheme) : NULL;

      if (end == NULL)
        continue;
      *out_start = start;
      *out_end = end;
      return TRUE;
    }
  return FALSE;
}

static void
append_escaped (GString    *markup,
                const char *text,
                gssize      n_text)
{
  g_autofree char *escaped = g_markup_escape_text (text, n_text);

  g_string_append (markup, escaped);
}

/**
 * udpnat_link_text_to_markup:
 * @text: UTF-8
 *
 * Returns: (transfer full) (nullable): Pango markup of the text with its links marked; %NULL when
 *   it has none
 */
char *
udpnat_link_text_to_markup (const char *text)
{
  GString *markup = NULL;
  const char *start;
  const char *end;

  while (udpnat_link_text_find (text, &start, &end))
    {
      g_autofree char *link = g_strndup (start, (gsize) (end - start));

      if (markup == NULL)
        markup = g_string_new (NULL);
      append_escaped (markup, text, start - text);
      g_string_append (markup, "<a href=\"");
      append_escaped (markup, link, -1);
      g_string_append (markup, "\">");
      append_escaped (markup, link, -1);
      g_string_append (markup, "</a>");
      text = end;
    }
  if (markup == NULL)
    return NULL;
  append_escaped (markup, text, -1);
  return g_string_free (markup, FALSE);
}
