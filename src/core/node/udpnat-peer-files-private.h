#pragma once

#include "udpnat-file-fetcher.h"
#include "udpnat-file-giver.h"
#include "udpnat-message.h"
#include "udpnat-peer-private.h"

G_BEGIN_DECLS

/* What a peer keeps of files that go over: nothing of it outlives the program, and all of it
 * outlives sessions. */
struct _UdpnatPeerFiles
{
  UdpnatFileGiver   *giver;
  UdpnatFileFetcher *fetcher;
  gint64             active_us; /* when it was last noted that something goes over */
  gint64             asked_us;  /* when the peer was last asked whether it is still there */
};

UdpnatPeerFiles *udpnat_peer_open_files       (UdpnatPeer            *self,
                                               gint64                 now_us);
void           udpnat_peer_clear_files        (UdpnatPeer            *self);
void           udpnat_peer_restart_files      (UdpnatPeer            *self);
gboolean       udpnat_peer_has_unsent_files   (const UdpnatPeer      *self);
void           udpnat_peer_follow_files       (UdpnatPeer            *self);
gboolean       udpnat_peer_handle_file_message (UdpnatPeer           *self,
                                               gint64                 now_us,
                                               const UdpnatMessageView *view);
void           udpnat_peer_fill_files         (UdpnatPeer            *self,
                                               gint64                 now_us);
gint64         udpnat_peer_get_files_due      (const UdpnatPeer      *self);
void           udpnat_peer_handle_files_deadline (UdpnatPeer         *self,
                                               gint64                 now_us);

G_END_DECLS
