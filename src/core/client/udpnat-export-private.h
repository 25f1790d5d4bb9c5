#pragma once

#include "udpnat-export.h"
#include "udpnat-history-item.h"

G_BEGIN_DECLS

/* Of udpnat-export-text.c and udpnat-export-json.c: each appends to @out. */

void udpnat_export_begin_text (const UdpnatExport *self,
                               GString            *out);
void udpnat_export_add_text   (const UdpnatExport *self,
                               UdpnatHistoryItem  *line,
                               UdpnatHistoryItem  *before,
                               GString            *out);

void udpnat_export_begin_json (const UdpnatExport *self,
                               GString            *out);
void udpnat_export_add_json   (const UdpnatExport *self,
                               UdpnatHistoryItem  *line,
                               UdpnatHistoryItem  *before,
                               GString            *out);
void udpnat_export_end_json   (GString            *out);

G_END_DECLS
