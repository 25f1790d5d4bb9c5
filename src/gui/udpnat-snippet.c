/* The part of a long text in which something was found, for one line of a list.
 *
 * Compared is without case and without accents, character by character, so that each place in what
 * is compared is known in the text too. As in the search itself (client/udpnat-store-search.c) a
 * match is the beginning of a word, or anything in scripts that are written without spaces. */

#include "config.h"

#include "udpnat-snippet.h"

#include <string.h>

/* How many characters are shown before the first match, and after it. */
#define BEFORE_CHARACTERS 16
#define AFTER_CHARACTERS 120
/* How far a match is looked for: a text may have 64 KiB, and there may be many on the screen. */
#define LOOKED_AT_CHARACTERS 8192

/* A text as it is compared, and for each of its bytes, where in the text it comes from. */
typedef struct
{
  GString *folded;
  GArray  *offsets; /* guint */
} Folded;

static void
append_folded (GString    *folded,
               const char *p)
{
  gsize n_bytes = g_utf8_next_char (p) - p;
  g_autofree char *bare = NULL;
  g_autofree char *lower = NULL;

  if (n_bytes == 1)
    {
      g_string_append_c (folded, g_ascii_isspace (*p) ? ' ' : g_ascii_tolower (*p));
      return;
    }
  bare = g_utf8_normalize (p, n_bytes, G_NORMALIZE_ALL);
  lower = g_utf8_casefold (bare != NULL ? bare : "", -1);
  for (const char *c = lower; *c != '\0'; c = g_utf8_next_char (c))
    if (!g_unichar_ismark (g_utf8_get_char (c)))
      g_string_append_len (folded, c, g_utf8_next_char (c) - c);
}

static void
fold (Folded     *self,
      const char *text,
      guint       n_characters)
{
  self->folded = g_string_sized_new (256);
  self->offsets = g_array_sized_new (FALSE, FALSE, sizeof (guint), 256);
  for (const char *p = text; *p != '\0' && n_characters > 0; p = g_utf8_next_char (p))
    {
      guint offset = p - text;

      append_folded (self->folded, p);
      while (self->offsets->len < self->folded->len)
        g_array_append_val (self->offsets, offset);
      n_characters--;
    }
}

static void
folded_clear (Folded *self)
{
  g_string_free (self->folded, TRUE);
  g_array_unref (self->offsets);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Folded, folded_clear)

static char **
split (const char *words)
{
  g_auto (Folded) folded = { 0 };

  fold (&folded, words, G_MAXUINT);
  return g_strsplit (folded.folded->str, " ", -1);
}

/* Where scripts begin that are written without spaces: Thai is the first of them. */
#define UNSPACED_FROM 0x0e00

static gboolean
is_beginning (const char *folded,
              const char *p)
{
  gunichar before;

  if (p == folded || g_utf8_get_char (p) >= UNSPACED_FROM)
    return TRUE;
  before = g_utf8_get_char (g_utf8_prev_char (p));
  return !g_unichar_isalnum (before) || before >= UNSPACED_FROM;
}

/* Returns: (nullable): the next match from @p on */
static const char *
find_match (const char *folded,
            const char *p,
            const char *term)
{
  if (*term == '\0')
    return NULL;
  while ((p = strstr (p, term)) != NULL && !is_beginning (folded, p))
    p++;
  return p;
}

/* Where the first of the words is: offset in the text, 0 when there is none. */
static guint
find_first (const Folded *text,
            char        **terms)
{
  const char *first = NULL;

  for (guint i = 0; terms[i] != NULL; i++)
    {
      const char *found = find_match (text->folded->str, text->folded->str, terms[i]);

      if (found != NULL && (first == NULL || found < first))
        first = found;
    }
  if (first == NULL)
    return 0;
  return g_array_index (text->offsets, guint, first - text->folded->str);
}

static char *
cut (const char *text,
     guint       match)
{
  const char *begin = text + match;
  const char *end = text + match;
  GString *part = g_string_new (NULL);

  for (guint i = 0; i < BEFORE_CHARACTERS && begin > text; i++)
    begin = g_utf8_prev_char (begin);
  for (guint i = 0; i < AFTER_CHARACTERS && *end != '\0'; i++)
    end = g_utf8_next_char (end);
  if (begin > text)
    g_string_append (part, "…");
  g_string_append_len (part, begin, end - begin);
  if (*end != '\0')
    g_string_append (part, "…");
  g_strdelimit (part->str, "\n\r\t\v\f", ' ');
  return g_string_free (part, FALSE);
}

static void
mark (PangoAttrList *attributes,
      const char    *shown,
      const Folded  *folded,
      const char    *term)
{
  const char *found = folded->folded->str;
  gsize n_term = strlen (term);

  while ((found = find_match (folded->folded->str, found, term)) != NULL)
    {
      guint last = found - folded->folded->str + n_term - 1;
      PangoAttribute *bold = pango_attr_weight_new (PANGO_WEIGHT_BOLD);

      bold->start_index = g_array_index (folded->offsets, guint, last - n_term + 1);
      bold->end_index = g_array_index (folded->offsets, guint, last);
      bold->end_index += g_utf8_next_char (shown + bold->end_index) - (shown + bold->end_index);
      pango_attr_list_change (attributes, bold);
      found += n_term;
    }
}

/**
 * udpnat_snippet_new:
 * @text: valid UTF-8, as long as it likes
 * @words: what was looked for
 * @out_attributes: (out) (transfer full): for the result: the matches are bold
 *
 * Returns: (transfer full): one line around the first match, or the beginning
 */
char *
udpnat_snippet_new (const char     *text,
                    const char     *words,
                    PangoAttrList **out_attributes)
{
  g_auto (GStrv) terms = split (words);
  g_auto (Folded) whole = { 0 };
  g_auto (Folded) part = { 0 };
  char *shown;

  fold (&whole, text, LOOKED_AT_CHARACTERS);
  shown = cut (text, find_first (&whole, terms));
  fold (&part, shown, G_MAXUINT);
  *out_attributes = pango_attr_list_new ();
  for (guint i = 0; terms[i] != NULL; i++)
    mark (*out_attributes, shown, &part, terms[i]);
  return shown;
}
