/* Files of a simulated program, as the real one deals with them (client/udpnat-client-files.c,
 * -sending.c and -receiving.c): an offer or answer is on the disk together with what it means, and
 * only then the node acts; a chunk is kept, and only then the node is told. What was offered has to
 * be read again in each life, when somebody asks for it, before it is given.
 *
 * What is in a file follows from a number, so that nobody has to hold it, and whoever looks on can
 * tell each byte. */

#include "config.h"

#include "sim-chat.h"

#include <stdio.h>
#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-node-files.h"

#include "sim-random.h"

/* To read a file once from end to end, whatever its size, and besides. */
#define PREPARE_MIN_US UDPNAT_MSEC (100)
#define PREPARE_SPREAD_US UDPNAT_SEC (3)
#define PREPARE_BYTES_PER_US 50

/* What is to be written or read of a file. */
typedef struct
{
  UdpnatPublicKey key;
  UdpnatMessageId id;
  gboolean        is_outgoing;
  guint64         chunk;
  guint           fetch;
  GBytes         *data;      /* nullable */
  gboolean        is_paused;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->data, g_bytes_unref);
  g_free (job);
}

static Job *
job_new (const SimFile *file)
{
  Job *job = g_new0 (Job, 1);

  job->key = file->key;
  job->id = file->id;
  job->is_outgoing = file->is_outgoing;
  job->fetch = file->fetch;
  return job;
}

static void
file_free (gpointer data)
{
  SimFile *file = data;

  udpnat_tree_free (file->tree);
  g_free (file);
}

void
sim_files_init (SimFiles *self)
{
  *self = (SimFiles) {
    .files = g_ptr_array_new_with_free_func (file_free),
    .early = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref,
                                    NULL),
  };
}

void
sim_files_clear (SimFiles *self)
{
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_clear_pointer (&self->early, g_hash_table_unref);
}

/* ---- What is in a file ---- */

/** sim_file_dup_chunk: Returns: (transfer full): what the file of @seed has there */
GBytes *
sim_file_dup_chunk (guint64 seed,
                    guint64 size,
                    guint64 chunk)
{
  guint64 begin = chunk * UDPNAT_CHUNK_BYTES;
  gsize n = (gsize) MIN (size - MIN (size, begin), UDPNAT_CHUNK_BYTES);
  guint64 state = seed + (chunk << 32);
  guint64 words[UDPNAT_CHUNK_BYTES / sizeof (guint64)];

  for (gsize i = 0; i * sizeof words[0] < n; i++)
    words[i] = GUINT64_TO_LE (sim_splitmix64 (&state));
  return g_bytes_new (words, n);
}

static UdpnatTree *
build_tree (guint64 seed,
            guint64 size)
{
  UdpnatTree *tree = udpnat_tree_new (size);

  for (guint64 i = 0; i < udpnat_tree_count_chunks (tree); i++)
    {
      g_autoptr (GBytes) chunk = sim_file_dup_chunk (seed, size, i);
      gsize n;
      const guint8 *data = g_bytes_get_data (chunk, &n);

      udpnat_tree_add_chunk (tree, data, n);
    }
  return tree;
}

guint64
sim_file_count_chunks (const SimFile *self)
{
  return MAX (1, (self->size + UDPNAT_CHUNK_BYTES - 1) / UDPNAT_CHUNK_BYTES);
}

/** sim_file_is_over: it is not given or fetched any more, whatever else is said of it */
gboolean
sim_file_is_over (const SimFile *self)
{
  return self->state == SIM_FILE_DONE || self->state == SIM_FILE_CANCELLED;
}

/** sim_peer_find_file: Returns: (nullable) */
SimFile *
sim_peer_find_file (const SimPeer         *self,
                    const UdpnatPublicKey *key,
                    const UdpnatMessageId *id,
                    gboolean               is_outgoing)
{
  for (guint i = 0; i < self->files.files->len; i++)
    {
      SimFile *file = g_ptr_array_index (self->files.files, i);

      if (file->is_outgoing == is_outgoing && udpnat_message_id_compare (&file->id, id) == 0 &&
          udpnat_public_key_equal (&file->key, key))
        return file;
    }
  return NULL;
}

/** sim_peer_get_last_file: Returns: (nullable): the newest one with @other that is not over, in
 * either direction */
SimFile *
sim_peer_get_last_file (const SimPeer *self,
                        const SimPeer *other)
{
  for (guint i = self->files.files->len; i-- > 0;)
    {
      SimFile *file = g_ptr_array_index (self->files.files, i);

      if (!sim_file_is_over (file) &&
          udpnat_public_key_equal (&file->key, sim_peer_get_key (other)))
        return file;
    }
  return NULL;
}

static SimFile *
find_of_job (const SimPeer *self,
             const Job     *job)
{
  return sim_peer_find_file (self, &job->key, &job->id, job->is_outgoing);
}

static void
answer (SimPeer       *self,
        const SimFile *file,
        const char    *word)
{
  UdpnatMessageId id = sim_peer_draw_id (self);

  sim_peer_write_item (self, &file->key,
                       udpnat_item_new_on (UDPNAT_ITEM_FILE_ANSWER, &id, sim_peer_get_wall (self),
                                           &file->id, word));
}

/* ---- Sending ---- */

/** sim_peer_make_offer: Returns: (transfer full): a FILE item; its name says what is in it, to us
 * alone */
UdpnatItem *
sim_peer_make_offer (SimPeer *self,
                     guint64  seed,
                     guint64  size)
{
  g_autoptr (UdpnatTree) tree = build_tree (seed, size);
  UdpnatMessageId id = sim_peer_draw_id (self);
  g_autofree char *name = g_strdup_printf ("%" G_GUINT64_FORMAT, seed);
  char content_type[] = "";
  UdpnatFileOffer offer = {
    .kind = UDPNAT_FILE_KIND_FILE,
    .size = size,
    .n_files = 1,
    .list_size = size,
    .name = name,
    .content_type = content_type,
  };

  if (!udpnat_tree_get_root (tree, offer.root))
    g_assert_not_reached ();
  return udpnat_item_new_file (&id, sim_peer_get_wall (self), &offer);
}

/* Whoever is no contact any more is given nothing, and the node knows that. */
static void
serve (SimPeer       *self,
       const SimFile *file)
{
  UdpnatFileReason reason = file->is_paused ? UDPNAT_FILE_REASON_PAUSED
                            : file->tree == NULL ? UDPNAT_FILE_REASON_PREPARING
                                                 : UDPNAT_FILE_REASON_NONE;

  if (!udpnat_node_serve_file (self->node, sim_world_now (self->world), &file->key, &file->id,
                               reason))
    g_debug ("not served");
}

static void
commit_prepared (gpointer owner,
                 gpointer data)
{
  SimPeer *self = owner;
  SimFile *file = find_of_job (self, data);

  file->is_preparing = FALSE;
  if (sim_file_is_over (file))
    return;
  file->tree = build_tree (file->seed, file->size);
  serve (self, file);
}

static void
prepare (SimPeer *self,
         SimFile *file)
{
  gint64 for_us = PREPARE_MIN_US + (gint64) (file->size / PREPARE_BYTES_PER_US) +
                  (gint64) (file->seed % PREPARE_SPREAD_US);

  if (file->is_preparing || file->tree != NULL)
    return;
  file->is_preparing = TRUE;
  sim_disk_read (&self->disk, sim_world_now (self->world), for_us, commit_prepared, self,
                 job_new (file), job_free);
}

static void
commit_read (gpointer owner,
             gpointer data)
{
  SimPeer *self = owner;
  const Job *job = data;
  const SimFile *file = find_of_job (self, job);
  g_autoptr (GBytes) chunk = sim_file_dup_chunk (file->seed, file->size, job->chunk);

  udpnat_node_give_chunk (self->node, &job->key, &job->id, 0, job->chunk, chunk);
}

static void
read_chunk (SimPeer       *self,
            const SimFile *file,
            guint64        chunk)
{
  Job *job = job_new (file);

  job->chunk = chunk;
  sim_disk_read (&self->disk, sim_world_now (self->world), sim_disk_get_chunk_delay (&self->disk),
                 commit_read, self, job, job_free);
}

static void
give_hashes (SimPeer               *self,
             const SimFile         *file,
             const UdpnatFileEvent *event)
{
  gsize n;
  const guint8 *block = udpnat_tree_get_block (file->tree, event->level, event->number, &n);
  g_autoptr (GBytes) data = block != NULL ? g_bytes_new (block, n) : NULL;

  udpnat_node_give_hashes (self->node, &file->key, &file->id, event->file, event->level,
                           event->number, data);
}

static void
handle_giver (SimPeer               *self,
              SimFile               *file,
              const UdpnatFileEvent *event)
{
  if (event->type == UDPNAT_FILE_EVENT_ASKED)
    prepare (self, file);
  else if (file->tree == NULL)
    return;
  else if (event->type == UDPNAT_FILE_EVENT_CHUNK_WANTED)
    {
      self->files.n_given++;
      read_chunk (self, file, event->number);
    }
  else if (event->type == UDPNAT_FILE_EVENT_HASHES_WANTED)
    give_hashes (self, file, event);
}

/* ---- Receiving ---- */

static void
fail (SimPeer *self,
      SimFile *file,
      guint8   reason)
{
  file->state = SIM_FILE_FAILED;
  file->failed = reason;
  file->is_fetching = FALSE;
}

static void
stop_fetching (SimPeer *self,
               SimFile *file,
               guint8   reason)
{
  file->is_fetching = FALSE;
  udpnat_node_stop_fetching (self->node, &file->key, &file->id, reason);
}

static void
finish (SimPeer *self,
        SimFile *file)
{
  file->is_fetching = FALSE;
  if (!self->files.is_silent)
    answer (self, file, UDPNAT_FILE_ANSWER_DONE);
}

/* Goes on with what is wanted, from what there is of it. */
static void
fetch (SimPeer *self,
       SimFile *file)
{
  if (file->state != SIM_FILE_ACCEPTED || file->is_paused || file->is_fetching)
    return;
  if (file->n_kept == sim_file_count_chunks (file))
    {
      finish (self, file);
      return;
    }
  file->fetch++;
  file->is_fetching = udpnat_node_fetch_file (self->node, sim_world_now (self->world), &file->key,
                                              &file->id, 0, file->size, file->root, file->n_kept);
}

static GBytes *
dup_spoilt (GBytes *data)
{
  gsize n;
  guint8 *copy = g_memdup2 (g_bytes_get_data (data, NULL), g_bytes_get_size (data));

  n = g_bytes_get_size (data);
  if (n > 0)
    copy[n - 1] ^= 1;
  return g_bytes_new_take (copy, n);
}

static void
commit_chunk (gpointer owner,
              gpointer data)
{
  SimPeer *self = owner;
  const Job *job = data;
  SimFile *file = find_of_job (self, job);
  g_autoptr (GBytes) written = NULL;

  /* What is still written for a fetch that was given up is left behind with it. */
  if (!file->is_fetching || file->fetch != job->fetch)
    return;
  if (self->is_disk_broken)
    {
      stop_fetching (self, file, UDPNAT_FILE_REASON_NO_ROOM);
      fail (self, file, UDPNAT_FILE_REASON_NO_ROOM);
      return;
    }
  written = self->files.is_spoiler ? dup_spoilt (job->data) : g_bytes_ref (job->data);
  if (self->files.watch != NULL)
    self->files.watch (self, file, job->chunk, written, self->files.watch_data);
  if (!self->files.is_forgetful)
    file->n_kept++;
  udpnat_node_note_chunk_kept (self->node, &job->key, &job->id, 0);
}

static void
keep_chunk (SimPeer               *self,
            const SimFile         *file,
            const UdpnatFileEvent *event)
{
  Job *job = job_new (file);

  job->chunk = event->number;
  job->data = g_bytes_ref (event->data);
  sim_disk_write_chunk (&self->disk, sim_world_now (self->world), commit_chunk, self, job,
                        job_free);
}

static void
handle_fetcher (SimPeer               *self,
                SimFile               *file,
                const UdpnatFileEvent *event)
{
  if (event->type == UDPNAT_FILE_EVENT_CHUNK)
    keep_chunk (self, file, event);
  else if (event->type == UDPNAT_FILE_EVENT_FETCHED)
    finish (self, file);
  else if (event->type == UDPNAT_FILE_EVENT_REFUSED &&
           event->reason != UDPNAT_FILE_REASON_PAUSED &&
           event->reason != UDPNAT_FILE_REASON_PREPARING)
    {
      stop_fetching (self, file, UDPNAT_FILE_REASON_NONE);
      fail (self, file, event->reason);
    }
  else if (event->type == UDPNAT_FILE_EVENT_CORRUPT)
    {
      fail (self, file, UDPNAT_FILE_REASON_CHANGED);
      answer (self, file, UDPNAT_FILE_ANSWER_CORRUPT);
    }
}

static gboolean
is_givers (UdpnatFileEventType type)
{
  return type == UDPNAT_FILE_EVENT_ASKED || type == UDPNAT_FILE_EVENT_CHUNK_WANTED ||
         type == UDPNAT_FILE_EVENT_HASHES_WANTED || type == UDPNAT_FILE_EVENT_STOPPED;
}

/** sim_peer_handle_file: what the node tells of files */
void
sim_peer_handle_file (SimPeer               *self,
                      const UdpnatNodeEvent *event)
{
  const UdpnatFileEvent *happened = event->file;
  gboolean is_outgoing = is_givers (happened->type);
  SimFile *file = sim_peer_find_file (self, &event->key, &happened->id, is_outgoing);

  if (file == NULL || sim_file_is_over (file))
    return;
  if (is_outgoing)
    handle_giver (self, file, happened);
  else if (file->is_fetching)
    handle_fetcher (self, file, happened);
}

/* ---- What is written ---- */

static SimFile *
add_file (SimPeer               *self,
          const UdpnatPublicKey *key,
          const UdpnatItem      *item,
          gboolean               is_own)
{
  g_autoptr (UdpnatFileOffer) offer = udpnat_item_dup_offer (item);
  SimFile *file = g_new0 (SimFile, 1);

  file->key = *key;
  file->id = item->id;
  file->is_outgoing = is_own;
  file->size = offer->size;
  memcpy (file->root, offer->root, sizeof file->root);
  if (is_own)
    {
      file->seed = g_ascii_strtoull (offer->name, NULL, 10);
      file->tree = build_tree (file->seed, file->size); /* it has just been read */
    }
  g_ptr_array_add (self->files.files, file);
  return file;
}

/* The words for how a file stands (client/udpnat-store-transfers.c). */
static gboolean
read_answer (const UdpnatItem *item,
             gboolean          is_receivers,
             SimFileState     *out_state)
{
  static const struct
  {
    const char  *word;
    gboolean     is_for_both;
    SimFileState state;
  } words[] = {
    { UDPNAT_FILE_ANSWER_ACCEPTED, FALSE, SIM_FILE_ACCEPTED },
    { UDPNAT_FILE_ANSWER_DECLINED, FALSE, SIM_FILE_CANCELLED },
    { UDPNAT_FILE_ANSWER_CANCELLED, TRUE, SIM_FILE_CANCELLED },
    { UDPNAT_FILE_ANSWER_DONE, FALSE, SIM_FILE_DONE },
    { UDPNAT_FILE_ANSWER_CORRUPT, FALSE, SIM_FILE_FAILED },
  };
  g_autofree char *said = udpnat_item_dup_text (item);

  for (guint i = 0; said != NULL && i < G_N_ELEMENTS (words); i++)
    if (strcmp (words[i].word, said) == 0 && (is_receivers || words[i].is_for_both))
      {
        *out_state = words[i].state;
        return TRUE;
      }
  return FALSE;
}

/* Returns: (nullable): the file that an answer of ours, or of @key, is about, and how it stands by
 * it; NULL: it is none, or comes too late */
static SimFile *
find_answered (const SimPeer         *self,
               const UdpnatPublicKey *key,
               const UdpnatItem      *item,
               gboolean               is_own,
               SimFileState          *out_state)
{
  UdpnatMessageId target;

  if (!udpnat_item_get_target (item, &target))
    return NULL;
  for (int is_outgoing = 0; is_outgoing <= 1; is_outgoing++)
    {
      SimFile *file = sim_peer_find_file (self, key, &target, is_outgoing);

      if (file != NULL && read_answer (item, is_own != is_outgoing, out_state) &&
          !sim_file_is_over (file) &&
          (*out_state != SIM_FILE_ACCEPTED || file->state == SIM_FILE_OFFERED))
        return file;
    }
  return NULL;
}

/** sim_peer_may_answer: @item: a FILE-ANSWER of ours; Returns: whether it is still true */
gboolean
sim_peer_may_answer (SimPeer               *self,
                     const UdpnatPublicKey *key,
                     const UdpnatItem      *item)
{
  SimFileState state;

  return find_answered (self, key, item, TRUE, &state) != NULL;
}

/* Before its offer, as may happen to whoever has just accepted somebody, and to the real program
 * (client/udpnat-store-incoming.c). */
static void
note_early (SimPeer          *self,
            const UdpnatItem *item)
{
  UdpnatMessageId target;
  SimFileState state;

  if (udpnat_item_get_target (item, &target) && read_answer (item, FALSE, &state))
    g_hash_table_add (self->files.early, g_bytes_new (target.bytes, sizeof target.bytes));
}

static gboolean
was_cancelled_early (const SimPeer *self,
                     const SimFile *file)
{
  g_autoptr (GBytes) id = g_bytes_new (file->id.bytes, sizeof file->id.bytes);

  return g_hash_table_contains (self->files.early, id);
}

static void
follow_answer (SimPeer      *self,
               SimFile      *file,
               SimFileState  state)
{
  file->state = state;
  if (state == SIM_FILE_ACCEPTED && !file->is_outgoing)
    fetch (self, file);
  if (!sim_file_is_over (file))
    return;
  if (file->is_outgoing)
    udpnat_node_withdraw_file (self->node, &file->key, &file->id);
  else if (state == SIM_FILE_CANCELLED)
    stop_fetching (self, file, UDPNAT_FILE_REASON_NONE);
  g_clear_pointer (&file->tree, udpnat_tree_free);
}

/** sim_peer_commit_file: @item: a FILE or FILE-ANSWER that is on the disk with this */
void
sim_peer_commit_file (SimPeer               *self,
                      const UdpnatPublicKey *key,
                      const UdpnatItem      *item,
                      gboolean               is_own)
{
  SimFileState state;
  SimFile *file;

  if (item->type == UDPNAT_ITEM_FILE_ANSWER)
    {
      file = find_answered (self, key, item, is_own, &state);
      if (file != NULL)
        follow_answer (self, file, state);
      else if (!is_own)
        note_early (self, item);
      return;
    }
  file = add_file (self, key, item, is_own);
  if (is_own)
    serve (self, file);
  else if (was_cancelled_early (self, file))
    file->state = SIM_FILE_CANCELLED;
  else if (!self->files.asks)
    sim_peer_accept_file (self, file);
}

/* ---- Beginning and end ---- */

/** sim_peer_restore_files: the program starts, and goes on with what was not over */
void
sim_peer_restore_files (SimPeer *self)
{
  for (guint i = 0; i < self->files.files->len; i++)
    {
      SimFile *file = g_ptr_array_index (self->files.files, i);

      if (sim_file_is_over (file))
        continue;
      if (file->is_outgoing)
        serve (self, file);
      else if (file->state == SIM_FILE_OFFERED && !self->files.asks)
        sim_peer_accept_file (self, file);
      else
        fetch (self, file);
    }
  sim_peer_retry_files (self);
}

/** sim_peer_forget_files: the program has died: what is not on the disk is gone */
void
sim_peer_forget_files (SimPeer *self)
{
  for (guint i = 0; i < self->files.files->len; i++)
    {
      SimFile *file = g_ptr_array_index (self->files.files, i);

      g_clear_pointer (&file->tree, udpnat_tree_free);
      file->is_preparing = file->is_fetching = FALSE;
    }
}

/* ---- What the user does ---- */

/** sim_peer_accept_file: @file: that is offered to us */
void
sim_peer_accept_file (SimPeer       *self,
                      const SimFile *file)
{
  if (!file->is_outgoing && file->state == SIM_FILE_OFFERED)
    answer (self, file, UDPNAT_FILE_ANSWER_ACCEPTED);
  sim_world_wake (self->host);
}

/** sim_peer_cancel_file: one that is offered to us is declined by it */
void
sim_peer_cancel_file (SimPeer       *self,
                      const SimFile *file)
{
  answer (self, file, file->is_outgoing || file->state != SIM_FILE_OFFERED
                        ? UDPNAT_FILE_ANSWER_CANCELLED : UDPNAT_FILE_ANSWER_DECLINED);
  sim_world_wake (self->host);
}

static void
commit_pause (gpointer owner,
              gpointer data)
{
  SimPeer *self = owner;
  const Job *job = data;
  SimFile *file = find_of_job (self, job);

  if (file->is_paused == job->is_paused || sim_file_is_over (file))
    return;
  file->is_paused = job->is_paused;
  if (file->is_outgoing)
    serve (self, file);
  else if (!file->is_paused)
    fetch (self, file);
  else if (file->is_fetching)
    stop_fetching (self, file, UDPNAT_FILE_REASON_PAUSED);
}

/** sim_peer_pause_file: by either side; it goes on when neither wants it to stand */
void
sim_peer_pause_file (SimPeer       *self,
                     const SimFile *file,
                     gboolean       is_paused)
{
  Job *job = job_new (file);

  job->is_paused = is_paused;
  sim_disk_write (&self->disk, sim_world_now (self->world), commit_pause, self, job, job_free);
  sim_world_wake (self->host);
}

/** sim_peer_retry_files: what stands for want of room is tried again */
void
sim_peer_retry_files (SimPeer *self)
{
  for (guint i = 0; self->node != NULL && i < self->files.files->len; i++)
    {
      SimFile *file = g_ptr_array_index (self->files.files, i);

      if (file->is_outgoing || file->state != SIM_FILE_FAILED ||
          file->failed != UDPNAT_FILE_REASON_NO_ROOM)
        continue;
      file->state = SIM_FILE_ACCEPTED;
      fetch (self, file);
    }
  if (self->node != NULL)
    sim_world_wake (self->host);
}
