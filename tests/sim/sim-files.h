#pragma once

#include "udpnat-file-offer.h"
#include "udpnat-node.h"
#include "udpnat-tree.h"

G_BEGIN_DECLS

/* How a file stands for one of the two, on the disk. */
typedef enum
{
  SIM_FILE_OFFERED,
  SIM_FILE_ACCEPTED,
  SIM_FILE_FAILED,    /* stands, and can be tried again */
  SIM_FILE_DONE,
  SIM_FILE_CANCELLED, /* by either; also: declined */
} SimFileState;

/**
 * SimFile:
 * @key: of the other side
 * @seed: of what is in it: sim_file_dup_chunk(); of a file that comes nobody knows it here
 * @is_paused: by our user
 * @n_kept: chunks on the disk, of a file that comes
 * @failed: why it stands: a #UdpnatFileReason
 * @tree: (nullable): of a file of ours that has been read in this life
 * @is_fetching: the node has been asked for it in this life
 * @fetch: how often it was
 *
 * A FILE item of either side, as a program has it: on its disk, and from @tree on in its memory.
 */
typedef struct
{
  UdpnatPublicKey key;
  UdpnatMessageId id;
  gboolean        is_outgoing;
  guint64         seed;
  guint64         size;
  guint8          root[UDPNAT_FILE_ROOT_BYTES];
  SimFileState    state;
  gboolean        is_paused;
  guint64         n_kept;
  guint8          failed;

  UdpnatTree     *tree;
  gboolean        is_preparing;
  gboolean        is_fetching;
  guint           fetch;
} SimFile;

typedef struct _SimPeer SimPeer;

/**
 * SimFileWatch:
 *
 * Is told of each chunk that is about to be on the disk of a #SimPeer, for good.
 */
typedef void (*SimFileWatch) (SimPeer       *peer,
                              const SimFile *file,
                              guint64        chunk,
                              GBytes        *data,
                              gpointer       user_data);

/**
 * SimFiles:
 * @files: of #SimFile, oldest first
 * @early: ids of offers that were cancelled before they came
 * @asks: whether the user wants to be asked before something is fetched
 * @is_forgetful: says that chunks are kept, and does not count them: for tests of what notices
 * @is_spoiler: writes something else than what came: likewise
 * @is_silent: does not say that it has a file: likewise
 * @watch: (nullable)
 * @n_given: chunks that others have asked for
 *
 * The files of a #SimPeer.
 */
typedef struct
{
  GPtrArray   *files;
  GHashTable  *early;
  gboolean     asks;
  gboolean     is_forgetful;
  gboolean     is_spoiler;
  gboolean     is_silent;
  SimFileWatch watch;
  gpointer     watch_data;
  guint        n_given;
} SimFiles;

void       sim_files_init          (SimFiles              *self);
void       sim_files_clear         (SimFiles              *self);
GBytes    *sim_file_dup_chunk      (guint64                seed,
                                    guint64                size,
                                    guint64                chunk);
guint64    sim_file_count_chunks   (const SimFile         *self);
gboolean   sim_file_is_over        (const SimFile         *self);

/* The program */
UdpnatItem *
           sim_peer_make_offer     (SimPeer               *self,
                                    guint64                seed,
                                    guint64                size);
gboolean   sim_peer_may_answer     (SimPeer               *self,
                                    const UdpnatPublicKey *key,
                                    const UdpnatItem      *item);
void       sim_peer_commit_file    (SimPeer               *self,
                                    const UdpnatPublicKey *key,
                                    const UdpnatItem      *item,
                                    gboolean               is_own);
void       sim_peer_handle_file    (SimPeer               *self,
                                    const UdpnatNodeEvent *event);
void       sim_peer_restore_files  (SimPeer               *self);
void       sim_peer_forget_files   (SimPeer               *self);

/* The user */
void       sim_peer_accept_file    (SimPeer               *self,
                                    const SimFile         *file);
void       sim_peer_cancel_file    (SimPeer               *self,
                                    const SimFile         *file);
void       sim_peer_pause_file     (SimPeer               *self,
                                    const SimFile         *file,
                                    gboolean               is_paused);
void       sim_peer_retry_files    (SimPeer               *self);
SimFile   *sim_peer_find_file      (const SimPeer         *self,
                                    const UdpnatPublicKey *key,
                                    const UdpnatMessageId *id,
                                    gboolean               is_outgoing);
SimFile   *sim_peer_get_last_file  (const SimPeer         *self,
                                    const SimPeer         *other);

G_END_DECLS
