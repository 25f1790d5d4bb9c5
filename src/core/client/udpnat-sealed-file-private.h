#pragma once

#include <sqlite3.h>

#include "udpnat-page-seal.h"

G_BEGIN_DECLS

int udpnat_sealed_file_get_bytes (const sqlite3_vfs    *real);
int udpnat_sealed_file_open      (sqlite3_vfs          *real,
                                  const UdpnatPageSeal *seal,
                                  const char           *path,
                                  sqlite3_file         *file,
                                  int                   flags,
                                  int                  *out_flags);

G_END_DECLS
