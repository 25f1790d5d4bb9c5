#include "config.h"

#include "sim-scenario.h"

/* A world and what happens in it, for people to read. */

static const char *const behaviours[] = { "endpoint-independent", "address-dependent",
                                          "address-and-port-dependent" };
static const char *const allocators[] = { "same port", "ports in sequence", "random ports",
                                          "a block of ports" };
static const char *const floods[SIM_N_FLOODS] = {
  [SIM_FLOOD_NOISE] = "noise",
  [SIM_FLOOD_REPEATS] = "repeats",
  [SIM_FLOOD_SPOILT] = "spoilt repeats",
  [SIM_FLOOD_INFO] = "INFO",
  [SIM_FLOOD_HANDSHAKES] = "handshakes of unknown keys",
};

/* ---- Events ---- */

/* Returns: (transfer full): what is done to a person, or by one */
static char *
describe_personal (const SimEvent *event)
{
  double for_s = event->for_us / 1e6;

  switch (event->kind)
    {
    case SIM_EVENT_SAY:
      return g_strdup_printf ("p%02u says %u lines of %u bytes to p%02u", event->whom, event->n,
                              event->n_bytes, event->other);
    case SIM_EVENT_ACCEPT:
      return g_strdup_printf ("p%02u accepts p%02u", event->whom, event->other);
    case SIM_EVENT_RELAY_ONLY:
      return g_strdup_printf ("p%02u wants %s", event->whom,
                              event->is_on ? "the relay only" : "direct paths again");
    case SIM_EVENT_READ:
      return g_strdup_printf ("p%02u has seen what p%02u said", event->whom, event->other);
    case SIM_EVENT_LOG_OUT:
      return g_strdup_printf ("p%02u logs %s", event->whom, event->is_on ? "out" : "in again");
    case SIM_EVENT_SLEEP:
      return g_strdup_printf ("p%02u sleeps for %.1f s", event->whom, for_s);
    case SIM_EVENT_ROAM:
      return g_strdup_printf ("p%02u goes to site %u", event->whom, event->other);
    case SIM_EVENT_KILL:
      return g_strdup_printf ("p%02u is killed", event->whom);
    case SIM_EVENT_KILL_AT_WRITE:
      return g_strdup_printf ("p%02u will be killed %s write %u", event->whom,
                              event->is_on ? "after" : "in", event->n);
    case SIM_EVENT_START:
      return g_strdup_printf ("p%02u starts", event->whom);
    case SIM_EVENT_DISK:
      return g_strdup_printf ("p%02u's disk %s", event->whom,
                              event->is_on ? "is full" : "has room again");
    case SIM_EVENT_CLOCK:
      return g_strdup_printf ("p%02u's clock is set by %+.1f s", event->whom, for_s);
    case SIM_EVENT_LIE:
      return g_strdup_printf ("p%02u claims %u addresses of others", event->whom, event->n);
    case SIM_EVENT_FLOOD:
      return g_strdup_printf ("p%02u gets %u forged datagrams: %s", event->whom, event->n,
                              floods[event->other]);
    case SIM_EVENT_FILE_OFFER:
      return g_strdup_printf ("p%02u offers a file of %u bytes to p%02u", event->whom,
                              event->n_bytes, event->other);
    case SIM_EVENT_FILE_ACCEPT:
      return g_strdup_printf ("p%02u accepts the file of p%02u", event->whom, event->other);
    case SIM_EVENT_FILE_PAUSE:
      return g_strdup_printf ("p%02u lets the file with p%02u %s", event->whom, event->other,
                              event->is_on ? "stand" : "go on");
    case SIM_EVENT_FILE_CANCEL:
      return g_strdup_printf ("p%02u cancels the file with p%02u", event->whom, event->other);
    case SIM_EVENT_FILE_STEAL:
      return g_strdup_printf ("p%02u asks for what p%02u has offered to others", event->whom,
                              event->other);
    case SIM_EVENT_REBOOT:
    case SIM_EVENT_CARRIER_REBOOT:
    case SIM_EVENT_UDP:
    case SIM_EVENT_LINE:
    case SIM_EVENT_CUT:
    case SIM_EVENT_SERVER_CUT:
    case SIM_EVENT_SERVER_KILL:
    case SIM_EVENT_SERVER_KILL_AT_WRITE:
    case SIM_EVENT_SERVER_STOP:
    case SIM_EVENT_SERVER_START:
    case SIM_EVENT_SERVER_DISK:
    case SIM_EVENT_SERVER_FLOOD:
    case SIM_N_EVENTS:
      break;
    }
  return NULL;
}

static char *
describe_impersonal (const SimEvent *event)
{
  switch (event->kind)
    {
    case SIM_EVENT_REBOOT:
      return g_strdup_printf ("router of site %u forgets everything%s", event->whom,
                              event->is_on ? " and has a new address" : "");
    case SIM_EVENT_CARRIER_REBOOT:
      return g_strdup_printf ("carrier %u forgets everything%s", event->whom,
                              event->is_on ? " and has a new address" : "");
    case SIM_EVENT_UDP:
      return g_strdup_printf ("router of site %u %s", event->whom,
                              event->is_on ? "blocks UDP" : "lets UDP pass again");
    case SIM_EVENT_LINE:
      return g_strdup_printf ("line of site %u is %s", event->whom,
                              event->is_on ? "dead" : "alive again");
    case SIM_EVENT_CUT:
      return g_strdup_printf ("way from site %u to site %u is %s", event->whom, event->other,
                              event->is_on ? "cut" : "open again");
    case SIM_EVENT_SERVER_CUT:
      return g_strdup_printf ("way from server %u to site %u is %s", event->other, event->whom,
                              event->is_on ? "cut" : "open again");
    case SIM_EVENT_SERVER_KILL:
      return g_strdup_printf ("s%u is killed", event->whom);
    case SIM_EVENT_SERVER_KILL_AT_WRITE:
      return g_strdup_printf ("s%u will be killed %s write %u", event->whom,
                              event->is_on ? "after" : "in", event->n);
    case SIM_EVENT_SERVER_STOP:
      return g_strdup_printf ("s%u is shut down", event->whom);
    case SIM_EVENT_SERVER_START:
      return g_strdup_printf ("s%u starts%s", event->whom,
                              event->is_on ? " with an empty disk" : "");
    case SIM_EVENT_SERVER_DISK:
      return g_strdup_printf ("s%u's disk %s", event->whom,
                              event->is_on ? "is full" : "has room again");
    case SIM_EVENT_SERVER_FLOOD:
      return g_strdup_printf ("s%u gets %u forged datagrams: %s", event->whom, event->n,
                              floods[event->other]);
    case SIM_EVENT_SAY:
    case SIM_EVENT_ACCEPT:
    case SIM_EVENT_RELAY_ONLY:
    case SIM_EVENT_READ:
    case SIM_EVENT_LOG_OUT:
    case SIM_EVENT_SLEEP:
    case SIM_EVENT_ROAM:
    case SIM_EVENT_KILL:
    case SIM_EVENT_KILL_AT_WRITE:
    case SIM_EVENT_START:
    case SIM_EVENT_DISK:
    case SIM_EVENT_CLOCK:
    case SIM_EVENT_LIE:
    case SIM_EVENT_FLOOD:
    case SIM_EVENT_FILE_OFFER:
    case SIM_EVENT_FILE_ACCEPT:
    case SIM_EVENT_FILE_PAUSE:
    case SIM_EVENT_FILE_CANCEL:
    case SIM_EVENT_FILE_STEAL:
    case SIM_N_EVENTS:
      break;
    }
  g_assert_not_reached ();
}

/** sim_event_to_string: Returns: (transfer full): a line without its end */
char *
sim_event_to_string (const SimEvent *event)
{
  char *text = describe_personal (event);

  return text != NULL ? text : describe_impersonal (event);
}

/* ---- Places ---- */

static void
describe_link (const SimLinkConfig *link,
               GString             *out)
{
  g_string_append_printf (out, "%.1f ms", link->delay_us / 1e3);
  if (link->jitter_us > 0)
    g_string_append_printf (out, " + %.1f", link->jitter_us / 1e3);
  if (link->loss > 0)
    g_string_append_printf (out, ", loses %.1f %%", link->loss * 100);
  if (link->burst_enter > 0)
    g_string_append_printf (out, ", bad spells (%.1f %% of the time, %.0f %% lost)",
                            100 * link->burst_enter / (link->burst_enter + link->burst_leave),
                            link->burst_loss * 100);
  if (link->reorder > 0)
    g_string_append_printf (out, ", reorders %.1f %%", link->reorder * 100);
  if (link->duplicate > 0)
    g_string_append_printf (out, ", doubles %.1f %%", link->duplicate * 100);
  if (link->corrupt > 0)
    g_string_append_printf (out, ", spoils %.1f %%", link->corrupt * 100);
  if (link->rate_bytes_per_second > 0)
    g_string_append_printf (out, ", %.0f kB/s", link->rate_bytes_per_second / 1e3);
  if (link->mtu_bytes > 0)
    g_string_append_printf (out, ", MTU %zu", link->mtu_bytes);
}

static void
describe_nat (const SimNatConfig *nat,
              GString            *out)
{
  g_string_append_printf (out, "maps %s, filters %s, %s, forgets after %.0f s (%.0f s unanswered",
                          behaviours[nat->mapping], behaviours[nat->filtering],
                          allocators[nat->allocator], nat->lifetime_us / 1e6,
                          nat->lifetime_unreplied_us / 1e6);
  if (nat->absolute_lifetime_us > 0)
    g_string_append_printf (out, ", %.0f s at the most", nat->absolute_lifetime_us / 1e6);
  g_string_append_printf (out, ")%s%s%s\n", nat->hairpin ? ", hairpin" : "",
                          nat->clash ? ", clash" : "", nat->block_udp ? ", BLOCKS UDP" : "");
}

static void
describe_site (const SimSite *site,
               guint          number,
               GString       *out)
{
  g_string_append_printf (out, "site %u: ", number);
  if (site->carrier >= 0)
    g_string_append_printf (out, "behind carrier %d, ", site->carrier);
  if (site->has_ipv6)
    g_string_append (out, "IPv6, ");
  g_string_append (out, "up ");
  describe_link (&site->up, out);
  g_string_append (out, "; down ");
  describe_link (&site->down, out);
  if (site->has_router)
    {
      g_string_append (out, "; router ");
      describe_nat (&site->router, out);
    }
  else
    g_string_append (out, "; no router\n");
}

static void
describe_person (const SimPerson *person,
                 guint            number,
                 GString         *out)
{
  g_string_append_printf (out, "p%02u: at site %u, server s%u, ", number, person->site,
                          person->server);
  describe_link (&person->wifi, out);
  g_string_append_printf (out, ", disk %.1f ms", person->disk_delay_us / 1e3);
  if (person->n_prekeys > 0)
    g_string_append_printf (out, ", gives %u prekeys", person->n_prekeys);
  if (person->is_shy)
    g_string_append_printf (out, ", accepts nobody unasked, keeps %u lines", person->n_lines_kept);
  if (person->asks_files)
    g_string_append (out, ", fetches no file unasked");
  if (person->has_beacons)
    g_string_append (out, ", beacons");
  if (person->clock_us != 0)
    g_string_append_printf (out, ", clock wrong by %+.0f s", person->clock_us / 1e6);
  g_string_append_c (out, '\n');
}

/** sim_scenario_describe: what there is; what happens is in the events */
void
sim_scenario_describe (const SimScenario *self,
                       GString           *out)
{
  g_string_append_printf (out, "seed %" G_GUINT64_FORMAT ": %u people, %u servers, %u sites, "
                          "%.0f ms from one network to another\n", self->seed, self->n_people,
                          self->n_servers, self->sites->len, self->core_delay_us / 1e3);
  if (self->are_nets_alike)
    g_string_append (out, "networks behind routers have the same addresses\n");
  if (self->has_tunnels)
    g_string_append (out, "programs use TCP where UDP does not pass\n");
  for (guint i = 0; i < self->n_servers; i++)
    {
      g_string_append_printf (out, "s%u: ", i);
      describe_link (&self->servers[i].up, out);
      g_string_append_printf (out, ", disk %.1f ms, %s\n", self->servers[i].disk_delay_us / 1e3,
                              self->servers[i].has_mailbox ? "keeps mail" : "no mail");
    }
  for (guint i = 0; i < self->carriers->len; i++)
    {
      g_string_append_printf (out, "carrier %u: ", i);
      describe_nat (&g_array_index (self->carriers, SimCarrier, i).nat, out);
    }
  for (guint i = 0; i < self->sites->len; i++)
    describe_site (&g_array_index (self->sites, SimSite, i), i, out);
  for (guint i = 0; i < self->n_people; i++)
    if (!self->people[i].is_dropped)
      describe_person (&self->people[i], i, out);
}
