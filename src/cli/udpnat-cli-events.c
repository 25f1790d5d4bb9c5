/* What the client tells of the server and of people, and what each mode of the program makes of
 * it. What it tells of lines is in udpnat-cli-lines.c. */

#include "config.h"

#include "udpnat-cli-files.h"

#include <glib/gi18n.h>

#include "udpnat-columns.h"
#include "udpnat-presence.h"
#include "udpnat-words.h"

static gboolean
is_talkative (UdpnatCli *self)
{
  return self->options->is_json || self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE;
}

/* ---- The server ---- */

static void
registered_cb (UdpnatClient *client,
               const char   *name,
               const char   *observed,
               UdpnatCli    *self)
{
  self->is_server_silent = FALSE;
  if (is_talkative (self))
    udpnat_cli_view_show_registered (self->view, name, observed);
  udpnat_cli_send_unfound (self);
  udpnat_cli_send_ordered (self);
  if (self->options->mode == UDPNAT_CLI_MODE_PATHS)
    udpnat_cli_watch_path (self);
}

static void
refused_cb (UdpnatClient *client,
            const char   *name,
            const char   *code,
            UdpnatCli    *self)
{
  if (g_str_equal (code, "try-later"))
    udpnat_cli_view_show_error (self->view, code, _("Not logged in yet: %s."),
                                udpnat_words_explain_code (code));
  else
    /* Translators: a name, and why not */
    udpnat_cli_fail (self, code, _("Cannot log in as %s: %s."), name,
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
  self->is_server_silent = TRUE;
  if (is_talkative (self))
    udpnat_cli_view_show_error (self->view, "no-server",
                                _("The server %s does not answer; still trying."),
                                udpnat_client_get_server (client));
}

static void
server_lost_cb (UdpnatClient *client,
                UdpnatCli    *self)
{
  if (!self->is_leaving && is_talkative (self))
    udpnat_cli_view_show_error (self->view, "server-lost",
                                _("The server is gone; trying again. Direct conversations go on."));
}

static void
server_replaced_cb (UdpnatClient *client,
                    UdpnatCli    *self)
{
  if (!self->is_leaving)
    udpnat_cli_view_show_error (self->view, "replaced",
                                _("You are logged in at another place with the same key, and only "
                                  "one can be connected. Trying again."));
}

static void
server_changed_cb (UdpnatClient *client,
                   const char   *key,
                   UdpnatCli    *self)
{
  udpnat_cli_fail (self, "server-changed",
                   /* Translators: the server, and its key */
                   _("The server %s has another key than before (%s). Not connected. If its owner "
                     "says that this is right, use a new profile."),
                   udpnat_client_get_server (client), key);
}

static void
server_failed_cb (UdpnatClient *client,
                  const char   *message,
                  UdpnatCli    *self)
{
  /* Translators: the server, and why not */
  udpnat_cli_fail (self, "server-not-found", _("Cannot find the server %s: %s"),
                   self->options->server_host, message);
}

/* ---- This network ---- */

/* Beside a server it is not worth a line at the prompt. */
static void
lan_state_cb (UdpnatClient *client,
              GParamSpec   *pspec,
              UdpnatCli    *self)
{
  UdpnatLanState state = udpnat_client_get_lan_state (client);

  if (!self->is_leaving && is_talkative (self) &&
      (self->options->is_lan || state == UDPNAT_LAN_STATE_ANNOUNCED))
    udpnat_cli_view_show_lan (self->view, state, udpnat_client_get_name (client),
                              self->options->is_lan);
}

/* ---- People ---- */

static void
say_presence (UdpnatCli      *self,
              UdpnatPerson   *person,
              UdpnatPresence  before)
{
  g_autofree char *title = udpnat_cli_view_dup_title (person);

  switch ((UdpnatPresence) udpnat_person_get_presence (person))
    {
    case UDPNAT_PRESENCE_OFFLINE:
      udpnat_cli_view_show_text (self->view, _("○ %s has gone."), title);
      break;
    case UDPNAT_PRESENCE_ONLINE:
      if (before == UDPNAT_PRESENCE_AWAY)
        udpnat_cli_view_show_text (self->view, _("● %s is back."), title);
      else
        udpnat_cli_view_show_text (self->view, udpnat_person_is_on_lan (person)
                                                 ? _("● %s is here, on this network.")
                                                 : _("● %s is here."), title);
      break;
    case UDPNAT_PRESENCE_AWAY:
      udpnat_cli_view_show_text (self->view, before == UDPNAT_PRESENCE_ONLINE
                                               ? _("◐ %s is away from the keyboard.")
                                               : _("◐ %s is here, but away from the keyboard."),
                                 title);
      break;
    }
}

/* The client speaks of every change; only a change of what we tell is told. */
static void
person_changed_cb (UdpnatClient *client,
                   UdpnatPerson *person,
                   UdpnatCli    *self)
{
  const char *key = udpnat_person_get_key_text (person);
  gpointer before_pointer = g_hash_table_lookup (self->presence, key);
  guint before = GPOINTER_TO_UINT (before_pointer);
  /* Not 0, so that somebody who is offline differs from somebody of whom nothing was told. */
  guint now = 1 + udpnat_person_get_presence (person) + 16 * udpnat_person_get_relation (person) +
              1024 * (guint) udpnat_person_is_on_lan (person) +
              2048 * (g_str_hash (udpnat_person_get_name (person)) & 0xffff);
  guint presence_before = before == 0 ? UDPNAT_PRESENCE_OFFLINE : (before - 1) % 16;
  gboolean is_moved = presence_before != udpnat_person_get_presence (person);

  if (before == now || person == udpnat_client_get_self (client))
    return;
  g_hash_table_replace (self->presence, g_strdup (key), GUINT_TO_POINTER (now));
  /* Whoever was only looked at would come and go with each look. */
  if (udpnat_client_get_directory (client) == UDPNAT_DIRECTORY_PAGED
      && !udpnat_person_is_contact (person) && !udpnat_person_is_on_lan (person)
      && self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE)
    return;
  if (self->options->prefix != NULL && !udpnat_cli_begins_with (person, self->options->prefix))
    return;
  if (self->options->is_json && self->options->mode != UDPNAT_CLI_MODE_OFFLINE)
    udpnat_cli_view_show_person (self->view, person);
  else if (self->options->mode == UDPNAT_CLI_MODE_INTERACTIVE && is_moved &&
           !udpnat_person_is_muted (person) &&
           udpnat_person_get_relation (person) != UDPNAT_RELATION_BLOCKED)
    say_presence (self, person, presence_before);
}

/** udpnat_cli_list: shows who is there, and ends the program */
void
udpnat_cli_list (UdpnatCli *self)
{
  if (self->is_leaving)
    return;
  udpnat_cli_show_here (self, self->options->prefix);
  udpnat_cli_leave (self, 0);
}

static void
directory_complete_cb (UdpnatClient *client,
                       UdpnatCli    *self)
{
  g_autofree char *prefix = g_steal_pointer (&self->listed_prefix);

  if (self->options->mode == UDPNAT_CLI_MODE_LIST)
    udpnat_cli_list (self);
  if (prefix == NULL)
    return;
  udpnat_cli_show_peers (self, prefix);
  udpnat_client_stop_browsing (client);
}

/* The two keys, one below the other. */
static void
show_both_keys (UdpnatCli    *self,
                UdpnatPerson *person)
{
  /* Translators: a key follows */
  const char *old_label = _("the one you know:");
  /* Translators: a key follows */
  const char *new_label = _("the new one:");
  guint n_cells = MAX (udpnat_columns_count (old_label),
                       udpnat_columns_count (new_label));
  g_autofree char *old_padded = udpnat_columns_pad (old_label, n_cells);
  g_autofree char *new_padded = udpnat_columns_pad (new_label, n_cells);

  udpnat_cli_view_show_text (self->view, "!!!   %s %s", old_padded,
                             udpnat_person_get_key_text (person));
  udpnat_cli_view_show_text (self->view, "!!!   %s %s", new_padded,
                             udpnat_person_get_new_key (person));
}

/** udpnat_cli_warn_of_new_key: at the moment it is told, and at each message until it is decided */
void
udpnat_cli_warn_of_new_key (UdpnatCli    *self,
                            UdpnatPerson *person)
{
  const char *new_key = udpnat_person_get_new_key (person);
  g_autofree char *title = NULL;

  if (new_key == NULL)
    return;
  if (self->options->is_json)
    {
      udpnat_cli_view_show_error (self->view, "key-changed",
                                  /* Translators: a name, and a key */
                                  _("The server says that %s now has another key (%s). Messages "
                                    "still go to the old one only."),
                                  udpnat_person_get_name (person), new_key);
      return;
    }
  title = udpnat_cli_view_dup_title (person);
  udpnat_cli_view_show_text (self->view,
                             _("!!! WARNING: %s has another key at the server now."), title);
  show_both_keys (self, person);
  udpnat_cli_view_show_text (self->view,
                             _("!!! Either they lost their old key, or somebody wants to pass for "
                               "them. Ask them, not here."));
  udpnat_cli_view_show_text (self->view,
                             /* Translators: “trust” is a command to type, and stays as it is */
                             _("!!! Until you decide with “trust %s”, messages go to the old key "
                               "only."), title);
}

static void
key_changed_cb (UdpnatClient *client,
                UdpnatPerson *person,
                const char   *key,
                UdpnatCli    *self)
{
  udpnat_cli_view_tell (self->view, "key_changed", "name", udpnat_person_get_name (person), "key",
                        key, NULL);
  udpnat_cli_warn_of_new_key (self, person);
}

static void
path_changed_cb (UdpnatClient *client,
                 UdpnatPerson *person,
                 UdpnatCli    *self)
{
  if (is_talkative (self))
    udpnat_cli_view_show_path (self->view, person);
}

static void
typing_cb (UdpnatPerson *person,
           GParamSpec   *pspec,
           UdpnatCli    *self)
{
  if (is_talkative (self) && !udpnat_person_is_muted (person) &&
      udpnat_person_is_contact (person))
    udpnat_cli_view_show_typing (self->view, person);
}

static const char *
get_text (const char *text)
{
  return text != NULL ? text : "";
}

/* One change may be notified as several properties; it is told once. */
static void
contact_cb (UdpnatPerson *person,
            GParamSpec   *pspec,
            UdpnatCli    *self)
{
  const char *key = udpnat_person_get_key_text (person);
  g_autofree char *now = NULL;

  if (!self->options->is_json)
    return;
  now = g_strdup_printf ("%u%d%d%d%d%d %s\n%s\n%s", udpnat_person_get_relation (person),
                         udpnat_person_is_mutual (person), udpnat_person_is_verified (person),
                         udpnat_person_is_pinned (person), udpnat_person_is_muted (person),
                         udpnat_person_is_relay_only (person),
                         get_text (udpnat_person_get_nickname (person)),
                         get_text (udpnat_person_get_status (person)),
                         get_text (udpnat_person_get_draft (person)));
  if (g_strcmp0 (g_hash_table_lookup (self->contacts, key), now) == 0)
    return;
  g_hash_table_replace (self->contacts, g_strdup (key), g_steal_pointer (&now));
  udpnat_cli_view_show_contact (self->view, person);
}

static void
listen_to (UdpnatCli    *self,
           UdpnatPerson *person)
{
  static const char *const told[] = {
    "notify::relation", "notify::mutual", "notify::nickname", "notify::verified", "notify::pinned",
    "notify::muted", "notify::relay-only", "notify::status", "notify::draft",
  };

  g_ptr_array_add (self->people, g_object_ref (person));
  g_signal_connect (person, "notify::typing", G_CALLBACK (typing_cb), self);
  for (guint i = 0; i < G_N_ELEMENTS (told); i++)
    g_signal_connect (person, told[i], G_CALLBACK (contact_cb), self);
}

/* Somebody who was only on this network, has gone, and has said nothing. */
static void
forget_unlisted (UdpnatCli  *self,
                 GListModel *people)
{
  g_autoptr (GHashTable) listed = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      g_hash_table_add (listed, person); /* the list holds it */
    }
  for (guint i = self->people->len; i > 0; i--)
    {
      UdpnatPerson *person = g_ptr_array_index (self->people, i - 1);

      if (g_hash_table_contains (listed, person))
        continue;
      g_signal_handlers_disconnect_by_data (person, self);
      g_hash_table_remove (self->presence, udpnat_person_get_key_text (person));
      g_hash_table_remove (self->contacts, udpnat_person_get_key_text (person));
      g_ptr_array_remove_index_fast (self->people, i - 1);
    }
}

static void
people_changed_cb (GListModel *people,
                   guint       position,
                   guint       n_removed,
                   guint       n_added,
                   UdpnatCli  *self)
{
  if (n_removed > 0)
    forget_unlisted (self, people);
  for (guint i = 0; i < n_added; i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, position + i);

      listen_to (self, person);
    }
}

/** udpnat_cli_connect_people: listens to everybody who is known, and to everybody who will be */
void
udpnat_cli_connect_people (UdpnatCli *self)
{
  GListModel *people = udpnat_client_get_people (self->client);

  self->people = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (people, "items-changed", G_CALLBACK (people_changed_cb), self);
  people_changed_cb (people, 0, 0, g_list_model_get_n_items (people), self);
}

/** udpnat_cli_disconnect_people: at the end: the client may tell something as it closes */
void
udpnat_cli_disconnect_people (UdpnatCli *self)
{
  if (self->people == NULL)
    return;
  g_signal_handlers_disconnect_by_data (udpnat_client_get_people (self->client), self);
  for (guint i = 0; i < self->people->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->people, i), self);
  g_clear_pointer (&self->people, g_ptr_array_unref);
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
    { "server-replaced", G_CALLBACK (server_replaced_cb) },
    { "server-changed", G_CALLBACK (server_changed_cb) },
    { "server-failed", G_CALLBACK (server_failed_cb) },
    { "person-changed", G_CALLBACK (person_changed_cb) },
    { "directory-complete", G_CALLBACK (directory_complete_cb) },
    { "key-changed", G_CALLBACK (key_changed_cb) },
    { "path-changed", G_CALLBACK (path_changed_cb) },
    { "notify::lan-state", G_CALLBACK (lan_state_cb) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    g_signal_connect (self->client, handlers[i].signal, handlers[i].callback, self);
  udpnat_cli_connect_people (self);
  udpnat_cli_connect_lines (self);
}
