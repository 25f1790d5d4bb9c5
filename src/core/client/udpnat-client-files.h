#pragma once

#include "udpnat-client.h"
#include "udpnat-transfer.h"

G_BEGIN_DECLS

/* Files: a part of #UdpnatClient. What is sent and what is offered is a line of the conversation;
 * how far it has come is a #UdpnatTransfer. Everything goes on after a restart, in either
 * direction, until it is done, declined or cancelled.
 *
 * Signals: "transfer-changed" (person, transfer) whenever something of it has, while bytes go over
 * a few times a second; "file-preparing" (person, path, bytes read, bytes in all) while what is to
 * be sent is read, and "file-not-sent" (person, path, words) when it could not be. */

gboolean        udpnat_client_send_file       (UdpnatClient       *self,
                                               UdpnatPerson       *person,
                                               const char         *path,
                                               GError            **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean        udpnat_client_send_picture    (UdpnatClient       *self,
                                               UdpnatPerson       *person,
                                               const char         *path,
                                               int                 width,
                                               int                 height,
                                               GBytes             *thumbnail,
                                               GError            **error) G_GNUC_WARN_UNUSED_RESULT;
guint           udpnat_client_count_preparing (UdpnatClient       *self);
gboolean        udpnat_client_cancel_preparing (UdpnatClient      *self,
                                               UdpnatPerson       *person,
                                               const char         *path);
GPtrArray      *udpnat_client_dup_transfers   (UdpnatClient       *self);
UdpnatPerson   *udpnat_client_get_person_of_transfer (UdpnatClient *self,
                                               UdpnatTransfer     *transfer);
UdpnatTransfer *udpnat_client_dup_transfer    (UdpnatClient       *self,
                                               UdpnatHistoryItem  *line);
gboolean        udpnat_client_accept_file     (UdpnatClient       *self,
                                               UdpnatHistoryItem  *line,
                                               const char         *folder,
                                               GError            **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean        udpnat_client_cancel_file     (UdpnatClient       *self,
                                               UdpnatHistoryItem  *line,
                                               GError            **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean        udpnat_client_pause_file      (UdpnatClient       *self,
                                               UdpnatHistoryItem  *line,
                                               gboolean            is_paused,
                                               GError            **error) G_GNUC_WARN_UNUSED_RESULT;
void            udpnat_client_set_files_folder (UdpnatClient      *self,
                                               const char         *folder);
char           *udpnat_client_dup_file_rule   (UdpnatClient       *self,
                                               UdpnatPerson       *person);
gboolean        udpnat_client_set_file_rule   (UdpnatClient       *self,
                                               UdpnatPerson       *person,
                                               const char         *rule,
                                               GError            **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
