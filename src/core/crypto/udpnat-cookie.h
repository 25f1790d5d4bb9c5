#pragma once

#include "udpnat-address.h"
#include "udpnat-key.h"
#include "udpnat-random.h"

G_BEGIN_DECLS

#define UDPNAT_MAC_BYTES 16
#define UDPNAT_COOKIE_BYTES 16
#define UDPNAT_COOKIE_NONCE_BYTES 24
#define UDPNAT_COOKIE_SEALED_BYTES 32

/* ---- MACs of handshake packets (PROTOCOL.md section 2) ---- */

void     udpnat_mac1_key   (const UdpnatPublicKey *receiver,
                            guint8                 out_key[32]);
void     udpnat_mac        (const guint8          *key,
                            gsize                  n_key,
                            const guint8          *data,
                            gsize                  n_data,
                            guint8                 out_mac[UDPNAT_MAC_BYTES]);
gboolean udpnat_mac_verify (const guint8          *key,
                            gsize                  n_key,
                            const guint8          *data,
                            gsize                  n_data,
                            const guint8           mac[UDPNAT_MAC_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;

/* ---- Cookies (PROTOCOL.md section 3) ---- */

/**
 * UdpnatCookieMaker:
 *
 * The responder's half: makes cookies for source addresses and checks the mac2 of whoever claims
 * to have got one. Its secret changes every %UDPNAT_COOKIE_SECRET_US; the one before stays valid
 * for as long again.
 */
typedef struct _UdpnatCookieMaker UdpnatCookieMaker;

UdpnatCookieMaker *udpnat_cookie_maker_new (const UdpnatRandom *random,
                                            gint64              now_us);

void     udpnat_cookie_maker_free        (UdpnatCookieMaker     *self);
void     udpnat_cookie_maker_make        (UdpnatCookieMaker     *self,
                                          gint64                 now_us,
                                          const UdpnatAddress   *source,
                                          guint8                 out_cookie[UDPNAT_COOKIE_BYTES]);
gboolean udpnat_cookie_maker_verify_mac2 (UdpnatCookieMaker     *self,
                                          gint64                 now_us,
                                          const UdpnatAddress   *source,
                                          const guint8          *data,
                                          gsize                  n_data,
                                          const guint8           mac2[UDPNAT_MAC_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;

void     udpnat_cookie_seal (const UdpnatPublicKey *responder,
                             const guint8           nonce[UDPNAT_COOKIE_NONCE_BYTES],
                             const guint8           mac1[UDPNAT_MAC_BYTES],
                             const guint8           cookie[UDPNAT_COOKIE_BYTES],
                             guint8                 out_sealed[UDPNAT_COOKIE_SEALED_BYTES]);
gboolean udpnat_cookie_open (const UdpnatPublicKey *responder,
                             const guint8           nonce[UDPNAT_COOKIE_NONCE_BYTES],
                             const guint8           mac1[UDPNAT_MAC_BYTES],
                             const guint8           sealed[UDPNAT_COOKIE_SEALED_BYTES],
                             guint8                 out_cookie[UDPNAT_COOKIE_BYTES])
  G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatCookieMaker, udpnat_cookie_maker_free)

G_END_DECLS
