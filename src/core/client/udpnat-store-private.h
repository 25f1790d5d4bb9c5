#pragma once

#include "udpnat-history-item.h"
#include "udpnat-store-database-private.h"
#include "udpnat-store-history.h"
#include "udpnat-store-outbox.h"
#include "udpnat-store-search-private.h"
#include "udpnat-store-transfers.h"

G_BEGIN_DECLS

#define UDPNAT_STORE_SCHEMA_VERSION 3

/* Settings of the store's own; callers' names have no dot in front. */
#define UDPNAT_STORE_INDEX_STALE ".index-stale"   /* the search index must be built anew */
#define UDPNAT_STORE_INDEX_UNTIDY ".index-untidy" /* it still has words of deleted lines */

typedef struct _UdpnatStoreBatch UdpnatStoreBatch;
typedef struct _UdpnatStoreWrite UdpnatStoreWrite;

/**
 * UdpnatStoreWriter:
 *
 * What writes have at hand. It belongs to the worker while a batch runs, and to the store's thread
 * otherwise.
 */
typedef struct
{
  UdpnatDatabase    *database;
  UdpnatPublicKey    own_key;
  UdpnatIndexChanges index_changes; /* of this transaction; made at its end, all at once */
  gint64             n_outbox;      /* rows in the outbox, -1 while not counted */
  gboolean           is_text_removed;  /* by this batch */
  gboolean           is_tidying_begun; /* and not complete */
} UdpnatStoreWriter;

/**
 * UdpnatStoreWrite:
 * @run: in the worker, inside a transaction; %FALSE undoes what it did, and nothing else
 * @finish: in the store's thread, after the commit
 * @clear: frees what it holds
 *
 * One queued change: the first member of a struct that says what is to be done.
 */
struct _UdpnatStoreWrite
{
  gboolean (*run)    (UdpnatStoreWriter *writer,
                      UdpnatStoreWrite  *self);
  void     (*finish) (UdpnatStore       *store,
                      UdpnatStoreWrite  *self,
                      gboolean           is_saved);
  void     (*clear)  (UdpnatStoreWrite  *self);

  gsize    n_bytes;    /* of what it holds, counted against the queue's limit */
  gboolean is_ordered; /* must not be saved when an earlier one was not */
  gboolean is_refused; /* the queue was full, or it is ordered and came after a failure */
  gboolean is_saved;
};

struct _UdpnatStore
{
  char              *path;
  UdpnatDatabase    *reader;
  UdpnatStoreWriter  writer;
  GHashTable        *settings; /* name → value */
  GHashTable        *servers;  /* address → UdpnatPublicKey */
  GHashTable        *lost_settings; /* names: the disk has not taken what they are set to */
  UdpnatStoreLostFunc lost_func;    /* nullable */
  gpointer           lost_data;
  char              *recovery_report; /* nullable */

  GQueue             queue;    /* of UdpnatStoreWrite: not begun */
  gsize              n_queue_bytes;
  GSource           *starter;  /* nullable: gives the worker what is queued */
  UdpnatStoreBatch  *batch;    /* nullable: the worker has it */
  GQueue             finished; /* of UdpnatStoreWrite: on disk or not, and not told yet */
  gboolean           is_untidy;
  gboolean           is_rehearsing;
  gboolean           is_damaged;
  gboolean           has_failed; /* since the last flush */
  guint              n_refused;  /* ordered writes that were refused, and not told so yet */
};

/* ---- udpnat-store-writer.c ---- */
gpointer  udpnat_store_write_new     (gsize                  n_struct,
                                      gboolean             (*run) (UdpnatStoreWriter *,
                                                                   UdpnatStoreWrite *),
                                      void                 (*finish) (UdpnatStore *,
                                                                      UdpnatStoreWrite *,
                                                                      gboolean),
                                      void                 (*clear) (UdpnatStoreWrite *));
#define udpnat_store_write_create(Type, run, finish, clear)                                       \
  ((Type *) udpnat_store_write_new (sizeof (Type), run, finish, clear))
void      udpnat_store_push          (UdpnatStore           *self,
                                      gpointer               write);
void      udpnat_store_begin_rehearsal (UdpnatStore         *self);
void      udpnat_store_note_damage   (UdpnatStore           *self);

/* ---- udpnat-store-schema.c ---- */
gboolean  udpnat_store_schema_create (UdpnatDatabase        *database);
gboolean  udpnat_store_schema_set_up (UdpnatDatabase        *database,
                                      int                    version);
int       udpnat_store_read_version  (UdpnatDatabase        *database);
gboolean  udpnat_store_is_sound      (UdpnatDatabase        *database);

/* ---- udpnat-store-recover.c ---- */
char     *udpnat_store_recover       (const char            *path,
                                      const guint8          *database_key,
                                      GError               **error) G_GNUC_WARN_UNUSED_RESULT;
int       udpnat_store_make          (const char            *path,
                                      const guint8          *database_key);
gboolean  udpnat_store_finish_recovery (const char          *path,
                                      GError               **error);

/* ---- udpnat-store-lines.c: rows of conversations, in the worker ---- */
gint64    udpnat_store_find_conversation   (UdpnatDatabase        *database,
                                            const UdpnatPublicKey *key);
gint64    udpnat_store_ensure_conversation (UdpnatDatabase        *database,
                                            const UdpnatPublicKey *key);
gint64    udpnat_store_find_line           (UdpnatDatabase        *database,
                                            gint64                 conversation,
                                            gboolean               is_outgoing,
                                            const UdpnatMessageId *id);
gboolean  udpnat_store_is_file             (UdpnatDatabase        *database,
                                            gint64                 number);
gint64    udpnat_store_insert_line         (UdpnatStoreWriter     *writer,
                                            gint64                 conversation,
                                            const UdpnatItem      *item,
                                            gboolean               is_outgoing,
                                            gint64                 received_us,
                                            UdpnatItemState        state);
gboolean  udpnat_store_edit_line           (UdpnatStoreWriter     *writer,
                                            gint64                 number,
                                            const char            *text,
                                            gint64                 sent_us,
                                            gint64                 now_us);
gboolean  udpnat_store_erase_line          (UdpnatStoreWriter     *writer,
                                            gint64                 number);
gboolean  udpnat_store_react_to_line       (UdpnatStoreWriter     *writer,
                                            gint64                 number,
                                            gboolean               is_own,
                                            const char            *sign,
                                            gint64                 sent_us,
                                            gint64                 now_us);
gboolean  udpnat_store_remove_lines        (UdpnatStoreWriter     *writer,
                                            gint64                 conversation,
                                            gint64                 number);
gboolean  udpnat_store_count_unread_anew   (UdpnatDatabase        *database,
                                            gint64                 conversation);

/* ---- udpnat-store-transfers.c: what is beside a line that offers a file, in the worker ---- */
gboolean  udpnat_store_begin_transfer      (UdpnatDatabase        *database,
                                            gint64                 line);
gboolean  udpnat_store_set_source          (UdpnatDatabase        *database,
                                            gint64                 line,
                                            const char            *path,
                                            gboolean               is_own);
gboolean  udpnat_store_withdraw_transfer   (UdpnatDatabase        *database,
                                            gint64                 line,
                                            const char            *reason);
gboolean  udpnat_store_complete_transfers  (UdpnatDatabase        *database);
gboolean  udpnat_store_is_senders_answer   (const char            *word);
gboolean  udpnat_store_can_answer          (UdpnatDatabase        *database,
                                            gint64                 line,
                                            const char            *word);
gboolean  udpnat_store_add_part            (UdpnatDatabase        *database,
                                            gint64                 conversation,
                                            const UdpnatItem      *item);
gboolean  udpnat_store_answer_transfer     (UdpnatDatabase        *database,
                                            gint64                 line,
                                            const char            *word,
                                            gboolean               is_own,
                                            gboolean              *out_is_changed);

G_END_DECLS
