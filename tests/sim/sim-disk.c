/* Writes that take time. With a delay of 0 they are finished before sim_disk_write() returns, so
 * that a test that is not about disks sees none. What is in files is written and read beside that,
 * as real programs do it in threads of their own: words do not wait for files. */

#include "config.h"

#include "sim-disk.h"

typedef struct
{
  gint64         due_us;
  SimCommit      commit;
  gpointer       owner;
  gpointer       data;
  GDestroyNotify free_data;
  gboolean       is_read; /* changes nothing on the disk */
} SimWrite;

static void
write_free (gpointer data)
{
  SimWrite *write = data;

  if (write->free_data != NULL)
    write->free_data (write->data);
  g_free (write);
}

/* ---- Machine ---- */

/* What a chunk of a file takes, of what a write with all its guarantees does. */
#define CHUNK_SHARE 8

/* Returns: whether this write reaches the disk */
static gboolean
count_write (SimDisk *self)
{
  if (self->n_writes_left == 0 || --self->n_writes_left > 0)
    return TRUE;
  self->is_dying = TRUE;
  return self->is_last_kept;
}

static void
finish_all (SimDisk *self,
            GQueue  *queue,
            gint64   now_us)
{
  SimWrite *first;

  while (!self->is_dying && (first = g_queue_peek_head (queue)) != NULL && first->due_us <= now_us)
    {
      g_queue_pop_head (queue);
      if (first->is_read || count_write (self))
        first->commit (first->owner, first->data);
      write_free (first);
    }
}

static void
finish_writes (SimDisk *self,
               gint64   now_us)
{
  finish_all (self, &self->writes, now_us);
  finish_all (self, &self->jobs, now_us);
}

static UdpnatRxResult
disk_handle_datagram (UdpnatMachine        *machine,
                      gint64                now_us,
                      const UdpnatDatagram *datagram)
{
  return udpnat_machine_handle_datagram (((SimDisk *) machine)->inner, now_us, datagram);
}

static gint64
disk_next_deadline (const UdpnatMachine *machine)
{
  const SimDisk *self = (const SimDisk *) machine;
  const SimWrite *first = self->writes.head != NULL ? self->writes.head->data : NULL;
  const SimWrite *job = self->jobs.head != NULL ? self->jobs.head->data : NULL;
  gint64 deadline_us = udpnat_machine_next_deadline (self->inner);

  if (self->is_dying)
    return 0; /* at once */
  if (job != NULL)
    deadline_us = udpnat_time_min (deadline_us, job->due_us);
  return first != NULL ? udpnat_time_min (deadline_us, first->due_us) : deadline_us;
}

static void
disk_handle_deadline (UdpnatMachine *machine,
                      gint64         now_us)
{
  SimDisk *self = (SimDisk *) machine;

  finish_writes (self, now_us);
  if (udpnat_machine_next_deadline (self->inner) <= now_us)
    udpnat_machine_handle_deadline (self->inner, now_us);
}

static gboolean
disk_pop_output (UdpnatMachine  *machine,
                 gint64          now_us,
                 UdpnatDatagram *out_datagram)
{
  return udpnat_machine_pop_output (((SimDisk *) machine)->inner, now_us, out_datagram);
}

static UdpnatEvent *
disk_pop_event (UdpnatMachine *machine)
{
  return udpnat_machine_pop_event (((SimDisk *) machine)->inner);
}

static const UdpnatMachineClass disk_class = {
  .handle_datagram = disk_handle_datagram,
  .next_deadline = disk_next_deadline,
  .handle_deadline = disk_handle_deadline,
  .pop_output = disk_pop_output,
  .pop_event = disk_pop_event,
};

/* ---- Calls ---- */

void
sim_disk_init (SimDisk *self)
{
  *self = (SimDisk) { .machine.klass = &disk_class };
}

void
sim_disk_clear (SimDisk *self)
{
  sim_disk_kill (self);
}

/** sim_disk_mount: the program starts; Returns: the machine for its host */
UdpnatMachine *
sim_disk_mount (SimDisk       *self,
                UdpnatMachine *inner)
{
  self->inner = inner;
  return &self->machine;
}

/** sim_disk_kill: the program dies, and with it what was not finished */
void
sim_disk_kill (SimDisk *self)
{
  self->inner = NULL;
  self->n_writes_left = 0;
  self->is_dying = FALSE;
  self->chunks_us = 0;
  g_queue_clear_full (&self->writes, write_free);
  g_queue_clear_full (&self->jobs, write_free);
}

/** sim_disk_flush: the program waits for the disk, which is quick for once */
void
sim_disk_flush (SimDisk *self)
{
  finish_all (self, &self->writes, G_MAXINT64);
}

/**
 * sim_disk_write:
 * @owner: borrowed; for @commit
 * @data: (transfer full) (nullable)
 */
void
sim_disk_write (SimDisk       *self,
                gint64         now_us,
                SimCommit      commit,
                gpointer       owner,
                gpointer       data,
                GDestroyNotify free_data)
{
  SimWrite *write = g_new0 (SimWrite, 1);
  const SimWrite *last = g_queue_peek_tail (&self->writes);
  gint64 begin_us = last != NULL ? MAX (last->due_us, now_us) : now_us;

  *write = (SimWrite) { begin_us + self->delay_us, commit, owner, data, free_data, FALSE };
  g_queue_push_tail (&self->writes, write);
  if (self->delay_us == 0)
    finish_all (self, &self->writes, now_us);
}

/* @b: is new, and stands behind what is due at the same time */
static int
compare_due (gconstpointer a,
             gconstpointer b,
             gpointer      user_data)
{
  return ((const SimWrite *) a)->due_us <= ((const SimWrite *) b)->due_us ? -1 : 1;
}

static void
add_job (SimDisk  *self,
         gint64    now_us,
         SimWrite *job)
{
  g_queue_insert_sorted (&self->jobs, job, compare_due, NULL);
  if (job->due_us <= now_us)
    finish_all (self, &self->jobs, now_us);
}

/** sim_disk_write_chunk: as sim_disk_write(), a piece of a file: it is quicker, waits for other
 * pieces only, and is a write as well for whoever is to die at one */
void
sim_disk_write_chunk (SimDisk       *self,
                      gint64         now_us,
                      SimCommit      commit,
                      gpointer       owner,
                      gpointer       data,
                      GDestroyNotify free_data)
{
  SimWrite *write = g_new0 (SimWrite, 1);

  self->chunks_us = MAX (self->chunks_us, now_us) + self->delay_us / CHUNK_SHARE;
  *write = (SimWrite) { self->chunks_us, commit, owner, data, free_data, FALSE };
  add_job (self, now_us, write);
}

/** sim_disk_read: @commit is called when something has been read that takes @for_us; others are
 * read meanwhile */
void
sim_disk_read (SimDisk       *self,
               gint64         now_us,
               gint64         for_us,
               SimCommit      commit,
               gpointer       owner,
               gpointer       data,
               GDestroyNotify free_data)
{
  SimWrite *read = g_new0 (SimWrite, 1);

  *read = (SimWrite) { now_us + for_us, commit, owner, data, free_data, TRUE };
  add_job (self, now_us, read);
}

/** sim_disk_get_chunk_delay: Returns: what a piece of a file takes */
gint64
sim_disk_get_chunk_delay (const SimDisk *self)
{
  return self->delay_us / CHUNK_SHARE;
}
