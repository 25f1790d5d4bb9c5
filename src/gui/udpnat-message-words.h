#pragma once

#include "udpnat-history-item.h"
#include "udpnat-person.h"

G_BEGIN_DECLS

/* A message in words, for those who do not see it. */
const char *udpnat_message_words_get_sender (UdpnatPerson      *person,
                                             gboolean           is_outgoing);
char       *udpnat_message_words_preview    (UdpnatHistoryItem *line) G_GNUC_WARN_UNUSED_RESULT;
char       *udpnat_message_words_describe   (UdpnatHistoryItem *item,
                                             UdpnatPerson      *person,
                                             const char        *text,
                                             gboolean           has_state)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
