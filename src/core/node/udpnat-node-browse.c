/* Who is there, at a server that is too large to tell of everybody, or that tells no names
 * (PROTOCOL.md section 7). Contacts are watched then: only then, so that a small server is not told
 * whom one knows. Of the others one learns while one looks: page after page, up to as many as are
 * wanted, and all of that again from time to time. Who is not in it any more is forgotten, unless
 * there is more to them than a line of a list.
 *
 * To search is to look at those whose names begin like that. */

#include "config.h"

#include "udpnat-node-browse.h"

#include "udpnat-node-private.h"

#include "udpnat-name.h"

#include <string.h>

void
udpnat_node_browse_init (UdpnatNode *self)
{
  self->browse.due_us = UDPNAT_TIME_NEVER;
  self->browse.round = 1;
}

void
udpnat_node_browse_clear (UdpnatNode *self)
{
  g_clear_pointer (&self->browse.prefix, g_free);
  g_clear_pointer (&self->browse.after, g_free);
}

static void
set_kind (UdpnatNode *self,
          guint8      kind)
{
  if (self->browse.kind == kind)
    return;
  self->browse.kind = kind;
  udpnat_node_push_event (self, udpnat_node_event_new (UDPNAT_NODE_EVENT_DIRECTORY, NULL, NULL));
}

/* ---- Contacts ---- */

/* Our server knows nothing of whoever is registered at another one that is none of its fleet. */
static gboolean
is_wanted (const UdpnatPeer *peer)
{
  return peer->trust == UDPNAT_TRUST_ACCEPTED
         && (peer->abroad == NULL || peer->abroad->is_fleet)
         && (peer->name == NULL || strchr (peer->name, '@') == NULL);
}

/** udpnat_node_browse_update_watch: @peer has been accepted, or is not any more */
void
udpnat_node_browse_update_watch (UdpnatNode *self,
                                 UdpnatPeer *peer)
{
  gboolean is_watched = self->browse.is_watching && is_wanted (peer);

  if (peer->is_watched != is_watched)
    udpnat_rendezvous_client_watch_key (self->server, &peer->key, is_watched);
  peer->is_watched = is_watched;
}

static gboolean
collect_watched (gpointer key,
                 gpointer value,
                 gpointer user_data)
{
  UdpnatPeer *peer = value;

  peer->is_watched = is_wanted (peer);
  if (peer->is_watched)
    g_array_append_val (user_data, peer->key);
  return FALSE;
}

static gboolean
clear_watched (gpointer key,
               gpointer value,
               gpointer user_data)
{
  ((UdpnatPeer *) value)->is_watched = FALSE;
  return FALSE;
}

static void
set_watching (UdpnatNode *self,
              gint64      now_us,
              gboolean    is_watching)
{
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (UdpnatPublicKey));

  if (self->browse.is_watching == is_watching)
    return;
  self->browse.is_watching = is_watching;
  g_tree_foreach (self->peers, is_watching ? collect_watched : clear_watched, keys);
  udpnat_rendezvous_client_watch_all (self->server, now_us,
                                      (const UdpnatPublicKey *) (gconstpointer) keys->data,
                                      keys->len);
  self->browse.is_watch_told = udpnat_rendezvous_client_count_watched (self->server) == 0;
}

/* ---- Whoever is only a line of a list ---- */

/* Of whom there is nothing to keep: as in udpnat-node-lan.c, but the server has named them. */
static gboolean
is_forgettable (const UdpnatPeer *peer)
{
  static const guint8 never[UDPNAT_TIMESTAMP_BYTES] = { 0 };

  return peer->n_lan_addresses == 0 && peer->conversation == NULL && !peer->is_contact
         && !peer->is_dirty
         && peer->trust == UDPNAT_TRUST_STRANGER && peer->abroad == NULL && !peer->is_guest
         && g_queue_is_empty ((GQueue *) &peer->prekeys)
         && memcmp (peer->last_timestamp, never, sizeof never) == 0;
}

static void
forget (UdpnatNode *self,
        UdpnatPeer *peer)
{
  g_autofree char *folded = peer->name != NULL ? udpnat_name_fold (peer->name) : NULL;
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PEER, &peer->key, peer->name);

  event->is_forgotten = TRUE;
  udpnat_node_push_event (self, event);
  udpnat_node_set_handle (self, peer, NULL, 0);
  if (folded != NULL && g_tree_lookup (self->names, folded) == peer)
    g_tree_remove (self->names, folded);
  g_tree_remove (self->peers, &peer->key);
}

typedef struct
{
  GPtrArray *peers;
  guint32    round; /* 0: none */
} Outdated;

static gboolean
collect_outdated (gpointer key,
                  gpointer value,
                  gpointer user_data)
{
  UdpnatPeer     *peer = value;
  const Outdated *outdated = user_data;

  if (peer->browse_round != 0 && peer->browse_round != outdated->round)
    g_ptr_array_add (outdated->peers, peer);
  return FALSE;
}

/* Whoever was told in an earlier round than @round, and not in that one. */
static void
forget_outdated (UdpnatNode *self,
                 guint32     round)
{
  g_autoptr (GPtrArray) peers = g_ptr_array_new ();
  Outdated outdated = { peers, round };

  g_tree_foreach (self->peers, collect_outdated, &outdated);
  for (guint i = 0; i < peers->len; i++)
    {
      UdpnatPeer *peer = g_ptr_array_index (peers, i);

      peer->browse_round = 0;
      if (is_forgettable (peer))
        forget (self, peer);
      else if (!peer->is_watched && peer->session == NULL)
        {
          peer->presence = UDPNAT_PRESENCE_OFFLINE;
          udpnat_node_push_presence (self, peer);
        }
    }
}

static gboolean
mark_listed (gpointer key,
             gpointer value,
             gpointer user_data)
{
  UdpnatPeer *peer = value;

  if (peer->is_heard && !peer->is_watched && peer->abroad == NULL && !peer->is_guest)
    peer->browse_round = G_MAXUINT32;
  return FALSE;
}

/* ---- Rounds ---- */

static void
ask (UdpnatNode *self,
     gint64      now_us)
{
  UdpnatNodeBrowse *browse = &self->browse;

  browse->due_us = UDPNAT_TIME_NEVER;
  browse->request = udpnat_rendezvous_client_list (self->server, now_us, browse->prefix,
                                                   browse->after != NULL ? browse->after : "");
}

static void
begin_round (UdpnatNode *self,
             gint64      now_us)
{
  UdpnatNodeBrowse *browse = &self->browse;

  browse->round = browse->round % (G_MAXUINT32 - 1) + 1;
  browse->is_round_open = TRUE;
  browse->n_heard = 0;
  g_clear_pointer (&browse->after, g_free);
  ask (self, now_us);
}

static void
push_list_end (UdpnatNode *self)
{
  udpnat_node_push_event (self, udpnat_node_event_new (UDPNAT_NODE_EVENT_LIST_END, NULL, NULL));
}

static void
end_round (UdpnatNode *self,
           gint64      now_us)
{
  UdpnatNodeBrowse *browse = &self->browse;

  browse->is_round_open = FALSE;
  browse->due_us = now_us + UDPNAT_BROWSE_REFRESH_US;
  forget_outdated (self, browse->round);
  push_list_end (self);
}

/** udpnat_node_browse_handle_page: the entries of the page have been told */
void
udpnat_node_browse_handle_page (UdpnatNode                  *self,
                                gint64                       now_us,
                                const UdpnatRendezvousEvent *event)
{
  UdpnatNodeBrowse *browse = &self->browse;

  if (browse->request != event->request)
    return;
  browse->request = 0;
  if (event->code == UDPNAT_PAGE_LATER)
    {
      browse->due_us = now_us + UDPNAT_BROWSE_RETRY_US;
      return;
    }
  browse->has_more = event->code == UDPNAT_PAGE_MORE && event->name != NULL;
  if (event->name != NULL)
    {
      g_free (browse->after);
      browse->after = g_strdup (event->name);
    }
  if (browse->has_more && browse->n_heard < browse->n_wanted)
    ask (self, now_us);
  else
    end_round (self, now_us);
}

/** udpnat_node_browse_note_entry: is in the page */
void
udpnat_node_browse_note_entry (UdpnatNode                 *self,
                               const UdpnatDirectoryEntry *entry)
{
  UdpnatPublicKey key;
  UdpnatPeer *peer;

  memcpy (key.bytes, entry->key, sizeof key.bytes);
  peer = udpnat_node_find_peer (self, &key);
  self->browse.n_heard++;
  if (peer != NULL)
    peer->browse_round = self->browse.round;
}

/** udpnat_node_browse_note_found: @peer was looked up by name: what was said of it holds for a
 * while, unless we are told of it anyway */
void
udpnat_node_browse_note_found (UdpnatNode *self,
                               gint64      now_us,
                               UdpnatPeer *peer)
{
  UdpnatNodeBrowse *browse = &self->browse;

  if (peer->is_watched || peer->abroad != NULL || browse->kind == UDPNAT_DIRECTORY_UNKNOWN
      || browse->kind == UDPNAT_DIRECTORY_WHOLE)
    return;
  peer->browse_round = browse->round;
  if (browse->due_us == UDPNAT_TIME_NEVER && browse->request == 0)
    browse->due_us = now_us + UDPNAT_BROWSE_LINGER_US;
}

/**
 * udpnat_node_browse:
 * @prefix: UTF-8: how the names begin; "" for all
 * @n_wanted: how many to look at; at most UDPNAT_BROWSE_MAX
 *
 * Somebody looks at the directory from now on. Where it is told in pages, these are fetched and
 * kept up to date; LIST_END tells each time that they have been. Otherwise nothing happens.
 */
void
udpnat_node_browse (UdpnatNode *self,
                    gint64      now_us,
                    const char *prefix,
                    guint       n_wanted)
{
  UdpnatNodeBrowse *browse = &self->browse;
  gboolean is_same = g_strcmp0 (browse->prefix, prefix) == 0;

  if (!is_same)
    {
      g_free (browse->prefix);
      browse->prefix = g_strdup (prefix);
    }
  browse->n_wanted = MIN (n_wanted, UDPNAT_BROWSE_MAX);
  if (browse->kind != UDPNAT_DIRECTORY_PAGED || (is_same && browse->is_round_open))
    return;
  if (!is_same)
    begin_round (self, now_us);
  else if (browse->has_more && browse->n_heard < browse->n_wanted)
    {
      browse->is_round_open = TRUE;
      ask (self, now_us);
    }
}

/** udpnat_node_stop_browsing: nobody looks any more; whom one saw is kept in mind for a while */
void
udpnat_node_stop_browsing (UdpnatNode *self,
                           gint64      now_us)
{
  UdpnatNodeBrowse *browse = &self->browse;

  if (browse->prefix == NULL)
    return;
  g_clear_pointer (&browse->prefix, g_free);
  browse->is_round_open = browse->has_more = FALSE;
  browse->request = 0;
  browse->due_us = now_us + UDPNAT_BROWSE_LINGER_US;
}

/** udpnat_node_get_directory: Returns: a #UdpnatDirectoryKind: how the server tells who is there;
 * @out_has_more: (out) (optional): whether there are more names than were looked at */
guint8
udpnat_node_get_directory (const UdpnatNode *self,
                           gboolean         *out_has_more)
{
  if (out_has_more != NULL)
    *out_has_more = self->browse.has_more;
  return self->browse.kind;
}

gint64
udpnat_node_browse_next_deadline (const UdpnatNode *self)
{
  return self->browse.due_us;
}

void
udpnat_node_browse_handle_deadline (UdpnatNode *self,
                                    gint64      now_us)
{
  UdpnatNodeBrowse *browse = &self->browse;

  browse->due_us = UDPNAT_TIME_NEVER;
  if (browse->prefix == NULL || browse->kind != UDPNAT_DIRECTORY_PAGED)
    forget_outdated (self, 0);
  else if (browse->is_round_open)
    ask (self, now_us);
  else
    begin_round (self, now_us);
}

/* ---- What the server says ---- */

/* When all is told that is told unasked: who has not been named is not there. */
static void
end_list (UdpnatNode *self)
{
  UdpnatNodeBrowse *browse = &self->browse;

  if (browse->is_told || !browse->is_list_told || !browse->is_watch_told)
    return;
  browse->is_told = TRUE;
  udpnat_node_notice_absence (self);
  udpnat_node_end_list_wait (self);
  if (browse->kind != UDPNAT_DIRECTORY_PAGED || browse->prefix == NULL)
    push_list_end (self);
}

/** udpnat_node_browse_reset: another server: it is not told whom we know before it has to be */
void
udpnat_node_browse_reset (UdpnatNode *self,
                          gint64      now_us)
{
  set_watching (self, now_us, FALSE);
  self->browse.has_more = self->browse.is_round_open = FALSE;
  self->browse.request = 0;
  set_kind (self, UDPNAT_DIRECTORY_UNKNOWN);
}

void
udpnat_node_browse_note_connected (UdpnatNode *self)
{
  UdpnatNodeBrowse *browse = &self->browse;

  browse->is_list_told = browse->is_told = FALSE;
  browse->is_watch_told = udpnat_rendezvous_client_count_watched (self->server) == 0;
}

/** udpnat_node_browse_note_whole: everybody has been told */
void
udpnat_node_browse_note_whole (UdpnatNode *self,
                               gint64      now_us)
{
  set_watching (self, now_us, FALSE);
  self->browse.is_list_told = self->browse.is_watch_told = TRUE;
  self->browse.has_more = FALSE;
  set_kind (self, UDPNAT_DIRECTORY_WHOLE);
  end_list (self);
}

/** udpnat_node_browse_note_directory: everybody is not told, or not any more */
void
udpnat_node_browse_note_directory (UdpnatNode *self,
                                   gint64      now_us,
                                   guint8      kind)
{
  UdpnatNodeBrowse *browse = &self->browse;

  if (kind != UDPNAT_DIRECTORY_PAGED)
    kind = UDPNAT_DIRECTORY_PRIVATE; /* whatever it is, there is nothing to look at */
  set_watching (self, now_us, TRUE);
  if (browse->is_told && browse->kind == UDPNAT_DIRECTORY_WHOLE)
    g_tree_foreach (self->peers, mark_listed, NULL);
  browse->is_list_told = TRUE;
  set_kind (self, kind);
  if (kind == UDPNAT_DIRECTORY_PAGED && browse->prefix != NULL)
    begin_round (self, now_us);
  else
    forget_outdated (self, 0);
  end_list (self);
}

/** udpnat_node_browse_note_watched: all of those whom we watch have been told */
void
udpnat_node_browse_note_watched (UdpnatNode *self)
{
  self->browse.is_watch_told = TRUE;
  end_list (self);
}
