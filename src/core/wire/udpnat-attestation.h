#pragma once

#include "udpnat-message.h"
#include "udpnat-reader.h"
#include "udpnat-writer.h"

G_BEGIN_DECLS

#define UDPNAT_ATTESTATION_NONCE_BYTES 16
#define UDPNAT_ATTESTATION_KEY_BYTES 32
#define UDPNAT_ATTESTATION_SIGNATURE_BYTES 64
/* What is signed: whose address it is, nonce, address. */
#define UDPNAT_ATTESTATION_SIGNED_BYTES (32 + UDPNAT_ATTESTATION_NONCE_BYTES + 19)

/**
 * UdpnatAttestation:
 * @nonce: of whoever wants to know
 * @address: where the server sees the client that asked
 * @key: Ed25519 form of the server's key
 * @signature: over udpnat_attestation_write_signed()
 *
 * A server's word on where one of its clients is, for that client to show to others
 * (PROTOCOL.md section 7).
 */
typedef struct
{
  guint8        nonce[UDPNAT_ATTESTATION_NONCE_BYTES];
  UdpnatAddress address;
  guint8        key[UDPNAT_ATTESTATION_KEY_BYTES];
  guint8        signature[UDPNAT_ATTESTATION_SIGNATURE_BYTES];
} UdpnatAttestation;

void     udpnat_attestation_write_signed (UdpnatWriter            *writer,
                                          const UdpnatAttestation *attestation,
                                          const guint8             client_key[32]);
void     udpnat_append_attestation       (GByteArray              *out,
                                          const UdpnatAttestation *attestation);
gboolean udpnat_read_attestation         (UdpnatReader            *reader,
                                          UdpnatAttestation       *out_attestation);

void     udpnat_write_attest             (GByteArray              *out,
                                          const guint8             nonce
                                            [UDPNAT_ATTESTATION_NONCE_BYTES]);
gboolean udpnat_parse_attest             (const UdpnatMessageView *message,
                                          guint8                   out_nonce
                                            [UDPNAT_ATTESTATION_NONCE_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_write_attestation        (GByteArray              *out,
                                          const UdpnatAttestation *attestation);
gboolean udpnat_parse_attestation        (const UdpnatMessageView *message,
                                          UdpnatAttestation       *out_attestation)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
