#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_SAFETY_PAGE (udpnat_safety_page_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatSafetyPage, udpnat_safety_page, UDPNAT, SAFETY_PAGE, AdwPreferencesPage)

/**
 * UdpnatSafetyPage:
 *
 * Whether it is really them: the safety number to compare, and their key.
 */

void udpnat_safety_page_set_person (UdpnatSafetyPage *self,
                                    UdpnatClient     *client,
                                    UdpnatPerson     *person);

G_END_DECLS
