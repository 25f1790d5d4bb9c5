#include "config.h"

#include "udpnat-attestation-signature.h"

#include <string.h>

#include "udpnat-signature.h"

/* A server's signature on where it sees a client (PROTOCOL.md section 7). It is what keeps a search
 * of a port, hundreds of packets to one address, from being pointed at somebody else: the peer's
 * own word would not do, and an answer from the server to whoever asks would tell strangers where
 * people are. */

static const char label[] = "udpnat attestation";

static gsize
write_signed (const UdpnatAttestation *self,
              const UdpnatPublicKey   *client_key,
              guint8                   out[UDPNAT_ATTESTATION_SIGNED_BYTES])
{
  UdpnatWriter writer;

  udpnat_writer_init (&writer, out, UDPNAT_ATTESTATION_SIGNED_BYTES);
  udpnat_attestation_write_signed (&writer, self, client_key->bytes);
  return writer.n_written;
}

/** udpnat_attestation_sign: @self: nonce and address are set; key and signature are made */
void
udpnat_attestation_sign (UdpnatAttestation     *self,
                         const UdpnatIdentity  *server,
                         const UdpnatRandom    *random,
                         const UdpnatPublicKey *client_key)
{
  guint8           data[UDPNAT_ATTESTATION_SIGNED_BYTES];
  gsize            n_data = write_signed (self, client_key, data);
  UdpnatSigningKey key;

  udpnat_signing_key_from_identity (server, &key);
  memcpy (self->key, key.bytes, sizeof self->key);
  udpnat_signature_make (server, random, label, data, n_data, self->signature);
}

/**
 * udpnat_attestation_verify:
 *
 * Returns: whether the server with @server_key says so of the client with @client_key. That the
 *   nonce is one's own is for the caller to see
 */
gboolean
udpnat_attestation_verify (const UdpnatAttestation *self,
                           const UdpnatPublicKey   *server_key,
                           const UdpnatPublicKey   *client_key)
{
  guint8           data[UDPNAT_ATTESTATION_SIGNED_BYTES];
  gsize            n_data = write_signed (self, client_key, data);
  UdpnatSigningKey key;
  UdpnatPublicKey  public_key;

  memcpy (key.bytes, self->key, sizeof key.bytes);
  return udpnat_signing_key_to_public_key (&key, &public_key)
         && udpnat_public_key_equal (&public_key, server_key)
         && udpnat_signature_verify (&key, label, data, n_data, self->signature);
}
