/* A machine that wakes up, as systemd-logind tells it: on a bus of the test's own. Networks that
 * change are for the network lab. */

#include "config.h"

#include "udpnat-surroundings.h"

#include <gio/gio.h>

#define PATIENCE_MS 5000

typedef struct
{
  GTestDBus       *daemon;
  GDBusConnection *logind;
  guint            n_changes;
} Fixture;

static gboolean
over_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
changed_cb (gpointer user_data)
{
  Fixture *self = user_data;

  self->n_changes++;
}

static void
run_for (guint duration_ms)
{
  gboolean is_over = FALSE;

  g_timeout_add (duration_ms, over_cb, &is_over);
  while (!is_over)
    g_main_context_iteration (NULL, TRUE);
}

static void
named_cb (GDBusConnection *bus,
          const char      *name,
          gpointer         user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  const char *address;
  gboolean is_named = FALSE;

  self->daemon = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->daemon);
  address = g_test_dbus_get_bus_address (self->daemon);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", address, TRUE);
  self->logind = g_dbus_connection_new_for_address_sync (
    address,
    G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, &error);
  g_assert_no_error (error);
  g_bus_own_name_on_connection (self->logind, "org.freedesktop.login1", G_BUS_NAME_OWNER_FLAGS_NONE,
                                named_cb, NULL, &is_named, NULL);
  while (!is_named)
    g_main_context_iteration (NULL, TRUE);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_assert_true (g_dbus_connection_close_sync (self->logind, NULL, NULL));
  g_clear_object (&self->logind);
  run_for (200); /* GDBus has a thread of its own, which lets go of what it holds in its own time */
  g_test_dbus_down (self->daemon);
  g_clear_object (&self->daemon);
}

static void
prepare_for_sleep (Fixture *self,
                   gboolean is_going_to_sleep)
{
  gboolean is_sent = g_dbus_connection_emit_signal (
    self->logind, NULL, "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
    "PrepareForSleep", g_variant_new ("(b)", is_going_to_sleep), NULL);

  g_assert_true (is_sent);
}

static void
test_wake (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (UdpnatSurroundings) surroundings = udpnat_surroundings_new (changed_cb, self);

  /* Until it has subscribed nothing is heard. */
  for (guint i = 0; i < PATIENCE_MS / 50 && self->n_changes == 0; i++)
    {
      prepare_for_sleep (self, FALSE);
      run_for (50);
    }
  g_assert_cmpuint (self->n_changes, >=, 1);
  self->n_changes = 0;
  prepare_for_sleep (self, TRUE);
  run_for (200);
  g_assert_cmpuint (self->n_changes, ==, 0);
  prepare_for_sleep (self, FALSE);
  run_for (200);
  g_assert_cmpuint (self->n_changes, ==, 1);

  g_clear_pointer (&surroundings, udpnat_surroundings_free);
  prepare_for_sleep (self, FALSE);
  run_for (200);
  g_assert_cmpuint (self->n_changes, ==, 1);
}

/* Freed before the bus has answered. */
static void
test_short_life (Fixture      *self,
                 gconstpointer unused)
{
  udpnat_surroundings_free (udpnat_surroundings_new (changed_cb, self));
  run_for (200);
  g_assert_cmpuint (self->n_changes, ==, 0);
}

static void
test_no_bus (void)
{
  Fixture self = { 0 };
  g_autoptr (UdpnatSurroundings) surroundings = NULL;

  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
  surroundings = udpnat_surroundings_new (changed_cb, &self);
  run_for (100);
  g_assert_cmpuint (self.n_changes, ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/io-surroundings/sleep/no-bus", test_no_bus);
  g_test_add ("/io-surroundings/sleep/short-life", Fixture, NULL, set_up, test_short_life,
              tear_down);
  g_test_add ("/io-surroundings/sleep/wake-is-told", Fixture, NULL, set_up, test_wake, tear_down);

  return g_test_run ();
}
