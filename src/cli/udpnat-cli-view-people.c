/* What the terminal shows of the server and of people. */

#include "config.h"

#include "udpnat-cli-view-private.h"

#include "udpnat-presence.h"
#include "udpnat-words.h"

#define TIME_FORMAT "%a %-d %b %Y %H:%M"

/* ---- The server ---- */

void
udpnat_cli_view_show_ready (UdpnatCliView *self,
                            const char    *name,
                            const char    *key,
                            const char    *local,
                            const char    *server)
{
  udpnat_cli_view_tell (self, "ready", "name", name, "key", key, "local", local, "server",
                        server != NULL ? server : "", NULL);
  if (server != NULL)
    udpnat_cli_view_show_text (self, "Listening on %s, server %s.", local, server);
  else
    udpnat_cli_view_show_text (self, "Listening on %s, without a server.", local);
}

static const char *
get_lan_state (UdpnatLanState state)
{
  switch (state)
    {
    case UDPNAT_LAN_STATE_OFF:
      return "off";
    case UDPNAT_LAN_STATE_WAITING:
      return "waiting";
    case UDPNAT_LAN_STATE_NO_NETWORK:
      return "no-network";
    case UDPNAT_LAN_STATE_WRONG_ADDRESS:
      return "wrong-address";
    case UDPNAT_LAN_STATE_ANNOUNCED:
      return "announced";
    }
  return "off";
}

/**
 * udpnat_cli_view_show_lan: @name: (nullable): ours; @is_worth_a_line: at the prompt */
void
udpnat_cli_view_show_lan (UdpnatCliView  *self,
                          UdpnatLanState  state,
                          const char     *name,
                          gboolean        is_worth_a_line)
{
  udpnat_cli_view_tell (self, "lan", "state", get_lan_state (state), "name",
                        name != NULL ? name : "", NULL);
  if (!is_worth_a_line)
    return;
  if (state == UDPNAT_LAN_STATE_OFF)
    udpnat_cli_view_show_text (self, "People on this network cannot find you: the setting lan is "
                               "off, or relay-only is on.");
  else if (state == UDPNAT_LAN_STATE_NO_NETWORK)
    udpnat_cli_view_show_text (self, "There is no network here on which others could find you. "
                               "Waiting for one.");
  else if (state == UDPNAT_LAN_STATE_WRONG_ADDRESS)
    udpnat_cli_view_show_text (self, "People on this network cannot find you at the IPv6 address "
                               "of --cip: leave the option out, or give an IPv4 address.");
  else if (state == UDPNAT_LAN_STATE_ANNOUNCED)
    udpnat_cli_view_show_clean (self, "You are %s. People on this network can find you.", name);
}

void
udpnat_cli_view_show_registered (UdpnatCliView *self,
                                 const char    *name,
                                 const char    *observed)
{
  udpnat_cli_view_tell (self, "registered", "name", name, "observed", observed, NULL);
  udpnat_cli_view_show_clean (self, "You are %s, seen from outside as %s.", name, observed);
}

void
udpnat_cli_view_show_unregistered (UdpnatCliView *self)
{
  if (udpnat_cli_view_is_json (self))
    udpnat_cli_view_end (self, udpnat_cli_view_begin ("unregistered"));
  else
    udpnat_cli_view_show_text (self, "Logged out. Nobody can find you until you login NAME.");
}

/* ---- People ---- */

static const char *
get_presence (UdpnatPerson *person)
{
  switch ((UdpnatPresence) udpnat_person_get_presence (person))
    {
    case UDPNAT_PRESENCE_OFFLINE:
      return "offline";
    case UDPNAT_PRESENCE_ONLINE:
      return "online";
    case UDPNAT_PRESENCE_AWAY:
      return "away";
    }
  return "offline";
}

static const char *
get_mark (UdpnatPerson *person)
{
  switch ((UdpnatPresence) udpnat_person_get_presence (person))
    {
    case UDPNAT_PRESENCE_OFFLINE:
      return "○";
    case UDPNAT_PRESENCE_ONLINE:
      return "●";
    case UDPNAT_PRESENCE_AWAY:
      return "◐";
    }
  return "○";
}

static const char *
get_relation (UdpnatPerson *person)
{
  switch (udpnat_person_get_relation (person))
    {
    case UDPNAT_RELATION_NONE:
      return "none";
    case UDPNAT_RELATION_REQUEST:
      return "request";
    case UDPNAT_RELATION_ACCEPTED:
      return "accepted";
    case UDPNAT_RELATION_DECLINED:
      return "declined";
    case UDPNAT_RELATION_BLOCKED:
      return "blocked";
    }
  return "none";
}

static const char *
explain_relation (UdpnatPerson *person)
{
  switch (udpnat_person_get_relation (person))
    {
    case UDPNAT_RELATION_NONE:
      return "no contact of yours";
    case UDPNAT_RELATION_REQUEST:
      return "wrote to you and waits for your answer: accept, decline or block";
    case UDPNAT_RELATION_ACCEPTED:
      return udpnat_person_is_mutual (person) ? "your contact, and you are theirs"
                                              : "your contact; has not answered yet";
    case UDPNAT_RELATION_DECLINED:
      return "declined by you";
    case UDPNAT_RELATION_BLOCKED:
      return "blocked by you";
    }
  return "no contact of yours";
}

/* What they are called: "Nick (name)" when the user has given a nickname. */
static char *
describe_name (UdpnatPerson *person)
{
  g_autofree char *title = udpnat_cli_view_dup_title (person);
  g_autofree char *name = udpnat_cli_view_clean (udpnat_person_get_name (person));

  return g_str_equal (title, name) ? g_strdup (name) : g_strdup_printf ("%s (%s)", title, name);
}

/** udpnat_cli_view_show_person: whether somebody is there */
void
udpnat_cli_view_show_person (UdpnatCliView *self,
                             UdpnatPerson  *person)
{
  gboolean is_away = udpnat_person_get_presence (person) == UDPNAT_PRESENCE_AWAY;
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      g_autofree char *name = describe_name (person);

      udpnat_cli_view_show_text (self, "%s %s%s%s", get_mark (person), name,
                                 is_away ? ", away" : "",
                                 udpnat_person_is_on_lan (person) ? ", on this network" : "");
      return;
    }
  builder = udpnat_cli_view_begin ("peer");
  udpnat_cli_view_add_text (builder, "name", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "key", udpnat_person_get_key_text (person));
  udpnat_cli_view_add_boolean (builder, "online", udpnat_person_is_online (person));
  udpnat_cli_view_add_text (builder, "presence", get_presence (person));
  udpnat_cli_view_add_boolean (builder, "lan", udpnat_person_is_on_lan (person));
  udpnat_cli_view_add_text (builder, "relation", get_relation (person));
  udpnat_cli_view_end (self, builder);
}

static void
tell_contact (UdpnatCliView *self,
              UdpnatPerson  *person)
{
  JsonBuilder *builder = udpnat_cli_view_begin ("contact");

  udpnat_cli_view_add_text (builder, "name", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "key", udpnat_person_get_key_text (person));
  udpnat_cli_view_add_text (builder, "nickname", udpnat_person_get_nickname (person));
  udpnat_cli_view_add_text (builder, "relation", get_relation (person));
  udpnat_cli_view_add_boolean (builder, "mutual", udpnat_person_is_mutual (person));
  udpnat_cli_view_add_boolean (builder, "verified", udpnat_person_is_verified (person));
  udpnat_cli_view_add_boolean (builder, "pinned", udpnat_person_is_pinned (person));
  udpnat_cli_view_add_boolean (builder, "muted", udpnat_person_is_muted (person));
  udpnat_cli_view_add_boolean (builder, "relay_only", udpnat_person_is_relay_only (person));
  udpnat_cli_view_add_text (builder, "presence", get_presence (person));
  udpnat_cli_view_add_boolean (builder, "lan", udpnat_person_is_on_lan (person));
  udpnat_cli_view_add_number (builder, "last_seen_us", udpnat_person_get_last_seen (person));
  udpnat_cli_view_add_text (builder, "status", udpnat_person_get_status (person));
  udpnat_cli_view_add_number (builder, "unread", udpnat_person_get_unread (person));
  udpnat_cli_view_add_text (builder, "draft", udpnat_person_get_draft (person));
  udpnat_cli_view_add_text (builder, "new_key", udpnat_person_get_new_key (person));
  udpnat_cli_view_end (self, builder);
}

/** udpnat_cli_view_show_contact: one line of a list of people */
void
udpnat_cli_view_show_contact (UdpnatCliView *self,
                              UdpnatPerson  *person)
{
  const char *status = udpnat_person_get_status (person);
  guint n_unread = udpnat_person_get_unread (person);
  g_autofree char *name = NULL;
  g_autofree char *unread = NULL;
  g_autofree char *clean = NULL;

  if (udpnat_cli_view_is_json (self))
    {
      tell_contact (self, person);
      return;
    }
  name = describe_name (person);
  unread = n_unread > 0 ? g_strdup_printf (", %u unread", n_unread) : g_strdup ("");
  clean = udpnat_cli_view_clean (status != NULL ? status : "");
  udpnat_cli_view_show_text (self, "%s %s%s%s%s%s%s%s", get_mark (person), name,
                             udpnat_person_is_verified (person) ? ", verified" : "",
                             udpnat_person_is_pinned (person) ? ", pinned" : "",
                             udpnat_person_is_muted (person) ? ", muted" : "", unread,
                             status != NULL ? ": " : "", clean);
}

static char *
describe_path (UdpnatCliView *self,
               UdpnatPerson  *person)
{
  const char *kind = udpnat_person_get_path_kind (person);
  const char *remote = udpnat_person_get_path_remote (person);
  gint64 rtt_us = udpnat_person_get_path_rtt (person);
  g_autofree char *rtt = rtt_us > 0 ? g_strdup_printf (", %.0f ms", rtt_us / 1000.0)
                                    : g_strdup ("");

  if (g_str_equal (kind, "lan"))
    return g_strdup_printf ("direct on this network, %s%s", remote, rtt);
  if (g_str_equal (kind, "direct"))
    return g_strdup_printf ("direct, %s%s", remote, rtt);
  if (udpnat_cli_view_is_lan_only (self))
    return g_strdup_printf ("not connected: %s",
                            udpnat_words_explain_reason (udpnat_person_get_path_reason (person)));
  return g_strdup_printf ("through the server: %s%s",
                          udpnat_words_explain_reason (udpnat_person_get_path_reason (person)),
                          rtt);
}

static void
show_last_seen (UdpnatCliView *self,
                UdpnatPerson  *person)
{
  gint64 last_seen_us = udpnat_person_get_last_seen (person);
  g_autofree char *when = NULL;

  if (udpnat_person_is_online (person) || last_seen_us == 0)
    {
      udpnat_cli_view_show_text (self, "  presence   %s%s", get_presence (person),
                                 udpnat_person_is_on_lan (person) ? ", on this network" : "");
      return;
    }
  when = udpnat_cli_view_format_time (last_seen_us, TIME_FORMAT);
  udpnat_cli_view_show_text (self, "  presence   offline, last seen %s", when);
}

/** udpnat_cli_view_show_details: everything that is known of somebody */
void
udpnat_cli_view_show_details (UdpnatCliView *self,
                              UdpnatPerson  *person)
{
  const char *status = udpnat_person_get_status (person);
  const char *new_key = udpnat_person_get_new_key (person);
  g_autofree char *name = NULL;

  if (udpnat_cli_view_is_json (self))
    {
      tell_contact (self, person);
      return;
    }
  name = describe_name (person);
  udpnat_cli_view_show_text (self, "%s %s", get_mark (person), name);
  udpnat_cli_view_show_text (self, "  key        %s", udpnat_person_get_key_text (person));
  if (new_key != NULL)
    udpnat_cli_view_show_text (self, "  NEW KEY    %s (see trust)", new_key);
  udpnat_cli_view_show_text (self, "  relation   %s", explain_relation (person));
  udpnat_cli_view_show_text (self, "  verified   %s", udpnat_person_is_verified (person) ?
                             "yes: you have compared the safety number" : "no (see verify)");
  show_last_seen (self, person);
  if (status != NULL)
    udpnat_cli_view_show_clean (self, "  status     %s", status);
  if (udpnat_person_get_avatar (person) != NULL)
    udpnat_cli_view_show_text (self, "  picture    %" G_GSIZE_FORMAT " bytes",
                               g_bytes_get_size (udpnat_person_get_avatar (person)));
  if (udpnat_person_has_path (person))
    {
      g_autofree char *path = describe_path (self, person);

      udpnat_cli_view_show_text (self, "  path       %s", path);
    }
  if (udpnat_person_get_unread (person) > 0)
    udpnat_cli_view_show_text (self, "  unread     %u", udpnat_person_get_unread (person));
  if (udpnat_person_get_draft (person) != NULL)
    udpnat_cli_view_show_clean (self, "  draft      %s", udpnat_person_get_draft (person));
  if (udpnat_person_is_pinned (person) || udpnat_person_is_muted (person))
    udpnat_cli_view_show_text (self, "  kept as    %s%s%s",
                               udpnat_person_is_pinned (person) ? "pinned" : "",
                               udpnat_person_is_pinned (person) &&
                               udpnat_person_is_muted (person) ? ", " : "",
                               udpnat_person_is_muted (person) ? "muted" : "");
}

void
udpnat_cli_view_show_unread (UdpnatCliView *self,
                             UdpnatPerson  *person)
{
  guint n_unread = udpnat_person_get_unread (person);
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      g_autofree char *name = udpnat_cli_view_dup_title (person);

      udpnat_cli_view_show_text (self, "%u unread from %s", n_unread, name);
      return;
    }
  builder = udpnat_cli_view_begin ("unread");
  udpnat_cli_view_add_text (builder, "name", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "key", udpnat_person_get_key_text (person));
  udpnat_cli_view_add_number (builder, "count", n_unread);
  udpnat_cli_view_end (self, builder);
}

/** udpnat_cli_view_show_typing: people are told only when it begins */
void
udpnat_cli_view_show_typing (UdpnatCliView *self,
                             UdpnatPerson  *person)
{
  gboolean is_typing = udpnat_person_is_typing (person);
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      if (is_typing)
        udpnat_cli_view_show_clean (self, "  %s is typing…", udpnat_person_get_title (person));
      return;
    }
  builder = udpnat_cli_view_begin ("typing");
  udpnat_cli_view_add_text (builder, "from", udpnat_person_get_name (person));
  udpnat_cli_view_add_boolean (builder, "is_typing", is_typing);
  udpnat_cli_view_end (self, builder);
}

void
udpnat_cli_view_show_path (UdpnatCliView *self,
                           UdpnatPerson  *person)
{
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      g_autofree char *path = describe_path (self, person);
      g_autofree char *name = udpnat_cli_view_dup_title (person);

      udpnat_cli_view_show_text (self, "  ⇄ %s: %s", name, path);
      return;
    }
  builder = udpnat_cli_view_begin ("path");
  udpnat_cli_view_add_text (builder, "peer", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "kind", udpnat_person_get_path_kind (person));
  udpnat_cli_view_add_text (builder, "remote", udpnat_person_get_path_remote (person));
  udpnat_cli_view_add_number (builder, "rtt_us", udpnat_person_get_path_rtt (person));
  udpnat_cli_view_add_text (builder, "reason", udpnat_person_get_path_reason (person));
  udpnat_cli_view_end (self, builder);
}
