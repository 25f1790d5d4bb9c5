#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/**
 * UdpnatReportWriter:
 *
 * A report to be given to somebody who helps: one `name: value` a line. It is in English and in
 * codes whatever the desktop's language, because it is not for the one who copies it.
 */
typedef struct _UdpnatReportWriter UdpnatReportWriter;

UdpnatReportWriter *udpnat_report_writer_new         (gboolean             is_masked)
  G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_report_writer_free        (UdpnatReportWriter  *self);
char               *udpnat_report_writer_end         (UdpnatReportWriter  *self)
  G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_report_writer_add         (UdpnatReportWriter  *self,
                                                      const char          *name,
                                                      const char          *format,
                                                      ...) G_GNUC_PRINTF (3, 4);
void                udpnat_report_writer_add_time    (UdpnatReportWriter  *self,
                                                      const char          *name,
                                                      gint64               time_us);
void                udpnat_report_writer_add_address (UdpnatReportWriter  *self,
                                                      const char          *name,
                                                      const UdpnatAddress *address,
                                                      const char          *words);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatReportWriter, udpnat_report_writer_free)

G_END_DECLS
