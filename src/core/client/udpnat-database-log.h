#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

gboolean udpnat_database_log_is_whole (sqlite3    *db,
                                       const char *path) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
