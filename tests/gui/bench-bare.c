/* The least that a window with a list costs on this machine, for comparison with ours: a window of
 * libadwaita with a header bar and fourteen rows of text.
 *
 *     bench-bare STARTED_US
 *
 * Prints lines of "name value" as bench-window does. */

#include "config.h"

#include <adwaita.h>
#include <stdio.h>
#include <time.h>

#define N_ROWS 14

static gint64 started_us;

static void
after_paint_cb (GdkFrameClock *clock,
                gpointer       unused)
{
  struct timespec used;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &used);
  printf ("bare-ms %.3f\nbare-cpu-ms %.3f\n",
          (double) (g_get_monotonic_time () - started_us) / 1e3,
          (double) used.tv_sec * 1e3 + (double) used.tv_nsec / 1e6);
  g_application_quit (g_application_get_default ());
}

static void
realize_cb (GtkWidget *window,
            gpointer   unused)
{
  g_signal_connect (gtk_widget_get_frame_clock (window), "after-paint",
                    G_CALLBACK (after_paint_cb), NULL);
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          gpointer                  unused)
{
  gtk_list_item_set_child (item, gtk_label_new ("Somebody"));
}

static GtkWidget *
create_list (void)
{
  GtkStringList *names = gtk_string_list_new (NULL);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  for (guint i = 0; i < N_ROWS; i++)
    gtk_string_list_append (names, "somebody");
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  return gtk_list_view_new (GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (names))),
                            factory);
}

static void
activate_cb (GtkApplication *application,
             gpointer        unused)
{
  GtkWidget *window = adw_application_window_new (application);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), create_list ());
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (window), box);
  gtk_window_set_default_size (GTK_WINDOW (window), 900, 640);
  g_signal_connect (window, "realize", G_CALLBACK (realize_cb), NULL);
  gtk_window_present (GTK_WINDOW (window));
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (AdwApplication) application = NULL;

  if (argc != 2)
    return 2;
  started_us = g_ascii_strtoll (argv[1], NULL, 10);
  application = adw_application_new ("io.github.udpnat.Bare", G_APPLICATION_NON_UNIQUE);
  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), NULL);
  return g_application_run (G_APPLICATION (application), 1, argv);
}
