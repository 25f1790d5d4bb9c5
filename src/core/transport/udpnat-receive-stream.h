#pragma once

#include "udpnat-limits.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatReceiveStream:
 *
 * The receiving half of a stream: puts bytes in order, and keeps what came too early. Holds at most
 * one window of bytes and %UDPNAT_RECEIVE_RANGES_MAX pieces, whatever the peer sends.
 */
typedef struct _UdpnatReceiveStream UdpnatReceiveStream;

/**
 * UdpnatReceiveResult:
 * @UDPNAT_RECEIVE_TAKEN: stored, or seen before
 * @UDPNAT_RECEIVE_NO_ROOM: too many pieces; the packet must not be acknowledged, so that it comes
 *   again
 * @UDPNAT_RECEIVE_BEYOND_WINDOW: the peer broke its limit
 */
typedef enum
{
  UDPNAT_RECEIVE_TAKEN,
  UDPNAT_RECEIVE_NO_ROOM,
  UDPNAT_RECEIVE_BEYOND_WINDOW,
} UdpnatReceiveResult;

UdpnatReceiveStream *udpnat_receive_stream_new             (void) G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_receive_stream_free            (UdpnatReceiveStream       *self);
UdpnatReceiveResult  udpnat_receive_stream_handle_data     (UdpnatReceiveStream       *self,
                                                            guint64                    offset,
                                                            const guint8              *data,
                                                            gsize                      n_data);
const guint8        *udpnat_receive_stream_peek            (const UdpnatReceiveStream *self,
                                                            gsize                     *out_n);
gboolean             udpnat_receive_stream_consume         (UdpnatReceiveStream       *self,
                                                            gsize                      n_consumed);
guint64              udpnat_receive_stream_take_limit      (UdpnatReceiveStream       *self,
                                                            gint64                     now_us,
                                                            gint64                     rtt_us,
                                                            gsize                     *n_spare);

gboolean             udpnat_receive_stream_is_idle         (const UdpnatReceiveStream *self,
                                                            guint64                   *out_offset,
                                                            guint64                   *out_limit);
UdpnatReceiveStream *udpnat_receive_stream_new_idle        (guint64                    offset,
                                                            guint64                    limit)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatReceiveStream, udpnat_receive_stream_free)

G_END_DECLS
