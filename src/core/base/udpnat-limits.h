#pragma once

#include "udpnat-time.h"

/* Every number of the protocol and every limit, in one place: unit in the name, source in the
 * comment. */

/* ---- Ports (the original udpnat's) ---- */
#define UDPNAT_SERVER_PORT 8848
#define UDPNAT_SERVER_ALT_PORT 8849
#define UDPNAT_CLIENT_PORT 8900

/* ---- Sizes ---- */
/* Safe on every IPv6 path (RFC 8200: 1,280) with room for tunnels; QUIC's choice too (RFC 9000,
 * 14). */
#define UDPNAT_DATAGRAM_MAX_BYTES 1200
#define UDPNAT_HS1_MIN_BYTES 512 /* so that no HS2 is longer than the HS1 it answers */
/* What a relayed packet may hold: a datagram less DATA header and tag (32), frame header (3) and
 * key (32). */
#define UDPNAT_RELAY_INNER_MAX_BYTES (UDPNAT_DATAGRAM_MAX_BYTES - 32 - 3 - 32)
#define UDPNAT_MESSAGE_BODY_MAX_BYTES 66560 /* largest text plus room for its header */
#define UDPNAT_TEXT_MAX_BYTES 65536
#define UDPNAT_NAME_MAX_CODE_POINTS 64
#define UDPNAT_NAME_MAX_BYTES 256 /* 64 code points of 4 bytes */
#define UDPNAT_ACK_MAX_RANGES 32
#define UDPNAT_RECEIPT_MAX_IDS 64 /* per RECEIPT that we send; 256 are read */

/* ---- Streams every session has (PROTOCOL.md section 6) ---- */
#define UDPNAT_STREAM_CONTROL 0
#define UDPNAT_STREAM_CHAT 1
/* Frames in an HS1 of a peer: it must fit, with the caller's name, in what the server sends on
 * (PROTOCOL.md section 11). */
#define UDPNAT_EARLY_MAX_BYTES 720

/* ---- Handshake, keys ---- */
#define UDPNAT_HANDSHAKE_RETRY_MIN_US UDPNAT_MSEC (250)
#define UDPNAT_HANDSHAKE_RETRY_MAX_US UDPNAT_SEC (4)
/* A handshake that got no answer for so long is started anew, with a new timestamp. Must be less
 * than UDPNAT_KEY_REJECT_AFTER_US: a responder that answered long ago has forgotten the keys, and
 * cannot repeat its HS2. */
#define UDPNAT_HANDSHAKE_RENEW_US UDPNAT_SEC (20)
/* WireGuard's constants (paper, section 6.1). */
#define UDPNAT_REKEY_AFTER_US UDPNAT_SEC (120)
#define UDPNAT_REKEY_RESPONDER_AFTER_US UDPNAT_SEC (150)
#define UDPNAT_REKEY_AFTER_PACKETS (G_GUINT64_CONSTANT (1) << 32)
#define UDPNAT_KEY_REJECT_AFTER_US UDPNAT_SEC (180)
#define UDPNAT_KEY_OLD_KEEP_US UDPNAT_SEC (10)
#define UDPNAT_COOKIE_SECRET_US UDPNAT_SEC (120)
#define UDPNAT_REPLAY_WINDOW_PACKETS 1024
#define UDPNAT_UNKNOWN_PER_SECOND 20

/* ---- Load limits at a responder ---- */
#define UDPNAT_HANDSHAKES_PER_SECOND_LOAD 500
#define UDPNAT_HANDSHAKES_PER_SECOND_PER_SOURCE 20
#define UDPNAT_HANDSHAKES_BURST_PER_SOURCE 5

/* ---- Loss recovery and congestion (RFC 9002 section 6 and appendix A, B) ---- */
#define UDPNAT_RTT_INITIAL_US UDPNAT_MSEC (333)
/* A longer sample means that the machine slept between packet and ACK: it would spoil the estimate
 * for minutes. */
#define UDPNAT_RTT_MAX_US UDPNAT_SEC (4)
#define UDPNAT_RTT_GRANULARITY_US UDPNAT_MSEC (1)
#define UDPNAT_ACK_DELAY_MAX_US UDPNAT_MSEC (25)
#define UDPNAT_PACKET_THRESHOLD 3
#define UDPNAT_PTO_MAX_US UDPNAT_SEC (4)
#define UDPNAT_SENT_PACKETS_MAX 8192
#define UDPNAT_STREAM_WINDOW_BYTES 262144
#define UDPNAT_STREAM_SEND_BUFFER_BYTES 262144
#define UDPNAT_STREAMS_MAX 64
/* client-server sessions carry messages only: less memory for a stranger to claim */
#define UDPNAT_STREAMS_SERVER_MAX 2
#define UDPNAT_RECEIVE_RANGES_MAX 1024 /* pieces of one stream that wait for a gap to be filled */
#define UDPNAT_SESSION_EVENTS_MAX 4096

/* ---- Paths (nat.md sections 5 and 9 of the design notes; PROTOCOL.md section 10) ---- */
#define UDPNAT_CANDIDATES_MAX 8
#define UDPNAT_CANDIDATE_PACKETS_MAX 10
#define UDPNAT_CANDIDATE_PORT_MIN 1024
#define UDPNAT_PATHS_MAX 16
#define UDPNAT_OPEN_TTL 4
#define UDPNAT_PUNCH_GAP_US UDPNAT_MSEC (5)
#define UDPNAT_PUNCH_GIVE_UP_US UDPNAT_SEC (4)
#define UDPNAT_PATH_KEEPALIVE_US UDPNAT_SEC (15)
#define UDPNAT_PATH_ACTIVE_US UDPNAT_SEC (120)
#define UDPNAT_PATH_CONFIRM_AFTER_US UDPNAT_MSEC (2500)
#define UDPNAT_PATH_SUSPECT_MIN_US UDPNAT_MSEC (150)
#define UDPNAT_PATH_DEAD_US UDPNAT_SEC (3)
#define UDPNAT_PATH_BETTER_US UDPNAT_MSEC (5)
#define UDPNAT_PATH_BETTER_PERCENT 20
/* What may go to addresses that have not answered, all together: two full rounds at once, then one
 * round of 80 packets in 14 s. A peer that names new victims all the time makes us send no more
 * than this. */
#define UDPNAT_PUNCH_BURST_PACKETS (2 * UDPNAT_CANDIDATES_MAX * UDPNAT_CANDIDATE_PACKETS_MAX)
#define UDPNAT_PUNCH_PACKETS_PER_SECOND 6
/* After a round that proved nothing; the last gap repeats. Counted from the end of the round. */
#define UDPNAT_PUNCH_RETRY_FIRST_US UDPNAT_SEC (15)
#define UDPNAT_PUNCH_RETRY_SECOND_US UDPNAT_SEC (60)
#define UDPNAT_PUNCH_RETRY_LATER_US UDPNAT_SEC (300)
#define UDPNAT_PATH_DATA_CHALLENGE_US UDPNAT_MSEC (400)
/* However late we notice that a path is suspect (sleep), it gets this long to answer before it is
 * dead. */
#define UDPNAT_PATH_SUSPECT_GRACE_US UDPNAT_SEC (1)
/* Older proof than this is not acted upon: a keepalive period and what a dying path takes. */
#define UDPNAT_PATH_FRESH_US (UDPNAT_PATH_KEEPALIVE_US + UDPNAT_PATH_DEAD_US)
#define UDPNAT_PATH_TOKENS_MAX 16  /* challenges remembered for each path */
#define UDPNAT_PATH_OUTPUTS_MAX 64 /* far more than one call of a path set can wish for */

/* ---- Server flow ---- */
/* RFC 4787 REQ-5 asks NATs for two minutes, but Linux drops an unconfirmed binding after 30 s. */
#define UDPNAT_SERVER_KEEPALIVE_US UDPNAT_SEC (25)
#define UDPNAT_SERVER_KEEPALIVE_JITTER_PERCENT 10
#define UDPNAT_SERVER_WATCH_US UDPNAT_SEC (3)    /* instead, while a conversation is active */
#define UDPNAT_SERVER_WATCH_ACTIVE_US UDPNAT_SEC (30)
#define UDPNAT_SERVER_SESSION_IDLE_US UDPNAT_SEC (75)  /* three keepalives missed: offline */
/* keepalives may be up to 27.5 s apart, and late */
#define UDPNAT_SERVER_SESSION_GRACE_US UDPNAT_SEC (10)
#define UDPNAT_SERVER_UNCONFIRMED_US UDPNAT_SEC (10)
#define UDPNAT_SERVER_SESSIONS_MAX 1000000
#define UDPNAT_RELAY_QUOTA_BURST_BYTES 262144
#define UDPNAT_RELAY_QUOTA_BYTES_PER_SECOND 1048576
#define UDPNAT_NAMES_PER_KEY_MAX 8
#define UDPNAT_SERVER_NAMES_MAX 4000000
#define UDPNAT_SERVER_CLAIMS_MAX 65536 /* names that wait for the disk */
/* Sessions that have not been confirmed. Above half of it cookies are asked for; above it the
 * oldest one goes. */
#define UDPNAT_SERVER_PENDING_MAX 4096
#define UDPNAT_SERVER_EVENTS_MAX 65536 /* besides claims */
#define UDPNAT_SERVER_OUTPUTS_MAX 65536
#define UDPNAT_DIRECTORY_TICK_US UDPNAT_MSEC (50) /* changes of presence are told together */
#define UDPNAT_DIRECTORY_UNACKED_MAX_BYTES 32768  /* told to one client ahead of its ACKs */
#define UDPNAT_RELAY_COST_BYTES 64                /* of quota, for each packet besides its length */
#define UDPNAT_RELAY_FAILURES_PER_SECOND 50       /* told to one client */
/* With a cookie one source may still do so many: a thousand clients behind one NAT after a restart
 * of the server. */
#define UDPNAT_HANDSHAKES_PER_SECOND_PROVEN 500
#define UDPNAT_INFOS_PER_SECOND_PER_SOURCE 20
#define UDPNAT_INFOS_BURST_PER_SOURCE 40
#define UDPNAT_LIMITER_SOURCES 8192

/* ---- Client's side of the server flow ---- */
/* an eliciting packet has not been answered for so long */
#define UDPNAT_SERVER_LOST_US UDPNAT_SEC (3)
/* between handshakes that a hint makes us start */
#define UDPNAT_SERVER_UNKNOWN_GAP_US UDPNAT_SEC (1)
/* The server closed the session for another reason than a restart; most likely our key is in use
 * elsewhere as well. */
#define UDPNAT_SERVER_CLOSED_WAIT_US UDPNAT_SEC (30)
#define UDPNAT_SERVER_CONFIRM_AFTER_US UDPNAT_MSEC (2500)
#define UDPNAT_INFO_RETRIES 3 /* for NAT tests */
#define UDPNAT_LOOKUPS_MAX 256
#define UDPNAT_LOOKUP_TIMEOUT_US UDPNAT_SEC (5)
#define UDPNAT_RENDEZVOUS_EVENTS_MAX 8192
#define UDPNAT_RENDEZVOUS_OUTPUTS_MAX 4096

/* ---- Conversations ---- */
#define UDPNAT_SEEN_IDS_MAX 4096
/* well below UDPNAT_SEEN_IDS_MAX, so that a repeated id is still remembered */
#define UDPNAT_MESSAGES_ON_WIRE_MAX 512
#define UDPNAT_OUTBOX_MAX 100000
#define UDPNAT_PEERS_MAX 100000
#define UDPNAT_LOOKUP_MESSAGES_MAX 256 /* messages that may wait for one of them */
#define UDPNAT_REACTION_MAX_BYTES 64   /* one emoji with all its modifiers */
#define UDPNAT_STATUS_MAX_BYTES 512
#define UDPNAT_AVATAR_MAX_BYTES 49152  /* a picture of 256 × 256, well compressed */
#define UDPNAT_PREKEYS_MAX 32          /* in one PREKEYS */
/* first handshakes that a node answers, from whomever */
#define UDPNAT_NODE_STRANGERS_MAX 256 /* conversations with people whom we have never written to */
#define UDPNAT_NODE_PUNCH_BURST 320
#define UDPNAT_NODE_PUNCHES_PER_SECOND 40
#define UDPNAT_NODE_HANDSHAKES_PER_SECOND 50
