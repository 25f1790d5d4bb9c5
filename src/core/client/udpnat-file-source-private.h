#pragma once

#include <sys/stat.h>

#include "udpnat-file-source.h"
#include "udpnat-tree.h"

G_BEGIN_DECLS

#define UDPNAT_FILE_SOURCE_OPEN_MAX 8

/**
 * UdpnatSourceFile:
 * @path_offset: of a file in a folder: where its path is in @paths
 * @size: bytes, when it was hashed
 * @mtime_ns: likewise
 * @tree: of more than one chunk; owned
 * @hash: of the one chunk of a smaller file: all of its tree but the root
 *
 * There may be a million.
 */
typedef struct
{
  gsize   path_offset;
  guint64 size;
  gint64  mtime_ns;
  union
  {
    UdpnatTree *tree;
    guint8      hash[UDPNAT_TREE_HASH_BYTES];
  };
} UdpnatSourceFile;

typedef struct
{
  guint32 file;
  int     fd;
} UdpnatSourceOpen;

struct _UdpnatFileSource
{
  UdpnatFileOffer  *offer;
  char             *path;  /* absolute, of what is offered */
  GString          *paths; /* of the files in a folder, each with a zero behind it */
  GArray           *files; /* of UdpnatSourceFile: the file, or those of the list in its order */
  GBytes           *list;  /* of a folder */
  UdpnatTree       *list_tree;
  guint             n_skipped;

  GMutex            mutex;
  /* under mutex: the last used first */
  UdpnatSourceOpen  open[UDPNAT_FILE_SOURCE_OPEN_MAX];
  guint             n_open;
};

UdpnatFileSource *udpnat_file_source_new       (const char             *path)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean          udpnat_source_file_is_small  (const UdpnatSourceFile *self);
gint64            udpnat_source_file_get_mtime (const struct stat      *about);
int               udpnat_file_source_open_file (const UdpnatFileSource *self,
                                                const char             *path);

G_END_DECLS
