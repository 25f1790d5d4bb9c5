/* What a picture of a path or of a network shows, made of the core's reports. It knows nothing of
 * drawing. */

#include "config.h"

#include "udpnat-path-scene.h"

#include <glib/gi18n.h>

#include "udpnat-status-words.h"
#include "udpnat-words.h"

void
udpnat_path_scene_free (UdpnatPathScene *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < self->n_stops; i++)
    {
      g_free (self->stops[i].title);
      g_free (self->stops[i].detail);
      g_free (self->stops[i].address);
    }
  g_free (self->words);
  g_free (self);
}

/* @detail: (nullable); @address: (nullable): "" is the same as %NULL for both */
static void
add_stop (UdpnatPathScene *self,
          UdpnatStopKind   kind,
          const char      *title,
          const char      *detail,
          const char      *address)
{
  UdpnatStop *stop = &self->stops[self->n_stops++];

  g_assert (self->n_stops <= UDPNAT_SCENE_STOPS_MAX);
  stop->kind = kind;
  stop->title = g_strdup (title);
  stop->detail = detail != NULL && *detail != '\0' ? g_strdup (detail) : NULL;
  stop->address = address != NULL && *address != '\0' ? g_strdup (address) : NULL;
}

static void
set_links (UdpnatPathScene *self,
           UdpnatLinkState  state)
{
  for (guint i = 0; i + 1 < self->n_stops; i++)
    self->links[i] = state;
}

static gboolean
is_same_stop (const UdpnatStop *a,
              const UdpnatStop *b)
{
  return a->kind == b->kind && g_strcmp0 (a->title, b->title) == 0 &&
         g_strcmp0 (a->detail, b->detail) == 0 && g_strcmp0 (a->address, b->address) == 0;
}

/** udpnat_path_scene_equal: whether both look the same; each is (nullable) */
gboolean
udpnat_path_scene_equal (const UdpnatPathScene *a,
                         const UdpnatPathScene *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  if (a->n_stops != b->n_stops || a->has_bypass != b->has_bypass ||
      a->bypass_from != b->bypass_from || a->bypass_to != b->bypass_to ||
      a->bypass != b->bypass || g_strcmp0 (a->words, b->words) != 0)
    return FALSE;
  for (guint i = 0; i < a->n_stops; i++)
    if (!is_same_stop (&a->stops[i], &b->stops[i]) ||
        (i + 1 < a->n_stops && a->links[i] != b->links[i]))
      return FALSE;
  return TRUE;
}

/* ---- A path ---- */

static const char *
find_own (UdpnatPathReport *report,
          const char       *source)
{
  const UdpnatPathReportEntry *entry;

  for (guint i = 0; (entry = udpnat_path_report_get_own (report, i)) != NULL; i++)
    if (g_str_equal (entry->source, source))
      return entry->address;
  return NULL;
}

static const char *
find_theirs (UdpnatPathReport *report,
             const char       *source)
{
  const UdpnatPathReportEntry *entry;

  for (guint i = 0; (entry = udpnat_path_report_get_theirs (report, i)) != NULL; i++)
    if (g_str_equal (entry->source, source))
      return entry->address;
  return NULL;
}

static const UdpnatPathReportEntry *
find_selected (UdpnatPathReport *report)
{
  const UdpnatPathReportEntry *entry;

  for (guint i = 0; (entry = udpnat_path_report_get_theirs (report, i)) != NULL; i++)
    if (entry->is_selected)
      return entry;
  return NULL;
}

static void
add_router (UdpnatPathScene *self,
            const char      *nat,
            const char      *title,
            const char      *address)
{
  if (!g_str_equal (nat, "none"))
    add_stop (self, UDPNAT_STOP_ROUTER, title, udpnat_words_name_router (nat), address);
}

static void
add_both_sides (UdpnatPathScene  *self,
                UdpnatPathReport *report,
                const char       *title,
                UdpnatStopKind    middle,
                const char       *middle_title)
{
  gint64 rtt_us = udpnat_path_report_get_rtt (report);
  g_autofree char *rtt = rtt_us > 0 ? udpnat_words_format_rtt (rtt_us) : NULL;
  const char *in_use = udpnat_path_report_get_address (report);

  add_stop (self, UDPNAT_STOP_COMPUTER, _("You"), NULL, find_own (report, "host"));
  add_router (self, udpnat_path_report_get_own_nat (report), _("Your router"),
              find_own (report, "observed"));
  add_stop (self, middle, middle_title, rtt, NULL);
  add_router (self, udpnat_path_report_get_their_nat (report), _("Their router"),
              *in_use != '\0' ? in_use : find_theirs (report, "observed"));
  add_stop (self, UDPNAT_STOP_PERSON, title, NULL, find_theirs (report, "host"));
}

/* Whether a direct path was tried to the end. */
static gboolean
is_verdict (const char *reason)
{
  static const char *const verdicts[] = { "both-symmetric", "local-symmetric", "remote-symmetric",
                                          "no-answer", "direct-lost", "no-candidates", NULL };

  return g_strv_contains (verdicts, reason);
}

/* The direct way that there is not, beside the way through the server. */
static void
add_bypass (UdpnatPathScene  *self,
            UdpnatPathReport *report)
{
  gboolean is_trying = g_str_equal (udpnat_path_report_get_phase (report), "trying");

  if (!is_trying && !is_verdict (udpnat_path_report_get_reason (report)))
    return;
  for (guint i = 1; i + 1 < self->n_stops; i++)
    if (self->stops[i].kind == UDPNAT_STOP_SERVER)
      {
        self->has_bypass = TRUE;
        self->bypass_from = i - 1;
        self->bypass_to = i + 1;
        self->bypass = is_trying ? UDPNAT_LINK_OPEN : UDPNAT_LINK_BROKEN;
      }
}

static char *
describe_path (UdpnatPathReport *report,
               const char       *title)
{
  const char *phase = udpnat_words_explain_phase (udpnat_path_report_get_phase (report));
  const char *own = udpnat_words_explain_router (udpnat_path_report_get_own_nat (report), TRUE);
  const char *theirs = udpnat_words_explain_router (udpnat_path_report_get_their_nat (report),
                                                    FALSE);
  const char *reason = udpnat_path_report_get_reason (report);
  gint64 rtt_us = udpnat_path_report_get_rtt (report);
  g_autofree char *rtt = udpnat_words_format_rtt (rtt_us);

  if (*reason != '\0' && g_str_equal (udpnat_path_report_get_phase (report), "relayed"))
    /* Translators: a picture in words: name, how connected, why, and a sentence for each router */
    return g_strdup_printf (_("You and %s. %s: %s. %s. %s."), title, phase,
                            udpnat_words_explain_reason (reason), own, theirs);
  if (g_str_equal (udpnat_path_report_get_kind (report), "lan"))
    /* Translators: a picture in words: name, round trip */
    return g_strdup_printf (_("You and %s. Connected directly on this network, round trip %s."),
                            title, rtt);
  if (rtt_us > 0)
    /* Translators: a picture in words: name, how connected, round trip, each router */
    return g_strdup_printf (_("You and %s. %s, round trip %s. %s. %s."), title, phase, rtt, own,
                            theirs);
  /* Translators: a picture in words: name, how connected, and a sentence for each router */
  return g_strdup_printf (_("You and %s. %s. %s. %s."), title, phase, own, theirs);
}

static void
add_direct (UdpnatPathScene  *self,
            UdpnatPathReport *report,
            const char       *title)
{
  const UdpnatPathReportEntry *selected = find_selected (report);
  gboolean is_lan = g_str_equal (udpnat_path_report_get_kind (report), "lan");

  if (is_lan)
    {
      g_autofree char *rtt = udpnat_words_format_rtt (udpnat_path_report_get_rtt (report));

      add_stop (self, UDPNAT_STOP_COMPUTER, _("You"), NULL, find_own (report, "host"));
      add_stop (self, UDPNAT_STOP_NETWORK, _("This network"), rtt, NULL);
      add_stop (self, UDPNAT_STOP_PERSON, title, NULL, udpnat_path_report_get_address (report));
    }
  else
    add_both_sides (self, report, title, UDPNAT_STOP_INTERNET, _("Internet"));
  set_links (self, selected != NULL && g_str_equal (selected->fate, "suspect")
                     ? UDPNAT_LINK_OPEN : UDPNAT_LINK_WORKS);
}

/**
 * udpnat_path_scene_new_for_path:
 * @title: what the other person is called
 */
UdpnatPathScene *
udpnat_path_scene_new_for_path (UdpnatPathReport *report,
                                const char       *title)
{
  UdpnatPathScene *self = g_new0 (UdpnatPathScene, 1);

  if (*udpnat_path_report_get_address (report) != '\0')
    add_direct (self, report, title);
  else
    {
      gboolean has_session = udpnat_path_report_has_session (report);

      add_both_sides (self, report, title, UDPNAT_STOP_SERVER, _("Server"));
      set_links (self, has_session ? UDPNAT_LINK_WORKS : UDPNAT_LINK_OPEN);
      if (has_session)
        add_bypass (self, report);
    }
  self->words = describe_path (report, title);
  return self;
}

/* ---- A network ---- */

static UdpnatLinkState
get_udp_link (UdpnatNetworkReport *report)
{
  const char *state = udpnat_network_report_get_udp_state (report);

  if (g_str_equal (state, "works") || g_str_equal (state, "blocked")) /* by TCP */
    return UDPNAT_LINK_WORKS;
  return g_str_equal (state, "silent") ? UDPNAT_LINK_BROKEN : UDPNAT_LINK_OPEN;
}

static char *
describe_network (UdpnatNetworkReport *report)
{
  const char *router = udpnat_words_explain_router (udpnat_network_report_get_nat (report), TRUE);
  const char *meaning = udpnat_words_explain_meaning (udpnat_network_report_get_meaning (report));

  /* Translators: a picture of the network in words: a sentence for the router, and what it means */
  return g_strdup_printf (_("Your network. %s. %s"), router, meaning);
}

/** udpnat_path_scene_new_for_network: from here to the server, as far as there is one */
UdpnatPathScene *
udpnat_path_scene_new_for_network (UdpnatNetworkReport *report)
{
  UdpnatPathScene *self = g_new0 (UdpnatPathScene, 1);
  const char *meaning = udpnat_network_report_get_meaning (report);
  gint64 rtt_us = udpnat_network_report_get_server_rtt (report);
  g_autofree char *rtt = rtt_us > 0 ? udpnat_words_format_rtt (rtt_us) : NULL;
  gboolean is_inside = g_str_equal (meaning, "server-inside") ||
                       g_str_equal (meaning, "no-server");

  add_stop (self, UDPNAT_STOP_COMPUTER, _("You"), NULL, udpnat_network_report_get_host (report, 0));
  if (is_inside)
    add_stop (self, UDPNAT_STOP_NETWORK, _("This network"), NULL, NULL);
  else
    {
      add_router (self, udpnat_network_report_get_nat (report), _("Your router"),
                  udpnat_network_report_get_observed (report, 0));
      add_stop (self, UDPNAT_STOP_INTERNET, _("Internet"), NULL, NULL);
    }
  if (g_str_equal (meaning, "no-server"))
    add_stop (self, UDPNAT_STOP_PERSON, _("People here"), NULL, NULL);
  else
    add_stop (self, UDPNAT_STOP_SERVER, _("Server"), rtt,
              udpnat_network_report_get_server (report));
  set_links (self, UDPNAT_LINK_WORKS);
  if (!g_str_equal (meaning, "no-server"))
    self->links[self->n_stops - 2] = get_udp_link (report);
  self->words = describe_network (report);
  return self;
}
