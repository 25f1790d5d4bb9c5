#pragma once

#include <adwaita.h>

#include "udpnat-network-report.h"
#include "udpnat-path-report.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_ADDRESS_GROUP (udpnat_address_group_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatAddressGroup, udpnat_address_group, UDPNAT, ADDRESS_GROUP,
                      AdwPreferencesGroup)

/**
 * UdpnatAddressGroup:
 *
 * A list of addresses: what each is, and what became of it. Rows that stay are not made anew, so
 * that nothing jumps while the list is shown.
 */

void udpnat_address_group_show_theirs  (UdpnatAddressGroup  *self,
                                        UdpnatPathReport    *report);
void udpnat_address_group_show_own     (UdpnatAddressGroup  *self,
                                        UdpnatPathReport    *report);
void udpnat_address_group_show_network (UdpnatAddressGroup  *self,
                                        UdpnatNetworkReport *report);

G_END_DECLS
