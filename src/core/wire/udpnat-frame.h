#pragma once

#include "udpnat-frame-type.h"
#include "udpnat-limits.h"
#include "udpnat-message.h"
#include "udpnat-reader.h"
#include "udpnat-writer.h"

G_BEGIN_DECLS

#define UDPNAT_FRAME_HEADER_BYTES 3
/* What STREAM needs besides its data: frame header, stream, offset. */
#define UDPNAT_STREAM_OVERHEAD_BYTES (UDPNAT_FRAME_HEADER_BYTES + 4 + 8)
#define UDPNAT_EARLY_OVERHEAD_BYTES (UDPNAT_FRAME_HEADER_BYTES + 4)
#define UDPNAT_RELAY_OVERHEAD_BYTES (UDPNAT_FRAME_HEADER_BYTES + 4)
/* What INCOMING needs at most besides the packet: frame header, handle, the longest name. */
#define UDPNAT_INCOMING_OVERHEAD_MAX_BYTES \
  (UDPNAT_FRAME_HEADER_BYTES + 4 + 2 + UDPNAT_NAME_MAX_BYTES)
#define UDPNAT_DIAL_OVERHEAD_BYTES (UDPNAT_FRAME_HEADER_BYTES + 32)
#define UDPNAT_ACK_FRAME_MIN_BYTES (UDPNAT_FRAME_HEADER_BYTES + 8 + 4 + 4)
#define UDPNAT_ACK_FRAME_MAX_BYTES (UDPNAT_ACK_FRAME_MIN_BYTES + 8 * (UDPNAT_ACK_MAX_RANGES - 1))
#define UDPNAT_CLOSE_TEXT_MAX_BYTES 128

/**
 * UdpnatFrameView:
 * @type: a [enum@UdpnatFrameType], or one that we do not know
 * @body: (array length=n_body): never %NULL; points into what was read
 */
typedef struct
{
  guint8        type;
  const guint8 *body;
  gsize         n_body;
} UdpnatFrameView;

/* Packet numbers @first to @last, both included. */
typedef struct
{
  guint64 first;
  guint64 last;
} UdpnatAckRange;

/**
 * UdpnatAck:
 * @delay_us: how long the largest number has waited for this ACK
 * @ranges: newest first, neither overlapping nor adjacent; there is at least one
 */
typedef struct
{
  guint32        delay_us;
  guint          n_ranges;
  UdpnatAckRange ranges[UDPNAT_ACK_MAX_RANGES];
} UdpnatAck;

typedef struct
{
  guint32       stream;
  guint64       offset;
  const guint8 *data;
  gsize         n_data;
} UdpnatStreamFrame;

/* Readers give FALSE for a frame that breaks the protocol or has another type; what they lend
 * points into the frame. Writers give FALSE, with nothing written, when the frame does not fit. */

gboolean udpnat_frame_next                 (UdpnatReader          *reader,
                                            UdpnatFrameView       *out_frame)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_is_eliciting         (guint8                 type);

gboolean udpnat_frame_parse_ack            (const UdpnatFrameView *frame,
                                            UdpnatAck             *out_ack)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_stream         (const UdpnatFrameView *frame,
                                            UdpnatStreamFrame     *out_stream)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_stream_window  (const UdpnatFrameView *frame,
                                            guint32               *out_stream,
                                            guint64               *out_offset)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_close          (const UdpnatFrameView *frame,
                                            guint16               *out_reason,
                                            const char           **out_text,
                                            gsize                 *out_n_text)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_early          (const UdpnatFrameView *frame,
                                            guint32               *out_stream,
                                            const guint8         **out_data,
                                            gsize                 *out_n_data)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_observed       (const UdpnatFrameView *frame,
                                            UdpnatAddress         *out_address)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_path_challenge (const UdpnatFrameView *frame,
                                            guint64               *out_token)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_path_response  (const UdpnatFrameView *frame,
                                            guint64               *out_token,
                                            UdpnatAddress         *out_observed)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_relay          (const UdpnatFrameView *frame,
                                            guint32               *out_handle,
                                            const guint8         **out_inner,
                                            gsize                 *out_n_inner)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_dial           (const UdpnatFrameView *frame,
                                            guint8                 out_key[32],
                                            const guint8         **out_inner,
                                            gsize                 *out_n_inner)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_relay_failed   (const UdpnatFrameView *frame,
                                            guint32               *out_handle,
                                            guint8                *out_code,
                                            guint32               *out_rate_kib)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_dial_failed    (const UdpnatFrameView *frame,
                                            guint8                 out_key[32],
                                            guint8                *out_code)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_incoming       (const UdpnatFrameView *frame,
                                            guint32               *out_handle,
                                            char                 **out_name,
                                            const guint8         **out_inner,
                                            gsize                 *out_n_inner)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_frame_parse_message        (const UdpnatFrameView *frame,
                                            UdpnatMessageView     *out_message)
  G_GNUC_WARN_UNUSED_RESULT;

gboolean udpnat_frame_write_pad            (UdpnatWriter            *writer,
                                            gsize                    n_body);
gboolean udpnat_frame_write_ping           (UdpnatWriter            *writer);
gboolean udpnat_frame_write_ack            (UdpnatWriter            *writer,
                                            const UdpnatAck         *ack);
gboolean udpnat_frame_write_stream         (UdpnatWriter            *writer,
                                            const UdpnatStreamFrame *stream);
gboolean udpnat_frame_write_stream_window  (UdpnatWriter            *writer,
                                            guint32                  stream,
                                            guint64                  offset);
gboolean udpnat_frame_write_close          (UdpnatWriter            *writer,
                                            guint16                  reason,
                                            const char              *text);
gboolean udpnat_frame_write_early          (UdpnatWriter            *writer,
                                            guint32                  stream,
                                            const guint8            *data,
                                            gsize                    n_data);
gboolean udpnat_frame_write_observed       (UdpnatWriter            *writer,
                                            const UdpnatAddress     *address);
gboolean udpnat_frame_write_path_challenge (UdpnatWriter            *writer,
                                            guint64                  token);
gboolean udpnat_frame_write_path_response  (UdpnatWriter            *writer,
                                            guint64                  token,
                                            const UdpnatAddress     *observed);
gboolean udpnat_frame_write_relay          (UdpnatWriter            *writer,
                                            guint32                  handle,
                                            const guint8            *inner,
                                            gsize                    n_inner);
gboolean udpnat_frame_write_dial           (UdpnatWriter            *writer,
                                            const guint8             key[32],
                                            const guint8            *inner,
                                            gsize                    n_inner);
gboolean udpnat_frame_write_relay_failed   (UdpnatWriter            *writer,
                                            guint32                  handle,
                                            guint8                   code,
                                            guint32                  rate_kib);
gboolean udpnat_frame_write_dial_failed    (UdpnatWriter            *writer,
                                            const guint8             key[32],
                                            guint8                   code);
gboolean udpnat_frame_write_incoming       (UdpnatWriter            *writer,
                                            guint32                  handle,
                                            const char              *name,
                                            const guint8            *inner,
                                            gsize                    n_inner);
gboolean udpnat_frame_write_message        (UdpnatWriter            *writer,
                                            const GByteArray        *message);

G_END_DECLS
