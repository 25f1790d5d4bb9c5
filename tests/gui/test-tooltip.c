/* That tooltips are as wide as their text, also where a character is two columns wide. */
#include "config.h"

#include <gtk/gtk.h>

#include "udpnat-tooltip.h"

typedef struct
{
  GtkWidget *window;
  GtkWidget *button;
  GtkTooltip *tooltip;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer text)
{
  fixture->window = gtk_window_new ();
  fixture->button = gtk_button_new ();
  fixture->tooltip = g_object_new (GTK_TYPE_TOOLTIP, NULL);
  gtk_widget_set_tooltip_text (fixture->button, text);
  gtk_window_set_child (GTK_WINDOW (fixture->window), fixture->button);
  gtk_window_present (GTK_WINDOW (fixture->window));
  while (!gtk_widget_get_mapped (fixture->button))
    g_main_context_iteration (NULL, TRUE);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer text)
{
  gtk_tooltip_set_custom (fixture->tooltip, NULL);
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  g_object_unref (fixture->tooltip);
}

/* Returns: (transfer none): what is shown when the pointer is there for the first time */
static GtkWidget *
show (Fixture *fixture)
{
  gboolean is_shown = FALSE;
  GtkWidget *label;

  g_signal_emit_by_name (fixture->button, "query-tooltip", 0, 0, FALSE, fixture->tooltip,
                         &is_shown);
  g_assert_true (is_shown);
  label = g_object_get_data (G_OBJECT (fixture->button), "udpnat-tooltip-label");
  g_assert_true (GTK_IS_LABEL (label));
  g_assert_nonnull (gtk_widget_get_parent (label));
  return label;
}

static int
measure_height (GtkWidget *label)
{
  GtkRequisition natural;

  gtk_widget_get_preferred_size (label, NULL, &natural);
  return natural.height;
}

static void
test_short (Fixture      *fixture,
            gconstpointer text)
{
  GtkWidget *label = show (fixture);
  int height = measure_height (label);

  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (label)), ==, text);
  gtk_label_set_wrap (GTK_LABEL (label), FALSE);
  g_assert_cmpint (height, ==, measure_height (label));
}

static void
test_long (Fixture      *fixture,
           gconstpointer text)
{
  GtkWidget *label = show (fixture);
  int height = measure_height (label);

  gtk_label_set_wrap (GTK_LABEL (label), FALSE);
  g_assert_cmpint (height, >, measure_height (label));
}

static void
test_changed (Fixture      *fixture,
              gconstpointer text)
{
  show (fixture);
  gtk_widget_set_tooltip_text (fixture->button, "a < b");
  g_assert_cmpstr (gtk_label_get_text (GTK_LABEL (show (fixture))), ==, "a < b");
}

int
main (int    argc,
      char **argv)
{
  gtk_test_init (&argc, &argv, NULL);
  udpnat_tooltip_install ();
  g_test_add ("/gui-tooltip/chinese/in-one-line", Fixture, "新建会话", set_up, test_short, tear_down);
  g_test_add ("/gui-tooltip/latin/in-one-line", Fixture, "New Conversation", set_up, test_short,
              tear_down);
  g_test_add ("/gui-tooltip/long/wraps", Fixture,
              "将你的名字告知所在局域网中的计算机，并看到还有谁在；别人也会这样看到你和你的名字",
              set_up, test_long, tear_down);
  g_test_add ("/gui-tooltip/changed/shows-the-new-text", Fixture, "搜索", set_up, test_changed,
              tear_down);
  return g_test_run ();
}
