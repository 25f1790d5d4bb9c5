#pragma once

#include "udpnat-time.h"

/* Every number of the protocol and every limit, in one place: unit in the name, source in the
 * comment. */

/* ---- Ports (the original udpnat's) ---- */
#define UDPNAT_SERVER_STATUS_PORT 9848 /* TCP, of this machine only */
#define UDPNAT_SERVER_PORT 8848
#define UDPNAT_SERVER_ALT_PORT 8849
#define UDPNAT_CLIENT_PORT 8900
#define UDPNAT_LAN_PORT 8850 /* where beacons go; shared by all programs of a machine */

/* ---- Sizes ---- */
/* Safe on every IPv6 path (RFC 8200: 1,280) with room for tunnels; QUIC's choice too (RFC 9000,
 * 14). */
#define UDPNAT_DATAGRAM_BASE_BYTES 1200
/* What fits into an Ethernet frame by IPv4 (1,500 less 28): DATA of peers, on paths that were found
 * to take it (udpnat-path-mtu.c). */
#define UDPNAT_DATAGRAM_MAX_BYTES 1472
#define UDPNAT_HS1_MIN_BYTES 512 /* so that no HS2 is longer than the HS1 it answers */
/* What a relayed packet may hold: a datagram less DATA header and tag (32), frame header (3) and
 * key (32). */
#define UDPNAT_RELAY_INNER_MAX_BYTES (UDPNAT_DATAGRAM_BASE_BYTES - 32 - 3 - 32)
#define UDPNAT_MESSAGE_BODY_MAX_BYTES 66560 /* largest text plus room for its header */
#define UDPNAT_TEXT_MAX_BYTES 65536
#define UDPNAT_NAME_MAX_CODE_POINTS 64
#define UDPNAT_NAME_MAX_BYTES 256 /* 64 code points of 4 bytes */
#define UDPNAT_INVITATION_BYTES 15 /* of its code: 24 letters and digits, and nobody guesses it */
/* A ticket (PROTOCOL.md section 2): nonce 24, sealed static key 32 and time 8, tag. */
#define UDPNAT_TICKET_BYTES 80
#define UDPNAT_TICKET_SECRET_BYTES 32
#define UDPNAT_ACK_MAX_RANGES 32
#define UDPNAT_RECEIPT_MAX_IDS 64 /* per RECEIPT that we send; 256 are read */

/* ---- Sockets ---- */
/* A port search opens 256 (nat.md section 4.5), NAT tests a few more; a process may have 1,024
 * descriptors. */
#define UDPNAT_FURTHER_SOCKETS_MAX 320
#define UDPNAT_NODE_SOCKETS_MAX 272 /* of all peers: one search, and some more */

/* ---- Streams every session has (PROTOCOL.md section 6) ---- */
#define UDPNAT_STREAM_CONTROL 0
#define UDPNAT_STREAM_CHAT 1
#define UDPNAT_STREAM_FILES 2 /* and all above */
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
/* Between client and server: keys that carry nothing but keepalives are replaced once an hour, and
 * a client that sleeps for a while need not begin anew. DECISIONS.md, "Keepalive". */
#define UDPNAT_KEY_REJECT_SERVER_AFTER_US UDPNAT_SEC (7200)
#define UDPNAT_COOKIE_SECRET_US UDPNAT_SEC (120)
/* Tickets. Two keys of the server's are good at a time, so that a ticket lives for 12 h at least,
 * and 24 h after the last Diffie-Hellman at most. Shorter means more of these after a restart;
 * longer, more to read for who steals the keys. */
#define UDPNAT_TICKET_KEY_S (12 * 3600)
#define UDPNAT_TICKET_LIFE_S (24 * 3600)
#define UDPNAT_TICKET_CLOCK_S 3600 /* so far a server's clock may be set back */
/* A server that answers INFO, and not HS1 with a ticket within so long, knows no tickets. */
#define UDPNAT_TICKET_DOUBT_US UDPNAT_SEC (5)
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
/* Between people: for so long timeouts do not double beyond this, so that a message is there soon
 * after a network that was away for seconds is back. Longer than it takes to notice that the server
 * is gone, from when on its handshakes look for it. */
#define UDPNAT_PTO_EAGER_MAX_US UDPNAT_MSEC (200)
#define UDPNAT_PTO_EAGER_US UDPNAT_SEC (8)
#define UDPNAT_SENT_PACKETS_MAX 16384 /* 16 MiB of them and more */
#define UDPNAT_STREAM_WINDOW_BYTES 262144
/* That of a stream with files grows to this: 1 Gbit/s for 130 ms. And by so much all of a session
 * together, so that a peer cannot make us hold any number of bytes that wait for others. */
#define UDPNAT_STREAM_WINDOW_MAX_BYTES 16777216
#define UDPNAT_STREAM_WINDOWS_SPARE_BYTES 25165824
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
#define UDPNAT_PATHS_MAX 24 /* candidates, the public ones from two sockets, learned ones */
#define UDPNAT_OPEN_TTL 4
#define UDPNAT_PUNCH_GAP_US UDPNAT_MSEC (5)
/* How long a challenge waits for the other side to have opened its router, when it may not even
 * know of us: more than two trips through most servers. */
#define UDPNAT_PUNCH_HOLD_US UDPNAT_MSEC (300)
/* When a round between two routers that should let it through has proved nothing for so long, our
 * port may be spoilt, and another socket is tried as well. */
#define UDPNAT_PUNCH_FRESH_US UDPNAT_SEC (1)
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
/* What may go, of that, to addresses that only the peer's lists name: eight addresses of ten
 * packets, a day or until our own network changes. Whoever names victims spends it on them; honest
 * peers get it back with each path that is proven, and have the server vouch for them. */
#define UDPNAT_HEARSAY_PACKETS (UDPNAT_CANDIDATES_MAX * UDPNAT_CANDIDATE_PACKETS_MAX)
#define UDPNAT_HEARSAY_US UDPNAT_SEC (24 * 3600)
#define UDPNAT_VOUCH_LASTS_US UDPNAT_SEC (600) /* more than the longest gap between two rounds */
#define UDPNAT_VOUCH_GAP_US UDPNAT_SEC (10)    /* between two questions, and between two answers */
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

/* ---- Tests of our own routers (nat.md sections 4-6 of the design notes) ---- */
#define UDPNAT_NAT_TEST_GAP_US UDPNAT_MSEC (10) /* between packets: no more than 100 a second */
/* A question is repeated so often at first, as ICE and QUIC do, and given up after 3.75 s. Seven
 * and not the four that doubling would give: of 20 questions at 20 % loss each way one in three
 * sets would otherwise miss an answer. */
#define UDPNAT_NAT_TEST_RETRY_US UDPNAT_MSEC (250)
#define UDPNAT_NAT_TEST_SENDS_MAX 7
/* So often when silence is likely to be the answer, and nothing has been lost till then. */
#define UDPNAT_NAT_TEST_SENDS_QUIET 4
/* Twelve random ports lie within UDPNAT_NAT_BLOCK_MAX_PORTS of each other once in 600 million
 * times; eight in a row rise by chance once in 40,000. */
#define UDPNAT_NAT_SAMPLES 12
#define UDPNAT_NAT_SAMPLES_IN_ORDER 8
#define UDPNAT_NAT_SAMPLES_MAX 24
#define UDPNAT_NAT_BLOCK_MAX_PORTS 8192
#define UDPNAT_NAT_TTL_MAX 8 /* two routers of one's own and a provider's access network */
#define UDPNAT_NAT_LIFETIMES 9
/* Linux takes a flow for a lasting one when a packet passes more than 2 s after the first. */
#define UDPNAT_NAT_CONFIRM_AFTER_US UDPNAT_MSEC (2500)
/* Asked so much before the round number that routers use, so that it counts as reached. */
#define UDPNAT_NAT_LIFETIME_MARGIN_US UDPNAT_SEC (3)
#define UDPNAT_NAT_KEEPALIVE_US UDPNAT_SEC (15)
/* Between two tests of the same router because it gives us another port, after three at once: some
 * fifty mappings each, of which a subscriber of a carrier may have 512 (nat.md section 4.5). */
#define UDPNAT_NAT_TEST_AGAIN_US UDPNAT_SEC (600)
/* Absolute lifetimes that were seen are 50 to 75 s. */
#define UDPNAT_NAT_ABSOLUTE_MIN_US UDPNAT_SEC (120)
/* What is taken for a life that the router gives each binding. */
#define UDPNAT_BINDING_LIFE_MIN_US UDPNAT_SEC (30)
#define UDPNAT_BINDING_LIFE_MAX_US UDPNAT_SEC (240)
/* A binding that will die is replaced after so much of its life: time for a second try. Shorter
 * lives than these are bad luck, or routers that nothing holds on to. */
#define UDPNAT_ROTATION_LIFE_PERCENT 70
#define UDPNAT_ROTATION_MIN_US UDPNAT_SEC (24)
#define UDPNAT_ROTATION_GAP_US UDPNAT_SEC (10) /* between two tries */
/* What is on its way to the old one, and the peer's change to the new one. */
#define UDPNAT_ROTATION_OVERLAP_US UDPNAT_SEC (5)

/* A port that our router has opened is looked at again after so long: while people talk (that there
 * is no answer is known four seconds later), and otherwise, for routers forget (nat.md sections 7
 * and 8). To somebody idle it is one packet more in ten minutes. */
#define UDPNAT_MAPPING_CHECK_ACTIVE_US UDPNAT_SEC (55)
#define UDPNAT_MAPPING_CHECK_IDLE_US UDPNAT_SEC (600)

/* ---- Port search (nat.md section 4.5) ---- */
#define UDPNAT_SEARCH_SOCKETS_MAX 256
#define UDPNAT_SEARCH_PROBES_MAX 1200
/* 100 with what a hit and the first message on the new path take. */
#define UDPNAT_SEARCH_PACKETS_PER_SECOND 93
#define UDPNAT_SEARCH_GAP_US (G_USEC_PER_SEC / UDPNAT_SEARCH_PACKETS_PER_SECOND)
#define UDPNAT_SEARCH_US UDPNAT_SEC (20)      /* from beginning to end */
/* A port that was hit is given so long to be proven, on bad lines with several tries, and nothing
 * else is sent or answered meanwhile: each further hit would cost packets, and one is enough. */
#define UDPNAT_SEARCH_HIT_US UDPNAT_SEC (1)
#define UDPNAT_SEARCH_AGREE_US UDPNAT_SEC (5) /* for the other's answer */
#define UDPNAT_SEARCH_AFTER_US UDPNAT_MSEC (500) /* without proof by plain punching */
#define UDPNAT_SEARCH_COOL_DOWN_US UDPNAT_SEC (600)
#define UDPNAT_SEARCHES_PER_HOUR 3 /* with one peer */
/* Of a subscriber's block of ports no more than this share is opened: others need it, too. */
#define UDPNAT_SEARCH_BLOCK_PERCENT 5
#define UDPNAT_SEARCH_SEQUENTIAL_SOCKETS 25
#define UDPNAT_SEARCH_SEQUENTIAL_WINDOW 64
/* So few sockets send in one go: it is fewer than 100 a second, hardly anybody else gets a port in
 * between, and no probe comes before the port is open. */
#define UDPNAT_SEARCH_BURST_SOCKETS 32
#define UDPNAT_SEARCH_BURST_GAP_US UDPNAT_MSEC (1)

/* ---- What views measure ---- */
#define UDPNAT_RTT_SAMPLE_US UDPNAT_SEC (1) /* two small packets each, only while somebody looks */
#define UDPNAT_RTT_SAMPLES_MAX 180          /* three minutes */

/* ---- People on this network (PROTOCOL.md section 16) ---- */
/* Of the organization-local block of RFC 2365, sent with TTL 1; and link-local, transient. */
#define UDPNAT_LAN_GROUP_IPV4 "239.255.88.50"
#define UDPNAT_LAN_GROUP_IPV6 "ff12::8850"
#define UDPNAT_BEACON_MAX_BYTES 512
#define UDPNAT_BEACON_ASKING 2 /* of them, that ask who is here */
/* A deadline met so much later means that the machine slept: what was not heard meanwhile does not
 * count as missing. */
#define UDPNAT_BEACON_SLEPT_US UDPNAT_SEC (30)
#define UDPNAT_BEACON_QUICK 3 /* at the start, since some may be lost */
#define UDPNAT_BEACON_QUICK_GAP_US UDPNAT_MSEC (700) /* then twice that */
/* mDNS and SSDP announce less often, but nobody there waits for a person. */
#define UDPNAT_BEACON_INTERVAL_S 25
#define UDPNAT_BEACON_INTERVAL_MAX_S 300
#define UDPNAT_BEACON_JITTER_PERCENT 20
/* With many people each says it less often, so that all together wake nobody up more than about
 * once a second. */
#define UDPNAT_BEACON_SECONDS_PER_PERSON 1
#define UDPNAT_BEACON_MISSED_MAX 3
/* So long one beacon may go on to come from further addresses of its sender. */
#define UDPNAT_BEACON_ROUND_US UDPNAT_SEC (5)
#define UDPNAT_BEACON_ANSWER_US UDPNAT_MSEC (500) /* at most, to somebody new */
#define UDPNAT_BEACON_ANSWERS_BURST 4
#define UDPNAT_BEACON_ANSWER_S 5 /* one answer in so many seconds */
#define UDPNAT_LAN_PEERS_MAX 512
#define UDPNAT_LAN_PEERS_PER_ADDRESS 8 /* programs on one machine */
#define UDPNAT_LAN_ADDRESSES_MAX 4     /* of one peer: families, interfaces */
/* What is looked at from one source address; three interfaces and two programs fit. */
#define UDPNAT_LAN_SOURCES_MAX 256
#define UDPNAT_LAN_BEACONS_BURST_PER_SOURCE 24
#define UDPNAT_LAN_BEACONS_PER_SECOND_PER_SOURCE 4
/* Signatures that are checked, from all sources: 60 µs each. */
#define UDPNAT_LAN_CHECKS_BURST 1024
#define UDPNAT_LAN_CHECKS_PER_SECOND 200
/* Keys that were not in the table: a lecture hall at once, then slowly. */
#define UDPNAT_LAN_NEWCOMERS_BURST 512
#define UDPNAT_LAN_NEWCOMERS_PER_SECOND 2
#define UDPNAT_INTERFACES_MAX 16 /* that beacons go out by */

/* ---- Server flow ---- */
/* RFC 4787 REQ-5 asks NATs for two minutes, but Linux drops an unconfirmed binding after 30 s. */
#define UDPNAT_SERVER_KEEPALIVE_US UDPNAT_SEC (25)
#define UDPNAT_SERVER_KEEPALIVE_JITTER_PERCENT 10
/* When the lifetime of idle mappings has been measured: this much of it, within these bounds. The
 * upper one is for routers that were never seen to forget, and for none at all: what a hotel's or a
 * host's firewall does is not always what a test sees. */
#define UDPNAT_SERVER_KEEPALIVE_LIFETIME_PERCENT 80
#define UDPNAT_SERVER_KEEPALIVE_MIN_US UDPNAT_SEC (10)
#define UDPNAT_SERVER_KEEPALIVE_MAX_US UDPNAT_SEC (110)
/* REPORT: how often a client tells, how often a server counts what one says (a little more often,
 * as clocks differ), and how many tries with one end it believes of that time. */
#define UDPNAT_REPORT_GAP_US UDPNAT_SEC (600)
#define UDPNAT_REPORT_ACCEPT_US UDPNAT_SEC (570)
#define UDPNAT_REPORT_TIMES_MAX 50
/* What a server believes of KEEPALIVE. */
#define UDPNAT_KEEPALIVE_MIN_S 10
#define UDPNAT_KEEPALIVE_MAX_S 120
#define UDPNAT_SERVER_KEEPALIVES_MISSED 3 /* then a client is offline */
#define UDPNAT_SERVER_WATCH_US UDPNAT_SEC (3)    /* instead, while a conversation is active */
#define UDPNAT_SERVER_WATCH_ACTIVE_US UDPNAT_SEC (30)
/* And so often a lost server is looked for then: 3 kB a second, which end when nobody talks. */
#define UDPNAT_SERVER_SEEK_US UDPNAT_MSEC (200)
/* of a client that has said nothing else */
#define UDPNAT_SERVER_SESSION_IDLE_US UDPNAT_SEC (75)
/* keepalives may be up to 27.5 s apart, and late */
#define UDPNAT_SERVER_SESSION_GRACE_US UDPNAT_SEC (10)
/* One that rests stays up to so much longer: so often each of them is looked at. */
#define UDPNAT_SERVER_REST_ROUND_US UDPNAT_SEC (10)
#define UDPNAT_SERVER_UNCONFIRMED_US UDPNAT_SEC (10)
/* After which time without a packet a server looks whether it may forget most of a session. Longer
 * than any answer is on its way; much shorter than keepalives are apart. */
#define UDPNAT_SERVER_REST_AFTER_US UDPNAT_SEC (3) /* less than UDPNAT_FLEET_WATCH_S */
#define UDPNAT_SERVER_SESSIONS_MAX 1000000
#define UDPNAT_RELAY_QUOTA_BURST_BYTES 262144
#define UDPNAT_RELAY_QUOTA_BYTES_PER_SECOND 1048576
#define UDPNAT_NAMES_PER_KEY_MAX 8
#define UDPNAT_SERVER_NAMES_MAX 4000000
#define UDPNAT_SERVER_CLAIMS_MAX 65536 /* names that wait for the disk */
/* Sessions that have not been confirmed, some 900 bytes each. Above the first number cookies are
 * asked for, but of tickets; above the second the oldest one goes. It is what 40,000 who come back
 * in a second leave open for 400 ms of round trip time. */
#define UDPNAT_SERVER_CROWD_MIN 2048
#define UDPNAT_SERVER_PENDING_MAX 16384
#define UDPNAT_SERVER_EVENTS_MAX 65536 /* besides claims */
#define UDPNAT_SERVER_OUTPUTS_MAX 65536
/* How long a busy server lets datagrams collect: half of it is added to an answer, and at 40,000 a
 * second most of what they cost is saved. */
#define UDPNAT_SERVER_COLLECT_US UDPNAT_MSEC (1)
#define UDPNAT_DIRECTORY_TICK_US UDPNAT_MSEC (50) /* changes of presence are told together */
#define UDPNAT_DIRECTORY_UNACKED_MAX_BYTES 32768  /* told to one client ahead of its ACKs */
/* What N subscribers are told of N people grows with the square of N. So the whole list is told
 * while there are no more names than this, and to no more clients; beyond, there are pages, search,
 * and presence of those whom somebody watches. DECISIONS.md, "The directory". */
#define UDPNAT_DIRECTORY_WHOLE_MAX 200
#define UDPNAT_DIRECTORY_SUBSCRIBERS_MAX 1000
#define UDPNAT_DIRECTORY_PAGE_MAX 50 /* names in one page: three packets */
/* A thousand names at once, or somebody who types; then as one can read. */
#define UDPNAT_DIRECTORY_PAGES_BURST 40
#define UDPNAT_DIRECTORY_PAGES_PER_SECOND 4
/* Whom one client may watch, and how often it may say so: each key in WATCH counts. */
#define UDPNAT_WATCHES_MAX 1000
#define UDPNAT_WATCHES_BURST 4000
#define UDPNAT_WATCHES_PER_SECOND 50
#define UDPNAT_SERVER_WATCHES_MAX 16000000 /* of all clients together: half a gigabyte */
/* Watchers that are told in one tick; the others in the next. One who rests is woken for it. */
#define UDPNAT_WATCHERS_PER_TICK 1000
#define UDPNAT_RELAY_COST_BYTES 64                /* of quota, for each packet besides its length */
/* A signature costs 60 µs; one search of a port needs one from each side. */
#define UDPNAT_ATTESTATIONS_PER_SECOND 1
#define UDPNAT_ATTESTATIONS_BURST 8
#define UDPNAT_RELAY_FAILURES_PER_SECOND 50       /* told to one client */
/* With a cookie one source may still do so many: a thousand clients behind one NAT after a restart
 * of the server. */
#define UDPNAT_HANDSHAKES_PER_SECOND_PROVEN 500
#define UDPNAT_INFOS_PER_SECOND_PER_SOURCE 20
#define UDPNAT_INFOS_BURST_PER_SOURCE 40
/* STUN answers are longer than its questions, and where they go may be forged: so what one address
 * is sent has a limit, some 5 kB a second. That on all together is there for the processor: a fifth
 * of one, and who floods by more addresses than that gets no more of it. */
#define UDPNAT_STUN_PER_SECOND_PER_SOURCE 100
#define UDPNAT_STUN_BURST_PER_SOURCE 200
#define UDPNAT_STUN_PER_SECOND 50000
#define UDPNAT_STUN_BURST 100000
/* New names: as many people as may sit behind one address get one within minutes, and nobody takes
 * all that are left. Seconds for one more, and how many at once. */
#define UDPNAT_CLAIM_S 30
#define UDPNAT_CLAIMS_BURST_PER_SOURCE 200
/* Of one key. A client asks for everybody whom it knows when it starts, and no faster than that. */
#define UDPNAT_LOOKUPS_PER_SECOND_PER_KEY 10
#define UDPNAT_LOOKUPS_BURST_PER_KEY 1024
#define UDPNAT_DIALS_PER_SECOND_PER_KEY 100
#define UDPNAT_DIALS_BURST_PER_KEY 2000
/* Clients have no lower ports, and services that answer to anything do (RFC 862, 864). */
#define UDPNAT_STUN_PORT_MIN 1024
#define UDPNAT_LIMITER_SOURCES 8192

/* ---- Client's side of the server flow ---- */
/* an eliciting packet has not been answered for so long */
#define UDPNAT_SERVER_LOST_US UDPNAT_SEC (3)
#define UDPNAT_SERVER_OTHER_KEY_US UDPNAT_SEC (1) /* before whether it has another key is asked */
/* Between signs of life that it is asked for when what it carried is not answered. */
#define UDPNAT_SERVER_DOUBT_GAP_US UDPNAT_MSEC (250)
/* In a flood of handshakes from forged addresses most of what each costs would be the cookie that
 * it is sent; a fifteenth of a processor is enough for that. Whoever is there has one of INFO, or
 * comes again. */
#define UDPNAT_SERVER_COOKIES_PER_SECOND 10000
/* A server's: enough for a hundred thousand clients to learn of its restart by their keepalives. It
 * is a quarter of what it answers. */
#define UDPNAT_SERVER_UNKNOWNS_PER_SECOND 4000
/* between handshakes that a hint makes us start */
#define UDPNAT_SERVER_UNKNOWN_GAP_US UDPNAT_SEC (1)
/* The server closed the session for another reason than a restart; most likely our key is in use
 * elsewhere as well. */
#define UDPNAT_SERVER_CLOSED_WAIT_US UDPNAT_SEC (30)
/* The server's operator has blocked us: they may think better of it. */
#define UDPNAT_SERVER_BLOCKED_WAIT_US UDPNAT_SEC (600)
/* INFO said that the server has another key than ours: anybody could, so it is asked again, with
 * three packets so small that it can go on for ever. */
#define UDPNAT_SERVER_MISMATCH_WAIT_US UDPNAT_SEC (60)
#define UDPNAT_SERVER_CONFIRM_AFTER_US UDPNAT_MSEC (2500)
#define UDPNAT_INFO_RETRIES 3 /* for NAT tests */
#define UDPNAT_WATCH_RETRY_US UDPNAT_SEC (30) /* after WATCHED said so */
/* Somebody looks at the directory of a server that tells it in pages. */
#define UDPNAT_BROWSE_MAX 1000 /* names */
#define UDPNAT_BROWSE_REFRESH_US UDPNAT_SEC (30)
#define UDPNAT_BROWSE_RETRY_US UDPNAT_SEC (1)
#define UDPNAT_BROWSE_LINGER_US UDPNAT_SEC (600) /* whom one has seen may be written to */
#define UDPNAT_LOOKUPS_MAX 256
#define UDPNAT_LOOKUP_TIMEOUT_US UDPNAT_SEC (5)
#define UDPNAT_RENDEZVOUS_EVENTS_MAX 8192
#define UDPNAT_RENDEZVOUS_OUTPUTS_MAX 4096

/* ---- The tunnel, where UDP does not pass (PROTOCOL.md section 18) ---- */
/* How long nothing has come by UDP when TCP is tried as well; on top of two round trips of a
 * session that has measured them. */
#define UDPNAT_TUNNEL_RACE_US UDPNAT_MSEC (300)
/* What is believed of a round trip that INFO shows: it may have been lost at first. */
#define UDPNAT_TUNNEL_RTT_MAX_US UDPNAT_SEC (2)
/* While packets go through the tunnel UDP is asked so often, doubling: it is back within half a
 * minute of being let through. */
#define UDPNAT_TUNNEL_PROBE_MIN_US UDPNAT_SEC (1)
#define UDPNAT_TUNNEL_PROBE_MAX_US UDPNAT_SEC (25)
/* What the server has sent through a tunnel before it saw us elsewhere still has to arrive. */
#define UDPNAT_TUNNEL_LINGER_US UDPNAT_SEC (5)
#define UDPNAT_TUNNEL_PORT 443 /* what is let through nearly everywhere */
#define UDPNAT_TUNNEL_HEADER_BYTES 2
/* Datagrams that are dropped beyond it: what a slow reader would get is too old anyway. */
#define UDPNAT_TUNNEL_QUEUE_BYTES 262144
#define UDPNAT_TUNNEL_WAITING_MAX 64 /* datagrams while a client's connection is being made */
/* Of a server. With its other descriptors they fit into the 1,024 that a process may have. */
#define UDPNAT_TUNNEL_CONNECTIONS_MAX 800
#define UDPNAT_TUNNEL_CONNECTIONS_PER_SOURCE 64 /* people behind one proxy or router */
#define UDPNAT_TUNNEL_HANDSHAKE_US UDPNAT_SEC (10)
/* Twice the longest interval of keepalives, and some time. */
#define UDPNAT_TUNNEL_IDLE_US UDPNAT_SEC (260)
#define UDPNAT_TUNNEL_RETRY_MIN_US UDPNAT_SEC (1)
#define UDPNAT_TUNNEL_RETRY_MAX_US UDPNAT_SEC (30)

/* ---- Mail (PROTOCOL.md section 14) ---- */
#define UDPNAT_STREAM_MAIL 1 /* of a client-server session */
#define UDPNAT_MAIL_PASS_BYTES 16
/* A text of UDPNAT_TEXT_MAX_BYTES with everything around it, and still a message. */
#define UDPNAT_MAIL_SEALED_MAX_BYTES 66400
#define UDPNAT_MAIL_ACK_MAX_NUMBERS 256
#define UDPNAT_MAIL_PASSES_MAX 4096
/* What may wait for one recipient. */
#define UDPNAT_MAIL_RECIPIENT_BYTES (G_GINT64_CONSTANT (16) << 20)
#define UDPNAT_MAIL_RECIPIENT_ITEMS 10000
#define UDPNAT_MAIL_SENDER_BYTES (4 << 20) /* of one sender that the recipient accepts */
#define UDPNAT_MAIL_SENDER_ITEMS 2000
#define UDPNAT_MAIL_STRANGERS_BYTES 65536 /* of all others together */
#define UDPNAT_MAIL_STRANGERS_ITEMS 16
#define UDPNAT_MAIL_STRANGER_MAX_BYTES 16384 /* each */
#define UDPNAT_MAIL_TOTAL_BYTES (G_GINT64_CONSTANT (1) << 30)
/* What a letter and a pass cost of the total besides their bytes: a row on disk, an entry in
 * memory. Without it the total could be made of a billion letters of one byte. */
#define UDPNAT_MAIL_ITEM_COST_BYTES 512
#define UDPNAT_MAIL_PASS_COST_BYTES 64
#define UDPNAT_MAIL_DAYS 30
/* What one session may put. */
#define UDPNAT_MAIL_PUTS_PER_SECOND 10
#define UDPNAT_MAIL_PUTS_BURST 20
#define UDPNAT_MAIL_STRANGER_PUT_S 10 /* one in so many seconds to people who do not know us */
#define UDPNAT_MAIL_STRANGER_PUTS_BURST 4
#define UDPNAT_MAIL_PENDING_MAX_BYTES (8 << 20) /* of all letters on their way to the disk */
/* Told to one client ahead of its MAIL-ACKs, and of its ACKs of packets. */
#define UDPNAT_MAIL_UNACKED_MAX 64
#define UDPNAT_MAIL_UNACKED_MAX_BYTES 65536
/* What is read from the disk for one recipient: its whole mailbox twice over at once. Whoever
 * connects again and again without acknowledging anything gets no more than this. */
#define UDPNAT_MAIL_READ_BURST_BYTES (G_GINT64_CONSTANT (32) << 20)
#define UDPNAT_MAIL_READ_BYTES_PER_SECOND 262144
/* Changed passes wait so long for the disk. A client says them again after each registration, so
 * that a crash in between loses nothing. */
#define UDPNAT_MAIL_PASSES_TICK_US UDPNAT_SEC (5)
#define UDPNAT_MAIL_EXPIRE_TICK_US UDPNAT_SEC (60)
#define UDPNAT_MAIL_EXPIRE_BATCH 4096 /* deletions that one tick may ask for */
/* At the client: open requests, acknowledgements that wait, and letters that nobody has popped. */
#define UDPNAT_MAIL_PUTS_MAX 64
#define UDPNAT_MAIL_ACKS_MAX 4096
#define UDPNAT_MAIL_WAITING_MAX_BYTES 262144

/* ---- Conversations ---- */
/* Two letters full of the shortest texts, which may be under way at once, hold 4,400. */
#define UDPNAT_SEEN_IDS_MAX 8192
/* well below UDPNAT_SEEN_IDS_MAX, so that a repeated id is still remembered */
#define UDPNAT_MESSAGES_ON_WIRE_MAX 512
#define UDPNAT_OUTBOX_MAX 100000
#define UDPNAT_PEERS_MAX 100000
/* servers of other people, at which a node is a guest */
#define UDPNAT_ABROAD_MAX 256
#define UDPNAT_ABROAD_LINGER_US UDPNAT_SEC (600) /* since something was last said there */
#define UDPNAT_ABROAD_RETRY_US UDPNAT_SEC (15)   /* after a name that had no address */
#define UDPNAT_PLACE_MAX_BYTES 272               /* "host:port" */

/* Servers that share a directory (PROTOCOL.md section 20). */
#define UDPNAT_FLEET_NODES_MAX 64
/* Of one server, by its name. */
#define UDPNAT_SERVER_ADDRESSES_MAX 16
/* How long a question waits for the directory: less than LOOKUP waits for its answer. */
#define UDPNAT_FLEET_ANSWER_US UDPNAT_SEC (3)
#define UDPNAT_FLEET_QUESTIONS_MAX 65536
/* Of one client: its dials and lookups of those who are not at its server. */
#define UDPNAT_FLEET_ASKS_PER_SECOND 20
#define UDPNAT_FLEET_ASKS_BURST 200
/* A client asks a silent server whether it is there after so long. With UDPNAT_SERVER_LOST_US it
 * is 7 s until it goes to another one; some more are for the way there. */
#define UDPNAT_FLEET_WATCH_S 4
#define UDPNAT_FLEET_WATCH_MIN_S 2
#define UDPNAT_FLEET_WATCH_MAX_S 150
/* Whoever comes is sent on when this server has a quarter more people than another, and so many
 * besides: balance is worth nothing among a few. */
#define UDPNAT_FLEET_SLACK 16
/* So many are sent away in a second by a server that is to be stopped. A handshake costs the others
 * some 0.2 ms each. */
#define UDPNAT_FLEET_DRAIN_PER_SECOND 500
#define UDPNAT_FLEET_DRAIN_TICK_US UDPNAT_MSEC (100)
/* Presence at other servers, of those whom somebody here watches: 2,000 questions a second when
 * something has changed; and all of them in half a minute, but no more than 200 a second. */
#define UDPNAT_FLEET_PRESENCE_TICK_US UDPNAT_MSEC (100)
#define UDPNAT_FLEET_PRESENCE_PER_TICK 200
#define UDPNAT_FLEET_PRESENCE_TURN_TICKS 300
#define UDPNAT_FLEET_PRESENCE_TURNS_PER_TICK 20
#define UDPNAT_REACTION_MAX_BYTES 64   /* one emoji with all its modifiers */
#define UDPNAT_STATUS_MAX_BYTES 512
#define UDPNAT_AVATAR_MAX_BYTES 49152  /* a picture of 256 × 256, well compressed */
#define UDPNAT_PREKEYS_MAX 32          /* in one PREKEYS */

/* ---- Files (PROTOCOL.md section 21) ---- */
#define UDPNAT_FILE_NAME_MAX_BYTES 255    /* what Linux, Windows and macOS take */
/* On a disk here: with room for what is set before and behind it while it comes. */
#define UDPNAT_FILE_NAME_SAFE_MAX_BYTES 240
#define UDPNAT_CONTENT_TYPE_MAX_BYTES 127 /* RFC 6838, 4.2: of each half */
#define UDPNAT_THUMBNAIL_MAX_BYTES 16384
#define UDPNAT_FILE_ANSWER_MAX_BYTES 32
/* A file of so much may go by the mailbox, in parts of so much: two of these fit into a letter. */
#define UDPNAT_FILE_MAIL_MAX_BYTES 1048576
#define UDPNAT_FILE_PART_BYTES 32000
#define UDPNAT_FILE_PARTS_MAX_BYTES 8388608 /* of one contact that wait to be accepted */
#define UDPNAT_FILE_SIZE_MAX (G_GUINT64_CONSTANT (1) << 46) /* 64 TiB: what the tree holds */
#define UDPNAT_FOLDER_FILES_MAX 1000000
/* What a receiver has asked for and not put on its disk: from the first of these up to the second,
 * as fast as the path needs it. Whatever dies, no more than that comes twice. */
#define UDPNAT_FILE_WINDOW_MIN_BYTES (G_GUINT64_CONSTANT (1) << 20)
#define UDPNAT_FILE_WINDOW_MAX_BYTES (G_GUINT64_CONSTANT (16) << 20)
#define UDPNAT_FILE_RUN_CHUNKS 16 /* asked for at once, then the next file has its turn */
#define UDPNAT_FILE_AHEAD_CHUNKS 256 /* hashes are asked for so early that chunks need not wait */
#define UDPNAT_FILE_FETCHES_MAX 128 /* files that are fetched from one peer at a time */
#define UDPNAT_FILE_REQUESTS_MAX 4096 /* of one peer, not answered yet */
#define UDPNAT_FILE_READS_MAX 16 /* of them that are being read, or wait for room in the stream */
#define UDPNAT_FILE_OFFERS_MAX 10000 /* to one peer that are still open */
#define UDPNAT_FOLDER_LIST_MAX_BYTES (G_GUINT64_CONSTANT (64) << 20)
#define UDPNAT_FOLDER_PATH_MAX_BYTES 4095 /* Linux's, without the zero */
/* Names in a path. Deeper than anybody files, and few enough for a descriptor each. */
#define UDPNAT_FOLDER_DEPTH_MAX 256
/* first handshakes that a node answers, from whomever */
#define UDPNAT_NODE_STRANGERS_MAX 256 /* conversations with people whom we have never written to */
/* before a contact whose items our disk did not take is talked to again */
#define UDPNAT_NODE_FAILURE_PAUSE_US UDPNAT_SEC (5)
#define UDPNAT_NODE_PUNCH_BURST 320
/* A deadline met so much later means that the machine slept. */
#define UDPNAT_NODE_SLEPT_US UDPNAT_SEC (5)
#define UDPNAT_NODE_PUNCHES_PER_SECOND 40
#define UDPNAT_NODE_HANDSHAKES_PER_SECOND 50

/* ---- Mail ---- */
/* An item that has no receipt after so long is put into the peer's mailbox as well, whatever the
 * directory says of the peer. */
#define UDPNAT_MAIL_AFTER_US UDPNAT_SEC (8)
/* Letters that are opened and wait to be safe; the server has no more than 64 under way. */
#define UDPNAT_LETTERS_MAX 256
#define UDPNAT_LETTER_ITEMS_MAX 4096
/* After a refusal: soon when the server was only lost, late when a mailbox is full or off. */
#define UDPNAT_MAIL_RETRY_SOON_US UDPNAT_SEC (5)
#define UDPNAT_MAIL_RETRY_LATE_US UDPNAT_SEC (600)
/* So many answers in a row that the server cannot keep a letter now, and its writer is told. */
#define UDPNAT_MAIL_LATER_TOLD 3
#define UDPNAT_PEER_PREKEYS_MAX 64 /* of one peer that we keep */

/* ---- Links ---- */
/* A name of 64 code points, each of them percent-encoded (768), a host name (253), a key (52), and
 * room for what later versions add. */
#define UDPNAT_LINK_MAX_BYTES 2048
/* Every link without such additions; a code of more modules cannot be read from a screen. */
#define UDPNAT_QR_MAX_BYTES 1152

/* ---- Encryption at rest ---- */
/* SQLite's default since 2016, and a page of memory: one page is one write. */
#define UDPNAT_PAGE_BYTES 4096
/* Nonce (24) and tag (16) of XChaCha20-Poly1305. */
#define UDPNAT_PAGE_RESERVED_BYTES 40
/* SQLite's file format, section 4.1: header of the write-ahead log, header of a frame in it. */
#define UDPNAT_WAL_HEADER_BYTES 32
#define UDPNAT_WAL_FRAME_HEADER_BYTES 24
#define UDPNAT_WAL_FRAME_OPEN_BYTES 16 /* of it, what is no checksum */
#define UDPNAT_PAGE_BINDING_BYTES 16   /* of a frame: page number, size, salts of the log */
#define UDPNAT_PROBE_PAGES_MAX 16      /* that are tried before a key counts as wrong */
/* What a guess of the passphrase costs: libsodium's crypto_pwhash MODERATE, 0.7 s on a desktop of
 * 2016. */
#define UDPNAT_PASSPHRASE_PASSES 3
#define UDPNAT_PASSPHRASE_MEMORY_BYTES 268435456
/* What a file may ask for: four passes over 1 GiB are libsodium's SENSITIVE. More would let a
 * forged file stop the program. */
#define UDPNAT_PASSPHRASE_PASSES_MAX 16
#define UDPNAT_PASSPHRASE_MEMORY_MAX_BYTES 1073741824
#define UDPNAT_PASSPHRASE_MAX_BYTES 1024
#define UDPNAT_KEY_FILE_MAX_BYTES 1024
#define UDPNAT_BACKUP_CHUNK_BYTES 65536
#define UDPNAT_KEYRING_TIMEOUT_MS 2000 /* a start waits no longer for the desktop's keyring */

/* ---- The profile's database ---- */
#define UDPNAT_STORE_BUSY_MS 5000 /* a backup program may hold the file for a moment */
/* Writes in one transaction: enough that the flush costs each next to nothing (perf.md section 7:
 * 100 are at 7 times the rate of one), and few enough that nobody waits long. */
#define UDPNAT_STORE_BATCH_MAX 1000
/* Messages that wait for the disk; beyond, new ones are refused. */
#define UDPNAT_STORE_QUEUE_MAX 10000
#define UDPNAT_STORE_QUEUE_MAX_BYTES 16777216
/* Last handshakes kept of people who are no contacts: a stranger can have any number of keys. */
#define UDPNAT_STORE_TIMESTAMPS_MAX 4096
/* What strangers may leave here before the user has said yes: requests, and in each of them. */
#define UDPNAT_REQUESTS_MAX 64
#define UDPNAT_REQUEST_LINES_MAX 16
#define UDPNAT_REQUEST_MAX_BYTES 16384
/* One-time keys of ours that are kept for one peer; the oldest go. Letters sealed to those given
 * out long ago are still on their way, so many more than UDPNAT_PEER_PREKEYS_MAX. */
#define UDPNAT_OWN_PREKEYS_MAX 1024
/* Edits and reactions of one peer that came before what they are about. */
#define UDPNAT_EARLY_CHANGES_MAX 256
#define UDPNAT_QUOTE_MAX_CODE_POINTS 160 /* of the quoted text that is shown above a reply */
/* If the last line of a conversation is so far in the future, our own clock was wrong then, and the
 * times of the lines begin anew. */
#define UDPNAT_CLOCK_BACK_MAX_US UDPNAT_SEC (3600)
#define UDPNAT_SEARCH_MAX_CODE_POINTS 512 /* of what is searched for; the rest is not looked at */
/* Of the search index that are merged in one go: a few hundredths of a second. */
#define UDPNAT_STORE_MERGE_PAGES 500
#define UDPNAT_STORE_CHANGED_MAX 1000 /* lines that are named when one receipt changes many */
