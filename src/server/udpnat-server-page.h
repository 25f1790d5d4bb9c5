#pragma once

#include "udpnat-server-status.h"

G_BEGIN_DECLS

/* What may be in the page: its own style and nothing else, from nowhere. */
char *udpnat_server_page_dup_policy (void) G_GNUC_WARN_UNUSED_RESULT;
char *udpnat_server_page_dup_html   (const UdpnatServerStatus *status) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
