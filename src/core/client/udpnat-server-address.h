#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What people type for a server, or paste. */
char *udpnat_server_address_normalize (const char *text) G_GNUC_WARN_UNUSED_RESULT;
char *udpnat_server_address_format    (const char *host,
                                       guint16     port) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
