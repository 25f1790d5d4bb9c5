#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

guint udpnat_interfaces_get_addresses (UdpnatAddress *out_addresses,
                                       guint          n_max);

G_END_DECLS
