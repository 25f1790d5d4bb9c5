/* Letters from our mailbox: opens them, finds whose they are, and gives each back to the server to
 * be deleted as soon as all that it holds is safe here. Also who may put letters for us: the passes
 * of our contacts. */

#include "config.h"

#include "udpnat-node-private.h"

typedef struct
{
  UdpnatPrekey    prekey; /* its key is the secret */
  UdpnatPublicKey key;    /* the peer who was given the public half */
} OwnPrekey;

typedef struct
{
  UdpnatAbroad   *abroad; /* nullable: the server that keeps it; NULL: our own */
  guint64         number;
  UdpnatPublicKey key;
  guint64         prekey_id; /* 0: none */
  GArray         *ids;       /* of UdpnatMessageId: items that are not settled yet */
  gboolean        has_resumed; /* it began anew, after something was refused */
} Letter;

static int
compare_prekeys (gconstpointer a,
                 gconstpointer b,
                 gpointer      user_data)
{
  guint64 left = *(const guint64 *) a;
  guint64 right = *(const guint64 *) b;

  return left < right ? -1 : left > right;
}

static void
own_prekey_free (gpointer data)
{
  OwnPrekey *own = data;

  explicit_bzero (own, sizeof *own);
  g_free (own);
}

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  g_array_unref (letter->ids);
  g_free (letter);
}

void
udpnat_node_mail_init (UdpnatNode *self)
{
  self->own_prekeys = g_tree_new_full (compare_prekeys, NULL, NULL, own_prekey_free);
}

void
udpnat_node_mail_clear (UdpnatNode *self)
{
  g_queue_clear_full (&self->letters, letter_free);
  g_clear_pointer (&self->own_prekeys, g_tree_unref);
}

/* ---- Prekeys ---- */

/**
 * udpnat_node_add_own_prekey:
 * @key: to whom its public half is given
 * @prekey: with the secret
 */
void
udpnat_node_add_own_prekey (UdpnatNode            *self,
                            const UdpnatPublicKey *key,
                            const UdpnatPrekey    *prekey)
{
  OwnPrekey *own = g_new0 (OwnPrekey, 1);

  own->prekey = *prekey;
  own->key = *key;
  g_tree_replace (self->own_prekeys, &own->prekey.id, own);
}

/** udpnat_node_add_peer_prekey: @key has given us this one, to be used for one letter */
void
udpnat_node_add_peer_prekey (UdpnatNode            *self,
                             const UdpnatPublicKey *key,
                             const UdpnatPrekey    *prekey)
{
  UdpnatPeer *peer = udpnat_node_ensure_peer (self, key);

  if (peer == NULL || prekey->id == 0)
    return;
  if (peer->prekeys.length >= UDPNAT_PEER_PREKEYS_MAX)
    g_free (g_queue_pop_head (&peer->prekeys));
  g_queue_push_tail (&peer->prekeys, g_memdup2 (prekey, sizeof *prekey));
}

/**
 * udpnat_node_confirm_prekey: answers PREKEY_TAKEN
 *
 * @is_usable: it is forgotten on disk; otherwise the letter goes without it
 */
void
udpnat_node_confirm_prekey (UdpnatNode            *self,
                            gint64                 now_us,
                            const UdpnatPublicKey *key,
                            guint64                prekey_id,
                            gboolean               is_usable)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer != NULL && peer->conversation != NULL)
    udpnat_peer_confirm_prekey (peer, now_us, prekey_id, is_usable);
}

/* ---- Letters ---- */

static void
give_back (UdpnatNode         *self,
           gint64              now_us,
           const UdpnatAbroad *abroad,
           guint64             number)
{
  udpnat_rendezvous_client_ack_mail (abroad != NULL ? abroad->client : self->server, now_us,
                                     number);
}

static void
finish_letter (UdpnatNode       *self,
               gint64            now_us,
               const UdpnatPeer *peer,
               const Letter     *letter)
{
  if (letter->prekey_id != 0)
    {
      UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PREKEY_USED, &letter->key,
                                                      NULL);

      event->prekey_id = letter->prekey_id;
      udpnat_node_push_event (self, event);
      g_tree_remove (self->own_prekeys, &letter->prekey_id);
    }
  if (letter->has_resumed && !peer->has_refused)
    udpnat_node_push_event (self, udpnat_node_event_new (UDPNAT_NODE_EVENT_RESUMED, &letter->key,
                                                         NULL));
  give_back (self, now_us, letter->abroad, letter->number);
}

static gboolean
is_letter_settled (const UdpnatPeer *peer,
                   Letter           *letter)
{
  while (letter->ids->len > 0)
    {
      guint last = letter->ids->len - 1;

      if (!udpnat_conversation_is_settled (peer->conversation,
                                           &g_array_index (letter->ids, UdpnatMessageId, last)))
        return FALSE;
      g_array_set_size (letter->ids, last);
    }
  return TRUE;
}

/** udpnat_node_settle_letters: an item of @peer has been confirmed or refused */
void
udpnat_node_settle_letters (UdpnatNode *self,
                            gint64      now_us,
                            UdpnatPeer *peer)
{
  GList *link = self->letters.head;

  while (link != NULL)
    {
      GList *next = link->next;
      Letter *letter = link->data;

      if (udpnat_public_key_equal (&letter->key, &peer->key) && is_letter_settled (peer, letter))
        {
          finish_letter (self, now_us, peer, letter);
          g_queue_delete_link (&self->letters, link);
          letter_free (letter);
        }
      link = next;
    }
}

/** udpnat_node_give_back_letters: nothing of @peer is wanted any more */
void
udpnat_node_give_back_letters (UdpnatNode *self,
                               gint64      now_us,
                               UdpnatPeer *peer)
{
  for (GList *link = self->letters.head; link != NULL; link = link->next)
    {
      const Letter *letter = link->data;

      if (udpnat_public_key_equal (&letter->key, &peer->key))
        give_back (self, now_us, letter->abroad, letter->number);
    }
}

/** udpnat_node_drop_letters: the conversation with @peer is over: what is not safe yet comes again
 * from the server, unless it has been given back */
void
udpnat_node_drop_letters (UdpnatNode *self,
                          UdpnatPeer *peer)
{
  GList *link = self->letters.head;

  while (link != NULL)
    {
      GList *next = link->next;
      Letter *letter = link->data;

      if (udpnat_public_key_equal (&letter->key, &peer->key))
        {
          g_queue_delete_link (&self->letters, link);
          letter_free (letter);
        }
      link = next;
    }
}

/* Returns: (nullable): who wrote it; NULL when nobody can tell, or nobody we listen to */
static UdpnatPeer *
open_letter (UdpnatNode   *self,
             const guint8 *sealed,
             gsize         n_sealed,
             Letter       *letter,
             GByteArray   *out_data)
{
  const OwnPrekey *own = NULL;
  UdpnatPublicKey from;
  UdpnatPeer *peer;

  if (!udpnat_sealed_get_prekey_id (sealed, n_sealed, &letter->prekey_id))
    return NULL;
  if (letter->prekey_id != 0)
    {
      own = g_tree_lookup (self->own_prekeys, &letter->prekey_id);
      if (own == NULL)
        return NULL;
    }
  if (!udpnat_sealed_open (self->identity, own != NULL ? own->prekey.key : NULL, sealed, n_sealed,
                           &from, out_data) ||
      (own != NULL && !udpnat_public_key_equal (&own->key, &from)))
    return NULL;
  peer = udpnat_node_ensure_peer (self, &from);
  if (peer == NULL || peer->trust == UDPNAT_TRUST_BLOCKED)
    return NULL;
  letter->key = from;
  return peer;
}

static gboolean
is_under_way (UdpnatNode         *self,
              const UdpnatAbroad *abroad,
              guint64             number)
{
  for (GList *link = self->letters.head; link != NULL; link = link->next)
    if (((Letter *) link->data)->number == number && ((Letter *) link->data)->abroad == abroad)
      return TRUE;
  return FALSE;
}

/**
 * udpnat_node_handle_mail:
 * @abroad: (nullable): the server that keeps it; %NULL: our own
 * @sealed: (array length=n_sealed): a letter from our mailbox, not trusted
 *
 * A letter that cannot be opened, or that is from somebody we do not listen to, is given back at
 * once. Everything in it is still in its sender's outbox.
 */
void
udpnat_node_handle_mail (UdpnatNode   *self,
                         gint64        now_us,
                         UdpnatAbroad *abroad,
                         guint64       number,
                         const guint8 *sealed,
                         gsize         n_sealed)
{
  g_autoptr (GByteArray) data = NULL;
  UdpnatPeer *peer;
  Letter *letter;
  gboolean was_needed;

  if (self->letters.length >= UDPNAT_LETTERS_MAX || is_under_way (self, abroad, number))
    return;
  data = g_byte_array_new ();
  letter = g_new0 (Letter, 1);
  letter->abroad = abroad;
  letter->number = number;
  letter->ids = g_array_new (FALSE, FALSE, sizeof (UdpnatMessageId));
  peer = open_letter (self, sealed, n_sealed, letter, data);
  if (peer == NULL)
    {
      give_back (self, now_us, abroad, number);
      letter_free (letter);
      return;
    }
  if (peer->has_failed)
    {
      letter_free (letter); /* it comes again, after the one that our disk did not take */
      return;
    }
  udpnat_node_limit_strangers (self, peer);
  udpnat_peer_open (peer, now_us);
  was_needed = udpnat_conversation_needs_begin (peer->conversation);
  if (!udpnat_peer_handle_letter (peer, now_us, data->data, data->len, letter->ids))
    g_debug ("a letter from %s breaks the protocol", peer->name != NULL ? peer->name : "somebody");
  letter->has_resumed = was_needed && !udpnat_conversation_needs_begin (peer->conversation);
  g_queue_push_tail (&self->letters, letter);
  udpnat_node_settle_letters (self, now_us, peer);
}

/** udpnat_node_handle_mail_result: @server has answered for one of our letters */
void
udpnat_node_handle_mail_result (UdpnatNode                   *self,
                                gint64                        now_us,
                                const UdpnatRendezvousClient *server,
                                guint32                       request,
                                guint8                        code)
{
  for (guint i = 0; i < self->active->len; i++)
    if (udpnat_peer_handle_mail_result (g_ptr_array_index (self->active, i), now_us, server,
                                        request, code))
      return;
}

/* ---- Passes ---- */

static gboolean
add_pass (gpointer key,
          gpointer value,
          gpointer user_data)
{
  GByteArray *passes = user_data;
  UdpnatPeer *peer = value;

  if (udpnat_peer_is_trusted (peer))
    g_byte_array_append (passes, udpnat_peer_get_mail_pass (peer, FALSE), UDPNAT_MAIL_PASS_BYTES);
  return passes->len >= UDPNAT_MAIL_PASSES_MAX * UDPNAT_MAIL_PASS_BYTES;
}

/** udpnat_node_tell_passes: tells our mailbox whom we have accepted, should that have changed */
void
udpnat_node_tell_passes (UdpnatNode *self,
                         gint64      now_us)
{
  g_autoptr (GByteArray) passes = NULL;

  if (!self->are_passes_dirty || !udpnat_rendezvous_client_is_registered (self->server))
    return;
  self->are_passes_dirty = FALSE;
  passes = g_byte_array_new ();
  g_tree_foreach (self->peers, add_pass, passes);
  udpnat_rendezvous_client_set_passes (self->server, now_us, passes->data,
                                       passes->len / UDPNAT_MAIL_PASS_BYTES);
}
