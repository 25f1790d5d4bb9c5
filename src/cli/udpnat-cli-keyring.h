#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *udpnat_cli_keyring_find (const char *profile_path) G_GNUC_WARN_UNUSED_RESULT;
void  udpnat_cli_keyring_keep (const char *profile_path,
                               const char *passphrase);

G_END_DECLS
