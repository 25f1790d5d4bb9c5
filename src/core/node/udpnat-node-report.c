/* What our own server is told for its statistics, in numbers: what our routers do, and how tries
 * for direct paths to people ended. When it is told: udpnat-rendezvous-client-report.c.
 * A try of somebody for whom the relay alone was chosen is none, and is not counted. */

#include "config.h"

#include "udpnat-node-private.h"

static UdpnatReportNat
get_cone (UdpnatFilteringRule filtering)
{
  switch (filtering)
    {
    case UDPNAT_FILTERING_RULE_UNKNOWN:
      return UDPNAT_REPORT_NAT_CONE;
    case UDPNAT_FILTERING_RULE_INDEPENDENT:
      return UDPNAT_REPORT_NAT_FULL_CONE;
    case UDPNAT_FILTERING_RULE_ADDRESS:
      return UDPNAT_REPORT_NAT_RESTRICTED;
    case UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT:
      return UDPNAT_REPORT_NAT_PORT_RESTRICTED;
    }
  g_assert_not_reached ();
}

static UdpnatReportNat
get_nat (const UdpnatNatFacts *facts)
{
  if (facts->state != UDPNAT_NAT_TEST_DONE)
    return UDPNAT_REPORT_NAT_UNSAID;
  switch (facts->mapping)
    {
    case UDPNAT_MAPPING_RULE_UNKNOWN:
      return UDPNAT_REPORT_NAT_UNSAID;
    case UDPNAT_MAPPING_RULE_NONE:
      return UDPNAT_REPORT_NAT_NONE;
    case UDPNAT_MAPPING_RULE_INDEPENDENT:
      return get_cone (facts->filtering);
    case UDPNAT_MAPPING_RULE_ADDRESS:
    case UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT:
      return UDPNAT_REPORT_NAT_SYMMETRIC;
    }
  g_assert_not_reached ();
}

/** udpnat_node_report_nat: the tests of our routers have come to something */
void
udpnat_node_report_nat (UdpnatNode *self)
{
  udpnat_rendezvous_client_note_nat (self->server, get_nat (&self->nat));
}

/* Returns: %FALSE when it is no end of a try */
static gboolean
get_relayed_way (UdpnatPathReason reason,
                 UdpnatReportWay *out_way)
{
  switch (reason)
    {
    case UDPNAT_PATH_REASON_NO_CANDIDATES:
      *out_way = UDPNAT_REPORT_WAY_NO_CANDIDATES;
      return TRUE;
    case UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE:
      *out_way = UDPNAT_REPORT_WAY_RELAY_ONLY_REMOTE;
      return TRUE;
    case UDPNAT_PATH_REASON_BOTH_SYMMETRIC:
      *out_way = UDPNAT_REPORT_WAY_BOTH_SYMMETRIC;
      return TRUE;
    case UDPNAT_PATH_REASON_LOCAL_SYMMETRIC:
      *out_way = UDPNAT_REPORT_WAY_LOCAL_SYMMETRIC;
      return TRUE;
    case UDPNAT_PATH_REASON_REMOTE_SYMMETRIC:
      *out_way = UDPNAT_REPORT_WAY_REMOTE_SYMMETRIC;
      return TRUE;
    case UDPNAT_PATH_REASON_NO_ANSWER:
      *out_way = UDPNAT_REPORT_WAY_NO_ANSWER;
      return TRUE;
    case UDPNAT_PATH_REASON_UDP_BLOCKED:
      *out_way = UDPNAT_REPORT_WAY_UDP_BLOCKED;
      return TRUE;
    case UDPNAT_PATH_REASON_UDP_BLOCKED_REMOTE:
      *out_way = UDPNAT_REPORT_WAY_UDP_BLOCKED_REMOTE;
      return TRUE;
    case UDPNAT_PATH_REASON_NONE:
    case UDPNAT_PATH_REASON_NO_SESSION:
    case UDPNAT_PATH_REASON_CONNECTING:
    case UDPNAT_PATH_REASON_SEARCHING:
    case UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL:
    case UDPNAT_PATH_REASON_DIRECT_LOST:
    case UDPNAT_PATH_REASON_IDLE:
      return FALSE;
    }
  g_assert_not_reached ();
}

static gboolean
get_way (const UdpnatPeer *peer,
         UdpnatReportWay  *out_way)
{
  UdpnatNodePath path;

  udpnat_peer_get_path (peer, &path);
  switch (path.kind)
    {
    case UDPNAT_PATH_KIND_LAN:
      *out_way = UDPNAT_REPORT_WAY_LAN;
      return TRUE;
    case UDPNAT_PATH_KIND_DIRECT:
      *out_way = UDPNAT_REPORT_WAY_DIRECT;
      return TRUE;
    case UDPNAT_PATH_KIND_RELAY:
      return get_relayed_way (path.reason, out_way);
    }
  g_assert_not_reached ();
}

/* A try that is made again counts when it ends otherwise than the last one: what fails every five
 * minutes all day is one failure. */
static gboolean
is_news (UdpnatPeer     *peer,
         UdpnatReportWay way)
{
  gboolean is_new = !peer->has_reported || peer->reported_way != way;

  peer->has_reported = TRUE;
  peer->reported_way = way;
  return is_new;
}

/* Either a path has been found, or a round of tries is over; or the other side wants none. */
static gboolean
has_ended (const UdpnatPeer *peer,
           UdpnatPathPhase   before)
{
  if (peer->phase == UDPNAT_PATH_PHASE_DIRECT)
    return before != UDPNAT_PATH_PHASE_DIRECT;
  return peer->phase == UDPNAT_PATH_PHASE_RELAYED
         && (before == UDPNAT_PATH_PHASE_TRYING
             || udpnat_path_set_get_reason (peer->paths) == UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE);
}

/** udpnat_node_report_way: @before: in which phase the way to @peer was before now */
void
udpnat_node_report_way (UdpnatNode     *self,
                        UdpnatPeer     *peer,
                        UdpnatPathPhase before)
{
  UdpnatReportWay way;

  if (!has_ended (peer, before) || self->is_relay_only || peer->is_relay_only
      || !udpnat_peer_is_trusted (peer))
    return;
  if (get_way (peer, &way) && is_news (peer, way))
    udpnat_rendezvous_client_note_way (self->server, way);
}
