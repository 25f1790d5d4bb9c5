#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the disk says of files that are sent, in sentences for people. */
void udpnat_file_error_set_reading (GError     **error,
                                    const char  *path,
                                    int          errsv);
void udpnat_file_error_set_writing (GError     **error,
                                    const char  *folder,
                                    int          errsv);

G_END_DECLS
