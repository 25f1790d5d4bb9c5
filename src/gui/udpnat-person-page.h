#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PERSON_PAGE (udpnat_person_page_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPersonPage, udpnat_person_page, UDPNAT, PERSON_PAGE, AdwPreferencesPage)

/**
 * UdpnatPersonPage:
 *
 * What the user decides about one person.
 */

void udpnat_person_page_set_person (UdpnatPersonPage *self,
                                    UdpnatClient     *client,
                                    UdpnatPerson     *person);

G_END_DECLS
