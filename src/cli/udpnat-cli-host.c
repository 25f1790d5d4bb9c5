/* --host: a server on this machine for a user who has none, and the words about it. Starting it is
 * UdpnatHost's. */

#include "config.h"

#include "udpnat-cli-host.h"

#include <glib/gi18n.h>

#include "udpnat-words.h"

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
  udpnat_cli_view_show_text (self->view, _("A server for you and your friends runs here now."));
  udpnat_cli_view_show_text (self->view,
                             /* Translators: what follows the colon is typed as it stands */
                             _("  Others join it with:  udpnat-cli --server %s:%u"), local,
                             self->options->server_port);
  udpnat_cli_view_show_text (self->view,
                             /* Translators: what follows the colon is typed as it stands, but for
                              * NAME */
                             _("  A second person on this computer:  %s --sport %u --profile "
                               "~/.local/share/udpnat-2 --name NAME"), command,
                             self->options->server_port);
}

static void
say_reach (UdpnatCli *self)
{
  const char *outside = udpnat_host_get_outside (self->host);
  const char *reason = udpnat_host_get_reason (self->host);

  switch (udpnat_host_get_reach (self->host))
    {
    case UDPNAT_HOST_REACH_UNKNOWN:
      break;
    case UDPNAT_HOST_REACH_OUTSIDE:
      udpnat_cli_view_tell (self->view, "reachable", "address", outside, "protocol",
                            udpnat_host_get_protocol (self->host), NULL);
      udpnat_cli_view_show_clean (self->view,
                                  /* Translators: what follows the colon is typed as it stands */
                                  _("  Friends elsewhere join it with:  udpnat-cli --server %s"),
                                  outside);
      break;
    case UDPNAT_HOST_REACH_LOCAL:
      udpnat_cli_view_tell (self->view, "unreachable", "code", reason, "message",
                            udpnat_words_explain_code (reason), NULL);
      udpnat_cli_view_show_clean (self->view, _("  Only this network reaches it: %s."),
                                  udpnat_words_explain_code (reason));
      break;
    }
}

/* The router answers later, and may answer something else after a change of network. */
static void
changed_cb (UdpnatHost *host,
            UdpnatCli  *self)
{
  const char *outside = udpnat_host_get_outside (host);
  g_autofree char *now = g_strdup (outside != NULL ? outside : udpnat_host_get_reason (host));

  if (now == NULL || g_strcmp0 (now, self->told_reach) == 0 ||
      udpnat_host_get_state (host) != UDPNAT_HOST_STATE_RUNNING)
    return;
  say_reach (self);
  g_free (self->told_reach);
  self->told_reach = g_steal_pointer (&now);
}

static void
started_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  GAsyncResult **out_result = user_data;

  *out_result = g_object_ref (result);
}

static void
say_failed (const GError *error)
{
  gboolean is_missing = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  g_printerr (is_missing ? _("udpnat-cli: %s Name one with --server HOST.") : "udpnat-cli: %s",
              error->message);
  g_printerr ("\n");
}

/* Who uses this computer alone has no use for the outside. */
static gboolean
is_for_others (UdpnatCli *self)
{
  g_autoptr (GInetAddress) address = NULL;

  if (self->options->bind_ip != NULL)
    address = g_inet_address_new_from_string (self->options->bind_ip);
  return address == NULL || !g_inet_address_get_is_loopback (address);
}

/**
 * udpnat_cli_host_start:
 *
 * Makes sure that there is a server on the port of this machine. Waits until it is ready, some
 * milliseconds, and says what is wrong.
 */
gboolean
udpnat_cli_host_start (UdpnatCli *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  self->host = udpnat_host_new (self->options->server_port, NULL,
                                is_for_others (self) && !self->options->is_unmapped);
  udpnat_host_start_async (self->host, NULL, started_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (!udpnat_host_start_finish (self->host, result, &error))
    {
      say_failed (error);
      return FALSE;
    }
  if (udpnat_host_get_state (self->host) == UDPNAT_HOST_STATE_RUNNING &&
      !udpnat_host_is_earlier (self->host))
    say_how_to_join (self);
  else
    udpnat_cli_view_show_text (self->view, _("Joining the server that runs on this computer."));
  changed_cb (self->host, self);
  g_signal_connect (self->host, "changed", G_CALLBACK (changed_cb), self);
  /* A signal that came meanwhile wants the end, and nothing waits to be sent. */
  return !self->is_leaving;
}

/**
 * udpnat_cli_host_dup_address: Returns: (transfer full) (nullable): where others reach the server
 * that is hosted here; %NULL when none is, or nobody but us can */
char *
udpnat_cli_host_dup_address (UdpnatCli *self)
{
  if (self->host == NULL || !is_for_others (self))
    return NULL;
  if (udpnat_host_get_outside (self->host) != NULL)
    return g_strdup (udpnat_host_get_outside (self->host));
  return udpnat_host_dup_local (self->host);
}
