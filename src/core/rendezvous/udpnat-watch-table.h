#pragma once

#include "udpnat-key.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatWatchTable:
 *
 * Who wants to be told about whom, and of whom they have not been told yet. A watcher is a number;
 * it may watch keys that nobody has heard of. What a change costs grows with those who watch that
 * key, and with nothing else. It does not know what presence is.
 */
typedef struct _UdpnatWatchTable UdpnatWatchTable;

/* UdpnatWatchTableFunc: nobody watches @key any more */
typedef void (*UdpnatWatchTableFunc) (const UdpnatPublicKey *key,
                                      gpointer               user_data);

UdpnatWatchTable *udpnat_watch_table_new   (const UdpnatRandom     *random)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_watch_table_free  (UdpnatWatchTable       *self);
void              udpnat_watch_table_set_func (UdpnatWatchTable    *self,
                                            UdpnatWatchTableFunc    func,
                                            gpointer                user_data);

/* One watcher */
guint32           udpnat_watch_table_open  (UdpnatWatchTable       *self,
                                            guint32                 owner)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_watch_table_close (UdpnatWatchTable       *self,
                                            guint32                 watcher);
gboolean          udpnat_watch_table_add   (UdpnatWatchTable       *self,
                                            guint32                 watcher,
                                            const UdpnatPublicKey  *key);
gboolean          udpnat_watch_table_remove (UdpnatWatchTable      *self,
                                            guint32                 watcher,
                                            const UdpnatPublicKey  *key);
guint             udpnat_watch_table_count (const UdpnatWatchTable *self,
                                            guint32                 watcher);

/* What they have not been told */
void              udpnat_watch_table_note  (UdpnatWatchTable       *self,
                                            const UdpnatPublicKey  *key);
void              udpnat_watch_table_note_all (UdpnatWatchTable    *self,
                                            guint32                 watcher);
guint32           udpnat_watch_table_pop_watcher (UdpnatWatchTable *self);
gboolean          udpnat_watch_table_has_watcher (const UdpnatWatchTable *self);
gboolean          udpnat_watch_table_pop   (UdpnatWatchTable       *self,
                                            guint32                 watcher,
                                            UdpnatPublicKey        *out_key);

guint             udpnat_watch_table_get_count (const UdpnatWatchTable *self);
gsize             udpnat_watch_table_get_bytes (const UdpnatWatchTable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatWatchTable, udpnat_watch_table_free)

G_END_DECLS
