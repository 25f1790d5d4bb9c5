#pragma once

#include <adwaita.h>

#include "udpnat-history-item.h"
#include "udpnat-person.h"
#include "udpnat-transfer.h"

G_BEGIN_DECLS

/* A dialog with the times of a message, how far it has come, and the file that it offers. */
void udpnat_message_details_present (GtkWindow         *parent,
                                     UdpnatHistoryItem *line,
                                     UdpnatTransfer    *transfer,
                                     UdpnatPerson      *person);

G_END_DECLS
