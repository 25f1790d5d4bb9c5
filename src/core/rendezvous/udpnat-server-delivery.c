#include "config.h"

#include "udpnat-server-fleet-private.h"

/* Letters out (PROTOCOL.md section 14). A registered client is told its letters in the order of
 * their numbers, one at a time: the disk is asked for the next when the last has been given. It is
 * told no further ahead of its acknowledgements than a few, so that one that does not listen costs
 * little; and what is read for one recipient has a limit over all its sessions. Whatever had to
 * wait goes on with the client's next packet.
 *
 * Here is also the end of a letter's time, and the beat in which passes go to the disk. */

/** udpnat_server_get_wall_s: Returns: seconds since 1970 */
gint64
udpnat_server_get_wall_s (const UdpnatRendezvousServer *self,
                          gint64                        now_us)
{
  return MAX (0, now_us + self->wall_offset_us) / G_USEC_PER_SEC;
}

/* ---- Telling ---- */

/** udpnat_server_tell_mail: the next letter, if there is one and the client has room for it */
void
udpnat_server_tell_mail (UdpnatServerClient *self,
                         gint64              now_us)
{
  UdpnatRendezvousServer *server = self->server;
  const UdpnatMail       *mail;

  if (!self->is_mail_due || (self->entry == NULL && !self->is_fetching)
      || self->mail_loading != 0)
    return;
  mail = udpnat_mailbox_next (server->mailbox, udpnat_server_identity_get_key (self->identity),
                              self->mail_told);
  if (mail == NULL || !mail->is_stored)
    {
      self->is_mail_due = FALSE;
      return;
    }
  if (self->n_mail_unacked >= UDPNAT_MAIL_UNACKED_MAX
      || udpnat_session_stream_unacked (self->session, UDPNAT_STREAM_MAIL)
           > UDPNAT_MAIL_UNACKED_MAX_BYTES
      || !udpnat_mailbox_take_read (server->mailbox, now_us, mail))
    return;
  self->mail_loading = mail->number;
  (void) udpnat_server_push_mail_event (server, UDPNAT_SERVER_EVENT_MAIL_LOAD, mail->number);
}

/** udpnat_server_note_mail: @recipient is there now, or has got mail */
void
udpnat_server_note_mail (UdpnatRendezvousServer *self,
                         gint64                  now_us,
                         const UdpnatPublicKey  *recipient)
{
  UdpnatServerIdentity *identity = udpnat_server_find_identity (self, recipient);
  UdpnatServerClient   *client;

  if (self->mailbox == NULL || identity == NULL)
    return;
  if (identity->is_resting && udpnat_mailbox_next (self->mailbox, recipient, 0) != NULL)
    udpnat_server_identity_wake (identity, self, now_us);
  client = udpnat_server_identity_get_live (identity);
  if (client == NULL || (client->entry == NULL && !client->is_fetching))
    return;
  client->is_mail_due = TRUE;
  udpnat_server_tell_mail (client, now_us);
}

static void
tell_letter (UdpnatServerClient *self,
             const UdpnatMail   *mail,
             const guint8       *data,
             gsize               n_data)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  const UdpnatMailItem item = { mail->number, (guint64) mail->stored_s, data, n_data };

  udpnat_write_mail_item (message, &item);
  (void) udpnat_session_stream_write (self->session, UDPNAT_STREAM_MAIL, message->data,
                                      message->len);
  self->mail_told = mail->number;
  self->n_mail_unacked++;
}

/**
 * udpnat_rendezvous_server_give_mail:
 * @number: from a MAIL_LOAD event; others are ignored
 * @data: (nullable) (array length=n_data): the letter; %NULL or empty when it cannot be read: then
 *   it is given up
 */
void
udpnat_rendezvous_server_give_mail (UdpnatRendezvousServer *self,
                                    gint64                  now_us,
                                    guint64                 number,
                                    const guint8           *data,
                                    gsize                   n_data)
{
  UdpnatMail         *mail = self->mailbox != NULL ? udpnat_mailbox_find (self->mailbox, number)
                                                   : NULL;
  UdpnatServerClient *client = NULL;

  if (mail != NULL)
    client = udpnat_server_find_live (self, mail->recipient);
  if (client == NULL || client->mail_loading != number)
    return;
  if (n_data == 0 || n_data > UDPNAT_MAIL_SEALED_MAX_BYTES)
    udpnat_server_drop_mail (self, mail);
  else
    {
      client->mail_loading = 0;
      self->stats.letters_given++;
      tell_letter (client, mail, data, n_data);
    }
  udpnat_server_tell_mail (client, now_us);
  udpnat_server_client_touch (client);
}

/** udpnat_server_drop_mail: got, expired, or not to be read: frees @mail */
void
udpnat_server_drop_mail (UdpnatRendezvousServer *self,
                         UdpnatMail             *mail)
{
  UdpnatServerClient *client = udpnat_server_find_live (self, mail->recipient);
  UdpnatPublicKey     recipient = *mail->recipient;

  if (client != NULL && client->mail_loading == mail->number)
    client->mail_loading = 0;
  else if (client != NULL && mail->number <= client->mail_told)
    client->n_mail_unacked--;
  (void) udpnat_server_push_mail_event (self, UDPNAT_SERVER_EVENT_MAIL_DELETE, mail->number);
  udpnat_mailbox_remove (self->mailbox, mail);
  if (udpnat_mailbox_next (self->mailbox, &recipient, 0) == NULL)
    udpnat_server_fleet_note_letters (self, &recipient);
}

/* ---- Time ---- */

/** udpnat_server_mail_deadline: for udpnat_server_keep_mail() */
gint64
udpnat_server_mail_deadline (const UdpnatRendezvousServer *self)
{
  const UdpnatMail *oldest = self->mailbox != NULL ? udpnat_mailbox_peek_oldest (self->mailbox)
                                                   : NULL;
  gint64            expiry_us;

  if (oldest == NULL)
    return self->passes_us;
  expiry_us = UDPNAT_SEC (oldest->expiry.deadline_us) - self->wall_offset_us;
  return udpnat_time_min (self->passes_us, MAX (expiry_us, self->expire_after_us));
}

static void
expire (UdpnatRendezvousServer *self,
        gint64                  now_us)
{
  gint64      wall_s = udpnat_server_get_wall_s (self, now_us);
  UdpnatMail *oldest;

  self->expire_after_us = now_us + UDPNAT_MAIL_EXPIRE_TICK_US;
  for (guint i = 0; i < UDPNAT_MAIL_EXPIRE_BATCH; i++)
    {
      oldest = udpnat_mailbox_peek_oldest (self->mailbox);
      if (oldest == NULL || !oldest->is_stored || oldest->expiry.deadline_us > wall_s)
        return;
      udpnat_server_drop_mail (self, oldest);
    }
}

/** udpnat_server_store_passes: all that have changed, whether it is time or not */
void
udpnat_server_store_passes (UdpnatRendezvousServer *self)
{
  UdpnatPublicKey recipient;
  GBytes         *passes;

  self->passes_us = UDPNAT_TIME_NEVER;
  while ((passes = udpnat_mailbox_pop_changed (self->mailbox, &recipient)) != NULL)
    {
      UdpnatServerEvent *event;

      event = udpnat_server_push_mail_event (self, UDPNAT_SERVER_EVENT_MAIL_PASSES, 0);
      event->key = recipient;
      event->data = passes;
    }
}

/** udpnat_server_keep_mail: does what is due now */
void
udpnat_server_keep_mail (UdpnatRendezvousServer *self,
                         gint64                  now_us)
{
  if (self->mailbox == NULL)
    return;
  if (self->passes_us <= now_us)
    udpnat_server_store_passes (self);
  if (udpnat_server_mail_deadline (self) <= now_us)
    expire (self, now_us);
}

/* ---- Start ---- */

/**
 * udpnat_rendezvous_server_restore_mail:
 * @pass: (nullable): %NULL for a stranger's
 *
 * Tells the server at its start of a letter that it had stored.
 */
void
udpnat_rendezvous_server_restore_mail (UdpnatRendezvousServer *self,
                                       guint64                 number,
                                       const UdpnatPublicKey  *recipient,
                                       const guint8           *pass,
                                       gsize                   n_bytes,
                                       gint64                  stored_s)
{
  gint64 wall_s = udpnat_server_get_wall_s (self, self->expire_after_us);

  /* The clock may have been wrong. */
  if (self->mailbox != NULL)
    udpnat_mailbox_restore (self->mailbox, number, recipient, pass, n_bytes,
                            CLAMP (stored_s, 0, wall_s));
}

/** udpnat_rendezvous_server_restore_mail_number: the highest number that was ever stored */
void
udpnat_rendezvous_server_restore_mail_number (UdpnatRendezvousServer *self,
                                              guint64                 number)
{
  if (self->mailbox != NULL)
    udpnat_mailbox_raise_number (self->mailbox, number);
}

/** udpnat_rendezvous_server_restore_passes: as the last MAIL_PASSES event of @recipient had them */
void
udpnat_rendezvous_server_restore_passes (UdpnatRendezvousServer *self,
                                         const UdpnatPublicKey  *recipient,
                                         const guint8           *passes,
                                         guint                   n_passes)
{
  if (self->mailbox != NULL)
    (void) udpnat_mailbox_set_passes (self->mailbox, recipient, TRUE, passes,
                                      MIN (n_passes, UDPNAT_MAIL_PASSES_MAX));
}
