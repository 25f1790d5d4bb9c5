/* Asking for passphrases. */

#include "config.h"

#include "udpnat-passphrase-window.h"

#include <glib/gi18n.h>

#include "udpnat-field-error.h"
#include "udpnat-keyring.h"
#include "udpnat-passphrase.h"
#include "udpnat-password-row.h"

struct _UdpnatPassphraseWindow
{
  AdwWindow            parent_instance;

  AdwPreferencesGroup *group;
  AdwEntryRow         *old_row;
  AdwEntryRow         *new_row;
  AdwEntryRow         *again_row;
  GtkWidget           *remember_row;
  GtkSwitch           *remember_switch;
  GtkLabel            *error_label;
  GtkButton           *done_button;

  UdpnatPassphraseJob  job;
};

static guint done_signal;

G_DEFINE_FINAL_TYPE (UdpnatPassphraseWindow, udpnat_passphrase_window, ADW_TYPE_WINDOW)

static const char *
get_text (AdwEntryRow *row)
{
  return gtk_editable_get_text (GTK_EDITABLE (row));
}

static void
show_error (UdpnatPassphraseWindow *self,
            AdwEntryRow            *row,
            const char             *text)
{
  udpnat_field_error_show (GTK_WIDGET (row), self->error_label, text);
  gtk_widget_grab_focus (GTK_WIDGET (row));
}

static void
changed_cb (UdpnatPassphraseWindow *self)
{
  AdwEntryRow *rows[] = { self->old_row, self->new_row, self->again_row };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    udpnat_field_error_hide (GTK_WIDGET (rows[i]), self->error_label);
}

/* ---- Whether it will do ---- */

static gboolean
needs_old (UdpnatPassphraseWindow *self)
{
  return self->job == UDPNAT_PASSPHRASE_JOB_CHANGE || self->job == UDPNAT_PASSPHRASE_JOB_REMOVE;
}

static gboolean
check_new (UdpnatPassphraseWindow *self)
{
  const char *text = get_text (self->new_row);
  g_autoptr (GError) error = NULL;

  if (*text == '\0' && self->job == UDPNAT_PASSPHRASE_JOB_BACK_UP)
    return TRUE;
  if (*text == '\0')
    show_error (self, self->new_row, _("Type a passphrase: some words that nobody guesses."));
  else if (!udpnat_passphrase_check (text, &error))
    show_error (self, self->new_row, error->message);
  else if (g_strcmp0 (text, get_text (self->again_row)) != 0)
    show_error (self, self->again_row, _("The two are not the same. Type it again."));
  else
    return TRUE;
  return FALSE;
}

static void
done_cb (UdpnatPassphraseWindow *self)
{
  gboolean wants_new = self->job != UDPNAT_PASSPHRASE_JOB_REMOVE;
  const char *new_passphrase = wants_new && *get_text (self->new_row) != '\0'
                                 ? get_text (self->new_row) : NULL;

  changed_cb (self);
  if (needs_old (self) && *get_text (self->old_row) == '\0')
    show_error (self, self->old_row, _("Type the passphrase that you have now."));
  else if (!wants_new || check_new (self))
    {
      g_signal_emit (self, done_signal, 0, needs_old (self) ? get_text (self->old_row) : NULL,
                     new_passphrase, gtk_switch_get_active (self->remember_switch));
      gtk_window_close (GTK_WINDOW (self));
    }
}

/* ---- Object ---- */

static void
udpnat_passphrase_window_class_init (UdpnatPassphraseWindowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  done_signal = g_signal_new ("done", UDPNAT_TYPE_PASSPHRASE_WINDOW, G_SIGNAL_RUN_LAST, 0, NULL,
                              NULL, NULL, G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING,
                              G_TYPE_BOOLEAN);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-passphrase-window.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPassphraseWindow, group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPassphraseWindow, old_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPassphraseWindow, new_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPassphraseWindow, again_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPassphraseWindow, remember_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPassphraseWindow, remember_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPassphraseWindow, error_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPassphraseWindow, done_button);
  gtk_widget_class_bind_template_callback (widget_class, done_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
udpnat_passphrase_window_init (UdpnatPassphraseWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  udpnat_password_row_name_button (ADW_PASSWORD_ENTRY_ROW (self->old_row));
  udpnat_password_row_name_button (ADW_PASSWORD_ENTRY_ROW (self->new_row));
  udpnat_password_row_name_button (ADW_PASSWORD_ENTRY_ROW (self->again_row));
}

/* Of a backup it would be of no use: that is opened elsewhere, or in a year. */
static gboolean
can_be_remembered (UdpnatPassphraseJob job)
{
  return (job == UDPNAT_PASSPHRASE_JOB_SET || job == UDPNAT_PASSPHRASE_JOB_CHANGE) &&
         udpnat_keyring_is_supported ();
}

static void
set_words (UdpnatPassphraseWindow *self,
           const char             *title,
           const char             *button,
           const char             *description)
{
  gtk_window_set_title (GTK_WINDOW (self), title);
  gtk_button_set_label (self->done_button, button);
  adw_preferences_group_set_description (self->group, description);
}

GtkWidget *
udpnat_passphrase_window_new (UdpnatPassphraseJob job)
{
  UdpnatPassphraseWindow *self = g_object_new (UDPNAT_TYPE_PASSPHRASE_WINDOW, NULL);
  gboolean wants_new = job != UDPNAT_PASSPHRASE_JOB_REMOVE;

  self->job = job;
  gtk_widget_set_visible (GTK_WIDGET (self->old_row), needs_old (self));
  gtk_widget_set_visible (GTK_WIDGET (self->new_row), wants_new);
  gtk_widget_set_visible (GTK_WIDGET (self->again_row), wants_new);
  gtk_widget_set_visible (self->remember_row, can_be_remembered (job));
  switch (job)
    {
    case UDPNAT_PASSPHRASE_JOB_SET:
      set_words (self, _("Set a Passphrase"), _("Set"),
                 _("Your key and your messages are encrypted with it on this computer. Nobody can "
                   "bring them back if you forget it."));
      break;
    case UDPNAT_PASSPHRASE_JOB_CHANGE:
      set_words (self, _("Change the Passphrase"), _("Change"),
                 _("Nobody can bring back your key and your messages if you forget it."));
      break;
    case UDPNAT_PASSPHRASE_JOB_REMOVE:
      set_words (self, _("Remove the Passphrase"), _("Remove"),
                 _("Whoever can read your files can then read your messages, and pass for you."));
      break;
    case UDPNAT_PASSPHRASE_JOB_BACK_UP:
      set_words (self, _("Passphrase of the Backup"), _("Back Up"),
                 _("The backup is encrypted with it. Without one, whoever has the file can read "
                   "your messages, and pass for you."));
      break;
    }
  return GTK_WIDGET (self);
}
