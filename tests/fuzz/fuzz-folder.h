#pragma once

#include <glib.h>

#include "udpnat-reader.h"

G_BEGIN_DECLS

/* A folder of this process for what a target has to have as files; gone when the process ends.
 * Where: $TMPDIR. In memory it is many times as fast. */
const char *fuzz_folder_get       (void);
void        fuzz_folder_clear     (void);
char       *fuzz_folder_path      (const char   *name) G_GNUC_WARN_UNUSED_RESULT;
char       *fuzz_folder_put       (const char   *name,
                                   const void   *data,
                                   gsize         n_data) G_GNUC_WARN_UNUSED_RESULT;
void        fuzz_folder_spoil     (const char   *path,
                                   UdpnatReader *input);

G_END_DECLS
