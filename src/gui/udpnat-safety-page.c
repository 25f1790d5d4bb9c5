/* Whether it is really them. The number is the same at both ends when nobody is in between; that it
 * was compared is the user's word alone. */

#include "config.h"

#include "udpnat-safety-page.h"

#include <glib/gi18n.h>

#include "udpnat-dialog.h"
#include "udpnat-qr-code.h"
#include "udpnat-spoken-name.h"
#include "udpnat-unbroken.h"

struct _UdpnatSafetyPage
{
  AdwPreferencesPage   parent_instance;

  AdwPreferencesGroup *number_group;
  GtkLabel            *number_label;
  UdpnatQrCode        *qr;
  GtkButton           *match_button;
  GtkButton           *differ_button;
  AdwActionRow        *verified_row;
  GtkImage            *verified_image;
  AdwActionRow        *key_row;

  UdpnatClient        *client; /* nullable */
  UdpnatPerson        *person; /* nullable */
};

G_DEFINE_FINAL_TYPE (UdpnatSafetyPage, udpnat_safety_page, ADW_TYPE_PREFERENCES_PAGE)

static void
say (UdpnatSafetyPage *self,
     const char       *words)
{
  GtkWidget *toasts = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_TOAST_OVERLAY);

  if (toasts != NULL)
    adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (toasts), adw_toast_new (words));
}

/* ---- What is shown ---- */

static void
show_number (UdpnatSafetyPage *self)
{
  g_autofree char *number = udpnat_client_dup_safety_number (self->client, self->person);

  gtk_label_set_text (self->number_label, number);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->number_label),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, number, -1);
  udpnat_qr_code_set_text (self->qr, number);
}

static void
show_key (UdpnatSafetyPage *self)
{
  const char *key = udpnat_person_get_key_text (self->person);

  udpnat_unbroken_set_subtitle (self->key_row, key);
  udpnat_spoken_name_set (GTK_WIDGET (self->key_row), _("Key Fingerprint"), key);
}

static void
title_changed_cb (UdpnatSafetyPage *self)
{
  g_autofree char *title = g_markup_escape_text (udpnat_person_get_title (self->person), -1);
  g_autofree char *help = NULL;

  help = g_strdup_printf (_("%s sees the same number if nobody is in between. Compare when you "
                            "meet, or on the phone; not in this chat."), title);
  adw_preferences_group_set_description (self->number_group, help);
}

static void
verified_changed_cb (UdpnatSafetyPage *self)
{
  gboolean is_verified = udpnat_person_is_verified (self->person);
  const char *title = is_verified ? C_("key", "Verified") : C_("key", "Not Verified");
  const char *subtitle = is_verified ? _("You have compared the safety number")
                                     : _("You have not compared the safety number yet");

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->verified_row), title);
  adw_action_row_set_subtitle (self->verified_row, subtitle);
  gtk_image_set_from_icon_name (self->verified_image, is_verified ? "security-high-symbolic"
                                                                  : "security-low-symbolic");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->verified_row),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, subtitle, -1);
  gtk_widget_set_sensitive (GTK_WIDGET (self->match_button), !is_verified);
}

/* ---- What the user says ---- */

static void
match_cb (UdpnatSafetyPage *self)
{
  udpnat_client_set_verified (self->client, self->person, TRUE);
  say (self, _("Marked as verified"));
}

static void
differ_answered_cb (UdpnatSafetyPage *self,
                    const char       *answer)
{
  if (g_str_equal (answer, "block"))
    {
      udpnat_client_block (self->client, self->person);
      say (self, _("Blocked"));
    }
}

static void
differ_cb (UdpnatSafetyPage *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *dialog = udpnat_dialog_new (GTK_WINDOW (root), _("The Numbers Differ"), NULL);
  AdwMessageDialog *message = ADW_MESSAGE_DIALOG (dialog);

  udpnat_client_set_verified (self->client, self->person, FALSE);
  adw_message_dialog_set_body (message,
                               _("Make sure that both of you look at the number of each other. If "
                                 "they still differ, somebody else may be reading what you write, "
                                 "or it is not who you think. Say nothing private here, and block "
                                 "them if in doubt."));
  adw_message_dialog_add_responses (message, "close", _("_Close"), "block", _("_Block"), NULL);
  adw_message_dialog_set_response_appearance (message, "block", ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (message, "close");
  adw_message_dialog_set_close_response (message, "close");
  g_signal_connect_object (dialog, "response", G_CALLBACK (differ_answered_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
copy_key_cb (UdpnatSafetyPage *self)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)),
                          udpnat_person_get_key_text (self->person));
  say (self, _("Key fingerprint copied"));
}

/* ---- Object ---- */

static void
udpnat_safety_page_dispose (GObject *object)
{
  UdpnatSafetyPage *self = UDPNAT_SAFETY_PAGE (object);

  g_clear_object (&self->client);
  g_clear_object (&self->person);
  G_OBJECT_CLASS (udpnat_safety_page_parent_class)->dispose (object);
}

static void
udpnat_safety_page_class_init (UdpnatSafetyPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_safety_page_dispose;

  g_type_ensure (UDPNAT_TYPE_QR_CODE);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-safety-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatSafetyPage, key_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSafetyPage, match_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSafetyPage, differ_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSafetyPage, number_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSafetyPage, number_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSafetyPage, qr);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSafetyPage, verified_image);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSafetyPage, verified_row);
  gtk_widget_class_bind_template_callback (widget_class, copy_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, differ_cb);
  gtk_widget_class_bind_template_callback (widget_class, match_cb);
}

/* In large letters the two are wider than a phone. */
static void
wrap_words (GtkButton *button)
{
  GtkLabel *label = GTK_LABEL (gtk_button_get_child (button));

  gtk_label_set_wrap (label, TRUE);
  gtk_label_set_justify (label, GTK_JUSTIFY_CENTER);
}

static void
udpnat_safety_page_init (UdpnatSafetyPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  wrap_words (self->match_button);
  wrap_words (self->differ_button);
}

/** udpnat_safety_page_set_person: whom it is about; to be called once */
void
udpnat_safety_page_set_person (UdpnatSafetyPage *self,
                               UdpnatClient     *client,
                               UdpnatPerson     *person)
{
  g_return_if_fail (self->client == NULL);

  self->client = g_object_ref (client);
  self->person = g_object_ref (person);
  show_number (self);
  show_key (self);
  g_signal_connect_object (person, "notify::title", G_CALLBACK (title_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (person, "notify::verified", G_CALLBACK (verified_changed_cb), self,
                           G_CONNECT_SWAPPED);
  title_changed_cb (self);
  verified_changed_cb (self);
}
