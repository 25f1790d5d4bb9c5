#pragma once

#include <glib.h>

#include "udpnat-heap.h"

G_BEGIN_DECLS

/**
 * UdpnatTunnelLoop:
 *
 * Waits for many connections with one GSource, on the main context that was the thread's default
 * when it was made.
 */
typedef struct _UdpnatTunnelLoop UdpnatTunnelLoop;

/**
 * UdpnatTunnelWatch:
 *
 * One descriptor and one time that somebody waits for; a member of theirs. Nothing in it is for
 * others than the loop.
 */
typedef struct
{
  UdpnatHeapItem timer;
  int            fd;
  gboolean       wants_out;
  void         (*ready) (gpointer user_data,
                         gint64   now_us);

  /* borrowed */
  UdpnatTunnelLoop *loop;
  gpointer          user_data;
} UdpnatTunnelWatch;

UdpnatTunnelLoop *udpnat_tunnel_loop_new       (void) G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_tunnel_loop_free      (UdpnatTunnelLoop  *self);
void              udpnat_tunnel_watch_start    (UdpnatTunnelWatch *watch,
                                                UdpnatTunnelLoop  *loop,
                                                int                fd,
                                                void (*ready) (gpointer user_data,
                                                               gint64   now_us),
                                                gpointer           user_data);
void              udpnat_tunnel_watch_stop     (UdpnatTunnelWatch *watch);
void              udpnat_tunnel_watch_want_out (UdpnatTunnelWatch *watch,
                                                gboolean           wants_out);
void              udpnat_tunnel_watch_set_time (UdpnatTunnelWatch *watch,
                                                gint64             at_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatTunnelLoop, udpnat_tunnel_loop_free)

G_END_DECLS
