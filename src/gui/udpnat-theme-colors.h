#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * UdpnatThemeColors:
 * @text: of labels
 * @dim: of what matters less; the same as @text in high contrast
 * @faint: of surfaces and grid lines
 * @accent: of what is in use
 * @warning: of what does not work
 *
 * The theme's colours, for widgets that draw themselves.
 */
typedef struct
{
  GdkRGBA text;
  GdkRGBA dim;
  GdkRGBA faint;
  GdkRGBA accent;
  GdkRGBA warning;
} UdpnatThemeColors;

void udpnat_theme_colors_read  (UdpnatThemeColors *self,
                                GtkWidget         *widget);
void udpnat_theme_colors_watch (GtkWidget         *widget);

G_END_DECLS
