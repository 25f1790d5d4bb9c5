#pragma once

#include "udpnat-path-private.h"

G_BEGIN_DECLS

UdpnatPathKind udpnat_path_get_kind (const UdpnatPath  *self);
UdpnatPath    *udpnat_path_select   (UdpnatPath *const *paths,
                                     guint              n_paths,
                                     UdpnatPath        *chosen,
                                     gint64             now_us);

G_END_DECLS
