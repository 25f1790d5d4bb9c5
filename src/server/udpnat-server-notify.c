/* The protocol of sd_notify(3): a datagram of lines NAME=value to the socket in $NOTIFY_SOCKET, a
 * path or, with "@" in front, an abstract name (unix(7)). Whoever is killed for being silent for
 * $WATCHDOG_USEC says "WATCHDOG=1" twice in that time (sd_watchdog_enabled(3)). It is said from the
 * main loop, so a server that no longer gets around to anything no longer says it.
 *
 * Not libsystemd: see DECISIONS.md, "sd_notify without libsystemd".
 */

#include "config.h"

#include "udpnat-server-notify.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "udpnat-server-log.h"

/* People come and go in crowds, and a number for people to read need not be newer. */
#define STATUS_EVERY_S 1

/* What must arrive may wait so long for a manager that is busy. */
#define VITAL_TIMEOUT_S 5

/* Of a shorter time half would be no time at all; nobody means it. */
#define WATCHDOG_MIN_US 2000

struct _UdpnatServerNotify
{
  GSocket        *socket; /* (nullable): nobody has asked */
  GSocketAddress *address;
  guint64         watchdog_us; /* 0: nobody waits */
  guint           watchdog_id;
  guint           status_id;
  guint           n_online;
  guint           n_told;
};

/* ---- Saying something ---- */

static void
send_text (UdpnatServerNotify *self,
           const char         *text,
           gboolean            is_vital)
{
  g_autoptr (GError) error = NULL;

  g_socket_set_blocking (self->socket, is_vital);
  if (g_socket_send_to (self->socket, self->address, text, strlen (text), NULL, &error) >= 0)
    return;
  if (is_vital)
    udpnat_server_log_warn (_("cannot tell who started this: %s."), error->message);
}

static char *
make_status (guint n_online)
{
  g_autofree char *text = g_strdup_printf (ngettext ("%u person online", "%u people online",
                                                     n_online), n_online);

  return g_strconcat ("STATUS=", text, "\n", NULL);
}

static void
tell_online (UdpnatServerNotify *self)
{
  g_autofree char *status = make_status (self->n_online);

  self->n_told = self->n_online;
  send_text (self, status, FALSE);
}

static gboolean
status_cb (gpointer user_data)
{
  UdpnatServerNotify *self = user_data;

  if (self->n_online != self->n_told)
    {
      tell_online (self);
      return G_SOURCE_CONTINUE;
    }
  self->status_id = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
watchdog_cb (gpointer user_data)
{
  send_text (user_data, "WATCHDOG=1\n", FALSE);
  return G_SOURCE_CONTINUE;
}

/** udpnat_server_notify_ready: the server can be reached; from now on it says that it is alive */
void
udpnat_server_notify_ready (UdpnatServerNotify *self,
                            guint               n_online)
{
  g_autofree char *status = make_status (n_online);
  g_autofree char *text = g_strconcat ("READY=1\n", status, NULL);

  if (self->socket == NULL)
    return;
  self->n_online = self->n_told = n_online;
  send_text (self, text, TRUE);
  if (self->watchdog_us > 0)
    self->watchdog_id = g_timeout_add ((guint) (self->watchdog_us / 2 / 1000), watchdog_cb, self);
}

/** udpnat_server_notify_set_online: says it at once, but not more often than once a second */
void
udpnat_server_notify_set_online (UdpnatServerNotify *self,
                                 guint               n_online)
{
  self->n_online = n_online;
  if (self->socket == NULL || n_online == self->n_told || self->status_id != 0)
    return;
  tell_online (self);
  self->status_id = g_timeout_add_seconds (STATUS_EVERY_S, status_cb, self);
}

/** udpnat_server_notify_stopping: the rest may take some seconds, and is no reason to kill us */
void
udpnat_server_notify_stopping (UdpnatServerNotify *self)
{
  g_autofree char *text = NULL;

  if (self->socket == NULL)
    return;
  g_clear_handle_id (&self->status_id, g_source_remove);
  text = g_strconcat ("STOPPING=1\nSTATUS=", _("Telling clients to come back later"), "\n", NULL);
  send_text (self, text, TRUE);
}

/* ---- Life ---- */

/* Returns: (transfer full) (nullable): %NULL also for kinds of sockets that we do not know */
static GSocketAddress *
parse_address (const char *text)
{
  if (text == NULL || strlen (text) >= sizeof ((struct sockaddr_un *) NULL)->sun_path)
    return NULL;
  if (*text == '@' && text[1] != '\0')
    return g_unix_socket_address_new_with_type (text + 1, -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);
  return *text == '/' ? g_unix_socket_address_new (text) : NULL;
}

/* $WATCHDOG_PID says whose it is: a parent may have left us its own. */
static guint64
read_watchdog (void)
{
  const char *text = g_getenv ("WATCHDOG_USEC");
  const char *process = g_getenv ("WATCHDOG_PID");
  guint64     watchdog_us, pid;

  if (text == NULL
      || !g_ascii_string_to_unsigned (text, 10, WATCHDOG_MIN_US,
                                      (guint64) G_MAXINT * 1000, &watchdog_us, NULL))
    return 0;
  if (process != NULL
      && (!g_ascii_string_to_unsigned (process, 10, 1, G_MAXINT32, &pid, NULL)
          || (pid_t) pid != getpid ()))
    return 0;
  return watchdog_us;
}

/**
 * udpnat_server_notify_new_from_environment:
 *
 * Takes the variables out of the environment, since they are not for programs that we start. So it
 * is to be called once, and before there are threads.
 */
UdpnatServerNotify *
udpnat_server_notify_new_from_environment (void)
{
  UdpnatServerNotify *self = g_new0 (UdpnatServerNotify, 1);

  self->address = parse_address (g_getenv ("NOTIFY_SOCKET"));
  if (self->address != NULL)
    self->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                                 G_SOCKET_PROTOCOL_DEFAULT, NULL);
  if (self->socket != NULL)
    g_socket_set_timeout (self->socket, VITAL_TIMEOUT_S);
  self->watchdog_us = read_watchdog ();
  g_unsetenv ("NOTIFY_SOCKET");
  g_unsetenv ("WATCHDOG_USEC");
  g_unsetenv ("WATCHDOG_PID");
  return self;
}

void
udpnat_server_notify_free (UdpnatServerNotify *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->watchdog_id, g_source_remove);
  g_clear_handle_id (&self->status_id, g_source_remove);
  g_clear_object (&self->socket);
  g_clear_object (&self->address);
  g_free (self);
}
