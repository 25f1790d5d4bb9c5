/* Which server, changed while the program runs: what the servers' sockets hear of it, and what
 * becomes of what waits. The servers are sockets that never answer. */

#include "config.h"

#include "test-client-fixture.h"

#include <gio/gio.h>

#include "udpnat-presence.h"

typedef struct
{
  char         *folder;
  UdpnatClient *client;
  UdpnatPerson *bob; /* borrowed */
  GSocket      *servers[2];
  guint16       ports[2];
} Fixture;

static GSocket *
open_server (guint16 *out_port)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GSocket *server = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, 0, NULL);

  g_assert_true (g_socket_bind (server, any, FALSE, NULL));
  g_socket_set_blocking (server, FALSE);
  bound = g_socket_get_local_address (server, NULL);
  *out_port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return server;
}

static void
open_client (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  UdpnatPublicKey key = make_key (1);
  gboolean is_open;

  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error) &&
            udpnat_client_bind (self->client, "127.0.0.1", 0, 0, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
  self->bob = udpnat_client_ensure_person (self->client, &key, "bob");
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-client-XXXXXX", NULL);
  open_client (self);
  for (guint i = 0; i < G_N_ELEMENTS (self->servers); i++)
    self->servers[i] = open_server (&self->ports[i]);
  udpnat_client_log_in (self->client, "alice");
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_object (&self->client);
  for (guint i = 0; i < G_N_ELEMENTS (self->servers); i++)
    g_clear_object (&self->servers[i]);
  remove_folder (self->folder);
  g_free (self->folder);
}

static void
use (Fixture *self,
     guint    number)
{
  udpnat_client_set_server (self->client, "127.0.0.1", self->ports[number]);
}

static gboolean
has_heard (Fixture *self,
           guint    number)
{
  char data[2048];
  gboolean has_heard = FALSE;

  while (g_socket_receive (self->servers[number], data, sizeof data, NULL, NULL) > 0)
    has_heard = TRUE;
  return has_heard;
}

static void
wait_for (Fixture *self,
          guint    number)
{
  while (!has_heard (self, number))
    g_main_context_iteration (NULL, FALSE);
}

/* When the node wants to be called: not at all, if it waits for nothing. */
static gint64
get_deadline (Fixture *self)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  return udpnat_machine_next_deadline (udpnat_node_get_machine (self->client->node));
}

static void
test_none_at_once (Fixture      *self,
                   gconstpointer unused)
{
  use (self, 0);
  wait_for (self, 0);
  g_assert_cmpint (get_deadline (self), !=, UDPNAT_TIME_NEVER);

  udpnat_client_set_server (self->client, NULL, 0);
  g_assert_null (udpnat_client_get_server (self->client));
  g_assert_cmpint (udpnat_client_get_server_state (self->client), ==, UDPNAT_SERVER_STATE_NONE);
  g_assert_cmpint (get_deadline (self), ==, UDPNAT_TIME_NEVER);
  g_assert_cmpint (udpnat_client_get_server_state (self->client), ==, UDPNAT_SERVER_STATE_NONE);
  g_assert_cmpstr (udpnat_client_get_name (self->client), ==, "alice");
}

static void
count_cb (UdpnatClient *client,
          GParamSpec   *pspec,
          guint        *n_told)
{
  (*n_told)++;
}

static void
test_none_is_told (Fixture      *self,
                   gconstpointer unused)
{
  guint n_told = 0;

  use (self, 0);
  g_signal_connect (self->client, "notify::server", G_CALLBACK (count_cb), &n_told);
  udpnat_client_set_server (self->client, NULL, 0);
  g_assert_cmpuint (n_told, >, 0);
  n_told = 0;
  udpnat_client_set_server (self->client, NULL, 0);
  g_assert_cmpuint (n_told, ==, 0);
}

/* What the server before has said, and nobody has looked at, is not about this. */
static void
test_late_word (Fixture      *self,
                gconstpointer unused)
{
  use (self, 0);
  udpnat_node_log_out (self->client->node, 1);
  udpnat_client_set_server (self->client, NULL, 0);
  get_deadline (self);
  g_assert_cmpint (udpnat_client_get_server_state (self->client), ==, UDPNAT_SERVER_STATE_NONE);
}

static void
test_to_another (Fixture      *self,
                 gconstpointer unused)
{
  use (self, 0);
  wait_for (self, 0);
  use (self, 1);
  wait_for (self, 1);
  g_assert_false (has_heard (self, 0));
  g_assert_cmpint (udpnat_client_get_server_state (self->client), ==,
                   UDPNAT_SERVER_STATE_CONNECTING);
}

/* ---- Several that do as well ---- */

static char *
dup_place (Fixture *self,
           guint    number)
{
  return g_strdup_printf ("127.0.0.1:%u", self->ports[number]);
}

static void
tell_node (Fixture    *self,
           guint8      fill,
           const char *place)
{
  UdpnatPublicKey key = make_key (fill);
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_SERVER_NODE, &key, place);

  udpnat_client_handle_server_node (self->client, event);
  udpnat_event_free (&event->base);
}

static void
test_next_when_silent (Fixture      *self,
                       gconstpointer unused)
{
  g_autofree char *other = dup_place (self, 1);
  g_autofree char *first = dup_place (self, 0);

  udpnat_client_set_other_servers (self->client, other);
  use (self, 0);
  wait_for (self, 0);
  g_assert_false (has_heard (self, 1));
  wait_for (self, 1);
  g_assert_cmpint (udpnat_client_get_server_state (self->client), ==,
                   UDPNAT_SERVER_STATE_CONNECTING);
  g_assert_cmpstr (udpnat_client_get_server (self->client), ==, first);
}

static void
test_nodes_are_remembered (Fixture      *self,
                           gconstpointer unused)
{
  g_autofree char *other = dup_place (self, 1);
  UdpnatPublicKey known = make_key (2), found;

  use (self, 0);
  tell_node (self, 9, NULL);
  tell_node (self, 2, other);
  udpnat_client_set_server (self->client, NULL, 0);
  use (self, 0);
  g_assert_true (udpnat_client_try_next_server (self->client));
  wait_for (self, 1);
  g_assert_true (udpnat_client_get_target_key (self->client, &found));
  g_assert_true (udpnat_public_key_equal (&found, &known));
  /* All have been tried then. */
  g_assert_false (udpnat_client_try_next_server (self->client));
  /* And that is told once. */
  g_assert_true (udpnat_client_try_next_server (self->client));
  g_assert_true (udpnat_client_try_next_server (self->client));
}

static void
test_sent_elsewhere (Fixture      *self,
                     gconstpointer unused)
{
  g_autofree char *other = dup_place (self, 1);
  UdpnatPublicKey key = make_key (2);
  UdpnatNodeEvent *event;

  use (self, 0);
  event = udpnat_node_event_new (UDPNAT_NODE_EVENT_SERVER_MOVED, &key, other);
  udpnat_client_handle_server_moved (self->client, event);
  udpnat_event_free (&event->base);
  wait_for (self, 1);
  g_assert_true (self->client->fleet.is_moved);
}

/* Another key than the pinned one is no reason to worry only if the server before has named it. */
static void
test_key_of_the_fleet (Fixture      *self,
                       gconstpointer unused)
{
  UdpnatPublicKey known = make_key (2), unknown = make_key (3);

  use (self, 0);
  tell_node (self, 9, NULL);
  tell_node (self, 2, "192.0.2.1");
  g_assert_false (udpnat_client_take_fleet_key (self->client, &unknown));
  g_assert_true (udpnat_client_take_fleet_key (self->client, &known));
  g_assert_true (self->client->fleet.has_key);
}

static void
test_from_none (Fixture      *self,
                gconstpointer unused)
{
  use (self, 0);
  udpnat_client_set_server (self->client, NULL, 0);
  use (self, 1);
  wait_for (self, 1);
  g_assert_cmpint (udpnat_client_get_server_state (self->client), ==,
                   UDPNAT_SERVER_STATE_CONNECTING);
}

static void
test_retry_of_none (Fixture      *self,
                    gconstpointer unused)
{
  use (self, 0);
  udpnat_client_set_server (self->client, NULL, 0);
  udpnat_client_retry_server (self->client);
  g_assert_cmpint (udpnat_client_get_server_state (self->client), ==, UDPNAT_SERVER_STATE_NONE);
}

static void
test_outbox_is_kept (Fixture      *self,
                     gconstpointer unused)
{
  use (self, 0);
  say_to (self->client, self->bob, "for whenever you are there");
  udpnat_client_set_server (self->client, NULL, 0);
  g_assert_cmpuint (udpnat_client_count_undelivered (self->client), ==, 1);
  use (self, 1);
  g_assert_cmpuint (udpnat_client_count_undelivered (self->client), ==, 1);
  g_clear_object (&self->client);
  open_client (self);
  g_assert_cmpuint (udpnat_client_count_undelivered (self->client), ==, 1);
}

#define ADD(path, function) \
  g_test_add ("/client-server/" path, Fixture, NULL, set_up, function, tear_down)

/* ---- People ---- */

#define N_PEOPLE 2500

static guint
count_cut_off (Fixture *self)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_cut_off = 0;

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      n_cut_off += udpnat_person_is_cut_off (person);
    }
  return n_cut_off;
}

/* A window must not stand still because a server is lost that had thousands. */
static void
test_crowd_hears_in_parts (Fixture      *self,
                           gconstpointer unused)
{
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  for (guint i = 0; i < N_PEOPLE; i++)
    {
      UdpnatPublicKey key = { { 5, (guint8) i, (guint8) (i >> 8) } };

      udpnat_person_set_presence (udpnat_client_ensure_person (self->client, &key, NULL),
                                  UDPNAT_PRESENCE_ONLINE);
    }
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_LOST, NULL);
  g_assert_cmpuint (count_cut_off (self), >, 0);
  g_assert_cmpuint (count_cut_off (self), <=, 600);
  while (count_cut_off (self) < N_PEOPLE)
    g_assert_true (g_main_context_iteration (NULL, FALSE));
}

/* What is told last counts, also for those who have not heard of what was before. */
static void
test_crowd_hears_the_last (Fixture      *self,
                           gconstpointer unused)
{
  test_crowd_hears_in_parts (self, unused);
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_LOST, NULL);
  udpnat_client_set_server_state (self->client, UDPNAT_SERVER_STATE_REGISTERED, NULL);
  while (count_cut_off (self) > 0)
    g_assert_true (g_main_context_iteration (NULL, FALSE));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("none/takes-effect-at-once", test_none_at_once);
  ADD ("none/is-told-once", test_none_is_told);
  ADD ("none/late-word-of-the-server-before-is-not-taken", test_late_word);
  ADD ("none/there-is-nothing-to-try-again", test_retry_of_none);
  ADD ("another/is-asked-at-once", test_to_another);
  ADD ("another/is-asked-at-once-after-none", test_from_none);
  ADD ("fleet/next-when-silent", test_next_when_silent);
  ADD ("fleet/nodes-are-remembered", test_nodes_are_remembered);
  ADD ("fleet/sent-elsewhere", test_sent_elsewhere);
  ADD ("fleet/its-keys-are-no-change", test_key_of_the_fleet);
  ADD ("outbox/waits-through-all-of-it", test_outbox_is_kept);
  ADD ("lost/crowd-hears-of-it-in-parts", test_crowd_hears_in_parts);
  ADD ("lost/crowd-hears-the-last-word", test_crowd_hears_the_last);
  return g_test_run ();
}
