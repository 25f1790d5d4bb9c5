#pragma once

#include <glib.h>
#include <sqlite3.h>

#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatSealedVfsContent:
 *
 * What udpnat_sealed_vfs_probe() finds in a file.
 */
typedef enum
{
  UDPNAT_SEALED_VFS_CONTENT_NONE,       /* no file, or an empty one */
  UDPNAT_SEALED_VFS_CONTENT_CLEAR,      /* a SQLite database that is not encrypted */
  UDPNAT_SEALED_VFS_CONTENT_SEALED,     /* encrypted with this key */
  UDPNAT_SEALED_VFS_CONTENT_WRONG_KEY,  /* nothing in it opens with this key */
  UDPNAT_SEALED_VFS_CONTENT_DAMAGED,    /* the key is right or the file no database at all */
  UDPNAT_SEALED_VFS_CONTENT_UNREADABLE, /* the system gives no access: see errno */
} UdpnatSealedVfsContent;

int                    udpnat_sealed_vfs_open    (const char    *path,
                                                  int            flags,
                                                  const guint8  *key,
                                                  sqlite3      **out_db)
  G_GNUC_WARN_UNUSED_RESULT;
int                    udpnat_sealed_vfs_close   (sqlite3       *db);
UdpnatSealedVfsContent udpnat_sealed_vfs_probe   (const char    *path,
                                                  const guint8   key[UDPNAT_KEY_BYTES]);
int                    udpnat_sealed_vfs_settle  (const char    *path,
                                                  const guint8  *key)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean               udpnat_sealed_vfs_convert (const char    *path,
                                                  const guint8  *old_key,
                                                  const guint8  *new_key,
                                                  GError       **error)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
