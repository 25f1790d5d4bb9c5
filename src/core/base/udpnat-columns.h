#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint udpnat_columns_count (const char *text);
char *udpnat_columns_pad   (const char *text,
                            guint       n_columns) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
