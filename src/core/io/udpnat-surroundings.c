/* Notices that this machine may be somewhere else, or was asleep.
 *
 * Networks: GNetworkMonitor speaks up several times for one change, an address and a route at a
 * time. The first word is acted upon at once, because it may be all there is, and so is the one
 * that says that there is a way to the internet again; what comes within SETTLE_MS of that is
 * looked at together.
 *
 * Sleep: systemd-logind tells when the machine wakes up, where it runs. Where it does not, the node
 * sees it by its deadlines (udpnat-node.c), if one has passed meanwhile.
 *
 * Not here: what has changed (udpnat-interfaces.c), and what follows from it. */

#include "config.h"

#include "udpnat-surroundings.h"

#include <gio/gio.h>

#define SETTLE_MS 250

struct _UdpnatSurroundings
{
  void           (*changed_cb) (gpointer user_data);
  gpointer         user_data;

  GNetworkMonitor *monitor;
  gulong           monitor_id;
  gboolean         is_available; /* a way to the internet, when it was last heard of */
  GSource         *settle;       /* nullable: waits for the network to settle */
  gboolean         has_news;     /* something has happened meanwhile */

  GCancellable    *cancellable;
  GDBusConnection *bus;          /* nullable */
  guint            sleep_id;
};

/* ---- Networks ---- */

static gboolean
settled_cb (gpointer user_data)
{
  UdpnatSurroundings *self = user_data;

  if (self->has_news)
    {
      self->has_news = FALSE;
      self->changed_cb (self->user_data);
      return G_SOURCE_CONTINUE; /* what follows from that is waited for, too */
    }
  g_clear_pointer (&self->settle, g_source_unref);
  return G_SOURCE_REMOVE;
}

static void
network_changed_cb (GNetworkMonitor *monitor,
                    gboolean         is_available,
                    gpointer         user_data)
{
  UdpnatSurroundings *self = user_data;
  gboolean is_back = is_available && !self->is_available;

  self->is_available = is_available;
  if (self->settle != NULL && !is_back)
    {
      self->has_news = TRUE;
      return;
    }
  if (self->settle == NULL)
    {
      self->settle = g_timeout_source_new (SETTLE_MS);
      g_source_set_callback (self->settle, settled_cb, self, NULL);
      g_source_attach (self->settle, g_main_context_get_thread_default ());
    }
  self->has_news = FALSE;
  self->changed_cb (self->user_data);
}

/* ---- Sleep ---- */

/* "PrepareForSleep": TRUE before, FALSE after it. */
static void
sleep_cb (GDBusConnection *bus,
          const char      *sender,
          const char      *path,
          const char      *interface,
          const char      *signal,
          GVariant        *parameters,
          gpointer         user_data)
{
  UdpnatSurroundings *self = user_data;
  gboolean is_going_to_sleep;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (parameters, "(b)", &is_going_to_sleep);
  if (!is_going_to_sleep)
    self->changed_cb (self->user_data);
}

static void
bus_cb (GObject      *source,
        GAsyncResult *result,
        gpointer      user_data)
{
  UdpnatSurroundings *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, &error);

  if (bus == NULL)
    {
      g_debug ("No system bus: %s", error->message);
      return; /* perhaps because we are gone */
    }
  self->bus = g_steal_pointer (&bus);
  self->sleep_id = g_dbus_connection_signal_subscribe (
    self->bus, "org.freedesktop.login1", "org.freedesktop.login1.Manager", "PrepareForSleep",
    "/org/freedesktop/login1", NULL, G_DBUS_SIGNAL_FLAGS_NONE, sleep_cb, self, NULL);
}

/* ---- Life ---- */

/**
 * udpnat_surroundings_new:
 * @changed_cb: something may be different now; may free the surroundings
 *
 * Watches from the thread-default main context, from now on.
 */
UdpnatSurroundings *
udpnat_surroundings_new (void   (*changed_cb) (gpointer user_data),
                         gpointer user_data)
{
  UdpnatSurroundings *self = g_new0 (UdpnatSurroundings, 1);

  self->changed_cb = changed_cb;
  self->user_data = user_data;
  self->monitor = g_object_ref (g_network_monitor_get_default ());
  self->is_available = g_network_monitor_get_network_available (self->monitor);
  self->monitor_id = g_signal_connect (self->monitor, "network-changed",
                                       G_CALLBACK (network_changed_cb), self);
  self->cancellable = g_cancellable_new ();
  g_bus_get (G_BUS_TYPE_SYSTEM, self->cancellable, bus_cb, self);
  return self;
}

/** udpnat_surroundings_free: nobody is called any more */
void
udpnat_surroundings_free (UdpnatSurroundings *self)
{
  if (self == NULL)
    return;
  g_clear_signal_handler (&self->monitor_id, self->monitor);
  g_clear_object (&self->monitor);
  if (self->settle != NULL)
    g_source_destroy (self->settle);
  g_clear_pointer (&self->settle, g_source_unref);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->bus != NULL)
    g_dbus_connection_signal_unsubscribe (self->bus, self->sleep_id);
  g_clear_object (&self->bus);
  g_free (self);
}
