#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_SERVER_BANNER (udpnat_server_banner_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatServerBanner, udpnat_server_banner, UDPNAT, SERVER_BANNER, AdwBin)

/**
 * UdpnatServerBanner:
 *
 * A strip that is there while something is wrong that concerns everything: the server, the network,
 * the disk. It says what it is, how long it has been so, and what can be done.
 */

void     udpnat_server_banner_set_client      (UdpnatServerBanner *self,
                                               UdpnatClient       *client);
gboolean udpnat_server_banner_has_lost_server (UdpnatServerBanner *self);

/* What it asks: udpnat-server-dialogs.c */
void udpnat_server_dialogs_choose_name (GtkWindow    *parent,
                                        UdpnatClient *client);
void udpnat_server_dialogs_compare_key (GtkWindow    *parent,
                                        UdpnatClient *client);

G_END_DECLS
