#pragma once

#include "udpnat-node.h"
#include "udpnat-peer-private.h"

G_BEGIN_DECLS

/* udpnat-node-people.c: who is who */
void             udpnat_node_people_init    (UdpnatNode            *self);
void             udpnat_node_people_clear   (UdpnatNode            *self);
UdpnatPeer      *udpnat_node_find_peer      (const UdpnatNode      *self,
                                             const UdpnatPublicKey *key);
UdpnatPeer      *udpnat_node_ensure_peer    (UdpnatNode            *self,
                                             const UdpnatPublicKey *key);
void             udpnat_node_forget_presence (UdpnatNode           *self,
                                             gboolean               is_continued);
void             udpnat_node_notice_absence (UdpnatNode            *self);
UdpnatPeer      *udpnat_node_find_name      (const UdpnatNode      *self,
                                             const char            *name);
void             udpnat_node_name_peer      (UdpnatNode            *self,
                                             UdpnatPeer            *peer,
                                             const char            *name);
void             udpnat_node_limit_strangers (UdpnatNode           *self,
                                             UdpnatPeer            *newcomer);
void             udpnat_node_note_contact   (UdpnatNode            *self,
                                             UdpnatPeer            *peer);
void             udpnat_node_finish_lookup  (UdpnatNode            *self,
                                             const UdpnatAbroad    *abroad,
                                             guint32                server_request,
                                             UdpnatPeer            *peer,
                                             const char            *code);
void             udpnat_node_flush_lookups  (UdpnatNode            *self);
void             udpnat_node_fail_lookups   (UdpnatNode            *self,
                                             const UdpnatAbroad    *abroad,
                                             const char            *code);
void             udpnat_node_move_lookups   (UdpnatNode            *self,
                                             gint64                 now_us,
                                             const UdpnatAbroad    *from,
                                             UdpnatAbroad          *to);
void             udpnat_node_close_peer     (UdpnatNode            *self,
                                             UdpnatPeer            *peer);

G_END_DECLS
