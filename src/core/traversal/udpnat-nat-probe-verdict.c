/* What the answers of a probe mean: a pure function of them, at any time. */

#include "config.h"

#include "udpnat-nat-allocator.h"
#include "udpnat-nat-probe-private.h"

static const UdpnatNatQuestion *
get (const UdpnatNatProbe *self,
     guint                 index)
{
  return &self->questions[index];
}

static gboolean
is_answered (const UdpnatNatProbe *self,
             guint                 index)
{
  return udpnat_nat_probe_is_answered (self, index);
}

static gboolean
is_pending (const UdpnatNatProbe *self,
            guint                 index)
{
  return get (self, index)->state == UDPNAT_NAT_QUESTION_PENDING;
}

/* ---- Mapping ---- */

static gboolean
is_own_address (const UdpnatNatProbe *self,
                const UdpnatAddress  *address)
{
  for (guint i = 0; i < self->n_hosts; i++)
    if (udpnat_address_equal_ip (&self->hosts[i], address))
      return TRUE;
  return udpnat_address_get_scope (address) == UDPNAT_SCOPE_LOOPBACK;
}

static gboolean
is_same (const UdpnatNatProbe *self,
         guint                 a,
         guint                 b)
{
  return udpnat_address_equal (&get (self, a)->mapped, &get (self, b)->mapped);
}

/* Whether both were answered, and show two different outer addresses. */
static gboolean
is_other (const UdpnatNatProbe *self,
          guint                 a,
          guint                 b)
{
  return is_answered (self, a) && is_answered (self, b) && !is_same (self, a, b);
}

/* Whether the socket of a sample has shown, by another address of the server, what the main one did
 * not: it was chance that its two ports were the same. */
static gboolean
is_sample_mapped_anew (const UdpnatNatProbe *self)
{
  UdpnatSocketId socket = get (self, UDPNAT_NAT_ASK_MAP_AGAIN)->socket;

  for (guint i = 0; i < UDPNAT_NAT_SAMPLES_MAX; i++)
    if (get (self, UDPNAT_NAT_ASK_SAMPLE + i)->socket == socket
        && is_other (self, UDPNAT_NAT_ASK_SAMPLE + i, UDPNAT_NAT_ASK_MAP_AGAIN))
      return TRUE;
  return FALSE;
}

/** udpnat_nat_probe_judge_mapping: Returns: UNKNOWN until all answers are there */
UdpnatMappingRule
udpnat_nat_probe_judge_mapping (const UdpnatNatProbe *self)
{
  if (!is_answered (self, UDPNAT_NAT_ASK_REACH))
    return UDPNAT_MAPPING_RULE_UNKNOWN;
  if (is_own_address (self, &get (self, UDPNAT_NAT_ASK_REACH)->mapped))
    return UDPNAT_MAPPING_RULE_NONE;
  if (is_pending (self, UDPNAT_NAT_ASK_MAP_PORT) || is_pending (self, UDPNAT_NAT_ASK_MAP_IP)
      || is_pending (self, UDPNAT_NAT_ASK_MAP_BOTH))
    return UDPNAT_MAPPING_RULE_UNKNOWN;
  if (is_other (self, UDPNAT_NAT_ASK_REACH, UDPNAT_NAT_ASK_MAP_PORT)
      || is_other (self, UDPNAT_NAT_ASK_MAP_IP, UDPNAT_NAT_ASK_MAP_BOTH)
      || is_sample_mapped_anew (self))
    return UDPNAT_MAPPING_RULE_ADDRESS_AND_PORT;
  if (is_other (self, UDPNAT_NAT_ASK_REACH, UDPNAT_NAT_ASK_MAP_IP)
      || is_other (self, UDPNAT_NAT_ASK_REACH, UDPNAT_NAT_ASK_MAP_BOTH))
    return UDPNAT_MAPPING_RULE_ADDRESS;
  return is_answered (self, UDPNAT_NAT_ASK_MAP_PORT) || is_answered (self, UDPNAT_NAT_ASK_MAP_BOTH)
           ? UDPNAT_MAPPING_RULE_INDEPENDENT
           : UDPNAT_MAPPING_RULE_UNKNOWN;
}

/* ---- Filtering ---- */

static guint8
judge_open_ttl (const UdpnatNatProbe *self)
{
  for (guint i = 0; i < UDPNAT_NAT_TTL_MAX; i++)
    if (is_answered (self, UDPNAT_NAT_ASK_TTL + i))
      return (guint8) (i + 1);
  return 0;
}

/* Whether A1:P2 was ever heard, so that its silence means something. */
static gboolean
is_port_heard (const UdpnatNatProbe *self)
{
  return is_answered (self, UDPNAT_NAT_ASK_MAP_PORT)
         || (self->ttl_change == UDPNAT_STUN_CHANGE_PORT && judge_open_ttl (self) != 0);
}

/** udpnat_nat_probe_judge_filtering: Returns: UNKNOWN until all answers are there, and where the
 * silence is the server's */
UdpnatFilteringRule
udpnat_nat_probe_judge_filtering (const UdpnatNatProbe *self)
{
  UdpnatNatQuestionState both = get (self, UDPNAT_NAT_ASK_FILTER_BOTH)->state;
  UdpnatNatQuestionState port = get (self, UDPNAT_NAT_ASK_FILTER_PORT)->state;

  if (both == UDPNAT_NAT_QUESTION_ANSWERED)
    return UDPNAT_FILTERING_RULE_INDEPENDENT;
  if (both == UDPNAT_NAT_QUESTION_PENDING)
    return UDPNAT_FILTERING_RULE_UNKNOWN;
  if (port == UDPNAT_NAT_QUESTION_ANSWERED)
    return UDPNAT_FILTERING_RULE_ADDRESS;
  if (port == UDPNAT_NAT_QUESTION_SILENT && is_port_heard (self)
      && is_answered (self, UDPNAT_NAT_ASK_FILTER_BASE))
    return UDPNAT_FILTERING_RULE_ADDRESS_AND_PORT;
  return UDPNAT_FILTERING_RULE_UNKNOWN;
}

/* ---- The rest ---- */

static UdpnatFinding
judge_hairpin (const UdpnatNatProbe *self)
{
  UdpnatNatQuestionState a = get (self, UDPNAT_NAT_ASK_HAIRPIN_A)->state;
  UdpnatNatQuestionState b = get (self, UDPNAT_NAT_ASK_HAIRPIN_B)->state;

  if (a == UDPNAT_NAT_QUESTION_ANSWERED || b == UDPNAT_NAT_QUESTION_ANSWERED)
    return UDPNAT_FINDING_YES;
  return a == UDPNAT_NAT_QUESTION_SILENT && b == UDPNAT_NAT_QUESTION_SILENT
           ? UDPNAT_FINDING_NO
           : UDPNAT_FINDING_UNKNOWN;
}

/* Where nothing is refused, or no port is changed, nothing can spoil one. */
static UdpnatFinding
judge_poison (const UdpnatNatProbe *self,
              const UdpnatNatFacts *facts)
{
  if (facts->mapping == UDPNAT_MAPPING_RULE_NONE
      || facts->filtering == UDPNAT_FILTERING_RULE_INDEPENDENT)
    return UDPNAT_FINDING_NO;
  if (!is_answered (self, UDPNAT_NAT_ASK_POISON))
    return UDPNAT_FINDING_UNKNOWN;
  return is_same (self, UDPNAT_NAT_ASK_FILTER_BASE, UDPNAT_NAT_ASK_POISON) ? UDPNAT_FINDING_NO
                                                                           : UDPNAT_FINDING_YES;
}

static void
judge_allocator (const UdpnatNatProbe *self,
                 UdpnatNatFacts       *facts)
{
  UdpnatPortSample samples[UDPNAT_NAT_SAMPLES_MAX];
  guint n_samples = 0;

  for (guint i = 0; i < UDPNAT_NAT_SAMPLES_MAX; i++)
    {
      const UdpnatNatQuestion *question = get (self, UDPNAT_NAT_ASK_SAMPLE + i);

      if (!udpnat_nat_question_is_answered (question))
        continue;
      samples[n_samples++] = (UdpnatPortSample) {
        .index = i,
        .sent_us = question->first_us,
        .inner = question->local_port,
        .outer = question->mapped.port,
        .is_in_order = question->n_sent == 1,
      };
    }
  udpnat_nat_allocator_judge (samples, n_samples, facts);
}

static void
judge_lifetime (const UdpnatNatProbe *self,
                UdpnatNatFacts       *facts)
{
  for (guint i = 0; i < UDPNAT_NAT_LIFETIMES; i++)
    if (self->idle[i].state == UDPNAT_NAT_IDLE_ALIVE)
      facts->lifetime_us = MAX (facts->lifetime_us, self->idle[i].age_us);
  for (guint i = 0; i < UDPNAT_NAT_LIFETIMES; i++)
    if (self->idle[i].state == UDPNAT_NAT_IDLE_DEAD && self->idle[i].age_us > facts->lifetime_us
        && (facts->lifetime_dead_us == 0 || self->idle[i].age_us < facts->lifetime_dead_us))
      facts->lifetime_dead_us = self->idle[i].age_us;
  facts->lifetime_state = self->lifetime_state;
  facts->absolute_lifetime_us = self->absolute_us;
}

/** udpnat_nat_probe_get_facts: what is known so far */
void
udpnat_nat_probe_get_facts (const UdpnatNatProbe *self,
                            UdpnatNatFacts       *out_facts)
{
  *out_facts = (UdpnatNatFacts) {
    .state = self->outcome,
    .observed = get (self, UDPNAT_NAT_ASK_REACH)->mapped,
    .rtt_us = self->pace.rtt_us,
    .mapping = udpnat_nat_probe_judge_mapping (self),
    .filtering = udpnat_nat_probe_judge_filtering (self),
    .is_address_tested = is_answered (self, UDPNAT_NAT_ASK_MAP_BOTH),
    .hairpin = judge_hairpin (self),
    .open_ttl = judge_open_ttl (self),
    .n_packets = self->n_packets,
  };
  out_facts->poisoned = judge_poison (self, out_facts);
  judge_allocator (self, out_facts);
  judge_lifetime (self, out_facts);
}
