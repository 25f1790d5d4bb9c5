/* What a banner shows fits into it, whatever it showed before. */

#include "config.h"

#include "udpnat-banner.h"

#define N_FRAMES 4

static const UdpnatBannerButton two_buttons[] = {
  { "_Block", "test.block", NULL },
  { "_Accept", "test.accept", "suggested-action" },
};

typedef struct
{
  GtkWidget *window;
  GtkWidget *banner;
} Fixture;

static gboolean
count_cb (GtkWidget     *widget,
          GdkFrameClock *clock,
          gpointer       user_data)
{
  guint *n_left = user_data;

  return --*n_left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Everything is measured, and has its place. */
static void
wait_for_frames (Fixture *self)
{
  guint n_left = N_FRAMES;

  gtk_widget_add_tick_callback (self->window, count_cb, &n_left, NULL);
  while (n_left > 0)
    g_main_context_iteration (NULL, TRUE);
}

static GtkWidget *
find_button (GtkWidget *widget)
{
  GtkWidget *found = GTK_IS_BUTTON (widget) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); found == NULL && child != NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_button (child);
  return found;
}

static void
set_up (Fixture      *self,
        gconstpointer data)
{
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  self->window = g_object_ref_sink (gtk_window_new ());
  self->banner = udpnat_banner_new ();
  gtk_widget_set_valign (self->banner, GTK_ALIGN_START);
  gtk_window_set_default_size (GTK_WINDOW (self->window), 600, 300);
  gtk_window_set_child (GTK_WINDOW (self->window), self->banner);
  gtk_window_present (GTK_WINDOW (self->window));
  wait_for_frames (self);
}

static void
tear_down (Fixture      *self,
           gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (self->window));
  g_object_unref (self->window);
}

/* The place of the buttons was measured while it was empty, and hidden; then buttons came. */
static void
test_buttons_after_none (Fixture      *self,
                         gconstpointer data)
{
  GtkWidget *button;

  udpnat_banner_show (UDPNAT_BANNER (self->banner), "dialog-information-symbolic",
                      "Your messages wait here.", NULL, 0);
  wait_for_frames (self);
  g_assert_null (find_button (self->banner));
  udpnat_banner_show (UDPNAT_BANNER (self->banner), "dialog-question-symbolic",
                      "Somebody would like to talk with you.", two_buttons,
                      G_N_ELEMENTS (two_buttons));
  wait_for_frames (self);
  button = find_button (self->banner);
  g_assert_nonnull (button);
  g_assert_cmpint (gtk_widget_get_width (button), >, 0);
  g_assert_cmpint (gtk_widget_get_height (button), >, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  adw_init ();
  g_test_add ("/banner/buttons/have-room-after-none", Fixture, NULL, set_up,
              test_buttons_after_none, tear_down);
  return g_test_run ();
}
