#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include "udpnat-name.h"

#include <string.h>

/* Messages of the control stream (PROTOCOL.md section 7). What is wished is state, not a queue of
 * requests: every wish is said once the session is up, and again when the server may have forgotten
 * it. */

/* REFUSED may name any time; we come again at least so often, or a server's mistake would keep us
 * away for good. */
#define REGISTER_RETRY_MAX_US UDPNAT_SEC (60)
/* As long as more events than this wait, the rest stays in the stream, and the server sends no more
 * than its window. */
#define EVENTS_READ_MAX (UDPNAT_RENDEZVOUS_EVENTS_MAX / 2)

/* ---- Wishes ---- */

/**
 * udpnat_rendezvous_client_register:
 * @name: to be online under, until unregistered or refused; replaces an earlier one
 */
void
udpnat_rendezvous_client_register (UdpnatRendezvousClient *self,
                                   gint64                  now_us,
                                   const char             *name)
{
  g_autofree char       *normal = udpnat_name_normalize (name);
  UdpnatRendezvousEvent *event;

  if (normal == NULL)
    {
      event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_REFUSED);
      event->name = g_utf8_make_valid (name, -1);
      event->code = UDPNAT_REFUSED_NAME_NOT_ALLOWED;
      return;
    }
  g_free (self->name);
  self->name = g_steal_pointer (&normal);
  self->is_register_due = TRUE;
  self->is_unregister_due = FALSE;
  self->register_retry_us = UDPNAT_TIME_NEVER;
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/**
 * udpnat_rendezvous_client_set_invitation:
 * @code: (nullable): %UDPNAT_INVITATION_BYTES of one to the server that is set; %NULL for none
 *
 * Shown whenever we register, until it has let us in. It does not register by itself.
 */
void
udpnat_rendezvous_client_set_invitation (UdpnatRendezvousClient *self,
                                         const guint8           *code)
{
  self->has_invitation = code != NULL;
  if (code != NULL)
    memcpy (self->invitation, code, sizeof self->invitation);
}

/**
 * udpnat_rendezvous_client_unregister:
 *
 * Takes the wish to be registered back. The event comes when the server has agreed, or at once when
 * there is no server to ask; it is told when it is back.
 */
void
udpnat_rendezvous_client_unregister (UdpnatRendezvousClient *self,
                                     gint64                  now_us)
{
  gboolean is_up = udpnat_rendezvous_client_is_up (self);

  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->registered_name, g_free);
  self->is_register_due = FALSE;
  self->register_retry_us = UDPNAT_TIME_NEVER;
  self->is_unregister_due = is_up || self->state == UDPNAT_RENDEZVOUS_STATE_LOST;
  self->is_unregister_told = !is_up;
  if (!is_up)
    udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED);
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/**
 * udpnat_rendezvous_client_set_listed:
 * @is_listed: whether others see us in the directory, as they do at first; else they are told that
 *   we are offline, and only who knows our key can dial us
 */
void
udpnat_rendezvous_client_set_listed (UdpnatRendezvousClient *self,
                                     gint64                  now_us,
                                     gboolean                is_listed)
{
  if (self->is_listed == is_listed)
    return;
  self->is_listed = is_listed;
  udpnat_rendezvous_client_forget_ways (self);
  self->is_register_due = self->name != NULL;
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/** udpnat_rendezvous_client_set_presence: @presence: %UDPNAT_PRESENCE_ONLINE, as at first, or
 * %UDPNAT_PRESENCE_AWAY */
void
udpnat_rendezvous_client_set_presence (UdpnatRendezvousClient *self,
                                       gint64                  now_us,
                                       guint8                  presence)
{
  g_assert (presence == UDPNAT_PRESENCE_ONLINE || presence == UDPNAT_PRESENCE_AWAY);
  if (self->presence == presence)
    return;
  self->presence = presence;
  self->is_presence_due = TRUE;
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/** udpnat_rendezvous_client_subscribe: to the directory: all listed entries, then every change; or
 * DIRECTORY says that it is not told like that */
void
udpnat_rendezvous_client_subscribe (UdpnatRendezvousClient *self,
                                    gint64                  now_us,
                                    gboolean                on)
{
  self->is_subscribed = on;
  self->is_subscribe_due = TRUE;
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/* ---- Requests ---- */

/** udpnat_rendezvous_client_send_message: Returns: %FALSE when the stream has no room now */
gboolean
udpnat_rendezvous_client_send_message (UdpnatRendezvousClient *self,
                                       guint32                 stream,
                                       const GByteArray       *message)
{
  if (udpnat_session_stream_get_space (self->session, stream) < message->len)
    return FALSE;
  self->is_quiet = FALSE;
  (void) udpnat_session_stream_write (self->session, stream, message->data, message->len);
  return TRUE;
}

/* FALSE: the wish stays due. */
static gboolean
send_message (UdpnatRendezvousClient *self,
              const GByteArray       *message)
{
  return udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_CONTROL, message);
}

/* Before the name, so that nobody sees us come in another state. */
static void
send_presence (UdpnatRendezvousClient *self)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  if (!self->is_presence_due)
    return;
  udpnat_write_presence (message, self->presence);
  self->is_presence_due = !send_message (self, message);
}

static void
send_names (UdpnatRendezvousClient *self)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  if (self->is_unregister_due)
    {
      udpnat_write_unregister (message);
      self->is_unregister_due = !send_message (self, message);
    }
  g_byte_array_set_size (message, 0);
  if (!self->is_register_due || self->name == NULL || self->is_unregister_due)
    return;
  if (self->has_invitation)
    udpnat_write_invitation (message, self->invitation);
  if (self->fleet.is_moved)
    udpnat_write_register_moved (message, self->is_listed, self->name);
  else
    udpnat_write_register (message, self->is_listed, self->name);
  self->is_register_due = !send_message (self, message);
}

/** udpnat_rendezvous_client_send_wishes: says what is due, if the session is up */
void
udpnat_rendezvous_client_send_wishes (UdpnatRendezvousClient *self,
                                      gint64                  now_us)
{
  if (!udpnat_rendezvous_client_is_up (self))
    return;
  if (self->register_retry_us <= now_us)
    {
      self->register_retry_us = UDPNAT_TIME_NEVER;
      self->is_register_due = TRUE;
    }
  udpnat_rendezvous_client_send_keepalive (self);
  send_presence (self);
  send_names (self);
  udpnat_rendezvous_client_send_passes (self);
  udpnat_rendezvous_client_send_watch (self, now_us);
  udpnat_rendezvous_client_send_fetch (self);
  if (self->is_subscribe_due)
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();

      udpnat_write_subscribe (message, self->is_subscribed ? UDPNAT_SUBSCRIBE_ALL
                                                           : UDPNAT_SUBSCRIBE_STOP);
      self->is_subscribe_due = !send_message (self, message);
    }
  udpnat_rendezvous_client_send_lookups (self, now_us);
  udpnat_rendezvous_client_send_list (self);
  udpnat_rendezvous_client_send_attests (self);
}

/**
 * udpnat_rendezvous_client_repeat_wishes:
 * @is_forgotten: the server has a new session: whatever was in the stream is gone
 */
void
udpnat_rendezvous_client_repeat_wishes (UdpnatRendezvousClient *self,
                                        gboolean                is_forgotten)
{
  if (is_forgotten)
    {
      udpnat_rendezvous_client_forget_told_keepalive (self);
      udpnat_rendezvous_client_forget_told_report (self);
      if (self->is_unregister_due && !self->is_unregister_told)
        udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED);
      self->is_unregister_due = self->is_unregister_told = FALSE;
    }
  self->is_register_due = self->name != NULL;
  self->register_retry_us = UDPNAT_TIME_NEVER;
  self->is_subscribe_due = self->is_subscribed;
  udpnat_rendezvous_client_repeat_directory (self);
  self->is_presence_due = self->presence != UDPNAT_PRESENCE_ONLINE;
  udpnat_rendezvous_client_repeat_lookups (self);
  self->fleet.is_fetch_due = self->fleet.is_fetching;
}

/* ---- Answers: each handler returns FALSE when the message breaks the protocol ---- */

/** udpnat_rendezvous_client_handle_registered: in the stream, or in HS2 */
gboolean
udpnat_rendezvous_client_handle_registered (UdpnatRendezvousClient  *self,
                                            gint64                   now_us,
                                            const UdpnatMessageView *message)
{
  g_autofree char       *name = NULL;
  UdpnatRendezvousEvent *event;
  UdpnatAddress          observed;
  guint32                handle;

  if (!udpnat_parse_registered (message, &handle, &observed, &name))
    return FALSE;
  if (self->name == NULL) /* not wished any more; UNREGISTERED follows */
    return TRUE;
  udpnat_rendezvous_client_set_observed (self, now_us, UDPNAT_SOCKET_MAIN, &observed);
  udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_REGISTERED);
  g_free (self->registered_name);
  self->registered_name = g_strdup (name);
  self->has_invitation = FALSE;
  self->is_passes_due = self->passes != NULL;
  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_REGISTERED);
  event->name = g_steal_pointer (&name);
  event->observed = observed;
  event->handle = handle;
  return TRUE;
}

/* Unless it is about an older one, the wish is what the server still has us under, if anything. It
 * cannot be told by counting: what we say again while a name waits for the server's disk has one
 * answer with what we said before. */
static void
take_refusal (UdpnatRendezvousClient *self,
              gint64                  now_us,
              const char             *name,
              guint8                  code,
              guint32                 retry_s)
{
  g_autofree char *normal = udpnat_name_normalize (name);

  if (self->is_register_due || self->name == NULL || g_strcmp0 (normal, self->name) != 0)
    return;
  if (code == UDPNAT_REFUSED_INVITATION_INVALID)
    self->has_invitation = FALSE;
  if (code == UDPNAT_REFUSED_TRY_LATER)
    {
      self->register_retry_us = now_us;
      self->register_retry_us
          += CLAMP (UDPNAT_SEC (retry_s), UDPNAT_SEC (1), REGISTER_RETRY_MAX_US);
      return;
    }
  g_free (self->name);
  self->name = g_strdup (self->registered_name);
}

static gboolean
handle_refused (UdpnatRendezvousClient  *self,
                gint64                   now_us,
                const UdpnatMessageView *message)
{
  UdpnatRendezvousEvent *event;
  guint32                retry_s;
  guint8                 code;
  char                  *name;

  if (!udpnat_parse_refused (message, &code, &retry_s, &name))
    return FALSE;
  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_REFUSED);
  event->name = name;
  event->code = code;
  event->retry_s = retry_s;
  take_refusal (self, now_us, name, code, retry_s);
  return TRUE;
}

static gboolean
handle_unregistered (UdpnatRendezvousClient  *self,
                     const UdpnatMessageView *message)
{
  if (!udpnat_parse_unregistered (message))
    return FALSE;
  udpnat_rendezvous_client_set_state (self, UDPNAT_RENDEZVOUS_STATE_CONNECTED);
  if (!self->is_unregister_told)
    udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED);
  self->is_unregister_told = FALSE;
  return TRUE;
}

static gboolean
handle_peers (UdpnatRendezvousClient  *self,
              const UdpnatMessageView *message)
{
  g_autoptr (GArray) entries = udpnat_parse_peers (message);

  if (entries == NULL)
    return FALSE;
  for (guint i = 0; i < entries->len; i++)
    {
      UdpnatDirectoryEntry *entry = &g_array_index (entries, UdpnatDirectoryEntry, i);

      udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_PEER)->entry = *entry;
      entry->name = NULL; /* the event's now */
    }
  return TRUE;
}

static gboolean
handle_message (UdpnatRendezvousClient  *self,
                gint64                   now_us,
                const UdpnatMessageView *message)
{
  switch ((UdpnatCsMessageType) message->type)
    {
    case UDPNAT_CS_REGISTERED:
      return udpnat_rendezvous_client_handle_registered (self, now_us, message);
    case UDPNAT_CS_REFUSED:
      return handle_refused (self, now_us, message);
    case UDPNAT_CS_UNREGISTERED:
      return handle_unregistered (self, message);
    case UDPNAT_CS_PEERS:
      return handle_peers (self, message);
    case UDPNAT_CS_LIST_END:
      if (!udpnat_parse_list_end (message))
        return FALSE;
      udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_LIST_END);
      return TRUE;
    case UDPNAT_CS_ATTESTATION:
      return udpnat_rendezvous_client_handle_attestation (self, message);
    case UDPNAT_CS_FLEET:
    case UDPNAT_CS_LOCATED:
    case UDPNAT_CS_MOVE:
    case UDPNAT_CS_MAIL_AT:
      return udpnat_rendezvous_client_handle_fleet_message (self, message);
    case UDPNAT_CS_WATCHED:
      return udpnat_rendezvous_client_handle_watched (self, now_us, message);
    case UDPNAT_CS_DIRECTORY:
      return udpnat_rendezvous_client_handle_directory (self, message);
    case UDPNAT_CS_PAGE:
      return udpnat_rendezvous_client_handle_page (self, message);
    case UDPNAT_CS_LOOKUP_RESULT: /* comes in a frame */
    case UDPNAT_CS_TICKET:        /* likewise */
    case UDPNAT_CS_REGISTER:      /* ours to say: skipped, like unknown ones */
    case UDPNAT_CS_UNREGISTER:
    case UDPNAT_CS_LOOKUP:
    case UDPNAT_CS_SUBSCRIBE:
    case UDPNAT_CS_PRESENCE:
    case UDPNAT_CS_ATTEST:
    case UDPNAT_CS_KEEPALIVE:
    case UDPNAT_CS_REPORT:
    case UDPNAT_CS_WATCH:
    case UDPNAT_CS_LIST:
    case UDPNAT_CS_INVITATION:
    case UDPNAT_CS_MAIL_FETCH:
      break;
    }
  return TRUE;
}

static gboolean
may_read (const UdpnatRendezvousClient *self,
          guint32                       stream)
{
  return self->session != NULL && self->events.length < EVENTS_READ_MAX
         && (stream != UDPNAT_STREAM_MAIL
             || self->mail_waiting_bytes < UDPNAT_MAIL_WAITING_MAX_BYTES);
}

static void
read_stream (UdpnatRendezvousClient *self,
             gint64                  now_us,
             guint32                 stream)
{
  while (may_read (self, stream))
    {
      UdpnatMessageView message;
      gboolean          is_sane = FALSE;
      gsize             n_data, n_message = 0;
      const guint8     *data = udpnat_session_stream_peek (self->session, stream, &n_data);

      if (n_data == 0)
        return;
      switch (udpnat_message_parse (data, n_data, &message, &n_message))
        {
        case UDPNAT_MESSAGE_COMPLETE:
          is_sane = stream == UDPNAT_STREAM_MAIL
                      ? udpnat_rendezvous_client_handle_mail (self, &message)
                      : handle_message (self, now_us, &message);
          break;
        case UDPNAT_MESSAGE_PARTIAL:
          return;
        case UDPNAT_MESSAGE_MALFORMED:
          break;
        }
      if (!is_sane)
        {
          udpnat_rendezvous_client_end (self, now_us, UDPNAT_CLOSE_PROTOCOL_ERROR);
          return;
        }
      udpnat_session_stream_consume (self->session, now_us, stream, n_message);
    }
}

/**
 * udpnat_rendezvous_client_read_messages: handles the messages that are complete, as far as there
 * is room for their events */
void
udpnat_rendezvous_client_read_messages (UdpnatRendezvousClient *self,
                                        gint64                  now_us)
{
  read_stream (self, now_us, UDPNAT_STREAM_CONTROL);
  read_stream (self, now_us, UDPNAT_STREAM_MAIL);
}
