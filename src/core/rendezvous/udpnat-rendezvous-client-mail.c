#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include <string.h>

/* Mail at the client (PROTOCOL.md section 14): letters left at the server for others, and those
 * that others have left for us. The owner seals and opens them, and decides when one is safe: only
 * then it is acknowledged, and the server forgets it. An acknowledgement that gets lost with a
 * session makes the server send the letter again, and the owner acknowledge it again. */

/* ---- Letters to others ---- */

/**
 * udpnat_rendezvous_client_put_mail:
 * @pass: (nullable): the sender's for @to, %UDPNAT_MAIL_PASS_BYTES
 * @sealed: (array length=n_sealed): 1 to %UDPNAT_MAIL_SEALED_MAX_BYTES
 *
 * Leaves a letter at the server. One MAIL_RESULT event answers it; when the session is lost before,
 * with %UDPNAT_MAIL_TRY_LATER, and then the letter may be stored all the same.
 *
 * Returns: the request's number; 0 when there is no session now, or no room for more
 */
guint32
udpnat_rendezvous_client_put_mail (UdpnatRendezvousClient *self,
                                   gint64                  now_us,
                                   const UdpnatPublicKey  *to,
                                   const guint8           *pass,
                                   const guint8           *sealed,
                                   gsize                   n_sealed)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  UdpnatMailPut          put = { .sealed = sealed, .n_sealed = n_sealed };

  self->now_us = now_us;
  if (!udpnat_rendezvous_client_is_up (self) || self->puts->len >= UDPNAT_MAIL_PUTS_MAX)
    return 0;
  put.request = self->last_put + 1 + (self->last_put == G_MAXUINT32); /* not 0 */
  memcpy (put.recipient, to->bytes, sizeof put.recipient);
  if (pass != NULL)
    memcpy (put.pass, pass, sizeof put.pass);
  udpnat_write_mail_put (message, &put);
  if (!udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_MAIL, message))
    return 0;
  self->last_put = put.request;
  g_array_append_val (self->puts, put.request);
  return put.request;
}

static void
push_result (UdpnatRendezvousClient *self,
             guint32                 request,
             guint8                  code)
{
  UdpnatRendezvousEvent *event;

  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT);
  event->request = request;
  event->code = code;
}

/** udpnat_rendezvous_client_end_puts: the session is lost, and their results with it */
void
udpnat_rendezvous_client_end_puts (UdpnatRendezvousClient *self)
{
  for (guint i = 0; i < self->puts->len; i++)
    push_result (self, g_array_index (self->puts, guint32, i), UDPNAT_MAIL_TRY_LATER);
  g_array_set_size (self->puts, 0);
}

static gboolean
handle_result (UdpnatRendezvousClient  *self,
               const UdpnatMessageView *message)
{
  guint32 request;
  guint8  code;

  if (!udpnat_parse_mail_put_result (message, &request, &code))
    return FALSE;
  for (guint i = 0; i < self->puts->len; i++)
    if (g_array_index (self->puts, guint32, i) == request)
      {
        g_array_remove_index (self->puts, i);
        push_result (self, request, code);
        break;
      }
  return TRUE;
}

/* ---- Letters to us ---- */

static gboolean
handle_item (UdpnatRendezvousClient  *self,
             const UdpnatMessageView *message)
{
  UdpnatRendezvousEvent *event;
  UdpnatMailItem         item;

  if (!udpnat_parse_mail_item (message, &item))
    return FALSE;
  event = udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_MAIL);
  event->number = item.number;
  event->stored_s = (gint64) MIN (item.stored_s, G_MAXINT64);
  event->data = g_memdup2 (item.sealed, item.n_sealed);
  event->n_data = item.n_sealed;
  self->mail_waiting_bytes += item.n_sealed;
  return TRUE;
}

/**
 * udpnat_rendezvous_client_ack_mail:
 * @number: of a letter that needs not come again
 *
 * Acknowledgements are collected until the next output is popped.
 */
void
udpnat_rendezvous_client_ack_mail (UdpnatRendezvousClient *self,
                                   gint64                  now_us,
                                   guint64                 number)
{
  self->now_us = now_us;
  if (self->acks->len < UDPNAT_MAIL_ACKS_MAX) /* else it comes again */
    g_array_append_val (self->acks, number);
}

/** udpnat_rendezvous_client_send_acks: as many as there is room for */
void
udpnat_rendezvous_client_send_acks (UdpnatRendezvousClient *self)
{
  while (self->acks->len > 0 && udpnat_rendezvous_client_is_up (self))
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();
      guint n_numbers = MIN (self->acks->len, UDPNAT_MAIL_ACK_MAX_NUMBERS);

      udpnat_write_mail_ack (message, (const guint64 *) (gconstpointer) self->acks->data,
                             n_numbers);
      if (!udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_MAIL, message))
        return;
      g_array_remove_range (self->acks, 0, n_numbers);
    }
}

/* ---- Whom we accept ---- */

/**
 * udpnat_rendezvous_client_set_passes:
 * @passes: (nullable): @n_passes × %UDPNAT_MAIL_PASS_BYTES
 * @n_passes: those above %UDPNAT_MAIL_PASSES_MAX are left out
 *
 * Tells the server whose mail is more than a stranger's, by the passes that they show. Said after
 * every registration, and when it has changed.
 */
void
udpnat_rendezvous_client_set_passes (UdpnatRendezvousClient *self,
                                     gint64                  now_us,
                                     const guint8           *passes,
                                     guint                   n_passes)
{
  guint n_bytes = MIN (n_passes, UDPNAT_MAIL_PASSES_MAX) * UDPNAT_MAIL_PASS_BYTES;

  self->now_us = now_us;
  if (self->passes != NULL && self->passes->len == n_bytes
      && (n_bytes == 0 || memcmp (self->passes->data, passes, n_bytes) == 0))
    return;
  g_clear_pointer (&self->passes, g_byte_array_unref);
  self->passes = g_byte_array_new ();
  if (n_bytes > 0)
    g_byte_array_append (self->passes, passes, n_bytes);
  self->is_passes_due = TRUE;
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/** udpnat_rendezvous_client_send_passes: if they are due; a server keeps them for a name only */
void
udpnat_rendezvous_client_send_passes (UdpnatRendezvousClient *self)
{
  g_autoptr (GByteArray) message = NULL;

  if (!self->is_passes_due || self->state != UDPNAT_RENDEZVOUS_STATE_REGISTERED)
    return;
  message = g_byte_array_new ();
  udpnat_write_mail_passes (message, TRUE, self->passes->data,
                            self->passes->len / UDPNAT_MAIL_PASS_BYTES);
  self->is_passes_due = !udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_MAIL, message);
}

/** udpnat_rendezvous_client_handle_mail: Returns: %FALSE when @message breaks the protocol */
gboolean
udpnat_rendezvous_client_handle_mail (UdpnatRendezvousClient  *self,
                                      const UdpnatMessageView *message)
{
  switch ((UdpnatMailMessageType) message->type)
    {
    case UDPNAT_MAIL_PUT_RESULT:
      return handle_result (self, message);
    case UDPNAT_MAIL_ITEM:
      return handle_item (self, message);
    case UDPNAT_MAIL_PUT: /* ours to say: skipped, like unknown ones */
    case UDPNAT_MAIL_ACK:
    case UDPNAT_MAIL_PASSES:
      break;
    }
  return TRUE;
}
