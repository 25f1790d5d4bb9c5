#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where a running server takes orders, in its state directory. */
#define UDPNAT_SERVER_CONTROL_NAME "control"

char *udpnat_server_order (const char  *state_dir,
                           const char  *order,
                           GError     **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
