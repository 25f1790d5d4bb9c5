/* Ways for files and pictures into the tray: the button, the clipboard, and what is dropped. */

#include "config.h"

#include "udpnat-composer-private.h"

#include <glib/gi18n.h>

static void
add_file (UdpnatComposer *self,
          GFile          *file)
{
  g_autoptr (UdpnatAttachment) attachment = udpnat_attachment_new_for_file (file);

  udpnat_attachment_tray_add (self->tray, attachment);
}

static void
add_files (UdpnatComposer *self,
           const GValue   *value)
{
  g_autoptr (GSList) files = gdk_file_list_get_files (g_value_get_boxed (value));

  for (GSList *file = files; file != NULL; file = file->next)
    add_file (self, file->data);
}

static void
add_texture (UdpnatComposer *self,
             GdkTexture     *texture)
{
  g_autoptr (UdpnatAttachment) attachment = udpnat_attachment_new_for_texture (texture);

  udpnat_attachment_tray_add (self->tray, attachment);
}

/* ---- Chosen ---- */

static void
chosen_cb (GtkNativeDialog *dialog,
           int              response,
           UdpnatComposer  *self)
{
  g_autoptr (GListModel) files = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    files = gtk_file_chooser_get_files (GTK_FILE_CHOOSER (dialog));
  for (guint i = 0; files != NULL && i < g_list_model_get_n_items (files); i++)
    {
      g_autoptr (GFile) file = g_list_model_get_item (files, i);

      add_file (self, file);
    }
  g_clear_object (&self->chooser);
  udpnat_composer_focus (self);
}

static void
choose (UdpnatComposer       *self,
        const char           *title,
        GtkFileChooserAction  action)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (self->person == NULL || self->chooser != NULL)
    return;
  self->chooser = GTK_NATIVE_DIALOG (gtk_file_chooser_native_new (title, GTK_WINDOW (root), action,
                                                                  _("_Attach"), _("_Cancel")));
  gtk_file_chooser_set_select_multiple (GTK_FILE_CHOOSER (self->chooser), TRUE);
  g_signal_connect_object (self->chooser, "response", G_CALLBACK (chosen_cb), self, 0);
  gtk_native_dialog_show (self->chooser);
}

/** udpnat_composer_choose_files: lets the user look for something to give */
void
udpnat_composer_choose_files (UdpnatComposer *self)
{
  choose (self, _("Attach Files"), GTK_FILE_CHOOSER_ACTION_OPEN);
}

/** udpnat_composer_choose_folder: likewise, for a folder with all that is in it */
void
udpnat_composer_choose_folder (UdpnatComposer *self)
{
  choose (self, _("Attach a Folder"), GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER);
}

/* ---- Pasted ---- */

static void
files_read_cb (GObject      *clipboard,
               GAsyncResult *result,
               gpointer      user_data)
{
  g_autoptr (UdpnatComposer) self = user_data;
  const GValue *value = gdk_clipboard_read_value_finish (GDK_CLIPBOARD (clipboard), result, NULL);

  if (value != NULL)
    add_files (self, value);
}

static void
texture_read_cb (GObject      *clipboard,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (UdpnatComposer) self = user_data;
  g_autoptr (GdkTexture) texture = NULL;

  texture = gdk_clipboard_read_texture_finish (GDK_CLIPBOARD (clipboard), result, NULL);
  if (texture != NULL)
    add_texture (self, texture);
}

/* Files go before text, for a file manager offers their names as one; text goes before a picture,
 * for an office program offers a picture of it. */
static void
paste_cb (GtkTextView    *view,
          UdpnatComposer *self)
{
  GdkClipboard *clipboard = gtk_widget_get_clipboard (GTK_WIDGET (view));
  GdkContentFormats *offered = gdk_content_formats_ref (gdk_clipboard_get_formats (clipboard));
  g_autoptr (GdkContentFormats) formats = gdk_content_formats_union_deserialize_gtypes (offered);

  if (gdk_content_formats_contain_gtype (formats, GDK_TYPE_FILE_LIST))
    gdk_clipboard_read_value_async (clipboard, GDK_TYPE_FILE_LIST, G_PRIORITY_DEFAULT, NULL,
                                    files_read_cb, g_object_ref (self));
  else if (gdk_content_formats_contain_gtype (formats, GDK_TYPE_TEXTURE) &&
           !gdk_content_formats_contain_gtype (formats, G_TYPE_STRING))
    gdk_clipboard_read_texture_async (clipboard, NULL, texture_read_cb, g_object_ref (self));
  else
    return;
  g_signal_stop_emission_by_name (view, "paste-clipboard");
}

/* ---- Dropped ---- */

static gboolean
drop_cb (GtkDropTarget  *target,
         const GValue   *value,
         double          x,
         double          y,
         UdpnatComposer *self)
{
  if (self->person == NULL || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return FALSE;
  if (G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST))
    add_files (self, value);
  else
    add_texture (self, g_value_get_object (value));
  udpnat_composer_focus (self);
  return TRUE;
}

/** udpnat_composer_watch_drops: what is dropped on @area is attached; before the text box in it, to
 * which a file would be its name */
void
udpnat_composer_watch_drops (UdpnatComposer *self,
                             GtkWidget      *area)
{
  GType types[] = { GDK_TYPE_FILE_LIST, GDK_TYPE_TEXTURE };
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_INVALID, GDK_ACTION_COPY);

  gtk_drop_target_set_gtypes (target, types, G_N_ELEMENTS (types));
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (target), GTK_PHASE_CAPTURE);
  g_signal_connect_object (target, "drop", G_CALLBACK (drop_cb), self, 0);
  gtk_widget_add_controller (area, GTK_EVENT_CONTROLLER (target));
}

/** udpnat_composer_watch_clipboard: to be called once */
void
udpnat_composer_watch_clipboard (UdpnatComposer *self)
{
  g_signal_connect_object (self->view, "paste-clipboard", G_CALLBACK (paste_cb), self, 0);
}
