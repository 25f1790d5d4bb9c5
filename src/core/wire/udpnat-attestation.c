#include "config.h"

#include "udpnat-attestation.h"

#include <string.h>

#include "udpnat-rendezvous-message.h"

/* ATTEST and ATTESTATION (PROTOCOL.md section 7): a client asks its server to sign where it sees
 * it, and shows that to a peer which is about to send much to that address. The peer's nonce makes
 * it fresh without clocks. Signing and checking are for those who have keys. */

static void
copy_bytes (UdpnatReader *reader,
            guint8       *out,
            gsize         n)
{
  const guint8 *bytes = udpnat_reader_bytes (reader, n);

  if (bytes != NULL)
    memcpy (out, bytes, n);
}

/** udpnat_attestation_write_signed: what the server signs about the client with @client_key */
void
udpnat_attestation_write_signed (UdpnatWriter            *writer,
                                 const UdpnatAttestation *attestation,
                                 const guint8             client_key[32])
{
  udpnat_writer_bytes (writer, client_key, 32);
  udpnat_writer_bytes (writer, attestation->nonce, sizeof attestation->nonce);
  udpnat_writer_address (writer, &attestation->address);
}

/** udpnat_append_attestation: as it stands in messages */
void
udpnat_append_attestation (GByteArray              *out,
                           const UdpnatAttestation *attestation)
{
  udpnat_append_bytes (out, attestation->nonce, sizeof attestation->nonce);
  udpnat_append_address (out, &attestation->address);
  udpnat_append_bytes (out, attestation->key, sizeof attestation->key);
  udpnat_append_bytes (out, attestation->signature, sizeof attestation->signature);
}

/** udpnat_read_attestation: Returns: %FALSE when it is not there */
gboolean
udpnat_read_attestation (UdpnatReader      *reader,
                         UdpnatAttestation *out_attestation)
{
  memset (out_attestation, 0, sizeof *out_attestation);
  copy_bytes (reader, out_attestation->nonce, sizeof out_attestation->nonce);
  (void) udpnat_reader_address (reader, &out_attestation->address);
  copy_bytes (reader, out_attestation->key, sizeof out_attestation->key);
  copy_bytes (reader, out_attestation->signature, sizeof out_attestation->signature);
  return !reader->failed;
}

void
udpnat_write_attest (GByteArray  *out,
                     const guint8 nonce[UDPNAT_ATTESTATION_NONCE_BYTES])
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_ATTEST);

  udpnat_append_bytes (out, nonce, UDPNAT_ATTESTATION_NONCE_BYTES);
  udpnat_message_end (out, mark);
}

gboolean
udpnat_parse_attest (const UdpnatMessageView *message,
                     guint8                   out_nonce[UDPNAT_ATTESTATION_NONCE_BYTES])
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_ATTEST);

  copy_bytes (&reader, out_nonce, UDPNAT_ATTESTATION_NONCE_BYTES);
  return udpnat_reader_is_done (&reader);
}

void
udpnat_write_attestation (GByteArray              *out,
                          const UdpnatAttestation *attestation)
{
  gsize mark = udpnat_message_begin (out, UDPNAT_CS_ATTESTATION);

  udpnat_append_attestation (out, attestation);
  udpnat_message_end (out, mark);
}

gboolean
udpnat_parse_attestation (const UdpnatMessageView *message,
                          UdpnatAttestation       *out_attestation)
{
  UdpnatReader reader = udpnat_message_read (message, UDPNAT_CS_ATTESTATION);

  return udpnat_read_attestation (&reader, out_attestation) && udpnat_reader_is_done (&reader);
}
