#pragma once

#include "udpnat-address.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

/**
 * UdpnatHandshakeLimiter:
 *
 * How much work strangers may make: per source (IPv4 /32, IPv6 /64) and in all (PROTOCOL.md section
 * 3). Its memory is fixed.
 */
typedef struct _UdpnatHandshakeLimiter UdpnatHandshakeLimiter;

typedef enum
{
  UDPNAT_HANDSHAKE_ALLOW,
  UDPNAT_HANDSHAKE_ASK_COOKIE,
  UDPNAT_HANDSHAKE_DROP, /* silently: the source has proved itself and still sends too much */
} UdpnatHandshakeVerdict;

UdpnatHandshakeLimiter *udpnat_handshake_limiter_new        (const UdpnatRandom     *random)
  G_GNUC_WARN_UNUSED_RESULT;
void                    udpnat_handshake_limiter_free       (UdpnatHandshakeLimiter *self);
gboolean                udpnat_handshake_limiter_is_loaded  (UdpnatHandshakeLimiter *self,
                                                             gint64                  now_us);
UdpnatHandshakeVerdict  udpnat_handshake_limiter_judge      (UdpnatHandshakeLimiter *self,
                                                             gint64                  now_us,
                                                             const UdpnatAddress    *source,
                                                             gboolean                has_cookie,
                                                             gboolean                is_crowded);
UdpnatHandshakeVerdict  udpnat_handshake_limiter_judge_resumption (UdpnatHandshakeLimiter *self,
                                                             gint64                  now_us,
                                                             const UdpnatAddress    *source,
                                                             gboolean                has_cookie);
gboolean                udpnat_handshake_limiter_allow_info (UdpnatHandshakeLimiter *self,
                                                             gint64                  now_us,
                                                             const UdpnatAddress    *source);
gboolean                udpnat_handshake_limiter_allow_stun (UdpnatHandshakeLimiter *self,
                                                             gint64                  now_us,
                                                             const UdpnatAddress    *source);
gboolean                udpnat_handshake_limiter_allow_claim (UdpnatHandshakeLimiter *self,
                                                             gint64                  now_us,
                                                             const UdpnatAddress    *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatHandshakeLimiter, udpnat_handshake_limiter_free)

G_END_DECLS
