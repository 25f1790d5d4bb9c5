#pragma once

#include <gio/gio.h>

#include "udpnat-error.h"
#include "udpnat-history-item.h"
#include "udpnat-invitation-link.h"
#include "udpnat-lan-state.h"
#include "udpnat-person.h"
#include "udpnat-server-state.h"

G_BEGIN_DECLS

#define UDPNAT_TYPE_CLIENT (udpnat_client_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatClient, udpnat_client, UDPNAT, CLIENT, GObject)

/**
 * UdpnatClient:
 *
 * The face of the core: one user, with a profile on disk and a socket on the network. Views know
 * nothing below it. Everything happens on the thread and main context that made it.
 *
 * Whatever is said is on disk before it is told or sent; so calls that say something answer by
 * signals: "item-added" (person, line) for a new line of either side, "item-changed" (person, line)
 * when its state, text or reactions have changed, "item-removed" (person, number) when a line is
 * gone from here (number 0: all of them), "message-delivered" (person, id, elapsed µs),
 * "save-failed" (person, is damaged) when the disk took nothing: what was just said to or by them
 * is not kept. When the database is damaged it is mended at the next start.
 *
 * Further signals. Of the server: "registered" (name, observed address), "refused" (name, code),
 * "unregistered", "server-silent", "server-lost", "server-replaced", "server-changed" (key text),
 * "server-failed" (message). Of people: "person-changed" (person), "directory-complete",
 * "request-received" (person), "key-changed" (person, key text), "person-unreachable" (person),
 * "mail-refused" (person, code), "path-changed" (person).
 *
 * Properties: name, server, server-state (a #UdpnatServerState), server-code, server-since-us,
 * lan-state (a #UdpnatLanState), directory (a #UdpnatDirectoryKind).
 */

UdpnatClient *udpnat_client_new             (void) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_open            (UdpnatClient  *self,
                                             const char    *profile_path,
                                             const char    *passphrase,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_client_open_async      (UdpnatClient  *self,
                                             const char    *profile_path,
                                             const char    *passphrase,
                                             GCancellable  *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer       user_data);
gboolean      udpnat_client_open_finish     (UdpnatClient  *self,
                                             GAsyncResult  *result,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_bind            (UdpnatClient  *self,
                                             const char    *ip,
                                             guint16        port,
                                             guint          n_more_ports,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_client_set_server      (UdpnatClient  *self,
                                             const char    *host,
                                             guint16        port);
const UdpnatAddress *
              udpnat_client_get_server_address (UdpnatClient *self);
char         *udpnat_client_dup_home_server (UdpnatClient  *self);
void          udpnat_client_set_home_server (UdpnatClient  *self,
                                             const char    *server);
void          udpnat_client_keep_invitation (UdpnatClient  *self,
                                             const char    *host,
                                             guint16        port,
                                             const UdpnatInvitationLink *invitation);
void          udpnat_client_log_in          (UdpnatClient  *self,
                                             const char    *name);
void          udpnat_client_log_out         (UdpnatClient  *self);
void          udpnat_client_leave           (UdpnatClient  *self);

/* How things stand */
const char   *udpnat_client_get_name        (UdpnatClient  *self);
char         *udpnat_client_dup_key_text    (UdpnatClient  *self);
guint16       udpnat_client_get_port        (UdpnatClient  *self);
char         *udpnat_client_dup_local       (UdpnatClient  *self);
const char   *udpnat_client_get_server      (UdpnatClient  *self);
gboolean      udpnat_client_is_registered   (UdpnatClient  *self);
UdpnatServerState udpnat_client_get_server_state (UdpnatClient *self);
const char   *udpnat_client_get_server_code (UdpnatClient  *self);
gint64        udpnat_client_get_server_since (UdpnatClient *self);
UdpnatLanState udpnat_client_get_lan_state  (UdpnatClient  *self);
void          udpnat_client_retry_server    (UdpnatClient  *self);
void          udpnat_client_set_other_servers (UdpnatClient *self,
                                             const char    *servers);
void          udpnat_client_trust_server_key (UdpnatClient *self);
char         *udpnat_client_dup_server_key  (UdpnatClient  *self);
void          udpnat_client_forget_server_key (UdpnatClient *self);
void          udpnat_client_note_server     (UdpnatClient  *self,
                                             const char    *host,
                                             guint16        port);
gboolean      udpnat_client_forget_place_key (UdpnatClient *self,
                                             const char    *server);
gboolean      udpnat_client_is_drained      (UdpnatClient  *self);
guint         udpnat_client_count_undelivered (UdpnatClient *self);
gint64        udpnat_client_get_server_rtt  (UdpnatClient  *self);
gint64        udpnat_client_get_size_bytes  (UdpnatClient  *self);
char         *udpnat_client_dup_recovery_report (UdpnatClient *self);

/* People: udpnat-client-people.c */
GListModel   *udpnat_client_get_people      (UdpnatClient  *self);
UdpnatPerson *udpnat_client_get_self        (UdpnatClient  *self);
UdpnatPerson *udpnat_client_get_person      (UdpnatClient  *self,
                                             const char    *name);
UdpnatPerson *udpnat_client_get_person_by_key (UdpnatClient *self,
                                             const char    *key_text);
void          udpnat_client_find_async      (UdpnatClient  *self,
                                             const char    *name,
                                             GCancellable  *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer       user_data);
UdpnatPerson *udpnat_client_find_finish     (UdpnatClient  *self,
                                             GAsyncResult  *result,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
UdpnatPerson *udpnat_client_add_link        (UdpnatClient  *self,
                                             const char    *link,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
char         *udpnat_client_dup_link        (UdpnatClient  *self);
char         *udpnat_client_dup_link_at     (UdpnatClient  *self,
                                             const char    *text);
void          udpnat_client_accept          (UdpnatClient  *self,
                                             UdpnatPerson  *person);
void          udpnat_client_decline         (UdpnatClient  *self,
                                             UdpnatPerson  *person);
void          udpnat_client_block           (UdpnatClient  *self,
                                             UdpnatPerson  *person);
void          udpnat_client_unblock         (UdpnatClient  *self,
                                             UdpnatPerson  *person);
void          udpnat_client_forget          (UdpnatClient  *self,
                                             UdpnatPerson  *person);
void          udpnat_client_set_nickname    (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             const char    *nickname);
void          udpnat_client_set_pinned      (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             gboolean       is_pinned);
void          udpnat_client_set_muted       (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             gboolean       is_muted);
char         *udpnat_client_dup_safety_number (UdpnatClient *self,
                                             UdpnatPerson  *person);
void          udpnat_client_set_verified    (UdpnatClient  *self,
                                             UdpnatPerson  *person,
                                             gboolean       is_verified);
UdpnatPerson *udpnat_client_accept_new_key  (UdpnatClient  *self,
                                             UdpnatPerson  *person);
void          udpnat_client_refresh_path    (UdpnatClient  *self,
                                             UdpnatPerson  *person);

/* Oneself and the profile: udpnat-client-profile.c */
void          udpnat_client_set_away        (UdpnatClient  *self,
                                             gboolean       is_away);
gboolean      udpnat_client_is_away         (UdpnatClient  *self);
char         *udpnat_client_dup_status      (UdpnatClient  *self);
gboolean      udpnat_client_set_status      (UdpnatClient  *self,
                                             const char    *status,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
GBytes       *udpnat_client_dup_avatar      (UdpnatClient  *self);
gboolean      udpnat_client_set_avatar      (UdpnatClient  *self,
                                             GBytes        *avatar,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
char         *udpnat_client_dup_setting     (UdpnatClient  *self,
                                             const char    *setting);
gboolean      udpnat_client_set_setting     (UdpnatClient  *self,
                                             const char    *setting,
                                             const char    *value,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
const char   *udpnat_client_explain_setting (guint          index,
                                             const char   **out_setting,
                                             const char *const **out_values);
gboolean      udpnat_client_back_up         (UdpnatClient  *self,
                                             const char    *path,
                                             const char    *passphrase,
                                             gboolean       may_replace,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
void          udpnat_client_back_up_async   (UdpnatClient  *self,
                                             const char    *path,
                                             const char    *passphrase,
                                             gboolean       may_replace,
                                             GCancellable  *cancellable,
                                             GAsyncReadyCallback callback,
                                             gpointer       user_data);
gboolean      udpnat_client_back_up_finish  (UdpnatClient  *self,
                                             GAsyncResult  *result,
                                             GError       **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean      udpnat_client_flush           (UdpnatClient  *self);
gboolean      udpnat_client_is_damaged      (UdpnatClient  *self);

G_END_DECLS

#include "udpnat-client-directory.h"
#include "udpnat-client-talk.h"
