#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* What is wrong with a field, said below it. */
void udpnat_field_error_show (GtkWidget  *field,
                              GtkLabel   *label,
                              const char *text);
void udpnat_field_error_hide (GtkWidget  *field,
                              GtkLabel   *label);

G_END_DECLS
