/* Once a minute: a sample for the plots, and a line for the journal if anybody came or went or
 * something was refused. So that nobody can fill the disk of a server by knocking, what is repeated
 * is counted until then. Names and addresses are in it only when the owner has asked for them. */

#include "config.h"

#include "udpnat-server-watch.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "udpnat-clock.h"
#include "udpnat-server-http.h"
#include "udpnat-server-log.h"
#include "udpnat-server-status.h"

/* In one line, of each kind; the rest is only counted. */
#define LISTED_MAX 32

struct _UdpnatServerWatch
{
  UdpnatServerHistory *history;
  UdpnatServerLog     *log;
  UdpnatServerHttp    *http; /* (nullable): there is no status port */
  gint64               started_us;
  gint64               started_s; /* since 1970 */
  guint                minute_id;
  gboolean             is_naming;
  gboolean             is_addressing;

  /* since the last line */
  guint                       n_came, n_left;
  GPtrArray                  *came, *left, *addresses; /* of char */
  UdpnatRendezvousServerStats before;

  /* borrowed */
  const UdpnatRendezvousServer *server;
  UdpnatFleetDirectory         *directory; /* nullable */
};

/* ---- How it does ---- */

/* proc(5), statm: the second number, in pages. */
static gint64
read_memory (void)
{
  g_autofree char *text = NULL;
  guint64 resident = 0;
  g_auto (GStrv) parts = NULL;

  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    return 0;
  parts = g_strsplit (text, " ", 3);
  if (parts[0] == NULL || parts[1] == NULL
      || !g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXINT32, &resident, NULL))
    return 0;
  return (gint64) resident * sysconf (_SC_PAGESIZE);
}

static void
fill_status (UdpnatServerStatus *out_status,
             gpointer            user_data)
{
  const UdpnatServerWatch *self = user_data;

  *out_status = (UdpnatServerStatus) {
    .version = PACKAGE_VERSION,
    .started_s = self->started_s,
    .uptime_s = (udpnat_clock_get_now_us () - self->started_us) / G_USEC_PER_SEC,
    .memory_bytes = read_memory (),
    .history = self->history,
    .fleet = self->directory != NULL ? udpnat_fleet_directory_get_status (self->directory) : NULL,
  };
  udpnat_rendezvous_server_get_stats (self->server, &out_status->stats);
}

/* What people who are at rest now took while they were awake goes back to the system: much, when
 * all have come at once. */
static void
give_back_memory (void)
{
#ifdef __GLIBC__
  malloc_trim (0);
#endif
}

static void
take_sample (UdpnatServerWatch *self)
{
  UdpnatServerStatus status;
  UdpnatServerSample sample;

  fill_status (&status, self);
  udpnat_server_status_get_sample (&status, &sample);
  udpnat_server_history_add (self->history, &sample);
}

/* ---- What the journal is told ---- */

/* Takes @value. */
static void
add_field (GPtrArray  *fields,
           const char *name,
           char       *value)
{
  g_ptr_array_add (fields, g_strdup_printf ("UDPNAT_%s=%s", name, value));
  g_free (value);
}

static void
add_number (GPtrArray  *fields,
            const char *name,
            guint64     value)
{
  add_field (fields, name, g_strdup_printf ("%" G_GUINT64_FORMAT, value));
}

static void
add_list (GPtrArray  *fields,
          const char *name,
          GPtrArray  *items)
{
  if (items->len == 0)
    return;
  g_ptr_array_add (items, NULL);
  add_field (fields, name, g_strjoinv (", ", (char **) items->pdata));
  g_ptr_array_set_size (items, 0);
}

static void
say (UdpnatServerWatch *self,
     const char        *event,
     const char        *message,
     GPtrArray         *fields)
{
  g_ptr_array_add (fields, NULL);
  udpnat_server_log_event (self->log, event, message, (const char *const *) fields->pdata);
}

static void
say_minute (UdpnatServerWatch                 *self,
            const UdpnatRendezvousServerStats *now)
{
  const UdpnatRendezvousServerStats *before = &self->before;
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
  guint64 n_refused = now->refused - before->refused;
  guint64 n_malformed = now->malformed - before->malformed;
  g_autofree char *message = NULL;

  if (self->n_came + self->n_left == 0 && n_refused + n_malformed == 0)
    return;
  /* Translators: in the log, without a full stop: people, people, people, packets, packets. Each
   * number may also be 0 or 1. */
  message = g_strdup_printf (_("%u online, %u came, %u left; %llu packets refused, %llu malformed"),
                             now->registered, self->n_came, self->n_left,
                             (unsigned long long) n_refused, (unsigned long long) n_malformed);
  add_number (fields, "ONLINE", now->registered);
  add_number (fields, "CAME", self->n_came);
  add_number (fields, "LEFT", self->n_left);
  add_number (fields, "REFUSED", n_refused);
  add_number (fields, "MALFORMED", n_malformed);
  add_number (fields, "HANDSHAKES", now->handshakes - before->handshakes);
  add_number (fields, "PACKETS", now->datagrams_in - before->datagrams_in);
  add_number (fields, "RELAYED_BYTES", now->relayed_bytes - before->relayed_bytes);
  add_list (fields, "NAMES_CAME", self->came);
  add_list (fields, "NAMES_LEFT", self->left);
  add_list (fields, "ADDRESSES", self->addresses);
  say (self, "minute", message, fields);
  self->n_came = self->n_left = 0;
}

static void
end_minute (UdpnatServerWatch *self)
{
  UdpnatRendezvousServerStats now;

  udpnat_rendezvous_server_get_stats (self->server, &now);
  say_minute (self, &now);
  self->before = now;
}

static void
list (GPtrArray  *items,
      const char *text)
{
  if (items->len < LISTED_MAX)
    g_ptr_array_add (items, g_strdup (text));
}

/* "NAME ADDRESS" where names are wished as well; so it can be seen whose is which. */
static void
list_address (UdpnatServerWatch       *self,
              const UdpnatServerEvent *event)
{
  g_autofree char *named = NULL;
  char             text[UDPNAT_ADDRESS_TEXT_BYTES];
  UdpnatAddress    end;

  udpnat_address_get_end (&event->address, &end);
  udpnat_address_to_string (&end, text);
  named = self->is_naming ? g_strdup_printf ("%s %s", event->name, text) : g_strdup (text);
  list (self->addresses, named);
}

/** udpnat_server_watch_handle_event: somebody came or left; other events are not looked at */
void
udpnat_server_watch_handle_event (UdpnatServerWatch       *self,
                                  const UdpnatServerEvent *event)
{
  switch ((UdpnatServerEventType) event->base.type)
    {
    case UDPNAT_SERVER_EVENT_REGISTERED:
      self->n_came++;
      if (self->is_naming)
        list (self->came, event->name);
      if (self->is_addressing)
        list_address (self, event);
      break;
    case UDPNAT_SERVER_EVENT_GONE:
      self->n_left++;
      if (self->is_naming)
        list (self->left, event->name);
      break;
    case UDPNAT_SERVER_EVENT_CLAIM:
    case UDPNAT_SERVER_EVENT_MAIL_STORE:
    case UDPNAT_SERVER_EVENT_MAIL_LOAD:
    case UDPNAT_SERVER_EVENT_MAIL_DELETE:
    case UDPNAT_SERVER_EVENT_TICKET_KEYS:
    case UDPNAT_SERVER_EVENT_MAIL_PASSES:
    case UDPNAT_SERVER_EVENT_ASK_NAME: /* of a fleet */
    case UDPNAT_SERVER_EVENT_ASK_KEY:
    case UDPNAT_SERVER_EVENT_ASK_PRESENCE:
    case UDPNAT_SERVER_EVENT_HOME:
    case UDPNAT_SERVER_EVENT_MAIL_HERE:
    case UDPNAT_SERVER_EVENT_MAIL_GONE:
      break;
    }
}

/* ---- Life ---- */

static gboolean
minute_cb (gpointer user_data)
{
  UdpnatServerWatch *self = user_data;

  give_back_memory ();
  take_sample (self);
  end_minute (self);
  return G_SOURCE_CONTINUE;
}

/**
 * udpnat_server_watch_new:
 * @server: borrowed
 *
 * Returns: (transfer full) (nullable): %NULL with %UDPNAT_SERVER_ERROR_STATUS
 */
UdpnatServerWatch *
udpnat_server_watch_new (const UdpnatServerConfig     *config,
                         const UdpnatRendezvousServer *server,
                         GError                      **error)
{
  g_autoptr (UdpnatServerWatch) self = g_new0 (UdpnatServerWatch, 1);

  self->server = server;
  self->started_us = udpnat_clock_get_now_us ();
  self->started_s = udpnat_clock_get_wall_us () / G_USEC_PER_SEC;
  self->is_naming = config->log_names;
  self->is_addressing = config->log_addresses;
  self->history = udpnat_server_history_new ();
  self->log = udpnat_server_log_new (config->log_events);
  self->came = g_ptr_array_new_with_free_func (g_free);
  self->left = g_ptr_array_new_with_free_func (g_free);
  self->addresses = g_ptr_array_new_with_free_func (g_free);
  if (!udpnat_server_http_open (config, fill_status, self, &self->http, error))
    return NULL;
  return g_steal_pointer (&self);
}

/** udpnat_server_watch_set_fleet: @directory: (nullable): borrowed: of the fleet that the server is
 * of */
void
udpnat_server_watch_set_fleet (UdpnatServerWatch    *self,
                               UdpnatFleetDirectory *directory)
{
  self->directory = directory;
}

/** udpnat_server_watch_get_address: Returns: (nullable): of the status port */
const char *
udpnat_server_watch_get_address (const UdpnatServerWatch *self)
{
  return self->http != NULL ? udpnat_server_http_get_address (self->http) : NULL;
}

/** udpnat_server_watch_start: @port: which the server listens on */
void
udpnat_server_watch_start (UdpnatServerWatch *self,
                           guint16            port)
{
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
  const char *address = udpnat_server_watch_get_address (self);

  take_sample (self);
  self->minute_id = g_timeout_add_seconds (UDPNAT_SERVER_SAMPLE_S, minute_cb, self);
  add_field (fields, "VERSION", g_strdup (PACKAGE_VERSION));
  add_number (fields, "PORT", port);
  if (address != NULL)
    add_field (fields, "STATUS_ADDRESS", g_strdup (address));
  /* Translators: in the log: the server has started. */
  say (self, "started", C_("server", "Started"), fields);
}

/** udpnat_server_watch_note: something that the owner has done; @name: (nullable): said only where
 * names are wished */
void
udpnat_server_watch_note (UdpnatServerWatch *self,
                          const char        *event,
                          const char        *message,
                          const char        *name)
{
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);

  if (name != NULL && self->is_naming)
    add_field (fields, "NAME", g_strdup (name));
  say (self, event, message, fields);
}

/** udpnat_server_watch_stop: says what was not said yet, and that it is over */
void
udpnat_server_watch_stop (UdpnatServerWatch *self)
{
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);

  g_clear_handle_id (&self->minute_id, g_source_remove);
  end_minute (self);
  add_number (fields, "UPTIME_SECONDS",
              (guint64) (udpnat_clock_get_now_us () - self->started_us) / G_USEC_PER_SEC);
  /* Translators: in the log: the server has stopped. */
  say (self, "stopped", C_("server", "Stopped"), fields);
}

void
udpnat_server_watch_free (UdpnatServerWatch *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->minute_id, g_source_remove);
  udpnat_server_http_free (self->http);
  g_ptr_array_unref (self->came);
  g_ptr_array_unref (self->left);
  g_ptr_array_unref (self->addresses);
  udpnat_server_log_free (self->log);
  udpnat_server_history_free (self->history);
  g_free (self);
}
