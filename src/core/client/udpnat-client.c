/* The face of the core. It owns what touches the world (profile, store, socket, main-loop source)
 * and the node that thinks, and turns what happens into signals and a list model. It decides
 * nothing about the protocol. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-clock.h"
#include "udpnat-interfaces.h"
#include "udpnat-limits.h"
#include "udpnat-system-random.h"

/* How many events of the node are handled in one turn of the main loop; the most frequent ones,
 * of people who come, take some microseconds each. */
#define TURN_EVENTS_MAX 200

enum
{
  PROP_0,
  PROP_NAME,
  PROP_SERVER,
  PROP_SERVER_STATE,
  PROP_SERVER_CODE,
  PROP_SERVER_SINCE,
  PROP_LAN_STATE,
  PROP_DIRECTORY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];
static guint signals[UDPNAT_CLIENT_N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatClient, udpnat_client, G_TYPE_OBJECT)

void
udpnat_client_wake (UdpnatClient *self)
{
  if (self->source != NULL)
    udpnat_machine_source_wake (self->source);
}

void
udpnat_client_take_name (UdpnatClient *self,
                         const char   *name)
{
  g_autofree char *old = self->name;

  self->name = g_strdup (name);
  udpnat_client_update_lan (self);
  if (g_strcmp0 (old, name) != 0)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
}

/** udpnat_client_notify_server: how things stand with the server has changed */
void
udpnat_client_notify_server (UdpnatClient *self)
{
  if (self->is_closing)
    return;
  for (guint i = PROP_SERVER; i <= PROP_SERVER_SINCE; i++)
    g_object_notify_by_pspec (G_OBJECT (self), properties[i]);
}

void
udpnat_client_notify_lan (UdpnatClient *self)
{
  if (!self->is_closing)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAN_STATE]);
}

void
udpnat_client_notify_directory (UdpnatClient *self)
{
  if (!self->is_closing)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DIRECTORY]);
}

/** udpnat_client_emit: a signal with its arguments; nobody is told anything while we are closing */
void
udpnat_client_emit (UdpnatClient      *self,
                    UdpnatClientSignal signal,
                    ...)
{
  va_list arguments;

  if (self->is_closing)
    return;
  va_start (arguments, signal);
  g_signal_emit_valist (self, signals[signal], 0, arguments);
  va_end (arguments);
}

/* Everything that has happened, but of a crowd a part in each turn of the main loop: a directory
 * may bring thousands of people at once. */
static void
events_cb (gpointer user_data)
{
  g_autoptr (UdpnatClient) self = g_object_ref (user_data);

  if (udpnat_client_handle_events (self, TURN_EVENTS_MAX) == TURN_EVENTS_MAX)
    udpnat_client_wake (self);
}

/* ---- Construction ---- */

static void
udpnat_client_dispose (GObject *object)
{
  UdpnatClient *self = UDPNAT_CLIENT (object);

  self->is_closing = TRUE;
  udpnat_client_clear_server (self);
  udpnat_client_clear_mapping (self);
  udpnat_client_clear_nat64 (self);
  udpnat_client_stop_telling_people (self);
  g_clear_pointer (&self->surroundings, udpnat_surroundings_free);
  g_clear_pointer (&self->tunnel, udpnat_tunnel_dialer_free);
  g_clear_object (&self->proxy);
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_clear_pointer (&self->source, g_source_unref);
    }
  g_clear_pointer (&self->socket, udpnat_socket_free);
  udpnat_client_clear_lan (self);
  udpnat_client_clear_files (self);
  /* Writes that are under way end here, and their answers still find the store and the node. */
  udpnat_store_free (self->store);
  self->store = NULL;
  g_clear_pointer (&self->node, udpnat_node_free);
  g_clear_pointer (&self->profile, udpnat_profile_free);
  g_clear_pointer (&self->lookups, g_hash_table_unref);
  g_cancellable_cancel (self->abroad_cancellable);
  g_clear_object (&self->abroad_cancellable);
  g_clear_pointer (&self->own_prekeys, g_hash_table_unref);
  g_clear_pointer (&self->people_by_key, g_hash_table_unref);
  g_clear_pointer (&self->removed_people, g_hash_table_unref);
  g_clear_object (&self->people);
  g_clear_object (&self->me);
  G_OBJECT_CLASS (udpnat_client_parent_class)->dispose (object);
}

static void
udpnat_client_finalize (GObject *object)
{
  UdpnatClient *self = UDPNAT_CLIENT (object);

  g_free (self->name);
  g_free (self->noted_server);
  g_free (self->server);
  g_free (self->server_host);
  udpnat_client_clear_fleet (self);
  g_free (self->server_code);
  g_free (self->bound_ip);
  G_OBJECT_CLASS (udpnat_client_parent_class)->finalize (object);
}

static void
udpnat_client_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  UdpnatClient *self = UDPNAT_CLIENT (object);

  switch (prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_SERVER:
      g_value_set_string (value, self->server);
      break;
    case PROP_SERVER_STATE:
      g_value_set_uint (value, self->server_state);
      break;
    case PROP_SERVER_CODE:
      g_value_set_string (value, self->server_code);
      break;
    case PROP_SERVER_SINCE:
      g_value_set_int64 (value, self->server_since_us);
      break;
    case PROP_LAN_STATE:
      g_value_set_uint (value, self->lan_state);
      break;
    case PROP_DIRECTORY:
      g_value_set_uint (value, udpnat_client_get_directory (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
install_properties (GObjectClass *object_class)
{
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);
  properties[PROP_SERVER] = g_param_spec_string ("server", NULL, NULL, NULL, flags);
  properties[PROP_SERVER_STATE] = g_param_spec_uint ("server-state", NULL, NULL, 0, G_MAXUINT, 0,
                                                     flags);
  properties[PROP_SERVER_CODE] = g_param_spec_string ("server-code", NULL, NULL, NULL, flags);
  properties[PROP_SERVER_SINCE] = g_param_spec_int64 ("server-since-us", NULL, NULL, 0, G_MAXINT64,
                                                      0, flags);
  properties[PROP_LAN_STATE] = g_param_spec_uint ("lan-state", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_DIRECTORY] = g_param_spec_uint ("directory", NULL, NULL, 0, G_MAXUINT, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
add_signal (UdpnatClientSignal signal,
            const char        *name,
            guint              n_params,
            GType              a,
            GType              b,
            GType              c)
{
  signals[signal] = g_signal_new (name, UDPNAT_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, n_params, a, b, c);
}

static void
udpnat_client_class_init (UdpnatClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType none = G_TYPE_NONE;
  GType line = UDPNAT_TYPE_HISTORY_ITEM;
  GType person = UDPNAT_TYPE_PERSON;
  GType text = G_TYPE_STRING;

  object_class->dispose = udpnat_client_dispose;
  object_class->finalize = udpnat_client_finalize;
  object_class->get_property = udpnat_client_get_property;
  install_properties (object_class);

  add_signal (UDPNAT_CLIENT_SIGNAL_REGISTERED, "registered", 2, text, text, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_REFUSED, "refused", 2, text, text, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_UNREGISTERED, "unregistered", 0, none, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_SERVER_SILENT, "server-silent", 0, none, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_SERVER_LOST, "server-lost", 0, none, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_SERVER_REPLACED, "server-replaced", 0, none, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_SERVER_CHANGED, "server-changed", 1, text, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_SERVER_FAILED, "server-failed", 1, text, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_PERSON_CHANGED, "person-changed", 1, person, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_DIRECTORY_COMPLETE, "directory-complete", 0, none, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_REQUEST_RECEIVED, "request-received", 1, person, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_KEY_CHANGED, "key-changed", 2, person, text, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_ITEM_ADDED, "item-added", 2, person, line, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_ITEM_CHANGED, "item-changed", 2, person, line, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_ITEM_REMOVED, "item-removed", 2, person, G_TYPE_INT64, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_MESSAGE_DELIVERED, "message-delivered", 3, person,
              text, G_TYPE_INT64);
  add_signal (UDPNAT_CLIENT_SIGNAL_SAVE_FAILED, "save-failed", 2, person, G_TYPE_BOOLEAN, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_SETTING_LOST, "setting-lost", 0, none, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_PERSON_UNREACHABLE, "person-unreachable", 1, person, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_MAIL_REFUSED, "mail-refused", 2, person, text, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_PATH_CHANGED, "path-changed", 1, person, none, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_TRANSFER_CHANGED, "transfer-changed", 2, person,
              UDPNAT_TYPE_TRANSFER, none);
  add_signal (UDPNAT_CLIENT_SIGNAL_FILE_NOT_SENT, "file-not-sent", 3, person, text, text);
  signals[UDPNAT_CLIENT_SIGNAL_FILE_PREPARING] =
    g_signal_new ("file-preparing", UDPNAT_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                  none, 4, person, text, G_TYPE_INT64, G_TYPE_INT64);
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
udpnat_client_init (UdpnatClient *self)
{
  self->people = g_list_store_new (UDPNAT_TYPE_PERSON);
  self->people_by_key = g_hash_table_new (g_str_hash, g_str_equal);
  self->removed_people = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, weak_ref_free);
  self->abroad_cancellable = g_cancellable_new ();
  self->lookups = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  self->own_prekeys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  udpnat_client_open_files (self);
}

UdpnatClient *
udpnat_client_new (void)
{
  return g_object_new (UDPNAT_TYPE_CLIENT, NULL);
}

static void
setting_lost_cb (gpointer user_data)
{
  udpnat_client_emit (user_data, UDPNAT_CLIENT_SIGNAL_SETTING_LOST);
}

/* Goes on with a profile that is open: everything remembered. */
static gboolean
load_profile (UdpnatClient *self,
              GError      **error)
{
  UdpnatRandom random = udpnat_system_random ();
  g_autofree char *db_path = udpnat_profile_dup_database_path (self->profile);
  const UdpnatIdentity *identity = udpnat_profile_get_identity (self->profile);

  self->store = udpnat_store_open (db_path, udpnat_profile_get_database_key (self->profile),
                                   udpnat_identity_get_public_key (identity), error);
  if (self->store == NULL)
    return FALSE;
  udpnat_store_rehearse (self->store);
  udpnat_store_set_lost_func (self->store, setting_lost_cb, self);
  self->name = udpnat_store_dup_setting (self->store, "name");
  udpnat_client_open_lan (self, identity);
  self->node = udpnat_node_new (identity, &random, udpnat_clock_get_now_us (),
                                udpnat_clock_get_wall_us ());
  udpnat_client_restore_people (self);
  udpnat_client_restore_prekeys (self);
  udpnat_client_restore_outbox (self);
  udpnat_client_restore_files (self);
  udpnat_client_apply_settings (self);
  return TRUE;
}

/**
 * udpnat_client_open:
 * @profile_path: folder, made when it is not there
 * @passphrase: (nullable): needed when the profile is locked
 * @error: a #UdpnatError
 *
 * Opens the profile: identity and everything remembered. To be called first, until it succeeds.
 * With a passphrase it blocks for about a second: see udpnat_client_open_async().
 */
gboolean
udpnat_client_open (UdpnatClient *self,
                    const char   *profile_path,
                    const char   *passphrase,
                    GError      **error)
{
  g_clear_pointer (&self->profile, udpnat_profile_free); /* of an attempt that failed */
  self->profile = udpnat_profile_open (profile_path, passphrase, error);
  return self->profile != NULL && load_profile (self, error);
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  UdpnatClient *self = g_task_get_source_object (task);
  GError *error = NULL;

  self->profile = udpnat_profile_open_finish (result, &error);
  if (self->profile != NULL && load_profile (self, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/** udpnat_client_open_async: udpnat_client_open() that lets the main loop run */
void
udpnat_client_open_async (UdpnatClient       *self,
                          const char         *profile_path,
                          const char         *passphrase,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, udpnat_client_open_async);
  /* Once it is open it is, whatever becomes of the cancellable. */
  g_task_set_check_cancellable (task, FALSE);
  g_clear_pointer (&self->profile, udpnat_profile_free);
  udpnat_profile_open_async (profile_path, passphrase, cancellable, opened_cb, task);
}

gboolean
udpnat_client_open_finish (UdpnatClient *self,
                           GAsyncResult *result,
                           GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Returns: whether they are others than before */
static gboolean
refresh_addresses (UdpnatClient *self)
{
  UdpnatAddress addresses[UDPNAT_CANDIDATES_MAX];
  guint n_addresses = 0;
  gboolean is_changed;

  if (self->bound_ip == NULL || !udpnat_address_parse_ip (&addresses[0], self->bound_ip, 0) ||
      udpnat_address_get_scope (&addresses[0]) == UDPNAT_SCOPE_UNUSABLE)
    n_addresses = udpnat_interfaces_get_addresses (addresses, G_N_ELEMENTS (addresses));
  else
    n_addresses = 1;
  is_changed = udpnat_node_set_host_addresses (self->node, udpnat_clock_get_now_us (), addresses,
                                               n_addresses, udpnat_socket_get_port (self->socket));
  udpnat_client_refresh_lan (self, addresses, n_addresses);
  udpnat_client_wake (self);
  return is_changed;
}

/* Something is different, or we slept. Where addresses are the same, packets may leave by another
 * router all the same, and others may be on this network. */
static void
surroundings_cb (gpointer user_data)
{
  g_autoptr (UdpnatClient) self = g_object_ref (user_data);

  if (!refresh_addresses (self))
    {
      gint64 now_us = udpnat_clock_get_now_us ();

      udpnat_node_handle_wake (self->node, now_us);
      udpnat_lan_handle_network_change (self->lan, now_us);
      udpnat_client_wake (self);
    }
  udpnat_client_handle_network_change (self);
  udpnat_client_update_mapping (self);
  udpnat_client_update_nat64 (self);
}

/**
 * udpnat_client_bind:
 * @ip: (nullable): address to listen on; %NULL for all, IPv4 and IPv6
 * @n_more_ports: how many following ports may be tried when @port is taken
 * @error: a UDPNAT_IO_ERROR
 *
 * Opens the socket and begins to work on it. To be called once, after udpnat_client_open().
 */
gboolean
udpnat_client_bind (UdpnatClient *self,
                    const char   *ip,
                    guint16       port,
                    guint         n_more_ports,
                    GError      **error)
{
  self->socket = udpnat_socket_new (ip, port, n_more_ports, error);
  if (self->socket == NULL)
    return FALSE;
  self->bound_ip = g_strdup (ip);
  self->source = udpnat_machine_source_new (udpnat_node_get_machine (self->node), &self->socket,
                                            1, events_cb, self);
  self->tunnel = udpnat_tunnel_dialer_new ();
  if (self->proxy != NULL)
    udpnat_tunnel_dialer_set_proxy (self->tunnel, self->proxy);
  udpnat_tunnel_dialer_set_server (self->tunnel, self->server_host, self->server_port);
  udpnat_machine_source_set_tunnel (self->source, udpnat_tunnel_dialer_get_tunnel (self->tunnel));
  udpnat_node_set_tunnel_allowed (self->node, TRUE);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  (void) refresh_addresses (self);
  udpnat_client_update_nat64 (self);
  udpnat_client_top_up_prekeys (self);
  self->surroundings = udpnat_surroundings_new (surroundings_cb, self);
  return TRUE;
}

/**
 * udpnat_client_leave: says goodbye to everyone, at once: what has to be sent has left when it
 * returns */
void
udpnat_client_leave (UdpnatClient *self)
{
  if (self->source == NULL)
    return;
  udpnat_client_leave_lan (self);
  udpnat_node_leave (self->node, udpnat_clock_get_now_us ());
  udpnat_machine_source_flush (self->source);
  udpnat_client_leave_mapping (self);
}

/* ---- How things stand ---- */

/** udpnat_client_get_name: Returns: (nullable): the name logged in with, or used last */
const char *
udpnat_client_get_name (UdpnatClient *self)
{
  return self->name;
}

char *
udpnat_client_dup_key_text (UdpnatClient *self)
{
  char text[UDPNAT_KEY_TEXT_BYTES];

  return g_strdup (udpnat_public_key_to_string (udpnat_node_get_public_key (self->node), text));
}

guint16
udpnat_client_get_port (UdpnatClient *self)
{
  return udpnat_socket_get_port (self->socket);
}

/**
 * udpnat_client_dup_local: Returns: (transfer full): this host's address and port, for people to
 * read */
char *
udpnat_client_dup_local (UdpnatClient *self)
{
  UdpnatAddress address;
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  if (self->bound_ip != NULL && udpnat_address_parse_ip (&address, self->bound_ip, 0))
    address.port = udpnat_client_get_port (self);
  else if (udpnat_interfaces_get_addresses (&address, 1) > 0)
    address.port = udpnat_client_get_port (self);
  else
    return g_strdup_printf ("0.0.0.0:%u", udpnat_client_get_port (self));
  return g_strdup (udpnat_address_to_string (&address, text));
}

/** udpnat_client_get_server: Returns: (nullable): "host:port" as given */
const char *
udpnat_client_get_server (UdpnatClient *self)
{
  return self->server;
}

/** udpnat_client_get_server_state: see also the property, which is notified */
UdpnatServerState
udpnat_client_get_server_state (UdpnatClient *self)
{
  return self->server_state;
}

/**
 * udpnat_client_get_server_code: Returns: (nullable): why it refuses, as
 * udpnat_words_explain_code() knows it; what the system says of a name that was not found; or the
 * key of a server that has another one now */
const char *
udpnat_client_get_server_code (UdpnatClient *self)
{
  return self->server_code;
}

/** udpnat_client_get_server_since: Returns: since when it is so, in µs of the monotonic clock */
gint64
udpnat_client_get_server_since (UdpnatClient *self)
{
  return self->server_since_us;
}

gboolean
udpnat_client_is_registered (UdpnatClient *self)
{
  return udpnat_node_is_registered (self->node);
}

/**
 * udpnat_client_is_drained: whether leaving now makes nobody wait: nothing is on its way to the
 * disk, from where it leaves, nor to anybody else, see udpnat_node_is_drained()
 */
gboolean
udpnat_client_is_drained (UdpnatClient *self)
{
  return self->n_pending == 0 && udpnat_node_is_drained (self->node);
}

/** udpnat_client_count_undelivered: how much of ours neither a person nor a mailbox has yet */
guint
udpnat_client_count_undelivered (UdpnatClient *self)
{
  return udpnat_node_count_undelivered (self->node);
}

/** udpnat_client_get_server_rtt: Returns: µs, 0 when not known */
gint64
udpnat_client_get_server_rtt (UdpnatClient *self)
{
  return udpnat_node_get_server_rtt (self->node);
}

/** udpnat_client_get_size_bytes: Returns: what everything remembered takes on the disk */
gint64
udpnat_client_get_size_bytes (UdpnatClient *self)
{
  return udpnat_store_get_size_bytes (self->store);
}

/**
 * udpnat_client_dup_recovery_report: Returns: (transfer full) (nullable): what happened to a
 * damaged database when the profile was opened, in words */
char *
udpnat_client_dup_recovery_report (UdpnatClient *self)
{
  return udpnat_store_dup_recovery_report (self->store);
}

/**
 * udpnat_client_flush: waits until everything said so far is on disk
 *
 * Returns: %FALSE when something could not be written
 */
gboolean
udpnat_client_flush (UdpnatClient *self)
{
  return udpnat_store_flush (self->store);
}

/**
 * udpnat_client_is_damaged: whether something of the profile could not be read since it was opened.
 * Opening it again takes over what can be */
gboolean
udpnat_client_is_damaged (UdpnatClient *self)
{
  return udpnat_store_is_damaged (self->store);
}
