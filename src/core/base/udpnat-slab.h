#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatSlab:
 *
 * Many items of one size, each known by a number of 32 bits, so that other items can name it in
 * four bytes. An item stays where it is as long as it is there. 0 is no item's number.
 */
typedef struct _UdpnatSlab UdpnatSlab;

UdpnatSlab *udpnat_slab_new       (gsize             item_bytes) G_GNUC_WARN_UNUSED_RESULT;
void        udpnat_slab_free      (UdpnatSlab       *self);
guint32     udpnat_slab_add       (UdpnatSlab       *self) G_GNUC_WARN_UNUSED_RESULT;
void        udpnat_slab_remove    (UdpnatSlab       *self,
                                   guint32           id);
gpointer    udpnat_slab_get       (const UdpnatSlab *self,
                                   guint32           id);
guint32     udpnat_slab_get_next  (const UdpnatSlab *self,
                                   guint32           id);
void        udpnat_slab_prefetch  (const UdpnatSlab *self,
                                   guint32           id);
guint       udpnat_slab_get_count (const UdpnatSlab *self);
gsize       udpnat_slab_get_bytes (const UdpnatSlab *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatSlab, udpnat_slab_free)

G_END_DECLS
