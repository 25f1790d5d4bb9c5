#pragma once

#include "udpnat-peer-private.h"

G_BEGIN_DECLS

/* udpnat-peer-mail.c */
void           udpnat_peer_clear_mail         (UdpnatPeer            *self);
void           udpnat_peer_drop_letter        (UdpnatPeer            *self);
const guint8  *udpnat_peer_get_mail_pass      (UdpnatPeer            *self,
                                               gboolean               is_for_sending);
gint64         udpnat_peer_get_mail_due       (const UdpnatPeer      *self);
void           udpnat_peer_pump_mail          (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_confirm_prekey     (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               guint64                prekey_id,
                                               gboolean               is_usable);
gboolean       udpnat_peer_handle_mail_result (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               const UdpnatRendezvousClient *server,
                                               guint32                request,
                                               guint8                 code);
gboolean       udpnat_peer_handle_letter      (UdpnatPeer            *self,
                                               gint64                 now_us,
                                               const guint8          *data,
                                               gsize                  n_data,
                                               GArray                *out_ids);

G_END_DECLS
