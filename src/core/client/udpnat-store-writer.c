/* The queue of writes. What is asked for in one turn of the main loop goes into one transaction,
 * which waits for the disk once. Whatever comes together while the worker commits goes into the
 * next one, so that a slow disk costs latency and not throughput. Each write has a savepoint: if it
 * fails for a reason of its own, it alone is undone. If the disk is full or fails, all of the
 * transaction is undone, and each write is told so.
 *
 * The worker is a GTask; it has the writing connection to itself while it runs. */

#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "udpnat-limits.h"
#include "udpnat-store-private.h"

struct _UdpnatStoreBatch
{
  gatomicrefcount    references;
  UdpnatStore       *store;  /* borrowed; NULL once it has been finished */
  UdpnatStoreWriter *writer; /* borrowed, until is_done */
  GPtrArray         *writes; /* of UdpnatStoreWrite */
  gboolean           is_tidying;
  gboolean           is_rehearsal; /* the transaction is to be undone */
  gboolean           is_lost;    /* the transaction was undone */

  GMutex             mutex;
  GCond              cond;
  gboolean           is_done; /* under mutex; what the worker found out is in the writes */
};

static void start_batch (UdpnatStore *self);

/* ---- Batches ---- */

static UdpnatStoreBatch *
batch_new (UdpnatStore *store)
{
  UdpnatStoreBatch *self = g_new0 (UdpnatStoreBatch, 1);

  g_atomic_ref_count_init (&self->references);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->store = store;
  self->writer = &store->writer;
  self->writes = g_ptr_array_new ();
  return self;
}

static UdpnatStoreBatch *
batch_ref (UdpnatStoreBatch *self)
{
  g_atomic_ref_count_inc (&self->references);
  return self;
}

static void
batch_unref (UdpnatStoreBatch *self)
{
  if (!g_atomic_ref_count_dec (&self->references))
    return;
  g_ptr_array_unref (self->writes);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self);
}

static void
batch_wait (UdpnatStoreBatch *self)
{
  g_mutex_lock (&self->mutex);
  while (!self->is_done)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

/* ---- In the worker ---- */

/* Returns: FALSE when the transaction is lost */
static gboolean
run_write (UdpnatStoreWriter *writer,
           UdpnatStoreWrite  *write)
{
  guint n_index_changes = udpnat_index_changes_count (&writer->index_changes);

  if (write->is_refused)
    return TRUE;
  if (!udpnat_database_run (writer->database, "SAVEPOINT one"))
    return FALSE;
  write->is_saved = write->run (writer, write) && writer->database->failure == 0;
  if (writer->database->failure != 0)
    return FALSE;
  if (!write->is_saved)
    {
      udpnat_index_changes_truncate (&writer->index_changes, n_index_changes);
      if (!udpnat_database_run (writer->database, "ROLLBACK TO one"))
        return FALSE;
    }
  return udpnat_database_run (writer->database, "RELEASE one");
}

/* A search index that is not in order must not keep a message from the disk: it is built anew when
 * the store is opened next. */
static gboolean
run_index_changes (UdpnatStoreWriter *writer)
{
  UdpnatDatabase *database = writer->database;

  if (udpnat_index_changes_count (&writer->index_changes) == 0)
    return TRUE;
  if (!udpnat_database_run (database, "SAVEPOINT one"))
    return FALSE;
  if (!udpnat_index_changes_apply (&writer->index_changes, database))
    {
      if (database->failure != 0 && !udpnat_database_is_damage (database->failure))
        return FALSE;
      database->failure = 0;
      if (!udpnat_database_run (database, "ROLLBACK TO one") ||
          !udpnat_database_run (database, "INSERT OR REPLACE INTO setting VALUES (?1, '1')",
                                VALUE_TEXT (UDPNAT_STORE_INDEX_STALE)))
        return FALSE;
    }
  return udpnat_database_run (database, "RELEASE one");
}

static gboolean
run_writes (UdpnatStoreBatch *batch)
{
  UdpnatStoreWriter *writer = batch->writer;

  if (!udpnat_database_run (writer->database, "BEGIN IMMEDIATE"))
    return FALSE;
  for (guint i = 0; i < batch->writes->len; i++)
    if (!run_write (writer, g_ptr_array_index (batch->writes, i)))
      return FALSE;
  if (!run_index_changes (writer))
    return FALSE;
  if (writer->is_text_removed &&
      !udpnat_database_run (writer->database, "INSERT OR REPLACE INTO setting VALUES (?1, '1')",
                            VALUE_TEXT (UDPNAT_STORE_INDEX_UNTIDY)))
    return FALSE;
  return udpnat_database_run (writer->database, batch->is_rehearsal ? "ROLLBACK" : "COMMIT");
}

static void
run_batch (UdpnatStoreBatch *batch)
{
  UdpnatStoreWriter *writer = batch->writer;

  writer->database->failure = 0;
  writer->n_outbox = -1;
  udpnat_index_changes_truncate (&writer->index_changes, 0);
  if (run_writes (batch))
    return;
  batch->is_lost = TRUE;
  /* SQLite may have rolled back by itself. */
  if (!sqlite3_get_autocommit (writer->database->db))
    udpnat_database_exec (writer->database, "ROLLBACK");
  writer->is_text_removed = FALSE;
  for (guint i = 0; i < batch->writes->len; i++)
    ((UdpnatStoreWrite *) g_ptr_array_index (batch->writes, i))->is_saved = FALSE;
}

/* What was deleted is still in older pieces of the search index until these are merged, and in the
 * log until that is emptied. A long index is merged in steps, so that no message waits for it: the
 * first call, with a negative number, puts all pieces into one merge, and when a call changes
 * nothing but its own row, it is complete (SQLite's FTS5, section 6.9). */
static void
run_tidying (UdpnatStoreWriter *writer)
{
  UdpnatDatabase *database = writer->database;
  int n_before = sqlite3_total_changes (database->db);
  gboolean is_done = FALSE;

  database->failure = 0;
  if (udpnat_database_run (database, "BEGIN IMMEDIATE") &&
      udpnat_database_run (database, "INSERT INTO line_search (line_search, rank)"
                                     " VALUES ('merge', ?1)",
                           VALUE_INT (writer->is_tidying_begun ? UDPNAT_STORE_MERGE_PAGES
                                                               : -UDPNAT_STORE_MERGE_PAGES)))
    {
      is_done = sqlite3_total_changes (database->db) - n_before < 2;
      if (is_done)
        udpnat_database_run (database, "DELETE FROM setting WHERE name = ?1",
                             VALUE_TEXT (UDPNAT_STORE_INDEX_UNTIDY));
      udpnat_database_run (database, "COMMIT");
    }
  if (!sqlite3_get_autocommit (database->db))
    udpnat_database_exec (database, "ROLLBACK");
  writer->is_tidying_begun = !is_done && database->failure == 0;
  if (is_done && database->failure == 0)
    udpnat_database_exec (database, "PRAGMA wal_checkpoint (TRUNCATE)");
}

static void
work (GTask        *task,
      gpointer      source_object,
      gpointer      task_data,
      GCancellable *cancellable)
{
  UdpnatStoreBatch *batch = task_data;

  batch->writer->is_text_removed = FALSE;
  if (batch->is_tidying)
    run_tidying (batch->writer);
  else
    run_batch (batch);
  g_mutex_lock (&batch->mutex);
  batch->is_done = TRUE;
  g_cond_signal (&batch->cond);
  g_mutex_unlock (&batch->mutex);
  g_task_return_boolean (task, TRUE);
}

/* ---- In the store's thread ---- */

static void
run_callbacks (UdpnatStore *self)
{
  UdpnatStoreWrite *write;

  while ((write = g_queue_pop_head (&self->finished)) != NULL)
    {
      if (write->is_refused && write->is_ordered)
        self->n_refused--;
      if (write->finish != NULL)
        write->finish (self, write, write->is_saved);
      if (write->clear != NULL)
        write->clear (write);
      g_free (write);
    }
}

/* What is queued comes from somebody who does not know yet that something before it was lost. Until
 * the last of it has been told, more may come. */
static void
refuse_ordered (UdpnatStore *self)
{
  for (GList *link = self->queue.head; link != NULL; link = link->next)
    {
      UdpnatStoreWrite *write = link->data;

      if (!write->is_ordered || write->is_refused)
        continue;
      write->is_refused = TRUE;
      self->n_refused++;
    }
}

/* Takes back from the worker what it has done, and gives it what has come meanwhile. */
static void
finish_batch (UdpnatStore *self)
{
  UdpnatStoreBatch *batch = g_steal_pointer (&self->batch);

  batch->store = NULL;
  for (guint i = 0; i < batch->writes->len; i++)
    {
      UdpnatStoreWrite *write = g_ptr_array_index (batch->writes, i);

      self->has_failed |= batch->is_lost || write->is_refused;
      g_queue_push_tail (&self->finished, write);
    }
  if (batch->is_lost)
    refuse_ordered (self);
  if (self->writer.database->is_damaged)
    udpnat_store_note_damage (self);
  if (self->writer.is_text_removed)
    self->writer.is_tidying_begun = FALSE;
  self->is_untidy |= self->writer.is_text_removed || self->writer.is_tidying_begun;
  batch_unref (batch);
  start_batch (self);
}

static void
batch_cb (GObject      *source_object,
          GAsyncResult *result,
          gpointer      user_data)
{
  UdpnatStoreBatch *batch = user_data;
  UdpnatStore *store = batch->store;

  if (store != NULL)
    {
      finish_batch (store);
      run_callbacks (store);
    }
  batch_unref (batch);
}

static void
clear_starter (UdpnatStore *self)
{
  if (self->starter != NULL)
    g_source_destroy (self->starter);
  g_clear_pointer (&self->starter, g_source_unref);
}

static void
start_batch (UdpnatStore *self)
{
  g_autoptr (GTask) task = NULL;
  UdpnatStoreWrite *write;

  clear_starter (self);
  if (self->batch != NULL || (g_queue_is_empty (&self->queue) && !self->is_untidy))
    return;
  self->batch = batch_new (self);
  while (self->batch->writes->len < UDPNAT_STORE_BATCH_MAX &&
         (write = g_queue_pop_head (&self->queue)) != NULL)
    {
      self->n_queue_bytes -= write->n_bytes;
      g_ptr_array_add (self->batch->writes, write);
    }
  self->batch->is_tidying = self->batch->writes->len == 0;
  self->batch->is_rehearsal = self->is_rehearsing;
  if (self->batch->is_tidying)
    self->is_untidy = FALSE;
  task = g_task_new (NULL, NULL, batch_cb, batch_ref (self->batch));
  g_task_set_task_data (task, batch_ref (self->batch), (GDestroyNotify) batch_unref);
  g_task_run_in_thread (task, work);
}

static gboolean
starter_cb (gpointer user_data)
{
  start_batch (user_data);
  return G_SOURCE_REMOVE;
}

/* Before anything else that the main loop has to do, but not before whoever asks now is through: a
 * person and the first line to them are one transaction. */
static void
plan_batch (UdpnatStore *self)
{
  if (self->batch != NULL || self->starter != NULL)
    return;
  self->starter = g_idle_source_new ();
  g_source_set_static_name (self->starter, "udpnat-store");
  g_source_set_priority (self->starter, G_PRIORITY_HIGH);
  g_source_set_callback (self->starter, starter_cb, self, NULL);
  g_source_attach (self->starter, g_main_context_get_thread_default ());
}

/**
 * udpnat_store_begin:
 *
 * What was queued need not wait for the end of this turn: nothing follows that belongs to it.
 */
void
udpnat_store_begin (UdpnatStore *self)
{
  if (self->starter != NULL)
    start_batch (self);
}

/**
 * udpnat_store_begin_rehearsal:
 *
 * What is queued, and nothing else may be, is done and undone again.
 */
void
udpnat_store_begin_rehearsal (UdpnatStore *self)
{
  self->is_rehearsing = TRUE;
  start_batch (self);
  self->is_rehearsing = FALSE;
}

/** udpnat_store_write_new: Returns: (transfer full): @n_struct zeroed bytes that begin with a
 * #UdpnatStoreWrite */
gpointer
udpnat_store_write_new (gsize      n_struct,
                        gboolean (*run) (UdpnatStoreWriter *, UdpnatStoreWrite *),
                        void     (*finish) (UdpnatStore *, UdpnatStoreWrite *, gboolean),
                        void     (*clear) (UdpnatStoreWrite *))
{
  UdpnatStoreWrite *self = g_malloc0 (n_struct);

  self->run = run;
  self->finish = finish;
  self->clear = clear;
  return self;
}

/**
 * udpnat_store_push:
 * @write: (transfer full): a #UdpnatStoreWrite
 *
 * Queues a write. One that holds much (n_bytes) is refused while the queue is full; it is told so
 * in its turn, and the others are small. What is ordered (is_ordered) is not saved either when it
 * was queued before its owner could know that an earlier one was not.
 */
void
udpnat_store_push (UdpnatStore *self,
                   gpointer     write)
{
  UdpnatStoreWrite *queued = write;

  queued->is_refused = queued->n_bytes > 0 &&
                       (g_queue_get_length (&self->queue) >= UDPNAT_STORE_QUEUE_MAX ||
                        self->n_queue_bytes + queued->n_bytes > UDPNAT_STORE_QUEUE_MAX_BYTES);
  queued->is_refused |= queued->is_ordered && self->n_refused > 0;
  if (queued->is_refused)
    queued->n_bytes = 0;
  if (queued->is_refused && queued->is_ordered)
    self->n_refused++;
  self->n_queue_bytes += queued->n_bytes;
  g_queue_push_tail (&self->queue, queued);
  plan_batch (self);
}

/**
 * udpnat_store_flush:
 *
 * Waits until everything that was queued is on the disk, or has failed, and runs its functions.
 *
 * Returns: %FALSE when the disk was full or failed since the last flush, or too much was waiting
 */
gboolean
udpnat_store_flush (UdpnatStore *self)
{
  gboolean has_failed;

  do
    {
      start_batch (self);
      while (self->batch != NULL)
        {
          batch_wait (self->batch);
          finish_batch (self);
        }
      run_callbacks (self);
    }
  while (self->batch != NULL || self->starter != NULL);
  has_failed = self->has_failed;
  self->has_failed = FALSE;
  return !has_failed;
}

/**
 * udpnat_store_note_damage:
 *
 * Something that was read is not in order. The file is in use, so it is not set aside now; a mark
 * next to it makes the next opening look at every page.
 */
void
udpnat_store_note_damage (UdpnatStore *self)
{
  g_autofree char *mark = g_strconcat (self->path, "-check", NULL);

  if (self->is_damaged)
    return;
  self->is_damaged = TRUE;
  if (!g_file_set_contents_full (mark, "", 0, G_FILE_SET_CONTENTS_DURABLE, 0600, NULL))
    g_debug ("Cannot write %s", mark);
}
