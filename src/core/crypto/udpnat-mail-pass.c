#include "config.h"

#include "udpnat-mail-pass.h"

#include "udpnat-dh-private.h"

#include <sodium.h>
#include <string.h>

/* A word that two people know without having agreed on it, one for each direction. The recipient
 * leaves it with its server, the sender shows it with each letter: so the server can tell those
 * whom the recipient accepts from strangers, and keep nothing that says who they are. It proves
 * nothing to anybody but that server, and opens no letter.
 *
 * PROTOCOL.md, "Mailbox". */

G_STATIC_ASSERT (UDPNAT_MAIL_PASS_BYTES == crypto_generichash_BYTES_MIN);

static const char label[] = "udpnat mail pass";

/**
 * udpnat_mail_pass_compute:
 * @peer: the other person; not trusted
 * @is_for_sending: for letters from us to @peer; otherwise for those from @peer to us
 * @out_pass: (out): the same at both ends
 *
 * Returns: %FALSE when @peer is no usable key; @out_pass is zero then, as strangers' passes are
 */
gboolean
udpnat_mail_pass_compute (const UdpnatIdentity  *self,
                          const UdpnatPublicKey *peer,
                          gboolean               is_for_sending,
                          guint8                 out_pass[UDPNAT_MAIL_PASS_BYTES])
{
  const UdpnatPublicKey *own = udpnat_identity_get_public_key (self);
  const UdpnatPublicKey *recipient = is_for_sending ? peer : own;
  const UdpnatPublicKey *sender = is_for_sending ? own : peer;
  crypto_generichash_state state;
  guint8 shared[UDPNAT_KEY_BYTES];

  memset (out_pass, 0, UDPNAT_MAIL_PASS_BYTES);
  if (!udpnat_dh_compute (udpnat_identity_get_secret (self), peer, shared))
    return FALSE;

  crypto_generichash_init (&state, shared, sizeof shared, UDPNAT_MAIL_PASS_BYTES);
  crypto_generichash_update (&state, (const guint8 *) label, strlen (label));
  crypto_generichash_update (&state, recipient->bytes, UDPNAT_KEY_BYTES);
  crypto_generichash_update (&state, sender->bytes, UDPNAT_KEY_BYTES);
  crypto_generichash_final (&state, out_pass, UDPNAT_MAIL_PASS_BYTES);
  sodium_memzero (&state, sizeof state);
  sodium_memzero (shared, sizeof shared);

  return TRUE;
}
