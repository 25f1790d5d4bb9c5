#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One vocabulary for window, terminal and logs: the codes that programs use, in sentences for
 * people. */
const char *udpnat_words_explain_reason          (const char *reason);
const char *udpnat_words_explain_code            (const char *code);

/* Of paths and networks: codes of udpnat-path-report.h and udpnat-network-report.h */
const char *udpnat_words_explain_phase           (const char *phase);
const char *udpnat_words_explain_router          (const char *nat,
                                                  gboolean    is_own);
const char *udpnat_words_explain_their_filtering (const char *filtering);
const char *udpnat_words_name_router             (const char *nat);
const char *udpnat_words_explain_fate            (const char *fate);
const char *udpnat_words_explain_source          (const char *source);
const char *udpnat_words_explain_way             (const char *source,
                                                  const char *discovery);
const char *udpnat_words_explain_port_rule       (const char *rule);
const char *udpnat_words_explain_udp_state       (const char *state);
const char *udpnat_words_explain_port_mapping    (const char *code);
const char *udpnat_words_explain_test_state      (const char *state);
const char *udpnat_words_explain_meaning         (const char *meaning);
const char *udpnat_words_explain_fix             (const char *fix);
const char *udpnat_words_explain_database        (int         code);

G_END_DECLS
