#pragma once

#include <sys/socket.h>

#include "udpnat-address.h"

G_BEGIN_DECLS

socklen_t udpnat_sockaddr_from_address (struct sockaddr_storage       *out_sockaddr,
                                        const UdpnatAddress           *address);
gboolean  udpnat_sockaddr_to_address   (const struct sockaddr_storage *sockaddr,
                                        UdpnatAddress                 *out_address);

G_END_DECLS
