/* One line about a conversation: what is going on in it, or what was said last. */

#include "config.h"

#include "udpnat-chat-words.h"

#include <glib/gi18n.h>

#include "udpnat-message-words.h"
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
         !udpnat_person_is_cut_off (person) &&
         (g_str_equal (reason, "connecting") || g_str_equal (reason, "searching") ||
          g_str_equal (reason, "no-session"));
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

/* What there is to say first. */
typedef enum
{
  TOPIC_NEW_KEY,
  TOPIC_REQUEST,
  TOPIC_PERSON, /* they write, or are blocked, or there is nothing else */
  TOPIC_DRAFT,
  TOPIC_PATH,   /* a line of ours waits for it */
  TOPIC_STATE,  /* of a line of ours that is not there yet */
  TOPIC_LINE,
} Topic;

static Topic
get_topic (UdpnatPerson *person)
{
  UdpnatHistoryItem *line = udpnat_person_get_last_line (person);
  UdpnatRelation relation = udpnat_person_get_relation (person);

  if (udpnat_person_get_new_key (person) != NULL)
    return TOPIC_NEW_KEY;
  if (relation == UDPNAT_RELATION_REQUEST)
    return TOPIC_REQUEST;
  if (relation == UDPNAT_RELATION_BLOCKED || udpnat_person_is_typing (person))
    return TOPIC_PERSON;
  if (has_draft (person))
    return TOPIC_DRAFT;
  if (is_under_way (line))
    return is_connecting (person) ? TOPIC_PATH : TOPIC_STATE;
  return line != NULL ? TOPIC_LINE : TOPIC_PERSON;
}

/** udpnat_chat_words_is_state: whether what is said of @person is how things are, not a message */
gboolean
udpnat_chat_words_is_state (UdpnatPerson *person)
{
  Topic topic = get_topic (person);

  return topic != TOPIC_DRAFT && topic != TOPIC_LINE;
}

/** udpnat_chat_words_is_about_line: whether what is said of @person is about the last line */
gboolean
udpnat_chat_words_is_about_line (UdpnatPerson *person)
{
  Topic topic = get_topic (person);

  return topic == TOPIC_LINE || topic == TOPIC_STATE || topic == TOPIC_PATH;
}

/** udpnat_chat_words_describe: Returns: one line: what is going on, or what was said last */
char *
udpnat_chat_words_describe (UdpnatPerson *person)
{
  switch (get_topic (person))
    {
    case TOPIC_NEW_KEY:
      return g_strdup (_("Their key has changed"));
    case TOPIC_REQUEST:
      return g_strdup (_("Wants to write to you"));
    case TOPIC_PERSON:
      return udpnat_words_describe_person (person);
    case TOPIC_DRAFT:
      return describe_draft (person);
    case TOPIC_PATH:
      return udpnat_words_describe_path (person);
    case TOPIC_STATE:
      return udpnat_words_describe_line (udpnat_person_get_last_line (person), person);
    case TOPIC_LINE:
      return udpnat_message_words_preview (udpnat_person_get_last_line (person));
    }
  return g_strdup ("");
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
