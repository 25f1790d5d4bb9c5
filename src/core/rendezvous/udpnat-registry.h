#pragma once

#include "udpnat-key.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatRegistry:
 *
 * The names of a server: whose they are, for good, and who is online under them now (PROTOCOL.md
 * section 12).
 */
typedef struct _UdpnatRegistry UdpnatRegistry;

/**
 * UdpnatRegistryEntry:
 * @key: to whom it belongs
 * @session: who is there under it now; 0: nobody. The owner of the registry writes it
 * @is_shown: that session wants to be listed. Likewise
 * @is_in_roster: has been listed in this run
 * @is_claim: not on disk yet; then @id is its claim
 *
 * A name, or a key without one that is there now. There are very many, so it is packed; all but the
 * named members is the registry's own.
 */
typedef struct
{
  UdpnatPublicKey key;
  guint32         id;
  guint32         session;
  guint32         next_of_key;
  guint32         name_hash;
  guint8          is_shown : 1;
  guint8          is_in_roster : 1;
  guint8          is_claim : 1;
  guint8          is_named : 1;
  guint8          is_long : 1;
  char            text[15]; /* the name; or where it is, when it is longer */
} UdpnatRegistryEntry;

typedef enum
{
  UDPNAT_REGISTRY_NAMES,
  UDPNAT_REGISTRY_KEYS,
} UdpnatRegistryTable;

UdpnatRegistry      *udpnat_registry_new         (const UdpnatRandom    *random)
  G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_registry_free        (UdpnatRegistry        *self);

/* Names */
UdpnatRegistryEntry *udpnat_registry_find        (const UdpnatRegistry  *self,
                                                  const char            *name);
UdpnatRegistryEntry *udpnat_registry_find_folded (const UdpnatRegistry  *self,
                                                  const char            *folded,
                                                  guint32                hash);
UdpnatRegistryEntry *udpnat_registry_find_claim  (const UdpnatRegistry  *self,
                                                  guint64                claim_id);
const char          *udpnat_registry_get_name    (const UdpnatRegistryEntry *entry);
UdpnatRegistryEntry *udpnat_registry_add         (UdpnatRegistry        *self,
                                                  const char            *name,
                                                  const UdpnatPublicKey *key,
                                                  gboolean               is_stored);
void                 udpnat_registry_set_stored  (UdpnatRegistry        *self,
                                                  UdpnatRegistryEntry   *entry);
void                 udpnat_registry_remove      (UdpnatRegistry        *self,
                                                  UdpnatRegistryEntry   *entry);
guint                udpnat_registry_count_names (const UdpnatRegistry  *self,
                                                  const UdpnatPublicKey *key);
gboolean             udpnat_registry_has_stored_name (const UdpnatRegistry *self,
                                                  const UdpnatPublicKey *key);
guint                udpnat_registry_get_count   (const UdpnatRegistry  *self);
guint                udpnat_registry_get_claims  (const UdpnatRegistry  *self);

/* Keys */
UdpnatRegistryEntry *udpnat_registry_hold        (UdpnatRegistry        *self,
                                                  const UdpnatPublicKey *key);
UdpnatRegistryEntry *udpnat_registry_find_session (const UdpnatRegistry *self,
                                                  const UdpnatPublicKey *key);

/* What will be asked soon */
guint32              udpnat_registry_hash_name   (const UdpnatRegistry  *self,
                                                  const char            *folded);
guint32              udpnat_registry_hash_key    (const UdpnatRegistry  *self,
                                                  const UdpnatPublicKey *key);
void                 udpnat_registry_prefetch_slot (const UdpnatRegistry *self,
                                                  UdpnatRegistryTable    table,
                                                  guint32                hash);
const UdpnatRegistryEntry *udpnat_registry_prefetch_entry (const UdpnatRegistry *self,
                                                  UdpnatRegistryTable    table,
                                                  guint32                hash);

/* Roster: listed names of this run, in the order of their last change */
void                 udpnat_registry_publish     (UdpnatRegistry        *self,
                                                  UdpnatRegistryEntry   *entry);
gboolean             udpnat_registry_is_large    (const UdpnatRegistry  *self);
UdpnatRegistryEntry *udpnat_registry_next_change (const UdpnatRegistry  *self,
                                                  guint64               *sequence);
guint                udpnat_registry_list        (const UdpnatRegistry  *self,
                                                  const char            *prefix,
                                                  const char            *after,
                                                  UdpnatRegistryEntry  **entries,
                                                  guint                  n_max,
                                                  gboolean              *out_has_more);
UdpnatRegistryEntry *udpnat_registry_find_shown  (const UdpnatRegistry  *self,
                                                  const UdpnatPublicKey *key);
gsize                udpnat_registry_get_order_bytes (const UdpnatRegistry *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRegistry, udpnat_registry_free)

G_END_DECLS
