/* What a screen reader says of a message: all that can be seen of it. */

#include "config.h"

#include "udpnat-message-words.h"

#include <glib/gi18n.h>

#include "udpnat-status-words.h"

/** udpnat_message_words_get_sender: what the writer is called in the conversation with @person */
const char *
udpnat_message_words_get_sender (UdpnatPerson *person,
                                 gboolean      is_outgoing)
{
  return is_outgoing ? _("You") : udpnat_person_get_title (person);
}

/** udpnat_message_words_preview: Returns: a line about @line, without breaks; of a file, what it is
 * and how it is called */
char *
udpnat_message_words_preview (UdpnatHistoryItem *line)
{
  const UdpnatFileOffer *offer = udpnat_history_item_get_offer (line);
  gboolean is_outgoing = udpnat_history_item_is_outgoing (line);

  if (offer == NULL)
    return udpnat_words_preview_line (line);
  if (offer->kind == UDPNAT_FILE_KIND_FOLDER)
    /* Translators: the newest message in the list of chats, when it is a folder, or one's own */
    return g_strdup_printf (is_outgoing ? _("You: folder %s") : _("Folder: %s"), offer->name);
  /* Translators: the newest message in the list of chats, when it is a file, or one's own */
  return g_strdup_printf (is_outgoing ? _("You: file %s") : _("File: %s"), offer->name);
}

/**
 * udpnat_message_words_describe:
 * @text: as it is shown
 * @has_state: whether it goes to somebody, so that it matters how far it has come
 */
char *
udpnat_message_words_describe (UdpnatHistoryItem *item,
                               UdpnatPerson      *person,
                               const char        *text,
                               gboolean           has_state)
{
  const char *sender = udpnat_message_words_get_sender (person,
                                                        udpnat_history_item_is_outgoing (item));
  g_autofree char *time = udpnat_words_format_clock (udpnat_history_item_get_shown_us (item));
  g_autofree char *state = udpnat_words_describe_line (item, person);

  if (has_state && udpnat_history_item_get_edited_us (item) != 0)
    /* Translators: what is read out of a message: writer, text, how far it has come, time */
    return g_strdup_printf (_("%s: %s, edited, %s, %s"), sender, text, state, time);
  if (has_state)
    /* Translators: what is read out of a message: writer, text, how far it has come, time */
    return g_strdup_printf (_("%s: %s, %s, %s"), sender, text, state, time);
  if (udpnat_history_item_get_edited_us (item) != 0)
    /* Translators: what is read out of a message: writer, text, time */
    return g_strdup_printf (_("%s: %s, edited, %s"), sender, text, time);
  /* Translators: what is read out of a message: writer, text, time */
  return g_strdup_printf (_("%s: %s, %s"), sender, text, time);
}
