#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

void udpnat_trouble_show (GtkWindow  *parent,
                          const char *heading,
                          const char *text);

G_END_DECLS
