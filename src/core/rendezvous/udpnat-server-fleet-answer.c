#include "config.h"

#include "udpnat-server-access-private.h"
#include "udpnat-server-fleet-private.h"
#include "udpnat-server-question-private.h"

/* What follows from what the directory of a fleet says (PROTOCOL.md section 20): answers to those
 * who asked, by the session that they have now, and what is told unasked. */

/** udpnat_server_fleet_reply: a message that has no room now is left out: its receiver asks again,
 * or is told again */
void
udpnat_server_fleet_reply (UdpnatServerClient *client,
                           const GByteArray   *message)
{
  if (udpnat_session_stream_get_space (client->session, UDPNAT_STREAM_CONTROL) < message->len)
    return;
  (void) udpnat_session_stream_write (client->session, UDPNAT_STREAM_CONTROL, message->data,
                                      message->len);
  udpnat_server_client_touch (client);
}

/* Returns: (nullable): the session of @key that counts, awake */
static UdpnatServerClient *
find_client (UdpnatRendezvousServer *self,
             gint64                  now_us,
             const UdpnatPublicKey  *key)
{
  UdpnatServerIdentity *identity = udpnat_server_find_identity (self, key);

  if (identity == NULL)
    return NULL;
  if (identity->is_resting)
    udpnat_server_identity_wake (identity, self, now_us);
  return identity->awake.live;
}

/* ---- Answers ---- */

/* Who is here is found without the directory; @answer may be older than that. */
static void
fill_local (UdpnatRendezvousServer    *self,
            const UdpnatRegistryEntry *entry,
            UdpnatDirectoryEntry      *out_entry)
{
  if (entry != NULL && !entry->is_claim && !udpnat_server_is_entry_blocked (self, entry))
    udpnat_server_fill_entry (self, entry, out_entry);
}

static void
settle_lookup (UdpnatRendezvousServer     *self,
               gint64                      now_us,
               const UdpnatServerQuestion *question,
               const UdpnatServerAnswer   *answer)
{
  UdpnatServerIdentity *asker = udpnat_server_find_identity (self, &question->asker);
  const UdpnatRegistryEntry *entry = udpnat_registry_find (self->registry, question->name);
  g_autoptr (GByteArray) message = g_byte_array_new ();
  UdpnatDirectoryEntry found = { 0 };
  UdpnatLookupCode code = UDPNAT_LOOKUP_UNKNOWN;

  if (asker == NULL)
    return;
  fill_local (self, entry, &found);
  if (found.name == NULL && answer->result == UDPNAT_SERVER_ANSWER_FOUND && answer->name != NULL)
    {
      memcpy (found.key, answer->key.bytes, sizeof found.key);
      found.name = (char *) answer->name;
    }
  if (found.presence == UDPNAT_PRESENCE_OFFLINE && answer->result == UDPNAT_SERVER_ANSWER_FOUND
      && answer->has_home && answer->is_shown
      && udpnat_server_fleet_find_node (self->fleet, &answer->home) != NULL)
    found.presence = UDPNAT_PRESENCE_ONLINE;
  if (found.name != NULL)
    code = UDPNAT_LOOKUP_FOUND;
  else if (answer->result == UDPNAT_SERVER_ANSWER_LATER)
    code = UDPNAT_LOOKUP_TRY_LATER;
  udpnat_write_lookup_result (message, question->request, code, &found);
  udpnat_server_answer (asker, self, now_us, message);
}

static void
settle_dial (UdpnatRendezvousServer     *self,
             gint64                      now_us,
             const UdpnatServerQuestion *question,
             const UdpnatServerAnswer   *answer)
{
  const UdpnatFleetNode *node = NULL;
  UdpnatServerIdentity *from;
  UdpnatServerClient *client;
  g_autoptr (GByteArray) message = NULL;

  if (answer->has_home)
    node = udpnat_server_fleet_find_node (self->fleet, &answer->home);
  if (node == NULL)
    {
      from = udpnat_server_find_identity (self, &question->asker);
      if (from != NULL)
        udpnat_server_fail_dial (self, now_us, from, &question->key,
                                 answer->result == UDPNAT_SERVER_ANSWER_UNKNOWN
                                   ? UDPNAT_RELAY_FAIL_UNKNOWN : UDPNAT_RELAY_FAIL_OFFLINE);
      return;
    }
  client = find_client (self, now_us, &question->asker);
  if (client == NULL)
    return;
  message = g_byte_array_new ();
  udpnat_write_located (message, question->key.bytes, node);
  udpnat_server_fleet_reply (client, message);
}

static void
settle_call (UdpnatRendezvousServer     *self,
             gint64                      now_us,
             const UdpnatServerQuestion *question,
             const UdpnatServerAnswer   *answer)
{
  UdpnatServerIdentity *from = udpnat_server_find_identity (self, &question->asker);
  gsize n_inner;
  const guint8 *inner = g_bytes_get_data (question->data, &n_inner);

  if (from != NULL)
    udpnat_server_forward_call (self, now_us, from, &question->to, answer->name, inner, n_inner);
}

static void
settle_put (UdpnatRendezvousServer     *self,
            gint64                      now_us,
            const UdpnatServerQuestion *question,
            const UdpnatServerAnswer   *answer)
{
  UdpnatServerClient *client = find_client (self, now_us, &question->asker);
  UdpnatMailPut put = { .request = question->request };

  if (client == NULL)
    return;
  memcpy (put.recipient, question->key.bytes, sizeof put.recipient);
  memcpy (put.pass, question->pass, sizeof put.pass);
  put.sealed = g_bytes_get_data (question->data, &put.n_sealed);
  udpnat_server_mail_put_known (client, now_us, &put,
                                answer->result == UDPNAT_SERVER_ANSWER_FOUND,
                                answer->has_pass,
                                answer->result == UDPNAT_SERVER_ANSWER_LATER);
  udpnat_server_client_touch (client);
}

/** udpnat_server_fleet_settle: @answer has come for @question, or none in time */
void
udpnat_server_fleet_settle (UdpnatRendezvousServer     *self,
                            gint64                      now_us,
                            const UdpnatServerQuestion *question,
                            const UdpnatServerAnswer   *answer)
{
  switch (question->kind)
    {
    case UDPNAT_SERVER_QUESTION_LOOKUP:
      settle_lookup (self, now_us, question, answer);
      break;
    case UDPNAT_SERVER_QUESTION_DIAL:
      settle_dial (self, now_us, question, answer);
      break;
    case UDPNAT_SERVER_QUESTION_CALL:
      settle_call (self, now_us, question, answer);
      break;
    case UDPNAT_SERVER_QUESTION_PUT:
      settle_put (self, now_us, question, answer);
      break;
    }
}

/* ---- Unasked ---- */

/** udpnat_server_fleet_note_registered: @client is registered here now, or again */
void
udpnat_server_fleet_note_registered (UdpnatServerClient *client)
{
  UdpnatRendezvousServer *self = client->server;
  UdpnatServerEvent *event;

  if (self->fleet == NULL)
    return;
  event = udpnat_server_push_mail_event (self, UDPNAT_SERVER_EVENT_HOME, 0);
  event->key = *udpnat_server_identity_get_key (client->identity);
  event->name = g_strdup (udpnat_registry_get_name (client->entry));
  event->is_shown = client->entry->is_shown;
  udpnat_server_fleet_tell_nodes (client);
}

/** udpnat_server_fleet_tell_nodes: which other servers there are */
void
udpnat_server_fleet_tell_nodes (UdpnatServerClient *client)
{
  const UdpnatRendezvousServer *self = client->server;
  g_autoptr (GByteArray) message = NULL;
  g_autoptr (GArray) nodes = NULL;

  nodes = g_array_new (FALSE, FALSE, sizeof (UdpnatFleetNode)); /* borrowed */
  for (guint i = 0; i < self->fleet->nodes->len; i++)
    g_array_append_val (nodes, g_array_index (self->fleet->nodes, UdpnatServerFleetNode, i).node);
  message = g_byte_array_new ();
  udpnat_write_fleet (message, (guint16) self->fleet->watch_s,
                      (const UdpnatFleetNode *) nodes->data, nodes->len);
  udpnat_server_fleet_reply (client, message);
}

/**
 * udpnat_rendezvous_server_note_replaced: @key has registered at another server since: its session
 * here is over, as it would be by a newer one here */
void
udpnat_rendezvous_server_note_replaced (UdpnatRendezvousServer *self,
                                        gint64                  now_us,
                                        const UdpnatPublicKey  *key)
{
  UdpnatServerClient *client = find_client (self, now_us, key);

  if (client != NULL && client->entry != NULL)
    udpnat_server_client_end (client, now_us, UDPNAT_CLOSE_REPLACED);
}

/** udpnat_rendezvous_server_tell_mail_at: letters for @key, who is registered here, are at @node */
void
udpnat_rendezvous_server_tell_mail_at (UdpnatRendezvousServer *self,
                                       gint64                  now_us,
                                       const UdpnatPublicKey  *key,
                                       const UdpnatPublicKey  *node)
{
  const UdpnatFleetNode *place = udpnat_server_fleet_find_node (self->fleet, node);
  UdpnatServerClient *client;
  g_autoptr (GByteArray) message = NULL;

  if (place == NULL)
    return;
  client = find_client (self, now_us, key);
  if (client == NULL || client->entry == NULL)
    return;
  message = g_byte_array_new ();
  udpnat_write_mail_at (message, place);
  udpnat_server_fleet_reply (client, message);
}

/** udpnat_server_fleet_note_letters: there are letters for @key here, or no more */
void
udpnat_server_fleet_note_letters (UdpnatRendezvousServer *self,
                                  const UdpnatPublicKey  *key)
{
  UdpnatServerEvent *event;

  if (self->fleet == NULL)
    return;
  event = udpnat_server_push_mail_event (self, udpnat_mailbox_next (self->mailbox, key, 0) != NULL
                                                 ? UDPNAT_SERVER_EVENT_MAIL_HERE
                                                 : UDPNAT_SERVER_EVENT_MAIL_GONE, 0);
  event->key = *key;
}

static void
note_recipient (const UdpnatPublicKey *key,
                gpointer               user_data)
{
  udpnat_server_fleet_note_letters (user_data, key);
}

/** udpnat_rendezvous_server_repeat_mail: says again for whom there are letters here: the directory
 * may have missed it */
void
udpnat_rendezvous_server_repeat_mail (UdpnatRendezvousServer *self)
{
  if (self->mailbox != NULL)
    udpnat_mailbox_foreach_recipient (self->mailbox, note_recipient, self);
}
