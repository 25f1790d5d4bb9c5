#pragma once

#include "udpnat-cli.h"

G_BEGIN_DECLS

gboolean udpnat_cli_host_start       (UdpnatCli *self);
char    *udpnat_cli_host_dup_address (UdpnatCli *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
