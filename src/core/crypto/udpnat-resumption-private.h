#pragma once

#include "udpnat-key.h"
#include "udpnat-limits.h"

G_BEGIN_DECLS

#define UDPNAT_RESUMPTION_RANDOM_BYTES 32
#define UDPNAT_RESUMPTION_TAG_BYTES 16

/**
 * UdpnatResumption:
 *
 * The keys of a handshake with a ticket. A value: a copy is a way back. Wipe it with
 * sodium_memzero().
 */
typedef struct
{
  guint8 key[32];  /* the next payload's */
  guint8 next[32]; /* what the keys after it come of */
  guint8 tag[UDPNAT_RESUMPTION_TAG_BYTES]; /* of the payload before */
} UdpnatResumption;

void     udpnat_resumption_begin  (UdpnatResumption      *self,
                                   const UdpnatPublicKey *responder,
                                   const guint8           secret[UDPNAT_TICKET_SECRET_BYTES],
                                   const guint8           random[UDPNAT_RESUMPTION_RANDOM_BYTES],
                                   const guint8           ticket[UDPNAT_TICKET_BYTES]);
void     udpnat_resumption_answer (UdpnatResumption      *self,
                                   const guint8           random[UDPNAT_RESUMPTION_RANDOM_BYTES]);
void     udpnat_resumption_seal   (UdpnatResumption      *self,
                                   const guint8          *plain,
                                   gsize                  n_plain,
                                   guint8                *out);
gboolean udpnat_resumption_open   (UdpnatResumption      *self,
                                   const guint8          *sealed,
                                   gsize                  n_sealed,
                                   guint8                *out) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_resumption_split  (UdpnatResumption      *self,
                                   guint8                 out_first[32],
                                   guint8                 out_second[32]);

G_END_DECLS
