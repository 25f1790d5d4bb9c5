#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include <sodium.h>

/* Tickets of the server (PROTOCOL.md section 2): to be back without a Diffie-Hellman when it may
 * have forgotten us. Never for new keys of a session that is up: those come by a handshake.
 *
 * A server that cannot open a ticket says so with UNKNOWN. Anybody could say it; all that follows
 * is a handshake, which is the stronger of the two. While nothing comes from a server at all it is
 * tried by ticket for as long as it takes: it is when it comes back that this counts. But one that
 * answers INFO and not the ticket knows none. */

/** udpnat_rendezvous_client_forget_ticket: wipes it */
void
udpnat_rendezvous_client_forget_ticket (UdpnatRendezvousClient *self)
{
  sodium_memzero (&self->ticket, sizeof self->ticket);
  self->ticket.doubt_us = UDPNAT_TIME_NEVER;
}

/** udpnat_rendezvous_client_take_ticket: @message: what the server has said, if it is TICKET */
void
udpnat_rendezvous_client_take_ticket (UdpnatRendezvousClient  *self,
                                      const UdpnatMessageView *message)
{
  UdpnatTicket ticket;
  guint32      life_s;

  if (udpnat_parse_ticket (message, &life_s, ticket.bytes, ticket.secret))
    {
      self->ticket.ticket = ticket;
      self->ticket.until_us = self->now_us + UDPNAT_SEC (MIN (life_s, UDPNAT_TICKET_LIFE_S));
      self->ticket.doubt_us = UDPNAT_TIME_NEVER;
    }
  sodium_memzero (&ticket, sizeof ticket);
}

/** udpnat_rendezvous_client_resume: a handshake, by ticket if there is one: the server may have
 * forgotten us */
void
udpnat_rendezvous_client_resume (UdpnatRendezvousClient *self,
                                 gint64                  now_us)
{
  guint8       timestamp[UDPNAT_TIMESTAMP_BYTES];
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  if (now_us >= self->ticket.until_us)
    {
      udpnat_rendezvous_client_start_handshake (self, now_us);
      return;
    }
  udpnat_rendezvous_client_begin_handshake (self, now_us, timestamp);
  self->ticket.doubt_us = UDPNAT_TIME_NEVER;
  udpnat_writer_init (&writer, frames, sizeof frames);
  udpnat_rendezvous_client_write_early (self, &writer);
  udpnat_session_start_resumption (self->session, now_us, timestamp, &self->ticket.ticket, frames,
                                   writer.n_written);
}

static void
give_up (UdpnatRendezvousClient *self,
         gint64                  now_us)
{
  udpnat_rendezvous_client_forget_ticket (self);
  udpnat_rendezvous_client_start_handshake (self, now_us);
}

/**
 * udpnat_rendezvous_client_handle_no_ticket:
 * @index: in an UNKNOWN that has come from the server's address
 *
 * Returns: whether it is that of our HS1 with a ticket: then there is one without it now
 */
gboolean
udpnat_rendezvous_client_handle_no_ticket (UdpnatRendezvousClient *self,
                                           gint64                  now_us,
                                           guint32                 index)
{
  if (index == 0 || self->session == NULL
      || udpnat_session_get_resuming_index (self->session) != index)
    return FALSE;
  give_up (self, now_us);
  return TRUE;
}

/** udpnat_rendezvous_client_note_info: the server is there; HS1 goes to it once more now */
void
udpnat_rendezvous_client_note_info (UdpnatRendezvousClient *self,
                                    gint64                  now_us)
{
  if (self->ticket.doubt_us == UDPNAT_TIME_NEVER && self->session != NULL
      && udpnat_session_get_resuming_index (self->session) != 0)
    self->ticket.doubt_us = now_us + UDPNAT_TICKET_DOUBT_US;
}

/** udpnat_rendezvous_client_ticket_deadline: for udpnat_rendezvous_client_keep_ticket() */
gint64
udpnat_rendezvous_client_ticket_deadline (const UdpnatRendezvousClient *self)
{
  return self->session != NULL && udpnat_session_get_resuming_index (self->session) != 0
           ? self->ticket.doubt_us : UDPNAT_TIME_NEVER;
}

void
udpnat_rendezvous_client_keep_ticket (UdpnatRendezvousClient *self,
                                      gint64                  now_us)
{
  if (udpnat_rendezvous_client_ticket_deadline (self) <= now_us)
    give_up (self, now_us);
}
