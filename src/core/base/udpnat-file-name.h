#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Names of files as others send them, and what becomes of them on a disk here. */
gboolean udpnat_file_name_is_valid  (const char *name,
                                     gsize       n_name) G_GNUC_WARN_UNUSED_RESULT;
char    *udpnat_file_name_make_safe (const char *name) G_GNUC_WARN_UNUSED_RESULT;
char    *udpnat_file_name_number    (const char *name,
                                     guint       n) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
