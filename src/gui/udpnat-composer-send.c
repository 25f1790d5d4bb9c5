/* Saying what was typed, and giving what lies beside it. The box is empty at once, but the text is
 * kept until it is known to be on the disk: if it cannot get there, it comes back. */

#include "config.h"

#include "udpnat-composer-private.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-limits.h"

typedef struct
{
  UdpnatPerson *person; /* owned */
  char         *id;     /* nullable: of a new message */
  gint64        number; /* of a message that was changed */
  char         *text;
} Unsaved;

static void
unsaved_free (gpointer data)
{
  Unsaved *unsaved = data;

  g_object_unref (unsaved->person);
  g_free (unsaved->id);
  g_free (unsaved->text);
  g_free (unsaved);
}

static void
keep (UdpnatComposer *self,
      char           *id,
      gint64          number,
      const char     *text)
{
  Unsaved *unsaved = g_new0 (Unsaved, 1);

  unsaved->person = g_object_ref (self->person);
  unsaved->id = id;
  unsaved->number = number;
  unsaved->text = g_strdup (text);
  g_ptr_array_add (self->unsaved, unsaved);
}

static gboolean
is_meant (Unsaved           *unsaved,
          UdpnatHistoryItem *line)
{
  char id_text[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  if (unsaved->id == NULL)
    return unsaved->number == udpnat_history_item_get_number (line);
  return g_str_equal (unsaved->id,
                      udpnat_message_id_to_string (udpnat_history_item_get_id (line), id_text));
}

static void
saved_cb (UdpnatClient      *client,
          UdpnatPerson      *person,
          UdpnatHistoryItem *line,
          UdpnatComposer    *self)
{
  for (guint i = 0; i < self->unsaved->len; i++)
    if (is_meant (g_ptr_array_index (self->unsaved, i), line))
      {
        g_ptr_array_remove_index (self->unsaved, i);
        return;
      }
}

static char *
put_before (const char *unsaved,
            const char *typed)
{
  if (typed == NULL || *typed == '\0')
    return g_strdup (unsaved);
  return g_strdup_printf ("%s\n%s", unsaved, typed);
}

/* What was typed since then stays, too. */
static void
give_back (UdpnatComposer *self,
           Unsaved        *unsaved)
{
  g_autofree char *typed = NULL;
  g_autofree char *both = NULL;

  if (unsaved->person != self->person)
    {
      both = put_before (unsaved->text, udpnat_person_get_draft (unsaved->person));
      udpnat_client_set_draft (self->client, unsaved->person, both);
      return;
    }
  typed = udpnat_composer_dup_text (self);
  both = put_before (unsaved->text, typed);
  udpnat_composer_set_text (self, both);
}

static void
save_failed_cb (UdpnatClient   *client,
                UdpnatPerson   *person,
                gboolean        is_damaged,
                UdpnatComposer *self)
{
  const char *sentence =
    is_damaged ? _("Not sent: your history is damaged. Start udpnat again to have it mended. "
                   "Your text is still here.")
               : _("Not sent: your disk is full, or cannot be written to. Make room and try "
                   "again. Your text is still here.");

  /* The disk answers in the order in which it was asked. */
  for (guint i = 0; i < self->unsaved->len; i++)
    {
      Unsaved *unsaved = g_ptr_array_index (self->unsaved, i);

      if (unsaved->person != person)
        continue;
      give_back (self, unsaved);
      if (person == self->person)
        udpnat_composer_show_trouble (self, sentence);
      g_ptr_array_remove_index (self->unsaved, i);
      return;
    }
  udpnat_composer_give_back_file (self, person,
                                  is_damaged
                                    ? _("Not sent: your history is damaged. Start udpnat again to "
                                        "have it mended, and attach the file again.")
                                    : _("Not sent: your disk is full, or cannot be written to. "
                                        "Make room and try again."));
}

/** udpnat_composer_watch_disk: to be called once */
void
udpnat_composer_watch_disk (UdpnatComposer *self)
{
  self->unsaved = g_ptr_array_new_with_free_func (unsaved_free);
  g_signal_group_connect (self->client_signals, "item-added", G_CALLBACK (saved_cb), self);
  g_signal_group_connect (self->client_signals, "item-changed", G_CALLBACK (saved_cb), self);
  g_signal_group_connect (self->client_signals, "save-failed", G_CALLBACK (save_failed_cb), self);
}

/* ---- Sending ---- */

static char *
dup_message (UdpnatComposer *self)
{
  g_autofree char *text = udpnat_composer_dup_text (self);
  const char *start = text;

  g_strchomp (text);
  while (*start == '\n' || *start == '\r')
    start++;
  return g_strdup (start);
}

/**
 * udpnat_composer_check:
 *
 * Says so when the text is too long.
 *
 * Returns: whether there is something that can be sent
 */
gboolean
udpnat_composer_check (UdpnatComposer *self)
{
  g_autofree char *text = NULL;
  g_autofree char *sentence = NULL;
  gsize n_text;

  if (self->person == NULL)
    return FALSE;
  if (gtk_text_buffer_get_char_count (self->buffer) == 0)
    return udpnat_composer_has_files (self);
  text = dup_message (self);
  n_text = strlen (text);
  if (n_text <= UDPNAT_TEXT_MAX_BYTES)
    return n_text > 0 || udpnat_composer_has_files (self);
  sentence = g_strdup_printf (_("This is too long for one message: it may have %d KiB, and has "
                                "%d. Send it in parts."),
                              UDPNAT_TEXT_MAX_BYTES / 1024, (int) (n_text / 1024) + 1);
  udpnat_composer_show_trouble (self, sentence);
  return FALSE;
}

static gboolean
say (UdpnatComposer *self,
     const char     *text,
     GError        **error)
{
  char *id = NULL;

  if (self->task == UDPNAT_COMPOSER_TASK_EDIT)
    {
      if (!udpnat_client_edit (self->client, self->line, text, error))
        return FALSE;
      keep (self, NULL, udpnat_history_item_get_number (self->line), text);
      return TRUE;
    }
  if (!udpnat_client_send (self->client, self->person, text, self->line, &id, error))
    return FALSE;
  keep (self, id, 0, text);
  return TRUE;
}

/** udpnat_composer_send: what is typed, then what is attached; each stays when it cannot be sent */
void
udpnat_composer_send (UdpnatComposer *self)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_edit = self->task == UDPNAT_COMPOSER_TASK_EDIT;

  if (!udpnat_composer_check (self))
    return;
  text = dup_message (self);
  udpnat_composer_stop_typing (self);
  if (*text != '\0' && !say (self, text, &error))
    {
      udpnat_composer_show_trouble (self, error->message);
      return;
    }
  if (!is_edit)
    udpnat_composer_set_text (self, "");
  udpnat_composer_leave_task (self);
  udpnat_composer_show_trouble (self, NULL);
  udpnat_composer_save_draft (self);
  if (!is_edit)
    udpnat_composer_send_files (self);
  udpnat_composer_tell_sent (self);
}
