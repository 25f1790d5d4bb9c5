#pragma once

#include <gtk/gtk.h>

#include "udpnat-client.h"

G_BEGIN_DECLS

/* What the lists say about somebody, besides what client/udpnat-status-words.h has. */
const char *udpnat_chat_words_get_title  (UdpnatClient *client,
                                          UdpnatPerson *person);
char       *udpnat_chat_words_describe   (UdpnatPerson *person) G_GNUC_WARN_UNUSED_RESULT;
gboolean    udpnat_chat_words_is_state   (UdpnatPerson *person);
gboolean    udpnat_chat_words_is_about_line (UdpnatPerson *person);
void        udpnat_chat_words_append     (GString      *facts,
                                          const char   *fact);
void        udpnat_chat_words_name_row   (GtkWidget    *row,
                                          const char   *name);

G_END_DECLS
