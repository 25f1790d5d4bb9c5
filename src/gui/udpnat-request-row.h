#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_REQUEST_ROW (udpnat_request_row_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatRequestRow, udpnat_request_row, UDPNAT, REQUEST_ROW, GtkBox)

/**
 * UdpnatRequestRow:
 *
 * A stranger who has written, and what can be answered. Property: person (nullable). Signal
 * "accepted" (person): the user has let them in.
 */

GtkWidget *udpnat_request_row_new        (UdpnatClient     *client) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_request_row_set_person (UdpnatRequestRow *self,
                                          UdpnatPerson     *person);

G_END_DECLS
