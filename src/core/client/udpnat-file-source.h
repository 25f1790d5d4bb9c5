#pragma once

#include <gio/gio.h>

#include "udpnat-file-offer.h"

G_BEGIN_DECLS

/**
 * UdpnatFileSource:
 *
 * A file or folder here that is offered: what is in it is read and hashed once, to offer it, and
 * read again piece by piece, for who fetches it. Files are numbered as PROTOCOL.md section 21 has
 * it. Nothing is ever written.
 */
typedef struct _UdpnatFileSource UdpnatFileSource;

/**
 * UdpnatFileSourceProgress:
 * @done_bytes: read so far
 * @total_bytes: as far as is known; may grow when a file does
 */
typedef void (*UdpnatFileSourceProgress) (gint64   done_bytes,
                                          gint64   total_bytes,
                                          gpointer user_data);

void                   udpnat_file_source_prepare_async   (const char               *path,
                                                           GCancellable             *cancellable,
                                                           UdpnatFileSourceProgress  progress,
                                                           gpointer               progress_data,
                                                           GAsyncReadyCallback       callback,
                                                           gpointer                  user_data);
UdpnatFileSource      *udpnat_file_source_prepare_finish  (GAsyncResult            *result,
                                                           GError                 **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                   udpnat_file_source_free            (UdpnatFileSource        *self);

const UdpnatFileOffer *udpnat_file_source_get_offer       (const UdpnatFileSource  *self);
const char            *udpnat_file_source_get_path        (const UdpnatFileSource  *self);
guint64                udpnat_file_source_count_before    (const UdpnatFileSource  *self,
                                                           guint32                  file,
                                                           guint64                  chunk);
guint                  udpnat_file_source_get_n_skipped   (const UdpnatFileSource  *self);
gboolean               udpnat_file_source_matches         (const UdpnatFileSource  *self,
                                                           const UdpnatFileOffer   *offer);

/* Blocks: for a worker */
GBytes                *udpnat_file_source_read_chunk      (UdpnatFileSource        *self,
                                                           guint32                  file,
                                                           guint64                  chunk,
                                                           GError                 **error)
  G_GNUC_WARN_UNUSED_RESULT;
GBytes                *udpnat_file_source_dup_block       (const UdpnatFileSource  *self,
                                                           guint32                  file,
                                                           guint                    level,
                                                           guint64                  block)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFileSource, udpnat_file_source_free)

G_END_DECLS
