#pragma once

#include <adwaita.h>

#include "udpnat-somebody-row.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PERSON_ROW (udpnat_person_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPersonRow, udpnat_person_row, UDPNAT, PERSON_ROW, UdpnatSomebodyRow)

/**
 * UdpnatPersonRow:
 *
 * Somebody in the list of people.
 */

GtkWidget *udpnat_person_row_new (UdpnatClient *client) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
