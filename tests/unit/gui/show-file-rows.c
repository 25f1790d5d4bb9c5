/* Not a test: a window with a file row in every state, to look at.
 *
 *     build/tests/unit/gui/show-file-rows [narrow]
 *
 * In the language and the looks that the desktop has; ./dev shot takes pictures of it. */

#include "config.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

#include "udpnat-file-row.h"
#include "udpnat-label-width.h"

#define MB 1000000
/* In each column of a wide window */
#define WIDE_ROWS 5

typedef struct
{
  const char         *name;
  const char         *type;
  gint64              size;
  gboolean            is_outgoing;
  UdpnatTransferState state;
  const char         *reason;
  gboolean            here;
  gboolean            there;
  gint64              done;
  gint64              rate;
  int                 width;
  int                 height;
} Case;

static const Case cases[] = {
  { "report.pdf", "application/pdf", 8 * MB, FALSE, UDPNAT_TRANSFER_STATE_OFFERED, NULL, FALSE,
    FALSE, 0, 0, 0, 0 },
  { "slides.odp", "application/vnd.oasis.opendocument.presentation", 31 * MB, TRUE,
    UDPNAT_TRANSFER_STATE_OFFERED, NULL, FALSE, FALSE, 0, 0, 0, 0 },
  { "music.flac", "audio/flac", 31 * MB, FALSE, UDPNAT_TRANSFER_STATE_ACCEPTED, NULL, FALSE, FALSE,
    0, 0, 0, 0 },
  { "A name that is much too long for its place and goes on and on until the end.tar.xz",
    "application/x-xz", 800 * (gint64) MB, TRUE, UDPNAT_TRANSFER_STATE_RUNNING, NULL, FALSE, FALSE,
    310 * (gint64) MB, 1200000, 0, 0 },
  { "照片.zip", "application/zip", 80 * MB, FALSE, UDPNAT_TRANSFER_STATE_RUNNING, NULL, TRUE,
    FALSE, 20 * MB, 0, 0, 0 },
  { "video.mkv", "video/x-matroska", 900 * (gint64) MB, TRUE, UDPNAT_TRANSFER_STATE_RUNNING, NULL,
    FALSE, TRUE, 500 * (gint64) MB, 0, 0, 0 },
  { "both.iso", "application/x-cd-image", 900 * (gint64) MB, TRUE, UDPNAT_TRANSFER_STATE_RUNNING,
    NULL, TRUE, TRUE, 500 * (gint64) MB, 0, 0, 0 },
  { "done.txt", "text/plain", 1234, FALSE, UDPNAT_TRANSFER_STATE_DONE, NULL, FALSE, FALSE, 1234, 0,
    0, 0 },
  { "broken.bin", NULL, 10 * MB, FALSE, UDPNAT_TRANSFER_STATE_FAILED, "server-lost", FALSE, FALSE,
    4 * MB, 0, 0, 0 },
  { "gone.bin", NULL, 10 * MB, FALSE, UDPNAT_TRANSFER_STATE_CANCELLED, NULL, FALSE, FALSE, 4 * MB,
    0, 0, 0 },
  { "holiday.jpg", "image/jpeg", 3 * MB, FALSE, UDPNAT_TRANSFER_STATE_RUNNING, NULL, FALSE, FALSE,
    2 * MB, 900000, 4000, 2250 },
  { "tower.png", "image/png", 3 * MB, TRUE, UDPNAT_TRANSFER_STATE_DONE, NULL, FALSE, FALSE, 3 * MB,
    0, 600, 1200 },
};

static GdkPaintable *
create_picture (int width,
                int height)
{
  gsize stride = (gsize) width * 4;
  guchar *pixels = g_malloc (stride * (gsize) height);
  g_autoptr (GBytes) bytes = NULL;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        guchar *pixel = pixels + stride * (gsize) y + (gsize) x * 4;

        pixel[0] = (guchar) (x * 255 / width);
        pixel[1] = (guchar) (y * 255 / height);
        pixel[2] = 160;
        pixel[3] = 255;
      }
  bytes = g_bytes_new_take (pixels, stride * (gsize) height);
  return GDK_PAINTABLE (gdk_memory_texture_new (width, height, GDK_MEMORY_R8G8B8A8, bytes, stride));
}

static GtkWidget *
create_row (const Case *c)
{
  GtkWidget *bubble = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *row = udpnat_file_row_new ();
  g_autoptr (UdpnatTransfer) transfer = udpnat_transfer_new (c->name, c->size, c->type,
                                                             c->is_outgoing);

  udpnat_transfer_set_picture_size (transfer, c->width, c->height);
  udpnat_file_row_bind (UDPNAT_FILE_ROW (row), transfer, "Bob");
  udpnat_transfer_set_state (transfer, c->state, c->reason);
  udpnat_transfer_set_paused (transfer, c->here, c->there);
  udpnat_transfer_set_progress (transfer, c->done, c->rate);
  udpnat_transfer_set_path (transfer, c->state == UDPNAT_TRANSFER_STATE_DONE ? "/dev/null" : NULL);
  if (c->width > 0 && c->state == UDPNAT_TRANSFER_STATE_DONE)
    {
      g_autoptr (GdkPaintable) picture = create_picture (c->width, c->height);

      udpnat_file_row_set_paintable (UDPNAT_FILE_ROW (row), picture);
    }
  gtk_widget_add_css_class (bubble, "bubble");
  gtk_box_append (GTK_BOX (bubble), row);
  gtk_widget_set_halign (bubble, c->is_outgoing ? GTK_ALIGN_END : GTK_ALIGN_START);
  return bubble;
}

static void
activate_cb (GtkApplication *application,
             gpointer        is_narrow)
{
  gsize n_in_column = is_narrow != NULL ? G_N_ELEMENTS (cases) : WIDE_ROWS;
  GtkWidget *window = adw_application_window_new (application);
  GtkWidget *place = gtk_scrolled_window_new ();
  GtkWidget *columns = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 24);
  GtkWidget *box = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      if (i % n_in_column == 0)
        {
          box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
          gtk_widget_set_size_request (box, 336, -1);
          gtk_box_append (GTK_BOX (columns), box);
        }
      gtk_box_append (GTK_BOX (box), create_row (&cases[i]));
    }
  gtk_widget_add_css_class (columns, "composer"); /* for its margins */
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (place), columns);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (place), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC); /* as a conversation has it */
  gtk_window_set_default_size (GTK_WINDOW (window), is_narrow != NULL ? 360 : 1080, 680);
  gtk_window_set_title (GTK_WINDOW (window), "Files");
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (window), place);
  gtk_window_present (GTK_WINDOW (window));
}

/* The translations are in po of the build, three folders above this program. */
static void
set_up_translations (const char *program)
{
  g_autofree char *folder = g_path_get_dirname (program);
  g_autofree char *po = g_build_filename (folder, "..", "..", "..", "po", NULL);

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, po);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (AdwApplication) application = NULL;
  gboolean is_narrow = argc > 1 && strcmp (argv[1], "narrow") == 0;

  set_up_translations (argv[0]);
  udpnat_label_width_install ();
  application = adw_application_new ("io.github.udpnat.Udpnat.FileRows",
                                     G_APPLICATION_NON_UNIQUE);
  g_object_set (application, "resource-base-path", "/io/github/udpnat/Udpnat", NULL);
  g_signal_connect (application, "activate", G_CALLBACK (activate_cb),
                    GINT_TO_POINTER (is_narrow));
  return g_application_run (G_APPLICATION (application), 1, argv);
}
