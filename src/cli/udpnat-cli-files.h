#pragma once

#include "udpnat-cli.h"

G_BEGIN_DECLS

void udpnat_cli_open_files   (UdpnatCli   *self);
void udpnat_cli_clear_files  (UdpnatCli   *self);
void udpnat_cli_send_files   (UdpnatCli   *self,
                              const char  *name,
                              char       **paths);
void udpnat_cli_send_ordered (UdpnatCli   *self);
void udpnat_cli_receive      (UdpnatCli   *self);

G_END_DECLS
