/* What the user decides about one person: a nickname, mute, the server only, files, block. Switches
 * follow the person, whoever changes it; what they already say is not said to the client again. */

#include "config.h"

#include "udpnat-person-page.h"

#include <glib/gi18n.h>

#include "udpnat-client-files.h"
#include "udpnat-client-network.h"
#include "udpnat-dialog.h"
#include "udpnat-name.h"
#include "udpnat-words.h"

struct _UdpnatPersonPage
{
  AdwPreferencesPage  parent_instance;

  AdwEntryRow        *nickname_row;
  GtkSwitch          *mute_switch;
  GtkSwitch          *relay_switch;
  AdwComboRow        *files_row;
  AdwActionRow       *block_row;
  GtkButton          *block_button;

  UdpnatClient       *client; /* nullable */
  UdpnatPerson       *person; /* nullable */
};

G_DEFINE_FINAL_TYPE (UdpnatPersonPage, udpnat_person_page, ADW_TYPE_PREFERENCES_PAGE)

static void
say (UdpnatPersonPage *self,
     const char       *words)
{
  GtkWidget *toasts = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_TOAST_OVERLAY);

  if (toasts != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (toasts), adw_toast_new (words));
}

/* ---- What the user decides ---- */

static void
nickname_cb (UdpnatPersonPage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->nickname_row));
  g_autofree char *nickname = udpnat_name_normalize (text);

  if (*text != '\0' && nickname == NULL)
    {
      gtk_widget_add_css_class (GTK_WIDGET (self->nickname_row), "error");
      say (self, udpnat_words_explain_code ("name-not-allowed"));
      return;
    }
  gtk_widget_remove_css_class (GTK_WIDGET (self->nickname_row), "error");
  udpnat_client_set_nickname (self->client, self->person, nickname);
}

static void
mute_cb (UdpnatPersonPage *self)
{
  gboolean is_muted = gtk_switch_get_active (self->mute_switch);

  if (self->person != NULL && udpnat_person_is_muted (self->person) != is_muted)
    udpnat_client_set_muted (self->client, self->person, is_muted);
}

static void
relay_cb (UdpnatPersonPage *self)
{
  if (self->person != NULL)
    udpnat_client_set_relay_only (self->client, self->person,
                                  gtk_switch_get_active (self->relay_switch));
}

/* As the rows of the list are. */
static const char *const file_rules[] = { NULL, "ask", "verified", "accept" };

static void
files_cb (UdpnatPersonPage *self)
{
  guint selected = adw_combo_row_get_selected (self->files_row);
  g_autoptr (GError) error = NULL;

  if (self->person != NULL && selected < G_N_ELEMENTS (file_rules) &&
      !udpnat_client_set_file_rule (self->client, self->person, file_rules[selected], &error))
    say (self, error->message);
}

static gboolean
is_blocked (UdpnatPersonPage *self)
{
  return udpnat_person_get_relation (self->person) == UDPNAT_RELATION_BLOCKED;
}

static void
block_answered_cb (UdpnatPersonPage *self,
                   const char       *answer)
{
  if (g_str_equal (answer, "block"))
    udpnat_client_block (self->client, self->person);
}

static void
ask_block (UdpnatPersonPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  /* Translators: %s is a name */
  g_autofree char *heading = g_strdup_printf (_("Block %s?"),
                                              udpnat_person_get_title (self->person));
  GtkWidget *dialog = udpnat_dialog_new (GTK_WINDOW (root), heading, NULL);
  AdwMessageDialog *message = ADW_MESSAGE_DIALOG (dialog);

  adw_message_dialog_set_body (message, _("Nothing of theirs comes in any more, and they get no "
                                          "answer. What was said stays."));
  adw_message_dialog_add_responses (message, "cancel", _("_Cancel"), "block", _("_Block"), NULL);
  adw_message_dialog_set_response_appearance (message, "block", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (message, "cancel");
  adw_message_dialog_set_close_response (message, "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (block_answered_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
block_cb (UdpnatPersonPage *self)
{
  if (is_blocked (self))
    udpnat_client_unblock (self->client, self->person);
  else
    ask_block (self);
}

/* ---- What is so ---- */

/* A rule of their own that says the same as the one for everybody cannot be told from none. */
static void
show_file_rule (UdpnatPersonPage *self,
                UdpnatClient     *client,
                UdpnatPerson     *person)
{
  g_autofree char *rule = udpnat_client_dup_file_rule (client, person);
  g_autofree char *usual = udpnat_client_dup_setting (client, "accept-files");
  guint selected = 0;

  for (guint i = 1; i < G_N_ELEMENTS (file_rules) && g_strcmp0 (rule, usual) != 0; i++)
    if (g_strcmp0 (rule, file_rules[i]) == 0)
      selected = i;
  adw_combo_row_set_selected (self->files_row, selected);
}

static void
nickname_changed_cb (UdpnatPersonPage *self)
{
  const char *nickname = udpnat_person_get_nickname (self->person);

  if (g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (self->nickname_row)), nickname) != 0)
    gtk_editable_set_text (GTK_EDITABLE (self->nickname_row), nickname != NULL ? nickname : "");
}

static void
relation_changed_cb (UdpnatPersonPage *self)
{
  const char *verb = is_blocked (self) ? _("Unblock") : _("Block…");

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->block_row),
                                 is_blocked (self) ? _("Blocked") : _("Block"));
  adw_action_row_set_subtitle (self->block_row, is_blocked (self)
                                                  ? _("Nothing of theirs comes in")
                                                  : _("Let nothing of theirs in any more"));
  gtk_button_set_label (self->block_button, verb);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->block_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, verb, -1);
  if (is_blocked (self))
    gtk_widget_remove_css_class (GTK_WIDGET (self->block_button), "destructive-action");
  else
    gtk_widget_add_css_class (GTK_WIDGET (self->block_button), "destructive-action");
}

/* ---- Object ---- */

static void
udpnat_person_page_dispose (GObject *object)
{
  UdpnatPersonPage *self = UDPNAT_PERSON_PAGE (object);

  g_clear_object (&self->client);
  g_clear_object (&self->person);
  G_OBJECT_CLASS (udpnat_person_page_parent_class)->dispose (object);
}

static void
udpnat_person_page_class_init (UdpnatPersonPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_person_page_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-person-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonPage, block_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonPage, block_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonPage, files_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonPage, mute_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonPage, nickname_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonPage, relay_switch);
  gtk_widget_class_bind_template_callback (widget_class, block_cb);
  gtk_widget_class_bind_template_callback (widget_class, files_cb);
  gtk_widget_class_bind_template_callback (widget_class, mute_cb);
  gtk_widget_class_bind_template_callback (widget_class, nickname_cb);
  gtk_widget_class_bind_template_callback (widget_class, relay_cb);
}

static void
udpnat_person_page_init (UdpnatPersonPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/** udpnat_person_page_set_person: whom it is about; to be called once */
void
udpnat_person_page_set_person (UdpnatPersonPage *self,
                               UdpnatClient     *client,
                               UdpnatPerson     *person)
{
  g_return_if_fail (self->client == NULL);

  self->client = g_object_ref (client);
  show_file_rule (self, client, person); /* before there is a person: it is no decision */
  self->person = g_object_ref (person);
  g_object_bind_property (person, "muted", self->mute_switch, "active", G_BINDING_SYNC_CREATE);
  g_object_bind_property (person, "relay-only", self->relay_switch, "active",
                          G_BINDING_SYNC_CREATE);
  g_signal_connect_object (person, "notify::nickname", G_CALLBACK (nickname_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (person, "notify::relation", G_CALLBACK (relation_changed_cb), self,
                           G_CONNECT_SWAPPED);
  nickname_changed_cb (self);
  relation_changed_cb (self);
}
