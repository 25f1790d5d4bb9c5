/* The owner's calls about files: each finds the peer, and has it look for what is to be sent. */

#include "config.h"

#include "udpnat-node-files.h"

#include "udpnat-node-private.h"
#include "udpnat-peer-files-private.h"

static UdpnatPeerFiles *
find (UdpnatNode             *self,
      const UdpnatPublicKey  *key,
      UdpnatPeer            **out_peer)
{
  *out_peer = g_tree_lookup (self->peers, key);
  return *out_peer != NULL ? (*out_peer)->files : NULL;
}

/* Returns: (nullable): NULL when the key is nobody's who may send or get files */
static UdpnatPeerFiles *
ensure (UdpnatNode             *self,
        gint64                  now_us,
        const UdpnatPublicKey  *key,
        UdpnatPeer            **out_peer)
{
  *out_peer = g_tree_lookup (self->peers, key);
  if (*out_peer == NULL || !udpnat_peer_is_trusted (*out_peer))
    return NULL;
  return udpnat_peer_open_files (*out_peer, now_us);
}

/* What it wants may be worth a handshake, and its events are not to wait for one. */
static void
follow (UdpnatNode *self,
        UdpnatPeer *peer)
{
  udpnat_peer_follow_files (peer);
  udpnat_node_mark_dirty (self, peer);
}

/**
 * udpnat_node_fetch_file:
 * @key: of a contact
 * @id: of their offer
 * @file: which of it; 0: what the offer's root is of
 * @first_chunk: from here on; there is such a chunk
 *
 * CHUNK events follow, each of which is to be answered with udpnat_node_note_chunk_kept() when it
 * is on the disk, and FETCHED after the last.
 *
 * Returns: %FALSE when they are no contact, or as much is fetched as may be at a time: again when
 *   something of theirs has been fetched
 */
gboolean
udpnat_node_fetch_file (UdpnatNode            *self,
                        gint64                 now_us,
                        const UdpnatPublicKey *key,
                        const UdpnatMessageId *id,
                        guint32                file,
                        guint64                size,
                        const guint8           root[UDPNAT_FILE_ROOT_BYTES],
                        guint64                first_chunk)
{
  UdpnatPeer *peer;
  UdpnatPeerFiles *files = ensure (self, now_us, key, &peer);

  if (files == NULL ||
      !udpnat_file_fetcher_fetch (files->fetcher, id, file, size, root, first_chunk))
    return FALSE;
  follow (self, peer);
  return TRUE;
}

/** udpnat_node_note_chunk_kept: the oldest chunk of @file that has not been noted is on the disk */
void
udpnat_node_note_chunk_kept (UdpnatNode            *self,
                             const UdpnatPublicKey *key,
                             const UdpnatMessageId *id,
                             guint32                file)
{
  UdpnatPeer *peer;
  UdpnatPeerFiles *files = find (self, key, &peer);

  if (files == NULL)
    return;
  udpnat_file_fetcher_note_kept (files->fetcher, id, file);
  follow (self, peer);
}

/** udpnat_node_stop_fetching: @reason: a #UdpnatFileReason that the sender is told */
void
udpnat_node_stop_fetching (UdpnatNode            *self,
                           const UdpnatPublicKey *key,
                           const UdpnatMessageId *id,
                           guint8                 reason)
{
  UdpnatPeer *peer;
  UdpnatPeerFiles *files = find (self, key, &peer);

  if (files == NULL)
    return;
  udpnat_file_fetcher_stop (files->fetcher, id, reason);
  follow (self, peer);
}

/**
 * udpnat_node_serve_file:
 * @key: of a contact
 * @id: of an offer to them
 * @reason: why nothing of it can be given now, a #UdpnatFileReason; NONE: it can
 *
 * CHUNK-WANTED and HASHES-WANTED events follow when they ask; ASKED when they ask, or have asked
 * already, and the reason is PREPARING.
 *
 * Returns: %FALSE when they are no contact, or %UDPNAT_FILE_OFFERS_MAX are open
 */
gboolean
udpnat_node_serve_file (UdpnatNode            *self,
                        gint64                 now_us,
                        const UdpnatPublicKey *key,
                        const UdpnatMessageId *id,
                        guint8                 reason)
{
  UdpnatPeer *peer;
  UdpnatPeerFiles *files = ensure (self, now_us, key, &peer);

  if (files == NULL || !udpnat_file_giver_serve (files->giver, id, reason))
    return FALSE;
  follow (self, peer);
  return TRUE;
}

/** udpnat_node_withdraw_file: nothing is offered under @id any more */
void
udpnat_node_withdraw_file (UdpnatNode            *self,
                           const UdpnatPublicKey *key,
                           const UdpnatMessageId *id)
{
  UdpnatPeer *peer;
  UdpnatPeerFiles *files = find (self, key, &peer);

  if (files == NULL)
    return;
  udpnat_file_giver_withdraw (files->giver, id);
  follow (self, peer);
}

/** udpnat_node_give_chunk: answers CHUNK-WANTED; @data: (nullable): %NULL: there is no such chunk
 * */
void
udpnat_node_give_chunk (UdpnatNode            *self,
                        const UdpnatPublicKey *key,
                        const UdpnatMessageId *id,
                        guint32                file,
                        guint64                chunk,
                        GBytes                *data)
{
  UdpnatPeer *peer;
  UdpnatPeerFiles *files = find (self, key, &peer);

  if (files == NULL)
    return;
  udpnat_file_giver_give_chunk (files->giver, id, file, chunk, data);
  follow (self, peer);
}

/** udpnat_node_give_hashes: answers HASHES-WANTED; @data: (nullable): %NULL: there are none */
void
udpnat_node_give_hashes (UdpnatNode            *self,
                         const UdpnatPublicKey *key,
                         const UdpnatMessageId *id,
                         guint32                file,
                         guint8                 level,
                         guint64                block,
                         GBytes                *data)
{
  UdpnatPeer *peer;
  UdpnatPeerFiles *files = find (self, key, &peer);

  if (files == NULL)
    return;
  udpnat_file_giver_give_hashes (files->giver, id, file, level, block, data);
  follow (self, peer);
}
