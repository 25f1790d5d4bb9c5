#pragma once

#include "udpnat-directory-message.h"
#include "udpnat-node.h"
#include "udpnat-peer-private.h"
#include "udpnat-rendezvous-client.h"

G_BEGIN_DECLS

/* How the server tells who is there, and what somebody looks at of that. */
typedef struct
{
  guint8   kind; /* a UdpnatDirectoryKind */
  gboolean is_list_told, is_watch_told, is_told; /* since the server was last connected */
  gboolean is_watching; /* contacts, as the list is not told as a whole */

  char    *prefix; /* nullable: nobody looks */
  guint    n_wanted;
  guint    n_heard; /* in this round */
  char    *after;   /* nullable: the last name of it */
  guint32  round;   /* never 0 */
  gboolean is_round_open;
  gboolean has_more;
  guint32  request; /* 0: none is open */
  gint64   due_us;  /* the next page, the next round, or the end; NEVER: not planned */
} UdpnatNodeBrowse;

/* udpnat-node-browse.c */
void     udpnat_node_browse_init             (UdpnatNode                  *self);
void     udpnat_node_browse_clear            (UdpnatNode                  *self);
void     udpnat_node_browse_note_connected   (UdpnatNode                  *self);
void     udpnat_node_browse_note_whole       (UdpnatNode                  *self,
                                              gint64                       now_us);
void     udpnat_node_browse_reset            (UdpnatNode                  *self,
                                              gint64                       now_us);
void     udpnat_node_browse_note_directory   (UdpnatNode                  *self,
                                              gint64                       now_us,
                                              guint8                       kind);
void     udpnat_node_browse_note_watched     (UdpnatNode                  *self);
void     udpnat_node_browse_note_entry       (UdpnatNode                  *self,
                                              const UdpnatDirectoryEntry  *entry);
void     udpnat_node_browse_note_found       (UdpnatNode                  *self,
                                              gint64                       now_us,
                                              UdpnatPeer                  *peer);
void     udpnat_node_browse_handle_page      (UdpnatNode                  *self,
                                              gint64                       now_us,
                                              const UdpnatRendezvousEvent *event);
void     udpnat_node_browse_update_watch     (UdpnatNode                  *self,
                                              UdpnatPeer                  *peer);
gint64   udpnat_node_browse_next_deadline    (const UdpnatNode            *self);
void     udpnat_node_browse_handle_deadline  (UdpnatNode                  *self,
                                              gint64                       now_us);

G_END_DECLS
