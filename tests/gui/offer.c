/* Another program, that has something to give: it owns the clipboard, and what it shows can be
 * dragged away.
 *
 *   offer picture|files|text WHAT…
 *
 * WHAT is files, or the text. Its window is called Offer. */

#include "config.h"

#include <gtk/gtk.h>

static GdkContentProvider *
offer_picture (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = gdk_texture_new_from_filename (path, &error);

  g_assert_no_error (error);
  return gdk_content_provider_new_typed (GDK_TYPE_TEXTURE, texture);
}

static GdkContentProvider *
offer_files (char **paths)
{
  GSList *files = NULL;
  GdkContentProvider *content;
  GdkFileList *list;

  for (; *paths != NULL; paths++)
    files = g_slist_append (files, g_file_new_for_path (*paths));
  list = gdk_file_list_new_from_list (files);
  g_slist_free_full (files, g_object_unref);
  content = gdk_content_provider_new_typed (GDK_TYPE_FILE_LIST, list);
  g_boxed_free (GDK_TYPE_FILE_LIST, list);
  return content;
}

static GdkContentProvider *
offer (char **arguments)
{
  if (g_str_equal (arguments[0], "picture"))
    return offer_picture (arguments[1]);
  if (g_str_equal (arguments[0], "files"))
    return offer_files (arguments + 1);
  return gdk_content_provider_new_typed (G_TYPE_STRING, arguments[1]);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GdkContentProvider) content = NULL;
  GtkDragSource *source;
  GtkWidget *window;

  gtk_init ();
  g_assert_cmpint (argc, >, 2);
  content = offer (argv + 1);
  window = gtk_window_new ();
  gtk_window_set_title (GTK_WINDOW (window), "Offer");
  gtk_window_set_default_size (GTK_WINDOW (window), 200, 100);
  gtk_window_set_titlebar (GTK_WINDOW (window), gtk_label_new ("Offer"));
  gtk_window_set_child (GTK_WINDOW (window), gtk_label_new (argv[1]));
  source = gtk_drag_source_new ();
  gtk_drag_source_set_content (source, content);
  gtk_widget_add_controller (window, GTK_EVENT_CONTROLLER (source));
  gtk_window_present (GTK_WINDOW (window));
  gdk_clipboard_set_content (gtk_widget_get_clipboard (window), content);
  g_main_loop_run (loop);
  return 0;
}
