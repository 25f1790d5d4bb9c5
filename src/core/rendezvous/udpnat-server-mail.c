#include "config.h"

#include "udpnat-server-access-private.h"
#include "udpnat-server-fleet-private.h"

#include <string.h>

/* Messages of a client's mail stream (PROTOCOL.md section 14): letters that it leaves for others,
 * letters that it has got, and whom it accepts. A letter is acknowledged when it is on disk, never
 * before. Who sent it is forgotten when the result has been told. */

/* Room that must be left for results, besides those of letters on their way to the disk. */
#define RESULTS_MIN_BYTES 4096
#define RESULT_BYTES (UDPNAT_MESSAGE_HEADER_BYTES + 5)

/** udpnat_server_mail_has_room: Returns: whether another message may be read: there is room for its
 * result, and for all others that are to come */
gboolean
udpnat_server_mail_has_room (const UdpnatServerClient *self)
{
  return udpnat_session_stream_get_space (self->session, UDPNAT_STREAM_MAIL)
         >= RESULTS_MIN_BYTES + (gsize) self->puts.length * RESULT_BYTES;
}

static void
tell_result (UdpnatServerClient *self,
             guint32             request,
             UdpnatMailCode      code)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  udpnat_write_mail_put_result (message, request, (guint8) code);
  (void) udpnat_session_stream_write (self->session, UDPNAT_STREAM_MAIL, message->data,
                                      message->len);
}

/* ---- Letters in ---- */

static gboolean
take_put (UdpnatServerClient *self,
          gint64              now_us)
{
  UdpnatServerQuotas *quotas = udpnat_server_client_ensure_quotas (self, now_us);

  return udpnat_token_bucket_take (&quotas->put_bucket, now_us, 1, UDPNAT_MAIL_PUTS_BURST,
                                   UDPNAT_MAIL_PUTS_PER_SECOND);
}

static gboolean
take_stranger_put (UdpnatServerClient *self,
                   gint64              now_us)
{
  UdpnatServerQuotas *quotas = udpnat_server_client_ensure_quotas (self, now_us);

  return udpnat_token_bucket_take (&quotas->stranger_bucket, now_us,
                                   UDPNAT_MAIL_STRANGER_PUT_S,
                                   UDPNAT_MAIL_STRANGER_PUTS_BURST * UDPNAT_MAIL_STRANGER_PUT_S, 1);
}

/* The cheapest question first, and none about the recipient for whoever asks too often. */
static UdpnatMailCode
judge_put (UdpnatServerClient    *self,
           gint64                 now_us,
           const UdpnatPublicKey *recipient,
           const guint8          *pass,
           gsize                  n_bytes,
           gboolean               is_known)
{
  UdpnatRendezvousServer *server = self->server;
  UdpnatMailCode          code;

  if (!is_known || udpnat_server_is_blocked (server, recipient))
    return UDPNAT_MAIL_UNKNOWN_RECIPIENT;
  code = udpnat_mailbox_judge (server->mailbox, recipient, pass, n_bytes);
  if (code == UDPNAT_MAIL_TOO_LARGE)
    return code;
  if (pass == NULL && !take_stranger_put (self, now_us))
    return UDPNAT_MAIL_TRY_LATER;
  if (code == UDPNAT_MAIL_STORED
      && server->put_bytes + (gint64) n_bytes > UDPNAT_MAIL_PENDING_MAX_BYTES)
    return UDPNAT_MAIL_TRY_LATER;
  return code;
}

static void
store (UdpnatServerClient    *self,
       gint64                 now_us,
       const UdpnatPublicKey *recipient,
       const guint8          *pass,
       const UdpnatMailPut   *message)
{
  UdpnatRendezvousServer *server = self->server;
  UdpnatServerPut        *put = g_new0 (UdpnatServerPut, 1);
  UdpnatServerEvent      *event;
  UdpnatMail             *mail;

  mail = udpnat_mailbox_add (server->mailbox, recipient, pass, message->n_sealed,
                             udpnat_server_get_wall_s (server, now_us));
  put->number = mail->number;
  put->request = message->request;
  put->n_bytes = mail->n_bytes;
  put->client = self;
  put->client_link.data = put;
  g_queue_push_tail_link (&self->puts, &put->client_link);
  g_hash_table_insert (server->puts, &put->number, put);
  server->put_bytes += put->n_bytes;
  event = udpnat_server_push_mail_event (server, UDPNAT_SERVER_EVENT_MAIL_STORE, mail->number);
  event->key = *recipient;
  event->has_pass = mail->has_pass;
  memcpy (event->pass, mail->pass, sizeof event->pass);
  event->stored_s = mail->stored_s;
  event->data = g_bytes_new (message->sealed, message->n_sealed);
}

static void
put (UdpnatServerClient  *self,
     gint64               now_us,
     const UdpnatMailPut *message,
     const guint8        *pass,
     gboolean             is_known)
{
  UdpnatPublicKey recipient;
  UdpnatMailCode  code;

  memcpy (recipient.bytes, message->recipient, sizeof recipient.bytes);
  code = judge_put (self, now_us, &recipient, pass, message->n_sealed, is_known);
  if (code == UDPNAT_MAIL_STORED)
    store (self, now_us, &recipient, pass, message);
  else
    {
      self->server->stats.refusals[UDPNAT_SERVER_REFUSAL_MAIL]++;
      tell_result (self, message->request, code);
    }
}

/* Somebody whose home is elsewhere is known to the directory only, and so are the passes. */
static gboolean
must_ask (const UdpnatServerClient *self,
          const UdpnatPublicKey    *recipient,
          const UdpnatMailPut      *message)
{
  const UdpnatRendezvousServer *server = self->server;
  const UdpnatServerIdentity   *identity = udpnat_server_find_identity (server, recipient);

  return udpnat_server_fleet_can_ask (server)
         && (identity == NULL || udpnat_server_identity_get_entry (identity) == NULL)
         && server->put_bytes + (gint64) message->n_sealed <= UDPNAT_MAIL_PENDING_MAX_BYTES;
}

static gboolean
handle_put (UdpnatServerClient      *self,
            gint64                   now_us,
            const UdpnatMessageView *message)
{
  UdpnatMailbox  *mailbox = self->server->mailbox;
  UdpnatPublicKey recipient;
  UdpnatMailPut   letter;

  if (!udpnat_parse_mail_put (message, &letter))
    return FALSE;
  memcpy (recipient.bytes, letter.recipient, sizeof recipient.bytes);
  if (mailbox == NULL || !take_put (self, now_us))
    {
      self->server->stats.refusals[UDPNAT_SERVER_REFUSAL_MAIL]++;
      tell_result (self, letter.request, mailbox == NULL ? UDPNAT_MAIL_OFF : UDPNAT_MAIL_TRY_LATER);
    }
  else if (must_ask (self, &recipient, &letter))
    udpnat_server_fleet_ask_put (self, now_us, &letter);
  else
    put (self, now_us, &letter,
         udpnat_mailbox_has_pass (mailbox, &recipient, letter.pass) ? letter.pass : NULL,
         udpnat_registry_count_names (self->server->registry, &recipient) > 0);
  return TRUE;
}

/**
 * udpnat_server_mail_put_known:
 * @message: that had to wait for the directory of the fleet
 * @is_known: its recipient has a name
 * @has_pass: the recipient accepts its pass
 * @is_later: the directory does not say: only what is known here counts
 */
void
udpnat_server_mail_put_known (UdpnatServerClient  *self,
                              gint64               now_us,
                              const UdpnatMailPut *message,
                              gboolean             is_known,
                              gboolean             has_pass,
                              gboolean             is_later)
{
  UdpnatMailbox  *mailbox = self->server->mailbox;
  UdpnatPublicKey recipient;

  memcpy (recipient.bytes, message->recipient, sizeof recipient.bytes);
  is_known |= udpnat_registry_count_names (self->server->registry, &recipient) > 0;
  if (!is_known && is_later)
    {
      tell_result (self, message->request, UDPNAT_MAIL_TRY_LATER);
      return;
    }
  /* Its letters count as one sender's, as they do where the recipient is. */
  if (has_pass && !udpnat_mailbox_has_pass (mailbox, &recipient, message->pass))
    (void) udpnat_mailbox_set_passes (mailbox, &recipient, FALSE, message->pass, 1);
  put (self, now_us, message,
       udpnat_mailbox_has_pass (mailbox, &recipient, message->pass) ? message->pass : NULL,
       is_known);
}

static void
forget_put (UdpnatServerPut *put)
{
  g_queue_unlink (&put->client->puts, &put->client_link);
  put->client = NULL;
}

/** udpnat_server_mail_forget: the session is over: nobody waits for its results any more */
void
udpnat_server_mail_forget (UdpnatServerClient *self)
{
  UdpnatServerPut *put;

  while ((put = g_queue_peek_head (&self->puts)) != NULL)
    forget_put (put);
}

/**
 * udpnat_rendezvous_server_complete_mail:
 * @number: from a MAIL_STORE event; others are ignored
 * @is_stored: whether the letter is on disk for good
 *
 * Only now is the sender told, and the recipient given the letter.
 */
void
udpnat_rendezvous_server_complete_mail (UdpnatRendezvousServer *self,
                                        gint64                  now_us,
                                        guint64                 number,
                                        gboolean                is_stored)
{
  UdpnatServerPut    *put = g_hash_table_lookup (self->puts, &number);
  UdpnatMail         *mail;
  UdpnatServerClient *client;
  UdpnatPublicKey     recipient;

  if (put == NULL)
    return;
  client = put->client;
  if (client != NULL)
    {
      forget_put (put);
      tell_result (client, put->request, is_stored ? UDPNAT_MAIL_STORED : UDPNAT_MAIL_TRY_LATER);
      udpnat_server_client_touch (client);
    }
  self->put_bytes -= put->n_bytes;
  g_hash_table_remove (self->puts, &number);
  mail = udpnat_mailbox_find (self->mailbox, number);
  recipient = *mail->recipient;
  self->stats.letters_stored += is_stored ? 1 : 0;
  if (is_stored)
    mail->is_stored = TRUE;
  else
    udpnat_mailbox_remove (self->mailbox, mail);
  udpnat_server_fleet_note_letters (self, &recipient);
  udpnat_server_note_mail (self, now_us, &recipient);
}

/* ---- What recipients say: each returns FALSE when it breaks the protocol ---- */

static gboolean
handle_ack (UdpnatServerClient      *self,
            const UdpnatMessageView *message)
{
  guint64 numbers[UDPNAT_MAIL_ACK_MAX_NUMBERS];
  guint   n_numbers;

  if (!udpnat_parse_mail_ack (message, numbers, &n_numbers))
    return FALSE;
  for (guint i = 0; self->server->mailbox != NULL && i < n_numbers; i++)
    {
      UdpnatMail *mail = udpnat_mailbox_find (self->server->mailbox, numbers[i]);

      if (mail != NULL && mail->is_stored
          && udpnat_public_key_equal (mail->recipient,
                                      udpnat_server_identity_get_key (self->identity)))
        udpnat_server_drop_mail (self->server, mail);
    }
  return TRUE;
}

/* Passes are kept for those who have a name: whoever has none gets no mail. */
static gboolean
handle_passes (UdpnatServerClient      *self,
               gint64                   now_us,
               const UdpnatMessageView *message)
{
  UdpnatRendezvousServer *server = self->server;
  const UdpnatPublicKey  *key = udpnat_server_identity_get_key (self->identity);
  const guint8           *passes;
  gboolean                is_replacing;
  guint                   n_passes;

  if (!udpnat_parse_mail_passes (message, &is_replacing, &passes, &n_passes))
    return FALSE;
  if (server->mailbox == NULL || udpnat_registry_count_names (server->registry, key) == 0
      || !udpnat_mailbox_set_passes (server->mailbox, key, is_replacing, passes, n_passes))
    return TRUE;
  udpnat_mailbox_mark_changed (server->mailbox, key);
  server->passes_us = udpnat_time_min (server->passes_us, now_us + UDPNAT_MAIL_PASSES_TICK_US);
  return TRUE;
}

/** udpnat_server_mail_handle: Returns: %FALSE when @message breaks the protocol */
gboolean
udpnat_server_mail_handle (UdpnatServerClient      *self,
                           gint64                   now_us,
                           const UdpnatMessageView *message)
{
  switch ((UdpnatMailMessageType) message->type)
    {
    case UDPNAT_MAIL_PUT:
      return handle_put (self, now_us, message);
    case UDPNAT_MAIL_ACK:
      return handle_ack (self, message);
    case UDPNAT_MAIL_PASSES:
      return handle_passes (self, now_us, message);
    case UDPNAT_MAIL_PUT_RESULT: /* ours to say: skipped, like unknown ones */
    case UDPNAT_MAIL_ITEM:
      break;
    }
  return TRUE;
}
