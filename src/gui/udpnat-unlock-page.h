#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_UNLOCK_PAGE (udpnat_unlock_page_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatUnlockPage, udpnat_unlock_page, UDPNAT, UNLOCK_PAGE, GtkBox)

/**
 * UdpnatUnlockPage:
 *
 * Asks for the passphrase of the profile. Signal "unlock" (passphrase); from then on the page is
 * busy until it is told how that went.
 */

GtkWidget *udpnat_unlock_page_new              (void) G_GNUC_WARN_UNUSED_RESULT;
void       udpnat_unlock_page_set_busy         (UdpnatUnlockPage *self,
                                                gboolean          is_busy);
void       udpnat_unlock_page_show_error       (UdpnatUnlockPage *self,
                                                const GError     *error);
char      *udpnat_unlock_page_take_passphrase  (UdpnatUnlockPage *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
