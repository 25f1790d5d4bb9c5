#include "config.h"

#include "udpnat-rendezvous-server-private.h"

#include <string.h>

#include "udpnat-directory-message.h"
#include "udpnat-server-access-private.h"
#include "udpnat-server-fleet-private.h"

/* Presence of those whom a client watches (PROTOCOL.md section 7): mostly its contacts. What it is
 * told is what the list would tell of them, so nobody learns more by watching than everybody may
 * know, and of keys that were never listed nothing.
 *
 * Watches belong to the identity, so that whoever has some can rest; it is woken when there is
 * something to tell. They end with the session. Changes are told in the beat of the directory, and
 * no further ahead of the client's ACKs than there. */

#define BATCH_ENTRIES 32

static guint32
get_watcher (const UdpnatServerClient *self)
{
  return udpnat_server_identity_get_watcher (self->identity, self->server);
}

/* ---- Telling ---- */

/* Returns: %FALSE when there is nothing to tell. Whoever has been here and is elsewhere now, is
 * there. */
static gboolean
fill (const UdpnatRendezvousServer *self,
      const UdpnatPublicKey        *key,
      UdpnatDirectoryEntry         *out_entry)
{
  const UdpnatRegistryEntry *entry = udpnat_registry_find_shown (self->registry, key);

  if (entry != NULL && entry->session != 0)
    udpnat_server_fill_entry (self, entry, out_entry);
  else if (!udpnat_server_fill_elsewhere (self, key, out_entry))
    {
      if (entry == NULL)
        return FALSE;
      udpnat_server_fill_entry (self, entry, out_entry);
    }
  return TRUE;
}

static guint
collect (UdpnatServerClient   *self,
         UdpnatDirectoryEntry  out_entries[BATCH_ENTRIES])
{
  UdpnatRendezvousServer *server = self->server;
  UdpnatPublicKey         key;
  guint                   n = 0;

  while (n < BATCH_ENTRIES
         && udpnat_watch_table_pop (server->watches, get_watcher (self), &key))
    {
      /* A subscriber is told of everybody anyway. */
      if (!self->is_subscribed && fill (server, &key, &out_entries[n]))
        n++;
    }
  return n;
}

static void
tell_end (UdpnatServerClient *self)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  UdpnatWatchTable      *watches = self->server->watches;

  udpnat_write_watched (message, self->watched_code,
                        udpnat_watch_table_count (watches, get_watcher (self)));
  (void) udpnat_session_stream_write (self->session, 0, message->data, message->len);
  self->is_watched_due = FALSE;
}

/**
 * udpnat_server_tell_watches:
 *
 * Tells a client what it does not know yet of those whom it watches, as far as its stream has room.
 * The rest follows with its next packet.
 */
void
udpnat_server_tell_watches (UdpnatServerClient *self)
{
  UdpnatDirectoryEntry entries[BATCH_ENTRIES];
  guint                n_entries;

  self->is_watch_behind = FALSE;
  do
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();

      if (udpnat_session_stream_unacked (self->session, 0) > UDPNAT_DIRECTORY_UNACKED_MAX_BYTES)
        {
          self->is_watch_behind = TRUE;
          return;
        }
      n_entries = collect (self, entries);
      if (n_entries == 0)
        break;
      if (udpnat_write_peers (message, entries, n_entries) != n_entries)
        g_assert_not_reached (); /* as many as fit in any case */
      (void) udpnat_session_stream_write (self->session, 0, message->data, message->len);
      self->server->stats.watched_told += n_entries;
    }
  while (n_entries == BATCH_ENTRIES);
  if (self->is_watched_due)
    tell_end (self);
}

/** udpnat_server_tell_watchers: some of those for whom there is something */
void
udpnat_server_tell_watchers (UdpnatRendezvousServer *self,
                             gint64                  now_us)
{
  guint32 id;

  for (guint i = 0; i < UDPNAT_WATCHERS_PER_TICK
                    && (id = udpnat_watch_table_pop_watcher (self->watches)) != 0; i++)
    {
      UdpnatServerIdentity *identity = udpnat_slab_get (self->identities, id);

      if (identity->is_resting)
        udpnat_server_identity_wake (identity, self, now_us);
      udpnat_server_tell_watches (identity->awake.live);
      udpnat_server_client_touch (identity->awake.live);
    }
}

/* ---- Whom ---- */

/** udpnat_server_unwatch: @self: nobody any more, for its session is over */
void
udpnat_server_unwatch (UdpnatServerIdentity   *self,
                       UdpnatRendezvousServer *server)
{
  udpnat_watch_table_close (server->watches, udpnat_server_identity_get_watcher (self, server));
  udpnat_server_identity_set_watcher (self, server, 0);
}

static gboolean
take_keys (UdpnatServerClient *self,
           gint64              now_us,
           guint               n_keys)
{
  UdpnatServerQuotas *quotas = udpnat_server_client_ensure_quotas (self, now_us);

  return udpnat_token_bucket_take (&quotas->watch_bucket, now_us, n_keys, UDPNAT_WATCHES_BURST,
                                   UDPNAT_WATCHES_PER_SECOND);
}

/* Returns: whether all of them are watched now */
static gboolean
add_all (UdpnatServerClient       *self,
         gint64                    now_us,
         const UdpnatWatchMessage *message)
{
  UdpnatRendezvousServer *server = self->server;
  UdpnatServerIdentity   *identity = self->identity;
  gboolean                is_whole = TRUE;
  guint32                 watcher = get_watcher (self);

  if (watcher == 0 && message->n_keys > 0)
    {
      watcher = udpnat_watch_table_open (server->watches, udpnat_server_identity_get_id (identity));
      udpnat_server_identity_set_watcher (identity, server, watcher);
    }
  for (guint i = 0; i < message->n_keys; i++)
    {
      UdpnatPublicKey key;

      memcpy (key.bytes, message->keys + i * UDPNAT_KEY_BYTES, UDPNAT_KEY_BYTES);
      if (udpnat_watch_table_add (server->watches, watcher, &key))
        udpnat_server_watch_elsewhere (server, now_us, &key);
      else
        is_whole = FALSE;
    }
  return is_whole;
}

static void
remove_all (UdpnatServerClient       *self,
            const UdpnatWatchMessage *message)
{
  for (guint i = 0; i < message->n_keys; i++)
    {
      UdpnatPublicKey key;

      memcpy (key.bytes, message->keys + i * UDPNAT_KEY_BYTES, UDPNAT_KEY_BYTES);
      udpnat_watch_table_remove (self->server->watches, get_watcher (self), &key);
    }
}

/* Returns: whether it is done. Said too often it changes nothing, and all is told once more. */
static gboolean
apply (UdpnatServerClient       *self,
       gint64                    now_us,
       const UdpnatWatchMessage *message)
{
  UdpnatServerIdentity *identity = self->identity;

  if (message->flags & UDPNAT_WATCH_REMOVE)
    {
      remove_all (self, message);
      return TRUE;
    }
  /* Guests are told of nobody where one has to be invited. */
  if (!udpnat_server_is_member (self->server, udpnat_server_identity_get_key (identity)))
    return TRUE;
  if (!take_keys (self, now_us, message->n_keys))
    {
      udpnat_watch_table_note_all (self->server->watches, get_watcher (self));
      return FALSE;
    }
  if (message->flags & UDPNAT_WATCH_REPLACE)
    udpnat_server_unwatch (identity, self->server);
  return add_all (self, now_us, message);
}

/** udpnat_server_handle_watch: Returns: %FALSE when it breaks the protocol */
gboolean
udpnat_server_handle_watch (UdpnatServerClient      *self,
                            gint64                   now_us,
                            const UdpnatMessageView *message)
{
  UdpnatWatchMessage watch;

  if (!udpnat_parse_watch (message, &watch) || watch.n_keys > UDPNAT_WATCHES_MAX)
    return FALSE;
  self->watched_code = apply (self, now_us, &watch) ? UDPNAT_WATCHED_ALL : UDPNAT_WATCHED_LATER;
  self->is_watched_due = TRUE;
  udpnat_server_tell_watches (self);
  return TRUE;
}
