/* What is said. On the way out it is on disk before the node has it; on the way in the node may
 * confirm it only when it is on disk. So whatever happens to this program, nothing that anybody was
 * told of is lost, and nothing comes twice: the disk knows what it has. */

#include "config.h"

#include "udpnat-client-private.h"

#include <glib/gi18n-lib.h>

#include "udpnat-clock.h"
#include "udpnat-limits.h"
#include "udpnat-system-random.h"

/* What waits for the disk, with what is to be done then. */
typedef struct
{
  UdpnatClient   *client; /* borrowed: outlives the store, which answers before it ends */
  UdpnatPerson   *person; /* owned */
  UdpnatItem     *item;   /* owned, nullable */
  UdpnatMessageId id;
  gint64          elapsed_us;
  UdpnatItemState state;
  gint64          number; /* of a line that is deleted here */
  gboolean        introduces; /* the person is a contact by it */
} Pending;

static Pending *
pending_new (UdpnatClient *self,
             UdpnatPerson *person)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->client = self;
  pending->person = g_object_ref (person);
  self->n_pending++;
  return pending;
}

static void
pending_free (Pending *pending)
{
  pending->client->n_pending--;
  g_object_unref (pending->person);
  udpnat_item_free (pending->item);
  g_free (pending);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pending, pending_free)

/** udpnat_client_make_id: a name for something new */
UdpnatMessageId
udpnat_client_make_id (void)
{
  UdpnatRandom random = udpnat_system_random ();
  UdpnatMessageId id;

  udpnat_random_fill (&random, id.bytes, sizeof id.bytes);
  return id;
}

static void
fail_to_save (Pending *pending)
{
  udpnat_client_emit (pending->client, UDPNAT_CLIENT_SIGNAL_SAVE_FAILED, pending->person,
                      udpnat_store_is_damaged (pending->client->store));
}

/* A new line is the newest; a changed one may be. */
static void
tell_line (UdpnatClient       *self,
           UdpnatClientSignal  signal,
           UdpnatPerson       *person,
           UdpnatHistoryItem  *line)
{
  UdpnatHistoryItem *last = udpnat_person_get_last_line (person);

  if (signal == UDPNAT_CLIENT_SIGNAL_ITEM_ADDED ||
      (last != NULL &&
       udpnat_history_item_get_number (last) == udpnat_history_item_get_number (line)))
    udpnat_person_set_last_line (person, line);
  udpnat_client_emit (self, signal, person, line);
}

/* ---- Out ---- */

static void
restore_item (const UdpnatPublicKey *key,
              const UdpnatItem      *item,
              UdpnatItemState        state,
              gpointer               user_data)
{
  UdpnatClient *self = user_data;
  UdpnatPerson *person = udpnat_client_ensure_person (self, key, NULL);

  /* For others it stays on disk until the user decides anew. */
  if (udpnat_person_is_contact (person) &&
      !udpnat_node_send (self->node, udpnat_clock_get_now_us (), key, item,
                         state == UDPNAT_ITEM_STATE_STORED))
    g_debug ("something in the outbox waits for the next start");
}

/** udpnat_client_restore_outbox: at the start: hands over everything that has no receipt */
void
udpnat_client_restore_outbox (UdpnatClient *self)
{
  udpnat_store_foreach_outbox (self->store, restore_item, self);
}

typedef struct
{
  UdpnatClient *client;
  UdpnatPerson *person;
} Restoration;

static void
restore_item_of (const UdpnatPublicKey *key,
                 const UdpnatItem      *item,
                 UdpnatItemState        state,
                 gpointer               user_data)
{
  Restoration *restoration = user_data;

  if (udpnat_public_key_equal (key, udpnat_person_get_key (restoration->person)))
    restore_item (key, item, state, restoration->client);
}

/** udpnat_client_restore_waiting: the node has forgotten what waits for @person */
void
udpnat_client_restore_waiting (UdpnatClient *self,
                               UdpnatPerson *person)
{
  Restoration restoration = { self, person };

  udpnat_store_foreach_outbox (self->store, restore_item_of, &restoration);
}

static void
put_cb (UdpnatHistoryItem *line,
        gboolean           is_saved,
        gpointer           user_data)
{
  g_autoptr (Pending) pending = user_data;
  UdpnatClient *self = pending->client;

  if (!is_saved)
    fail_to_save (pending);
  else
    udpnat_client_tell_put (self, pending->person, pending->item, line);
}

/** udpnat_client_tell_put: @item: something of ours, which is on disk now: it may leave. @line:
 * (nullable): what is new or has changed by it */
void
udpnat_client_tell_put (UdpnatClient      *self,
                        UdpnatPerson      *person,
                        const UdpnatItem  *item,
                        UdpnatHistoryItem *line)
{
  if (person != self->me &&
      !udpnat_node_send (self->node, udpnat_clock_get_now_us (), udpnat_person_get_key (person),
                         item, FALSE))
    g_debug ("something in the outbox waits for the next start");
  udpnat_client_wake (self);
  if (line == NULL)
    return;
  if (item->type == UDPNAT_ITEM_DELETE)
    udpnat_client_forget_file (self, udpnat_history_item_get_number (line));
  udpnat_client_reload_person (self, person);
  tell_line (self, udpnat_item_is_shown (item) ? UDPNAT_CLIENT_SIGNAL_ITEM_ADDED
                                               : UDPNAT_CLIENT_SIGNAL_ITEM_CHANGED,
             person, line);
}

/**
 * udpnat_client_put:
 * @item: (transfer full): to be said to @person, who is a contact or ourselves
 * @secrets: (array length=n_secrets): of a PREKEYS item: what is to be kept with it
 */
void
udpnat_client_put (UdpnatClient       *self,
                   UdpnatPerson       *person,
                   UdpnatItem         *item,
                   const UdpnatPrekey *secrets,
                   guint               n_secrets)
{
  Pending *pending = pending_new (self, person);

  pending->item = item;
  udpnat_node_set_wall_clock (self->node, udpnat_clock_get_now_us (), udpnat_clock_get_wall_us ());
  udpnat_store_add_outgoing (self->store, udpnat_person_get_key (person), item, secrets, n_secrets,
                             put_cb, pending);
}

static gboolean
check_text (const char  *text,
            GError     **error)
{
  gsize n_text = strlen (text);

  if (n_text >= 1 && n_text <= UDPNAT_TEXT_MAX_BYTES && g_utf8_validate_len (text, n_text, NULL))
    return TRUE;
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
               _("Not sent. A text is 1 to %d bytes of UTF-8; size of this one: %lu."),
               UDPNAT_TEXT_MAX_BYTES, (gulong) n_text);
  return FALSE;
}

static gboolean
check_person (UdpnatClient  *self,
              UdpnatPerson  *person,
              GError       **error)
{
  if (person == self->me || udpnat_client_take_in (self, person))
    return TRUE;
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_BLOCKED,
               /* Translators: %s is a person */
               _("Not sent. You have blocked %s; unblock them first."),
               udpnat_person_get_title (person));
  return FALSE;
}

/**
 * udpnat_client_send:
 * @person: who becomes a contact by it
 * @quoted: (nullable): a line of the same conversation that this answers
 * @out_id: (out) (optional) (transfer full): the message's id
 * @error: %UDPNAT_ERROR_INVALID or _BLOCKED
 *
 * "item-added" follows as soon as it is on disk, or "save-failed".
 */
gboolean
udpnat_client_send (UdpnatClient       *self,
                    UdpnatPerson       *person,
                    const char         *text,
                    UdpnatHistoryItem  *quoted,
                    char              **out_id,
                    GError            **error)
{
  UdpnatMessageId id = udpnat_client_make_id ();
  char id_text[UDPNAT_MESSAGE_ID_TEXT_BYTES];
  UdpnatItem *item;

  if (!check_text (text, error) || !check_person (self, person, error))
    return FALSE;
  item = quoted == NULL
           ? udpnat_item_new_text (&id, udpnat_clock_get_wall_us (), text)
           : udpnat_item_new_on (UDPNAT_ITEM_REPLY, &id, udpnat_clock_get_wall_us (),
                                 udpnat_history_item_get_id (quoted), text);
  udpnat_client_put (self, person, item, NULL, 0);
  if (out_id != NULL)
    *out_id = g_strdup (udpnat_message_id_to_string (&id, id_text));
  return TRUE;
}

static void
put_on (UdpnatClient      *self,
        UdpnatHistoryItem *line,
        UdpnatItemType     type,
        const char        *text)
{
  UdpnatMessageId id = udpnat_client_make_id ();
  UdpnatItem *item = udpnat_item_new_on (type, &id, udpnat_clock_get_wall_us (),
                                         udpnat_history_item_get_id (line), text);

  udpnat_client_put (self, udpnat_client_get_person_of (self, line), item, NULL, 0);
}

static gboolean
check_line (UdpnatClient       *self,
            UdpnatHistoryItem  *line,
            gboolean            must_be_ours,
            GError            **error)
{
  if (must_be_ours && !udpnat_history_item_is_outgoing (line))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   _("Only one's own messages can be changed or deleted for both."));
      return FALSE;
    }
  if (udpnat_history_item_is_deleted (line))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID, _("That message is deleted."));
      return FALSE;
    }
  return check_person (self, udpnat_client_get_person_of (self, line), error);
}

/**
 * udpnat_client_edit:
 * @line: of ours
 * @text: what it says from now on, at both sides
 * @error: %UDPNAT_ERROR_INVALID or _BLOCKED
 */
gboolean
udpnat_client_edit (UdpnatClient       *self,
                    UdpnatHistoryItem  *line,
                    const char         *text,
                    GError            **error)
{
  if (!check_line (self, line, TRUE, error) || !check_text (text, error))
    return FALSE;
  put_on (self, line, UDPNAT_ITEM_EDIT, text);
  return TRUE;
}

/**
 * udpnat_client_react:
 * @line: of either side
 * @sign: an emoji, or "" to take it back
 * @error: %UDPNAT_ERROR_INVALID or _BLOCKED
 */
gboolean
udpnat_client_react (UdpnatClient       *self,
                     UdpnatHistoryItem  *line,
                     const char         *sign,
                     GError            **error)
{
  if (strlen (sign) > UDPNAT_REACTION_MAX_BYTES || !g_utf8_validate (sign, -1, NULL))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   g_dngettext (GETTEXT_PACKAGE, "A reaction is one emoji, of at most %d bytes.",
                                "A reaction is one emoji, of at most %d bytes.",
                                UDPNAT_REACTION_MAX_BYTES),
                   UDPNAT_REACTION_MAX_BYTES);
      return FALSE;
    }
  if (!check_line (self, line, FALSE, error))
    return FALSE;
  put_on (self, line, UDPNAT_ITEM_REACTION, sign);
  return TRUE;
}

static void
deleted_cb (gboolean is_saved,
            gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;

  if (!is_saved)
    {
      fail_to_save (pending);
      return;
    }
  udpnat_client_forget_file (pending->client, pending->number);
  udpnat_client_reload_person (pending->client, pending->person);
  udpnat_client_tell_removed (pending->client, pending->person, pending->number);
}

/** udpnat_client_tell_removed: @number: of a line that is gone from here; 0: all are */
void
udpnat_client_tell_removed (UdpnatClient *self,
                            UdpnatPerson *person,
                            gint64        number)
{
  g_autoptr (UdpnatHistoryItem) last = NULL;

  if (number == 0)
    udpnat_client_forget_files_of (self, person);
  if (number != 0)
    last = udpnat_store_dup_last_line (self->store, udpnat_person_get_key (person));
  udpnat_person_set_last_line (person, last);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_ITEM_REMOVED, person, number);
}

/**
 * udpnat_client_delete:
 * @for_both: not only here, which is for lines of either side; but then of ours only
 * @error: %UDPNAT_ERROR_INVALID or _BLOCKED
 */
gboolean
udpnat_client_delete (UdpnatClient       *self,
                      UdpnatHistoryItem  *line,
                      gboolean            for_both,
                      GError            **error)
{
  if (!for_both)
    {
      Pending *pending = pending_new (self, udpnat_client_get_person_of (self, line));

      pending->number = udpnat_history_item_get_number (line);
      udpnat_store_delete_line (self->store, pending->number, deleted_cb, pending);
      return TRUE;
    }
  if (!check_line (self, line, TRUE, error))
    return FALSE;
  put_on (self, line, UDPNAT_ITEM_DELETE, "");
  return TRUE;
}

/* The word that a message was read may overtake the one that it has arrived, when a session ends
 * between the two: then its state does not change any more. */
static gboolean
has_line (Pending *pending)
{
  g_autoptr (UdpnatHistoryItem) line = NULL;

  line = udpnat_store_dup_line_by_id (pending->client->store,
                                      udpnat_person_get_key (pending->person), &pending->id);
  return line != NULL;
}

static void
changed_cb (UdpnatHistoryItem *line,
            gboolean           is_saved,
            gpointer           user_data)
{
  g_autoptr (Pending) pending = user_data;
  UdpnatClient *self = pending->client;
  char id_text[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  if (!is_saved)
    {
      fail_to_save (pending);
      return;
    }
  if (line != NULL)
    tell_line (self, UDPNAT_CLIENT_SIGNAL_ITEM_CHANGED, pending->person, line);
  if (pending->state == UDPNAT_ITEM_STATE_DELIVERED && has_line (pending))
    udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_MESSAGE_DELIVERED, pending->person,
                        udpnat_message_id_to_string (&pending->id, id_text), pending->elapsed_us);
}

/**
 * udpnat_client_withdraw:
 * @line: of ours, that has not been delivered
 * @error: %UDPNAT_ERROR_INVALID
 *
 * Takes it out of the outbox. It may be on its way already: then the other side is asked to delete
 * it.
 */
gboolean
udpnat_client_withdraw (UdpnatClient       *self,
                        UdpnatHistoryItem  *line,
                        GError            **error)
{
  UdpnatPerson *person = udpnat_client_get_person_of (self, line);
  UdpnatItemState state = udpnat_history_item_get_state (line);

  if (!udpnat_history_item_is_outgoing (line) || state >= UDPNAT_ITEM_STATE_DELIVERED)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   _("That message does not wait any more: delete it instead."));
      return FALSE;
    }
  udpnat_node_withdraw (self->node, udpnat_clock_get_now_us (), udpnat_person_get_key (person),
                        udpnat_history_item_get_id (line));
  udpnat_store_withdraw (self->store, udpnat_person_get_key (person),
                         udpnat_history_item_get_id (line), changed_cb,
                         pending_new (self, person));
  if (state != UDPNAT_ITEM_STATE_WAITING)
    put_on (self, line, UDPNAT_ITEM_DELETE, "");
  return TRUE;
}

/* ---- How far ours have come ---- */

/** udpnat_client_note_state: the node says that something of ours has got to @state */
void
udpnat_client_note_state (UdpnatClient          *self,
                          const UdpnatNodeEvent *event,
                          UdpnatItemState        state)
{
  UdpnatPerson *person = udpnat_client_ensure_person (self, &event->key, event->name);
  Pending *pending = pending_new (self, person);

  if (state >= UDPNAT_ITEM_STATE_STORED)
    udpnat_person_set_wait_reason (person, NULL);
  pending->id = event->id;
  pending->elapsed_us = event->elapsed_us;
  pending->state = state;
  udpnat_store_set_item_state (self->store, &event->key, &event->id, state, NULL, changed_cb,
                               pending);
}

static void
read_cb (GPtrArray *lines,
         gpointer   user_data)
{
  g_autoptr (Pending) pending = user_data;

  for (guint i = 0; lines != NULL && i < lines->len; i++)
    tell_line (pending->client, UDPNAT_CLIENT_SIGNAL_ITEM_CHANGED, pending->person,
               g_ptr_array_index (lines, i));
}

/** udpnat_client_note_read: the peer has seen ours up to and including one */
void
udpnat_client_note_read (UdpnatClient          *self,
                         const UdpnatNodeEvent *event)
{
  udpnat_store_set_read_through (self->store, &event->key, &event->id, read_cb,
                                 pending_new (self, udpnat_client_ensure_person (self, &event->key,
                                                                                event->name)));
}

/* ---- In ---- */

static void
tell_received (Pending           *pending,
               UdpnatHistoryItem *line,
               gboolean           is_first_of_request)
{
  UdpnatClient *self = pending->client;
  UdpnatPerson *person = pending->person;
  gboolean was_mutual = udpnat_person_is_mutual (person);

  udpnat_client_take_prekeys (self, person, pending->item);
  udpnat_client_reload_person (self, person);
  if (!was_mutual && udpnat_person_is_mutual (person))
    udpnat_client_introduce (self, person);
  if (udpnat_item_is_shown (pending->item))
    udpnat_person_set_typing (person, FALSE);
  if (line != NULL)
    tell_line (self, udpnat_item_is_shown (pending->item) ? UDPNAT_CLIENT_SIGNAL_ITEM_ADDED
                                                          : UDPNAT_CLIENT_SIGNAL_ITEM_CHANGED,
               person, line);
  udpnat_client_take_file (self, person, pending->item, line);
  if (is_first_of_request)
    udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_REQUEST_RECEIVED, person);
}

static void
received_cb (UdpnatReceived     received,
             UdpnatHistoryItem *line,
             gboolean           is_first_of_request,
             gpointer           user_data)
{
  g_autoptr (Pending) pending = user_data;
  UdpnatClient *self = pending->client;
  const UdpnatPublicKey *key = udpnat_person_get_key (pending->person);

  udpnat_person_end_receiving (pending->person);
  switch (received)
    {
    case UDPNAT_RECEIVED_NEW:
      udpnat_node_confirm (self->node, udpnat_clock_get_now_us (), key, &pending->item->id);
      tell_received (pending, line, is_first_of_request);
      break;
    case UDPNAT_RECEIVED_KNOWN:
      udpnat_node_confirm (self->node, udpnat_clock_get_now_us (), key, &pending->item->id);
      break;
    case UDPNAT_RECEIVED_FAILED:
      fail_to_save (pending);
      udpnat_node_fail (self->node, udpnat_clock_get_now_us (), key, &pending->item->id);
      break;
    case UDPNAT_RECEIVED_SKIPPED:
      udpnat_node_skip (self->node, udpnat_clock_get_now_us (), key, &pending->item->id);
      break;
    case UDPNAT_RECEIVED_REFUSED:
      udpnat_node_refuse (self->node, udpnat_clock_get_now_us (), key, &pending->item->id);
      break;
    }
  /* Not before: a message is not to wait until keys are made. */
  if (pending->introduces && udpnat_person_is_contact (pending->person))
    udpnat_client_introduce (self, pending->person);
  udpnat_client_wake (self);
}

/** udpnat_client_receive: something has come; it is confirmed when it is on disk */
void
udpnat_client_receive (UdpnatClient          *self,
                       const UdpnatNodeEvent *event)
{
  UdpnatPerson *person = udpnat_client_ensure_person (self, &event->key, event->name);
  gboolean introduces = FALSE;
  Pending *pending;

  if (udpnat_person_get_relation (person) == UDPNAT_RELATION_NONE)
    {
      if (udpnat_client_is_set (self, "strangers", "refuse"))
        {
          udpnat_node_refuse (self->node, udpnat_clock_get_now_us (), &event->key, &event->id);
          return;
        }
      if (udpnat_client_is_set (self, "strangers", "accept"))
        introduces = udpnat_client_accept_unasked (self, person);
    }
  udpnat_client_take_address (self, person, event->item);
  pending = pending_new (self, person);
  pending->item = udpnat_item_copy (event->item);
  pending->introduces = introduces;
  udpnat_person_begin_receiving (person);
  udpnat_store_add_incoming (self->store, &event->key, event->item, udpnat_clock_get_wall_us (),
                             received_cb, pending);
}

/* ---- Reading ---- */

static void
marked_cb (gboolean is_saved,
           gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;

  if (is_saved)
    udpnat_client_reload_person (pending->client, pending->person);
}

static UdpnatHistoryItem *
find_last_incoming (GPtrArray *lines)
{
  for (guint i = lines->len; i > 0; i--)
    if (!udpnat_history_item_is_outgoing (g_ptr_array_index (lines, i - 1)))
      return g_ptr_array_index (lines, i - 1);
  return NULL;
}

/**
 * udpnat_client_mark_read_to:
 * @number: of the last line that the user has seen
 *
 * @person is told, unless the setting "read-receipts" says otherwise.
 */
void
udpnat_client_mark_read_to (UdpnatClient *self,
                            UdpnatPerson *person,
                            gint64        number)
{
  const UdpnatPublicKey *key = udpnat_person_get_key (person);
  g_autoptr (GPtrArray) lines = NULL;
  UdpnatHistoryItem *last;

  if (number <= udpnat_person_get_contact (person)->last_read_number)
    return;
  udpnat_store_mark_read (self->store, key, number, marked_cb, pending_new (self, person));
  if (!udpnat_person_is_contact (person) || !udpnat_client_is_set (self, "read-receipts", "on"))
    return;
  lines = udpnat_store_dup_page (self->store, key, number + 1, 100);
  last = find_last_incoming (lines);
  if (last == NULL)
    return;
  udpnat_node_set_read (self->node, udpnat_clock_get_now_us (), key,
                        udpnat_history_item_get_id (last));
  udpnat_client_wake (self);
}

/** udpnat_client_mark_read: the user has seen everything of @person */
void
udpnat_client_mark_read (UdpnatClient *self,
                         UdpnatPerson *person)
{
  g_autoptr (GPtrArray) lines = udpnat_store_dup_page (self->store,
                                                       udpnat_person_get_key (person), 0, 1);

  if (lines->len > 0)
    udpnat_client_mark_read_to (self, person,
                                udpnat_history_item_get_number (g_ptr_array_index (lines, 0)));
}

/** udpnat_client_set_typing: tells @person, unless the setting "typing" says otherwise */
void
udpnat_client_set_typing (UdpnatClient *self,
                          UdpnatPerson *person,
                          gboolean      is_typing)
{
  if (!udpnat_client_is_set (self, "typing", "on"))
    return;
  udpnat_node_set_typing (self->node, udpnat_clock_get_now_us (), udpnat_person_get_key (person),
                          is_typing);
  udpnat_client_wake (self);
}

/** udpnat_client_set_draft: @text: (nullable): what is typed and not sent */
void
udpnat_client_set_draft (UdpnatClient *self,
                         UdpnatPerson *person,
                         const char   *text)
{
  UdpnatContact *contact = udpnat_contact_copy (udpnat_person_get_contact (person));

  g_free (contact->draft);
  contact->draft = text != NULL && *text != '\0' ? g_strdup (text) : NULL;
  udpnat_store_set_draft (self->store, udpnat_person_get_key (person), contact->draft);
  udpnat_person_take_contact (person, contact);
}
