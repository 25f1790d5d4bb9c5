#pragma once

#include "udpnat-node.h"

G_BEGIN_DECLS

/* Who else is at the server */
void                   udpnat_node_browse             (UdpnatNode            *self,
                                                       gint64                 now_us,
                                                       const char            *prefix,
                                                       guint                  n_wanted);
void                   udpnat_node_stop_browsing      (UdpnatNode            *self,
                                                       gint64                 now_us);
guint8                 udpnat_node_get_directory      (const UdpnatNode      *self,
                                                       gboolean              *out_has_more);

G_END_DECLS
