#pragma once

#include "udpnat-invitation-code.h"
#include "udpnat-key.h"

G_BEGIN_DECLS

/**
 * UdpnatInvitationLink:
 * @server_host: (nullable): as in #UdpnatLink; %NULL: only the code was given
 * @server_port: likewise; 0 without a host
 * @key: the server's, when @has_key
 *
 * An invitation to a server: `udpnat:@server?invite=…&key=…`, or its code alone.
 */
typedef struct
{
  char                *server_host;
  guint16              server_port;
  UdpnatInvitationCode code;
  UdpnatPublicKey      key;
  gboolean             has_key;
} UdpnatInvitationLink;

gboolean              udpnat_invitation_link_is_one (const char           *text);
UdpnatInvitationLink *udpnat_invitation_link_parse  (const char           *text,
                                                     GError              **error)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_invitation_link_free   (UdpnatInvitationLink *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatInvitationLink, udpnat_invitation_link_free)

G_END_DECLS
