#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_CONNECTION_PAGE (udpnat_connection_page_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatConnectionPage, udpnat_connection_page, UDPNAT, CONNECTION_PAGE,
                      AdwPreferencesPage)

/**
 * UdpnatConnectionPage:
 *
 * How one person is connected with us, live while it can be seen: the picture, the state with its
 * clock, round trips, addresses, and a report to copy.
 */

void udpnat_connection_page_set_person (UdpnatConnectionPage *self,
                                        UdpnatClient         *client,
                                        UdpnatPerson         *person);

G_END_DECLS
