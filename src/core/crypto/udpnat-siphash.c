#include "config.h"

#include "udpnat-siphash.h"

#include <sodium.h>

G_STATIC_ASSERT (UDPNAT_SIPHASH_KEY_BYTES == crypto_shorthash_KEYBYTES);

/**
 * udpnat_siphash:
 * @key: random and secret, one for each table
 * @data: (array length=n_data): what to hash
 *
 * SipHash-2-4, for tables whose keys strangers choose: without @key nobody can make them collide.
 *
 * Returns: the hash, the same on every machine
 */
guint64
udpnat_siphash (const guint8  key[UDPNAT_SIPHASH_KEY_BYTES],
                const guint8 *data,
                gsize         n_data)
{
  guint8 hash[crypto_shorthash_BYTES];
  guint64 value = 0;

  crypto_shorthash (hash, data, n_data, key);
  for (guint i = 0; i < sizeof hash; i++)
    value |= (guint64) hash[i] << (8 * i);

  return value;
}
