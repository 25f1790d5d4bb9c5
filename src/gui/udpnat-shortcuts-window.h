#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* A window that says what the keys do. */
void udpnat_shortcuts_window_present (GtkWindow *parent);

G_END_DECLS
