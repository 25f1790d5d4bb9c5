#pragma once

#include <adwaita.h>

#include "udpnat-somebody-row.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_REQUEST_ROW (udpnat_request_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatRequestRow, udpnat_request_row, UDPNAT, REQUEST_ROW, UdpnatSomebodyRow)

/**
 * UdpnatRequestRow:
 *
 * A stranger who has written, and what can be answered. Signal "accepted" (person): the user has
 * let them in.
 */

GtkWidget *udpnat_request_row_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
