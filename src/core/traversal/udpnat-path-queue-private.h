#pragma once

#include "udpnat-limits.h"
#include "udpnat-path-set.h"
#include "udpnat-token-bucket.h"

G_BEGIN_DECLS

/**
 * UdpnatPathQueue:
 *
 * Where the paths of one peer put what they want sent, and the purse that all packets to unproven
 * addresses are paid from.
 * @n_hearsay: packets to addresses that only the peer's lists name, since @hearsay_since_us
 * @vouched: the server has seen the peer at this IP address, until @vouched_until_us
 * @is_vouch_wanted: the server's word would allow more
 */
typedef struct
{
  UdpnatRandom      random;
  UdpnatTokenBucket unproven;
  guint             n_hearsay;
  gint64            hearsay_since_us;
  UdpnatAddress     vouched;
  gint64            vouched_until_us;
  gboolean          is_vouch_wanted;
  guint8            open_ttl; /* of OPEN */
  UdpnatPathOutput  outputs[UDPNAT_PATH_OUTPUTS_MAX]; /* a ring */
  guint             first;
  guint             n_outputs;
} UdpnatPathQueue;

void     udpnat_path_queue_init  (UdpnatPathQueue        *self,
                                  const UdpnatRandom     *random);
void     udpnat_path_queue_clear (UdpnatPathQueue        *self);
gboolean udpnat_path_queue_pay   (UdpnatPathQueue        *self,
                                  gint64                  now_us);
gboolean udpnat_path_queue_is_vouched  (const UdpnatPathQueue  *self,
                                        gint64                  now_us,
                                        const UdpnatAddress    *address);
gboolean udpnat_path_queue_pay_hearsay (UdpnatPathQueue        *self,
                                        gint64                  now_us);
void     udpnat_path_queue_refund      (UdpnatPathQueue        *self,
                                        guint                   n_packets);
void     udpnat_path_queue_forgive     (UdpnatPathQueue        *self);
void     udpnat_path_queue_push  (UdpnatPathQueue        *self,
                                  const UdpnatPathOutput *output);
void     udpnat_path_queue_drop_socket (UdpnatPathQueue        *self,
                                        UdpnatSocketId          socket);
gboolean udpnat_path_queue_pop   (UdpnatPathQueue        *self,
                                  UdpnatPathOutput       *out_output);

G_END_DECLS
