#pragma once

#include <adwaita.h>

#include "udpnat-network-report.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_NAT_GROUP (udpnat_nat_group_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatNatGroup, udpnat_nat_group, UDPNAT, NAT_GROUP, AdwPreferencesGroup)

/**
 * UdpnatNatGroup:
 *
 * What tests have found out about our own routers: a row for each thing that is known.
 */

void udpnat_nat_group_show (UdpnatNatGroup      *self,
                            UdpnatNetworkReport *report);

G_END_DECLS
