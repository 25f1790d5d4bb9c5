#include "config.h"

#include "udpnat-rendezvous-server-private.h"

#include <string.h>

#include "udpnat-directory-message.h"

/* Who is told about everybody's presence (PROTOCOL.md section 7): everybody who wants it, as long
 * as they and those in the list are few. The roster says what has changed since
 * any moment; a subscriber is the number of the last change it was told. Changes are told together
 * every UDPNAT_DIRECTORY_TICK_US, so that N logins at once make N messages, not N²; and no further
 * ahead of its ACKs than a few packets, so that a subscriber that does not listen costs little.
 *
 * When the list grows too large, all subscribers are told so, and nothing more of it. */

#define BATCH_ENTRIES 32

/**
 * udpnat_server_fill_entry:
 * @out_entry: lends the name from @entry: not to be cleared
 */
void
udpnat_server_fill_entry (const UdpnatRendezvousServer *self,
                          const UdpnatRegistryEntry    *entry,
                          UdpnatDirectoryEntry         *out_entry)
{
  gboolean is_online = entry->session != 0 && entry->is_shown;
  const UdpnatServerIdentity *identity = udpnat_slab_get (self->identities, entry->session);

  memcpy (out_entry->key, entry->key.bytes, sizeof out_entry->key);
  out_entry->presence = is_online ? udpnat_server_identity_get_presence (identity)
                                  : UDPNAT_PRESENCE_OFFLINE;
  out_entry->handle = is_online ? udpnat_server_identity_get_handle (identity, self) : 0;
  out_entry->name = (char *) udpnat_registry_get_name (entry);
}

static void
tell_kind (UdpnatServerClient  *self,
           UdpnatDirectoryKind  kind)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  udpnat_write_directory (message, (guint8) kind);
  (void) udpnat_session_stream_write (self->session, 0, message->data, message->len);
}

/* The list is too large from now on. What a subscriber had not been told yet of those whom it
 * watches it is told as a watcher. */
static void
end_whole_list (UdpnatRendezvousServer *self)
{
  UdpnatServerClient *client;

  while ((client = g_queue_peek_head (&self->subscribers)) != NULL)
    {
      udpnat_server_subscribe (client, UDPNAT_SUBSCRIBE_STOP);
      tell_kind (client, UDPNAT_DIRECTORY_PAGED);
      udpnat_watch_table_note_all (self->watches,
                                   udpnat_server_identity_get_watcher (client->identity, self));
      udpnat_server_client_touch (client);
    }
}

/**
 * udpnat_server_publish: @entry's session has changed; nobody is told of names that were never
 * listed */
void
udpnat_server_publish (UdpnatRendezvousServer *self,
                       gint64                  now_us,
                       UdpnatRegistryEntry    *entry)
{
  if (!entry->is_in_roster && !entry->is_shown)
    return;
  udpnat_registry_publish (self->registry, entry);
  udpnat_watch_table_note (self->watches, &entry->key);
  if (udpnat_registry_is_large (self->registry))
    end_whole_list (self);
  if (self->publish_us == UDPNAT_TIME_NEVER
      && (self->subscribers.length > 0 || udpnat_watch_table_has_watcher (self->watches)))
    self->publish_us = now_us + UDPNAT_DIRECTORY_TICK_US;
}

/** udpnat_server_publish_key: what there is to tell of @key, whom others watch, has changed */
void
udpnat_server_publish_key (UdpnatRendezvousServer *self,
                           gint64                  now_us,
                           const UdpnatPublicKey  *key)
{
  udpnat_watch_table_note (self->watches, key);
  if (self->publish_us == UDPNAT_TIME_NEVER && udpnat_watch_table_has_watcher (self->watches))
    self->publish_us = now_us + UDPNAT_DIRECTORY_TICK_US;
}

/** udpnat_server_publish_due: tells all subscribers, and some of those who watch, what is new */
void
udpnat_server_publish_due (UdpnatRendezvousServer *self,
                           gint64                  now_us)
{
  self->publish_us = UDPNAT_TIME_NEVER;
  for (GList *link = self->subscribers.head; link != NULL; link = link->next)
    {
      udpnat_server_tell_changes (link->data);
      udpnat_server_client_touch (link->data);
    }
  udpnat_server_tell_watchers (self, now_us);
  if (udpnat_watch_table_has_watcher (self->watches))
    self->publish_us = now_us + UDPNAT_DIRECTORY_TICK_US;
}

static guint
collect_changes (const UdpnatServerClient *self,
                 guint64                   sequences[BATCH_ENTRIES],
                 UdpnatDirectoryEntry      out_entries[BATCH_ENTRIES])
{
  guint64 sequence = self->told_sequence;
  guint   n = 0;

  while (n < BATCH_ENTRIES)
    {
      UdpnatRegistryEntry *entry = udpnat_registry_next_change (self->server->registry, &sequence);

      if (entry == NULL)
        break;
      udpnat_server_fill_entry (self->server, entry, &out_entries[n]);
      sequences[n++] = sequence;
    }
  return n;
}

static void
tell_whole_list (UdpnatServerClient *self)
{
  udpnat_server_tell_empty_list (self); /* what there was has been told */
  self->has_whole_list = TRUE;
}

/**
 * udpnat_server_tell_changes:
 *
 * Tells a subscriber what it does not know yet, as far as its stream has room. The rest follows
 * with its next packet.
 */
void
udpnat_server_tell_changes (UdpnatServerClient *self)
{
  UdpnatDirectoryEntry entries[BATCH_ENTRIES];
  guint64              sequences[BATCH_ENTRIES];

  self->is_behind = FALSE;
  while (self->is_subscribed)
    {
      g_autoptr (GByteArray) message = NULL;
      guint n_entries, n_told;

      if (udpnat_session_stream_unacked (self->session, 0) > UDPNAT_DIRECTORY_UNACKED_MAX_BYTES)
        {
          self->is_behind = TRUE;
          return;
        }
      n_entries = collect_changes (self, sequences, entries);
      if (n_entries == 0)
        break;
      message = g_byte_array_new ();
      n_told = udpnat_write_peers (message, entries, n_entries);
      (void) udpnat_session_stream_write (self->session, 0, message->data, message->len);
      self->told_sequence = sequences[n_told - 1];
    }
  if (self->is_subscribed && !self->has_whole_list)
    tell_whole_list (self);
}

/** udpnat_server_tell_empty_list: the directory is not for this client; it need not wait for it */
void
udpnat_server_tell_empty_list (const UdpnatServerClient *self)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  udpnat_write_list_end (message);
  (void) udpnat_session_stream_write (self->session, 0, message->data, message->len);
}

static UdpnatDirectoryKind
get_kind (const UdpnatRendezvousServer *self)
{
  if (self->config.directory == UDPNAT_DIRECTORY_PRIVATE)
    return UDPNAT_DIRECTORY_PRIVATE;
  /* Only who watches somebody is told of those at the other servers of a fleet. */
  return self->config.directory == UDPNAT_DIRECTORY_PAGED || self->fleet != NULL
             || udpnat_registry_is_large (self->registry)
             || self->subscribers.length >= UDPNAT_DIRECTORY_SUBSCRIBERS_MAX
           ? UDPNAT_DIRECTORY_PAGED
           : UDPNAT_DIRECTORY_WHOLE;
}

/** udpnat_server_subscribe: a #UdpnatSubscribeMode; others are ignored */
void
udpnat_server_subscribe (UdpnatServerClient *self,
                         guint8              mode)
{
  UdpnatDirectoryKind kind;

  if (mode != UDPNAT_SUBSCRIBE_STOP && mode != UDPNAT_SUBSCRIBE_ALL)
    return;
  if (self->is_subscribed)
    g_queue_unlink (&self->server->subscribers, &self->subscriber_link);
  self->is_subscribed = mode == UDPNAT_SUBSCRIBE_ALL;
  self->is_behind = self->has_whole_list = FALSE;
  if (!self->is_subscribed)
    return;
  kind = get_kind (self->server);
  if (kind != UDPNAT_DIRECTORY_WHOLE)
    {
      self->is_subscribed = FALSE;
      tell_kind (self, kind);
      return;
    }
  g_queue_push_tail_link (&self->server->subscribers, &self->subscriber_link);
  self->told_sequence = 0;
  udpnat_server_tell_changes (self);
}
