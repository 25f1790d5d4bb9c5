#pragma once

#include "udpnat-address.h"

G_BEGIN_DECLS

/* What tests have found out about the routers between us and the Internet: values that travel from
 * traversal, which tests, up to views. RFC 4787's words. Each enumeration has a code for programs;
 * the words for people are in client. */

typedef enum
{
  UDPNAT_NAT_TEST_RUNNING,
  UDPNAT_NAT_TEST_NO_ANSWER, /* UDP is blocked, or nothing is there */
  UDPNAT_NAT_TEST_NOT_STUN,  /* something answers there, but it is not STUN, or only refuses */
  UDPNAT_NAT_TEST_DONE,
} UdpnatNatTestState;

/* On what the outer port depends (RFC 4787, 4.1). */
typedef enum
{
  UDPNAT_MAPPING_RULE_UNKNOWN,
  UDPNAT_MAPPING_RULE_NONE, /* nothing is translated: the server sees an address of the host */
  UDPNAT_MAPPING_RULE_INDEPENDENT,
  UDPNAT_MAPPING_RULE_ADDRESS,
  UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT,
} UdpnatMappingRule;

/* Whom an outer port lets in (RFC 4787, 5). */
typedef enum
{
  UDPNAT_FILTERING_RULE_UNKNOWN,
  UDPNAT_FILTERING_RULE_INDEPENDENT,
  UDPNAT_FILTERING_RULE_ADDRESS,
  UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT,
} UdpnatFilteringRule;

/* How the outer port of a new socket is chosen. */
typedef enum
{
  UDPNAT_PORT_ALLOCATOR_UNKNOWN,
  UDPNAT_PORT_ALLOCATOR_PRESERVING, /* the inner one, where it is free */
  UDPNAT_PORT_ALLOCATOR_SEQUENTIAL, /* one after the other, at even steps */
  UDPNAT_PORT_ALLOCATOR_BLOCK,      /* a random one of a range (CGNAT) */
  UDPNAT_PORT_ALLOCATOR_RANDOM,     /* of all */
} UdpnatPortAllocator;

/* What was looked for. */
typedef enum
{
  UDPNAT_FINDING_UNKNOWN, /* not tested, or it cannot be with such routers */
  UDPNAT_FINDING_NO,
  UDPNAT_FINDING_YES,
} UdpnatFinding;

/* How far the slow tests are. */
typedef enum
{
  UDPNAT_LIFETIME_STATE_UNKNOWN, /* not begun */
  UDPNAT_LIFETIME_STATE_MEASURING,
  UDPNAT_LIFETIME_STATE_UNSUPPORTED, /* the server has no RESPONSE-PORT, or we have two addresses */
  UDPNAT_LIFETIME_STATE_DONE,
} UdpnatLifetimeState;

/**
 * UdpnatNatFacts:
 * @observed: how the server sees the socket that was tested
 * @rtt_us: to the server and back
 * @is_address_tested: whether the server has two addresses; if not, by address and not at all are
 *     one: %UDPNAT_MAPPING_RULE_INDEPENDENT then also stands for %UDPNAT_MAPPING_RULE_ADDRESS, and
 *     %UDPNAT_FILTERING_RULE_ADDRESS for %UDPNAT_FILTERING_RULE_INDEPENDENT
 * @step: of %UDPNAT_PORT_ALLOCATOR_SEQUENTIAL, from one new socket to the next; may be negative
 * @flows_per_second: likewise; new ones that others have while we look, as an estimate
 * @last_port: likewise; the last one that was seen
 * @block_first: of %UDPNAT_PORT_ALLOCATOR_BLOCK, as an estimate
 * @block_last: likewise
 * @hairpin: whether two sockets here reach each other by their outer addresses (RFC 4787, 6)
 * @poisoned: whether an unsolicited packet that is dropped gives the answer to it another port, as
 *     Linux routers with an open INPUT chain do
 * @open_ttl: with it a packet just leaves our own routers and opens them; 0: not known
 * @lifetime_us: an idle mapping was alive after so long
 * @lifetime_dead_us: and dead after so long; 0: never
 * @absolute_lifetime_us: a busy mapping got another port after so long; 0: never
 * @n_packets: that the tests have sent
 */
typedef struct
{
  UdpnatNatTestState  state;
  UdpnatAddress       observed;
  gint64              rtt_us;
  UdpnatMappingRule   mapping;
  UdpnatFilteringRule filtering;
  gboolean            is_address_tested;
  UdpnatPortAllocator allocator;
  int                 step;
  guint               flows_per_second;
  guint16             last_port;
  guint16             block_first;
  guint16             block_last;
  UdpnatFinding       hairpin;
  UdpnatFinding       poisoned;
  guint8              open_ttl;
  UdpnatLifetimeState lifetime_state;
  gint64              lifetime_us;
  gint64              lifetime_dead_us;
  gint64              absolute_lifetime_us;
  guint               n_packets;
} UdpnatNatFacts;

const char *udpnat_nat_test_state_to_code  (UdpnatNatTestState  state);
const char *udpnat_mapping_rule_to_code    (UdpnatMappingRule   rule);
const char *udpnat_filtering_rule_to_code  (UdpnatFilteringRule rule);
const char *udpnat_port_allocator_to_code  (UdpnatPortAllocator allocator);
const char *udpnat_finding_to_code         (UdpnatFinding       finding);
const char *udpnat_lifetime_state_to_code  (UdpnatLifetimeState state);

G_END_DECLS
