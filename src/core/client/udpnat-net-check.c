/* One run of a UdpnatNatProbe: finds the server's address, opens a socket, drives the probe on the
 * caller's main context, and takes everything down again. On a network without IPv4 that translates
 * (NAT64) it is the way through the translator that is tested by IPv4. */

#include "config.h"

#include "udpnat-net-check.h"

#include <glib/gi18n-lib.h>

#include "udpnat-clock.h"
#include "udpnat-error.h"
#include "udpnat-interfaces.h"
#include "udpnat-machine-source.h"
#include "udpnat-nat64-lookup.h"
#include "udpnat-nat-probe.h"
#include "udpnat-system-random.h"

typedef struct
{
  char           *host;
  guint16         port;
  UdpnatFamily    family;
  gboolean        is_lifetime_wanted;
  UdpnatNat64Prefix nat64; /* n_bits 0: none */
  UdpnatSocket   *socket;
  UdpnatNatProbe *probe;
  GSource        *source;
  GSource        *cancel_source;
} Check;

static void
destroy_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
close_all (Check *self)
{
  destroy_source (&self->cancel_source);
  destroy_source (&self->source);
  g_clear_pointer (&self->probe, udpnat_nat_probe_free);
  g_clear_pointer (&self->socket, udpnat_socket_free);
}

static void
check_free (gpointer data)
{
  Check *self = data;

  close_all (self);
  g_free (self->host);
  g_free (self);
}

/* ---- Running ---- */

/* The probe has said everything: what its sockets hold goes with the source. */
static void
events_cb (gpointer user_data)
{
  GTask *task = user_data;
  Check *self = g_task_get_task_data (task);
  UdpnatMachine *machine = udpnat_nat_probe_get_machine (self->probe);
  UdpnatNatFacts *facts;
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (machine)) != NULL)
    udpnat_event_free (event);
  if (!udpnat_nat_probe_is_over (self->probe))
    return;
  facts = g_new (UdpnatNatFacts, 1);
  udpnat_nat_probe_get_facts (self->probe, facts);
  close_all (self);
  g_task_return_pointer (task, facts, g_free);
  g_object_unref (task);
}

static gboolean
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  GTask *task = user_data;

  close_all (g_task_get_task_data (task));
  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
  return G_SOURCE_REMOVE;
}

static void
start_sources (GTask *task)
{
  Check *self = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  UdpnatSocket *sockets[] = { self->socket };

  self->source = udpnat_machine_source_new (udpnat_nat_probe_get_machine (self->probe), sockets,
                                            G_N_ELEMENTS (sockets), events_cb, task);
  if (self->nat64.n_bits != 0)
    udpnat_machine_source_set_nat64 (self->source, &self->nat64);
  g_source_attach (self->source, g_task_get_context (task));
  if (cancellable == NULL)
    return;
  self->cancel_source = g_cancellable_source_new (cancellable);
  g_source_set_callback (self->cancel_source, G_SOURCE_FUNC (cancelled_cb), task, NULL);
  g_source_attach (self->cancel_source, g_task_get_context (task));
}

/* @task: (transfer full) */
static void
start (GTask               *task,
       const UdpnatAddress *server)
{
  Check *self = g_task_get_task_data (task);
  UdpnatAddress hosts[UDPNAT_CANDIDATES_MAX];
  UdpnatNatProbeConfig config = {
    .random = udpnat_system_random (),
    .server = *server,
    /* Where servers have their second port by default, ours too. */
    .alt_port = (guint16) (server->port + 1),
    .main_socket = UDPNAT_SOCKET_MAIN,
    .first_socket = UDPNAT_SOCKET_FURTHER,
    .hosts = hosts,
    .n_hosts = udpnat_interfaces_get_addresses (hosts, G_N_ELEMENTS (hosts)),
    .is_lifetime_wanted = self->is_lifetime_wanted,
  };
  gboolean is_ipv6 = self->family == UDPNAT_FAMILY_IPV6 || self->nat64.n_bits != 0;
  GError *error = NULL;

  self->socket = udpnat_socket_new (is_ipv6 ? "::" : "0.0.0.0", 0, 0, &error);
  if (self->socket == NULL)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  self->probe = udpnat_nat_probe_new (&config, udpnat_clock_get_now_us ());
  start_sources (task);
}

/* ---- Finding the server ---- */

/* What the network's DNS server has made out of an IPv4 address is that, and no IPv6 one. */
static gboolean
find_address (const Check   *self,
              GList         *found,
              UdpnatAddress *out_address)
{
  for (GList *i = found; i != NULL; i = i->next)
    {
      g_autofree char *text = g_inet_address_to_string (i->data);
      UdpnatAddress ipv4;

      if (!udpnat_address_parse_ip (out_address, text, self->port))
        continue;
      if (udpnat_nat64_extract (&self->nat64, out_address, &ipv4))
        *out_address = ipv4;
      if (out_address->family == self->family)
        return TRUE;
    }
  return FALSE;
}

static void
return_not_found (GTask      *task,
                  const char *why)
{
  Check *self = g_task_get_task_data (task);

  g_task_return_new_error (task, UDPNAT_ERROR, UDPNAT_ERROR_SERVER_NOT_FOUND,
                           _("The server %s was not found (%s). Check its spelling, or the "
                             "network."), self->host, why);
}

static void
resolved_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  Check *self = g_task_get_task_data (task);
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);
  UdpnatAddress address;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_task_return_error (task, g_steal_pointer (&error));
  else if (error != NULL)
    return_not_found (task, error->message);
  else if (!find_address (self, found, &address))
    return_not_found (task, self->family == UDPNAT_FAMILY_IPV6 ? _("it has no IPv6 address")
                                                               : _("it has no IPv4 address"));
  else
    start (g_object_ref (task), &address);
  g_resolver_free_addresses (found);
}

/* @task: (transfer full) */
static void
resolve (GTask *task)
{
  Check *self = g_task_get_task_data (task);

  g_resolver_lookup_by_name_async (g_resolver_get_default (), self->host,
                                   g_task_get_cancellable (task), resolved_cb, task);
}

static void
prefix_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  GTask *task = user_data;
  Check *self = g_task_get_task_data (task);

  if (!udpnat_nat64_lookup_finish (result, &self->nat64, NULL))
    self->nat64 = (UdpnatNat64Prefix) { .n_bits = 0 };
  resolve (task); /* which says so when it is cancelled */
}

/**
 * udpnat_net_check_async:
 * @host: name or IP address of a STUN server
 * @family: the one of its addresses that is asked, and the routers of that family that are tested
 * @is_lifetime_wanted: measure lifetimes too, which takes up to five minutes
 *
 * Takes about two seconds, and four more where packets are lost or nothing answers.
 */
void
udpnat_net_check_async (const char          *host,
                        guint16              port,
                        UdpnatFamily         family,
                        gboolean             is_lifetime_wanted,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Check *self = g_new0 (Check, 1);

  g_return_if_fail (port != 0 && family != UDPNAT_FAMILY_NONE);
  self->host = g_strdup (host);
  self->port = port;
  self->family = family;
  self->is_lifetime_wanted = is_lifetime_wanted;
  g_task_set_source_tag (task, udpnat_net_check_async);
  g_task_set_task_data (task, self, check_free);
  if (udpnat_nat64_is_wanted ())
    udpnat_nat64_lookup_async (cancellable, prefix_cb, task);
  else
    resolve (task);
}

/**
 * udpnat_net_check_finish:
 *
 * Returns: %FALSE with @error set: %UDPNAT_ERROR_SERVER_NOT_FOUND, what a socket fails with, or
 *   %G_IO_ERROR_CANCELLED. No answer is no error: the facts say so
 */
gboolean
udpnat_net_check_finish (GAsyncResult    *result,
                         UdpnatNatFacts  *out_facts,
                         GError         **error)
{
  g_autofree UdpnatNatFacts *facts = g_task_propagate_pointer (G_TASK (result), error);

  if (facts == NULL)
    return FALSE;
  *out_facts = *facts;
  return TRUE;
}
