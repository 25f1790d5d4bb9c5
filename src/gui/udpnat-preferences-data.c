/* The page about what is kept on this computer. */

#include "config.h"

#include "udpnat-preferences-data.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-export-people.h"
#include "udpnat-files-folder.h"
#include "udpnat-files-group.h"
#include "udpnat-passphrase-window.h"
#include "udpnat-profile.h"
#include "udpnat-trouble.h"

struct _UdpnatPreferencesData
{
  AdwPreferencesPage    parent_instance;

  AdwActionRow         *passphrase_row;
  GtkWidget            *set_button;
  GtkWidget            *change_button;
  GtkWidget            *remove_button;
  GtkWidget            *backup_button;
  GtkSpinner           *backup_spinner;
  GtkWidget            *export_button;
  GtkSpinner           *export_spinner;
  UdpnatFilesGroup     *files_group;
  AdwActionRow         *size_row;
  AdwActionRow         *folder_row;

  UdpnatClient         *client;
  GSettings            *settings;
  char                 *profile_path;
  char                 *passphrase;  /* nullable: of the backup, until its file is chosen */
  GtkFileChooserNative *chooser;     /* nullable */
};

enum
{
  SIGNAL_SAY,
  SIGNAL_CHANGE_PASSPHRASE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatPreferencesData, udpnat_preferences_data, ADW_TYPE_PREFERENCES_PAGE)

static void
say (UdpnatPreferencesData *self,
     const char            *text)
{
  g_signal_emit (self, signals[SIGNAL_SAY], 0, text);
}

static GtkWindow *
get_window (UdpnatPreferencesData *self)
{
  return GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
}

static void
wipe_passphrase (UdpnatPreferencesData *self)
{
  if (self->passphrase != NULL)
    explicit_bzero (self->passphrase, strlen (self->passphrase));
  g_clear_pointer (&self->passphrase, g_free);
}

/* ---- Passphrase ---- */

static void
passphrase_done_cb (UdpnatPassphraseWindow *window,
                    const char             *old_passphrase,
                    const char             *new_passphrase,
                    gboolean                is_remembered,
                    UdpnatPreferencesData  *self)
{
  g_signal_emit (self, signals[SIGNAL_CHANGE_PASSPHRASE], 0, old_passphrase, new_passphrase,
                 is_remembered);
}

static void
ask (UdpnatPreferencesData *self,
     UdpnatPassphraseJob    job,
     GCallback              done_cb)
{
  GtkWidget *window = udpnat_passphrase_window_new (job);

  gtk_window_set_transient_for (GTK_WINDOW (window), get_window (self));
  g_signal_connect_object (window, "done", done_cb, self, 0);
  gtk_window_present (GTK_WINDOW (window));
}

static void
set_cb (UdpnatPreferencesData *self)
{
  ask (self, UDPNAT_PASSPHRASE_JOB_SET, G_CALLBACK (passphrase_done_cb));
}

static void
change_cb (UdpnatPreferencesData *self)
{
  ask (self, UDPNAT_PASSPHRASE_JOB_CHANGE, G_CALLBACK (passphrase_done_cb));
}

static void
remove_cb (UdpnatPreferencesData *self)
{
  ask (self, UDPNAT_PASSPHRASE_JOB_REMOVE, G_CALLBACK (passphrase_done_cb));
}

/* ---- Backup ---- */

static void
set_backup_busy (UdpnatPreferencesData *self,
                 gboolean               is_busy)
{
  gtk_widget_set_sensitive (self->backup_button, !is_busy);
  gtk_spinner_set_spinning (self->backup_spinner, is_busy);
}

static void
backed_up_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (UdpnatPreferencesData) self = user_data;
  g_autoptr (GError) error = NULL;

  set_backup_busy (self, FALSE);
  if (udpnat_client_back_up_finish (UDPNAT_CLIENT (source), result, &error))
    say (self, _("Backup written. Keep it safe."));
  else
    udpnat_trouble_show (get_window (self), _("No Backup Was Written"), error->message);
}

static void
backup_chosen_cb (GtkNativeDialog       *chooser,
                  int                    response,
                  UdpnatPreferencesData *self)
{
  g_autoptr (GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  if (file != NULL && g_file_peek_path (file) != NULL)
    {
      set_backup_busy (self, TRUE);
      /* The chooser has asked whether it may be replaced. */
      udpnat_client_back_up_async (self->client, g_file_peek_path (file), self->passphrase, TRUE,
                                   NULL, backed_up_cb, g_object_ref (self));
    }
  wipe_passphrase (self);
  g_clear_object (&self->chooser);
}

static void
choose (UdpnatPreferencesData *self,
        const char            *title,
        GtkFileChooserAction   action,
        GCallback              chosen_cb)
{
  g_clear_object (&self->chooser);
  self->chooser = gtk_file_chooser_native_new (title, get_window (self), action, NULL, NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response", chosen_cb, self, 0);
}

static void
backup_passphrase_cb (UdpnatPassphraseWindow *window,
                      const char             *old_passphrase,
                      const char             *new_passphrase,
                      gboolean                is_remembered,
                      UdpnatPreferencesData  *self)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *name = g_date_time_format (now, "udpnat-%Y-%m-%d.backup");

  wipe_passphrase (self);
  self->passphrase = g_strdup (new_passphrase);
  choose (self, _("Write a Backup"), GTK_FILE_CHOOSER_ACTION_SAVE, G_CALLBACK (backup_chosen_cb));
  gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (self->chooser), name);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static void
backup_cb (UdpnatPreferencesData *self)
{
  ask (self, UDPNAT_PASSPHRASE_JOB_BACK_UP, G_CALLBACK (backup_passphrase_cb));
}

/* The main window asks: these settings are of a profile that may be put aside. */
static void
restore_cb (UdpnatPreferencesData *self)
{
  g_action_group_activate_action (G_ACTION_GROUP (g_application_get_default ()), "restore", NULL);
  gtk_window_close (get_window (self));
}

/* ---- Export ---- */

static void
exported_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (UdpnatPreferencesData) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  guint n_files = 0;

  gtk_widget_set_sensitive (self->export_button, TRUE);
  gtk_spinner_set_spinning (self->export_spinner, FALSE);
  if (!udpnat_export_people_finish (result, &n_files, &error))
    {
      udpnat_trouble_show (get_window (self), _("Not Everything Was Written"), error->message);
      return;
    }
  text = g_strdup_printf (ngettext ("%u conversation written", "%u conversations written",
                                    n_files), n_files);
  say (self, text);
}

static void
export_chosen_cb (GtkNativeDialog       *chooser,
                  int                    response,
                  UdpnatPreferencesData *self)
{
  g_autoptr (GFile) folder = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    folder = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  if (folder != NULL && g_file_peek_path (folder) != NULL)
    {
      gtk_widget_set_sensitive (self->export_button, FALSE);
      gtk_spinner_set_spinning (self->export_spinner, TRUE);
      udpnat_export_people_async (self->client, g_file_peek_path (folder), exported_cb,
                                  g_object_ref (self));
    }
  g_clear_object (&self->chooser);
}

static void
export_cb (UdpnatPreferencesData *self)
{
  choose (self, _("Export to a Folder"), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER,
          G_CALLBACK (export_chosen_cb));
  udpnat_files_folder_begin (self->settings, GTK_FILE_CHOOSER (self->chooser));
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

/* ---- Size and folder ---- */

static void
folder_cb (UdpnatPreferencesData *self)
{
  g_autofree char *uri = g_filename_to_uri (self->profile_path, NULL, NULL);

  if (uri != NULL)
    gtk_show_uri (get_window (self), uri, GDK_CURRENT_TIME);
}

static void
refresh (UdpnatPreferencesData *self)
{
  g_autofree char *size = g_format_size ((guint64) udpnat_client_get_size_bytes (self->client));
  g_autofree char *folder = g_filename_display_name (self->profile_path);
  gboolean is_locked = udpnat_profile_is_locked (self->profile_path);

  adw_action_row_set_subtitle (self->size_row, size);
  adw_action_row_set_subtitle (self->folder_row, folder);
  adw_action_row_set_subtitle (self->passphrase_row,
                               is_locked ? _("Your key and your messages are encrypted with it")
                                         : _("None: whoever can read your files can read your "
                                             "messages"));
  gtk_widget_set_visible (self->set_button, !is_locked);
  gtk_widget_set_visible (self->change_button, is_locked);
  gtk_widget_set_visible (self->remove_button, is_locked);
}

/* ---- Object ---- */

static void
udpnat_preferences_data_dispose (GObject *object)
{
  UdpnatPreferencesData *self = UDPNAT_PREFERENCES_DATA (object);

  g_clear_object (&self->chooser);
  g_clear_object (&self->client);
  g_clear_object (&self->settings);
  wipe_passphrase (self);
  G_OBJECT_CLASS (udpnat_preferences_data_parent_class)->dispose (object);
}

static void
udpnat_preferences_data_finalize (GObject *object)
{
  g_free (UDPNAT_PREFERENCES_DATA (object)->profile_path);
  G_OBJECT_CLASS (udpnat_preferences_data_parent_class)->finalize (object);
}

static void
udpnat_preferences_data_class_init (UdpnatPreferencesDataClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_preferences_data_dispose;
  object_class->finalize = udpnat_preferences_data_finalize;

  signals[SIGNAL_SAY] = g_signal_new ("say", UDPNAT_TYPE_PREFERENCES_DATA, G_SIGNAL_RUN_LAST, 0,
                                      NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_CHANGE_PASSPHRASE] = g_signal_new ("change-passphrase",
                                                    UDPNAT_TYPE_PREFERENCES_DATA,
                                                    G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                    G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING,
                                                    G_TYPE_BOOLEAN);

  g_type_ensure (UDPNAT_TYPE_FILES_GROUP);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-preferences-data.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, passphrase_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, set_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, change_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, remove_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, backup_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, backup_spinner);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, export_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, export_spinner);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, files_group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, size_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesData, folder_row);
  gtk_widget_class_bind_template_callback (widget_class, set_cb);
  gtk_widget_class_bind_template_callback (widget_class, change_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);
  gtk_widget_class_bind_template_callback (widget_class, backup_cb);
  gtk_widget_class_bind_template_callback (widget_class, restore_cb);
  gtk_widget_class_bind_template_callback (widget_class, export_cb);
  gtk_widget_class_bind_template_callback (widget_class, folder_cb);
}

static void
udpnat_preferences_data_init (UdpnatPreferencesData *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_preferences_data_new (UdpnatClient *client,
                             GSettings    *settings,
                             const char   *profile_path)
{
  UdpnatPreferencesData *self = g_object_new (UDPNAT_TYPE_PREFERENCES_DATA, NULL);

  self->client = g_object_ref (client);
  self->settings = g_object_ref (settings);
  udpnat_files_group_set_settings (self->files_group, settings);
  self->profile_path = g_strdup (profile_path);
  refresh (self);
  return GTK_WIDGET (self);
}
