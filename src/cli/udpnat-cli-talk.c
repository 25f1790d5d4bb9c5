/* Saying things, and doing things to what was said. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"

#include <glib/gi18n.h>

#include "udpnat-name.h"
#include "udpnat-person-address.h"
#include "udpnat-words.h"

#define WAITING_PAGE_LINES 100

/* ---- Sending ---- */

static gboolean
say (UdpnatCli    *self,
     UdpnatPerson *person,
     const char   *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  if (person == udpnat_client_get_self (self->client))
    {
      /* Translators: “note” is a command to type, and stays as it is */
      udpnat_cli_fail (self, "self", _("That is you. For a note to yourself: note TEXT…"));
      return FALSE;
    }
  udpnat_cli_warn_of_new_key (self, person);
  if (!udpnat_client_send (self->client, person, text, NULL, &id, &error))
    {
      udpnat_cli_say_error (self, "not-sent", error);
      return FALSE;
    }
  if (self->options->mode == UDPNAT_CLI_MODE_SEND)
    {
      g_free (self->awaited_id);
      self->awaited_id = g_steal_pointer (&id);
    }
  return TRUE;
}

/* What is to be said to somebody whom only the server knows: it is not on disk yet, since nothing
 * can be addressed to a mere name. */
typedef struct
{
  char      *name;
  GPtrArray *texts;
  gboolean   is_asked;
} Unfound;

static void
unfound_free (gpointer data)
{
  Unfound *unfound = data;

  g_free (unfound->name);
  g_ptr_array_unref (unfound->texts);
  g_free (unfound);
}

static Unfound *
ensure_unfound (UdpnatCli  *self,
                const char *name)
{
  g_autofree char *folded = udpnat_name_fold (name);
  Unfound *unfound;

  if (self->unfound == NULL)
    self->unfound = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, unfound_free);
  unfound = g_hash_table_lookup (self->unfound, folded);
  if (unfound != NULL)
    return unfound;
  unfound = g_new0 (Unfound, 1);
  unfound->name = g_strdup (name);
  unfound->texts = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_insert (self->unfound, g_steal_pointer (&folded), unfound);
  return unfound;
}

static Unfound *
find_unfound (UdpnatCli  *self,
              const char *name)
{
  g_autofree char *folded = udpnat_name_fold (name);

  return self->unfound != NULL ? g_hash_table_lookup (self->unfound, folded) : NULL;
}

/** udpnat_cli_count_unfound: Returns: how many texts wait for the server to say who is meant */
guint
udpnat_cli_count_unfound (UdpnatCli *self)
{
  GHashTableIter iter;
  gpointer unfound;
  guint n_texts = 0;

  if (self->unfound == NULL)
    return 0;
  g_hash_table_iter_init (&iter, self->unfound);
  while (g_hash_table_iter_next (&iter, NULL, &unfound))
    n_texts += ((Unfound *) unfound)->texts->len;
  return n_texts;
}

typedef struct
{
  UdpnatCli *cli; /* borrowed: it ends after the cancellable is cancelled */
  char      *name;
} Search;

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autofree Search *search = user_data;
  g_autofree char *name = search->name;
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatPerson) person = udpnat_client_find_finish (UDPNAT_CLIENT (source), result,
                                                               &error);
  g_autofree char *folded = NULL;
  UdpnatCli *self = search->cli;
  g_autoptr (GPtrArray) texts = NULL;
  Unfound *unfound;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  unfound = find_unfound (self, name);
  if (unfound == NULL)
    return;
  if (g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_NO_SERVER))
    {
      unfound->is_asked = FALSE; /* again when the server is back */
      return;
    }
  texts = g_ptr_array_ref (unfound->texts);
  folded = udpnat_name_fold (name);
  g_hash_table_remove (self->unfound, folded);
  if (person == NULL)
    udpnat_cli_say_error (self, "unknown-peer", error);
  for (guint i = 0; person != NULL && i < texts->len; i++)
    if (!say (self, person, g_ptr_array_index (texts, i)))
      break;
}

/* Somebody else's server can be asked without our own. Without a server it is people on this
 * network who say who they are. */
static gboolean
may_ask (UdpnatCli  *self,
         const char *name)
{
  return strchr (name, '@') != NULL || self->options->is_lan ||
         udpnat_client_is_registered (self->client);
}

static void
ask_for (UdpnatCli *self,
         Unfound   *unfound)
{
  Search *search;

  if (unfound->is_asked || !may_ask (self, unfound->name))
    return;
  unfound->is_asked = TRUE;
  search = g_new0 (Search, 1);
  search->cli = self;
  search->name = g_strdup (unfound->name);
  udpnat_client_find_async (self->client, unfound->name, self->cancellable, found_cb, search);
}

/** udpnat_cli_send_unfound: the server answers: asks it who is meant */
void
udpnat_cli_send_unfound (UdpnatCli *self)
{
  g_autoptr (GList) all = self->unfound != NULL ? g_hash_table_get_values (self->unfound) : NULL;

  for (GList *l = all; l != NULL; l = l->next)
    ask_for (self, l->data);
}

/** udpnat_cli_send: says @text to somebody, whom the server is asked for if need be */
void
udpnat_cli_send (UdpnatCli  *self,
                 const char *name,
                 const char *text)
{
  g_autofree char *normal = udpnat_person_address_normalize (name);
  UdpnatPerson *person = udpnat_cli_find_person (self, normal != NULL ? normal : name);
  Unfound *unfound = normal != NULL ? find_unfound (self, normal) : NULL;

  /* Not before what was said earlier and still waits for an answer. */
  if (person != NULL && unfound == NULL)
    {
      say (self, person, text);
      return;
    }
  if (normal == NULL)
    {
      /* Translators: what was typed as a name, and why it is none */
      udpnat_cli_fail (self, "not-sent", _("“%s” cannot be anybody's name: %s."), name,
                       udpnat_words_explain_code ("name-not-allowed"));
      return;
    }
  unfound = ensure_unfound (self, normal);
  g_ptr_array_add (unfound->texts, g_strdup (text));
  if (may_ask (self, normal))
    ask_for (self, unfound);
  else if (self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    udpnat_cli_view_show_clean (self->view, _("  The server has to say first who %s is; the "
                                              "message is kept as soon as it has."), normal);
}

void
udpnat_cli_command_send (UdpnatCli  *self,
                         const char *arguments)
{
  g_autofree char *name = udpnat_cli_take_word (&arguments);

  if (*name == '\0' || *arguments == '\0')
    /* Translators: how a command is typed; “send” stays as it is */
    udpnat_cli_say_usage (self, _("send NAME MESSAGE…   (quote a name that has spaces)"));
  else
    udpnat_cli_send (self, name, arguments);
}

void
udpnat_cli_command_note (UdpnatCli  *self,
                         const char *arguments)
{
  UdpnatPerson *me = udpnat_client_get_self (self->client);
  g_autoptr (GError) error = NULL;

  if (*arguments == '\0')
    /* Translators: how a command is typed; only TEXT can be translated */
    udpnat_cli_say_usage (self, _("note TEXT…"));
  else if (!udpnat_client_send (self->client, me, arguments, NULL, NULL, &error))
    udpnat_cli_say_error (self, "not-sent", error);
}

/* ---- Lines ---- */

void
udpnat_cli_command_reply (UdpnatCli  *self,
                          const char *arguments)
{
  /* Translators: how a command is typed; only TEXT can be translated */
  const char *usage = _("reply #N TEXT…");
  g_autoptr (UdpnatHistoryItem) line = udpnat_cli_take_line (self, &arguments, usage);
  g_autoptr (GError) error = NULL;
  UdpnatPerson *person;

  if (line == NULL)
    return;
  if (*arguments == '\0')
    {
      udpnat_cli_say_usage (self, usage);
      return;
    }
  person = udpnat_client_get_person_of (self->client, line);
  udpnat_cli_warn_of_new_key (self, person);
  if (!udpnat_client_send (self->client, person, arguments, line, NULL, &error))
    udpnat_cli_say_error (self, "not-sent", error);
}

void
udpnat_cli_command_edit (UdpnatCli  *self,
                         const char *arguments)
{
  /* Translators: how a command is typed; only TEXT can be translated */
  const char *usage = _("edit #N TEXT…");
  g_autoptr (UdpnatHistoryItem) line = udpnat_cli_take_line (self, &arguments, usage);
  g_autoptr (GError) error = NULL;

  if (line == NULL)
    return;
  if (*arguments == '\0')
    udpnat_cli_say_usage (self, usage);
  else
    {
      udpnat_cli_remember_line (self, line);
      if (!udpnat_client_edit (self->client, line, arguments, &error))
        udpnat_cli_say_error (self, "not-sent", error);
    }
}

void
udpnat_cli_command_delete (UdpnatCli  *self,
                           const char *arguments)
{
  const char *usage = "delete [--here] #N";
  gboolean is_here = udpnat_cli_take_option (&arguments, "--here");
  g_autoptr (UdpnatHistoryItem) line = udpnat_cli_take_line (self, &arguments, usage);
  g_autoptr (GError) error = NULL;

  if (line == NULL || !udpnat_cli_is_end (self, arguments, usage))
    return;
  if (!is_here && self->options->mode == UDPNAT_CLI_MODE_OFFLINE)
    {
      udpnat_cli_view_show_error (self->view, "usage",
                                  /* Translators: “delete --here” stays as it is */
                                  _("From the command line only “delete --here” works; delete for "
                                    "both at the prompt."));
      return;
    }
  udpnat_cli_remember_line (self, line);
  if (!udpnat_client_delete (self->client, line, !is_here, &error))
    udpnat_cli_say_error (self, "not-sent", error);
  else if (is_here)
    /* Translators: the number of a message; “here”: on this computer, not at the other side */
    udpnat_cli_view_show_text (self->view, _("  #%lld is deleted here."),
                               (long long) udpnat_history_item_get_number (line));
}

void
udpnat_cli_command_react (UdpnatCli  *self,
                          const char *arguments)
{
  /* Translators: how a command is typed; only SIGN can be translated */
  const char *usage = _("react #N [SIGN]");
  g_autoptr (UdpnatHistoryItem) line = udpnat_cli_take_line (self, &arguments, usage);
  g_autofree char *sign = NULL;
  g_autoptr (GError) error = NULL;

  if (line == NULL)
    return;
  sign = udpnat_cli_take_word (&arguments);
  if (!udpnat_cli_is_end (self, arguments, usage))
    return;
  udpnat_cli_remember_line (self, line);
  if (!udpnat_client_react (self->client, line, sign, &error))
    udpnat_cli_say_error (self, "not-sent", error);
}

void
udpnat_cli_command_withdraw (UdpnatCli  *self,
                             const char *arguments)
{
  const char *usage = "withdraw #N";
  g_autoptr (UdpnatHistoryItem) line = udpnat_cli_take_line (self, &arguments, usage);
  g_autoptr (GError) error = NULL;

  if (line != NULL && udpnat_cli_is_end (self, arguments, usage) &&
      !udpnat_client_withdraw (self->client, line, &error))
    udpnat_cli_say_error (self, "not-sent", error);
}

/* ---- Drafts ---- */

void
udpnat_cli_command_draft (UdpnatCli  *self,
                          const char *arguments)
{
  /* Translators: how a command is typed; only NAME and TEXT can be translated */
  const char *usage = _("draft NAME [TEXT… | --none]");
  UdpnatPerson *person = udpnat_cli_take_person (self, &arguments, usage);
  const char *draft;

  if (person == NULL)
    return;
  if (udpnat_cli_take_option (&arguments, "--none"))
    {
      udpnat_client_set_draft (self->client, person, NULL);
      udpnat_cli_view_show_text (self->view, _("  The draft is gone."));
      return;
    }
  if (*arguments != '\0')
    {
      udpnat_client_set_draft (self->client, person, arguments);
      udpnat_cli_view_show_text (self->view, _("  Kept as a draft; nothing is sent."));
      return;
    }
  draft = udpnat_person_get_draft (person);
  udpnat_cli_view_tell (self->view, "draft", "name", udpnat_person_get_name (person), "text", draft,
                        NULL);
  if (draft != NULL)
    udpnat_cli_view_show_clean (self->view, "%s", draft);
  else
    udpnat_cli_view_show_text (self->view, _("No draft."));
}

/* ---- The outbox ---- */

static gboolean
is_waiting (UdpnatHistoryItem *line)
{
  return udpnat_history_item_is_outgoing (line) &&
         udpnat_history_item_get_state (line) < UDPNAT_ITEM_STATE_DELIVERED;
}

static gboolean
has_arrived (UdpnatHistoryItem *line)
{
  UdpnatItemState state = udpnat_history_item_get_state (line);

  return udpnat_history_item_is_outgoing (line) &&
         (state == UDPNAT_ITEM_STATE_DELIVERED || state == UDPNAT_ITEM_STATE_READ);
}

/* Lines that have not arrived at @person, newest first. They arrive in order, so nothing before one
 * that has arrived is still waiting. */
static GPtrArray *
dup_waiting (UdpnatCli    *self,
             UdpnatPerson *person)
{
  GPtrArray *waiting = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 before = 0;

  for (;;)
    {
      g_autoptr (GPtrArray) page = udpnat_client_dup_page (self->client, person, before,
                                                           WAITING_PAGE_LINES);

      for (guint i = page->len; i > 0; i--)
        {
          UdpnatHistoryItem *line = g_ptr_array_index (page, i - 1);

          if (has_arrived (line))
            return waiting;
          if (is_waiting (line))
            g_ptr_array_add (waiting, g_object_ref (line));
        }
      if (page->len < WAITING_PAGE_LINES)
        return waiting;
      before = udpnat_history_item_get_number (g_ptr_array_index (page, 0));
    }
}

/** udpnat_cli_count_waiting: Returns: how many lines of ours are neither with somebody nor in their
 * mailbox */
guint
udpnat_cli_count_waiting (UdpnatCli *self)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_waiting = 0;

  if (udpnat_client_count_waiting (self->client) == 0)
    return 0;
  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);
      g_autoptr (GPtrArray) lines = dup_waiting (self, person);

      for (guint k = 0; k < lines->len; k++)
        n_waiting += udpnat_history_item_get_state (g_ptr_array_index (lines, k)) <
                     UDPNAT_ITEM_STATE_STORED;
    }
  return n_waiting;
}

void
udpnat_cli_command_waiting (UdpnatCli  *self,
                            const char *arguments)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_items = udpnat_client_count_waiting (self->client);
  guint n_shown = 0;

  if (!udpnat_cli_is_end (self, arguments, "waiting"))
    return;
  for (guint i = 0; n_items > 0 && i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);
      g_autoptr (GPtrArray) lines = dup_waiting (self, person);
      g_autofree char *title = udpnat_cli_view_dup_title (person);

      if (lines->len > 0)
        /* Translators: a name; the messages for them that wait follow */
        udpnat_cli_view_show_text (self->view, _("For %s:"), title);
      for (guint k = lines->len; k > 0; k--)
        udpnat_cli_view_show_line (self->view, person, g_ptr_array_index (lines, k - 1));
      n_shown += lines->len;
    }
  if (n_items == 0)
    udpnat_cli_view_show_text (self->view, _("Nothing waits."));
  else if (n_items > n_shown)
    udpnat_cli_view_show_text (self->view,
                               /* Translators: what waits besides messages; signs, as 👍, are what
                                * people put on messages */
                               ngettext ("%u other thing waits (changes, signs, keys).",
                                         "%u other things wait (changes, signs, keys).",
                                         n_items - n_shown), n_items - n_shown);
}
