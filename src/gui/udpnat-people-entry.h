#pragma once

#include <glib-object.h>

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

/**
 * UdpnatPeopleEntry:
 *
 * Somebody who is, or may be, in a list of people: what decides on whether, and on where.
 */
typedef struct
{
  UdpnatPeopleKind kind;   /* of the list */
  UdpnatPerson    *me;     /* borrowed: of the client */
  UdpnatPerson    *person;
  guint            rank;    /* the smaller, the further above */
  gint64           when_us; /* the newer, the further above */
  char            *collated; /* nullable: how the name sorts */
  char            *folded;   /* name and title, as names are compared */
  gboolean         is_renamed;

  /* the list's own */
  gulong           notify_id;
  GSequenceIter   *place;    /* nullable: not in it */
  guint            n_unread; /* what they count for in the sum */
  gboolean         is_late;  /* has changed, and is not looked at yet */
  guint            turn;     /* in which they were looked at last */
} UdpnatPeopleEntry;

gboolean           udpnat_people_is_here         (UdpnatPerson            *person);
gboolean           udpnat_people_kind_is_by_time (UdpnatPeopleKind         kind);

UdpnatPeopleEntry *udpnat_people_entry_new       (UdpnatPeopleKind         kind,
                                                  UdpnatPerson            *me,
                                                  UdpnatPerson            *person)
  G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_people_entry_free      (UdpnatPeopleEntry       *self);
gboolean           udpnat_people_entry_is_member (const UdpnatPeopleEntry *self);
gboolean           udpnat_people_entry_update    (UdpnatPeopleEntry       *self);
int                udpnat_people_entry_compare   (gconstpointer            a,
                                                  gconstpointer            b,
                                                  gpointer                 unused);

G_END_DECLS
