/* Files that we send. What is to be sent is read once before it is offered, so that the other side
 * can check every chunk; after a restart that is done again when they ask for it, and shows whether
 * it is still what was offered. */

#include "config.h"

#include "udpnat-client-private.h"

#include <glib/gi18n-lib.h>

#include "udpnat-client-files.h"
#include "udpnat-clock.h"
#include "udpnat-limits.h"
#include "udpnat-store-transfers.h"

/* ---- Before it is offered ---- */

typedef struct
{
  UdpnatClient *client; /* owned */
  UdpnatPerson *person; /* owned */
  char         *path;
  guint16       width, height; /* 0: no picture */
  GBytes       *thumbnail;     /* nullable */
  GCancellable *cancellable; /* owned */
} Preparation; /* in the client's queue */

static void
preparation_free (Preparation *preparation)
{
  g_queue_remove (&preparation->client->files.preparing, preparation);
  g_object_unref (preparation->cancellable);
  g_object_unref (preparation->person);
  g_object_unref (preparation->client);
  g_clear_pointer (&preparation->thumbnail, g_bytes_unref);
  g_free (preparation->path);
  g_free (preparation);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Preparation, preparation_free)

/* An offer on its way to the disk. */
typedef struct
{
  UdpnatClient     *client; /* borrowed: outlives the store, which answers before it ends */
  UdpnatPerson     *person; /* owned */
  UdpnatItem       *item;
  UdpnatFileSource *source;
} Offering;

static void
offering_free (Offering *offering)
{
  offering->client->n_pending--;
  g_object_unref (offering->person);
  udpnat_item_free (offering->item);
  udpnat_file_source_free (offering->source);
  g_free (offering);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Offering, offering_free)

static void
offered_cb (UdpnatHistoryItem *line,
            gboolean           is_saved,
            gpointer           user_data)
{
  g_autoptr (Offering) offering = user_data;
  UdpnatClient *self = offering->client;
  g_autoptr (UdpnatStoredTransfer) stored = NULL;
  UdpnatClientTransfer *transfer;

  if (!is_saved || line == NULL)
    {
      udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_SAVE_FAILED, offering->person,
                          udpnat_store_is_damaged (self->store));
      return;
    }
  stored = udpnat_store_dup_transfer (self->store, udpnat_history_item_get_number (line));
  if (stored == NULL)
    return;
  transfer = udpnat_client_transfer_new (self, stored);
  transfer->source = g_steal_pointer (&offering->source);
  udpnat_client_tell_put (self, offering->person, offering->item, line);
  udpnat_client_serve (transfer);
  udpnat_client_transfer_tell (transfer);
}

static void
offer (const Preparation *preparation,
       UdpnatFileSource  *source)
{
  UdpnatClient *self = preparation->client;
  g_autoptr (UdpnatFileOffer) offered = NULL;
  Offering *offering = g_new0 (Offering, 1);
  UdpnatMessageId id = udpnat_client_make_id ();

  offered = udpnat_file_offer_copy (udpnat_file_source_get_offer (source));
  offered->width = preparation->width;
  offered->height = preparation->height;
  if (preparation->thumbnail != NULL)
    offered->thumbnail = g_bytes_ref (preparation->thumbnail);
  self->n_pending++;
  offering->client = self;
  offering->person = g_object_ref (preparation->person);
  offering->source = source;
  offering->item = udpnat_item_new_file (&id, udpnat_clock_get_wall_us (), offered);
  udpnat_store_add_outgoing_file (self->store, udpnat_person_get_key (preparation->person),
                                  offering->item, preparation->path, offered_cb, offering);
}

static void
tell_not_sent (Preparation *preparation,
               const char  *words)
{
  udpnat_client_emit (preparation->client, UDPNAT_CLIENT_SIGNAL_FILE_NOT_SENT,
                      preparation->person, preparation->path, words);
}

static void
prepared_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (Preparation) preparation = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatFileSource) source = udpnat_file_source_prepare_finish (result, &error);
  UdpnatClient *self = preparation->client;

  if (self->is_closing || g_cancellable_is_cancelled (preparation->cancellable))
    return;
  if (source == NULL)
    tell_not_sent (preparation, error->message);
  else if (!udpnat_client_take_in (self, preparation->person))
    tell_not_sent (preparation, _("Not sent. You have blocked them; unblock them first."));
  else
    offer (preparation, g_steal_pointer (&source));
}

static void
progress_cb (gint64   n_done,
             gint64   n_all,
             gpointer user_data)
{
  Preparation *preparation = user_data;

  if (g_cancellable_is_cancelled (preparation->cancellable))
    return;
  udpnat_client_emit (preparation->client, UDPNAT_CLIENT_SIGNAL_FILE_PREPARING,
                      preparation->person, preparation->path, n_done, n_all);
}

/**
 * udpnat_client_send_file:
 * @person: who becomes a contact by it
 * @path: of a file or folder
 * @error: %UDPNAT_ERROR_INVALID or _BLOCKED
 *
 * It is read first. Then "item-added" follows as soon as the offer is on disk; or "file-not-sent".
 */
gboolean
udpnat_client_send_file (UdpnatClient  *self,
                         UdpnatPerson  *person,
                         const char    *path,
                         GError       **error)
{
  return udpnat_client_send_picture (self, person, path, 0, 0, NULL, error);
}

/**
 * udpnat_client_send_picture:
 * @width: pixels, 0 when that is not known
 * @height: likewise
 * @thumbnail: (nullable): a PNG or JPEG; one of more than %UDPNAT_THUMBNAIL_MAX_BYTES does not go
 *
 * As udpnat_client_send_file(); the other side sees what it is before it is there.
 */
gboolean
udpnat_client_send_picture (UdpnatClient  *self,
                            UdpnatPerson  *person,
                            const char    *path,
                            int            width,
                            int            height,
                            GBytes        *thumbnail,
                            GError       **error)
{
  Preparation *preparation;

  if (person == self->me)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   _("A file cannot be sent to yourself: it is here already."));
      return FALSE;
    }
  if (!udpnat_client_take_in (self, person))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_BLOCKED,
                   /* Translators: %s is a person */
                   _("Not sent. You have blocked %s; unblock them first."),
                   udpnat_person_get_title (person));
      return FALSE;
    }
  preparation = g_new0 (Preparation, 1);
  preparation->client = g_object_ref (self);
  preparation->person = g_object_ref (person);
  preparation->path = g_canonicalize_filename (path, NULL);
  preparation->width = (guint16) CLAMP (width, 0, G_MAXUINT16);
  preparation->height = (guint16) CLAMP (height, 0, G_MAXUINT16);
  if (thumbnail != NULL && g_bytes_get_size (thumbnail) <= UDPNAT_THUMBNAIL_MAX_BYTES)
    preparation->thumbnail = g_bytes_ref (thumbnail);
  preparation->cancellable = g_cancellable_new ();
  g_queue_push_tail (&self->files.preparing, preparation);
  udpnat_file_source_prepare_async (preparation->path, preparation->cancellable, progress_cb,
                                    preparation, prepared_cb, preparation);
  return TRUE;
}

/** udpnat_client_count_preparing: Returns: how many files are being read, to be offered then */
guint
udpnat_client_count_preparing (UdpnatClient *self)
{
  return self->files.preparing.length;
}

/** udpnat_client_stop_preparing: what is not offered yet will not be */
void
udpnat_client_stop_preparing (UdpnatClient *self)
{
  for (GList *link = self->files.preparing.head; link != NULL; link = link->next)
    g_cancellable_cancel (((Preparation *) link->data)->cancellable);
}

/**
 * udpnat_client_cancel_preparing:
 * @path: as given to udpnat_client_send_file()
 *
 * It is not wanted any more that @person gets that file, which is still being read: no signal tells
 * of it from now on.
 *
 * Returns: %FALSE: it is not being read
 */
gboolean
udpnat_client_cancel_preparing (UdpnatClient *self,
                                UdpnatPerson *person,
                                const char   *path)
{
  g_autofree char *canonical = g_canonicalize_filename (path, NULL);

  for (GList *link = self->files.preparing.head; link != NULL; link = link->next)
    {
      Preparation *preparation = link->data;

      if (preparation->person != person || !g_str_equal (preparation->path, canonical) ||
          g_cancellable_is_cancelled (preparation->cancellable))
        continue;
      g_cancellable_cancel (preparation->cancellable);
      return TRUE;
    }
  return FALSE;
}

/* ---- What is offered ---- */

static void
set_served (UdpnatClientTransfer *transfer,
            UdpnatFileReason      reason)
{
  if (!udpnat_node_serve_file (transfer->client->node, udpnat_clock_get_now_us (),
                               &transfer->stored->key, &transfer->stored->id, reason))
    g_debug ("“%s” is not served", transfer->stored->offer->name);
  udpnat_client_wake (transfer->client);
}

/** udpnat_client_serve: gives it to whom it is offered, unless it is paused, or has to be read
 * first */
void
udpnat_client_serve (UdpnatClientTransfer *transfer)
{
  const UdpnatStoredTransfer *stored = transfer->stored;

  if (stored->is_paused)
    set_served (transfer, UDPNAT_FILE_REASON_PAUSED);
  else if (stored->state == UDPNAT_TRANSFER_STATE_FAILED)
    set_served (transfer, g_strcmp0 (stored->reason, "changed") == 0
                            ? UDPNAT_FILE_REASON_CHANGED : UDPNAT_FILE_REASON_UNREADABLE);
  else
    set_served (transfer, transfer->source != NULL ? UDPNAT_FILE_REASON_NONE
                                                   : UDPNAT_FILE_REASON_PREPARING);
}

/* What of it waits to go into the mailbox need not. */
static void
withdraw_parts (UdpnatClientTransfer *transfer)
{
  UdpnatClient *self = transfer->client;

  for (guint i = 0; transfer->parts != NULL && i < transfer->parts->len; i++)
    {
      const UdpnatMessageId *id = &g_array_index (transfer->parts, UdpnatMessageId, i);

      if (udpnat_node_withdraw (self->node, udpnat_clock_get_now_us (), &transfer->stored->key,
                                id))
        udpnat_store_withdraw (self->store, &transfer->stored->key, id, NULL, NULL);
    }
}

/** udpnat_client_stop_sending: it is over */
void
udpnat_client_stop_sending (UdpnatClientTransfer *transfer)
{
  g_cancellable_cancel (transfer->preparing);
  withdraw_parts (transfer);
  udpnat_node_withdraw_file (transfer->client->node, &transfer->stored->key,
                             &transfer->stored->id);
  udpnat_client_wake (transfer->client);
}

static void
free_run (gpointer source)
{
}

/* After whatever still reads from it. */
static void
free_done (gpointer source)
{
  udpnat_file_source_free (source);
}

/* When it is tried again, it is read again: it may be what it was. */
static void
fail (UdpnatClientTransfer *transfer,
      const GError         *error)
{
  if (transfer->source != NULL)
    udpnat_file_queue_push (udpnat_client_get_file_queue (transfer->client), free_run, free_done,
                            g_steal_pointer (&transfer->source));
  udpnat_client_transfer_fail (transfer, error);
  udpnat_client_serve (transfer);
}

static void
prepared_again_cb (GObject      *object,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr (UdpnatClientTransfer) transfer = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatFileSource) source = udpnat_file_source_prepare_finish (result, &error);

  g_clear_object (&transfer->preparing);
  if (!transfer->is_listed || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (source != NULL && !udpnat_file_source_matches (source, transfer->stored->offer))
    g_set_error (&error, UDPNAT_ERROR, UDPNAT_ERROR_CHANGED, "%s",
                 _("It is not what was offered any more."));
  if (error != NULL)
    {
      fail (transfer, error);
      return;
    }
  transfer->source = g_steal_pointer (&source);
  udpnat_client_serve (transfer);
}

static void
prepare_again (UdpnatClientTransfer *transfer)
{
  g_autoptr (GError) error = NULL;

  if (transfer->preparing != NULL || transfer->source != NULL)
    return;
  if (transfer->stored->path == NULL) /* lost with a damaged database */
    {
      g_set_error (&error, UDPNAT_ERROR, UDPNAT_ERROR_GONE, "%s",
                   _("Nobody knows any more where the file is. Send it again."));
      fail (transfer, error);
      return;
    }
  transfer->preparing = g_cancellable_new ();
  udpnat_file_source_prepare_async (transfer->stored->path, transfer->preparing, NULL, NULL,
                                    prepared_again_cb, g_rc_box_acquire (transfer));
}

/* ---- What is asked for ---- */

typedef struct
{
  UdpnatClientTransfer *transfer;
  UdpnatFileSource     *source; /* borrowed: it is freed by a later job */
  guint32               file;
  guint64               chunk;
  GBytes               *data;
  GError               *error;
} Reading;

static void
read_run (gpointer job)
{
  Reading *reading = job;

  reading->data = udpnat_file_source_read_chunk (reading->source, reading->file,
                                                 reading->chunk, &reading->error);
}

/* The sizes of all files before are added up once only: of a folder there may be a million. */
static void
note_given (UdpnatClientTransfer *transfer,
            const Reading        *reading)
{
  gboolean is_list = transfer->stored->offer->kind == UDPNAT_FILE_KIND_FOLDER && reading->file == 0;
  guint64 n_before = transfer->n_done;

  if (is_list || transfer->is_paused_there) /* it was being read when they paused it */
    return;
  if (!transfer->is_place_known || transfer->stored->offer->kind == UDPNAT_FILE_KIND_FILE)
    n_before = udpnat_file_source_count_before (transfer->source, reading->file, reading->chunk);
  transfer->is_place_known = TRUE;
  udpnat_client_transfer_note_bytes (transfer, MIN (n_before + g_bytes_get_size (reading->data),
                                                    transfer->stored->offer->size));
}

static void
read_done (gpointer job)
{
  Reading *reading = job;
  g_autoptr (UdpnatClientTransfer) transfer = reading->transfer;
  const UdpnatStoredTransfer *stored = transfer->stored;

  if (!transfer->is_listed || transfer->client->is_closing ||
      reading->source != transfer->source)
    g_debug ("it was read in vain");
  else if (reading->error != NULL)
    fail (transfer, reading->error);
  else
    {
      udpnat_node_give_chunk (transfer->client->node, &stored->key, &stored->id, reading->file,
                              reading->chunk, reading->data);
      note_given (transfer, reading);
      udpnat_client_wake (transfer->client);
    }
  g_clear_pointer (&reading->data, g_bytes_unref);
  g_clear_error (&reading->error);
  g_free (reading);
}

/* ---- By mail ---- */

typedef struct
{
  UdpnatClientTransfer *transfer;
  UdpnatFileSource     *source; /* borrowed: it is freed by a later job */
  GByteArray           *data;
  GError               *error;
} Mailing;

static void
mail_run (gpointer job)
{
  Mailing *mailing = job;
  guint64 size = udpnat_file_source_get_offer (mailing->source)->size;

  for (guint64 chunk = 0; mailing->data->len < size && mailing->error == NULL; chunk++)
    {
      g_autoptr (GBytes) data = udpnat_file_source_read_chunk (mailing->source, 0, chunk,
                                                               &mailing->error);

      if (data != NULL)
        g_byte_array_append (mailing->data, g_bytes_get_data (data, NULL),
                             (guint) g_bytes_get_size (data));
    }
}

static void
put_parts (UdpnatClientTransfer *transfer,
           const GByteArray     *data)
{
  transfer->parts = g_array_new (FALSE, FALSE, sizeof (UdpnatMessageId));
  for (guint place = 0; place < data->len; place += UDPNAT_FILE_PART_BYTES)
    {
      UdpnatFilePart part = { transfer->stored->id, place, data->data + place,
                              MIN (UDPNAT_FILE_PART_BYTES, data->len - place) };
      UdpnatMessageId id = udpnat_client_make_id ();

      g_array_append_val (transfer->parts, id);
      udpnat_client_put (transfer->client, transfer->person,
                         udpnat_item_new_file_part (&id, udpnat_clock_get_wall_us (), &part),
                         NULL, 0);
    }
}

static void
mail_done (gpointer job)
{
  Mailing *mailing = job;
  UdpnatClientTransfer *transfer = mailing->transfer;

  if (transfer->is_listed && !transfer->client->is_closing && mailing->error == NULL)
    put_parts (transfer, mailing->data);
  g_byte_array_unref (mailing->data);
  g_clear_error (&mailing->error);
  udpnat_client_transfer_unref (transfer);
  g_free (mailing);
}

static guint64
get_mail_max (UdpnatClient *self)
{
  g_autofree char *limit = udpnat_client_dup_setting (self, "mail-files-up-to");

  if (g_str_equal (limit, "off"))
    return 0;
  return g_str_equal (limit, "100kB") ? 100000 : UDPNAT_FILE_MAIL_MAX_BYTES;
}

/** udpnat_client_mail_file: the offer is in their mailbox: what is offered follows, if it is small
 * */
void
udpnat_client_mail_file (UdpnatClientTransfer *transfer)
{
  const UdpnatFileOffer *offer = transfer->stored->offer;
  Mailing *mailing;

  if (transfer->source == NULL || transfer->parts != NULL || offer->size == 0 ||
      offer->kind != UDPNAT_FILE_KIND_FILE || offer->size > get_mail_max (transfer->client))
    return;
  mailing = g_new0 (Mailing, 1);
  mailing->transfer = g_rc_box_acquire (transfer);
  mailing->source = transfer->source;
  mailing->data = g_byte_array_new ();
  udpnat_file_queue_push (udpnat_client_get_file_queue (transfer->client), mail_run, mail_done,
                          mailing);
}

/* ---- By stream ---- */

static void
read_chunk (UdpnatClientTransfer  *transfer,
            const UdpnatFileEvent *event)
{
  Reading *reading = g_new0 (Reading, 1);

  reading->transfer = g_rc_box_acquire (transfer);
  reading->source = transfer->source;
  reading->file = event->file;
  reading->chunk = event->number;
  udpnat_file_queue_push (udpnat_client_get_file_queue (transfer->client), read_run, read_done,
                          reading);
}

static void
give_hashes (UdpnatClientTransfer  *transfer,
             const UdpnatFileEvent *event)
{
  g_autoptr (GBytes) block = udpnat_file_source_dup_block (transfer->source, event->file,
                                                           event->level, event->number);

  udpnat_node_give_hashes (transfer->client->node, &transfer->stored->key,
                           &transfer->stored->id, event->file, event->level, event->number,
                           block);
  udpnat_client_wake (transfer->client);
}

static void
note_stopped (UdpnatClientTransfer *transfer,
              guint8                reason)
{
  transfer->is_paused_there = reason != UDPNAT_FILE_REASON_NONE;
  transfer->is_place_known = FALSE;
  udpnat_transfer_set_paused (transfer->shown, transfer->stored->is_paused,
                              transfer->is_paused_there);
  udpnat_transfer_set_progress (transfer->shown, (gint64) transfer->n_done, 0);
  transfer->tick_us = 0;
  udpnat_client_transfer_tell (transfer);
}

/** udpnat_client_handle_giver: what the other side asks for */
void
udpnat_client_handle_giver (UdpnatClientTransfer  *transfer,
                            const UdpnatFileEvent *event)
{
  switch ((int) event->type)
    {
    case UDPNAT_FILE_EVENT_ASKED:
      prepare_again (transfer);
      break;
    case UDPNAT_FILE_EVENT_CHUNK_WANTED:
      transfer->is_paused_there = FALSE;
      udpnat_transfer_set_paused (transfer->shown, transfer->stored->is_paused, FALSE);
      if (transfer->source != NULL)
        read_chunk (transfer, event);
      break;
    case UDPNAT_FILE_EVENT_HASHES_WANTED:
      if (transfer->source != NULL)
        give_hashes (transfer, event);
      break;
    case UDPNAT_FILE_EVENT_STOPPED:
      note_stopped (transfer, event->reason);
      break;
    default:
      g_return_if_reached ();
    }
}
