#pragma once

#include "udpnat-file-event.h"
#include "udpnat-file-offer.h"
#include "udpnat-node.h"

G_BEGIN_DECLS

/* Files with contacts. What was offered to us is fetched, what we have offered is given, from when
 * the owner says so until it says otherwise or the node ends; events are of the type
 * %UDPNAT_NODE_EVENT_FILE. The offer itself is an item like others. */

gboolean udpnat_node_fetch_file      (UdpnatNode            *self,
                                      gint64                 now_us,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id,
                                      guint32                file,
                                      guint64                size,
                                      const guint8           root[UDPNAT_FILE_ROOT_BYTES],
                                      guint64                first_chunk)
  G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_node_note_chunk_kept (UdpnatNode            *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id,
                                      guint32                file);
void     udpnat_node_stop_fetching   (UdpnatNode            *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id,
                                      guint8                 reason);

gboolean udpnat_node_serve_file      (UdpnatNode            *self,
                                      gint64                 now_us,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id,
                                      guint8                 reason)
  G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_node_withdraw_file   (UdpnatNode            *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id);
void     udpnat_node_give_chunk      (UdpnatNode            *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id,
                                      guint32                file,
                                      guint64                chunk,
                                      GBytes                *data);
void     udpnat_node_give_hashes     (UdpnatNode            *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id,
                                      guint32                file,
                                      guint8                 level,
                                      guint64                block,
                                      GBytes                *data);

G_END_DECLS
