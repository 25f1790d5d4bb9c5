#pragma once

#include "udpnat-client.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_NOTIFICATIONS (udpnat_notifications_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatNotifications, udpnat_notifications, UDPNAT, NOTIFICATIONS, GObject)

/**
 * UdpnatNotificationsIsShown:
 *
 * Returns: whether the user is looking at the conversation with @person
 */
typedef gboolean (*UdpnatNotificationsIsShown) (UdpnatPerson *person,
                                                gpointer      user_data);

/**
 * UdpnatNotifications:
 *
 * Tells the user of messages, requests and changed keys when they are not looking: one notification
 * for each conversation, taken back when it was read. Their actions are those of the application:
 * open-person and mark-read, with a key text. Signal "window-wanted" (key text, token): a
 * notification was clicked, and the desktop gave a token (nullable) for the window.
 */

UdpnatNotifications *udpnat_notifications_new   (GApplication               *application,
                                                 GSettings                  *settings,
                                                 UdpnatClient               *client,
                                                 UdpnatNotificationsIsShown  is_shown,
                                                 gpointer                    user_data)
  G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_notifications_close (UdpnatNotifications        *self);

G_END_DECLS
