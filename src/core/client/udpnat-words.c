#include "config.h"

#include "udpnat-words.h"

typedef struct
{
  const char *code;
  const char *words;
} Entry;

/* Why a conversation goes through the server. */
static const Entry reasons[] = {
  { "no-session", "they have not answered yet" },
  { "connecting", "trying a direct path" },
  { "no-candidates", "they named no address that could be tried" },
  { "relay-only-local", "you chose to always use the server" },
  { "relay-only-remote", "they chose to always use the server" },
  { "both-symmetric", "both routers give every contact a different door" },
  { "local-symmetric",
    "your router gives every contact a different door, and theirs only opens to exact doors" },
  { "remote-symmetric",
    "their router gives every contact a different door, and yours only opens to exact doors" },
  { "no-answer", "no packet made it both ways, and the routers do not say why" },
  { "direct-lost", "the direct path fell silent" },
  { "idle", "nobody has said anything for a while" },
  { "request", "you have not accepted them; they learn no address of yours" },
  { "not-accepted", "they have not accepted you yet" },
};

/* What went wrong. */
static const Entry codes[] = {
  { "name-taken", "that name belongs to somebody else; choose another" },
  { "name-not-allowed",
    "a name is 1 to 64 characters, without control characters or spaces at its ends" },
  { "try-later", "the server cannot do that now; it is tried again" },
  { "server-full", "the server takes no more people" },
  { "refused", "the server refuses" },
  { "unknown-peer", "nobody of that name is known at the server" },
  { "no-server", "the server does not answer" },
  { "self", "that is you" },
  { "too-many", "too many messages are waiting" },
  { "offline", "not there at the moment; the message waits" },
  { "server-lost", "the server is lost; trying again" },
  { "server-changed",
    "the server has another key than before. If its owner says that this is right, remove it from "
    "the profile" },
  { "key-changed",
    "the server says that this name belongs to another key now; the old one is kept" },
  { "replaced", "your key is in use in another place, and only one can be connected" },
  { "withdrawn", "you have withdrawn it" },
  { "blocked", "you have blocked them" },
  { "mailbox-off", "they are away, and the server keeps no mail; it is sent when they are there" },
  { "mailbox-unknown",
    "they are away, and have no mailbox at this server; it is sent when they are there" },
  { "mailbox-full", "their mailbox is full; it is sent when they have emptied it" },
  { "mailbox-strangers",
    "they have not accepted you, and their mailbox has no more room for strangers; it is sent when "
    "they are there" },
  { "mailbox-too-large", "it is too large for their mailbox; it is sent when they are there" },
  { "mailbox-refused", "their mailbox does not take it; it is sent when they are there" },
};

static const char *
find (const Entry *entries,
      gsize        n_entries,
      const char  *code)
{
  for (gsize i = 0; i < n_entries; i++)
    if (g_str_equal (entries[i].code, code))
      return entries[i].words;
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
