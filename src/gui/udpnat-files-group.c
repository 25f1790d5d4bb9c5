/* A group of the preferences: which folder it is, and another one. */

#include "config.h"

#include "udpnat-files-group.h"

#include <glib/gi18n.h>

#include "udpnat-files-folder.h"
#include "udpnat-spoken-name.h"

struct _UdpnatFilesGroup
{
  AdwPreferencesGroup   parent_instance;

  AdwActionRow         *row;
  GtkWidget            *default_button;

  GSettings            *settings; /* nullable: until it is set */
  GtkFileChooserNative *chooser;  /* nullable */
};

G_DEFINE_FINAL_TYPE (UdpnatFilesGroup, udpnat_files_group, ADW_TYPE_PREFERENCES_GROUP)

/* ---- What is so ---- */

/* Short, as people write it: what is in one's own folder begins with "~". */
static char *
dup_words (GFile *folder)
{
  g_autoptr (GFile) home = g_file_new_for_path (g_get_home_dir ());
  g_autofree char *inside = g_file_get_relative_path (home, folder);
  g_autofree char *name = g_filename_display_name (inside != NULL ? inside
                                                                  : g_file_peek_path (folder));

  return inside != NULL ? g_strconcat ("~/", name, NULL) : g_steal_pointer (&name);
}

static void
refresh (UdpnatFilesGroup *self)
{
  const char *title = adw_preferences_row_get_title (ADW_PREFERENCES_ROW (self->row));
  g_autoptr (GFile) folder = udpnat_files_folder_dup (self->settings);
  g_autofree char *words = dup_words (folder);

  adw_action_row_set_subtitle (self->row, words);
  udpnat_spoken_name_set (GTK_WIDGET (self->row), title, words);
  gtk_widget_set_visible (self->default_button, !udpnat_files_folder_is_default (self->settings));
}

/* ---- What the user decides ---- */

static void
chosen_cb (GtkNativeDialog *chooser,
           int              response,
           UdpnatFilesGroup  *self)
{
  g_autoptr (GFile) folder = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    folder = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  if (folder != NULL && g_file_peek_path (folder) != NULL)
    udpnat_files_folder_set (self->settings, folder);
  g_clear_object (&self->chooser);
}

static void
choose_cb (UdpnatFilesGroup *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  g_clear_object (&self->chooser);
  self->chooser = gtk_file_chooser_native_new (_("Choose the Folder for Files"), GTK_WINDOW (root),
                                               GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER, NULL, NULL);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  udpnat_files_folder_begin (self->settings, GTK_FILE_CHOOSER (self->chooser));
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (chosen_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static void
default_cb (UdpnatFilesGroup *self)
{
  udpnat_files_folder_set (self->settings, NULL);
}

/* ---- Object ---- */

static void
udpnat_files_group_dispose (GObject *object)
{
  UdpnatFilesGroup *self = UDPNAT_FILES_GROUP (object);

  g_clear_object (&self->chooser);
  g_clear_object (&self->settings);
  G_OBJECT_CLASS (udpnat_files_group_parent_class)->dispose (object);
}

static void
udpnat_files_group_class_init (UdpnatFilesGroupClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_files_group_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-files-group.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatFilesGroup, default_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatFilesGroup, row);
  gtk_widget_class_bind_template_callback (widget_class, choose_cb);
  gtk_widget_class_bind_template_callback (widget_class, default_cb);
}

static void
udpnat_files_group_init (UdpnatFilesGroup *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/** udpnat_files_group_set_settings: to be called once */
void
udpnat_files_group_set_settings (UdpnatFilesGroup *self,
                               GSettings      *settings)
{
  g_return_if_fail (self->settings == NULL);

  self->settings = g_object_ref (settings);
  g_signal_connect_object (settings, "changed::" UDPNAT_FILES_FOLDER_KEY, G_CALLBACK (refresh),
                           self, G_CONNECT_SWAPPED);
  refresh (self);
}
