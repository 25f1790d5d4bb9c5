#include "config.h"

#include "udpnat-rendezvous-client-private.h"

#include <string.h>

#include "udpnat-attestation-signature.h"

/* ATTEST (PROTOCOL.md section 7): asks the server to sign where it sees us. Whoever needs it waits
 * a few seconds and does without: what is not sent when the session ends, or is not answered, is
 * forgotten. */

#define ATTESTS_MAX 8 /* that wait for the session */

/**
 * udpnat_rendezvous_client_attest:
 * @nonce: of the peer that wants to know
 *
 * An ATTESTATION event answers it, or nothing.
 */
void
udpnat_rendezvous_client_attest (UdpnatRendezvousClient *self,
                                 gint64                  now_us,
                                 const guint8            nonce[UDPNAT_ATTESTATION_NONCE_BYTES])
{
  UdpnatAttestNonce wish;

  if (self->attests->len == ATTESTS_MAX || !udpnat_rendezvous_client_is_up (self))
    return;
  memcpy (wish.bytes, nonce, sizeof wish.bytes);
  g_array_append_val (self->attests, wish);
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

void
udpnat_rendezvous_client_send_attests (UdpnatRendezvousClient *self)
{
  while (self->attests->len > 0)
    {
      g_autoptr (GByteArray) message = g_byte_array_new ();

      udpnat_write_attest (message, g_array_index (self->attests, UdpnatAttestNonce, 0).bytes);
      if (!udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_CONTROL, message))
        return;
      g_array_remove_index (self->attests, 0);
    }
}

/** udpnat_rendezvous_client_handle_attestation: Returns: %FALSE when it breaks the protocol */
gboolean
udpnat_rendezvous_client_handle_attestation (UdpnatRendezvousClient  *self,
                                             const UdpnatMessageView *message)
{
  UdpnatAttestation attestation;

  if (!udpnat_parse_attestation (message, &attestation))
    return FALSE;
  if (udpnat_attestation_verify (&attestation, &self->key,
                                 udpnat_identity_get_public_key (self->config.identity)))
    udpnat_rendezvous_client_push_event (self, UDPNAT_RENDEZVOUS_EVENT_ATTESTATION)->attestation
        = attestation;
  return TRUE;
}
