#pragma once

#include "udpnat-machine.h"

G_BEGIN_DECLS

/**
 * SimDisk:
 * @delay_us: what each write takes
 * @n_writes_left: the program dies with so many writes from now; 0: it does not
 * @is_last_kept: whether the last of them still reaches the disk
 * @is_dying: it has come to that: whoever owns the program kills it before it says another word
 *
 * The disk of a program on a #SimHost: does one write after the other, each of which takes a while;
 * those that are not finished when the program is killed never happened. It stands
 * between the host and the program's machine, because it needs to be called when a write is due.
 */
typedef struct
{
  UdpnatMachine  machine; /* first: this is what the host drives */
  UdpnatMachine *inner;   /* borrowed; NULL while the program does not run */
  gint64         delay_us;
  GQueue         writes;  /* of SimWrite */
  GQueue         jobs;    /* of SimWrite: pieces of files that are read or written, by due time */
  gint64         chunks_us; /* when the last piece will be written */
  guint          n_writes_left;
  gboolean       is_last_kept;
  gboolean       is_dying;
} SimDisk;

/**
 * SimCommit:
 * @data: as given to sim_disk_write(); freed by the disk afterwards
 *
 * The write is finished: changes what the disk holds, and tells the program.
 */
typedef void (*SimCommit) (gpointer owner,
                           gpointer data);

void           sim_disk_init  (SimDisk       *self);
void           sim_disk_clear (SimDisk       *self);
UdpnatMachine *sim_disk_mount (SimDisk       *self,
                               UdpnatMachine *inner);
void           sim_disk_kill  (SimDisk       *self);
void           sim_disk_flush (SimDisk       *self);
void           sim_disk_write (SimDisk       *self,
                               gint64         now_us,
                               SimCommit      commit,
                               gpointer       owner,
                               gpointer       data,
                               GDestroyNotify free_data);
void           sim_disk_write_chunk (SimDisk  *self,
                               gint64         now_us,
                               SimCommit      commit,
                               gpointer       owner,
                               gpointer       data,
                               GDestroyNotify free_data);
void           sim_disk_read  (SimDisk       *self,
                               gint64         now_us,
                               gint64         for_us,
                               SimCommit      commit,
                               gpointer       owner,
                               gpointer       data,
                               GDestroyNotify free_data);
gint64         sim_disk_get_chunk_delay (const SimDisk *self);

G_END_DECLS
