#pragma once

#include "udpnat-identity.h"

G_BEGIN_DECLS

UdpnatIdentity *udpnat_server_key_load (const char         *path,
                                        const UdpnatRandom *random,
                                        gboolean           *out_is_new,
                                        GError            **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
