/* Files that come. The worker alone touches what has come so far (udpnat-file-sink.h); here is
 * decided what is asked for next, and when the disk is to have it for sure.
 *
 * Jobs are done in the order in which they are given. So a sink that is taken away from a transfer
 * can be closed by a job of its own, after those that still write to it. */

#include "config.h"

#include "udpnat-client-private.h"

#include <string.h>

#include "udpnat-client-files.h"
#include "udpnat-clock.h"
#include "udpnat-limits.h"
#include "udpnat-store-transfers.h"
#include "udpnat-tree.h"

/* After so much, or so long, the disk is asked to have it for sure, and the store told. */
#define SYNC_BYTES (G_GUINT64_CONSTANT (64) << 20)
#define SYNC_US UDPNAT_SEC (3)
#define FILES_AT_ONCE 64 /* of a folder: small ones need not wait for each other */

typedef enum
{
  JOB_OPEN,
  JOB_SET_LIST,
  JOB_WRITE,
  JOB_SYNC,
  JOB_FINISH,
  JOB_CLOSE,
  JOB_REMOVE,
  JOB_DISCARD, /* what is not open, and is not wanted */
  JOB_FREE,    /* after those that use it */
  JOB_TRIM,
} JobType;

typedef struct
{
  JobType               type;
  UdpnatClientTransfer *transfer; /* a reference; what it has is the main loop's, but for @sink */
  UdpnatFileSink       *sink;     /* nullable: borrowed; CLOSE, REMOVE and DISCARD: owned */
  UdpnatFileOffer      *offer;    /* OPEN and DISCARD, and so on: nullable */
  char                 *folder;
  char                 *partial;
  char                 *id_text;
  guint32               file;     /* WRITE */
  guint64               chunk;
  GBytes               *data;
  gint64                kept;     /* OPEN: what is safe; SYNC and CLOSE: what is then */
  char                 *path;     /* FINISH: where it is */
  GError               *error;
} Job;

/* ---- In the worker ---- */

static void
job_run (gpointer data)
{
  Job *job = data;

  switch (job->type)
    {
    case JOB_OPEN:
    case JOB_TRIM:
      job->sink = udpnat_file_sink_open (job->folder, job->offer, job->id_text, job->partial,
                                         job->kept, &job->error);
      break;
    case JOB_DISCARD:
      udpnat_file_sink_discard (job->partial);
      break;
    case JOB_SET_LIST:
      (void) udpnat_file_sink_set_list (job->sink, &job->error);
      break;
    case JOB_WRITE:
      (void) udpnat_file_sink_write (job->sink, job->file, job->chunk, job->data, &job->error);
      break;
    case JOB_SYNC:
    case JOB_CLOSE:
      job->kept = udpnat_file_sink_sync (job->sink, &job->error);
      break;
    case JOB_FINISH:
      job->path = udpnat_file_sink_finish (job->sink, &job->error);
      break;
    case JOB_REMOVE:
      udpnat_file_sink_remove (job->sink);
      break;
    case JOB_FREE:
      break;
    }
}

static void job_done (gpointer data);

static Job *
job_new (UdpnatClientTransfer *transfer,
         JobType               type)
{
  Job *job = g_new0 (Job, 1);

  job->type = type;
  job->transfer = g_rc_box_acquire (transfer);
  job->sink = transfer->sink;
  return job;
}

/* What has come so far, from the disk. */
static Job *
job_new_opening (UdpnatClientTransfer *transfer,
                 JobType               type)
{
  const UdpnatStoredTransfer *stored = transfer->stored;
  char id_text[UDPNAT_MESSAGE_ID_TEXT_BYTES];
  Job *job = job_new (transfer, type);

  job->offer = udpnat_file_offer_copy (stored->offer);
  /* Where it was to go may be lost with a damaged database. */
  job->folder = g_strdup (stored->path != NULL
                            ? stored->path
                            : udpnat_client_get_files_folder (transfer->client));
  job->partial = g_strdup (stored->partial);
  job->id_text = g_strdup (udpnat_message_id_to_string (&stored->id, id_text));
  /* What only the system has is lost when that ends. What this program wrote before it was killed
   * was true, and is there. */
  job->kept = transfer->client->files.is_same_boot ? G_MAXINT64 : stored->kept;
  return job;
}

static void
job_push (Job *job)
{
  udpnat_file_queue_push (udpnat_client_get_file_queue (job->transfer->client), job_run, job_done,
                          job);
}

static void
job_free (Job *job)
{
  if (job->type == JOB_CLOSE || job->type == JOB_REMOVE || job->type == JOB_DISCARD ||
      job->type == JOB_FREE || job->type == JOB_TRIM)
    udpnat_file_sink_free (job->sink);
  udpnat_file_offer_free (job->offer);
  g_free (job->folder);
  g_free (job->partial);
  g_free (job->id_text);
  g_clear_pointer (&job->data, g_bytes_unref);
  g_free (job->path);
  g_clear_error (&job->error);
  udpnat_client_transfer_unref (job->transfer);
  g_free (job);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

/* ---- Asking ---- */

/* Returns: FALSE when no more can be asked for at the moment */
static gboolean
ask_for (UdpnatClientTransfer *transfer,
         guint32               file)
{
  const UdpnatStoredTransfer *stored = transfer->stored;
  guint8 root[UDPNAT_FILE_ROOT_BYTES];
  guint64 size;
  guint64 chunk;

  if (!udpnat_file_sink_get_file (transfer->sink, file, &size, root) ||
      !udpnat_file_sink_get_next_chunk (transfer->sink, file, &chunk))
    return TRUE; /* it is there */
  if (!udpnat_node_fetch_file (transfer->client->node, udpnat_clock_get_now_us (), &stored->key,
                               &stored->id, file, size, root, chunk))
    return FALSE;
  transfer->n_fetching++;
  return TRUE;
}

static gboolean
is_folder (const UdpnatClientTransfer *transfer)
{
  return transfer->stored->offer->kind == UDPNAT_FILE_KIND_FOLDER;
}

static void
finish (UdpnatClientTransfer *transfer)
{
  if (transfer->is_finishing)
    return;
  transfer->is_finishing = TRUE;
  job_push (job_new (transfer, JOB_FINISH));
}

/* Asks for as much more as may be asked for. */
static void
ask_on (UdpnatClientTransfer *transfer)
{
  guint32 end;

  if (transfer->sink == NULL)
    return;
  end = is_folder (transfer) ? 1 + udpnat_file_sink_get_n_files (transfer->sink) : 1;
  while (transfer->next_file < end && transfer->n_fetching < FILES_AT_ONCE &&
         ask_for (transfer, transfer->next_file))
    transfer->next_file++;
  if (transfer->next_file == end && transfer->n_fetching == 0)
    finish (transfer);
  udpnat_client_wake (transfer->client);
}

/* ---- By mail ---- */

static gboolean
has_root (const UdpnatFileOffer *offer,
          const guint8          *data,
          gsize                  n_data)
{
  g_autoptr (UdpnatTree) tree = udpnat_tree_new (n_data);
  guint8 root[UDPNAT_TREE_HASH_BYTES];

  for (guint64 i = 0; i < udpnat_tree_count_chunks (tree); i++)
    udpnat_tree_add_chunk (tree, data + i * UDPNAT_CHUNK_BYTES,
                           udpnat_tree_get_chunk_bytes (tree, i));
  return udpnat_tree_get_root (tree, root) && memcmp (root, offer->root, sizeof root) == 0;
}

/* Returns: FALSE when it has not all come, or is not what was offered: then it is to be fetched */
static gboolean
write_parts (UdpnatClientTransfer *transfer)
{
  g_autoptr (GBytes) whole = udpnat_store_dup_parts (transfer->client->store, transfer->stored);
  gsize n;
  const guint8 *data = whole != NULL ? g_bytes_get_data (whole, &n) : NULL;
  guint64 chunk;

  if (whole == NULL || !has_root (transfer->stored->offer, data, n) ||
      !udpnat_file_sink_get_next_chunk (transfer->sink, 0, &chunk))
    return FALSE;
  for (; chunk * UDPNAT_CHUNK_BYTES < n; chunk++)
    {
      gsize start = (gsize) chunk * UDPNAT_CHUNK_BYTES;
      Job *job = job_new (transfer, JOB_WRITE);

      job->chunk = chunk;
      job->data = g_bytes_new_from_bytes (whole, start, MIN (UDPNAT_CHUNK_BYTES, n - start));
      transfer->n_parts_left++;
      job_push (job);
    }
  return TRUE;
}

/** udpnat_client_take_parts: a part has come by mail: when it was the last one, and the file is
 * being fetched, that is not needed any more */
void
udpnat_client_take_parts (UdpnatClientTransfer *transfer)
{
  g_autoptr (GBytes) whole = NULL;

  if (transfer->sink == NULL || transfer->is_finishing || transfer->n_parts_left > 0)
    return;
  whole = udpnat_store_dup_parts (transfer->client->store, transfer->stored);
  if (whole == NULL)
    return;
  transfer->is_reopened = TRUE;
  udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_NONE, FALSE);
}

/* ---- From its sender ---- */

/* First the list of a folder, then what is in it. */
static void
begin (UdpnatClientTransfer *transfer)
{
  guint64 chunk;

  transfer->n_fetching = 0;
  transfer->is_list_known = FALSE;
  if (write_parts (transfer))
    return;
  if (!is_folder (transfer))
    {
      transfer->next_file = 0;
      ask_on (transfer);
      return;
    }
  transfer->next_file = 1;
  if (udpnat_file_sink_get_next_chunk (transfer->sink, 0, &chunk))
    {
      if (!ask_for (transfer, 0))
        g_debug ("the list of a folder is not asked for");
      udpnat_client_wake (transfer->client);
    }
  else
    job_push (job_new (transfer, JOB_SET_LIST));
}

/** udpnat_client_fetch: goes on with what has been accepted, from what there is of it */
void
udpnat_client_fetch (UdpnatClientTransfer *transfer)
{
  if (transfer->sink != NULL || transfer->is_opening || transfer->stored->is_paused)
    return;
  transfer->is_opening = TRUE;
  job_push (job_new_opening (transfer, JOB_OPEN));
}

/** udpnat_client_trim: it stands, and what is not on the disk for sure is taken off now: when it
 * goes on, nobody knows any more that the system has ended meanwhile */
void
udpnat_client_trim (UdpnatClientTransfer *transfer)
{
  if (!transfer->client->files.is_same_boot && transfer->stored->partial != NULL)
    job_push (job_new_opening (transfer, JOB_TRIM));
}

static void
sync_disk (UdpnatClientTransfer *transfer)
{
  transfer->n_unsynced = 0;
  transfer->synced_us = udpnat_clock_get_now_us ();
  job_push (job_new (transfer, JOB_SYNC));
}

/**
 * udpnat_client_stop_receiving:
 * @reason: what the sender is told; NONE: nothing that it would show
 * @is_removed: what has come is not wanted
 */
void
udpnat_client_stop_receiving (UdpnatClientTransfer *transfer,
                              UdpnatFileReason      reason,
                              gboolean              is_removed)
{
  Job *job;

  udpnat_node_stop_fetching (transfer->client->node, &transfer->stored->key,
                             &transfer->stored->id, reason);
  udpnat_client_wake (transfer->client);
  if (transfer->sink == NULL && !(is_removed && transfer->stored->partial != NULL))
    return;
  if (transfer->sink == NULL)
    {
      job_push (job_new_opening (transfer, JOB_DISCARD));
      return;
    }
  job = job_new (transfer, is_removed ? JOB_REMOVE : JOB_CLOSE);
  transfer->sink = NULL;
  job_push (job);
}

/* ---- What the worker says ---- */

static void
fail (UdpnatClientTransfer *transfer,
      const GError         *error)
{
  udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_NO_ROOM, FALSE);
  udpnat_client_transfer_fail (transfer, error);
}

static void
note_kept (UdpnatClientTransfer *transfer,
           gint64                kept)
{
  if (kept < 0 || kept == transfer->stored->kept)
    return;
  transfer->stored->kept = kept;
  udpnat_client_transfer_save (transfer);
}

static void
opened (UdpnatClientTransfer *transfer,
        Job                  *job)
{
  UdpnatStoredTransfer *stored = transfer->stored;

  transfer->is_opening = FALSE;
  if (job->error != NULL)
    {
      udpnat_client_transfer_fail (transfer, job->error);
      return;
    }
  transfer->sink = g_steal_pointer (&job->sink);
  transfer->is_finishing = FALSE;
  transfer->n_parts_left = 0;
  transfer->synced_us = udpnat_clock_get_now_us ();
  transfer->n_done = (guint64) udpnat_file_sink_get_done (transfer->sink);
  if (g_strcmp0 (stored->partial, udpnat_file_sink_get_partial (transfer->sink)) != 0)
    {
      g_free (stored->partial);
      stored->partial = g_strdup (udpnat_file_sink_get_partial (transfer->sink));
      udpnat_client_transfer_save (transfer);
    }
  begin (transfer);
}

static void
wrote (UdpnatClientTransfer *transfer,
       const Job            *job)
{
  const UdpnatStoredTransfer *stored = transfer->stored;
  gsize n = g_bytes_get_size (job->data);

  udpnat_node_note_chunk_kept (transfer->client->node, &stored->key, &stored->id, job->file);
  udpnat_client_wake (transfer->client);
  if (job->file > 0 || !is_folder (transfer)) /* the list is no part of what was offered */
    udpnat_client_transfer_note_bytes (transfer, transfer->n_done + n);
  if (transfer->n_parts_left > 0 && --transfer->n_parts_left == 0)
    {
      transfer->next_file = 0;
      ask_on (transfer);
    }
  transfer->n_unsynced += n;
  if (transfer->n_unsynced >= SYNC_BYTES ||
      udpnat_clock_get_now_us () - transfer->synced_us >= SYNC_US)
    sync_disk (transfer);
}

static void
finished (UdpnatClientTransfer *transfer,
          Job                  *job)
{
  UdpnatStoredTransfer *stored = transfer->stored;

  g_free (stored->path);
  stored->path = g_steal_pointer (&job->path);
  g_clear_pointer (&stored->partial, g_free);
  stored->kept = (gint64) stored->offer->size;
  transfer->n_done = stored->offer->size;
  job_push (job_new (transfer, JOB_FREE));
  transfer->sink = NULL;
  udpnat_client_transfer_set_state (transfer, UDPNAT_TRANSFER_STATE_DONE, NULL);
  udpnat_client_transfer_answer (transfer, UDPNAT_FILE_ANSWER_DONE);
  udpnat_client_transfer_end (transfer);
}

/* Of a job whose sink the transfer still has. */
static void
follow (UdpnatClientTransfer *transfer,
        Job                  *job)
{
  if (job->error != NULL)
    {
      fail (transfer, job->error);
      return;
    }
  switch (job->type)
    {
    case JOB_SET_LIST:
      transfer->is_list_known = TRUE;
      transfer->n_done = (guint64) udpnat_file_sink_get_done (transfer->sink);
      ask_on (transfer);
      break;
    case JOB_WRITE:
      wrote (transfer, job);
      break;
    case JOB_SYNC:
      note_kept (transfer, job->kept);
      break;
    case JOB_FINISH:
      finished (transfer, job);
      break;
    case JOB_OPEN:
    case JOB_CLOSE:
    case JOB_REMOVE:
    case JOB_DISCARD:
    case JOB_FREE:
    case JOB_TRIM:
      break;
    }
}

static void
job_done (gpointer data)
{
  g_autoptr (Job) job = data;
  UdpnatClientTransfer *transfer = job->transfer;
  gboolean is_over = !transfer->is_listed || transfer->client->store == NULL;

  if (job->type == JOB_OPEN && (is_over || transfer->stored->is_paused))
    {
      transfer->is_opening = FALSE;
      udpnat_file_sink_free (job->sink);
    }
  else if (job->type == JOB_OPEN)
    opened (transfer, job);
  else if (job->type == JOB_CLOSE && !is_over)
    {
      if (job->error == NULL)
        note_kept (transfer, job->kept);
      if (!transfer->client->is_closing && !transfer->stored->is_paused &&
          (transfer->is_reopened || transfer->stored->state == UDPNAT_TRANSFER_STATE_ACCEPTED))
        udpnat_client_fetch (transfer);
      transfer->is_reopened = FALSE;
    }
  else if (!is_over && job->sink != NULL && job->sink == transfer->sink)
    follow (transfer, job);
}

/* ---- What the other side gives ---- */

static void
write_chunk (UdpnatClientTransfer  *transfer,
             const UdpnatFileEvent *event)
{
  Job *job;

  if (transfer->sink == NULL)
    return;
  job = job_new (transfer, JOB_WRITE);
  job->file = event->file;
  job->chunk = event->number;
  job->data = g_bytes_ref (event->data);
  job_push (job);
}

static void
note_fetched (UdpnatClientTransfer  *transfer,
              const UdpnatFileEvent *event)
{
  if (transfer->sink == NULL)
    return;
  transfer->n_fetching -= MIN (transfer->n_fetching, 1);
  if (is_folder (transfer) && event->file == 0)
    job_push (job_new (transfer, JOB_SET_LIST));
  else
    ask_on (transfer);
}

static void
note_refused (UdpnatClientTransfer *transfer,
              guint8                reason)
{
  const char *code = NULL;

  if (reason == UDPNAT_FILE_REASON_PAUSED || reason == UDPNAT_FILE_REASON_PREPARING)
    {
      transfer->is_paused_there = reason == UDPNAT_FILE_REASON_PAUSED;
      udpnat_transfer_set_paused (transfer->shown, transfer->stored->is_paused,
                                  transfer->is_paused_there);
      udpnat_transfer_set_progress (transfer->shown, (gint64) transfer->n_done, 0);
      transfer->tick_us = 0;
      udpnat_client_transfer_tell (transfer);
      return;
    }
  if (reason == UDPNAT_FILE_REASON_CHANGED)
    code = "changed-there";
  else if (reason == UDPNAT_FILE_REASON_UNREADABLE)
    code = "unreadable-there";
  else
    code = "gone-there";
  udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_NONE, FALSE);
  udpnat_client_transfer_set_state (transfer, UDPNAT_TRANSFER_STATE_FAILED, code);
}

static void
note_corrupt (UdpnatClientTransfer *transfer)
{
  udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_CHANGED, FALSE);
  udpnat_client_transfer_set_state (transfer, UDPNAT_TRANSFER_STATE_FAILED, "corrupt");
  udpnat_client_transfer_answer (transfer, UDPNAT_FILE_ANSWER_CORRUPT);
}

/** udpnat_client_handle_fetcher: what comes of what was asked for */
void
udpnat_client_handle_fetcher (UdpnatClientTransfer  *transfer,
                              const UdpnatFileEvent *event)
{
  switch ((int) event->type)
    {
    case UDPNAT_FILE_EVENT_CHUNK:
      write_chunk (transfer, event);
      break;
    case UDPNAT_FILE_EVENT_FETCHED:
      note_fetched (transfer, event);
      break;
    case UDPNAT_FILE_EVENT_REFUSED:
      note_refused (transfer, event->reason);
      break;
    case UDPNAT_FILE_EVENT_GOES_ON:
      transfer->is_paused_there = FALSE;
      udpnat_transfer_set_paused (transfer->shown, transfer->stored->is_paused, FALSE);
      udpnat_client_transfer_tell (transfer);
      break;
    case UDPNAT_FILE_EVENT_CORRUPT:
      note_corrupt (transfer);
      break;
    default:
      g_return_if_reached ();
    }
}
