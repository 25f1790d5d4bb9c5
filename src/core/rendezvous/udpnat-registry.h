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
 * @name: as first registered, NFC
 * @folded: what it is compared by
 * @hash: of @folded
 * @key: to whom it belongs
 * @claim_id: 0 when the pair is on disk
 * @session: (nullable): borrowed; who is registered under it now. The owner of the registry writes
 *   it
 * @is_shown: that session wants to be listed
 * @sequence: place in the roster, 0 when not in it
 */
typedef struct
{
  char            *name;
  char            *folded;
  guint64          hash;
  UdpnatPublicKey  key;
  guint64          claim_id;
  gpointer         session;
  gboolean         is_shown;
  guint64          sequence;
} UdpnatRegistryEntry;

UdpnatRegistry      *udpnat_registry_new         (const UdpnatRandom    *random)
  G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_registry_free        (UdpnatRegistry        *self);

/* Names */
UdpnatRegistryEntry *udpnat_registry_find        (const UdpnatRegistry  *self,
                                                  const char            *name);
UdpnatRegistryEntry *udpnat_registry_find_claim  (const UdpnatRegistry  *self,
                                                  guint64                claim_id);
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
guint                udpnat_registry_get_count   (const UdpnatRegistry  *self);
guint                udpnat_registry_get_claims  (const UdpnatRegistry  *self);

/* Roster: listed names of this run, in the order of their last change */
void                 udpnat_registry_publish     (UdpnatRegistry        *self,
                                                  UdpnatRegistryEntry   *entry);
UdpnatRegistryEntry *udpnat_registry_next_change (const UdpnatRegistry  *self,
                                                  guint64                sequence);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatRegistry, udpnat_registry_free)

G_END_DECLS
