/* People on this network, as the client shows them. The node's word is handed in as events, and
 * nothing is sent: the socket is bound to loopback, which is no network. */

#include "config.h"

#include "test-client-fixture.h"

typedef struct
{
  char         *folder;
  UdpnatClient *client;
  guint         n_lan_states;
} Fixture;

static void
state_cb (UdpnatClient *client,
          GParamSpec   *pspec,
          Fixture      *self)
{
  self->n_lan_states++;
}

static void
open_client (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_open;

  self->client = udpnat_client_new ();
  is_open = udpnat_client_open (self->client, self->folder, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (is_open);
  g_signal_connect (self->client, "notify::lan-state", G_CALLBACK (state_cb), self);
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  self->folder = g_dir_make_tmp ("udpnat-client-XXXXXX", NULL);
  open_client (self);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_object (&self->client);
  remove_folder (self->folder);
  g_free (self->folder);
}

static void
bind_to_loopback (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_bound = udpnat_client_bind (self->client, "127.0.0.1", 0, 0, &error);

  g_assert_no_error (error);
  g_assert_true (is_bound);
}

static void
set (Fixture    *self,
     const char *setting,
     const char *value)
{
  g_autoptr (GError) error = NULL;
  gboolean is_set = udpnat_client_set_setting (self->client, setting, value, &error);

  g_assert_no_error (error);
  g_assert_true (is_set);
}

/* What the node says of somebody. Returns: (nullable): who they are, if they are listed */
static UdpnatPerson *
tell (Fixture    *self,
      guint8      number,
      const char *name,
      gboolean    is_here)
{
  UdpnatPublicKey key = make_key (number);
  UdpnatNodeEvent *event = udpnat_node_event_new (UDPNAT_NODE_EVENT_PEER, &key, name);
  char key_text[UDPNAT_KEY_TEXT_BYTES];

  event->presence = is_here;
  event->is_on_lan = is_here;
  event->is_forgotten = !is_here;
  udpnat_client_handle_presence (self->client, event);
  udpnat_event_free (&event->base);
  return udpnat_client_get_person (self->client, udpnat_public_key_to_string (&key, key_text));
}

static guint
count_people (Fixture *self)
{
  return g_list_model_get_n_items (udpnat_client_get_people (self->client));
}

static void
test_comes_and_goes (Fixture      *self,
                     gconstpointer unused)
{
  UdpnatPerson *bob = tell (self, 1, "bob", TRUE);

  g_assert_nonnull (bob);
  g_assert_true (udpnat_person_is_on_lan (bob));
  g_assert_true (udpnat_person_is_online (bob));
  g_assert_cmpstr (udpnat_person_get_name (bob), ==, "bob");
  g_assert_cmpuint (count_people (self), ==, 1);
  g_assert_null (tell (self, 1, "bob", FALSE));
  g_assert_cmpuint (count_people (self), ==, 0);
}

/* The name of somebody who has gone is free: it must not lead to them. */
static void
test_name_is_free_again (Fixture      *self,
                         gconstpointer unused)
{
  UdpnatPerson *second;

  tell (self, 1, "bob", TRUE);
  tell (self, 1, "bob", FALSE);
  second = tell (self, 2, "bob", TRUE);
  g_assert_true (udpnat_client_get_person (self->client, "bob") == second);
}

/* A view still shows them when they go; what is written to them makes them a contact. */
static void
test_written_to_after_going (Fixture      *self,
                             gconstpointer unused)
{
  g_autoptr (UdpnatPerson) bob = g_object_ref (tell (self, 1, "bob", TRUE));

  g_assert_null (tell (self, 1, "bob", FALSE));
  say_to (self->client, bob, "when you are back");
  g_assert_cmpuint (count_people (self), ==, 1);
  g_assert_true (tell (self, 1, "bob", TRUE) == bob);
  g_assert_true (udpnat_person_is_contact (bob));
  g_assert_cmpuint (count_people (self), ==, 1);
  g_assert_true (tell (self, 1, "bob", FALSE) == bob);
}

static void
test_comes_back_as_the_same (Fixture      *self,
                             gconstpointer unused)
{
  g_autoptr (UdpnatPerson) bob = g_object_ref (tell (self, 1, "bob", TRUE));

  tell (self, 1, "bob", FALSE);
  g_assert_true (tell (self, 1, "bob", TRUE) == bob);
  g_assert_cmpuint (count_people (self), ==, 1);
}

static void
test_name_is_taken_away (Fixture      *self,
                         gconstpointer unused)
{
  UdpnatPerson *bob = tell (self, 1, "bob", TRUE);

  tell (self, 1, NULL, TRUE);
  g_assert_cmpstr (udpnat_person_get_name (bob), ==, udpnat_person_get_key_text (bob));
}

static void
test_states (Fixture      *self,
             gconstpointer unused)
{
  g_assert_cmpint (udpnat_client_get_lan_state (self->client), ==, UDPNAT_LAN_STATE_WAITING);
  bind_to_loopback (self);
  g_assert_cmpint (udpnat_client_get_lan_state (self->client), ==, UDPNAT_LAN_STATE_WAITING);
  udpnat_client_log_in (self->client, "alice");
  g_assert_cmpint (udpnat_client_get_lan_state (self->client), ==, UDPNAT_LAN_STATE_NO_NETWORK);
  set (self, "lan", "off");
  g_assert_cmpint (udpnat_client_get_lan_state (self->client), ==, UDPNAT_LAN_STATE_OFF);
  set (self, "lan", "on");
  set (self, "relay-only", "on");
  g_assert_cmpint (udpnat_client_get_lan_state (self->client), ==, UDPNAT_LAN_STATE_OFF);
  set (self, "relay-only", "off");
  udpnat_client_log_out (self->client);
  g_assert_cmpint (udpnat_client_get_lan_state (self->client), ==, UDPNAT_LAN_STATE_WAITING);
  g_assert_cmpuint (self->n_lan_states, ==, 6);
}

/* With no server there is nobody to wait for. */
static void
test_name_is_kept (Fixture      *self,
                   gconstpointer unused)
{
  bind_to_loopback (self);
  udpnat_client_log_in (self->client, "alice");
  g_assert_true (udpnat_client_flush (self->client));
  g_clear_object (&self->client);
  open_client (self);
  g_assert_cmpstr (udpnat_client_get_name (self->client), ==, "alice");
}

#define ADD(path, function) \
  g_test_add ("/client-lan/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("people/listed-while-they-are-here", test_comes_and_goes);
  ADD ("people/name-is-free-when-they-have-gone", test_name_is_free_again);
  ADD ("people/written-to-after-going-is-a-contact", test_written_to_after_going);
  ADD ("people/come-back-as-the-same-person", test_comes_back_as_the_same);
  ADD ("people/mere-claim-can-be-lost", test_name_is_taken_away);
  ADD ("state/follows-login-settings-and-network", test_states);
  ADD ("state/name-is-kept-without-a-server", test_name_is_kept);
  return g_test_run ();
}
