/* One line about a conversation: what is going on in it, or what was said last. */

#include "config.h"

#include "udpnat-chat-words.h"

#include <glib/gi18n.h>

#include "udpnat-status-words.h"

/** udpnat_chat_words_get_title: Returns: (transfer none): what to call them */
const char *
udpnat_chat_words_get_title (UdpnatClient *client,
                             UdpnatPerson *person)
{
  if (person == udpnat_client_get_self (client))
    return _("Note to Self");
  return udpnat_person_get_title (person);
}

static gboolean
is_connecting (UdpnatPerson *person)
{
  const char *reason = udpnat_person_get_path_reason (person);

  return udpnat_person_has_path (person) && udpnat_person_is_online (person) &&
         (g_str_equal (reason, "connecting") || g_str_equal (reason, "no-session"));
}

/* Whether something of ours is on its way, so that how it fares is more than what it says. */
static gboolean
is_under_way (UdpnatHistoryItem *line)
{
  UdpnatItemState state;

  if (line == NULL || !udpnat_history_item_is_outgoing (line) ||
      udpnat_history_item_is_deleted (line))
    return FALSE;
  state = udpnat_history_item_get_state (line);
  return state == UDPNAT_ITEM_STATE_WAITING || state == UDPNAT_ITEM_STATE_FAILED;
}

static gboolean
has_draft (UdpnatPerson *person)
{
  const char *draft = udpnat_person_get_draft (person);

  return draft != NULL && *draft != '\0';
}

static char *
describe_draft (UdpnatPerson *person)
{
  g_autofree char *text = g_strdup (udpnat_person_get_draft (person));

  g_strdelimit (text, "\n\r\t\v\f", ' ');
  /* Translators: in the list of chats: what was typed and not sent */
  return g_strdup_printf (_("Draft: %s"), g_strstrip (text));
}

/** udpnat_chat_words_is_state: whether what is said of @person is how things are, not a message */
gboolean
udpnat_chat_words_is_state (UdpnatPerson *person)
{
  UdpnatHistoryItem *line = udpnat_person_get_last_line (person);

  return udpnat_person_get_new_key (person) != NULL ||
         udpnat_person_get_relation (person) == UDPNAT_RELATION_REQUEST ||
         udpnat_person_is_typing (person) ||
         (!has_draft (person) && (line == NULL || is_under_way (line)));
}

/** udpnat_chat_words_describe: Returns: one line: what is going on, or what was said last */
char *
udpnat_chat_words_describe (UdpnatPerson *person)
{
  UdpnatHistoryItem *line = udpnat_person_get_last_line (person);

  if (udpnat_person_get_new_key (person) != NULL)
    return g_strdup (_("Their key has changed"));
  if (udpnat_person_get_relation (person) == UDPNAT_RELATION_REQUEST)
    return g_strdup (_("Wants to write to you"));
  if (udpnat_person_get_relation (person) == UDPNAT_RELATION_BLOCKED ||
      udpnat_person_is_typing (person))
    return udpnat_words_describe_person (person);
  if (has_draft (person))
    return describe_draft (person);
  if (is_under_way (line) && is_connecting (person))
    return udpnat_words_describe_path (person);
  if (is_under_way (line))
    return udpnat_words_describe_line (line, person);
  if (line != NULL)
    return udpnat_words_preview_line (line);
  return udpnat_words_describe_person (person);
}

/* ---- For screen readers ---- */

/** udpnat_chat_words_append: @fact: (nullable): joins the list of facts */
void
udpnat_chat_words_append (GString    *facts,
                          const char *fact)
{
  if (fact == NULL || *fact == '\0')
    return;
  if (facts->len > 0)
    /* Translators: between facts that a screen reader reads one after the other */
    g_string_append (facts, _(", "));
  g_string_append (facts, fact);
}

/** udpnat_chat_words_name_row: names a row, and the item of the list that it is in */
void
udpnat_chat_words_name_row (GtkWidget  *row,
                            const char *name)
{
  GtkWidget *item = gtk_widget_get_parent (row);

  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  if (item != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (item), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
}
