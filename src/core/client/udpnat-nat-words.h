#pragma once

#include "udpnat-nat-facts.h"

G_BEGIN_DECLS

/* What tests of our routers have found out, in sentences for people, and what it means. The codes
 * of the meaning and of what can be done are those of udpnat-network-report.h, with the same words
 * in udpnat-words.h. */

char      **udpnat_nat_words_describe    (const UdpnatNatFacts *facts) G_GNUC_WARN_UNUSED_RESULT;
const char *udpnat_nat_words_get_meaning (const UdpnatNatFacts *facts);
const char *udpnat_nat_words_get_fix     (const UdpnatNatFacts *facts);

G_END_DECLS
