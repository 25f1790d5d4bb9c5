#pragma once

#include "udpnat-message.h"

G_BEGIN_DECLS

/**
 * UdpnatFleetNode:
 * @key: static key of the server there
 * @place: owned: "host" or "host:port", as behind an "@"; valid UTF-8
 *
 * One server of several that share a directory (PROTOCOL.md section 20).
 */
typedef struct
{
  guint8 key[32];
  char  *place;
} UdpnatFleetNode;

void     udpnat_fleet_node_clear     (UdpnatFleetNode         *self);

/* Writers append one whole message. A place is of at most UDPNAT_PLACE_MAX_BYTES. */
void     udpnat_write_fleet          (GByteArray              *out,
                                      guint16                  watch_s,
                                      const UdpnatFleetNode   *nodes,
                                      guint                    n_nodes);
void     udpnat_write_located        (GByteArray              *out,
                                      const guint8            *key,
                                      const UdpnatFleetNode   *node);
void     udpnat_write_move           (GByteArray              *out,
                                      const UdpnatFleetNode   *node);
void     udpnat_write_mail_at        (GByteArray              *out,
                                      const UdpnatFleetNode   *node);
void     udpnat_write_mail_fetch     (GByteArray              *out);

/* Parsers give FALSE (or NULL) for a message that breaks the protocol or has another type, and
 * then set no output that would have to be freed. */
GArray  *udpnat_parse_fleet          (const UdpnatMessageView *message,
                                      guint16                 *out_watch_s)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_located        (const UdpnatMessageView *message,
                                      guint8                  *out_key,
                                      UdpnatFleetNode         *out_node)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_move           (const UdpnatMessageView *message,
                                      UdpnatFleetNode         *out_node)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_mail_at        (const UdpnatMessageView *message,
                                      UdpnatFleetNode         *out_node)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_parse_mail_fetch     (const UdpnatMessageView *message)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
