#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void udpnat_tooltip_install  (void);
void udpnat_tooltip_set_text (GtkWidget  *widget,
                              const char *text);
void udpnat_tooltip_answer   (GtkWidget  *widget,
                              GtkTooltip *tooltip,
                              const char *markup);

G_END_DECLS
