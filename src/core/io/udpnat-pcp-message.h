#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/* MAP of the Port Control Protocol (RFC 6887 sections 7 and 11), for UDP. */

#define UDPNAT_PCP_PORT 5351
#define UDPNAT_PCP_NONCE_BYTES 12
#define UDPNAT_PCP_MAP_BYTES 60

/* What RFC 6887 section 7.4 calls result codes, as far as they differ for us. */
typedef enum
{
  UDPNAT_PCP_RESULT_NONE,    /* no answer to this request */
  UDPNAT_PCP_RESULT_MAPPED,
  UDPNAT_PCP_RESULT_NOT_PCP, /* the router speaks another version, NAT-PMP most likely */
  UDPNAT_PCP_RESULT_NO_NETWORK, /* it has no address of its own outside */
  UDPNAT_PCP_RESULT_REFUSED,
} UdpnatPcpResult;

/**
 * UdpnatPcpMap:
 * @client: our own address, as the router must see it; its port is ours, too
 * @nonce: the same as long as the mapping is ours
 * @lease_s: 0 to remove it
 * @external: in a request, what is wished for, or unset; in an answer, what it is
 */
typedef struct
{
  UdpnatAddress client;
  guint8        nonce[UDPNAT_PCP_NONCE_BYTES];
  guint32       lease_s;
  UdpnatAddress external;
} UdpnatPcpMap;

void            udpnat_pcp_write_map (const UdpnatPcpMap *map,
                                      guint8              out[UDPNAT_PCP_MAP_BYTES]);
UdpnatPcpResult udpnat_pcp_parse_map (const UdpnatPcpMap *asked,
                                      const guint8       *data,
                                      gsize               n_data,
                                      UdpnatPcpMap       *out_map) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
