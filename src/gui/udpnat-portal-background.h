#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * The background portal (org.freedesktop.portal.Background), which says whether a program in a
 * sandbox may run without a window, starts it with the session, and shows what it is doing.
 */

gboolean udpnat_portal_is_sandboxed        (void);

void     udpnat_portal_background_request  (GDBusConnection     *connection,
                                            const char          *reason,
                                            gboolean             autostart,
                                            const char *const   *command,
                                            GCancellable        *cancellable,
                                            GAsyncReadyCallback  callback,
                                            gpointer             user_data);
gboolean udpnat_portal_background_finish   (GAsyncResult        *result,
                                            GError             **error)
  G_GNUC_WARN_UNUSED_RESULT;

void     udpnat_portal_background_set_status (GDBusConnection   *connection,
                                              const char        *message);

G_END_DECLS
