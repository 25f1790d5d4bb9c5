#pragma once

#include <gio/gio.h>

#include "udpnat-error.h"
#include "udpnat-person.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_CLIENT (udpnat_client_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatClient, udpnat_client, UDPNAT, CLIENT, GObject)

/**
 * UdpnatClient:
 *
 * The face of the core: one user, with a profile on disk and a socket on the network. Views know
 * nothing below it. Everything happens on the thread and main context that made it.
 *
 * Signals: "registered" (name, observed address), "refused" (name, code), "unregistered",
 * "server-silent", "server-lost", "server-changed" (key text), "server-failed" (message),
 * "person-changed" (person), "directory-complete", "key-changed" (name, key text),
 * "message-received" (person, id, text, sent µs), "message-sent" (person, id), "message-delivered"
 * (person, id, elapsed µs), "message-failed" (name, id, code), "person-unreachable" (person),
 * "path-changed" (person).
 */

UdpnatClient *udpnat_client_new             (void) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_open            (UdpnatClient  *self,
                                             const char    *profile_path,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_bind            (UdpnatClient  *self,
                                             const char    *ip,
                                             guint16        port,
                                             guint          n_more_ports,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_client_set_server      (UdpnatClient  *self,
                                             const char    *host,
                                             guint16        port);
void          udpnat_client_log_in          (UdpnatClient  *self,
                                             const char    *name);
void          udpnat_client_log_out         (UdpnatClient  *self);
void          udpnat_client_leave           (UdpnatClient  *self);
void          udpnat_client_set_receiving   (UdpnatClient  *self,
                                             gboolean       is_receiving);

gboolean      udpnat_client_send            (UdpnatClient  *self,
                                             const char    *name,
                                             const char    *text,
                                             char         **out_id,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;

const char   *udpnat_client_get_name        (UdpnatClient  *self);
char         *udpnat_client_dup_key_text    (UdpnatClient  *self);
guint16       udpnat_client_get_port        (UdpnatClient  *self);
char         *udpnat_client_dup_local       (UdpnatClient  *self);
const char   *udpnat_client_get_server      (UdpnatClient  *self);
gboolean      udpnat_client_is_registered   (UdpnatClient  *self);
gboolean      udpnat_client_is_drained      (UdpnatClient  *self);
guint         udpnat_client_count_undelivered (UdpnatClient *self);
gint64        udpnat_client_get_server_rtt  (UdpnatClient  *self);
GListModel   *udpnat_client_get_people      (UdpnatClient  *self);
void          udpnat_client_refresh_path    (UdpnatClient  *self,
                                             UdpnatPerson  *person);

G_END_DECLS
