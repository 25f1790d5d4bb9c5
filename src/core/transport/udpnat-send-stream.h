#pragma once

#include "udpnat-limits.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatSendStream:
 *
 * The sending half of a stream: holds every byte until it is acknowledged, and says which to send
 * next. Knows no packets: its user remembers which bytes a packet carried and reports them as acked
 * or lost.
 */
typedef struct _UdpnatSendStream UdpnatSendStream;

UdpnatSendStream *udpnat_send_stream_new          (void) G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_send_stream_free         (UdpnatSendStream       *self);
gsize             udpnat_send_stream_write        (UdpnatSendStream       *self,
                                                   gsize                   n_buffer,
                                                   const guint8           *data,
                                                   gsize                   n_data);
gsize             udpnat_send_stream_get_space    (const UdpnatSendStream *self,
                                                   gsize                   n_buffer);
gsize             udpnat_send_stream_get_unacked  (const UdpnatSendStream *self);
gsize             udpnat_send_stream_get_sent     (const UdpnatSendStream *self);
gsize             udpnat_send_stream_get_sendable (const UdpnatSendStream *self);
void              udpnat_send_stream_set_limit    (UdpnatSendStream       *self,
                                                   guint64                 limit);
const guint8     *udpnat_send_stream_take         (UdpnatSendStream       *self,
                                                   gsize                   n_max,
                                                   guint64                *out_offset,
                                                   gsize                  *out_n);
void              udpnat_send_stream_handle_acked (UdpnatSendStream       *self,
                                                   guint64                 offset,
                                                   gsize                   n_bytes);
void              udpnat_send_stream_handle_lost  (UdpnatSendStream       *self,
                                                   guint64                 offset,
                                                   gsize                   n_bytes);

gboolean          udpnat_send_stream_is_idle      (const UdpnatSendStream *self,
                                                   guint64                *out_offset,
                                                   guint64                *out_limit);
UdpnatSendStream *udpnat_send_stream_new_idle     (guint64                 offset,
                                                   guint64                 limit)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatSendStream, udpnat_send_stream_free)

G_END_DECLS
