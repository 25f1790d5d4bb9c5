#include "config.h"

#include "udpnat-server-access-private.h"

#include "udpnat-name.h"
#include "udpnat-rendezvous-server-access.h"

/* What the operator has said (udpnat-access.c), put into effect (PROTOCOL.md section 7, "Who may
 * register"). Whoever is kept out loses their session at once and cannot be found; whoever is not
 * let in stays what anybody is without a name: a guest, who can reach the people here and not use
 * the server beyond that. */

/* ---- Questions ---- */

gboolean
udpnat_server_is_blocked (const UdpnatRendezvousServer *self,
                          const UdpnatPublicKey        *key)
{
  return udpnat_access_is_key_blocked (self->access, key);
}

/** udpnat_server_is_entry_blocked: whether nobody is to be found under this name */
gboolean
udpnat_server_is_entry_blocked (const UdpnatRendezvousServer *self,
                                const UdpnatRegistryEntry    *entry)
{
  return udpnat_server_is_blocked (self, &entry->key)
         || udpnat_access_is_name_blocked (self->access, udpnat_registry_get_name (entry));
}

/** udpnat_server_is_member: whoever has a name has been let in, be it before strangers needed an
 * invitation */
gboolean
udpnat_server_is_member (const UdpnatRendezvousServer *self,
                         const UdpnatPublicKey        *key)
{
  return !self->config.is_invited_only || udpnat_access_is_key_allowed (self->access, key)
         || udpnat_registry_has_stored_name (self->registry, key);
}

/**
 * udpnat_server_may_claim:
 * @name: nobody's, and not blocked
 *
 * With an invitation it may, until it is known whether that is a good one; for as long it may have
 * no other name.
 */
gboolean
udpnat_server_may_claim (const UdpnatServerClient *client,
                         const char               *name,
                         UdpnatRefusedCode        *out_code)
{
  const UdpnatRendezvousServer *self = client->server;
  const UdpnatPublicKey        *key = udpnat_server_identity_get_key (client->identity);

  *out_code = UDPNAT_REFUSED_NAME_BLOCKED;
  if (udpnat_access_is_name_denied (self->access, name, key))
    return FALSE;
  if (udpnat_server_is_member (self, key))
    return TRUE;
  *out_code = UDPNAT_REFUSED_TRY_LATER;
  if (client->claimed != NULL)
    return FALSE;
  *out_code = UDPNAT_REFUSED_NOT_INVITED;
  return client->has_invitation
         || udpnat_access_is_name_listed (self->access, name);
}

/* Who waits for a name is told nothing before it is known whether they may have it. */
static gboolean
is_undecided (const UdpnatServerClient *client)
{
  return client->claimed != NULL
         && !udpnat_server_is_member (client->server,
                                      udpnat_server_identity_get_key (client->identity));
}

/** udpnat_server_wish_directory: @mode: as for udpnat_server_subscribe(); a guest's is empty */
void
udpnat_server_wish_directory (UdpnatServerClient *client,
                              guint8              mode)
{
  const UdpnatPublicKey *key = udpnat_server_identity_get_key (client->identity);

  client->is_directory_wished = FALSE;
  if (is_undecided (client))
    client->is_directory_wished = mode == UDPNAT_SUBSCRIBE_ALL;
  else if (udpnat_server_is_member (client->server, key))
    udpnat_server_subscribe (client, mode);
  else if (mode == UDPNAT_SUBSCRIBE_ALL)
    udpnat_server_tell_empty_list (client);
}

/** udpnat_server_decide: @client waits for no name any more */
void
udpnat_server_decide (UdpnatServerClient *client)
{
  if (client->is_directory_wished)
    udpnat_server_wish_directory (client, UDPNAT_SUBSCRIBE_ALL);
}

/** udpnat_server_may_relay: among guests only it carries nothing where one has to be invited */
gboolean
udpnat_server_may_relay (const UdpnatRendezvousServer *self,
                         const UdpnatServerIdentity   *from,
                         const UdpnatServerIdentity   *to)
{
  return !self->config.is_invited_only || udpnat_server_identity_get_entry (from) != NULL
         || udpnat_server_identity_get_entry (to) != NULL;
}

/* ---- Ends ---- */

static void
end_sessions (UdpnatRendezvousServer *self,
              gint64                  now_us,
              const UdpnatPublicKey  *key,
              UdpnatCloseReason       reason)
{
  UdpnatServerIdentity *identity = udpnat_server_find_identity (self, key);
  UdpnatServerClient   *live;

  if (identity == NULL)
    return;
  if (identity->is_resting)
    udpnat_server_identity_wake (identity, self, now_us);
  live = identity->awake.live;
  /* The last one that ends takes the identity with it. */
  if (identity->awake.pending != NULL)
    udpnat_server_comer_free (identity->awake.pending);
  if (live != NULL)
    udpnat_server_client_end (live, now_us, reason);
}

/* ---- Let in ---- */

/** udpnat_rendezvous_server_allow_key: it may register, also where one has to be invited */
void
udpnat_rendezvous_server_allow_key (UdpnatRendezvousServer *self,
                                    const UdpnatPublicKey  *key)
{
  udpnat_access_set_key_allowed (self->access, key, TRUE);
}

/** udpnat_rendezvous_server_list_key: likewise, as long as it stands in the operator's list */
void
udpnat_rendezvous_server_list_key (UdpnatRendezvousServer *self,
                                   const UdpnatPublicKey  *key)
{
  udpnat_access_list_key (self->access, key);
}

/** udpnat_rendezvous_server_list_name: likewise whoever comes first under it; nothing when @name
 * cannot be one */
void
udpnat_rendezvous_server_list_name (UdpnatRendezvousServer *self,
                                    const char             *name)
{
  g_autofree char *normal = udpnat_name_normalize (name);

  if (normal != NULL)
    udpnat_access_list_name (self->access, normal);
}

/** udpnat_rendezvous_server_clear_list: nobody stands in the list any more; whoever has a name
 * keeps it */
void
udpnat_rendezvous_server_clear_list (UdpnatRendezvousServer *self)
{
  udpnat_access_clear_list (self->access);
}

/**
 * udpnat_rendezvous_server_refuse_claim:
 * @claim_id: from a CLAIM event; others are ignored
 * @code: why: its invitation is not a good one (any more), or somebody of the fleet has the name
 *
 * It comes to nothing: here the name is free again.
 */
void
udpnat_rendezvous_server_refuse_claim (UdpnatRendezvousServer *self,
                                       gint64                  now_us,
                                       guint64                 claim_id,
                                       UdpnatRefusedCode       code)
{
  UdpnatRegistryEntry *entry = udpnat_registry_find_claim (self->registry, claim_id);

  if (entry != NULL)
    udpnat_server_control_refuse (self, now_us, entry, code);
}

/* ---- Kept out ---- */

/** udpnat_rendezvous_server_block_key: ends its sessions, and those that it begins from now on */
void
udpnat_rendezvous_server_block_key (UdpnatRendezvousServer *self,
                                    gint64                  now_us,
                                    const UdpnatPublicKey  *key)
{
  udpnat_access_set_key_blocked (self->access, key, TRUE);
  end_sessions (self, now_us, key, UDPNAT_CLOSE_BLOCKED);
}

/** udpnat_rendezvous_server_block_name: nobody can have @name or be found under it, and whoever is
 * there under it has to go; nothing when it cannot be a name */
void
udpnat_rendezvous_server_block_name (UdpnatRendezvousServer *self,
                                     gint64                  now_us,
                                     const char             *name)
{
  g_autofree char           *normal = udpnat_name_normalize (name);
  const UdpnatRegistryEntry *entry;

  if (normal == NULL)
    return;
  udpnat_access_set_name_blocked (self->access, normal, TRUE);
  entry = udpnat_registry_find (self->registry, normal);
  if (entry != NULL)
    udpnat_server_break_promise (self, entry);
  if (entry != NULL && entry->session != 0)
    {
      UdpnatPublicKey key = entry->key;

      end_sessions (self, now_us, &key, UDPNAT_CLOSE_RESTARTING);
    }
}

void
udpnat_rendezvous_server_unblock_key (UdpnatRendezvousServer *self,
                                      const UdpnatPublicKey  *key)
{
  udpnat_access_set_key_blocked (self->access, key, FALSE);
}

/** udpnat_rendezvous_server_unblock_name: also whom it was taken from may have it again */
void
udpnat_rendezvous_server_unblock_name (UdpnatRendezvousServer *self,
                                       const char             *name)
{
  g_autofree char *normal = udpnat_name_normalize (name);

  if (normal == NULL)
    return;
  udpnat_access_set_name_blocked (self->access, normal, FALSE);
  udpnat_access_set_name_denied (self->access, normal, NULL);
}

/** udpnat_rendezvous_server_deny_name: @name was taken from @key, which does not get it again */
void
udpnat_rendezvous_server_deny_name (UdpnatRendezvousServer *self,
                                    const char             *name,
                                    const UdpnatPublicKey  *key)
{
  g_autofree char *normal = udpnat_name_normalize (name);

  if (normal != NULL)
    udpnat_access_set_name_denied (self->access, normal, key);
}

/* ---- Names ---- */

/** udpnat_rendezvous_server_find_name: Returns: %FALSE when nobody has it for good */
gboolean
udpnat_rendezvous_server_find_name (const UdpnatRendezvousServer *self,
                                    const char                   *name,
                                    UdpnatPublicKey              *out_key,
                                    gboolean                     *out_is_online)
{
  g_autofree char           *normal = udpnat_name_normalize (name);
  const UdpnatRegistryEntry *entry = NULL;

  if (normal != NULL)
    entry = udpnat_registry_find (self->registry, normal);
  if (entry == NULL || entry->is_claim)
    return FALSE;
  *out_key = entry->key;
  *out_is_online = entry->session != 0;
  return TRUE;
}

/** udpnat_rendezvous_server_has_name: whether @key has any */
gboolean
udpnat_rendezvous_server_has_name (const UdpnatRendezvousServer *self,
                                   const UdpnatPublicKey        *key)
{
  return udpnat_registry_count_names (self->registry, key) > 0;
}

/**
 * udpnat_rendezvous_server_release_name:
 *
 * Takes a name from whoever has it. They are not let in without an invitation any more when it was
 * the last one, and do not get this name again: their program would take it back at once.
 */
UdpnatServerRelease
udpnat_rendezvous_server_release_name (UdpnatRendezvousServer *self,
                                       gint64                  now_us,
                                       const char             *name)
{
  g_autofree char     *normal = udpnat_name_normalize (name);
  UdpnatRegistryEntry *entry = NULL;
  UdpnatPublicKey      key;

  if (normal != NULL)
    entry = udpnat_registry_find (self->registry, normal);
  if (entry == NULL)
    return UDPNAT_SERVER_RELEASE_UNKNOWN;
  if (entry->is_claim)
    return UDPNAT_SERVER_RELEASE_CLAIM;
  key = entry->key;
  udpnat_server_break_promise (self, entry);
  if (entry->session != 0)
    end_sessions (self, now_us, &key, UDPNAT_CLOSE_RESTARTING);
  /* Subscribers are told that nobody is there under it before it is forgotten. */
  udpnat_server_publish_due (self, now_us);
  udpnat_registry_remove (self->registry, entry);
  udpnat_access_set_name_denied (self->access, normal, &key);
  if (udpnat_registry_count_names (self->registry, &key) == 0)
    udpnat_access_set_key_allowed (self->access, &key, FALSE);
  return UDPNAT_SERVER_RELEASE_DONE;
}
