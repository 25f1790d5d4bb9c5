#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void udpnat_spoken_name_install (void);
void udpnat_spoken_name_set     (GtkWidget  *widget,
                                 const char *name,
                                 const char *description);

G_END_DECLS
