/* What a peer asks for of what it was offered (PROTOCOL.md section 21), in the order in which it
 * asks.
 *
 * A request becomes an event only when its answer will fit: so many are with the owner, or wait for
 * room in the stream, as keep disk and path busy, and no more, so that a pause takes effect at once
 * and memory does not depend on what is asked. */

#include "config.h"

#include "udpnat-file-giver.h"

#include "udpnat-limits.h"

typedef struct
{
  UdpnatMessageId id;
  guint8          reason;   /* why it is not given now; NONE: it is */
  gboolean        is_told;  /* that it is not, in this session, since it was asked for */
  gboolean        is_refused_there; /* the last that it was told in this session */
  gboolean        is_asked; /* for, in this session */
} Offer;

/* Of chunks a run, of hashes one block. */
typedef struct
{
  UdpnatMessageId id;
  guint32         file;
  gboolean        is_hashes;
  guint8          level;
  guint64         first;
  guint64         n;
} Request;

/* A message that waits for room. */
typedef struct
{
  UdpnatMessageId id;
  GByteArray     *bytes;
} Ready;

struct _UdpnatFileGiver
{
  GTree  *offers;   /* Offer by its id */
  GQueue  requests; /* of Request, oldest first */
  GQueue  reads;    /* of Request of one chunk or block: with the owner */
  GQueue  ready;    /* of Ready */
  GQueue  told;     /* of Ready: REFUSE and GO-ON, which go first */
  GQueue  events;   /* of UdpnatFileEvent */
};

static int
compare_ids (gconstpointer a,
             gconstpointer b,
             gpointer      user_data)
{
  return udpnat_message_id_compare (a, b);
}

static void
ready_free (gpointer data)
{
  Ready *ready = data;

  g_byte_array_unref (ready->bytes);
  g_free (ready);
}

UdpnatFileGiver *
udpnat_file_giver_new (void)
{
  UdpnatFileGiver *self = g_new0 (UdpnatFileGiver, 1);

  self->offers = g_tree_new_full (compare_ids, NULL, NULL, g_free);
  return self;
}

static void
clear_work (UdpnatFileGiver *self)
{
  g_queue_clear_full (&self->requests, g_free);
  g_queue_clear_full (&self->reads, g_free);
  g_queue_clear_full (&self->ready, ready_free);
  g_queue_clear_full (&self->told, ready_free);
}

void
udpnat_file_giver_free (UdpnatFileGiver *self)
{
  if (self == NULL)
    return;
  clear_work (self);
  g_queue_clear_full (&self->events, (GDestroyNotify) udpnat_file_event_free);
  g_tree_unref (self->offers);
  g_free (self);
}

/** udpnat_file_giver_pop_event: Returns: (transfer full) (nullable): the oldest one */
UdpnatFileEvent *
udpnat_file_giver_pop_event (UdpnatFileGiver *self)
{
  return g_queue_pop_head (&self->events);
}

/* ---- What is told ---- */

static void
push_message (GQueue                  *queue,
              const UdpnatFileMessage *message)
{
  Ready *ready = g_new0 (Ready, 1);

  ready->id = message->id;
  ready->bytes = g_byte_array_new ();
  udpnat_write_file_message (ready->bytes, message);
  g_queue_push_tail (queue, ready);
}

static void
refuse (UdpnatFileGiver       *self,
        const UdpnatMessageId *id,
        guint8                 reason)
{
  UdpnatFileMessage message = { .type = UDPNAT_FILE_REFUSE, .id = *id, .reason = reason };

  push_message (&self->told, &message);
}

/* ---- What is with whom ---- */

static gboolean
has_room (const UdpnatFileGiver *self)
{
  return self->reads.length + self->ready.length < UDPNAT_FILE_READS_MAX;
}

/* Gives the owner as much to read as there is room for. */
static void
advance (UdpnatFileGiver *self)
{
  while (has_room (self) && self->requests.length > 0)
    {
      Request *request = g_queue_peek_head (&self->requests);
      Request *read = g_memdup2 (request, sizeof *request);
      UdpnatFileEvent *event = udpnat_file_event_push (&self->events,
                                                       request->is_hashes
                                                         ? UDPNAT_FILE_EVENT_HASHES_WANTED
                                                         : UDPNAT_FILE_EVENT_CHUNK_WANTED,
                                                       &request->id);

      event->file = request->file;
      event->level = request->level;
      event->number = request->first;
      read->n = 1;
      g_queue_push_tail (&self->reads, read);
      request->first++;
      if (--request->n == 0)
        g_free (g_queue_pop_head (&self->requests));
    }
}

static void
drop_of (GQueue                *queue,
         const UdpnatMessageId *id,
         GDestroyNotify         free_func)
{
  GList *link = queue->head;

  while (link != NULL)
    {
      GList *next = link->next;

      /* The id is the first member of all that is queued. */
      if (udpnat_message_id_compare (link->data, id) == 0)
        {
          free_func (link->data);
          g_queue_delete_link (queue, link);
        }
      link = next;
    }
}

static void
drop_requests (UdpnatFileGiver       *self,
               const UdpnatMessageId *id)
{
  drop_of (&self->requests, id, g_free);
  drop_of (&self->reads, id, g_free);
  drop_of (&self->ready, id, ready_free);
  advance (self);
}

/* ---- The owner ---- */

/**
 * udpnat_file_giver_serve:
 * @id: of an offer to this peer
 * @reason: why nothing of it can be given now, a #UdpnatFileReason; NONE: it can
 *
 * Whoever has asked already is told what has changed.
 *
 * Returns: %FALSE when too much is offered to this peer
 */
gboolean
udpnat_file_giver_serve (UdpnatFileGiver       *self,
                         const UdpnatMessageId *id,
                         guint8                 reason)
{
  Offer *offer = g_tree_lookup (self->offers, id);

  if (offer == NULL)
    {
      if (g_tree_nnodes (self->offers) >= UDPNAT_FILE_OFFERS_MAX)
        return FALSE;
      offer = g_new0 (Offer, 1);
      offer->id = *id;
      offer->reason = reason;
      g_tree_insert (self->offers, &offer->id, offer);
      return TRUE;
    }
  if (offer->reason == reason)
    return TRUE;
  offer->reason = reason;
  if (reason != UDPNAT_FILE_REASON_NONE && offer->is_asked)
    {
      drop_requests (self, id);
      refuse (self, id, reason);
      offer->is_told = offer->is_refused_there = TRUE;
      /* They have asked, and do not ask again before they may: now it is to be prepared. */
      if (reason == UDPNAT_FILE_REASON_PREPARING)
        udpnat_file_event_push (&self->events, UDPNAT_FILE_EVENT_ASKED, id);
    }
  else if (reason == UDPNAT_FILE_REASON_NONE && offer->is_refused_there)
    {
      UdpnatFileMessage message = { .type = UDPNAT_FILE_GO_ON, .id = *id };

      push_message (&self->told, &message);
      offer->is_told = offer->is_refused_there = FALSE;
    }
  return TRUE;
}

/** udpnat_file_giver_withdraw: @id is not offered any more */
void
udpnat_file_giver_withdraw (UdpnatFileGiver       *self,
                            const UdpnatMessageId *id)
{
  if (g_tree_lookup (self->offers, id) == NULL)
    return;
  (void) udpnat_file_giver_serve (self, id, UDPNAT_FILE_REASON_UNKNOWN);
  g_tree_remove (self->offers, id);
}

/* Returns: FALSE when it is not waited for any more */
static gboolean
take_read (UdpnatFileGiver       *self,
           const UdpnatMessageId *id,
           guint32                file,
           gboolean               is_hashes,
           guint8                 level,
           guint64                number)
{
  for (GList *link = self->reads.head; link != NULL; link = link->next)
    {
      const Request *read = link->data;

      if (read->first == number && read->file == file && read->level == level &&
          read->is_hashes == is_hashes && udpnat_message_id_compare (&read->id, id) == 0)
        {
          g_free (link->data);
          g_queue_delete_link (&self->reads, link);
          return TRUE;
        }
    }
  return FALSE;
}

static void
give (UdpnatFileGiver   *self,
      UdpnatFileMessage *message,
      GBytes            *data)
{
  if (!take_read (self, &message->id, message->file, message->type == UDPNAT_FILE_HASHES,
                  message->level, message->first))
    return;
  if (data != NULL)
    {
      message->data = g_bytes_get_data (data, &message->n_data);
      push_message (&self->ready, message);
    }
  advance (self);
}

/** udpnat_file_giver_give_chunk: @data: (nullable): what the file has there; %NULL: there is no
 * such chunk, and who asks for it gets no answer. If it is not asked for any more, nothing happens
 * */
void
udpnat_file_giver_give_chunk (UdpnatFileGiver       *self,
                              const UdpnatMessageId *id,
                              guint32                file,
                              guint64                chunk,
                              GBytes                *data)
{
  UdpnatFileMessage message = { .type = UDPNAT_FILE_CHUNK, .id = *id, .file = file,
                                .first = chunk };

  give (self, &message, data);
}

/** udpnat_file_giver_give_hashes: @data: (nullable): the block of hashes; as above */
void
udpnat_file_giver_give_hashes (UdpnatFileGiver       *self,
                               const UdpnatMessageId *id,
                               guint32                file,
                               guint8                 level,
                               guint64                block,
                               GBytes                *data)
{
  UdpnatFileMessage message = { .type = UDPNAT_FILE_HASHES, .id = *id, .file = file,
                                .level = level, .first = block };

  give (self, &message, data);
}

/* ---- The peer ---- */

static gboolean
handle_request (UdpnatFileGiver         *self,
                const UdpnatFileMessage *message)
{
  Offer *offer = g_tree_lookup (self->offers, &message->id);
  Request *request;

  /* Each refusal answers at least one message of theirs; who does not read them is to be left. */
  if (self->requests.length >= UDPNAT_FILE_REQUESTS_MAX ||
      self->told.length >= UDPNAT_FILE_REQUESTS_MAX)
    return FALSE;
  if (offer == NULL)
    {
      refuse (self, &message->id, UDPNAT_FILE_REASON_UNKNOWN);
      return TRUE;
    }
  if (offer->reason != UDPNAT_FILE_REASON_NONE)
    {
      if (!offer->is_told)
        refuse (self, &message->id, offer->reason);
      if (!offer->is_told && offer->reason == UDPNAT_FILE_REASON_PREPARING)
        udpnat_file_event_push (&self->events, UDPNAT_FILE_EVENT_ASKED, &message->id);
      offer->is_told = offer->is_asked = offer->is_refused_there = TRUE;
      return TRUE;
    }
  offer->is_asked = TRUE;
  request = g_new0 (Request, 1);
  request->id = message->id;
  request->file = message->file;
  request->is_hashes = message->type == UDPNAT_FILE_WANT_HASHES;
  request->level = message->level;
  request->first = message->first;
  request->n = request->is_hashes ? 1 : message->n_chunks;
  g_queue_push_tail (&self->requests, request);
  advance (self);
  return TRUE;
}

static void
handle_stop (UdpnatFileGiver         *self,
             const UdpnatFileMessage *message)
{
  Offer *offer = g_tree_lookup (self->offers, &message->id);

  if (offer == NULL)
    return;
  drop_requests (self, &message->id);
  /* A refusal that was under way may come to them when they have asked anew: whoever stops has to
   * be told all the same when it goes on. */
  offer->is_asked = offer->is_told = FALSE;
  udpnat_file_event_push (&self->events, UDPNAT_FILE_EVENT_STOPPED, &message->id)->reason
    = message->reason;
}

/**
 * udpnat_file_giver_handle_message:
 *
 * Returns: %FALSE when the peer asks for more than it may have outstanding
 */
gboolean
udpnat_file_giver_handle_message (UdpnatFileGiver         *self,
                                  const UdpnatFileMessage *message)
{
  switch ((UdpnatFileMessageType) message->type)
    {
    case UDPNAT_FILE_WANT:
    case UDPNAT_FILE_WANT_HASHES:
      return handle_request (self, message);
    case UDPNAT_FILE_STOP:
      handle_stop (self, message);
      return TRUE;
    case UDPNAT_FILE_CHUNK:
    case UDPNAT_FILE_HASHES:
    case UDPNAT_FILE_REFUSE:
    case UDPNAT_FILE_GO_ON:
      return TRUE; /* a fetcher's */
    }
  return TRUE;
}

/* ---- The stream ---- */

gboolean
udpnat_file_giver_has_unsent (const UdpnatFileGiver *self)
{
  return self->told.length > 0 || self->ready.length > 0;
}

/**
 * udpnat_file_giver_write_next:
 *
 * Appends the next message to @out, if it has at most @n_max bytes.
 *
 * Returns: %FALSE when there is none, or no room for it
 */
gboolean
udpnat_file_giver_write_next (UdpnatFileGiver *self,
                              GByteArray      *out,
                              gsize            n_max)
{
  GQueue *queue = self->told.length > 0 ? &self->told : &self->ready;
  Ready *ready = g_queue_peek_head (queue);

  if (ready == NULL || ready->bytes->len > n_max)
    return FALSE;
  g_byte_array_append (out, ready->bytes->data, ready->bytes->len);
  ready_free (g_queue_pop_head (queue));
  advance (self);
  return TRUE;
}

static gboolean
forget_asked (gpointer key,
              gpointer value,
              gpointer user_data)
{
  Offer *offer = value;

  offer->is_told = offer->is_asked = offer->is_refused_there = FALSE;
  return FALSE;
}

/** udpnat_file_giver_restart: a session has ended: with the next one the peer asks anew */
void
udpnat_file_giver_restart (UdpnatFileGiver *self)
{
  clear_work (self);
  g_tree_foreach (self->offers, forget_asked, NULL);
}
