#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * UdpnatStateDir:
 *
 * The directory with everything that must survive a restart, held by one server at a time.
 */
typedef struct _UdpnatStateDir UdpnatStateDir;

UdpnatStateDir *udpnat_state_dir_open     (const char           *path,
                                           GError              **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean        udpnat_state_dir_is_in_use (const char          *path);
guint64         udpnat_state_dir_get_holder (const char         *path);
void            udpnat_state_dir_free     (UdpnatStateDir       *self);
char           *udpnat_state_dir_dup_file (const UdpnatStateDir *self,
                                           const char           *name) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatStateDir, udpnat_state_dir_free)

G_END_DECLS
