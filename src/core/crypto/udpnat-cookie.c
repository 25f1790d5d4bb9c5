#include "config.h"

#include "udpnat-cookie.h"

#include "udpnat-limits.h"
#include "udpnat-writer.h"

#include <sodium.h>
#include <string.h>

/* What a responder can check before it spends a Diffie-Hellman: that a packet was made by someone
 * who knows our key (mac1), and by someone who gets what is sent to the address it names (cookie,
 * mac2). When to ask for a cookie is decided elsewhere (transport, rendezvous).
 *
 * From PROTOCOL.md sections 2 and 3; the scheme is WireGuard's (paper, 5.4.4 and 5.4.7). */

struct _UdpnatCookieMaker
{
  UdpnatRandom random;
  gint64       since_us; /* when the current secret's time began */
  guint8       current[32];
  guint8       previous[32];
};

/* BLAKE2b-256 (@label || @key) */
static void
hash_label_and_key (const char            *label,
                    const UdpnatPublicKey *key,
                    guint8                 out_hash[32])
{
  crypto_generichash_state state;

  crypto_generichash_init (&state, NULL, 0, 32);
  crypto_generichash_update (&state, (const guint8 *) label, strlen (label));
  crypto_generichash_update (&state, key->bytes, UDPNAT_KEY_BYTES);
  crypto_generichash_final (&state, out_hash, 32);
}

/* ---- MACs ---- */

/**
 * udpnat_mac1_key:
 * @receiver: static key of whoever the packet is for
 * @out_key: the key for the mac1 of that packet; worth keeping, it is the same for every packet
 */
void
udpnat_mac1_key (const UdpnatPublicKey *receiver,
                 guint8                 out_key[32])
{
  hash_label_and_key ("udpnat mac1", receiver, out_key);
}

/**
 * udpnat_mac:
 * @key: (array length=n_key): a mac1 key (32 bytes) or a cookie (16 bytes)
 * @data: (array length=n_data): all bytes of the packet before the MAC
 * @out_mac: BLAKE2b-128 of @data, keyed with @key
 */
void
udpnat_mac (const guint8 *key,
            gsize         n_key,
            const guint8 *data,
            gsize         n_data,
            guint8        out_mac[UDPNAT_MAC_BYTES])
{
  int failed;

  g_assert (n_key >= crypto_generichash_KEYBYTES_MIN && n_key <= crypto_generichash_KEYBYTES_MAX);

  failed = crypto_generichash (out_mac, UDPNAT_MAC_BYTES, data, n_data, key, n_key);
  g_assert (failed == 0);
}

/**
 * udpnat_mac_verify:
 * @mac: not trusted
 *
 * Takes the same time wherever @mac is wrong.
 *
 * Returns: whether @mac is the MAC of @data
 */
gboolean
udpnat_mac_verify (const guint8 *key,
                   gsize         n_key,
                   const guint8 *data,
                   gsize         n_data,
                   const guint8  mac[UDPNAT_MAC_BYTES])
{
  guint8 expected[UDPNAT_MAC_BYTES];

  udpnat_mac (key, n_key, data, n_data, expected);

  return sodium_memcmp (expected, mac, UDPNAT_MAC_BYTES) == 0;
}

/* ---- The responder's half ---- */

static void
fill_secret (UdpnatCookieMaker *self,
             guint8             secret[32])
{
  udpnat_random_fill (&self->random, secret, 32);
}

/**
 * udpnat_cookie_maker_new:
 *
 * Returns: (transfer full): a maker with a fresh secret
 */
UdpnatCookieMaker *
udpnat_cookie_maker_new (const UdpnatRandom *random,
                         gint64              now_us)
{
  UdpnatCookieMaker *self = g_new0 (UdpnatCookieMaker, 1);

  self->random = *random;
  self->since_us = now_us;
  fill_secret (self, self->current);
  /* Random too, though no cookie was made with it: a known secret would make cookies known. */
  fill_secret (self, self->previous);

  return self;
}

/**
 * udpnat_cookie_maker_free:
 * @self: (nullable): wiped and freed
 */
void
udpnat_cookie_maker_free (UdpnatCookieMaker *self)
{
  if (self == NULL)
    return;

  sodium_memzero (self, sizeof *self);
  g_free (self);
}

static void
rotate (UdpnatCookieMaker *self,
        gint64             now_us)
{
  gint64 age_us = now_us - self->since_us;

  if (age_us < UDPNAT_COOKIE_SECRET_US)
    return;

  if (age_us < 2 * UDPNAT_COOKIE_SECRET_US)
    {
      /* Steps of exactly one period: a secret is valid for two, however late we notice. */
      memcpy (self->previous, self->current, sizeof self->previous);
      self->since_us += UDPNAT_COOKIE_SECRET_US;
    }
  else
    {
      fill_secret (self, self->previous);
      self->since_us = now_us;
    }
  fill_secret (self, self->current);
}

static void
make_cookie (const guint8         secret[32],
             const UdpnatAddress *source,
             guint8               out_cookie[UDPNAT_COOKIE_BYTES])
{
  guint8 address[UDPNAT_ADDRESS_WIRE_BYTES] = { 0 };
  UdpnatWriter writer;

  udpnat_writer_init (&writer, address, sizeof address);
  udpnat_writer_address (&writer, source);
  udpnat_mac (secret, 32, address, sizeof address, out_cookie);
}

/**
 * udpnat_cookie_maker_make:
 * @source: where a packet came from
 * @out_cookie: what only somebody at @source may learn; valid for %UDPNAT_COOKIE_SECRET_US at least
 */
void
udpnat_cookie_maker_make (UdpnatCookieMaker   *self,
                          gint64               now_us,
                          const UdpnatAddress *source,
                          guint8               out_cookie[UDPNAT_COOKIE_BYTES])
{
  rotate (self, now_us);
  make_cookie (self->current, source, out_cookie);
}

/**
 * udpnat_cookie_maker_verify_mac2:
 * @source: where the packet came from
 * @data: (array length=n_data): all bytes of the packet before mac2
 * @mac2: not trusted
 *
 * Returns: whether the sender had a cookie for @source that is still valid
 */
gboolean
udpnat_cookie_maker_verify_mac2 (UdpnatCookieMaker   *self,
                                 gint64               now_us,
                                 const UdpnatAddress *source,
                                 const guint8        *data,
                                 gsize                n_data,
                                 const guint8         mac2[UDPNAT_MAC_BYTES])
{
  guint8 cookie[UDPNAT_COOKIE_BYTES];
  gboolean valid;

  rotate (self, now_us);

  /* Most packets carry none; that costs no hash. */
  if (sodium_is_zero (mac2, UDPNAT_MAC_BYTES))
    return FALSE;

  make_cookie (self->current, source, cookie);
  valid = udpnat_mac_verify (cookie, sizeof cookie, data, n_data, mac2);
  if (!valid)
    {
      make_cookie (self->previous, source, cookie);
      valid = udpnat_mac_verify (cookie, sizeof cookie, data, n_data, mac2);
    }
  sodium_memzero (cookie, sizeof cookie);

  return valid;
}

/* ---- The cookie on its way ---- */

G_STATIC_ASSERT (UDPNAT_COOKIE_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
G_STATIC_ASSERT (UDPNAT_COOKIE_SEALED_BYTES
                 == UDPNAT_COOKIE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES);

/**
 * udpnat_cookie_seal:
 * @responder: static key of whoever sends the cookie
 * @nonce: random, new for each packet
 * @mac1: from the HS1 that is answered
 * @out_sealed: what goes into the COOKIE packet
 */
void
udpnat_cookie_seal (const UdpnatPublicKey *responder,
                    const guint8           nonce[UDPNAT_COOKIE_NONCE_BYTES],
                    const guint8           mac1[UDPNAT_MAC_BYTES],
                    const guint8           cookie[UDPNAT_COOKIE_BYTES],
                    guint8                 out_sealed[UDPNAT_COOKIE_SEALED_BYTES])
{
  guint8 key[32];

  hash_label_and_key ("udpnat cookie", responder, key);
  crypto_aead_xchacha20poly1305_ietf_encrypt (out_sealed, NULL, cookie, UDPNAT_COOKIE_BYTES,
                                              mac1, UDPNAT_MAC_BYTES, NULL, nonce, key);
}

/**
 * udpnat_cookie_open:
 * @responder: static key of whoever the HS1 was for
 * @mac1: from the HS1 that was sent, so that nobody who has not seen it can plant a cookie
 * @sealed: not trusted
 * @out_cookie: only set on success
 *
 * Returns: %FALSE when the cookie was not made by @responder for that HS1
 */
gboolean
udpnat_cookie_open (const UdpnatPublicKey *responder,
                    const guint8           nonce[UDPNAT_COOKIE_NONCE_BYTES],
                    const guint8           mac1[UDPNAT_MAC_BYTES],
                    const guint8           sealed[UDPNAT_COOKIE_SEALED_BYTES],
                    guint8                 out_cookie[UDPNAT_COOKIE_BYTES])
{
  guint8 key[32];
  guint8 cookie[UDPNAT_COOKIE_BYTES];

  hash_label_and_key ("udpnat cookie", responder, key);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt (cookie, NULL, NULL,
                                                  sealed, UDPNAT_COOKIE_SEALED_BYTES,
                                                  mac1, UDPNAT_MAC_BYTES, nonce, key) != 0)
    return FALSE;

  memcpy (out_cookie, cookie, sizeof cookie);

  return TRUE;
}
