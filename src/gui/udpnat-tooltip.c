/* Tooltips as wide as their text, up to fifty characters.
 *
 * GtkTooltip gives its label as many columns as the text has characters. A Chinese character is two
 * columns wide, so a tooltip of two characters came out as a column of one (seen with GTK 4.8).
 * Instead of that label we show one of our own, which GTK offers by the signal "query-tooltip". The
 * widgets keep their tooltips as text, in their templates.
 *
 * Whenever a widget that is not hidden gets a text, GTK 4.8 asks where the pointer is, as there may
 * be something new to show. To X11 that is six questions, and everything waits for the answers. So
 * rows of lists, of which there are hundreds, hide before they get a tooltip (in a template
 * "visible" stands before "tooltip-text"), or answer when asked (udpnat_tooltip_answer()).
 */
#include "config.h"

#include "udpnat-tooltip.h"

#define LABEL_KEY "udpnat-tooltip-label"
#define MAX_COLUMNS 50 /* as GtkTooltip has it */

static GtkLabel *
ensure_label (GtkWidget *widget)
{
  GtkWidget *label = g_object_get_data (G_OBJECT (widget), LABEL_KEY);

  if (label == NULL)
    {
      label = gtk_label_new (NULL);
      gtk_label_set_wrap (GTK_LABEL (label), TRUE);
      gtk_label_set_max_width_chars (GTK_LABEL (label), MAX_COLUMNS);
      g_object_set_data_full (G_OBJECT (widget), LABEL_KEY, g_object_ref_sink (label),
                              g_object_unref);
    }
  return GTK_LABEL (label);
}

/** udpnat_tooltip_answer: what a handler of "query-tooltip" of @widget does to show @markup */
void
udpnat_tooltip_answer (GtkWidget  *widget,
                       GtkTooltip *tooltip,
                       const char *markup)
{
  GtkLabel *label = ensure_label (widget);

  gtk_label_set_markup (label, markup);
  gtk_tooltip_set_custom (tooltip, GTK_WIDGET (label));
}

/** udpnat_tooltip_set_text: @text: (nullable): most of the time the one that @widget has already */
void
udpnat_tooltip_set_text (GtkWidget  *widget,
                         const char *text)
{
  if (g_strcmp0 (gtk_widget_get_tooltip_text (widget), text) != 0)
    gtk_widget_set_tooltip_text (widget, text);
}

static gboolean
query_tooltip_cb (GtkWidget  *widget,
                  int         x,
                  int         y,
                  gboolean    is_keyboard,
                  GtkTooltip *tooltip)
{
  const char *markup = gtk_widget_get_tooltip_markup (widget);

  if (markup == NULL || !gtk_widget_get_has_tooltip (widget))
    return FALSE;
  udpnat_tooltip_answer (widget, tooltip, markup);
  return TRUE;
}

static gboolean
hook_cb (GSignalInvocationHint *hint,
         guint                  n_values,
         const GValue          *values,
         gpointer               user_data)
{
  GtkWidget *widget = g_value_get_object (&values[0]);

  if (gtk_widget_get_has_tooltip (widget) &&
      g_signal_handler_find (widget, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, query_tooltip_cb, NULL) == 0)
    g_signal_connect (widget, "query-tooltip", G_CALLBACK (query_tooltip_cb), NULL);
  return G_SOURCE_CONTINUE;
}

/**
 * udpnat_tooltip_install:
 *
 * For every widget of the program; once, when GTK has been started. Widgets that get a tooltip when
 * they are mapped already are found by the first query; what we answer counts from the second on.
 */
void
udpnat_tooltip_install (void)
{
  static const char *const signals[] = { "map", "query-tooltip" };
  g_autoptr (GTypeClass) widget_class = g_type_class_ref (GTK_TYPE_WIDGET); /* it has the signals */

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_signal_add_emission_hook (g_signal_lookup (signals[i], GTK_TYPE_WIDGET), 0, hook_cb, NULL,
                                NULL);
}
