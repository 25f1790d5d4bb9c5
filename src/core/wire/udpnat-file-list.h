#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_FILE_LIST_ROOT_BYTES 32

/**
 * UdpnatFileListEntry:
 * @is_folder: a folder, which has neither size nor root
 * @path: (array length=n_path): names joined by "/", without a final zero; lent by the list
 * @size: bytes
 * @root: of the file's tree of hashes; lent by the list
 */
typedef struct
{
  gboolean      is_folder;
  const char   *path;
  gsize         n_path;
  guint64       size;
  const guint8 *root;
} UdpnatFileListEntry;

/**
 * UdpnatFileList:
 *
 * What is in a folder that is sent (PROTOCOL.md section 21, "Folders"). Keeps the bytes it was read
 * from, and four more for each entry.
 */
typedef struct _UdpnatFileList UdpnatFileList;

/* Writing: entries are appended in the order of udpnat_file_list_compare() */
int             udpnat_file_list_compare       (const char     *a,
                                                gsize           n_a,
                                                const char     *b,
                                                gsize           n_b);
void            udpnat_file_list_append_file   (GByteArray     *out,
                                                const char     *path,
                                                guint64         size,
                                                const guint8    root[UDPNAT_FILE_LIST_ROOT_BYTES]);
void            udpnat_file_list_append_folder (GByteArray     *out,
                                                const char     *path);

UdpnatFileList *udpnat_file_list_parse         (GBytes         *bytes) G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_file_list_free          (UdpnatFileList *self);
guint           udpnat_file_list_get_n_entries (const UdpnatFileList *self);
guint           udpnat_file_list_get_n_files   (const UdpnatFileList *self);
guint64         udpnat_file_list_get_size      (const UdpnatFileList *self);
void            udpnat_file_list_get_entry     (const UdpnatFileList *self,
                                                guint                 i,
                                                UdpnatFileListEntry  *out_entry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFileList, udpnat_file_list_free)

G_END_DECLS
