#pragma once

#include "udpnat-message.h"

G_BEGIN_DECLS

/* Messages of a peer-peer control stream (PROTOCOL.md section 8). */
typedef enum
{
  UDPNAT_PP_CANDIDATES = 0x41,
  UDPNAT_PP_SEARCH = 0x42, /* udpnat-search-message.h */
} UdpnatPpMessageType;

typedef enum
{
  UDPNAT_CANDIDATE_HOST = 1, /* an address of the host itself, on its LAN */
  UDPNAT_CANDIDATE_REFLEXIVE = 2,
  UDPNAT_CANDIDATE_MAPPED = 3,
  UDPNAT_CANDIDATE_GLOBAL_IPV6 = 4,
  UDPNAT_CANDIDATE_REFLEXIVE_LOCAL_PORT = 5, /* IP as the server saw it, port as bound: a guess */
} UdpnatCandidateKind;

/* RFC 4787 section 4.1; "dependent" is address- or address and port-dependent. */
typedef enum
{
  UDPNAT_MAPPING_UNKNOWN = 0,
  UDPNAT_MAPPING_ENDPOINT_INDEPENDENT = 1,
  UDPNAT_MAPPING_ENDPOINT_DEPENDENT = 2,
} UdpnatMapping;

/* RFC 4787 section 5. */
typedef enum
{
  UDPNAT_FILTERING_UNKNOWN = 0,
  UDPNAT_FILTERING_ENDPOINT_INDEPENDENT = 1,
  UDPNAT_FILTERING_ADDRESS_DEPENDENT = 2,
  UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT = 3,
} UdpnatFiltering;

/* @kind: a [enum@UdpnatCandidateKind] */
typedef struct
{
  guint8        kind;
  UdpnatAddress address;
} UdpnatCandidate;

/**
 * UdpnatCandidates:
 * @generation: rises with every change; not above the last one seen: ignore
 * @heard: the receiver's generation that the sender has seen last, 0 for none: it has begun to open
 *   its router towards those addresses
 * @relay_only: its sender wants no direct path
 * @is_spoilable: its sender's router gives a flow another port when the first packet comes from
 *   outside: nothing is to be sent there before the sender has opened its router
 * @is_udp_blocked: its sender reaches the server by TCP only
 * @mapping: a [enum@UdpnatMapping]
 * @filtering: a [enum@UdpnatFiltering]
 *
 * Where a peer may be reached. What a peer says here is only a hint: whether an address may be sent
 * anything is for traversal to judge. Kinds and verdicts that we do not know are passed on as they
 * are.
 */
typedef struct
{
  guint32         generation;
  guint32         heard;
  gboolean        relay_only;
  gboolean        is_spoilable;
  gboolean        is_udp_blocked;
  guint8          mapping;
  guint8          filtering;
  guint           n_candidates;
  UdpnatCandidate candidates[UDPNAT_CANDIDATES_MAX];
} UdpnatCandidates;

void     udpnat_write_candidates (GByteArray              *out,
                                  const UdpnatCandidates  *candidates);
gboolean udpnat_parse_candidates (const UdpnatMessageView *message,
                                  UdpnatCandidates        *out_candidates)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
