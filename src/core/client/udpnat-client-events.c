/* What the node tells. */

#include "config.h"

#include "udpnat-client-private.h"

static void
handle_registered (UdpnatClient          *self,
                   const UdpnatNodeEvent *event)
{
  char address[UDPNAT_ADDRESS_TEXT_BYTES];

  udpnat_client_note_arrival (self);
  udpnat_client_take_name (self, event->name);
  udpnat_store_set_setting (self->store, "name", event->name);
  udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  udpnat_client_drop_invitation (self);
  udpnat_client_update_mapping (self);
  udpnat_client_retell_address (self);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_REGISTERED, event->name,
                      udpnat_address_to_string (&event->address, address));
}

static void
handle_path (UdpnatClient          *self,
             const UdpnatNodeEvent *event)
{
  UdpnatPerson *person = udpnat_client_ensure_person (self, &event->key, event->name);

  udpnat_person_set_path (person, event->kind, &event->address, event->rtt_us, event->reason);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_PATH_CHANGED, person);
}

/** udpnat_client_tell_server_changed: it has @key, which is not its own as far as we know */
void
udpnat_client_tell_server_changed (UdpnatClient          *self,
                                   const UdpnatPublicKey *key)
{
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  udpnat_public_key_to_string (key, key_text);
  udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_KEY_CHANGED, key_text);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_SERVER_CHANGED, key_text);
}

static void
handle_server_changed (UdpnatClient          *self,
                       const UdpnatNodeEvent *event)
{
  if (!udpnat_client_take_fleet_key (self, &event->key))
    udpnat_client_tell_server_changed (self, &event->key);
}

/* The first talk with somebody: the pair of name and key is remembered for good. */
static void
handle_contact (UdpnatClient          *self,
                const UdpnatNodeEvent *event)
{
  UdpnatPerson *person = udpnat_client_ensure_person (self, &event->key, event->name);
  UdpnatContact *contact = udpnat_contact_copy (udpnat_person_get_contact (person));

  g_free (contact->name);
  contact->name = g_strdup (event->name);
  udpnat_client_save_contact (self, person, contact);
}

static void
handle_resumed (UdpnatClient          *self,
                const UdpnatNodeEvent *event)
{
  udpnat_store_clear_refused (self->store, &event->key);
}

static void
handle_mail_refused (UdpnatClient          *self,
                     const UdpnatNodeEvent *event)
{
  UdpnatPerson *person = udpnat_client_ensure_person (self, &event->key, event->name);

  udpnat_person_set_wait_reason (person, event->code);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_MAIL_REFUSED, person, event->code);
}

static void
handle_sent (UdpnatClient          *self,
             const UdpnatNodeEvent *event)
{
  udpnat_client_note_state (self, event, UDPNAT_ITEM_STATE_SENT);
}

static void
handle_stored (UdpnatClient          *self,
               const UdpnatNodeEvent *event)
{
  udpnat_client_note_state (self, event, UDPNAT_ITEM_STATE_STORED);
  udpnat_client_note_file_stored (self, event);
}

static void
handle_delivered (UdpnatClient          *self,
                  const UdpnatNodeEvent *event)
{
  udpnat_client_note_state (self, event, UDPNAT_ITEM_STATE_DELIVERED);
}

static void
handle_typing (UdpnatClient          *self,
               const UdpnatNodeEvent *event)
{
  udpnat_person_set_typing (udpnat_client_ensure_person (self, &event->key, event->name),
                            event->is_typing);
}

static void
handle_unreachable (UdpnatClient          *self,
                    const UdpnatNodeEvent *event)
{
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_PERSON_UNREACHABLE,
                      udpnat_client_ensure_person (self, &event->key, event->name));
}

static void
handle_timestamp (UdpnatClient          *self,
                  const UdpnatNodeEvent *event)
{
  udpnat_store_set_timestamp (self->store, &event->key, event->timestamp);
}

static void
handle_refused (UdpnatClient          *self,
                const UdpnatNodeEvent *event)
{
  if (g_strcmp0 (event->code, "invitation-invalid") == 0)
    udpnat_client_drop_invitation (self);
  udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_REFUSED, event->code);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_REFUSED, event->name, event->code);
}

static void
handle_server_key (UdpnatClient          *self,
                   const UdpnatNodeEvent *event)
{
  udpnat_client_remember_server (self, &event->key);
}

/* A fact without anything to it. */
static void
tell (UdpnatClient          *self,
      const UdpnatNodeEvent *event)
{
  switch ((int) event->base.type)
    {
    case UDPNAT_NODE_EVENT_SERVER_SILENT:
      if (udpnat_client_try_next_server (self))
        break;
      udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_SILENT, NULL);
      udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_SERVER_SILENT);
      break;
    case UDPNAT_NODE_EVENT_SERVER_LOST:
      udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_LOST, NULL);
      udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_SERVER_LOST);
      if (event->code != NULL)
        (void) udpnat_client_try_next_server (self);
      break;
    case UDPNAT_NODE_EVENT_SERVER_REPLACED:
      udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_REPLACED, NULL);
      udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_SERVER_REPLACED);
      break;
    case UDPNAT_NODE_EVENT_UNREGISTERED:
      udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_LOGGED_OUT, NULL);
      udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_UNREGISTERED);
      break;
    case UDPNAT_NODE_EVENT_LIST_END:
      udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_DIRECTORY_COMPLETE);
      break;
    case UDPNAT_NODE_EVENT_DIRECTORY:
      udpnat_client_notify_directory (self);
      break;
    default:
      g_return_if_reached ();
    }
}

typedef void (*EventFunc) (UdpnatClient          *self,
                           const UdpnatNodeEvent *event);

static const EventFunc handlers[] = {
  [UDPNAT_NODE_EVENT_SERVER_KEY] = handle_server_key,
  [UDPNAT_NODE_EVENT_SERVER_CHANGED] = handle_server_changed,
  [UDPNAT_NODE_EVENT_SERVER_SILENT] = tell,
  [UDPNAT_NODE_EVENT_SERVER_LOST] = tell,
  [UDPNAT_NODE_EVENT_SERVER_REPLACED] = tell,
  [UDPNAT_NODE_EVENT_REGISTERED] = handle_registered,
  [UDPNAT_NODE_EVENT_REFUSED] = handle_refused,
  [UDPNAT_NODE_EVENT_UNREGISTERED] = tell,
  [UDPNAT_NODE_EVENT_PEER] = udpnat_client_handle_presence,
  [UDPNAT_NODE_EVENT_LIST_END] = tell,
  [UDPNAT_NODE_EVENT_DIRECTORY] = tell,
  [UDPNAT_NODE_EVENT_LOOKED_UP] = udpnat_client_handle_found,
  [UDPNAT_NODE_EVENT_CONTACT] = handle_contact,
  [UDPNAT_NODE_EVENT_KEY_CHANGED] = udpnat_client_handle_new_key,
  [UDPNAT_NODE_EVENT_ITEM] = udpnat_client_receive,
  [UDPNAT_NODE_EVENT_FILE] = udpnat_client_handle_file,
  [UDPNAT_NODE_EVENT_SENT] = handle_sent,
  [UDPNAT_NODE_EVENT_STORED] = handle_stored,
  [UDPNAT_NODE_EVENT_DELIVERED] = handle_delivered,
  [UDPNAT_NODE_EVENT_READ] = udpnat_client_note_read,
  [UDPNAT_NODE_EVENT_TYPING] = handle_typing,
  [UDPNAT_NODE_EVENT_RESUMED] = handle_resumed,
  [UDPNAT_NODE_EVENT_MAIL_REFUSED] = handle_mail_refused,
  [UDPNAT_NODE_EVENT_PATH] = handle_path,
  [UDPNAT_NODE_EVENT_UNREACHABLE] = handle_unreachable,
  [UDPNAT_NODE_EVENT_TIMESTAMP] = handle_timestamp,
  [UDPNAT_NODE_EVENT_PREKEY_TAKEN] = udpnat_client_handle_prekey_taken,
  [UDPNAT_NODE_EVENT_PREKEY_USED] = udpnat_client_handle_prekey_used,
  [UDPNAT_NODE_EVENT_PORT_REFUTED] = udpnat_client_handle_port_refuted,
  [UDPNAT_NODE_EVENT_ABROAD_WANTED] = udpnat_client_handle_abroad_wanted,
  [UDPNAT_NODE_EVENT_ABROAD_KEY] = udpnat_client_handle_abroad_key,
  [UDPNAT_NODE_EVENT_ABROAD_CHANGED] = udpnat_client_handle_abroad_changed,
  [UDPNAT_NODE_EVENT_SERVER_NODE] = udpnat_client_handle_server_node,
  [UDPNAT_NODE_EVENT_SERVER_MOVED] = udpnat_client_handle_server_moved,
};

/**
 * udpnat_client_handle_events:
 * @n_max: how many
 *
 * What has happened in the node, in order. What is to be remembered of it is one transaction, and
 * on its way to the disk at the end.
 *
 * Returns: how many events there were, at most @n_max
 */
guint
udpnat_client_handle_events (UdpnatClient *self,
                             guint         n_max)
{
  UdpnatMachine *machine = udpnat_node_get_machine (self->node);
  UdpnatEvent *event;
  guint n_events = 0;

  while (n_events < n_max && (event = udpnat_machine_pop_event (machine)) != NULL)
    {
      handlers[event->type] (self, (UdpnatNodeEvent *) event);
      udpnat_event_free (event);
      n_events++;
    }
  udpnat_store_begin (self->store);
  return n_events;
}
