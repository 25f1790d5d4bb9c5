#pragma once

#include "udpnat-client.h"

G_BEGIN_DECLS

/* How things stand, in the one vocabulary of window, terminal and logs: sign, word, sentence. All
 * sentences are translated. Wall clock and time zone are the system's. */

const char *udpnat_item_state_to_sign      (UdpnatItemState    state);
char       *udpnat_words_describe_line     (UdpnatHistoryItem *line,
                                            UdpnatPerson      *person) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_words_describe_presence (UdpnatPerson      *person) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_words_describe_path     (UdpnatPerson      *person) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_words_describe_person   (UdpnatPerson      *person) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_words_describe_server   (UdpnatClient      *client) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_words_preview_line      (UdpnatHistoryItem *line) G_GNUC_WARN_UNUSED_RESULT;

char       *udpnat_words_format_clock      (gint64             wall_us) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_words_format_day        (gint64             wall_us) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_words_format_when       (gint64             wall_us) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_words_format_rtt        (gint64             rtt_us) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
