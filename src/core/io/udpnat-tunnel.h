#pragma once

#include "udpnat-machine.h"

G_BEGIN_DECLS

/**
 * UdpnatTunnel:
 * @send: a datagram of %UDPNAT_SOCKET_TUNNEL that leaves; never delivers anything before it returns
 * @deliver: set by the machine source: one that has come; says what it was to the machine
 * @sink: for @deliver
 *
 * What carries datagrams over TCP where UDP does not pass: of a client [struct@UdpnatTunnelDialer],
 * of a server [struct@UdpnatTunnelListener]. First member of both.
 */
typedef struct _UdpnatTunnel UdpnatTunnel;
struct _UdpnatTunnel
{
  void (*send) (UdpnatTunnel         *self,
                const UdpnatDatagram *datagram);

  /* borrowed */
  UdpnatRxResult (*deliver) (gpointer              sink,
                             const UdpnatDatagram *datagram);
  gpointer sink;
};

static inline UdpnatRxResult
udpnat_tunnel_deliver (UdpnatTunnel         *self,
                       const UdpnatDatagram *datagram)
{
  return self->deliver != NULL ? self->deliver (self->sink, datagram) : UDPNAT_RX_IGNORED;
}

G_END_DECLS
