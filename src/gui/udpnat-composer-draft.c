/* While the user types: the draft goes to the disk from time to time, and the other side is told
 * that somebody writes. */

#include "config.h"

#include "udpnat-composer-private.h"

/* How long after the last key the draft is saved: a write to the disk each. */
#define DRAFT_MS 800
/* Somebody who has not touched a key for so long does not write any more. */
#define TYPING_MS 6000

/** udpnat_composer_save_draft: at once; while a message is changed, what was there before */
void
udpnat_composer_save_draft (UdpnatComposer *self)
{
  g_autofree char *text = NULL;

  g_clear_handle_id (&self->draft_id, g_source_remove);
  if (self->person == NULL)
    return;
  text = self->task == UDPNAT_COMPOSER_TASK_EDIT ? g_strdup (self->stash)
                                                 : udpnat_composer_dup_text (self);
  if (g_strcmp0 (text != NULL ? text : "",
                 udpnat_person_get_draft (self->person) != NULL
                   ? udpnat_person_get_draft (self->person)
                   : "") != 0)
    udpnat_client_set_draft (self->client, self->person, text);
}

static void
draft_cb (gpointer user_data)
{
  UdpnatComposer *self = user_data;

  self->draft_id = 0;
  udpnat_composer_save_draft (self);
}

/** udpnat_composer_stop_typing: nobody writes any more */
void
udpnat_composer_stop_typing (UdpnatComposer *self)
{
  if (self->typing_id == 0)
    return;
  g_clear_handle_id (&self->typing_id, g_source_remove);
  udpnat_client_set_typing (self->client, self->person, FALSE);
}

static gboolean
typing_cb (gpointer user_data)
{
  UdpnatComposer *self = user_data;

  udpnat_composer_stop_typing (self);
  return G_SOURCE_REMOVE;
}

static void
start_typing (UdpnatComposer *self)
{
  if (self->typing_id == 0)
    udpnat_client_set_typing (self->client, self->person, TRUE);
  else
    g_source_remove (self->typing_id);
  self->typing_id = g_timeout_add (TYPING_MS, typing_cb, self);
}

/** udpnat_composer_note_typed: the user has changed the text */
void
udpnat_composer_note_typed (UdpnatComposer *self)
{
  if (self->person == NULL)
    return;
  if (gtk_text_buffer_get_char_count (self->buffer) > 0)
    start_typing (self);
  else
    udpnat_composer_stop_typing (self);
  g_clear_handle_id (&self->draft_id, g_source_remove);
  self->draft_id = g_timeout_add_once (DRAFT_MS, draft_cb, self);
}
