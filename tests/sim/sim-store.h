#pragma once

#include "udpnat-node.h"

G_BEGIN_DECLS

/**
 * SimContact:
 * @name: (nullable): as the node said that it belongs to @key
 * @prekeys: of #UdpnatPrekey: what the contact has given us, oldest first
 * @seen: the ids of all items that were ever kept
 * @n_lines: TEXT and REPLY that were kept
 * @has_refused: something was refused, and has not come again
 * @has_our_prekeys: a PREKEYS item has been written for the contact
 *
 * What a #SimPeer's disk holds of one other user.
 */
typedef struct
{
  UdpnatPublicKey key;
  char           *name;
  UdpnatTrust     trust;
  gboolean        has_timestamp;
  guint8          timestamp[12];
  GQueue          prekeys;
  GHashTable     *seen;
  guint           n_lines;
  gboolean        has_refused;
  gboolean        has_our_prekeys;
} SimContact;

/* One row of the outbox. */
typedef struct
{
  UdpnatPublicKey key;
  UdpnatItem     *item;
  gboolean        is_stored;
} SimOutgoing;

/**
 * SimStore:
 * @contacts: of #SimContact
 * @outbox: of #SimOutgoing, oldest first
 * @own_prekeys: of SimOwnPrekey: secrets, for letters to us
 *
 * What a user's program keeps on disk. Only what is in here survives sim_peer_kill(). It is changed
 * by the commits of #SimDisk alone.
 */
typedef struct
{
  GPtrArray *contacts;
  GQueue     outbox;
  GQueue     own_prekeys;
} SimStore;

void        sim_store_init           (SimStore              *self);
void        sim_store_clear          (SimStore              *self);
SimContact *sim_store_ensure_contact (SimStore              *self,
                                      const UdpnatPublicKey *key);
SimContact *sim_store_find_contact   (const SimStore        *self,
                                      const UdpnatPublicKey *key);
gboolean    sim_store_has_seen       (SimStore              *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id);
void        sim_store_add_seen       (SimStore              *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id);
void        sim_store_add_outgoing   (SimStore              *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatItem      *item);
void        sim_store_set_stored     (SimStore              *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id);
void        sim_store_forget_stored  (SimStore              *self,
                                      const UdpnatPublicKey *key);
UdpnatItem *sim_store_take_outgoing  (SimStore              *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatMessageId *id) G_GNUC_WARN_UNUSED_RESULT;
void        sim_store_add_own_prekey (SimStore              *self,
                                      const UdpnatPublicKey *key,
                                      const UdpnatPrekey    *prekey);
void        sim_store_forget_own_prekey (SimStore           *self,
                                      guint64                prekey_id);
void        sim_store_forget_prekey  (SimStore              *self,
                                      const UdpnatPublicKey *key,
                                      guint64                prekey_id);
void        sim_store_restore        (SimStore              *self,
                                      UdpnatNode            *node,
                                      gint64                 now_us);

G_END_DECLS
