#pragma once

#include <adwaita.h>

#include "udpnat-people-model.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_SEARCH_RESULTS (udpnat_search_results_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatSearchResults, udpnat_search_results, UDPNAT, SEARCH_RESULTS, AdwBin)

/**
 * UdpnatSearchResults:
 *
 * People and messages that have some words. Signals: "person-activated" (person), "line-activated"
 * (person, number of the line).
 */

GtkWidget *udpnat_search_results_new        (UdpnatClient        *client,
                                             UdpnatPeopleModel   *people,
                                             UdpnatPeopleModel   *strangers)
  G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_search_results_set_words  (UdpnatSearchResults *self,
                                             const char          *words);
void       udpnat_search_results_open_first (UdpnatSearchResults *self);
gboolean   udpnat_search_results_focus_first (UdpnatSearchResults *self);

G_END_DECLS
