#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *udpnat_server_ask (const char *state_dir,
                         GError    **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
