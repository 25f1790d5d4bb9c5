/* Restoring a backup: which file, its passphrase if it has one, and how it went. */

#include "config.h"

#include "udpnat-restore-window.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "udpnat-backup.h"
#include "udpnat-error.h"
#include "udpnat-field-error.h"
#include "udpnat-password-row.h"
#include "udpnat-profile.h"

struct _UdpnatRestoreWindow
{
  AdwWindow             parent_instance;

  AdwActionRow         *file_row;
  AdwEntryRow          *passphrase_row;
  GtkLabel             *error_label;
  GtkWidget            *restore_button;
  GtkWidget            *cancel_button;
  GtkSpinner           *spinner;

  char                 *profile_path;
  char                 *file;    /* nullable */
  char                 *aside;   /* nullable: where the profile is that was there */
  GtkFileChooserNative *chooser; /* nullable */
};

enum
{
  SIGNAL_RELEASE,
  SIGNAL_RESTORED,
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatRestoreWindow, udpnat_restore_window, ADW_TYPE_WINDOW)

static GtkWidget *
get_field (UdpnatRestoreWindow *self)
{
  return gtk_widget_get_visible (GTK_WIDGET (self->passphrase_row))
           ? GTK_WIDGET (self->passphrase_row) : GTK_WIDGET (self->file_row);
}

static void
show_error (UdpnatRestoreWindow *self,
            const char          *text)
{
  udpnat_field_error_show (get_field (self), self->error_label, text);
}

static void
hide_error (UdpnatRestoreWindow *self)
{
  udpnat_field_error_hide (GTK_WIDGET (self->passphrase_row), self->error_label);
  udpnat_field_error_hide (GTK_WIDGET (self->file_row), self->error_label);
}

/* ---- Which file ---- */

/** udpnat_restore_window_set_file: as if it had been chosen; says so if it is no backup */
void
udpnat_restore_window_set_file (UdpnatRestoreWindow *self,
                                const char          *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *shown = g_filename_display_name (name);
  g_autoptr (GError) error = NULL;
  gboolean is_locked = FALSE;
  gboolean is_backup = udpnat_backup_read_needs_passphrase (path, &is_locked, &error);

  g_free (self->file);
  self->file = is_backup ? g_strdup (path) : NULL;
  adw_action_row_set_subtitle (self->file_row, shown);
  gtk_widget_set_visible (GTK_WIDGET (self->passphrase_row), is_backup && is_locked);
  gtk_widget_set_sensitive (self->restore_button, is_backup);
  hide_error (self);
  if (!is_backup)
    show_error (self, error->message);
  else if (is_locked)
    gtk_widget_grab_focus (GTK_WIDGET (self->passphrase_row));
}

static void
chosen_cb (GtkNativeDialog     *chooser,
           int                  response,
           UdpnatRestoreWindow *self)
{
  g_autoptr (GFile) file = NULL;
  g_autofree char *path = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  if (file != NULL)
    path = g_file_get_path (file);
  if (path != NULL)
    udpnat_restore_window_set_file (self, path);
  g_clear_object (&self->chooser);
}

static void
choose_cb (UdpnatRestoreWindow *self)
{
  if (self->chooser != NULL)
    return;
  self->chooser = gtk_file_chooser_native_new (_("Choose a Backup"), GTK_WINDOW (self),
                                               GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (chosen_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* ---- Restoring ---- */

static void
set_busy (UdpnatRestoreWindow *self,
          gboolean             is_busy)
{
  /* Not insensitive: the entry keeps the keyboard. */
  gtk_editable_set_editable (GTK_EDITABLE (self->passphrase_row), !is_busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->file_row), !is_busy);
  gtk_widget_set_sensitive (self->cancel_button, !is_busy);
  gtk_widget_set_sensitive (self->restore_button, !is_busy && self->file != NULL);
  gtk_spinner_set_spinning (self->spinner, is_busy);
  gtk_window_set_deletable (GTK_WINDOW (self), !is_busy);
}

/* As if nothing had happened. */
static void
put_back (UdpnatRestoreWindow *self)
{
  if (self->aside != NULL && g_rename (self->aside, self->profile_path) != 0)
    g_debug ("%s stays where it is", self->aside);
  g_clear_pointer (&self->aside, g_free);
}

static void
restored_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (UdpnatRestoreWindow) self = user_data;
  const char *passphrase = gtk_editable_get_text (GTK_EDITABLE (self->passphrase_row));
  g_autoptr (GError) error = NULL;

  set_busy (self, FALSE);
  if (udpnat_backup_restore_finish (result, &error))
    {
      g_signal_emit (self, signals[SIGNAL_RESTORED], 0, *passphrase != '\0' ? passphrase : NULL);
      gtk_window_close (GTK_WINDOW (self));
      return;
    }
  put_back (self);
  show_error (self, g_error_matches (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE)
                      ? _("This is not the passphrase of the backup. Try again.")
                      : error->message);
  gtk_widget_grab_focus (get_field (self));
  g_signal_emit (self, signals[SIGNAL_FAILED], 0);
}

static void
restore_cb (UdpnatRestoreWindow *self)
{
  gboolean is_locked = gtk_widget_get_visible (GTK_WIDGET (self->passphrase_row));
  const char *passphrase = gtk_editable_get_text (GTK_EDITABLE (self->passphrase_row));
  g_autoptr (GError) error = NULL;

  if (self->file == NULL || !gtk_widget_get_sensitive (self->restore_button))
    return;
  hide_error (self);
  if (is_locked && *passphrase == '\0')
    {
      show_error (self, _("Type the passphrase of the backup."));
      return;
    }
  g_signal_emit (self, signals[SIGNAL_RELEASE], 0);
  if (g_file_test (self->profile_path, G_FILE_TEST_EXISTS))
    {
      self->aside = udpnat_profile_move_aside (self->profile_path, &error);
      if (self->aside == NULL)
        {
          show_error (self, error->message);
          g_signal_emit (self, signals[SIGNAL_FAILED], 0);
          return;
        }
    }
  set_busy (self, TRUE);
  udpnat_backup_restore_async (self->file, self->profile_path, is_locked ? passphrase : NULL, NULL,
                               restored_cb, g_object_ref (self));
}

static void
changed_cb (UdpnatRestoreWindow *self)
{
  hide_error (self);
}

/* ---- Object ---- */

static void
udpnat_restore_window_dispose (GObject *object)
{
  g_clear_object (&UDPNAT_RESTORE_WINDOW (object)->chooser);
  G_OBJECT_CLASS (udpnat_restore_window_parent_class)->dispose (object);
}

static void
udpnat_restore_window_finalize (GObject *object)
{
  UdpnatRestoreWindow *self = UDPNAT_RESTORE_WINDOW (object);

  g_free (self->profile_path);
  g_free (self->file);
  g_free (self->aside);
  G_OBJECT_CLASS (udpnat_restore_window_parent_class)->finalize (object);
}

static void
udpnat_restore_window_class_init (UdpnatRestoreWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_restore_window_dispose;
  object_class->finalize = udpnat_restore_window_finalize;

  signals[SIGNAL_RELEASE] = g_signal_new ("release", UDPNAT_TYPE_RESTORE_WINDOW, G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_RESTORED] = g_signal_new ("restored", UDPNAT_TYPE_RESTORE_WINDOW,
                                           G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                           G_TYPE_STRING);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", UDPNAT_TYPE_RESTORE_WINDOW, G_SIGNAL_RUN_LAST,
                                         0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-restore-window.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatRestoreWindow, file_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatRestoreWindow, passphrase_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatRestoreWindow, error_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatRestoreWindow, restore_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatRestoreWindow, cancel_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatRestoreWindow, spinner);
  gtk_widget_class_bind_template_callback (widget_class, choose_cb);
  gtk_widget_class_bind_template_callback (widget_class, restore_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
udpnat_restore_window_init (UdpnatRestoreWindow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  udpnat_password_row_name_button (ADW_PASSWORD_ENTRY_ROW (self->passphrase_row));
}

/** udpnat_restore_window_new: @profile_path: where the profile is to be */
GtkWidget *
udpnat_restore_window_new (const char *profile_path)
{
  UdpnatRestoreWindow *self = g_object_new (UDPNAT_TYPE_RESTORE_WINDOW, NULL);

  self->profile_path = g_strdup (profile_path);
  return GTK_WIDGET (self);
}
