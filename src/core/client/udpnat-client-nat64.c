/* A network without IPv4 that translates (NAT64): finds its prefix and gives it to the sockets, so
 * that everything above meets IPv4 servers and peers as if there were IPv4. An address that the
 * network's DNS server has made out of an IPv4 one is taken for that. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-nat64-lookup.h"

static void
set_prefix (UdpnatClient            *self,
            const UdpnatNat64Prefix *prefix)
{
  self->nat64 = *prefix;
  if (self->source != NULL)
    udpnat_machine_source_set_nat64 (self->source, prefix);
  udpnat_client_reconnect_translated (self);
  udpnat_client_wake (self);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (UdpnatClient) self = UDPNAT_CLIENT (user_data);
  g_autoptr (GError) error = NULL;
  UdpnatNat64Prefix prefix;

  if (udpnat_nat64_lookup_finish (result, &prefix, &error))
    {
      g_clear_object (&self->nat64_cancellable);
      if (!self->is_closing)
        set_prefix (self, &prefix);
      return;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* and somebody else may have begun */
  g_debug ("There is no NAT64: %s", error != NULL ? error->message : "the name is not translated");
  g_clear_object (&self->nat64_cancellable);
}

/** udpnat_client_update_nat64: the network may be another one; to be called with an open socket */
void
udpnat_client_update_nat64 (UdpnatClient *self)
{
  const UdpnatNat64Prefix none = { .n_bits = 0 };

  udpnat_client_clear_nat64 (self);
  if (!udpnat_nat64_is_wanted ())
    {
      if (self->nat64.n_bits != 0)
        set_prefix (self, &none);
      return;
    }
  self->nat64_cancellable = g_cancellable_new ();
  udpnat_nat64_lookup_async (self->nat64_cancellable, found_cb, g_object_ref (self));
}

/** udpnat_client_clear_nat64: no question for it is under way any more */
void
udpnat_client_clear_nat64 (UdpnatClient *self)
{
  g_cancellable_cancel (self->nat64_cancellable);
  g_clear_object (&self->nat64_cancellable);
}
