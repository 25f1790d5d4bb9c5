/* The server vouches for where a peer is (PROTOCOL.md section 10).
 *
 * Anybody can name addresses in CANDIDATES, also those of victims, so little is sent on a peer's
 * word alone (udpnat-path-queue.c). When half of that is spent, the peer is asked for the server's
 * word: it asks the server to sign its address under a nonce of ours, and shows us that. To that IP
 * address rounds may go on. Nothing new is told by it: the peer's CANDIDATES name the address. */

#include "config.h"

#include "udpnat-node-vouch-private.h"

#include <string.h>

#include "udpnat-attestation-signature.h"
#include "udpnat-node-private.h"

static gboolean
is_allowed (const UdpnatNode *self,
            const UdpnatPeer *peer)
{
  return !self->is_relay_only && !peer->is_relay_only && udpnat_peer_is_trusted (peer) &&
         udpnat_rendezvous_client_is_connected (udpnat_peer_get_server (peer));
}

static void
send_message (UdpnatPeer                *peer,
              const UdpnatSearchMessage *message)
{
  if (peer->control_out == NULL)
    peer->control_out = g_byte_array_new ();
  udpnat_write_search (peer->control_out, message);
  udpnat_node_mark_dirty (peer->node, peer);
}

/** udpnat_node_ask_for_vouch: much was sent to where only @peer itself says that it is */
void
udpnat_node_ask_for_vouch (UdpnatNode *self,
                           gint64      now_us,
                           UdpnatPeer *peer)
{
  UdpnatSearchMessage ask = { .step = UDPNAT_SEARCH_ASK };

  if (now_us < peer->vouch.next_ask_us || !is_allowed (self, peer))
    return;
  peer->vouch.next_ask_us = now_us + UDPNAT_VOUCH_GAP_US;
  peer->vouch.is_asked = TRUE;
  udpnat_random_fill (&self->random, peer->vouch.nonce, sizeof peer->vouch.nonce);
  memcpy (ask.nonce, peer->vouch.nonce, sizeof ask.nonce);
  send_message (peer, &ask);
}

static void
handle_ask (UdpnatNode                *self,
            gint64                     now_us,
            UdpnatPeer                *peer,
            const UdpnatSearchMessage *message)
{
  UdpnatNodeVouchAnswer *answer = &self->vouch.answers[self->vouch.next_answer];

  if (now_us < peer->vouch.next_answer_us || !is_allowed (self, peer))
    return;
  /* A little less than the gap between two questions, which may come closer than they were sent. */
  peer->vouch.next_answer_us = now_us + UDPNAT_VOUCH_GAP_US / 2;
  self->vouch.next_answer = (self->vouch.next_answer + 1) % UDPNAT_NODE_VOUCHES_MAX;
  answer->is_open = TRUE;
  answer->key = peer->key;
  memcpy (answer->nonce, message->nonce, sizeof answer->nonce);
  udpnat_rendezvous_client_attest (udpnat_peer_get_server (peer), now_us, message->nonce);
}

/** udpnat_node_handle_vouch_attestation: shows it to whoever wanted it, if anybody did */
void
udpnat_node_handle_vouch_attestation (UdpnatNode              *self,
                                      const UdpnatAttestation *attestation)
{
  UdpnatSearchMessage tell = { .step = UDPNAT_SEARCH_TELL, .attestation = *attestation };

  for (guint i = 0; i < UDPNAT_NODE_VOUCHES_MAX; i++)
    {
      UdpnatNodeVouchAnswer *answer = &self->vouch.answers[i];
      UdpnatPeer *peer;

      if (!answer->is_open ||
          memcmp (answer->nonce, attestation->nonce, sizeof answer->nonce) != 0)
        continue;
      answer->is_open = FALSE;
      peer = udpnat_node_find_peer (self, &answer->key);
      if (peer != NULL && is_allowed (self, peer))
        send_message (peer, &tell);
    }
}

/* Whether it is the server's word on @peer, under our own nonce: of now, and of nobody else. */
static gboolean
is_true (const UdpnatNode        *self,
         const UdpnatPeer        *peer,
         const UdpnatAttestation *attestation)
{
  UdpnatPublicKey server_key;

  return peer->vouch.is_asked &&
         memcmp (attestation->nonce, peer->vouch.nonce, sizeof attestation->nonce) == 0 &&
         udpnat_rendezvous_client_get_key (self->server, &server_key) &&
         udpnat_attestation_verify (attestation, &server_key, &peer->key);
}

/** udpnat_node_handle_vouch: ASK or TELL of @peer, whom we trust */
void
udpnat_node_handle_vouch (UdpnatNode                *self,
                          gint64                     now_us,
                          UdpnatPeer                *peer,
                          const UdpnatSearchMessage *message)
{
  if (message->step == UDPNAT_SEARCH_ASK)
    handle_ask (self, now_us, peer, message);
  else if (is_true (self, peer, &message->attestation))
    {
      peer->vouch.is_asked = FALSE;
      udpnat_path_set_vouch (peer->paths, now_us, &message->attestation.address);
    }
}
