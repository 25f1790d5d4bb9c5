#pragma once

#include "udpnat-rendezvous-server.h"

G_BEGIN_DECLS

/* The whole of a list of 100,000 keys is 5 MiB. */
#define UDPNAT_ALLOW_LIST_BYTES (16 << 20)

/**
 * UdpnatAllowListFunc:
 * @name: (nullable): as udpnat_name_normalize() gives it; %NULL: @key counts
 */
typedef void (*UdpnatAllowListFunc) (const char            *name,
                                     const UdpnatPublicKey *key,
                                     gpointer               user_data);

gboolean udpnat_allow_list_read (const char          *path,
                                 UdpnatAllowListFunc  func,
                                 gpointer             user_data,
                                 GError             **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_allow_list_apply (const char            *path,
                                 UdpnatRendezvousServer *server,
                                 guint                  *out_n,
                                 GError                **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
