#pragma once

#include "udpnat-store-database-private.h"

G_BEGIN_DECLS

/**
 * UdpnatIndexChanges:
 *
 * What a transaction does to the search index, in order. The index writes a piece of its own at
 * every savepoint, so that it is told only once, at the end.
 */
typedef struct
{
  GArray *changes;
} UdpnatIndexChanges;

void     udpnat_index_changes_init     (UdpnatIndexChanges *self);
void     udpnat_index_changes_clear    (UdpnatIndexChanges *self);
guint    udpnat_index_changes_count    (UdpnatIndexChanges *self);
void     udpnat_index_changes_truncate (UdpnatIndexChanges *self,
                                        guint               n);
void     udpnat_index_changes_add      (UdpnatIndexChanges *self,
                                        gint64              number,
                                        gint64              conversation,
                                        const char         *text);
void     udpnat_index_changes_remove   (UdpnatIndexChanges *self,
                                        gint64              number,
                                        gint64              conversation,
                                        const char         *text);
gboolean udpnat_index_changes_apply    (UdpnatIndexChanges *self,
                                        UdpnatDatabase     *database);

gboolean udpnat_store_rebuild_index    (UdpnatDatabase     *database);
char    *udpnat_store_text_to_index    (const char         *text) G_GNUC_WARN_UNUSED_RESULT;
char    *udpnat_store_words_to_query   (const char         *words) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
