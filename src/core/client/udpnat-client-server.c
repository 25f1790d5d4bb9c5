/* Which server, and under which name. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-clock.h"
#include "udpnat-limits.h"
#include "udpnat-name.h"
#include "udpnat-server-address.h"

/* How long after a host name was not found it is asked for again: doubling, so that a wrong name
 * costs nothing and a network that comes up late is found soon. */
#define RESOLVE_FIRST_S 2
#define RESOLVE_MAX_S 60
/* A network whose only way out is a proxy often has nobody to ask for names; the proxy has. */
#define PROXY_AFTER_MS (UDPNAT_TUNNEL_RACE_US / 1000)

/* How many people are told in one turn of the main loop. What follows a change of one takes some
 * microseconds in the lists that they are in, and a window should not stand still for longer than
 * half a frame. */
#define TELL_PEOPLE_MAX 200

/* ---- What people hear of it ---- */

/** udpnat_client_has_lost_server: whether what it said of people need not be so any more */
gboolean
udpnat_client_has_lost_server (UdpnatClient *self)
{
  return self->server_state != UDPNAT_SERVER_STATE_REGISTERED;
}

/** udpnat_client_stop_telling_people: of the server; the others stay as they are */
void
udpnat_client_stop_telling_people (UdpnatClient *self)
{
  if (self->tell_source != NULL)
    g_source_destroy (self->tell_source);
  g_clear_pointer (&self->tell_source, g_source_unref);
  g_clear_pointer (&self->untold_people, g_ptr_array_unref);
}

static gboolean
tell_some_cb (gpointer user_data)
{
  UdpnatClient *self = user_data;
  GPtrArray *untold = self->untold_people;
  guint n_left = untold->len - MIN (untold->len, TELL_PEOPLE_MAX);

  for (guint i = n_left; i < untold->len; i++)
    udpnat_person_set_lost_server (untold->pdata[i], udpnat_client_has_lost_server (self));
  g_ptr_array_set_size (untold, (int) n_left);
  if (n_left > 0)
    return G_SOURCE_CONTINUE;
  udpnat_client_stop_telling_people (self);
  return G_SOURCE_REMOVE;
}

/* Some at once; when they are thousands, the others in the next turns of the main loop. */
static void
tell_people (UdpnatClient *self)
{
  GHashTableIter people;
  gpointer person;

  udpnat_client_stop_telling_people (self);
  self->untold_people = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_iter_init (&people, self->people_by_key);
  while (g_hash_table_iter_next (&people, NULL, &person))
    g_ptr_array_add (self->untold_people, g_object_ref (person));
  if (tell_some_cb (self) == G_SOURCE_REMOVE)
    return;
  self->tell_source = g_idle_source_new ();
  /* Views wait with a crowd until it is over; this must not wait for them. */
  g_source_set_priority (self->tell_source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->tell_source, tell_some_cb, self, NULL);
  g_source_attach (self->tell_source, g_main_context_get_thread_default ());
}

/* ---- Connecting ---- */

/** udpnat_client_remember_server: pins the key that the server was first met with */
void
udpnat_client_remember_server (UdpnatClient          *self,
                               const UdpnatPublicKey *key)
{
  g_autofree char *server = udpnat_client_dup_target (self);

  if (server != NULL)
    udpnat_store_set_server_key (self->store, server, key);
}

static void
connect_server (UdpnatClient        *self,
                const UdpnatAddress *address)
{
  UdpnatPublicKey key;
  gboolean is_pinned = udpnat_client_get_target_key (self, &key);

  /* What the network has made of an IPv4 address is met as that address. */
  if (!udpnat_nat64_extract (&self->nat64, address, &self->server_address))
    self->server_address = *address;
  if (self->tunnel != NULL)
    udpnat_tunnel_dialer_set_server (self->tunnel, udpnat_client_get_target_host (self),
                                     udpnat_client_get_target_port (self));
  if (!self->fleet.is_silence_told)
    udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_CONNECTING, NULL);
  udpnat_client_show_invitation (self);
  udpnat_node_set_server (self->node, udpnat_clock_get_now_us (), &self->server_address,
                          is_pinned ? &key : NULL);
  if (self->fleet.is_moved)
    udpnat_node_note_moved (self->node);
  udpnat_client_wake (self);
}

/** udpnat_client_reconnect_translated: how IPv4 addresses are reached has just become known */
void
udpnat_client_reconnect_translated (UdpnatClient *self)
{
  UdpnatAddress address = self->server_address;
  UdpnatAddress ipv4;

  if (udpnat_nat64_extract (&self->nat64, &address, &ipv4))
    connect_server (self, &address);
}

/** udpnat_client_set_server_state: @code: (nullable): what there is to say about it */
void
udpnat_client_set_server_state (UdpnatClient     *self,
                                UdpnatServerState state,
                                const char       *code)
{
  if (self->server_state == state && g_strcmp0 (self->server_code, code) == 0)
    return;
  if (self->server_state != state)
    self->server_since_us = g_get_monotonic_time ();
  self->server_state = state;
  g_free (self->server_code);
  self->server_code = g_strdup (code);
  tell_people (self);
  udpnat_client_notify_server (self);
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/** udpnat_client_clear_server: no question for an address is under way any more */
void
udpnat_client_clear_server (UdpnatClient *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  clear_source (&self->resolve_source);
  clear_source (&self->proxy_source);
  g_clear_pointer (&self->resolve_error, g_free);
  g_clear_pointer (&self->server_addresses, g_array_unref);
  self->n_addresses_tried = 0;
}

static void
tell_not_found (UdpnatClient *self,
                const char   *message)
{
  udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_NOT_FOUND, message);
  udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_SERVER_FAILED, message);
}

/* ---- A name that only a proxy knows ---- */

static gboolean
is_by_proxy (UdpnatClient *self)
{
  return udpnat_address_is_tunnel (&self->server_address);
}

static gboolean
names_proxy (char **proxies)
{
  for (guint i = 0; proxies != NULL && proxies[i] != NULL; i++)
    if (!g_str_has_prefix (proxies[i], "direct"))
      return TRUE;
  return FALSE;
}

static void
proxies_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (UdpnatClient) self = UDPNAT_CLIENT (user_data);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) proxies = g_proxy_resolver_lookup_finish (G_PROXY_RESOLVER (source), result,
                                                           &error);
  UdpnatAddress address, nobody = { .port = udpnat_client_get_target_port (self) };

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || self->node == NULL
      || udpnat_address_is_set (&self->server_address))
    return;
  if (!names_proxy (proxies))
    {
      if (self->resolve_error != NULL)
        tell_not_found (self, self->resolve_error);
      return;
    }
  udpnat_address_init_tunnel (&address, &nobody, 0);
  connect_server (self, &address);
}

static gboolean
ask_for_proxy_cb (gpointer user_data)
{
  UdpnatClient *self = UDPNAT_CLIENT (user_data);
  g_autofree char *uri = g_strdup_printf ("https://%s:%u", udpnat_client_get_target_host (self),
                                           udpnat_client_get_target_port (self));

  clear_source (&self->proxy_source);
  g_proxy_resolver_lookup_async (udpnat_tunnel_dialer_get_proxy (self->tunnel), uri,
                                 self->cancellable, proxies_cb, g_object_ref (self));
  return G_SOURCE_REMOVE;
}

static void
ask_for_proxy_later (UdpnatClient *self)
{
  if (self->tunnel == NULL || udpnat_address_is_set (&self->server_address))
    return;
  self->proxy_source = g_timeout_source_new (PROXY_AFTER_MS);
  g_source_set_callback (self->proxy_source, ask_for_proxy_cb, self, NULL);
  g_source_attach (self->proxy_source, g_main_context_get_thread_default ());
}

/* ---- Its address ---- */

static gboolean
is_of_our_family (UdpnatClient *self,
                  GInetAddress *address)
{
  g_autoptr (GInetAddress) own = NULL;

  if (self->bound_ip == NULL)
    return TRUE;
  own = g_inet_address_new_from_string (self->bound_ip);
  return own == NULL || g_inet_address_get_family (own) == g_inet_address_get_family (address);
}

/**
 * udpnat_client_pick_address:
 * @found: (element-type GInetAddress): at least one, the best first
 *
 * Picks the first one to which we can send from where we are bound, or simply the first.
 */
gboolean
udpnat_client_pick_address (UdpnatClient  *self,
                            GList         *found,
                            guint16        port,
                            UdpnatAddress *out_address)
{
  g_autofree char *text = NULL;
  GList *best = found;

  while (best != NULL && !is_of_our_family (self, best->data))
    best = best->next;
  text = g_inet_address_to_string (best != NULL ? best->data : found->data);
  return udpnat_address_parse_ip (out_address, text, port);
}

/* All that we can send to from where we are bound, the best first. */
static void
keep_addresses (UdpnatClient *self,
                GList        *found)
{
  const guint16 port = udpnat_client_get_target_port (self);
  UdpnatAddress best;

  self->server_addresses = g_array_new (FALSE, FALSE, sizeof (UdpnatAddress));
  self->n_addresses_tried = 0;
  for (const GList *link = found;
       link != NULL && self->server_addresses->len < UDPNAT_SERVER_ADDRESSES_MAX; link = link->next)
    {
      g_autofree char *text = g_inet_address_to_string (link->data);
      UdpnatAddress address;

      if (is_of_our_family (self, link->data) && udpnat_address_parse_ip (&address, text, port))
        g_array_append_val (self->server_addresses, address);
    }
  if (self->server_addresses->len == 0 && udpnat_client_pick_address (self, found, port, &best))
    g_array_append_val (self->server_addresses, best);
}

/** udpnat_client_count_addresses: Returns: how many the name has of the server that we go to; 0
 * when it was given by address */
guint
udpnat_client_count_addresses (UdpnatClient *self)
{
  return self->server_addresses != NULL ? self->server_addresses->len : 0;
}

/** udpnat_client_try_next_address: Returns: whether there is one that has not been tried, and we
 * are on the way to it */
gboolean
udpnat_client_try_next_address (UdpnatClient *self)
{
  if (self->node == NULL || self->n_addresses_tried >= udpnat_client_count_addresses (self))
    return FALSE;
  connect_server (self, &g_array_index (self->server_addresses, UdpnatAddress,
                                        self->n_addresses_tried++));
  return TRUE;
}

/** udpnat_client_begin_addresses: all of them once more. The name is not asked for again: while
 * nothing answers, nobody may answer that either */
void
udpnat_client_begin_addresses (UdpnatClient *self)
{
  self->n_addresses_tried = 0;
  (void) udpnat_client_try_next_address (self);
}

/** udpnat_client_greet_again: where we are, with the key that is expected now */
void
udpnat_client_greet_again (UdpnatClient *self)
{
  UdpnatAddress address = self->server_address;

  if (udpnat_address_is_set (&address))
    connect_server (self, &address);
  else
    udpnat_client_go_to_server (self);
}

static void resolve (UdpnatClient *self);

static gboolean
resolve_again_cb (gpointer user_data)
{
  UdpnatClient *self = UDPNAT_CLIENT (user_data);

  g_clear_pointer (&self->resolve_source, g_source_unref);
  resolve (self);
  return G_SOURCE_REMOVE;
}

static void
resolve_later (UdpnatClient *self)
{
  guint delay_s = MIN (RESOLVE_FIRST_S << MIN (self->n_resolves, 8), RESOLVE_MAX_S);

  self->n_resolves++;
  self->resolve_source = g_timeout_source_new_seconds (delay_s);
  g_source_set_callback (self->resolve_source, resolve_again_cb, self, NULL);
  g_source_attach (self->resolve_source, g_main_context_get_thread_default ());
}

static void
resolved_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (UdpnatClient) self = UDPNAT_CLIENT (user_data);
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);

  if (found == NULL)
    {
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
      if (udpnat_client_try_next_server (self))
        return;
      resolve_later (self);
      if (self->proxy_source != NULL)
        {
          self->resolve_error = g_strdup (error->message);
          ask_for_proxy_cb (self);
        }
      else if (!is_by_proxy (self))
        tell_not_found (self, error->message);
      return;
    }
  self->n_resolves = 0;
  keep_addresses (self, found);
  g_resolver_free_addresses (found);
  (void) udpnat_client_try_next_address (self);
}

static void
resolve (UdpnatClient *self)
{
  udpnat_client_clear_server (self);
  self->cancellable = g_cancellable_new ();
  if (!is_by_proxy (self) && !self->fleet.is_silence_told)
    udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_RESOLVING, NULL);
  ask_for_proxy_later (self);
  g_resolver_lookup_by_name_async (g_resolver_get_default (),
                                   udpnat_client_get_target_host (self), self->cancellable,
                                   resolved_cb, g_object_ref (self));
}

/* Only people on this network from now on. What waits for others stays in the outbox. */
static void
leave_server (UdpnatClient *self)
{
  udpnat_client_clear_fleet (self);
  g_clear_pointer (&self->server_host, g_free);
  g_clear_pointer (&self->server, g_free);
  self->server_port = 0;
  udpnat_node_set_server (self->node, udpnat_clock_get_now_us (), NULL, NULL);
  udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_NONE, NULL);
  udpnat_client_wake (self);
}

/**
 * udpnat_client_set_server:
 * @host: (nullable): an IP address or a host name; %NULL for no server
 * @port: 1 to 65535
 *
 * Connects to a server, and leaves the one before. A name that has no address is told by
 * "server-failed", and asked for again by itself.
 */
void
udpnat_client_set_server (UdpnatClient *self,
                          const char   *host,
                          guint16       port)
{
  char *copy = g_strdup (host); /* may be ours */

  g_return_if_fail (self->node != NULL);

  /* A late answer about another name must not connect to it, nor what the server before has still
   * said be taken for word of the next. */
  udpnat_client_clear_server (self);
  udpnat_client_handle_events (self, G_MAXUINT);
  self->n_resolves = 0;
  self->server_address = UDPNAT_ADDRESS_NONE;
  if (copy == NULL)
    {
      leave_server (self);
      return;
    }
  g_free (self->server_host);
  self->server_host = copy;
  self->server_port = port;
  g_free (self->server);
  self->server = udpnat_server_address_format (copy, port);
  udpnat_client_notify_server (self);
  udpnat_client_load_fleet (self);
  udpnat_client_go_to_server (self);
}

/** udpnat_client_go_to_server: to the one that is chosen, or another of its fleet */
void
udpnat_client_go_to_server (UdpnatClient *self)
{
  UdpnatAddress address;

  udpnat_client_clear_server (self);
  self->server_address = UDPNAT_ADDRESS_NONE;
  if (udpnat_address_parse_ip (&address, udpnat_client_get_target_host (self),
                               udpnat_client_get_target_port (self)))
    connect_server (self, &address);
  else
    resolve (self);
}

/** udpnat_client_get_server_address: Returns: (nullable): of the server; %NULL without one, and
 * while nobody has said which its name has */
const UdpnatAddress *
udpnat_client_get_server_address (UdpnatClient *self)
{
  return udpnat_address_is_set (&self->server_address) && !is_by_proxy (self)
           ? &self->server_address
           : NULL;
}

/** udpnat_client_note_server: which one is our own, though we do not go there this time: links
 * without a server are about people there */
void
udpnat_client_note_server (UdpnatClient *self,
                           const char   *host,
                           guint16       port)
{
  g_free (self->noted_server);
  self->noted_server = udpnat_server_address_format (host, port);
}

/** udpnat_client_retry_server: begins anew with the same server, now */
void
udpnat_client_retry_server (UdpnatClient *self)
{
  if (self->server_host != NULL)
    udpnat_client_set_server (self, self->server_host, self->server_port);
}

/**
 * udpnat_client_trust_server_key: the user believes that the server's new key is right: it is
 * pinned when it is met */
void
udpnat_client_trust_server_key (UdpnatClient *self)
{
  if (self->server == NULL || self->server_state != UDPNAT_SERVER_STATE_KEY_CHANGED)
    return;
  udpnat_store_forget_server_key (self->store, self->server);
  udpnat_client_forget_fleet_keys (self);
  udpnat_client_retry_server (self);
}

/**
 * udpnat_client_dup_server_key: Returns: (transfer full) (nullable): the text of the key by which
 * the server is known here
 */
char *
udpnat_client_dup_server_key (UdpnatClient *self)
{
  char text[UDPNAT_KEY_TEXT_BYTES];
  UdpnatPublicKey key;

  if (self->server == NULL || !udpnat_store_get_server_key (self->store, self->server, &key))
    return NULL;
  return g_strdup (udpnat_public_key_to_string (&key, text));
}

/**
 * udpnat_client_forget_server_key: whatever key the server has when it is met next is taken for the
 * right one */
void
udpnat_client_forget_server_key (UdpnatClient *self)
{
  if (self->server == NULL)
    return;
  udpnat_store_forget_server_key (self->store, self->server);
  udpnat_client_forget_fleet_keys (self);
  udpnat_client_retry_server (self);
}

/** udpnat_client_handle_network_change: what had no address may have one now */
void
udpnat_client_handle_network_change (UdpnatClient *self)
{
  if (self->server_state == UDPNAT_SERVER_STATE_NOT_FOUND || is_by_proxy (self))
    udpnat_client_retry_server (self);
}

/**
 * udpnat_client_dup_home_server: Returns: (transfer full) (nullable): the server that the user has
 * chosen, "host" or "host:port"; %NULL for none */
char *
udpnat_client_dup_home_server (UdpnatClient *self)
{
  char *server = udpnat_store_dup_setting (self->store, "home-server");

  if (server != NULL && *server == '\0')
    g_clear_pointer (&server, g_free);
  return server;
}

/** udpnat_client_set_home_server: @server: (nullable): for the next start; connects to nothing */
void
udpnat_client_set_home_server (UdpnatClient *self,
                               const char   *server)
{
  udpnat_store_set_setting (self->store, "home-server", server != NULL ? server : "");
}

/**
 * udpnat_client_log_in: registers under @name; "registered" or "refused" answers. People on this
 * network see us by it, with or without a server: see the property "lan-state" */
void
udpnat_client_log_in (UdpnatClient *self,
                      const char   *name)
{
  g_autofree char *normal = udpnat_name_normalize (name);

  if (normal == NULL)
    {
      udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_REFUSED, "name-not-allowed");
      udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_REFUSED, name, "name-not-allowed");
      return;
    }
  self->is_logged_in = TRUE;
  udpnat_client_take_name (self, normal);
  if (self->server == NULL) /* nobody to say whether we may have it */
    udpnat_store_set_setting (self->store, "name", normal);
  if (self->server_state == UDPNAT_SERVER_STATE_REFUSED ||
      self->server_state == UDPNAT_SERVER_STATE_LOGGED_OUT)
    udpnat_client_set_server_state (self, UDPNAT_SERVER_STATE_CONNECTING, NULL);
  udpnat_node_set_wall_clock (self->node, udpnat_clock_get_now_us (), udpnat_clock_get_wall_us ());
  udpnat_node_log_in (self->node, udpnat_clock_get_now_us (), normal);
  udpnat_client_wake (self);
}

void
udpnat_client_log_out (UdpnatClient *self)
{
  udpnat_client_leave_lan (self);
  udpnat_node_log_out (self->node, udpnat_clock_get_now_us ());
  udpnat_client_wake (self);
}
