#pragma once

#include <glib.h>

G_BEGIN_DECLS

GDateTime *udpnat_local_time_new (gint64 wall_us) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
