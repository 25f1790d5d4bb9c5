#include "config.h"

#include "udpnat-dh-private.h"

#include <sodium.h>

/* The one place where a secret meets a key that came from somebody else (RFC 7748). */

/**
 * udpnat_dh_compute:
 * @remote: not trusted
 * @out_shared: (out): what both sides can compute; the caller wipes it
 *
 * Returns: %FALSE when @remote is worthless; @out_shared is zero then
 */
gboolean
udpnat_dh_compute (const guint8           secret[UDPNAT_KEY_BYTES],
                   const UdpnatPublicKey *remote,
                   guint8                 out_shared[UDPNAT_KEY_BYTES])
{
  /* A remote key of small order gives zero whatever our secret is (RFC 7748 section 6.1): whatever
   * is derived from it, a stranger knows too. */
  if (crypto_scalarmult (out_shared, secret, remote->bytes) == 0
      && !sodium_is_zero (out_shared, UDPNAT_KEY_BYTES))
    return TRUE;

  sodium_memzero (out_shared, UDPNAT_KEY_BYTES);

  return FALSE;
}
