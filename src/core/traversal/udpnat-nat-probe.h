#pragma once

#include "udpnat-machine.h"
#include "udpnat-nat-facts.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatNatProbe:
 *
 * Asks a STUN server what the routers between us and the Internet do (RFC 4787's questions, RFC
 * 5780's way). A [struct@UdpnatMachine]; its events are #UdpnatNatProbeEventType without anything
 * more. It may share its owner's main socket: what is not for it is %UDPNAT_RX_IGNORED.
 */
typedef struct _UdpnatNatProbe UdpnatNatProbe;

typedef enum
{
  UDPNAT_NAT_PROBE_EVENT_DONE,     /* everything but lifetimes is known, or nothing answers */
  UDPNAT_NAT_PROBE_EVENT_LIFETIME, /* the slow tests are over, too */
} UdpnatNatProbeEventType;

/* Sockets that a probe numbers, from @first_socket on. */
#define UDPNAT_NAT_PROBE_SOCKETS 48

/**
 * UdpnatNatProbeConfig:
 * @random: copied
 * @server: a STUN server's main address
 * @alt_port: where it answers, too, if it does not say so itself; 0: not known
 * @main_socket: whose mapping is tested; its answers are looked at for ours, and the rest left
 * @first_socket: sockets from this one on are the probe's, %UDPNAT_NAT_PROBE_SOCKETS of them
 * @hosts: (array length=n_hosts): this host's addresses, ports do not count; copied
 * @is_lifetime_wanted: go on with the slow tests, which take up to five minutes
 */
typedef struct
{
  UdpnatRandom         random;
  UdpnatAddress        server;
  guint16              alt_port;
  UdpnatSocketId       main_socket;
  UdpnatSocketId       first_socket;
  const UdpnatAddress *hosts;
  guint                n_hosts;
  gboolean             is_lifetime_wanted;
} UdpnatNatProbeConfig;

UdpnatNatProbe *udpnat_nat_probe_new         (const UdpnatNatProbeConfig *config,
                                              gint64                      now_us)
  G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_nat_probe_free        (UdpnatNatProbe             *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatNatProbe, udpnat_nat_probe_free)

UdpnatMachine  *udpnat_nat_probe_get_machine (UdpnatNatProbe             *self);
void            udpnat_nat_probe_get_facts   (const UdpnatNatProbe       *self,
                                              UdpnatNatFacts             *out_facts);
void            udpnat_nat_probe_stop        (UdpnatNatProbe             *self);
gboolean        udpnat_nat_probe_is_over     (const UdpnatNatProbe       *self);

G_END_DECLS
