#include "config.h"

#include "udpnat-words.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  const char *code;
  const char *words;
} Entry;

/* Why a conversation goes through the server. */
static const Entry reasons[] = {
  { "no-session", N_("they have not answered yet") },
  { "connecting", N_("trying a direct path") },
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
  { "unknown-peer", N_("nobody of that name is known at the server") },
  { "no-server", N_("the server does not answer") },
  { "self", N_("that is you") },
  { "too-many", N_("too many messages are waiting") },
  { "offline", N_("not there at the moment; the message waits") },
  { "server-lost", N_("the server is lost; trying again") },
  { "server-changed",
    N_("the server has another key than before. If its owner says that this is right, remove it "
       "from the profile") },
  { "key-changed",
    N_("the server says that this name belongs to another key now; the old one is kept") },
  { "replaced", N_("your key is in use in another place, and only one can be connected") },
  { "withdrawn", N_("you have withdrawn it") },
  { "blocked", N_("you have blocked them") },
  { "mailbox-off",
    N_("they are away, and the server keeps no mail; it is sent when they are there") },
  { "mailbox-unknown",
    N_("they are away, and have no mailbox at this server; it is sent when they are there") },
  { "mailbox-full", N_("their mailbox is full; it is sent when they have emptied it") },
  { "mailbox-strangers",
    N_("they have not accepted you, and their mailbox has no more room for strangers; it is sent "
       "when they are there") },
  { "mailbox-too-large", N_("it is too large for their mailbox; it is sent when they are there") },
  { "mailbox-refused", N_("their mailbox does not take it; it is sent when they are there") },
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
