#pragma once

#include <gtk/gtk.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

/**
 * UdpnatPeopleKind:
 * @UDPNAT_PEOPLE_CHATS: with whom there is a conversation, and oneself: pinned ones first, then the
 *   newest first
 * @UDPNAT_PEOPLE_REQUESTS: strangers who have written and have no answer, the newest first
 * @UDPNAT_PEOPLE_HERE: everyone heard of but these and the blocked: who is here first, then by name
 * @UDPNAT_PEOPLE_ALL: really everyone, oneself too, in the same order
 */
typedef enum
{
  UDPNAT_PEOPLE_CHATS,
  UDPNAT_PEOPLE_REQUESTS,
  UDPNAT_PEOPLE_HERE,
  UDPNAT_PEOPLE_ALL,
} UdpnatPeopleKind;

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

gboolean           udpnat_people_is_here           (UdpnatPerson      *person);

G_END_DECLS
