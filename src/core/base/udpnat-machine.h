#pragma once

#include "udpnat-address.h"
#include "udpnat-limits.h"
#include "udpnat-time.h"

G_BEGIN_DECLS

/* What became of something from the network. Never a GError: a peer cannot be told off. */
typedef enum
{
  UDPNAT_RX_OK,
  UDPNAT_RX_IGNORED,   /* not ours, late or seen before */
  UDPNAT_RX_MALFORMED, /* breaks the protocol */
  UDPNAT_RX_REFUSED,   /* well-formed, but a limit or a right forbids it */
} UdpnatRxResult;

/* Which of the program's sockets a datagram belongs to. MAIN stands for one IPv4 and one IPv6
 * socket, as do the others of a server. */
typedef guint16 UdpnatSocketId;

enum
{
  UDPNAT_SOCKET_MAIN,
  UDPNAT_SOCKET_ALT,        /* a server's second port, for NAT tests (RFC 5780: A1:P2) */
  UDPNAT_SOCKET_ALT_IP,     /* a server's second address, same port (A2:P1) */
  UDPNAT_SOCKET_ALT_IP_ALT, /* its second address and second port (A2:P2) */
  UDPNAT_N_NAMED_SOCKETS,
  /* From here on a machine may number sockets as it likes, UDPNAT_FURTHER_SOCKETS_MAX at a time.
   * One comes into being with the first datagram that leaves by it, on a port of the system's
   * choice and for that datagram's family alone; an empty datagram closes it. What fails to open
   * loses its datagrams, as if the network had. */
  UDPNAT_SOCKET_FURTHER = UDPNAT_N_NAMED_SOCKETS,
  /* Connections that carry datagrams where UDP does not pass (udpnat-tunnel.h). At a client there
   * is one, to its server: opened by what is sent by it, closed by an empty datagram; an empty
   * datagram that comes from it says that it is closed. At a server there are many, and `remote`
   * says which. */
  UDPNAT_SOCKET_TUNNEL = G_MAXUINT16,
};

/**
 * UdpnatDatagram:
 * @socket: the socket it came in by or is to leave by
 * @local_port: on receipt, the port of that socket; 0 on sending
 * @ttl: IP TTL / hop limit to send it with, 0 for the system's default; 0 on receipt
 * @remote: source on receipt, destination on sending
 */
typedef struct
{
  UdpnatSocketId socket;
  guint16        local_port;
  guint8         ttl;
  UdpnatAddress  remote;
  gsize          n_data;
  guint8         data[UDPNAT_DATAGRAM_MAX_BYTES];
} UdpnatDatagram;

/**
 * UdpnatEvent:
 *
 * Head of every machine's own event struct. @type is an enum of that machine. Freed with
 * udpnat_event_free().
 */
typedef struct _UdpnatEvent UdpnatEvent;
struct _UdpnatEvent
{
  int type;
  void (*free) (UdpnatEvent *self);
};

static inline void
udpnat_event_free (UdpnatEvent *self)
{
  if (self != NULL)
    self->free (self);
}

/**
 * UdpnatMachine:
 *
 * Protocol work that does not touch the world. Whoever owns a machine (io's GSource, the
 * simulator, a test) feeds it datagrams and time, then pops what it wants sent and what it has to
 * tell. The same calls for every machine:
 *
 * - handle_datagram: one datagram has arrived. Sends nothing itself.
 * - next_deadline: when handle_deadline wants to be called; %UDPNAT_TIME_NEVER for not at all. A
 *   pure function of state.
 * - handle_deadline: it is @now_us; may be called early or late, and time may have jumped.
 * - pop_output: writes the next datagram to send; %FALSE when there is none. Pop until %FALSE
 *   after each of the calls above and after any call of the machine's own API.
 * - pop_event: (transfer full) (nullable): the next fact, oldest first. Pop events before outputs:
 *   what the owner answers to an event can then leave with the same datagram.
 * - handle_datagrams: (nullable): as handle_datagram for each, in this order; for a machine that
 *   can use the time in which the memory that one needs is on its way for others.
 *
 * @now_us never decreases from call to call.
 */
typedef struct _UdpnatMachine UdpnatMachine;

typedef struct
{
  UdpnatRxResult (*handle_datagram) (UdpnatMachine        *self,
                                     gint64                now_us,
                                     const UdpnatDatagram *datagram);
  gint64 (*next_deadline) (const UdpnatMachine *self);
  void (*handle_deadline) (UdpnatMachine *self,
                           gint64         now_us);
  gboolean (*pop_output) (UdpnatMachine  *self,
                          gint64          now_us,
                          UdpnatDatagram *out_datagram);
  UdpnatEvent *(*pop_event) (UdpnatMachine *self);
  void (*handle_datagrams) (UdpnatMachine        *self,
                            gint64                now_us,
                            const UdpnatDatagram *datagrams,
                            guint                 n_datagrams);
} UdpnatMachineClass;

/* First member of every machine. */
struct _UdpnatMachine
{
  const UdpnatMachineClass *klass;
};

static inline UdpnatRxResult
udpnat_machine_handle_datagram (UdpnatMachine        *self,
                                gint64                now_us,
                                const UdpnatDatagram *datagram)
{
  return self->klass->handle_datagram (self, now_us, datagram);
}

static inline void
udpnat_machine_handle_datagrams (UdpnatMachine        *self,
                                 gint64                now_us,
                                 const UdpnatDatagram *datagrams,
                                 guint                 n_datagrams)
{
  if (self->klass->handle_datagrams != NULL)
    self->klass->handle_datagrams (self, now_us, datagrams, n_datagrams);
  else
    for (guint i = 0; i < n_datagrams; i++)
      (void) self->klass->handle_datagram (self, now_us, &datagrams[i]);
}

static inline gint64
udpnat_machine_next_deadline (const UdpnatMachine *self)
{
  return self->klass->next_deadline (self);
}

static inline void
udpnat_machine_handle_deadline (UdpnatMachine *self,
                                gint64         now_us)
{
  self->klass->handle_deadline (self, now_us);
}

static inline gboolean
udpnat_machine_pop_output (UdpnatMachine  *self,
                           gint64          now_us,
                           UdpnatDatagram *out_datagram)
{
  return self->klass->pop_output (self, now_us, out_datagram);
}

static inline UdpnatEvent *
udpnat_machine_pop_event (UdpnatMachine *self)
{
  return self->klass->pop_event (self);
}

G_END_DECLS
