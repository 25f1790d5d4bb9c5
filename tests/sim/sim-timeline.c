#include "config.h"

#include "sim-timeline-private.h"

#include <stdlib.h>
#include <string.h>

#include "udpnat-packet.h"

/* Collects what happens, and writes it down as lines. Of datagrams it keeps those of handshakes:
 * all others are in the log. */

static void
note_clear (gpointer data)
{
  SimNote *note = data;

  g_free (note->text);
}

SimTimeline *
sim_timeline_new (const SimScenario *scenario)
{
  SimTimeline *self = g_new0 (SimTimeline, 1);

  self->scenario = scenario;
  self->notes = g_array_new (FALSE, FALSE, sizeof (SimNote));
  g_array_set_clear_func (self->notes, note_clear);
  self->place = g_string_new (NULL);
  sim_scenario_describe (scenario, self->place);
  return self;
}

void
sim_timeline_free (SimTimeline *self)
{
  if (self == NULL)
    return;
  g_array_unref (self->notes);
  g_string_free (self->place, TRUE);
  g_free (self);
}

/* @text: (transfer full): what is the same as the note before only counts there */
static void
add (SimTimeline *self,
     gint64       at_us,
     SimNoteKind  kind,
     int          from,
     int          to,
     char        *text)
{
  SimNote note = { .at_us = at_us, .kind = kind, .from = from, .to = to, .n = 1, .text = text };
  SimNote *last = self->notes->len > 0
                    ? &g_array_index (self->notes, SimNote, self->notes->len - 1) : NULL;

  if (last != NULL && last->kind == kind && last->from == from && last->to == to &&
      strcmp (last->text, text) == 0)
    {
      last->n++;
      g_free (text);
      return;
    }
  g_array_append_val (self->notes, note);
}

void
sim_timeline_note (SimTimeline *self,
                   gint64       at_us,
                   const char  *text)
{
  add (self, at_us, SIM_NOTE_SCRIPT, -1, -1, g_strdup (text));
}

/* ---- The script ---- */

static int
get_actor (const SimEvent *event)
{
  switch (event->kind)
    {
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
      return (int) event->whom;
    case SIM_EVENT_SERVER_KILL:
    case SIM_EVENT_SERVER_KILL_AT_WRITE:
    case SIM_EVENT_SERVER_STOP:
    case SIM_EVENT_SERVER_START:
    case SIM_EVENT_SERVER_DISK:
    case SIM_EVENT_SERVER_FLOOD:
      return SIM_PEOPLE_MAX + (int) event->whom;
    case SIM_EVENT_REBOOT:
    case SIM_EVENT_CARRIER_REBOOT:
    case SIM_EVENT_UDP:
    case SIM_EVENT_LINE:
    case SIM_EVENT_CUT:
    case SIM_EVENT_SERVER_CUT:
    case SIM_N_EVENTS:
      break;
    }
  return -1;
}

void
sim_timeline_note_event (SimTimeline    *self,
                         gint64          at_us,
                         const SimEvent *event)
{
  g_autofree char *text = sim_event_to_string (event);

  add (self, at_us, SIM_NOTE_SCRIPT, get_actor (event), -1,
       g_strdup_printf ("[%u] %s", event->number, text));
}

void
sim_timeline_note_said (SimTimeline *self,
                        gint64       at_us,
                        guint        from,
                        guint        to,
                        guint        n_lines)
{
  add (self, at_us, SIM_NOTE_SAID, (int) from, -1,
       g_strdup_printf ("to p%02u: %u lines", to, n_lines));
}

/* ---- What nodes tell ---- */

static int
get_number (const char *name)
{
  if (name[0] == 'p')
    return atoi (name + 1);
  return name[0] == 's' ? SIM_PEOPLE_MAX + atoi (name + 1) : -1;
}

static char *
describe_path (const UdpnatNodeEvent *event)
{
  char address[UDPNAT_ADDRESS_TEXT_BYTES];

  if (event->kind == UDPNAT_PATH_KIND_RELAY)
    return g_strdup_printf ("%s by relay: %s", event->name,
                            udpnat_path_reason_to_code (event->reason));
  return g_strdup_printf ("%s directly at %s, %.1f ms", event->name,
                          udpnat_address_to_string (&event->address, address),
                          event->rtt_us / 1e3);
}

/* Returns: (nullable) (transfer full): of what happens once, or once in a while */
static char *
describe_file (const UdpnatNodeEvent *event)
{
  static const char *const facts[] = {
    [UDPNAT_FILE_EVENT_ASKED] = "is asked for a file, and reads it first",
    [UDPNAT_FILE_EVENT_STOPPED] = "is asked for no more of a file",
    [UDPNAT_FILE_EVENT_FETCHED] = "has fetched a file",
    [UDPNAT_FILE_EVENT_REFUSED] = "gets no more of a file",
    [UDPNAT_FILE_EVENT_GOES_ON] = "may ask for more of a file",
    [UDPNAT_FILE_EVENT_CORRUPT] = "gets something else than a file that was offered",
  };
  const UdpnatFileEvent *file = event->file;

  if (file->type < G_N_ELEMENTS (facts) && facts[file->type] != NULL)
    return g_strdup_printf ("%s (%s, reason %u)", facts[file->type],
                            event->name != NULL ? event->name : "?", file->reason);
  if (file->type == UDPNAT_FILE_EVENT_CHUNK_WANTED && file->number % 16 == 0)
    return g_strdup_printf ("is asked for chunk %" G_GUINT64_FORMAT " of a file", file->number);
  return NULL;
}

/* Returns: (nullable) (transfer full): what is worth a line */
static char *
describe_fact (const UdpnatNodeEvent *event)
{
  char address[UDPNAT_ADDRESS_TEXT_BYTES];

  switch ((UdpnatNodeEventType) event->base.type)
    {
    case UDPNAT_NODE_EVENT_REGISTERED:
      return g_strdup_printf ("registered, seen at %s",
                              udpnat_address_to_string (&event->address, address));
    case UDPNAT_NODE_EVENT_PATH:
      return describe_path (event);
    case UDPNAT_NODE_EVENT_DELIVERED:
      return g_strdup_printf ("delivered to %s", event->name);
    case UDPNAT_NODE_EVENT_STORED:
      return g_strdup_printf ("in the mailbox of %s", event->name);
    case UDPNAT_NODE_EVENT_UNREACHABLE:
      return g_strdup_printf ("%s is not there", event->name);
    case UDPNAT_NODE_EVENT_MAIL_REFUSED:
      return g_strdup_printf ("mailbox of %s: %s", event->name, event->code);
    case UDPNAT_NODE_EVENT_REFUSED:
      return g_strdup_printf ("name refused: %s", event->code);
    case UDPNAT_NODE_EVENT_LOOKED_UP:
      return event->code != NULL ? g_strdup_printf ("looked up %s: %s", event->name, event->code)
                                 : NULL;
    case UDPNAT_NODE_EVENT_SERVER_SILENT:
      return g_strdup ("server is silent");
    case UDPNAT_NODE_EVENT_SERVER_LOST:
      return g_strdup ("server is lost");
    case UDPNAT_NODE_EVENT_SERVER_REPLACED:
      return g_strdup ("own key is in use elsewhere");
    case UDPNAT_NODE_EVENT_SERVER_CHANGED:
      return g_strdup ("server has another key");
    case UDPNAT_NODE_EVENT_KEY_CHANGED:
      return g_strdup_printf ("%s has another key", event->name);
    case UDPNAT_NODE_EVENT_ABROAD_WANTED:
      return g_strdup_printf ("wants to go to %s", event->name);
    case UDPNAT_NODE_EVENT_SERVER_NODE:
      return g_strdup_printf ("is told of %s", event->name != NULL ? event->name : "servers");
    case UDPNAT_NODE_EVENT_SERVER_MOVED:
      return g_strdup_printf ("is sent to %s", event->name);
    case UDPNAT_NODE_EVENT_ABROAD_CHANGED:
      return g_strdup_printf ("%s has another key", event->name);
    case UDPNAT_NODE_EVENT_FILE:
      return describe_file (event);
    case UDPNAT_NODE_EVENT_ABROAD_KEY:
    case UDPNAT_NODE_EVENT_SERVER_KEY:
    case UDPNAT_NODE_EVENT_UNREGISTERED:
    case UDPNAT_NODE_EVENT_PEER:
    case UDPNAT_NODE_EVENT_LIST_END:
    case UDPNAT_NODE_EVENT_DIRECTORY:
    case UDPNAT_NODE_EVENT_CONTACT:
    case UDPNAT_NODE_EVENT_ITEM:
    case UDPNAT_NODE_EVENT_SENT:
    case UDPNAT_NODE_EVENT_READ:
    case UDPNAT_NODE_EVENT_TYPING:
    case UDPNAT_NODE_EVENT_RESUMED:
    case UDPNAT_NODE_EVENT_TIMESTAMP:
    case UDPNAT_NODE_EVENT_PREKEY_TAKEN:
    case UDPNAT_NODE_EVENT_PREKEY_USED:
    case UDPNAT_NODE_EVENT_PORT_REFUTED:
      break;
    }
  return NULL;
}

void
sim_timeline_note_fact (SimTimeline           *self,
                        gint64                 at_us,
                        SimPeer               *person,
                        const UdpnatNodeEvent *event)
{
  int whom = get_number (person->name);
  char *text = describe_fact (event);

  if (event->base.type == UDPNAT_NODE_EVENT_ITEM)
    add (self, at_us, SIM_NOTE_LINES, event->name != NULL ? get_number (event->name) : -1, whom,
         g_strdup (event->item->type == UDPNAT_ITEM_TEXT ? "line" : "other item"));
  else if (text != NULL)
    add (self, at_us, SIM_NOTE_FACT, whom, -1, text);
}

/* ---- Packets ---- */

static gboolean
tap_cb (const SimTapInfo *info,
        gpointer          user_data)
{
  SimTimeline *self = user_data;
  gboolean is_first = info->n_data > 0 && info->data[0] == UDPNAT_PACKET_HS1;
  gboolean is_second = info->n_data > 0 && info->data[0] == UDPNAT_PACKET_HS2;

  if (info->kind == SIM_TAP_DELIVERED && info->origin != NULL && (is_first || is_second))
    add (self, info->now_us - SIM_WORLD_START_US, SIM_NOTE_PACKET,
         get_number (sim_host_get_name (info->origin)),
         get_number (sim_host_get_name (info->host)), g_strdup (is_first ? "HS1" : "HS2"));
  return TRUE;
}

void
sim_timeline_watch_world (SimTimeline *self,
                          SimWorld    *world)
{
  sim_world_add_tap (world, tap_cb, self);
}

/* ---- As text ---- */

static void
append_name (GString *out,
             int      number)
{
  if (number < 0)
    g_string_append (out, "   ");
  else if (number >= SIM_PEOPLE_MAX)
    g_string_append_printf (out, "s%d ", number - SIM_PEOPLE_MAX);
  else
    g_string_append_printf (out, "p%02d", number);
}

/** sim_timeline_write_text: the world, then a line for each thing that happened */
void
sim_timeline_write_text (const SimTimeline *self,
                         GString           *out)
{
  static const char *const marks[] = { "**", "  ", "<<", ">>", ".." };

  g_string_append_printf (out, "%s\n", self->place->str);
  for (guint i = 0; i < self->notes->len; i++)
    {
      const SimNote *note = &g_array_index (self->notes, SimNote, i);

      g_string_append_printf (out, "%12.6f %s ", note->at_us / 1e6, marks[note->kind]);
      append_name (out, note->from);
      if (note->to >= 0)
        {
          g_string_append (out, " > ");
          append_name (out, note->to);
        }
      g_string_append_printf (out, " %s", note->text);
      if (note->n > 1)
        g_string_append_printf (out, " (%u times)", note->n);
      g_string_append_c (out, '\n');
    }
}
