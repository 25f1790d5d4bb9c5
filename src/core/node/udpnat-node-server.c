/* What the server says: who is there, what it carries from others, how it takes our wishes. */

#include "config.h"

#include "udpnat-node-fleet-private.h"
#include "udpnat-node-private.h"

#include <string.h>

#include "udpnat-frame.h"

/* Of whoever is there, and has no handle: registered at another server of the fleet. If we are a
 * guest there already, that is where they are reached. */
static void
handle_elsewhere (UdpnatNode *self,
                  gint64      now_us,
                  UdpnatPeer *peer,
                  gboolean    is_new)
{
  if (peer->abroad == NULL || !peer->abroad->is_fleet)
    {
      udpnat_peer_handle_online (peer, now_us, NULL, 0);
      peer->is_guest = FALSE;
      peer->abroad = NULL;
    }
  if (is_new)
    udpnat_peer_hurry (peer, now_us);
}

static void
handle_entry (UdpnatNode                 *self,
              gint64                      now_us,
              const UdpnatDirectoryEntry *entry)
{
  UdpnatPublicKey key;
  UdpnatPeer *peer;
  gboolean is_new;

  memcpy (key.bytes, entry->key, sizeof key.bytes);
  peer = udpnat_node_ensure_peer (self, &key);
  if (peer == NULL)
    return;
  udpnat_node_name_peer (self, peer, entry->name);
  udpnat_node_flush_lookups (self);
  is_new = peer->presence == UDPNAT_PRESENCE_OFFLINE;
  peer->presence = entry->presence;
  if (entry->presence != UDPNAT_PRESENCE_OFFLINE && entry->handle == 0)
    handle_elsewhere (self, now_us, peer, is_new);
  else
    {
      if (entry->presence != UDPNAT_PRESENCE_OFFLINE)
        udpnat_peer_handle_online (peer, now_us, NULL, entry->handle);
      else
        udpnat_node_set_handle (self, peer, NULL, 0);
      peer->is_guest = FALSE;
      peer->abroad = NULL;
    }
  peer->is_heard = TRUE;
  udpnat_node_browse_update_watch (self, peer);
  udpnat_node_push_presence (self, peer);
}

/** udpnat_node_handle_relayed: @abroad: (nullable): the server that sent it on; %NULL: our own */
void
udpnat_node_handle_relayed (UdpnatNode                  *self,
                            gint64                       now_us,
                            UdpnatAbroad                *abroad,
                            const UdpnatRendezvousEvent *event)
{
  UdpnatRoute route = { .is_relayed = TRUE, .abroad = abroad, .handle = event->handle };

  udpnat_node_handle_peer_packet (self, now_us, &route, event->name, event->data, event->n_data);
}

/** udpnat_node_handle_relay_failed: @abroad: (nullable): as above; @rate_kib: of code QUOTA */
void
udpnat_node_handle_relay_failed (UdpnatNode   *self,
                                 gint64        now_us,
                                 UdpnatAbroad *abroad,
                                 guint32       handle,
                                 guint8        code,
                                 guint32       rate_kib)
{
  GHashTable *handles = abroad != NULL ? abroad->handles : self->handles;
  UdpnatPeer *peer = g_hash_table_lookup (handles, GUINT_TO_POINTER (handle));

  if (peer == NULL)
    return;
  if (code == UDPNAT_RELAY_FAIL_QUOTA)
    {
      udpnat_peer_handle_quota (peer, rate_kib);
      return;
    }
  udpnat_node_set_handle (self, peer, NULL, 0); /* from now on by key, until it is known again */
  udpnat_peer_hurry (peer, now_us);
}

/** udpnat_node_handle_dial_failed: the server where @key is registered says that it is not there */
void
udpnat_node_handle_dial_failed (UdpnatNode            *self,
                                gint64                 now_us,
                                const UdpnatPublicKey *key,
                                guint8                 code)
{
  UdpnatPeer *peer = udpnat_node_find_peer (self, key);

  if (peer != NULL && code != UDPNAT_RELAY_FAIL_QUOTA)
    {
      peer->presence = UDPNAT_PRESENCE_OFFLINE;
      udpnat_peer_handle_dial_failed (peer, now_us);
    }
}

static void
handle_lookup_result (UdpnatNode                  *self,
                      gint64                       now_us,
                      const UdpnatRendezvousEvent *event)
{
  UdpnatPeer *peer = NULL;
  const char *code = "unknown-peer";

  if (event->type == UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT)
    code = "no-server";
  else if (event->found)
    {
      UdpnatPublicKey key;

      memcpy (key.bytes, event->entry.key, sizeof key.bytes);
      if (udpnat_public_key_equal (&key, udpnat_identity_get_public_key (self->identity)))
        code = "self";
      else
        {
          handle_entry (self, now_us, &event->entry);
          peer = udpnat_node_find_peer (self, &key);
          code = "too-many";
          if (peer != NULL)
            udpnat_node_browse_note_found (self, now_us, peer);
        }
    }
  else if (event->code == UDPNAT_LOOKUP_TRY_LATER)
    code = "lookup-later";
  udpnat_node_finish_lookup (self, NULL, event->request, peer, code);
}

static void
handle_registered (UdpnatNode                  *self,
                   gint64                       now_us,
                   const UdpnatRendezvousEvent *event)
{
  UdpnatNodeEvent *happened = udpnat_node_event_new (UDPNAT_NODE_EVENT_REGISTERED, NULL,
                                                     event->name);

  happened->address = event->observed;
  udpnat_node_push_event (self, happened);
  self->are_passes_dirty = TRUE;
  udpnat_node_tell_passes (self, now_us);
  for (guint i = 0; i < self->active->len; i++)
    udpnat_peer_hurry (g_ptr_array_index (self->active, i), now_us);
}

static const char *
refusal_to_code (guint8 code)
{
  switch (code)
    {
    case UDPNAT_REFUSED_NAME_TAKEN:
      return "name-taken";
    case UDPNAT_REFUSED_NAME_NOT_ALLOWED:
      return "name-not-allowed";
    case UDPNAT_REFUSED_TRY_LATER:
      return "try-later";
    case UDPNAT_REFUSED_FULL:
      return "server-full";
    case UDPNAT_REFUSED_NOT_INVITED:
      return "not-invited";
    case UDPNAT_REFUSED_INVITATION_INVALID:
      return "invitation-invalid";
    case UDPNAT_REFUSED_NAME_BLOCKED:
      return "name-blocked";
    case UDPNAT_REFUSED_KEY_BLOCKED:
      return "server-blocked";
    default:
      return "refused";
    }
}

/* Returns: (nullable): %NULL when the server is there, and does not want us */
static const char *
loss_to_code (UdpnatRendezvousLostReason reason)
{
  switch (reason)
    {
    case UDPNAT_RENDEZVOUS_LOST_NO_ANSWER:
      return "no-answer";
    case UDPNAT_RENDEZVOUS_LOST_RESTARTING:
      return "restarting";
    case UDPNAT_RENDEZVOUS_LOST_UNKNOWN:
    case UDPNAT_RENDEZVOUS_LOST_REPLACED:
    case UDPNAT_RENDEZVOUS_LOST_CLOSED:
      return NULL;
    }
  g_assert_not_reached ();
}

static void
push_server_event (UdpnatNode                  *self,
                   UdpnatNodeEventType          type,
                   const UdpnatRendezvousEvent *event)
{
  UdpnatNodeEvent *happened = udpnat_node_event_new (type, &event->key, event->name);

  if (type == UDPNAT_NODE_EVENT_REFUSED)
    happened->code = refusal_to_code (event->code);
  else if (type == UDPNAT_NODE_EVENT_SERVER_LOST)
    happened->code = loss_to_code (event->reason);
  udpnat_node_push_event (self, happened);
}

static void
note_reflexive (UdpnatNode *self,
                gint64      now_us)
{
  udpnat_node_refresh_candidates (self);
  udpnat_node_plan_nat_test (self, now_us);
  udpnat_node_plan_mapping_check (self, now_us);
}

/* The server is reached, or by another way than before. */
static void
note_route (UdpnatNode *self,
            gint64      now_us)
{
  udpnat_node_abroad_note_home (self, now_us);
  note_reflexive (self, now_us);
  for (guint i = 0; i < self->active->len; i++)
    udpnat_peer_handle_route (g_ptr_array_index (self->active, i), now_us);
}

/* Of what it carries for us. */
static void
handle_packet_event (UdpnatNode                  *self,
                     gint64                       now_us,
                     const UdpnatRendezvousEvent *event)
{
  if (event->type == UDPNAT_RENDEZVOUS_EVENT_RELAYED)
    udpnat_node_handle_relayed (self, now_us, NULL, event);
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED)
    udpnat_node_handle_relay_failed (self, now_us, NULL, event->handle, event->code,
                                     event->rate_kib);
  else
    udpnat_node_handle_dial_failed (self, now_us, &event->key, event->code);
}

static void
handle_directory_event (UdpnatNode                  *self,
                        gint64                       now_us,
                        const UdpnatRendezvousEvent *event)
{
  if (event->type == UDPNAT_RENDEZVOUS_EVENT_LIST_END)
    udpnat_node_browse_note_whole (self, now_us);
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_WATCHED)
    udpnat_node_browse_note_watched (self);
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_DIRECTORY)
    udpnat_node_browse_note_directory (self, now_us, event->code);
  else if (event->type == UDPNAT_RENDEZVOUS_EVENT_PAGE)
    udpnat_node_browse_handle_page (self, now_us, event);
  else
    {
      handle_entry (self, now_us, &event->entry);
      if (event->is_paged)
        udpnat_node_browse_note_entry (self, &event->entry);
    }
}

static void
handle_server_event (UdpnatNode                  *self,
                     gint64                       now_us,
                     const UdpnatRendezvousEvent *event)
{
  switch (event->type)
    {
    case UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY:
      push_server_event (self, UDPNAT_NODE_EVENT_SERVER_KEY, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH:
      push_server_event (self, UDPNAT_NODE_EVENT_SERVER_CHANGED, event);
      udpnat_node_end_list_wait (self);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_CONNECTED:
      udpnat_node_forget_presence (self, event->is_continued);
      udpnat_node_browse_note_connected (self);
      G_GNUC_FALLTHROUGH;
    case UDPNAT_RENDEZVOUS_EVENT_ROUTE:
      note_route (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_REGISTERED:
      handle_registered (self, now_us, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_REFUSED:
      push_server_event (self, UDPNAT_NODE_EVENT_REFUSED, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED:
      push_server_event (self, UDPNAT_NODE_EVENT_UNREGISTERED, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_LOST:
      push_server_event (self, UDPNAT_NODE_EVENT_SERVER_LOST, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_REPLACED:
      push_server_event (self, UDPNAT_NODE_EVENT_SERVER_REPLACED, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_MAIL:
      udpnat_node_handle_mail (self, now_us, NULL, event->number, event->data, event->n_data);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT:
      udpnat_node_handle_mail_result (self, now_us, self->server, event->request, event->code);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER:
      push_server_event (self, UDPNAT_NODE_EVENT_SERVER_SILENT, event);
      udpnat_node_end_list_wait (self);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_PEER:
    case UDPNAT_RENDEZVOUS_EVENT_LIST_END:
    case UDPNAT_RENDEZVOUS_EVENT_WATCHED:
    case UDPNAT_RENDEZVOUS_EVENT_DIRECTORY:
    case UDPNAT_RENDEZVOUS_EVENT_PAGE:
      handle_directory_event (self, now_us, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT:
    case UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT:
      handle_lookup_result (self, now_us, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_RELAYED:
    case UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED:
    case UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED:
      handle_packet_event (self, now_us, event);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE:
      note_reflexive (self, now_us);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_ATTESTATION:
      udpnat_node_handle_attestation (self, now_us, &event->attestation);
      break;
    case UDPNAT_RENDEZVOUS_EVENT_NODE:
    case UDPNAT_RENDEZVOUS_EVENT_MOVE:
    case UDPNAT_RENDEZVOUS_EVENT_LOCATED:
    case UDPNAT_RENDEZVOUS_EVENT_MAIL_AT:
      udpnat_node_handle_fleet_event (self, now_us, event);
      break;
    }
}

/** udpnat_node_follow_server: draws the consequences of what the server has said */
void
udpnat_node_follow_server (UdpnatNode *self,
                           gint64      now_us)
{
  UdpnatRendezvousEvent event;

  while (udpnat_rendezvous_client_pop_event (self->server, &event))
    handle_server_event (self, now_us, &event);
}
