#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_SEARCH_BAR (udpnat_search_bar_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatSearchBar, udpnat_search_bar, UDPNAT, SEARCH_BAR, AdwBin)

/**
 * UdpnatSearchBar:
 *
 * Looks for words in one conversation, the newest hit first. Signals: "hit-selected" (number of a
 * line); "closed": the user is done.
 */

void udpnat_search_bar_set_client (UdpnatSearchBar *self,
                                   UdpnatClient    *client);
void udpnat_search_bar_set_person (UdpnatSearchBar *self,
                                   UdpnatPerson    *person);
void udpnat_search_bar_start      (UdpnatSearchBar *self);

G_END_DECLS
