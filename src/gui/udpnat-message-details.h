#pragma once

#include <adwaita.h>

#include "udpnat-history-item.h"
#include "udpnat-person.h"

G_BEGIN_DECLS

/* A dialog with the times of a message and how far it has come. */
void udpnat_message_details_present (GtkWindow         *parent,
                                     UdpnatHistoryItem *line,
                                     UdpnatPerson      *person);

G_END_DECLS
