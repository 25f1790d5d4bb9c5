#pragma once

#include <glib-object.h>

#include "udpnat-contact.h"
#include "udpnat-history-item.h"
#include "udpnat-node-event.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PERSON (udpnat_person_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPerson, udpnat_person, UDPNAT, PERSON, GObject)

/**
 * UdpnatPerson:
 *
 * Somebody else, as views see them: what the user decided, what the store keeps, what the network
 * says now. Changes are notified as properties: key, name, nickname, title, relation, verified,
 * mutual, pinned, muted, relay-only, unread, last-shown-us, draft, status, avatar, presence,
 * typing, last-seen-us, path-kind, new-key, wait-reason, last-line, on-lan.
 */

UdpnatPerson          *udpnat_person_new             (const UdpnatPublicKey *key);
const UdpnatPublicKey *udpnat_person_get_key         (UdpnatPerson          *self);
const char            *udpnat_person_get_key_text    (UdpnatPerson          *self);

/* Who they are */
const char            *udpnat_person_get_title       (UdpnatPerson          *self);
const char            *udpnat_person_get_name        (UdpnatPerson          *self);
const char            *udpnat_person_get_nickname    (UdpnatPerson          *self);
UdpnatRelation         udpnat_person_get_relation    (UdpnatPerson          *self);
gboolean               udpnat_person_is_contact      (UdpnatPerson          *self);
gboolean               udpnat_person_is_mutual       (UdpnatPerson          *self);
gboolean               udpnat_person_is_verified     (UdpnatPerson          *self);
gboolean               udpnat_person_is_pinned       (UdpnatPerson          *self);
gboolean               udpnat_person_is_muted        (UdpnatPerson          *self);
gboolean               udpnat_person_is_relay_only   (UdpnatPerson          *self);
const char            *udpnat_person_get_status      (UdpnatPerson          *self);
GBytes                *udpnat_person_get_avatar      (UdpnatPerson          *self);
const char            *udpnat_person_get_new_key     (UdpnatPerson          *self);

/* The conversation */
guint                  udpnat_person_get_unread      (UdpnatPerson          *self);
gint64                 udpnat_person_get_last_shown  (UdpnatPerson          *self);
UdpnatHistoryItem     *udpnat_person_get_last_line   (UdpnatPerson          *self);
const char            *udpnat_person_get_draft       (UdpnatPerson          *self);
const char            *udpnat_person_get_wait_reason (UdpnatPerson          *self);
const char            *udpnat_person_get_server      (UdpnatPerson          *self);
gboolean               udpnat_person_is_typing       (UdpnatPerson          *self);

/* Where they are */
guint8                 udpnat_person_get_presence    (UdpnatPerson          *self);
gboolean               udpnat_person_is_online       (UdpnatPerson          *self);
gboolean               udpnat_person_is_on_lan       (UdpnatPerson          *self);
gboolean               udpnat_person_is_cut_off      (UdpnatPerson          *self);
gint64                 udpnat_person_get_last_seen   (UdpnatPerson          *self);
gboolean               udpnat_person_has_path        (UdpnatPerson          *self);
const char            *udpnat_person_get_path_kind   (UdpnatPerson          *self);
const char            *udpnat_person_get_path_remote (UdpnatPerson          *self);
const char            *udpnat_person_get_path_reason (UdpnatPerson          *self);
gint64                 udpnat_person_get_path_rtt    (UdpnatPerson          *self);

G_END_DECLS
