#pragma once

#include <glib.h>

#include "udpnat-file-offer.h"

G_BEGIN_DECLS

/**
 * UdpnatFileSink:
 *
 * Where a file or folder that is fetched comes to: a hidden partial beside the place that it will
 * have at the end. Files are numbered as PROTOCOL.md section 21 has it; the chunks of each are
 * written in order, and were checked against the root before.
 *
 * All calls but get_…() and has_list() block, and it is for one thread at a time; but that what is
 * known of a file, and of its next chunk while none of it is written, may be asked for meanwhile.
 *
 * After an error of set_list, write, sync or finish it is to be opened anew. Writing fails from
 * then on; sync still tells what is safe, unless it was sync that failed.
 */
typedef struct _UdpnatFileSink UdpnatFileSink;

UdpnatFileSink *udpnat_file_sink_open           (const char             *folder,
                                                 const UdpnatFileOffer  *offer,
                                                 const char             *id_text,
                                                 const char             *partial,
                                                 gint64                  kept,
                                                 GError                **error)
  G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_file_sink_free           (UdpnatFileSink         *self);

const char     *udpnat_file_sink_get_partial    (const UdpnatFileSink   *self);
gboolean        udpnat_file_sink_has_list       (const UdpnatFileSink   *self);
guint32         udpnat_file_sink_get_n_files    (const UdpnatFileSink   *self);
gboolean        udpnat_file_sink_get_file       (const UdpnatFileSink   *self,
                                                 guint32                 file,
                                                 guint64                *out_size,
                                                 guint8                 *out_root);
gboolean        udpnat_file_sink_get_next       (UdpnatFileSink         *self,
                                                 guint32                *out_file,
                                                 guint64                *out_chunk);
gboolean        udpnat_file_sink_get_next_chunk (const UdpnatFileSink   *self,
                                                 guint32                 file,
                                                 guint64                *out_chunk);
gint64          udpnat_file_sink_get_done       (const UdpnatFileSink   *self);

gboolean        udpnat_file_sink_set_list       (UdpnatFileSink         *self,
                                                 GError                **error);
gboolean        udpnat_file_sink_write          (UdpnatFileSink         *self,
                                                 guint32                 file,
                                                 guint64                 chunk,
                                                 GBytes                 *data,
                                                 GError                **error);
gint64          udpnat_file_sink_sync           (UdpnatFileSink         *self,
                                                 GError                **error);
char           *udpnat_file_sink_finish         (UdpnatFileSink         *self,
                                                 GError                **error)
  G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_file_sink_remove         (UdpnatFileSink         *self);
void            udpnat_file_sink_discard        (const char             *partial);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFileSink, udpnat_file_sink_free)

G_END_DECLS
