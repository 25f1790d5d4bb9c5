#pragma once

#include "udpnat-history-item.h"

G_BEGIN_DECLS

const char *udpnat_state_icon_get_name (UdpnatItemState state);

G_END_DECLS
