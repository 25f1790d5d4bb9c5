#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_KEY_BYTES 32
/* Base32 without padding: 52 characters and the final zero. */
#define UDPNAT_KEY_TEXT_BYTES 53

/**
 * UdpnatPublicKey:
 *
 * X25519 public key (RFC 7748): who somebody is.
 */
typedef struct
{
  guint8 bytes[UDPNAT_KEY_BYTES];
} UdpnatPublicKey;

gboolean udpnat_public_key_equal     (const UdpnatPublicKey *a,
                                      const UdpnatPublicKey *b);
int      udpnat_public_key_compare   (const UdpnatPublicKey *a,
                                      const UdpnatPublicKey *b);
int      udpnat_public_key_compare_data (gconstpointer       a,
                                      gconstpointer          b,
                                      gpointer               user_data);
char    *udpnat_public_key_to_string (const UdpnatPublicKey *self,
                                      char                   text[UDPNAT_KEY_TEXT_BYTES]);
gboolean udpnat_public_key_parse     (UdpnatPublicKey       *self,
                                      const char            *text) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
