#pragma once

#include "udpnat-rendezvous-message.h"
#include "udpnat-rendezvous-server.h"

G_BEGIN_DECLS

/* What the operator of a server says about who may take part in it. Nothing of it is stored here:
 * the owner says it again at the next start, before the first datagram. */

typedef enum
{
  UDPNAT_SERVER_RELEASE_DONE,
  UDPNAT_SERVER_RELEASE_UNKNOWN, /* nobody has it */
  UDPNAT_SERVER_RELEASE_CLAIM,   /* it is just being claimed: later */
} UdpnatServerRelease;

/* Let in */
void     udpnat_rendezvous_server_allow_key    (UdpnatRendezvousServer       *self,
                                                const UdpnatPublicKey        *key);
void     udpnat_rendezvous_server_list_key     (UdpnatRendezvousServer       *self,
                                                const UdpnatPublicKey        *key);
void     udpnat_rendezvous_server_list_name    (UdpnatRendezvousServer       *self,
                                                const char                   *name);
void     udpnat_rendezvous_server_clear_list   (UdpnatRendezvousServer       *self);
void     udpnat_rendezvous_server_refuse_claim (UdpnatRendezvousServer       *self,
                                                gint64                        now_us,
                                                guint64                       claim_id,
                                                UdpnatRefusedCode             code);

/* Kept out */
void     udpnat_rendezvous_server_block_key    (UdpnatRendezvousServer       *self,
                                                gint64                        now_us,
                                                const UdpnatPublicKey        *key);
void     udpnat_rendezvous_server_block_name   (UdpnatRendezvousServer       *self,
                                                gint64                        now_us,
                                                const char                   *name);
void     udpnat_rendezvous_server_unblock_key  (UdpnatRendezvousServer       *self,
                                                const UdpnatPublicKey        *key);
void     udpnat_rendezvous_server_unblock_name (UdpnatRendezvousServer       *self,
                                                const char                   *name);
void     udpnat_rendezvous_server_deny_name    (UdpnatRendezvousServer       *self,
                                                const char                   *name,
                                                const UdpnatPublicKey        *key);

/* Names */
gboolean udpnat_rendezvous_server_find_name    (const UdpnatRendezvousServer *self,
                                                const char                   *name,
                                                UdpnatPublicKey              *out_key,
                                                gboolean                     *out_is_online);
gboolean udpnat_rendezvous_server_has_name     (const UdpnatRendezvousServer *self,
                                                const UdpnatPublicKey        *key);
UdpnatServerRelease udpnat_rendezvous_server_release_name (UdpnatRendezvousServer *self,
                                                           gint64                  now_us,
                                                           const char             *name);

G_END_DECLS
