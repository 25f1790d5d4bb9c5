/* The page that asks for the passphrase of the profile. */

#include "config.h"

#include "udpnat-unlock-page.h"

#include <glib/gi18n.h>

#include "udpnat-error.h"
#include "udpnat-field-error.h"
#include "udpnat-keyring.h"
#include "udpnat-password-row.h"

struct _UdpnatUnlockPage
{
  GtkBox       parent_instance;

  AdwEntryRow *passphrase_row;
  GtkWidget   *remember_row;
  GtkSwitch   *remember_switch;
  GtkLabel    *error_label;
  GtkWidget   *unlock_button;
  GtkStack    *button_stack;
  GtkSpinner  *spinner;
};

static guint unlock_signal;

G_DEFINE_FINAL_TYPE (UdpnatUnlockPage, udpnat_unlock_page, GTK_TYPE_BOX)

/** udpnat_unlock_page_set_busy: whether a passphrase is being tried, which takes a second */
void
udpnat_unlock_page_set_busy (UdpnatUnlockPage *self,
                             gboolean          is_busy)
{
  /* Not insensitive: the entry keeps the keyboard. */
  gtk_editable_set_editable (GTK_EDITABLE (self->passphrase_row), !is_busy);
  gtk_widget_set_sensitive (self->remember_row, !is_busy);
  gtk_stack_set_visible_child_name (self->button_stack, is_busy ? "busy" : "button");
  gtk_spinner_set_spinning (self->spinner, is_busy);
}

static void
unlock_cb (UdpnatUnlockPage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->passphrase_row));

  if (!gtk_editable_get_editable (GTK_EDITABLE (self->passphrase_row)))
    return; /* one is being tried */
  if (*text == '\0')
    {
      udpnat_field_error_show (GTK_WIDGET (self->passphrase_row), self->error_label,
                               _("Type the passphrase of your profile."));
      gtk_widget_grab_focus (GTK_WIDGET (self->passphrase_row));
      return;
    }
  udpnat_unlock_page_set_busy (self, TRUE);
  g_signal_emit (self, unlock_signal, 0, text);
}

static void
changed_cb (UdpnatUnlockPage *self)
{
  udpnat_field_error_hide (GTK_WIDGET (self->passphrase_row), self->error_label);
}

/** udpnat_unlock_page_show_error: it was not the right one, or something else was wrong */
void
udpnat_unlock_page_show_error (UdpnatUnlockPage *self,
                               const GError     *error)
{
  gboolean is_wrong = g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE);

  udpnat_unlock_page_set_busy (self, FALSE);
  udpnat_field_error_show (GTK_WIDGET (self->passphrase_row), self->error_label,
                           is_wrong ? _("This is not the passphrase. Mind capital letters and "
                                        "the keyboard layout, and try again.")
                                    : error->message);
  gtk_widget_grab_focus (GTK_WIDGET (self->passphrase_row));
  gtk_editable_select_region (GTK_EDITABLE (self->passphrase_row), 0, -1);
}

/**
 * udpnat_unlock_page_take_passphrase:
 *
 * It was right. The page does not keep it.
 *
 * Returns: (transfer full) (nullable): what the keyring is to remember; %NULL: nothing
 */
char *
udpnat_unlock_page_take_passphrase (UdpnatUnlockPage *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (self->passphrase_row));
  char *passphrase = NULL;

  if (*text != '\0' && udpnat_keyring_is_supported () &&
      gtk_switch_get_active (self->remember_switch))
    passphrase = g_strdup (text);
  gtk_editable_set_text (GTK_EDITABLE (self->passphrase_row), "");
  udpnat_unlock_page_set_busy (self, FALSE);
  return passphrase;
}

/* ---- Object ---- */

static gboolean
udpnat_unlock_page_grab_focus (GtkWidget *widget)
{
  return gtk_widget_grab_focus (GTK_WIDGET (UDPNAT_UNLOCK_PAGE (widget)->passphrase_row));
}

static void
udpnat_unlock_page_class_init (UdpnatUnlockPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->grab_focus = udpnat_unlock_page_grab_focus;

  unlock_signal = g_signal_new ("unlock", UDPNAT_TYPE_UNLOCK_PAGE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-unlock-page.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatUnlockPage, passphrase_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatUnlockPage, remember_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatUnlockPage, remember_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatUnlockPage, error_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatUnlockPage, unlock_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatUnlockPage, button_stack);
  gtk_widget_class_bind_template_child (widget_class, UdpnatUnlockPage, spinner);
  gtk_widget_class_bind_template_callback (widget_class, unlock_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
}

static void
udpnat_unlock_page_init (UdpnatUnlockPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  udpnat_password_row_name_button (ADW_PASSWORD_ENTRY_ROW (self->passphrase_row));
  gtk_widget_set_visible (self->remember_row, udpnat_keyring_is_supported ());
}

GtkWidget *
udpnat_unlock_page_new (void)
{
  return g_object_new (UDPNAT_TYPE_UNLOCK_PAGE, NULL);
}
