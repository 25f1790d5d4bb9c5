#pragma once

#include <adwaita.h>

#include "udpnat-client.h"
#include "udpnat-place.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_RESULT_ROW (udpnat_result_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatResultRow, udpnat_result_row, UDPNAT, RESULT_ROW, GtkBox)

/**
 * UdpnatResultRow:
 *
 * Something that was found: a person, a line of a conversation, or the heading above either.
 * Properties: place (nullable), activatable (not a heading).
 */

GtkWidget *udpnat_result_row_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
