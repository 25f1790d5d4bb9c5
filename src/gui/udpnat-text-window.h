#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* A window with one text to read, select and copy: a message that is too long for its place. */
void udpnat_text_window_present (GtkWindow  *parent,
                                 const char *title,
                                 const char *text);

G_END_DECLS
