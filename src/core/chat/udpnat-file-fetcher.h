#pragma once

#include "udpnat-file-event.h"
#include "udpnat-file-message.h"
#include "udpnat-file-offer.h"

G_BEGIN_DECLS

/**
 * UdpnatFileFetcher:
 *
 * The receiver's half of files with one peer: asks for what is wanted, as much at a time as the
 * path needs, checks each chunk against the root of what was offered as it comes, and hands it to
 * its owner. Whatever ends or begins anew, it asks from where its owner has got to.
 */
typedef struct _UdpnatFileFetcher UdpnatFileFetcher;

UdpnatFileFetcher *udpnat_file_fetcher_new            (void) G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_file_fetcher_free           (UdpnatFileFetcher       *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFileFetcher, udpnat_file_fetcher_free)

gboolean           udpnat_file_fetcher_fetch          (UdpnatFileFetcher       *self,
                                                       const UdpnatMessageId   *id,
                                                       guint32                  file,
                                                       guint64                  size,
                                               const guint8 root[UDPNAT_FILE_ROOT_BYTES],
                                                       guint64                  first_chunk)
  G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_file_fetcher_note_kept      (UdpnatFileFetcher       *self,
                                                       const UdpnatMessageId   *id,
                                                       guint32                  file);
void               udpnat_file_fetcher_stop           (UdpnatFileFetcher       *self,
                                                       const UdpnatMessageId   *id,
                                                       guint8                   reason);

gboolean           udpnat_file_fetcher_handle_message (UdpnatFileFetcher       *self,
                                                       gint64                   now_us,
                                                       gint64                   rtt_us,
                                                       const UdpnatFileMessage *message);
gboolean           udpnat_file_fetcher_has_unsent     (const UdpnatFileFetcher *self);
gboolean           udpnat_file_fetcher_is_waiting     (const UdpnatFileFetcher *self);
gboolean           udpnat_file_fetcher_is_held        (const UdpnatFileFetcher *self);
gboolean           udpnat_file_fetcher_write_next     (UdpnatFileFetcher       *self,
                                                       GByteArray              *out,
                                                       gsize                    n_max);
void               udpnat_file_fetcher_restart        (UdpnatFileFetcher       *self);
UdpnatFileEvent   *udpnat_file_fetcher_pop_event      (UdpnatFileFetcher       *self)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
