#pragma once

#include "udpnat-client.h"
#include "udpnat-network-report.h"
#include "udpnat-path-report.h"

G_BEGIN_DECLS

/* More of #UdpnatClient: how one is connected. */
void                 udpnat_client_set_relay_only     (UdpnatClient *self,
                                                       UdpnatPerson *person,
                                                       gboolean      is_relay_only);
void                 udpnat_client_set_proxy          (UdpnatClient *self,
                                                       const char   *uri);
UdpnatPathReport    *udpnat_client_dup_path_report    (UdpnatClient *self,
                                                       UdpnatPerson *person)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatNetworkReport *udpnat_client_dup_network_report (UdpnatClient *self)
  G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_client_reach              (UdpnatClient *self,
                                                       UdpnatPerson *person);
void                 udpnat_client_measure            (UdpnatClient *self,
                                                       UdpnatPerson *person);

G_END_DECLS
