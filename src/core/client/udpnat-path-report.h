#pragma once

#include <glib-object.h>

#include "udpnat-path-facts.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PATH_REPORT (udpnat_path_report_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPathReport, udpnat_path_report, UDPNAT, PATH_REPORT, GObject)

/**
 * UdpnatPathReport:
 *
 * How two people are connected, as it was when udpnat_client_dup_path_report() looked: it does not
 * change. Codes have their words in udpnat-words.h.
 */

/**
 * UdpnatPathReportEntry:
 * @address: IP and port
 * @source: code of where it is known from
 * @fate: code of what became of it; "" for our own
 * @discovery: code of what it took to find a way there; "" for our own
 * @n_sent: packets in the last run of attempts
 * @rtt_us: 0: not known
 *
 * One address of either side.
 */
typedef struct
{
  char        address[UDPNAT_ADDRESS_TEXT_BYTES];
  const char *source;
  const char *fate;
  const char *discovery;
  gboolean    is_selected;
  guint       n_sent;
  gint64      rtt_us;
} UdpnatPathReportEntry;

UdpnatPathReport *udpnat_path_report_new           (const UdpnatPathFacts *facts,
                                                    gint64                 now_us,
                                                    const char            *reason)
  G_GNUC_WARN_UNUSED_RESULT;

const char       *udpnat_path_report_get_phase     (UdpnatPathReport      *self);
const char       *udpnat_path_report_get_kind      (UdpnatPathReport      *self);
const char       *udpnat_path_report_get_address   (UdpnatPathReport      *self);
const char       *udpnat_path_report_get_reason    (UdpnatPathReport      *self);
gint64            udpnat_path_report_get_rtt       (UdpnatPathReport      *self);
gint64            udpnat_path_report_get_latest_rtt (UdpnatPathReport    *self);
gint64            udpnat_path_report_get_elapsed   (UdpnatPathReport      *self);
gint64            udpnat_path_report_get_remaining (UdpnatPathReport      *self);
gint64            udpnat_path_report_get_silence   (UdpnatPathReport      *self);
const char       *udpnat_path_report_get_own_nat   (UdpnatPathReport      *self);
const char       *udpnat_path_report_get_their_nat (UdpnatPathReport      *self);
const char       *udpnat_path_report_get_their_filtering
                                                   (UdpnatPathReport      *self);
gboolean          udpnat_path_report_has_their_filtering
                                                   (UdpnatPathReport      *self);
gboolean          udpnat_path_report_has_session   (UdpnatPathReport      *self);
const UdpnatPathReportEntry *
                  udpnat_path_report_get_own       (UdpnatPathReport      *self,
                                                    guint                  index);
const UdpnatPathReportEntry *
                  udpnat_path_report_get_theirs    (UdpnatPathReport      *self,
                                                    guint                  index);
char             *udpnat_path_report_to_text       (UdpnatPathReport      *self,
                                                    gboolean               is_masked)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
