#pragma once

#include "udpnat-identity.h"

G_BEGIN_DECLS

/**
 * UdpnatProfile:
 *
 * A user's folder: `identity.key` (the secret, mode 0600), `udpnat.db` (what is remembered),
 * `lock`. Open in one process at a time.
 */
typedef struct _UdpnatProfile UdpnatProfile;

UdpnatProfile        *udpnat_profile_open             (const char    *path,
                                                       GError       **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_profile_free             (UdpnatProfile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatProfile, udpnat_profile_free)

char                 *udpnat_profile_get_default_path (void) G_GNUC_WARN_UNUSED_RESULT;
const char           *udpnat_profile_get_path         (UdpnatProfile *self);
const UdpnatIdentity *udpnat_profile_get_identity     (UdpnatProfile *self);

G_END_DECLS
