#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean udpnat_cli_host_start (guint16   port,
                                gboolean *out_is_own,
                                GError  **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
