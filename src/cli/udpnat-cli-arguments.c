/* What stands after a command: names, which may be quoted, numbers of lines, and options. What is
 * wrong is said here, so that every command says it in the same words. */

#include "config.h"

#include "udpnat-cli-arguments.h"

#include <glib/gi18n.h>
#include <string.h>

/* Longest part of what was typed that is said back. */
#define ECHO_MAX_CHARACTERS 40

static const char *
skip_spaces (const char *text)
{
  while (*text == ' ')
    text++;
  return text;
}

/** udpnat_cli_take_word: takes the first word, or the first quoted words: names may have spaces */
char *
udpnat_cli_take_word (const char **arguments)
{
  const char *start = skip_spaces (*arguments);
  const char *stop;

  if (*start == '"' && (stop = strchr (start + 1, '"')) != NULL)
    {
      *arguments = skip_spaces (stop + 1);
      start++;
    }
  else
    {
      stop = start + strcspn (start, " ");
      *arguments = skip_spaces (stop);
    }
  return g_strndup (start, stop - start);
}

/** udpnat_cli_take_option: Returns: whether @option stands next; then it is taken */
gboolean
udpnat_cli_take_option (const char **arguments,
                        const char  *option)
{
  const char *rest = skip_spaces (*arguments);
  gsize n_option = strlen (option);

  if (strncmp (rest, option, n_option) != 0 || (rest[n_option] != ' ' && rest[n_option] != '\0'))
    return FALSE;
  *arguments = skip_spaces (rest + n_option);
  return TRUE;
}

void
udpnat_cli_say_usage (UdpnatCli  *self,
                      const char *usage)
{
  udpnat_cli_view_show_error (self->view, "usage", _("Usage: %s"), usage);
}

/** udpnat_cli_is_end: whether nothing is left; says how the command is used when something is */
gboolean
udpnat_cli_is_end (UdpnatCli  *self,
                   const char *arguments,
                   const char *usage)
{
  if (*skip_spaces (arguments) == '\0')
    return TRUE;
  udpnat_cli_say_usage (self, usage);
  return FALSE;
}

static char *
shorten (const char *text)
{
  g_autofree char *start = NULL;

  if (g_utf8_strlen (text, -1) <= ECHO_MAX_CHARACTERS)
    return g_strdup (text);
  start = g_utf8_substring (text, 0, ECHO_MAX_CHARACTERS);
  return g_strconcat (start, "…", NULL);
}

/* ---- People ---- */

/**
 * udpnat_cli_find_person:
 * @name: nickname, name or key; what the user has chosen counts first
 *
 * Returns: (nullable) (transfer none): somebody who is known here
 */
UdpnatPerson *
udpnat_cli_find_person (UdpnatCli  *self,
                        const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  UdpnatPerson *person = udpnat_client_get_person (self->client, name);

  /* Keys are in lower case, however they are read to somebody. */
  return person != NULL ? person : udpnat_client_get_person (self->client, lower);
}

/** udpnat_cli_take_person: Returns: (nullable) (transfer none): %NULL when that was said */
UdpnatPerson *
udpnat_cli_take_person (UdpnatCli   *self,
                        const char **arguments,
                        const char  *usage)
{
  g_autofree char *name = udpnat_cli_take_word (arguments);
  g_autofree char *shown = shorten (name);
  UdpnatPerson *person;

  if (*name == '\0')
    {
      udpnat_cli_say_usage (self, usage);
      return NULL;
    }
  person = udpnat_cli_find_person (self, name);
  if (person == NULL)
    udpnat_cli_view_show_error (self->view, "unknown-peer",
                                _("Nobody called “%s” is known here. “contacts” and “peers” list "
                                  "people."), shown);
  return person;
}

/** udpnat_cli_take_only_person: the same, and nothing else may follow */
UdpnatPerson *
udpnat_cli_take_only_person (UdpnatCli  *self,
                             const char *arguments,
                             const char *usage)
{
  UdpnatPerson *person = udpnat_cli_take_person (self, &arguments, usage);

  return person != NULL && udpnat_cli_is_end (self, arguments, usage) ? person : NULL;
}

/* ---- Lines ---- */

/** udpnat_cli_parse_number: reads "#12" or "12" */
gboolean
udpnat_cli_parse_number (const char *word,
                         gint64     *out_number)
{
  return g_ascii_string_to_signed (*word == '#' ? word + 1 : word, 10, 1, G_MAXINT64, out_number,
                                   NULL);
}

/** udpnat_cli_take_line: Returns: (nullable) (transfer full): %NULL when that was said */
UdpnatHistoryItem *
udpnat_cli_take_line (UdpnatCli   *self,
                      const char **arguments,
                      const char  *usage)
{
  g_autofree char *word = udpnat_cli_take_word (arguments);
  g_autofree char *shown = shorten (word);
  UdpnatHistoryItem *line;
  gint64 number;

  if (*word == '\0')
    {
      udpnat_cli_say_usage (self, usage);
      return NULL;
    }
  if (!udpnat_cli_parse_number (word, &number))
    {
      udpnat_cli_view_show_error (self->view, "usage",
                                  /* Translators: what was typed, and how the command is typed */
                                  _("“%s” is not the number of a line, as in #12. Usage: %s"),
                                  shown, usage);
      return NULL;
    }
  line = udpnat_client_dup_line (self->client, number);
  if (line == NULL)
    udpnat_cli_view_show_error (self->view, "unknown-line", _("There is no line %s."), shown);
  return line;
}
