#pragma once

#include "udpnat-address.h"
#include "udpnat-limits.h"
#include "udpnat-nat-facts.h"
#include "udpnat-path-kind.h"

G_BEGIN_DECLS

/* What is known of the way to one peer, and of our own network: values that travel from the layers
 * that know them up to views. Nothing here decides anything. Each enumeration has a code for
 * programs; the words for people are in client. */

/* How far the way to a peer is. */
typedef enum
{
  UDPNAT_PATH_PHASE_IDLE,      /* there is no session, and none is wanted */
  UDPNAT_PATH_PHASE_AWAY,      /* they could not be reached; tried again at a certain time */
  UDPNAT_PATH_PHASE_HANDSHAKE, /* a handshake is out */
  UDPNAT_PATH_PHASE_TRYING,    /* relayed, and direct paths are being tried at this moment */
  UDPNAT_PATH_PHASE_DIRECT,
  UDPNAT_PATH_PHASE_RELAYED,   /* and nothing else is being tried */
} UdpnatPathPhase;

/* What a router does with the ports of one socket, as far as the tests of our routers, or else the
 * server's two ports, can tell. */
typedef enum
{
  UDPNAT_NAT_KIND_UNKNOWN,
  UDPNAT_NAT_KIND_NONE,        /* the server sees an address of the host itself */
  UDPNAT_NAT_KIND_INDEPENDENT, /* one outer port for all (RFC 4787, 4.1: endpoint-independent) */
  UDPNAT_NAT_KIND_DEPENDENT,   /* another one for each destination, often called symmetric */
} UdpnatNatKind;

/* Whether a router keeps the port of a packet (RFC 4787, 4.2.1). */
typedef enum
{
  UDPNAT_PORT_RULE_UNKNOWN,
  UDPNAT_PORT_RULE_KEPT,
  UDPNAT_PORT_RULE_CHANGED,
} UdpnatPortRule;

/* What is known of a port that our router says it has opened for us. */
typedef enum
{
  UDPNAT_PORT_OPENING_NONE,     /* it has not said so */
  UDPNAT_PORT_OPENING_CHECKING, /* nothing has come in by it yet */
  UDPNAT_PORT_OPENING_PROVEN,   /* the server came in by it, from where nobody had sent to */
  UDPNAT_PORT_OPENING_REFUTED,  /* the server could not */
} UdpnatPortOpening;

/* Where an address is known from. */
typedef enum
{
  UDPNAT_ADDRESS_SOURCE_OTHER,    /* of a kind that only a newer program knows */
  UDPNAT_ADDRESS_SOURCE_HOST,     /* of an interface of the host */
  UDPNAT_ADDRESS_SOURCE_IPV6,     /* likewise, and valid on the whole Internet */
  UDPNAT_ADDRESS_SOURCE_OBSERVED, /* as the server sees the host */
  UDPNAT_ADDRESS_SOURCE_GUESSED,  /* observed IP with the port that the host is bound to */
  UDPNAT_ADDRESS_SOURCE_MAPPED,   /* the router was asked for it */
  UDPNAT_ADDRESS_SOURCE_CACHED,   /* of a beacon on the LAN, or of an earlier conversation */
  UDPNAT_ADDRESS_SOURCE_LEARNED,  /* a packet of theirs came from there */
} UdpnatAddressSource;

/* What became of an address. */
typedef enum
{
  UDPNAT_PATH_FATE_SKIPPED,    /* nothing may be sent there, or it is of another network */
  UDPNAT_PATH_FATE_WAITING,    /* its turn has not come */
  UDPNAT_PATH_FATE_TRIED,      /* packets went there, and nothing has come back yet */
  UDPNAT_PATH_FATE_ONE_WAY,    /* they reach us from there, and our packets are not answered yet */
  UDPNAT_PATH_FATE_PROVEN,     /* works both ways */
  UDPNAT_PATH_FATE_SELECTED,   /* likewise, and is in use */
  UDPNAT_PATH_FATE_SUSPECT,    /* worked, and does not answer at the moment */
  UDPNAT_PATH_FATE_UNANSWERED, /* tried to the end, without an answer */
  UDPNAT_PATH_FATE_LOST,       /* worked, and fell silent */
  UDPNAT_PATH_FATE_LET_GO,     /* worked, and was given up because nobody was talking */
} UdpnatPathFate;

/* What it took to find a way to an address, besides knowing it. */
typedef enum
{
  UDPNAT_PATH_DISCOVERY_PLAIN,       /* nothing: packets went there, and back */
  UDPNAT_PATH_DISCOVERY_SEARCH,      /* a search for a port, by either side */
  UDPNAT_PATH_DISCOVERY_SECOND_PORT, /* another port of ours: that of the first was spoilt */
} UdpnatPathDiscovery;

/**
 * UdpnatAddressFacts:
 * @discovery: of a peer's address only
 * @is_selected: packets go there now; of our own: the peer's come to us by it
 * @fate: of a peer's address only
 * @n_sent: packets in the last run of attempts
 * @rtt_us: smoothed round trip; 0: not known
 */
typedef struct
{
  UdpnatAddress       address;
  UdpnatAddressSource source;
  UdpnatPathFate      fate;
  UdpnatPathDiscovery discovery;
  gboolean            is_selected;
  guint               n_sent;
  gint64              rtt_us;
} UdpnatAddressFacts;

#define UDPNAT_REMOTE_FACTS_MAX (UDPNAT_PATHS_MAX + UDPNAT_CANDIDATES_MAX)

/**
 * UdpnatPathFacts:
 * @since_us: when @phase began
 * @until_us: when it ends or the next attempt comes; %UDPNAT_TIME_NEVER: not planned
 * @kind: how packets travel
 * @address: of a direct path, else unset
 * @rtt_us: smoothed round trip of the way in use; 0: not known
 * @latest_rtt_us: the last one, not smoothed where a direct path is in use; 0: not known
 * @unanswered_since_us: when the oldest packet that wants an answer and has none was sent;
 *     %UDPNAT_TIME_NEVER: there is none
 * @reason: why packets are relayed
 * @remote_filtering: whom their router lets in, as far as they tell
 * @local: what the peer is told of us
 * @remote: everything known of the peer, whether it may be tried or not
 *
 * The way to one peer. Times are those of the core's clock.
 */
typedef struct
{
  UdpnatPathPhase     phase;
  gint64              since_us;
  gint64              until_us;
  UdpnatPathKind      kind;
  UdpnatAddress       address;
  gint64              rtt_us;
  gint64              latest_rtt_us;
  gint64              unanswered_since_us;
  UdpnatPathReason    reason;
  UdpnatNatKind       local_nat;
  UdpnatNatKind       remote_nat;
  UdpnatFilteringRule remote_filtering;
  UdpnatAddressFacts  local[UDPNAT_CANDIDATES_MAX];
  guint               n_local;
  UdpnatAddressFacts  remote[UDPNAT_REMOTE_FACTS_MAX];
  guint               n_remote;
} UdpnatPathFacts;

/* Whether UDP leaves and comes back, as far as the server shows it. */
typedef enum
{
  UDPNAT_UDP_STATE_UNKNOWN, /* there is no server to ask */
  UDPNAT_UDP_STATE_TRYING,  /* asked a moment ago */
  UDPNAT_UDP_STATE_WORKS,
  UDPNAT_UDP_STATE_BLOCKED, /* the server answers by TCP, and by UDP it does not */
  UDPNAT_UDP_STATE_SILENT,  /* no answer for UDPNAT_SERVER_LOST_US or longer */
} UdpnatUdpState;

/**
 * UdpnatNetworkFacts:
 * @hosts: this host's addresses, with the port that is bound
 * @observed: as the server's main and second port see us; unset: not known
 * @has_ipv6: whether one of @hosts is valid on the whole Internet, over IPv6
 * @server: unset when there is none
 * @opening: whether the router has opened a port for us
 * @opened: how others reach us by it; unset for %UDPNAT_PORT_OPENING_NONE
 * @server_rtt_us: 0: not known
 * @is_testing: whether our routers are being tested at this moment
 * @tests: what tests have found out about them; %UDPNAT_NAT_TEST_RUNNING while there was none, or
 *     the first is not over
 *
 * What is known of the network that we are in.
 */
typedef struct
{
  UdpnatAddress  hosts[UDPNAT_CANDIDATES_MAX];
  guint          n_hosts;
  UdpnatAddress  observed[2];
  UdpnatNatKind  nat;
  UdpnatPortRule ports;
  gboolean       has_ipv6;
  UdpnatUdpState udp;
  UdpnatAddress  server;
  UdpnatPortOpening opening;
  UdpnatAddress  opened;
  gint64         server_rtt_us;
  gboolean       is_testing;
  UdpnatNatFacts tests;
} UdpnatNetworkFacts;

const char *udpnat_path_phase_to_code     (UdpnatPathPhase     phase);
const char *udpnat_nat_kind_to_code       (UdpnatNatKind       kind);
const char *udpnat_port_rule_to_code      (UdpnatPortRule      rule);
const char *udpnat_address_source_to_code (UdpnatAddressSource source);
const char *udpnat_path_fate_to_code      (UdpnatPathFate      fate);
const char *udpnat_path_discovery_to_code (UdpnatPathDiscovery discovery);
const char *udpnat_udp_state_to_code      (UdpnatUdpState      state);

G_END_DECLS
