/* What was said: paging through it, searching, and taking it out. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"

#include <glib/gi18n.h>
#include <string.h>

#define HISTORY_LINES 20
#define HISTORY_MAX_LINES 1000
#define SEARCH_LINES 50

/* ---- Showing ---- */

static char *
format_day (UdpnatHistoryItem *line)
{
  gint64 shown_us = udpnat_history_item_get_shown_us (line);

  /* Translators: a day in full, as g_date_time_format() takes it: Monday, 3 May 2026
   * xgettext:no-c-format */
  return udpnat_cli_view_format_time (shown_us, _("%A, %-d %B %Y"));
}

/* Lines with a heading for each day. */
static void
show_page (UdpnatCli    *self,
           UdpnatPerson *person,
           GPtrArray    *page)
{
  g_autofree char *day = g_strdup ("");

  for (guint i = 0; i < page->len; i++)
    {
      UdpnatHistoryItem *line = g_ptr_array_index (page, i);
      g_autofree char *its_day = format_day (line);

      if (!g_str_equal (day, its_day))
        udpnat_cli_view_show_text (self->view, "— %s —", its_day);
      g_free (day);
      day = g_steal_pointer (&its_day);
      udpnat_cli_view_show_line (self->view, person, line);
      udpnat_cli_remember_line (self, line);
    }
}

/* Oneself is no contact, but "history" has one's notes: under one's own name, or "me". */
static UdpnatPerson *
take_person_or_self (UdpnatCli   *self,
                     const char **arguments,
                     const char  *usage)
{
  const char *rest = *arguments;
  g_autofree char *name = udpnat_cli_take_word (&rest);
  const char *own = udpnat_client_get_name (self->client);

  if ((g_strcmp0 (name, own) != 0 && !g_str_equal (name, "me")) ||
      udpnat_cli_find_person (self, name) != NULL)
    return udpnat_cli_take_person (self, arguments, usage);
  *arguments = rest;
  return udpnat_client_get_self (self->client);
}

/* "[COUNT] [before #N]" in either order. */
static gboolean
parse_range (UdpnatCli  *self,
             const char *arguments,
             const char *usage,
             gint64     *out_count,
             gint64     *out_before)
{
  gboolean is_understood = TRUE;

  *out_count = HISTORY_LINES;
  *out_before = 0;
  while (is_understood && *arguments != '\0')
    {
      g_autofree char *word = udpnat_cli_take_word (&arguments);
      g_autofree char *number = NULL;

      if (g_str_equal (word, "before"))
        {
          number = udpnat_cli_take_word (&arguments);
          is_understood = udpnat_cli_parse_number (number, out_before);
        }
      else
        is_understood = *word != '#' && udpnat_cli_parse_number (word, out_count);
    }
  *out_count = MIN (*out_count, HISTORY_MAX_LINES);
  if (!is_understood)
    udpnat_cli_say_usage (self, usage);
  return is_understood;
}

static guint
count_incoming (GPtrArray *page)
{
  guint n_incoming = 0;

  for (guint i = 0; i < page->len; i++)
    n_incoming += !udpnat_history_item_is_outgoing (g_ptr_array_index (page, i));
  return n_incoming;
}

void
udpnat_cli_command_history (UdpnatCli  *self,
                            const char *arguments)
{
  /* Translators: how a command is typed; only NAME and COUNT can be translated */
  const char *usage = _("history NAME [COUNT] [before #N]");
  UdpnatPerson *person = take_person_or_self (self, &arguments, usage);
  g_autoptr (GPtrArray) page = NULL;
  gint64 count;
  gint64 before;

  if (person == NULL || !parse_range (self, arguments, usage, &count, &before))
    return;
  page = udpnat_client_dup_page (self->client, person, before, count);
  show_page (self, person, page);
  if (page->len == 0)
    udpnat_cli_view_show_text (self->view, before == 0 ? _("Nothing was said yet.")
                                                       : _("Nothing was said before that."));
  else if (before == 0 && udpnat_person_is_contact (person) &&
           count_incoming (page) >= udpnat_person_get_unread (person))
    udpnat_client_mark_read (self->client, person);
}

/* Found lines are of many conversations: each says of which. */
static void
show_found (UdpnatCli         *self,
            UdpnatHistoryItem *line)
{
  UdpnatPerson *person = udpnat_client_get_person_of (self->client, line);
  gboolean is_own = person == udpnat_client_get_self (self->client);
  g_autofree char *title = NULL;
  g_autofree char *when = NULL;

  if (!self->options->is_json)
    {
      title = is_own ? g_strdup (_("your notes")) : udpnat_cli_view_dup_title (person);
      when = format_day (line);
      /* Translators: above a message that was found: a name or “your notes”, and a day */
      udpnat_cli_view_show_text (self->view, _("%s, %s:"), title, when);
    }
  udpnat_cli_view_show_line (self->view, person, line);
}

void
udpnat_cli_command_search (UdpnatCli  *self,
                           const char *arguments)
{
  /* Translators: how a command is typed; “search” and “search in” stay as they are */
  const char *usage = _("search WORDS…, or search in NAME WORDS…");
  UdpnatPerson *person = NULL;
  g_autoptr (GPtrArray) lines = NULL;

  if (udpnat_cli_take_option (&arguments, "in"))
    {
      person = take_person_or_self (self, &arguments, usage);
      if (person == NULL)
        return;
    }
  if (*arguments == '\0')
    {
      udpnat_cli_say_usage (self, usage);
      return;
    }
  lines = udpnat_client_search (self->client, arguments, person, 0, SEARCH_LINES);
  for (guint i = lines->len; i > 0; i--)
    show_found (self, g_ptr_array_index (lines, i - 1));
  if (lines->len == 0)
    udpnat_cli_view_show_text (self->view, _("Nothing found."));
  else if (lines->len == SEARCH_LINES)
    /* Translators: how many of the messages that were found are shown */
    udpnat_cli_view_show_text (self->view, ngettext ("(the newest %d; more words find less)",
                                                     "(the newest %d; more words find less)",
                                                     SEARCH_LINES), SEARCH_LINES);
}

/* ---- What was not read ---- */

void
udpnat_cli_command_unread (UdpnatCli  *self,
                           const char *arguments)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_shown = 0;

  if (!udpnat_cli_is_end (self, arguments, "unread"))
    return;
  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (udpnat_person_get_unread (person) == 0 ||
          udpnat_person_get_relation (person) == UDPNAT_RELATION_BLOCKED)
        continue;
      udpnat_cli_view_show_unread (self->view, person);
      n_shown++;
    }
  if (n_shown == 0)
    udpnat_cli_view_show_text (self->view, _("Everything is read."));
}

void
udpnat_cli_command_read (UdpnatCli  *self,
                         const char *arguments)
{
  /* Translators: how a command is typed; only NAME can be translated */
  UdpnatPerson *person = udpnat_cli_take_only_person (self, arguments, _("read NAME"));
  g_autoptr (GPtrArray) lines = NULL;

  if (person == NULL)
    return;
  lines = udpnat_client_dup_unread (self->client, person, udpnat_person_get_unread (person));
  show_page (self, person, lines);
  if (lines->len == 0)
    udpnat_cli_view_show_text (self->view, _("Nothing that was not read."));
  else if (udpnat_person_is_contact (person))
    udpnat_client_mark_read (self->client, person);
}

/* ---- Taking it out ---- */

typedef struct
{
  gboolean is_json;
  gboolean may_replace;
} ExportOptions;

static void
take_export_options (const char   **arguments,
                     ExportOptions *options)
{
  for (;;)
    {
      if (udpnat_cli_take_option (arguments, "--json-lines"))
        options->is_json = TRUE;
      else if (udpnat_cli_take_option (arguments, "--replace"))
        options->may_replace = TRUE;
      else if (!udpnat_cli_take_option (arguments, "--text"))
        return;
    }
}

void
udpnat_cli_command_export (UdpnatCli  *self,
                           const char *arguments)
{
  /* Translators: how a command is typed; only NAME and FILE can be translated */
  const char *usage = _("export NAME FILE [--text | --json-lines] [--replace]");
  ExportOptions options = { FALSE, FALSE };
  UdpnatPerson *person;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  take_export_options (&arguments, &options);
  person = take_person_or_self (self, &arguments, usage);
  if (person == NULL)
    return;
  path = udpnat_cli_take_word (&arguments);
  take_export_options (&arguments, &options);
  if (*path == '\0' || *arguments != '\0')
    {
      udpnat_cli_say_usage (self, usage);
      return;
    }
  if (!udpnat_client_export (self->client, person, path, options.is_json, options.may_replace,
                             &error))
    {
      udpnat_cli_say_error (self, "not-written", error);
      return;
    }
  udpnat_cli_view_tell (self->view, "written", "file", path, NULL);
  udpnat_cli_view_show_clean (self->view, _("Written to %s."), path);
}
