#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatServerLog:
 *
 * Events for the journal, with fields: `journalctl UDPNAT_EVENT=minute -o json`. Elsewhere nothing
 * is said, unless that is wished.
 */
typedef struct _UdpnatServerLog UdpnatServerLog;

UdpnatServerLog *udpnat_server_log_new    (gboolean            is_shown) G_GNUC_WARN_UNUSED_RESULT;
void             udpnat_server_log_free   (UdpnatServerLog    *self);
void             udpnat_server_log_event  (UdpnatServerLog    *self,
                                           const char         *event,
                                           const char         *message,
                                           const char *const  *fields);
char            *udpnat_server_log_format (const char         *event,
                                           const char         *message,
                                           const char *const  *fields) G_GNUC_WARN_UNUSED_RESULT;

void             udpnat_server_log_say    (const char         *format,
                                           ...) G_GNUC_PRINTF (1, 2);
void             udpnat_server_log_warn   (const char         *format,
                                           ...) G_GNUC_PRINTF (1, 2);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerLog, udpnat_server_log_free)

G_END_DECLS
