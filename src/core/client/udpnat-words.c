#include "config.h"

#include "udpnat-words.h"

#include <glib/gi18n-lib.h>
#include <sqlite3.h>

typedef struct
{
  const char *code;
  const char *words;
} Entry;

/* Why a conversation goes through the server. */
static const Entry reasons[] = {
  { "no-session", N_("they have not answered yet") },
  { "connecting", N_("trying a direct path") },
  { "searching",
    N_("a router opens another door for each contact; the right one is being looked for, for up to "
       "20 seconds") },
  { "no-candidates", N_("they named no address that could be tried") },
  { "relay-only-local", N_("you chose to always use the server") },
  { "relay-only-remote", N_("they chose to always use the server") },
  { "both-symmetric", N_("both routers give every contact a different door") },
  { "local-symmetric",
    N_("your router gives every contact a different door, and theirs only opens to exact doors") },
  { "remote-symmetric",
    N_("their router gives every contact a different door, and yours only opens to exact doors") },
  { "no-answer", N_("no packet made it both ways, and the routers do not say why") },
  { "direct-lost", N_("the direct path fell silent") },
  { "udp-blocked", N_("this network blocks UDP, so the server is reached over TCP") },
  { "udp-blocked-remote", N_("their network blocks UDP") },
  { "idle", N_("nobody has said anything for a while") },
  { "request", N_("you have not accepted them; they learn no address of yours") },
  { "not-accepted", N_("they have not accepted you yet") },
};

/* What went wrong. */
static const Entry codes[] = {
  { "name-taken", N_("that name belongs to somebody else; choose another") },
  { "name-not-allowed",
    N_("a name is 1 to 64 characters, without control characters or spaces at its ends") },
  { "try-later", N_("the server cannot do that now; it is tried again") },
  { "server-full", N_("the server takes no more people") },
  { "refused", N_("the server refuses") },
  { "not-invited",
    N_("this server takes only people who are invited. Ask its operator for an invitation") },
  { "invitation-invalid",
    N_("that invitation is used up, too old or misspelt. Ask the server's operator for another") },
  { "name-blocked",
    N_("the server's operator does not give you that name; choose another, or ask them") },
  { "server-blocked", N_("the server's operator has blocked you. Only they can say why") },
  { "unknown-peer", N_("nobody of that name is known at the server") },
  { "no-server", N_("the server does not answer") },
  { "self", N_("that is you") },
  { "no-such-server", N_("there is no such server") },
  { "other-server-changed",
    N_("their server has another key than before. Ask its owner before you trust the new one") },
  { "too-many", N_("too many messages are waiting") },
  { "offline", N_("not there at the moment; the message waits") },
  { "server-lost", N_("the server is lost; trying again") },
  { "server-changed",
    N_("the server has another key than before. Ask its owner before you trust the new one") },
  { "key-changed",
    N_("the server says that this name belongs to another key now; the old one is kept") },
  { "replaced", N_("your key is in use in another place, and only one can be connected") },
  { "withdrawn", N_("you have withdrawn it") },
  { "blocked", N_("you have blocked them") },
  { "mailbox-off",
    N_("they are away, and the server keeps no mail; all goes out when they are there") },
  { "mailbox-unknown",
    N_("they are away, and have no mailbox at this server; all goes out when they are there") },
  { "mailbox-full", N_("their mailbox is full; it is sent when they have emptied it") },
  { "mailbox-strangers",
    N_("they have not accepted you, and their mailbox has no more room for strangers; all goes "
       "out when they are there") },
  { "mailbox-too-large",
    N_("it is too large for their mailbox; all goes out when they are there") },
  { "mapping-no-router", N_("this computer is in no network that has a router") },
  { "mapping-no-answer",
    N_("your router does not offer port mapping, or it is turned off there") },
  { "mapping-refused", N_("your router knows port mapping, but refuses it") },
  { "mapping-behind-another",
    N_("your router has no public address: it is itself behind another router, or not connected") },
  { "mailbox-later",
    N_("they are away, and the server cannot keep mail now; it is tried again, and all goes out "
       "when they are there") },
  { "mailbox-refused", N_("their mailbox does not take it; all goes out when they are there") },
  { "gone", N_("it is not where it was any more") },
  { "changed", N_("it was changed; send it again") },
  { "denied", N_("not allowed there; change its rights") },
  { "no-folder", N_("there is no such folder; choose another") },
  { "disk-full", N_("not enough room; make some, then try again") },
  { "disk", N_("the disk fails; check it, then try again") },
  { "corrupt", N_("it is not what was offered; have it sent again") },
  { "gone-there", N_("they do not offer it any more") },
  { "changed-there", N_("they have changed it; have it sent again") },
  { "unreadable-there", N_("they cannot read it any more") },
};

/* How far the way to somebody is. */
static const Entry phases[] = {
  { "idle", N_("Connects as soon as something is said") },
  { "away", N_("They cannot be reached at the moment") },
  { "handshake", N_("Waiting for their answer") },
  { "trying", N_("Connected through the server, trying a direct path") },
  { "direct", N_("Connected directly") },
  { "relayed", N_("Connected through the server") },
};

/* What a router does with our packets. */
static const Entry own_routers[] = {
  { "unknown", N_("It is not known yet what your router does") },
  { "none", N_("No router stands between you and the Internet") },
  { "endpoint-independent", N_("Your router gives all contacts the same door") },
  { "endpoint-dependent", N_("Your router gives every contact a different door") },
};

static const Entry their_routers[] = {
  { "unknown", N_("It is not known what their router does") },
  { "none", N_("No router stands between them and the Internet") },
  { "endpoint-independent", N_("Their router gives all contacts the same door") },
  { "endpoint-dependent", N_("Their router gives every contact a different door") },
};

/* Whom a router lets in: for those whose kind is known. */
static const Entry their_filters[] = {
  { "endpoint-independent", N_("Their router lets everybody in by an open door") },
  { "address-dependent",
    N_("Their router lets in whoever has an address that they have sent to") },
  { "address-and-port-dependent",
    N_("Their router lets in only exact doors that they have sent to") },
};

/* In two or three words, for a picture. */
static const Entry router_names[] = {
  { "unknown", N_("Not known") },
  { "none", N_("No router") },
  { "endpoint-independent", N_("One door") },
  { "endpoint-dependent", N_("Many doors") },
};

/* What became of an address. */
static const Entry fates[] = {
  { "skipped", N_("Not tried: it leads nowhere from here") },
  { "waiting", N_("Not tried yet") },
  { "tried", N_("Tried, no answer yet") },
  { "one-way", N_("They reach us, we do not reach them yet") },
  { "proven", N_("Works, kept in reserve") },
  { "selected", N_("In use") },
  { "suspect", N_("Does not answer at the moment") },
  { "unanswered", N_("Tried without an answer") },
  { "lost", N_("Worked, then fell silent") },
  { "let-go", N_("Worked, not needed now") },
};

/* Where an address is known from. */
static const Entry sources[] = {
  { "other", N_("Of a kind that this version does not know") },
  { "host", N_("Address on the local network") },
  { "ipv6", N_("IPv6 address") },
  { "observed", N_("Address as the server sees it") },
  { "guessed", N_("Guess: address as the server sees it, port as on the computer") },
  { "mapped", N_("Opened at the router") },
  { "cached", N_("From an earlier conversation, or seen on this network") },
  { "learned", N_("Their packets came from there") },
};

/* What it took to find a way to an address; nothing is said of what took nothing. */
static const Entry discoveries[] = {
  { "search", N_("Found by a search: likely ports of a router were tried") },
  { "second-port", N_("Found from a second port of yours: the first one was spoilt at a router") },
};

/* What a router does with our port. */
static const Entry port_rules[] = {
  { "unknown", N_("It is not known what happens to your port") },
  { "kept", N_("Your router keeps your port") },
  { "changed", N_("Your router changes your port") },
};

static const Entry udp_states[] = {
  { "unknown", N_("Not known: there is no server to ask") },
  { "trying", N_("Asking the server…") },
  { "works", N_("UDP works") },
  { "blocked", N_("UDP is blocked here; the server answers over TCP") },
  { "silent", N_("No answer by UDP") },
};

/* Whether our router keeps a port open for chats. */
static const Entry port_mappings[] = {
  { "mapping-off", N_("Off: your router is not asked to open a port") },
  { "mapping-unneeded", N_("Not needed here") },
  { "mapping-asking", N_("Asking your router…") },
  { "mapping-checking", N_("Your router says that it has opened a port; the server is trying it") },
  { "mapping-open", N_("Your router keeps a port open for you, and the server has come in by it") },
  { "mapping-offered", N_("Your router opens ports for programs that ask it") },
  { "mapping-dead", N_("Your router says that it has opened a port, but nobody comes in by it") },
  { "mapping-no-router", N_("This computer is in no network that has a router.") },
  { "mapping-no-answer",
    N_("Your router does not offer port mapping, or it is turned off there.") },
  { "mapping-refused", N_("Your router knows port mapping, but refuses it.") },
  { "mapping-behind-another",
    N_("Your router has no public address: it is behind another router, or not connected to the "
       "Internet.") },
};

/* How far the tests of our own routers are. */
static const Entry test_states[] = {
  { "none", N_("Not tested: no server is reached") },
  { "running", N_("Being tested…") },
  { "server-inside", N_("Not tested: the server is on your own network") },
  { "no-answer", N_("Not tested: this server does not take part") },
  { "not-stun", N_("Not tested: this server does not take part") },
  { "done", N_("Tested with the help of the server") },
};

/* What our network means for reaching people. */
static const Entry meanings[] = {
  { "no-server", N_("No server is in use: you reach the people on this network, directly.") },
  { "asking", N_("The server is being asked; this takes a moment.") },
  { "silent",
    N_("The server does not answer. Either it is not there, or this network lets no UDP "
       "through.") },
  { "blocked",
    N_("This network lets no UDP through. The server carries your messages, encrypted, over "
       "TCP.") },
  { "unknown", N_("The server has not told yet how it sees you.") },
  { "server-inside",
    N_("The server is on your own network, so it cannot tell what your router does. With the "
       "people there you are connected directly.") },
  { "open", N_("Everybody whose network lets UDP through is reached directly.") },
  { "easy",
    N_("Nearly everybody is reached directly. Where the other router is very strict, the server "
       "carries your messages, encrypted.") },
  { "hard",
    N_("People whose router is open are reached directly. With all others the server carries "
       "your messages, encrypted, and everything takes a little longer.") },
};

/* What could be done about it. */
static const Entry fixes[] = {
  { "allow-udp",
    N_("See whether the server is running. If it is, allow udpnat to send UDP in your firewall, or "
       "try another network.") },
  { "unblock-udp",
    N_("Allow udpnat to send UDP in your firewall, or try another network: then most people are "
       "reached directly.") },
  { "connect", N_("Connect this computer to a network.") },
  { "router-mode",
    N_("IPv6 works here: whoever has it, too, is reached directly. For the others: if the router "
       "is yours, look for “NAT type” in its settings, and choose “full cone” or “open”.") },
  { "router-mode-or-ipv6",
    N_("If the router is yours, switch on IPv6 in its settings, or look for “NAT type” there and "
       "choose “full cone” or “open”.") },
  { "router-firewall",
    N_("If the router is yours, switch on its firewall: what comes unasked from the Internet "
       "should be dropped, then it spoils no port.") },
};

/* What is wrong with a file of the profile. SQLite's own words, which it has in English only. */
static const struct
{
  int         code;
  const char *words;
} database_errors[] = {
  { SQLITE_PERM, N_("access permission denied") },
  { SQLITE_BUSY, N_("database is locked") },
  { SQLITE_NOMEM, N_("out of memory") },
  { SQLITE_READONLY, N_("attempt to write a readonly database") },
  { SQLITE_IOERR, N_("disk I/O error") },
  { SQLITE_CORRUPT, N_("database disk image is malformed") },
  { SQLITE_FULL, N_("database or disk is full") },
  { SQLITE_CANTOPEN, N_("unable to open database file") },
  { SQLITE_NOTADB, N_("file is not a database") },
};

static const char *
find (const Entry *entries,
      gsize        n_entries,
      const char  *code)
{
  for (gsize i = 0; i < n_entries; i++)
    if (g_str_equal (entries[i].code, code))
      return _(entries[i].words);
  return code;
}

/**
 * udpnat_words_explain_reason: Returns: the sentence for a path's reason code; the code itself when
 * it is not known */
const char *
udpnat_words_explain_reason (const char *reason)
{
  return find (reasons, G_N_ELEMENTS (reasons), reason);
}

/**
 * udpnat_words_explain_code: Returns: the sentence for an error code; the code itself when it is
 * not known */
const char *
udpnat_words_explain_code (const char *code)
{
  return find (codes, G_N_ELEMENTS (codes), code);
}

/** udpnat_words_explain_phase: likewise, for how far the way to somebody is */
const char *
udpnat_words_explain_phase (const char *phase)
{
  return find (phases, G_N_ELEMENTS (phases), phase);
}

/** udpnat_words_explain_router: likewise, for the kind of a router; @is_own: ours, not theirs */
const char *
udpnat_words_explain_router (const char *nat,
                             gboolean    is_own)
{
  return is_own ? find (own_routers, G_N_ELEMENTS (own_routers), nat)
                : find (their_routers, G_N_ELEMENTS (their_routers), nat);
}

/** udpnat_words_explain_their_filtering: likewise, for whom their router lets in; "unknown" has no
 * words */
const char *
udpnat_words_explain_their_filtering (const char *filtering)
{
  return find (their_filters, G_N_ELEMENTS (their_filters), filtering);
}

/** udpnat_words_name_router: likewise, in two or three words */
const char *
udpnat_words_name_router (const char *nat)
{
  return find (router_names, G_N_ELEMENTS (router_names), nat);
}

/** udpnat_words_explain_fate: likewise, for what became of an address */
const char *
udpnat_words_explain_fate (const char *fate)
{
  return find (fates, G_N_ELEMENTS (fates), fate);
}

/** udpnat_words_explain_source: likewise, for where an address is known from */
const char *
udpnat_words_explain_source (const char *source)
{
  return find (sources, G_N_ELEMENTS (sources), source);
}

/**
 * udpnat_words_explain_way:
 *
 * Returns: likewise, for how a way to an address was found: where the address is known from, or
 *   what more it took
 */
const char *
udpnat_words_explain_way (const char *source,
                          const char *discovery)
{
  return g_str_equal (discovery, "plain") || *discovery == '\0'
         ? udpnat_words_explain_source (source)
         : find (discoveries, G_N_ELEMENTS (discoveries), discovery);
}

/** udpnat_words_explain_port_rule: likewise, for what a router does with our port */
const char *
udpnat_words_explain_port_rule (const char *rule)
{
  return find (port_rules, G_N_ELEMENTS (port_rules), rule);
}

/** udpnat_words_explain_udp_state: likewise, for whether UDP works */
const char *
udpnat_words_explain_udp_state (const char *state)
{
  return find (udp_states, G_N_ELEMENTS (udp_states), state);
}

/** udpnat_words_explain_port_mapping: likewise, for whether our router keeps a port open */
const char *
udpnat_words_explain_port_mapping (const char *code)
{
  return find (port_mappings, G_N_ELEMENTS (port_mappings), code);
}

/** udpnat_words_explain_test_state: likewise, for how far the tests of our routers are */
const char *
udpnat_words_explain_test_state (const char *state)
{
  return find (test_states, G_N_ELEMENTS (test_states), state);
}

/** udpnat_words_explain_meaning: likewise, for what our network means for reaching people */
const char *
udpnat_words_explain_meaning (const char *meaning)
{
  return find (meanings, G_N_ELEMENTS (meanings), meaning);
}

/** udpnat_words_explain_fix: likewise, for what could be done about it */
const char *
udpnat_words_explain_fix (const char *fix)
{
  return find (fixes, G_N_ELEMENTS (fixes), fix);
}

/**
 * udpnat_words_explain_database: Returns: what an error code of SQLite means, in a few words
 * without a full stop */
const char *
udpnat_words_explain_database (int code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (database_errors); i++)
    if (database_errors[i].code == (code & 0xff)) /* an extended code has more to the left */
      return _(database_errors[i].words);
  return sqlite3_errstr (code);
}
