#pragma once

#include "udpnat-file-sink.h"

#include "udpnat-file-list.h"
#include "udpnat-tree.h"

G_BEGIN_DECLS

#define UDPNAT_FILE_SINK_OPEN_MAX 8
#define UDPNAT_FILE_SINK_SUFFIX ".udpnat-part"
/* In the hidden folder. No file that is sent has a name with a dot in front. */
#define UDPNAT_FILE_SINK_LIST ".udpnat-list"

/**
 * UdpnatSinkFile:
 * @path: (nullable): in the hidden folder; %NULL when it is as in the list
 * @start: bytes of all files before
 * @size: bytes
 * @done: bytes that are written, whole chunks of them or all
 * @safe: of them, bytes that are on the disk
 * @entry: in the list
 * @is_dirty: something was written since the last sync
 */
typedef struct
{
  char    *path;
  guint64  start;
  guint64  size;
  guint64  done;
  guint64  safe;
  guint32  entry;
  gboolean is_dirty;
} UdpnatSinkFile;

typedef struct
{
  guint32 file;
  int     fd;
} UdpnatSinkOpen;

struct _UdpnatFileSink
{
  UdpnatFileOffer *offer;
  char            *folder;
  char            *partial; /* path */
  const char      *partial_name; /* the last part of it */
  int              folder_fd;
  int              root_fd;  /* of the hidden folder, or -1 */
  gint64           kept;     /* what an earlier run said is safe */
  gboolean         is_found; /* an earlier run made it */
  gboolean         is_over;  /* finished or removed */
  int              write_error; /* errno of what failed, or 0 */
  int              sync_error;

  UdpnatSinkFile   main;     /* number 0 */
  UdpnatFileList  *list;     /* of a folder, when it is there */
  UdpnatSinkFile  *files;    /* from number 1 */
  guint32          n_files;
  guint64          n_done;   /* bytes of all */
  guint32          first;    /* all files before that number are whole */

  GArray          *dirty;    /* of guint32 */
  UdpnatSinkOpen   open[UDPNAT_FILE_SINK_OPEN_MAX]; /* the last used first */
  guint            n_open;
  char            *parent;   /* in the hidden folder: the folder that @parent_fd is of */
  int              parent_fd;
};

/* udpnat-file-sink.c */
UdpnatSinkFile *udpnat_file_sink_lookup      (const UdpnatFileSink *self,
                                              guint32               file);
gboolean        udpnat_file_sink_is_partial  (const char           *name);
gboolean        udpnat_file_sink_is_whole    (const UdpnatFileSink *self);
gboolean        udpnat_file_sink_fail        (const UdpnatFileSink *self,
                                              int                   errsv,
                                              GError              **error);
gboolean        udpnat_file_sink_fail_inside (const UdpnatFileSink *self,
                                              int                   errsv,
                                              GError              **error);
gboolean        udpnat_file_sink_check_ours  (int                   fd,
                                              gint64               *out_size);
guint64         udpnat_file_sink_trust       (const UdpnatFileSink *self,
                                              const UdpnatSinkFile *file,
                                              guint64               n_on_disk);
gboolean        udpnat_file_sink_check_size  (const UdpnatFileSink *self,
                                              guint64               size,
                                              GError              **error);
gboolean        udpnat_file_sink_cut         (int                   fd,
                                              guint64               size);
int             udpnat_file_sink_get_fd      (UdpnatFileSink       *self,
                                              guint32               file);
void            udpnat_file_sink_close_all   (UdpnatFileSink       *self);

/* udpnat-file-sink-end.c */
void            udpnat_file_sink_empty       (UdpnatFileSink       *self);

/* udpnat-file-sink-folder.c */
int             udpnat_file_sink_open_inside (UdpnatFileSink       *self,
                                              const char           *path,
                                              int                   flags);
char           *udpnat_file_sink_dup_path    (const UdpnatFileSink *self,
                                              const UdpnatSinkFile *file)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
