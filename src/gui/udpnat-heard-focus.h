#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void udpnat_heard_focus_grab (GtkWidget *widget);

G_END_DECLS
