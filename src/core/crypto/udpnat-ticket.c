#include "config.h"

#include "udpnat-ticket.h"

#include "udpnat-reader.h"
#include "udpnat-writer.h"

#include <sodium.h>
#include <string.h>

/* Tickets with which a client comes back to a server without a Diffie-Hellman (PROTOCOL.md section
 * 2, "Tickets"; the idea is that of RFC 5077). The server keeps nothing of them: who it is stands
 * in the ticket, sealed under a key that only the server has, and the secret that goes with it is a
 * keyed hash of the ticket. What follows from the secret is in udpnat-resumption.c. */

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define PLAIN_BYTES (UDPNAT_KEY_BYTES + 8)

G_STATIC_ASSERT (UDPNAT_TICKET_BYTES
                 == NONCE_BYTES + PLAIN_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES);

typedef struct
{
  gint64 made_s; /* 0: there is none */
  guint8 seal[32];
  guint8 derive[32];
} TicketKey;

struct _UdpnatTicketRing
{
  UdpnatRandom random;
  TicketKey    current;
  TicketKey    previous;
};

/** udpnat_ticket_ring_new: Returns: (transfer full): without keys: rotate it first */
UdpnatTicketRing *
udpnat_ticket_ring_new (const UdpnatRandom *random)
{
  UdpnatTicketRing *self = g_new0 (UdpnatTicketRing, 1);

  self->random = *random;
  return self;
}

/** udpnat_ticket_ring_free: @self: (nullable): wiped and freed */
void
udpnat_ticket_ring_free (UdpnatTicketRing *self)
{
  if (self == NULL)
    return;
  sodium_memzero (self, sizeof *self);
  g_free (self);
}

/* ---- Keys ---- */

static void
read_key (UdpnatReader *reader,
          TicketKey    *out_key)
{
  guint64 made_s = udpnat_reader_u64 (reader);

  out_key->made_s = (gint64) MIN (made_s, (guint64) G_MAXINT64 / 2);
  udpnat_reader_copy (reader, out_key->seal, sizeof out_key->seal);
  udpnat_reader_copy (reader, out_key->derive, sizeof out_key->derive);
}

/**
 * udpnat_ticket_ring_restore:
 * @stored: (array length=n_stored): as udpnat_ticket_ring_store() wrote it
 *
 * Returns: %FALSE, with nothing changed, when it has another length
 */
gboolean
udpnat_ticket_ring_restore (UdpnatTicketRing *self,
                            const guint8     *stored,
                            gsize             n_stored)
{
  UdpnatReader reader;

  if (n_stored != UDPNAT_TICKET_RING_BYTES)
    return FALSE;
  udpnat_reader_init (&reader, stored, n_stored);
  read_key (&reader, &self->current);
  read_key (&reader, &self->previous);
  return TRUE;
}

static void
write_key (UdpnatWriter    *writer,
           const TicketKey *key)
{
  udpnat_writer_u64 (writer, (guint64) key->made_s);
  udpnat_writer_bytes (writer, key->seal, sizeof key->seal);
  udpnat_writer_bytes (writer, key->derive, sizeof key->derive);
}

/** udpnat_ticket_ring_store: @out_stored: both keys: for the server's eyes only; wipe it */
void
udpnat_ticket_ring_store (const UdpnatTicketRing *self,
                          guint8                  out_stored[UDPNAT_TICKET_RING_BYTES])
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out_stored, UDPNAT_TICKET_RING_BYTES);
  write_key (&writer, &self->current);
  write_key (&writer, &self->previous);
}

static gboolean
is_current (const TicketKey *key,
            gint64           now_s)
{
  return key->made_s != 0 && now_s < key->made_s + UDPNAT_TICKET_KEY_S
         && now_s >= key->made_s - UDPNAT_TICKET_CLOCK_S;
}

/* Whether a ticket that was made while the key was current may still live. */
static gboolean
may_open (const TicketKey *key,
          gint64           now_s)
{
  return key->made_s != 0
         && now_s < key->made_s + UDPNAT_TICKET_KEY_S + UDPNAT_TICKET_LIFE_S
         && now_s >= key->made_s - UDPNAT_TICKET_CLOCK_S;
}

/**
 * udpnat_ticket_ring_rotate:
 *
 * To be asked before tickets are made or opened.
 *
 * Returns: whether there is a new key, so that both should be stored
 */
gboolean
udpnat_ticket_ring_rotate (UdpnatTicketRing *self,
                           gint64            now_s)
{
  if (is_current (&self->current, now_s))
    return FALSE;
  if (may_open (&self->current, now_s))
    self->previous = self->current;
  else
    sodium_memzero (&self->previous, sizeof self->previous);
  self->current.made_s = MAX (now_s, 1);
  udpnat_random_fill (&self->random, self->current.seal, sizeof self->current.seal);
  udpnat_random_fill (&self->random, self->current.derive, sizeof self->current.derive);
  return TRUE;
}

/* ---- Tickets ---- */

static void
derive_secret (const TicketKey *key,
               const guint8     ticket[UDPNAT_TICKET_BYTES],
               guint8           out_secret[UDPNAT_TICKET_SECRET_BYTES])
{
  int failed = crypto_generichash (out_secret, UDPNAT_TICKET_SECRET_BYTES, ticket,
                                   UDPNAT_TICKET_BYTES, key->derive, sizeof key->derive);

  g_assert (failed == 0);
}

/**
 * udpnat_ticket_ring_make:
 * @key: static key of whoever gets the ticket
 * @proved_s: when it was last proved by a Diffie-Hellman: not now, if by a ticket
 * @out_ticket: for the same, by a sealed way; to be wiped
 */
void
udpnat_ticket_ring_make (UdpnatTicketRing      *self,
                         const UdpnatPublicKey *key,
                         gint64                 proved_s,
                         UdpnatTicket          *out_ticket)
{
  guint8       plain[PLAIN_BYTES];
  UdpnatWriter writer;

  g_assert (self->current.made_s != 0);
  udpnat_writer_init (&writer, plain, sizeof plain);
  udpnat_writer_bytes (&writer, key->bytes, UDPNAT_KEY_BYTES);
  udpnat_writer_u64 (&writer, (guint64) proved_s);
  udpnat_random_fill (&self->random, out_ticket->bytes, NONCE_BYTES);
  crypto_aead_xchacha20poly1305_ietf_encrypt (out_ticket->bytes + NONCE_BYTES, NULL, plain,
                                              sizeof plain, NULL, 0, NULL, out_ticket->bytes,
                                              self->current.seal);
  derive_secret (&self->current, out_ticket->bytes, out_ticket->secret);
}

static gboolean
open_with (const TicketKey    *key,
           gint64              now_s,
           const guint8        ticket[UDPNAT_TICKET_BYTES],
           UdpnatTicketHolder *out_holder)
{
  guint8       plain[PLAIN_BYTES];
  UdpnatReader reader;

  if (!may_open (key, now_s)
      || crypto_aead_xchacha20poly1305_ietf_decrypt (plain, NULL, NULL, ticket + NONCE_BYTES,
                                                     UDPNAT_TICKET_BYTES - NONCE_BYTES, NULL, 0,
                                                     ticket, key->seal)
           != 0)
    return FALSE;
  udpnat_reader_init (&reader, plain, sizeof plain);
  udpnat_reader_copy (&reader, out_holder->key.bytes, UDPNAT_KEY_BYTES);
  out_holder->proved_s = (gint64) udpnat_reader_u64 (&reader); /* our own word */
  derive_secret (key, ticket, out_holder->secret);
  return TRUE;
}

/**
 * udpnat_ticket_ring_open:
 * @ticket: not trusted
 * @out_holder: meaningless after a failure
 *
 * Returns: %FALSE when it was not made under one of the keys, or is too old
 */
gboolean
udpnat_ticket_ring_open (const UdpnatTicketRing *self,
                         gint64                  now_s,
                         const guint8            ticket[UDPNAT_TICKET_BYTES],
                         UdpnatTicketHolder     *out_holder)
{
  return (open_with (&self->current, now_s, ticket, out_holder)
          || open_with (&self->previous, now_s, ticket, out_holder))
         && now_s < out_holder->proved_s + UDPNAT_TICKET_LIFE_S
         && now_s >= out_holder->proved_s - UDPNAT_TICKET_CLOCK_S;
}
