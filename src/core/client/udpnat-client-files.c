/* Files on their way: which there are, what the user does to them, and how they are told of. What
 * is sent is in udpnat-client-sending.c, what comes in udpnat-client-receiving.c.
 *
 * What becomes of a file is on the disk before anybody else hears of it, like all that is said. The
 * bytes themselves are another matter: of what has come the store knows as much as is safe, and the
 * rest comes again after a crash. */

#include "config.h"

#include "udpnat-client-private.h"

#include <glib/gi18n-lib.h>

#include "udpnat-client-files.h"
#include "udpnat-clock.h"
#include "udpnat-file-io.h"
#include "udpnat-limits.h"
#include "udpnat-store-transfers.h"

#define TICK_MS 250
#define RATE_WEIGHT 4 /* of the rates before, against the last tick's one */

/* ---- The table ---- */

static void
transfer_clear (gpointer data)
{
  UdpnatClientTransfer *transfer = data;

  g_object_unref (transfer->person);
  udpnat_stored_transfer_free (transfer->stored);
  g_object_unref (transfer->shown);
  udpnat_file_source_free (transfer->source);
  udpnat_file_sink_free (transfer->sink);
  g_clear_object (&transfer->preparing);
  g_clear_pointer (&transfer->parts, g_array_unref);
}

void
udpnat_client_transfer_unref (UdpnatClientTransfer *transfer)
{
  g_rc_box_release_full (transfer, transfer_clear);
}

static gpointer
number_key (const gint64 *number)
{
  return (gpointer) number;
}

/* What views see, of what the disk has. */
static void
show_stored (UdpnatTransfer             *shown,
             const UdpnatStoredTransfer *stored)
{
  gboolean is_done = stored->state == UDPNAT_TRANSFER_STATE_DONE;

  udpnat_transfer_set_state (shown, stored->state, stored->reason);
  udpnat_transfer_set_path (shown, stored->is_outgoing || is_done ? stored->path : NULL);
  if (is_done)
    udpnat_transfer_set_progress (shown, (gint64) stored->offer->size, 0);
  else if (!stored->is_outgoing)
    udpnat_transfer_set_progress (shown, stored->kept, 0);
  udpnat_transfer_set_paused (shown, stored->is_paused, FALSE);
}

static UdpnatTransfer *
make_shown (const UdpnatStoredTransfer *stored)
{
  const UdpnatFileOffer *offer = stored->offer;
  UdpnatTransfer *shown;

  shown = udpnat_transfer_new (offer->name, (gint64) offer->size,
                               offer->content_type[0] != '\0' ? offer->content_type : NULL,
                               stored->is_outgoing);
  udpnat_transfer_set_line (shown, stored->line);
  udpnat_transfer_set_files (shown, offer->kind == UDPNAT_FILE_KIND_FOLDER, offer->n_files);
  udpnat_transfer_set_picture_size (shown, offer->width, offer->height);
  udpnat_transfer_set_thumbnail (shown, offer->thumbnail);
  show_stored (shown, stored);
  return shown;
}

/** udpnat_client_transfer_new: Returns: (transfer none): one that is not over, in the table */
UdpnatClientTransfer *
udpnat_client_transfer_new (UdpnatClient               *self,
                            const UdpnatStoredTransfer *stored)
{
  UdpnatClientTransfer *transfer = g_rc_box_new0 (UdpnatClientTransfer);

  transfer->client = self;
  transfer->person = g_object_ref (udpnat_client_ensure_person (self, &stored->key, NULL));
  transfer->stored = udpnat_stored_transfer_copy (stored);
  transfer->shown = make_shown (stored);
  transfer->is_listed = TRUE;
  transfer->n_done = stored->is_outgoing ? 0 : (guint64) stored->kept;
  g_hash_table_replace (self->files.transfers, number_key (&transfer->stored->line), transfer);
  return transfer;
}

static UdpnatClientTransfer *
find (UdpnatClient *self,
      gint64        line)
{
  return g_hash_table_lookup (self->files.transfers, &line);
}

/* Ids are the sender's choice: the same may have been chosen by both. */
static UdpnatClientTransfer *
find_by_id (UdpnatClient          *self,
            const UdpnatPublicKey *key,
            const UdpnatMessageId *id,
            gboolean               is_outgoing)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->files.transfers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      UdpnatClientTransfer *transfer = value;

      if (transfer->stored->is_outgoing == is_outgoing &&
          udpnat_message_id_compare (&transfer->stored->id, id) == 0 &&
          udpnat_public_key_equal (&transfer->stored->key, key))
        return transfer;
    }
  return NULL;
}

/** udpnat_client_transfer_end: it is over, or there is no such line any more */
void
udpnat_client_transfer_end (UdpnatClientTransfer *transfer)
{
  UdpnatClient *self = transfer->client;

  if (!transfer->is_listed)
    return;
  transfer->is_listed = FALSE;
  g_hash_table_remove (self->files.transfers, &transfer->stored->line);
}

/** udpnat_client_get_file_queue: Returns: (transfer none): the worker that reads and writes files
 * */
UdpnatFileQueue *
udpnat_client_get_file_queue (UdpnatClient *self)
{
  if (self->files.queue == NULL)
    self->files.queue = udpnat_file_queue_new ();
  return self->files.queue;
}

/* ---- Telling ---- */

void
udpnat_client_transfer_tell (UdpnatClientTransfer *transfer)
{
  udpnat_client_emit (transfer->client, UDPNAT_CLIENT_SIGNAL_TRANSFER_CHANGED, transfer->person,
                      transfer->shown);
}

static void
update_progress (UdpnatClientTransfer *transfer,
                 gint64                now_us)
{
  gint64 elapsed_us = MAX (now_us - transfer->tick_us, 1);
  guint64 n = transfer->n_done - MIN (transfer->n_done, transfer->n_done_before);
  gint64 rate = (gint64) ((double) n * G_USEC_PER_SEC / (double) elapsed_us);
  gint64 before = udpnat_transfer_get_rate (transfer->shown);

  if (transfer->tick_us != 0 && before != 0)
    rate = (RATE_WEIGHT * before + rate) / (RATE_WEIGHT + 1);
  udpnat_transfer_set_progress (transfer->shown, (gint64) transfer->n_done,
                                transfer->tick_us != 0 ? rate : 0);
  transfer->tick_us = now_us;
  transfer->n_done_before = transfer->n_done;
  udpnat_client_transfer_tell (transfer);
}

static void
stop_ticking (UdpnatClient *self)
{
  if (self->files.tick == NULL)
    return;
  g_source_destroy (self->files.tick);
  g_clear_pointer (&self->files.tick, g_source_unref);
}

static gboolean
is_moving (const UdpnatClientTransfer *transfer)
{
  return transfer->stored->state == UDPNAT_TRANSFER_STATE_RUNNING &&
         !transfer->stored->is_paused && !transfer->is_paused_there;
}

static gboolean
tick_cb (gpointer user_data)
{
  UdpnatClient *self = user_data;
  g_autoptr (GList) all = g_hash_table_get_values (self->files.transfers);
  gint64 now_us = udpnat_clock_get_now_us ();
  gboolean is_any = FALSE;

  for (GList *link = all; link != NULL; link = link->next)
    if (is_moving (link->data))
      {
        is_any = TRUE;
        update_progress (link->data, now_us);
      }
  if (!is_any)
    stop_ticking (self);
  return is_any ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
start_ticking (UdpnatClient *self)
{
  if (self->files.tick != NULL || self->is_closing)
    return;
  self->files.tick = g_timeout_source_new (TICK_MS);
  g_source_set_callback (self->files.tick, tick_cb, self, NULL);
  g_source_attach (self->files.tick, g_main_context_get_thread_default ());
}

static void
saved_cb (UdpnatHistoryItem *line,
          gboolean           is_saved,
          gpointer           user_data)
{
  UdpnatClient *self = user_data;

  if (is_saved && line != NULL)
    udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_ITEM_CHANGED,
                        udpnat_client_get_person_of (self, line), line);
}

/** udpnat_client_transfer_save: writes down how it stands */
void
udpnat_client_transfer_save (UdpnatClientTransfer *transfer)
{
  udpnat_store_save_transfer (transfer->client->store, transfer->stored, saved_cb,
                              transfer->client);
}

/** udpnat_client_transfer_set_state: @reason: (nullable): a code; it is written down and told */
void
udpnat_client_transfer_set_state (UdpnatClientTransfer *transfer,
                                  UdpnatTransferState   state,
                                  const char           *reason)
{
  UdpnatStoredTransfer *stored = transfer->stored;

  if (stored->state == state && g_strcmp0 (stored->reason, reason) == 0)
    return;
  stored->state = state;
  g_free (stored->reason);
  stored->reason = g_strdup (reason);
  transfer->tick_us = 0;
  udpnat_client_transfer_save (transfer);
  show_stored (transfer->shown, stored);
  if (state != UDPNAT_TRANSFER_STATE_DONE)
    udpnat_transfer_set_progress (transfer->shown, (gint64) transfer->n_done, 0);
  udpnat_client_transfer_tell (transfer);
  if (state == UDPNAT_TRANSFER_STATE_RUNNING)
    start_ticking (transfer->client);
}

static const char *
get_code (const GError *error)
{
  if (error->domain != UDPNAT_ERROR)
    return "disk";
  switch ((int) error->code)
    {
    case UDPNAT_ERROR_CHANGED:
      return "changed";
    case UDPNAT_ERROR_NOT_SENDABLE:
    case UDPNAT_ERROR_GONE:
      return "gone";
    case UDPNAT_ERROR_NO_FOLDER:
      return "no-folder";
    case UDPNAT_ERROR_DENIED:
      return "denied";
    case UDPNAT_ERROR_DISK_FULL:
      return "disk-full";
    case UDPNAT_ERROR_CORRUPT:
      return "corrupt";
    default:
      return "disk";
    }
}

/** udpnat_client_transfer_fail: it stands, and can be tried again: @error says why */
void
udpnat_client_transfer_fail (UdpnatClientTransfer *transfer,
                             const GError         *error)
{
  g_debug ("“%s”: %s", transfer->stored->offer->name, error->message);
  udpnat_client_transfer_set_state (transfer, UDPNAT_TRANSFER_STATE_FAILED,
                                    get_code (error));
}

/** udpnat_client_transfer_note_bytes: so many are over now */
void
udpnat_client_transfer_note_bytes (UdpnatClientTransfer *transfer,
                                   guint64               n_done)
{
  transfer->n_done = n_done;
  if (transfer->is_paused_there)
    {
      transfer->is_paused_there = FALSE;
      udpnat_transfer_set_paused (transfer->shown, transfer->stored->is_paused, FALSE);
    }
  udpnat_client_transfer_set_state (transfer, UDPNAT_TRANSFER_STATE_RUNNING, NULL);
  start_ticking (transfer->client);
}

/** udpnat_client_transfer_answer: says to the other side what has become of it */
void
udpnat_client_transfer_answer (UdpnatClientTransfer *transfer,
                               const char           *answer)
{
  UdpnatMessageId id = udpnat_client_make_id ();

  udpnat_client_put (transfer->client, transfer->person,
                     udpnat_item_new_on (UDPNAT_ITEM_FILE_ANSWER, &id,
                                         udpnat_clock_get_wall_us (), &transfer->stored->id,
                                         answer), NULL, 0);
}

/* ---- What the other side does ---- */

/* Of the words that end it the store knows which counts. The one that does not may come after
 * something has failed here, and changes nothing then. */
static void
follow_answer (UdpnatClientTransfer *transfer,
               const char           *word)
{
  UdpnatStoredTransfer *stored = transfer->stored;
  g_autoptr (UdpnatStoredTransfer) now = NULL;

  if (!udpnat_file_answer_is_final (word))
    {
      if (stored->state == UDPNAT_TRANSFER_STATE_OFFERED &&
          g_str_equal (word, UDPNAT_FILE_ANSWER_ACCEPTED))
        udpnat_client_transfer_set_state (transfer, UDPNAT_TRANSFER_STATE_ACCEPTED, NULL);
      return;
    }
  now = udpnat_store_dup_transfer (transfer->client->store, stored->line);
  if (now != NULL && (now->answer == NULL || !udpnat_file_answer_is_final (now->answer)))
    return; /* it was not theirs to say */
  if (now != NULL)
    {
      stored->state = now->state;
      g_free (stored->reason);
      stored->reason = g_strdup (now->reason);
    }
  show_stored (transfer->shown, stored);
  udpnat_client_transfer_tell (transfer);
  if (stored->is_outgoing)
    udpnat_client_stop_sending (transfer);
  else
    udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_NONE, TRUE);
  udpnat_client_transfer_end (transfer);
}

static void
take_answer (UdpnatClient     *self,
             UdpnatPerson     *person,
             const UdpnatItem *item)
{
  g_autofree char *word = udpnat_item_dup_text (item);
  UdpnatClientTransfer *transfer;
  UdpnatMessageId target;

  if (!udpnat_item_get_target (item, &target))
    return;
  for (int is_outgoing = 1; is_outgoing >= 0; is_outgoing--)
    {
      transfer = find_by_id (self, udpnat_person_get_key (person), &target, is_outgoing);
      if (transfer != NULL)
        follow_answer (transfer, word);
    }
}

static gboolean
is_wanted (UdpnatClientTransfer *transfer)
{
  UdpnatClient *self = transfer->client;
  g_autofree char *rule = udpnat_client_dup_file_rule (self, transfer->person);
  g_autofree char *limit = udpnat_client_dup_setting (self, "accept-files-up-to");
  guint64 n_max = G_MAXUINT64;

  if (g_str_equal (rule, "ask") ||
      (g_str_equal (rule, "verified") && !udpnat_person_is_verified (transfer->person)))
    return FALSE;
  if (!g_str_equal (limit, "any"))
    n_max = g_ascii_strtoull (limit, NULL, 10) * (g_str_has_suffix (limit, "GB") ? 1000000000
                                                                                : 1000000);
  return transfer->stored->offer->size <= n_max;
}

static void
take_part (UdpnatClient     *self,
           UdpnatPerson     *person,
           const UdpnatItem *item)
{
  UdpnatClientTransfer *transfer;
  UdpnatFilePart part;

  if (!udpnat_item_get_part (item, &part))
    return;
  transfer = find_by_id (self, udpnat_person_get_key (person), &part.target, FALSE);
  if (transfer != NULL)
    udpnat_client_take_parts (transfer);
}

/** udpnat_client_note_file_stored: something of ours is in somebody's mailbox: they are away, and
 * if it is an offer, we may be when they are back */
void
udpnat_client_note_file_stored (UdpnatClient          *self,
                                const UdpnatNodeEvent *event)
{
  UdpnatClientTransfer *transfer = find_by_id (self, &event->key, &event->id, TRUE);

  if (transfer != NULL)
    udpnat_client_mail_file (transfer);
}

/** udpnat_client_take_file: @item: a FILE or FILE-ANSWER of @person's, which is on the disk; others
 * are nothing to us. @line: (nullable): its line */
void
udpnat_client_take_file (UdpnatClient      *self,
                         UdpnatPerson      *person,
                         const UdpnatItem  *item,
                         UdpnatHistoryItem *line)
{
  g_autoptr (UdpnatStoredTransfer) stored = NULL;
  UdpnatClientTransfer *transfer;

  if (item->type == UDPNAT_ITEM_FILE_ANSWER)
    take_answer (self, person, item);
  if (item->type == UDPNAT_ITEM_FILE_PART)
    take_part (self, person, item);
  if (item->type == UDPNAT_ITEM_DELETE && line != NULL)
    udpnat_client_forget_file (self, udpnat_history_item_get_number (line));
  if (item->type != UDPNAT_ITEM_FILE || line == NULL)
    return;
  stored = udpnat_store_dup_transfer (self->store, udpnat_history_item_get_number (line));
  if (stored == NULL || stored->state != UDPNAT_TRANSFER_STATE_OFFERED)
    return;
  transfer = udpnat_client_transfer_new (self, stored);
  udpnat_client_transfer_tell (transfer);
  if (is_wanted (transfer) && !udpnat_client_accept_file (self, line, NULL, NULL))
    g_debug ("“%s” waits to be accepted", stored->offer->name);
}

static void
forget (UdpnatClientTransfer *transfer)
{
  if (transfer->stored->is_outgoing)
    udpnat_client_stop_sending (transfer);
  else
    udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_NONE, TRUE);
  udpnat_client_transfer_end (transfer);
}

/** udpnat_client_forget_file: @number: of a line that is gone, from here or from both sides */
void
udpnat_client_forget_file (UdpnatClient *self,
                           gint64        number)
{
  UdpnatClientTransfer *transfer = find (self, number);

  if (transfer != NULL)
    forget (transfer);
}

/** udpnat_client_forget_files_of: all that was said with @person is gone from here */
void
udpnat_client_forget_files_of (UdpnatClient *self,
                               UdpnatPerson *person)
{
  g_autoptr (GList) all = g_hash_table_get_values (self->files.transfers);

  for (GList *link = all; link != NULL; link = link->next)
    if (((UdpnatClientTransfer *) link->data)->person == person)
      forget (link->data);
}

static gboolean
is_givers (UdpnatFileEventType type)
{
  return type == UDPNAT_FILE_EVENT_ASKED || type == UDPNAT_FILE_EVENT_CHUNK_WANTED ||
         type == UDPNAT_FILE_EVENT_HASHES_WANTED || type == UDPNAT_FILE_EVENT_STOPPED;
}

/** udpnat_client_handle_file: what the node tells of files */
void
udpnat_client_handle_file (UdpnatClient          *self,
                           const UdpnatNodeEvent *event)
{
  const UdpnatFileEvent *file = event->file;
  UdpnatClientTransfer *transfer = find_by_id (self, &event->key, &file->id,
                                               is_givers (file->type));

  if (transfer == NULL)
    return;
  g_rc_box_acquire (transfer);
  if (is_givers (file->type))
    udpnat_client_handle_giver (transfer, file);
  else
    udpnat_client_handle_fetcher (transfer, file);
  udpnat_client_transfer_unref (transfer);
}

/* ---- What the user does ---- */

/**
 * udpnat_client_dup_transfer:
 *
 * Returns: (transfer full) (nullable): how the file of @line stands; %NULL: it is none
 */
UdpnatTransfer *
udpnat_client_dup_transfer (UdpnatClient      *self,
                            UdpnatHistoryItem *line)
{
  UdpnatClientTransfer *transfer = find (self, udpnat_history_item_get_number (line));
  const UdpnatStoredTransfer *stored = udpnat_history_item_get_stored_transfer (line);

  if (transfer != NULL)
    return g_object_ref (transfer->shown);
  return stored != NULL ? make_shown (stored) : NULL;
}

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  gint64 one = udpnat_transfer_get_line (*(UdpnatTransfer *const *) a);
  gint64 other = udpnat_transfer_get_line (*(UdpnatTransfer *const *) b);

  return one < other ? -1 : one > other;
}

/** udpnat_client_dup_transfers: Returns: (transfer full) (element-type UdpnatTransfer): all that
 * are not over, oldest first */
GPtrArray *
udpnat_client_dup_transfers (UdpnatClient *self)
{
  GPtrArray *transfers = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->files.transfers);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (transfers, g_object_ref (((UdpnatClientTransfer *) value)->shown));
  g_ptr_array_sort (transfers, compare_lines);
  return transfers;
}

/** udpnat_client_get_person_of_transfer: Returns: (transfer none) (nullable): with whom; %NULL when
 * it is over */
UdpnatPerson *
udpnat_client_get_person_of_transfer (UdpnatClient   *self,
                                      UdpnatTransfer *transfer)
{
  UdpnatClientTransfer *found = find (self, udpnat_transfer_get_line (transfer));

  return found != NULL ? found->person : NULL;
}

static UdpnatClientTransfer *
find_for (UdpnatClient       *self,
          UdpnatHistoryItem  *line,
          GError            **error)
{
  UdpnatClientTransfer *transfer = find (self, udpnat_history_item_get_number (line));

  if (transfer == NULL)
    g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                 udpnat_history_item_get_offer (line) != NULL
                   ? _("That file is not on its way any more.")
                   : _("That message is no file."));
  return transfer;
}

/** udpnat_client_get_files_folder: Returns: (transfer none): where files go that nobody says
 * otherwise of */
const char *
udpnat_client_get_files_folder (UdpnatClient *self)
{
  if (self->files.folder != NULL)
    return self->files.folder;
  return g_get_user_special_dir (G_USER_DIRECTORY_DOWNLOAD) != NULL
           ? g_get_user_special_dir (G_USER_DIRECTORY_DOWNLOAD) : g_get_home_dir ();
}

/** udpnat_client_set_files_folder: @folder: (nullable): where files go; %NULL: that of downloads */
void
udpnat_client_set_files_folder (UdpnatClient *self,
                                const char   *folder)
{
  g_free (self->files.folder);
  self->files.folder = g_strdup (folder);
}

/**
 * udpnat_client_accept_file:
 * @line: that offers one to us, or whose file stands because something has failed
 * @folder: (nullable): where it is to go, if it has not begun to come; %NULL: where files go
 * @error: %UDPNAT_ERROR_INVALID: there is nothing to accept
 *
 * A file of ours that stands is offered as before.
 */
gboolean
udpnat_client_accept_file (UdpnatClient       *self,
                           UdpnatHistoryItem  *line,
                           const char         *folder,
                           GError            **error)
{
  UdpnatClientTransfer *transfer = find_for (self, line, error);
  UdpnatStoredTransfer *stored;
  gboolean is_new;

  if (transfer == NULL)
    return FALSE;
  stored = transfer->stored;
  is_new = stored->state == UDPNAT_TRANSFER_STATE_OFFERED;
  if (stored->is_outgoing && is_new)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   /* Translators: %s is a person */
                   _("That file is yours: %s has to accept it."),
                   udpnat_person_get_title (transfer->person));
      return FALSE;
    }
  if (!is_new && stored->state != UDPNAT_TRANSFER_STATE_FAILED)
    return udpnat_client_pause_file (self, line, FALSE, error);
  if (!stored->is_outgoing && stored->partial == NULL &&
      (folder != NULL || stored->path == NULL))
    {
      g_free (stored->path);
      stored->path = g_strdup (folder != NULL ? folder : udpnat_client_get_files_folder (self));
    }
  stored->is_paused = FALSE;
  udpnat_client_transfer_set_state (transfer, UDPNAT_TRANSFER_STATE_ACCEPTED, NULL);
  if (stored->is_outgoing)
    udpnat_client_serve (transfer);
  else
    {
      if (is_new)
        udpnat_client_transfer_answer (transfer, UDPNAT_FILE_ANSWER_ACCEPTED);
      udpnat_client_fetch (transfer);
    }
  return TRUE;
}

/**
 * udpnat_client_cancel_file:
 * @line: whose file is not over; one that is offered to us is declined by it
 * @error: %UDPNAT_ERROR_INVALID: it is
 *
 * What has come of it is removed.
 */
gboolean
udpnat_client_cancel_file (UdpnatClient       *self,
                           UdpnatHistoryItem  *line,
                           GError            **error)
{
  UdpnatClientTransfer *transfer = find_for (self, line, error);
  gboolean is_declined;

  if (transfer == NULL)
    return FALSE;
  is_declined = !transfer->stored->is_outgoing &&
                transfer->stored->state == UDPNAT_TRANSFER_STATE_OFFERED;
  g_rc_box_acquire (transfer);
  if (transfer->stored->is_outgoing)
    udpnat_client_stop_sending (transfer);
  else
    udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_NONE, TRUE);
  udpnat_client_transfer_set_state (transfer, UDPNAT_TRANSFER_STATE_CANCELLED,
                                    is_declined ? "declined" : "cancelled");
  udpnat_client_transfer_answer (transfer, is_declined ? UDPNAT_FILE_ANSWER_DECLINED
                                                       : UDPNAT_FILE_ANSWER_CANCELLED);
  udpnat_client_transfer_end (transfer);
  udpnat_client_transfer_unref (transfer);
  udpnat_client_wake (self);
  return TRUE;
}

/**
 * udpnat_client_pause_file:
 * @line: whose file is on its way
 * @error: %UDPNAT_ERROR_INVALID: it is not
 *
 * Either side can pause it, for as long as it likes; it goes on when neither does.
 */
gboolean
udpnat_client_pause_file (UdpnatClient       *self,
                          UdpnatHistoryItem  *line,
                          gboolean            is_paused,
                          GError            **error)
{
  UdpnatClientTransfer *transfer = find_for (self, line, error);
  UdpnatStoredTransfer *stored;

  if (transfer == NULL)
    return FALSE;
  stored = transfer->stored;
  if (!stored->is_outgoing && stored->state == UDPNAT_TRANSFER_STATE_OFFERED)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   _("That file is not on its way yet: accept it first."));
      return FALSE;
    }
  if (stored->is_paused == is_paused)
    return TRUE;
  stored->is_paused = is_paused;
  udpnat_client_transfer_save (transfer);
  udpnat_transfer_set_paused (transfer->shown, is_paused, transfer->is_paused_there);
  udpnat_transfer_set_progress (transfer->shown, (gint64) transfer->n_done, 0);
  transfer->tick_us = 0;
  if (stored->is_outgoing)
    udpnat_client_serve (transfer);
  else if (is_paused)
    udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_PAUSED, FALSE);
  else
    udpnat_client_fetch (transfer);
  udpnat_client_transfer_tell (transfer);
  udpnat_client_wake (self);
  return TRUE;
}

/* ---- What is accepted unasked ---- */

static char *
dup_rule_name (UdpnatPerson *person)
{
  return g_strconcat ("accept-files/", udpnat_person_get_key_text (person), NULL);
}

/** udpnat_client_dup_file_rule: Returns: (transfer full): when files of @person are accepted
 * without asking: "ask" (never), "verified" (when they are), "accept"; not larger than the setting
 * "accept-files-up-to" says */
char *
udpnat_client_dup_file_rule (UdpnatClient *self,
                             UdpnatPerson *person)
{
  g_autofree char *name = dup_rule_name (person);
  g_autofree char *rule = udpnat_store_dup_setting (self->store, name);

  if (rule != NULL && *rule != '\0')
    return g_steal_pointer (&rule);
  return udpnat_client_dup_setting (self, "accept-files");
}

/** udpnat_client_set_file_rule: @rule: (nullable): as above; %NULL: what the setting "accept-files"
 * says of everybody */
gboolean
udpnat_client_set_file_rule (UdpnatClient  *self,
                             UdpnatPerson  *person,
                             const char    *rule,
                             GError       **error)
{
  static const char *const rules[] = { "ask", "verified", "accept", NULL };
  g_autofree char *name = dup_rule_name (person);

  if (rule != NULL && !g_strv_contains (rules, rule))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   _("That can be ask, verified or accept."));
      return FALSE;
    }
  udpnat_store_set_setting (self->store, name, rule != NULL ? rule : "");
  return TRUE;
}

/* ---- Beginning and end ---- */

void
udpnat_client_open_files (UdpnatClient *self)
{
  self->files.transfers = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL,
                                                 (GDestroyNotify) udpnat_client_transfer_unref);
}

static void
restore (const UdpnatStoredTransfer *stored,
         gpointer                    user_data)
{
  UdpnatClientTransfer *transfer = udpnat_client_transfer_new (user_data, stored);

  if (stored->is_outgoing)
    udpnat_client_serve (transfer);
  else if (stored->is_paused || stored->state == UDPNAT_TRANSFER_STATE_FAILED)
    udpnat_client_trim (transfer);
  else if (stored->state != UDPNAT_TRANSFER_STATE_OFFERED)
    udpnat_client_fetch (transfer);
}

/* What is over here, and the other side does not know it. */
static void
answer_again (const UdpnatStoredTransfer *stored,
              gpointer                    user_data)
{
  UdpnatClientTransfer *transfer = udpnat_client_transfer_new (user_data, stored);
  const char *answer = UDPNAT_FILE_ANSWER_DONE;

  if (stored->state != UDPNAT_TRANSFER_STATE_DONE)
    answer = g_str_equal (stored->reason, "declined") ? UDPNAT_FILE_ANSWER_DECLINED
                                                      : UDPNAT_FILE_ANSWER_CANCELLED;
  udpnat_client_transfer_answer (transfer, answer);
  udpnat_client_transfer_end (transfer);
}

/* Whether the system has gone on since the last run. */
static gboolean
note_boot (UdpnatClient *self)
{
  g_autofree char *before = udpnat_store_dup_setting (self->store, "boot");
  g_autofree char *now = udpnat_file_io_dup_boot ();

  if (now == NULL || g_strcmp0 (now, before) == 0)
    return now != NULL;
  udpnat_store_set_setting (self->store, "boot", now);
  return FALSE;
}

/** udpnat_client_restore_files: at the start: goes on with what was not over */
void
udpnat_client_restore_files (UdpnatClient *self)
{
  self->files.is_same_boot = note_boot (self);
  udpnat_store_foreach_open_transfer (self->store, restore, self);
  udpnat_store_foreach_untold_transfer (self->store, answer_again, self);
}

/** udpnat_client_clear_files: the program ends: what has come so far is safe when this returns */
void
udpnat_client_clear_files (UdpnatClient *self)
{
  g_autoptr (GList) all = NULL;

  if (self->files.transfers == NULL)
    return;
  stop_ticking (self);
  udpnat_client_stop_preparing (self);
  all = g_hash_table_get_values (self->files.transfers);
  for (GList *link = all; link != NULL; link = link->next)
    {
      UdpnatClientTransfer *transfer = link->data;

      if (transfer->stored->is_outgoing)
        g_cancellable_cancel (transfer->preparing);
      else
        udpnat_client_stop_receiving (transfer, UDPNAT_FILE_REASON_NONE, FALSE);
    }
  g_clear_pointer (&self->files.queue, udpnat_file_queue_free);
  g_clear_pointer (&self->files.transfers, g_hash_table_unref);
  g_clear_pointer (&self->files.folder, g_free);
}
