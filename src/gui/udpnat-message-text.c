/* What a text looks like: a few emoji alone are shown large, and of a very long text only the
 * beginning is shown in the list. */

#include "config.h"

#include "udpnat-message-text.h"

#include <string.h>

/* Laying out more takes longer than a frame: 64 KiB take 150 ms. */
#define SHOWN_MAX_CHARACTERS 2000
#define SHOWN_MAX_LINES 40
/* The time that Pango takes to break a word anywhere but at its ends grows with the square of its
 * length: 2,000 letters take 30 ms, 64 KiB half a minute. Nobody reads a word of this length. */
#define WORD_MAX_CHARACTERS 400

#define ZERO_WIDTH_JOINER 0x200d
#define EMOJI_SELECTOR 0xfe0f
#define KEYCAP 0x20e3

typedef struct
{
  gunichar first;
  gunichar last;
} Range;

/* Emoji_Presentation of Unicode 15 (emoji-data.txt) below the first block that is emoji throughout:
 * these are drawn as pictures without being asked. */
static const Range pictures[] = {
  { 0x231a, 0x231b }, { 0x23e9, 0x23ec }, { 0x23f0, 0x23f0 }, { 0x23f3, 0x23f3 },
  { 0x25fd, 0x25fe }, { 0x2614, 0x2615 }, { 0x2648, 0x2653 }, { 0x267f, 0x267f },
  { 0x2693, 0x2693 }, { 0x26a1, 0x26a1 }, { 0x26aa, 0x26ab }, { 0x26bd, 0x26be },
  { 0x26c4, 0x26c5 }, { 0x26ce, 0x26ce }, { 0x26d4, 0x26d4 }, { 0x26ea, 0x26ea },
  { 0x26f2, 0x26f3 }, { 0x26f5, 0x26f5 }, { 0x26fa, 0x26fa }, { 0x26fd, 0x26fd },
  { 0x2705, 0x2705 }, { 0x270a, 0x270b }, { 0x2728, 0x2728 }, { 0x274c, 0x274c },
  { 0x274e, 0x274e }, { 0x2753, 0x2755 }, { 0x2757, 0x2757 }, { 0x2795, 0x2797 },
  { 0x27b0, 0x27b0 }, { 0x27bf, 0x27bf }, { 0x2b1b, 0x2b1c }, { 0x2b50, 0x2b50 },
  { 0x2b55, 0x2b55 }, { 0x1f004, 0x1f004 }, { 0x1f0cf, 0x1f0cf }, { 0x1f18e, 0x1f18e },
  { 0x1f191, 0x1f19a }, { 0x1f201, 0x1f201 }, { 0x1f21a, 0x1f21a }, { 0x1f22f, 0x1f22f },
  { 0x1f232, 0x1f236 }, { 0x1f238, 0x1f23a }, { 0x1f250, 0x1f251 }, { 0x1f300, 0x1f64f },
  { 0x1f680, 0x1f6ff }, { 0x1f7e0, 0x1f7eb }, { 0x1f7f0, 0x1f7f0 }, { 0x1f90c, 0x1f9ff },
  { 0x1fa70, 0x1faff },
};

static gboolean
is_picture (gunichar c)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pictures); i++)
    if (c >= pictures[i].first && c <= pictures[i].last)
      return TRUE;
  return FALSE;
}

static gboolean
is_regional (gunichar c)
{
  return c >= 0x1f1e6 && c <= 0x1f1ff;
}

/* Skin tones, selectors, keycaps, and the letters of the flags of England, Scotland and Wales. */
static gboolean
is_modifier (gunichar c)
{
  return c == EMOJI_SELECTOR || c == KEYCAP || (c >= 0x1f3fb && c <= 0x1f3ff) ||
         (c >= 0xe0020 && c <= 0xe007f);
}

/* Characters that can be drawn as a picture when the selector behind them asks for it: ❤, ☺, 1. */
static gboolean
is_asked_for (const char *at)
{
  gunichar c = g_utf8_get_char (at);

  return (c >= 0x2000 || strchr ("#*0123456789", (int) c) != NULL) && !g_unichar_isspace (c) &&
         g_utf8_get_char (g_utf8_next_char (at)) == EMOJI_SELECTOR;
}

/* Returns: behind the picture that @at begins with; %NULL when it is none */
static const char *
skip_picture (const char *at)
{
  gunichar c = g_utf8_get_char (at);

  if (is_regional (c))
    {
      at = g_utf8_next_char (at);
      return is_regional (g_utf8_get_char (at)) ? g_utf8_next_char (at) : NULL;
    }
  if (c == '\0' || !(is_picture (c) || is_asked_for (at)))
    return NULL;
  at = g_utf8_next_char (at);
  while (is_modifier (g_utf8_get_char (at)))
    at = g_utf8_next_char (at);
  if (g_utf8_get_char (at) == ZERO_WIDTH_JOINER)
    {
      const char *joined = skip_picture (g_utf8_next_char (at));

      /* ♀, ♂ and the like are pictures behind a joiner though no selector follows them. */
      at = g_utf8_next_char (at);
      return joined != NULL ? joined : *at != '\0' ? g_utf8_next_char (at) : NULL;
    }
  return at;
}

/**
 * udpnat_message_text_count_emoji:
 *
 * Returns: how many emoji @text is, if it is nothing else and at most
 *   %UDPNAT_MESSAGE_TEXT_EMOJI_MAX; else 0
 */
guint
udpnat_message_text_count_emoji (const char *text)
{
  guint n_emoji = 0;

  while (*text != '\0')
    {
      if (g_unichar_isspace (g_utf8_get_char (text)))
        {
          text = g_utf8_next_char (text);
          continue;
        }
      text = skip_picture (text);
      if (text == NULL || ++n_emoji > UDPNAT_MESSAGE_TEXT_EMOJI_MAX)
        return 0;
    }
  return n_emoji;
}

/**
 * udpnat_message_text_has_long_word:
 *
 * Returns: whether @text is to be broken between any two characters, for there is too much without
 *   a space in it: something encoded, or meant to annoy
 */
gboolean
udpnat_message_text_has_long_word (const char *text)
{
  guint n_characters = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      n_characters = g_unichar_isspace (g_utf8_get_char (p)) ? 0 : n_characters + 1;
      if (n_characters > WORD_MAX_CHARACTERS)
        return TRUE;
    }
  return FALSE;
}

/**
 * udpnat_message_text_get_least_width:
 *
 * Returns: columns, at most @max_columns, that @text takes whatever its letters are: narrow ones
 *   take half of one, and what is joined to an emoji nothing
 */
guint
udpnat_message_text_get_least_width (const char *text,
                                     guint       max_columns)
{
  guint n_halves = 0;
  gboolean is_joined = FALSE;

  for (; *text != '\0' && n_halves < 2 * max_columns; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (!is_joined && !is_modifier (c) && !g_unichar_iszerowidth (c))
        n_halves += g_unichar_iswide (c) ? 2 : 1;
      is_joined = c == ZERO_WIDTH_JOINER;
    }
  return n_halves / 2;
}

/**
 * udpnat_message_text_shorten:
 *
 * Returns: (transfer full) (nullable): the beginning of @text when it is too long for the list;
 *   %NULL when it can be shown as it is
 */
char *
udpnat_message_text_shorten (const char *text)
{
  guint n_characters = 0;
  guint n_lines = 1;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      n_lines += *p == '\n';
      if (++n_characters > SHOWN_MAX_CHARACTERS || n_lines > SHOWN_MAX_LINES)
        return g_strdup_printf ("%.*s…", (int) (p - text), text);
    }
  return NULL;
}
