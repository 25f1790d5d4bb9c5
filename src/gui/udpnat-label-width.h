#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void udpnat_label_width_install (void);

G_END_DECLS
