/* What can be done with a conversation as a whole: the actions "talk.…" of its menu and banners. */

#include "config.h"

#include "udpnat-conversation-page-private.h"

#include <glib/gi18n.h>

#include "udpnat-dialog.h"

static GtkWindow *
get_window (UdpnatConversationPage *self)
{
  return GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
}

/* ---- Asked before ---- */

typedef void (*ConfirmedFunc) (UdpnatConversationPage *self,
                               UdpnatPerson           *person);

typedef struct
{
  UdpnatPerson *person; /* owned */
  ConfirmedFunc func;
} Confirmation;

static void
confirmation_free (gpointer  data,
                   GClosure *closure)
{
  Confirmation *confirmation = data;

  g_object_unref (confirmation->person);
  g_free (confirmation);
}

static void
response_cb (AdwMessageDialog *dialog,
             const char       *response,
             Confirmation     *confirmation)
{
  GtkWindow *window = gtk_window_get_transient_for (GTK_WINDOW (dialog));
  UdpnatConversationPage *self = g_object_get_data (G_OBJECT (dialog), "page");

  if (window != NULL && g_str_equal (response, "do"))
    confirmation->func (self, confirmation->person);
}

static void
confirm (UdpnatConversationPage *self,
         const char             *heading,
         const char             *body,
         const char             *label,
         ConfirmedFunc           func)
{
  Confirmation *confirmation = g_new0 (Confirmation, 1);
  AdwMessageDialog *dialog;

  confirmation->person = g_object_ref (self->person);
  confirmation->func = func;
  dialog = ADW_MESSAGE_DIALOG (udpnat_dialog_new (get_window (self), heading, body));
  adw_message_dialog_add_responses (dialog, "cancel", _("_Cancel"), "do", label, NULL);
  adw_message_dialog_set_response_appearance (dialog, "do", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (dialog, "cancel");
  adw_message_dialog_set_close_response (dialog, "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "page", g_object_ref (self), g_object_unref);
  g_signal_connect_data (dialog, "response", G_CALLBACK (response_cb), confirmation,
                         confirmation_free, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
clear_history (UdpnatConversationPage *self,
               UdpnatPerson           *person)
{
  udpnat_client_clear_history (self->client, person);
}

static void
clear_history_cb (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (widget);
  g_autofree char *heading = NULL;

  if (self->person == udpnat_client_get_self (self->client))
    {
      confirm (self, _("Delete Conversation?"),
               _("All of your notes will be deleted. They cannot be brought back."), _("_Delete"),
               clear_history);
      return;
    }
  heading = g_strdup_printf (_("Clear the History with %s?"),
                             udpnat_person_get_title (self->person));
  confirm (self, heading,
           _("All messages of this conversation are deleted on this computer. Theirs stay with "
             "them."),
           _("Clear _History"), clear_history);
}

static void
block (UdpnatConversationPage *self,
       UdpnatPerson           *person)
{
  udpnat_client_block (self->client, person);
}

static void
block_cb (GtkWidget  *widget,
          const char *name,
          GVariant   *parameter)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (widget);
  g_autofree char *heading = g_strdup_printf (_("Block %s?"),
                                              udpnat_person_get_title (self->person));

  confirm (self, heading,
           _("You hear nothing of them any more, and they are not told. What was said stays here. "
             "You can unblock them at any time."),
           _("_Block"), block);
}

static void
trust_key (UdpnatConversationPage *self,
           UdpnatPerson           *person)
{
  UdpnatPerson *renewed = udpnat_client_accept_new_key (self->client, person);

  if (renewed != NULL)
    udpnat_conversation_page_ask_person (self, renewed);
}

static void
trust_key_cb (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (widget);
  g_autofree char *heading = g_strdup_printf (_("Trust the New Key of %s?"),
                                              udpnat_person_get_title (self->person));

  confirm (self, heading,
           _("Do this only if they have told you, in person or on the phone, that they began anew. "
             "Otherwise somebody else may be using their name. Messages go to the new key from "
             "now on; what was said before stays apart."),
           _("_Trust"), trust_key);
}

static void
trust_server (UdpnatConversationPage *self,
              UdpnatPerson           *person)
{
  const char *server = udpnat_person_get_server (person);

  if (server != NULL)
    udpnat_client_forget_place_key (self->client, server);
}

static void
trust_server_cb (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (widget);
  g_autofree char *heading = NULL;

  /* Translators: a host name */
  heading = g_strdup_printf (_("Trust the New Key of the Server %s?"),
                             udpnat_person_get_server (self->person));
  confirm (self, heading,
           _("Do this only if its owner says that it has been set up anew. What you write stays "
             "sealed for the other person; but whoever has the server sees where you are, and "
             "with whom you talk."),
           _("_Trust"), trust_server);
}

/* ---- Done at once ---- */

static void
unblock_cb (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (widget);

  udpnat_client_unblock (self->client, self->person);
}

static void
accept_cb (GtkWidget  *widget,
           const char *name,
           GVariant   *parameter)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (widget);

  udpnat_client_accept (self->client, self->person);
  udpnat_composer_focus (self->composer);
}

static void
decline_cb (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  UdpnatConversationPage *self = UDPNAT_CONVERSATION_PAGE (widget);

  udpnat_client_decline (self->client, self->person);
}

static void
search_cb (GtkWidget  *widget,
           const char *name,
           GVariant   *parameter)
{
  udpnat_conversation_page_start_search (UDPNAT_CONVERSATION_PAGE (widget));
}

static void
details_cb (GtkWidget  *widget,
            const char *name,
            GVariant   *parameter)
{
  udpnat_conversation_page_ask_details (UDPNAT_CONVERSATION_PAGE (widget));
}

static void
save_cb (GtkWidget  *widget,
         const char *name,
         GVariant   *parameter)
{
  udpnat_conversation_page_save (UDPNAT_CONVERSATION_PAGE (widget));
}

static void
attach_cb (GtkWidget  *widget,
           const char *name,
           GVariant   *parameter)
{
  udpnat_composer_choose_files (UDPNAT_CONVERSATION_PAGE (widget)->composer);
}

static void
attach_folder_cb (GtkWidget  *widget,
                  const char *name,
                  GVariant   *parameter)
{
  udpnat_composer_choose_folder (UDPNAT_CONVERSATION_PAGE (widget)->composer);
}

/** udpnat_conversation_page_refresh_actions: what can be done depends on the person */
void
udpnat_conversation_page_refresh_actions (UdpnatConversationPage *self)
{
  static const char *const for_all[] = { "talk.attach", "talk.attach-folder", "talk.search",
                                         "talk.muted", "talk.pinned", "talk.save",
                                         "talk.clear-history" };
  gboolean has_person = self->person != NULL;
  gboolean is_other = has_person && self->person != udpnat_client_get_self (self->client);
  gboolean is_blocked = has_person && udpnat_person_get_relation (self->person) ==
                                        UDPNAT_RELATION_BLOCKED;

  for (gsize i = 0; i < G_N_ELEMENTS (for_all); i++)
    gtk_widget_action_set_enabled (GTK_WIDGET (self), for_all[i], has_person);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "talk.details", is_other);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "talk.block", is_other && !is_blocked);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "talk.unblock", is_other && is_blocked);
}

/** udpnat_conversation_page_install_actions: to be called once, for the class */
void
udpnat_conversation_page_install_actions (GtkWidgetClass *widget_class)
{
  static const struct
  {
    const char                 *name;
    GtkWidgetActionActivateFunc activate;
  } actions[] = {
    { "talk.attach", attach_cb },
    { "talk.attach-folder", attach_folder_cb },
    { "talk.search", search_cb },
    { "talk.details", details_cb },
    { "talk.save", save_cb },
    { "talk.clear-history", clear_history_cb },
    { "talk.block", block_cb },
    { "talk.unblock", unblock_cb },
    { "talk.accept", accept_cb },
    { "talk.decline", decline_cb },
    { "talk.trust-key", trust_key_cb },
    { "talk.trust-server", trust_server_cb },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    gtk_widget_class_install_action (widget_class, actions[i].name, NULL, actions[i].activate);
  gtk_widget_class_install_property_action (widget_class, "talk.muted", "muted");
  gtk_widget_class_install_property_action (widget_class, "talk.pinned", "pinned");
}
