/* From a passphrase to a key: Argon2id, as libsodium's crypto_pwhash has it, version 1.3 with one
 * lane. Used by the key file and by backups, which keep salt and cost beside what they protect. */

#include "config.h"

#include "udpnat-passphrase.h"

#include <glib/gi18n-lib.h>
#include <sodium.h>
#include <string.h>

#include "udpnat-error.h"
#include "udpnat-limits.h"

G_STATIC_ASSERT (UDPNAT_PASSPHRASE_SALT_BYTES == crypto_pwhash_SALTBYTES);
G_STATIC_ASSERT (UDPNAT_PASSPHRASE_PASSES == crypto_pwhash_OPSLIMIT_MODERATE);
G_STATIC_ASSERT (UDPNAT_PASSPHRASE_MEMORY_BYTES == crypto_pwhash_MEMLIMIT_MODERATE);

UdpnatPassphraseCost
udpnat_passphrase_get_default_cost (void)
{
  return (UdpnatPassphraseCost) {
    .passes = UDPNAT_PASSPHRASE_PASSES,
    .memory_bytes = UDPNAT_PASSPHRASE_MEMORY_BYTES,
  };
}

/** udpnat_passphrase_is_cost_allowed: whether a file may ask for this */
gboolean
udpnat_passphrase_is_cost_allowed (const UdpnatPassphraseCost *cost)
{
  return cost->passes >= crypto_pwhash_OPSLIMIT_MIN &&
         cost->passes <= UDPNAT_PASSPHRASE_PASSES_MAX &&
         cost->memory_bytes >= crypto_pwhash_MEMLIMIT_MIN &&
         cost->memory_bytes <= UDPNAT_PASSPHRASE_MEMORY_MAX_BYTES;
}

/**
 * udpnat_passphrase_check:
 * @error: %UDPNAT_ERROR_INVALID
 *
 * Returns: whether @passphrase may be chosen
 */
gboolean
udpnat_passphrase_check (const char *passphrase,
                         GError    **error)
{
  if (*passphrase != '\0' && strlen (passphrase) <= UDPNAT_PASSPHRASE_MAX_BYTES &&
      g_utf8_validate (passphrase, -1, NULL))
    return TRUE;
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
               g_dngettext (GETTEXT_PACKAGE, "A passphrase is 1 to %d bytes of UTF-8.",
                            "A passphrase is 1 to %d bytes of UTF-8.",
                            UDPNAT_PASSPHRASE_MAX_BYTES),
               UDPNAT_PASSPHRASE_MAX_BYTES);
  return FALSE;
}

/**
 * udpnat_passphrase_derive:
 * @cost: one that is allowed
 * @salt: (array fixed-size=16)
 * @out_key: (array fixed-size=32)
 * @error: %UDPNAT_ERROR_LOCKED when there is not enough memory
 *
 * Takes a second or so with the default cost. An accented letter is the same however the keyboard
 * composed it: the passphrase goes in as NFC.
 */
gboolean
udpnat_passphrase_derive (const char                 *passphrase,
                          const UdpnatPassphraseCost *cost,
                          const guint8               *salt,
                          guint8                     *out_key,
                          GError                    **error)
{
  char *normal = g_utf8_normalize (passphrase, -1, G_NORMALIZE_NFC);
  const char *text = normal != NULL ? normal : passphrase;
  int rc = crypto_pwhash (out_key, UDPNAT_KEY_BYTES, text, strlen (text), salt, cost->passes,
                          cost->memory_bytes, crypto_pwhash_ALG_ARGON2ID13);

  if (normal != NULL)
    sodium_memzero (normal, strlen (normal));
  g_free (normal);
  if (rc == 0)
    return TRUE;
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_LOCKED,
               _("There are not %u MiB of free memory, which checking this passphrase takes. "
                 "Close other programs and try again."), (guint) (cost->memory_bytes >> 20));
  return FALSE;
}
