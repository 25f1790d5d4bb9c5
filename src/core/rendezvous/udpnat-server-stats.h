#pragma once

#include "udpnat-report.h"

G_BEGIN_DECLS

/* What came in, by what it looked like. */
typedef enum
{
  UDPNAT_SERVER_PACKET_INFO,
  UDPNAT_SERVER_PACKET_HS1,
  UDPNAT_SERVER_PACKET_DATA,
  UDPNAT_SERVER_PACKET_STUN,
  UDPNAT_SERVER_PACKET_OTHER,
} UdpnatServerPacket;

#define UDPNAT_N_SERVER_PACKETS 5

/* Why something was not done. */
typedef enum
{
  UDPNAT_SERVER_REFUSAL_INFO_RATE,
  UDPNAT_SERVER_REFUSAL_STUN_RATE,
  UDPNAT_SERVER_REFUSAL_NO_COOKIE, /* one was sent; who is there comes again with it */
  UDPNAT_SERVER_REFUSAL_HANDSHAKE_RATE,
  UDPNAT_SERVER_REFUSAL_SESSIONS,     /* there are as many as may be */
  UDPNAT_SERVER_REFUSAL_UNKNOWN_RATE, /* DATA of no session, and UNKNOWN was said often enough */
  UDPNAT_SERVER_REFUSAL_RELAY_QUOTA, /* packets whose sender had relayed enough */
  UDPNAT_SERVER_REFUSAL_NAME, /* taken, not allowed, not invited, too many, or the disk is behind */
  UDPNAT_SERVER_REFUSAL_MAIL, /* a letter was not taken */
  UDPNAT_SERVER_REFUSAL_LOOKUP_RATE,
  UDPNAT_SERVER_REFUSAL_DIAL_RATE,
  UDPNAT_SERVER_REFUSAL_CLAIM_RATE, /* new names by one address */
  UDPNAT_SERVER_REFUSAL_BLOCKED,    /* sessions of keys that the operator has blocked */
} UdpnatServerRefusal;

#define UDPNAT_N_SERVER_REFUSALS 13

/* STUN requests that could be read, by what they ask for. */
typedef enum
{
  UDPNAT_SERVER_STUN_BINDING,       /* where am I? */
  UDPNAT_SERVER_STUN_CHANGE,        /* answer by another socket (RFC 5780) */
  UDPNAT_SERVER_STUN_RESPONSE_PORT, /* answer to another port (likewise) */
  UDPNAT_SERVER_STUN_FRESH_PORT,    /* answer by a port that nobody has seen (section 17) */
} UdpnatServerStun;

#define UDPNAT_N_SERVER_STUNS 4

/**
 * UdpnatRendezvousServerStats:
 * @packets: datagrams that came in, by #UdpnatServerPacket
 * @malformed: datagrams that break the protocol, wrong mac1 included
 * @ignored: well-formed, but not for us, late or repeated
 * @refused: datagrams because of which a limit was reached
 * @refusals: by #UdpnatServerRefusal: also of what is inside of packets
 * @handshakes: HS1 that were read, at the price of Diffie-Hellman
 * @resumptions: HS1 with a ticket that was good, at the price of none
 * @tickets_refused: HS1 with one that was not
 * @cookies: COOKIE sent
 * @relayed_packets: dials included
 * @lookups: of names
 * @pages: of the directory that were asked for
 * @watched_told: changes that those who watch somebody were told of
 * @dials: packets for somebody by key
 * @dials_failed: and nobody was there
 * @letters_stored: on the disk for good
 * @letters_given: to their recipients, maybe more than once
 * @stun: by #UdpnatServerStun
 * @stun_requests: STUN Binding requests that could be read
 * @stun_responses: and were answered, with errors too
 * @reports: REPORT that was counted
 * @nats: by #UdpnatReportNat, as clients say
 * @ways: by #UdpnatReportWay, likewise
 * @moves: how many were sent to another server of the fleet
 * @elsewhere: people at other servers whom somebody here watches
 * @is_draining: everybody is being sent away
 * @sessions: now, unconfirmed ones included
 * @resting: of these, those of which little is kept while nothing happens
 * @registered: now
 * @names: that belong to somebody
 * @watches: pairs of who watches and whom
 * @directory_bytes: what these, and the order of the names, take of memory
 * @letters: in all mailboxes now
 * @letter_bytes: what is sealed in them
 *
 * What has happened since the start, and how things stand.
 */
typedef struct
{
  guint64 datagrams_in;
  guint64 datagrams_out;
  guint64 packets[UDPNAT_N_SERVER_PACKETS];
  guint64 malformed;
  guint64 ignored;
  guint64 refused;
  guint64 refusals[UDPNAT_N_SERVER_REFUSALS];
  guint64 handshakes;
  guint64 resumptions;
  guint64 tickets_refused;
  guint64 cookies;
  guint64 relayed_packets;
  guint64 relayed_bytes;
  guint64 lookups;
  guint64 pages;
  guint64 watched_told;
  guint64 dials;
  guint64 dials_failed;
  guint64 letters_stored;
  guint64 letters_given;
  guint64 stun[UDPNAT_N_SERVER_STUNS];
  guint64 stun_requests;
  guint64 stun_responses;
  guint64 reports;
  guint64 nats[UDPNAT_N_REPORT_NATS];
  guint64 ways[UDPNAT_N_REPORT_WAYS];
  guint64 moves;
  guint   elsewhere;
  gboolean is_draining;
  guint   sessions;
  guint   resting;
  guint   registered;
  guint   names;
  guint   watches;
  gsize   directory_bytes;
  guint   letters;
  gint64  letter_bytes;
} UdpnatRendezvousServerStats;

const char *udpnat_server_packet_to_code  (UdpnatServerPacket  packet);
const char *udpnat_server_refusal_to_code (UdpnatServerRefusal refusal);
const char *udpnat_server_stun_to_code    (UdpnatServerStun    stun);

G_END_DECLS
