#pragma once

#include "udpnat-application.h"

G_BEGIN_DECLS

void  udpnat_application_about               (UdpnatApplication *self,
                                              GtkWindow         *parent);
char *udpnat_application_dup_troubleshooting (UdpnatApplication *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
