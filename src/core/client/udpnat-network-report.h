#pragma once

#include <glib-object.h>

#include "udpnat-path-facts.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_NETWORK_REPORT (udpnat_network_report_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatNetworkReport, udpnat_network_report, UDPNAT, NETWORK_REPORT, GObject)

/**
 * UdpnatNetworkReport:
 *
 * What is known of our own network, as it was when udpnat_client_dup_network_report() looked: it
 * does not change. Codes have their words in udpnat-words.h.
 */

UdpnatNetworkReport *udpnat_network_report_new             (const UdpnatNetworkFacts *facts,
                                                            const char               *mapping,
                                                            const char               *protocol)
  G_GNUC_WARN_UNUSED_RESULT;

const char          *udpnat_network_report_get_nat         (UdpnatNetworkReport      *self);
const char          *udpnat_network_report_get_port_rule   (UdpnatNetworkReport      *self);
const char          *udpnat_network_report_get_udp_state   (UdpnatNetworkReport      *self);
gboolean             udpnat_network_report_has_ipv6        (UdpnatNetworkReport      *self);
const char          *udpnat_network_report_get_server      (UdpnatNetworkReport      *self);
gint64               udpnat_network_report_get_server_rtt  (UdpnatNetworkReport      *self);
const char          *udpnat_network_report_get_host        (UdpnatNetworkReport      *self,
                                                            guint                     index);
const char          *udpnat_network_report_get_observed    (UdpnatNetworkReport      *self,
                                                            guint                     server_port);
const char          *udpnat_network_report_get_port_mapping (UdpnatNetworkReport     *self);
const char          *udpnat_network_report_get_mapping_protocol (UdpnatNetworkReport *self);
const char          *udpnat_network_report_get_mapped      (UdpnatNetworkReport      *self);
const char          *udpnat_network_report_get_test_state  (UdpnatNetworkReport      *self);
const UdpnatNatFacts *
                     udpnat_network_report_get_tests       (UdpnatNetworkReport      *self);
const char          *udpnat_network_report_get_meaning     (UdpnatNetworkReport      *self);
const char          *udpnat_network_report_get_fix         (UdpnatNetworkReport      *self);
char                *udpnat_network_report_to_text         (UdpnatNetworkReport      *self,
                                                            gboolean                  is_masked)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
