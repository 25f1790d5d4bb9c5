#pragma once

#include "udpnat-key.h"
#include "udpnat-limits.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatTicket:
 * @bytes: what the server opens again; shown in the clear
 * @secret: what goes with it, and is never shown
 *
 * As its holder has it. A value; wipe it with sodium_memzero().
 */
typedef struct
{
  guint8 bytes[UDPNAT_TICKET_BYTES];
  guint8 secret[UDPNAT_TICKET_SECRET_BYTES];
} UdpnatTicket;

/**
 * UdpnatTicketRing:
 *
 * The keys under which a server makes tickets and opens them again (PROTOCOL.md section 2,
 * "Tickets"): nothing else is kept of them. There is a new one every %UDPNAT_TICKET_KEY_S; the one
 * before still opens. All times are in seconds since 1970.
 */
typedef struct _UdpnatTicketRing UdpnatTicketRing;

/* What is stored of each of the two keys: when it was made, and its halves. */
#define UDPNAT_TICKET_KEY_BYTES (8 + 32 + 32)
#define UDPNAT_TICKET_RING_BYTES (2 * UDPNAT_TICKET_KEY_BYTES)

/**
 * UdpnatTicketHolder:
 * @key: static key of whoever was given the ticket
 * @proved_s: when that key was last proved by a Diffie-Hellman
 * @secret: known to the holder and, as long as the keys are there, to the server
 *
 * What a ticket says. Holds a secret: wipe it with sodium_memzero().
 */
typedef struct
{
  UdpnatPublicKey key;
  gint64          proved_s;
  guint8          secret[UDPNAT_TICKET_SECRET_BYTES];
} UdpnatTicketHolder;

UdpnatTicketRing *udpnat_ticket_ring_new     (const UdpnatRandom       *random)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_ticket_ring_free    (UdpnatTicketRing         *self);
gboolean          udpnat_ticket_ring_restore (UdpnatTicketRing         *self,
                                              const guint8             *stored,
                                              gsize                     n_stored)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_ticket_ring_store   (const UdpnatTicketRing   *self,
                                              guint8 out_stored[UDPNAT_TICKET_RING_BYTES]);
gboolean          udpnat_ticket_ring_rotate  (UdpnatTicketRing         *self,
                                              gint64                    now_s)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_ticket_ring_make    (UdpnatTicketRing         *self,
                                              const UdpnatPublicKey    *key,
                                              gint64                    proved_s,
                                              UdpnatTicket             *out_ticket);
gboolean          udpnat_ticket_ring_open    (const UdpnatTicketRing   *self,
                                              gint64                    now_s,
                                              const guint8 ticket[UDPNAT_TICKET_BYTES],
                                              UdpnatTicketHolder       *out_holder)
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatTicketRing, udpnat_ticket_ring_free)

G_END_DECLS
