#pragma once

#include "udpnat-window.h"

G_BEGIN_DECLS

void udpnat_window_state_bind           (UdpnatWindow      *window,
                                         UdpnatApplication *application);
void udpnat_window_state_keep_person    (UdpnatWindow      *window,
                                         UdpnatPerson      *person);
void udpnat_window_state_restore_person (UdpnatWindow      *window,
                                         UdpnatClient      *client);

G_END_DECLS
