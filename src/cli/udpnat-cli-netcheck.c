/* The command netcheck: what do our own routers do? Needs no profile. Asks by IPv4, where routers
 * translate, and by IPv6 when both sides have it; then a router that translates, whether it opens
 * ports. */

#include "config.h"

#include <glib/gi18n.h>

#include "udpnat-cli.h"
#include "udpnat-error.h"
#include "udpnat-net-check.h"
#include "udpnat-router-check.h"

#define TCP_TIMEOUT_S 3

/* The tests of one family. */
typedef struct
{
  UdpnatFamily   family;
  gboolean       is_over;
  UdpnatNatFacts facts;
  GError        *error;
} Check;

static void
done_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Check *self = user_data;

  self->is_over = TRUE;
  if (!udpnat_net_check_finish (result, &self->facts, &self->error))
    g_assert (self->error != NULL);
}

/* Whether the router opens ports. */
typedef struct
{
  gboolean          is_over;
  gboolean          is_good;
  UdpnatRouterCheck found;
} Router;

static void
router_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Router *self = user_data;

  self->is_over = TRUE;
  self->is_good = udpnat_router_check_finish (result, &self->found, NULL);
}

/* Only where there is one: a server on this side of it shows none. */
static void
ask_router (Router               *self,
            const UdpnatNatFacts *facts)
{
  switch (facts->mapping)
    {
    case UDPNAT_MAPPING_RULE_UNKNOWN:
    case UDPNAT_MAPPING_RULE_NONE:
      return;
    case UDPNAT_MAPPING_RULE_INDEPENDENT:
    case UDPNAT_MAPPING_RULE_ADDRESS:
    case UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT:
      break;
    }
  udpnat_router_check_async (NULL, router_cb, self);
  while (!self->is_over)
    g_main_context_iteration (NULL, TRUE);
}

static void
check_start (Check            *self,
             UdpnatCliOptions *options)
{
  udpnat_net_check_async (options->stun_host, options->stun_port, self->family,
                          options->is_lifetime_wanted && self->family == UDPNAT_FAMILY_IPV4, NULL,
                          done_cb, self);
}

static gboolean
check_is_good (const Check *self)
{
  return self->error == NULL && self->facts.state == UDPNAT_NAT_TEST_DONE;
}

/* What is silent by UDP and there by TCP is not away: it is UDP that does not pass. */
static gboolean
answers_by_tcp (UdpnatCliOptions *options)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) stream = NULL;

  g_socket_client_set_timeout (client, TCP_TIMEOUT_S);
  stream = g_socket_client_connect_to_host (client, options->stun_host, options->stun_port, NULL,
                                            NULL);
  return stream != NULL;
}

static void
show_failure (UdpnatCliView    *view,
              UdpnatCliOptions *options,
              const Check      *check)
{
  if (g_error_matches (check->error, UDPNAT_ERROR, UDPNAT_ERROR_SERVER_NOT_FOUND))
    udpnat_cli_view_show_error (view, "server-not-found", "%s", check->error->message);
  else if (check->error != NULL)
    udpnat_cli_view_show_error (view, "no-network", "%s", check->error->message);
  else if (check->facts.state == UDPNAT_NAT_TEST_NOT_STUN)
    udpnat_cli_view_show_error (view, "not-stun",
                                /* Translators: a server, and its port */
                                _("What answers at %s, port %u, is no STUN server."),
                                options->stun_host, options->stun_port);
  else if (answers_by_tcp (options))
    udpnat_cli_view_show_error (view, "udp-blocked",
                                /* Translators: a server, and its port */
                                _("No answer from %s, port %u, by UDP, but it is there by TCP: "
                                  "this network blocks UDP. udpnat reaches its server over TCP "
                                  "here, which then carries all messages."),
                                options->stun_host, options->stun_port);
  else
    udpnat_cli_view_show_error (view, "no-answer",
                                /* Translators: a server, and its port */
                                _("No answer from %s, port %u. Either no STUN server is there, or "
                                  "this network lets no UDP through."),
                                options->stun_host, options->stun_port);
}

/* One is enough. When both have failed, no error (but no answer) tells more than no address. */
static void
show (UdpnatCliView    *view,
      UdpnatCliOptions *options,
      const Check       checks[2],
      const Router     *router)
{
  for (guint i = 0; i < 2; i++)
    if (check_is_good (&checks[i]))
      udpnat_cli_view_show_nat (view, checks[i].family, &checks[i].facts);
  if (router->is_good)
    udpnat_cli_view_show_router (view, &router->found);
  if (check_is_good (&checks[0]) || check_is_good (&checks[1]))
    return;
  show_failure (view, options, checks[0].error != NULL && checks[1].error == NULL ? &checks[1]
                                                                                 : &checks[0]);
}

/** udpnat_cli_check_network: Returns: the exit status: 1 when nothing could be found out */
int
udpnat_cli_check_network (UdpnatCliOptions *options)
{
  g_autoptr (UdpnatCliView) view = udpnat_cli_view_new (options->is_json, TRUE);
  Check checks[] = { { .family = UDPNAT_FAMILY_IPV4 }, { .family = UDPNAT_FAMILY_IPV6 } };
  Router router = { .is_over = FALSE };

  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    check_start (&checks[i], options);
  while (!checks[0].is_over || !checks[1].is_over)
    g_main_context_iteration (NULL, TRUE);
  if (check_is_good (&checks[0]))
    ask_router (&router, &checks[0].facts);
  show (view, options, checks, &router);
  for (guint i = 0; i < G_N_ELEMENTS (checks); i++)
    g_clear_error (&checks[i].error);
  return udpnat_cli_view_get_exit_status (view);
}
