#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_APPLICATION (udpnat_application_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatApplication, udpnat_application, UDPNAT, APPLICATION, AdwApplication)

/**
 * UdpnatApplication:
 *
 * The program: one for each profile. It owns the client, which lives on in the background when the
 * window is closed, and the window's settings.
 */

UdpnatApplication *udpnat_application_new          (void) G_GNUC_WARN_UNUSED_RESULT;
GSettings         *udpnat_application_get_settings (UdpnatApplication *self);
UdpnatClient      *udpnat_application_get_client   (UdpnatApplication *self);
const char        *udpnat_application_get_profile  (UdpnatApplication *self);
void               udpnat_application_open_profile (UdpnatApplication *self,
                                                    const char        *passphrase);
void               udpnat_application_start        (UdpnatApplication *self,
                                                    const char        *name,
                                                    const char        *server);

G_END_DECLS
