#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes of a file, all of them or an error in errno; a folder whose renames are on the disk; since
 * when what was written is there; and whether somebody has locked a file. */
gboolean udpnat_file_io_read_at     (int           fd,
                                     guint8       *out,
                                     gsize         n_out,
                                     gint64        offset) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_file_io_write_at    (int           fd,
                                     const guint8 *data,
                                     gsize         n_data,
                                     gint64        offset) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_file_io_sync_folder (const char   *path) G_GNUC_WARN_UNUSED_RESULT;
char    *udpnat_file_io_dup_boot    (void) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_file_io_is_locked   (const char   *path) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
