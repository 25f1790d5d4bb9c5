/* The commands typed at the prompt or read from a pipe. Those of the original program mean what
 * they meant: login, send, getuser, logout, exit. */

#include "config.h"

#include "udpnat-cli.h"

#include <string.h>

#include "udpnat-name.h"

typedef struct
{
  const char *verb;
  const char *usage;
  const char *words;
  void (*func) (UdpnatCli  *self,
                const char *arguments);
} Command;

/* Takes the first word of @arguments, or the first quoted words: names may have spaces. */
static char *
take_name (const char **arguments)
{
  const char *start = *arguments;
  const char *stop;

  if (*start == '"' && (stop = strchr (start + 1, '"')) != NULL)
    {
      *arguments = stop + 1;
      start++;
    }
  else
    {
      stop = start + strcspn (start, " ");
      *arguments = stop;
    }
  while (**arguments == ' ')
    (*arguments)++;
  return g_strndup (start, stop - start);
}

static void
say_usage (UdpnatCli  *self,
           const char *usage)
{
  udpnat_cli_view_show_error (self->view, "usage", "Usage: %s", usage);
}

/* Longest part of a wrong command that is said back. */
#define ECHO_MAX_CHARS 40

static void
say_unknown (UdpnatCli  *self,
             const char *verb)
{
  gboolean is_long = g_utf8_strlen (verb, -1) > ECHO_MAX_CHARS;
  g_autofree char *shown = is_long ? g_utf8_substring (verb, 0, ECHO_MAX_CHARS) : g_strdup (verb);

  udpnat_cli_view_show_error (self->view, "usage", "“%s%s” is not a command; help lists them.",
                              shown, is_long ? "…" : "");
}

static void
command_login (UdpnatCli  *self,
               const char *arguments)
{
  g_autofree char *name = g_strstrip (g_strdup (arguments));

  if (*name == '\0')
    say_usage (self, "login NAME");
  else
    udpnat_cli_log_in (self, name);
}

static void
command_logout (UdpnatCli  *self,
                const char *arguments)
{
  g_autofree char *name = g_strstrip (g_strdup (arguments));
  g_autofree char *asked = udpnat_name_fold (name);
  const char *own_name = udpnat_client_get_name (self->client);
  g_autofree char *own = own_name != NULL ? udpnat_name_fold (own_name) : NULL;

  if (!udpnat_client_is_registered (self->client))
    udpnat_cli_view_show_error (self->view, "not-logged-in", "You are not logged in.");
  else if (*name != '\0' && g_strcmp0 (asked, own) != 0)
    udpnat_cli_view_show_error (self->view, "not-yours",
                                "You are %s; only %s can log %s out.", own_name, name, name);
  else
    udpnat_client_log_out (self->client);
}

static void
command_send (UdpnatCli  *self,
              const char *arguments)
{
  g_autofree char *name = take_name (&arguments);
  g_autoptr (GError) error = NULL;

  if (*name == '\0' || *arguments == '\0')
    say_usage (self, "send NAME MESSAGE…   (quote a name that has spaces)");
  else if (!udpnat_client_send (self->client, name, arguments, NULL, &error))
    udpnat_cli_view_show_error (self->view, "not-sent", "%s", error->message);
}

static void
command_peers (UdpnatCli  *self,
               const char *arguments)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_people = g_list_model_get_n_items (people);

  for (guint i = 0; i < n_people; i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      udpnat_cli_view_show_person (self->view, person);
    }
  if (n_people == 0)
    udpnat_cli_view_show_text (self->view, "Nobody else has been here yet.");
}

static void
command_paths (UdpnatCli  *self,
               const char *arguments)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_people = g_list_model_get_n_items (people);
  guint n_paths = 0;

  for (guint i = 0; i < n_people; i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (!udpnat_person_has_path (person))
        continue;
      n_paths++;
      udpnat_client_refresh_path (self->client, person);
      udpnat_cli_view_show_path (self->view, person);
    }
  if (n_paths == 0)
    udpnat_cli_view_show_text (self->view, "No conversation yet: send NAME MESSAGE…");
}

static void
command_exit (UdpnatCli  *self,
              const char *arguments)
{
  udpnat_cli_leave (self, 0);
}

static void command_help (UdpnatCli  *self,
                          const char *arguments);

static const Command commands[] = {
  { "send", "send NAME MESSAGE…", "say something; the message may have spaces", command_send },
  { "peers", "peers", "who has been here, and who is here now (also: getuser)", command_peers },
  { "getuser", NULL, NULL, command_peers },
  { "paths", "paths", "how each conversation travels, and why", command_paths },
  { "login", "login NAME", "be known as NAME", command_login },
  { "logout", "logout [NAME]", "be known no longer; conversations go on", command_logout },
  { "help", "help", "this list", command_help },
  { "exit", "exit", "leave (also: quit, Ctrl+D)", command_exit },
  { "quit", NULL, NULL, command_exit },
};

static void
command_help (UdpnatCli  *self,
              const char *arguments)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (commands[i].usage != NULL) /* else it is another word for one of the others */
      {
        /* By hand: printf pads by bytes, and "…" has three. */
        int n_padding = 20 - (int) g_utf8_strlen (commands[i].usage, -1);

        udpnat_cli_view_show_text (self->view, "  %s%*s %s", commands[i].usage, n_padding, "",
                                   commands[i].words);
      }
}

/** udpnat_cli_handle_overlong: a line was too long to be anything, and has been left out */
void
udpnat_cli_handle_overlong (gpointer user_data)
{
  UdpnatCli *self = user_data;

  if (!self->is_leaving)
    udpnat_cli_view_show_error (self->view, "usage", "That line is too long; nothing was done.");
}

/** udpnat_cli_handle_line: does what @line says; %NULL: the input has ended */
void
udpnat_cli_handle_line (const char *line,
                        gpointer    user_data)
{
  UdpnatCli *self = user_data;
  g_autofree char *verb = NULL;
  const char *arguments;

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
      udpnat_cli_view_show_error (self->view, "usage", "That is not UTF-8 text.");
      return;
    }
  if (self->is_asking_name)
    {
      command_login (self, line);
      return;
    }
  arguments = line;
  verb = take_name (&arguments);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].verb, verb))
      {
        commands[i].func (self, arguments);
        return;
      }
  say_unknown (self, verb);
}

/**
 * udpnat_cli_complete:
 * @before: what stands before the word being typed
 *
 * Returns: (transfer full): words that may come next: verbs, then names
 */
char **
udpnat_cli_complete (const char *before,
                     gpointer    user_data)
{
  UdpnatCli *self = user_data;
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();
  g_autofree char *start = g_strstrip (g_strdup (before));
  GListModel *people = udpnat_client_get_people (self->client);

  if (*start == '\0')
    for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
      g_strv_builder_add (words, commands[i].verb);
  else if (g_str_equal (start, "send"))
    for (guint i = 0; i < g_list_model_get_n_items (people); i++)
      {
        g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);
        const char *name = udpnat_person_get_name (person);
        g_autofree char *quoted = g_strdup_printf ("\"%s\"", name);

        g_strv_builder_add (words, strchr (name, ' ') != NULL ? quoted : name);
      }
  return g_strv_builder_end (words);
}
