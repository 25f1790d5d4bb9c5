#pragma once

#include "udpnat-key.h"

G_BEGIN_DECLS

/* The profile of somebody who has said and heard this and that: made once, and put into the
 * fuzz folder as often as a target wants. */

#define FUZZ_PROFILE_PEOPLE 4 /* with keys of fuzz_profile_get_key() */

UdpnatPublicKey fuzz_profile_get_own_key      (void);
UdpnatPublicKey fuzz_profile_get_key          (guint         person);
const guint8   *fuzz_profile_get_database_key (void);
char           *fuzz_profile_put              (const guint8 *database_key)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
