/* Which server, and under which name. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-clock.h"
#include "udpnat-name.h"

/** udpnat_client_remember_server: pins the key that the server was first met with */
void
udpnat_client_remember_server (UdpnatClient          *self,
                               const UdpnatPublicKey *key)
{
  if (self->server != NULL)
    udpnat_store_set_server_key (self->store, self->server, key);
}

static void
connect_server (UdpnatClient        *self,
                const UdpnatAddress *address)
{
  UdpnatPublicKey key;
  gboolean is_pinned = udpnat_store_get_server_key (self->store, self->server, &key);

  udpnat_node_set_server (self->node, udpnat_clock_get_now_us (), address,
                          is_pinned ? &key : NULL);
  udpnat_client_wake (self);
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
        udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_SERVER_FAILED, error->message);
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
      udpnat_client_emit (self, UDPNAT_CLIENT_SIGNAL_REFUSED, name, "name-not-allowed");
      return;
    }
  udpnat_client_take_name (self, normal);
  udpnat_node_set_wall_clock (self->node, udpnat_clock_get_now_us (), udpnat_clock_get_wall_us ());
  udpnat_node_log_in (self->node, udpnat_clock_get_now_us (), normal);
  udpnat_client_wake (self);
}

void
udpnat_client_log_out (UdpnatClient *self)
{
  udpnat_node_log_out (self->node, udpnat_clock_get_now_us ());
  udpnat_client_wake (self);
}
