#pragma once

#include <adwaita.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_PERSON_MENU (udpnat_person_menu_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPersonMenu, udpnat_person_menu, UDPNAT, PERSON_MENU, GObject)

/**
 * UdpnatPersonMenu:
 *
 * What can be done about somebody in a list: by the second mouse button, by a long touch, and by
 * the Menu key or Shift+F10. Rows have a property "person". The widget that has the menu is inside
 * of a #UdpnatSidebar.
 */

UdpnatPersonMenu *udpnat_person_menu_new     (UdpnatClient     *client,
                                              GtkWidget        *owner) G_GNUC_WARN_UNUSED_RESULT;
void              udpnat_person_menu_add_row (UdpnatPersonMenu *self,
                                              GtkWidget        *row);

G_END_DECLS
