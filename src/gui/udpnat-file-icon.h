#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What stands for a file that has no picture. */
GIcon *udpnat_file_icon_new (const char *content_type) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
