#include "config.h"

#include "udpnat-rendezvous-server-private.h"

#include <sodium.h>
#include <string.h>

/* Tickets at the server (PROTOCOL.md section 2): one in every HS2, so that whoever has a session
 * can come back without a Diffie-Hellman. Nothing is kept of them but the keys that open them,
 * which the owner has on disk: a restart must not make all of them worthless. */

static void
free_keys (gpointer data)
{
  sodium_memzero (data, UDPNAT_TICKET_RING_BYTES);
  g_free (data);
}

/**
 * udpnat_rendezvous_server_restore_ticket_keys:
 * @stored: (array length=n_stored): data of the last TICKET_KEYS event
 *
 * Before the first datagram; without it, tickets of before open nothing
 *
 * Returns: %FALSE when they cannot be used
 */
gboolean
udpnat_rendezvous_server_restore_ticket_keys (UdpnatRendezvousServer *self,
                                              const guint8           *stored,
                                              gsize                   n_stored)
{
  return udpnat_ticket_ring_restore (self->tickets, stored, n_stored);
}

/** udpnat_server_keep_tickets: there is a key, and not too old a one */
void
udpnat_server_keep_tickets (UdpnatRendezvousServer *self,
                            gint64                  now_us)
{
  UdpnatServerEvent *event;
  guint8            *stored;

  if (!udpnat_ticket_ring_rotate (self->tickets, udpnat_server_get_wall_s (self, now_us)))
    return;
  stored = g_malloc (UDPNAT_TICKET_RING_BYTES);
  udpnat_ticket_ring_store (self->tickets, stored);
  event = udpnat_server_push_mail_event (self, UDPNAT_SERVER_EVENT_TICKET_KEYS, 0);
  event->data = g_bytes_new_with_free_func (stored, UDPNAT_TICKET_RING_BYTES, free_keys, stored);
}

/**
 * udpnat_server_write_ticket:
 * @frames: for the HS2 that answers @hs1
 *
 * A new one each time, so that nobody who watches sees one twice; but how long it lives counts from
 * the last Diffie-Hellman.
 */
void
udpnat_server_write_ticket (UdpnatRendezvousServer *self,
                            gint64                  now_us,
                            const UdpnatHs1        *hs1,
                            UdpnatWriter           *frames)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  gint64                 now_s = udpnat_server_get_wall_s (self, now_us);
  gint64                 proved_s = hs1->proved_s != 0 ? hs1->proved_s : MAX (now_s, 1);
  UdpnatTicket           ticket;

  udpnat_server_keep_tickets (self, now_us);
  udpnat_ticket_ring_make (self->tickets, &hs1->remote_key, proved_s, &ticket);
  udpnat_write_ticket (message, (guint32) CLAMP (proved_s + UDPNAT_TICKET_LIFE_S - now_s, 0,
                                                 UDPNAT_TICKET_LIFE_S),
                       ticket.bytes, ticket.secret);
  if (!udpnat_frame_write_message (frames, message))
    g_assert_not_reached ();
  sodium_memzero (message->data, message->len);
  sodium_memzero (&ticket, sizeof ticket);
}
