/* What the terminal shows of the server and of people. */

#include "config.h"

#include "udpnat-cli-view-private.h"

#include <glib/gi18n.h>

#include "udpnat-presence.h"
#include "udpnat-words.h"

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
    /* Translators: our own address, and the server's */
    udpnat_cli_view_show_text (self, _("Listening on %s, server %s."), local, server);
  else
    udpnat_cli_view_show_text (self, _("Listening on %s, without a server."), local);
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
    /* Translators: “lan” and “relay-only” are names of settings, and stay as they are */
    udpnat_cli_view_show_text (self, _("People on this network cannot find you: the setting lan is "
                                       "off, or relay-only is on."));
  else if (state == UDPNAT_LAN_STATE_NO_NETWORK)
    udpnat_cli_view_show_text (self, _("There is no network here on which others could find you. "
                                       "Waiting for one."));
  else if (state == UDPNAT_LAN_STATE_WRONG_ADDRESS)
    udpnat_cli_view_show_text (self, _("People on this network cannot find you at the IPv6 address "
                                       "of --cip: leave the option out, or give an IPv4 "
                                       "address."));
  else if (state == UDPNAT_LAN_STATE_ANNOUNCED)
    udpnat_cli_view_show_clean (self, _("You are %s. People on this network can find you."), name);
}

void
udpnat_cli_view_show_registered (UdpnatCliView *self,
                                 const char    *name,
                                 const char    *observed)
{
  udpnat_cli_view_tell (self, "registered", "name", name, "observed", observed, NULL);
  /* Translators: our own name, and the address that the server sees */
  udpnat_cli_view_show_clean (self, _("You are %s, seen from outside as %s."), name, observed);
}

void
udpnat_cli_view_show_unregistered (UdpnatCliView *self)
{
  if (udpnat_cli_view_is_json (self))
    udpnat_cli_view_end (self, udpnat_cli_view_begin ("unregistered"));
  else
    /* Translators: “login” is a command to type, and stays as it is */
    udpnat_cli_view_show_text (self, _("Logged out. Nobody can find you until you login NAME."));
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
get_presence_word (UdpnatPerson *person)
{
  switch ((UdpnatPresence) udpnat_person_get_presence (person))
    {
    case UDPNAT_PRESENCE_OFFLINE:
      return C_("person", "offline");
    case UDPNAT_PRESENCE_ONLINE:
      return C_("person", "online");
    case UDPNAT_PRESENCE_AWAY:
      return C_("person", "away");
    }
  return C_("person", "offline");
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
      return C_("person", "no contact of yours");
    case UDPNAT_RELATION_REQUEST:
      /* Translators: “accept”, “decline” and “block” are commands to type, and stay as they are */
      return C_("person", "wrote to you and waits for your answer: accept, decline or block");
    case UDPNAT_RELATION_ACCEPTED:
      return udpnat_person_is_mutual (person) ? C_("person", "your contact, and you are theirs")
                                              : C_("person", "your contact; has not answered yet");
    case UDPNAT_RELATION_DECLINED:
      return C_("person", "declined by you");
    case UDPNAT_RELATION_BLOCKED:
      return C_("person", "blocked by you");
    }
  return C_("person", "no contact of yours");
}

/* What they are called: "Nick (name)" when the user has given a nickname. */
static char *
describe_name (UdpnatPerson *person)
{
  g_autofree char *title = udpnat_cli_view_dup_title (person);
  g_autofree char *name = udpnat_cli_view_clean (udpnat_person_get_name (person));

  return g_str_equal (title, name) ? g_strdup (name) : g_strdup_printf ("%s (%s)", title, name);
}

/* "● Bob", to which facts can be appended. */
static GString *
begin_line (UdpnatPerson *person)
{
  g_autofree char *name = describe_name (person);
  GString *line = g_string_new (NULL);

  g_string_printf (line, "%s %s", get_mark (person), name);
  return line;
}

/** udpnat_cli_view_show_person: whether somebody is there */
void
udpnat_cli_view_show_person (UdpnatCliView *self,
                             UdpnatPerson  *person)
{
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      g_autoptr (GString) line = begin_line (person);

      if (udpnat_person_get_presence (person) == UDPNAT_PRESENCE_AWAY)
        udpnat_cli_view_append_fact (line, C_("person", "away"));
      if (udpnat_person_is_on_lan (person))
        udpnat_cli_view_append_fact (line, C_("person", "on this network"));
      udpnat_cli_view_show_text (self, "%s", line->str);
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

static void
append_unread (GString *line,
               guint    n_unread)
{
  g_autofree char *unread = NULL;

  if (n_unread == 0)
    return;
  /* Translators: how many messages of somebody were not read */
  unread = g_strdup_printf (ngettext ("%u unread", "%u unread", n_unread), n_unread);
  udpnat_cli_view_append_fact (line, unread);
}

/** udpnat_cli_view_show_contact: one line of a list of people */
void
udpnat_cli_view_show_contact (UdpnatCliView *self,
                              UdpnatPerson  *person)
{
  const char *status = udpnat_person_get_status (person);
  g_autoptr (GString) line = NULL;
  g_autofree char *clean = NULL;

  if (udpnat_cli_view_is_json (self))
    {
      tell_contact (self, person);
      return;
    }
  line = begin_line (person);
  if (udpnat_person_is_verified (person))
    udpnat_cli_view_append_fact (line, C_("person", "verified"));
  if (udpnat_person_is_pinned (person))
    udpnat_cli_view_append_fact (line, C_("person", "pinned"));
  if (udpnat_person_is_muted (person))
    udpnat_cli_view_append_fact (line, C_("person", "muted"));
  append_unread (line, udpnat_person_get_unread (person));
  clean = udpnat_cli_view_clean (status != NULL ? status : "");
  udpnat_cli_view_show_text (self, "%s%s%s", line->str, status != NULL ? ": " : "", clean);
}

static char *
describe_path (UdpnatCliView *self,
               UdpnatPerson  *person)
{
  const char *kind = udpnat_person_get_path_kind (person);
  const char *remote = udpnat_person_get_path_remote (person);
  const char *reason = udpnat_words_explain_reason (udpnat_person_get_path_reason (person));
  gboolean is_direct = g_str_equal (kind, "direct") || g_str_equal (kind, "lan");
  GString *path = g_string_new (NULL);

  if (g_str_equal (kind, "lan"))
    /* Translators: how somebody is reached, and their address */
    g_string_printf (path, _("direct on this network, %s"), remote);
  else if (is_direct)
    /* Translators: how somebody is reached, and their address */
    g_string_printf (path, _("direct, %s"), remote);
  else if (udpnat_cli_view_is_lan_only (self))
    /* Translators: how somebody is reached, and why */
    g_string_printf (path, _("not connected: %s"), reason);
  else
    /* Translators: how somebody is reached, and why */
    g_string_printf (path, _("through the server: %s"), reason);
  if (is_direct || !udpnat_cli_view_is_lan_only (self))
    udpnat_cli_view_append_rtt (path, udpnat_person_get_path_rtt (person));
  return g_string_free (path, FALSE);
}

static void
show_presence (UdpnatCliView *self,
               UdpnatPerson  *person)
{
  gint64 last_seen_us = udpnat_person_get_last_seen (person);
  g_autofree char *when = NULL;

  if (udpnat_person_is_online (person) || last_seen_us == 0)
    {
      g_autoptr (GString) words = g_string_new (get_presence_word (person));

      if (udpnat_person_is_on_lan (person))
        udpnat_cli_view_append_fact (words, C_("person", "on this network"));
      udpnat_cli_view_show_field (self, C_("label", "presence"), "%s", words->str);
      return;
    }
  /* Translators: day and time in short, as g_date_time_format() takes them: Mon 3 May 2026 18:20
   * xgettext:no-c-format */
  when = udpnat_cli_view_format_time (last_seen_us, _("%a %-d %b %Y %H:%M"));
  /* Translators: %s is a day and a time */
  udpnat_cli_view_show_field (self, C_("label", "presence"), _("offline, last seen %s"), when);
}

static void
show_picture (UdpnatCliView *self,
              UdpnatPerson  *person)
{
  GBytes *avatar = udpnat_person_get_avatar (person);
  gulong n_bytes = avatar != NULL ? g_bytes_get_size (avatar) : 0;

  if (avatar != NULL)
    udpnat_cli_view_show_field (self, C_("label", "picture"),
                                ngettext ("%lu byte", "%lu bytes", n_bytes), n_bytes);
}

static void
show_kept_as (UdpnatCliView *self,
              UdpnatPerson  *person)
{
  gboolean is_pinned = udpnat_person_is_pinned (person);
  g_autoptr (GString) words = NULL;

  if (!is_pinned && !udpnat_person_is_muted (person))
    return;
  words = g_string_new (is_pinned ? C_("person", "pinned") : C_("person", "muted"));
  if (is_pinned && udpnat_person_is_muted (person))
    udpnat_cli_view_append_fact (words, C_("person", "muted"));
  /* Translators: what follows is “pinned” or “muted” */
  udpnat_cli_view_show_field (self, C_("label", "kept as"), "%s", words->str);
}

/* What is only known of some. */
static void
show_more_details (UdpnatCliView *self,
                   UdpnatPerson  *person)
{
  const char *status = udpnat_person_get_status (person);
  const char *draft = udpnat_person_get_draft (person);
  g_autofree char *clean_status = udpnat_cli_view_clean (status != NULL ? status : "");
  g_autofree char *clean_draft = udpnat_cli_view_clean (draft != NULL ? draft : "");

  if (status != NULL)
    udpnat_cli_view_show_field (self, C_("label", "status"), "%s", clean_status);
  show_picture (self, person);
  if (udpnat_person_has_path (person))
    {
      g_autofree char *path = describe_path (self, person);

      udpnat_cli_view_show_field (self, C_("label", "path"), "%s", path);
    }
  if (udpnat_person_get_unread (person) > 0)
    udpnat_cli_view_show_field (self, C_("label", "unread"), "%u",
                                udpnat_person_get_unread (person));
  if (draft != NULL)
    udpnat_cli_view_show_field (self, C_("label", "draft"), "%s", clean_draft);
  show_kept_as (self, person);
}

/** udpnat_cli_view_show_details: everything that is known of somebody */
void
udpnat_cli_view_show_details (UdpnatCliView *self,
                              UdpnatPerson  *person)
{
  const char *new_key = udpnat_person_get_new_key (person);
  g_autoptr (GString) first = NULL;

  if (udpnat_cli_view_is_json (self))
    {
      tell_contact (self, person);
      return;
    }
  first = begin_line (person);
  udpnat_cli_view_show_text (self, "%s", first->str);
  /* Translators: labels in the terminal stand before a column that begins after ten characters, or
   * five that are twice as wide; shorter ones look best */
  udpnat_cli_view_show_field (self, C_("label", "key"), "%s", udpnat_person_get_key_text (person));
  if (new_key != NULL)
    /* Translators: a key; “trust” is a command to type, and stays as it is */
    udpnat_cli_view_show_field (self, C_("label", "NEW KEY"), _("%s (see trust)"), new_key);
  udpnat_cli_view_show_field (self, C_("label", "relation"), "%s", explain_relation (person));
  udpnat_cli_view_show_field (self, C_("label", "verified"), "%s",
                              udpnat_person_is_verified (person) ?
                              _("yes: you have compared the safety number") :
                              /* Translators: “verify” is a command to type, and stays as it is */
                              _("no (see verify)"));
  show_presence (self, person);
  show_more_details (self, person);
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

      /* Translators: how many messages were not read, and a name */
      udpnat_cli_view_show_text (self, ngettext ("%u unread from %s", "%u unread from %s",
                                                 n_unread), n_unread, name);
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
        udpnat_cli_view_show_clean (self, _("  %s is typing…"), udpnat_person_get_title (person));
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
