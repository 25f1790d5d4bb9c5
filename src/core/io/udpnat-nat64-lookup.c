/* RFC 7050: the name ipv4only.arpa has two IPv4 addresses and no other. Where it has an IPv6 one
 * all the same, the network's DNS server has made it, out of those and the prefix.
 *
 * Nobody is asked on a network that has IPv4. The answer is not proved to be the network's, as
 * section 3.1 would have it: all that goes through the translator is encrypted anyway, and a false
 * prefix does no more than a false route. */

#include "config.h"

#include "udpnat-nat64-lookup.h"

#include "udpnat-interfaces.h"

#define NAME "ipv4only.arpa"

/** udpnat_nat64_is_wanted: Returns: whether this machine has IPv6, and no IPv4 */
gboolean
udpnat_nat64_is_wanted (void)
{
  return udpnat_interfaces_has_route (UDPNAT_FAMILY_IPV6) &&
         !udpnat_interfaces_has_route (UDPNAT_FAMILY_IPV4);
}

static void
looked_up_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GList *found = g_resolver_lookup_by_name_with_flags_finish (G_RESOLVER (source), result, &error);
  UdpnatNat64Prefix prefix = { .n_bits = 0 };

  for (GList *i = found; i != NULL && prefix.n_bits == 0; i = i->next)
    {
      g_autofree char *text = g_inet_address_to_string (i->data);
      UdpnatAddress address;

      if (udpnat_address_parse_ip (&address, text, 0))
        udpnat_nat64_find_prefix (&address, &prefix);
    }
  g_resolver_free_addresses (found);
  if (prefix.n_bits != 0)
    g_task_return_pointer (task, g_memdup2 (&prefix, sizeof prefix), g_free);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, NULL, NULL);
}

void
udpnat_nat64_lookup_async (GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_resolver_lookup_by_name_with_flags_async (g_resolver_get_default (), NAME,
                                              G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY, cancellable,
                                              looked_up_cb, task);
}

/**
 * udpnat_nat64_lookup_finish:
 * @error: %G_RESOLVER_ERROR or %G_IO_ERROR
 *
 * Returns: %FALSE, maybe without @error, when there is no NAT64, or nobody to say so
 */
gboolean
udpnat_nat64_lookup_finish (GAsyncResult      *result,
                            UdpnatNat64Prefix *out_prefix,
                            GError           **error)
{
  g_autofree UdpnatNat64Prefix *prefix = g_task_propagate_pointer (G_TASK (result), error);

  if (prefix == NULL)
    return FALSE;
  *out_prefix = *prefix;
  return TRUE;
}
