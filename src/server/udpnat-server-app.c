/* Ties the server's machine to the world: its sockets, its key, its files, its signals.
 *
 * All thinking is in UdpnatRendezvousServer, and what it wants stored is UdpnatServerDisk's. Here
 * the program starts, says where it is, and ends politely.
 */

#include "config.h"

#include "udpnat-server-app.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "udpnat-allow-list.h"
#include "udpnat-clock.h"
#include "udpnat-fleet-directory.h"
#include "udpnat-identity.h"
#include "udpnat-interfaces.h"
#include "udpnat-limits.h"
#include "udpnat-machine-source.h"
#include "udpnat-random-reserve.h"
#include "udpnat-rendezvous-server-access.h"
#include "udpnat-server-control.h"
#include "udpnat-server-disk.h"
#include "udpnat-server-error.h"
#include "udpnat-server-key.h"
#include "udpnat-server-log.h"
#include "udpnat-server-reach.h"
#include "udpnat-server-sockets.h"
#include "udpnat-server-tunnel.h"
#include "udpnat-server-watch.h"
#include "udpnat-state-dir.h"
#include "udpnat-system-random.h"

#define KEY_FILE "server.key"
#define NAMES_FILE "names.db"
#define ACCESS_FILE "access.db"
#define MAIL_FILE "mail.db"
#define TICKETS_FILE "tickets.key"
#define ADDRESSES_MAX 32
#define DRAIN_MAX_S 15 /* for the last ones to go */
#define DRAIN_CHECK_MS 100
/* A burst is what may go in a quarter of a second. */
#define RELAY_BURSTS_PER_SECOND 4

struct _UdpnatServerApp
{
  UdpnatStateDir         *state_dir;
  UdpnatIdentity         *identity;
  UdpnatNameStore        *names;
  UdpnatAccessStore      *access;
  UdpnatMailStore        *mail; /* (nullable): this server keeps no letters */
  UdpnatServerSockets     sockets;
  UdpnatTunnelListener   *tunnels; /* (nullable): this server has none */
  UdpnatRandomReserve    *random;
  UdpnatRendezvousServer *server;
  UdpnatServerDisk       *disk;
  UdpnatServerWatch      *watch;
  UdpnatServerOperator   *operator;
  UdpnatServerControl    *control; /* (nullable): it takes no orders */
  UdpnatFleetDirectory   *directory; /* (nullable): this server stands alone */
  GSource                *source;
  GMainLoop              *loop;

  char    *ip; /* (nullable) */
  guint    idle_exit_s;
  guint    idle_id;
  guint    drain_id;
  gint64   drain_end_us;
  gboolean map_port;
  gboolean print_address;

  /* borrowed */
  UdpnatServerNotify *notify;
};

/* ---- Running ---- */

static guint
count_registered (UdpnatServerApp *self)
{
  UdpnatRendezvousServerStats stats;

  udpnat_rendezvous_server_get_stats (self->server, &stats);
  return stats.registered;
}

static gboolean
idle_cb (gpointer user_data)
{
  UdpnatServerApp *self = user_data;

  self->idle_id = 0;
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

static void
watch_idle (UdpnatServerApp *self,
            guint            n_registered)
{
  if (self->idle_exit_s == 0)
    return;
  if (n_registered > 0)
    g_clear_handle_id (&self->idle_id, g_source_remove);
  else if (self->idle_id == 0)
    self->idle_id = g_timeout_add (self->idle_exit_s * 1000, idle_cb, self);
}

static void
handle_events (UdpnatServerApp *self)
{
  UdpnatMachine *machine = udpnat_rendezvous_server_get_machine (self->server);
  gint64 now_us = udpnat_clock_get_now_us ();
  gint64 wall_us = udpnat_clock_get_wall_us ();

  udpnat_rendezvous_server_set_wall_clock (self->server, now_us, wall_us);
  do
    {
      UdpnatEvent *event;

      while ((event = udpnat_machine_pop_event (machine)) != NULL)
        {
          if (self->directory == NULL
              || !udpnat_fleet_directory_handle_event (self->directory,
                                                       (const UdpnatServerEvent *) event))
            udpnat_server_disk_handle_event (self->disk, now_us, wall_us,
                                             (const UdpnatServerEvent *) event);
          udpnat_server_watch_handle_event (self->watch, (const UdpnatServerEvent *) event);
          udpnat_event_free (event);
        }
    }
  while (udpnat_server_disk_finish (self->disk, now_us));
}

static void
events_cb (gpointer user_data)
{
  UdpnatServerApp *self = user_data;
  guint n_registered;

  handle_events (self);
  n_registered = count_registered (self);
  watch_idle (self, n_registered);
  udpnat_server_notify_set_online (self->notify, n_registered);
}

/* What the directory says comes outside of the machine's own turns. */
static void
directory_cb (gpointer user_data)
{
  UdpnatServerApp *self = user_data;

  if (self->source != NULL)
    udpnat_machine_source_wake (self->source);
}

static gboolean
drained_cb (gpointer user_data)
{
  UdpnatServerApp *self = user_data;

  if (g_get_monotonic_time () < self->drain_end_us
      && !(udpnat_rendezvous_server_is_drained (self->server) && count_registered (self) == 0))
    return G_SOURCE_CONTINUE;
  self->drain_id = 0;
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/* Whoever has not gone by DRAIN_MAX_S is told that the server ends, as at any other end. */
static gboolean
drain_cb (gpointer user_data)
{
  UdpnatServerApp *self = user_data;

  if (self->drain_id != 0)
    return G_SOURCE_CONTINUE;
  udpnat_server_log_say (_("draining"));
  fflush (stdout);
  udpnat_rendezvous_server_drain (self->server, udpnat_clock_get_now_us ());
  udpnat_machine_source_wake (self->source);
  self->drain_end_us = g_get_monotonic_time ()
                       + (DRAIN_MAX_S + count_registered (self) / UDPNAT_FLEET_DRAIN_PER_SECOND)
                         * G_USEC_PER_SEC;
  self->drain_id = g_timeout_add (DRAIN_CHECK_MS, drained_cb, self);
  return G_SOURCE_CONTINUE;
}

static gboolean
signal_cb (gpointer user_data)
{
  UdpnatServerApp *self = user_data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static void
print_listening (UdpnatServerApp *self)
{
  const UdpnatSocket *socket = self->sockets.by_id[UDPNAT_SOCKET_MAIN];
  const guint16 port = udpnat_socket_get_port (socket);
  gboolean has_ipv4 = udpnat_socket_get_ipv4 (socket) != NULL;
  const char *ip = self->ip != NULL ? self->ip : has_ipv4 ? "0.0.0.0" : "::";
  char address_text[UDPNAT_ADDRESS_TEXT_BYTES];
  char key_text[UDPNAT_KEY_TEXT_BYTES];
  UdpnatAddress address;

  /* It was parsed before, or there would be no socket. */
  if (!udpnat_address_parse_ip (&address, ip, port))
    g_assert_not_reached ();
  udpnat_address_to_string (&address, address_text);
  udpnat_public_key_to_string (udpnat_identity_get_public_key (self->identity), key_text);
  /* Translators: an address with a port, and the key of the server. */
  udpnat_server_log_say (_("listening on %s (key %s)"), address_text, key_text);
}

/* A server that listens on one address has no other; one that listens on all can be reached at
 * each of the machine's. */
static void
print_addresses (UdpnatServerApp *self)
{
  const UdpnatSocket *socket = self->sockets.by_id[UDPNAT_SOCKET_MAIN];
  UdpnatAddress addresses[ADDRESSES_MAX];
  guint n_addresses = udpnat_interfaces_get_addresses (addresses, ADDRESSES_MAX);
  UdpnatAddress bound = UDPNAT_ADDRESS_NONE;
  gboolean is_one = self->ip != NULL && udpnat_address_parse_ip (&bound, self->ip, 0)
                    && udpnat_address_get_scope (&bound) != UDPNAT_SCOPE_UNUSABLE;

  if (is_one)
    {
      addresses[0] = bound;
      n_addresses = 1;
    }
  for (guint i = 0; i < n_addresses; i++)
    {
      GSocket *half = addresses[i].family == UDPNAT_FAMILY_IPV4
                        ? udpnat_socket_get_ipv4 (socket)
                        : udpnat_socket_get_ipv6 (socket);
      char text[UDPNAT_ADDRESS_TEXT_BYTES];

      if (half == NULL)
        continue;
      addresses[i].port = udpnat_socket_get_port (socket);
      /* Translators: one of those at which the server can be reached. */
      udpnat_server_log_say (_("address %s"), udpnat_address_to_string (&addresses[i], text));
    }
}

static UdpnatServerReach *
tell_reach (UdpnatServerApp *self)
{
  char key_text[UDPNAT_KEY_TEXT_BYTES];
  UdpnatServerReach *reach;

  udpnat_public_key_to_string (udpnat_identity_get_public_key (self->identity), key_text);
  reach = udpnat_server_reach_new (self->state_dir,
                                   udpnat_server_sockets_get_port (&self->sockets,
                                                                   UDPNAT_SOCKET_MAIN),
                                   key_text, udpnat_server_watch_get_address (self->watch));
  if (self->map_port)
    udpnat_server_reach_ask_router (reach, udpnat_server_sockets_get_port (&self->sockets,
                                                                           UDPNAT_SOCKET_ALT));
  return reach;
}

static gboolean
reload_cb (gpointer user_data)
{
  UdpnatServerApp *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = udpnat_server_operator_obey (self->operator, udpnat_clock_get_now_us (),
                                                       udpnat_clock_get_wall_us (), "reload",
                                                       &error);

  if (text == NULL)
    udpnat_server_log_warn ("%s", error->message);
  return G_SOURCE_CONTINUE;
}

/**
 * udpnat_server_app_run:
 *
 * Says where the server is and works until SIGINT, SIGTERM or the end of the idle time, or after
 * SIGUSR1 until everybody has been sent to other servers; then takes leave of the clients, so that
 * they need not find out by waiting. SIGHUP has it read the allow-list again.
 */
void
udpnat_server_app_run (UdpnatServerApp *self)
{
  guint interrupt_id = g_unix_signal_add (SIGINT, signal_cb, self);
  guint terminate_id = g_unix_signal_add (SIGTERM, signal_cb, self);
  guint drain_signal_id = g_unix_signal_add (SIGUSR1, drain_cb, self);
  guint reload_id = g_unix_signal_add (SIGHUP, reload_cb, self);
  g_autoptr (UdpnatServerReach) reach = tell_reach (self);

  print_listening (self);
  if (self->print_address)
    print_addresses (self);
  /* Whoever started us may be waiting for this line at the other end of a pipe. */
  fflush (stdout);
  udpnat_server_watch_start (self->watch,
                             udpnat_server_sockets_get_port (&self->sockets, UDPNAT_SOCKET_MAIN));
  udpnat_server_notify_ready (self->notify, count_registered (self));

  g_main_loop_run (self->loop);

  udpnat_server_notify_stopping (self->notify);
  udpnat_rendezvous_server_shut_down (self->server, udpnat_clock_get_now_us ());
  handle_events (self);
  udpnat_machine_source_flush (self->source);
  if (self->directory != NULL)
    udpnat_fleet_directory_stop (self->directory);
  udpnat_server_watch_stop (self->watch);
  g_clear_pointer (&reach, udpnat_server_reach_close);
  g_source_remove (interrupt_id);
  g_source_remove (terminate_id);
  g_source_remove (drain_signal_id);
  g_source_remove (reload_id);
  g_clear_handle_id (&self->drain_id, g_source_remove);
  g_clear_handle_id (&self->idle_id, g_source_remove);
  udpnat_server_log_say (_("stopped"));
  fflush (stdout);
}

/* ---- Starting ---- */

/* A damaged file of letters is no reason for nobody to be able to talk. */
static gboolean
open_mail (UdpnatServerApp *self,
           GError         **error)
{
  g_autofree char *path = udpnat_state_dir_dup_file (self->state_dir, MAIL_FILE);
  g_autofree char *aside = NULL;
  g_autoptr (GError) damage = NULL;
  guint n_recovered;

  self->mail = udpnat_mail_store_open (path, &damage);
  if (self->mail != NULL)
    return TRUE;
  if (!g_error_matches (damage, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_MAIL_DAMAGED))
    {
      g_propagate_error (error, g_steal_pointer (&damage));
      return FALSE;
    }
  aside = udpnat_mail_store_set_aside (path, udpnat_clock_get_wall_us (), error);
  if (aside == NULL)
    return FALSE;
  self->mail = udpnat_mail_store_open (path, error);
  if (self->mail == NULL)
    return FALSE;
  n_recovered = udpnat_mail_store_recover (self->mail, aside);
  /* Translators: first the sentence that says that the file of letters is damaged, then where the
   * file has been moved to. */
  udpnat_server_log_warn (ngettext ("%s It is now %s; %u letters in it could be read and are kept. "
                                    "Senders have the others still, and will send them again.",
                                    "%s It is now %s; %u letters in it could be read and are kept. "
                                    "Senders have the others still, and will send them again.",
                                    n_recovered),
                          damage->message, aside, n_recovered);
  return TRUE;
}

static gboolean
open_state (UdpnatServerApp    *self,
            const char         *path,
            const UdpnatRandom *random,
            gboolean            has_mailbox,
            GError            **error)
{
  g_autofree char *key_path = NULL;
  g_autofree char *names_path = NULL;
  g_autofree char *access_path = NULL;
  gboolean had_names;
  gboolean is_new;

  self->state_dir = udpnat_state_dir_open (path, error);
  if (self->state_dir == NULL)
    return FALSE;
  key_path = udpnat_state_dir_dup_file (self->state_dir, KEY_FILE);
  names_path = udpnat_state_dir_dup_file (self->state_dir, NAMES_FILE);
  had_names = g_file_test (names_path, G_FILE_TEST_EXISTS);

  self->identity = udpnat_server_key_load (key_path, random, &is_new, error);
  if (self->identity == NULL)
    return FALSE;
  if (is_new && had_names)
    udpnat_server_log_warn (_("%s was missing, so a new key was made. Clients that knew the old "
                              "one will warn that the server has changed."), key_path);
  self->names = udpnat_name_store_open (names_path, error);
  if (self->names == NULL)
    return FALSE;
  access_path = udpnat_state_dir_dup_file (self->state_dir, ACCESS_FILE);
  self->access = udpnat_access_store_open (access_path, error);
  return self->access != NULL && (!has_mailbox || open_mail (self, error));
}

/* ---- Orders ---- */

static void
note (const char *event,
      const char *message,
      const char *name,
      gpointer    user_data)
{
  UdpnatServerApp *self = user_data;

  udpnat_server_watch_note (self->watch, event, message, name);
}

/* Whoever has been blocked is to be told so now. */
static void
obeyed_cb (gpointer user_data)
{
  UdpnatServerApp *self = user_data;

  udpnat_machine_source_wake (self->source);
}

static gboolean
tell (const UdpnatServerRuling *ruling,
      gpointer                  user_data)
{
  UdpnatServerApp *self = user_data;

  return udpnat_fleet_directory_tell (self->directory, ruling);
}

static void
ruling_cb (const UdpnatServerRuling *ruling,
           gpointer                  user_data)
{
  UdpnatServerApp *self = user_data;

  udpnat_server_operator_apply (self->operator, udpnat_clock_get_now_us (), ruling);
  udpnat_machine_source_wake (self->source);
}

/* Of several addresses the one that most people reach. Returns: (transfer full) (nullable) */
static char *
find_address (UdpnatServerApp *self)
{
  UdpnatAddress addresses[ADDRESSES_MAX];
  UdpnatAddress best = UDPNAT_ADDRESS_NONE;
  guint n_addresses = udpnat_interfaces_get_addresses (addresses, ADDRESSES_MAX);
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  if (self->ip != NULL && udpnat_address_parse_ip (&best, self->ip, 0)
      && udpnat_address_get_scope (&best) != UDPNAT_SCOPE_UNUSABLE)
    n_addresses = 0;
  else
    best = UDPNAT_ADDRESS_NONE;
  for (guint i = 0; i < n_addresses; i++)
    if (!udpnat_address_is_set (&best)
        || udpnat_address_get_scope (&addresses[i]) > udpnat_address_get_scope (&best))
      best = addresses[i];
  if (!udpnat_address_is_set (&best))
    return NULL;
  best.port = udpnat_server_sockets_get_port (&self->sockets, UDPNAT_SOCKET_MAIN);
  return g_strdup (udpnat_address_to_string (&best, text));
}

/* Returns: (transfer full) (nullable): as links name this server */
static char *
dup_public_name (UdpnatServerApp *self,
                 const char      *given)
{
  guint16 port = udpnat_server_sockets_get_port (&self->sockets, UDPNAT_SOCKET_MAIN);

  if (given == NULL)
    return find_address (self);
  if (port == UDPNAT_SERVER_PORT || (strchr (given, ':') != NULL && !g_str_has_suffix (given, "]")))
    return g_strdup (given);
  return g_strdup_printf ("%s:%u", given, port);
}

/* A server that cannot be told anything is still one. */
static void
take_orders (UdpnatServerApp          *self,
             const UdpnatServerConfig *config)
{
  g_autofree char *address = NULL;
  g_autoptr (GError) error = NULL;
  UdpnatServerOperatorConfig operator_config = {
    .server = self->server,
    .names = self->names,
    .access = self->access,
    .random = udpnat_system_random (),
    .key = udpnat_identity_get_public_key (self->identity),
    .allow_list = config->allow_list,
    .is_invited_only = config->is_invited_only,
    .tell = self->directory != NULL ? tell : NULL,
    .note = note,
    .user_data = self,
  };

  address = dup_public_name (self, config->public_name);
  operator_config.address = address;
  self->operator = udpnat_server_operator_new (&operator_config);
  if (self->directory != NULL)
    udpnat_fleet_directory_obey (self->directory, self->access, ruling_cb, self);
  self->control = udpnat_server_control_new (self->state_dir, self->operator, obeyed_cb, self,
                                             &error);
  if (self->control == NULL)
    udpnat_server_log_warn (_("It takes no orders (--invite, --block and the like): %s"),
                            error->message);
}

static gboolean
join_fleet (UdpnatServerApp          *self,
            const UdpnatServerConfig *config,
            GError                  **error)
{
  g_auto (UdpnatRedisAddress) address = { 0 };

  if (!udpnat_redis_address_load (&address, config->directory, config->directory_password_file,
                                  config->directory_ca, error))
    return FALSE;
  udpnat_rendezvous_server_join_fleet (self->server, config->watch_s);
  self->directory
      = udpnat_fleet_directory_new (&address, udpnat_identity_get_public_key (self->identity),
                                    config->node_address, self->server, self->disk, self->names,
                                    directory_cb, self);
  return TRUE;
}

/**
 * udpnat_server_app_new:
 * @notify: borrowed
 *
 * Opens everything that the server needs. Warns on stderr about what it can do without.
 *
 * Returns: (transfer full) (nullable): a server that is ready to run, or %NULL with an error of
 * %UDPNAT_SERVER_ERROR or %UDPNAT_IO_ERROR
 */
UdpnatServerApp *
udpnat_server_app_new (const UdpnatServerConfig *config,
                       UdpnatServerNotify       *notify,
                       GError                  **error)
{
  g_autoptr (UdpnatServerApp) self = g_new0 (UdpnatServerApp, 1);
  g_autofree char *tickets_path = NULL;
  guint n_allowed;
  UdpnatRandom random = udpnat_system_random ();
  UdpnatRendezvousServerConfig server_config = { 0 };

  self->notify = notify;
  self->ip = g_strdup (config->ip);
  self->idle_exit_s = config->idle_exit_s;
  self->map_port = config->map_port;
  self->print_address = config->print_address;
  if (!open_state (self, config->state_dir, &random, config->has_mailbox, error)
      || !udpnat_server_sockets_open (&self->sockets, config, error)
      || !udpnat_server_tunnel_open (config, self->state_dir,
                                     udpnat_server_sockets_get_port (&self->sockets,
                                                                     UDPNAT_SOCKET_MAIN),
                                     &self->tunnels, error))
    return NULL;

  self->random = udpnat_random_reserve_new (&random);
  server_config.random = udpnat_random_reserve_get (self->random);
  server_config.identity = self->identity;
  server_config.directory = config->directory_kind;
  server_config.is_invited_only = config->is_invited_only;
  server_config.is_mailbox_on = config->has_mailbox;
  server_config.relay_bytes_per_second = config->relay_bytes_per_second;
  server_config.relay_burst_bytes = MAX (config->relay_bytes_per_second / RELAY_BURSTS_PER_SECOND,
                                         UDPNAT_RELAY_QUOTA_BURST_BYTES);
  server_config.mailbox.recipient_bytes = config->mailbox_bytes;
  server_config.mailbox.total_bytes = config->mailbox_total_bytes;
  server_config.mailbox.days = config->mailbox_days;
  server_config.wall_us = udpnat_clock_get_wall_us ();
  server_config.alt_port = udpnat_server_sockets_get_port (&self->sockets, UDPNAT_SOCKET_ALT);
  udpnat_server_sockets_get_addresses (&self->sockets, config, server_config.addresses);
  self->server = udpnat_rendezvous_server_new (&server_config, udpnat_clock_get_now_us ());
  self->disk = udpnat_server_disk_new (self->server, self->names, self->mail);
  udpnat_server_disk_set_access (self->disk, self->access);
  tickets_path = udpnat_state_dir_dup_file (self->state_dir, TICKETS_FILE);
  udpnat_server_disk_set_ticket_file (self->disk, tickets_path);
  if (!udpnat_server_disk_restore (self->disk, error)
      || (config->allow_list != NULL
          && !udpnat_allow_list_apply (config->allow_list, self->server, &n_allowed, error)))
    return NULL;

  if (config->directory != NULL && !join_fleet (self, config, error))
    return NULL;
  self->watch = udpnat_server_watch_new (config, self->server, error);
  if (self->watch == NULL)
    return NULL;
  udpnat_server_watch_set_fleet (self->watch, self->directory);
  self->loop = g_main_loop_new (NULL, FALSE);
  self->source = udpnat_machine_source_new (udpnat_rendezvous_server_get_machine (self->server),
                                            self->sockets.by_id, UDPNAT_N_NAMED_SOCKETS,
                                            events_cb, self);
  udpnat_machine_source_set_collect (self->source, UDPNAT_SERVER_COLLECT_US);
  if (self->tunnels != NULL)
    udpnat_machine_source_set_tunnel (self->source,
                                      udpnat_tunnel_listener_get_tunnel (self->tunnels));
  g_source_attach (self->source, NULL);
  take_orders (self, config);
  return g_steal_pointer (&self);
}

void
udpnat_server_app_free (UdpnatServerApp *self)
{
  if (self == NULL)
    return;
  udpnat_server_control_free (self->control);
  udpnat_server_operator_free (self->operator);
  g_clear_pointer (&self->tunnels, udpnat_tunnel_listener_free);
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  g_clear_handle_id (&self->idle_id, g_source_remove);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  udpnat_fleet_directory_free (self->directory);
  udpnat_server_watch_free (self->watch);
  udpnat_server_disk_free (self->disk);
  udpnat_rendezvous_server_free (self->server);
  udpnat_random_reserve_free (self->random);
  udpnat_server_sockets_close (&self->sockets);
  udpnat_mail_store_free (self->mail);
  udpnat_access_store_free (self->access);
  udpnat_name_store_free (self->names);
  udpnat_identity_free (self->identity);
  udpnat_state_dir_free (self->state_dir);
  g_free (self->ip);
  g_free (self);
}
