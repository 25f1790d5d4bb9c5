/* The theme's colours for widgets that draw themselves. GtkStyleContext is how GTK 4.8 tells them;
 * its successor, gtk_widget_get_color(), came with 4.10. So this is the one place that asks it. */

#include "config.h"

#include "udpnat-theme-colors.h"

/* libadwaita's, should a theme not name them. */
static const GdkRGBA fallback_accent = { 0.11f, 0.44f, 0.85f, 1.0f };
static const GdkRGBA fallback_warning = { 0.78f, 0.32f, 0.0f, 1.0f };

static GdkRGBA
fade (const GdkRGBA *color,
      float          opacity)
{
  GdkRGBA faded = *color;

  faded.alpha *= opacity;
  return faded;
}

static void
look_up (GtkStyleContext *context,
         const char      *name,
         const GdkRGBA   *fallback,
         GdkRGBA         *out_color)
{
  if (!gtk_style_context_lookup_color (context, name, out_color))
    *out_color = *fallback;
}

/** udpnat_theme_colors_read: the colours of @widget as it is styled now; for its snapshot */
void
udpnat_theme_colors_read (UdpnatThemeColors *self,
                          GtkWidget         *widget)
{
  GtkStyleContext *context = gtk_widget_get_style_context (widget);
  gboolean is_strong = adw_style_manager_get_high_contrast (adw_style_manager_get_default ());

  gtk_style_context_get_color (context, &self->text);
  self->dim = fade (&self->text, is_strong ? 1.0f : 0.65f);
  self->faint = fade (&self->text, is_strong ? 0.25f : 0.1f);
  look_up (context, "accent_color", &fallback_accent, &self->accent);
  look_up (context, "warning_color", &fallback_warning, &self->warning);
}

/** udpnat_theme_colors_watch: draws @widget anew whenever the colours change */
void
udpnat_theme_colors_watch (GtkWidget *widget)
{
  AdwStyleManager *manager = adw_style_manager_get_default ();

  g_signal_connect_object (manager, "notify::dark", G_CALLBACK (gtk_widget_queue_draw), widget,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::high-contrast", G_CALLBACK (gtk_widget_queue_draw),
                           widget, G_CONNECT_SWAPPED);
}
