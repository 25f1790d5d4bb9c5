#pragma once

#include <cairo.h>

#include "udpnat-path-scene.h"

G_BEGIN_DECLS

void udpnat_path_sign_draw (cairo_t        *cr,
                            UdpnatStopKind  kind,
                            double          size);

G_END_DECLS
