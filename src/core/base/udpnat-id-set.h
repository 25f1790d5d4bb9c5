#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_ID_SET_ID_MAX 0xffffffu

/**
 * UdpnatIdSet:
 *
 * A hash table of numbers that stand for items elsewhere (a #UdpnatSlab), which is asked for their
 * hashes: some five bytes for each, and no call takes long, however many there are. Where strangers
 * choose what is hashed, the hash must have a secret key.
 */
typedef struct _UdpnatIdSet UdpnatIdSet;

/** UdpnatIdHash: Returns: the hash of item @id, all 32 bits of it as good as random */
typedef guint32 (*UdpnatIdHash) (gpointer      user_data,
                                 guint32       id);
/** UdpnatIdMatch: Returns: whether item @id is the one that is looked for */
typedef gboolean (*UdpnatIdMatch) (gpointer      user_data,
                                   guint32       id,
                                   gconstpointer wanted);

UdpnatIdSet *udpnat_id_set_new       (UdpnatIdHash       hash,
                                      UdpnatIdMatch      match,
                                      gpointer           user_data) G_GNUC_WARN_UNUSED_RESULT;
void         udpnat_id_set_free      (UdpnatIdSet       *self);
guint32      udpnat_id_set_find      (const UdpnatIdSet *self,
                                      guint32            hash,
                                      gconstpointer      wanted);
void         udpnat_id_set_prefetch  (const UdpnatIdSet *self,
                                      guint32            hash);
guint32      udpnat_id_set_guess     (const UdpnatIdSet *self,
                                      guint32            hash);
void         udpnat_id_set_add       (UdpnatIdSet       *self,
                                      guint32            id);
void         udpnat_id_set_remove    (UdpnatIdSet       *self,
                                      guint32            id);
guint        udpnat_id_set_get_count (const UdpnatIdSet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatIdSet, udpnat_id_set_free)

G_END_DECLS
