/* Files: sending them, taking them, and what is told while they are on their way. The two commands
 * of the command line, “send NAME --file” and “receive”, go on until everything has come, whatever
 * the network does meanwhile. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"
#include "udpnat-cli-files.h"

#include <glib/gi18n.h>

#include "udpnat-client-files.h"
#include "udpnat-person-address.h"
#include "udpnat-words.h"

/* ---- Whom they are for ---- */

/* Files for somebody whom only the server knows. */
typedef struct
{
  char    *name;
  char   **paths;
  gboolean is_asked;
} Order;

static void
order_free (gpointer data)
{
  Order *order = data;

  g_free (order->name);
  g_strfreev (order->paths);
  g_free (order);
}

static gboolean
is_sending (UdpnatCli *self)
{
  return self->options->mode == UDPNAT_CLI_MODE_SEND_FILES;
}

/* The last of what the command line asked for is over. */
static void
leave_if_over (UdpnatCli *self)
{
  if (is_sending (self) && g_hash_table_size (self->files) == 0 && self->orders->len == 0 &&
      self->n_files_adding == 0 && udpnat_client_count_preparing (self->client) == 0)
    udpnat_cli_leave (self, self->n_files_failed > 0 ? 1 : 0);
}

static void
send_to (UdpnatCli    *self,
         UdpnatPerson *person,
         char        **paths)
{
  udpnat_cli_warn_of_new_key (self, person);
  for (guint i = 0; paths[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      if (udpnat_client_send_file (self->client, person, paths[i], &error))
        {
          self->n_files_adding++;
          continue;
        }
      udpnat_cli_say_error (self, "not-sent", error);
      return;
    }
}

typedef struct
{
  UdpnatCli *cli; /* borrowed: it ends after the cancellable is cancelled */
  Order     *order;
} Search;

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autofree Search *search = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatPerson) person = udpnat_client_find_finish (UDPNAT_CLIENT (source), result,
                                                               &error);
  UdpnatCli *self = search->cli;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_NO_SERVER))
    {
      search->order->is_asked = FALSE; /* again when the server is back */
      return;
    }
  if (person != NULL)
    send_to (self, person, search->order->paths);
  else
    udpnat_cli_say_error (self, "unknown-peer", error);
  g_ptr_array_remove (self->orders, search->order);
}

/** udpnat_cli_send_ordered: the server answers: asks it who is meant */
void
udpnat_cli_send_ordered (UdpnatCli *self)
{
  for (guint i = 0; i < self->orders->len; i++)
    {
      Order *order = g_ptr_array_index (self->orders, i);
      Search *search;

      if (order->is_asked)
        continue;
      order->is_asked = TRUE;
      search = g_new0 (Search, 1);
      *search = (Search) { self, order };
      udpnat_client_find_async (self->client, order->name, self->cancellable, found_cb, search);
    }
}

/** udpnat_cli_send_files: @paths: of files and folders for somebody, whom the server is asked for
 * if need be */
void
udpnat_cli_send_files (UdpnatCli   *self,
                       const char  *name,
                       char       **paths)
{
  g_autofree char *normal = udpnat_person_address_normalize (name);
  UdpnatPerson *person = udpnat_cli_find_person (self, normal != NULL ? normal : name);
  Order *order;

  if (person != NULL)
    {
      send_to (self, person, paths);
      return;
    }
  order = g_new0 (Order, 1);
  order->name = g_strdup (normal != NULL ? normal : name);
  order->paths = g_strdupv (paths);
  g_ptr_array_add (self->orders, order);
  if (strchr (order->name, '@') != NULL || self->options->is_lan ||
      udpnat_client_is_registered (self->client))
    udpnat_cli_send_ordered (self);
}

/* ---- What is told ---- */

static void
preparing_cb (UdpnatClient *client,
              UdpnatPerson *person,
              const char   *path,
              gint64        n_done,
              gint64        n_all,
              UdpnatCli    *self)
{
  udpnat_cli_view_show_preparing (self->view, path, n_done, n_all);
}

static void
not_sent_cb (UdpnatClient *client,
             UdpnatPerson *person,
             const char   *path,
             const char   *words,
             UdpnatCli    *self)
{
  udpnat_cli_view_show_error (self->view, "not-sent", "%s", words);
  self->n_files_adding -= MIN (self->n_files_adding, 1);
  self->n_files_failed++;
  leave_if_over (self);
}

static gboolean
is_over (UdpnatTransfer *transfer)
{
  UdpnatTransferState state = udpnat_transfer_get_state (transfer);

  return state == UDPNAT_TRANSFER_STATE_DONE || state == UDPNAT_TRANSFER_STATE_FAILED ||
         state == UDPNAT_TRANSFER_STATE_CANCELLED;
}

static void
follow_sent (UdpnatCli      *self,
             UdpnatTransfer *transfer)
{
  gint64 number = udpnat_transfer_get_line (transfer);

  if (!is_over (transfer) || !g_hash_table_remove (self->files, &number))
    return;
  if (udpnat_transfer_get_state (transfer) != UDPNAT_TRANSFER_STATE_DONE)
    self->n_files_failed++;
  leave_if_over (self);
}

static gboolean
is_from_wanted (UdpnatCli    *self,
                UdpnatPerson *person)
{
  return self->options->to == NULL ||
         udpnat_cli_find_person (self, self->options->to) == person;
}

static void
take (UdpnatCli      *self,
      UdpnatTransfer *transfer)
{
  g_autoptr (UdpnatHistoryItem) line = udpnat_client_dup_line (self->client,
                                                               udpnat_transfer_get_line (transfer));
  g_autoptr (GError) error = NULL;

  if (line != NULL &&
      !udpnat_client_accept_file (self->client, line, self->options->folder, &error))
    udpnat_cli_say_error (self, "not-taken", error);
}

static void
follow_received (UdpnatCli      *self,
                 UdpnatPerson   *person,
                 UdpnatTransfer *transfer)
{
  if (!is_from_wanted (self, person))
    return;
  switch (udpnat_transfer_get_state (transfer))
    {
    case UDPNAT_TRANSFER_STATE_OFFERED:
      take (self, transfer);
      break;
    case UDPNAT_TRANSFER_STATE_DONE:
      if (++self->n_shown >= self->options->count)
        udpnat_cli_leave (self, 0);
      break;
    case UDPNAT_TRANSFER_STATE_FAILED:
      udpnat_cli_leave (self, 1);
      break;
    case UDPNAT_TRANSFER_STATE_ACCEPTED:
    case UDPNAT_TRANSFER_STATE_RUNNING:
    case UDPNAT_TRANSFER_STATE_CANCELLED:
      break;
    }
}

static void
transfer_changed_cb (UdpnatClient   *client,
                     UdpnatPerson   *person,
                     UdpnatTransfer *transfer,
                     UdpnatCli      *self)
{
  gboolean is_one_shot = is_sending (self) || self->options->mode == UDPNAT_CLI_MODE_RECEIVE;

  self->last_progress_us = g_get_monotonic_time ();
  if (self->is_leaving)
    return;
  udpnat_cli_view_show_transfer (self->view, person, transfer, is_one_shot);
  if (is_sending (self) && udpnat_transfer_is_outgoing (transfer))
    follow_sent (self, transfer);
  if (self->options->mode == UDPNAT_CLI_MODE_RECEIVE && !udpnat_transfer_is_outgoing (transfer))
    follow_received (self, person, transfer);
}

static void
added_cb (UdpnatClient      *client,
          UdpnatPerson      *person,
          UdpnatHistoryItem *line,
          UdpnatCli         *self)
{
  gint64 number = udpnat_history_item_get_number (line);

  if (!is_sending (self) || !udpnat_history_item_is_outgoing (line) ||
      udpnat_history_item_get_offer (line) == NULL)
    return;
  self->n_files_adding -= MIN (self->n_files_adding, 1);
  g_hash_table_add (self->files, g_memdup2 (&number, sizeof number));
}

void
udpnat_cli_open_files (UdpnatCli *self)
{
  self->files = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->orders = g_ptr_array_new_with_free_func (order_free);
  g_signal_connect (self->client, "item-added", G_CALLBACK (added_cb), self);
  g_signal_connect (self->client, "file-preparing", G_CALLBACK (preparing_cb), self);
  g_signal_connect (self->client, "file-not-sent", G_CALLBACK (not_sent_cb), self);
  g_signal_connect (self->client, "transfer-changed", G_CALLBACK (transfer_changed_cb), self);
}

void
udpnat_cli_clear_files (UdpnatCli *self)
{
  g_clear_pointer (&self->files, g_hash_table_unref);
  g_clear_pointer (&self->orders, g_ptr_array_unref);
}

/** udpnat_cli_receive: takes what was offered before, and what stood because something had failed;
 * what is offered later is taken as it is told */
void
udpnat_cli_receive (UdpnatCli *self)
{
  g_autoptr (GPtrArray) transfers = udpnat_client_dup_transfers (self->client);

  if (self->options->folder != NULL)
    udpnat_client_set_files_folder (self->client, self->options->folder);
  for (guint i = 0; i < transfers->len; i++)
    {
      UdpnatTransfer *transfer = g_ptr_array_index (transfers, i);
      UdpnatPerson *person = udpnat_client_get_person_of_transfer (self->client, transfer);

      if (!udpnat_transfer_is_outgoing (transfer) && is_from_wanted (self, person))
        take (self, transfer);
    }
}

/* ---- At the prompt ---- */

/** udpnat_cli_command_files: what is on its way */
void
udpnat_cli_command_files (UdpnatCli  *self,
                          const char *arguments)
{
  g_autoptr (GPtrArray) transfers = udpnat_client_dup_transfers (self->client);

  if (transfers->len == 0)
    udpnat_cli_view_show_text (self->view, _("  No file is on its way."));
  for (guint i = 0; i < transfers->len; i++)
    {
      UdpnatTransfer *transfer = g_ptr_array_index (transfers, i);

      udpnat_cli_view_list_transfer (self->view,
                                     udpnat_client_get_person_of_transfer (self->client, transfer),
                                     transfer);
    }
}

typedef gboolean (*LineFunc) (UdpnatCli          *self,
                              UdpnatHistoryItem  *line,
                              const char         *rest,
                              GError            **error);

static void
run_on_line (UdpnatCli  *self,
             const char *arguments,
             const char *usage,
             LineFunc    func)
{
  g_autoptr (UdpnatHistoryItem) line = udpnat_cli_take_line (self, &arguments, usage);
  g_autoptr (GError) error = NULL;

  if (line != NULL && !func (self, line, arguments, &error))
    udpnat_cli_say_error (self, "no-file", error);
}

static gboolean
accept (UdpnatCli          *self,
        UdpnatHistoryItem  *line,
        const char         *rest,
        GError            **error)
{
  g_autofree char *word = *rest == '"' ? udpnat_cli_take_word (&rest) : g_strdup (rest);
  g_autofree char *folder = *word != '\0' ? g_canonicalize_filename (word, NULL) : NULL;

  return udpnat_client_accept_file (self->client, line, folder, error);
}

static gboolean
cancel (UdpnatCli          *self,
        UdpnatHistoryItem  *line,
        const char         *rest,
        GError            **error)
{
  return udpnat_client_cancel_file (self->client, line, error);
}

static gboolean
halt (UdpnatCli          *self,
      UdpnatHistoryItem  *line,
      const char         *rest,
      GError            **error)
{
  return udpnat_client_pause_file (self->client, line, TRUE, error);
}

static gboolean
go_on (UdpnatCli          *self,
       UdpnatHistoryItem  *line,
       const char         *rest,
       GError            **error)
{
  return udpnat_client_accept_file (self->client, line, NULL, error);
}

void
udpnat_cli_command_take (UdpnatCli  *self,
                         const char *arguments)
{
  /* Translators: how a command is typed; only FOLDER can be translated */
  run_on_line (self, arguments, _("take #N [FOLDER]"), accept);
}

void
udpnat_cli_command_cancel (UdpnatCli  *self,
                           const char *arguments)
{
  run_on_line (self, arguments, "cancel #N", cancel);
}

void
udpnat_cli_command_pause (UdpnatCli  *self,
                          const char *arguments)
{
  run_on_line (self, arguments, "pause #N", halt);
}

void
udpnat_cli_command_resume (UdpnatCli  *self,
                           const char *arguments)
{
  run_on_line (self, arguments, "resume #N", go_on);
}

/** udpnat_cli_command_sendfile: @arguments: NAME PATH…; a path with spaces is quoted */
void
udpnat_cli_command_sendfile (UdpnatCli  *self,
                             const char *arguments)
{
  g_autofree char *name = udpnat_cli_take_word (&arguments);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) paths = NULL;

  while (*arguments != '\0')
    {
      g_autofree char *path = udpnat_cli_take_word (&arguments);

      g_strv_builder_add (builder, path);
    }
  paths = g_strv_builder_end (builder);
  if (*name == '\0' || paths[0] == NULL)
    /* Translators: “sendfile” is a command to type, and stays as it is */
    udpnat_cli_fail (self, "usage", _("Say to whom, and which: sendfile NAME PATH…"));
  else
    udpnat_cli_send_files (self, name, paths);
}
