/* What the client tells of lines. It hands over a line as it is now; what has changed is found by
 * comparing with how it was when it was last told. */

#include "config.h"

#include "udpnat-cli.h"

#include <glib/gi18n.h>

#include "udpnat-presence.h"
#include "udpnat-words.h"

/* At start; the rest is for “history”. */
#define NEWS_MAX_LINES 200

/* How a line was when it was last told. */
typedef struct
{
  UdpnatItemState state;
  gboolean        is_deleted;
  gint64          edited_us;
  char           *my_reaction;    /* nullable */
  char           *their_reaction; /* nullable */
} Told;

static void
told_free (gpointer data)
{
  Told *told = data;

  g_free (told->my_reaction);
  g_free (told->their_reaction);
  g_free (told);
}

static void
update_told (Told              *told,
             UdpnatHistoryItem *line)
{
  told->is_deleted = udpnat_history_item_is_deleted (line);
  told->edited_us = udpnat_history_item_get_edited_us (line);
  g_free (told->my_reaction);
  g_free (told->their_reaction);
  told->my_reaction = g_strdup (udpnat_history_item_get_my_reaction (line));
  told->their_reaction = g_strdup (udpnat_history_item_get_their_reaction (line));
}

/* Lines that nobody has been told of count as new ones. */
static Told *
ensure_told (UdpnatCli *self,
             gint64     number)
{
  Told *told;

  if (self->lines == NULL)
    self->lines = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, told_free);
  told = g_hash_table_lookup (self->lines, &number);
  if (told == NULL)
    {
      told = g_new0 (Told, 1);
      g_hash_table_insert (self->lines, g_memdup2 (&number, sizeof number), told);
    }
  return told;
}

/** udpnat_cli_remember_line: it has been shown as it is: what is told later is what is new then */
void
udpnat_cli_remember_line (UdpnatCli         *self,
                          UdpnatHistoryItem *line)
{
  Told *told = ensure_told (self, udpnat_history_item_get_number (line));

  update_told (told, line);
  told->state = MAX (told->state, udpnat_history_item_get_state (line));
}

/* ---- Ours ---- */

static gboolean
is_awaited (UdpnatCli  *self,
            const char *id)
{
  return self->awaited_id != NULL && g_str_equal (self->awaited_id, id);
}

static gboolean
is_line_awaited (UdpnatCli         *self,
                 UdpnatHistoryItem *line)
{
  char id[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  return is_awaited (self, udpnat_message_id_to_string (udpnat_history_item_get_id (line), id));
}

/* Why a new line of ours cannot go now; NULL when it can, or when an answer will tell. */
static const char *
explain_waiting (UdpnatCli    *self,
                 UdpnatPerson *person)
{
  const char *reason = udpnat_person_get_wait_reason (person);

  if (self->options->mode == UDPNAT_CLI_MODE_SEND)
    return NULL;
  if (udpnat_person_is_on_lan (person) ||
      (udpnat_person_has_path (person) && udpnat_person_is_online (person)))
    return NULL;
  if (self->options->is_lan)
    return _("they are not on this network; it is sent as soon as they are.");
  if (!udpnat_client_is_registered (self->client))
    return _("the server does not answer; it is sent as soon as it does.");
  return reason != NULL ? udpnat_words_explain_code (reason) : NULL;
}

/** udpnat_cli_flush_read: tells now what is held back */
void
udpnat_cli_flush_read (UdpnatCli *self)
{
  g_autoptr (GPtrArray) lines = g_steal_pointer (&self->read_lines);

  for (guint i = 0; lines != NULL && i < lines->len; i++)
    {
      UdpnatHistoryItem *line = g_ptr_array_index (lines, i);
      UdpnatPerson *person = udpnat_client_get_person_of (self->client, line);

      udpnat_cli_view_show_state (self->view, person, line, UDPNAT_ITEM_STATE_READ);
    }
}

static gboolean
flush_read_cb (gpointer user_data)
{
  UdpnatCli *self = user_data;

  g_clear_pointer (&self->read_source, g_source_unref);
  udpnat_cli_flush_read (self);
  return G_SOURCE_REMOVE;
}

/* "read" may be on disk already when "delivered" is told, and yet is told after it. */
static void
hold_read (UdpnatCli         *self,
           UdpnatHistoryItem *line)
{
  if (self->read_lines == NULL)
    self->read_lines = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->read_lines, g_object_ref (line));
  if (self->read_source != NULL)
    return;
  self->read_source = g_idle_source_new ();
  g_source_set_callback (self->read_source, flush_read_cb, self, NULL);
  g_source_attach (self->read_source, NULL);
}

/* Each state is told once, and none is left out on the way to DELIVERED that programs rely on. */
static void
tell_state (UdpnatCli         *self,
            UdpnatPerson      *person,
            UdpnatHistoryItem *line,
            Told              *told)
{
  UdpnatItemState state = udpnat_history_item_get_state (line);
  gboolean is_new_sent = told->state < UDPNAT_ITEM_STATE_SENT && state >= UDPNAT_ITEM_STATE_SENT &&
                         state != UDPNAT_ITEM_STATE_FAILED;

  if (person == udpnat_client_get_self (self->client) || state <= told->state)
    return;
  if (is_new_sent)
    udpnat_cli_view_show_state (self->view, person, line, UDPNAT_ITEM_STATE_SENT);
  if (state == UDPNAT_ITEM_STATE_READ)
    hold_read (self, line);
  else if (state == UDPNAT_ITEM_STATE_STORED || state == UDPNAT_ITEM_STATE_FAILED)
    udpnat_cli_view_show_state (self->view, person, line, state);
  told->state = state;
  if (is_line_awaited (self, line) && state == UDPNAT_ITEM_STATE_STORED)
    udpnat_cli_leave (self, 0);
}

static void
tell_new_outgoing (UdpnatCli         *self,
                   UdpnatPerson      *person,
                   UdpnatHistoryItem *line)
{
  if (person == udpnat_client_get_self (self->client))
    {
      udpnat_cli_view_show_text (self->view, _("  Noted (#%lld)."),
                                 (long long) udpnat_history_item_get_number (line));
      if (self->options->is_json)
        udpnat_cli_view_show_line (self->view, person, line);
      return;
    }
  udpnat_cli_view_show_waiting (self->view, person, line, explain_waiting (self, person));
}

static void
message_delivered_cb (UdpnatClient *client,
                      UdpnatPerson *person,
                      const char   *id,
                      gint64        elapsed_us,
                      UdpnatCli    *self)
{
  udpnat_cli_view_show_delivered (self->view, person, id, elapsed_us);
  if (is_awaited (self, id))
    udpnat_cli_leave (self, 0);
}

static void
save_failed_cb (UdpnatClient *client,
                UdpnatPerson *person,
                gboolean      is_damaged,
                UdpnatCli    *self)
{
  const char *title = udpnat_person_get_title (person);

  if (is_damaged)
    udpnat_cli_fail (self, "not-saved",
                     _("What was just said to or by %s is not kept, because the profile's database "
                       "is damaged. Leave and start again: what can be read is taken over then."),
                     title);
  else
    udpnat_cli_fail (self, "not-saved",
                     _("What was just said to or by %s is not kept, because the disk takes nothing "
                       "more. Make room, and say it again."), title);
}

static void
setting_lost_cb (UdpnatClient *client,
                 UdpnatCli    *self)
{
  udpnat_cli_fail (self, "not-saved",
                   _("What was just set is not kept, because the disk takes nothing more. Make "
                     "room, and set it again."));
}

static void
person_unreachable_cb (UdpnatClient *client,
                       UdpnatPerson *person,
                       UdpnatCli    *self)
{
  /* People hear where their message is instead: "stored" or "mail-refused" follows. */
  if (self->options->is_json)
    udpnat_cli_view_show_error (self->view, "offline",
                                _("%s is not there at the moment; messages wait, or go into their "
                                  "mailbox."), udpnat_person_get_name (person));
}

static void
mail_refused_cb (UdpnatClient *client,
                 UdpnatPerson *person,
                 const char   *code,
                 UdpnatCli    *self)
{
  /* Not a refusal for long: it is tried again. */
  gboolean is_soon_over = g_str_equal (code, "mailbox-refused") ||
                          g_str_equal (code, "mailbox-later");

  self->is_mail_refused = TRUE;
  if (self->options->mode == UDPNAT_CLI_MODE_SEND && self->awaited_id != NULL && !is_soon_over)
    udpnat_cli_fail (self, code, _("Not delivered: %s. The message waits in the outbox, and is "
                                   "sent when udpnat runs."), udpnat_words_explain_code (code));
  else if (self->options->is_json || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    /* Translators: a name, and why */
    udpnat_cli_view_show_error (self->view, code, _("  · What you said to %s waits here: %s."),
                                udpnat_person_get_title (person),
                                udpnat_words_explain_code (code));
}

/* ---- Theirs ---- */

static gboolean
is_showing (UdpnatCli *self)
{
  return !self->is_leaving && (self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE ||
                               self->options->mode == UDPNAT_CLI_MODE_WAIT);
}

/* Shows a line of somebody else. Returns whether it counts as read. */
static gboolean
show_incoming (UdpnatCli         *self,
               UdpnatPerson      *person,
               UdpnatHistoryItem *line)
{
  const char *key = udpnat_person_get_key_text (person);

  udpnat_cli_remember_line (self, line);
  if (udpnat_history_item_get_offer (line) != NULL) /* told by udpnat-cli-files.c */
    return self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE;
  if (!udpnat_person_is_contact (person))
    {
      udpnat_cli_view_show_request (self->view, person, line,
                                    g_hash_table_add (self->requests, g_strdup (key)));
      return FALSE;
    }
  udpnat_cli_view_show_message (self->view, person, line);
  if (self->options->mode == UDPNAT_CLI_MODE_WAIT && ++self->n_shown >= self->options->count)
    udpnat_cli_leave (self, 0);
  return TRUE;
}

static void
item_added_cb (UdpnatClient      *client,
               UdpnatPerson      *person,
               UdpnatHistoryItem *line,
               UdpnatCli         *self)
{
  if (udpnat_history_item_is_outgoing (line))
    {
      ensure_told (self, udpnat_history_item_get_number (line));
      tell_new_outgoing (self, person, line);
    }
  else if (is_showing (self) && show_incoming (self, person, line))
    udpnat_client_mark_read (client, person);
}

static void
item_changed_cb (UdpnatClient      *client,
                 UdpnatPerson      *person,
                 UdpnatHistoryItem *line,
                 UdpnatCli         *self)
{
  Told *told = ensure_told (self, udpnat_history_item_get_number (line));
  const char *mine = udpnat_history_item_get_my_reaction (line);
  const char *theirs = udpnat_history_item_get_their_reaction (line);
  gboolean is_told = self->options->is_json || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE;

  self->last_progress_us = g_get_monotonic_time ();
  if (udpnat_history_item_is_outgoing (line))
    tell_state (self, person, line, told);
  if (is_told && udpnat_history_item_is_deleted (line))
    {
      if (!told->is_deleted)
        udpnat_cli_view_show_deleted (self->view, person, line);
    }
  else if (is_told)
    {
      if (told->edited_us != udpnat_history_item_get_edited_us (line))
        udpnat_cli_view_show_edited (self->view, person, line);
      if (g_strcmp0 (told->my_reaction, mine) != 0)
        udpnat_cli_view_show_reaction (self->view, person, line, mine, TRUE);
      if (g_strcmp0 (told->their_reaction, theirs) != 0)
        udpnat_cli_view_show_reaction (self->view, person, line, theirs, FALSE);
    }
  update_told (told, line);
}

/* ---- At the start ---- */

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  gint64 number_a = udpnat_history_item_get_number (*(UdpnatHistoryItem *const *) a);
  gint64 number_b = udpnat_history_item_get_number (*(UdpnatHistoryItem *const *) b);

  return (number_a > number_b) - (number_a < number_b);
}

/* Everything that was not read, of everybody, oldest first. */
static GPtrArray *
dup_all_unread (UdpnatCli *self)
{
  GListModel *people = udpnat_client_get_people (self->client);
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);
      UdpnatRelation relation = udpnat_person_get_relation (person);
      gboolean is_shown = relation == UDPNAT_RELATION_ACCEPTED ||
                          relation == UDPNAT_RELATION_REQUEST;

      if (is_shown && udpnat_person_get_unread (person) > 0)
        {
          g_autoptr (GPtrArray) page = udpnat_client_dup_unread (self->client, person,
                                                                 udpnat_person_get_unread (person));

          for (guint k = 0; k < page->len; k++)
            g_ptr_array_add (lines, g_object_ref (g_ptr_array_index (page, k)));
        }
    }
  g_ptr_array_sort (lines, compare_lines);
  return lines;
}

static void
say_how_many (UdpnatCli *self)
{
  GListModel *people = udpnat_client_get_people (self->client);

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (udpnat_person_is_contact (person) && udpnat_person_get_unread (person) > 0)
        udpnat_cli_view_show_unread (self->view, person);
    }
}

static void
show_unread (UdpnatCli *self)
{
  g_autoptr (GPtrArray) lines = dup_all_unread (self);
  guint n_left_out = 0;

  for (guint i = 0; i < lines->len && !self->is_leaving; i++)
    {
      UdpnatHistoryItem *line = g_ptr_array_index (lines, i);
      UdpnatPerson *person = udpnat_client_get_person_of (self->client, line);

      if (!self->options->is_json && self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE &&
          i + NEWS_MAX_LINES < lines->len)
        n_left_out++;
      else if (show_incoming (self, person, line))
        udpnat_client_mark_read_to (self->client, person, udpnat_history_item_get_number (line));
    }
  if (n_left_out > 0)
    /* Translators: messages; “history” is a command to type, and stays as it is */
    udpnat_cli_view_show_text (self->view, ngettext ("  (%u older one is in “history NAME”)",
                                                     "  (%u older ones are in “history NAME”)",
                                                     n_left_out), n_left_out);
}

/** udpnat_cli_show_news: at the start: what came and was not read, and what still waits */
void
udpnat_cli_show_news (UdpnatCli *self)
{
  g_autofree char *report = udpnat_client_dup_recovery_report (self->client);
  guint n_waiting = udpnat_cli_count_waiting (self);

  if (report != NULL)
    udpnat_cli_view_show_warning (self->view, "recovered", "%s", report);
  if (!is_showing (self))
    return;
  if (self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    {
      if (!self->options->is_json)
        say_how_many (self);
      if (n_waiting > 0)
        udpnat_cli_view_show_text (self->view,
                                   /* Translators: “waiting” is a command to type, and stays as it
                                    * is */
                                   ngettext ("%u message waits in the outbox.",
                                             "%u messages wait in the outbox (see “waiting”).",
                                             n_waiting), n_waiting);
    }
  show_unread (self);
}

/** udpnat_cli_connect_lines: listens to everything that is said */
void
udpnat_cli_connect_lines (UdpnatCli *self)
{
  static const struct
  {
    const char *signal;
    GCallback   callback;
  } handlers[] = {
    { "item-added", G_CALLBACK (item_added_cb) },
    { "item-changed", G_CALLBACK (item_changed_cb) },
    { "message-delivered", G_CALLBACK (message_delivered_cb) },
    { "save-failed", G_CALLBACK (save_failed_cb) },
    { "setting-lost", G_CALLBACK (setting_lost_cb) },
    { "person-unreachable", G_CALLBACK (person_unreachable_cb) },
    { "mail-refused", G_CALLBACK (mail_refused_cb) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->client, handlers[i].signal, handlers[i].callback, self);
}
