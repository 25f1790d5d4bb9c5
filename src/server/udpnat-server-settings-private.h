#pragma once

#include "udpnat-server-settings.h"

G_BEGIN_DECLS

void udpnat_server_settings_add_line       (UdpnatServerSettings *self,
                                            UdpnatServerSetting   setting,
                                            const char           *path,
                                            guint                 line,
                                            const char           *text);
void udpnat_server_settings_add_file_fault (UdpnatServerSettings *self,
                                            const char           *path,
                                            guint                 line,
                                            const char           *format,
                                            ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
