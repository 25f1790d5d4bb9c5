#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean udpnat_quiet_hours_contain (int        from,
                                     int        to,
                                     int        minute);
gboolean udpnat_quiet_hours_are_now (GSettings *settings);

G_END_DECLS
