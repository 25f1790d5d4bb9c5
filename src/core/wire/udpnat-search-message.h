#pragma once

#include "udpnat-attestation.h"

G_BEGIN_DECLS

/* How far two peers are with a search for a port, and the two that ask where the other is
 * (PROTOCOL.md section 10). */
typedef enum
{
  UDPNAT_SEARCH_OFFER = 1,  /* from whoever would open sockets: nonce */
  UDPNAT_SEARCH_ACCEPT = 2, /* nonce, attestation under the nonce of OFFER */
  UDPNAT_SEARCH_GO = 3,     /* attestation under the nonce of ACCEPT, ranges */
  UDPNAT_SEARCH_REFUSE = 4, /* not now */
  UDPNAT_SEARCH_ASK = 5,    /* nonce: where does the server see you? Without any search */
  UDPNAT_SEARCH_TELL = 6,   /* attestation under the nonce of ASK */
  UDPNAT_SEARCH_MEET = 7,   /* ranges: of whoever has got GO, when both open sockets */
} UdpnatSearchStep;

#define UDPNAT_SEARCH_RANGES_MAX 4

/**
 * UdpnatPortRange:
 * @first: the likeliest one
 * @count: of ports, this one included
 * @step: from one to the next; 0: any of @first and the @count - 1 ports above it, in no order
 */
typedef struct
{
  guint16 first;
  guint16 count;
  gint16  step;
} UdpnatPortRange;

/**
 * UdpnatSearchMessage:
 * @step: a [enum@UdpnatSearchStep]; others may be added
 * @nonce: of OFFER, ACCEPT and ASK
 * @attestation: of ACCEPT, GO and TELL
 * @ranges: of GO and MEET: where the sender's router has most likely opened ports
 */
typedef struct
{
  guint8            step;
  guint8            nonce[UDPNAT_ATTESTATION_NONCE_BYTES];
  UdpnatAttestation attestation;
  guint             n_ranges;
  UdpnatPortRange   ranges[UDPNAT_SEARCH_RANGES_MAX];
} UdpnatSearchMessage;

void     udpnat_write_search (GByteArray                *out,
                              const UdpnatSearchMessage *message);
gboolean udpnat_parse_search (const UdpnatMessageView   *view,
                              UdpnatSearchMessage       *out_message) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
