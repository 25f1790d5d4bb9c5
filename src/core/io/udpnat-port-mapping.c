/* Opening a port at the router, with whichever protocol it speaks: PCP (RFC 6887) and NAT-PMP (RFC
 * 6886) first, which answer at once or not at all, then UPnP (Internet Gateway Device), which is
 * searched for.
 *
 * They block, so a worker calls them, with what it needs of its own. Some of their waits
 * cannot be hurried; so when the time is over the caller gets its answer, and what a late worker
 * still achieves is undone by it. Nothing is kept open here: that is UdpnatPortMapper's. */

#include "config.h"

#include "udpnat-port-mapping-private.h"

#include <glib/gi18n-lib.h>

#include "udpnat-interfaces.h"

#define ADD_MAX_MS 6000
#define REMOVE_MAX_MS 2000
#define ADDRESSES_MAX 16

G_DEFINE_QUARK (udpnat-port-mapping-error-quark, udpnat_port_mapping_error)

/** udpnat_port_mapping_error_to_code: for programs, and for words in other languages */
const char *
udpnat_port_mapping_error_to_code (int code)
{
  switch ((UdpnatPortMappingError) code)
    {
    case UDPNAT_PORT_MAPPING_ERROR_NO_ROUTER:
      return "mapping-no-router";
    case UDPNAT_PORT_MAPPING_ERROR_NO_ANSWER:
      return "mapping-no-answer";
    case UDPNAT_PORT_MAPPING_ERROR_REFUSED:
      return "mapping-refused";
    case UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER:
      return "mapping-behind-another";
    }
  return "mapping-no-answer";
}

/* ---- The worker's part ---- */

/** udpnat_port_mapping_is_over: whether the worker had better stop */
gboolean
udpnat_port_mapping_is_over (const UdpnatPortMappingRequest *request)
{
  return g_cancellable_is_cancelled (request->cancellable) ||
         g_get_monotonic_time () >= request->until_us;
}

/**
 * udpnat_port_mapping_check_external:
 * @address: what the router says its own is
 * @error: %UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER
 *
 * A router with a private address, or one that carriers share out (RFC 6598), is itself behind
 * another, which knows nothing of the mapping. Some say "none" (0.0.0.0) then.
 */
gboolean
udpnat_port_mapping_check_external (const UdpnatAddress *address,
                                    GError             **error)
{
  UdpnatAddress bare = *address;
  char text[UDPNAT_ADDRESS_TEXT_BYTES];

  bare.port = 0;
  switch (udpnat_address_get_scope (address))
    {
    case UDPNAT_SCOPE_GLOBAL:
      return TRUE;
    case UDPNAT_SCOPE_UNUSABLE:
      g_set_error_literal (error, UDPNAT_PORT_MAPPING_ERROR,
                           UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER,
                           _("Your router has no public address: it is behind another router, or "
                             "not connected to the Internet."));
      return FALSE;
    case UDPNAT_SCOPE_LOOPBACK:
    case UDPNAT_SCOPE_LINK_LOCAL:
    case UDPNAT_SCOPE_PRIVATE:
      break;
    }
  g_set_error (error, UDPNAT_PORT_MAPPING_ERROR, UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER,
               _("Your router is itself behind another router (its own address is %s), so nobody "
                 "outside can reach it."), udpnat_address_to_string (&bare, text));
  return FALSE;
}

/* ---- What goes wrong with any protocol ---- */

/* Returns: %FALSE, as the next */
gboolean
udpnat_port_mapping_set_no_answer (GError **error)
{
  g_set_error_literal (error, UDPNAT_PORT_MAPPING_ERROR, UDPNAT_PORT_MAPPING_ERROR_NO_ANSWER,
                       _("Your router does not offer port mapping, or it is turned off there."));
  return FALSE;
}

gboolean
udpnat_port_mapping_set_refused (GError **error)
{
  g_set_error_literal (error, UDPNAT_PORT_MAPPING_ERROR, UDPNAT_PORT_MAPPING_ERROR_REFUSED,
                       _("Your router knows port mapping, but refuses it."));
  return FALSE;
}

void
udpnat_port_mapping_set_no_router (GError **error)
{
  g_set_error_literal (error, UDPNAT_PORT_MAPPING_ERROR, UDPNAT_PORT_MAPPING_ERROR_NO_ROUTER,
                       _("This computer is in no network that has a router."));
}

/* ---- What was built ---- */

#if !defined HAVE_NATPMP || !defined HAVE_MINIUPNPC

static UdpnatPortMapping *
add_by_none (const UdpnatPortMappingRequest *request,
             GError                        **error)
{
  (void) udpnat_port_mapping_set_no_answer (error);
  return NULL;
}

static void
remove_by_none (const UdpnatPortMapping        *self,
                const UdpnatPortMappingRequest *request)
{
}

#endif

#ifdef HAVE_NATPMP
#define add_by_natpmp udpnat_port_mapping_add_by_natpmp
#define remove_by_natpmp udpnat_port_mapping_remove_by_natpmp
#else
#define add_by_natpmp add_by_none
#define remove_by_natpmp remove_by_none
#endif

#ifdef HAVE_MINIUPNPC
#define add_by_upnp udpnat_port_mapping_add_by_upnp
#define remove_by_upnp udpnat_port_mapping_remove_by_upnp
#else
#define add_by_upnp add_by_none
#define remove_by_upnp remove_by_none
#endif

/* ---- The worker: what is asked ---- */

/* Whether nothing has to be asked for: then a mapping of no protocol. */
static UdpnatPortMapping *
find_own (const UdpnatPortMappingRequest *request,
          GError                        **error)
{
  UdpnatAddress addresses[ADDRESSES_MAX];
  guint n_addresses = udpnat_interfaces_get_addresses (addresses, ADDRESSES_MAX);
  gboolean has_ipv4 = FALSE;

  for (guint i = 0; i < n_addresses; i++)
    {
      UdpnatPortMapping *self;

      if (addresses[i].family != UDPNAT_FAMILY_IPV4)
        continue;
      has_ipv4 = TRUE;
      if (udpnat_address_get_scope (&addresses[i]) != UDPNAT_SCOPE_GLOBAL)
        continue;
      self = g_new0 (UdpnatPortMapping, 1);
      self->external = addresses[i];
      self->external.port = request->port;
      self->port = request->port;
      self->extra_port = request->extra_port;
      return self;
    }
  if (!has_ipv4)
    udpnat_port_mapping_set_no_router (error);
  return NULL;
}

/* What is worth telling when all protocols fail: that of the one that was there, and if it was more
 * than one, why rather than that. */
static guint
get_worth (const GError *error)
{
  switch ((UdpnatPortMappingError) error->code)
    {
    case UDPNAT_PORT_MAPPING_ERROR_NO_ANSWER:
      return 0;
    case UDPNAT_PORT_MAPPING_ERROR_REFUSED:
      return 1;
    case UDPNAT_PORT_MAPPING_ERROR_NO_ROUTER:
    case UDPNAT_PORT_MAPPING_ERROR_BEHIND_ANOTHER:
      return 2;
    }
  return 0;
}

static void
take_better_error (GError **error,
                   GError  *other)
{
  if (get_worth (other) <= get_worth (*error))
    {
      g_error_free (other);
      return;
    }
  g_clear_error (error);
  *error = other;
}

static UdpnatPortMapping *
ask (const UdpnatPortMappingRequest *request,
     GError                        **error)
{
  static UdpnatPortMapping *(*const ways[]) (const UdpnatPortMappingRequest *, GError **) = {
    udpnat_port_mapping_add_by_pcp, add_by_natpmp, add_by_upnp,
  };
  GError *why = NULL;
  UdpnatPortMapping *self = ways[0] (request, &why);

  for (guint i = 1; self == NULL && i < G_N_ELEMENTS (ways) &&
                    !udpnat_port_mapping_is_over (request); i++)
    {
      GError *other = NULL;

      self = ways[i] (request, &other);
      if (self == NULL)
        take_better_error (&why, other);
    }
  if (self != NULL)
    g_clear_error (&why);
  else
    g_propagate_error (error, why);
  return self;
}

/* Has time of its own. */
static void
undo (const UdpnatPortMapping *self)
{
  const UdpnatPortMappingRequest own = {
    .until_us = g_get_monotonic_time () + REMOVE_MAX_MS * G_TIME_SPAN_MILLISECOND,
  };

  switch (self->protocol)
    {
    case UDPNAT_PORT_MAPPING_PROTOCOL_NONE:
      break;
    case UDPNAT_PORT_MAPPING_PROTOCOL_PCP:
      udpnat_port_mapping_remove_by_pcp (self, &own);
      break;
    case UDPNAT_PORT_MAPPING_PROTOCOL_NAT_PMP:
      remove_by_natpmp (self, &own);
      break;
    case UDPNAT_PORT_MAPPING_PROTOCOL_UPNP:
      remove_by_upnp (self, &own);
      break;
    }
}

/* ---- Tasks ---- */

typedef struct
{
  UdpnatPortMappingRequest request;
  UdpnatPortMapping       *mapping; /* to be removed */
  GCancellable            *outer;   /* nullable: the caller's */
  gulong                   outer_id;
  GSource                 *timeout;
  gboolean                 is_late;
} Job;

static void
job_free (gpointer data)
{
  Job *self = data;

  g_clear_pointer (&self->mapping, udpnat_port_mapping_free);
  g_clear_object (&self->request.cancellable);
  g_clear_object (&self->outer);
  g_free (self);
}

/* On the caller's thread, before its callback runs or the answer is taken. */
static void
job_settle (Job *self)
{
  if (self->timeout != NULL)
    {
      g_source_destroy (self->timeout);
      g_clear_pointer (&self->timeout, g_source_unref);
    }
  g_cancellable_disconnect (self->outer, self->outer_id);
  self->outer_id = 0;
}

static gboolean
late_cb (gpointer user_data)
{
  Job *self = g_task_get_task_data (user_data);

  self->is_late = TRUE;
  g_cancellable_cancel (self->request.cancellable);
  return G_SOURCE_REMOVE;
}

static void
outer_cancelled_cb (GCancellable *outer,
                    gpointer      user_data)
{
  g_cancellable_cancel (user_data);
}

/* A task that ends in time, whatever its worker does. */
static GTask *
start_task (guint16             port,
            guint16             extra_port,
            guint               max_ms,
            GCancellable       *cancellable,
            GAsyncReadyCallback callback,
            gpointer            user_data)
{
  Job *job = g_new0 (Job, 1);
  GTask *task;

  job->request.port = port;
  job->request.extra_port = extra_port;
  job->request.until_us = g_get_monotonic_time () + max_ms * G_TIME_SPAN_MILLISECOND;
  job->request.cancellable = g_cancellable_new ();
  task = g_task_new (NULL, job->request.cancellable, callback, user_data);
  g_task_set_task_data (task, job, job_free);
  g_task_set_return_on_cancel (task, TRUE);
  job->timeout = g_timeout_source_new (max_ms);
  g_source_set_callback (job->timeout, late_cb, g_object_ref (task), g_object_unref);
  g_source_attach (job->timeout, g_task_get_context (task));
  if (cancellable != NULL)
    {
      job->outer = g_object_ref (cancellable);
      job->outer_id = g_cancellable_connect (cancellable, G_CALLBACK (outer_cancelled_cb),
                                             g_object_ref (job->request.cancellable),
                                             g_object_unref);
    }
  return task;
}

static void
add_in_thread (GTask        *task,
               gpointer      source,
               gpointer      task_data,
               GCancellable *cancellable)
{
  Job *job = task_data;
  g_autoptr (UdpnatPortMapping) mapping = NULL;
  GError *error = NULL;

  mapping = find_own (&job->request, &error);
  if (mapping == NULL && error == NULL)
    mapping = ask (&job->request, &error);
  if (mapping == NULL)
    g_task_return_error (task, error);
  /* Nobody waits for it any more, so nobody would remove it. */
  else if (g_cancellable_is_cancelled (job->request.cancellable))
    {
      undo (mapping);
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));
    }
  else
    g_task_return_pointer (task, g_steal_pointer (&mapping),
                           (GDestroyNotify) udpnat_port_mapping_free);
}

/**
 * udpnat_port_mapping_add_async:
 * @port: UDP port of this machine; the same number is asked for outside, and another one taken when
 *   that is not to be had
 * @extra_port: another that is only wanted under its own number, or 0
 * @nonce: %UDPNAT_PORT_MAPPING_NONCE_BYTES random bytes, the same each time
 *
 * Asks the router for a mapping, or for one more hour of it.
 */
void
udpnat_port_mapping_add_async (guint16             port,
                               guint16             extra_port,
                               const guint8       *nonce,
                               GCancellable       *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer            user_data)
{
  g_autoptr (GTask) task = start_task (port, extra_port, ADD_MAX_MS, cancellable, callback,
                                       user_data);
  Job *job = g_task_get_task_data (task);

  memcpy (job->request.nonce, nonce, sizeof job->request.nonce);
  g_task_set_source_tag (task, udpnat_port_mapping_add_async);
  /* GLib would begin all the same, and 2.84 loses an error then. */
  if (!g_task_return_error_if_cancelled (task))
    g_task_run_in_thread (task, add_in_thread);
}

/**
 * udpnat_port_mapping_add_finish:
 * @error: %UDPNAT_PORT_MAPPING_ERROR, or %G_IO_ERROR_CANCELLED by the caller
 *
 * Returns: (transfer full) (nullable): the mapping
 */
UdpnatPortMapping *
udpnat_port_mapping_add_finish (GAsyncResult *result,
                                GError      **error)
{
  GTask *task = G_TASK (result);
  Job *job = g_task_get_task_data (task);
  g_autoptr (GError) local_error = NULL;
  UdpnatPortMapping *mapping;

  g_return_val_if_fail (g_task_get_source_tag (task) == udpnat_port_mapping_add_async, NULL);
  job_settle (job);
  mapping = g_task_propagate_pointer (task, &local_error);
  if (mapping == NULL && job->is_late)
    g_set_error_literal (error, UDPNAT_PORT_MAPPING_ERROR, UDPNAT_PORT_MAPPING_ERROR_NO_ANSWER,
                         _("Your router did not answer in time when it was asked for a port."));
  else if (mapping == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return mapping;
}

static void
remove_in_thread (GTask        *task,
                  gpointer      source,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  Job *job = task_data;

  undo (job->mapping);
  g_task_return_boolean (task, TRUE);
}

/** udpnat_port_mapping_remove_async: @self: may be freed at once */
void
udpnat_port_mapping_remove_async (const UdpnatPortMapping *self,
                                  GCancellable            *cancellable,
                                  GAsyncReadyCallback      callback,
                                  gpointer                 user_data)
{
  g_autoptr (GTask) task = start_task (self->port, self->extra_port, REMOVE_MAX_MS, cancellable,
                                       callback, user_data);
  Job *job = g_task_get_task_data (task);

  g_task_set_source_tag (task, udpnat_port_mapping_remove_async);
  job->mapping = g_memdup2 (self, sizeof *self);
  job->mapping->control_url = g_strdup (self->control_url);
  job->mapping->service_type = g_strdup (self->service_type);
  g_task_run_in_thread (task, remove_in_thread);
}

/**
 * udpnat_port_mapping_remove_finish:
 * @error: %UDPNAT_PORT_MAPPING_ERROR_NO_ANSWER when it took too long, and its lease has to end it;
 *   %G_IO_ERROR_CANCELLED by the caller
 */
gboolean
udpnat_port_mapping_remove_finish (GAsyncResult *result,
                                   GError      **error)
{
  GTask *task = G_TASK (result);
  Job *job = g_task_get_task_data (task);
  g_autoptr (GError) local_error = NULL;

  g_return_val_if_fail (g_task_get_source_tag (task) == udpnat_port_mapping_remove_async, FALSE);
  job_settle (job);
  if (g_task_propagate_boolean (task, &local_error))
    return TRUE;
  if (job->is_late)
    g_set_error_literal (error, UDPNAT_PORT_MAPPING_ERROR, UDPNAT_PORT_MAPPING_ERROR_NO_ANSWER,
                         _("Your router did not answer in time when it was asked for a port."));
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* ---- The mapping ---- */

void
udpnat_port_mapping_free (UdpnatPortMapping *self)
{
  if (self == NULL)
    return;
  g_free (self->control_url);
  g_free (self->service_type);
  g_free (self);
}

UdpnatPortMappingProtocol
udpnat_port_mapping_get_protocol (const UdpnatPortMapping *self)
{
  return self->protocol;
}

const char *
udpnat_port_mapping_protocol_to_name (UdpnatPortMappingProtocol protocol)
{
  switch (protocol)
    {
    case UDPNAT_PORT_MAPPING_PROTOCOL_NONE:
      return "none";
    case UDPNAT_PORT_MAPPING_PROTOCOL_PCP:
      return "PCP";
    case UDPNAT_PORT_MAPPING_PROTOCOL_NAT_PMP:
      return "NAT-PMP";
    case UDPNAT_PORT_MAPPING_PROTOCOL_UPNP:
      return "UPnP";
    }
  return "none";
}

/** udpnat_port_mapping_get_external: the router's address, and the port that is open there */
const UdpnatAddress *
udpnat_port_mapping_get_external (const UdpnatPortMapping *self)
{
  return &self->external;
}

/** udpnat_port_mapping_has_extra: whether the extra port is open too, under its own number */
gboolean
udpnat_port_mapping_has_extra (const UdpnatPortMapping *self)
{
  return self->extra_port != 0;
}

/** udpnat_port_mapping_get_lease_s: Returns: how long it lasts, 0 for ever */
guint
udpnat_port_mapping_get_lease_s (const UdpnatPortMapping *self)
{
  return self->lease_s;
}
