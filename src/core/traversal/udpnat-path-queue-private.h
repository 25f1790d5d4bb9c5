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
 */
typedef struct
{
  UdpnatRandom      random;
  UdpnatTokenBucket unproven;
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
void     udpnat_path_queue_push  (UdpnatPathQueue        *self,
                                  const UdpnatPathOutput *output);
gboolean udpnat_path_queue_pop   (UdpnatPathQueue        *self,
                                  UdpnatPathOutput       *out_output);

G_END_DECLS
