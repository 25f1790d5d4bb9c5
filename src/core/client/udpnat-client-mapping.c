/* A port for chats that our router keeps open: asks the router for it while a server sees us behind
 * one, hands what the router says to the node, which tries it before anybody is told, and has it
 * made anew where it turns out to be dead.
 *
 * When the router does not know how, or the user does not want it, everything goes on without. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-clock.h"
#include "udpnat-node-facts.h"

static gboolean
is_allowed (UdpnatClient *self)
{
  return udpnat_client_is_set (self, "port-mapping", "on") &&
         udpnat_client_is_set (self, "relay-only", "off");
}

/* A server on our own side of the router sees what we see ourselves. One that is reached over IPv6
 * cannot try what is opened for IPv4. */
static gboolean
is_behind_router (UdpnatClient *self)
{
  UdpnatNetworkFacts facts;

  udpnat_node_get_network_facts (self->node, &facts);
  if (facts.observed[0].family != UDPNAT_FAMILY_IPV4 ||
      udpnat_address_get_scope (&facts.observed[0]) == UDPNAT_SCOPE_LOOPBACK)
    return FALSE;
  for (guint i = 0; i < facts.n_hosts; i++)
    if (udpnat_address_equal_ip (&facts.hosts[i], &facts.observed[0]))
      return FALSE;
  return facts.n_hosts > 0;
}

/* Returns: (nullable): while the router says that it lets people in */
static const UdpnatPortMapping *
get_mapping (UdpnatClient *self)
{
  const UdpnatPortMapping *mapping = self->mapper != NULL
                                       ? udpnat_port_mapper_get_mapping (self->mapper) : NULL;

  return mapping != NULL && udpnat_port_mapping_get_protocol (mapping) !=
                              UDPNAT_PORT_MAPPING_PROTOCOL_NONE ? mapping : NULL;
}

static void
changed_cb (gpointer user_data)
{
  UdpnatClient *self = user_data;
  const UdpnatPortMapping *mapping = get_mapping (self);
  const GError *error = udpnat_port_mapper_get_error (self->mapper);

  if (error != NULL)
    g_debug ("%s", error->message);
  udpnat_node_set_port_mapping (self->node, udpnat_clock_get_now_us (),
                                mapping != NULL ? udpnat_port_mapping_get_external (mapping)
                                                : NULL);
  udpnat_client_wake (self);
}

/* ---- Its end ---- */

static void
stopped_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  gboolean *is_stopped = user_data;

  udpnat_port_mapper_stop_finish (result);
  *is_stopped = TRUE;
}

static void
stop (UdpnatClient       *self,
      GAsyncReadyCallback callback,
      gpointer            user_data)
{
  udpnat_node_set_port_mapping (self->node, udpnat_clock_get_now_us (), NULL);
  udpnat_port_mapper_stop_async (self->mapper, callback, user_data);
  g_clear_pointer (&self->mapper, udpnat_port_mapper_free);
}

static void
stopped_later_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  udpnat_port_mapper_stop_finish (result);
}

/**
 * udpnat_client_leave_mapping: closes the port at the router: at once with most, within 2 s with
 * any. A context of its own keeps everything else from happening meanwhile */
void
udpnat_client_leave_mapping (UdpnatClient *self)
{
  g_autoptr (GMainContext) context = NULL;
  gboolean is_stopped = FALSE;

  self->is_mapping_over = TRUE;
  if (self->mapper == NULL)
    return;
  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  stop (self, stopped_cb, &is_stopped);
  while (!is_stopped)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
}

void
udpnat_client_clear_mapping (UdpnatClient *self)
{
  g_clear_pointer (&self->mapper, udpnat_port_mapper_free);
}

/* ---- Its life ---- */

/** udpnat_client_update_mapping: a setting, the network, or how the server sees us has changed */
void
udpnat_client_update_mapping (UdpnatClient *self)
{
  gboolean is_wanted = !self->is_mapping_over && self->socket != NULL && self->server != NULL &&
                       is_allowed (self) && is_behind_router (self);

  if (is_wanted == (self->mapper != NULL))
    return;
  if (is_wanted)
    self->mapper = udpnat_port_mapper_new (udpnat_socket_get_port (self->socket), 0, changed_cb,
                                           self);
  else
    stop (self, stopped_later_cb, NULL);
}

/** udpnat_client_handle_port_refuted: what the router has opened is not open */
void
udpnat_client_handle_port_refuted (UdpnatClient          *self,
                                   const UdpnatNodeEvent *event)
{
  if (get_mapping (self) != NULL)
    udpnat_port_mapper_replace (self->mapper);
}

static const char *
opening_to_code (UdpnatPortOpening opening)
{
  switch (opening)
    {
    case UDPNAT_PORT_OPENING_NONE: /* told in a moment */
    case UDPNAT_PORT_OPENING_CHECKING:
      return "mapping-checking";
    case UDPNAT_PORT_OPENING_PROVEN:
      return "mapping-open";
    case UDPNAT_PORT_OPENING_REFUTED:
      return "mapping-dead";
    }
  return "mapping-checking";
}

/**
 * udpnat_client_get_mapping_code:
 * @out_protocol: (out): by which the router was asked, "" when it has opened nothing
 *
 * Returns: (transfer none): how far it is, as udpnat_words_explain_port_mapping() knows it
 */
const char *
udpnat_client_get_mapping_code (UdpnatClient      *self,
                                UdpnatPortOpening  opening,
                                const char       **out_protocol)
{
  const UdpnatPortMapping *mapping = get_mapping (self);
  const GError *error;

  *out_protocol = "";
  if (!is_allowed (self))
    return "mapping-off";
  if (self->mapper == NULL)
    return "mapping-unneeded";
  error = udpnat_port_mapper_get_error (self->mapper);
  if (error != NULL)
    return udpnat_port_mapping_error_to_code (error->code);
  if (mapping == NULL)
    return udpnat_port_mapper_get_mapping (self->mapper) != NULL ? "mapping-unneeded"
                                                                 : "mapping-asking";
  *out_protocol = udpnat_port_mapping_protocol_to_name (udpnat_port_mapping_get_protocol (mapping));
  return opening_to_code (opening);
}
