#pragma once

#include <glib-object.h>

#include "udpnat-node-event.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PERSON (udpnat_person_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPerson, udpnat_person, UDPNAT, PERSON, GObject)

/**
 * UdpnatPerson:
 *
 * Somebody else, as views see them. Changes are notified as properties.
 */

UdpnatPerson          *udpnat_person_new             (const UdpnatPublicKey *key);
const UdpnatPublicKey *udpnat_person_get_key         (UdpnatPerson          *self);
const char            *udpnat_person_get_key_text    (UdpnatPerson          *self);
const char            *udpnat_person_get_name        (UdpnatPerson          *self);
gboolean               udpnat_person_is_online       (UdpnatPerson          *self);
gboolean               udpnat_person_has_path        (UdpnatPerson          *self);
const char            *udpnat_person_get_path_kind   (UdpnatPerson          *self);
const char            *udpnat_person_get_path_remote (UdpnatPerson          *self);
const char            *udpnat_person_get_path_reason (UdpnatPerson          *self);
gint64                 udpnat_person_get_path_rtt    (UdpnatPerson          *self);

/* For UdpnatClient */
void                   udpnat_person_set_name        (UdpnatPerson          *self,
                                                      const char            *name);
void                   udpnat_person_set_online      (UdpnatPerson          *self,
                                                      gboolean               is_online);
void                   udpnat_person_set_path        (UdpnatPerson          *self,
                                                      UdpnatPathKind         kind,
                                                      const UdpnatAddress   *remote,
                                                      gint64                 rtt_us,
                                                      UdpnatPathReason       reason);

G_END_DECLS
