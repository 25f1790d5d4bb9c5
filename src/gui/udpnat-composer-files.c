/* Sending what is in the tray, one after the other, so that they arrive in its order: each file is
 * read first, by the client, and offered then; so long it stays in the tray and says how far that
 * is. What could not be sent stays, and says why. */

#include "config.h"

#include "udpnat-composer-private.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "udpnat-client-files.h"
#include "udpnat-sent-picture.h"

static void send_next (UdpnatComposer *self,
                       UdpnatPerson   *person);

static void
fail (UdpnatComposer   *self,
      UdpnatPerson     *person,
      UdpnatAttachment *attachment,
      const char       *sentence)
{
  udpnat_attachment_fail (attachment, sentence);
  if (person == self->person)
    udpnat_composer_show_trouble (self, sentence);
  send_next (self, person);
}

static void
send_path (UdpnatComposer   *self,
           UdpnatPerson     *person,
           UdpnatAttachment *attachment)
{
  const UdpnatSmallPicture *small = udpnat_attachment_get_small (attachment);
  g_autoptr (GError) error = NULL;

  if (!udpnat_client_send_picture (self->client, person, udpnat_attachment_get_path (attachment),
                                   small != NULL ? small->width : 0,
                                   small != NULL ? small->height : 0,
                                   small != NULL ? small->data : NULL, &error))
    fail (self, person, attachment, error->message);
}

/* ---- A picture that is in no file yet ---- */

typedef struct
{
  UdpnatComposer   *composer;   /* owned */
  UdpnatPerson     *person;     /* owned */
  UdpnatAttachment *attachment; /* owned */
} Saving;

static void
saving_free (Saving *saving)
{
  g_object_unref (saving->composer);
  g_object_unref (saving->person);
  g_object_unref (saving->attachment);
  g_free (saving);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Saving, saving_free)

static void
saved_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (Saving) saving = user_data;
  UdpnatComposer *self = saving->composer;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = udpnat_sent_picture_save_finish (result, &error);

  if (self->client == NULL) /* the window is gone */
    return;
  if (path == NULL)
    {
      fail (self, saving->person, saving->attachment, error->message);
      return;
    }
  if (!udpnat_attachment_tray_has (self->tray, udpnat_person_get_key_text (saving->person),
                                   saving->attachment))
    {
      g_unlink (path);
      send_next (self, saving->person);
      return;
    }
  udpnat_attachment_set_path (saving->attachment, path);
  send_path (self, saving->person, saving->attachment);
}

static void
save_picture (UdpnatComposer   *self,
              UdpnatPerson     *person,
              UdpnatAttachment *attachment)
{
  Saving *saving = g_new0 (Saving, 1);

  saving->composer = g_object_ref (self);
  saving->person = g_object_ref (person);
  saving->attachment = g_object_ref (attachment);
  udpnat_sent_picture_save_async (udpnat_attachment_get_texture (attachment), saved_cb, saving);
}

/* ---- One after the other ---- */

static UdpnatAttachment *
find (UdpnatComposer *self,
      UdpnatPerson   *person,
      const char     *path)
{
  return udpnat_attachment_tray_find (self->tray, udpnat_person_get_key_text (person), path);
}

/* Unless one of theirs is being read already */
static void
send_next (UdpnatComposer *self,
           UdpnatPerson   *person)
{
  UdpnatAttachment *attachment = find (self, person, NULL);

  if (attachment == NULL || !udpnat_attachment_start (attachment))
    return;
  if (udpnat_attachment_get_path (attachment) != NULL)
    send_path (self, person, attachment);
  else if (udpnat_attachment_get_texture (attachment) != NULL)
    save_picture (self, person, attachment);
  else
    fail (self, person, attachment,
          _("That is not on this computer. Save it here, and attach it again."));
}

/** udpnat_composer_has_files: whether there is something in the tray that can be sent */
gboolean
udpnat_composer_has_files (UdpnatComposer *self)
{
  g_autoptr (GPtrArray) waiting = udpnat_attachment_tray_dup_waiting (self->tray);

  return self->task != UDPNAT_COMPOSER_TASK_EDIT && waiting->len > 0;
}

/** udpnat_composer_send_files: what is in the tray, and not under way already */
void
udpnat_composer_send_files (UdpnatComposer *self)
{
  g_autoptr (GPtrArray) waiting = udpnat_attachment_tray_dup_waiting (self->tray);

  for (guint i = 0; i < waiting->len; i++)
    udpnat_attachment_begin (g_ptr_array_index (waiting, i));
  send_next (self, self->person);
}

/** udpnat_composer_count_unsent: Returns: files that were to be sent, to whomever, and are not
 * offered yet */
guint
udpnat_composer_count_unsent (UdpnatComposer *self)
{
  return udpnat_attachment_tray_count_under_way (self->tray);
}

/* The user has taken it out of the tray, perhaps while it is read; then the next one is. If it has
 * been offered in this moment it is a line of the conversation, and is cancelled there. */
static void
removed_cb (UdpnatAttachmentTray *tray,
            UdpnatAttachment     *attachment,
            UdpnatComposer       *self)
{
  const char *path = udpnat_attachment_get_path (attachment);

  if (self->person == NULL || path == NULL || !udpnat_attachment_is_started (attachment))
    return;
  (void) udpnat_client_cancel_preparing (self->client, self->person, path);
  send_next (self, self->person);
}

/* ---- What the client tells ---- */

static void
preparing_cb (UdpnatClient   *client,
              UdpnatPerson   *person,
              const char     *path,
              gint64          n_done,
              gint64          n_all,
              UdpnatComposer *self)
{
  UdpnatAttachment *attachment = find (self, person, path);

  if (attachment != NULL)
    udpnat_attachment_set_progress (attachment, n_done, n_all);
}

static void
not_sent_cb (UdpnatClient   *client,
             UdpnatPerson   *person,
             const char     *path,
             const char     *words,
             UdpnatComposer *self)
{
  UdpnatAttachment *attachment = find (self, person, path);

  if (attachment != NULL)
    fail (self, person, attachment, words);
}

static void
added_cb (UdpnatClient      *client,
          UdpnatPerson      *person,
          UdpnatHistoryItem *line,
          UdpnatComposer    *self)
{
  const UdpnatStoredTransfer *transfer = udpnat_history_item_get_stored_transfer (line);
  UdpnatAttachment *attachment;

  if (transfer == NULL || !transfer->is_outgoing || transfer->path == NULL)
    return;
  attachment = find (self, person, transfer->path);
  if (attachment == NULL)
    return;
  udpnat_attachment_tray_remove (self->tray, udpnat_person_get_key_text (person), attachment);
  send_next (self, person);
}

/** udpnat_composer_give_back_file: an offer to @person could not be kept on the disk; the @sentence
 * says why */
void
udpnat_composer_give_back_file (UdpnatComposer *self,
                                UdpnatPerson   *person,
                                const char     *sentence)
{
  UdpnatAttachment *attachment = find (self, person, NULL);

  if (attachment != NULL)
    fail (self, person, attachment, sentence);
}

/** udpnat_composer_watch_files: to be called once */
void
udpnat_composer_watch_files (UdpnatComposer *self)
{
  g_signal_group_connect (self->client_signals, "file-preparing", G_CALLBACK (preparing_cb), self);
  g_signal_group_connect (self->client_signals, "file-not-sent", G_CALLBACK (not_sent_cb), self);
  g_signal_group_connect (self->client_signals, "item-added", G_CALLBACK (added_cb), self);
  g_signal_connect_object (self->tray, "removed", G_CALLBACK (removed_cb), self, 0);
}
