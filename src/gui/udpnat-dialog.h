#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

GtkWidget *udpnat_dialog_new (GtkWindow  *parent,
                              const char *heading,
                              const char *body) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
