#pragma once

#include <adwaita.h>

#include "udpnat-application-options.h"
#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_APPLICATION (udpnat_application_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatApplication, udpnat_application, UDPNAT, APPLICATION, AdwApplication)

/**
 * UdpnatApplication:
 *
 * The program: one for each profile. It owns the client, which lives on in the background when the
 * window is closed, and the window's settings. Property: unread (how many messages wait to be
 * read).
 */

UdpnatApplication *udpnat_application_new            (UdpnatApplicationOptions *options)
  G_GNUC_WARN_UNUSED_RESULT;
char              *udpnat_application_dup_id         (const char        *profile)
  G_GNUC_WARN_UNUSED_RESULT;
int                udpnat_application_start_up       (UdpnatApplication *self);
GSettings         *udpnat_application_get_settings   (UdpnatApplication *self);
UdpnatClient      *udpnat_application_get_client     (UdpnatApplication *self);
const char        *udpnat_application_get_profile    (UdpnatApplication *self);
guint              udpnat_application_get_unread     (UdpnatApplication *self);

/* From the profile to the chats */
void               udpnat_application_open_profile   (UdpnatApplication *self,
                                                      const char        *passphrase);
void               udpnat_application_start          (UdpnatApplication *self,
                                                      const char        *name,
                                                      const char        *server);

/* To the end: udpnat-application-leave.c */
void               udpnat_application_leave          (UdpnatApplication *self);
void               udpnat_application_quit           (UdpnatApplication *self);
gboolean           udpnat_application_close_window   (UdpnatApplication *self);

G_END_DECLS
