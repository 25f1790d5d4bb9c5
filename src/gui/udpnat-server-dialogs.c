/* What the user is asked about the server. */

#include "config.h"

#include "udpnat-server-banner.h"

#include <glib/gi18n.h>

#include "udpnat-dialog.h"

/* ---- Another name ---- */

static void
name_typed_cb (GtkEditable      *entry,
               AdwMessageDialog *dialog)
{
  adw_message_dialog_set_response_enabled (dialog, "choose",
                                           *gtk_editable_get_text (entry) != '\0');
}

static void
name_chosen_cb (AdwMessageDialog *dialog,
                const char       *response,
                UdpnatClient     *client)
{
  GtkWidget *entry = adw_message_dialog_get_extra_child (dialog);

  if (g_str_equal (response, "choose"))
    udpnat_client_log_in (client, gtk_editable_get_text (GTK_EDITABLE (entry)));
}

/** udpnat_server_dialogs_choose_name: the server does not give us the name that we want */
void
udpnat_server_dialogs_choose_name (GtkWindow    *parent,
                                   UdpnatClient *client)
{
  GtkWidget *dialog = udpnat_dialog_new (parent, _("Choose Another Name"), NULL);
  GtkWidget *entry = gtk_entry_new ();

  adw_message_dialog_format_body (ADW_MESSAGE_DIALOG (dialog),
                                  _("Others see you by this name at the server %s."),
                                  udpnat_client_get_server (client));
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_entry_set_placeholder_text (GTK_ENTRY (entry), _("Your name"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Your name"), -1);
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), entry);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "choose",
                                    _("Use This _Name"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "choose",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "choose");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (entry, "changed", G_CALLBACK (name_typed_cb), dialog, 0);
  g_signal_connect_object (dialog, "response", G_CALLBACK (name_chosen_cb), client, 0);
  if (udpnat_client_get_name (client) != NULL)
    gtk_editable_set_text (GTK_EDITABLE (entry), udpnat_client_get_name (client));
  name_typed_cb (GTK_EDITABLE (entry), ADW_MESSAGE_DIALOG (dialog));
  gtk_window_present (GTK_WINDOW (dialog));
}

/* ---- Another key ---- */

static void
append_key (GtkWidget  *box,
            const char *caption,
            const char *key)
{
  GtkWidget *heading = gtk_label_new (caption);
  GtkWidget *text = gtk_label_new (key);
  g_autoptr (PangoAttrList) attributes = pango_attr_list_new ();

  /* A key has no hyphens, so none may seem to be in it. */
  pango_attr_list_insert (attributes, pango_attr_insert_hyphens_new (FALSE));
  gtk_label_set_attributes (GTK_LABEL (text), attributes);
  gtk_label_set_xalign (GTK_LABEL (heading), 0);
  gtk_widget_add_css_class (heading, "caption-heading");
  gtk_label_set_xalign (GTK_LABEL (text), 0);
  gtk_label_set_wrap (GTK_LABEL (text), TRUE);
  gtk_label_set_wrap_mode (GTK_LABEL (text), PANGO_WRAP_CHAR);
  gtk_label_set_max_width_chars (GTK_LABEL (text), 28);
  gtk_label_set_selectable (GTK_LABEL (text), TRUE);
  gtk_widget_add_css_class (text, "monospace");
  gtk_box_append (GTK_BOX (box), heading);
  gtk_box_append (GTK_BOX (box), text);
}

static void
key_compared_cb (AdwMessageDialog *dialog,
                 const char       *response,
                 UdpnatClient     *client)
{
  if (g_str_equal (response, "trust"))
    udpnat_client_trust_server_key (client);
}

/** udpnat_server_dialogs_compare_key: the server has another key than when we met it first */
void
udpnat_server_dialogs_compare_key (GtkWindow    *parent,
                                   UdpnatClient *client)
{
  GtkWidget *dialog = udpnat_dialog_new (parent, _("Another Key Than Before"), NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  g_autofree char *known = udpnat_client_dup_server_key (client);
  const char *code = udpnat_client_get_server_code (client);

  adw_message_dialog_format_body (
    ADW_MESSAGE_DIALOG (dialog),
    _("Whoever runs %s may have set it up anew. Ask them for its key, and compare it with the new "
      "one. If they do not match, somebody else answers in its place."),
    udpnat_client_get_server (client));
  if (known != NULL)
    append_key (box, _("Key until now"), known);
  if (code != NULL)
    append_key (box, _("New key"), code);
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), box);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Not Now"), "trust",
                                    _("_Trust New Key"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "trust",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (key_compared_cb), client, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}
