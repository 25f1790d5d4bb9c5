#pragma once

#include "sim-world.h"

G_BEGIN_DECLS

/**
 * SimProbe:
 *
 * A machine without a protocol: it sends what it is told to and keeps what it gets. For tests of
 * the network itself, and as an attacker who has an address of his own.
 */
typedef struct _SimProbe SimProbe;

typedef struct
{
  gint64         now_us;
  UdpnatSocketId socket;
  UdpnatAddress  from;
  gsize          n_data;
  guint32        number; /* the datagram's first four bytes, as sim_probe_send() writes them */
} SimProbeReceipt;

SimProbe              *sim_probe_new          (SimHost             *host,
                                               guint16              port,
                                               guint16              alt_port);
void                   sim_probe_free         (SimProbe            *self);
UdpnatMachine         *sim_probe_get_machine  (SimProbe            *self);
void                   sim_probe_send         (SimProbe            *self,
                                               const UdpnatAddress *to,
                                               guint32              number,
                                               gsize                n_data);
void                   sim_probe_send_full    (SimProbe            *self,
                                               UdpnatSocketId       socket,
                                               guint8               ttl,
                                               const UdpnatAddress *to,
                                               const guint8        *data,
                                               gsize                n_data);
void                   sim_probe_set_echo     (SimProbe            *self,
                                               gboolean             echo);
void                   sim_probe_set_deadline (SimProbe            *self,
                                               gint64               deadline_us);
guint                  sim_probe_get_n_calls  (const SimProbe      *self);
gint64                 sim_probe_get_called   (const SimProbe      *self);
guint                  sim_probe_get_count    (const SimProbe      *self);
const SimProbeReceipt *sim_probe_get_receipt  (const SimProbe      *self,
                                               guint                index);
const SimProbeReceipt *sim_probe_get_last     (const SimProbe      *self);
void                   sim_probe_clear        (SimProbe            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimProbe, sim_probe_free)

G_END_DECLS
