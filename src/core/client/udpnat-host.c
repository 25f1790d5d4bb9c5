/* Starting a server for a user who has none, and looking after it. The server is a process of its
 * own with its own mind: what is known of it is what it prints and writes down.
 *
 * Nothing here waits: a start ends when the server says that it listens, or ends; a stop when the
 * server has let its state directory go. */

#include "config.h"

#include "udpnat-host.h"

#include <glib/gi18n-lib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-host-private.h"
#include "udpnat-interfaces.h"
#include "udpnat-limits.h"

/* How long the server stays when everybody has gone. */
#define IDLE_EXIT_S "60"
/* It takes leave of its clients and of the router, which may take 2 s. */
#define STOP_CHECK_MS 50
#define STOP_MAX_US (8 * G_USEC_PER_SEC)

struct _UdpnatHost
{
  GObject           parent_instance;

  guint16           port;
  char             *state_dir;
  gboolean          may_map;

  UdpnatHostState   state;
  UdpnatHostRecord  record;
  GSubprocess      *server;   /* nullable: what was started here */
  GDataInputStream *lines;    /* nullable: what it says */
  char             *last;     /* nullable: the last of it */
  GCancellable     *reading;  /* nullable */
  GFileMonitor     *monitor;  /* nullable: news of a server of an earlier run */
  GTask            *starting; /* nullable */
  GTask            *stopping; /* nullable */
  GSource          *stop_timer;
  gint64            stop_until_us;
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatHost, udpnat_host, G_TYPE_OBJECT)

static void
set_state (UdpnatHost      *self,
           UdpnatHostState  state)
{
  self->state = state;
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

/* Reads again what the server has written down. Returns whether it runs. */
static gboolean
reload (UdpnatHost *self)
{
  udpnat_host_record_clear (&self->record);
  return udpnat_host_record_read (&self->record, self->state_dir);
}

/* Lets go of a server, which may go on. */
static void
let_go (UdpnatHost *self)
{
  g_cancellable_cancel (self->reading);
  g_clear_object (&self->reading);
  g_clear_object (&self->lines);
  g_clear_object (&self->server);
  if (self->monitor != NULL)
    g_file_monitor_cancel (self->monitor);
  g_clear_object (&self->monitor);
  g_clear_pointer (&self->last, g_free);
}

/* ---- What the server says ---- */

static void
fail_start (UdpnatHost *self,
            GError     *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->starting);

  let_go (self);
  set_state (self, UDPNAT_HOST_STATE_STOPPED);
  g_task_return_error (task, error);
}

static void
finish_start (UdpnatHost      *self,
              UdpnatHostState  state)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->starting);

  set_state (self, state);
  g_task_return_boolean (task, TRUE);
}

static void
handle_end (UdpnatHost *self)
{
  if (self->starting != NULL)
    fail_start (self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                                   _("The server could not be started on port %u: %s"), self->port,
                                   self->last != NULL ? self->last : _("it said nothing")));
  else if (self->state == UDPNAT_HOST_STATE_RUNNING)
    {
      let_go (self);
      udpnat_host_record_clear (&self->record);
      set_state (self, UDPNAT_HOST_STATE_STOPPED);
    }
}

/* Whether the server that was started here has written down that it listens. What it says is in the
 * user's language, and what a server before it has left is not its word. */
static gboolean
is_ready (UdpnatHost *self)
{
  const char *pid = g_subprocess_get_identifier (self->server);

  return reload (self) && pid != NULL
         && g_ascii_strtoll (pid, NULL, 10) == self->record.pid;
}

static void
handle_line (UdpnatHost *self,
             const char *line)
{
  const char *prefix = "udpnat-server: ";

  if (g_str_has_prefix (line, prefix))
    line += strlen (prefix);
  g_free (self->last);
  self->last = g_strdup (line);
  if (self->starting != NULL)
    {
      if (is_ready (self))
        finish_start (self, UDPNAT_HOST_STATE_RUNNING);
    }
  else if (self->state == UDPNAT_HOST_STATE_RUNNING && reload (self))
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
line_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source),
                                                                result, NULL, &error);
  g_autoptr (UdpnatHost) self = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* the host may be gone */
  self = g_object_ref (user_data);
  if (line == NULL)
    {
      handle_end (self);
      return;
    }
  handle_line (self, line);
  if (self->lines != NULL)
    g_data_input_stream_read_line_async (self->lines, G_PRIORITY_DEFAULT, self->reading, line_cb,
                                         self);
}

/* ---- Starting ---- */

/* Ctrl+C and a closed window are for us, not for the server that others use. */
static void
leave_session (gpointer user_data)
{
  setsid ();
}

/* Nothing of ours is passed on: the server may outlive us, and whoever reads our output would wait
 * for its end too. */
static gboolean
spawn (UdpnatHost *self,
       const char *program,
       GError    **error)
{
  g_autofree char *port_text = g_strdup_printf ("%u", self->port);
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);

  g_subprocess_launcher_set_child_setup (launcher, leave_session, NULL, NULL);
  self->server = g_subprocess_launcher_spawn (launcher, error, program, "--port", port_text,
                                              "--state-dir", self->state_dir, "--idle-exit",
                                              IDLE_EXIT_S, "--status-address", "none",
                                              self->may_map ? "--map-port" : NULL, NULL);
  if (self->server == NULL)
    return FALSE;
  self->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->server));
  self->reading = g_cancellable_new ();
  g_data_input_stream_read_line_async (self->lines, G_PRIORITY_DEFAULT, self->reading, line_cb,
                                       self);
  return TRUE;
}

static void
monitor_cb (GFileMonitor     *monitor,
            GFile            *file,
            GFile            *other,
            GFileMonitorEvent event,
            gpointer          user_data)
{
  UdpnatHost *self = user_data;

  if (self->state != UDPNAT_HOST_STATE_RUNNING)
    return;
  if (reload (self))
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  else
    handle_end (self);
}

/* Of an earlier run: there is no pipe to it, but the file tells as much. */
static void
take_found (UdpnatHost *self)
{
  g_autofree char *path = g_build_filename (self->state_dir, "running", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  self->monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, NULL);
  if (self->monitor != NULL)
    g_signal_connect (self->monitor, "changed", G_CALLBACK (monitor_cb), self);
}

/** udpnat_host_look: finds an own server of an earlier run, and starts none */
void
udpnat_host_look (UdpnatHost *self)
{
  if (self->state != UDPNAT_HOST_STATE_STOPPED)
    return;
  if (reload (self) && self->record.port == self->port)
    {
      take_found (self);
      set_state (self, UDPNAT_HOST_STATE_RUNNING);
    }
  else
    udpnat_host_record_clear (&self->record);
}

static void
start_own (UdpnatHost *self)
{
  g_autofree char *program = udpnat_host_find_program ();
  GError *error = NULL;

  if (program == NULL)
    fail_start (self, g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                                   _("udpnat-server is not installed, so no server can be started "
                                     "here.")));
  else if (!spawn (self, program, &error))
    fail_start (self, error);
}

/**
 * udpnat_host_start_async:
 *
 * Makes sure that there is a server on the port: an own one, or one that is there already, which
 * udpnat_host_get_state() tells. Not to be called while it is starting or stopping.
 */
void
udpnat_host_start_async (UdpnatHost         *self,
                         GCancellable       *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer            user_data)
{
  g_return_if_fail (self->starting == NULL && self->stopping == NULL);

  let_go (self);
  self->starting = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (self->starting, udpnat_host_start_async);
  set_state (self, UDPNAT_HOST_STATE_STARTING);
  if (reload (self) && self->record.port == self->port)
    {
      take_found (self);
      finish_start (self, UDPNAT_HOST_STATE_RUNNING);
    }
  else if (self->record.pid != 0)
    fail_start (self, g_error_new (UDPNAT_ERROR, UDPNAT_ERROR_EXISTS,
                                   _("A server of yours runs on this computer already, on port "
                                     "%u. Use that port, or stop it first."), self->record.port));
  else if (udpnat_host_is_port_taken (self->port))
    finish_start (self, UDPNAT_HOST_STATE_JOINED);
  else
    start_own (self);
}

/**
 * udpnat_host_start_finish:
 * @error: a sentence for the user: %G_IO_ERROR_NOT_FOUND: there is no udpnat-server,
 *   %UDPNAT_ERROR_EXISTS: an own server has another port; else what the server said
 */
gboolean
udpnat_host_start_finish (UdpnatHost   *self,
                          GAsyncResult *result,
                          GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- Stopping ---- */

static void
finish_stop (UdpnatHost *self,
             gboolean    is_stopped)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->stopping);

  if (self->stop_timer != NULL)
    {
      g_source_destroy (self->stop_timer);
      g_clear_pointer (&self->stop_timer, g_source_unref);
    }
  if (is_stopped)
    {
      let_go (self);
      udpnat_host_record_clear (&self->record);
    }
  set_state (self, is_stopped ? UDPNAT_HOST_STATE_STOPPED : UDPNAT_HOST_STATE_RUNNING);
  if (is_stopped)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                             _("The server (process %d) does not end. Try again, or end it "
                               "yourself."), self->record.pid);
}

static gboolean
stop_timer_cb (gpointer user_data)
{
  UdpnatHost *self = user_data;
  g_auto (UdpnatHostRecord) record = { 0 };

  if (!udpnat_host_record_read (&record, self->state_dir) || record.pid != self->record.pid)
    finish_stop (self, TRUE);
  else if (g_get_monotonic_time () >= self->stop_until_us)
    finish_stop (self, FALSE);
  else
    return G_SOURCE_CONTINUE;
  return G_SOURCE_REMOVE;
}

/**
 * udpnat_host_stop_async:
 *
 * Ends the server if it is an own one, also for the others who use it. Their programs come back by
 * themselves when there is a server again.
 */
void
udpnat_host_stop_async (UdpnatHost         *self,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_return_if_fail (self->starting == NULL && self->stopping == NULL);

  self->stopping = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (self->stopping, udpnat_host_stop_async);
  /* Looked at just now: the process id must not be somebody else's by this time. */
  if (self->state != UDPNAT_HOST_STATE_RUNNING || !reload (self) ||
      kill (self->record.pid, SIGTERM) != 0)
    {
      finish_stop (self, TRUE);
      return;
    }
  self->stop_until_us = g_get_monotonic_time () + STOP_MAX_US;
  self->stop_timer = g_timeout_source_new (STOP_CHECK_MS);
  g_source_set_callback (self->stop_timer, stop_timer_cb, self, NULL);
  g_source_attach (self->stop_timer, g_main_context_get_thread_default ());
  set_state (self, UDPNAT_HOST_STATE_STOPPING);
}

/** udpnat_host_stop_finish: @error: %G_IO_ERROR_TIMED_OUT: it goes on */
gboolean
udpnat_host_stop_finish (UdpnatHost   *self,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- How things stand ---- */

UdpnatHostState
udpnat_host_get_state (UdpnatHost *self)
{
  return self->state;
}

/** udpnat_host_is_earlier: whether the own server was started by an earlier run */
gboolean
udpnat_host_is_earlier (UdpnatHost *self)
{
  return self->state == UDPNAT_HOST_STATE_RUNNING && self->server == NULL;
}

guint16
udpnat_host_get_port (UdpnatHost *self)
{
  return self->port;
}

/**
 * udpnat_host_dup_local: Returns: (transfer full): where others in this network reach the server:
 * address and port */
char *
udpnat_host_dup_local (UdpnatHost *self)
{
  UdpnatAddress address;
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  if (udpnat_interfaces_get_addresses (&address, 1) == 0)
    return g_strdup_printf ("127.0.0.1:%u", self->port);
  address.port = self->port;
  return g_strdup (udpnat_address_to_string (&address, text));
}

static gboolean
is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  return g_str_equal (host, "localhost")
         || (address != NULL && g_inet_address_get_is_loopback (address));
}

/**
 * udpnat_host_dup_shared:
 * @server: (nullable): "host:port" as a program on this computer has it
 *
 * Returns: (transfer full) (nullable): where others reach the same server, when it is the user's
 * own and named as only this computer can; else %NULL
 */
char *
udpnat_host_dup_shared (const char *server)
{
  g_autoptr (GSocketConnectable) parsed = NULL;
  g_autoptr (UdpnatHost) host = NULL;
  GNetworkAddress *address;

  if (server != NULL)
    parsed = g_network_address_parse (server, UDPNAT_SERVER_PORT, NULL);
  if (parsed == NULL)
    return NULL;
  address = G_NETWORK_ADDRESS (parsed);
  if (!is_loopback (g_network_address_get_hostname (address)))
    return NULL;
  host = udpnat_host_new (g_network_address_get_port (address), NULL, FALSE);
  if (!reload (host) || host->record.port != host->port)
    return NULL;
  return host->record.outside != NULL ? g_strdup (host->record.outside)
                                      : udpnat_host_dup_local (host);
}

/* The same place, as somebody from outside sees it. */
static gboolean
is_outside (UdpnatHost          *self,
            const UdpnatAddress *address)
{
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  return g_strcmp0 (udpnat_address_to_string (address, text), self->record.outside) == 0;
}

/**
 * udpnat_host_is_at:
 * @address: of a server
 *
 * Returns: whether that is this one: it has the port at any address of this computer, or that
 * which the router has opened
 */
gboolean
udpnat_host_is_at (UdpnatHost          *self,
                   const UdpnatAddress *address)
{
  return is_outside (self, address) ||
         (address->port == self->port && udpnat_host_is_own_ip (address));
}

/** udpnat_host_get_key_text: Returns: (nullable): the public key of an own server */
const char *
udpnat_host_get_key_text (UdpnatHost *self)
{
  return self->record.key_text;
}

UdpnatHostReach
udpnat_host_get_reach (UdpnatHost *self)
{
  if (self->record.outside != NULL)
    return UDPNAT_HOST_REACH_OUTSIDE;
  return self->record.reason != NULL ? UDPNAT_HOST_REACH_LOCAL : UDPNAT_HOST_REACH_UNKNOWN;
}

/** udpnat_host_get_outside: Returns: (nullable): address and port for friends from outside */
const char *
udpnat_host_get_outside (UdpnatHost *self)
{
  return self->record.outside;
}

/**
 * udpnat_host_get_protocol: Returns: (nullable): how the router was asked; "none": this computer
 * has a public address of its own */
const char *
udpnat_host_get_protocol (UdpnatHost *self)
{
  return self->record.protocol;
}

/**
 * udpnat_host_get_reason: Returns: (nullable): why nobody outside reaches it: a code for
 * udpnat_words_explain_code() */
const char *
udpnat_host_get_reason (UdpnatHost *self)
{
  return self->record.reason;
}

/* ---- Construction ---- */

static void
udpnat_host_dispose (GObject *object)
{
  UdpnatHost *self = UDPNAT_HOST (object);

  let_go (self);
  udpnat_host_record_clear (&self->record);
  G_OBJECT_CLASS (udpnat_host_parent_class)->dispose (object);
}

static void
udpnat_host_finalize (GObject *object)
{
  g_free (UDPNAT_HOST (object)->state_dir);
  G_OBJECT_CLASS (udpnat_host_parent_class)->finalize (object);
}

static void
udpnat_host_class_init (UdpnatHostClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = udpnat_host_dispose;
  object_class->finalize = udpnat_host_finalize;
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", UDPNAT_TYPE_HOST, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
udpnat_host_init (UdpnatHost *self)
{
}

/**
 * udpnat_host_new:
 * @port: that the server is to have
 * @state_dir: (nullable): where it keeps key, names and letters; %NULL: where a server of this user
 *   keeps them, so that it is the same server whichever program starts it
 * @may_map: have the router let people in from outside
 *
 * Starts nothing yet. When the host is freed a server goes on, and ends by itself.
 */
UdpnatHost *
udpnat_host_new (guint16     port,
                 const char *state_dir,
                 gboolean    may_map)
{
  UdpnatHost *self = g_object_new (UDPNAT_TYPE_HOST, NULL);

  self->port = port;
  self->state_dir = state_dir != NULL
                      ? g_strdup (state_dir)
                      : g_build_filename (g_get_user_state_dir (), "udpnat-server", NULL);
  self->may_map = may_map;
  return self;
}
