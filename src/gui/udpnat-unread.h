#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define UDPNAT_TYPE_UNREAD (udpnat_unread_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatUnread, udpnat_unread, UDPNAT, UNREAD, GObject)

/**
 * UdpnatUnread:
 *
 * How many messages wait to be read, of people who are neither muted nor blocked. Property: count.
 */

UdpnatUnread *udpnat_unread_new       (GListModel   *people) G_GNUC_WARN_UNUSED_RESULT;
guint         udpnat_unread_get_count (UdpnatUnread *self);

G_END_DECLS
