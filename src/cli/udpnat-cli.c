/* The terminal program from start to end: opens the profile and the socket, connects, and leaves
 * without losing anything: before it exits it waits a little until every message and receipt on its
 * way has been acknowledged. */

#include "config.h"

#include "udpnat-cli.h"

#include <glib-unix.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "udpnat-cli-host.h"
#include "udpnat-limits.h"
#include "udpnat-words.h"

#define DRAIN_CHECK_MS 20
#define DRAIN_MAX_US (3 * G_USEC_PER_SEC)

/* ---- Leaving ---- */

static gboolean
drain_cb (gpointer user_data)
{
  UdpnatCli *self = user_data;
  guint n_undelivered;

  if (!udpnat_client_is_drained (self->client) && g_get_monotonic_time () < self->leave_by_us)
    return G_SOURCE_CONTINUE;
  n_undelivered = udpnat_client_count_undelivered (self->client);
  if (n_undelivered > 0 && self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    {
      udpnat_cli_view_show_error (self->view, "undelivered",
                                  "%u %s not delivered; leaving forgets %s.", n_undelivered,
                                  n_undelivered == 1 ? "message was" : "messages were",
                                  n_undelivered == 1 ? "it" : "them");
      self->exit_status = 1;
    }
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
  udpnat_client_set_receiving (self->client, FALSE);
  self->leave_by_us = g_get_monotonic_time () + get_patience (self);
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
  if (self->options->is_json || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    udpnat_cli_view_show_error (self->view, code, "%s", message);
  else
    {
      g_autofree char *clean = udpnat_cli_view_clean (message);

      g_printerr ("udpnat-cli: %s\n", clean);
    }
  if (self->options->mode != UDPNAT_CLI_MODE_INTERACTIVE)
    udpnat_cli_leave (self, 1);
}

static gboolean
timeout_cb (gpointer user_data)
{
  UdpnatCli *self = user_data;

  if (self->is_leaving)
    return G_SOURCE_REMOVE;
  if (!udpnat_client_is_registered (self->client))
    udpnat_cli_fail (self, "no-server", "The server %s does not answer. Check its address, or "
                     "start one there: udpnat-server.", udpnat_client_get_server (self->client));
  else if (self->options->mode == UDPNAT_CLI_MODE_SEND)
    udpnat_cli_fail (self, "timeout", "%s did not confirm the message in %d s.", self->options->to,
                     self->options->timeout_s);
  else
    udpnat_cli_fail (self, "timeout", "Nothing more came in %d s.", self->options->timeout_s);
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
open_client (UdpnatCli *self)
{
  g_autoptr (GError) error = NULL;

  if (udpnat_client_open (self->client, self->options->profile, &error) &&
      udpnat_client_bind (self->client, self->options->bind_ip, self->options->port,
                          self->options->n_more_ports, &error))
    return TRUE;
  g_printerr ("udpnat-cli: %s\n", error->message);
  return FALSE;
}

/* What to type to start this program: its name if that finds it, else where it is. */
static char *
dup_own_command (void)
{
  g_autofree char *path = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *found = g_find_program_in_path ("udpnat-cli");

  if (path == NULL || g_strcmp0 (path, found) == 0)
    return g_strdup ("udpnat-cli");
  return g_steal_pointer (&path);
}

static void
say_how_to_join (UdpnatCli *self)
{
  g_autofree char *command = dup_own_command ();
  g_autofree char *local = udpnat_client_dup_local (self->client);
  char *port = strrchr (local, ':');

  if (port != NULL)
    *port = '\0';
  udpnat_cli_view_show_text (self->view, "A server for you and your friends runs here now.");
  udpnat_cli_view_show_text (self->view, "  Others join it with:  udpnat-cli --server %s:%u", local,
                             self->options->server_port);
  udpnat_cli_view_show_text (self->view, "  A second person on this computer:  %s --sport %u "
                             "--profile ~/.local/share/udpnat-2 --name NAME", command,
                             self->options->server_port);
}

static gboolean
start_host (UdpnatCli *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_own = FALSE;

  if (!self->options->is_host)
    return TRUE;
  if (!udpnat_cli_host_start (self->options->server_port, &is_own, &error))
    {
      g_printerr ("udpnat-cli: %s\n", error->message);
      return FALSE;
    }
  if (is_own)
    say_how_to_join (self);
  else
    udpnat_cli_view_show_text (self->view, "Joining the server that runs on this computer.");
  return TRUE;
}

static void
start_input (UdpnatCli *self)
{
  g_autofree char *history = g_build_filename (self->options->profile, "history", NULL);

  if (self->options->mode != UDPNAT_CLI_MODE_INTERACTIVE)
    return;
  self->input = udpnat_cli_input_new (self->options->is_json, history, udpnat_cli_handle_line,
                                      udpnat_cli_handle_overlong, udpnat_cli_complete, self);
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
    udpnat_cli_view_show_text (self->view, "Port %u is taken, using %u.", self->options->port,
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
      g_printerr ("udpnat-cli: Who are you? Give --name NAME once; the profile remembers it.\n");
      self->exit_status = 2;
      return FALSE;
    }
  self->is_asking_name = !self->options->is_json;
  if (self->is_asking_name)
    {
      udpnat_cli_view_show_text (self->view, "Please type your name.");
      udpnat_cli_input_set_prompt (self->input, "Your name: ");
    }
  return TRUE;
}

static gboolean
start (UdpnatCli *self)
{
  g_autofree char *name = NULL;

  if (!open_client (self) || !start_host (self))
    {
      self->exit_status = 1;
      return FALSE;
    }
  name = g_strdup (self->options->name != NULL ? self->options->name
                                               : udpnat_client_get_name (self->client));
  udpnat_client_set_receiving (self->client, self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE ||
                                             self->options->mode == UDPNAT_CLI_MODE_WAIT);
  udpnat_cli_connect (self);
  start_input (self);
  udpnat_client_set_server (self->client, self->options->server_host, self->options->server_port);
  show_start (self, name);
  if (!log_in_or_ask (self, name))
    return FALSE;
  if (self->options->timeout_s > 0 && self->options->mode != UDPNAT_CLI_MODE_INTERACTIVE)
    {
      self->timeout_source = g_timeout_source_new_seconds (self->options->timeout_s);
      g_source_set_callback (self->timeout_source, timeout_cb, self, NULL);
      g_source_attach (self->timeout_source, NULL);
    }
  return TRUE;
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
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
  guint interrupt_id;
  guint terminate_id;
  guint hang_up_id;

  self.client = udpnat_client_new ();
  self.view = udpnat_cli_view_new (options->is_json);
  self.loop = g_main_loop_new (NULL, FALSE);
  self.online = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  interrupt_id = g_unix_signal_add (SIGINT, signal_cb, &self);
  terminate_id = g_unix_signal_add (SIGTERM, signal_cb, &self);
  hang_up_id = g_unix_signal_add (SIGHUP, signal_cb, &self);

  if (start (&self))
    g_main_loop_run (self.loop);

  g_source_remove (interrupt_id);
  g_source_remove (terminate_id);
  g_source_remove (hang_up_id);
  clear_source (&self.leave_source);
  clear_source (&self.timeout_source);
  g_clear_pointer (&self.input, udpnat_cli_input_free);
  g_clear_object (&self.client);
  g_clear_pointer (&self.view, udpnat_cli_view_free);
  g_clear_pointer (&self.online, g_hash_table_unref);
  g_main_loop_unref (self.loop);
  return self.exit_status;
}
