/* The page about oneself. */

#include "config.h"

#include "udpnat-preferences-profile.h"

#include <glib/gi18n.h>

#include "udpnat-avatar-loader.h"
#include "udpnat-field-error.h"
#include "udpnat-name.h"
#include "udpnat-status-words.h"
#include "udpnat-trouble.h"
#include "udpnat-unbroken.h"

struct _UdpnatPreferencesProfile
{
  AdwPreferencesPage    parent_instance;

  AdwAvatar            *avatar;
  GtkWidget            *remove_button;
  AdwEntryRow          *name_row;
  AdwEntryRow          *status_row;
  GtkLabel             *error_label;
  AdwActionRow         *key_row;
  AdwActionRow         *link_row;

  UdpnatClient         *client;
  GCancellable         *cancellable;
  GtkFileChooserNative *chooser; /* nullable */
};

static guint say_signal;

G_DEFINE_FINAL_TYPE (UdpnatPreferencesProfile, udpnat_preferences_profile,
                     ADW_TYPE_PREFERENCES_PAGE)

static void
say (UdpnatPreferencesProfile *self,
     const char               *text)
{
  g_signal_emit (self, say_signal, 0, text);
}

/* ---- Picture ---- */

static void
refresh_avatar (UdpnatPreferencesProfile *self)
{
  g_autoptr (GBytes) bytes = udpnat_client_dup_avatar (self->client);
  g_autoptr (GdkTexture) texture = NULL;

  if (bytes != NULL)
    texture = gdk_texture_new_from_bytes (bytes, NULL);
  adw_avatar_set_custom_image (self->avatar, GDK_PAINTABLE (texture));
  adw_avatar_set_text (self->avatar, udpnat_client_get_name (self->client));
  gtk_widget_set_visible (self->remove_button, bytes != NULL);
}

static void
loaded_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = udpnat_avatar_load_finish (result, &error);
  UdpnatPreferencesProfile *self = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* the page may be gone */
  if (bytes == NULL || !udpnat_client_set_avatar (self->client, bytes, &error))
    udpnat_trouble_show (GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
                         _("Not Your Picture Yet"), error->message);
  else
    refresh_avatar (self);
}

static void
chosen_cb (GtkNativeDialog          *chooser,
           int                       response,
           UdpnatPreferencesProfile *self)
{
  g_autoptr (GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (chooser));
  if (file != NULL && g_file_peek_path (file) != NULL)
    udpnat_avatar_load_async (file, self->cancellable, loaded_cb, self);
  g_clear_object (&self->chooser);
}

static void
choose_cb (UdpnatPreferencesProfile *self)
{
  g_autoptr (GtkFileFilter) filter = gtk_file_filter_new ();

  if (self->chooser != NULL)
    return;
  gtk_file_filter_set_name (filter, _("Pictures"));
  gtk_file_filter_add_mime_type (filter, "image/*");
  self->chooser = gtk_file_chooser_native_new (
    _("Choose a Picture"), GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self))),
    GTK_FILE_CHOOSER_ACTION_OPEN, NULL, NULL);
  gtk_file_chooser_add_filter (GTK_FILE_CHOOSER (self->chooser), filter);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (chosen_cb), self, 0);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (self->chooser));
}

static void
remove_cb (UdpnatPreferencesProfile *self)
{
  if (!udpnat_client_set_avatar (self->client, NULL, NULL))
    g_assert_not_reached (); /* none is always allowed */
  refresh_avatar (self);
}

/* ---- Name and status ---- */

static void
changed_cb (UdpnatPreferencesProfile *self)
{
  udpnat_field_error_hide (GTK_WIDGET (self->name_row), self->error_label);
  udpnat_field_error_hide (GTK_WIDGET (self->status_row), self->error_label);
}

/* Whether the server lets us have it is seen there; see the page about the server. */
static void
name_applied_cb (UdpnatPreferencesProfile *self)
{
  g_autofree char *text = g_strstrip (g_strdup (
    gtk_editable_get_text (GTK_EDITABLE (self->name_row))));
  g_autofree char *name = udpnat_name_normalize (text);

  if (name == NULL)
    {
      udpnat_field_error_show (GTK_WIDGET (self->name_row), self->error_label,
                               _("A name is 1 to 64 characters, without line breaks or other "
                                 "control characters."));
      return;
    }
  if (g_strcmp0 (name, udpnat_client_get_name (self->client)) != 0)
    udpnat_client_log_in (self->client, name);
}

static void
status_applied_cb (UdpnatPreferencesProfile *self)
{
  g_autofree char *text = g_strstrip (g_strdup (
    gtk_editable_get_text (GTK_EDITABLE (self->status_row))));
  g_autoptr (GError) error = NULL;

  if (!udpnat_client_set_status (self->client, text, &error))
    udpnat_field_error_show (GTK_WIDGET (self->status_row), self->error_label, error->message);
}

static void
refresh (UdpnatPreferencesProfile *self)
{
  g_autofree char *link = udpnat_client_dup_link (self->client);
  const char *name = udpnat_client_get_name (self->client);

  gtk_widget_set_visible (GTK_WIDGET (self->link_row), link != NULL);
  if (link != NULL)
    udpnat_unbroken_set_subtitle (self->link_row, link);
  if (name != NULL)
    gtk_editable_set_text (GTK_EDITABLE (self->name_row), name);
  refresh_avatar (self);
}

/* ---- To give away ---- */

static void
copy (UdpnatPreferencesProfile *self,
      const char               *text)
{
  if (text == NULL)
    return;
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  say (self, _("Copied"));
}

static void
copy_key_cb (UdpnatPreferencesProfile *self)
{
  g_autofree char *key = udpnat_client_dup_key_text (self->client);

  copy (self, key);
}

static void
copy_link_cb (UdpnatPreferencesProfile *self)
{
  g_autofree char *link = udpnat_client_dup_link (self->client);

  copy (self, link);
}

/* ---- Object ---- */

static void
udpnat_preferences_profile_dispose (GObject *object)
{
  UdpnatPreferencesProfile *self = UDPNAT_PREFERENCES_PROFILE (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->chooser);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_preferences_profile_parent_class)->dispose (object);
}

static void
udpnat_preferences_profile_class_init (UdpnatPreferencesProfileClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_preferences_profile_dispose;

  say_signal = g_signal_new ("say", UDPNAT_TYPE_PREFERENCES_PROFILE, G_SIGNAL_RUN_LAST, 0, NULL,
                             NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);

  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-preferences-profile.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesProfile, avatar);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesProfile, remove_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesProfile, name_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesProfile, status_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesProfile, error_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesProfile, key_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesProfile, link_row);
  gtk_widget_class_bind_template_callback (widget_class, choose_cb);
  gtk_widget_class_bind_template_callback (widget_class, remove_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, name_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, status_applied_cb);
  gtk_widget_class_bind_template_callback (widget_class, copy_key_cb);
  gtk_widget_class_bind_template_callback (widget_class, copy_link_cb);
}

static void
udpnat_preferences_profile_init (UdpnatPreferencesProfile *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_preferences_profile_new (UdpnatClient *client)
{
  UdpnatPreferencesProfile *self = g_object_new (UDPNAT_TYPE_PREFERENCES_PROFILE, NULL);
  g_autofree char *key = udpnat_client_dup_key_text (client);
  g_autofree char *status = udpnat_client_dup_status (client);

  self->client = g_object_ref (client);
  udpnat_unbroken_set_subtitle (self->key_row, key);
  gtk_editable_set_text (GTK_EDITABLE (self->status_row), status);
  g_signal_connect_object (client, "notify::name", G_CALLBACK (refresh), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (client, "notify::server", G_CALLBACK (refresh), self,
                           G_CONNECT_SWAPPED);
  refresh (self);
  return GTK_WIDGET (self);
}
