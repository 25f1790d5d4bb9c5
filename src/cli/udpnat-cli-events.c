/* What the client tells, and what each mode of the program makes of it. */

#include "config.h"

#include "udpnat-cli.h"

#include "udpnat-words.h"

/* ---- The server ---- */

static void
send_once (UdpnatCli *self)
{
  g_autoptr (GError) error = NULL;

  if (self->is_sent)
    return;
  self->is_sent = TRUE;
  if (!udpnat_client_send (self->client, self->options->to, self->options->text, NULL, &error))
    udpnat_cli_fail (self, "not-sent", "%s", error->message);
}

static void
registered_cb (UdpnatClient *client,
               const char   *name,
               const char   *observed,
               UdpnatCli    *self)
{
  if (self->options->is_json || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    udpnat_cli_view_show_registered (self->view, name, observed);
  if (self->options->mode == UDPNAT_CLI_MODE_SEND)
    send_once (self);
}

static void
refused_cb (UdpnatClient *client,
            const char   *name,
            const char   *code,
            UdpnatCli    *self)
{
  if (g_str_equal (code, "try-later"))
    udpnat_cli_view_show_error (self->view, code, "Not logged in yet: %s.",
                                udpnat_words_explain_code (code));
  else
    udpnat_cli_fail (self, code, "Cannot log in as %s: %s.", name,
                     udpnat_words_explain_code (code));
}

static void
unregistered_cb (UdpnatClient *client,
                 UdpnatCli    *self)
{
  udpnat_cli_view_show_unregistered (self->view);
}

static void
server_silent_cb (UdpnatClient *client,
                  UdpnatCli    *self)
{
  if (self->options->is_json || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    udpnat_cli_view_show_error (self->view, "no-server",
                                "The server %s does not answer; still trying.",
                                udpnat_client_get_server (client));
}

static void
server_lost_cb (UdpnatClient *client,
                UdpnatCli    *self)
{
  if (!self->is_leaving &&
      (self->options->is_json || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE))
    udpnat_cli_view_show_error (self->view, "server-lost",
                                "The server is gone; trying again. Direct conversations go on.");
}

static void
server_changed_cb (UdpnatClient *client,
                   const char   *key,
                   UdpnatCli    *self)
{
  udpnat_cli_fail (self, "server-changed",
                   "The server %s has another key than before (%s). Not connected. If its owner "
                   "says that this is right, use a new profile.",
                   udpnat_client_get_server (client), key);
}

static void
server_failed_cb (UdpnatClient *client,
                  const char   *message,
                  UdpnatCli    *self)
{
  udpnat_cli_fail (self, "server-not-found", "Cannot find the server %s: %s",
                   self->options->server_host, message);
}

/* ---- People ---- */

static void
person_changed_cb (UdpnatClient *client,
                   UdpnatPerson *person,
                   UdpnatCli    *self)
{
  const char *name = udpnat_person_get_name (person);
  gboolean was_online = g_hash_table_contains (self->online, name);

  if (self->options->is_json)
    udpnat_cli_view_show_person (self->view, person);
  else if (self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE &&
           was_online != udpnat_person_is_online (person))
    {
      g_autofree char *clean = udpnat_cli_view_clean (name);

      udpnat_cli_view_show_text (self->view, was_online ? "○ %s has gone." : "● %s is here.",
                                 clean);
    }
  if (udpnat_person_is_online (person))
    g_hash_table_add (self->online, g_strdup (name));
  else
    g_hash_table_remove (self->online, name);
}

static void
directory_complete_cb (UdpnatClient *client,
                       UdpnatCli    *self)
{
  GListModel *people = udpnat_client_get_people (client);
  guint n_people = g_list_model_get_n_items (people);
  guint n_online = 0;

  if (self->options->mode != UDPNAT_CLI_MODE_LIST)
    return;
  for (guint i = 0; i < n_people; i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (!udpnat_person_is_online (person))
        continue;
      n_online++;
      if (!self->options->is_json)
        udpnat_cli_view_show_person (self->view, person);
    }
  if (n_online == 0)
    udpnat_cli_view_show_text (self->view, "Nobody else is here.");
  udpnat_cli_leave (self, 0);
}

static void
key_changed_cb (UdpnatClient *client,
                const char   *name,
                const char   *key,
                UdpnatCli    *self)
{
  udpnat_cli_view_show_error (self->view, "key-changed",
                              "WARNING: the server says that %s now has another key (%s). Messages "
                              "still go to the old one only.", name, key);
}

static void
path_changed_cb (UdpnatClient *client,
                 UdpnatPerson *person,
                 UdpnatCli    *self)
{
  if (self->options->is_json || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    udpnat_cli_view_show_path (self->view, person);
}

/* ---- Messages ---- */

static void
message_received_cb (UdpnatClient *client,
                     UdpnatPerson *person,
                     const char   *id,
                     const char   *text,
                     gint64        sent_us,
                     UdpnatCli    *self)
{
  udpnat_cli_view_show_message (self->view, person, id, text, sent_us);
  if (self->options->mode == UDPNAT_CLI_MODE_WAIT && ++self->n_received >= self->options->count)
    udpnat_cli_leave (self, 0);
}

static void
message_sent_cb (UdpnatClient *client,
                 UdpnatPerson *person,
                 const char   *id,
                 UdpnatCli    *self)
{
  udpnat_cli_view_show_sent (self->view, udpnat_person_get_name (person), id);
}

static void
message_delivered_cb (UdpnatClient *client,
                      UdpnatPerson *person,
                      const char   *id,
                      gint64        elapsed_us,
                      UdpnatCli    *self)
{
  udpnat_cli_view_show_delivered (self->view, udpnat_person_get_name (person), id, elapsed_us);
  if (self->options->mode == UDPNAT_CLI_MODE_SEND)
    udpnat_cli_leave (self, 0);
}

static void
message_failed_cb (UdpnatClient *client,
                   const char   *name,
                   const char   *id,
                   const char   *code,
                   UdpnatCli    *self)
{
  udpnat_cli_fail (self, code, "Not sent to %s: %s.", name, udpnat_words_explain_code (code));
}

static void
person_unreachable_cb (UdpnatClient *client,
                       UdpnatPerson *person,
                       UdpnatCli    *self)
{
  const char *name = udpnat_person_get_name (person);

  if (self->options->mode == UDPNAT_CLI_MODE_SEND)
    udpnat_cli_fail (self, "offline", "%s is not there at the moment. Not delivered.", name);
  else
    udpnat_cli_view_show_error (self->view, "offline",
                                "%s is not there at the moment; the message waits until they are, "
                                "as long as you stay.", name);
}

/** udpnat_cli_connect: listens to everything that the client tells */
void
udpnat_cli_connect (UdpnatCli *self)
{
  static const struct
  {
    const char *signal;
    GCallback   callback;
  } handlers[] = {
    { "registered", G_CALLBACK (registered_cb) },
    { "refused", G_CALLBACK (refused_cb) },
    { "unregistered", G_CALLBACK (unregistered_cb) },
    { "server-silent", G_CALLBACK (server_silent_cb) },
    { "server-lost", G_CALLBACK (server_lost_cb) },
    { "server-changed", G_CALLBACK (server_changed_cb) },
    { "server-failed", G_CALLBACK (server_failed_cb) },
    { "person-changed", G_CALLBACK (person_changed_cb) },
    { "directory-complete", G_CALLBACK (directory_complete_cb) },
    { "key-changed", G_CALLBACK (key_changed_cb) },
    { "path-changed", G_CALLBACK (path_changed_cb) },
    { "message-received", G_CALLBACK (message_received_cb) },
    { "message-sent", G_CALLBACK (message_sent_cb) },
    { "message-delivered", G_CALLBACK (message_delivered_cb) },
    { "message-failed", G_CALLBACK (message_failed_cb) },
    { "person-unreachable", G_CALLBACK (person_unreachable_cb) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->client, handlers[i].signal, handlers[i].callback, self);
}
