#pragma once

#include "udpnat-window.h"

G_BEGIN_DECLS

/* The pages before the chats: udpnat-window-start.c. Their names in the window's stack: "welcome"
 * and "unlock". */
void udpnat_window_finish_start (UdpnatWindow *self);
gboolean udpnat_window_propose_server (UdpnatWindow *self,
                                       const char   *server);

G_END_DECLS
