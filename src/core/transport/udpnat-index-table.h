#pragma once

#include "udpnat-id-set.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

#define UDPNAT_INDEX_HOLDER_MAX 0xffffffu

/**
 * UdpnatIndexTable:
 *
 * Random 32-bit receiver index -> session (PROTOCOL.md section 2), or the number of whoever holds
 * one that rests. One for each program side that owns sessions; it owns none of them. Index 0 is
 * never given out, so that 0 can mean "no index".
 */
typedef struct _UdpnatIndexTable UdpnatIndexTable;

UdpnatIndexTable *udpnat_index_table_new       (const UdpnatRandom     *random)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_index_table_free      (UdpnatIndexTable       *self);
guint32           udpnat_index_table_add       (UdpnatIndexTable       *self,
                                                gpointer                session,
                                                guint32                 holder);
guint32           udpnat_index_table_hold      (UdpnatIndexTable       *self,
                                                guint32                 holder);
void              udpnat_index_table_remove    (UdpnatIndexTable       *self,
                                                guint32                 index);
gpointer          udpnat_index_table_lookup    (const UdpnatIndexTable *self,
                                                guint32                 index);
guint32           udpnat_index_table_lookup_holder (const UdpnatIndexTable *self,
                                                    guint32                 index);
guint32           udpnat_index_table_guess_holder  (const UdpnatIndexTable *self,
                                                    guint32                 index);
guint32           udpnat_index_table_check_holder  (const UdpnatIndexTable *self,
                                                    guint32                 index,
                                                    guint32                 guess);
void              udpnat_index_table_set_holders   (UdpnatIndexTable       *self,
                                                    UdpnatIdHash            get_index,
                                                    gpointer                user_data);
void              udpnat_index_table_set_session   (UdpnatIndexTable       *self,
                                                    guint32                 index,
                                                    gpointer                session);
void              udpnat_index_table_set_held      (UdpnatIndexTable       *self,
                                                    guint32                 index);
guint             udpnat_index_table_get_count (const UdpnatIndexTable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatIndexTable, udpnat_index_table_free)

G_END_DECLS
