#pragma once

#include "udpnat-nat-facts.h"

G_BEGIN_DECLS

/* What tests of our routers have found out, in sentences for people, and what it means. The codes
 * of the meaning and of what can be done are those of udpnat-network-report.h, with the same words
 * in udpnat-words.h. */

/* What there is a sentence about, in the order of reading. */
typedef enum
{
  UDPNAT_NAT_TOPIC_MAPPING,
  UDPNAT_NAT_TOPIC_FILTERING,
  UDPNAT_NAT_TOPIC_ALLOCATOR,
  UDPNAT_NAT_TOPIC_HAIRPIN,
  UDPNAT_NAT_TOPIC_POISON,
  UDPNAT_NAT_TOPIC_OPEN_TTL,
  UDPNAT_NAT_TOPIC_LIFETIME,
  UDPNAT_NAT_TOPIC_ABSOLUTE_LIFETIME,
} UdpnatNatTopic;

#define UDPNAT_NAT_TOPICS (UDPNAT_NAT_TOPIC_ABSOLUTE_LIFETIME + 1)

const char *udpnat_nat_words_name_topic     (UdpnatNatTopic        topic);
char       *udpnat_nat_words_describe_topic (const UdpnatNatFacts *facts,
                                             UdpnatNatTopic        topic)
  G_GNUC_WARN_UNUSED_RESULT;
char      **udpnat_nat_words_describe       (const UdpnatNatFacts *facts) G_GNUC_WARN_UNUSED_RESULT;
const char *udpnat_nat_words_get_meaning    (const UdpnatNatFacts *facts);
const char *udpnat_nat_words_get_fix        (const UdpnatNatFacts *facts);

G_END_DECLS
