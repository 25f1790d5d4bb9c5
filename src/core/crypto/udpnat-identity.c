#include "config.h"

#include "udpnat-identity.h"

#include "udpnat-cookie.h"

#include <sodium.h>
#include <string.h>

/* Key pairs (RFC 7748). The secret never leaves its guarded page except to the functions of this
 * layer, and to whoever saves it to disk. */

struct _UdpnatIdentity
{
  UdpnatPublicKey public_key;
  guint8          mac1_key[32]; /* of packets for it */
  guint8         *secret; /* UDPNAT_KEY_BYTES from sodium_malloc() */
};

/**
 * udpnat_crypto_init:
 *
 * Chooses the fastest code for this processor. May be called any number of times; programs call it
 * once at start, to be able to report the failure.
 *
 * Returns: %FALSE when the library cannot be used
 */
gboolean
udpnat_crypto_init (void)
{
  return sodium_init () >= 0;
}

/**
 * udpnat_identity_new_from_secret:
 * @secret: any 32 bytes fit for a key
 *
 * Returns: (transfer full): the key pair with that secret
 */
UdpnatIdentity *
udpnat_identity_new_from_secret (const guint8 secret[UDPNAT_KEY_BYTES])
{
  UdpnatIdentity *self = g_new0 (UdpnatIdentity, 1);
  gboolean ready = udpnat_crypto_init ();
  int failed;

  g_assert (ready);

  self->secret = sodium_malloc (UDPNAT_KEY_BYTES);
  g_assert (self->secret != NULL); /* out of memory, as g_new0() would stop too */

  memcpy (self->secret, secret, UDPNAT_KEY_BYTES);
  failed = crypto_scalarmult_base (self->public_key.bytes, self->secret);
  g_assert (failed == 0);
  udpnat_mac1_key (&self->public_key, self->mac1_key);

  return self;
}

/**
 * udpnat_identity_generate:
 *
 * Returns: (transfer full): a new key pair
 */
UdpnatIdentity *
udpnat_identity_generate (const UdpnatRandom *random)
{
  guint8 secret[UDPNAT_KEY_BYTES];
  UdpnatIdentity *self;

  udpnat_random_fill (random, secret, sizeof secret);
  self = udpnat_identity_new_from_secret (secret);
  sodium_memzero (secret, sizeof secret);

  return self;
}

/**
 * udpnat_identity_copy:
 *
 * Returns: (transfer full): the same key pair in memory of its own
 */
UdpnatIdentity *
udpnat_identity_copy (const UdpnatIdentity *self)
{
  return udpnat_identity_new_from_secret (self->secret);
}

/**
 * udpnat_identity_free:
 * @self: (nullable): wiped and freed
 */
void
udpnat_identity_free (UdpnatIdentity *self)
{
  if (self == NULL)
    return;

  sodium_free (self->secret); /* wipes */
  g_free (self);
}

/**
 * udpnat_identity_get_public_key:
 *
 * Returns: (transfer none): the half that everyone may know
 */
const UdpnatPublicKey *
udpnat_identity_get_public_key (const UdpnatIdentity *self)
{
  return &self->public_key;
}

/** udpnat_identity_get_mac1_key: Returns: (transfer none) (array fixed-size=32): what
 * udpnat_mac1_key() makes of the public key */
const guint8 *
udpnat_identity_get_mac1_key (const UdpnatIdentity *self)
{
  return self->mac1_key;
}

/**
 * udpnat_identity_get_secret:
 *
 * Returns: (transfer none) (array fixed-size=32): the other half; whoever copies it must wipe the
 * copy
 */
const guint8 *
udpnat_identity_get_secret (const UdpnatIdentity *self)
{
  return self->secret;
}
