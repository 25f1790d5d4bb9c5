#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/**
 * UdpnatHostRecord:
 * @pid: of the server, which has the state directory locked
 * @key_text: (nullable): its public key
 * @outside: (nullable): its address outside this network
 * @protocol: (nullable): by which the router was asked; "none": nothing had to be asked
 * @reason: (nullable): why it has no address outside: a code
 *
 * What a running server says of itself in its state directory.
 */
typedef struct
{
  int     pid;
  guint16 port;
  char   *key_text;
  char   *outside;
  char   *protocol;
  char   *reason;
} UdpnatHostRecord;

gboolean udpnat_host_record_read   (UdpnatHostRecord *self,
                                    const char       *state_dir);
void     udpnat_host_record_clear  (UdpnatHostRecord *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (UdpnatHostRecord, udpnat_host_record_clear)

char    *udpnat_host_find_program  (void) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_host_is_port_taken (guint16           port);
gboolean udpnat_host_is_own_ip     (const UdpnatAddress *address);

G_END_DECLS
