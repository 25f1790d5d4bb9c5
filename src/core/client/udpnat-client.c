/* The face of the core. It owns what touches the world (profile, store, socket, main-loop source)
 * and the node that thinks, and turns the node's events into signals and a list model. It decides
 * nothing about the protocol. */

#include "config.h"

#include "udpnat-client.h"

#include "udpnat-clock.h"
#include "udpnat-interfaces.h"
#include "udpnat-limits.h"
#include "udpnat-machine-source.h"
#include "udpnat-name.h"
#include "udpnat-node.h"
#include "udpnat-profile.h"
#include "udpnat-store.h"
#include "udpnat-system-random.h"

/* GNetworkMonitor speaks up several times for one change of network. */
#define NETWORK_SETTLE_MS 250

struct _UdpnatClient
{
  GObject        parent_instance;

  UdpnatProfile *profile;
  UdpnatStore   *store;
  UdpnatNode    *node;
  UdpnatSocket  *socket;
  GSource       *source; /* drives the node on the socket */

  char          *name;   /* nullable */
  char          *server; /* nullable: "host:port" as given */
  char          *bound_ip; /* nullable */
  GListStore    *people;
  GHashTable    *people_by_key; /* borrowed UdpnatPerson by key text */
  gboolean       is_receiving;  /* messages are shown to somebody, and so confirmed */
  GCancellable  *cancellable;   /* of the name resolution under way */
  GSource       *network_source; /* waits for the network to settle */
};

enum
{
  REGISTERED,
  REFUSED,
  UNREGISTERED,
  SERVER_SILENT,
  SERVER_LOST,
  SERVER_CHANGED,
  SERVER_FAILED,
  PERSON_CHANGED,
  DIRECTORY_COMPLETE,
  KEY_CHANGED,
  MESSAGE_RECEIVED,
  MESSAGE_SENT,
  MESSAGE_DELIVERED,
  MESSAGE_FAILED,
  PERSON_UNREACHABLE,
  PATH_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatClient, udpnat_client, G_TYPE_OBJECT)

static void
wake (UdpnatClient *self)
{
  if (self->source != NULL)
    udpnat_machine_source_wake (self->source);
}

static void
set_name (UdpnatClient *self,
          const char   *name)
{
  g_autofree char *old = self->name;

  self->name = g_strdup (name);
}

/* ---- People ---- */

static UdpnatPerson *
ensure_person (UdpnatClient          *self,
               const UdpnatNodeEvent *event)
{
  char key_text[UDPNAT_KEY_TEXT_BYTES];
  UdpnatPerson *person;

  udpnat_public_key_to_string (&event->key, key_text);
  person = g_hash_table_lookup (self->people_by_key, key_text);
  if (person == NULL)
    {
      person = udpnat_person_new (&event->key);
      g_hash_table_insert (self->people_by_key, (gpointer) udpnat_person_get_key_text (person),
                           person);
      if (event->name != NULL)
        udpnat_person_set_name (person, event->name);
      g_list_store_append (self->people, person);
      g_object_unref (person);
    }
  else if (event->name != NULL)
    udpnat_person_set_name (person, event->name);
  return person;
}

/* ---- Events of the node ---- */

static void
remember_server (UdpnatClient          *self,
                 const UdpnatNodeEvent *event)
{
  if (self->server != NULL)
    udpnat_store_set_server_key (self->store, self->server, &event->key);
}

static void
emit_registered (UdpnatClient          *self,
                 const UdpnatNodeEvent *event)
{
  char address[UDPNAT_ADDRESS_TEXT_BYTES];

  set_name (self, event->name);
  udpnat_store_set_name (self->store, event->name);
  g_signal_emit (self, signals[REGISTERED], 0, event->name,
                 udpnat_address_to_string (&event->address, address));
}

static void
emit_message (UdpnatClient          *self,
              const UdpnatNodeEvent *event)
{
  UdpnatPerson *person = ensure_person (self, event);
  char id[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  if (!self->is_receiving)
    return;
  udpnat_message_id_to_string (&event->id, id);
  g_signal_emit (self, signals[MESSAGE_RECEIVED], 0, person, id, event->text, event->sent_us);
  udpnat_node_confirm (self->node, udpnat_clock_get_now_us (), &event->key, &event->id);
}

static void
emit_key_text (UdpnatClient          *self,
               guint                  signal,
               const UdpnatNodeEvent *event)
{
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  udpnat_public_key_to_string (&event->key, key_text);
  if (signal == KEY_CHANGED)
    g_signal_emit (self, signals[signal], 0, event->name, key_text);
  else
    g_signal_emit (self, signals[signal], 0, key_text);
}

static void
emit_path (UdpnatClient          *self,
           const UdpnatNodeEvent *event)
{
  UdpnatPerson *person = ensure_person (self, event);

  udpnat_person_set_path (person, event->kind, &event->address, event->rtt_us, event->reason);
  g_signal_emit (self, signals[PATH_CHANGED], 0, person);
}

static void
handle_event (UdpnatClient          *self,
              const UdpnatNodeEvent *event)
{
  UdpnatNodeEventType type = event->base.type;
  char id[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  udpnat_message_id_to_string (&event->id, id);
  switch (type)
    {
    case UDPNAT_NODE_EVENT_SERVER_KEY:
      remember_server (self, event);
      break;
    case UDPNAT_NODE_EVENT_SERVER_CHANGED:
      emit_key_text (self, SERVER_CHANGED, event);
      break;
    case UDPNAT_NODE_EVENT_SERVER_SILENT:
      g_signal_emit (self, signals[SERVER_SILENT], 0);
      break;
    case UDPNAT_NODE_EVENT_SERVER_LOST:
      g_signal_emit (self, signals[SERVER_LOST], 0);
      break;
    case UDPNAT_NODE_EVENT_REGISTERED:
      emit_registered (self, event);
      break;
    case UDPNAT_NODE_EVENT_REFUSED:
      g_signal_emit (self, signals[REFUSED], 0, event->name, event->code);
      break;
    case UDPNAT_NODE_EVENT_UNREGISTERED:
      g_signal_emit (self, signals[UNREGISTERED], 0);
      break;
    case UDPNAT_NODE_EVENT_PEER:
      udpnat_person_set_online (ensure_person (self, event), event->is_online);
      g_signal_emit (self, signals[PERSON_CHANGED], 0, ensure_person (self, event));
      break;
    case UDPNAT_NODE_EVENT_LIST_END:
      g_signal_emit (self, signals[DIRECTORY_COMPLETE], 0);
      break;
    case UDPNAT_NODE_EVENT_CONTACT:
      udpnat_store_set_contact_name (self->store, &event->key, event->name);
      break;
    case UDPNAT_NODE_EVENT_KEY_CHANGED:
      emit_key_text (self, KEY_CHANGED, event);
      break;
    case UDPNAT_NODE_EVENT_MESSAGE:
      emit_message (self, event);
      break;
    case UDPNAT_NODE_EVENT_SENT:
      g_signal_emit (self, signals[MESSAGE_SENT], 0, ensure_person (self, event), id);
      break;
    case UDPNAT_NODE_EVENT_DELIVERED:
      g_signal_emit (self, signals[MESSAGE_DELIVERED], 0, ensure_person (self, event), id,
                     event->elapsed_us);
      break;
    case UDPNAT_NODE_EVENT_PATH:
      emit_path (self, event);
      break;
    case UDPNAT_NODE_EVENT_UNREACHABLE:
      g_signal_emit (self, signals[PERSON_UNREACHABLE], 0, ensure_person (self, event));
      break;
    case UDPNAT_NODE_EVENT_FAILED:
      g_signal_emit (self, signals[MESSAGE_FAILED], 0, event->name, id, event->code);
      break;
    case UDPNAT_NODE_EVENT_TIMESTAMP:
      udpnat_store_set_timestamp (self->store, &event->key, event->timestamp);
      break;
    }
}

static void
events_cb (gpointer user_data)
{
  g_autoptr (UdpnatClient) self = g_object_ref (user_data);
  UdpnatMachine *machine = udpnat_node_get_machine (self->node);
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (machine)) != NULL)
    {
      handle_event (self, (UdpnatNodeEvent *) event);
      udpnat_event_free (event);
    }
}

/* ---- Construction ---- */

static void
udpnat_client_dispose (GObject *object)
{
  UdpnatClient *self = UDPNAT_CLIENT (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->network_source != NULL)
    {
      g_source_destroy (self->network_source);
      g_clear_pointer (&self->network_source, g_source_unref);
    }
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_clear_pointer (&self->source, g_source_unref);
    }
  g_clear_pointer (&self->socket, udpnat_socket_free);
  g_clear_pointer (&self->node, udpnat_node_free);
  g_clear_pointer (&self->store, udpnat_store_free);
  g_clear_pointer (&self->profile, udpnat_profile_free);
  g_clear_pointer (&self->people_by_key, g_hash_table_unref);
  g_clear_object (&self->people);
  G_OBJECT_CLASS (udpnat_client_parent_class)->dispose (object);
}

static void
udpnat_client_finalize (GObject *object)
{
  UdpnatClient *self = UDPNAT_CLIENT (object);

  g_free (self->name);
  g_free (self->server);
  g_free (self->bound_ip);
  G_OBJECT_CLASS (udpnat_client_parent_class)->finalize (object);
}

static guint
add_signal (const char *name,
            guint       n_params,
            GType       a,
            GType       b,
            GType       c,
            GType       d)
{
  return g_signal_new (name, UDPNAT_TYPE_CLIENT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                       G_TYPE_NONE, n_params, a, b, c, d);
}

static void
udpnat_client_class_init (UdpnatClientClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType none = G_TYPE_NONE;
  GType person = UDPNAT_TYPE_PERSON;
  GType text = G_TYPE_STRING;

  object_class->dispose = udpnat_client_dispose;
  object_class->finalize = udpnat_client_finalize;

  signals[REGISTERED] = add_signal ("registered", 2, text, text, none, none);
  signals[REFUSED] = add_signal ("refused", 2, text, text, none, none);
  signals[UNREGISTERED] = add_signal ("unregistered", 0, none, none, none, none);
  signals[SERVER_SILENT] = add_signal ("server-silent", 0, none, none, none, none);
  signals[SERVER_LOST] = add_signal ("server-lost", 0, none, none, none, none);
  signals[SERVER_CHANGED] = add_signal ("server-changed", 1, text, none, none, none);
  signals[SERVER_FAILED] = add_signal ("server-failed", 1, text, none, none, none);
  signals[PERSON_CHANGED] = add_signal ("person-changed", 1, person, none, none, none);
  signals[DIRECTORY_COMPLETE] = add_signal ("directory-complete", 0, none, none, none, none);
  signals[KEY_CHANGED] = add_signal ("key-changed", 2, text, text, none, none);
  signals[MESSAGE_RECEIVED] = add_signal ("message-received", 4, person, text, text, G_TYPE_INT64);
  signals[MESSAGE_SENT] = add_signal ("message-sent", 2, person, text, none, none);
  signals[MESSAGE_DELIVERED] = add_signal ("message-delivered", 3, person, text, G_TYPE_INT64,
                                           none);
  signals[MESSAGE_FAILED] = add_signal ("message-failed", 3, text, text, text, none);
  signals[PERSON_UNREACHABLE] = add_signal ("person-unreachable", 1, person, none, none, none);
  signals[PATH_CHANGED] = add_signal ("path-changed", 1, person, none, none, none);
}

static void
udpnat_client_init (UdpnatClient *self)
{
  self->is_receiving = TRUE;
  self->people = g_list_store_new (UDPNAT_TYPE_PERSON);
  self->people_by_key = g_hash_table_new (g_str_hash, g_str_equal);
}

UdpnatClient *
udpnat_client_new (void)
{
  return g_object_new (UDPNAT_TYPE_CLIENT, NULL);
}

static void
restore_contact (const UdpnatPublicKey *key,
                 const char            *name,
                 const guint8          *timestamp,
                 gpointer               user_data)
{
  UdpnatClient *self = user_data;

  udpnat_node_restore_contact (self->node, key, name, timestamp);
}

/**
 * udpnat_client_open:
 * @profile_path: folder, made when it is not there
 * @error: a #UdpnatError
 *
 * Opens the profile: identity and everything remembered. To be called once, first.
 */
gboolean
udpnat_client_open (UdpnatClient *self,
                    const char   *profile_path,
                    GError      **error)
{
  UdpnatRandom random = udpnat_system_random ();
  g_autofree char *db_path = g_build_filename (profile_path, "udpnat.db", NULL);

  self->profile = udpnat_profile_open (profile_path, error);
  if (self->profile == NULL)
    return FALSE;
  self->store = udpnat_store_open (db_path, error);
  if (self->store == NULL)
    return FALSE;
  self->name = udpnat_store_dup_name (self->store);
  self->node = udpnat_node_new (udpnat_profile_get_identity (self->profile), &random,
                                udpnat_clock_get_now_us (), udpnat_clock_get_wall_us ());
  udpnat_store_foreach_contact (self->store, restore_contact, self);
  return TRUE;
}

static void
refresh_addresses (UdpnatClient *self)
{
  UdpnatAddress addresses[UDPNAT_CANDIDATES_MAX];
  guint n_addresses = 0;

  if (self->bound_ip == NULL || !udpnat_address_parse_ip (&addresses[0], self->bound_ip, 0) ||
      udpnat_address_get_scope (&addresses[0]) == UDPNAT_SCOPE_UNUSABLE)
    n_addresses = udpnat_interfaces_get_addresses (addresses, G_N_ELEMENTS (addresses));
  else
    n_addresses = 1;
  udpnat_node_set_host_addresses (self->node, udpnat_clock_get_now_us (), addresses, n_addresses,
                                  udpnat_socket_get_port (self->socket));
  wake (self);
}

static gboolean
network_settled_cb (gpointer user_data)
{
  UdpnatClient *self = UDPNAT_CLIENT (user_data);

  g_clear_pointer (&self->network_source, g_source_unref);
  refresh_addresses (self);
  return G_SOURCE_REMOVE;
}

static void
network_changed_cb (GNetworkMonitor *monitor,
                    gboolean         is_available,
                    UdpnatClient    *self)
{
  if (self->socket == NULL || self->network_source != NULL)
    return;
  self->network_source = g_timeout_source_new (NETWORK_SETTLE_MS);
  g_source_set_callback (self->network_source, network_settled_cb, self, NULL);
  g_source_attach (self->network_source, g_main_context_get_thread_default ());
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
  self->source = udpnat_machine_source_new (udpnat_node_get_machine (self->node), self->socket,
                                            NULL, events_cb, self);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  refresh_addresses (self);
  g_signal_connect_object (g_network_monitor_get_default (), "network-changed",
                           G_CALLBACK (network_changed_cb), self, 0);
  return TRUE;
}

/* ---- The server ---- */

static void
connect_server (UdpnatClient        *self,
                const UdpnatAddress *address)
{
  UdpnatPublicKey key;
  gboolean is_pinned = udpnat_store_get_server_key (self->store, self->server, &key);

  udpnat_node_set_server (self->node, udpnat_clock_get_now_us (), address,
                          is_pinned ? &key : NULL);
  wake (self);
}

typedef struct
{
  UdpnatClient *client; /* owned */
  guint16       port;
} Resolution;

static void
resolved_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autofree Resolution *resolution = user_data;
  g_autoptr (UdpnatClient) self = resolution->client;
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);
  g_autofree char *text = NULL;
  UdpnatAddress address;

  if (found == NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_signal_emit (self, signals[SERVER_FAILED], 0, error->message);
      return;
    }
  text = g_inet_address_to_string (found->data);
  if (self->node != NULL && udpnat_address_parse_ip (&address, text, resolution->port))
    connect_server (self, &address);
  g_resolver_free_addresses (found);
}

/**
 * udpnat_client_set_server:
 * @host: an IP address or a host name
 * @port: 1 to 65535
 *
 * Connects to a server. A name that has no address is told by "server-failed".
 */
void
udpnat_client_set_server (UdpnatClient *self,
                          const char   *host,
                          guint16       port)
{
  UdpnatAddress address;
  Resolution *resolution;

  g_return_if_fail (self->node != NULL);

  /* A late answer about another name must not connect to it. */
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_free (self->server);
  self->server = strchr (host, ':') != NULL ? g_strdup_printf ("[%s]:%u", host, port)
                                            : g_strdup_printf ("%s:%u", host, port);
  if (udpnat_address_parse_ip (&address, host, port))
    {
      connect_server (self, &address);
      return;
    }
  self->cancellable = g_cancellable_new ();
  resolution = g_new0 (Resolution, 1);
  resolution->client = g_object_ref (self);
  resolution->port = port;
  g_resolver_lookup_by_name_async (g_resolver_get_default (), host, self->cancellable, resolved_cb,
                                   resolution);
}

/** udpnat_client_log_in: registers under @name; "registered" or "refused" answers */
void
udpnat_client_log_in (UdpnatClient *self,
                      const char   *name)
{
  g_autofree char *normal = udpnat_name_normalize (name);

  if (normal == NULL)
    {
      g_signal_emit (self, signals[REFUSED], 0, name, "name-not-allowed");
      return;
    }
  set_name (self, normal);
  udpnat_node_set_wall_clock (self->node, udpnat_clock_get_now_us (), udpnat_clock_get_wall_us ());
  udpnat_node_log_in (self->node, udpnat_clock_get_now_us (), normal);
  wake (self);
}

void
udpnat_client_log_out (UdpnatClient *self)
{
  udpnat_node_log_out (self->node, udpnat_clock_get_now_us ());
  wake (self);
}

/**
 * udpnat_client_leave: says goodbye to everyone, at once: what has to be sent has left when it
 * returns */
void
udpnat_client_leave (UdpnatClient *self)
{
  if (self->source == NULL)
    return;
  udpnat_node_leave (self->node, udpnat_clock_get_now_us ());
  udpnat_machine_source_flush (self->source);
}

/* ---- Talking ---- */

/**
 * udpnat_client_set_receiving:
 *
 * When nobody is there to see messages they are neither told nor confirmed: their senders keep
 * them.
 */
void
udpnat_client_set_receiving (UdpnatClient *self,
                             gboolean      is_receiving)
{
  self->is_receiving = is_receiving;
}

/**
 * udpnat_client_send:
 * @out_id: (out) (optional) (transfer full): the message's id, as signals tell it
 * @error: %UDPNAT_ERROR_INVALID
 *
 * Returns: %FALSE when the text or the name can never be right
 */
gboolean
udpnat_client_send (UdpnatClient *self,
                    const char   *name,
                    const char   *text,
                    char        **out_id,
                    GError      **error)
{
  UdpnatMessageId id;
  char id_text[UDPNAT_MESSAGE_ID_TEXT_BYTES];

  udpnat_node_set_wall_clock (self->node, udpnat_clock_get_now_us (), udpnat_clock_get_wall_us ());
  if (!udpnat_node_send (self->node, udpnat_clock_get_now_us (), name, text, &id))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   "Not sent. A text is 1 to %d bytes of UTF-8, a name 1 to %d characters.",
                   UDPNAT_TEXT_MAX_BYTES, UDPNAT_NAME_MAX_CODE_POINTS);
      return FALSE;
    }
  wake (self);
  if (out_id != NULL)
    *out_id = g_strdup (udpnat_message_id_to_string (&id, id_text));
  return TRUE;
}

/* ---- State ---- */

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

gboolean
udpnat_client_is_registered (UdpnatClient *self)
{
  return udpnat_node_is_registered (self->node);
}

/** udpnat_client_is_drained: whether leaving now loses nothing: see udpnat_node_is_drained() */
gboolean
udpnat_client_is_drained (UdpnatClient *self)
{
  return udpnat_node_is_drained (self->node);
}

/** udpnat_client_count_undelivered: how many messages of ours nobody has confirmed yet */
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

/**
 * udpnat_client_get_people: Returns: (transfer none): a list model of #UdpnatPerson, everyone heard
 * of */
GListModel *
udpnat_client_get_people (UdpnatClient *self)
{
  return G_LIST_MODEL (self->people);
}

/** udpnat_client_refresh_path: brings the round trip of @person's path up to date */
void
udpnat_client_refresh_path (UdpnatClient *self,
                            UdpnatPerson *person)
{
  UdpnatNodePath path;

  if (udpnat_node_get_path (self->node, udpnat_person_get_key (person), &path))
    udpnat_person_set_path (person, path.kind, &path.address, path.rtt_us, path.reason);
}
