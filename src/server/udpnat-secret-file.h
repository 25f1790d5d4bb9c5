#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A small file of keys in the state directory, for its owner's eyes only. */
gboolean udpnat_secret_file_write (const char   *path,
                                   const guint8 *data,
                                   gsize         n_data) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_secret_file_read  (const char   *path,
                                   guint8       *out,
                                   gsize         n_out) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
