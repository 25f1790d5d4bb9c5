#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void udpnat_announcement_make (GtkWidget  *widget,
                               const char *sentence);

G_END_DECLS
