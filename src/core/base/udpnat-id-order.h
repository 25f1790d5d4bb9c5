#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatIdOrder:
 *
 * Numbers of 32 bits that stand for items elsewhere (a #UdpnatSlab), in an order that only its
 * owner knows: some six bytes for each. No two items are equal.
 */
typedef struct _UdpnatIdOrder UdpnatIdOrder;

/**
 * UdpnatIdPlace:
 *
 * Between two numbers. Holds until the next one is added or removed.
 */
typedef struct
{
  guint chunk;
  guint index;
} UdpnatIdPlace;

/** UdpnatIdCompare: Returns: < 0 when item @id comes before @wanted, 0 when it is that */
typedef int (*UdpnatIdCompare) (gpointer      user_data,
                                guint32       id,
                                gconstpointer wanted);

UdpnatIdOrder *udpnat_id_order_new       (UdpnatIdCompare      compare,
                                          gpointer             user_data)
  G_GNUC_WARN_UNUSED_RESULT;
void           udpnat_id_order_free      (UdpnatIdOrder       *self);
void           udpnat_id_order_add       (UdpnatIdOrder       *self,
                                          guint32              id,
                                          gconstpointer        wanted);
void           udpnat_id_order_remove    (UdpnatIdOrder       *self,
                                          gconstpointer        wanted);
UdpnatIdPlace  udpnat_id_order_seek      (const UdpnatIdOrder *self,
                                          gconstpointer        wanted,
                                          gboolean             is_behind);
guint32        udpnat_id_order_next      (const UdpnatIdOrder *self,
                                          UdpnatIdPlace       *place);
guint          udpnat_id_order_get_count (const UdpnatIdOrder *self);
gsize          udpnat_id_order_get_bytes (const UdpnatIdOrder *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatIdOrder, udpnat_id_order_free)

G_END_DECLS
