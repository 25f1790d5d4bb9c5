#pragma once

#include "udpnat-client.h"
#include "udpnat-file-queue.h"
#include "udpnat-file-sink.h"
#include "udpnat-file-source.h"
#include "udpnat-node-files.h"
#include "udpnat-person.h"
#include "udpnat-stored-transfer.h"
#include "udpnat-transfer.h"

G_BEGIN_DECLS

/**
 * UdpnatClientTransfer:
 *
 * A file or folder that is not over yet. Whoever has a job for it in the worker holds a reference
 * (g_rc_box); the table holds one.
 */
typedef struct
{
  UdpnatClient         *client; /* borrowed: the worker ends before it */
  UdpnatPerson         *person;
  UdpnatStoredTransfer *stored; /* as the disk has it, or is about to */
  UdpnatTransfer       *shown;
  gboolean              is_listed;     /* in the table: not over */
  guint64               n_done;        /* bytes that are over there, or here */
  guint64               n_done_before; /* at the last tick */
  gint64                tick_us;
  gboolean              is_paused_there;

  /* what we send */
  UdpnatFileSource     *source;    /* nullable: it has not been asked for */
  GCancellable         *preparing; /* nullable */
  gboolean              is_place_known; /* @n_done is as far as they have got */
  GArray               *parts; /* nullable: of UdpnatMessageId: what went by mail */

  /* what comes */
  UdpnatFileSink       *sink;      /* nullable: not open */
  gboolean              is_opening;
  gboolean              is_list_known;  /* of a folder: what is in it */
  gboolean              is_finishing;
  gboolean              is_reopened;    /* when it has been closed: its parts have come */
  guint                 n_parts_left;   /* chunks of what came by mail, on their way to the disk */
  guint32               next_file;      /* not asked for yet, nor any after it */
  guint                 n_fetching;     /* files */
  guint64               n_unsynced;     /* bytes written since the disk was last asked to keep them
  */
  gint64                synced_us;
} UdpnatClientTransfer;

typedef struct
{
  GHashTable      *transfers; /* UdpnatClientTransfer by the number of its line */
  UdpnatFileQueue *queue;     /* nullable: nothing was to be read or written yet */
  GQueue           preparing; /* of GCancellable: files that are read before they are offered */
  GSource         *tick;      /* nullable: something goes over */
  char            *folder;    /* nullable: the user's for downloads */
  gboolean         is_same_boot; /* as when the store was last used: nothing that was written is
                                  * lost */
} UdpnatClientFiles;

void                  udpnat_client_open_files         (UdpnatClient           *self);
void                  udpnat_client_clear_files        (UdpnatClient           *self);
void                  udpnat_client_restore_files      (UdpnatClient           *self);
void                  udpnat_client_take_file          (UdpnatClient           *self,
                                                        UdpnatPerson           *person,
                                                        const UdpnatItem       *item,
                                                        UdpnatHistoryItem      *line);
void                  udpnat_client_note_file_stored   (UdpnatClient           *self,
                                                        const UdpnatNodeEvent  *event);
void                  udpnat_client_forget_file        (UdpnatClient           *self,
                                                        gint64                  number);
void                  udpnat_client_forget_files_of    (UdpnatClient           *self,
                                                        UdpnatPerson           *person);
void                  udpnat_client_handle_file        (UdpnatClient           *self,
                                                        const UdpnatNodeEvent  *event);

/* What its halves need of udpnat-client-files.c */
const char           *udpnat_client_get_files_folder   (UdpnatClient           *self);
UdpnatFileQueue      *udpnat_client_get_file_queue     (UdpnatClient           *self);
UdpnatClientTransfer *udpnat_client_transfer_new       (UdpnatClient           *self,
                                                        const UdpnatStoredTransfer *stored);
void                  udpnat_client_transfer_unref     (UdpnatClientTransfer   *transfer);
void                  udpnat_client_transfer_save      (UdpnatClientTransfer   *transfer);
void                  udpnat_client_transfer_set_state (UdpnatClientTransfer   *transfer,
                                                        UdpnatTransferState     state,
                                                        const char             *reason);
void                  udpnat_client_transfer_fail      (UdpnatClientTransfer   *transfer,
                                                        const GError           *error);
void                  udpnat_client_transfer_tell      (UdpnatClientTransfer   *transfer);
void                  udpnat_client_transfer_answer    (UdpnatClientTransfer   *transfer,
                                                        const char             *answer);
void                  udpnat_client_transfer_end       (UdpnatClientTransfer   *transfer);
void                  udpnat_client_transfer_note_bytes (UdpnatClientTransfer  *transfer,
                                                        guint64                 n_done);

/* udpnat-client-sending.c */
void                  udpnat_client_serve              (UdpnatClientTransfer   *transfer);
void                  udpnat_client_handle_giver       (UdpnatClientTransfer   *transfer,
                                                        const UdpnatFileEvent  *event);
void                  udpnat_client_stop_sending       (UdpnatClientTransfer   *transfer);
void                  udpnat_client_stop_preparing     (UdpnatClient           *self);
void                  udpnat_client_mail_file          (UdpnatClientTransfer   *transfer);

/* udpnat-client-receiving.c */
void                  udpnat_client_fetch              (UdpnatClientTransfer   *transfer);
void                  udpnat_client_trim               (UdpnatClientTransfer   *transfer);
void                  udpnat_client_take_parts         (UdpnatClientTransfer   *transfer);
void                  udpnat_client_handle_fetcher     (UdpnatClientTransfer   *transfer,
                                                        const UdpnatFileEvent  *event);
void                  udpnat_client_stop_receiving     (UdpnatClientTransfer   *transfer,
                                                        UdpnatFileReason        reason,
                                                        gboolean                is_removed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatClientTransfer, udpnat_client_transfer_unref)

G_END_DECLS
