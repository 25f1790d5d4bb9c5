/* History: read from the disk at once, on the caller's thread. */

#include "config.h"

#include "udpnat-client-private.h"

/**
 * udpnat_client_dup_page:
 * @before: only lines before this number; 0 for the newest
 *
 * Returns: (transfer full) (element-type UdpnatHistoryItem): at most @n_lines, oldest first
 */
GPtrArray *
udpnat_client_dup_page (UdpnatClient *self,
                        UdpnatPerson *person,
                        gint64        before,
                        guint         n_lines)
{
  return udpnat_store_dup_page (self->store, udpnat_person_get_key (person), before, n_lines);
}

/** udpnat_client_dup_page_after: the same, after a number */
GPtrArray *
udpnat_client_dup_page_after (UdpnatClient *self,
                              UdpnatPerson *person,
                              gint64        after,
                              guint         n_lines)
{
  return udpnat_store_dup_page_after (self->store, udpnat_person_get_key (person), after, n_lines);
}

/**
 * udpnat_client_dup_unread:
 *
 * Returns: (transfer full) (element-type UdpnatHistoryItem): @person's lines that the user has not
 *   seen, at most @n_lines, oldest first
 */
GPtrArray *
udpnat_client_dup_unread (UdpnatClient *self,
                          UdpnatPerson *person,
                          guint         n_lines)
{
  gint64 after = udpnat_person_get_contact (person)->last_read_number;
  GPtrArray *unread = g_ptr_array_new_with_free_func (g_object_unref);

  for (;;)
    {
      g_autoptr (GPtrArray) page = udpnat_client_dup_page_after (self, person, after, 100);

      for (guint i = 0; i < page->len && unread->len < n_lines; i++)
        if (!udpnat_history_item_is_outgoing (g_ptr_array_index (page, i)))
          g_ptr_array_add (unread, g_object_ref (g_ptr_array_index (page, i)));
      if (page->len < 100 || unread->len >= n_lines)
        return unread;
      after = udpnat_history_item_get_number (g_ptr_array_index (page, page->len - 1));
    }
}

/**
 * udpnat_client_search:
 * @words: all of which a line must have
 * @person: (nullable): %NULL for everywhere
 * @before: only lines before this number; 0 for the newest
 *
 * Returns: (transfer full) (element-type UdpnatHistoryItem): at most @n_lines, newest first
 */
GPtrArray *
udpnat_client_search (UdpnatClient *self,
                      const char   *words,
                      UdpnatPerson *person,
                      gint64        before,
                      guint         n_lines)
{
  return udpnat_store_search (self->store, words,
                              person != NULL ? udpnat_person_get_key (person) : NULL, before,
                              n_lines);
}

/** udpnat_client_dup_line: Returns: (transfer full) (nullable): the line of that number */
UdpnatHistoryItem *
udpnat_client_dup_line (UdpnatClient *self,
                        gint64        number)
{
  return udpnat_store_dup_line (self->store, number);
}

/** udpnat_client_dup_quoted: Returns: (transfer full) (nullable): what @line answers; %NULL when it
 * is not here any more */
UdpnatHistoryItem *
udpnat_client_dup_quoted (UdpnatClient      *self,
                          UdpnatHistoryItem *line)
{
  const UdpnatMessageId *id = udpnat_history_item_get_quoted_id (line);

  if (id == NULL)
    return NULL;
  return udpnat_store_dup_line_by_id (self->store, udpnat_history_item_get_key (line), id);
}

/** udpnat_client_get_person_of: Returns: (transfer none): with whom @line was said */
UdpnatPerson *
udpnat_client_get_person_of (UdpnatClient      *self,
                             UdpnatHistoryItem *line)
{
  return udpnat_client_ensure_person (self, udpnat_history_item_get_key (line), NULL);
}

/** udpnat_client_count_waiting: how many items of ours have no receipt */
guint
udpnat_client_count_waiting (UdpnatClient *self)
{
  return udpnat_store_count_outbox (self->store);
}

typedef struct
{
  UdpnatClient *client; /* borrowed: outlives the store, which answers before it ends */
  UdpnatPerson *person; /* owned */
} Clearing;

static void
cleared_cb (gboolean is_saved,
            gpointer user_data)
{
  g_autofree Clearing *clearing = user_data;
  g_autoptr (UdpnatPerson) person = clearing->person;

  if (!is_saved)
    {
      udpnat_client_emit (clearing->client, UDPNAT_CLIENT_SIGNAL_SAVE_FAILED, person,
                          udpnat_store_is_damaged (clearing->client->store));
      return;
    }
  udpnat_client_reload_person (clearing->client, person);
  udpnat_client_tell_removed (clearing->client, person, 0);
}

/** udpnat_client_clear_history: deletes all that was said with @person, here only */
void
udpnat_client_clear_history (UdpnatClient *self,
                             UdpnatPerson *person)
{
  Clearing *clearing = g_new0 (Clearing, 1);

  clearing->client = self;
  clearing->person = g_object_ref (person);
  udpnat_store_clear_history (self->store, udpnat_person_get_key (person), cleared_cb, clearing);
}
