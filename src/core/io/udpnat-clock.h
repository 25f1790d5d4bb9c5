#pragma once

#include <glib.h>

G_BEGIN_DECLS

gint64 udpnat_clock_get_now_us  (void);
gint64 udpnat_clock_get_wall_us (void);

G_END_DECLS
