#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean udpnat_server_drain (const char *state_dir,
                              GError    **error);

G_END_DECLS
