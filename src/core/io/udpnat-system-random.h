#pragma once

#include "udpnat-random.h"

G_BEGIN_DECLS

UdpnatRandom udpnat_system_random (void);

G_END_DECLS
