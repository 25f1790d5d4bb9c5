/* How things stand, in words: of a line, a person, a path, the server. A tick is only ever for what
 * the other side has acknowledged: see #UdpnatItemState. */

#include "config.h"

#include "udpnat-status-words.h"

#include <glib/gi18n-lib.h>

#include "udpnat-local-time.h"
#include "udpnat-presence.h"
#include "udpnat-words.h"

/* ---- Times ---- */

static char *
format_clock (GDateTime *time)
{
  /* Translators: a time of day, as g_date_time_format() takes it; for 12 hours: %l:%M %p */
  return g_date_time_format (time, _("%H:%M"));
}

/** udpnat_words_format_clock: Returns: hour and minute, as the locale writes it in short */
char *
udpnat_words_format_clock (gint64 wall_us)
{
  g_autoptr (GDateTime) time = udpnat_local_time_new (wall_us);

  return time != NULL ? format_clock (time) : g_strdup ("");
}

/* Calendar days from @time to today; negative in the future */
static int
count_days_ago (GDateTime *time)
{
  g_autoptr (GDateTime) now = g_date_time_new_now (g_date_time_get_timezone (time));
  GDate then_date;
  GDate now_date;

  g_date_clear (&then_date, 1);
  g_date_clear (&now_date, 1);
  g_date_set_dmy (&then_date, g_date_time_get_day_of_month (time), g_date_time_get_month (time),
                  g_date_time_get_year (time));
  g_date_set_dmy (&now_date, g_date_time_get_day_of_month (now), g_date_time_get_month (now),
                  g_date_time_get_year (now));
  return g_date_days_between (&then_date, &now_date);
}

/** udpnat_words_format_day: Returns: "Today", "Yesterday", a weekday of the last week, or a date */
char *
udpnat_words_format_day (gint64 wall_us)
{
  g_autoptr (GDateTime) time = udpnat_local_time_new (wall_us);
  g_autoptr (GDateTime) now = NULL;
  int days;

  if (time == NULL)
    return g_strdup ("");
  days = count_days_ago (time);
  if (days == 0)
    return g_strdup (_("Today"));
  if (days == 1)
    return g_strdup (_("Yesterday"));
  if (days > 1 && days < 7)
    return g_date_time_format (time, "%A");
  now = g_date_time_new_now (g_date_time_get_timezone (time));
  if (g_date_time_get_year (time) == g_date_time_get_year (now))
    /* Translators: a day of this year, as g_date_time_format() takes it: 3 May */
    return g_date_time_format (time, _("%e %B"));
  /* Translators: a day of another year, as g_date_time_format() takes it: 3 May 2026 */
  return g_date_time_format (time, _("%e %B %Y"));
}

/** udpnat_words_format_when: Returns: in few characters: the time today, else the day */
char *
udpnat_words_format_when (gint64 wall_us)
{
  g_autoptr (GDateTime) time = udpnat_local_time_new (wall_us);
  int days;

  if (time == NULL)
    return g_strdup ("");
  days = count_days_ago (time);
  if (days <= 0)
    return format_clock (time);
  if (days == 1)
    return g_strdup (_("Yesterday"));
  if (days < 7)
    /* Translators: a weekday in few characters, as g_date_time_format() takes it: Mon
     * xgettext:no-c-format */
    return g_date_time_format (time, _("%a"));
  /* Translators: a day in few characters, as g_date_time_format() takes it: 03/05/26
   * xgettext:no-c-format */
  return g_date_time_format (time, _("%x"));
}

/* The same amid a sentence. */
static char *
format_when_within (gint64 wall_us)
{
  g_autoptr (GDateTime) time = udpnat_local_time_new (wall_us);

  if (time != NULL && count_days_ago (time) == 1)
    return g_strdup (g_dpgettext2 (GETTEXT_PACKAGE, "amid a sentence", "yesterday"));
  return udpnat_words_format_when (wall_us);
}

/** udpnat_words_format_rtt: Returns: "23 ms" */
char *
udpnat_words_format_rtt (gint64 rtt_us)
{
  if (rtt_us < 1000)
    return g_strdup (_("under 1 ms"));
  /* Translators: milliseconds */
  return g_strdup_printf (_("%u ms"), (guint) ((rtt_us + 500) / 1000));
}

/* ---- Lines ---- */

/** udpnat_item_state_to_sign: Returns: one character that stands for the state where there is no
 * room for words */
const char *
udpnat_item_state_to_sign (UdpnatItemState state)
{
  switch (state)
    {
    case UDPNAT_ITEM_STATE_WAITING:
      return "🕓";
    case UDPNAT_ITEM_STATE_SENT:
      return "↑";
    case UDPNAT_ITEM_STATE_STORED:
      return "✉";
    case UDPNAT_ITEM_STATE_DELIVERED:
      return "✓";
    case UDPNAT_ITEM_STATE_READ:
      return "✓✓";
    case UDPNAT_ITEM_STATE_FAILED:
      return "!";
    }
  return "!";
}

static char *
describe_waiting (UdpnatPerson *person)
{
  const char *title = udpnat_person_get_title (person);
  const char *reason = udpnat_person_get_wait_reason (person);
  g_autofree char *when = NULL;

  if (reason != NULL)
    return g_strdup_printf (_("Waiting for %s: %s"), title, udpnat_words_explain_code (reason));
  if (udpnat_person_is_online (person) || udpnat_person_get_last_seen (person) == 0)
    return g_strdup_printf (_("Waiting for %s"), title);
  when = format_when_within (udpnat_person_get_last_seen (person));
  /* Translators: %s are a name and a time or day: Waiting for Bob (last here 18:20) */
  return g_strdup_printf (_("Waiting for %s (last here %s)"), title, when);
}

/**
 * udpnat_words_describe_line:
 * @person: with whom it was said
 *
 * Returns: how far a line of ours has come
 */
char *
udpnat_words_describe_line (UdpnatHistoryItem *line,
                            UdpnatPerson      *person)
{
  const char *title = udpnat_person_get_title (person);
  const char *reason = udpnat_history_item_get_reason (line);

  if (!udpnat_history_item_is_outgoing (line))
    return g_strdup (_("Received"));
  switch (udpnat_history_item_get_state (line))
    {
    case UDPNAT_ITEM_STATE_WAITING:
      return describe_waiting (person);
    case UDPNAT_ITEM_STATE_SENT:
      return g_strdup_printf (_("Sent; %s has not confirmed it yet"), title);
    case UDPNAT_ITEM_STATE_STORED:
      return g_strdup_printf (_("In the mailbox of %s, sealed"), title);
    case UDPNAT_ITEM_STATE_DELIVERED:
      /* It is on their disk. Who does not know us may not have looked at it, and see it only once
       * they let us in. */
      if (!udpnat_person_is_mutual (person))
        return g_strdup_printf (_("Delivered to %s, who has not answered yet"), title);
      return g_strdup_printf (_("Delivered to %s"), title);
    case UDPNAT_ITEM_STATE_READ:
      return g_strdup_printf (_("Read by %s"), title);
    case UDPNAT_ITEM_STATE_FAILED:
      if (reason == NULL || *reason == '\0')
        return g_strdup (_("Not sent"));
      return g_strdup_printf (_("Not sent: %s"), udpnat_words_explain_code (reason));
    }
  return g_strdup ("");
}

/** udpnat_words_preview_line: Returns: a line of at most some hundred characters, without breaks */
char *
udpnat_words_preview_line (UdpnatHistoryItem *line)
{
  const char *text = udpnat_history_item_get_text (line);
  g_autofree char *first = NULL;

  if (udpnat_history_item_is_deleted (line))
    return g_strdup (_("Message deleted"));
  if (text == NULL)
    return g_strdup (_("Needs a newer version of udpnat"));
  first = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), 200));
  g_strdelimit (first, "\n\r\t\v\f", ' ');
  if (udpnat_history_item_is_outgoing (line))
    /* Translators: the newest message in the list of chats, when it is one's own */
    return g_strdup_printf (_("You: %s"), g_strstrip (first));
  return g_strdup (g_strstrip (first));
}

/* ---- People ---- */

/** udpnat_words_describe_presence: Returns: whether they are there, or since when not */
char *
udpnat_words_describe_presence (UdpnatPerson *person)
{
  g_autofree char *when = NULL;

  if (udpnat_person_is_cut_off (person))
    return g_strdup (_("They cannot be reached at the moment"));
  switch ((UdpnatPresence) udpnat_person_get_presence (person))
    {
    case UDPNAT_PRESENCE_ONLINE:
      return g_strdup (_("Online"));
    case UDPNAT_PRESENCE_AWAY:
      return g_strdup (_("Away"));
    case UDPNAT_PRESENCE_OFFLINE:
      break;
    }
  if (udpnat_person_get_last_seen (person) == 0)
    return g_strdup (_("Offline"));
  when = format_when_within (udpnat_person_get_last_seen (person));
  return g_strdup_printf (_("Last here %s"), when);
}

/** udpnat_words_describe_path: Returns: how packets travel now, and why; "" with no conversation */
char *
udpnat_words_describe_path (UdpnatPerson *person)
{
  const char *kind = udpnat_person_get_path_kind (person);
  const char *reason = udpnat_person_get_path_reason (person);
  gint64 rtt_us = udpnat_person_get_path_rtt (person);
  g_autofree char *rtt = rtt_us > 0 ? udpnat_words_format_rtt (rtt_us) : NULL;

  if (!udpnat_person_has_path (person))
    return g_strdup ("");
  if (g_str_equal (kind, "lan"))
    return rtt != NULL ? g_strdup_printf (_("Direct in this network, %s"), rtt)
                       : g_strdup (_("Direct in this network"));
  if (g_str_equal (kind, "direct"))
    /* Translators: %s is a round-trip time: Direct, 23 ms */
    return rtt != NULL ? g_strdup_printf (_("Direct, %s"), rtt) : g_strdup (_("Direct"));
  if (g_str_equal (reason, "connecting"))
    return g_strdup (_("Connecting: trying a direct path"));
  if (g_str_equal (reason, "searching"))
    return g_strdup (_("Connecting: looking for an open door, up to 20 seconds"));
  if (g_str_equal (reason, "no-session"))
    return g_strdup (_("Connecting: waiting for an answer"));
  if (g_str_equal (reason, "udp-blocked"))
    return g_strdup (_("Through the server over TCP: this network blocks UDP"));
  if (*reason == '\0' || g_str_equal (reason, "idle"))
    return g_strdup (_("Through the server"));
  return g_strdup_printf (_("Through the server: %s"), udpnat_words_explain_reason (reason));
}

/** udpnat_words_describe_person: Returns: what there is to say below their name: what they do, the
 * path, or presence */
char *
udpnat_words_describe_person (UdpnatPerson *person)
{
  if (udpnat_person_is_typing (person))
    return g_strdup (_("Writing…"));
  if (udpnat_person_get_relation (person) == UDPNAT_RELATION_BLOCKED)
    return g_strdup (_("Blocked"));
  if (udpnat_person_is_online (person) && udpnat_person_has_path (person) &&
      !udpnat_person_is_cut_off (person) &&
      !g_str_equal (udpnat_person_get_path_reason (person), "idle"))
    return udpnat_words_describe_path (person);
  return udpnat_words_describe_presence (person);
}

/* ---- The server ---- */

/** udpnat_words_describe_server: Returns: how things stand with the server, in one sentence */
char *
udpnat_words_describe_server (UdpnatClient *client)
{
  const char *server = udpnat_client_get_server (client);
  const char *code = udpnat_client_get_server_code (client);

  switch (udpnat_client_get_server_state (client))
    {
    case UDPNAT_SERVER_STATE_NONE:
      if (udpnat_client_get_lan_state (client) == UDPNAT_LAN_STATE_WRONG_ADDRESS)
        return g_strdup (_("People on this network cannot find you at the IPv6 address of --cip"));
      return g_strdup (_("People on this network"));
    case UDPNAT_SERVER_STATE_RESOLVING:
      return g_strdup_printf (_("Looking for %s"), server);
    case UDPNAT_SERVER_STATE_NOT_FOUND:
      return g_strdup_printf (_("There is no server called %s. Check its name, or your network"),
                              server);
    case UDPNAT_SERVER_STATE_CONNECTING:
      return g_strdup_printf (_("Connecting to %s"), server);
    case UDPNAT_SERVER_STATE_SILENT:
      return g_strdup_printf (_("The server %s does not answer; still trying"), server);
    case UDPNAT_SERVER_STATE_REGISTERED:
      return g_strdup_printf (udpnat_client_is_away (client) ? _("Away as %s") : _("Online as %s"),
                              udpnat_client_get_name (client));
    case UDPNAT_SERVER_STATE_REFUSED:
      return g_strdup_printf (_("The server refuses: %s"), udpnat_words_explain_code (code));
    case UDPNAT_SERVER_STATE_LOST:
      return g_strdup_printf (_("The server %s is lost; trying again"), server);
    case UDPNAT_SERVER_STATE_REPLACED:
      return g_strdup (_("Your key is in use in another place, and only one can be connected"));
    case UDPNAT_SERVER_STATE_KEY_CHANGED:
      return g_strdup_printf (_("The server %s has another key than before"), server);
    case UDPNAT_SERVER_STATE_LOGGED_OUT:
      return g_strdup (_("Logged out"));
    }
  return g_strdup ("");
}
