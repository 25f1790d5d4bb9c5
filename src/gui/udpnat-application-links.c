/* `udpnat:` links, from a browser, a mail or the command line. A link comes from anywhere: it is
 * shown, and what becomes of it is for the user to say. Nothing is sent because of it. */

#include "config.h"

#include "udpnat-application-private.h"

#include <glib/gi18n.h>

#include "udpnat-dialog.h"
#include "udpnat-invitation-link.h"
#include "udpnat-link.h"
#include "udpnat-server-address.h"

static GtkWindow *
get_window (UdpnatApplication *self)
{
  return GTK_WINDOW (udpnat_application_ensure_window (self));
}

static void
say_why_not (UdpnatApplication *self,
             const GError      *error)
{
  GtkWidget *dialog = udpnat_dialog_new (get_window (self), _("This Link Cannot Be Used"), NULL);

  adw_message_dialog_set_body (ADW_MESSAGE_DIALOG (dialog), error->message);
  adw_message_dialog_add_response (ADW_MESSAGE_DIALOG (dialog), "close", _("Close"));
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "close");
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
add_response_cb (AdwMessageDialog  *dialog,
                 const char        *response,
                 UdpnatApplication *self)
{
  const char *link = g_object_get_data (G_OBJECT (dialog), "link");
  g_autoptr (GError) error = NULL;
  UdpnatPerson *person;

  if (!g_str_equal (response, "add"))
    return;
  person = udpnat_client_add_link (self->client, link, &error);
  if (person == NULL)
    say_why_not (self, error);
  else
    udpnat_window_open_person (udpnat_application_ensure_window (self), person);
}

static void
add_row (AdwPreferencesGroup *group,
         const char          *title,
         const char          *value)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *escaped = g_markup_escape_text (value, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), escaped);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 4);
  adw_preferences_group_add (group, row);
}

static GtkWidget *
create_facts (const UdpnatLink *link)
{
  GtkWidget *group = adw_preferences_group_new ();
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  add_row (ADW_PREFERENCES_GROUP (group), _("Name"), link->name);
  if (link->server_host != NULL)
    {
      g_autofree char *server = udpnat_server_address_format (link->server_host,
                                                              link->server_port);

      add_row (ADW_PREFERENCES_GROUP (group), _("Server"), server);
    }
  if (link->has_key)
    add_row (ADW_PREFERENCES_GROUP (group), _("Key"),
             udpnat_public_key_to_string (&link->key, key_text));
  return group;
}

static void
show_link (UdpnatApplication *self,
           const UdpnatLink  *link,
           const char        *text)
{
  GtkWidget *widget = udpnat_dialog_new (get_window (self), NULL, NULL);
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);

  /* Translators: %s is the name of a person, out of a link that was opened */
  adw_message_dialog_format_heading (dialog, _("Add %s?"), link->name);
  adw_message_dialog_set_body (dialog, _("A link asks for this. Add them only if you trust where "
                                         "it came from."));
  adw_message_dialog_set_extra_child (dialog, create_facts (link));
  adw_message_dialog_add_responses (dialog, "cancel", _("Cancel"), "add", _("Add"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "add", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (dialog, "cancel");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "link", g_strdup (text), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (add_response_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- Invitations to a server ---- */

static void
join_response_cb (AdwMessageDialog  *dialog,
                  const char        *response,
                  UdpnatApplication *self)
{
  if (g_str_equal (response, "join"))
    udpnat_application_use_server (self, g_object_get_data (G_OBJECT (dialog), "link"));
}

static void
show_invitation (UdpnatApplication          *self,
                 const UdpnatInvitationLink *invitation,
                 const char                 *text)
{
  GtkWidget *widget = udpnat_dialog_new (get_window (self), NULL, NULL);
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (widget);
  g_autofree char *server = udpnat_server_address_format (invitation->server_host,
                                                          invitation->server_port);
  const char *current = udpnat_client_get_server (self->client);

  /* Translators: %s is the address of a server, out of an invitation that was opened */
  adw_message_dialog_format_heading (dialog, _("Join %s?"), server);
  adw_message_dialog_set_body (dialog, current != NULL && !g_str_equal (current, server)
    ? _("You are invited to this server. It is used instead of the one that you have now. Join it "
        "only if you trust whoever invites you.")
    : _("You are invited to this server. Join it only if you trust whoever invites you."));
  adw_message_dialog_add_responses (dialog, "cancel", _("Cancel"), "join", _("Join"), NULL);
  adw_message_dialog_set_response_appearance (dialog, "join", ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (dialog, "cancel");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "link", g_strdup (text), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (join_response_cb), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
open_invitation (UdpnatApplication *self,
                 const char        *link)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatInvitationLink) invitation = udpnat_invitation_link_parse (link, &error);

  if (invitation == NULL)
    say_why_not (self, error);
  else
    show_invitation (self, invitation, link);
}

/* There is nothing to decide about somebody who was added before. */
static gboolean
open_contact (UdpnatApplication *self,
              const UdpnatLink  *link)
{
  char key_text[UDPNAT_KEY_TEXT_BYTES];
  UdpnatPerson *person = NULL;

  if (link->has_key)
    person = udpnat_client_get_person_by_key (
      self->client, udpnat_public_key_to_string (&link->key, key_text));
  if (person == NULL || !udpnat_person_is_contact (person))
    return FALSE;
  udpnat_window_open_person (udpnat_application_ensure_window (self), person);
  return TRUE;
}

/**
 * udpnat_application_open_link: shows the conversation that a link leads to; or what it says, and
 * asks whether to add that person, or to join that server */
void
udpnat_application_open_link (UdpnatApplication *self,
                              const char        *link)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatLink) parsed = NULL;

  if (udpnat_invitation_link_is_one (link))
    {
      open_invitation (self, link);
      return;
    }
  parsed = udpnat_link_parse (link, &error);
  if (parsed == NULL)
    say_why_not (self, error);
  else if (!open_contact (self, parsed))
    show_link (self, parsed, link);
}
