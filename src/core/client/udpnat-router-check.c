/* Asks our router to open a port, and to close it again: whether it can, for whoever looks at the
 * network. Nobody tries the port from outside; what is kept open for chats is tried
 * (udpnat-client-mapping.c). */

#include "config.h"

#include "udpnat-router-check.h"

#include "udpnat-port-mapping.h"
#include "udpnat-system-random.h"

/* Of those that are nobody's (RFC 6335 section 6). */
#define PORT_FIRST 49152

static void
removed_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  UdpnatRouterCheck *check = g_task_get_task_data (task);

  udpnat_port_mapping_remove_finish (result, NULL);
  g_task_return_pointer (task, g_memdup2 (check, sizeof *check), g_free);
}

static void
added_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatPortMapping) mapping = udpnat_port_mapping_add_finish (result, &error);
  UdpnatRouterCheck *check = g_task_get_task_data (task);
  UdpnatPortMappingProtocol protocol;

  if (mapping == NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (mapping == NULL)
    {
      check->code = udpnat_port_mapping_error_to_code (error->code);
      g_task_return_pointer (task, g_memdup2 (check, sizeof *check), g_free);
      return;
    }
  protocol = udpnat_port_mapping_get_protocol (mapping);
  check->external = *udpnat_port_mapping_get_external (mapping);
  if (protocol != UDPNAT_PORT_MAPPING_PROTOCOL_NONE)
    {
      check->code = "mapping-offered";
      check->protocol = udpnat_port_mapping_protocol_to_name (protocol);
    }
  udpnat_port_mapping_remove_async (mapping, NULL, removed_cb, g_steal_pointer (&task));
}

/** udpnat_router_check_async: takes 8 s at most; where a router opens ports, less than two */
void
udpnat_router_check_async (GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  UdpnatRandom random = udpnat_system_random ();
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  UdpnatRouterCheck *check = g_new0 (UdpnatRouterCheck, 1);
  guint8 nonce[UDPNAT_PORT_MAPPING_NONCE_BYTES];
  guint16 port = (guint16) (PORT_FIRST + udpnat_random_u64 (&random) % (65536 - PORT_FIRST));

  check->code = "mapping-unneeded";
  check->protocol = "";
  g_task_set_task_data (task, check, g_free);
  udpnat_random_fill (&random, nonce, sizeof nonce);
  udpnat_port_mapping_add_async (port, 0, nonce, cancellable, added_cb, task);
}

/** udpnat_router_check_finish: @error: %G_IO_ERROR_CANCELLED */
gboolean
udpnat_router_check_finish (GAsyncResult      *result,
                            UdpnatRouterCheck *out_check,
                            GError           **error)
{
  g_autofree UdpnatRouterCheck *check = g_task_propagate_pointer (G_TASK (result), error);

  if (check == NULL)
    return FALSE;
  *out_check = *check;
  return TRUE;
}
