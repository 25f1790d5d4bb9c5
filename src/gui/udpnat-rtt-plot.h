#pragma once

#include <adwaita.h>

#include "udpnat-rtt-log.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_RTT_PLOT (udpnat_rtt_plot_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatRttPlot, udpnat_rtt_plot, UDPNAT, RTT_PLOT, GtkWidget)

/**
 * UdpnatRttPlot:
 *
 * The round trips of the last three minutes, drawn as they are measured: only while the plot can be
 * seen. To assistive technologies it is an image whose label says the last, the usual and the
 * longest one.
 */

GtkWidget *udpnat_rtt_plot_new     (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_rtt_plot_set_log (UdpnatRttPlot *self,
                                    UdpnatRttLog  *log);

G_END_DECLS
