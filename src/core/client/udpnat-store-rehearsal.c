/* What a first message needs, once before there is one. SQLite translates a statement when it is
 * used for the first time and reads the pages that it needs, which took half of a message's way to
 * the disk, at either side. So at the start somebody who does not exist is written to and answers,
 * in a transaction that is undone: nothing of it reaches the file, and nobody is told. */

#include "config.h"

#include "udpnat-store-private.h"

static UdpnatItem *
make_text (const UdpnatMessageId *id)
{
  return udpnat_item_new_text (id, 0, "hello");
}

static void
push_writes (UdpnatStore         *self,
             const UdpnatContact *nobody)
{
  const UdpnatMessageId id = { { 0 } };
  const UdpnatMessageId accept_id = { { 1 } };
  g_autoptr (UdpnatItem) text = make_text (&id);
  g_autoptr (UdpnatItem) accept = udpnat_item_new_accept (&accept_id, 0);

  udpnat_store_set_timestamp (self, &nobody->key, nobody->timestamp);
  udpnat_store_save_contact (self, nobody, NULL, NULL);
  udpnat_store_add_outgoing (self, &nobody->key, accept, NULL, 0, NULL, NULL);
  udpnat_store_add_outgoing (self, &nobody->key, text, NULL, 0, NULL, NULL);
  udpnat_store_add_incoming (self, &nobody->key, text, 0, NULL, NULL);
  udpnat_store_set_item_state (self, &nobody->key, &id, UDPNAT_ITEM_STATE_DELIVERED, NULL, NULL,
                               NULL);
}

/**
 * udpnat_store_rehearse:
 *
 * To be called before anything is written. What is written meanwhile comes after it.
 */
void
udpnat_store_rehearse (UdpnatStore *self)
{
  const UdpnatPublicKey key = { { 0 } };
  g_autoptr (UdpnatContact) nobody = udpnat_contact_new (&key);
  g_autoptr (UdpnatContact) found = NULL;
  g_autoptr (UdpnatHistoryItem) line = NULL;

  g_return_if_fail (self->batch == NULL && g_queue_is_empty (&self->queue));

  nobody->relation = UDPNAT_RELATION_ACCEPTED;
  push_writes (self, nobody);
  udpnat_store_begin_rehearsal (self);
  found = udpnat_store_dup_contact (self, &key);
  line = udpnat_store_dup_line (self, 0);
}
