/* A user's disk as plain lists, and how a program that starts tells its node what is on it. */

#include "config.h"

#include "sim-store.h"

#include <string.h>

#include "udpnat-node-abroad.h"

typedef struct
{
  UdpnatPublicKey key; /* who was given the public half */
  UdpnatPrekey    prekey;
} SimOwnPrekey;

static void
contact_free (gpointer data)
{
  SimContact *contact = data;

  g_free (contact->name);
  g_queue_clear_full (&contact->prekeys, g_free);
  g_hash_table_unref (contact->seen);
  g_free (contact);
}

static void
outgoing_free (gpointer data)
{
  SimOutgoing *outgoing = data;

  udpnat_item_free (outgoing->item);
  g_free (outgoing);
}

void
sim_store_init (SimStore *self)
{
  *self = (SimStore) { .contacts = g_ptr_array_new_with_free_func (contact_free) };
}

void
sim_store_clear (SimStore *self)
{
  g_ptr_array_unref (self->contacts);
  g_queue_clear_full (&self->outbox, outgoing_free);
  g_queue_clear_full (&self->own_prekeys, g_free);
}

/* ---- People ---- */

/** sim_store_find_contact: Returns: (nullable): %NULL when nothing is known of @key */
SimContact *
sim_store_find_contact (const SimStore        *self,
                        const UdpnatPublicKey *key)
{
  for (guint i = 0; i < self->contacts->len; i++)
    {
      SimContact *contact = g_ptr_array_index (self->contacts, i);

      if (udpnat_public_key_equal (&contact->key, key))
        return contact;
    }
  return NULL;
}

SimContact *
sim_store_ensure_contact (SimStore              *self,
                          const UdpnatPublicKey *key)
{
  SimContact *contact = sim_store_find_contact (self, key);

  if (contact != NULL)
    return contact;
  contact = g_new0 (SimContact, 1);
  contact->key = *key;
  contact->seen = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                         (GDestroyNotify) g_bytes_unref, NULL);
  g_ptr_array_add (self->contacts, contact);
  return contact;
}

gboolean
sim_store_has_seen (SimStore              *self,
                    const UdpnatPublicKey *key,
                    const UdpnatMessageId *id)
{
  g_autoptr (GBytes) bytes = g_bytes_new (id->bytes, sizeof id->bytes);

  return g_hash_table_contains (sim_store_ensure_contact (self, key)->seen, bytes);
}

void
sim_store_add_seen (SimStore              *self,
                    const UdpnatPublicKey *key,
                    const UdpnatMessageId *id)
{
  g_hash_table_add (sim_store_ensure_contact (self, key)->seen,
                    g_bytes_new (id->bytes, sizeof id->bytes));
}

/* ---- The outbox ---- */

void
sim_store_add_outgoing (SimStore              *self,
                        const UdpnatPublicKey *key,
                        const UdpnatItem      *item)
{
  SimOutgoing *outgoing = g_new0 (SimOutgoing, 1);

  outgoing->key = *key;
  outgoing->item = udpnat_item_copy (item);
  g_queue_push_tail (&self->outbox, outgoing);
}

static GList *
find_outgoing (SimStore              *self,
               const UdpnatPublicKey *key,
               const UdpnatMessageId *id)
{
  for (GList *link = self->outbox.head; link != NULL; link = link->next)
    {
      const SimOutgoing *outgoing = link->data;

      if (udpnat_message_id_compare (&outgoing->item->id, id) == 0 &&
          udpnat_public_key_equal (&outgoing->key, key))
        return link;
    }
  return NULL;
}

void
sim_store_set_stored (SimStore              *self,
                      const UdpnatPublicKey *key,
                      const UdpnatMessageId *id)
{
  GList *link = find_outgoing (self, key, id);

  if (link != NULL)
    ((SimOutgoing *) link->data)->is_stored = TRUE;
}

/** sim_store_forget_stored: @key's mailbox has nothing any more of what is in the outbox */
void
sim_store_forget_stored (SimStore              *self,
                         const UdpnatPublicKey *key)
{
  for (GList *link = self->outbox.head; link != NULL; link = link->next)
    {
      SimOutgoing *outgoing = link->data;

      if (udpnat_public_key_equal (&outgoing->key, key))
        outgoing->is_stored = FALSE;
    }
}

/**
 * sim_store_take_outgoing:
 *
 * Returns: (transfer full) (nullable): the item, which is in the outbox no longer; %NULL when it
 *   was not there
 */
UdpnatItem *
sim_store_take_outgoing (SimStore              *self,
                         const UdpnatPublicKey *key,
                         const UdpnatMessageId *id)
{
  GList *link = find_outgoing (self, key, id);
  SimOutgoing *outgoing;
  UdpnatItem *item;

  if (link == NULL)
    return NULL;
  outgoing = link->data;
  item = g_steal_pointer (&outgoing->item);
  outgoing_free (outgoing);
  g_queue_delete_link (&self->outbox, link);
  return item;
}

/* ---- Prekeys ---- */

void
sim_store_add_own_prekey (SimStore              *self,
                          const UdpnatPublicKey *key,
                          const UdpnatPrekey    *prekey)
{
  SimOwnPrekey *own = g_new0 (SimOwnPrekey, 1);

  *own = (SimOwnPrekey) { *key, *prekey };
  g_queue_push_tail (&self->own_prekeys, own);
}

void
sim_store_forget_own_prekey (SimStore *self,
                             guint64   prekey_id)
{
  for (GList *link = self->own_prekeys.head; link != NULL; link = link->next)
    if (((SimOwnPrekey *) link->data)->prekey.id == prekey_id)
      {
        g_free (link->data);
        g_queue_delete_link (&self->own_prekeys, link);
        return;
      }
}

void
sim_store_forget_prekey (SimStore              *self,
                         const UdpnatPublicKey *key,
                         guint64                prekey_id)
{
  SimContact *contact = sim_store_ensure_contact (self, key);

  for (GList *link = contact->prekeys.head; link != NULL; link = link->next)
    if (((UdpnatPrekey *) link->data)->id == prekey_id)
      {
        g_free (link->data);
        g_queue_delete_link (&contact->prekeys, link);
        return;
      }
}

/* ---- Start ---- */

/** sim_store_restore: what a program tells its node when it starts */
void
sim_store_restore (SimStore   *self,
                   UdpnatNode *node,
                   gint64      now_us)
{
  for (guint i = 0; i < self->contacts->len; i++)
    {
      SimContact *contact = g_ptr_array_index (self->contacts, i);

      udpnat_node_restore_contact (node, &contact->key, contact->name, contact->trust,
                                   contact->has_timestamp ? contact->timestamp : NULL);
      if (contact->name != NULL && strchr (contact->name, '@') != NULL)
        udpnat_node_set_peer_server (node, now_us, &contact->key,
                                     strrchr (contact->name, '@') + 1, TRUE);
      if (contact->has_refused)
        udpnat_node_restore_refusal (node, &contact->key);
      for (GList *link = contact->prekeys.head; link != NULL; link = link->next)
        udpnat_node_add_peer_prekey (node, &contact->key, link->data);
    }
  for (GList *link = self->own_prekeys.head; link != NULL; link = link->next)
    {
      const SimOwnPrekey *own = link->data;

      udpnat_node_add_own_prekey (node, &own->key, &own->prekey);
    }
  for (GList *link = self->outbox.head; link != NULL; link = link->next)
    {
      const SimOutgoing *outgoing = link->data;

      if (!udpnat_node_send (node, now_us, &outgoing->key, outgoing->item, outgoing->is_stored))
        g_debug ("not restored: its addressee is blocked");
    }
}
