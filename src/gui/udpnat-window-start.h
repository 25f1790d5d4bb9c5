#pragma once

#include "udpnat-window.h"

G_BEGIN_DECLS

/* The pages before the chats: udpnat-window-start.c. Their names in the window's stack: "welcome"
 * and "unlock". */
void udpnat_window_finish_start (UdpnatWindow *self);

G_END_DECLS
