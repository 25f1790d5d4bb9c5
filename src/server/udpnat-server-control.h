#pragma once

#include "udpnat-server-operator.h"
#include "udpnat-state-dir.h"

G_BEGIN_DECLS

/**
 * UdpnatServerControl:
 *
 * Where a running server takes orders: a socket in its state directory.
 */
typedef struct _UdpnatServerControl UdpnatServerControl;

UdpnatServerControl *udpnat_server_control_new  (const UdpnatStateDir *state_dir,
                                                 UdpnatServerOperator *operator,
                                                 void                (*obeyed_cb) (gpointer data),
                                                 gpointer              user_data,
                                                 GError              **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                 udpnat_server_control_free (UdpnatServerControl  *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerControl, udpnat_server_control_free)

G_END_DECLS
