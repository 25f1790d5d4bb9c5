#pragma once

#include "udpnat-interfaces.h"
#include "udpnat-socket-pair.h"
#include "udpnat-socket.h"

G_BEGIN_DECLS

UdpnatSocket *udpnat_socket_new_for_pair   (const UdpnatSocketPair *pair) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_socket_set_interfaces (UdpnatSocket           *self,
                                            const UdpnatInterface  *interfaces,
                                            guint                   n_interfaces);

G_END_DECLS
