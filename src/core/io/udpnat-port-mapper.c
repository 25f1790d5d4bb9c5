/* Keeps a port open at the router. How that is asked for is udpnat-port-mapping.c's.
 *
 * One request is under way at a time. A mapping that could not be renewed counts as lost. */

#include "config.h"

#include "udpnat-port-mapper.h"

#include "udpnat-system-random.h"

/* RFC 6886 section 3.3: renew at half the lease. A router that knows no leases forgets when it is
 * started anew, so it is asked as often. */
#define RENEW_DIVISOR 2
#define LEASE_WHEN_NONE_S 3600
#define RENEW_MIN_S 60
/* Where it failed: somebody may be turning it on in the router just now. */
#define RETRY_S 300
/* GNetworkMonitor speaks up several times for one change of network, before the addresses are
 * there. */
#define NETWORK_SETTLE_MS 2000

struct _UdpnatPortMapper
{
  guint16              port;
  guint16              extra_port;
  guint8               nonce[UDPNAT_PORT_MAPPING_NONCE_BYTES];
  UdpnatPortMapperFunc changed;
  gpointer             user_data;

  UdpnatPortMapping   *mapping;     /* nullable */
  GError              *error;       /* nullable: why there is none */
  GCancellable        *cancellable; /* nullable: of the request under way */
  GSource             *timer;       /* nullable: of the next */
  gboolean             is_dead;     /* the next makes the mapping anew */
  gint64               replaced_us; /* monotonic: when it was last made anew; 0: never */
  gulong               network_id;
};

static void ask (UdpnatPortMapper *self);
static void replace (UdpnatPortMapper *self);

static void
clear_timer (UdpnatPortMapper *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static gboolean
timer_cb (gpointer user_data)
{
  UdpnatPortMapper *self = user_data;

  clear_timer (self);
  if (self->is_dead)
    replace (self);
  else
    ask (self);
  return G_SOURCE_REMOVE;
}

static void
set_timer (UdpnatPortMapper *self,
           guint             delay_ms)
{
  clear_timer (self);
  self->timer = g_timeout_source_new (delay_ms);
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static guint
get_delay_s (UdpnatPortMapper *self)
{
  guint lease_s;

  if (self->mapping == NULL || self->error != NULL)
    return RETRY_S;
  lease_s = udpnat_port_mapping_get_lease_s (self->mapping);
  return MAX (RENEW_MIN_S, (lease_s > 0 ? lease_s : LEASE_WHEN_NONE_S) / RENEW_DIVISOR);
}

static void
added_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  UdpnatPortMapper *self = user_data;
  GError *error = NULL;
  UdpnatPortMapping *mapping = udpnat_port_mapping_add_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_error_free (error); /* and @self may be gone */
      return;
    }
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->mapping, udpnat_port_mapping_free);
  g_clear_error (&self->error);
  self->mapping = mapping;
  self->error = error;
  set_timer (self, get_delay_s (self) * 1000);
  self->changed (self->user_data);
}

static void
ask (UdpnatPortMapper *self)
{
  if (self->cancellable != NULL)
    return;
  self->cancellable = g_cancellable_new ();
  udpnat_port_mapping_add_async (self->port, self->extra_port, self->nonce, self->cancellable,
                                 added_cb, self);
}

static void
cleared_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  UdpnatPortMapper *self = user_data;
  g_autoptr (GError) error = NULL;

  udpnat_port_mapping_remove_finish (result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* and @self may be gone */
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->mapping, udpnat_port_mapping_free);
  ask (self);
}

static void
replace (UdpnatPortMapper *self)
{
  self->is_dead = FALSE;
  if (self->cancellable != NULL)
    return;
  self->replaced_us = g_get_monotonic_time ();
  if (self->mapping == NULL)
    {
      ask (self);
      return;
    }
  self->cancellable = g_cancellable_new ();
  udpnat_port_mapping_remove_async (self->mapping, self->cancellable, cleared_cb, self);
}

/**
 * udpnat_port_mapper_replace:
 *
 * The router says that the port is open, and it is not: the mapping is removed and made anew, at
 * once, and again after 5 min should that not have helped. @changed tells when it is done.
 */
void
udpnat_port_mapper_replace (UdpnatPortMapper *self)
{
  gint64 since_us = g_get_monotonic_time () - self->replaced_us;

  if (self->cancellable != NULL || self->is_dead)
    return;
  if (self->replaced_us == 0 || since_us >= RETRY_S * G_TIME_SPAN_SECOND)
    {
      clear_timer (self);
      replace (self);
      return;
    }
  self->is_dead = TRUE;
  set_timer (self, RETRY_S * 1000 - (guint) (since_us / 1000));
}

static void
network_changed_cb (GNetworkMonitor *monitor,
                    gboolean         is_available,
                    gpointer         user_data)
{
  set_timer (user_data, NETWORK_SETTLE_MS);
}

/**
 * udpnat_port_mapper_new:
 * @extra_port: another that is only wanted under its own number, or 0
 * @changed: called when there is news: see udpnat_port_mapper_get_mapping(); may not free the
 *   mapper
 *
 * Begins at once. Nothing is known before @changed has been called.
 */
UdpnatPortMapper *
udpnat_port_mapper_new (guint16              port,
                        guint16              extra_port,
                        UdpnatPortMapperFunc changed,
                        gpointer             user_data)
{
  UdpnatPortMapper *self = g_new0 (UdpnatPortMapper, 1);
  UdpnatRandom random = udpnat_system_random ();

  self->port = port;
  self->extra_port = extra_port;
  udpnat_random_fill (&random, self->nonce, sizeof self->nonce);
  self->changed = changed;
  self->user_data = user_data;
  self->network_id = g_signal_connect (g_network_monitor_get_default (), "network-changed",
                                       G_CALLBACK (network_changed_cb), self);
  ask (self);
  return self;
}

static void
halt (UdpnatPortMapper *self)
{
  clear_timer (self);
  g_clear_signal_handler (&self->network_id, g_network_monitor_get_default ());
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
}

/** udpnat_port_mapper_free: a mapping that was not removed before ends with its lease */
void
udpnat_port_mapper_free (UdpnatPortMapper *self)
{
  if (self == NULL)
    return;
  halt (self);
  udpnat_port_mapping_free (self->mapping);
  g_clear_error (&self->error);
  g_free (self);
}

/** udpnat_port_mapper_get_mapping: Returns: (nullable): while the port is open */
const UdpnatPortMapping *
udpnat_port_mapper_get_mapping (UdpnatPortMapper *self)
{
  return self->mapping;
}

/**
 * udpnat_port_mapper_get_error: Returns: (nullable): a %UDPNAT_PORT_MAPPING_ERROR, why it is not
 * open; %NULL also before the first answer */
const GError *
udpnat_port_mapper_get_error (UdpnatPortMapper *self)
{
  return self->error;
}

static void
removed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;

  g_task_return_boolean (task, udpnat_port_mapping_remove_finish (result, NULL));
}

/** udpnat_port_mapper_stop_async: closes the port, within 2 s; @self may be freed meanwhile */
void
udpnat_port_mapper_stop_async (UdpnatPortMapper   *self,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  halt (self);
  if (self->mapping == NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  udpnat_port_mapping_remove_async (self->mapping, NULL, removed_cb, task);
  g_clear_pointer (&self->mapping, udpnat_port_mapping_free);
}

void
udpnat_port_mapper_stop_finish (GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
