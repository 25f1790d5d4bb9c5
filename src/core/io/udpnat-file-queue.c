/* A thread for what blocks. GLib's pool keeps order with one thread, and lends it to others when
 * there is nothing to do. What has finished meanwhile is told in one dispatch of the main loop. */

#include "config.h"

#include "udpnat-file-queue.h"

typedef struct
{
  UdpnatFileQueueFunc run;
  UdpnatFileQueueFunc done;
  gpointer            job;
} Entry;

struct _UdpnatFileQueue
{
  GThreadPool  *pool;
  GMainContext *context;
  gboolean      is_freed;   /* by the owner; a dispatch that called it goes on without us */
  guint         n_dispatches; /* that are on the stack */

  GMutex        mutex;
  GCond         cond;     /* one more has finished */
  guint         n_running; /* under mutex: pushed and not finished */
  GQueue        finished; /* under mutex: of Entry */
  GSource      *source;   /* under mutex: will tell of them; NULL: none is needed */
};

/* ---- In the context of the owner ---- */

static void
destroy (UdpnatFileQueue *self)
{
  g_thread_pool_free (self->pool, FALSE, TRUE);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self);
}

static Entry *
pop_finished (UdpnatFileQueue *self)
{
  Entry *entry;

  g_mutex_lock (&self->mutex);
  entry = g_queue_pop_head (&self->finished);
  g_mutex_unlock (&self->mutex);
  return entry;
}

static void
tell (Entry *entry)
{
  if (entry->done != NULL)
    entry->done (entry->job);
  g_free (entry);
}

static void
clear_source (UdpnatFileQueue *self)
{
  g_mutex_lock (&self->mutex);
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  g_mutex_unlock (&self->mutex);
}

/* What finishes while this goes on is for the next turn of the loop, so that others have theirs. */
static gboolean
finished_cb (gpointer user_data)
{
  UdpnatFileQueue *self = user_data;
  Entry *entry;
  guint n;

  clear_source (self);
  g_mutex_lock (&self->mutex);
  n = self->finished.length;
  g_mutex_unlock (&self->mutex);
  self->n_dispatches++;
  while (n-- > 0 && !self->is_freed && (entry = pop_finished (self)) != NULL)
    tell (entry);
  if (--self->n_dispatches == 0 && self->is_freed)
    destroy (self);
  return G_SOURCE_REMOVE;
}

/* ---- In the thread ---- */

/* With the mutex held */
static void
plan (UdpnatFileQueue *self)
{
  if (self->source != NULL)
    return;
  self->source = g_idle_source_new ();
  g_source_set_static_name (self->source, "udpnat-file-queue");
  g_source_set_priority (self->source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->source, finished_cb, self, NULL);
  g_source_attach (self->source, self->context);
}

static void
work (gpointer data,
      gpointer user_data)
{
  Entry *entry = data;
  UdpnatFileQueue *self = user_data;

  entry->run (entry->job);
  g_mutex_lock (&self->mutex);
  g_queue_push_tail (&self->finished, entry);
  self->n_running--;
  plan (self);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
}

/* ---- For the owner ---- */

/** udpnat_file_queue_new: for the thread-default main context of who calls */
UdpnatFileQueue *
udpnat_file_queue_new (void)
{
  UdpnatFileQueue *self = g_new0 (UdpnatFileQueue, 1);

  self->context = g_main_context_ref_thread_default ();
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->pool = g_thread_pool_new (work, self, 1, FALSE, NULL);
  return self;
}

/**
 * udpnat_file_queue_push:
 * @run: called in the thread, when all that was pushed before has run
 * @done: (nullable): called once in the owner's context, after @run and in the same order; at the
 *   latest by udpnat_file_queue_free(). It may push, and free the queue
 * @job: for both; the queue does not look at it
 */
void
udpnat_file_queue_push (UdpnatFileQueue    *self,
                        UdpnatFileQueueFunc run,
                        UdpnatFileQueueFunc done,
                        gpointer            job)
{
  Entry *entry = g_new (Entry, 1);

  *entry = (Entry) { run, done, job };
  g_mutex_lock (&self->mutex);
  self->n_running++;
  g_mutex_unlock (&self->mutex);
  g_thread_pool_push (self->pool, entry, NULL);
}

static Entry *
wait_for_finished (UdpnatFileQueue *self)
{
  Entry *entry;

  g_mutex_lock (&self->mutex);
  while (self->finished.length == 0 && self->n_running > 0)
    g_cond_wait (&self->cond, &self->mutex);
  entry = g_queue_pop_head (&self->finished);
  g_mutex_unlock (&self->mutex);
  return entry;
}

/**
 * udpnat_file_queue_free:
 *
 * Waits for all that was pushed, and what their functions push, and tells of it.
 */
void
udpnat_file_queue_free (UdpnatFileQueue *self)
{
  Entry *entry;

  if (self == NULL)
    return;
  while ((entry = wait_for_finished (self)) != NULL)
    tell (entry);
  clear_source (self);
  self->is_freed = TRUE;
  if (self->n_dispatches == 0)
    destroy (self);
}
