/* The terminal program from start to end: opens the profile and the socket, connects, and leaves.
 * Whatever was said is on disk; but before it exits it waits a little until what is on its way has
 * been acknowledged, so that nobody waits for its next start without need. */

#include "config.h"

#include "udpnat-cli.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "udpnat-cli-commands.h"
#include "udpnat-cli-files.h"
#include "udpnat-cli-host.h"
#include "udpnat-limits.h"
#include "udpnat-words.h"

#define DRAIN_CHECK_MS 20
/* By then everybody on this network has answered: UDPNAT_BEACON_ANSWER_US and its repetition. */
#define LAN_LIST_MS 2500
#define DRAIN_MAX_US (3 * G_USEC_PER_SEC)

/* ---- Leaving ---- */

/* Nothing on disk is lost by leaving; what nobody could be addressed with is. */
static void
say_what_waits (UdpnatCli *self)
{
  guint n_unfound = udpnat_cli_count_unfound (self);
  guint n_waiting = udpnat_cli_count_waiting (self);

  if (self->options->mode != UDPNAT_CLI_MODE_INTERACTIVE)
    return;
  if (n_unfound > 0)
    {
      udpnat_cli_view_show_error (self->view, "undelivered",
                                  ngettext ("%u message is not kept: the server has not said who "
                                            "is meant.",
                                            "%u messages are not kept: the server has not said who "
                                            "is meant.", n_unfound), n_unfound);
      self->exit_status = 1;
    }
  if (n_waiting == 0)
    return;
  udpnat_cli_view_show_text (self->view,
                             ngettext ("%u message waits in the outbox and is sent next time.",
                                       "%u messages wait in the outbox and are sent next time.",
                                       n_waiting), n_waiting);
}

/* A server that does not answer, and people who have no mailbox, may be away for days; so may those
 * of this network, where nobody keeps anything for them. */
static gboolean
is_patience_over (UdpnatCli *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 since_us = MAX (self->leave_since_us, self->last_progress_us);
  gboolean is_hopeless = self->is_server_silent || self->is_mail_refused || self->options->is_lan;

  return now_us >= self->leave_by_us || (is_hopeless && now_us >= since_us + DRAIN_MAX_US);
}

static gboolean
drain_cb (gpointer user_data)
{
  UdpnatCli *self = user_data;
  gboolean is_drained = udpnat_client_is_drained (self->client) &&
                        udpnat_cli_count_unfound (self) == 0;

  if (!is_drained && !is_patience_over (self))
    return G_SOURCE_CONTINUE;
  if (!udpnat_client_flush (self->client))
    self->exit_status = 1;
  udpnat_cli_flush_read (self);
  say_what_waits (self);
  udpnat_client_leave (self->client);
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/* A person at a terminal has said that they go; a script that has written its last line wants it
 * delivered. */
static gint64
get_patience (UdpnatCli *self)
{
  gboolean is_script = self->input != NULL && !udpnat_cli_input_is_edited (self->input);

  return is_script ? self->options->timeout_s * G_USEC_PER_SEC : DRAIN_MAX_US;
}

/** udpnat_cli_leave: ends the program with @exit_status as soon as nothing would be lost */
void
udpnat_cli_leave (UdpnatCli *self,
                  int        exit_status)
{
  if (self->is_leaving)
    return;
  self->is_leaving = TRUE;
  self->exit_status = exit_status;
  self->leave_since_us = g_get_monotonic_time ();
  self->leave_by_us = self->leave_since_us + get_patience (self);
  self->leave_source = g_timeout_source_new (DRAIN_CHECK_MS);
  g_source_set_callback (self->leave_source, drain_cb, self, NULL);
  g_source_attach (self->leave_source, NULL);
}

/**
 * udpnat_cli_fail: says why, and ends a one-shot command with status 1; at the prompt the user goes
 * on */
void
udpnat_cli_fail (UdpnatCli  *self,
                 const char *code,
                 const char *format,
                 ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  udpnat_cli_view_show_error (self->view, code, "%s", message);
  if (self->options->mode != UDPNAT_CLI_MODE_INTERACTIVE)
    udpnat_cli_leave (self, 1);
}

/* Errors of the client that have a code of their own for programs; NULL for the others. */
static const char *
get_code (const GError *error)
{
  if (error->domain != UDPNAT_ERROR)
    return NULL;
  switch ((UdpnatError) error->code)
    {
    case UDPNAT_ERROR_UNKNOWN_PERSON:
      return "unknown-peer";
    case UDPNAT_ERROR_NO_SERVER:
      return "no-server";
    case UDPNAT_ERROR_BLOCKED:
      return "blocked";
    case UDPNAT_ERROR_EXISTS:
      return "exists";
    case UDPNAT_ERROR_NOT_SENDABLE:
      return "not-sendable";
    case UDPNAT_ERROR_CHANGED:
      return "changed";
    case UDPNAT_ERROR_GONE:
      return "gone";
    case UDPNAT_ERROR_NO_FOLDER:
      return "no-folder";
    case UDPNAT_ERROR_DENIED:
      return "denied";
    case UDPNAT_ERROR_DISK_FULL:
      return "disk-full";
    case UDPNAT_ERROR_DISK:
      return "disk";
    case UDPNAT_ERROR_CORRUPT:
      return "corrupt";
    case UDPNAT_ERROR_PROFILE_IN_USE:
    case UDPNAT_ERROR_PROFILE_UNWRITABLE:
    case UDPNAT_ERROR_PROFILE_DAMAGED:
    case UDPNAT_ERROR_SERVER_NOT_FOUND:
    case UDPNAT_ERROR_INVALID:
    case UDPNAT_ERROR_LOCKED:
    case UDPNAT_ERROR_WRONG_PASSPHRASE:
    case UDPNAT_ERROR_BACKUP_DAMAGED:
      return NULL;
    }
  return NULL;
}

/**
 * udpnat_cli_say_error:
 * @code: for programs, when the error has none
 *
 * Says what the client has refused. As udpnat_cli_fail(), it ends commands that need the server.
 */
void
udpnat_cli_say_error (UdpnatCli    *self,
                      const char   *code,
                      const GError *error)
{
  const char *own = get_code (error);

  if (self->options->mode == UDPNAT_CLI_MODE_OFFLINE)
    udpnat_cli_view_show_error (self->view, own != NULL ? own : code, "%s", error->message);
  else
    udpnat_cli_fail (self, own != NULL ? own : code, "%s", error->message);
}

/* Files may take long; they are given up when nothing has moved for so long. */
static gboolean
is_file_moving (UdpnatCli *self)
{
  return (self->options->mode == UDPNAT_CLI_MODE_SEND_FILES ||
          self->options->mode == UDPNAT_CLI_MODE_RECEIVE) &&
         g_get_monotonic_time () - self->last_progress_us <
         self->options->timeout_s * G_USEC_PER_SEC;
}

/* @sentence: why nobody has confirmed it */
static void
fail_with_message (UdpnatCli  *self,
                   const char *code,
                   const char *sentence)
{
  if (self->awaited_id != NULL)
    /* Translators: %s is a sentence: why a message has not arrived */
    udpnat_cli_fail (self, code, _("%s The message waits in the outbox, and is sent when udpnat "
                                   "runs."), sentence);
  else
    udpnat_cli_fail (self, code, "%s", sentence);
}

static void
fail_without_server (UdpnatCli *self)
{
  g_autofree char *sentence =
    /* Translators: a server; “udpnat-server” is the name of a program */
    g_strdup_printf (_("The server %s does not answer. Check its address, or start one there: "
                       "udpnat-server."), udpnat_client_get_server (self->client));

  fail_with_message (self, "no-server", sentence);
}

static void
fail_unconfirmed (UdpnatCli *self)
{
  int n_seconds = self->options->timeout_s;
  g_autofree char *sentence =
    /* Translators: a name, and seconds */
    g_strdup_printf (_("%s did not confirm the message in %d s."), self->options->to, n_seconds);

  fail_with_message (self, "timeout", sentence);
}

static gboolean
timeout_cb (gpointer user_data)
{
  UdpnatCli *self = user_data;

  if (self->is_leaving)
    return G_SOURCE_REMOVE;
  if (is_file_moving (self))
    return G_SOURCE_CONTINUE;
  if (!self->options->is_lan && !udpnat_client_is_registered (self->client))
    fail_without_server (self);
  else if (self->options->mode == UDPNAT_CLI_MODE_SEND)
    fail_unconfirmed (self);
  else if (self->options->mode == UDPNAT_CLI_MODE_PATHS && udpnat_cli_end_watch (self))
    return G_SOURCE_REMOVE;
  else if (self->options->mode == UDPNAT_CLI_MODE_PATHS)
    /* Translators: a name, and seconds */
    udpnat_cli_fail (self, "timeout", _("%s did not answer in %d s."), self->options->to,
                     self->options->timeout_s);
  else
    /* Translators: seconds */
    udpnat_cli_fail (self, "timeout", _("Nothing more came in %d s."), self->options->timeout_s);
  return G_SOURCE_REMOVE;
}

static gboolean
signal_cb (gpointer user_data)
{
  UdpnatCli *self = user_data;

  if (self->is_leaving) /* the second time: at once */
    self->leave_by_us = 0;
  else
    udpnat_cli_leave (self, self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE ? 0 : 1);
  return G_SOURCE_CONTINUE;
}

/* ---- Starting ---- */

/** udpnat_cli_log_in: registers, and says so at the prompt */
void
udpnat_cli_log_in (UdpnatCli  *self,
                   const char *name)
{
  self->is_asking_name = FALSE;
  if (self->input != NULL)
    udpnat_cli_input_set_prompt (self->input, "> ");
  udpnat_client_log_in (self->client, name);
}

static gboolean
open_socket (UdpnatCli *self)
{
  g_autoptr (GError) error = NULL;

  udpnat_client_set_proxy (self->client, self->options->proxy);
  if (udpnat_client_bind (self->client, self->options->bind_ip, self->options->port,
                          self->options->n_more_ports, &error))
    return TRUE;
  g_printerr ("udpnat-cli: %s\n", error->message);
  return FALSE;
}

/* What the command line sets, and the profile keeps. */
static gboolean
apply_settings (UdpnatCli *self)
{
  g_autoptr (GError) error = NULL;

  if (self->options->strangers == NULL ||
      udpnat_client_set_setting (self->client, "strangers", self->options->strangers, &error))
    return TRUE;
  g_printerr ("udpnat-cli: %s\n", error->message);
  return FALSE;
}

static void
start_input (UdpnatCli *self)
{
  g_autofree char *history = g_build_filename (self->options->profile, "history", NULL);

  if (self->options->mode != UDPNAT_CLI_MODE_INTERACTIVE)
    return;
  self->input = udpnat_cli_input_new (self->options->is_json, self->is_locked ? NULL : history,
                                      udpnat_cli_commands_may_keep, udpnat_cli_handle_line,
                                      udpnat_cli_handle_overlong, udpnat_cli_complete, self);
  udpnat_cli_input_set_typing_func (self->input, udpnat_cli_handle_typing);
  if (udpnat_cli_input_is_edited (self->input))
    udpnat_cli_view_set_prompt_funcs (self->view, udpnat_cli_input_hide, udpnat_cli_input_show);
}

static void
show_start (UdpnatCli *self,
            const char *name)
{
  g_autofree char *key = udpnat_client_dup_key_text (self->client);
  g_autofree char *local = udpnat_client_dup_local (self->client);

  if (udpnat_client_get_port (self->client) != self->options->port)
    /* Translators: the port that was asked for, and another */
    udpnat_cli_view_show_text (self->view, _("Port %u is taken, using %u."), self->options->port,
                               udpnat_client_get_port (self->client));
  udpnat_cli_view_show_ready (self->view, name, key, local,
                              udpnat_client_get_server (self->client));
}

static gboolean
log_in_or_ask (UdpnatCli  *self,
               const char *name)
{
  if (name != NULL)
    {
      udpnat_cli_log_in (self, name);
      return TRUE;
    }
  if (self->options->mode != UDPNAT_CLI_MODE_INTERACTIVE)
    {
      g_printerr ("udpnat-cli: %s\n",
                  /* Translators: “--name” stays as it is */
                  _("Who are you? Give --name NAME once; the profile remembers it."));
      self->exit_status = 2;
      return FALSE;
    }
  self->is_asking_name = !self->options->is_json;
  if (self->is_asking_name)
    {
      /* Translators: stands before what is typed */
      g_autofree char *prompt = g_strconcat (_("Your name:"), " ", NULL);

      udpnat_cli_view_show_text (self->view, _("Please type your name."));
      udpnat_cli_input_set_prompt (self->input, prompt);
    }
  return TRUE;
}

static void
start_timeout (UdpnatCli *self)
{
  if (self->options->timeout_s == 0 || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    return;
  self->timeout_source = g_timeout_source_new_seconds (self->options->timeout_s);
  g_source_set_callback (self->timeout_source, timeout_cb, self, NULL);
  g_source_attach (self->timeout_source, NULL);
}

static gboolean
list_cb (gpointer user_data)
{
  udpnat_cli_list (user_data);
  return G_SOURCE_REMOVE;
}

/* Nobody says when everybody on a network has been heard. */
static void
start_lan_list (UdpnatCli *self)
{
  if (!self->options->is_lan || self->options->mode != UDPNAT_CLI_MODE_LIST)
    return;
  self->list_source = g_timeout_source_new (LAN_LIST_MS);
  g_source_set_callback (self->list_source, list_cb, self, NULL);
  g_source_attach (self->list_source, NULL);
}

static gboolean
start (UdpnatCli *self)
{
  g_autofree char *name = NULL;

  self->exit_status = 1;
  if (!open_socket (self) || (self->options->is_host && !udpnat_cli_host_start (self)))
    return FALSE;
  self->exit_status = 0;
  name = g_strdup (self->options->name != NULL ? self->options->name
                                               : udpnat_client_get_name (self->client));
  start_input (self);
  if (self->options->invitation != NULL && !self->options->is_lan)
    udpnat_client_keep_invitation (self->client, self->options->server_host,
                                   self->options->server_port, self->options->invitation);
  if (!self->options->is_lan)
    {
      udpnat_client_set_other_servers (self->client, self->options->other_servers);
      udpnat_client_set_server (self->client, self->options->server_host,
                                self->options->server_port);
    }
  if (self->options->mode == UDPNAT_CLI_MODE_LIST)
    udpnat_client_browse (self->client, self->options->prefix != NULL ? self->options->prefix : "",
                          UDPNAT_BROWSE_MAX);
  show_start (self, name);
  udpnat_cli_show_news (self);
  if (!log_in_or_ask (self, name))
    return FALSE;
  if (self->options->mode == UDPNAT_CLI_MODE_SEND)
    udpnat_cli_send (self, self->options->to, self->options->text);
  if (self->options->mode == UDPNAT_CLI_MODE_SEND_FILES)
    udpnat_cli_send_files (self, self->options->to, self->options->paths);
  if (self->options->mode == UDPNAT_CLI_MODE_RECEIVE)
    udpnat_cli_receive (self);
  if (self->options->mode == UDPNAT_CLI_MODE_PATHS && self->options->is_lan)
    udpnat_cli_watch_path (self);
  start_timeout (self);
  start_lan_list (self);
  return TRUE;
}

/* One command on what is on disk. What it says to others waits in the outbox. */
static void
run_offline (UdpnatCli *self)
{
  udpnat_cli_show_news (self);
  udpnat_cli_handle_line (self->options->line, self);
  if (!udpnat_client_flush (self->client))
    udpnat_cli_view_show_error (self->view, "not-saved",
                                _("Not all of it could be written to disk. Make room there, or "
                                  "mend the rights of the files in %s."), self->options->profile);
  self->exit_status = udpnat_cli_view_get_exit_status (self->view);
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
run (UdpnatCli *self)
{
  self->exit_status = 1;
  if (!udpnat_cli_open_profile (self) || !apply_settings (self))
    return;
  udpnat_cli_connect (self);
  udpnat_cli_open_files (self);
  if (self->options->server_host != NULL && !self->options->is_lan)
    udpnat_client_note_server (self->client, self->options->server_host,
                               self->options->server_port);
  if (self->options->mode == UDPNAT_CLI_MODE_OFFLINE)
    run_offline (self);
  else if (start (self))
    g_main_loop_run (self->loop);
}

static void
clear (UdpnatCli *self)
{
  clear_source (&self->leave_source);
  clear_source (&self->timeout_source);
  clear_source (&self->look_source);
  clear_source (&self->list_source);
  g_clear_pointer (&self->listed_prefix, g_free);
  clear_source (&self->read_source);
  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->input, udpnat_cli_input_free);
  udpnat_cli_disconnect_people (self);
  g_signal_handlers_disconnect_by_data (self->client, self);
  g_clear_object (&self->typing_to);
  if (self->host != NULL)
    g_signal_handlers_disconnect_by_data (self->host, self);
  g_clear_object (&self->host);
  g_clear_pointer (&self->told_reach, g_free);
  g_clear_object (&self->client);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->view, udpnat_cli_view_free);
  g_clear_pointer (&self->presence, g_hash_table_unref);
  g_clear_pointer (&self->contacts, g_hash_table_unref);
  g_clear_pointer (&self->lines, g_hash_table_unref);
  g_clear_pointer (&self->requests, g_hash_table_unref);
  g_clear_pointer (&self->read_lines, g_ptr_array_unref);
  g_clear_pointer (&self->unfound, g_hash_table_unref);
  udpnat_cli_clear_files (self);
  g_clear_pointer (&self->awaited_id, g_free);
  g_main_loop_unref (self->loop);
}

/**
 * udpnat_cli_run:
 *
 * Returns: the exit status: 0 done, 1 failed, 2 wrong usage
 */
int
udpnat_cli_run (UdpnatCliOptions *options)
{
  UdpnatCli self = { .options = options };
  const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  guint ids[G_N_ELEMENTS (signals)];

  if (options->mode == UDPNAT_CLI_MODE_PASSPHRASE)
    return udpnat_cli_change_passphrase (options);
  if (options->mode == UDPNAT_CLI_MODE_RESTORE)
    return udpnat_cli_restore (options);
  if (options->mode == UDPNAT_CLI_MODE_NETCHECK)
    return udpnat_cli_check_network (options);
  self.client = udpnat_client_new ();
  self.view = udpnat_cli_view_new (options->is_json,
                                   options->mode != UDPNAT_CLI_MODE_INTERACTIVE);
  udpnat_cli_view_set_lan_only (self.view, options->is_lan);
  self.loop = g_main_loop_new (NULL, FALSE);
  self.cancellable = g_cancellable_new ();
  self.presence = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.requests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self.contacts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    ids[i] = g_unix_signal_add (signals[i], signal_cb, &self);

  run (&self);

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (ids[i]);
  clear (&self);
  return self.exit_status;
}
