#pragma once

#include "udpnat-path-set.h"
#include "udpnat-search-message.h"

G_BEGIN_DECLS

/**
 * UdpnatPortSearch:
 *
 * One side of a search for a port between two peers of whom one or both are behind a router that
 * maps each destination to another port. The *opener* opens that router from many sockets towards
 * one address; the *prober* sends to many ports of the opener's. One hit is enough: what arrives is
 * authentic, and the path set does the rest. Shaped like a [struct@UdpnatMachine].
 */
typedef struct _UdpnatPortSearch UdpnatPortSearch;

UdpnatPortSearch *udpnat_port_search_new_opener    (const UdpnatRandom     *random,
                                                    gint64                  now_us,
                                                    const UdpnatAddress    *target,
                                                    const UdpnatSocketId   *sockets,
                                                    guint                   n_sockets,
                                                    guint8                  open_ttl)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatPortSearch *udpnat_port_search_new_meeting  (const UdpnatRandom     *random,
                                                   gint64                  now_us,
                                                   const UdpnatAddress    *target,
                                                   const UdpnatSocketId   *sockets,
                                                   guint                   n_sockets,
                                                   guint8                  open_ttl)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatPortSearch *udpnat_port_search_new_prober    (const UdpnatRandom     *random,
                                                    gint64                  now_us,
                                                    const UdpnatAddress    *target_ip,
                                                    const UdpnatPortRange  *ranges,
                                                    guint                   n_ranges)
  G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_port_search_free          (UdpnatPortSearch       *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatPortSearch, udpnat_port_search_free)

gint64            udpnat_port_search_next_deadline (const UdpnatPortSearch *self);
gboolean          udpnat_port_search_pop_output    (UdpnatPortSearch       *self,
                                                    gint64                  now_us,
                                                    UdpnatPathOutput       *out_output);
void              udpnat_port_search_note_sent     (UdpnatPortSearch       *self,
                                                    gint64                  now_us);
void              udpnat_port_search_hold          (UdpnatPortSearch       *self,
                                                    gint64                  until_us);
gboolean          udpnat_port_search_has_found     (const UdpnatPortSearch *self,
                                                    const UdpnatAddress    *address)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
