#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_SWITCHER (udpnat_switcher_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatSwitcher, udpnat_switcher, UDPNAT, SWITCHER, AdwWindow)

/**
 * UdpnatSwitcher:
 *
 * From one conversation to another with a few letters of a name. Without any it lists the
 * conversations, the newest first. Signal "person-chosen" (person); then it closes.
 */

GtkWidget *udpnat_switcher_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
