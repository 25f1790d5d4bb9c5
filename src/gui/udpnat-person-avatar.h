#pragma once

#include <adwaita.h>

#include "udpnat-person.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PERSON_AVATAR (udpnat_person_avatar_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPersonAvatar, udpnat_person_avatar, UDPNAT, PERSON_AVATAR, AdwBin)

/**
 * UdpnatPersonAvatar:
 *
 * The picture of a person, or their initials as long as there is none, and a dot that says whether
 * they are here: full when they are, a ring when they are away from the keyboard. It has no name
 * for screen readers: the words beside it say the same. Properties: person (nullable), size
 * (pixels), icon-name (nullable: instead of initials, and without a dot).
 */

GtkWidget *udpnat_person_avatar_new        (int                 size) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_person_avatar_set_person (UdpnatPersonAvatar *self,
                                            UdpnatPerson       *person);

G_END_DECLS
