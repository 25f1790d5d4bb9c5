#pragma once

#include "udpnat-identity.h"
#include "udpnat-limits.h"

G_BEGIN_DECLS

gboolean udpnat_mail_pass_compute (const UdpnatIdentity  *self,
                                   const UdpnatPublicKey *peer,
                                   gboolean               is_for_sending,
                                   guint8                 out_pass[UDPNAT_MAIL_PASS_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
