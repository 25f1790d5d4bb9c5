/* What is fetched from one peer (PROTOCOL.md section 21).
 *
 * Chunks of a file are asked for in order and come in order, for the stream is in order: so all
 * that has to be known of a file is up to where it was asked for, has come, and has been kept. What
 * comes is checked at once. The window bounds what was asked for and is not kept: it is what comes
 * twice when one of the two dies, and what is held in memory when the disk is slower than the path.
 * */

#include "config.h"

#include "udpnat-file-fetcher.h"

#include "udpnat-limits.h"
#include "udpnat-time.h"
#include "udpnat-tree.h"

typedef struct
{
  UdpnatMessageId id;
  guint32         file;
  UdpnatTree     *tree;
  guint64         n_chunks;
  guint64         n_kept; /* and all below */
  guint64         n_came;
  guint64         n_asked;
  gboolean        is_block_asked; /* @level, @block */
  guint           level;
  guint64         block;
  gboolean        is_refused;     /* the sender gives none of this offer for now */
  guint8          reason;         /* why, if so */
} Fetch;

/* A message that needs no room but what is asked for. */
typedef struct
{
  UdpnatMessageId id;
  guint8          reason;
} Stop;

struct _UdpnatFileFetcher
{
  GQueue  fetches; /* of Fetch: whoever has asked for a run goes to the end */
  GQueue  stops;   /* of Stop: to be told */
  GQueue  events;  /* of UdpnatFileEvent */
  guint64 window;  /* bytes */
  guint64 n_open;  /* bytes asked for and not kept */

  /* how long one window takes */
  gint64  round_us; /* when it began */
  guint64 n_round;  /* bytes since */
};

static void
fetch_free (gpointer data)
{
  Fetch *fetch = data;

  udpnat_tree_free (fetch->tree);
  g_free (fetch);
}

UdpnatFileFetcher *
udpnat_file_fetcher_new (void)
{
  UdpnatFileFetcher *self = g_new0 (UdpnatFileFetcher, 1);

  self->window = UDPNAT_FILE_WINDOW_MIN_BYTES;
  return self;
}

void
udpnat_file_fetcher_free (UdpnatFileFetcher *self)
{
  if (self == NULL)
    return;
  g_queue_clear_full (&self->fetches, fetch_free);
  g_queue_clear_full (&self->stops, g_free);
  g_queue_clear_full (&self->events, (GDestroyNotify) udpnat_file_event_free);
  g_free (self);
}

/** udpnat_file_fetcher_pop_event: Returns: (transfer full) (nullable): the oldest one */
UdpnatFileEvent *
udpnat_file_fetcher_pop_event (UdpnatFileFetcher *self)
{
  return g_queue_pop_head (&self->events);
}

static GList *
find (UdpnatFileFetcher     *self,
      const UdpnatMessageId *id,
      guint32                file)
{
  for (GList *link = self->fetches.head; link != NULL; link = link->next)
    {
      const Fetch *fetch = link->data;

      if (fetch->file == file && udpnat_message_id_compare (&fetch->id, id) == 0)
        return link;
    }
  return NULL;
}

/* ---- The owner ---- */

/* All but the last chunk have their full length. */
static guint64
count_bytes (const Fetch *fetch,
             guint64      first,
             guint64      end)
{
  guint64 size = udpnat_tree_get_size (fetch->tree);

  return MIN (end * UDPNAT_CHUNK_BYTES, size) - MIN (first * UDPNAT_CHUNK_BYTES, size);
}

/* Is not asked for, or only what has not come has to be asked for anew. */
static void
take_back (UdpnatFileFetcher *self,
           Fetch             *fetch)
{
  self->n_open -= count_bytes (fetch, fetch->n_came, fetch->n_asked);
  fetch->n_asked = fetch->n_came;
  fetch->is_block_asked = FALSE;
}

static void
drop (UdpnatFileFetcher *self,
      GList             *link)
{
  Fetch *fetch = link->data;

  self->n_open -= count_bytes (fetch, fetch->n_kept, fetch->n_asked);
  g_queue_delete_link (&self->fetches, link);
  fetch_free (fetch);
}

static void
drop_all_of (UdpnatFileFetcher     *self,
             const UdpnatMessageId *id)
{
  GList *link = self->fetches.head;

  while (link != NULL)
    {
      GList *next = link->next;

      if (udpnat_message_id_compare (&((Fetch *) link->data)->id, id) == 0)
        drop (self, link);
      link = next;
    }
}

/* The same is refused, of all files of an offer. */
static void
take_over_refusal (const UdpnatFileFetcher *self,
                   Fetch                   *fetch)
{
  for (const GList *link = self->fetches.head; link != NULL; link = link->next)
    {
      const Fetch *other = link->data;

      if (udpnat_message_id_compare (&other->id, &fetch->id) != 0)
        continue;
      fetch->is_refused = other->is_refused;
      fetch->reason = other->reason;
      return;
    }
}

/**
 * udpnat_file_fetcher_fetch:
 * @id: of an offer of the peer
 * @file: its number there
 * @size: bytes, at most %UDPNAT_FILE_SIZE_MAX
 * @first_chunk: from here on; those below are on the disk, and some from here on are not
 *
 * Returns: %FALSE when it is fetched already, or as many are as may be at a time
 */
gboolean
udpnat_file_fetcher_fetch (UdpnatFileFetcher     *self,
                           const UdpnatMessageId *id,
                           guint32                file,
                           guint64                size,
                           const guint8           root[UDPNAT_FILE_ROOT_BYTES],
                           guint64                first_chunk)
{
  Fetch *fetch;

  if (self->fetches.length >= UDPNAT_FILE_FETCHES_MAX || find (self, id, file) != NULL)
    return FALSE;
  fetch = g_new0 (Fetch, 1);
  fetch->id = *id;
  fetch->file = file;
  fetch->tree = udpnat_tree_new_for_root (size, root);
  fetch->n_chunks = udpnat_tree_count_chunks (fetch->tree);
  g_assert (first_chunk < fetch->n_chunks);
  fetch->n_kept = fetch->n_came = fetch->n_asked = first_chunk;
  take_over_refusal (self, fetch);
  g_queue_push_tail (&self->fetches, fetch);
  return TRUE;
}

/** udpnat_file_fetcher_note_kept: the oldest chunk of @file that came and was not kept is on the
 * disk now; nothing happens when the file is not fetched any more */
void
udpnat_file_fetcher_note_kept (UdpnatFileFetcher     *self,
                               const UdpnatMessageId *id,
                               guint32                file)
{
  GList *link = find (self, id, file);
  Fetch *fetch = link != NULL ? link->data : NULL;

  if (fetch == NULL || fetch->n_kept == fetch->n_came)
    return;
  self->n_open -= count_bytes (fetch, fetch->n_kept, fetch->n_kept + 1);
  fetch->n_kept++;
  if (fetch->n_kept < fetch->n_chunks)
    return;
  udpnat_file_event_push (&self->events, UDPNAT_FILE_EVENT_FETCHED, id)->file = file;
  drop (self, link);
}

static void
give_up (UdpnatFileFetcher     *self,
         const UdpnatMessageId *id,
         guint8                 reason)
{
  Stop *stop = g_new0 (Stop, 1);

  drop_all_of (self, id);
  stop->id = *id;
  stop->reason = reason;
  g_queue_push_tail (&self->stops, stop);
}

/* A later fetch brings them again. */
static void
take_back_chunks (UdpnatFileFetcher     *self,
                  const UdpnatMessageId *id)
{
  GList *link = self->events.head;

  while (link != NULL)
    {
      GList *next = link->next;
      UdpnatFileEvent *event = link->data;

      if (event->type == UDPNAT_FILE_EVENT_CHUNK && udpnat_message_id_compare (&event->id, id) == 0)
        {
          udpnat_file_event_free (event);
          g_queue_delete_link (&self->events, link);
        }
      link = next;
    }
}

/**
 * udpnat_file_fetcher_stop:
 * @reason: what the sender is told, a #UdpnatFileReason
 *
 * None of @id is fetched any more, and no chunk of it that came is told any more.
 */
void
udpnat_file_fetcher_stop (UdpnatFileFetcher     *self,
                          const UdpnatMessageId *id,
                          guint8                 reason)
{
  give_up (self, id, reason);
  take_back_chunks (self, id);
}

/* ---- The peer ---- */

/* A window that comes within little more than one round trip was too small to tell how fast the
 * path is. */
static void
measure (UdpnatFileFetcher *self,
         gint64             now_us,
         gint64             rtt_us,
         gsize              n_data)
{
  self->n_round += n_data;
  if (self->n_round < self->window)
    return;
  if (self->round_us != 0 && now_us - self->round_us < 2 * rtt_us)
    self->window = MIN (2 * self->window, UDPNAT_FILE_WINDOW_MAX_BYTES);
  self->round_us = now_us;
  self->n_round = 0;
}

static void
find_corrupt (UdpnatFileFetcher       *self,
              const UdpnatFileMessage *message)
{
  give_up (self, &message->id, UDPNAT_FILE_REASON_CHANGED);
  udpnat_file_event_push (&self->events, UDPNAT_FILE_EVENT_CORRUPT, &message->id)->file
    = message->file;
}

static void
handle_chunk (UdpnatFileFetcher       *self,
              gint64                   now_us,
              gint64                   rtt_us,
              const UdpnatFileMessage *message)
{
  GList *link = find (self, &message->id, message->file);
  Fetch *fetch = link != NULL ? link->data : NULL;
  UdpnatFileEvent *event;

  /* What was asked for before a stop, and what is not asked for, may still come. */
  if (fetch == NULL || message->first != fetch->n_came || fetch->n_came >= fetch->n_asked)
    return;
  if (!udpnat_tree_check_chunk (fetch->tree, message->first, message->data, message->n_data))
    {
      find_corrupt (self, message);
      return;
    }
  fetch->n_came++;
  event = udpnat_file_event_push (&self->events, UDPNAT_FILE_EVENT_CHUNK, &message->id);
  event->file = message->file;
  event->number = message->first;
  event->data = g_bytes_new (message->data, message->n_data);
  measure (self, now_us, rtt_us, message->n_data);
}

static void
handle_hashes (UdpnatFileFetcher       *self,
               const UdpnatFileMessage *message)
{
  GList *link = find (self, &message->id, message->file);
  Fetch *fetch = link != NULL ? link->data : NULL;

  if (fetch == NULL || !fetch->is_block_asked || fetch->level != message->level ||
      fetch->block != message->first)
    return;
  fetch->is_block_asked = FALSE;
  if (!udpnat_tree_learn_block (fetch->tree, message->level, message->first, message->data,
                                message->n_data))
    find_corrupt (self, message);
}

static void
set_refused (UdpnatFileFetcher       *self,
             const UdpnatFileMessage *message)
{
  gboolean refused = message->type == UDPNAT_FILE_REFUSE;
  gboolean is_known = FALSE;

  for (GList *link = self->fetches.head; link != NULL; link = link->next)
    {
      Fetch *fetch = link->data;

      if (udpnat_message_id_compare (&fetch->id, &message->id) != 0)
        continue;
      is_known = TRUE;
      fetch->is_refused = refused;
      fetch->reason = message->reason;
      take_back (self, fetch);
    }
  if (!is_known)
    return;
  udpnat_file_event_push (&self->events,
                          refused ? UDPNAT_FILE_EVENT_REFUSED : UDPNAT_FILE_EVENT_GOES_ON,
                          &message->id)->reason = message->reason;
}

/**
 * udpnat_file_fetcher_handle_message:
 * @rtt_us: to the peer; 0: not known
 *
 * Returns: whether it was for a fetcher
 */
gboolean
udpnat_file_fetcher_handle_message (UdpnatFileFetcher       *self,
                                    gint64                   now_us,
                                    gint64                   rtt_us,
                                    const UdpnatFileMessage *message)
{
  switch ((UdpnatFileMessageType) message->type)
    {
    case UDPNAT_FILE_CHUNK:
      handle_chunk (self, now_us, rtt_us, message);
      return TRUE;
    case UDPNAT_FILE_HASHES:
      handle_hashes (self, message);
      return TRUE;
    case UDPNAT_FILE_REFUSE:
    case UDPNAT_FILE_GO_ON:
      set_refused (self, message);
      return TRUE;
    case UDPNAT_FILE_WANT:
    case UDPNAT_FILE_WANT_HASHES:
    case UDPNAT_FILE_STOP:
      return FALSE; /* a giver's */
    }
  return FALSE;
}

/* ---- The stream ---- */

/* Returns: whether hashes are to be asked for next, which @fetch then says */
static gboolean
choose_hashes (Fetch *fetch)
{
  guint64 ahead = MIN (fetch->n_asked + UDPNAT_FILE_AHEAD_CHUNKS, fetch->n_chunks - 1);

  if (fetch->is_refused || fetch->is_block_asked || fetch->n_asked == fetch->n_chunks)
    return FALSE;
  return udpnat_tree_find_missing (fetch->tree, fetch->n_asked, &fetch->level, &fetch->block) ||
         udpnat_tree_find_missing (fetch->tree, ahead, &fetch->level, &fetch->block);
}

/* Returns: how many chunks are to be asked for next */
static guint32
choose_chunks (const UdpnatFileFetcher *self,
               const Fetch             *fetch)
{
  guint64 n_left = fetch->n_chunks - fetch->n_asked;
  guint64 n_room = (self->window - MIN (self->n_open, self->window)) / UDPNAT_CHUNK_BYTES;
  guint64 n = MIN (n_left, UDPNAT_FILE_RUN_CHUNKS);
  guint level;
  guint64 block;

  if (fetch->is_refused || n_left == 0 ||
      udpnat_tree_find_missing (fetch->tree, fetch->n_asked, &level, &block))
    return 0;
  /* No further than its hashes are known. */
  n = MIN (n, UDPNAT_TREE_FANOUT - fetch->n_asked % UDPNAT_TREE_FANOUT);
  /* Not each chunk by itself as the window opens. */
  return n_room >= n || n_room >= self->window / UDPNAT_CHUNK_BYTES / 4 ? MIN (n, n_room) : 0;
}

/* Returns: FALSE when there is nothing to ask of it now */
static gboolean
ask (UdpnatFileFetcher *self,
     GList             *link,
     GByteArray        *out)
{
  Fetch *fetch = link->data;
  UdpnatFileMessage message = { .id = fetch->id, .file = fetch->file };

  if (choose_hashes (fetch))
    {
      message.type = UDPNAT_FILE_WANT_HASHES;
      message.level = fetch->level;
      message.first = fetch->block;
      fetch->is_block_asked = TRUE;
    }
  else
    {
      message.type = UDPNAT_FILE_WANT;
      message.first = fetch->n_asked;
      message.n_chunks = choose_chunks (self, fetch);
      if (message.n_chunks == 0)
        return FALSE;
      fetch->n_asked += message.n_chunks;
      self->n_open += count_bytes (fetch, message.first, fetch->n_asked);
      g_queue_unlink (&self->fetches, link);
      g_queue_push_tail_link (&self->fetches, link);
    }
  udpnat_write_file_message (out, &message);
  return TRUE;
}

/** udpnat_file_fetcher_has_unsent: whether something would be written, if there were room */
gboolean
udpnat_file_fetcher_has_unsent (const UdpnatFileFetcher *self)
{
  if (self->stops.length > 0)
    return TRUE;
  for (const GList *link = self->fetches.head; link != NULL; link = link->next)
    {
      Fetch fetch = *(const Fetch *) link->data;

      if (choose_hashes (&fetch) || choose_chunks (self, &fetch) > 0)
        return TRUE;
    }
  return FALSE;
}

/** udpnat_file_fetcher_is_waiting: whether the peer is asked for something, or is to be, that it
 * does not refuse, or only until it has read it */
gboolean
udpnat_file_fetcher_is_waiting (const UdpnatFileFetcher *self)
{
  for (const GList *link = self->fetches.head; link != NULL; link = link->next)
    {
      const Fetch *fetch = link->data;

      if (!fetch->is_refused || fetch->reason == UDPNAT_FILE_REASON_PREPARING)
        return TRUE;
    }
  return FALSE;
}

/** udpnat_file_fetcher_is_held: whether the peer has paused something that is wanted, and is to say
 * when it goes on */
gboolean
udpnat_file_fetcher_is_held (const UdpnatFileFetcher *self)
{
  for (const GList *link = self->fetches.head; link != NULL; link = link->next)
    {
      const Fetch *fetch = link->data;

      if (fetch->is_refused && fetch->reason == UDPNAT_FILE_REASON_PAUSED)
        return TRUE;
    }
  return FALSE;
}

/* The longest of what is asked. */
#define ASK_MAX_BYTES (UDPNAT_MESSAGE_HEADER_BYTES + UDPNAT_MESSAGE_ID_BYTES + 4 + 8 + 4)

/**
 * udpnat_file_fetcher_write_next:
 *
 * Appends the next message to @out, if it has at most @n_max bytes.
 *
 * Returns: %FALSE when there is none, or no room for it
 */
gboolean
udpnat_file_fetcher_write_next (UdpnatFileFetcher *self,
                                GByteArray        *out,
                                gsize              n_max)
{
  if (n_max < ASK_MAX_BYTES)
    return FALSE;
  if (self->stops.length > 0)
    {
      g_autofree Stop *stop = g_queue_pop_head (&self->stops);
      UdpnatFileMessage message = { .type = UDPNAT_FILE_STOP, .id = stop->id,
                                    .reason = stop->reason };

      udpnat_write_file_message (out, &message);
      return TRUE;
    }
  for (GList *link = self->fetches.head; link != NULL; link = link->next)
    if (ask (self, link, out))
      return TRUE;
  return FALSE;
}

/** udpnat_file_fetcher_restart: a session has ended: with the next one all is asked for anew that
 * has not come */
void
udpnat_file_fetcher_restart (UdpnatFileFetcher *self)
{
  g_queue_clear_full (&self->stops, g_free);
  for (GList *link = self->fetches.head; link != NULL; link = link->next)
    {
      Fetch *fetch = link->data;

      take_back (self, fetch);
      fetch->is_refused = FALSE;
    }
  self->round_us = 0;
  self->n_round = 0;
}
