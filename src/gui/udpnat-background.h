#pragma once

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_BACKGROUND (udpnat_background_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatBackground, udpnat_background, UDPNAT, BACKGROUND, GObject)

/**
 * UdpnatBackground:
 *
 * Going on without a window: keeps the program alive, asks the desktop where it must be asked, says
 * to the user that it goes on (once), and starts it with the session when that is wanted. Signal
 * "refused": the desktop does not allow it.
 */

UdpnatBackground *udpnat_background_new        (GApplication     *application,
                                                GSettings        *settings,
                                                const char       *profile)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_background_set_client (UdpnatBackground *self,
                                                UdpnatClient     *client);
void              udpnat_background_enter      (UdpnatBackground *self);
void              udpnat_background_leave      (UdpnatBackground *self);

G_END_DECLS
