#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void udpnat_escape_closes (GtkWidget *window);

G_END_DECLS
