#include "config.h"

#include "udpnat-name.h"

#include "udpnat-limits.h"

#include <string.h>

/* Which names there may be, and when two are the same: PROTOCOL.md section 12. Server and clients
 * use the same rules, so that a client can tell its user at once.
 *
 * The aim is that two names that look alike to a careful reader are either equal or not both
 * allowed, as far as characters that show nothing go. Letters of different scripts that look alike
 * (Latin and Cyrillic "a") are not told apart here: a key, not a name, says who somebody is.
 *
 * Comparison is by compatibility caseless match (Unicode 3.13, D146) without variation selectors,
 * which change at most the look of the character before them. */

/* Letters and marks that show nothing, though Unicode does not call them format characters
 * (Default_Ignorable_Code_Point less category Cf and the variation selectors), and the blank
 * Braille pattern. */
static gboolean
is_invisible (gunichar c)
{
  return c == 0x034f                         /* combining grapheme joiner */
         || c == 0x115f || c == 0x1160       /* Hangul fillers */
         || c == 0x17b4 || c == 0x17b5       /* Khmer inherent vowels */
         || (c >= 0x180b && c <= 0x180f)     /* Mongolian separators */
         || c == 0x2800                      /* Braille blank */
         || c == 0x3164 || c == 0xffa0;      /* Hangul fillers */
}

static gboolean
is_variation_selector (gunichar c)
{
  return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef);
}

static gboolean
is_allowed (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return c != '@' /* begins the server of `name@server` */
         && type != G_UNICODE_CONTROL
         && type != G_UNICODE_FORMAT /* with the bidirectional overrides and the joiners */
         && type != G_UNICODE_UNASSIGNED /* may get a meaning, and a case, later */
         && type != G_UNICODE_PRIVATE_USE
         && type != G_UNICODE_SURROGATE
         && type != G_UNICODE_LINE_SEPARATOR
         && type != G_UNICODE_PARAGRAPH_SEPARATOR
         && !is_invisible (c);
}

static gboolean
has_allowed_characters (const char *name)
{
  glong n_code_points = 0;

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      gboolean at_edge = p == name || *g_utf8_next_char (p) == '\0';

      if (!is_allowed (c) || (at_edge && g_unichar_isspace (c)))
        return FALSE;
      n_code_points++;
    }

  return n_code_points >= 1 && n_code_points <= UDPNAT_NAME_MAX_CODE_POINTS;
}

static char *
drop_variation_selectors (const char *name)
{
  GString *kept = g_string_sized_new (strlen (name));

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (!is_variation_selector (c))
        g_string_append_unichar (kept, c);
    }

  return g_string_free (kept, FALSE);
}

/**
 * udpnat_name_fold_plain:
 * @name: (array length=n_name): what somebody sent; not trusted
 * @out_folded: as udpnat_name_fold() gives it
 *
 * For who has very many to look at: allocates nothing.
 *
 * Returns: %FALSE when it has anything but ASCII, or is not allowed: udpnat_name_normalize() tells
 */
gboolean
udpnat_name_fold_plain (const char *name,
                        gsize       n_name,
                        char        out_folded[UDPNAT_NAME_PLAIN_MAX_BYTES + 1])
{
  if (n_name == 0 || n_name > UDPNAT_NAME_PLAIN_MAX_BYTES
      || name[0] == ' ' || name[n_name - 1] == ' ')
    return FALSE;
  for (gsize i = 0; i < n_name; i++)
    {
      if (name[i] < ' ' || name[i] > '~' || name[i] == '@')
        return FALSE;
      out_folded[i] = g_ascii_isupper (name[i]) ? (char) (name[i] | 0x20) : name[i];
    }
  out_folded[n_name] = '\0';
  return TRUE;
}

/**
 * udpnat_name_normalize:
 * @name: what somebody typed or sent; need not be valid UTF-8
 *
 * Checks a name and brings it into the one form in which it is stored and shown (NFC). Nothing is
 * repaired: white space at the ends is refused, not cut off.
 *
 * Returns: (transfer full) (nullable): the name, or %NULL when it is not allowed
 */
char *
udpnat_name_normalize (const char *name)
{
  g_autofree char *normal = NULL;
  g_autofree char *key = NULL;

  /* Before anything that takes time or memory in proportion to it. */
  if (strnlen (name, UDPNAT_NAME_MAX_BYTES + 1) > UDPNAT_NAME_MAX_BYTES)
    return NULL;
  if (!g_utf8_validate (name, -1, NULL))
    return NULL;

  normal = g_str_is_ascii (name) ? g_strdup (name)
                                 : g_utf8_normalize (name, -1, G_NORMALIZE_NFC);
  if (normal == NULL || !has_allowed_characters (normal))
    return NULL;

  /* Nothing but variation selectors: would be equal to no name at all. */
  key = udpnat_name_fold (normal);
  if (*key == '\0')
    return NULL;

  return g_steal_pointer (&normal);
}

/**
 * udpnat_name_fold:
 * @name: an allowed name, or at least valid UTF-8
 *
 * Makes the key by which names are compared: two names are the same name when their keys are the
 * same bytes. Not for showing.
 *
 * Returns: (transfer full): the key
 */
char *
udpnat_name_fold (const char *name)
{
  g_autofree char *bare = NULL;
  g_autofree char *decomposed = NULL;
  g_autofree char *folded = NULL;
  g_autofree char *compatible = NULL;
  g_autofree char *refolded = NULL;
  char *key;

  if (g_str_is_ascii (name)) /* the same for much less: a server does it for each lookup */
    return g_ascii_strdown (name, -1);
  bare = drop_variation_selectors (name);
  decomposed = g_utf8_normalize (bare, -1, G_NORMALIZE_NFD);
  g_assert (decomposed != NULL);

  /* Twice, since compatibility forms may hide capitals ("㎾" is "kW") and folding may leave marks
   * in another order. */
  folded = g_utf8_casefold (decomposed, -1);
  compatible = g_utf8_normalize (folded, -1, G_NORMALIZE_NFKD);
  refolded = g_utf8_casefold (compatible, -1);
  key = g_utf8_normalize (refolded, -1, G_NORMALIZE_NFKC);

  g_assert (key != NULL);

  return key;
}

/**
 * udpnat_name_split:
 * @text: `name@server`
 * @out_name: (out) (transfer full): as udpnat_name_normalize() gives it
 * @out_place: (out) (transfer none): the server, a part of @text; its form is not looked at
 *
 * Takes an address apart: somebody who is registered at another server than ours.
 *
 * Returns: %FALSE when there is no "@", nothing behind it, too much, or no allowed name before it
 */
gboolean
udpnat_name_split (const char  *text,
                   char       **out_name,
                   const char **out_place)
{
  const char *at = strrchr (text, '@');
  g_autofree char *name = NULL;

  if (at == NULL || at[1] == '\0' || strlen (at + 1) > UDPNAT_PLACE_MAX_BYTES)
    return FALSE;
  name = g_strndup (text, (gsize) (at - text));
  *out_name = udpnat_name_normalize (name);
  *out_place = at + 1;
  return *out_name != NULL;
}
