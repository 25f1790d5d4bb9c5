#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_CHUNK_BYTES 65536
#define UDPNAT_TREE_HASH_BYTES 32
#define UDPNAT_TREE_FANOUT 1024
#define UDPNAT_TREE_BLOCK_BYTES (UDPNAT_TREE_FANOUT * UDPNAT_TREE_HASH_BYTES)
#define UDPNAT_TREE_LEVELS_MAX 4
/* What 1,024 to the power of 3 chunks hold: 64 TiB. */
#define UDPNAT_TREE_SIZE_MAX (G_GUINT64_CONSTANT (1) << 46)

/**
 * UdpnatTree:
 *
 * Hashes of the chunks of a file, hashes of 1,024 of these each, and so on up to one, the root, in
 * which the length is as well (PROTOCOL.md section 21). Whoever knows root and length can check
 * each chunk by itself, as soon as it comes, when told the blocks of hashes on its way up.
 *
 * A tree is built, chunk after chunk, or learned, block after block from the top down. 32 bytes for
 * each chunk and a little more: 20 MB for 40 GB.
 */
typedef struct _UdpnatTree UdpnatTree;

UdpnatTree   *udpnat_tree_new          (guint64           size)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatTree   *udpnat_tree_new_for_root (guint64           size,
                                        const guint8      root[UDPNAT_TREE_HASH_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_tree_free         (UdpnatTree       *self);
guint64       udpnat_tree_get_size     (const UdpnatTree *self);
guint64       udpnat_tree_count_chunks (const UdpnatTree *self);
gsize         udpnat_tree_get_chunk_bytes (const UdpnatTree *self,
                                        guint64           chunk);

/* Building */
void          udpnat_tree_add_chunk    (UdpnatTree       *self,
                                        const guint8     *data,
                                        gsize             n_data);
gboolean      udpnat_tree_get_root     (const UdpnatTree *self,
                                        guint8            out[UDPNAT_TREE_HASH_BYTES]);
const guint8 *udpnat_tree_get_block    (const UdpnatTree *self,
                                        guint             level,
                                        guint64           block,
                                        gsize            *out_n);

/* Learning */
gboolean      udpnat_tree_find_missing (const UdpnatTree *self,
                                        guint64           chunk,
                                        guint            *out_level,
                                        guint64          *out_block);
gboolean      udpnat_tree_learn_block  (UdpnatTree       *self,
                                        guint             level,
                                        guint64           block,
                                        const guint8     *data,
                                        gsize             n_data) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_tree_check_chunk  (const UdpnatTree *self,
                                        guint64           chunk,
                                        const guint8     *data,
                                        gsize             n_data) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatTree, udpnat_tree_free)

G_END_DECLS
