/* The commands typed at the prompt, read from a pipe or given on the command line. Those of the
 * original program mean what they meant: login, send, getuser, logout, exit. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-columns.h"

#define USAGE_COLUMNS 26

/* Longest part of a wrong command that is said back. */
#define ECHO_MAX_CHARACTERS 40

static void command_help (UdpnatCli  *self,
                          const char *arguments);

static void
command_exit (UdpnatCli  *self,
              const char *arguments)
{
  udpnat_cli_leave (self, 0);
}

/* ---- The table ---- */

/* xgettext gives a comment to one text only, the first in the line below; so each has its own. */
static const UdpnatCliCommand commands[] = {
  /* Talking */
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "send", N_("send NAME MESSAGE…"), N_("say something; the message may have spaces"),
    N_("It is on your disk at once, and sent again and again until it has arrived. Whom you write "
       "to is a contact of yours from then on. Quote a name that has spaces."),
    1, FALSE, TRUE, TRUE, udpnat_cli_command_send },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "reply", N_("reply #N MESSAGE…"), N_("answer a certain line"), NULL,
    0, TRUE, FALSE, TRUE, udpnat_cli_command_reply },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "edit", N_("edit #N MESSAGE…"), N_("change what you have said, at both sides"), NULL,
    0, TRUE, FALSE, TRUE, udpnat_cli_command_edit },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "delete", N_("delete [--here] #N"),
    N_("delete a line of yours at both sides, or any only here"),
    N_("Whoever has read it may remember it. Lines of others can only be deleted --here."),
    0, TRUE, FALSE, FALSE, udpnat_cli_command_delete },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "react", N_("react #N [SIGN]"), N_("put a sign on a line, as 👍; without one: take it off"),
    NULL, 0, TRUE, FALSE, FALSE, udpnat_cli_command_react },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "withdraw", N_("withdraw #N"), N_("send no more what has not arrived yet"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_withdraw },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "note", N_("note TEXT…"), N_("a note to yourself; “history me” has them"), NULL,
    0, TRUE, FALSE, TRUE, udpnat_cli_command_note },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "draft", N_("draft NAME [TEXT…]"), N_("keep or show what you mean to say; --none: drop it"),
    NULL, 1, TRUE, TRUE, TRUE, udpnat_cli_command_draft },
  { "waiting", "waiting", N_("what has not arrived yet, and why"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_waiting },

  /* Files */
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "sendfile", N_("sendfile NAME PATH…"),
    N_("offer files and folders; quote a path that has spaces"),
    N_("They are read first. The other side has to accept them; what is on its way goes on after "
       "a restart of either."),
    1, FALSE, TRUE, TRUE, udpnat_cli_command_sendfile },
  { "files", "files", N_("what is on its way, in either direction"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_files },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "take", N_("take #N [FOLDER]"), N_("accept a file that is offered to you"),
    N_("It goes to FOLDER, or where your downloads are."),
    0, FALSE, FALSE, FALSE, udpnat_cli_command_take },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "pause", N_("pause #N"), N_("let a file wait (resume: go on, or try again)"), NULL,
    0, FALSE, FALSE, FALSE, udpnat_cli_command_pause },
  { "resume", NULL, NULL, NULL, 0, FALSE, FALSE, FALSE, udpnat_cli_command_resume },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "cancel", N_("cancel #N"), N_("do not want a file, or give it no more"), NULL,
    0, FALSE, FALSE, FALSE, udpnat_cli_command_cancel },

  /* What was said */
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "history", N_("history NAME [COUNT]"),
    N_("the last lines with somebody (20); before #N: older ones"),
    N_("Signs: · waiting, → sent, ⌂ in their mailbox, ✓ delivered, ✓✓ read, ! failed."),
    1, TRUE, TRUE, FALSE, udpnat_cli_command_history },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "search", N_("search WORDS…"),
    N_("find lines that have all these words; search in NAME WORDS…"),
    N_("The beginning of a word will do, and capitals and accents do not matter."),
    2, TRUE, FALSE, TRUE, udpnat_cli_command_search },
  { "unread", "unread", N_("who has written what you have not seen"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_unread },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "read", N_("read NAME"), N_("show what you have not seen, and count it as seen"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_read },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "export", N_("export NAME FILE"), N_("write a conversation to a file: --text or --json-lines"),
    N_("With --replace, FILE may be there already."),
    2, TRUE, TRUE, FALSE, udpnat_cli_command_export },

  /* People */
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "peers", N_("peers [PREFIX]"), N_("who has been here, and who is here now (also: getuser)"),
    N_("With PREFIX only those whose names begin like that. At most 1,000 of a large server."),
    0, FALSE, FALSE, FALSE, udpnat_cli_command_peers },
  { "getuser", NULL, NULL, NULL, 0, FALSE, FALSE, FALSE, udpnat_cli_command_peers },
  { "contacts", "contacts", N_("your contacts, pinned ones first"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_contacts },
  { "requests", "requests", N_("who wrote to you and waits for an answer"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_requests },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "accept", N_("accept NAME"), N_("make somebody a contact"),
    N_("From then on a direct path is sought, so they learn your address."),
    1, TRUE, TRUE, FALSE, udpnat_cli_command_accept },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "decline", N_("decline NAME"), N_("turn a request down; what they wrote is deleted"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_decline },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "block", N_("block NAME"), N_("let nothing of somebody in any more"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_block },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "unblock", N_("unblock NAME"), N_("let them write again"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_unblock },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "forget", N_("forget NAME"), N_("delete somebody, with all that was said"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_forget },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "nick", N_("nick NAME [NICKNAME]"), N_("call somebody otherwise; without: as before"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_nick },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "pin", N_("pin NAME"), N_("keep somebody at the top (unpin: no longer)"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_pin },
  { "unpin", NULL, NULL, NULL, 1, TRUE, TRUE, FALSE, udpnat_cli_command_unpin },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "mute", N_("mute NAME"), N_("no word of their coming and going (unmute: again)"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_mute },
  { "unmute", NULL, NULL, NULL, 1, TRUE, TRUE, FALSE, udpnat_cli_command_unmute },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "relay", N_("relay NAME [on|off]"), N_("reach somebody through the server only, or not"),
    N_("They learn no address of yours then. For everybody: set relay-only on."),
    1, TRUE, TRUE, FALSE, udpnat_cli_command_relay },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "whois", N_("whois NAME"), N_("everything that is known of somebody"), NULL,
    1, TRUE, TRUE, FALSE, udpnat_cli_command_whois },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "verify", N_("verify NAME"), N_("the safety number; then: verify NAME yes, no, or the digits"),
    N_("60 digits that are the same at both ends when nobody is in between."),
    1, TRUE, TRUE, FALSE, udpnat_cli_command_verify },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "trust", N_("trust NAME"), N_("take the new key of somebody who has lost the old one"),
    N_("trust @SERVER: take whatever key somebody else's server has next."),
    1, FALSE, TRUE, FALSE, udpnat_cli_command_trust },
  { "link", "link", N_("your own link, for others to “add”"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_link },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "add", N_("add LINK"), N_("make a contact of a link: udpnat:name@server?key=…"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_add },

  /* Oneself */
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "status", N_("status [TEXT…]"), N_("what your contacts see beside your name; --none: nothing"),
    NULL, 0, TRUE, FALSE, TRUE, udpnat_cli_command_status },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "avatar", N_("avatar FILE|none"), N_("your picture: a PNG or JPEG of at most 48 KiB"), NULL,
    1, TRUE, FALSE, FALSE, udpnat_cli_command_avatar },
  { "away", "away", N_("be shown as away (back: as here)"), NULL,
    0, FALSE, FALSE, FALSE, udpnat_cli_command_away },
  { "back", NULL, NULL, NULL, 0, FALSE, FALSE, FALSE, udpnat_cli_command_back },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "set", N_("set [NAME [VALUE]]"), N_("what can be set, and how it is"), NULL,
    0, TRUE, FALSE, FALSE, udpnat_cli_command_set },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "paths", N_("paths [NAME]"), N_("how each conversation travels, and why; or all about one"),
    N_("With --report: as text for somebody who helps; with --masked: without IP addresses.\n"
       "paths --explain: all about each, and what became of every address."),
    1, FALSE, TRUE, FALSE, udpnat_cli_command_paths },
  { "network", "network", N_("what your network is like, and what that means for reaching people"),
    N_("With --report: as text for somebody who helps; with --masked: without IP addresses."),
    0, FALSE, FALSE, FALSE, udpnat_cli_command_network },
  { "backup", NULL, NULL, NULL, 1, TRUE, FALSE, FALSE, udpnat_cli_command_backup },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "login", N_("login NAME"), N_("be known as NAME"), NULL,
    0, FALSE, FALSE, FALSE, udpnat_cli_command_login },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "logout", N_("logout [NAME]"), N_("be known no longer; conversations go on"), NULL,
    0, FALSE, FALSE, FALSE, udpnat_cli_command_logout },
  /* Translators: how a command is typed; only words in capitals can be translated */
  { "help", N_("help [COMMAND]"), N_("this list, or more about one"), NULL,
    0, FALSE, FALSE, FALSE, command_help },
  { "exit", "exit", N_("leave (also: quit, Ctrl+D)"), NULL,
    0, FALSE, FALSE, FALSE, command_exit },
  { "quit", NULL, NULL, NULL, 0, FALSE, FALSE, FALSE, command_exit },
};

/** udpnat_cli_commands_find: Returns: (nullable): the command of that name */
const UdpnatCliCommand *
udpnat_cli_commands_find (const char *verb)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].verb, verb))
      return &commands[i];
  return NULL;
}

/**
 * udpnat_cli_commands_join: Returns: (transfer full): words of a command line as one would type
 * them at the prompt: names with spaces are quoted */
char *
udpnat_cli_commands_join (char **words)
{
  const UdpnatCliCommand *command = udpnat_cli_commands_find (words[0]);
  GString *line = g_string_new (words[0]);
  guint n_names = 0;

  for (guint i = 1; words[i] != NULL; i++)
    {
      gboolean is_option = g_str_has_prefix (words[i], "--");
      gboolean is_name = !is_option && command != NULL && n_names++ < command->n_names;
      gboolean is_quoted = is_name && (*words[i] == '\0' || strchr (words[i], ' ') != NULL);

      g_string_append_printf (line, is_quoted ? " \"%s\"" : " %s", words[i]);
    }
  return g_string_free (line, FALSE);
}

/** udpnat_cli_commands_may_keep: whether a typed line may go to disk: none that says something */
gboolean
udpnat_cli_commands_may_keep (const char *line)
{
  g_autofree char *verb = udpnat_cli_take_word (&line);
  const UdpnatCliCommand *command = udpnat_cli_commands_find (verb);

  return command != NULL && !command->has_text;
}

/* ---- Help ---- */

static void
show_usage (UdpnatCli              *self,
            const UdpnatCliCommand *command)
{
  g_autofree char *usage = udpnat_columns_pad (_(command->usage), USAGE_COLUMNS);

  udpnat_cli_view_show_text (self->view, "  %s %s", usage, _(command->words));
}

static void
say_unknown (UdpnatCli  *self,
             const char *verb)
{
  gboolean is_long = g_utf8_strlen (verb, -1) > ECHO_MAX_CHARACTERS;
  g_autofree char *shown = is_long ? g_utf8_substring (verb, 0, ECHO_MAX_CHARACTERS)
                                   : g_strdup (verb);

  udpnat_cli_view_show_error (self->view, "usage",
                              /* Translators: what was typed, and “…” if that is not all of it;
                               * “help” is a command to type, and stays as it is */
                              _("“%s%s” is not a command; help lists them."),
                              shown, is_long ? "…" : "");
}

static void
explain_one (UdpnatCli  *self,
             const char *verb)
{
  const UdpnatCliCommand *command = udpnat_cli_commands_find (verb);

  if (command == NULL)
    {
      say_unknown (self, verb);
      return;
    }
  /* Another word for the one before it, or its opposite. */
  while (command->usage == NULL && command > commands)
    command--;
  show_usage (self, command);
  if (command->help != NULL)
    udpnat_cli_view_show_text (self->view, "  %s", _(command->help));
}

static void
command_help (UdpnatCli  *self,
              const char *arguments)
{
  g_autofree char *verb = udpnat_cli_take_word (&arguments);

  if (*verb != '\0')
    {
      explain_one (self, verb);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].usage != NULL)
      show_usage (self, &commands[i]);
  udpnat_cli_view_show_text (self->view, _("Every line has a number, #N, by which the commands "
                                           "know it."));
}

/* ---- Lines that were typed ---- */

/** udpnat_cli_handle_overlong: a line was too long to be anything, and has been left out */
void
udpnat_cli_handle_overlong (gpointer user_data)
{
  UdpnatCli *self = user_data;

  if (!self->is_leaving)
    udpnat_cli_view_show_error (self->view, "usage", _("That line is too long; nothing was done."));
}

/* What was just shown may be less than there was. */
static void
tell_damage (UdpnatCli *self)
{
  if (self->is_damage_told || !udpnat_client_is_damaged (self->client))
    return;
  self->is_damage_told = TRUE;
  udpnat_cli_fail (self, "damaged",
                   _("The profile's database is damaged, and not all of it could be read. Leave "
                     "and start again: what can be read is taken over then, and the damaged file "
                     "kept."));
}

/** udpnat_cli_handle_line: does what @line says; %NULL: the input has ended */
void
udpnat_cli_handle_line (const char *line,
                        gpointer    user_data)
{
  UdpnatCli *self = user_data;
  const UdpnatCliCommand *command;
  g_autofree char *verb = NULL;

  if (self->is_leaving)
    return;
  if (line == NULL)
    {
      udpnat_cli_leave (self, 0);
      return;
    }
  while (*line == ' ')
    line++;
  if (*line == '\0')
    return;
  if (!g_utf8_validate (line, -1, NULL))
    {
      udpnat_cli_view_show_error (self->view, "usage", _("That is not UTF-8 text."));
      return;
    }
  if (self->is_asking_name)
    {
      udpnat_cli_command_login (self, line);
      return;
    }
  verb = udpnat_cli_take_word (&line);
  command = udpnat_cli_commands_find (verb);
  if (command != NULL)
    command->run (self, line);
  else
    say_unknown (self, verb);
  tell_damage (self);
}

/* Whom a half-typed line is for; NULL when it says nothing yet. */
static UdpnatPerson *
find_addressee (UdpnatCli  *self,
                const char *line)
{
  g_autofree char *verb = NULL;
  g_autofree char *word = NULL;
  g_autoptr (UdpnatHistoryItem) quoted = NULL;
  gint64 number;

  if (!g_utf8_validate (line, -1, NULL))
    return NULL;
  verb = udpnat_cli_take_word (&line);
  word = udpnat_cli_take_word (&line);
  if (*line == '\0')
    return NULL;
  if (g_str_equal (verb, "send"))
    return udpnat_cli_find_person (self, word);
  if (!g_str_equal (verb, "reply") || !udpnat_cli_parse_number (word, &number))
    return NULL;
  quoted = udpnat_client_dup_line (self->client, number);
  return quoted != NULL ? udpnat_client_get_person_of (self->client, quoted) : NULL;
}

/** udpnat_cli_handle_typing: the line being typed has changed: a contact sees that we write */
void
udpnat_cli_handle_typing (const char *line,
                          gpointer    user_data)
{
  UdpnatCli *self = user_data;
  UdpnatPerson *person = NULL;

  if (self->is_leaving || self->is_asking_name)
    return;
  person = find_addressee (self, line);
  if (person != NULL && !udpnat_person_is_contact (person))
    person = NULL;
  if (person == self->typing_to)
    return;
  if (self->typing_to != NULL)
    udpnat_client_set_typing (self->client, self->typing_to, FALSE);
  if (person != NULL)
    udpnat_client_set_typing (self->client, person, TRUE);
  g_set_object (&self->typing_to, person);
}

/* ---- Completion ---- */

static void
add_name (GStrvBuilder *words,
          const char   *name)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", name);

  g_strv_builder_add (words, strchr (name, ' ') != NULL ? quoted : name);
}

/* What others have chosen is typed into our terminal: only names that show what they are. */
static gboolean
is_typable (const char *name)
{
  g_autofree char *clean = udpnat_cli_view_clean (name);

  return g_str_equal (clean, name) && strchr (name, '"') == NULL && strchr (name, '\n') == NULL;
}

static void
add_names (UdpnatCli    *self,
           GStrvBuilder *words)
{
  GListModel *people = udpnat_client_get_people (self->client);

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);
      const char *name = udpnat_person_get_name (person);
      const char *nickname = udpnat_person_get_nickname (person);

      if (is_typable (name))
        add_name (words, name);
      if (nickname != NULL && is_typable (nickname))
        add_name (words, nickname);
    }
}

static void
add_settings (GStrvBuilder *words,
              const char   *wanted)
{
  const char *setting;
  const char *const *values;

  for (guint i = 0; udpnat_client_explain_setting (i, &setting, &values) != NULL; i++)
    if (wanted == NULL)
      g_strv_builder_add (words, setting);
    else if (g_str_equal (wanted, setting))
      g_strv_builder_addv (words, (const char **) values);
}

/* The word after @verb. */
static void
add_arguments (UdpnatCli    *self,
               GStrvBuilder *words,
               const char   *verb)
{
  const UdpnatCliCommand *command = udpnat_cli_commands_find (verb);

  if (g_str_equal (verb, "set"))
    add_settings (words, NULL);
  else if (g_str_equal (verb, "help"))
    for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
      g_strv_builder_add (words, commands[i].verb);
  else if (g_str_equal (verb, "search"))
    g_strv_builder_add (words, "in");
  else if (command != NULL && command->is_about_people)
    add_names (self, words);
}

/**
 * udpnat_cli_complete:
 * @before: what stands before the word being typed
 *
 * Returns: (transfer full): words that may come next: verbs, then names or settings
 */
char **
udpnat_cli_complete (const char *before,
                     gpointer    user_data)
{
  UdpnatCli *self = user_data;
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autofree char *verb = udpnat_cli_take_word (&before);
  g_autofree char *second = udpnat_cli_take_word (&before);

  if (self->is_asking_name)
    return g_strv_builder_end (words);
  if (*verb == '\0')
    for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
      g_strv_builder_add (words, commands[i].verb);
  else if (*second == '\0')
    add_arguments (self, words, verb);
  else if (g_str_equal (verb, "set") && *before == '\0')
    add_settings (words, second);
  else if (g_str_equal (verb, "search") && g_str_equal (second, "in") && *before == '\0')
    add_names (self, words);
  return g_strv_builder_end (words);
}
