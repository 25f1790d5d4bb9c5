#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include <string.h>

#include "udpnat-directory-message.h"

/* Whom we watch, and pages of the directory (PROTOCOL.md section 7). Whom we watch is a wish like
 * our name: it is said as a whole whenever the server may have forgotten it, and each change of it
 * by itself. One page is asked for at a time. */

void
udpnat_rendezvous_client_init_directory (UdpnatRendezvousClient *self)
{
  UdpnatRendezvousDirectory *directory = &self->directory;

  directory->watched = g_tree_new_full (udpnat_public_key_compare_data, NULL, g_free, NULL);
  directory->watch_retry_us = directory->list_deadline_us = UDPNAT_TIME_NEVER;
}

static void
forget_list (UdpnatRendezvousClient *self)
{
  UdpnatRendezvousDirectory *directory = &self->directory;

  g_clear_pointer (&directory->prefix, g_free);
  g_clear_pointer (&directory->after, g_free);
  directory->is_list_due = FALSE;
  directory->list_deadline_us = UDPNAT_TIME_NEVER;
}

void
udpnat_rendezvous_client_clear_directory (UdpnatRendezvousClient *self)
{
  forget_list (self);
  g_clear_pointer (&self->directory.watched, g_tree_unref);
}

/* ---- Whom we watch ---- */

static gboolean
append_key (gpointer key,
            gpointer value,
            gpointer user_data)
{
  g_byte_array_append (user_data, ((const UdpnatPublicKey *) key)->bytes, UDPNAT_KEY_BYTES);
  return FALSE;
}

/** udpnat_rendezvous_client_send_watch: all of them, if that is due */
void
udpnat_rendezvous_client_send_watch (UdpnatRendezvousClient *self,
                                     gint64                  now_us)
{
  UdpnatRendezvousDirectory *directory = &self->directory;
  g_autoptr (GByteArray)     keys = NULL;
  g_autoptr (GByteArray)     message = NULL;
  UdpnatWatchMessage         watch = { .flags = UDPNAT_WATCH_REPLACE };

  if (directory->watch_retry_us <= now_us)
    {
      directory->watch_retry_us = UDPNAT_TIME_NEVER;
      directory->is_watch_due = TRUE;
    }
  if (!directory->is_watch_due)
    return;
  keys = g_byte_array_new ();
  message = g_byte_array_new ();
  g_tree_foreach (directory->watched, append_key, keys);
  watch.keys = keys->data;
  watch.n_keys = keys->len / UDPNAT_KEY_BYTES;
  udpnat_write_watch (message, &watch);
  directory->is_watch_due
      = !udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_CONTROL, message);
}

static void
say_change (UdpnatRendezvousClient *self,
            const UdpnatPublicKey  *key,
            gboolean                is_on)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  UdpnatWatchMessage     watch = { is_on ? 0 : UDPNAT_WATCH_REMOVE, key->bytes, 1 };

  udpnat_write_watch (message, &watch);
  self->directory.is_watch_due
      = !udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_CONTROL, message);
}

/**
 * udpnat_rendezvous_client_watch_key:
 * @is_on: whether we want to be told how things stand with @key, also when the directory is not
 *   told as a whole. PEER tells it, if the key is listed; more than UDPNAT_WATCHES_MAX are ignored
 */
void
udpnat_rendezvous_client_watch_key (UdpnatRendezvousClient *self,
                                    const UdpnatPublicKey  *key,
                                    gboolean                is_on)
{
  UdpnatRendezvousDirectory *directory = &self->directory;
  gboolean                   was_on = g_tree_lookup_extended (directory->watched, key, NULL, NULL);

  if (was_on == is_on
      || (is_on && g_tree_nnodes (directory->watched) >= UDPNAT_WATCHES_MAX))
    return;
  if (is_on)
    g_tree_insert (directory->watched, g_memdup2 (key, sizeof *key), NULL);
  else
    g_tree_remove (directory->watched, key);
  if (udpnat_rendezvous_client_is_up (self) && !directory->is_watch_due)
    say_change (self, key, is_on);
}

/** udpnat_rendezvous_client_watch_all: @keys: (array length=n_keys): these, and no others */
void
udpnat_rendezvous_client_watch_all (UdpnatRendezvousClient *self,
                                    gint64                  now_us,
                                    const UdpnatPublicKey  *keys,
                                    guint                   n_keys)
{
  GTree *watched = self->directory.watched;
  gint   n_before = g_tree_nnodes (watched);

  g_tree_remove_all (watched);
  for (guint i = 0; i < MIN (n_keys, UDPNAT_WATCHES_MAX); i++)
    g_tree_replace (watched, g_memdup2 (&keys[i], sizeof keys[i]), NULL);
  self->directory.is_watch_due = n_keys > 0 || n_before > 0;
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/** udpnat_rendezvous_client_count_watched: Returns: whether WATCHED is to be waited for after
 * CONNECTED */
guint
udpnat_rendezvous_client_count_watched (const UdpnatRendezvousClient *self)
{
  return (guint) g_tree_nnodes (self->directory.watched);
}

gboolean
udpnat_rendezvous_client_handle_watched (UdpnatRendezvousClient  *self,
                                         gint64                   now_us,
                                         const UdpnatMessageView *message)
{
  guint32 n_watched;
  guint8  code;

  if (!udpnat_parse_watched (message, &code, &n_watched))
    return FALSE;
  if (code != UDPNAT_WATCHED_ALL)
    self->directory.watch_retry_us = now_us + UDPNAT_WATCH_RETRY_US;
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_WATCHED)->code = code;
  return TRUE;
}

/* ---- Pages ---- */

/** udpnat_rendezvous_client_send_list: the question for a page, if one is due */
void
udpnat_rendezvous_client_send_list (UdpnatRendezvousClient *self)
{
  UdpnatRendezvousDirectory *directory = &self->directory;
  g_autoptr (GByteArray)     message = NULL;

  if (!directory->is_list_due)
    return;
  message = g_byte_array_new ();
  udpnat_write_list (message, directory->request, UDPNAT_DIRECTORY_PAGE_MAX, directory->prefix,
                     directory->after);
  directory->is_list_due
      = !udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_CONTROL, message);
}

/* Returns: (transfer full): as much of it as a name may have */
static char *
cut (const char *text)
{
  const char *end = text + MIN (strlen (text), UDPNAT_NAME_MAX_BYTES);

  while ((guchar) *end >= 0x80 && (guchar) *end < 0xc0) /* inside of a character */
    end--;
  return g_strndup (text, (gsize) (end - text));
}

/**
 * udpnat_rendezvous_client_list:
 * @prefix: UTF-8: how the names begin; "" for all
 * @after: the last name of the page before; "" for the first page
 *
 * Asks for a page of the directory, and gives up the one that was asked for before, if any. PEER
 * with @is_paged for each entry, then PAGE answers, within UDPNAT_LOOKUP_TIMEOUT_US.
 *
 * Returns: the request's number
 */
guint32
udpnat_rendezvous_client_list (UdpnatRendezvousClient *self,
                               gint64                  now_us,
                               const char             *prefix,
                               const char             *after)
{
  UdpnatRendezvousDirectory *directory = &self->directory;

  forget_list (self);
  directory->request = ++self->last_request;
  directory->prefix = cut (prefix);
  directory->after = cut (after);
  directory->is_list_due = TRUE;
  directory->list_deadline_us = now_us + UDPNAT_LOOKUP_TIMEOUT_US;
  udpnat_rendezvous_client_send_wishes (self, now_us);
  return directory->request;
}

static void
push_page (UdpnatRendezvousClient *self,
           guint8                  code,
           const char             *last_name)
{
  UdpnatRendezvousEvent *event;

  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_PAGE);
  event->request = self->directory.request;
  event->code = code;
  event->name = g_strdup (last_name);
  forget_list (self);
}

/** udpnat_rendezvous_client_expire_list: when nobody has answered in time */
void
udpnat_rendezvous_client_expire_list (UdpnatRendezvousClient *self,
                                      gint64                  now_us)
{
  if (self->directory.list_deadline_us <= now_us)
    push_page (self, UDPNAT_PAGE_LATER, NULL);
}

gboolean
udpnat_rendezvous_client_handle_page (UdpnatRendezvousClient  *self,
                                      const UdpnatMessageView *message)
{
  g_autofree char   *last_name = NULL;
  guint32            request;
  guint8             code;
  g_autoptr (GArray) entries = udpnat_parse_page (message, &request, &code);

  if (entries == NULL)
    return FALSE;
  if (request != self->directory.request
      || self->directory.list_deadline_us == UDPNAT_TIME_NEVER) /* answered, or given up */
    return TRUE;
  for (guint i = 0; i < entries->len; i++)
    {
      UdpnatDirectoryEntry  *entry = &g_array_index (entries, UdpnatDirectoryEntry, i);
      UdpnatRendezvousEvent *event;

      g_free (last_name);
      last_name = g_strdup (entry->name);
      event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_PEER);
      event->is_paged = TRUE;
      event->entry = *entry;
      entry->name = NULL; /* the event's now */
    }
  push_page (self, code, last_name);
  return TRUE;
}

/* ---- As a whole ---- */

gboolean
udpnat_rendezvous_client_handle_directory (UdpnatRendezvousClient  *self,
                                           const UdpnatMessageView *message)
{
  guint8 kind;

  if (!udpnat_parse_directory (message, &kind))
    return FALSE;
  udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_DIRECTORY)->code = kind;
  return TRUE;
}

/** udpnat_rendezvous_client_repeat_directory: there is a session, which may be another one */
void
udpnat_rendezvous_client_repeat_directory (UdpnatRendezvousClient *self)
{
  UdpnatRendezvousDirectory *directory = &self->directory;

  directory->is_watch_due = g_tree_nnodes (directory->watched) > 0;
  directory->watch_retry_us = UDPNAT_TIME_NEVER;
  directory->is_list_due = directory->list_deadline_us != UDPNAT_TIME_NEVER;
}

/** udpnat_rendezvous_client_directory_deadline: for send_watch() and expire_list() */
gint64
udpnat_rendezvous_client_directory_deadline (const UdpnatRendezvousClient *self)
{
  const UdpnatRendezvousDirectory *directory = &self->directory;

  /* Without a session it is said anew anyway. */
  return udpnat_time_min (directory->list_deadline_us,
                          udpnat_rendezvous_client_is_up (self) ? directory->watch_retry_us
                                                                : UDPNAT_TIME_NEVER);
}
