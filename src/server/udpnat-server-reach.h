#pragma once

#include <glib.h>

#include "udpnat-state-dir.h"

G_BEGIN_DECLS

/**
 * UdpnatServerReach:
 *
 * Where a running server can be reached, for whoever started it: said on stdout, and kept in the
 * file `running` of the state directory for as long as it runs.
 */
typedef struct _UdpnatServerReach UdpnatServerReach;

UdpnatServerReach *udpnat_server_reach_new        (const UdpnatStateDir *state_dir,
                                                   guint16               port,
                                                   const char           *key_text,
                                                   const char           *status_address)
  G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_server_reach_ask_router (UdpnatServerReach    *self,
                                                   guint16               alt_port);
char              *udpnat_server_reach_read_status (const char          *state_dir)
  G_GNUC_WARN_UNUSED_RESULT;
void               udpnat_server_reach_close      (UdpnatServerReach    *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatServerReach, udpnat_server_reach_close)

G_END_DECLS
