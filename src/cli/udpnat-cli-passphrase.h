#pragma once

#include "udpnat-cli-options.h"

G_BEGIN_DECLS

char    *udpnat_cli_passphrase_read  (const char              *path,
                                      GError                 **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_cli_passphrase_can_ask (void);
char    *udpnat_cli_passphrase_ask   (const char              *prompt,
                                      GError                 **error) G_GNUC_WARN_UNUSED_RESULT;
char    *udpnat_cli_passphrase_get   (const UdpnatCliOptions  *options,
                                      const char              *prompt,
                                      GError                 **error) G_GNUC_WARN_UNUSED_RESULT;
char    *udpnat_cli_passphrase_get_new (const UdpnatCliOptions *options,
                                      const char              *prompt,
                                      GError                 **error) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_cli_passphrase_wipe  (char                    *passphrase);

G_END_DECLS
