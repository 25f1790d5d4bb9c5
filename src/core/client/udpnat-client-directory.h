#pragma once

#include "udpnat-client.h"
#include "udpnat-directory-kind.h"

G_BEGIN_DECLS

/* Who else is at the server: udpnat-client-directory.c */
UdpnatDirectoryKind udpnat_client_get_directory (UdpnatClient *self);
gboolean      udpnat_client_has_more_people (UdpnatClient  *self);
void          udpnat_client_browse          (UdpnatClient  *self,
                                             const char    *prefix,
                                             guint          n_wanted);
void          udpnat_client_stop_browsing   (UdpnatClient  *self);

G_END_DECLS
