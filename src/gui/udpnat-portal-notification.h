#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_PORTAL_NOTIFICATION (udpnat_portal_notification_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatPortalNotification, udpnat_portal_notification, UDPNAT,
                      PORTAL_NOTIFICATION, GObject)

/**
 * UdpnatPortalNotification:
 *
 * The notification portal, version 2 (org.freedesktop.portal.Notification), as far as GNotification
 * cannot use it: a text can be typed into a notification, as an answer. Signal "action-invoked"
 * (id, action, text, token): a button was pressed; the text (nullable) is what was typed, the token
 * (nullable) lets a window come to the front. Signal "known": see
 * udpnat_portal_notification_is_known().
 */

/* What was typed comes with this action, and as it is not exported, by the signal. */
#define UDPNAT_PORTAL_NOTIFICATION_REPLY "reply"

UdpnatPortalNotification *
     udpnat_portal_notification_new       (GDBusConnection          *connection)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean
     udpnat_portal_notification_is_known  (UdpnatPortalNotification *self);
gboolean
     udpnat_portal_notification_can_reply (UdpnatPortalNotification *self);
void udpnat_portal_notification_send      (UdpnatPortalNotification *self,
                                           const char               *id,
                                           const char               *prefix,
                                           const char               *title,
                                           const char               *body);
void udpnat_portal_notification_withdraw  (UdpnatPortalNotification *self,
                                           const char               *id);

G_END_DECLS
