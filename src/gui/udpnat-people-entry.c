/* What decides on who is in a list of people, and where: kept beside each person, so that a change
 * of a person costs as much as finding their new place, and a search looks at names that are folded
 * already. */

#include "config.h"

#include "udpnat-people-entry.h"

#include <glib/gi18n.h>

#include "udpnat-name.h"

/** udpnat_people_is_here: whether something said now would reach them at once */
gboolean
udpnat_people_is_here (UdpnatPerson *person)
{
  return udpnat_person_is_online (person) && !udpnat_person_is_cut_off (person);
}

/** udpnat_people_kind_is_by_time: whether who has said something last comes first */
gboolean
udpnat_people_kind_is_by_time (UdpnatPeopleKind kind)
{
  return kind == UDPNAT_PEOPLE_CHATS || kind == UDPNAT_PEOPLE_REQUESTS;
}

static gboolean
has_conversation (UdpnatPerson *person)
{
  const char *draft = udpnat_person_get_draft (person);

  return udpnat_person_get_last_line (person) != NULL || udpnat_person_is_pinned (person) ||
         (draft != NULL && *draft != '\0');
}

/** udpnat_people_entry_is_member: whether they belong in the list */
gboolean
udpnat_people_entry_is_member (const UdpnatPeopleEntry *self)
{
  UdpnatRelation relation = udpnat_person_get_relation (self->person);

  switch (self->kind)
    {
    case UDPNAT_PEOPLE_CHATS:
      return self->person == self->me || relation == UDPNAT_RELATION_REQUEST ||
             (relation != UDPNAT_RELATION_BLOCKED && has_conversation (self->person));
    case UDPNAT_PEOPLE_REQUESTS:
      return relation == UDPNAT_RELATION_REQUEST;
    case UDPNAT_PEOPLE_HERE:
      return self->person != self->me && relation != UDPNAT_RELATION_REQUEST &&
             relation != UDPNAT_RELATION_BLOCKED;
    case UDPNAT_PEOPLE_ALL:
      return TRUE;
    }
  return FALSE;
}

static guint
get_rank (const UdpnatPeopleEntry *self)
{
  if (self->kind == UDPNAT_PEOPLE_REQUESTS)
    return 0;
  if (self->kind == UDPNAT_PEOPLE_CHATS && udpnat_person_is_pinned (self->person))
    return 0;
  /* Notes are listed before there is one; what is a conversation and has no time comes first. */
  if (self->kind == UDPNAT_PEOPLE_CHATS)
    return self->person == self->me && !has_conversation (self->person) ? 2 : 1;
  return udpnat_people_is_here (self->person) ? 0 : 1;
}

/** udpnat_people_entry_compare: Returns: < 0 when @a is above @b, as qsort() has it */
int
udpnat_people_entry_compare (gconstpointer a,
                             gconstpointer b,
                             gpointer      unused)
{
  const UdpnatPeopleEntry *one = a;
  const UdpnatPeopleEntry *other = b;
  int order;

  if (one->rank != other->rank)
    return one->rank < other->rank ? -1 : 1;
  if (one->when_us != other->when_us)
    return one->when_us > other->when_us ? -1 : 1;
  order = g_strcmp0 (one->collated, other->collated);
  if (order == 0)
    order = g_strcmp0 (udpnat_person_get_key_text (one->person),
                       udpnat_person_get_key_text (other->person));
  return order;
}

/* Most names are ASCII, and there may be ten thousand of them. */
static char *
fold (const char *name)
{
  return g_str_is_ascii (name) ? g_ascii_strdown (name, -1) : udpnat_name_fold (name);
}

/* Line breaks are in no name, so nothing that is looked for spans two of them. */
static void
read_names (UdpnatPeopleEntry *self)
{
  const char *nickname = self->person == self->me ? _("Note to Self")
                                                  : udpnat_person_get_nickname (self->person);
  g_autofree char *name = fold (udpnat_person_get_name (self->person));
  g_autofree char *title = nickname != NULL ? fold (nickname) : NULL;

  g_free (self->folded);
  g_clear_pointer (&self->collated, g_free);
  if (!udpnat_people_kind_is_by_time (self->kind))
    self->collated = g_utf8_collate_key (title != NULL ? title : name, -1);
  self->folded = title != NULL ? g_strconcat (title, "\n", name, NULL) : g_steal_pointer (&name);
}

/** udpnat_people_entry_update: brings into line what the person says now. Returns: whether that
 * decides on another place */
gboolean
udpnat_people_entry_update (UdpnatPeopleEntry *self)
{
  guint rank = get_rank (self);
  gint64 when_us = udpnat_people_kind_is_by_time (self->kind)
                     ? udpnat_person_get_last_shown (self->person)
                     : 0;
  gboolean has_moved = self->is_renamed || rank != self->rank || when_us != self->when_us;

  if (self->is_renamed)
    read_names (self);
  self->is_renamed = FALSE;
  self->rank = rank;
  self->when_us = when_us;
  return has_moved;
}

/** udpnat_people_entry_new: not in the list yet */
UdpnatPeopleEntry *
udpnat_people_entry_new (UdpnatPeopleKind  kind,
                         UdpnatPerson     *me,
                         UdpnatPerson     *person)
{
  UdpnatPeopleEntry *self = g_new0 (UdpnatPeopleEntry, 1);

  self->kind = kind;
  self->me = me;
  self->person = g_object_ref (person);
  read_names (self);
  return self;
}

void
udpnat_people_entry_free (UdpnatPeopleEntry *self)
{
  g_object_unref (self->person);
  g_free (self->collated);
  g_free (self->folded);
  g_free (self);
}
