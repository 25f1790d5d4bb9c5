#pragma once

#include "udpnat-limits.h"

G_BEGIN_DECLS

/* Four groups of six characters, hyphens between them, and the final zero. */
#define UDPNAT_INVITATION_TEXT_BYTES 28
#define UDPNAT_INVITATION_HASH_BYTES 32

/**
 * UdpnatInvitationCode:
 *
 * What lets somebody in who is invited: 120 random bits, which whoever has them may use.
 */
typedef struct
{
  guint8 bytes[UDPNAT_INVITATION_BYTES];
} UdpnatInvitationCode;

char    *udpnat_invitation_code_to_string (const UdpnatInvitationCode *self,
                                           char text[UDPNAT_INVITATION_TEXT_BYTES]);
gboolean udpnat_invitation_code_parse     (UdpnatInvitationCode       *self,
                                           const char                 *text)
  G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_invitation_code_hash      (const UdpnatInvitationCode *self,
                                           guint8 out_hash[UDPNAT_INVITATION_HASH_BYTES]);

G_END_DECLS
