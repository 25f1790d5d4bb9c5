#pragma once

#include <gio/gio.h>

#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatExportFormat:
 * @UDPNAT_EXPORT_TEXT: to be read by people
 * @UDPNAT_EXPORT_JSON: to be read by programs; one object, each message on a line of its own
 */
typedef enum
{
  UDPNAT_EXPORT_TEXT,
  UDPNAT_EXPORT_JSON,
} UdpnatExportFormat;

/**
 * UdpnatExportPageFunc:
 * @after: number of the last line so far, 0 at first
 *
 * Returns: (transfer full) (nullable) (element-type UdpnatHistoryItem): the lines that follow,
 *   oldest first, as many as may be in memory at once; none at the end
 */
typedef GPtrArray *(*UdpnatExportPageFunc) (gint64   after,
                                            gpointer user_data);

/**
 * UdpnatExport:
 * @own_name: (nullable): what we are called; %NULL: "You"
 * @peer_name: what the other person is called
 * @peer_key: who that is, whatever the name
 * @time_zone: for dates and times in text; JSON has UTC
 * @get_page: where the lines come from
 *
 * A conversation that is to be written to a file. All of it is borrowed.
 */
typedef struct
{
  UdpnatExportFormat   format;
  const char          *own_name;
  const char          *peer_name;
  UdpnatPublicKey      peer_key;
  GTimeZone           *time_zone;
  UdpnatExportPageFunc get_page;
  gpointer             user_data;
} UdpnatExport;

gboolean udpnat_export_write      (const UdpnatExport *self,
                                   GOutputStream      *stream,
                                   GError            **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_export_write_file (const UdpnatExport *self,
                                   const char         *path,
                                   gboolean            may_overwrite,
                                   GError            **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
