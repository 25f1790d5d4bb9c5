#pragma once

#include <gtk/gtk.h>

#include "udpnat-people-entry.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PEOPLE_MODEL (udpnat_people_model_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPeopleModel, udpnat_people_model, UDPNAT, PEOPLE_MODEL, GObject)

/**
 * UdpnatPeopleModel:
 *
 * A list model of #UdpnatPerson that keeps its choice and its order while people change. It is a
 * selection model as well: selected is the current person, and only the program changes that, so
 * that a row can have the pointer or the focus without being opened.
 */

UdpnatPeopleModel *udpnat_people_model_new         (UdpnatClient      *client,
                                                    UdpnatPeopleKind   kind)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean           udpnat_people_model_find        (UdpnatPeopleModel *self,
                                                    UdpnatPerson      *person,
                                                    guint             *out_position);
void               udpnat_people_model_set_current (UdpnatPeopleModel *self,
                                                    UdpnatPerson      *person);
gboolean           udpnat_people_model_matches     (UdpnatPeopleModel *self,
                                                    UdpnatPerson      *person,
                                                    const char        *folded);
guint              udpnat_people_model_search      (UdpnatPeopleModel *self,
                                                    const char        *folded,
                                                    GPtrArray         *found,
                                                    guint              n_found_max);

G_END_DECLS
