#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void udpnat_spoken_name_install (void);

G_END_DECLS
