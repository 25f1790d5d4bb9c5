/* What views ask of paths and of our own network, and what they can wish for. */

#include "config.h"

#include "udpnat-client-network.h"

#include "udpnat-client-private.h"
#include "udpnat-clock.h"
#include "udpnat-node-facts.h"

/**
 * udpnat_client_set_relay_only:
 *
 * When set, packets to and from @person travel through the server only, and they learn no address
 * of ours. It is kept, and holds whatever the setting of the same name says.
 */
void
udpnat_client_set_relay_only (UdpnatClient *self,
                              UdpnatPerson *person,
                              gboolean      is_relay_only)
{
  UdpnatContact *contact;

  if (person == self->me || udpnat_person_is_relay_only (person) == is_relay_only)
    return;
  contact = udpnat_contact_copy (udpnat_person_get_contact (person));
  contact->is_relay_only = is_relay_only;
  udpnat_node_set_peer_relay_only (self->node, udpnat_clock_get_now_us (), &contact->key,
                                   is_relay_only);
  udpnat_client_save_contact (self, person, contact);
  udpnat_client_wake (self);
}

/**
 * udpnat_client_set_proxy:
 * @uri: (nullable): how the server is reached where UDP does not pass; "direct://": by no proxy;
 *   %NULL: as the environment or the desktop says
 *
 * To be called before udpnat_client_bind().
 */
void
udpnat_client_set_proxy (UdpnatClient *self,
                         const char   *uri)
{
  g_return_if_fail (self->source == NULL);
  g_clear_object (&self->proxy);
  if (uri != NULL)
    self->proxy = g_simple_proxy_resolver_new (uri, NULL);
}

/**
 * udpnat_client_dup_path_report: Returns: (transfer full): how the two are connected at this
 * moment, and what was tried */
UdpnatPathReport *
udpnat_client_dup_path_report (UdpnatClient *self,
                               UdpnatPerson *person)
{
  gint64 now_us = udpnat_clock_get_now_us ();
  UdpnatPathFacts facts = {
    .until_us = UDPNAT_TIME_NEVER,
    .unanswered_since_us = UDPNAT_TIME_NEVER,
    .reason = UDPNAT_PATH_REASON_NO_SESSION,
  };

  udpnat_node_get_path_facts (self->node, now_us, udpnat_person_get_key (person), &facts);
  return udpnat_path_report_new (&facts, now_us,
                                 udpnat_person_explain_reason (person, facts.reason));
}

/** udpnat_client_dup_network_report: Returns: (transfer full): what is known of our own network */
UdpnatNetworkReport *
udpnat_client_dup_network_report (UdpnatClient *self)
{
  UdpnatNetworkFacts facts;
  const char *code;
  const char *protocol;

  udpnat_node_get_network_facts (self->node, &facts);
  code = udpnat_client_get_mapping_code (self, facts.opening, &protocol);
  return udpnat_network_report_new (&facts, code, protocol);
}

/** udpnat_client_reach: calls @person, a contact, and tries the ways there; nothing is said */
void
udpnat_client_reach (UdpnatClient *self,
                     UdpnatPerson *person)
{
  udpnat_node_reach (self->node, udpnat_clock_get_now_us (), udpnat_person_get_key (person));
  udpnat_client_wake (self);
}

/** udpnat_client_measure: asks @person for a sign of life, so that the next report is of now */
void
udpnat_client_measure (UdpnatClient *self,
                       UdpnatPerson *person)
{
  udpnat_node_measure (self->node, udpnat_clock_get_now_us (), udpnat_person_get_key (person));
  udpnat_client_wake (self);
}
