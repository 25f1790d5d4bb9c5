#pragma once

#include "udpnat-machine.h"
#include "udpnat-socket.h"
#include "udpnat-tunnel.h"

G_BEGIN_DECLS

GSource *udpnat_machine_source_new   (UdpnatMachine *machine,
                                      UdpnatSocket  *const *sockets,
                                      guint          n_sockets,
                                      void (*events_cb) (gpointer user_data),
                                      gpointer       user_data) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_machine_source_set_tunnel (GSource *source,
                                      UdpnatTunnel  *tunnel);
void     udpnat_machine_source_set_collect (GSource *source,
                                      gint64         collect_us);
void     udpnat_machine_source_wake  (GSource       *source);
void     udpnat_machine_source_set_nat64 (GSource               *source,
                                      const UdpnatNat64Prefix *prefix);
void     udpnat_machine_source_flush (GSource       *source);

G_END_DECLS
