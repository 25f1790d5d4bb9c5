#include "config.h"

#include "udpnat-server-fleet-private.h"

/* A server that is one of several (PROTOCOL.md section 20): what it asks the directory that all of
 * them share, and which of the others it sends people to. What follows from an answer is in
 * udpnat-server-fleet-answer.c.
 *
 * Nobody waits for the directory for longer than UDPNAT_FLEET_ANSWER_US: then the answer is the one
 * of a directory that does not say. Whoever is here already is found without it. */

/* In one tick, of those who are sent away or told something. */
#define SENT_PER_TICK                                                                            \
  (UDPNAT_FLEET_DRAIN_PER_SECOND / (G_USEC_PER_SEC / UDPNAT_FLEET_DRAIN_TICK_US))

static void
node_clear (gpointer data)
{
  UdpnatServerFleetNode *self = data;

  udpnat_fleet_node_clear (&self->node);
}

static void
question_free (gpointer data)
{
  UdpnatServerQuestion *self = data;

  g_clear_pointer (&self->data, g_bytes_unref);
  g_free (self->name);
  g_free (self);
}

/**
 * udpnat_rendezvous_server_join_fleet:
 * @watch_s: after how many seconds of silence clients are to ask whether we are there
 *
 * To be called before the first datagram. The directory counts as down until it is said to be up.
 */
void
udpnat_rendezvous_server_join_fleet (UdpnatRendezvousServer *self,
                                     guint                   watch_s)
{
  UdpnatServerFleet *fleet = g_new0 (UdpnatServerFleet, 1);

  g_assert (self->fleet == NULL);
  fleet->watch_s = CLAMP (watch_s, UDPNAT_FLEET_WATCH_MIN_S, UDPNAT_FLEET_WATCH_MAX_S);
  fleet->nodes = g_array_new (FALSE, FALSE, sizeof (UdpnatServerFleetNode));
  g_array_set_clear_func (fleet->nodes, node_clear);
  fleet->questions = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, question_free);
  fleet->elsewheres = udpnat_server_elsewheres_new ();
  fleet->tell_us = fleet->drain_us = UDPNAT_TIME_NEVER;
  udpnat_watch_table_set_func (self->watches, udpnat_server_unwatch_elsewhere, fleet->elsewheres);
  self->fleet = fleet;
}

/** udpnat_server_fleet_free: @self: (nullable) */
void
udpnat_server_fleet_free (UdpnatServerFleet *self)
{
  if (self == NULL)
    return;
  udpnat_server_elsewheres_free (self->elsewheres);
  g_hash_table_unref (self->questions);
  g_array_unref (self->nodes);
  g_free (self);
}

/** udpnat_rendezvous_server_set_directory: while it is not up, nothing is asked */
void
udpnat_rendezvous_server_set_directory (UdpnatRendezvousServer *self,
                                        gboolean                is_up)
{
  self->fleet->is_up = is_up;
}

static gboolean
is_same (const GArray           *all,
         const UdpnatServerNode *nodes,
         guint                   n_nodes)
{
  for (guint i = 0; i < MIN (all->len, n_nodes); i++)
    {
      const UdpnatFleetNode *node = &g_array_index (all, UdpnatServerFleetNode, i).node;

      if (memcmp (node->key, nodes[i].key.bytes, sizeof node->key) != 0
          || !g_str_equal (node->place, nodes[i].place))
        return FALSE;
    }
  return all->len == n_nodes;
}

/**
 * udpnat_rendezvous_server_set_nodes:
 * @nodes: (array length=n_nodes): all others that live, always in the same order
 *
 * When they are not those that they were, everybody is told, some at a time.
 */
void
udpnat_rendezvous_server_set_nodes (UdpnatRendezvousServer *self,
                                    gint64                  now_us,
                                    const UdpnatServerNode *nodes,
                                    guint                   n_nodes)
{
  GArray  *all = self->fleet->nodes;
  gboolean has_changed = !is_same (all, nodes, MIN (n_nodes, UDPNAT_FLEET_NODES_MAX));

  g_array_set_size (all, 0);
  for (guint i = 0; i < MIN (n_nodes, UDPNAT_FLEET_NODES_MAX); i++)
    {
      UdpnatServerFleetNode node = { .load = nodes[i].load };

      memcpy (node.node.key, nodes[i].key.bytes, sizeof node.node.key);
      node.node.place = g_strdup (nodes[i].place);
      g_array_append_val (all, node);
    }
  if (!has_changed)
    return;
  self->fleet->told = 0;
  self->fleet->tell_us = now_us;
  udpnat_server_note_nodes (self, now_us);
}

/** udpnat_server_fleet_find_node: (nullable): another one that lives */
const UdpnatFleetNode *
udpnat_server_fleet_find_node (const UdpnatServerFleet *self,
                               const UdpnatPublicKey   *key)
{
  for (guint i = 0; i < self->nodes->len; i++)
    {
      const UdpnatServerFleetNode *node = &g_array_index (self->nodes, UdpnatServerFleetNode, i);

      if (memcmp (node->node.key, key->bytes, sizeof node->node.key) == 0)
        return &node->node;
    }
  return NULL;
}

/* ---- Questions ---- */

gboolean
udpnat_server_fleet_can_ask (const UdpnatRendezvousServer *self)
{
  return self->fleet != NULL && self->fleet->is_up
         && g_hash_table_size (self->fleet->questions) < UDPNAT_FLEET_QUESTIONS_MAX;
}

/** udpnat_server_fleet_take_ask: Returns: whether @asker may have the directory asked now */
gboolean
udpnat_server_fleet_take_ask (UdpnatRendezvousServer *self,
                              gint64                  now_us,
                              UdpnatServerIdentity   *asker)
{
  UdpnatServerQuotas *quotas = udpnat_server_identity_ensure_quotas (asker, self, now_us);

  return udpnat_token_bucket_take (&quotas->ask_bucket, now_us, 1, UDPNAT_FLEET_ASKS_BURST,
                                   UDPNAT_FLEET_ASKS_PER_SECOND);
}

/** udpnat_server_fleet_is_asked: a lookup that was repeated: the directory has not answered yet */
gboolean
udpnat_server_fleet_is_asked (const UdpnatRendezvousServer *self,
                              const UdpnatServerIdentity   *from,
                              guint32                       request)
{
  for (const GList *link = self->fleet != NULL ? self->fleet->waiting.tail : NULL; link != NULL;
       link = link->prev)
    {
      const UdpnatServerQuestion *question = link->data;

      if (question->kind == UDPNAT_SERVER_QUESTION_LOOKUP && question->request == request
          && udpnat_public_key_equal (&question->asker, udpnat_server_identity_get_key (from)))
        return TRUE;
    }
  return FALSE;
}

static UdpnatServerQuestion *
ask (UdpnatRendezvousServer   *self,
     gint64                    now_us,
     UdpnatServerQuestionKind  kind,
     const UdpnatPublicKey    *asker)
{
  UdpnatServerFleet *fleet = self->fleet;
  UdpnatServerQuestion *question = g_new0 (UdpnatServerQuestion, 1);

  question->number = ++fleet->last_number;
  question->kind = kind;
  question->asker = *asker;
  question->deadline_us = now_us + UDPNAT_FLEET_ANSWER_US;
  question->link.data = question;
  g_queue_push_tail_link (&fleet->waiting, &question->link);
  g_hash_table_insert (fleet->questions, &question->number, question);
  return question;
}

/* By key; @pass: (nullable) */
static UdpnatServerEvent *
push_question (UdpnatRendezvousServer     *self,
               const UdpnatServerQuestion *question,
               const UdpnatPublicKey      *key)
{
  UdpnatServerEvent *event = udpnat_server_push_mail_event (self, UDPNAT_SERVER_EVENT_ASK_KEY,
                                                            question->number);

  event->key = *key;
  return event;
}

/**
 * udpnat_server_fleet_ask_lookup:
 * @name: as udpnat_name_normalize() gives it
 * @key: (nullable): whose it is, if that is known here
 */
void
udpnat_server_fleet_ask_lookup (UdpnatRendezvousServer *self,
                                gint64                  now_us,
                                UdpnatServerIdentity   *from,
                                guint32                 request,
                                const char             *name,
                                const UdpnatPublicKey  *key)
{
  UdpnatServerQuestion *question;

  question = ask (self, now_us, UDPNAT_SERVER_QUESTION_LOOKUP,
                  udpnat_server_identity_get_key (from));
  question->request = request;
  question->name = g_strdup (name);
  if (key != NULL)
    (void) push_question (self, question, key);
  else
    udpnat_server_push_mail_event (self, UDPNAT_SERVER_EVENT_ASK_NAME, question->number)->name
      = g_strdup (name);
}

/**
 * udpnat_server_fleet_ask_dial: @key is not here. Whoever dials it is told where it is, or that it
 * is nowhere; the packet is sent again by whoever sent it */
void
udpnat_server_fleet_ask_dial (UdpnatRendezvousServer *self,
                              gint64                  now_us,
                              UdpnatServerIdentity   *from,
                              const UdpnatPublicKey  *key)
{
  UdpnatServerQuestion *question = ask (self, now_us, UDPNAT_SERVER_QUESTION_DIAL,
                                        udpnat_server_identity_get_key (from));

  question->key = *key;
  (void) push_question (self, question, key);
}

/**
 * udpnat_server_fleet_ask_call: a guest dials somebody here: what it is called is asked first, so
 * that whoever is dialled knows who calls. The packet waits for that */
void
udpnat_server_fleet_ask_call (UdpnatRendezvousServer *self,
                              gint64                  now_us,
                              UdpnatServerIdentity   *from,
                              const UdpnatPublicKey  *to,
                              const guint8           *inner,
                              gsize                   n_inner)
{
  const UdpnatPublicKey *key = udpnat_server_identity_get_key (from);
  UdpnatServerQuestion *question = ask (self, now_us, UDPNAT_SERVER_QUESTION_CALL, key);

  question->to = *to;
  question->data = g_bytes_new (inner, n_inner);
  (void) push_question (self, question, key);
}

/** udpnat_server_fleet_ask_put: a letter for somebody who is not here: it counts as one on its way
 * to the disk until that is answered */
void
udpnat_server_fleet_ask_put (UdpnatServerClient  *client,
                             gint64               now_us,
                             const UdpnatMailPut *put)
{
  UdpnatRendezvousServer *self = client->server;
  UdpnatServerQuestion *question;
  UdpnatServerEvent *event;

  question = ask (self, now_us, UDPNAT_SERVER_QUESTION_PUT,
                  udpnat_server_identity_get_key (client->identity));
  question->request = put->request;
  memcpy (question->key.bytes, put->recipient, sizeof question->key.bytes);
  memcpy (question->pass, put->pass, sizeof question->pass);
  question->data = g_bytes_new (put->sealed, put->n_sealed);
  self->put_bytes += (gint64) put->n_sealed;
  event = push_question (self, question, &question->key);
  event->has_pass = TRUE;
  memcpy (event->pass, put->pass, sizeof event->pass);
}

static void
settle (UdpnatRendezvousServer   *self,
        gint64                    now_us,
        UdpnatServerQuestion     *question,
        const UdpnatServerAnswer *answer)
{
  g_queue_unlink (&self->fleet->waiting, &question->link);
  g_hash_table_steal (self->fleet->questions, &question->number);
  if (question->kind == UDPNAT_SERVER_QUESTION_PUT)
    self->put_bytes -= (gint64) g_bytes_get_size (question->data);
  udpnat_server_fleet_settle (self, now_us, question, answer);
  question_free (question);
}

/**
 * udpnat_rendezvous_server_answer:
 * @number: from an ASK_NAME or ASK_KEY event; others are ignored
 */
void
udpnat_rendezvous_server_answer (UdpnatRendezvousServer   *self,
                                 gint64                    now_us,
                                 guint64                   number,
                                 const UdpnatServerAnswer *answer)
{
  UdpnatServerQuestion *question = g_hash_table_lookup (self->fleet->questions, &number);

  if (question != NULL)
    settle (self, now_us, question, answer);
}

/* ---- Other servers ---- */

static UdpnatServerFleetNode *
find_least (const UdpnatServerFleet *self)
{
  UdpnatServerFleetNode *least = NULL;

  for (guint i = 0; i < self->nodes->len; i++)
    {
      UdpnatServerFleetNode *node = &g_array_index (self->nodes, UdpnatServerFleetNode, i);

      if (node->load < (least != NULL ? least->load : UDPNAT_SERVER_NODE_FULL))
        least = node;
    }
  return least;
}

static void
send_away (UdpnatServerClient    *client,
           UdpnatServerFleetNode *node)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  node->load++;
  client->server->stats.moves++;
  udpnat_write_move (message, &node->node);
  udpnat_server_fleet_reply (client, message);
}

/**
 * udpnat_server_fleet_send_elsewhere:
 * @is_moved: another server has sent it here: it is sent on only if it cannot stay
 *
 * Returns: whether somebody who wants to register has been told to do so elsewhere
 */
gboolean
udpnat_server_fleet_send_elsewhere (UdpnatServerClient *client,
                                    gboolean            is_moved)
{
  const UdpnatRendezvousServer *self = client->server;
  UdpnatServerFleetNode *least = self->fleet != NULL ? find_least (self->fleet) : NULL;
  guint own = self->stats.registered;

  if (least == NULL || client->entry != NULL)
    return FALSE;
  if (!self->fleet->is_draining
      && (is_moved || own <= least->load + least->load / 4 + UDPNAT_FLEET_SLACK))
    return FALSE;
  send_away (client, least);
  return TRUE;
}

/**
 * udpnat_rendezvous_server_drain:
 *
 * Sends everybody to the other servers, some at a time. Does nothing while there are none: then
 * clients find out when this one stops.
 */
void
udpnat_rendezvous_server_drain (UdpnatRendezvousServer *self,
                                gint64                  now_us)
{
  if (self->fleet == NULL || self->fleet->is_draining)
    return;
  self->fleet->is_draining = TRUE;
  self->fleet->drain_us = now_us;
}

gboolean
udpnat_rendezvous_server_is_draining (const UdpnatRendezvousServer *self)
{
  return self->fleet != NULL && self->fleet->is_draining;
}

/** udpnat_rendezvous_server_is_drained: everybody has been sent away who can be */
gboolean
udpnat_rendezvous_server_is_drained (const UdpnatRendezvousServer *self)
{
  return self->fleet == NULL || (self->fleet->is_draining
                                 && (self->fleet->drain_us == UDPNAT_TIME_NEVER
                                     || find_least (self->fleet) == NULL));
}

/* Returns: (nullable): the next one who is registered, awake; %NULL: there are no more */
static UdpnatServerClient *
next_registered (UdpnatRendezvousServer *self,
                 gint64                  now_us,
                 guint32                *cursor)
{
  guint32 id;

  while ((id = udpnat_slab_get_next (self->identities, *cursor)) != 0)
    {
      UdpnatServerIdentity *identity = udpnat_slab_get (self->identities, id);

      *cursor = id;
      if (udpnat_server_identity_get_entry (identity) == NULL)
        continue;
      if (identity->is_resting)
        udpnat_server_identity_wake (identity, self, now_us);
      if (identity->awake.live != NULL)
        return identity->awake.live;
    }
  return NULL;
}

static void
drain_some (UdpnatRendezvousServer *self,
            gint64                  now_us)
{
  UdpnatServerFleet *fleet = self->fleet;

  fleet->drain_us = now_us + UDPNAT_FLEET_DRAIN_TICK_US;
  for (guint i = 0; i < SENT_PER_TICK && find_least (fleet) != NULL; i++)
    {
      UdpnatServerClient *client = next_registered (self, now_us, &fleet->drained);

      if (client == NULL)
        {
          fleet->drain_us = UDPNAT_TIME_NEVER;
          return;
        }
      send_away (client, find_least (fleet));
    }
}

static void
tell_some (UdpnatRendezvousServer *self,
           gint64                  now_us)
{
  UdpnatServerFleet *fleet = self->fleet;

  fleet->tell_us = now_us + UDPNAT_FLEET_DRAIN_TICK_US;
  for (guint i = 0; i < SENT_PER_TICK; i++)
    {
      UdpnatServerClient *client = next_registered (self, now_us, &fleet->told);

      if (client == NULL)
        {
          fleet->tell_us = UDPNAT_TIME_NEVER;
          return;
        }
      udpnat_server_fleet_tell_nodes (client);
    }
}

/* ---- Time ---- */

/** udpnat_server_fleet_deadline: for udpnat_server_keep_fleet() */
gint64
udpnat_server_fleet_deadline (const UdpnatRendezvousServer *self)
{
  const UdpnatServerFleet *fleet = self->fleet;
  const UdpnatServerQuestion *oldest;
  gint64 deadline_us;

  if (fleet == NULL || self->is_shut)
    return UDPNAT_TIME_NEVER;
  oldest = g_queue_peek_head ((GQueue *) &fleet->waiting);
  deadline_us = udpnat_time_min (fleet->drain_us, fleet->tell_us);
  deadline_us = udpnat_time_min (deadline_us,
                                 udpnat_server_elsewheres_deadline (fleet->elsewheres));
  return oldest != NULL ? udpnat_time_min (oldest->deadline_us, deadline_us) : deadline_us;
}

/** udpnat_server_keep_fleet: does what is due now */
void
udpnat_server_keep_fleet (UdpnatRendezvousServer *self,
                          gint64                  now_us)
{
  const UdpnatServerAnswer late = { .result = UDPNAT_SERVER_ANSWER_LATER };
  UdpnatServerQuestion *oldest;

  if (self->fleet == NULL || self->is_shut)
    return;
  while ((oldest = g_queue_peek_head (&self->fleet->waiting)) != NULL
         && oldest->deadline_us <= now_us)
    settle (self, now_us, oldest, &late);
  if (self->fleet->drain_us <= now_us)
    drain_some (self, now_us);
  if (self->fleet->tell_us <= now_us)
    tell_some (self, now_us);
  udpnat_server_keep_elsewheres (self, now_us);
}
