#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

void udpnat_large_letters_arrange (GtkWidget *window);

G_END_DECLS
