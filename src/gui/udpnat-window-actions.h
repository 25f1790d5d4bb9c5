#pragma once

#include "udpnat-window.h"

G_BEGIN_DECLS

void udpnat_window_install_actions (GtkWidgetClass *widget_class);

G_END_DECLS
