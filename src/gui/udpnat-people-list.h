#pragma once

#include <adwaita.h>

#include "udpnat-people-model.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PEOPLE_LIST (udpnat_people_list_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPeopleList, udpnat_people_list, UDPNAT, PEOPLE_LIST, AdwBin)

/**
 * UdpnatPeopleList:
 *
 * Everyone who can be talked to, and above them strangers who have written. Signal
 * "person-activated" (person): the user has chosen somebody to talk to.
 */

GtkWidget         *udpnat_people_list_new          (UdpnatClient     *client)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatPeopleModel *udpnat_people_list_get_people   (UdpnatPeopleList *self);
UdpnatPeopleModel *udpnat_people_list_get_requests (UdpnatPeopleList *self);

G_END_DECLS
