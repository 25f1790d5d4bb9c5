#pragma once

#include <glib.h>

#include "udpnat-key.h"

G_BEGIN_DECLS

#define UDPNAT_PASSPHRASE_SALT_BYTES 16

/**
 * UdpnatPassphraseCost:
 * @passes: over the memory
 * @memory_bytes: that one guess needs
 *
 * What it costs to try a passphrase, for us and for whoever guesses.
 */
typedef struct
{
  guint64 passes;
  guint64 memory_bytes;
} UdpnatPassphraseCost;

UdpnatPassphraseCost udpnat_passphrase_get_default_cost (void);
gboolean             udpnat_passphrase_is_cost_allowed  (const UdpnatPassphraseCost *cost);
gboolean             udpnat_passphrase_check            (const char                 *passphrase,
                                                         GError                    **error)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean             udpnat_passphrase_derive           (const char                 *passphrase,
                                                         const UdpnatPassphraseCost *cost,
                                                         const guint8               *salt,
                                                         guint8                     *out_key,
                                                         GError                    **error)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
