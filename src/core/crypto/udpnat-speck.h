#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define UDPNAT_SPECK_KEY_BYTES 8
#define UDPNAT_SPECK_ROUNDS 22

/**
 * UdpnatSpeck:
 *
 * A key of Speck32/64. A value; wipe it.
 */
typedef struct
{
  guint16 round_keys[UDPNAT_SPECK_ROUNDS];
} UdpnatSpeck;

void    udpnat_speck_init    (UdpnatSpeck       *self,
                              const guint8       key[UDPNAT_SPECK_KEY_BYTES]);
guint32 udpnat_speck_encrypt (const UdpnatSpeck *self,
                              guint32            block);
guint32 udpnat_speck_decrypt (const UdpnatSpeck *self,
                              guint32            block);

G_END_DECLS
